//! Conversion between the rectangles of iced and the core.

use iced_core::{Point, Rectangle};
use leftoff::marker::place::Rect;

pub(crate) fn to_core(rect: Rectangle) -> Rect {
    Rect::new(rect.x, rect.y, rect.width, rect.height)
}

pub(crate) fn to_iced(Rect { min, max }: Rect) -> Rectangle {
    Rectangle { x: min.x, y: min.y, width: max.x - min.x, height: max.y - min.y }
}

pub(crate) fn contains(rect: Rect, point: Point) -> bool {
    to_iced(rect).contains(point)
}
