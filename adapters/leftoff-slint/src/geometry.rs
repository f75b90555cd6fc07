//! Rectangles in the coordinates of the content.

use leftoff::marker::place::{Point, Rect};

pub(crate) fn centre(rect: Rect) -> Point {
    Point { x: f32::midpoint(rect.min.x, rect.max.x), y: f32::midpoint(rect.min.y, rect.max.y) }
}

/// Moves every side outward, or inward.
pub(crate) fn grown(rect: Rect, by: f32) -> Rect {
    let Rect { min, max } = rect;
    Rect { min: Point { x: min.x - by, y: min.y - by }, max: Point { x: max.x + by, y: max.y + by } }
}

/// Returns the intersection, if it has an area.
pub(crate) fn common(a: Rect, b: Rect) -> Option<Rect> {
    let min = Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) };
    let max = Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) };
    (min.x < max.x && min.y < max.y).then_some(Rect { min, max })
}

pub(crate) fn holds(outer: Rect, inner: Rect) -> bool {
    let (min, max) = (outer.min, outer.max);
    min.x <= inner.min.x && min.y <= inner.min.y && max.x >= inner.max.x && max.y >= inner.max.y
}

/// Returns the smallest rectangle with both inside.
pub(crate) fn around(a: Rect, b: Rect) -> Rect {
    let min = Point { x: a.min.x.min(b.min.x), y: a.min.y.min(b.min.y) };
    let max = Point { x: a.max.x.max(b.max.x), y: a.max.y.max(b.max.y) };
    Rect { min, max }
}
