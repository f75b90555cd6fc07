//! Rectangles of cells that may lie outside the screen, as rows that are scrolled out do.

use leftoff::marker::place;
use ratatui_core::layout::Rect;

/// A rectangle of terminal cells. Cells to the left of the screen or above it have negative coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cells {
    pub(crate) left: i32,
    pub(crate) top: i32,
    /// One past the last column.
    pub(crate) right: i32,
    /// One past the last row.
    pub(crate) bottom: i32,
}

impl Cells {
    pub(crate) fn new(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self { left, top, right, bottom }
    }

    pub(crate) fn of_cell(x: i32, y: i32) -> Self {
        Self::new(x, y, x.saturating_add(1), y.saturating_add(1))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    pub(crate) fn width(self) -> i32 {
        self.right.saturating_sub(self.left).max(0)
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// Returns the smallest rectangle that contains both.
    pub(crate) fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Grows by one cell on each side.
    pub(crate) fn grown(self) -> Self {
        Self::new(
            self.left.saturating_sub(1),
            self.top.saturating_sub(1),
            self.right.saturating_add(1),
            self.bottom.saturating_add(1),
        )
    }

    pub(crate) fn contains(self, x: i32, y: i32) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }

    /// Returns every cell, row by row.
    pub(crate) fn iter(self) -> impl Iterator<Item = (i32, i32)> {
        (self.top..self.bottom).flat_map(move |y| (self.left..self.right).map(move |x| (x, y)))
    }

    /// Converts to the floating-point rectangle of the placement. Coordinates beyond the width of any terminal keep
    /// their direction, and the rectangle its size: row 100 000 of a list is below the screen, too.
    pub(crate) fn to_place(self) -> place::Rect {
        let near = |at: i32| f32::from(i16::try_from(at).unwrap_or(if at < 0 { i16::MIN } else { i16::MAX }));
        let height = self.bottom.saturating_sub(self.top).max(0);
        place::Rect::new(near(self.left), near(self.top), near(self.width()), near(height))
    }

    #[expect(clippy::cast_possible_truncation, reason = "a conversion from floating point saturates")]
    pub(crate) fn of_place(place::Rect { min, max }: place::Rect) -> Self {
        Self::new(min.x.floor() as i32, min.y.floor() as i32, max.x.floor() as i32, max.y.floor() as i32)
    }

    /// Converts to screen coordinates, cut to the screen.
    pub(crate) fn to_screen(self) -> Rect {
        let on = |at: i32| u16::try_from(at.max(0)).unwrap_or(u16::MAX);
        let (x, y) = (on(self.left), on(self.top));
        Rect::new(x, y, on(self.right).saturating_sub(x), on(self.bottom).saturating_sub(y))
    }
}

impl From<Rect> for Cells {
    fn from(rect: Rect) -> Self {
        let (left, top) = (i32::from(rect.x), i32::from(rect.y));
        Self::new(left, top, left + i32::from(rect.width), top + i32::from(rect.height))
    }
}
