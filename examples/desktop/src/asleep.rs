//! The card over the window while the desk sleeps.

use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align2, Area, Button, Color32, Context, Frame, Id, Margin, Order, RichText, Sense, Stroke, Ui, vec2,
};
use leftoff::marker::{Card, TrailEntry};
use leftoff::time::Timestamp;
use leftoff::{Mark, Marker};
use leftoff_egui::Arrow;

use crate::clock::time_of_day;
use crate::resume::Asleep;
use crate::theme;

/// What the user did.
#[derive(Default)]
pub(crate) struct Answer {
    /// By a click; keys are handled elsewhere.
    pub(crate) is_back: bool,
    pub(crate) has_noted: bool,
}

/// Covers the window.
///
/// `unsafe_line` is the text of the status line when it is not safe to close: the card then makes no claim.
pub(crate) fn show(
    ctx: &Context,
    arrow: &Arrow,
    asleep: &mut Asleep,
    last: Option<&TrailEntry>,
    now: Timestamp,
    unsafe_line: Option<&str>,
) -> Answer {
    let screen = ctx.content_rect();
    let mut answer = Answer::default();
    let cover = Area::new(Id::unique("asleep")).order(Order::Foreground).fixed_pos(screen.min).movable(false);
    cover.show(ctx, |ui| {
        let shade = if ui.visuals().dark_mode { 150 } else { 90 };
        ui.painter().rect_filled(screen, 0.0, Color32::from_black_alpha(shade));
        answer.is_back |= ui.allocate_rect(screen, Sense::click()).clicked();
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
            place(ui, last.and_then(|last| card_of(last, now)).as_ref());
            let since = format!("Asleep since {} ({})", time_of_day(asleep.since), asleep.reason);
            ui.label(RichText::new(since).weak());
            ui.add_space(10.0);
            let note = arrow.note_line(ui, &mut asleep.note);
            (asleep.is_writing, answer.has_noted) = (note.has_focus(), note.changed());
            ui.add_space(14.0);
            ui.horizontal(|ui| {
                let text = RichText::new("Wake").strong().color(palette.on_accent);
                let wake = ui.add(Button::new(text).fill(palette.accent).min_size(vec2(110.0, 32.0)));
                if !asleep.is_writing {
                    wake.request_focus();
                }
                answer.is_back |= wake.clicked();
                ui.label(RichText::new("or press any key, or click anywhere").weak());
            });
        });
    });
    answer
}

fn place(ui: &mut Ui, card: Option<&Card>) {
    ui.label(RichText::new(card.map_or("Nothing was touched yet", Card::location)).strong().size(16.0));
    if let Some(card) = card {
        let words = [card.what(), card.when()].into_iter().flatten().collect::<Vec<_>>();
        ui.label(words.join(" · "));
    }
}

/// Returns the card of the last touch, which is not a marker yet.
fn card_of(last: &TrailEntry, now: Timestamp) -> Option<Card> {
    let place: Vec<&str> = last.breadcrumb().collect();
    let mark = Mark::new(last.element()).action(last.action()).phase(last.phase()).breadcrumb(&place);
    let mark = mark.label(last.label().unwrap_or_default());
    Marker::from_marks("", [(mark, last.at())], None, None).map(|marker| marker.card(now))
}
