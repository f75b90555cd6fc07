//! Shapes with a dark core and a light edge, so that one of the two is visible on any background.

use egui::emath::GuiRounding as _;
use egui::{Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, TextStyle, Vec2, vec2};

/// The dark color of the marker; white text on it is readable.
pub const CORE: Color32 = Color32::from_rgb(0x7c, 0x2d, 0x12);
/// The light color of the marker.
pub const HALO: Color32 = Color32::WHITE;

/// Draws in the two colors with an opacity.
pub(crate) struct Brush {
    painter: Painter,
    opacity: f32,
}

/// The border width of the arrow, in points.
const EDGE: f32 = 2.0;
/// A shorter arrow is a plain triangle: a shaft would not be visible.
const PLAIN: f32 = 12.0;

impl Brush {
    pub(crate) fn new(painter: Painter, opacity: f32) -> Self {
        Self { painter, opacity }
    }

    pub(crate) fn painter(&self) -> &Painter {
        &self.painter
    }

    fn core(&self) -> Color32 {
        CORE.gamma_multiply(self.opacity)
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
        self.painter.rect_stroke(rect, 6.0, Stroke::new(5.0, self.halo()), StrokeKind::Middle);
        self.painter.rect_stroke(rect, 6.0, Stroke::new(2.5, self.core()), StrokeKind::Middle);
    }

    /// Draws a ring that leaves the outline and fades: `progress` from 0 to 1.
    pub(crate) fn pulse(&self, outline: Rect, progress: f32) {
        let fade = (1.0 - progress) * self.opacity;
        let eased = 1.0 - (1.0 - progress).powi(2);
        let ring = outline.expand(2.0 + 12.0 * eased);
        let radius = 6.0 + 12.0 * eased;
        self.painter.rect_stroke(ring, radius, Stroke::new(4.0, HALO.gamma_multiply(fade)), StrokeKind::Middle);
        self.painter.rect_stroke(ring, radius, Stroke::new(2.0, CORE.gamma_multiply(fade)), StrokeKind::Middle);
    }

    /// Draws a bracket around a region: dashed, with solid corners.
    pub(crate) fn bracket(&self, rect: Rect) {
        self.painter.rect_stroke(rect, 0.0, Stroke::new(5.0, self.halo()), StrokeKind::Middle);
        let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        for side in corners.windows(2) {
            let [from, to] = side else { continue };
            let (way, stroke) = (*to - *from, Stroke::new(2.5, self.core()));
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
        let galley = self.painter.layout_no_wrap(words.to_owned(), font(&self.painter), self.halo());
        self.painter.galley(room.center() - galley.size() / 2.0, galley, self.halo());
    }
}

fn font(painter: &Painter) -> FontId {
    TextStyle::Body.resolve(&painter.ctx().global_style())
}

/// Returns the size of a tag with this text.
pub(crate) fn tag_size(painter: &Painter, words: &str) -> Vec2 {
    painter.layout_no_wrap(words.to_owned(), font(painter), HALO).size() + vec2(16.0, 8.0)
}
