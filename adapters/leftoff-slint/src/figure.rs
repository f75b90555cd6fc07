//! What is drawn, and where.

use leftoff::marker::Message;
use leftoff::marker::cue::Salience;
use leftoff::marker::place::{Direction, Metrics, Mode, Placement, Rect, Side, Snap};
use leftoff::resume::{Pointer, Resume, Speaker, Text};

use crate::geometry::{around, centre, common, grown, holds};
use crate::paint::Measured;
use crate::spot::Spot;

/// What is drawn, for tests and for programs that keep its area free. Rectangles are in logical pixels of the content.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Drawn {
    /// Nothing: there is no marker, it is hidden, or nothing remains to point at.
    #[default]
    Nothing,
    /// An arrow.
    Arrow {
        /// The current path of the element.
        element: String,
        /// The area of the arrow.
        bounds: Rect,
        /// The words beside it, and their area; `None` if the arrow is small or the words have no room.
        words: Option<(String, Rect)>,
        /// Whether the arrow is at an edge and points towards an element out of view.
        is_off_screen: bool,
    },
    /// A dashed bracket.
    Bracket {
        /// The path of the element or container inside.
        around: String,
        /// The area of the bracket.
        rect: Rect,
        /// The words beside it, and their area.
        words: Option<(String, Rect)>,
    },
}

/// The shapes of a layout.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Figure {
    pub(crate) drawn: Drawn,
    pub(crate) placement: Option<Placement>,
    pub(crate) has_outline: bool,
}

/// Length and width of an arrow, the gap before it, and that of the outline.
type Shape = (f32, f32, f32, f32);
/// Clearly visible.
const LARGE: Shape = (28.0, 24.0, 5.0, 3.0);
/// For narrow gaps, and after the user has found the element.
const SMALL: Shape = (20.0, 18.0, 5.0, 3.0);
/// For the gap between two buttons of a row.
const TINY: Shape = (7.0, 12.0, 0.0, 0.0);

/// Between words and what they belong to.
const GAP: f32 = 5.0;

/// What a figure is made from.
pub(crate) struct Sight<'a> {
    pub(crate) resume: &'a Resume,
    pub(crate) spots: &'a [Spot],
    pub(crate) speaker: Option<&'a Speaker>,
    pub(crate) direction: Direction,
    pub(crate) window: Rect,
    pub(crate) measured: &'a Measured,
    /// Device pixels per unit.
    pub(crate) scale: f32,
}

impl Sight<'_> {
    /// Returns what to draw in this layout.
    pub(crate) fn figure(&self) -> Figure {
        let (Some(found), Some(cue), Some(marker)) = (self.resume.found(), self.resume.cue(), self.resume.marker())
        else {
            return Figure::default();
        };
        if cue.salience() == Salience::Hidden {
            return Figure::default();
        }
        let card = marker.card(marker.at()).isolated(self.direction);
        let is_loud = cue.salience() == Salience::Prominent;
        let path = self.resume.elements().path(found.element).to_owned();
        let said = |whereabouts| Text::Pointer(whereabouts, marker.phase(), card.element()).said_by(self.speaker);
        let others = self.others(found.rect);
        match self.best(&said(found.whereabouts), is_loud, &others) {
            Some(Pointer::Arrow { placement, .. }) => {
                self.arrow(path, placement, said(found.whereabouts), card.element(), is_loud, &others)
            }
            Some(Pointer::Bracket { rect, whereabouts }) => {
                // Slightly outside, so that it covers no letter.
                let outside = common(grown(rect, 4.0), grown(self.window, -3.0)).unwrap_or(rect);
                let is_leaf = self.spots.iter().any(|spot| spot.is_leaf && spot.path == path);
                let others: Vec<Rect> = others.into_iter().chain(is_leaf.then_some(rect)).collect();
                let words = Some(said(whereabouts)).filter(|_| is_loud);
                let words = words.and_then(|words| self.room_at(outside, &words, &others).map(|room| (words, room)));
                let drawn = Drawn::Bracket { around: path, rect: outside, words };
                Figure { drawn, placement: None, has_outline: false }
            }
            _ => Figure::default(),
        }
    }

    /// Returns the largest arrow that covers nothing; without one, the small arrow.
    fn best(&self, words: &str, is_loud: bool, others: &[Rect]) -> Option<Pointer> {
        let label = if is_loud { self.measured.tag_size(words).unwrap_or_default() } else { (0.0, 0.0) };
        let at = |(length, width, gap, air): Shape| {
            let metrics = Metrics { length, width, gap, air, label, snap: Snap::Pixels(self.scale) };
            self.resume.pointer(self.direction, &metrics)
        };
        let is_free = |pointer: &Pointer| match pointer {
            Pointer::Arrow { placement: Placement { mode: Mode::Beside(_), bounds, .. }, .. } => {
                let bounds = grown(*bounds, -0.5);
                !others.iter().any(|other| common(*other, bounds).is_some())
            }
            Pointer::Arrow { placement: Placement { mode: Mode::Inside(_), .. }, .. } => false,
            _ => true,
        };
        let sizes = if is_loud { &[LARGE, SMALL, TINY][..] } else { &[SMALL, TINY][..] };
        sizes.iter().filter_map(|size| at(*size)).find(is_free).or_else(|| at(SMALL))
    }

    fn arrow(
        &self,
        element: String,
        placement: Placement,
        here: String,
        name: &Message,
        is_loud: bool,
        others: &[Rect],
    ) -> Figure {
        let bounds = placement.bounds;
        let words = match placement.mode {
            _ if !is_loud => None,
            Mode::OffScreen(side) => {
                let words = Text::Further(side, name).said_by(self.speaker);
                self.room_at_edge(side, bounds, &words, others).map(|room| (words, room))
            }
            _ => placement.label.map(|room| (here, room)),
        };
        let is_off_screen = matches!(placement.mode, Mode::OffScreen(_));
        let has_outline = is_loud && placement.outline.is_some();
        let drawn = Drawn::Arrow { element, bounds, words, is_off_screen };
        Figure { drawn, placement: Some(placement), has_outline }
    }

    /// Returns the visible rectangles that words must not cover: all but those around the element.
    fn others(&self, own: Rect) -> Vec<Rect> {
        let all = self.spots.iter().filter(|spot| spot.is_obstacle()).map(|spot| (spot.rect, spot.clip));
        all.filter(|(rect, _)| !holds(*rect, own)).filter_map(|(rect, clip)| common(rect, clip)).collect()
    }

    fn is_free(&self, room: Rect, others: &[Rect]) -> bool {
        holds(self.window, room) && !others.iter().any(|other| common(grown(*other, -0.5), room).is_some())
    }

    /// Returns the area for the words of a bracket: beside it, above or below it, or in a free part of it.
    fn room_at(&self, around: Rect, words: &str, others: &[Rect]) -> Option<Rect> {
        let (width, height) = self.measured.tag_size(words)?;
        let Rect { min, max } = around;
        let level = centre(around).y - height / 2.0;
        let beside = [(max.x + GAP, level), (min.x - GAP - width, level)];
        let inner = [max.x - 10.0 - width, min.x + 10.0];
        let rows = [min.y - height - 4.0, max.y + 4.0, max.y - height - 6.0, min.y + 6.0];
        let slots = rows.into_iter().flat_map(|y| inner.map(|x| (x, y)));
        let mirrored = |x: f32| match self.direction {
            Direction::RightToLeft => min.x + max.x - x - width,
            Direction::LeftToRight => x,
        };
        let mut rooms = beside.into_iter().chain(slots).map(|(x, y)| Rect::new(mirrored(x), y, width, height));
        rooms.find(|room| self.is_free(*room, others))
    }

    /// Returns the area for the words of an arrow that points beyond an edge: beside the arrow, along the edge.
    fn room_at_edge(&self, edge: Side, arrow: Rect, words: &str, others: &[Rect]) -> Option<Rect> {
        let (width, height) = self.measured.tag_size(words)?;
        let of_arrow = (arrow.max.x - arrow.min.x, arrow.max.y - arrow.min.y);
        let away = (f32::midpoint(width, of_arrow.0) + GAP, f32::midpoint(height, of_arrow.1) + GAP);
        let ways = match edge {
            Side::Top | Side::Bottom => [(away.0, 0.0), (-away.0, 0.0)],
            Side::Left | Side::Right => [(0.0, away.1), (0.0, -away.1)],
        };
        let rooms = ways.map(|(x, y)| {
            let at = (centre(arrow).x + x - width / 2.0, centre(arrow).y + y - height / 2.0);
            // The words are wider than an arrow at the left or right edge.
            let last = (self.window.max.x - width).max(self.window.min.x);
            Rect::new(at.0.clamp(self.window.min.x, last), at.1, width, height)
        });
        rooms.into_iter().find(|room| self.is_free(*room, others))
    }
}

impl Figure {
    /// Returns the area that a click on an arrow towards an element out of view may hit.
    pub(crate) fn edge(&self) -> Option<Rect> {
        match &self.drawn {
            Drawn::Arrow { bounds, words, is_off_screen: true, .. } => {
                let both = words.as_ref().map(|(_, room)| around(*bounds, *room));
                Some(both.unwrap_or(*bounds))
            }
            _ => None,
        }
    }
}
