//! The marker that is shown, and where its element is.

use super::found::Found;
use super::scene::Scene;
use crate::marker::anchor::ElementId;
use crate::marker::cue::{Cue, CueEvent, CuePolicy};
use crate::marker::resolve::{Certainty, Evidence, Match};
use crate::marker::{Card, Marker};

/// The marker that is shown.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Shown {
    pub(super) marker: Marker,
    pub(super) cue: Cue,
    /// The card offers to undo the restore: this is the first look after a crash.
    pub(super) can_undo: bool,
    /// It gave way to the user's work in another window.
    pub(super) has_given_way: bool,
    /// The outcome, and the signature of the layout in which it was found.
    found: Option<(u64, Match<ElementId>)>,
    /// How certainly it was found, whether or not it has a rectangle.
    pub(super) certainty: Certainty,
    /// The present path of the element, if it was found.
    pub(super) target: Option<String>,
    /// The list and the row of the element, if that row is not built.
    pub(super) row: Option<(String, u64)>,
    /// Another element of its container is in the layout: its page is open.
    pub(super) page_is_open: bool,
    /// The element is in view.
    pub(super) is_in_view: bool,
    pub(super) announcement: Option<(Card, Certainty)>,
}

impl Shown {
    /// With full prominence, before the element is located.
    pub(super) fn new(marker: Marker, policy: CuePolicy, can_undo: bool, is_present: bool) -> Self {
        let mut cue = Cue::new(&marker, Certainty::Card, policy);
        if is_present {
            cue.handle(CueEvent::UserPresent);
        }
        Self {
            marker,
            cue,
            can_undo,
            has_given_way: false,
            found: None,
            certainty: Certainty::Card,
            target: None,
            row: None,
            page_is_open: false,
            is_in_view: false,
            announcement: None,
        }
    }

    /// Returns whether the element may be on a page that is not open: nothing of its page is in the layout.
    pub(super) fn may_be_elsewhere(&self) -> bool {
        !self.page_is_open && self.target.is_none() && self.row.is_none()
    }

    /// What an announcement says: what may be elsewhere is not said to be gone.
    pub(super) fn certainty_to_announce(&self) -> Certainty {
        if self.certainty == Certainty::Card && self.may_be_elsewhere() { Certainty::Point } else { self.certainty }
    }

    /// Returns whether the search has shown that the keys of a list count its rows.
    pub(super) fn locate(&mut self, scene: &Scene) -> bool {
        let (outcome, counts_rows) = self.outcome(scene).map_or_else(|| self.search(scene), |outcome| (outcome, false));
        self.found = Some((scene.signature(), outcome));
        let found = Found::of(scene, outcome);
        let visible = found.map_or(Certainty::Card, |found| found.whereabouts.certainty());
        self.cue.set_certainty(visible);
        let node = match outcome {
            Match::Exact(node) | Match::Moved(node) => Some(node),
            _ => None,
        };
        self.certainty = match outcome {
            Match::Exact(_) => Certainty::Point,
            Match::Moved(_) => Certainty::Moved,
            _ => visible,
        };
        self.target = node.map(|node| scene.elements().path(node).to_owned());
        self.row = match outcome {
            Match::Unrealized { container, index } => Some((scene.elements().path(container).to_owned(), index)),
            _ => None,
        };
        self.page_is_open = scene.page_is_open(self.marker.element());
        self.is_in_view = node.is_some() && found.is_some_and(|found| found.is_in_view());
        counts_rows
    }

    fn search(&self, scene: &Scene) -> (Match<ElementId>, bool) {
        let resolution = self.marker.resolve(scene);
        (resolution.outcome(), resolution.evidence().contains(&Evidence::RowNumber))
    }

    /// Returns the outcome, if it is that of this layout.
    pub(super) fn outcome(&self, scene: &Scene) -> Option<Match<ElementId>> {
        self.found.filter(|(signature, _)| *signature == scene.signature()).map(|(_, outcome)| outcome)
    }

    /// Returns the present path of the element, or else the stored one.
    pub(super) fn marked(&self) -> &str {
        self.target.as_deref().unwrap_or(self.marker.element())
    }
}
