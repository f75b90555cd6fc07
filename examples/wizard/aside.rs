//! What the user did last, and a start without what is stored, which can be undone.

use std::io::{self, Write};

use leftoff::{Action, Mark, Outcome, QuarantineReason, Quarantined};

use crate::Wizard;
use crate::comeback::{ago, now};
use crate::form::{Form, first_lacking};

impl<W: Write> Wizard<W> {
    /// After a crash: what is about to come back, before it does.
    pub(super) fn preview(&mut self) -> io::Result<()> {
        if self.session.outcome() != Outcome::Recovered {
            return Ok(());
        }
        let stored = self.session.preview();
        match stored.iter().find(|stored| stored.scope.is_empty() && stored.name == self.section.name()) {
            Some(answers) => {
                let from = ago(answers.saved_at);
                writeln!(self.out, "Your answers are from {from}. :aside begins without them, :undo brings them back.")
            }
            None => Ok(()),
        }
    }

    /// The user's last actions, oldest first.
    pub(super) fn timeline(&mut self) -> io::Result<()> {
        let timeline = self.session.timeline();
        for (_, entry) in &timeline {
            writeln!(self.out, "  {}", entry.line(now(), |_| None))?;
        }
        let lacking = self.fields.iter().filter(|field| !self.form.contains_key(field.path)).map(|field| field.label);
        let lacking: Vec<&str> = lacking.collect();
        if !lacking.is_empty() && !timeline.is_empty() {
            writeln!(self.out, "Still open: {}.", lacking.join(", "))?;
        }
        writeln!(self.out, "{}", if timeline.is_empty() { "Nothing here yet." } else { "You are here now:" })?;
        self.page = 0;
        Ok(())
    }

    /// A form as at the first start. The answers stay stored.
    pub(super) fn put_aside(&mut self) -> io::Result<()> {
        match self.session.quarantine_all() {
            Ok(0) => writeln!(self.out, "There is nothing to set aside."),
            Ok(_) => {
                (self.form, self.at, self.page) = (Form::new(), 0, 0);
                // The user is at the first field now. The empty form is not saved: it would take the place of the answers.
                let field = self.field();
                self.session
                    .mark(Mark::new(field.path).action(Action::Open).label(field.label).breadcrumb(&[field.page.1]));
                if let Err(error) = self.session.autosave(|capture| capture.anchor(&self.elements)) {
                    writeln!(self.out, "NOT SAVED: {error:#}.")?;
                }
                writeln!(
                    self.out,
                    "Your answers are set aside, not lost. :undo brings them back, also after a restart."
                )
            }
            Err(error) => writeln!(self.out, "NOT SET ASIDE: {error:#}."),
        }
    }

    /// The answers that were set aside come back, with the arrow where they were left. Those that were given meanwhile are
    /// set aside in their place, and a second `:undo` brings them back.
    pub(super) fn undo(&mut self) -> io::Result<()> {
        let all = self.session.can_bring_back().then(|| self.session.bring_back_all());
        let is_back = match all {
            Some(count) => count.map(|count| count > 0),
            None => self.session.bring_back(self.section).map(|answers| answers.is_some()),
        };
        match is_back {
            Ok(true) => {
                let is_replaced = |kept: &Quarantined| kept.why == QuarantineReason::Replaced;
                let is_one_kept = self.session.quarantined().iter().any(is_replaced);
                let meanwhile = if is_one_kept {
                    " Those that were here instead are set aside; :undo brings them back."
                } else {
                    ""
                };
                writeln!(self.out, "Your answers are back.{meanwhile}")?;
                self.restore()?;
                if self.session.marker().is_none() {
                    self.go_to(first_lacking(self.fields, &self.form).unwrap_or(self.fields.len()));
                }
                self.show()
            }
            Ok(false) => writeln!(self.out, "Nothing is set aside."),
            Err(error) => writeln!(self.out, "NOT BROUGHT BACK: {error:#}."),
        }
    }
}
