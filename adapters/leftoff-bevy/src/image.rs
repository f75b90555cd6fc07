//! The head of the arrow as an image: Bevy UI draws rectangles and images only.

use bevy_asset::RenderAssetUsages;
use bevy_color::{Color, ColorToPacked, Srgba};
use bevy_image::Image;
use leftoff::marker::contrast;
use leftoff::marker::place::{Point, Rect};
use wgpu_types::{Extent3d, TextureDimension, TextureFormat};

/// White around the arrow, so that it is seen on every background.
const EDGE: f32 = 1.5;
/// Samples of a pixel along each axis.
const SAMPLES: u16 = 4;

/// Returns the area of the image: the arrow with its edge.
pub(crate) fn area(bounds: Rect) -> Rect {
    let Rect { min, max } = bounds;
    Rect { min: Point { x: min.x - EDGE, y: min.y - EDGE }, max: Point { x: max.x + EDGE, y: max.y + EDGE } }
}

/// Draws a triangle with these corners, in an image of this area, with `scale` device pixels per unit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an arrow has a few dozen pixels"
)]
pub(crate) fn triangle(corners: [Point; 3], area: Rect, scale: f32, color: Color) -> Image {
    let pixels = |length: f32| (length * scale).ceil().clamp(1.0, 1024.0) as u16;
    let (width, height) = (pixels(area.max.x - area.min.x), pixels(area.max.y - area.min.y));
    let [red, green, blue] = Srgba::from(color).to_u8_array_no_alpha();
    let mut data = Vec::with_capacity(usize::from(width) * usize::from(height) * 4);
    for y in 0..height {
        for x in 0..width {
            // The distance of each sample from the nearest side, positive inside.
            let samples = (0..SAMPLES * SAMPLES).map(|sample| {
                let part = |at: u16, of: u16| (f32::from(at) + (f32::from(of) + 0.5) / f32::from(SAMPLES)) / scale;
                let (x, y) = (part(x, sample % SAMPLES), part(y, sample / SAMPLES));
                inside(corners, Point { x: area.min.x + x, y: area.min.y + y })
            });
            let distances: Vec<f32> = samples.collect();
            let share = |least: f32| {
                let inside = distances.iter().filter(|distance| **distance >= least).count();
                inside as f32 / f32::from(SAMPLES * SAMPLES)
            };
            let (all, core) = (share(-EDGE), share(0.0));
            let core = if all > 0.0 { core / all } else { 0.0 };
            let mixed = |part: u8| (255.0 + (f32::from(part) - 255.0) * core) as u8;
            data.extend([mixed(red), mixed(green), mixed(blue), (all * 255.0) as u8]);
        }
    }
    let size = Extent3d { width: width.into(), height: height.into(), depth_or_array_layers: 1 };
    Image::new(size, TextureDimension::D2, data, TextureFormat::Rgba8UnormSrgb, RenderAssetUsages::default())
}

/// Returns the distance from the nearest side of a triangle, positive inside.
fn inside([tip, one, other]: [Point; 3], point: Point) -> f32 {
    let side = |from: Point, to: Point| {
        let (right, down) = (to.x - from.x, to.y - from.y);
        ((point.x - from.x) * down - (point.y - from.y) * right) / right.hypot(down).max(f32::EPSILON)
    };
    let sides = [side(tip, one), side(one, other), side(other, tip)];
    // The corners may go round either way.
    let is_clockwise = (one.x - tip.x) * (other.y - tip.y) - (one.y - tip.y) * (other.x - tip.x) > 0.0;
    sides.into_iter().map(|distance| if is_clockwise { -distance } else { distance }).fold(f32::INFINITY, f32::min)
}

/// Darkens a colour until white text on it is easy to read.
pub(crate) fn readable_under_white(color: Color) -> Color {
    let Srgba { red, green, blue, .. } = Srgba::from(color);
    let [red, green, blue] = contrast::readable_under_white([red, green, blue]);
    Color::srgb(red, green, blue)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::float_cmp)]
mod tests {
    use super::*;

    #[test]
    fn arrow_is_filled_inside_edged_in_white_and_clear_outside() {
        let corners = [Point { x: 20.0, y: 10.0 }, Point { x: 0.0, y: 0.0 }, Point { x: 0.0, y: 20.0 }];
        for corners in [corners, [corners[0], corners[2], corners[1]]] {
            let area = Rect::new(-4.0, -4.0, 28.0, 28.0);
            let image = triangle(corners, area, 1.0, Color::srgb(0.0, 0.0, 1.0));
            let data = image.data.unwrap();
            let at = |x: usize, y: usize| &data[(y * 28 + x) * 4..][..4];
            assert_eq!(at(9, 14), [0, 0, 255, 255]);
            assert_eq!(at(3, 14), [255, 255, 255, 255]);
            assert_eq!(at(20, 0)[3], 0);
        }
    }
}
