//! The header: the name of the desk, the button that puts it to sleep, and the line that replaces the card.

use eframe::egui::{self, Align, Button, ComboBox, Label, Layout, RichText, Ui, vec2};
use leftoff::Reason;

use crate::next::Version;
use crate::sign::{self, Sign};
use crate::theme;

/// The available reasons, and their labels.
pub(crate) const REASONS: [(&str, Reason); 3] =
    [("call", Reason::Call), ("meeting", Reason::Meeting), ("break", Reason::Break)];

/// The user's choices in the header.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) sleep: bool,
    /// Dark or light.
    pub(crate) theme: Option<bool>,
}

pub(crate) fn show(ui: &mut Ui, reason: &mut usize, version: Version) -> Asked {
    let mut asked = Asked::default();
    egui::Sides::new().height(34.0).show(
        ui,
        |ui| {
            ui.heading("Approvals desk");
            if version == Version::Two {
                ui.label(RichText::new("version 2").weak());
            }
        },
        |ui| {
            // Laid out from the right; it reads "Save state before a call".
            let chosen = REASONS.get(*reason).map_or("", |(name, _)| name);
            let combo = ComboBox::from_id_salt("reason").selected_text(chosen).width(96.0);
            let combo = combo.show_ui(ui, |ui| {
                for (index, (name, _)) in REASONS.iter().enumerate() {
                    ui.selectable_value(reason, index, *name);
                }
            });
            combo.response.accessible_name("Why you leave");
            ui.label(RichText::new("before a").weak());
            let palette = theme::palette(ui.visuals());
            let text = RichText::new("Save state").strong().color(palette.on_accent);
            asked.sleep = ui.add(Button::new(text).fill(palette.accent)).on_hover_text(HINT).clicked();
            ui.add_space(12.0);
            let dark = ui.visuals().dark_mode;
            let other = if dark { "Light" } else { "Dark" };
            if ui.add(Button::new(other).frame_when_inactive(false)).clicked() {
                asked.theme = Some(!dark);
            }
        },
    );
    asked
}

const HINT: &str = "Puts the desk to sleep until you are back";

/// Shows a quiet line in place of the card. Returns whether the user chose "take me back".
pub(crate) fn idle(ui: &mut Ui, height: f32, has_way_back: bool) -> bool {
    strip(ui, height, |ui| {
        ui.label(RichText::new("Leave whenever you must: you will find your place again.").weak());
        let back = Button::new("Take me back").frame_when_inactive(false);
        has_way_back && ui.add(back).on_hover_text("To where you left off (Ctrl+J)").clicked()
    })
}

/// Shows an alarm in place of the card.
pub(crate) fn alarm(ui: &mut Ui, height: f32, text: &str) {
    let palette = theme::palette(ui.visuals());
    ui.painter().rect_filled(
        ui.available_rect_before_wrap().with_max_y(ui.cursor().top() + height),
        6.0,
        palette.alarm,
    );
    strip(ui, height, |ui| {
        ui.add_space(12.0);
        sign::show(ui, Sign::Warning, palette.alarm_text);
        ui.add(Label::new(RichText::new(text).color(palette.alarm_text)).truncate());
    });
}

/// A strip as high as the card, so that nothing below jumps when the card appears or disappears.
fn strip<R>(ui: &mut Ui, height: f32, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(ui.available_width(), height);
    let strip = ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        contents(ui)
    });
    strip.inner
}
