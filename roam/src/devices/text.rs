//! The words, as data for programs in other languages, and in English.

use std::time::SystemTime;

use super::{DeviceAction, DeviceNotice, DeviceRow, Waiting};
use crate::RoamStatus;
use crate::words::{capital, your};

/// A text about the other devices. English is built in.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum DeviceText<'a> {
    /// The card.
    Notice(&'a DeviceNotice),
    /// A button.
    Action(DeviceAction),
    /// The heading of the list.
    Heading,
    /// A row of the list at this time, with the offset of local time from UTC in seconds, if it is known.
    Row(&'a DeviceRow, SystemTime, Option<i32>),
    /// The line for the status row of a program, at this time. Empty while there is nothing that the user needs to know:
    /// that others were looked at is only in the list.
    Status(&'a RoamStatus, SystemTime, Option<i32>),
}

impl DeviceText<'_> {
    /// Returns the built-in English text; may be empty.
    pub fn english(self) -> String {
        match self {
            Self::Notice(notice) => of_notice(notice),
            Self::Action(action) => of_action(action).to_owned(),
            Self::Heading => "Your other devices".to_owned(),
            Self::Row(row, now, offset) => of_row(row, now, offset),
            Self::Status(RoamStatus::UpToDate(_), ..) => String::new(),
            Self::Status(status, now, offset) => status.words(now, |_| offset).unwrap_or_default(),
        }
    }
}

fn of_notice(notice: &DeviceNotice) -> String {
    match notice {
        DeviceNotice::Continued(from) => format!("Continued from {}.", your(from)),
        DeviceNotice::Newer(from) => capital(&format!("{} has newer changes.", your(from))),
        DeviceNotice::Unread(from) => unread(from),
        DeviceNotice::Conflict { device, label, more } => {
            let more = if *more > 0 { format!(" And {more} more.") } else { String::new() };
            capital(&format!("{} also changed {label}.{more}", your(device)))
        }
        DeviceNotice::Taken { device, label } => {
            format!("Taken from {}: {label}. What was here is among the earlier states.", your(device))
        }
        DeviceNotice::Returned => "Undone. Your other devices will get this state, too.".to_owned(),
        DeviceNotice::Undone => "Undone.".to_owned(),
        DeviceNotice::Failed(error) => format!("This may not be stored yet: {error:#}."),
    }
}

fn of_action(action: DeviceAction) -> &'static str {
    match action {
        DeviceAction::Undo => "Undo",
        DeviceAction::Show => "Show",
        DeviceAction::TakeOver => "Take over",
        DeviceAction::TakeTheirs => "Take theirs",
        DeviceAction::KeepMine => "Keep mine",
        DeviceAction::NotNow => "Not now",
        DeviceAction::Understood => "OK",
    }
}

fn of_row(row: &DeviceRow, now: SystemTime, offset: Option<i32>) -> String {
    match row {
        DeviceRow::Waiting(Waiting { device, is_readable: false, .. }) => unread(device),
        DeviceRow::Waiting(Waiting { device, label, .. }) if label.is_empty() => {
            capital(&format!("{} has newer changes.", your(device)))
        }
        DeviceRow::Waiting(Waiting { device, label, .. }) => {
            capital(&format!("{} also changed {label}.", your(device)))
        }
        DeviceRow::Difference(difference) => difference.clone(),
        DeviceRow::Action(_, action) => of_action(*action).to_owned(),
        DeviceRow::Other(other) => match &other.label {
            Some(label) => format!("{} Last there: {label}.", other.words(now)),
            None => other.words(now),
        },
        DeviceRow::Nobody => "No other device has been seen yet.".to_owned(),
        DeviceRow::Status(status) => status.words(now, |_| offset).unwrap_or_default(),
    }
}

fn unread(device: &str) -> String {
    let device = capital(&your(device));
    format!("{device} has newer changes, which this version of the program cannot read. They stay there.")
}
