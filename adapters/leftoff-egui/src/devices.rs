//! What has come from the user's other devices: a card, a list, a line.

use std::time::{Duration, SystemTime};

use egui::accesskit::Live;
use egui::{
    Align, Button, Color32, FontSelection, Label, Layout, Rect, RichText, Sense, Stroke, StrokeKind, Ui, Vec2, pos2,
    vec2,
};
use leftoff::Session;
use leftoff::marker::place::Direction;
use leftoff_roam::devices::{DeviceAction, DeviceNotice, DeviceRow, DeviceText, WaitingId};
use leftoff_roam::{Devices, RoamStatus};

use crate::arrow::Arrow;
use crate::card::{CARD_HEIGHT, MARGINS, PLACE};
use crate::compat;
use crate::text::Text;

/// The room of the icon, with the gap behind it.
const ICON: f32 = 16.0;

impl Arrow {
    /// Shows what has come from the user's other devices as a card, and does what the user chooses; shows nothing while
    /// there is nothing to say. Needs the feature `roam`.
    ///
    /// Put it where the resume card is: it is drawn in its look, takes room and covers nothing, never takes the keyboard,
    /// and Esc does not answer it. [`devices_height`](Self::devices_height) returns the room that it needs. If the user wants
    /// to see what waits, [`Devices::wants_list`] returns `true`.
    ///
    /// Call it in every frame, also while there is nothing to show: it reports to the other devices whether the window has
    /// the focus, without which the store is not looked at, and wakes the window when something has come.
    ///
    /// Returns `true` if values of the session changed: read all sections again, before the next `autosave`.
    ///
    /// ```
    /// # use leftoff::Session;
    /// # use leftoff_roam::Devices;
    /// # fn ui(ui: &mut egui::Ui, arrow: &mut leftoff_egui::Arrow, devices: &mut Devices, session: &mut Session) {
    /// if devices.update(session) | arrow.devices_card(ui, devices, session) {
    ///     // Read the sections again.
    /// }
    /// if devices.notice().is_none() {
    ///     arrow.card(ui);
    /// }
    /// # }
    /// ```
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn devices_card(&self, ui: &mut Ui, devices: &mut Devices, session: &mut Session) -> bool {
        report_focus(ui, devices);
        let Some(notice) = devices.notice() else { return false };
        let (words, buttons) = self.card_texts(notice, devices);
        let (asked, _) = self.card_frame(ui, |ui, letters| self.device_line(ui, &words, &buttons, letters));
        asked.is_some_and(|action| {
            ui.ctx().request_repaint();
            devices.act(session, action)
        })
    }

    /// Returns the height of the [card](Self::devices_card) in this `Ui`, in points, to reserve room for it; zero while
    /// no card is shown.
    pub fn devices_height(&self, ui: &Ui, devices: &Devices) -> f32 {
        let Some(notice) = devices.notice() else { return 0.0 };
        let (words, buttons) = self.card_texts(notice, devices);
        let width = ui.available_width() - f32::from(MARGINS[0] + MARGINS[1]);
        let (room, is_beside) = Self::room_for_words(ui, width, &words, &buttons);
        let font = FontSelection::Default.resolve(ui.style());
        let text = ui.painter().layout(words, font, Color32::WHITE, room).size().y.max(CARD_HEIGHT - 8.0);
        let rows = if is_beside { 0.0 } else { ui.spacing().interact_size.y + ui.spacing().item_spacing.y };
        text + rows + 8.0
    }

    /// Shows the other devices, what waits for the user's decision with its differences, and the status, and does what the
    /// user chooses. Needs the feature `roam`.
    ///
    /// Returns `true` if values of the session changed: read all sections again, before the next `autosave`.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn devices_list(&self, ui: &mut Ui, devices: &mut Devices, session: &mut Session) -> bool {
        let rows = devices.rows();
        let mut asked: Option<(WaitingId, DeviceAction)> = None;
        self.rows(ui, |ui| {
            ui.add(Label::new(RichText::new(self.said(Text::Devices(DeviceText::Heading))).strong()).wrap());
            let mut rows = rows.iter().peekable();
            while let Some(row) = rows.next() {
                let words = self.row_words(row);
                match row {
                    DeviceRow::Action(..) => {
                        // The buttons of one decision stand beside each other.
                        self.buttons(ui, |ui| {
                            let mut next = Some(row);
                            while let Some(DeviceRow::Action(id, action)) = next {
                                if ui.button(self.button(*action).0).clicked() {
                                    asked = Some((id.clone(), *action));
                                }
                                next = rows.next_if(|row| matches!(row, DeviceRow::Action(..)));
                            }
                        });
                        ui.add_space(4.0);
                    }
                    _ if words.is_empty() => {}
                    DeviceRow::Waiting(_) => drop(ui.add(Label::new(RichText::new(words).strong()).wrap())),
                    DeviceRow::Difference(_) => drop(ui.add(Label::new(RichText::new(words).small()).wrap())),
                    _ => self.quiet(ui, Text::Devices(DeviceText::Row(row, SystemTime::now(), self.offset_of(row)))),
                }
            }
        });
        // The ages in the list.
        ui.ctx().request_repaint_after(Duration::from_secs(5));
        asked.is_some_and(|(id, action)| {
            ui.ctx().request_repaint();
            devices.decide(session, &id, action)
        })
    }

    /// Returns the line for the status row of a program, if there is something that the user needs to know: "Not sent to
    /// your other devices since 14:02." Needs the feature `roam`.
    ///
    /// That others were looked at is only in the [list](Self::devices_list).
    pub fn devices_line(&self, ui: &Ui, devices: &Devices) -> Option<String> {
        let status = devices.roaming().status();
        if status.not_sent_since().is_some() {
            // Said only after a while.
            ui.ctx().request_repaint_after(Duration::from_secs(15));
        }
        self.status_words(&status, SystemTime::now())
    }

    fn status_words(&self, status: &RoamStatus, now: SystemTime) -> Option<String> {
        let offset = self.offset_at(status);
        let words = self.said(Text::Devices(DeviceText::Status(status, now, offset)));
        (!words.is_empty()).then_some(words)
    }

    /// Returns the words and the buttons of the card.
    fn card_texts(&self, notice: &DeviceNotice, devices: &Devices) -> (String, Vec<(String, DeviceAction)>) {
        let words = self.said(Text::Devices(DeviceText::Notice(notice)));
        (words, devices.actions().into_iter().map(|action| self.button(action)).collect())
    }

    fn button(&self, action: DeviceAction) -> (String, DeviceAction) {
        (self.said(Text::Devices(DeviceText::Action(action))), action)
    }

    fn row_words(&self, row: &DeviceRow) -> String {
        self.said(Text::Devices(DeviceText::Row(row, SystemTime::now(), self.offset_of(row))))
    }

    fn offset_of(&self, row: &DeviceRow) -> Option<i32> {
        match row {
            DeviceRow::Status(status) => self.offset_at(status),
            _ => None,
        }
    }

    fn offset_at(&self, status: &RoamStatus) -> Option<i32> {
        self.offset(status.not_sent_since()?.into())
    }

    fn device_line(
        &self,
        ui: &mut Ui,
        words: &str,
        buttons: &[(String, DeviceAction)],
        letters: Color32,
    ) -> Option<DeviceAction> {
        let is_rtl = self.settings.direction == Direction::RightToLeft;
        let [forth, back] = if is_rtl {
            [Layout::right_to_left(Align::Center), Layout::left_to_right(Align::Center)]
        } else {
            [Layout::left_to_right(Align::Center), Layout::right_to_left(Align::Center)]
        };
        let (_, is_beside) = Self::room_for_words(ui, ui.available_width(), words, buttons);
        let mut asked = None;
        let height = CARD_HEIGHT - 8.0;
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), forth, |ui| {
            ui.set_min_height(height);
            icon(ui, letters);
            ui.with_layout(back, |ui| {
                if is_beside {
                    // Laid out from the end of the line.
                    for (words, action) in buttons.iter().rev() {
                        if ui.add(compat::flat(Button::new(words))).clicked() {
                            asked = Some(*action);
                        }
                    }
                }
                ui.with_layout(forth, |ui| {
                    let text = Label::new(RichText::new(words).strong()).wrap();
                    let shown = ui.add(text);
                    // Read aloud once, when there is time.
                    ui.ctx().accesskit_node_builder(shown.id, |node| node.set_live(Live::Polite));
                });
            });
        });
        if !is_beside {
            let row = vec2(ui.available_width(), ui.spacing().interact_size.y);
            ui.allocate_ui_with_layout(row, forth.with_main_wrap(true), |ui| {
                for (words, action) in buttons {
                    if ui.add(Button::new(words).truncate()).clicked() {
                        asked = Some(*action);
                    }
                }
            });
        }
        asked
    }

    /// Returns the room for the words, and whether the buttons are beside them.
    fn room_for_words(ui: &Ui, width: f32, words: &str, buttons: &[(String, DeviceAction)]) -> (f32, bool) {
        let room = width - ICON - 2.0 * ui.spacing().item_spacing.x;
        let taken: f32 = buttons.iter().map(|(words, _)| Self::width_of_button(ui, words)).sum();
        let font = FontSelection::Default.resolve(ui.style());
        let line = ui.painter().layout_no_wrap(words.to_owned(), font, Color32::WHITE).size().x;
        if room - taken >= line.max(PLACE) { (room - taken, true) } else { (room, false) }
    }
}

/// Reports the focus when it changes, and lets what comes wake this window.
fn report_focus(ui: &Ui, devices: &mut Devices) {
    let id = compat::id("leftoff: devices");
    let has_focus = ui.input(|input| input.focused);
    let before: Option<bool> = ui.data_mut(|data| data.get_temp(id));
    if before == Some(has_focus) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, has_focus));
    if before.is_none() {
        let ctx = ui.ctx().clone();
        devices.roaming().on_change(move || ctx.request_repaint());
    }
    // A window that has just been opened may get the focus a moment later.
    if before.is_some() {
        devices.roaming_mut().focus(has_focus);
    }
}

/// A screen on its foot. Painted, because not every font has one.
fn icon(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(ICON), Sense::hover());
    let at = |x: f32, y: f32| pos2(rect.left() + x, rect.top() + y);
    let stroke = Stroke::new(1.5, color);
    ui.painter().rect_stroke(Rect::from_two_pos(at(1.0, 2.0), at(15.0, 11.0)), 1.5, stroke, StrokeKind::Inside);
    ui.painter().line_segment([at(4.0, 14.0), at(12.0, 14.0)], stroke);
    ui.painter().line_segment([at(8.0, 11.0), at(8.0, 14.0)], stroke);
}

#[cfg(test)]
mod tests {
    use leftoff_roam::OfflineCause;

    use super::*;

    #[test]
    fn time_since_which_nothing_was_sent_is_local() {
        let mut arrow = Arrow::new();
        arrow.set_utc_offset(|_| Some(3600));
        // 13:02 in Greenwich.
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(13 * 3600 + 120);
        let line = |status, later| arrow.status_words(&status, since + Duration::from_secs(later));
        let expected = Some("Not sent to your other devices since 14:02.".to_owned());
        let cause = OfflineCause::Store(std::io::ErrorKind::TimedOut);
        assert_eq!(line(RoamStatus::Offline { since, cause }, 120), expected);
        assert_eq!(line(RoamStatus::Unsent { since }, 120), expected);
        assert_eq!(line(RoamStatus::Unsent { since }, 20), None, "that is normal");
        assert_eq!(line(RoamStatus::UpToDate(since), 120), None, "no claim in the status row");
    }
}
