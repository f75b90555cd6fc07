//! The notice about quarantined sections, and the button that brings them back.

use std::time::Duration;

use egui::{Align2, Area, Context, Frame, Id, Order, vec2};
use leftoff::{Outcome, QuarantineReason, Session};

use crate::arrow::Arrow;
use crate::text::Text;

/// The distance from the upper edge of the window, in points.
const BELOW_EDGE: f32 = 8.0;
/// While another instance holds the location, the window wakes this often, so that the sections are read again before
/// the user types on.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The user's answer to the notice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    BringBack,
    Dismiss,
}

impl Arrow {
    /// Returns whether the session took over from another instance since the last frame.
    pub(crate) fn sees_take_over(&mut self, ctx: &Context, session: &mut Session) -> bool {
        if session.outcome() == Outcome::ReadOnly && session.status().holder.is_some() {
            ctx.request_repaint_after(LOOK_EVERY);
        }
        if !session.took_over() {
            return false;
        }
        // A take-over is a start: the notice that the user put off is shown again.
        self.is_quarantine_answered = false;
        self.has_work_of_another =
            session.quarantined().iter().any(|aside| aside.why == QuarantineReason::OtherInstance);
        ctx.request_repaint();
        true
    }

    /// Shows the notice while sections are quarantined and the user has not answered. Returns whether the user brought
    /// them back in this frame.
    pub(crate) fn show_quarantine(&mut self, ctx: &Context, session: &mut Session) -> bool {
        let can_bring_back = !self.is_quarantine_answered && session.can_bring_back();
        if !can_bring_back && !self.has_work_of_another {
            return false;
        }
        let Some(answer) = self.notice(ctx, can_bring_back) else { return false };
        ctx.request_repaint();
        if !can_bring_back {
            self.has_work_of_another = false;
            return false;
        }
        // If the storage fails, the sections stay in quarantine and the notice stays, so that the user can try again.
        let is_back = answer == Answer::BringBack && session.bring_back_all().is_ok();
        self.is_quarantine_answered = is_back || answer == Answer::Dismiss;
        is_back
    }

    /// Shows the notice after crashes, or, if nothing can be brought back here, the notice about another instance.
    fn notice(&self, ctx: &Context, can_bring_back: bool) -> Option<Answer> {
        let said = |text: Text<'_>| text.said_by(self.texts.as_ref());
        let mut answer = None;
        let area = Area::new(Id::unique("leftoff: quarantine")).order(Order::Foreground);
        area.anchor(Align2::CENTER_TOP, vec2(0.0, BELOW_EDGE)).show(ctx, |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.label(said(if can_bring_back { Text::Quarantined } else { Text::OfAnother }));
                ui.horizontal(|ui| {
                    if can_bring_back && ui.button(said(Text::BringBack)).clicked() {
                        answer = Some(Answer::BringBack);
                    }
                    if ui.button(said(if can_bring_back { Text::NotNow } else { Text::Understood })).clicked() {
                        answer = Some(Answer::Dismiss);
                    }
                });
            });
        });
        answer
    }
}
