//! Shapes with a dark core and a light edge, so that one of the two is visible on any background.

use egui::emath::GuiRounding as _;
use egui::{Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, TextStyle, Vec2, pos2, vec2};

use leftoff::marker::contrast;

use crate::compat;
use crate::settings::Settings;

/// The light colour of the marker; the dark one is [`Settings::dark_color`].
pub const HALO: Color32 = Color32::WHITE;

/// Darkens a colour until white text on it is easy to read.
pub(crate) fn readable_under_white(color: Color32) -> Color32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
    let byte = |part: f32| (part * 255.0).round() as u8;
    let [red, green, blue] = contrast::readable_under_white(parts(color)).map(byte);
    Color32::from_rgb(red, green, blue)
}

/// Returns the relative luminance of an opaque colour, from 0 to 1.
pub(crate) fn luminance(color: Color32) -> f32 {
    contrast::luminance(parts(color))
}

fn parts(color: Color32) -> [f32; 3] {
    [color.r(), color.g(), color.b()].map(|part| f32::from(part) / 255.0)
}

/// Draws in the two colours with an opacity.
pub(crate) struct Brush {
    painter: Painter,
    core: Color32,
    opacity: f32,
    /// The factor for the size of the text.
    scale: f32,
    /// The factor for the width of lines.
    bold: f32,
}

/// The border width of the arrow, in points.
const EDGE: f32 = 2.0;
/// A shorter arrow is a plain triangle: a shaft would not be visible.
const PLAIN: f32 = 12.0;

impl Brush {
    pub(crate) fn new(painter: Painter, settings: &Settings, opacity: f32) -> Self {
        let core = settings.dark_color(&compat::style(painter.ctx()).visuals);
        let bold = if settings.high_contrast { 1.5 } else { 1.0 };
        Self { painter, core, opacity, scale: settings.factor(), bold }
    }

    fn core(&self) -> Color32 {
        self.core.gamma_multiply(self.opacity)
    }

    fn halo(&self) -> Color32 {
        HALO.gamma_multiply(self.opacity)
    }

    /// Draws the arrow in the triangle of this tip and these corners, including its border.
    pub(crate) fn arrow(&self, tip: Pos2, corners: [Pos2; 2]) {
        let [one, other] = corners;
        let base = one.lerp(other, 0.5);
        let along = (tip - base).normalized();
        let across = (other - one).normalized();
        let (length, half) = (tip.distance(base), one.distance(other) / 2.0);
        if length < PLAIN {
            self.painter.add(Shape::convex_polygon(vec![tip, one, other], self.core(), Stroke::new(1.0, self.halo())));
            return;
        }
        let head = length * 0.55;
        let at = |back: f32, aside: f32| tip - along * back + across * aside;
        let thin = half * 0.36;
        // Inset by the border, so that nothing is painted outside the placed area.
        let (point, tail) = (EDGE * 1.4, length - EDGE);
        let wide = half - EDGE * 1.4;
        let whole = [
            at(point, 0.0),
            at(head, wide),
            at(head, thin),
            at(tail, thin),
            at(tail, -thin),
            at(head, -thin),
            at(head, -wide),
        ];
        self.painter.add(Shape::closed_line(whole.to_vec(), Stroke::new(EDGE * 2.0, self.halo())));
        let triangle = vec![at(point, 0.0), at(head, wide), at(head, -wide)];
        self.painter.add(Shape::convex_polygon(triangle, self.core(), Stroke::NONE));
        let shaft = vec![at(head - 1.0, thin), at(tail, thin), at(tail, -thin), at(head - 1.0, -thin)];
        self.painter.add(Shape::convex_polygon(shaft, self.core(), Stroke::NONE));
    }

    /// Draws an outline around the element.
    pub(crate) fn outline(&self, rect: Rect) {
        self.painter.rect_stroke(rect, 6.0, Stroke::new(5.0 * self.bold, self.halo()), StrokeKind::Middle);
        self.painter.rect_stroke(rect, 6.0, Stroke::new(2.5 * self.bold, self.core()), StrokeKind::Middle);
    }

    /// Draws a ring that leaves the outline and fades: `progress` from 0 to 1.
    pub(crate) fn pulse(&self, outline: Rect, progress: f32) {
        let fade = (1.0 - progress) * self.opacity;
        let eased = 1.0 - (1.0 - progress).powi(2);
        let ring = outline.expand(2.0 + 12.0 * eased);
        let radius = 6.0 + 12.0 * eased;
        self.painter.rect_stroke(ring, radius, Stroke::new(4.0, HALO.gamma_multiply(fade)), StrokeKind::Middle);
        self.painter.rect_stroke(ring, radius, Stroke::new(2.0, self.core.gamma_multiply(fade)), StrokeKind::Middle);
    }

    /// Draws a bracket around a region: dashed, with solid corners.
    pub(crate) fn bracket(&self, rect: Rect) {
        self.painter.rect_stroke(rect, 0.0, Stroke::new(5.0 * self.bold, self.halo()), StrokeKind::Middle);
        let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        for side in corners.windows(2) {
            let [from, to] = side else { continue };
            let (way, stroke) = (*to - *from, Stroke::new(2.5 * self.bold, self.core()));
            let reach = way.normalized() * 12.0_f32.min(way.length() / 2.0);
            self.painter.line_segment([*from, *from + reach], stroke);
            self.painter.line_segment([*to - reach, *to], stroke);
            self.painter.extend(Shape::dashed_line(&[*from + reach, *to - reach], stroke, 8.0, 6.0));
        }
    }

    /// Draws text on its own background.
    pub(crate) fn tag(&self, room: Rect, words: &str) {
        let room = room.round_to_pixels(self.painter.pixels_per_point());
        self.painter.rect(room.shrink(1.5), 5.0, self.core(), Stroke::new(1.5, self.halo()), StrokeKind::Outside);
        let galley = self.painter.layout_no_wrap(words.to_owned(), self.font(), self.halo());
        self.painter.galley(room.center() - galley.size() / 2.0, galley, self.halo());
    }

    /// Draws a bookmark at the edge of the window: a ribbon with a notch towards the inside.
    pub(crate) fn bookmark(&self, rect: Rect, is_at_left: bool) {
        let (edge, inner) = if is_at_left { (rect.left(), rect.right()) } else { (rect.right(), rect.left()) };
        let notch = pos2(inner + (edge - inner) * 0.3, rect.center().y);
        // Two convex halves.
        for y in [rect.top(), rect.bottom()] {
            let half = vec![pos2(edge, y), pos2(inner, y), notch, pos2(edge, rect.center().y)];
            self.painter.add(Shape::convex_polygon(half, self.core(), Stroke::NONE));
        }
        let outline = [pos2(edge, rect.top()), pos2(inner, rect.top()), notch];
        let outline = [&outline[..], &[pos2(inner, rect.bottom()), pos2(edge, rect.bottom())]].concat();
        self.painter.add(Shape::line(outline, Stroke::new(1.5 * self.bold, self.halo())));
    }

    fn font(&self) -> FontId {
        let mut font = TextStyle::Body.resolve(&compat::style(self.painter.ctx()));
        font.size *= self.scale;
        font
    }

    /// Returns the size of a tag with this text.
    pub(crate) fn tag_size(&self, words: &str) -> Vec2 {
        self.painter.layout_no_wrap(words.to_owned(), self.font(), HALO).size() + vec2(16.0, 8.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Visuals;

    #[test]
    fn white_text_can_be_read_in_every_theme_and_color() {
        let contrast = |color| 1.05 / (luminance(color) + 0.05);
        let colors =
            [None, Some(Color32::YELLOW), Some(Color32::WHITE), Some(Color32::TRANSPARENT), Some(Color32::RED)];
        for (color, visuals) in
            colors.into_iter().flat_map(|color| [(color, Visuals::dark()), (color, Visuals::light())])
        {
            let drawn = Settings { color, ..Settings::default() }.dark_color(&visuals);
            assert!(contrast(drawn) >= 4.5 && drawn.is_opaque(), "{color:?}: {drawn:?}");
        }
        let strong = Settings { high_contrast: true, ..Settings::default() };
        assert_eq!(strong.dark_color(&Visuals::dark()), Color32::BLACK);
    }

    #[test]
    fn the_color_is_the_programs() {
        let mut visuals = Visuals::light();
        visuals.selection.stroke.color = Color32::DARK_GREEN;
        assert_eq!(Settings::default().dark_color(&visuals), Color32::DARK_GREEN);
        let own = Settings { color: Some(Color32::DARK_BLUE), ..Settings::default() };
        assert_eq!(own.dark_color(&visuals), Color32::DARK_BLUE);
    }
}
