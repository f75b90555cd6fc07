//! Shapes with a dark core and a light edge, so that one of the two is visible on any background.
//!
//! Rectangles and text only: every renderer of iced draws them.

use iced_core::alignment::Vertical;
use iced_core::renderer::Quad;
use iced_core::text::{self, LineHeight, Paragraph as _, Shaping, Wrapping};
use iced_core::{Border, Color, Pixels, Point, Rectangle, Size, theme};
use leftoff::marker::contrast::{self, luminance};
use leftoff::marker::place::{self, dashes};
use leftoff::resume::{Drawn, Figure};

use crate::geometry::to_iced;

/// The light colour of the marker.
pub(crate) const HALO: Color = Color::WHITE;
/// The border width of the arrow.
const EDGE: f32 = 2.0;

/// The colours of the marker and the card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Colors {
    /// Dark enough for white text on it.
    pub(crate) core: Color,
    pub(crate) text: Color,
    /// The background of the card.
    pub(crate) ground: Color,
}

impl Colors {
    pub(crate) fn of(theme: &impl theme::Base, own: Option<Color>) -> Self {
        let base = theme.base();
        let primary = theme.palette().map_or(base.text_color, |palette| palette.primary);
        let core = readable_under_white(own.unwrap_or(primary));
        let part = if theme.mode() == theme::Mode::Dark { 0.4 } else { 0.1 };
        Self { core, text: base.text_color, ground: mix(base.background_color, core, part) }
    }
}

fn mix(one: Color, other: Color, part: f32) -> Color {
    let at = |one: f32, other: f32| one + (other - one) * part;
    Color::from_rgb(at(one.r, other.r), at(one.g, other.g), at(one.b, other.b))
}

fn parts(color: Color) -> [f32; 3] {
    [color.r, color.g, color.b]
}

/// Darkens a colour until white text on it is easy to read.
pub(crate) fn readable_under_white(color: Color) -> Color {
    Color::from(contrast::readable_under_white(parts(color)))
}

/// Returns the text as a line or a paragraph of this width.
pub(crate) fn text<R: text::Renderer, C>(renderer: &R, content: C, width: f32, part: f32) -> text::Text<C, R::Font> {
    text::Text {
        content,
        bounds: Size::new(width, f32::INFINITY),
        size: Pixels(renderer.default_size().0 * part),
        line_height: LineHeight::default(),
        font: renderer.default_font(),
        align_x: text::Alignment::Default,
        align_y: Vertical::Top,
        shaping: Shaping::default(),
        wrapping: Wrapping::Word,
    }
}

/// Returns the size of a text in this width.
pub(crate) fn measured<R: text::Renderer>(renderer: &R, content: &str, width: f32, part: f32) -> Size {
    R::Paragraph::with_text(text(renderer, content, width, part)).min_bounds()
}

/// Returns the size of a tag with this text.
pub(crate) fn tag_size<R: text::Renderer>(renderer: &R, words: &str) -> Size {
    let size = measured(renderer, words, f32::INFINITY, 1.0);
    Size::new(size.width.ceil() + 16.0, size.height.ceil() + 8.0)
}

fn fill<R: iced_core::Renderer>(renderer: &mut R, bounds: Rectangle, color: Color) {
    if bounds.width > 0.0 && bounds.height > 0.0 {
        renderer.fill_quad(Quad { bounds, ..Quad::default() }, color);
    }
}

fn frame<R: iced_core::Renderer>(renderer: &mut R, bounds: Rectangle, width: f32, radius: f32, color: Color) {
    let border = Border { color, width, radius: radius.into() };
    renderer.fill_quad(Quad { bounds, border, ..Quad::default() }, Color::TRANSPARENT);
}

/// Draws text.
pub(crate) fn write<R: text::Renderer>(renderer: &mut R, words: &str, room: Rectangle, part: f32, color: Color) {
    // A paragraph breaks where it was measured to break, whatever rounding does to its width.
    let mut line = text(renderer, words.to_owned(), room.width + 1.0, part);
    // An infinite height is no height to every renderer.
    line.bounds.height = room.height + 1.0;
    renderer.fill_text(line, room.position(), color, room.expand(2.0));
}

/// Draws arrow or bracket, and words.
pub(crate) fn figure<R: text::Renderer>(renderer: &mut R, figure: &Figure, colors: Colors) {
    let words = match &figure.drawn {
        Drawn::Arrow { words, .. } => {
            let Some(placement) = figure.placement else { return };
            if let Some(rect) = placement.outline.filter(|_| figure.has_outline) {
                outline(renderer, to_iced(rect), colors.core);
            }
            arrow(renderer, placement.arrow, colors.core);
            words
        }
        Drawn::Bracket { rect, words, .. } => {
            bracket(renderer, to_iced(*rect), colors.core);
            words
        }
        _ => return,
    };
    if let Some((words, room)) = words {
        tag(renderer, to_iced(*room), words, colors.core);
    }
}

/// Draws the arrow in the triangle of these corners, tip first, including its border: row by row.
fn arrow<R: iced_core::Renderer>(renderer: &mut R, corners: [place::Point; 3], color: Color) {
    let [tip, one, other] = corners;
    let is_level = (one.x - other.x).abs() < (one.y - other.y).abs();
    let (length, half, toward) = if is_level {
        ((tip.x - one.x).abs(), (one.y - other.y).abs() / 2.0, (tip.x - one.x).signum())
    } else {
        ((tip.y - one.y).abs(), (one.x - other.x).abs() / 2.0, (tip.y - one.y).signum())
    };
    // From `back` to `front`, measured from the tip, this far aside on both sides.
    let mut strip = |back: f32, front: f32, aside: f32, color: Color| {
        let (from, to) = if toward > 0.0 { (-back, -front) } else { (front, back) };
        let bounds = if is_level {
            Rectangle { x: tip.x + from, y: tip.y - aside, width: to - from, height: aside * 2.0 }
        } else {
            Rectangle { x: tip.x - aside, y: tip.y + from, width: aside * 2.0, height: to - from }
        };
        fill(renderer, bounds, color);
    };
    let head = if length < 12.0 { length } else { (length * 0.55).round() };
    let thin = half * 0.36;
    for (inset, color) in [(0.0, HALO), (EDGE.min(length / 6.0), color)] {
        // The edge of the head is as wide as that of the shaft, measured across it.
        let slope = half / head;
        let point = inset * (1.0 + slope * slope).sqrt() / slope;
        // Strips of whole pixels: two that share one would let the background through.
        let mut back = point.floor();
        while back < head - inset {
            strip(back + 1.0, back, (back + 1.0 - point) * slope, color);
            back += 1.0;
        }
        strip(length - inset, back.min(length - inset), thin - inset.min(thin), color);
    }
}

/// Draws an outline around the element.
fn outline<R: iced_core::Renderer>(renderer: &mut R, rect: Rectangle, color: Color) {
    frame(renderer, rect.expand(2.5), 5.0, 8.0, HALO);
    frame(renderer, rect.expand(1.25), 2.5, 7.0, color);
}

/// Draws a bracket around a region: dashed, with solid corners.
fn bracket<R: iced_core::Renderer>(renderer: &mut R, rect: Rectangle, color: Color) {
    frame(renderer, rect.expand(2.5), 5.0, 0.0, HALO);
    for (length, is_level) in [(rect.width, true), (rect.height, false)] {
        for (from, to) in dashes(length) {
            for far in [false, true] {
                let (x, y) = match (is_level, far) {
                    (true, far) => (rect.x + from, rect.y - 1.25 + if far { rect.height } else { 0.0 }),
                    (false, far) => (rect.x - 1.25 + if far { rect.width } else { 0.0 }, rect.y + from),
                };
                let size = if is_level { Size::new(to - from, 2.5) } else { Size::new(2.5, to - from) };
                fill(renderer, Rectangle::new(Point::new(x, y), size), color);
            }
        }
    }
}

/// Draws text on its own background.
fn tag<R: text::Renderer>(renderer: &mut R, room: Rectangle, words: &str, color: Color) {
    let border = Border { color: HALO, width: 1.5, radius: 5.0.into() };
    renderer.fill_quad(Quad { bounds: room, border, ..Quad::default() }, color);
    write(renderer, words, room.shrink([4.0, 8.0]), 1.0, HALO);
}

/// Draws the background of the card, with a border at the side where reading begins.
pub(crate) fn card<R: iced_core::Renderer>(renderer: &mut R, room: Rectangle, colors: Colors, is_mirrored: bool) {
    fill(renderer, room, colors.ground);
    let x = if is_mirrored { room.x + room.width - 5.0 } else { room.x };
    let edge = if luminance(parts(colors.ground)) < 0.3 { colors.text } else { colors.core };
    fill(renderer, Rectangle { x, width: 5.0, ..room }, edge);
}

/// Draws a button of the card.
pub(crate) fn button<R: text::Renderer>(renderer: &mut R, room: Rectangle, words: &str, colors: Colors) {
    frame(renderer, room, 1.0, 4.0, Color { a: 0.6, ..colors.text });
    write(renderer, words, room.shrink([3.0, 8.0]), SMALL, colors.text);
}

/// The size of the text of buttons and of the trail.
pub(crate) const SMALL: f32 = 0.875;

#[cfg(test)]
mod tests {
    use super::*;
    use iced_core::Theme;

    #[test]
    fn white_text_can_be_read_in_every_theme() {
        let contrast = |color| 1.05 / (luminance(parts(color)) + 0.05);
        for theme in Theme::ALL {
            assert!(contrast(Colors::of(theme, None).core) >= 4.5, "{theme}");
        }
        assert!(contrast(Colors::of(&Theme::Light, Some(Color::WHITE)).core) >= 4.5);
    }

    #[test]
    fn the_text_of_the_card_can_be_read_in_every_theme_of_a_readable_palette() {
        for theme in [Theme::Light, Theme::Dark] {
            let Colors { text, ground, .. } = Colors::of(&theme, None);
            let (one, other) = (luminance(parts(text)) + 0.05, luminance(parts(ground)) + 0.05);
            assert!(one.max(other) / one.min(other) >= 4.5, "{theme}");
        }
    }
}
