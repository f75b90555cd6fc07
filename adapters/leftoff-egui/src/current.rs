//! The marker that is shown.

use std::time::Duration;

use leftoff::Marker;
use leftoff::marker::anchor::ElementId;
use leftoff::marker::cue::{Cue, CuePolicy};
use leftoff::marker::resolve::{Certainty, Match};

use crate::draw::{self, Drawn};
use crate::scene::Scene;

/// No longer than this is there anything that moves.
pub(crate) const PULSE: Duration = Duration::from_millis(900);

/// The marker that is shown, and how far that has got.
pub(crate) struct Current {
    pub(crate) marker: Marker,
    pub(crate) cue: Cue,
    /// What is left of the element, and the signature of the scene that was found in.
    outcome: Option<(u64, Match<ElementId>)>,
    /// The list and the row that it is in, which is not built.
    pub(crate) row: Option<(String, u64)>,
    /// The page it was on is open already.
    pub(crate) page_is_open: bool,
    pub(crate) drawn: Drawn,
    /// The user is there. Until then nothing pulses.
    pub(crate) present: bool,
    /// When the one pulse began, in the time of egui.
    pub(crate) pulse: Option<f64>,
    /// What is announced. Stays as it is, so that it is said once.
    pub(crate) announcement: Option<String>,
}

impl Current {
    /// As loud as can be, and not looked for yet.
    pub(crate) fn new(marker: &Marker, policy: CuePolicy) -> Self {
        Self {
            marker: marker.clone(),
            cue: Cue::new(marker, Certainty::Card, policy),
            outcome: None,
            row: None,
            page_is_open: false,
            drawn: Drawn::Nothing,
            present: false,
            pulse: None,
            announcement: None,
        }
    }

    /// Whether this is the marker that is shown.
    pub(crate) fn is_of(&self, marker: &Marker) -> bool {
        let print = |marker: &Marker| (marker.at(), marker.away(), marker.trail().len());
        print(&self.marker) == print(marker) && self.marker.element() == marker.element()
    }

    /// Looks for the element, unless nothing has changed since it was looked for. Returns whether the card has to say
    /// something else now.
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

    /// How much was found, where only the card can say it: nothing is drawn, or the arrow has no room for its words.
    pub(crate) fn untold(&self) -> Option<Certainty> {
        let certainty = self.cue.certainty();
        let is_untold = match certainty {
            Certainty::Card => true,
            Certainty::Moved => matches!(self.drawn, Drawn::Arrow { words: None, .. }),
            _ => false,
        };
        is_untold.then_some(certainty)
    }

    /// What was found, if it was found in this scene.
    pub(crate) fn outcome(&self, scene: &Scene) -> Option<Match<ElementId>> {
        self.outcome.filter(|(signature, _)| *signature == scene.signature()).map(|(_, outcome)| outcome)
    }
}
