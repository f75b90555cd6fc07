//! Requests to the arrow, and queries about it.

use leftoff::marker::Card;
use leftoff::marker::cue::{Cue, CueEvent, FocusAdvice, Salience};
use leftoff::marker::resolve::Certainty;
use leftoff::time::Clock as _;

use crate::arrow::Arrow;
use crate::draw::Drawn;

impl Arrow {
    /// Shows the arrow again and brings the element into view. Bind it to a shortcut or a button.
    ///
    /// It also works after the arrow has faded or was dismissed. The button of the card does the same.
    pub fn take_me_back(&mut self) {
        self.resume.take_back();
    }

    /// Hides the arrow and the card, as Esc does.
    pub fn dismiss(&mut self) {
        self.resume.dismiss();
    }

    /// Handles an event that only the application can detect: the user is [away](CueEvent::UserAway) again.
    pub fn on(&mut self, event: CueEvent) {
        self.resume.on(event);
    }

    /// Records that the user has completed this element: the form was sent, the task is done. Card and arrow then call it
    /// finished, and disappear if they point at it. The button "Already done" of the card does the same.
    ///
    /// [`show`](Self::show) passes it to the session: see [`Session::mark_finished`](leftoff::Session::mark_finished).
    pub fn finished(&mut self, path: &str) {
        self.finished.push(path.to_owned());
        self.resume.finished(path);
    }

    /// Returns the prominence of the arrow; hidden without a marker.
    pub fn salience(&self) -> Salience {
        self.resume.salience()
    }

    /// Returns how certainly the element was located; `None` without a marker.
    pub fn certainty(&self) -> Option<Certainty> {
        self.resume.cue().map(Cue::certainty)
    }

    /// Returns the recommended keyboard focus; `None` without a marker.
    ///
    /// The arrow never moves the focus: if the advice is `OnTarget`, call
    /// [`Response::request_focus`](egui::Response::request_focus) of the element once.
    pub fn focus_advice(&self) -> Option<FocusAdvice> {
        self.resume.cue().map(Cue::focus_advice)
    }

    /// Returns what was drawn in the last frame.
    pub fn drawn(&self) -> Option<&Drawn> {
        self.resume.marker().map(|_| &self.look.drawn)
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
        self.resume.wanted().filter(|_| self.pointed_at().is_none())
    }

    /// Returns the row of this [list](Self::list) that the user wants to go to and that is not built: scroll to it.
    /// Counted from zero.
    pub fn row_wanted(&self, list: &str) -> Option<u64> {
        self.resume.row_wanted(list)
    }

    /// Returns the card of this moment.
    pub(crate) fn words(&self) -> Option<Card> {
        Some(self.resume.words(self.clock.now().wall)?.isolated(self.settings.direction))
    }

    /// Returns the certainty if only the card can show it: nothing is drawn, or the arrow has no room for words.
    pub(crate) fn untold(&self) -> Option<Certainty> {
        let certainty = match self.certainty()? {
            // What is left of its surroundings is scrolled out of view.
            Certainty::Region if self.look.drawn == Drawn::Nothing => Certainty::Card,
            certainty => certainty,
        };
        let is_untold = match certainty {
            Certainty::Card => !self.resume.may_be_elsewhere(self.settings.opens_pages),
            Certainty::Moved => matches!(self.look.drawn, Drawn::Arrow { words: None, .. }),
            _ => false,
        };
        is_untold.then_some(certainty)
    }
}
