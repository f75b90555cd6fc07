//! What the user has completed, and what a return tells the session.

use super::{Scope, Session};
use crate::mark::{Mark, TrailEntry};

impl Session {
    /// Records that the user has finished with this element, in this program or elsewhere: the form was sent, the task is
    /// done. The next marker and its card call it finished, so that nobody does it again; a marker that is shown stays as
    /// it is.
    ///
    /// The arrow stays where the user was last: only the element's [phase](crate::Phase) changes, to
    /// [`Phase::Committed`](crate::Phase::Committed). An element that was never marked, or long ago, is not recorded. The
    /// call is no sign of the user: an absence goes on.
    ///
    /// ```
    /// use leftoff::{Action, Mark, Phase, Session};
    ///
    /// let mut session = Session::in_memory();
    /// session.mark(Mark::new("invoice/42/send").action(Action::Press).phase(Phase::InProgress).label("Send"));
    /// session.mark_finished("invoice/42/send");
    /// let last = session.last_mark().unwrap();
    /// assert_eq!((last.phase(), last.label()), (Phase::Committed, Some("Send")));
    /// ```
    pub fn mark_finished(&mut self, element: &str) {
        self.mark_finished_in("", element);
    }

    pub(crate) fn mark_finished_in(&mut self, scope: &str, element: &str) {
        self.still_alive();
        self.catch_up();
        // No touch: the entry changes where it is, so that the last touches stay the last ones.
        self.dirty |= self.marks.finish(scope, element);
    }

    /// Returns whether the user has worked in another scope since the markers were made, and not in this one after that.
    pub(crate) fn is_elsewhere(&self, scope: &str) -> bool {
        self.marks.is_elsewhere(scope)
    }

    /// An error in the application, which finds out by its log.
    pub(crate) fn warn_of_row_numbers(&self) {
        let words = "the marked element has a key that counts rows: give the id of the record as its key";
        self.store.inner.lock().notes.warn_once(|| words.to_owned());
        self.store.tell();
    }

    /// Returns the path of the element marked last in this scope.
    pub(crate) fn last_mark_of(&self, scope: &str) -> Option<&str> {
        self.last_entry_of(scope).map(TrailEntry::element)
    }

    /// Returns the mark made last in this scope.
    pub(crate) fn last_entry_of(&self, scope: &str) -> Option<&TrailEntry> {
        self.marks.last_of(scope)
    }
}

impl Scope<'_> {
    /// Like [`Session::mark_finished`].
    pub fn mark_finished(&mut self, element: &str) {
        self.session.revive(self.name);
        self.session.mark_finished_in(self.name, element);
    }
}

/// Calls `act` with the mark that made this entry.
pub(super) fn again(entry: &TrailEntry, act: impl FnOnce(Mark<'_>)) {
    let captions: Vec<&str> = entry.breadcrumb().collect();
    let mut mark = Mark::new(entry.element()).action(entry.action()).phase(entry.phase()).breadcrumb(&captions);
    mark = mark.label(entry.label().unwrap_or_default()).detail(entry.detail().unwrap_or_default());
    mark = mark.note(entry.note().unwrap_or_default());
    if let Some((number, total)) = entry.step() {
        mark = mark.step(number, total);
    }
    act(if entry.is_sensitive() { mark.sensitive() } else { mark });
}
