//! What the `.slint` half draws: colours, paths, and the sizes of texts that it has measured.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;

use leftoff::marker::contrast;
use leftoff::marker::place::{Point, Rect, dashes};
use slint::Color;

/// Darkens a colour until white text on it is easy to read.
pub(crate) fn readable_under_white(color: Color) -> Color {
    let part = |part: u8| f32::from(part) / 255.0;
    let [red, green, blue] =
        contrast::readable_under_white([part(color.red()), part(color.green()), part(color.blue())]);
    Color::from_rgb_f32(red, green, blue)
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
