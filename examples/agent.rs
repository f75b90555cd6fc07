//! An agent whose calls are recorded before they are made and after they are answered: `cargo run --example agent --
//! [DIR]`.
//!
//! A call may send mail or transfer money. If the process dies during a call, the next start cannot know whether the call
//! took effect. It neither repeats nor skips the call: it says "call 13 is in doubt" and asks. Here, the terminal is the
//! tool: the line that you type is the answer to the call.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use std::io::{self, BufRead, Write};

use leftoff::{Action, AppId, Error, Mark, Phase, Section, Session};
use serde::{Deserialize, Serialize};

const AGENT: Section<Agent> = Section::new("agent", 1);

/// The whole state of the loop.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Agent {
    /// What the calls returned, the first call first.
    answers: Vec<String>,
    /// The call that was begun and has no answer.
    begun: Option<Call>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Call {
    /// From one.
    number: usize,
    tool: String,
    /// How often it was begun.
    attempts: u32,
}

fn main() -> Result<(), Error> {
    let mut builder = Session::builder(AppId::new("com.example.agent"));
    if let Some(dir) = std::env::args_os().nth(1) {
        builder = builder.dir(dir);
    }
    let mut session = builder.open();
    // Not `get_or_default`: without its state, the agent would make all calls again.
    let mut agent = session.get(AGENT)?.unwrap_or_default();
    // The agent has its state. A kill at the first question is no reason to withhold it from the next start.
    session.confirm_restored();
    println!("{} calls are answered.", agent.answers.len());
    while let Some(answer) = next_answer(&mut session, &mut agent)? {
        agent.answers.push(answer);
        agent.begun = None;
        record(&mut session, &agent, Phase::Committed)?;
    }
    println!();
    session.close()
}

/// Makes the next call, or settles the one in doubt. `None` if the input ended.
fn next_answer(session: &mut Session, agent: &mut Agent) -> Result<Option<String>, Error> {
    let next = agent.answers.len() + 1;
    let call = match agent.begun.take() {
        None => Call { number: next, tool: plan(next).to_owned(), attempts: 1 },
        Some(call) => {
            let when = session.marker().and_then(|marker| marker.card_now().when().map(str::to_owned));
            agent.begun = Some(call.clone());
            println!("Call {} is in doubt: {} was begun{} and has no answer.", call.number, call.tool, ago(when));
            match settle(&call) {
                None => return Ok(None),
                Some(Doubt::Answered(answer)) => return Ok(Some(answer)),
                Some(Doubt::Repeat) => Call { attempts: call.attempts + 1, ..call },
            }
        }
    };
    agent.begun = Some(call.clone());
    // Synced, or not made: a call that the next start does not know of could be made twice.
    record(session, agent, Phase::InProgress)?;
    Ok(ask(&format!("call {}: {}> ", call.number, call.tool)))
}

/// Records the agent with the phase of its last call, and waits until that survives a power cut.
fn record(session: &mut Session, agent: &Agent, phase: Phase) -> Result<(), Error> {
    let number = agent.begun.as_ref().map_or(agent.answers.len(), |call| call.number);
    let (path, label) = (format!("call/{number}"), format!("call {number}, {}", plan(number)));
    session.mark(Mark::new(&path).action(Action::Press).phase(phase).label(&label));
    session.save(|capture| capture.set(AGENT, agent)).map(|_| ())
}

/// What became of a call in doubt.
enum Doubt {
    /// It was done, with this answer, or it is not to be done.
    Answered(String),
    /// It was not done.
    Repeat,
}

fn settle(call: &Call) -> Option<Doubt> {
    loop {
        let text = ask(&format!("call {}: done ANSWER, repeat, or skip> ", call.number))?;
        match text.split_once(' ').unwrap_or((&text, "")) {
            ("done", answer) => return Some(Doubt::Answered(answer.to_owned())),
            ("repeat", "") => return Some(Doubt::Repeat),
            ("skip", "") => return Some(Doubt::Answered("skipped".to_owned())),
            _ => println!("The call stays in doubt."),
        }
    }
}

/// The plan of the agent; a real one asks its model.
fn plan(number: usize) -> &'static str {
    ["search the flights", "book the seat", "send the mail"].get((number + 2) % 3).copied().unwrap_or_default()
}

fn ago(when: Option<String>) -> String {
    when.map_or_else(String::new, |when| format!(" {when}"))
}

fn ask(prompt: &str) -> Option<String> {
    print!("{prompt}");
    io::stdout().flush().ok()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}
