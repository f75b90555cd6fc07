//! The marker that is shown.

use std::time::Duration;

use leftoff::Marker;
use leftoff::marker::Message;
use leftoff::marker::anchor::ElementId;
use leftoff::marker::cue::{Cue, CuePolicy};
use leftoff::marker::resolve::{Certainty, Match};

use crate::draw::{self, Drawn};
use crate::scene::Scene;

/// The duration of the pulse.
pub(crate) const PULSE: Duration = Duration::from_millis(900);

/// The marker that is shown, and the state of its display.
pub(crate) struct Current {
    pub(crate) marker: Marker,
    /// The message that names the element.
    pub(crate) element: Message,
    pub(crate) cue: Cue,
    /// The outcome of locating the element, and the signature of the scene in which it was located.
    outcome: Option<(u64, Match<ElementId>)>,
    /// The list and the row of the element, if that row is not built.
    pub(crate) row: Option<(String, u64)>,
    /// Whether the page of the element is already open.
    pub(crate) page_is_open: bool,
    pub(crate) drawn: Drawn,
    /// The card offers to set aside what was restored: this is the first look after a crash.
    pub(crate) can_undo: bool,
    /// Whether the user is present. There is no pulse before that.
    pub(crate) present: bool,
    /// The start of the pulse, in egui's time.
    pub(crate) pulse: Option<f64>,
    /// The announcement. It does not change, so that it is read once.
    pub(crate) announcement: Option<String>,
}

impl Current {
    /// Creates the state with full prominence, before the element is located.
    pub(crate) fn new(marker: &Marker, element: Message, policy: CuePolicy) -> Self {
        Self {
            marker: marker.clone(),
            element,
            cue: Cue::new(marker, Certainty::Card, policy),
            outcome: None,
            row: None,
            page_is_open: false,
            drawn: Drawn::Nothing,
            can_undo: false,
            present: false,
            pulse: None,
            announcement: None,
        }
    }

    /// Returns whether `marker` is the marker that is shown.
    pub(crate) fn is_of(&self, marker: &Marker) -> bool {
        let print = |marker: &Marker| (marker.at(), marker.away(), marker.trail().len());
        print(&self.marker) == print(marker) && self.marker.element() == marker.element()
    }

    /// Locates the element, unless the scene has not changed. Returns whether the text of the card changes.
    pub(crate) fn find(&mut self, scene: &Scene) -> bool {
        let signature = scene.signature();
        if self.outcome.is_some_and(|(before, _)| before == signature) {
            return false;
        }
        let resolution = self.marker.resolve(scene);
        let outcome = resolution.outcome();
        self.outcome = Some((signature, outcome));
        self.row = match outcome {
            Match::Unrealized { container, index } => Some((scene.elements.path(container).to_owned(), index)),
            _ => None,
        };
        let certainty = draw::certainty(scene, outcome, resolution.certainty());
        let before = (self.cue.certainty(), self.page_is_open);
        self.cue.set_certainty(certainty);
        self.page_is_open = scene.page_is_open(self.marker.element());
        before != (certainty, self.page_is_open)
    }

    /// Returns the certainty if only the card can show it: nothing is drawn, or the arrow has no room for words.
    pub(crate) fn untold(&self) -> Option<Certainty> {
        let certainty = match self.cue.certainty() {
            // What is left of its surroundings is scrolled out of view.
            Certainty::Region if self.drawn == Drawn::Nothing => Certainty::Card,
            certainty => certainty,
        };
        let is_untold = match certainty {
            Certainty::Card => true,
            Certainty::Moved => matches!(self.drawn, Drawn::Arrow { words: None, .. }),
            _ => false,
        };
        is_untold.then_some(certainty)
    }

    /// Returns the outcome, if it is of this scene.
    pub(crate) fn outcome(&self, scene: &Scene) -> Option<Match<ElementId>> {
        self.outcome.filter(|(signature, _)| *signature == scene.signature()).map(|(_, outcome)| outcome)
    }
}
