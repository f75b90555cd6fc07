//! The notice about quarantined sections, and the button that brings them back.

use std::time::Duration;

use egui::containers::AreaState;
use egui::{Area, Context, Frame, Label, LayerId, Order, Pos2, Rect, Vec2, vec2};
use leftoff::marker::place::Direction;
use leftoff::resume::Notice;
use leftoff::{Outcome, Session};

use crate::arrow::Arrow;
use crate::compat;
use crate::draw::{Drawn, leaves};
use crate::text::Text;

const ID: &str = "leftoff: quarantine";
/// The distance from the edges of the window, in points.
const EDGE: f32 = 8.0;
/// The width of the text, in points, unless the window is narrower.
const WIDTH: f32 = 300.0;
/// After this number of passes, the layout of the window and the size of the notice are known. The notice then stays,
/// whatever scrolls under it.
const SETTLED: u8 = 3;
/// While another instance holds the location, the window wakes this often, so that the sections are read again before
/// the user types on.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The user's answer to the notice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    BringBack,
    StopOffering,
    Dismiss,
}

/// The position of the notice.
#[derive(Default)]
pub(crate) struct Place {
    /// The passes since the notice was shown in a window of this size.
    passes: u8,
    window: Vec2,
    /// The user moved it.
    is_moved: bool,
}

impl Arrow {
    /// Returns whether the stored values may differ from the values on the screen.
    pub(crate) fn must_reread(&mut self, ctx: &Context, session: &mut Session) -> bool {
        if session.outcome() == Outcome::ReadOnly && session.status().holder.is_some() {
            ctx.request_repaint_after(LOOK_EVERY);
        }
        let must_reread = self.resume.refresh(session);
        // A frame was drawn, so the restored values did not crash the program.
        self.resume.confirm(session);
        if self.resume.give_way(session) {
            ctx.request_repaint();
        }
        let is_back = self.show_quarantine(ctx, session);
        if must_reread || is_back {
            ctx.request_repaint();
        }
        must_reread || is_back
    }

    /// Shows the notice while sections are quarantined and the user has not answered. Returns whether the user brought
    /// them back in this frame.
    fn show_quarantine(&mut self, ctx: &Context, session: &mut Session) -> bool {
        let Some(notice) = self.resume.notice(session) else { return false };
        let Some(answer) = self.ask(ctx, notice) else { return false };
        ctx.request_repaint();
        match answer {
            Answer::BringBack => return self.resume.bring_back(session),
            Answer::StopOffering => self.resume.stop_offering(session),
            Answer::Dismiss => self.resume.put_off(),
        };
        false
    }

    fn ask(&mut self, ctx: &Context, notice: Notice) -> Option<Answer> {
        let said = |text: Text<'_>| text.said_by(self.texts.as_ref());
        let window = compat::content_rect(ctx);
        let (words, dismiss) = match notice {
            Notice::Undone => (Text::Undone, Text::Later),
            Notice::Replaced => (Text::Replaced, Text::Understood),
            Notice::OtherInstance => (Text::OfAnother, Text::Understood),
            _ => (Text::Quarantined, Text::Later),
        };
        let can_bring_back = notice != Notice::OtherInstance;
        let mut answer = None;
        let mut area = Area::new(compat::id(ID)).order(Order::Foreground).constrain(true);
        if let Some(spot) = self.notice_spot(ctx) {
            area = area.current_pos(spot);
        }
        let shown = area.show(ctx, |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(WIDTH.min(window.width() - 4.0 * EDGE));
                // Not selectable: a drag on the text moves the notice.
                ui.add(Label::new(said(words)).wrap().selectable(false));
                ui.horizontal_wrapped(|ui| {
                    if can_bring_back && ui.button(said(Text::BringBack)).clicked() {
                        answer = Some(Answer::BringBack);
                    }
                    if ui.button(said(dismiss)).clicked() {
                        answer = Some(Answer::Dismiss);
                    }
                    if notice == Notice::Undone && ui.button(said(Text::StopOffering)).clicked() {
                        answer = Some(Answer::StopOffering);
                    }
                });
            });
        });
        let passes = if self.place.window == window.size() { self.place.passes.saturating_add(1) } else { 0 };
        self.place.is_moved |= shown.response.dragged();
        (self.place.passes, self.place.window) = (passes, window.size());
        answer
    }

    /// Returns the position to move the notice to; `None` if it stays where it is.
    fn notice_spot(&self, ctx: &Context) -> Option<Pos2> {
        let is_settled = self.place.passes >= SETTLED && self.place.window == compat::content_rect(ctx).size();
        let size = AreaState::load(ctx, compat::id(ID))?.size?;
        (!is_settled && !self.place.is_moved).then(|| self.free_spot(ctx, size))
    }

    /// Returns a position where the notice covers no widget and no arrow, or else the upper corner where lines end, because
    /// the card is usually there.
    fn free_spot(&self, ctx: &Context, size: Vec2) -> Pos2 {
        let window = compat::content_rect(ctx).shrink(EDGE);
        let room = (window.size() - size).max(Vec2::ZERO);
        let (start, end) = if self.settings.direction == Direction::RightToLeft { (1.0, 0.0) } else { (0.0, 1.0) };
        let at = |part: f32, y: f32| window.min + room * vec2(start + (end - start) * part, y);
        let taken = self.taken(ctx);
        let parts = [1.0, 0.75, 0.5, 0.25, 0.0];
        let spots = parts.into_iter().flat_map(|y| parts.map(|x| at(x, y)));
        let is_free = |spot: &Pos2| {
            let notice = Rect::from_min_size(*spot, size).expand(EDGE / 2.0);
            !taken.iter().any(|taken| taken.intersects(notice))
        };
        spots.into_iter().find(is_free).unwrap_or(at(1.0, 0.0))
    }

    /// Returns the areas that the notice must not cover.
    pub(crate) fn taken(&self, ctx: &Context) -> Vec<Rect> {
        let own = LayerId::new(Order::Foreground, compat::id(ID));
        let layers: Vec<LayerId> = ctx.viewport(|viewport| viewport.this_pass.widgets.layer_ids().collect());
        let layers = layers.into_iter().filter(|layer| *layer != own);
        let mut taken: Vec<Rect> = layers.flat_map(|layer| leaves(ctx, layer, |_| true)).collect();
        match self.drawn() {
            Some(Drawn::Arrow { bounds, words, .. }) => taken.extend([Some(*bounds), *words].into_iter().flatten()),
            Some(Drawn::Bracket { rect, words, .. }) => taken.extend([Some(*rect), *words].into_iter().flatten()),
            _ => {}
        }
        taken
    }
}
