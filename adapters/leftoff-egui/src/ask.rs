//! What the application can ask the arrow for, and ask about it.

use leftoff::marker::cue::{CueEvent, FocusAdvice, Salience};
use leftoff::marker::resolve::Certainty;

use crate::arrow::Arrow;
use crate::draw::Drawn;

impl Arrow {
    /// Shows the arrow again and brings the element into view: bind it to a shortcut or a button. It works after the
    /// arrow has faded or was dismissed, too. The button of the card does the same.
    pub fn take_me_back(&mut self) {
        self.take_back = true;
    }

    /// Hides arrow and card, as Esc does.
    pub fn dismiss(&mut self) {
        self.on(CueEvent::Dismissed);
    }

    /// Something only the application knows of: the user is [away](CueEvent::UserAway) again.
    pub fn on(&mut self, event: CueEvent) {
        if let Some(current) = &mut self.current {
            current.cue.handle(event);
        }
    }

    /// How loudly it is drawn; hidden without a marker.
    pub fn salience(&self) -> Salience {
        self.current.as_ref().map_or(Salience::Hidden, |current| current.cue.salience())
    }

    /// How much was found of the element; `None` without a marker.
    pub fn certainty(&self) -> Option<Certainty> {
        self.current.as_ref().map(|current| current.cue.certainty())
    }

    /// Where the keyboard should be; `None` without a marker. The arrow never moves it by itself: call
    /// [`Response::request_focus`](egui::Response::request_focus) of the element once, where it is `OnTarget`.
    pub fn focus_advice(&self) -> Option<FocusAdvice> {
        self.current.as_ref().map(|current| current.cue.focus_advice())
    }

    /// What was drawn in the last frame.
    pub fn drawn(&self) -> Option<&Drawn> {
        self.current.as_ref().map(|current| &current.drawn)
    }

    /// The path, as it is now, of the element the arrow points at.
    pub fn pointed_at(&self) -> Option<&str> {
        match self.drawn()? {
            Drawn::Arrow { element, .. } => Some(element),
            _ => None,
        }
    }

    /// The user asked to be taken to this element, and it is not on the screen: open the page it is on. Until it is
    /// there, the user goes on elsewhere, or some frames have passed.
    pub fn wanted(&self) -> Option<&str> {
        let current = self.current.as_ref().filter(|_| self.reveal > 0 || self.take_back)?;
        (!matches!(current.drawn, Drawn::Arrow { .. })).then(|| current.marker.element())
    }

    /// The user asked to be taken to a row of this [list](Self::list) that is not built: scroll to it. Counted from
    /// zero.
    pub fn row_wanted(&self, list: &str) -> Option<u64> {
        self.wanted()?;
        let (wanted, row) = self.current.as_ref()?.row.as_ref()?;
        (wanted == list).then_some(*row)
    }
}
