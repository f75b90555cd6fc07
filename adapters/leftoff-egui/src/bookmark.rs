//! The bookmark at the edge of the window, after the arrow has faded.

use egui::{Context, CursorIcon, LayerId, Order, Rect, Sense, Ui, UiBuilder, Vec2, vec2};
use leftoff::marker::place::Direction;

use crate::arrow::Arrow;
use crate::compat;
use crate::paint::Brush;
use crate::text::Text;

/// Width and height, in points.
const SIZE: Vec2 = vec2(14.0, 24.0);
/// The distance that other widgets keep, in points.
const AIR: f32 = 2.0;

impl Arrow {
    /// Shows the bookmark where it covers nothing, at the edge where lines end. A click takes the user back.
    pub(crate) fn show_bookmark(&mut self, ctx: &Context) {
        let is_at_left = self.settings.direction == Direction::RightToLeft;
        self.bookmark = self.bookmark_spot(ctx, is_at_left);
        let Some(rect) = self.bookmark else { return };
        let id = compat::id(("leftoff bookmark", self.resume.scope()));
        let layer = LayerId::new(Order::Middle, id);
        let ui = Ui::new(ctx.clone(), id, UiBuilder::new().layer_id(layer).max_rect(rect));
        // Not a Tab stop, as the arrow: the program has a shortcut.
        let response = ui.interact(rect, id.with("click"), Sense::CLICK).on_hover_cursor(CursorIcon::PointingHand);
        let words = Text::Back.said_by(self.texts.as_ref());
        response.widget_info(|| compat::button(&words, true));
        Brush::new(ctx.layer_painter(layer), &self.settings, 1.0).bookmark(rect, is_at_left);
        if response.on_hover_text(words).clicked() {
            self.take_me_back();
            ctx.request_repaint();
        }
    }

    fn bookmark_spot(&self, ctx: &Context, is_at_left: bool) -> Option<Rect> {
        let window = compat::content_rect(ctx);
        let size = SIZE * self.settings.factor();
        let room = window.height() - size.y - 2.0 * AIR;
        let x = if is_at_left { window.left() } else { window.right() - size.x };
        let at = |part: f32| Rect::from_min_size(egui::pos2(x, window.top() + AIR + room * part), size);
        let taken = self.taken(ctx);
        let is_free =
            |rect: &Rect| window.contains_rect(*rect) && !taken.iter().any(|taken| taken.intersects(rect.expand(AIR)));
        let before = self.bookmark.filter(|rect| rect.size() == size && (rect.left() - x).abs() < 0.5);
        let steps = (0..=20_u8).map(|step| at(1.0 - f32::from(step) / 20.0));
        before.into_iter().chain(steps).find(is_free)
    }
}
