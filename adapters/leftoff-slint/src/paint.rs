//! What the `.slint` half draws: colours, paths, and the sizes of texts that it has measured.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;

use leftoff::marker::place::{Point, Rect};
use slint::Color;

/// The contrast of text that is easy to read, by the accessibility guidelines (WCAG).
const READABLE: f32 = 4.5;

fn luminance(color: Color) -> f32 {
    let linear = |part: u8| {
        let part = f32::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.red()) + 0.7152 * linear(color.green()) + 0.0722 * linear(color.blue())
}

/// Darkens a colour until white text on it is easy to read.
pub(crate) fn readable_under_white(color: Color) -> Color {
    let darker = (0..=20_u16).map(|step| {
        let part = |part: u8| u8::try_from(u16::from(part) * (20 - step) / 20).unwrap_or_default();
        Color::from_rgb_u8(part(color.red()), part(color.green()), part(color.blue()))
    });
    let mut readable = darker.filter(|color| 1.05 / (luminance(*color) + 0.05) >= READABLE);
    readable.next().unwrap_or(Color::from_rgb_u8(0, 0, 0))
}

/// Returns the commands of a path around these corners.
pub(crate) fn triangle([tip, one, other]: [Point; 3]) -> String {
    format!("M {} {} L {} {} L {} {} Z", tip.x, tip.y, one.x, one.y, other.x, other.y)
}

/// Returns the commands of the dashes around a region: dashed, with solid corners.
pub(crate) fn dashed(rect: Rect) -> String {
    let Rect { min, max } = rect;
    // In the middle of the white edge.
    let (min, max) = (Point { x: min.x + 2.5, y: min.y + 2.5 }, Point { x: max.x - 2.5, y: max.y - 2.5 });
    let mut commands = String::new();
    for (from, to) in dashes(max.x - min.x) {
        for y in [min.y, max.y] {
            // Writing to a string does not fail.
            let _ = write!(commands, "M {} {y} L {} {y} ", min.x + from, min.x + to);
        }
    }
    for (from, to) in dashes(max.y - min.y) {
        for x in [min.x, max.x] {
            let _ = write!(commands, "M {x} {} L {x} {} ", min.y + from, min.y + to);
        }
    }
    commands
}

/// Returns the dashes of a side: the corners, and what is between them.
fn dashes(length: f32) -> Vec<(f32, f32)> {
    let corner = 12.0_f32.min(length / 2.0);
    let mut dashes = vec![(0.0, corner), (length - corner, length)];
    let mut from = corner + 6.0;
    while from < length - corner - 6.0 {
        dashes.push((from, (from + 8.0).min(length - corner - 6.0)));
        from += 14.0;
    }
    dashes
}

/// The sizes of texts. They are known a moment after they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    sizes: HashMap<String, (f32, f32)>,
    missing: RefCell<Option<String>>,
}

/// More texts than a marker has in one language.
const MOST: usize = 64;

impl Measured {
    /// Returns the size of a tag with this text; `None` if it must be measured first.
    pub(crate) fn tag_size(&self, text: &str) -> Option<(f32, f32)> {
        let size = self.sizes.get(text);
        if size.is_none() {
            self.missing.replace(Some(text.to_owned()));
        }
        size.map(|(width, height)| (width.ceil() + 16.0, height.ceil() + 8.0))
    }

    /// Returns a text that must be measured.
    pub(crate) fn take_missing(&self) -> Option<String> {
        self.missing.take()
    }

    pub(crate) fn set(&mut self, text: String, width: f32, height: f32) {
        if self.sizes.len() >= MOST {
            self.sizes.clear();
        }
        self.sizes.insert(text, (width, height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_text_can_be_read_on_every_colour() {
        for (red, green, blue) in [(255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (54, 133, 227)] {
            let core = readable_under_white(Color::from_rgb_u8(red, green, blue));
            assert!(1.05 / (luminance(core) + 0.05) >= READABLE, "{core:?}");
        }
    }
}
