//! Where the marked element is in a layout, and what to draw there.

use super::Resume;
use super::scene::{Area, Scene, shared, size};
use crate::marker::anchor::ElementId;
use crate::marker::cue::Salience;
use crate::marker::place::{self, Direction, Metrics, Placement, Rect};
use crate::marker::resolve::{Certainty, Match, Relation};

/// Where the marked element is, as the words beside the marker say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Whereabouts {
    /// "You left off here".
    Here,
    /// The same element, recognised although its path has changed.
    Moved,
    /// In this row, from zero, of a list that has not built it: "… is in row 5".
    InRow(u64),
    /// "… came after this".
    After,
    /// "… came before this".
    Before,
    /// Gone from this container: "… was here".
    Inside,
    /// In this container, whose page is not open: "… is in here".
    Closed,
}

impl Whereabouts {
    pub(super) fn certainty(self) -> Certainty {
        match self {
            Self::Here => Certainty::Point,
            Self::Moved => Certainty::Moved,
            _ => Certainty::Region,
        }
    }
}

/// The marked element, or what remains of its surroundings, in the present layout.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The element, its neighbour or its container.
    pub element: ElementId,
    /// The rectangle of that.
    pub rect: Rect,
    /// The visible part of the window around it.
    pub clip: Rect,
    /// The [layer](Resume::set_layer).
    pub layer: usize,
    /// Where the marked element is, seen from there.
    pub whereabouts: Whereabouts,
}

/// What to draw.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Pointer {
    /// An arrow at the element.
    Arrow {
        /// Arrow, outline and label.
        placement: Placement,
        /// Whether the element has another path now, and was recognised by what it looks like.
        is_moved: bool,
    },
    /// A dashed bracket around the visible part of a region.
    Bracket {
        /// The region.
        rect: Rect,
        /// Where the element is, seen from the region.
        whereabouts: Whereabouts,
    },
}

impl Found {
    /// Never the whole window, which would say nothing.
    pub(super) fn of(scene: &Scene, outcome: Match<ElementId>) -> Option<Self> {
        let (element, whereabouts) = match outcome {
            Match::Exact(element) => (element, Whereabouts::Here),
            Match::Moved(element) => (element, Whereabouts::Moved),
            Match::Unrealized { container, index } => (container, Whereabouts::InRow(index)),
            Match::Nearest { node, relation } => (node, seen_from(scene, node, relation)),
            Match::Gone => return None,
        };
        let Area { rect, clip, layer } = scene.area(element)?;
        let is_real = size(rect).is_some() && size(clip).is_some();
        (is_real && !scene.elements().path(element).is_empty()).then_some(Self {
            element,
            rect,
            clip,
            layer,
            whereabouts,
        })
    }

    /// Returns whether at least half of what could be in view is.
    pub(super) fn is_in_view(&self) -> bool {
        let of = |rect: Rect| size(rect).unwrap_or_default();
        let (element, clip, visible) = (of(self.rect), of(self.clip), of(shared(self.rect, self.clip)));
        visible.0 * 2.0 >= element.0.min(clip.0) && visible.1 * 2.0 >= element.1.min(clip.1)
    }
}

fn seen_from(scene: &Scene, node: ElementId, relation: Relation) -> Whereabouts {
    match relation {
        Relation::PreviousSibling => Whereabouts::After,
        Relation::NextSibling => Whereabouts::Before,
        // Without any of its elements, the container is not open, so nothing is known to be gone.
        _ if !scene.is_open(scene.elements().path(node)) => Whereabouts::Closed,
        _ => Whereabouts::Inside,
    }
}

impl Resume {
    /// Returns where the marked element is in the present layout; `None` if nothing of its surroundings is there, or the
    /// layout has not ended.
    pub fn found(&self) -> Option<Found> {
        Found::of(&self.scene, self.shown.as_ref()?.outcome(&self.scene)?)
    }

    /// Returns what to draw; `None` if there is nothing, or the marker has faded: see [`Cue::salience`] for how loud.
    ///
    /// An arrow covers no other element of this layout, if there is room. Call it after [`end`](Self::end).
    ///
    /// [`Cue::salience`]: crate::marker::cue::Cue::salience
    pub fn pointer(&self, direction: Direction, metrics: &Metrics) -> Option<Pointer> {
        let is_shown = self.salience() != Salience::Hidden;
        let Found { element, rect, clip, whereabouts, .. } = self.found().filter(|_| is_shown)?;
        if matches!(whereabouts, Whereabouts::Here | Whereabouts::Moved) {
            let target = place::Scene { target: rect, clip, focus: None, direction };
            let placement = place::place(&target, metrics, &self.scene.others(element))?;
            return Some(Pointer::Arrow { placement, is_moved: whereabouts == Whereabouts::Moved });
        }
        let rect = shared(rect, clip);
        size(rect).map(|_| Pointer::Bracket { rect, whereabouts })
    }
}
