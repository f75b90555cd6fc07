//! The row at the top: the name of the desk, and the way to put it to sleep.

use eframe::egui::{self, Button, ComboBox, RichText, Ui};
use leftoff::Reason;

use crate::theme;

/// The reasons on offer, and their names on the button.
pub(crate) const REASONS: [(&str, Reason); 3] =
    [("call", Reason::Call), ("meeting", Reason::Meeting), ("break", Reason::Break)];

/// What the user asked for up there.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) sleep: bool,
    /// Dark, or light.
    pub(crate) theme: Option<bool>,
}

pub(crate) fn show(ui: &mut Ui, reason: &mut usize) -> Asked {
    let mut asked = Asked::default();
    egui::Sides::new().height(34.0).show(
        ui,
        |ui| ui.heading("Approvals desk"),
        |ui| {
            // From the right: it reads "Save state before a call".
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
