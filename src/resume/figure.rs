//! What a graphical adapter draws in a layout, and where: the arrow or the bracket, and the words beside it.

use super::scene::shared;
use super::{Pointer, Resume, Speaker, Text};
use crate::marker::Message;
use crate::marker::cue::Salience;
use crate::marker::place::{Direction, Metrics, Mode, Placement, Point, Rect, Side, Snap};

/// What a [`Figure`] depends on besides the elements, in the coordinates of the elements: logical pixels.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "it contains functions")]
pub struct Sight<'a> {
    /// The part of the window in which elements are shown.
    pub window: Rect,
    /// The reading direction: the preferred side of an element for the arrow.
    pub direction: Direction,
    /// Device pixels per unit.
    pub scale: f32,
    /// Texts of another language.
    pub speaker: Option<&'a Speaker>,
    /// Whether an arrow may cover another element or a caption if there is no room beside its element.
    pub may_cover: bool,
    /// Returns width and height of the words of the marker with the room around them; `None` if that is not known yet,
    /// and then no words are drawn.
    pub measure: &'a dyn Fn(&str) -> Option<(f32, f32)>,
}

/// What is drawn, for tests and for programs that keep its area free.
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
    /// An outline without an arrow: there is no room beside the element, and the arrow may not cover anything.
    Outline {
        /// The current path of the element.
        element: String,
        /// The area of the outline.
        rect: Rect,
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

/// The shapes of a layout: see [`Resume::figure`].
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Figure {
    /// Arrow or bracket, and words.
    pub drawn: Drawn,
    /// The geometry of an arrow.
    pub placement: Option<Placement>,
    /// Whether an arrow has an outline around its element: [`Placement::outline`].
    pub has_outline: bool,
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

impl Figure {
    /// Returns the areas of an arrow towards an element out of view, and of its words: a click there goes to the element.
    pub fn edge(&self) -> impl Iterator<Item = Rect> {
        let (bounds, words) = match &self.drawn {
            Drawn::Arrow { bounds, words, is_off_screen: true, .. } => (Some(*bounds), words.as_ref()),
            _ => (None, None),
        };
        bounds.into_iter().chain(words.map(|(_, room)| *room))
    }
}

impl Resume {
    /// Returns what to draw in this layout, in the sizes that the adapters of graphical toolkits use. Nothing without a
    /// marker, or when it has faded. Call it after [`end`](Self::end).
    ///
    /// The arrow is the largest that covers neither another element nor an [obstacle](Self::add_obstacle). Without one, it
    /// is small and covers something, or is not drawn: [`Sight::may_cover`]. Words never cover one.
    ///
    /// ```
    /// use leftoff::marker::place::{Direction, Rect};
    /// use leftoff::resume::{Drawn, Resume, Sight};
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, marker::Marker};
    ///
    /// let window = Rect::new(0.0, 0.0, 400.0, 300.0);
    /// let mut resume = Resume::new("");
    /// let mark = (Mark::new("form/name").label("Name"), Timestamp::default());
    /// resume.follow(Marker::from_marks("", [mark], None, None).as_ref());
    /// resume.begin();
    /// resume.add("form/name", Rect::new(200.0, 40.0, 150.0, 24.0), window);
    /// resume.locate();
    ///
    /// let measure = |words: &str| Some((words.len() as f32 * 8.0, 20.0));
    /// let direction = Direction::LeftToRight;
    /// let sight = Sight { window, direction, scale: 1.0, speaker: None, may_cover: true, measure: &measure };
    /// let Drawn::Arrow { element, words: Some((words, _)), .. } = resume.figure(&sight).drawn else {
    ///     panic!("the field is there")
    /// };
    /// assert_eq!((element.as_str(), words.as_str()), ("form/name", "you left off here"));
    /// ```
    pub fn figure(&self, sight: &Sight<'_>) -> Figure {
        let (Some(found), Some(marker)) = (self.found(), self.marker()) else { return Figure::default() };
        if self.salience() == Salience::Hidden {
            return Figure::default();
        }
        let card = marker.card(marker.at()).isolated(sight.direction);
        let is_loud = self.salience() == Salience::Prominent;
        let path = self.elements().path(found.element).to_owned();
        let said = |whereabouts| Text::Pointer(whereabouts, marker.phase(), card.element()).said_by(sight.speaker);
        let others = self.scene.beside(found.element);
        match self.best(sight, &said(found.whereabouts), is_loud, &others) {
            Some(Pointer::Arrow { placement, .. }) if !sight.may_cover && is_covering(&placement, &others) => {
                placement.outline.map_or_else(Figure::default, |rect| Figure {
                    drawn: Drawn::Outline { element: path, rect },
                    placement: None,
                    has_outline: true,
                })
            }
            Some(Pointer::Arrow { placement, .. }) => {
                let words = (said(found.whereabouts), card.element());
                sight.arrow(path, placement, words, is_loud, &others)
            }
            Some(Pointer::Bracket { rect, whereabouts }) => {
                // Slightly outside, so that it covers no letter.
                let outside = common(grown(rect, 4.0), grown(sight.window, -3.0)).unwrap_or(rect);
                let own = self.scene.is_leaf(found.element).then_some(rect);
                let others: Vec<Rect> = others.into_iter().chain(own).collect();
                let words = Some(said(whereabouts)).filter(|_| is_loud);
                let words = words.and_then(|words| sight.room_at(outside, &words, &others).map(|room| (words, room)));
                Figure { drawn: Drawn::Bracket { around: path, rect: outside, words }, ..Figure::default() }
            }
            None => Figure::default(),
        }
    }

    /// Returns the largest arrow that covers nothing; without one, the small arrow.
    fn best(&self, sight: &Sight<'_>, words: &str, is_loud: bool, others: &[Rect]) -> Option<Pointer> {
        let label = if is_loud { (sight.measure)(words).unwrap_or_default() } else { (0.0, 0.0) };
        let at = |(length, width, gap, air): Shape| {
            let metrics = Metrics { length, width, gap, air, label, snap: Snap::Pixels(sight.scale) };
            self.pointer(sight.direction, &metrics)
        };
        let is_free = |pointer: &Pointer| match pointer {
            Pointer::Arrow { placement, .. } => !is_covering(placement, others),
            Pointer::Bracket { .. } => true,
        };
        let sizes = if is_loud { &[LARGE, SMALL, TINY][..] } else { &[SMALL, TINY][..] };
        sizes.iter().filter_map(|size| at(*size)).find(is_free).or_else(|| at(SMALL))
    }
}

/// An arrow at an edge points at nothing that is there.
fn is_covering(placement: &Placement, others: &[Rect]) -> bool {
    let bounds = grown(placement.bounds, -0.5);
    match placement.mode {
        Mode::Beside(_) => others.iter().any(|other| common(*other, bounds).is_some()),
        Mode::Inside(_) => true,
        Mode::OffScreen(_) => false,
    }
}

impl Sight<'_> {
    fn arrow(
        &self,
        element: String,
        placement: Placement,
        (here, name): (String, &Message),
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
        Figure {
            drawn: Drawn::Arrow { element, bounds, words, is_off_screen },
            placement: Some(placement),
            has_outline: is_loud && placement.outline.is_some(),
        }
    }

    fn is_free(&self, room: Rect, others: &[Rect]) -> bool {
        holds(self.window, room) && !others.iter().any(|other| common(grown(*other, -0.5), room).is_some())
    }

    /// Returns the area for the words of a bracket: beside it, above or below it, or in a free part of it.
    fn room_at(&self, around: Rect, words: &str, others: &[Rect]) -> Option<Rect> {
        let (width, height) = (self.measure)(words)?;
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
        let (width, height) = (self.measure)(words)?;
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

fn centre(rect: Rect) -> Point {
    Point { x: f32::midpoint(rect.min.x, rect.max.x), y: f32::midpoint(rect.min.y, rect.max.y) }
}

/// Moves every side outward, or inward.
fn grown(rect: Rect, by: f32) -> Rect {
    let Rect { min, max } = rect;
    Rect { min: Point { x: min.x - by, y: min.y - by }, max: Point { x: max.x + by, y: max.y + by } }
}

/// Returns the intersection, if it has an area.
fn common(a: Rect, b: Rect) -> Option<Rect> {
    let rect = shared(a, b);
    (rect.min.x < rect.max.x && rect.min.y < rect.max.y).then_some(rect)
}

fn holds(outer: Rect, inner: Rect) -> bool {
    let (min, max) = (outer.min, outer.max);
    min.x <= inner.min.x && min.y <= inner.min.y && max.x >= inner.max.x && max.y >= inner.max.y
}
