//! What the user has completed, and what a return tells the session.

use super::{Scope, Session};
use crate::mark::{Mark, Phase, TrailEntry};

impl Session {
    /// Records that the user has finished with this element, in this program or elsewhere: the form was sent, the task is
    /// done. The marker and the card then call it finished, so that nobody does it again.
    ///
    /// The arrow stays where the user was last: only the element's [phase](Phase) changes, to [`Phase::Committed`]. An
    /// element that was never marked, or long ago, is not recorded. The call is no sign of the user: an absence goes on.
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
        let Some(entry) = self.marks.entry_of(scope, element).cloned() else { return };
        let last_of = |scope: &str| self.marks.last_of(scope).cloned();
        let visited = self.marks.last_visited();
        let touched_in = self.marks.touched_in.clone();
        let touched_here = last_of(scope).filter(|last| last.element() != element);
        let touched_elsewhere = (*visited != *scope).then(|| last_of(&visited)).flatten();
        // At the time of the user's own touch, and without `mark_in`, which would end an absence.
        again(&entry, |mark| self.marks.append(scope, &mark.phase(Phase::Committed), entry.at()));
        // The user is not led to an element that only the program finished: the last touches become the last ones again,
        // at their own time.
        for (scope, last) in [(scope, touched_here), (&*visited, touched_elsewhere)] {
            if let Some(last) = last {
                again(&last, |mark| self.marks.append(scope, &mark, last.at()));
                self.carry_spot(scope, &last);
            }
        }
        self.marks.touched_in = touched_in;
        self.dirty = true;
    }

    /// Keeps the location of the element of this entry, which was just repeated.
    fn carry_spot(&mut self, scope: &str, last: &TrailEntry) {
        let spot = self.marks.spot_of(scope).filter(|spot| spot.is_of(last)).cloned();
        let (Some(spot), Some(newest)) = (spot, self.marks.last_of(scope)) else { return };
        let spot = spot.carried_to(newest, last);
        self.store.inner.lock().put_spot(scope, Some(&spot), self.store.now().wall);
        self.marks.note_spots([(scope.into(), spot)]);
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
