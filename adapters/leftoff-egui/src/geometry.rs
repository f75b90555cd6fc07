//! Conversion between the rectangles of egui and the core, and the choice of a free position.

use std::cmp::Ordering;

use egui::emath::GuiRounding as _;
use egui::{Pos2, Rect, Vec2, pos2, vec2};
use leftoff::marker::place::{self, Direction, Metrics, Mode, Point, Scene, Side, Snap, place};

/// The width to leave free on the side where reading begins, so that an arrow fits there and covers nothing; for
/// example, the left margin of a form. In points.
pub const GUTTER: f32 = AIR + GAP + LARGE.0 + 4.0;

const GAP: f32 = 5.0;
const AIR: f32 = 3.0;
/// The distance of a tiny arrow from the edge of the window.
const RIM: f32 = 2.0;

/// Length and width of an arrow.
pub(crate) type Size = (f32, f32);
/// Clearly visible.
pub(crate) const LARGE: Size = (32.0, 28.0);
/// For narrow gaps, and after the user has found the element.
pub(crate) const SMALL: Size = (20.0, 18.0);
/// For the gap between two buttons of a row, which is 8 points unless the application changes it. Touches the element.
pub(crate) const TINY: Size = (7.0, 12.0);

/// The number of positions along an edge, in each direction, in half widths of the arrow.
const STEPS: i16 = 200;

/// The input for placing an arrow.
pub(crate) struct Surroundings<'a> {
    pub(crate) target: Rect,
    /// The visible area around the target.
    pub(crate) clip: Rect,
    /// The whole drawing area.
    pub(crate) window: Rect,
    /// The areas that must stay readable.
    pub(crate) others: &'a [Rect],
    pub(crate) direction: Direction,
    pub(crate) pixels_per_point: f32,
}

/// A position for the arrow and its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    pub(crate) mode: Mode,
    pub(crate) tip: Pos2,
    pub(crate) corners: [Pos2; 2],
    /// The area of the arrow.
    pub(crate) bounds: Rect,
    pub(crate) outline: Option<Rect>,
    pub(crate) words: Option<Rect>,
}

impl Fit {
    fn translated(self, by: Vec2) -> Self {
        Self {
            tip: self.tip + by,
            corners: self.corners.map(|corner| corner + by),
            bounds: self.bounds.translate(by),
            words: None,
            ..self
        }
    }
}

impl Surroundings<'_> {
    /// Returns the best position for an arrow of one of these sizes, the preferred size first, with room for text of
    /// this size.
    ///
    /// Beside the target if that is free; else in the window, outside the target's scroll area; else tiny, in the gap
    /// beside the target; else where it covers the least of other elements. On the target only if there is no room at
    /// all.
    pub(crate) fn fit(&self, sizes: &[Size], words: Vec2) -> Option<Fit> {
        let others: Vec<place::Rect> = self.others.iter().copied().map(to_core).collect();
        let mut least: Option<(f32, Fit)> = None;
        let tries = [self.clip, self.window].into_iter().flat_map(|clip| sizes.iter().map(move |&size| (clip, size)));
        // At the very edge of the window, a tiny arrow would look cut.
        let in_gap = self.clip.intersect(self.window.shrink(RIM));
        for (clip, size) in tries.chain([(in_gap, TINY)]) {
            let Some(fit) = self.place(clip, size, words, &others) else { continue };
            if let Mode::OffScreen(side) = fit.mode {
                return Some(self.slid(side, fit, words));
            }
            let covered = self.covered_by(&fit);
            if covered <= 0.0 {
                return Some(fit);
            }
            if least.as_ref().is_none_or(|(before, _)| covered < *before) {
                least = Some((covered, fit));
            }
        }
        least.map(|(_, fit)| fit)
    }

    fn place(&self, clip: Rect, (length, width): Size, words: Vec2, others: &[place::Rect]) -> Option<Fit> {
        let seen = self.target.intersect(self.clip);
        // An element out of view is pointed at from the edge of its scroll area.
        let (target, clip) = if seen.is_positive() { (seen, clip) } else { (self.target, self.clip) };
        let scene = Scene { target: to_core(target), clip: to_core(clip), focus: None, direction: self.direction };
        let snap = Snap::Pixels(self.pixels_per_point);
        let (gap, air) = if (length, width) == TINY { (0.0, 0.0) } else { (GAP, AIR) };
        let metrics = Metrics { length, width, gap, air, label: (words.x, words.y), snap };
        let placement = place(&scene, &metrics, others)?;
        let [tip, one, other] = placement.arrow.map(point);
        Some(Fit {
            mode: placement.mode,
            tip,
            corners: [one, other],
            bounds: to_egui(placement.bounds),
            outline: placement.outline.map(to_egui),
            words: placement.label.map(to_egui),
        })
    }

    /// Returns how much the arrow covers; covering the target itself counts most.
    fn covered_by(&self, fit: &Fit) -> f32 {
        let on_target = if matches!(fit.mode, Mode::Beside(_)) { 0.0 } else { 1e6 };
        self.covered(fit.bounds) + on_target
    }

    fn covered(&self, bounds: Rect) -> f32 {
        let both = self.others.iter().map(|other| other.intersect(bounds)).filter(Rect::is_positive);
        both.map(|both| both.area()).sum()
    }

    /// Slides an arrow that points beyond an edge along the edge, to the nearest position where it covers the least and its
    /// text has room.
    fn slid(&self, side: Side, fit: Fit, words: Vec2) -> Fit {
        let is_along_x = matches!(side, Side::Top | Side::Bottom);
        let (edge, own) = if is_along_x {
            (self.clip.x_range(), fit.bounds.x_range())
        } else {
            (self.clip.y_range(), fit.bounds.y_range())
        };
        let pixels = self.pixels_per_point;
        let way = |by: f32| if is_along_x { vec2(by, 0.0) } else { vec2(0.0, by) }.round_to_pixels(pixels);
        let moved = |by: f32| fit.bounds.translate(way(by));
        let steps = (-STEPS..=STEPS).map(|step| f32::from(step) * own.span() / 2.0);
        let inside = steps.filter(|by| edge.contains(own.min + by - 1.0) && edge.contains(own.max + by + 1.0));
        let has_words = |bounds: Rect| words == Vec2::ZERO || self.words_at_edge(side, bounds, words).is_some();
        let ranked = inside.map(|by| (self.covered(moved(by)), !has_words(moved(by)), by.abs(), by));
        let best = ranked.min_by(|one, other| one.partial_cmp(other).unwrap_or(Ordering::Equal));
        fit.translated(way(best.map_or(0.0, |(.., by)| by)))
    }

    /// Returns the area for the text of an arrow that points beyond an edge: beside the arrow, along the edge. `None` if
    /// it would cover a widget.
    pub(crate) fn words_at_edge(&self, edge: Side, arrow: Rect, size: Vec2) -> Option<Rect> {
        let away = size / 2.0 + arrow.size() / 2.0 + Vec2::splat(GAP);
        let ways = match edge {
            Side::Top | Side::Bottom => [vec2(away.x, 0.0), vec2(-away.x, 0.0)],
            Side::Left | Side::Right => [vec2(0.0, away.y), vec2(0.0, -away.y)],
        };
        let rooms = ways.map(|way| {
            let room = Rect::from_center_size(arrow.center() + way, size);
            // The text is wider than an arrow at the left or right edge.
            let inward = (self.clip.min - room.min).max(Vec2::ZERO) + (self.clip.max - room.max).min(Vec2::ZERO);
            room.translate(inward)
        });
        rooms.into_iter().find(|room| self.clip.contains_rect(*room) && self.is_free(*room))
    }

    fn is_free(&self, room: Rect) -> bool {
        self.window.contains_rect(room) && !self.others.iter().any(|other| other.shrink(0.5).intersects(room))
    }

    /// Returns whether the border of a frame around `inner` is free.
    pub(crate) fn is_clear(&self, frame: Rect, inner: Rect) -> bool {
        let line = frame.expand(1.5);
        !self.others.iter().any(|other| other.intersects(line) && !other.intersects(inner))
    }

    /// Returns the area for the text of a bracket around `region`: beside a row, above or below it, or in a free part of
    /// a larger region. `None` if it would cover a widget everywhere.
    pub(crate) fn words_of_region(&self, region: Rect, size: Vec2) -> Option<Rect> {
        let rtl = self.direction == Direction::RightToLeft;
        let inset = vec2(10.0, 6.0);
        // At the side where lines end, because it is emptier.
        let x = if rtl { region.left() + inset.x } else { region.right() - inset.x - size.x };
        let start = if rtl { region.right() - inset.x - size.x } else { region.left() + inset.x };
        let (before, after) = (region.left() - size.x - GAP, region.right() + GAP);
        let beside = if rtl { [before, after] } else { [after, before] };
        let level = region.center().y - size.y / 2.0;
        let beside = beside.into_iter().map(|x| Rect::from_min_size(pos2(x, level), size));
        let rows = [
            region.top() - size.y - 3.0,
            region.bottom() + 3.0,
            region.bottom() - size.y - inset.y,
            region.top() + inset.y,
        ];
        let slots = rows.into_iter().flat_map(|y| [x, start].map(|x| Rect::from_min_size(pos2(x, y), size)));
        // Between two rows, the text could belong to either of them.
        let is_row = region.height() < 2.0 * size.y;
        let rooms: Vec<Rect> = if is_row { beside.chain(slots).collect() } else { slots.chain(beside).collect() };
        rooms.into_iter().find(|room| self.is_free(*room))
    }
}

pub(crate) fn to_core(rect: Rect) -> place::Rect {
    place::Rect::new(rect.min.x, rect.min.y, rect.width(), rect.height())
}

pub(crate) fn to_egui(rect: place::Rect) -> Rect {
    Rect::from_min_max(point(rect.min), point(rect.max))
}

fn point(point: Point) -> Pos2 {
    pos2(point.x, point.y)
}
