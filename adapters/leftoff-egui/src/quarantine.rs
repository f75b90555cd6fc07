//! The notice about quarantined sections, and the button that brings them back.

use egui::{Align2, Area, Context, Frame, Id, Order, vec2};
use leftoff::Session;

use crate::arrow::Arrow;
use crate::text::Text;

/// The distance from the upper edge of the window, in points.
const BELOW_EDGE: f32 = 8.0;

impl Arrow {
    /// Shows the notice while sections are quarantined and the user has not answered. Returns whether the user brought
    /// them back in this frame.
    pub(crate) fn show_quarantine(&mut self, ctx: &Context, session: &mut Session) -> bool {
        if self.is_quarantine_answered || !session.can_bring_back() {
            return false;
        }
        let said = |text: Text<'_>| text.said_by(self.texts.as_ref());
        let (mut bring_back, mut dismiss) = (false, false);
        let area = Area::new(Id::unique("leftoff: quarantine")).order(Order::Foreground);
        area.anchor(Align2::CENTER_TOP, vec2(0.0, BELOW_EDGE)).show(ctx, |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.label(said(Text::Quarantined));
                ui.horizontal(|ui| {
                    bring_back = ui.button(said(Text::BringBack)).clicked();
                    dismiss = ui.button(said(Text::NotNow)).clicked();
                });
            });
        });
        // If the storage fails, the sections stay in quarantine and the notice stays, so that the user can try again.
        let is_back = bring_back && session.bring_back_all().is_ok();
        self.is_quarantine_answered = is_back || dismiss;
        if self.is_quarantine_answered {
            ctx.request_repaint();
        }
        is_back
    }
}
