//! From the caller's coordinates to those of the grid and back.

use super::Metrics;
use super::geometry::{Direction, Point, Rect, Side, Snap};
use super::span::{Area, Span};

/// What the screen can show, and which way is forward. Inside, reading is from left to right: whatever is right there
/// is right for the other direction, to the last bit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    scale: f64,
    snaps: bool,
    is_cells: bool,
    mirrors: bool,
}

/// The [`Metrics`] in units of the grid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) length: f64,
    pub(super) width: f64,
    pub(super) gap: f64,
    pub(super) air: f64,
    pub(super) label: Option<(f64, f64)>,
}

impl Grid {
    /// `None` for a scale that is none.
    pub(super) fn new(snap: Snap, direction: Direction) -> Option<Self> {
        let scale = if let Snap::Pixels(scale) = snap { f64::from(scale) } else { 1.0 };
        let (snaps, is_cells) = (snap != Snap::None, snap == Snap::Cells);
        let mirrors = direction == Direction::RightToLeft;
        (scale.is_finite() && scale > 0.0).then_some(Self { scale, snaps, is_cells, mirrors })
    }

    /// What the width of an arrow is a multiple of. Two device pixels, so that the tip is on one.
    fn width_step(self) -> f64 {
        if self.is_cells { 1.0 } else { 2.0 }
    }

    /// `None` for what is negative or not finite, and for an arrow without length or width.
    pub(super) fn sizes(self, metrics: &Metrics) -> Option<Sizes> {
        let Metrics { length, width, gap, air, label, snap: _ } = *metrics;
        let all = [length, width, gap, air, label.0, label.1];
        if !all.iter().all(|size| size.is_finite() && *size >= 0.0) || length == 0.0 || width == 0.0 {
            return None;
        }
        let [length, width, gap, air, label_width, label_height] = all.map(|size| f64::from(size) * self.scale);
        let up = |size: f64| if self.snaps { size.ceil() } else { size };
        let width = up(width / self.width_step()) * self.width_step();
        let label = (label_width > 0.0 && label_height > 0.0).then_some((up(label_width), up(label_height)));
        Some(Sizes { length: up(length), width, gap: self.nearest(gap), air: self.nearest(air), label })
    }

    /// An arrow no larger than the clip.
    pub(super) fn shrunk(self, sizes: Sizes, clip: Area) -> Sizes {
        let (length, width) = (clip.x.size(), clip.y.size());
        let width = if self.snaps { (width / self.width_step()).floor() * self.width_step() } else { width };
        Sizes { length: sizes.length.min(length), width: sizes.width.min(width), ..sizes }
    }

    /// Neither rounded nor checked for emptiness.
    pub(super) fn exact(self, rect: Rect) -> Option<Area> {
        let all = [rect.min.x, rect.max.x, rect.min.y, rect.max.y];
        if !all.iter().all(|number| number.is_finite()) {
            return None;
        }
        let [left, right, top, bottom] = all.map(|number| f64::from(number) * self.scale);
        let area = Area { x: Span::new(left, right), y: Span::new(top, bottom) };
        Some(if self.mirrors { area.mirrored() } else { area })
    }

    /// All of the grid that is wholly in `area`. `None` if that has no room for the smallest arrow.
    pub(super) fn inner(self, area: Area) -> Option<Area> {
        let inner = |span: Span| if self.snaps { Span::new(span.min.ceil(), span.max.floor()) } else { span };
        let inner = Area { x: inner(area.x), y: inner(area.y) };
        let least = inner.x.size().min(inner.y.size());
        (if self.snaps { least >= self.width_step() } else { least > 0.0 }).then_some(inner)
    }

    /// All of the grid that `area` touches, `slack` of it on each side not counted.
    pub(super) fn outer(self, area: Area, slack: f64) -> Area {
        let outer = |span: Span| {
            let (min, max) = ((span.min + slack).floor(), (span.max - slack).ceil());
            // Thinner than the slack: where its middle is.
            if min < max { Span::new(min, max) } else { Span::new(span.middle().floor(), span.middle().floor() + 1.0) }
        };
        if self.snaps { Area { x: outer(area.x), y: outer(area.y) } } else { area }
    }

    /// `None` if it is not finite. In a terminal, the middle of the cell.
    pub(super) fn focus(self, Point { x, y }: Point) -> Option<(f64, f64)> {
        let level = |at: f32| if self.is_cells { f64::from(at).floor() + 0.5 } else { f64::from(at) * self.scale };
        let x = if self.mirrors { -x } else { x };
        (x.is_finite() && y.is_finite()).then_some((level(x), level(y)))
    }

    pub(super) fn nearest(self, at: f64) -> f64 {
        if self.snaps { (at + 0.5).floor() } else { at }
    }

    /// Rounding to `f32` keeps every order: what was inside stays inside, and what did not overlap does not.
    #[expect(clippy::cast_possible_truncation, reason = "the caller's coordinates are of this size and precision")]
    fn back(self, at: f64) -> f32 {
        let at = (at / self.scale) as f32;
        // Not `-0.0`.
        at + 0.0
    }

    pub(super) fn shift(self, (x, y): (f64, f64)) -> (f32, f32) {
        (self.back(if self.mirrors { -x } else { x }), self.back(y))
    }

    pub(super) fn point(self, (x, y): (f64, f64)) -> Point {
        let (x, y) = self.shift((x, y));
        Point { x, y }
    }

    pub(super) fn rect(self, area: Area) -> Rect {
        let Area { x, y } = if self.mirrors { area.mirrored() } else { area };
        let corner = |x, y| Point { x: self.back(x), y: self.back(y) };
        Rect { min: corner(x.min, y.min), max: corner(x.max, y.max) }
    }

    pub(super) fn side(self, side: Side) -> Side {
        match side {
            Side::Left if self.mirrors => Side::Right,
            Side::Right if self.mirrors => Side::Left,
            side => side,
        }
    }
}
