//! The resume card: one line at the top when the user is back, and the card over the window while it sleeps.

use eframe::egui::accesskit::{Live, Role};
use eframe::egui::{
    Align, Align2, Area, Button, Color32, Context, Frame, Id, Layout, Margin, Order, Rect, RichText, Sense, Stroke, Ui,
    vec2,
};
use leftoff::Phase;
use leftoff::marker::{Card, human_duration};
use leftoff::time::Timestamp;

use crate::sign::{self, Sign};
use crate::theme;

/// Always taken up, so that nothing below jumps when the card comes or goes.
pub(crate) const HEIGHT: f32 = 34.0;

/// A card in the words of this window.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    place: String,
    /// All after the place, with dots between.
    rest: String,
    phase: Phase,
    /// There is something to be shown.
    reachable: bool,
}

impl Words {
    /// `at` is when the element was touched: the card itself knows no local time.
    pub(crate) fn of(card: &Card, at: Timestamp, now: Timestamp, hint: Option<&str>) -> Self {
        let what = match card.phase() {
            Phase::Committed => format!("{}, nothing to repeat", card.what()),
            _ => card.what().to_owned(),
        };
        let ago = now.since(at).map(|age| format!("{} ago", human_duration(age)));
        let parts = [Some(what), ago, card.why().map(str::to_owned), hint.map(str::to_owned)];
        let rest = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        Self { place: card.where_().to_owned(), rest, phase: card.phase(), reachable: hint.is_none() }
    }

    pub(crate) fn nothing() -> Self {
        let (place, rest) = ("Nothing was touched yet".to_owned(), String::new());
        Self { place, rest, phase: Phase::InProgress, reachable: false }
    }

    /// What a screen reader says, once.
    pub(crate) fn announcement(&self) -> String {
        format!("You left off here: {} · {}", self.place, self.rest)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Dismiss,
    /// Show the place.
    Show,
}

/// The one line. `announcement` stays the same while the words grow older, so that it is said only once.
pub(crate) fn line(ui: &mut Ui, words: &Words, announcement: &str) -> Option<Asked> {
    let palette = theme::palette(ui.visuals());
    let mut asked = None;
    let card = strip(ui, palette.card, theme::CORE, |ui| {
        let text = palette.card_text;
        let sign = match words.phase {
            Phase::Committed => Sign::Done,
            Phase::Failed => Sign::Warning,
            _ => Sign::Place,
        };
        sign::show(ui, sign, text);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.visuals_mut().override_text_color = Some(text);
            let close =
                Button::new(RichText::new("×").size(20.0)).frame_when_inactive(false).min_size(vec2(26.0, 24.0));
            if ui.add(close).on_hover_text("Dismiss (Esc)").accessible_name("Dismiss").clicked() {
                asked = Some(Asked::Dismiss);
            }
            if words.reachable && ui.add(Button::new("Take me there").frame_when_inactive(false)).clicked() {
                asked = Some(Asked::Show);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.label(RichText::new(&words.place).strong());
                ui.add(eframe::egui::Label::new(format!(" · {}", words.rest)).truncate());
            });
        });
    });
    // Beside the visible words, not round them: those change every minute, and would be said again each time.
    let live = ui.interact(card, Id::unique("resume card"), Sense::hover());
    ui.ctx().accesskit_node_builder(live.id, |node| {
        node.set_role(Role::Status);
        node.set_label(announcement);
        node.set_live(Live::Polite);
        node.set_live_atomic();
    });
    asked
}

/// Something that must not be overlooked, in the place of the card.
pub(crate) fn alarm(ui: &mut Ui, text: &str) {
    let palette = theme::palette(ui.visuals());
    strip(ui, palette.alarm, palette.alarm_text, |ui| {
        sign::show(ui, Sign::Warning, palette.alarm_text);
        ui.add(eframe::egui::Label::new(RichText::new(text).color(palette.alarm_text)).truncate());
    });
}

/// A quiet line, so that the place of the card is not a hole.
pub(crate) fn idle(ui: &mut Ui, text: &str) {
    strip(ui, Color32::TRANSPARENT, Color32::TRANSPARENT, |ui| {
        ui.label(RichText::new(text).weak());
    });
}

fn strip(ui: &mut Ui, fill: Color32, edge: Color32, contents: impl FnOnce(&mut Ui)) -> Rect {
    let size = vec2(ui.available_width(), HEIGHT);
    let layout = Layout::left_to_right(Align::Center);
    let area = ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_size(size);
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 6.0, fill);
        // Not by colour alone: the card has an edge of its own and a sign.
        let bar = Rect::from_min_size(rect.min, vec2(5.0, rect.height()));
        ui.painter().rect_filled(bar, 2.0, edge);
        let inset = if edge == Color32::TRANSPARENT { 0.0 } else { 16.0 };
        ui.add_space(inset);
        contents(ui);
    });
    area.response.rect
}

/// Covers the window. Whether the user is back: by any click; keys are looked at elsewhere.
///
/// `unsafe_line` is what the line at the bottom says when it is not safe to close: then this card promises nothing.
pub(crate) fn asleep(ctx: &Context, words: &Words, since: &str, unsafe_line: Option<&str>) -> bool {
    let screen = ctx.content_rect();
    let mut back = false;
    let cover = Area::new(Id::unique("asleep")).order(Order::Foreground).fixed_pos(screen.min).movable(false);
    cover.show(ctx, |ui| {
        let shade = if ui.visuals().dark_mode { 150 } else { 90 };
        ui.painter().rect_filled(screen, 0.0, Color32::from_black_alpha(shade));
        back |= ui.allocate_rect(screen, Sense::click()).clicked();
    });
    let card =
        Area::new(Id::unique("asleep card")).order(Order::Foreground).anchor(Align2::CENTER_CENTER, vec2(0.0, -20.0));
    let card = card.role(Role::AlertDialog).accessible_name("The desk is asleep");
    card.show(ctx, |ui| {
        let palette = theme::palette(ui.visuals());
        let stroke = Stroke::new(1.0, palette.line);
        let frame = Frame::popup(ui.style()).inner_margin(Margin::same(24)).corner_radius(10.0).stroke(stroke);
        frame.show(ui, |ui| {
            ui.set_width(430.0);
            ui.heading(if unsafe_line.is_none() {
                "Asleep. Everything is kept."
            } else {
                "Asleep, but not safe to close"
            });
            if let Some(line) = unsafe_line {
                ui.label(RichText::new(line).color(palette.alarm_text));
            }
            ui.add_space(8.0);
            ui.label(RichText::new(&words.place).strong().size(16.0));
            ui.label(&words.rest);
            ui.label(RichText::new(since).weak());
            ui.add_space(14.0);
            ui.horizontal(|ui| {
                let text = RichText::new("Wake").strong().color(palette.on_accent);
                let wake = ui.add(Button::new(text).fill(palette.accent).min_size(vec2(110.0, 32.0)));
                wake.request_focus();
                back |= wake.clicked();
                ui.label(RichText::new("or press any key, or click anywhere").weak());
            });
        });
    });
    back
}
