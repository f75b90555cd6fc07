//! What is drawn, and where.

use iced_core::{Point, Rectangle, Size, text as core_text};
use leftoff::marker::Message;
use leftoff::marker::cue::Salience;
use leftoff::marker::place::{Direction, Metrics, Mode, Placement, Rect, Side, Snap};
use leftoff::resume::{Pointer, Resume, Speaker, Text};

use crate::collect::{Collector, Spot};
use crate::paint::{self, Colors};

/// What was drawn in the last frame, for tests and for programs that keep its area free.
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
        bounds: Rectangle,
        /// The words beside it, and their area; `None` if the arrow is small or the words have no room.
        words: Option<(String, Rectangle)>,
        /// Whether the arrow is at an edge and points towards an element out of view.
        is_off_screen: bool,
    },
    /// A dashed bracket.
    Bracket {
        /// The path of the element or container inside.
        around: String,
        /// The area of the bracket.
        rect: Rectangle,
        /// The words beside it, and their area.
        words: Option<(String, Rectangle)>,
    },
}

/// The shapes of a frame.
#[derive(Debug, Default)]
pub(crate) struct Figure {
    pub(crate) drawn: Drawn,
    placement: Option<Placement>,
    has_outline: bool,
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
pub(crate) struct Sight<'a, R> {
    pub(crate) resume: &'a Resume,
    pub(crate) collected: &'a Collector,
    pub(crate) speaker: Option<&'a Speaker>,
    pub(crate) direction: Direction,
    pub(crate) window: Rectangle,
    /// Device pixels per unit.
    pub(crate) scale: f32,
    pub(crate) renderer: &'a R,
}

impl<R: core_text::Renderer> Sight<'_, R> {
    /// Returns what to draw in this layout.
    pub(crate) fn figure(&self) -> Figure {
        let (Some(found), Some(cue), Some(marker)) = (self.resume.found(), self.resume.cue(), self.resume.marker())
        else {
            return Figure::default();
        };
        let card = marker.card(marker.at());
        if cue.salience() == Salience::Hidden {
            return Figure::default();
        }
        let is_loud = cue.salience() == Salience::Prominent;
        let path = self.resume.elements().path(found.element).to_owned();
        let said = |whereabouts| Text::Pointer(whereabouts, marker.phase(), card.element()).said_by(self.speaker);
        let others = self.others(to_iced(found.rect));
        match self.best(&said(found.whereabouts), is_loud, &others) {
            Some(Pointer::Arrow { placement, .. }) => {
                self.arrow(path, placement, said(found.whereabouts), card.element(), is_loud, &others)
            }
            Some(Pointer::Bracket { rect, whereabouts }) => {
                // Slightly outside, so that it covers no letter.
                let seen = to_iced(rect);
                let rect = seen.expand(4.0).intersection(&self.window.shrink(3.0)).unwrap_or(seen);
                let is_leaf = |spot: &&Spot| spot.is_leaf && spot.target.path == path;
                let inside = self.collected.spots.iter().find(is_leaf).map(|_| seen);
                let others: Vec<Rectangle> = others.into_iter().chain(inside).collect();
                let words = Some(said(whereabouts)).filter(|_| is_loud);
                let words = words.and_then(|words| self.room_at(rect, &words, &others).map(|room| (words, room)));
                Figure { drawn: Drawn::Bracket { around: path, rect, words }, placement: None, has_outline: false }
            }
            _ => Figure::default(),
        }
    }

    /// Returns the largest arrow that covers nothing; without one, the small arrow.
    fn best(&self, words: &str, is_loud: bool, others: &[Rectangle]) -> Option<Pointer> {
        let label = if is_loud { paint::tag_size(self.renderer, words) } else { Size::ZERO };
        let at = |(length, width, gap, air): Shape| {
            let snap = Snap::Pixels(self.scale);
            let metrics = Metrics { length, width, gap, air, label: (label.width, label.height), snap };
            self.resume.pointer(self.direction, &metrics)
        };
        let is_free = |pointer: &Pointer| match pointer {
            Pointer::Arrow { placement: Placement { mode: Mode::Beside(_), bounds, .. }, .. } => {
                let bounds = to_iced(*bounds).shrink(0.5);
                !others.iter().any(|other| other.intersects(&bounds))
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
        others: &[Rectangle],
    ) -> Figure {
        let bounds = to_iced(placement.bounds);
        let words = match placement.mode {
            _ if !is_loud => None,
            Mode::OffScreen(side) => {
                let words = Text::Further(side, name).said_by(self.speaker);
                self.room_at_edge(side, bounds, &words, others).map(|room| (words, room))
            }
            _ => placement.label.map(|room| (here, to_iced(room))),
        };
        let is_off_screen = matches!(placement.mode, Mode::OffScreen(_));
        let has_outline = is_loud && placement.outline.is_some();
        Figure {
            drawn: Drawn::Arrow { element, bounds, words, is_off_screen },
            placement: Some(placement),
            has_outline,
        }
    }

    /// Returns the visible rectangles that words must not cover: all but those around the element.
    fn others(&self, own: Rectangle) -> Vec<Rectangle> {
        let spots = self.collected.spots.iter().filter(|spot| spot.is_leaf).map(|spot| (spot.rect, spot.clip));
        let all = spots.chain(self.collected.obstacles.iter().copied());
        all.filter_map(|(rect, clip)| rect.intersection(&clip)).filter(|rect| !own.is_within(rect)).collect()
    }

    fn is_free(&self, room: Rectangle, others: &[Rectangle]) -> bool {
        room.is_within(&self.window) && !others.iter().any(|other| other.shrink(0.5).intersects(&room))
    }

    /// Returns the area for the words of a bracket: beside it, above or below it, or in a free part of it.
    fn room_at(&self, around: Rectangle, words: &str, others: &[Rectangle]) -> Option<Rectangle> {
        let size = paint::tag_size(self.renderer, words);
        let (left, right) = (around.x, around.x + around.width);
        let level = around.center_y() - size.height / 2.0;
        let beside = [(right + GAP, level), (left - GAP - size.width, level)];
        let inner = [right - 10.0 - size.width, left + 10.0];
        let (top, bottom) = (around.y, around.y + around.height);
        let rows = [top - size.height - 4.0, bottom + 4.0, bottom - size.height - 6.0, top + 6.0];
        let slots = rows.into_iter().flat_map(|y| inner.map(|x| (x, y)));
        let rooms = beside.into_iter().chain(slots).map(|(x, y)| Rectangle::new(Point::new(x, y), size));
        let mut rooms: Vec<Rectangle> = rooms.collect();
        if self.direction == Direction::RightToLeft {
            for room in &mut rooms {
                room.x = left + right - room.x - room.width;
            }
        }
        rooms.into_iter().find(|room| self.is_free(*room, others))
    }

    /// Returns the area for the words of an arrow that points beyond an edge: beside the arrow, along the edge.
    fn room_at_edge(&self, edge: Side, arrow: Rectangle, words: &str, others: &[Rectangle]) -> Option<Rectangle> {
        let size = paint::tag_size(self.renderer, words);
        let away = (size.width / 2.0 + arrow.width / 2.0 + GAP, size.height / 2.0 + arrow.height / 2.0 + GAP);
        let ways = match edge {
            Side::Top | Side::Bottom => [(away.0, 0.0), (-away.0, 0.0)],
            Side::Left | Side::Right => [(0.0, away.1), (0.0, -away.1)],
        };
        let rooms = ways.map(|(x, y)| {
            let centre = arrow.center();
            let at = Point::new(centre.x + x - size.width / 2.0, centre.y + y - size.height / 2.0);
            // The words are wider than an arrow at the left or right edge.
            let last = (self.window.x + self.window.width - size.width).max(self.window.x);
            Rectangle::new(Point::new(at.x.clamp(self.window.x, last), at.y), size)
        });
        rooms.into_iter().find(|room| self.is_free(*room, others))
    }
}

impl Figure {
    pub(crate) fn draw<R: core_text::Renderer>(&self, renderer: &mut R, colors: Colors) {
        let words = match &self.drawn {
            Drawn::Nothing => return,
            Drawn::Arrow { words, .. } => {
                let Some(placement) = self.placement else { return };
                if let Some(outline) = placement.outline.filter(|_| self.has_outline) {
                    paint::outline(renderer, to_iced(outline), colors.core);
                }
                paint::arrow(renderer, placement.arrow, colors.core);
                words
            }
            Drawn::Bracket { rect, words, .. } => {
                paint::bracket(renderer, *rect, colors.core);
                words
            }
        };
        if let Some((words, room)) = words {
            paint::tag(renderer, *room, words, colors.core);
        }
    }
}

pub(crate) fn to_core(rect: Rectangle) -> Rect {
    Rect::new(rect.x, rect.y, rect.width, rect.height)
}

fn to_iced(Rect { min, max }: Rect) -> Rectangle {
    Rectangle { x: min.x, y: min.y, width: max.x - min.x, height: max.y - min.y }
}
