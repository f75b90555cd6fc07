//! Rectangles in logical pixels of the window.

use bevy_math::{Rect as BevyRect, Vec2};
use bevy_ui::{CalculatedClip, ComputedNode, UiGlobalTransform};
use leftoff::marker::place::{Point, Rect};

/// Larger than any window. A clip of one axis only is infinite on the other.
const FAR: f32 = 1.0e6;

fn rect_of(corners: impl IntoIterator<Item = Vec2>) -> Rect {
    let (mut min, mut max) = (Vec2::splat(f32::INFINITY), Vec2::splat(f32::NEG_INFINITY));
    for corner in corners {
        (min, max) = (min.min(corner), max.max(corner));
    }
    Rect { min: Point { x: min.x, y: min.y }, max: Point { x: max.x, y: max.y } }
}

fn corners(rect: BevyRect) -> [Vec2; 4] {
    let BevyRect { min, max } = rect;
    [min, max, Vec2::new(min.x, max.y), Vec2::new(max.x, min.y)]
}

/// Returns the smallest rectangle around a node.
pub(crate) fn bounds(node: &ComputedNode, transform: &UiGlobalTransform) -> Rect {
    let to_window = transform.affine();
    rect_of(corners(node.border_box()).map(|corner| to_window.transform_point2(corner) * node.inverse_scale_factor))
}

/// Returns the part of the window that these clips leave visible; `None` if they leave nothing.
pub(crate) fn clip(window: Rect, clip: Option<&CalculatedClip>, inverse_scale: f32) -> Option<Rect> {
    let Some(clip) = clip else { return Some(window) };
    clip.rects()?.iter().try_fold(window, |visible, clip| {
        let to_window = clip.world_to_clip_local.inverse();
        let rect = BevyRect {
            min: clip.rect.min.clamp(Vec2::splat(-FAR), Vec2::splat(FAR)),
            max: clip.rect.max.clamp(Vec2::splat(-FAR), Vec2::splat(FAR)),
        };
        let rect = rect_of(corners(rect).map(|corner| to_window.transform_point2(corner) * inverse_scale));
        common(visible, rect)
    })
}

/// Returns the intersection, if it has an area.
pub(crate) fn common(a: Rect, b: Rect) -> Option<Rect> {
    let min = Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) };
    let max = Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) };
    (min.x < max.x && min.y < max.y).then_some(Rect { min, max })
}

pub(crate) fn size(rect: Rect) -> (f32, f32) {
    (rect.max.x - rect.min.x, rect.max.y - rect.min.y)
}
