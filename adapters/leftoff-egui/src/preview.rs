//! What was restored at this start, of which the user keeps all, some or none.

use std::collections::BTreeSet;

use egui::Ui;
use leftoff::{Error, Section, Session};

use crate::arrow::Arrow;
use crate::text::Text;

/// The sections that were restored at this start, each with its time: the user keeps all, some or none of them.
///
/// For the time after a crash, an update or a quarantine. What the user does not keep is
/// [set aside](leftoff::Session::quarantine), not lost, and one button brings everything back. Sections that were not
/// opened after crashes are listed, too.
///
/// Sections have names for programs: give them names for users with [`Text::Section`], see
/// [`Arrow::set_texts`].
#[derive(Debug, Default)]
pub struct Preview {
    /// Scope and name of what the user does not keep.
    unticked: BTreeSet<(String, String)>,
    failed: Option<Error>,
    is_answered: bool,
}

impl Preview {
    /// Creates a preview in which everything is kept.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a preview that shows nothing until something is set aside, for a start that restored nothing.
    pub fn answered() -> Self {
        Self { is_answered: true, ..Self::default() }
    }

    /// Returns whether the user has kept everything: nothing is shown then, unless something is set aside.
    pub fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// Shows the sections and the buttons. Returns `true` if the user set sections aside or brought some back: read all
    /// sections again, of every window, before the next `autosave`.
    #[must_use = "if `true`, read the sections again, or what was set aside is saved again"]
    pub fn show(&mut self, ui: &mut Ui, arrow: &Arrow, session: &mut Session) -> bool {
        let can_bring_back = session.can_bring_back();
        if self.is_answered && !can_bring_back {
            return false;
        }
        arrow.rows(ui, |ui| {
            arrow.heading(ui, Text::Restored);
            self.kept(ui, arrow, session);
            if can_bring_back {
                set_aside(ui, arrow, session);
            }
            let done = arrow.buttons(ui, |ui| self.asked(ui, arrow, session, can_bring_back));
            if let Some(Err(error)) = &done {
                self.failed = Some(error.clone());
            }
            if let Some(error) = &self.failed {
                arrow.quiet(ui, Text::Failed(error));
            }
            matches!(done, Some(Ok(())))
        })
    }

    fn kept(&mut self, ui: &mut Ui, arrow: &Arrow, session: &Session) {
        for section in session.preview() {
            let name = arrow.said(Text::Section(&section.scope, &section.name));
            let time = arrow.time_of(section.saved_at);
            let words = arrow.said(Text::SavedAt(&name, time.as_ref()));
            let key = (section.scope, section.name);
            let mut is_kept = !self.unticked.contains(&key);
            if ui.checkbox(&mut is_kept, words).changed() {
                if is_kept {
                    self.unticked.remove(&key);
                } else {
                    self.unticked.insert(key);
                }
            }
        }
    }

    fn asked(
        &mut self,
        ui: &mut Ui,
        arrow: &Arrow,
        session: &mut Session,
        can_bring_back: bool,
    ) -> Option<Result<(), Error>> {
        if can_bring_back && ui.button(arrow.said(Text::BringBack)).clicked() {
            let done = session.bring_back_all().map(|_| ());
            self.is_answered |= done.is_ok();
            return Some(done);
        }
        if !self.unticked.is_empty() {
            let keeps_some = ui.button(arrow.said(Text::KeepTicked)).clicked();
            return keeps_some.then(|| self.set_aside(session));
        }
        self.is_answered |= !self.is_answered && ui.button(arrow.said(Text::KeepAll)).clicked();
        None
    }

    /// Sets aside what is not ticked; everything, if nothing is.
    fn set_aside(&mut self, session: &mut Session) -> Result<(), Error> {
        let is_kept = |scope: &str, name: &str| !self.unticked.contains(&(scope.to_owned(), name.to_owned()));
        if session.preview().iter().any(|section| is_kept(&section.scope, &section.name)) {
            for (scope, name) in &self.unticked {
                // The type of the value does not matter here.
                session.scope(scope).quarantine(Section::<()>::new("any", 1).named(name)?)?;
            }
        } else {
            session.quarantine_all()?;
        }
        self.unticked.clear();
        self.is_answered = true;
        Ok(())
    }
}

fn set_aside(ui: &mut Ui, arrow: &Arrow, session: &Session) {
    for section in session.quarantined() {
        let name = arrow.said(Text::Section(&section.scope, &section.name));
        arrow.quiet(ui, Text::SetAside(&name));
    }
}
