//! What changed while the user was away: a line, and a divider for lists.

use egui::{Label, RichText, Ui};
use leftoff::marker::Changes;

use crate::arrow::Arrow;
use crate::text::Text;

impl Arrow {
    /// Shows how many elements are new, changed and gone since the user left. Returns whether the user has read it.
    ///
    /// Shows nothing if there is no change. The changes are those of
    /// [`Marker::changes`](leftoff::Marker::changes); the program marks the elements themselves, in its own way.
    ///
    /// ```
    /// # use leftoff::marker::Changes;
    /// # fn ui(ui: &mut egui::Ui, arrow: &leftoff_egui::Arrow, changes: &mut Changes) {
    /// if arrow.since_you_left(ui, changes) {
    ///     *changes = Changes::default();
    /// }
    /// # }
    /// ```
    pub fn since_you_left(&self, ui: &mut Ui, changes: &Changes) -> bool {
        if changes.is_empty() {
            return false;
        }
        self.buttons(ui, |ui| {
            ui.add(Label::new(RichText::new(self.said(Text::SinceYouLeft(changes))).small().strong()).wrap());
            ui.small_button(RichText::new(self.said(Text::Understood)).small()).clicked()
        })
    }

    /// Draws a line across a list, above its first new row: "new since you left".
    pub fn new_divider(&self, ui: &mut Ui) {
        let words = RichText::new(self.said(Text::NewSince)).small();
        let color = self.settings.dark_color(ui.visuals());
        let color = if ui.visuals().dark_mode { ui.visuals().strong_text_color() } else { color };
        self.rows(ui, |ui| {
            let label = ui.add(Label::new(words.color(color)).selectable(false));
            let line = ui.max_rect().x_range();
            let (start, end) = (label.rect.left() - 4.0, label.rect.right() + 4.0);
            for (from, to) in [(line.min, start), (end, line.max)] {
                if from < to {
                    ui.painter().hline(from..=to, label.rect.center().y, (1.0, color));
                }
            }
        });
    }
}
