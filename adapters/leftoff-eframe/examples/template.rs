//! The template of eframe, as a program that comes back: <https://github.com/emilk/eframe_template>
//!
//! The lines that differ from the template end in `// leftoff`.
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]

use eframe::egui;
use leftoff_eframe::LeftOff as _; // leftoff

/// We derive Deserialize/Serialize so we can persist app state on shutdown.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(default)] // if we add new fields, give them default values when deserializing old state
pub struct TemplateApp {
    // Example stuff:
    label: String,
    value: f32,
}

impl Default for TemplateApp {
    fn default() -> Self {
        Self {
            // Example stuff:
            label: "Hello World!".to_owned(),
            value: 2.7,
        }
    }
}

impl eframe::App for TemplateApp {
    /// Called each time the UI needs repainting, which may be many times per second.
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        egui::CentralPanel::default().show(ui, |ui| {
            // The central panel the region left after adding TopPanel's and SidePanel's
            ui.heading("eframe template");

            ui.horizontal(|ui| {
                let label = ui.label("Write something: ");
                ui.text_edit_singleline(&mut self.label).labelled_by(label.id).left_off(ui, "label"); // leftoff
            });

            ui.add(egui::Slider::new(&mut self.value, 0.0..=10.0).text("value"));
            if ui.button("Increment").clicked() {
                self.value += 1.0;
            }
        });
    }
}

fn main() -> eframe::Result {
    let native_options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_inner_size([400.0, 300.0]),
        ..Default::default()
    };
    let app = leftoff_eframe::AppId::new("org.example.eframe-template"); // leftoff
    leftoff_eframe::run(app, "eframe template", native_options, |_, app: TemplateApp| app) // leftoff
}
