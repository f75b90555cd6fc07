//! Requests to the arrow, and queries about it.

use leftoff::marker::cue::{CueEvent, FocusAdvice, Salience};
use leftoff::marker::resolve::Certainty;

use crate::arrow::Arrow;
use crate::draw::Drawn;

impl Arrow {
    /// Shows the arrow again and brings the element into view. Bind it to a shortcut or a button.
    ///
    /// It also works after the arrow has faded or was dismissed. The button of the card does the same.
    pub fn take_me_back(&mut self) {
        self.take_back = true;
    }

    /// Hides the arrow and the card, as Esc does.
    pub fn dismiss(&mut self) {
        self.on(CueEvent::Dismissed);
    }

    /// Handles an event that only the application can detect: the user is [away](CueEvent::UserAway) again.
    pub fn on(&mut self, event: CueEvent) {
        if let Some(current) = &mut self.current {
            current.cue.handle(event);
        }
    }

    /// Returns the prominence of the arrow; hidden without a marker.
    pub fn salience(&self) -> Salience {
        self.current.as_ref().map_or(Salience::Hidden, |current| current.cue.salience())
    }

    /// Returns how certainly the element was located; `None` without a marker.
    pub fn certainty(&self) -> Option<Certainty> {
        self.current.as_ref().map(|current| current.cue.certainty())
    }

    /// Returns the recommended keyboard focus; `None` without a marker.
    ///
    /// The arrow never moves the focus: if the advice is `OnTarget`, call
    /// [`Response::request_focus`](egui::Response::request_focus) of the element once.
    pub fn focus_advice(&self) -> Option<FocusAdvice> {
        self.current.as_ref().map(|current| current.cue.focus_advice())
    }

    /// Returns what was drawn in the last frame.
    pub fn drawn(&self) -> Option<&Drawn> {
        self.current.as_ref().map(|current| &current.drawn)
    }

    /// Returns the current path of the element that the arrow points at.
    pub fn pointed_at(&self) -> Option<&str> {
        match self.drawn()? {
            Drawn::Arrow { element, .. } => Some(element),
            _ => None,
        }
    }

    /// Returns the element that the user wants to go to and that is not on the screen: open its page.
    ///
    /// Returns `None` once the element is on the screen, the user touches another element, or some frames have passed.
    pub fn wanted(&self) -> Option<&str> {
        let current = self.current.as_ref().filter(|_| self.reveal > 0 || self.take_back)?;
        (!matches!(current.drawn, Drawn::Arrow { .. })).then(|| current.marker.element())
    }

    /// Returns the row of this [list](Self::list) that the user wants to go to and that is not built: scroll to it.
    /// Counted from zero.
    pub fn row_wanted(&self, list: &str) -> Option<u64> {
        self.wanted()?;
        let (wanted, row) = self.current.as_ref()?.row.as_ref()?;
        (wanted == list).then_some(*row)
    }
}
