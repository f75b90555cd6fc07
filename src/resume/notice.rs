//! Sections that are quarantined: what the user is told of them, and what the user can do about it.

use super::Resume;
use crate::frame::SectionKey;
use crate::report::{LastExit, QuarantineReason};
use crate::session::Session;

/// What to tell the user of quarantined sections: see [`Resume::notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// After repeated crashes during a restore, sections are quarantined. Offer to [bring them back](Resume::bring_back).
    Quarantined,
    /// The user undid the restore, in this launch or an earlier one, or declined part of it. Offer to bring back what was
    /// restored.
    Undone,
    /// The user brought sections back, and the values that they replaced are quarantined. Offer to
    /// [bring those back](Resume::bring_back) instead.
    Replaced,
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
    /// The values that were replaced when the user brought others back, by checksum.
    replaced: Vec<(SectionKey, u64)>,
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
        let is_undone = self.notices.undo == Undo::Done || is_users_wish(session);
        self.notices.shown = if !self.notices.replaced.is_empty() {
            Some(Notice::Replaced)
        } else if can_bring_back {
            Some(if is_undone { Notice::Undone } else { Notice::Quarantined })
        } else {
            self.notices.is_of_another.then_some(Notice::OtherInstance)
        };
        self.notices.shown
    }

    /// Brings the quarantined sections back. Returns whether it did: read all sections again then.
    ///
    /// The values that the sections had until now are quarantined, and [`notice`](Self::notice) says so: calling this again
    /// brings those back instead.
    ///
    /// If the storage fails, the sections stay in quarantine and the notice stays, so that the user can try again. After
    /// the user has put it off, nothing is brought back.
    #[must_use = "if `true`, read the sections again"]
    pub fn bring_back(&mut self, session: &mut Session) -> bool {
        let replaced = std::mem::take(&mut self.notices.replaced);
        if !replaced.is_empty() {
            let back = session.swap_back(&replaced);
            let is_back = back.is_ok();
            self.notices.replaced = back.unwrap_or(replaced);
            return is_back;
        }
        let can_bring_back = !self.notices.is_answered && session.can_bring_back();
        let back = if can_bring_back { session.bring_back_everything().ok() } else { None };
        let is_back = back.is_some();
        self.notices.is_answered |= is_back;
        self.notices.replaced = back.map(|(_, replaced)| replaced).unwrap_or_default();
        is_back
    }

    /// Stops [offering](Session::stop_offering) what an undone restore left, at this start and at the next ones: "Don't
    /// offer again". Returns whether [`Notice::Undone`] was shown. The values stay in quarantine.
    pub fn stop_offering(&mut self, session: &mut Session) -> bool {
        let is_shown = self.notices.shown.take_if(|notice| *notice == Notice::Undone).is_some();
        if is_shown {
            session.stop_offering();
        }
        is_shown
    }

    /// Hides the [notice](Self::notice) that is shown: "Later" until the next start, "OK" for one that offers nothing.
    /// Returns whether there was one.
    pub fn put_off(&mut self) -> bool {
        match self.notices.shown.take() {
            Some(Notice::OtherInstance) => self.notices.is_of_another = false,
            Some(Notice::Replaced) => self.notices.replaced.clear(),
            Some(_) => self.notices.is_answered = true,
            None => return false,
        }
        true
    }
}
