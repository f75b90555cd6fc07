//! Questions one after the other, as a command-line wizard asks them: the next start resumes at the open question.
//!
//! [`Steps::ask`] returns an answer that is stored, or asks for it and stores it. So the questions are ordinary code,
//! with any library for prompts, and with branches that depend on the answers.
//!
//! ```
//! use std::error::Error;
//!
//! use leftoff::backend::MemoryBackend;
//! use leftoff::steps::Steps;
//! use leftoff::{AppId, Section, Session};
//!
//! const NAME: Section<String> = Section::new("name", 1);
//! const EMAIL: Section<String> = Section::new("email", 1);
//!
//! /// Asks both questions. `prompt` is that of a library, or reads a line of standard input.
//! fn account(
//!     session: &mut Session,
//!     mut prompt: impl FnMut(&str) -> Result<String, Box<dyn Error>>,
//! ) -> Result<String, Box<dyn Error>> {
//!     let mut steps = Steps::new(session, "account", 2);
//!     if let Some(marker) = steps.left_off() {
//!         println!("{}", marker.card_now());
//!     }
//!     let name = steps.ask(session, NAME, "Name", |_| prompt("Name"))?;
//!     let email = steps.ask(session, EMAIL, "E-mail", |_| prompt("E-mail"))?;
//!     // All questions are answered: act on that first, then remove the answers.
//!     steps.finish(session)?;
//!     Ok(format!("{name} <{email}>"))
//! }
//!
//! let memory = MemoryBackend::new();
//! let open = || Session::builder(AppId::new("com.example.signup")).backend(memory.clone()).open();
//!
//! // The user answers one question. The process ends while the second one is on the screen.
//! let mut answers = ["Ana".to_owned()].into_iter();
//! let ended = account(&mut open(), |_| answers.next().ok_or_else(|| "the terminal was closed".into()));
//! assert!(ended.is_err());
//!
//! let mut asked = Vec::new();
//! let created = account(&mut open(), |label| {
//!     asked.push(label.to_owned());
//!     Ok("ana@example.com".to_owned())
//! })?;
//! assert_eq!((created.as_str(), asked), ("Ana <ana@example.com>", vec!["E-mail".to_owned()]));
//! # Ok::<(), Box<dyn Error>>(())
//! ```
//!
//! A [`Wizard`] is `Steps` together with their session: one argument for the functions that ask, and no error to name.
//!
//! The errors of `inquire`, `dialoguer` and other libraries cannot hold an [`Error`], so the closure names an error
//! that holds both, such as `Box<dyn Error>` or `anyhow::Error`:
//!
//! ```
//! # use leftoff::steps::Steps;
//! # use leftoff::{Section, Session};
//! # mod inquire {
//! #     pub struct Text<'a>(&'a str);
//! #     impl<'a> Text<'a> {
//! #         pub fn new(_: &'a str) -> Self { Self("") }
//! #         pub fn with_initial_value(self, before: &'a str) -> Self { Self(before) }
//! #         pub fn prompt(self) -> Result<String, std::io::Error> { Ok("Ana".into()) }
//! #     }
//! # }
//! # use inquire::Text;
//! const NAME: Section<String> = Section::new("name", 1);
//!
//! fn name(steps: &mut Steps, session: &mut Session) -> Result<String, Box<dyn std::error::Error>> {
//!     let name = steps.ask(session, NAME, "Name", |before| -> Result<_, Box<dyn std::error::Error>> {
//!         Ok(Text::new("Name?").with_initial_value(before.map_or("", String::as_str)).prompt()?)
//!     })?;
//!     Ok(name)
//! }
//! # let mut session = Session::in_memory();
//! # let mut steps = Steps::new(&mut session, "account", 1);
//! # assert_eq!(name(&mut steps, &mut session)?, "Ana");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod wizard;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::mark::{Action, Mark, Phase, TrailEntry};
use crate::marker::Marker;
use crate::section::Section;
use crate::session::{Saved, Session};
pub use wizard::Wizard;

/// Questions one after the other: see the [module](self).
pub struct Steps {
    scope: String,
    total: u32,
    /// The number of the present question, from one.
    number: u32,
    /// The question that was marked last, until it is reached.
    last: Option<Last>,
    /// From this number on, every question is asked, with its stored answer as the proposal.
    from: u32,
    left_off: Option<Marker>,
}

impl Steps {
    /// Creates the row of `total` questions with this [scope](Session::scope), which must be its own:
    /// [`finish`](Self::finish) removes all its sections. The empty name stands for `"steps"`.
    pub fn new(session: &mut Session, scope: &str, total: u32) -> Self {
        let scope = if scope.is_empty() { "steps" } else { scope }.to_owned();
        let has_answers = !session.scope(&scope).sections().is_empty();
        let last = session.last_entry_of(&scope).filter(|_| has_answers).map(Last::of);
        let left_off = session.scope(&scope).marker().filter(|_| has_answers).cloned();
        // In case an update removed it.
        let from = last.as_ref().and_then(|last| last.asks_from(last.number?)).unwrap_or(u32::MAX);
        Self { scope, total, number: 0, last, from, left_off }
    }

    /// Returns where the user left off: [`Marker::step`], [`Marker::label`], and the age from [`Marker::card_now`].
    ///
    /// `None` if no question was answered. The question is open if its [phase](Marker::phase) is [`Phase::InProgress`].
    /// Otherwise the process ended between an answer and the next question, and the one after it is open.
    pub fn left_off(&self) -> Option<&Marker> {
        self.left_off.as_ref()
    }

    /// Returns the number of the question answered last, from one; 0 before the first. A question whose prompt failed does not
    /// count, so that it can be asked again.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the stored answer, or calls `prompt` for it and stores what it returns.
    ///
    /// The name of the section identifies the question, also in the next version of the program. `prompt` is called for
    /// each question without an answer. If the user had gone back, and left off at an answered question, it is called for
    /// that question and all after it, with the stored answers as proposals.
    ///
    /// The answer is written and synced before this returns. Storage trouble does not end the questions:
    /// [`Session::status`] reports it. An answer that cannot be read is preserved and asked for again. Answers are not
    /// encrypted: ask for a password outside of the steps.
    ///
    /// # Errors
    /// What `prompt` returns; nothing is stored then. The errors of [`Session::autosave`].
    pub fn ask<T, E>(
        &mut self,
        session: &mut Session,
        section: Section<T>,
        label: &str,
        prompt: impl FnOnce(Option<&T>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<Error>,
    {
        self.ask_or(session, section, label, prompt, |error| Err(error.into()))
    }

    /// Like [`ask`](Self::ask). An error of the session goes to `on_error`, which decides whether the question goes on.
    fn ask_or<T, E>(
        &mut self,
        session: &mut Session,
        section: Section<T>,
        label: &str,
        prompt: impl FnOnce(Option<&T>) -> Result<T, E>,
        on_error: impl Fn(Error) -> Result<(), E>,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
    {
        let before = match self.known(session, section) {
            Known::Answer(answer) => return Ok(answer),
            Known::Proposal(before) => before,
        };
        let mark = self.mark(section.name(), label);
        self.begin(session, &mark).or_else(&on_error)?;
        // If it is asked again after its prompt failed, it is the same question.
        let answer = prompt(before.as_ref()).inspect_err(|_| self.number -= 1)?;
        self.store(session, section, mark, &answer).or_else(on_error)?;
        Ok(answer)
    }

    /// Goes to the next question, and returns its answer, or what to propose.
    fn known<T: DeserializeOwned>(&mut self, session: &mut Session, section: Section<T>) -> Known<T> {
        self.number += 1;
        self.reach(section.name());
        match session.scope(&self.scope).get(section).ok().flatten() {
            Some(answer) if !self.is_asked_again() => Known::Answer(answer),
            stored => Known::Proposal(stored),
        }
    }

    fn mark<'m>(&self, question: &'m str, label: &'m str) -> Mark<'m> {
        Mark::new(question).label(label).step(self.number, self.total.max(self.number))
    }

    /// Records that the question is open.
    fn begin(&self, session: &mut Session, mark: &Mark<'_>) -> Result<(), Error> {
        // The question is open since it was asked first, not since the latest start that asked it.
        let last = session.last_entry_of(&self.scope).filter(|last| last.element() == mark.element);
        if last.is_none_or(|last| last.phase() != Phase::InProgress) {
            let action = if self.is_asked_again() { ASKED_AGAIN } else { Action::Focus };
            session.scope(&self.scope).mark(mark.clone().action(action).phase(Phase::InProgress));
            session.autosave(|_| {})?;
        }
        // The question is on the screen: a user who only looks at it, or a kill from here on, is no crash of the restore.
        session.confirm_restored();
        Ok(())
    }

    fn store<T: Serialize>(
        &self,
        session: &mut Session,
        section: Section<T>,
        mark: Mark<'_>,
        answer: &T,
    ) -> Result<(), Error> {
        let phase = if self.is_asked_again() { ANSWERED_AGAIN } else { Phase::Committed };
        session.scope(&self.scope).mark(mark.action(Action::Edit).phase(phase));
        // The answer and the mark that it was given are in one frame, so no crash separates them.
        let saved = session.autosave(|capture| capture.scope(&self.scope).set(section, answer))?;
        if matches!(saved, Saved::Written | Saved::Pending) {
            // If it fails, the answer is retried in the background, and `status` says so.
            let _ = session.flush();
        }
        Ok(())
    }

    /// If this is the question that was marked last, all questions from here on are asked, or from the next one on if it was
    /// answered. But if an update added it, only those without an answer are.
    fn reach(&mut self, question: &str) {
        let reached = self.last.take_if(|last| last.question == question);
        if let Some(from) = reached.and_then(|last| last.asks_from(self.number)) {
            self.from = from;
        }
    }

    /// The user went back to this question or to one before it, so its answer is not final.
    fn is_asked_again(&self) -> bool {
        self.number >= self.from
    }

    /// Begins the questions again, so that the user can change an answer: call [`ask`](Self::ask) for all of them once
    /// more, in the same order. Those before `number` return their stored answer; that one and all after it are asked,
    /// with the stored answer as the proposal.
    pub fn go_to(&mut self, number: u32) {
        (self.number, self.from, self.last) = (0, number, None);
    }

    /// Removes all answers, and waits until that survives a power cut: the next start begins with the first question.
    ///
    /// The answers stay stored until this call returns. If the process acts on them and dies before this call, the next start
    /// acts on them again. If acting twice does harm, record the action first, as `examples/agent.rs`
    /// does.
    ///
    /// Earlier states stay in the [history](Session::history); [`Session::forget`] erases them.
    ///
    /// # Errors
    /// As for [`Session::save`]. The answers may then still be there at the next start.
    pub fn finish(self, session: &mut Session) -> Result<(), Error> {
        let names = session.scope(&self.scope).sections();
        // In the frame that removes the answers: nobody is led to a question that is finished.
        session.leave_behind(&self.scope);
        session
            .save(|capture| {
                let mut capture = capture.scope(&self.scope);
                for name in &names {
                    capture.remove_named(name);
                }
            })
            .map(|_| ())
    }
}

/// The action of an open question after which all questions are asked again.
const ASKED_AGAIN: Action = Action::Edit;
/// The phase of an answer after which all questions are asked again.
const ANSWERED_AGAIN: Phase = Phase::Unknown;

/// The question that was marked last.
struct Last {
    question: String,
    number: Option<u32>,
    is_answered: bool,
    /// The user had gone back to it, or to one before it.
    is_again: bool,
}

impl Last {
    fn of(last: &TrailEntry) -> Self {
        let is_answered = last.phase() != Phase::InProgress;
        let is_again = if is_answered { last.phase() == ANSWERED_AGAIN } else { last.action() == ASKED_AGAIN };
        let number = last.step().map(|(number, _)| number);
        Self { question: last.element().to_owned(), number, is_answered, is_again }
    }

    /// Returns the number from which on all questions are asked, if this one has this number; `None` if those with an answer
    /// are not.
    fn asks_from(&self, number: u32) -> Option<u32> {
        self.is_again.then(|| number.saturating_add(self.is_answered.into()))
    }
}

/// What is known of a question before it is asked.
enum Known<T> {
    Answer(T),
    /// To be asked, with the stored answer as the proposal.
    Proposal(Option<T>),
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps")
            .field("scope", &self.scope)
            .field("number", &self.number)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
