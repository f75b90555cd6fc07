//! What the card offers, and what follows when the user chooses it.

use super::Resume;
use super::shown::Shown;
use crate::mark::Phase;
use crate::marker::cue::{CueEvent, Salience};
use crate::session::Session;

/// An offer of the resume card: see [`Resume::offers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CardAction {
    /// "Continue": go to the element. The program opens the page that [`Resume::wanted`] names, or scrolls.
    Continue,
    /// "Not now": hide the card and the marker until the user's next return.
    NotNow,
    /// "Already done": the user has finished what the marker points at.
    Done,
    /// "Undo restore": [quarantine](Session::quarantine_all) all that was restored. Offered in the first look after a
    /// crash. The next [`Resume::refresh`] or [`Resume::end`] does it, and returns `true`; then
    /// [`Resume::notice`] offers to bring it back.
    UndoRestore,
}

/// After this number of layouts, a wish to go to an element ends: the user must not be held on that page.
pub(super) const TRIES: u8 = 4;

impl Resume {
    /// Returns the element that the user wants to go to and that is not in view: open its page. Then, in the next layout,
    /// scroll to it: see [`Placement::reveal`](crate::marker::place::Placement::reveal).
    ///
    /// `None` once it is in view, the user touched another element, or some layouts have passed.
    pub fn wanted(&self) -> Option<&str> {
        let shown = self.shown.as_ref().filter(|shown| self.wish > 0 && !shown.is_in_view)?;
        Some(shown.marked())
    }

    /// Wants to go to the element, after a click on the arrow. Unlike [`take_back`](Self::take_back), the cue stays as it is.
    pub fn want(&mut self) {
        self.wish = TRIES;
        if let Some(shown) = &mut self.shown {
            shown.is_in_view = false;
        }
    }

    /// Ends the wish to go to the element: the window is scrolling there.
    pub fn fulfilled(&mut self) {
        self.wish = 0;
    }

    /// Returns the row of this [list](Self::add_list) that the user wants to go to and that is not built, from zero.
    pub fn row_wanted(&self, list: &str) -> Option<u64> {
        self.wanted()?;
        let (path, row) = self.shown.as_ref()?.row.as_ref()?;
        (path == list).then_some(*row)
    }

    /// Returns the actions that have an effect now, so that no button is dead, in the order in which to show them.
    ///
    /// `can_open` tells whether the program opens the page of the [wanted](Self::wanted) element. When the marker has
    /// faded and the user has not been back, there is only [`CardAction::Continue`], for a bookmark or a key. When it was
    /// dismissed, there is nothing.
    pub fn offers(&self, can_open: bool) -> Vec<CardAction> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let is_shown = shown.cue.salience() != Salience::Hidden;
        let offers = [
            (CardAction::Continue, if is_shown { has_way(shown, can_open) } else { shown.cue.is_resting() }),
            (CardAction::NotNow, is_shown),
            (CardAction::Done, is_shown && shown.marker.phase() != Phase::Committed),
            (CardAction::UndoRestore, is_shown && shown.can_undo),
        ];
        offers.into_iter().filter(|(_, is_offered)| *is_offered).map(|(action, _)| action).collect()
    }

    /// Returns whether the element may be on a page that is not open: nothing of its page is in the layout, and the program
    /// can open that page. Then nobody knows that the element is gone, so do not say so.
    ///
    /// `can_open` is that of [`offers`](Self::offers).
    pub fn may_be_elsewhere(&self, can_open: bool) -> bool {
        can_open && self.shown.as_ref().is_some_and(Shown::may_be_elsewhere)
    }

    /// Does what the user chose on the card. Returns whether the cue must be drawn again.
    ///
    /// An action that is not [offered](Self::offers) does nothing, because its key may have another use then; except for
    /// [`CardAction::Continue`].
    pub fn act(&mut self, session: &mut Session, action: CardAction) -> bool {
        if let (CardAction::Done, true, Some(path)) = (action, self.is_offered(action), self.marked()) {
            session.scope(&self.scope).mark_finished(path);
        }
        self.chosen(action)
    }

    /// Does it without a session: the program marks the [element](Self::marked) as finished after
    /// [`CardAction::Done`], before this call.
    pub fn chosen(&mut self, action: CardAction) -> bool {
        if action != CardAction::Continue && !self.is_offered(action) {
            return false;
        }
        match action {
            CardAction::Continue => self.take_back(),
            CardAction::NotNow => self.on(CueEvent::Postponed),
            CardAction::Done => self.dismiss(),
            CardAction::UndoRestore => self.notices.want_undo(),
        }
    }

    fn is_offered(&self, action: CardAction) -> bool {
        self.offers(true).contains(&action)
    }
}

/// Returns whether there is a way to the element, and the user is not there.
fn has_way(shown: &Shown, can_open: bool) -> bool {
    let is_known = shown.target.is_some() || shown.row.is_some();
    // An element whose page is open, and that is not there, is gone.
    !shown.is_in_view && (is_known || (can_open && !shown.page_is_open))
}
