//! Rectangles in the coordinates of the content.

use leftoff::marker::place::{Point, Rect};

pub(crate) fn contains(rect: Rect, point: Point) -> bool {
    (rect.min.x..rect.max.x).contains(&point.x) && (rect.min.y..rect.max.y).contains(&point.y)
}
