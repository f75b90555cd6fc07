//! Sections that are quarantined: what the user is told of them, and what the user can do about it.

use super::Resume;
use crate::report::{LastExit, QuarantineReason};
use crate::session::Session;

/// What to tell the user of quarantined sections: see [`Resume::notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// After repeated crashes during a restore, sections are quarantined. Offer to [bring them back](Resume::bring_back).
    Quarantined,
    /// The user undid the restore, or set part of it aside. Offer to bring back what was restored.
    Undone,
    /// Another instance saved sections that this one changed, too. Its values are kept, and not shown.
    OtherInstance,
}

/// Whether the user can undo the restore.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Undo {
    #[default]
    Impossible,
    /// The last launch ended by force, and something was restored.
    Possible,
    Wanted,
    Done,
}

/// The state of the notices.
#[derive(Default)]
pub(super) struct Notices {
    /// The user has brought the quarantined sections back, or put that off.
    is_answered: bool,
    /// A take-over quarantined sections of another instance, and the user has not put off the notice.
    is_of_another: bool,
    undo: Undo,
    shown: Option<Notice>,
}

impl Notices {
    pub(super) fn take_over(&mut self, session: &Session) {
        // The notice that the user put off is shown again.
        self.is_answered = false;
        self.is_of_another = session.quarantined().iter().any(|aside| aside.why == QuarantineReason::OtherInstance);
    }

    /// Before the first layout.
    pub(super) fn start(&mut self, session: &Session) {
        let by_force = matches!(session.last_exit(), LastExit::Panicked | LastExit::Crashed | LastExit::Rebooted);
        let is_possible = by_force && !session.preview().is_empty();
        self.undo = if is_possible { Undo::Possible } else { Undo::Impossible };
    }

    pub(super) fn can_undo(&self) -> bool {
        self.undo == Undo::Possible
    }

    /// Returns `true`: the user waits for it.
    pub(super) fn want_undo(&mut self) -> bool {
        self.undo = Undo::Wanted;
        true
    }

    /// Undoes the restore, if the user chose that. Returns whether it is undone.
    pub(super) fn undo(&mut self, session: &mut Session) -> bool {
        if self.undo != Undo::Wanted {
            return false;
        }
        let is_undone = session.quarantine_all().is_ok();
        // If the storage fails, nothing is changed, and the card stays.
        self.undo = if is_undone { Undo::Done } else { Undo::Possible };
        self.is_answered &= !is_undone;
        is_undone
    }
}

/// Returns whether nothing was quarantined after crashes: then the user did it.
fn is_users_wish(session: &Session) -> bool {
    let after_crashes = [QuarantineReason::Blamed, QuarantineReason::FreshStart];
    !session.quarantined().iter().any(|aside| after_crashes.contains(&aside.why))
}

impl Resume {
    /// Returns what to tell the user of quarantined sections, until the user brings them back or
    /// [puts that off](Self::put_off).
    pub fn notice(&mut self, session: &Session) -> Option<Notice> {
        let can_bring_back = !self.notices.is_answered && session.can_bring_back();
        self.notices.shown = match (can_bring_back, self.notices.undo) {
            (true, Undo::Done) => Some(Notice::Undone),
            (true, _) if is_users_wish(session) => Some(Notice::Undone),
            (true, _) => Some(Notice::Quarantined),
            (false, _) => self.notices.is_of_another.then_some(Notice::OtherInstance),
        };
        self.notices.shown
    }

    /// Brings the quarantined sections back. Returns whether it did: read all sections again then.
    ///
    /// If the storage fails, the sections stay in quarantine and the notice stays, so that the user can try again. After
    /// the user has put it off, nothing is brought back.
    #[must_use = "if `true`, read the sections again"]
    pub fn bring_back(&mut self, session: &mut Session) -> bool {
        let can_bring_back = !self.notices.is_answered && session.can_bring_back();
        let is_back = can_bring_back && session.bring_back_all().is_ok();
        self.notices.is_answered |= is_back;
        is_back
    }

    /// Hides the [notice](Self::notice) that is shown: "Later" until the next start, "OK" for one that offers nothing.
    /// Returns whether there was one.
    pub fn put_off(&mut self) -> bool {
        match self.notices.shown.take() {
            Some(Notice::OtherInstance) => self.notices.is_of_another = false,
            Some(_) => self.notices.is_answered = true,
            None => return false,
        }
        true
    }
}
