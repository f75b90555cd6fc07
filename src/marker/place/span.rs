//! Lengths and areas in whole units of the screen's grid, if there is one; `f64`, so that additions are exact.

use super::geometry::Side;

/// An interval on one axis. Empty if `max` is not above `min`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Span {
    pub(super) const fn new(min: f64, max: f64) -> Self {
        Self { min, max }
    }

    pub(super) fn size(self) -> f64 {
        self.max - self.min
    }

    pub(super) fn middle(self) -> f64 {
        f64::midpoint(self.min, self.max)
    }

    pub(super) fn shared(self, other: Self) -> Self {
        Self::new(self.min.max(other.min), self.max.min(other.max))
    }

    /// Returns the smallest span that contains both.
    pub(super) fn with(self, other: Self) -> Self {
        Self::new(self.min.min(other.min), self.max.max(other.max))
    }

    /// Shrinks both ends; the result may be empty.
    pub(super) fn shrunk(self, by: f64) -> Self {
        Self::new(self.min + by, self.max - by)
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.min <= other.min && other.max <= self.max
    }

    /// Returns whether the spans overlap; touching spans do not.
    fn overlaps(self, other: Self) -> bool {
        self.min < other.max && other.min < self.max
    }

    /// Returns the nearest point inside the span; `min` for an empty span.
    pub(super) fn clamp(self, at: f64) -> f64 {
        at.min(self.max).max(self.min)
    }

    /// Returns the span at `from` of length `size`, moved as little as possible to lie in `bounds`, if it fits there.
    pub(super) fn slid_into(from: f64, size: f64, bounds: Self) -> Self {
        let min = Self::new(bounds.min, bounds.max - size).clamp(from);
        Self::new(min, min + size)
    }

    fn mirrored(self) -> Self {
        Self::new(-self.max, -self.min)
    }
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: Span,
    pub(super) y: Span,
}

impl Area {
    pub(super) fn is_empty(self) -> bool {
        self.x.size() <= 0.0 || self.y.size() <= 0.0
    }

    pub(super) fn shared(self, other: Self) -> Self {
        Self { x: self.x.shared(other.x), y: self.y.shared(other.y) }
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self { x: self.x.with(other.x), y: self.y.with(other.y) }
    }

    pub(super) fn grown(self, by: f64) -> Self {
        Self { x: self.x.shrunk(-by), y: self.y.shrunk(-by) }
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.x.contains(other.x) && self.y.contains(other.y)
    }

    /// Returns whether the areas overlap; an empty area overlaps nothing.
    pub(super) fn overlaps(self, other: Self) -> bool {
        !self.is_empty() && !other.is_empty() && self.x.overlaps(other.x) && self.y.overlaps(other.y)
    }

    pub(super) fn mirrored(self) -> Self {
        Self { x: self.x.mirrored(), ..self }
    }

    /// Turns the plane so that an arrow on this side of its element points along x. One rule is then correct for all
    /// sides.
    pub(super) fn turned(self, side: Side) -> Self {
        match side {
            Side::Left => self,
            Side::Right => self.mirrored(),
            Side::Top => self.swapped(),
            Side::Bottom => self.swapped().mirrored(),
        }
    }

    /// Undoes [`turned`](Self::turned).
    pub(super) fn turned_back(self, side: Side) -> Self {
        match side {
            Side::Left | Side::Right | Side::Top => self.turned(side),
            Side::Bottom => self.mirrored().swapped(),
        }
    }

    fn swapped(self) -> Self {
        Self { x: self.y, y: self.x }
    }
}
