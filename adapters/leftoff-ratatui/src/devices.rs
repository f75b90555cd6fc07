//! What has come from the user's other devices: a card, the lines of a list, a line for the status row.

use std::time::SystemTime;

use leftoff::time::Timestamp;
use leftoff_roam::devices::{DeviceAction, DeviceRow, DeviceText, WaitingId};
use leftoff_roam::{Devices, RoamStatus};

use crate::arrow::Arrow;
use crate::pointer::width;
use crate::status::{MAX_ROWS, Shorter, StatusLine};
use crate::text::Text;
use crate::wrap::wrap;

/// A line of the list of the other devices: from [`Arrow::devices_lines`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeviceLine {
    /// Its text.
    pub text: String,
    /// What a choice of this line does: pass it to [`Devices::decide`].
    pub choice: Option<(WaitingId, DeviceAction)>,
}

/// The columns between the words and the keys.
const GAP: i32 = 2;

impl Arrow {
    /// Names the key that the program binds to an action about the user's other devices. The
    /// [card](Self::devices_card) then shows it while the action is offered. Needs the feature `roam`.
    ///
    /// ```
    /// use leftoff_ratatui::Arrow;
    /// use leftoff_roam::devices::DeviceAction;
    ///
    /// let arrow = Arrow::new().device_key(DeviceAction::Undo, "Ctrl-U").device_key(DeviceAction::Show, "F2");
    /// ```
    #[must_use]
    pub fn device_key(mut self, action: DeviceAction, key: &str) -> Self {
        self.device_keys.push((action, key.to_owned()));
        self
    }

    /// Returns what has come from the user's other devices, with the keys for it; empty while there is nothing to say.
    /// Needs the feature `roam`.
    ///
    /// Draw it in rows that the layout reserves by [`devices_height`](Self::devices_height), so that it covers nothing. On
    /// a key, call [`Devices::act`].
    pub fn devices_card(&self, devices: &Devices) -> StatusLine {
        let text = devices.notice().map(|notice| self.device_words(DeviceText::Notice(notice))).unwrap_or_default();
        let shorter = Shorter { line: text.clone(), ..Shorter::default() };
        StatusLine::new(&text, shorter, self.glyphs, self.direction).with_hints(self.device_hints(devices))
    }

    /// Returns the number of rows that the [card](Self::devices_card) needs at this width; zero while it is empty.
    pub fn devices_height(&self, devices: &Devices, columns: u16) -> u16 {
        let card = self.devices_card(devices);
        if card.is_empty() {
            return 0;
        }
        let (columns, hints) = (i32::from(columns), width(card.hints()));
        let room = if hints > 0 { columns - hints - GAP } else { columns };
        if width(card.text()) <= room {
            return 1;
        }
        let rows = u16::try_from(wrap(card.text(), columns).len()).unwrap_or(MAX_ROWS);
        rows.saturating_add(u16::from(hints > 0)).min(MAX_ROWS)
    }

    /// Returns the lines of a list of the other devices: what waits for the user's decision, with its differences and
    /// choices, the devices, and the status. Needs the feature `roam`.
    ///
    /// The list itself is the program's: which keys it has, and where it stands.
    pub fn devices_lines(&self, devices: &Devices) -> Vec<DeviceLine> {
        let rows = devices.rows();
        let line = |row: &DeviceRow| {
            let offset = match row {
                DeviceRow::Status(status) => self.offset_of(status),
                _ => None,
            };
            let text = self.device_words(DeviceText::Row(row, SystemTime::now(), offset));
            let choice = match row {
                DeviceRow::Action(waiting, action) => Some((waiting.clone(), *action)),
                _ => None,
            };
            DeviceLine { text, choice }
        };
        rows.iter().map(line).filter(|line| !line.text.is_empty()).collect()
    }

    /// Returns the heading of that list.
    pub fn devices_heading(&self) -> String {
        self.device_words(DeviceText::Heading)
    }

    /// Returns the line for the status row of a program, if there is something that the user needs to know: "Not sent to
    /// your other devices since 14:02." Needs the feature `roam`.
    pub fn devices_line(&self, devices: &Devices) -> Option<String> {
        self.status_words(&devices.roaming().status(), SystemTime::now())
    }

    fn status_words(&self, status: &RoamStatus, now: SystemTime) -> Option<String> {
        let words = self.device_words(DeviceText::Status(status, now, self.offset_of(status)));
        Some(words).filter(|words| !words.is_empty())
    }

    fn device_words(&self, text: DeviceText<'_>) -> String {
        self.glyphs.words(Text::Devices(text).said_by(self.texts.as_ref()))
    }

    fn offset_of(&self, status: &RoamStatus) -> Option<i32> {
        self.resume.utc_offset(Timestamp::from(status.not_sent_since()?))
    }

    /// The keys of the offered actions: "Ctrl-U undo  Esc ok".
    fn device_hints(&self, devices: &Devices) -> String {
        let hint = |action: DeviceAction| {
            let (_, key) = self.device_keys.iter().find(|(bound, _)| *bound == action)?;
            Some(format!("{key} {}", self.device_words(DeviceText::Action(action)).to_lowercase()))
        };
        devices.actions().into_iter().filter_map(hint).collect::<Vec<_>>().join("  ")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use leftoff_roam::OfflineCause;

    use super::*;

    #[test]
    fn time_since_which_nothing_was_sent_is_local() {
        let arrow = Arrow::new().utc_offset(|_| Some(3600));
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
