//! A trip request that may be interrupted at any moment: `cargo run --example wizard -- [--next] [--dir DIR]`.
//!
//! Answer a few questions, then kill it in any way. The next start shows the answers, with an arrow at the last one,
//! and continues from there. With `--next`, it starts the next version of the program, which has a different form; the
//! arrow is still at the last answer, or at its former position.

mod aside;
mod comeback;
mod form;
mod next;
mod place;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use leftoff::marker::anchor::Elements;
use leftoff::{Action, AppId, Capture, Mark, Phase, Saved, Section, Session};

use form::{FIELDS, Field, Form, PAGES, SUBMIT, is_submitted};

/// The section of the answers.
const FORM: Section<Form> = Section::new("trip", 1);

const USAGE: &str = "\
usage: wizard [--next] [--dir DIR]
  --next     be the next version of this program
  --dir DIR  keep the state in DIR, instead of in the system's folder for it";

const HELP: &str = "\
Answer, or press Enter to keep what is in brackets. A line with a colon is a command:
  :back          to the field before
  :where         what you did last, and when; what is still open
  :sleep REASON  you are called away: call, meeting, lunch, …
  :sleep REASON; NEXT
                 the same, and a line on what you were about to do
  :wake          you are back
  :aside         set your answers aside and begin with an empty form
  :undo          bring back what was set aside
  :history [N]   earlier states; with a number, go back to that one; with N?, see it
  :forget        erase everything that is stored
  :quit          leave; everything is kept";

fn main() -> ExitCode {
    let (mut next, mut dir) = (false, None);
    let mut arguments = std::env::args_os().skip(1);
    while let Some(option) = arguments.next() {
        match (option.to_str(), &dir) {
            (Some("--next"), _) if !next => next = true,
            (Some("--dir"), None) => match arguments.next().filter(|dir| !dir.is_empty()) {
                Some(path) => dir = Some(path),
                None => return end(2, &mut io::stderr(), USAGE),
            },
            (Some("--help"), _) => return end(0, &mut io::stdout(), USAGE),
            _ => return end(2, &mut io::stderr(), USAGE),
        }
    }
    let mut builder = Session::builder(AppId::new("com.example.trip")).renames(if next { next::RENAMES } else { &[] });
    if let Some(dir) = dir {
        builder = builder.dir(dir);
    }
    let session = builder.open();
    // Ctrl-C, Ctrl-Z, a closed terminal: everything is synced, and the next start says why the user left.
    leftoff_os::watch(&session);
    Wizard::new(session, next, io::stdout().lock()).run(&mut io::stdin().lock())
}

struct Wizard<W> {
    session: Session,
    fields: &'static [Field],
    /// The elements of the form, in which a marked field is located.
    elements: Elements,
    section: Section<Form>,
    form: Form,
    out: W,
    /// The index of the current field; one past the last is the submission.
    at: usize,
    /// The page whose heading was printed last.
    page: usize,
    asleep: bool,
    /// Whether the user erased everything and has answered nothing since.
    forgotten: bool,
    /// Whether saving fails and the user was informed.
    failing: bool,
}

impl<W: Write> Wizard<W> {
    fn new(session: Session, next: bool, out: W) -> Self {
        let (fields, section) = if next { (&next::FIELDS[..], next::FORM) } else { (&FIELDS[..], FORM) };
        Self {
            session,
            fields,
            elements: form::elements(fields),
            section,
            form: Form::new(),
            out,
            at: 0,
            page: 0,
            asleep: false,
            forgotten: false,
            failing: false,
        }
    }

    fn run(mut self, input: &mut impl BufRead) -> ExitCode {
        // Record whether the user quit or was interrupted: the next start shows it.
        let torn_away = match self.talk(input) {
            Ok(Talk::Over) => None,
            Ok(Talk::On) => Some("the input closed"),
            Err(_) => Some("the output closed"),
        };
        if let Some(reason) = torn_away.filter(|_| !self.asleep) {
            // If this fails, `close` fails, too.
            let _ = self.session.suspend(reason);
        }
        let refused = self.session.status().refused.is_some();
        match self.session.close() {
            // The first line informed the user.
            Err(_) if refused => end(0, &mut self.out, "Goodbye. Nothing was saved."),
            Ok(()) => end(0, &mut self.out, torn_away.map_or("Goodbye.", |_| "\nThe input closed.")),
            Err(error) => end(1, &mut io::stderr(), &format!("The last answers were not saved. {error:#}")),
        }
    }

    /// Asks and reads answers, until the user quits or the input ends. An error means that the output cannot be
    /// written.
    fn talk(&mut self, input: &mut impl BufRead) -> io::Result<Talk> {
        self.greet()?;
        loop {
            self.ask()?;
            let Some(line) = next_line(input) else { return Ok(Talk::On) };
            if line == ":quit" {
                // A user who quits is not asleep any more.
                self.session.wake();
                return Ok(Talk::Over);
            }
            // Input means that the user is back: from `:sleep`, or from an absence without a command.
            if self.asleep || self.session.user_active() {
                self.wake()?;
                if line.is_empty() || line == ":wake" {
                    continue;
                }
            }
            match line.strip_prefix(':') {
                Some(command) => self.command(command)?,
                None => self.answer(&line)?,
            }
        }
    }

    /// Goes to a field; goes to the submission only when no answer is missing.
    fn go_to(&mut self, at: usize) {
        let end = self.fields.len();
        self.at = if at < end { at } else { form::first_lacking(self.fields, &self.form).unwrap_or(end) };
    }

    fn field(&self) -> &'static Field {
        self.fields.get(self.at).unwrap_or(&SUBMIT)
    }

    /// Prints the prompt. The last answer is stored before that.
    fn ask(&mut self) -> io::Result<()> {
        if self.asleep {
            write!(self.out, "asleep; Enter when you are back> ")?;
            return self.out.flush();
        }
        if is_submitted(&self.form) {
            write!(self.out, "Begin a new request? (yes/no)> ")?;
            return self.out.flush();
        }
        self.go_to(self.at);
        let Field { path, label, page: (number, title), wants, .. } = self.field();
        if self.page != *number {
            self.page = *number;
            writeln!(self.out, "\nPage {number} of {PAGES}: {title}")?;
        }
        match self.form.get(*path) {
            _ if self.at == self.fields.len() => {
                writeln!(self.out, "\nSummary:")?;
                form::print(&mut self.out, self.fields, &self.form, |_| ' ')?;
                write!(self.out, "submit? (yes/no)> ")?;
            }
            Some(present) => write!(self.out, "{label} [{present}]> ")?,
            None => write!(self.out, "{label} ({wants})> ")?,
        }
        self.out.flush()
    }

    fn answer(&mut self, text: &str) -> io::Result<()> {
        if is_submitted(&self.form) {
            return self.begin_anew(text);
        }
        let field = self.field();
        let (kind, text) = match self.form.get(field.path) {
            Some(present) if text.is_empty() => (Action::Focus, present.as_str()),
            _ => (Action::Edit, text),
        };
        let Some(answer) = (field.accept)(text, &self.form) else {
            return writeln!(self.out, "{} wants {}.", field.label, field.wants);
        };
        self.form.insert(field.path.into(), answer);
        if self.at < self.fields.len() {
            self.mark(kind, Phase::Unknown)?;
            self.at += 1;
        } else if is_submitted(&self.form) {
            // Done and marked as done in one save, so no restore repeats it.
            self.mark(Action::Press, Phase::Committed)?;
            writeln!(self.out, "Submitted.")?;
        } else {
            self.mark(Action::Focus, Phase::Unknown)?;
            (self.at, self.page) = (0, 0);
            writeln!(self.out, "Not submitted. Once more from the top; Enter keeps an answer.")?;
        }
        Ok(())
    }

    fn begin_anew(&mut self, text: &str) -> io::Result<()> {
        if form::yes_or_no(text, &self.form).as_deref() != Some("yes") {
            return writeln!(self.out, "\"yes\" clears the form for a new request; :quit leaves.");
        }
        self.form.clear();
        (self.at, self.page) = (0, 0);
        self.mark(Action::Open, Phase::Unknown)
    }

    /// Marks the user's action on the current field, and saves.
    fn mark(&mut self, kind: Action, phase: Phase) -> io::Result<()> {
        let Field { path, label, page: (_, title), .. } = self.field();
        let answer = self.form.get(*path).map_or("", String::as_str);
        let mark = Mark::new(path).action(kind).phase(phase).label(label).detail(answer);
        self.session.mark(mark.breadcrumb(&[title]).step(count(self.at + 1), count(self.fields.len() + 1)));
        // The user has found the marked field.
        self.session.dismiss_marker();
        self.save()
    }

    fn save(&mut self) -> io::Result<()> {
        let (section, form, elements) = (self.section, &self.form, &self.elements);
        let capture = |capture: &mut Capture<'_>| {
            capture.set(section, form);
            // With the anchor, the next version can locate the field.
            capture.anchor(elements);
        };
        // An answer survives a kill when `autosave` returns, and a power cut shortly after. A submission waits for
        // that. After `forget`, only `save` starts to store again.
        let saved = if self.forgotten || is_submitted(form) {
            self.session.save(capture)
        } else {
            self.session.autosave(capture)
        };
        match saved {
            // Reported once, not at every answer.
            Ok(Saved::Off | Saved::Deferred) | Err(_) if self.failing => {}
            Ok(Saved::Off | Saved::Deferred) => {
                self.failing = true;
                writeln!(self.out, "NOT SAVED{}. It is tried again with each answer.", self.why())?;
            }
            Ok(_) => {
                self.forgotten = false;
                if std::mem::take(&mut self.failing) {
                    writeln!(self.out, "Saving works again; everything is saved.")?;
                }
            }
            Err(error) => {
                self.failing = true;
                writeln!(self.out, "NOT SAVED: {error:#}. It is tried again with each answer.")?;
            }
        }
        Ok(())
    }

    /// Returns the reason why saving fails, after a colon.
    fn why(&self) -> String {
        self.session.status().trouble().map_or_else(String::new, |error| format!(": {error:#}"))
    }

    fn command(&mut self, line: &str) -> io::Result<()> {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "help" => writeln!(self.out, "{HELP}"),
            "wake" => self.wake(),
            "sleep" => self.sleep(rest),
            "forget" => self.forget(),
            "where" => self.timeline(),
            "aside" => self.put_aside(),
            "undo" => self.undo(),
            "history" => self.history(rest.trim()),
            "back" => {
                (self.at, self.page) = (self.at.saturating_sub(1), 0);
                Ok(())
            }
            _ => writeln!(self.out, "There is no :{name}; :help lists the commands."),
        }
    }
}

enum Talk {
    /// The user entered `:quit`.
    Over,
    /// The conversation continues.
    On,
}

/// Returns the next line without its line end and surrounding blanks. Bytes that are not text must not end a program
/// that holds answers. `None` if the input ended: the pipe or the terminal was closed.
fn next_line(input: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    let read = input.read_until(b'\n', &mut bytes).ok()?;
    (read > 0).then(|| String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Prints the last line. An error in the output changes nothing.
fn end(status: u8, out: &mut impl Write, words: &str) -> ExitCode {
    let _ = writeln!(out, "{words}");
    ExitCode::from(status)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
