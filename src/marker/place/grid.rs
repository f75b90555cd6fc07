//! Conversion between the caller's coordinates and grid coordinates.

use super::Metrics;
use super::geometry::{Direction, Point, Rect, Side, Snap};
use super::span::{Area, Span};

/// The grid of the screen and the reading direction. Grid coordinates always read from left to right, so the mirrored
/// result is exact to the last bit.
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
    /// Returns `None` for an invalid scale.
    pub(super) fn new(snap: Snap, direction: Direction) -> Option<Self> {
        let scale = if let Snap::Pixels(scale) = snap { f64::from(scale) } else { 1.0 };
        let (snaps, is_cells) = (snap != Snap::None, snap == Snap::Cells);
        let mirrors = direction == Direction::RightToLeft;
        (scale.is_finite() && scale > 0.0).then_some(Self { scale, snaps, is_cells, mirrors })
    }

    /// The step of the arrow's width. Two device pixels, so that the tip is on a pixel.
    fn width_step(self) -> f64 {
        if self.is_cells { 1.0 } else { 2.0 }
    }

    /// Returns `None` for sizes that are negative or not finite, and for an arrow without length or width.
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

    /// Shrinks the arrow to the size of the clip.
    pub(super) fn shrunk(self, sizes: Sizes, clip: Area) -> Sizes {
        let (length, width) = (clip.x.size(), clip.y.size());
        let width = if self.snaps { (width / self.width_step()).floor() * self.width_step() } else { width };
        Sizes { length: sizes.length.min(length), width: sizes.width.min(width), ..sizes }
    }

    /// Converts a rectangle without rounding and without a check for emptiness.
    pub(super) fn exact(self, rect: Rect) -> Option<Area> {
        let all = [rect.min.x, rect.max.x, rect.min.y, rect.max.y];
        if !all.iter().all(|number| number.is_finite()) {
            return None;
        }
        let [left, right, top, bottom] = all.map(|number| f64::from(number) * self.scale);
        let area = Area { x: Span::new(left, right), y: Span::new(top, bottom) };
        Some(if self.mirrors { area.mirrored() } else { area })
    }

    /// Returns the grid area that lies completely inside `area`. `None` if it has no room for the smallest arrow.
    pub(super) fn inner(self, area: Area) -> Option<Area> {
        let inner = |span: Span| if self.snaps { Span::new(span.min.ceil(), span.max.floor()) } else { span };
        let inner = Area { x: inner(area.x), y: inner(area.y) };
        let least = inner.x.size().min(inner.y.size());
        (if self.snaps { least >= self.width_step() } else { least > 0.0 }).then_some(inner)
    }

    /// Returns the grid area that `area` touches, ignoring `slack` on each side.
    pub(super) fn outer(self, area: Area, slack: f64) -> Area {
        let outer = |span: Span| {
            let (min, max) = ((span.min + slack).floor(), (span.max - slack).ceil());
            // Thinner than the slack: use the grid cell of its middle.
            if min < max { Span::new(min, max) } else { Span::new(span.middle().floor(), span.middle().floor() + 1.0) }
        };
        if self.snaps { Area { x: outer(area.x), y: outer(area.y) } } else { area }
    }

    /// Returns `None` if the point is not finite. In a terminal, returns the middle of the cell.
    pub(super) fn focus(self, Point { x, y }: Point) -> Option<(f64, f64)> {
        let level = |at: f32| if self.is_cells { f64::from(at).floor() + 0.5 } else { f64::from(at) * self.scale };
        let x = if self.mirrors { -x } else { x };
        (x.is_finite() && y.is_finite()).then_some((level(x), level(y)))
    }

    pub(super) fn nearest(self, at: f64) -> f64 {
        if self.snaps { (at + 0.5).floor() } else { at }
    }

    /// Rounding to `f32` preserves the order of coordinates: what was inside stays inside, and separate areas stay
    /// separate.
    #[expect(clippy::cast_possible_truncation, reason = "the caller's coordinates are of this size and precision")]
    fn back(self, at: f64) -> f32 {
        let at = (at / self.scale) as f32;
        // Avoids `-0.0`.
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
