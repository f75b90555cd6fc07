//! Rectangles in the coordinates of the content.

use leftoff::marker::place::{Point, Rect};

/// Returns the intersection, if it has an area.
pub(crate) fn common(a: Rect, b: Rect) -> Option<Rect> {
    let min = Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) };
    let max = Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) };
    (min.x < max.x && min.y < max.y).then_some(Rect { min, max })
}

/// Returns the smallest rectangle with both inside.
pub(crate) fn around(a: Rect, b: Rect) -> Rect {
    let min = Point { x: a.min.x.min(b.min.x), y: a.min.y.min(b.min.y) };
    let max = Point { x: a.max.x.max(b.max.x), y: a.max.y.max(b.max.y) };
    Rect { min, max }
}
