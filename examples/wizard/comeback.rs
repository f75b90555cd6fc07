//! Leaving and returning: what the user sees on return, and the field from which the wizard continues.

use std::io::{self, Write};
use std::time::SystemTime;

use leftoff::marker::Message;
use leftoff::time::Timestamp;
use leftoff::{Outcome, QuarantineReason, Reason, Saved, SectionFate};

use crate::Wizard;
use crate::form::{self, Form, is_submitted};
use crate::place::Place;

impl<W: Write> Wizard<W> {
    pub(super) fn greet(&mut self) -> io::Result<()> {
        let found = match self.session.outcome() {
            Outcome::Fresh => ":help lists the commands.",
            Outcome::Resumed => "Welcome back.",
            Outcome::Recovered => "The last run died; what you had answered is here.",
            Outcome::Damaged => "Some of what was stored cannot be read. It is kept as it is; the rest is here.",
            Outcome::NewerFormat => "A newer version stored something here. It is kept; what can be read is here.",
            Outcome::ReadOnly if self.session.status().holder.is_some() => {
                "This is a copy. NOTHING WILL BE SAVED until the other one ends; nothing that is stored is touched:"
            }
            _ => "NOTHING WILL BE SAVED this time, and nothing that is stored is touched:",
        };
        writeln!(self.out, "Trip request. {found}")?;
        if let Some(refused) = self.session.status().refused {
            self.failing = true;
            writeln!(self.out, "{refused:#}.")?;
        }
        self.preview()?;
        self.restore()?;
        for section in self.session.report().sections {
            match section.fate {
                SectionFate::FellBack { to } => {
                    writeln!(self.out, "These answers are from {}; later ones are damaged.", ago(to))?;
                }
                SectionFate::MayBeOlder { saved } => {
                    writeln!(
                        self.out,
                        "These answers are from {}; if there were later ones, they are lost.",
                        ago(saved)
                    )?;
                }
                _ => {}
            }
        }
        for kept in self.session.quarantined() {
            let from = ago(kept.saved_at);
            let why = match kept.why {
                QuarantineReason::Declined => {
                    writeln!(self.out, "You set aside the answers from {from}. :undo brings them back.")?;
                    continue;
                }
                // The user brought other answers back in their place.
                QuarantineReason::Replaced => continue,
                QuarantineReason::Unread => "could not be read",
                QuarantineReason::OtherInstance => "is from another window",
                _ => "made the program die",
            };
            writeln!(self.out, "\"{}\" from {from} {why}. It is set aside, not lost.", kept.name)?;
        }
        self.show()?;
        // The restored state is on the screen, so a later crash is not caused by the restore.
        self.session.confirm_restored();
        Ok(())
    }

    /// Loads the state of the session, after it was opened or went back to an earlier state.
    pub(super) fn restore(&mut self) -> io::Result<()> {
        self.form = match self.session.get(self.section) {
            Ok(form) => form.unwrap_or_default(),
            Err(error) => {
                if !self.failing {
                    writeln!(self.out, "The answers are kept, but not here: {error:#}.")?;
                }
                Form::new()
            }
        };
        // Continue after the marked field, if that field has an answer.
        let place = self.session.marker().map(|marker| Place::of(marker, &self.elements));
        let marked = place.and_then(|place| place.field(self.fields));
        let has_answer = |at: usize| self.fields.get(at).is_some_and(|field| self.form.contains_key(field.path));
        self.go_to(marked.map_or(0, |at| at + usize::from(has_answer(at))));
        Ok(())
    }

    /// Prints the resume card, the form with the arrow, and how the last run ended.
    pub(super) fn show(&mut self) -> io::Result<()> {
        let marker = self.session.marker();
        if let Some(marker) = marker {
            writeln!(self.out, "\n{}", marker.card(now()))?;
        }
        let place = marker.map(|marker| (marker, Place::of(marker, &self.elements)));
        if let Some(words) = place.as_ref().and_then(|(marker, place)| place.words(marker, self.fields)) {
            writeln!(self.out, "{words}")?;
        }
        writeln!(self.out)?;
        let sign = |path: &str| place.as_ref().map_or(' ', |(_, place)| place.sign(path));
        form::print(&mut self.out, self.fields, &self.form, sign)?;
        writeln!(self.out, "exit: {}", self.session.last_exit())?;
        if is_submitted(&self.form) {
            writeln!(self.out, "\nAlready submitted; nothing is sent again.")?;
        } else if marker.is_some() {
            writeln!(self.out, "\nGoing on with: {}", self.field().label)?;
        }
        self.page = 0;
        Ok(())
    }

    /// `call; ask Ana for the date`: the reason, and a line for oneself.
    pub(super) fn sleep(&mut self, words: &str) -> io::Result<()> {
        let (reason, note) = words.split_once(';').unwrap_or((words, ""));
        let reason = Reason::from(reason);
        self.asleep = true;
        match self.session.suspend_with_note(reason.clone(), note) {
            Ok(Saved::Off | Saved::Deferred) | Err(_) if self.failing || self.forgotten => {
                writeln!(self.out, "NOT SAVED; asleep ({reason})")
            }
            Ok(Saved::Off | Saved::Deferred) => writeln!(self.out, "NOT SAVED{}; asleep ({reason})", self.why()),
            Ok(_) => writeln!(self.out, "saved; asleep ({reason})"),
            Err(error) => writeln!(self.out, "NOT SAVED: {error:#}; asleep ({reason})"),
        }
    }

    pub(super) fn wake(&mut self) -> io::Result<()> {
        if !self.asleep && self.session.marker().is_none() {
            // The user left without a command: there is no marker yet.
            let _ = self.session.suspend(Reason::Absence);
        }
        self.session.wake();
        self.asleep = false;
        self.show()
    }

    pub(super) fn forget(&mut self) -> io::Result<()> {
        if let Err(error) = self.session.forget() {
            return writeln!(self.out, "NOT ERASED: {error:#}. Try again.");
        }
        (self.form, self.at, self.page, self.forgotten) = (Form::new(), 0, 0, true);
        writeln!(self.out, "Everything is erased. Nothing is saved until your next answer, which begins anew.")
    }

    pub(super) fn history(&mut self, wanted: &str) -> io::Result<()> {
        let points = match self.session.history() {
            Ok(points) => points,
            Err(error) => return writeln!(self.out, "No history: {error:#}."),
        };
        if !wanted.is_empty() {
            // `3?` shows the answers of a state without going back to it.
            let number = wanted.trim_end_matches('?');
            let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let Some(point) = index.and_then(|index| points.get(index)) else {
                return writeln!(self.out, "There is no earlier state {number}; :history lists them.");
            };
            if number != wanted {
                return match self.session.get_at(point, self.section) {
                    Ok(form) => form::print(&mut self.out, self.fields, &form.unwrap_or_default(), |_| ' '),
                    Err(error) => writeln!(self.out, "Not read: {error:#}."),
                };
            }
            if let Err(error) = self.session.resume_at(point) {
                return writeln!(self.out, "Not gone back: {error:#}.");
            }
            writeln!(self.out, "Gone back. To undo that: :history 1")?;
            self.restore()?;
            return self.show();
        }
        for (number, point) in (1..).zip(&points) {
            writeln!(self.out, "{number:3}. {}", point.line(now(), |_| None))?;
        }
        writeln!(
            self.out,
            "{}",
            if points.is_empty() { "No earlier states." } else { ":history N goes back to one, :history N? shows it." }
        )
    }
}

pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

pub(super) fn ago(at: Timestamp) -> String {
    now().since(at).map_or("another time".into(), |age| Message::Age(age).to_string())
}
