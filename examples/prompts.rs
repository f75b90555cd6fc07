//! A command-line wizard that resumes at the open question: `cargo run --example prompts -- [DIR]`.
//!
//! Answer a few questions, and kill the program. The next start says at which question you left off, and asks it.
//! `:back` returns to the question before, `:2` to the second one. `line` stands for a library of prompts: the closure for
//! `inquire` is in the documentation of `leftoff::steps`.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use leftoff::marker::Phase;
use leftoff::steps::Steps;
use leftoff::{AppId, Error, Section, Session};

/// The number of questions.
const TOTAL: u32 = 5;

const NAME: Section<String> = Section::new("name", 1);
const LANGUAGE: Section<String> = Section::new("language", 1);
const EMAIL: Section<String> = Section::new("email", 1);
const PORT: Section<u16> = Section::new("port", 1);
const CREATE: Section<bool> = Section::new("create", 1);

fn main() -> ExitCode {
    let mut builder = Session::builder(AppId::new("com.example.prompts"));
    if let Some(dir) = std::env::args_os().nth(1) {
        builder = builder.dir(dir);
    }
    let mut session = builder.open();
    if let Some(trouble) = session.status().trouble() {
        println!("Your answers are not saved: {trouble:#}.");
    }
    let mut steps = Steps::new(&mut session, "project", TOTAL);
    if let Some(line) = left_off(&steps) {
        println!("{line}");
    }
    loop {
        match project(&mut steps, &mut session) {
            Ok(created) => {
                // What the answers are for comes first: if the process dies before the removal, the next start creates it again.
                println!("{created}");
                return ended(steps.finish(&mut session).and_then(|()| session.close()));
            }
            Err(Stop::GoTo(number)) => steps.go_to(number),
            Err(Stop::Back) => steps.go_to(steps.number().max(1)),
            Err(Stop::Closed) => {
                // Recorded as an interruption, and not as an exit that the user chose.
                let suspended = session.suspend("the input closed");
                println!("\nYour answers are kept.");
                return ended(suspended.and_then(|_| session.close()));
            }
            Err(Stop::Failed(error)) => return ended(Err(error)),
        }
    }
}

/// The questions, in order. Code between them may depend on the answers.
fn project(steps: &mut Steps, session: &mut Session) -> Result<String, Stop> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let name = steps.ask(session, NAME, "Project name", |before| line("Project name", before, text))?;
    let language = steps.ask(session, LANGUAGE, "Language", |before| {
        line("Language (rust or c)", before, |text| ["rust", "c"].contains(&text).then(|| text.to_owned()))
    })?;
    let email = steps.ask(session, EMAIL, "E-mail", |before| {
        line("E-mail", before, |text| text.contains('@').then(|| text.to_owned()))
    })?;
    let port = steps.ask(session, PORT, "Port", |before| line("Port", before, |text| text.parse().ok()))?;
    let summary = format!("{name} in {language}, port {port}, by {email}");
    let is_wanted = steps.ask(session, CREATE, "Create it?", |_| {
        line(&format!("{summary}. Create it? (yes or no)"), None, |text| match text {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })
    })?;
    if is_wanted { Ok(format!("Created {summary}.")) } else { Err(Stop::GoTo(1)) }
}

/// "You left off at question 3 of 5, "E-mail", 4 min ago."
fn left_off(steps: &Steps) -> Option<String> {
    let marker = steps.left_off()?;
    let (number, total) = marker.step()?;
    let card = marker.card_now();
    let (label, when) = (marker.label().unwrap_or_default(), card.when().unwrap_or("earlier"));
    Some(match marker.phase() {
        Phase::InProgress => format!("You left off at question {number} of {total}, \"{label}\", {when}."),
        _ => format!("You left off after question {number} of {total}, \"{label}\", {when}."),
    })
}

/// Asks until the answer is understood; an empty line takes the proposal.
fn line<T: Clone + ToString>(
    question: &str,
    before: Option<&T>,
    accept: impl Fn(&str) -> Option<T>,
) -> Result<T, Stop> {
    loop {
        match before {
            Some(before) => print!("{question} [{}]> ", before.to_string()),
            None => print!("{question}> "),
        }
        io::stdout().flush().map_err(|_| Stop::Closed)?;
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut bytes).map_err(|_| Stop::Closed)?;
        if read == 0 {
            return Err(Stop::Closed);
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        match (text.strip_prefix(':'), before) {
            (Some("back"), _) => return Err(Stop::Back),
            (Some(command), _) => match command.parse() {
                Ok(number) => return Err(Stop::GoTo(number)),
                Err(_) => println!("Commands are :back, and :2 for the second question."),
            },
            (None, Some(before)) if text.is_empty() => return Ok(before.clone()),
            (None, _) => match accept(text) {
                Some(answer) => return Ok(answer),
                None => println!("That is no answer to this question."),
            },
        }
    }
}

/// Why the questions stop before the end.
enum Stop {
    /// The user wants to change the answer before.
    Back,
    /// The user wants to change the answer with this number.
    GoTo(u32),
    /// Nobody can answer any more.
    Closed,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn ended(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("Your answers were not saved: {error:#}.");
            ExitCode::FAILURE
        }
    }
}
