//! The list: the other devices, what waits for a decision, and the status.

use std::fmt;
use std::time::SystemTime;

use super::{DeviceAction, Devices};
use crate::RoamStatus;
use crate::session::newer::OfferKey;
use crate::words::Other;

/// Something that waits for the user's decision.
#[derive(Clone)]
#[non_exhaustive]
pub struct Waiting {
    /// Names it in [`Devices::decide`].
    pub id: WaitingId,
    /// The device that it came from; empty if its name is not known.
    pub device: String,
    /// What users call the section; empty for a newer state.
    pub label: String,
    /// When it was written, if that is known.
    pub at: Option<SystemTime>,
    /// In what it differs from what is here.
    pub differences: Vec<String>,
    /// Whether this program can read it. What a newer version of the program wrote stays where it is.
    pub is_readable: bool,
}

/// Without contents and names.
impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("id", &self.id).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Waiting {
    pub(super) fn newer(from: Option<&Other>, is_readable: bool) -> Self {
        let device = from.map(|from| from.device.clone()).unwrap_or_default();
        let (id, at) = (WaitingId(None), from.map(|from| from.seen));
        Self { id, device, label: String::new(), at, differences: Vec::new(), is_readable }
    }

    /// Whether it is a newer state, and not a conflict.
    pub fn is_newer(&self) -> bool {
        self.id.0.is_none()
    }

    /// Returns what the user can do about it.
    pub fn actions(&self) -> Vec<DeviceAction> {
        if !self.is_readable {
            Vec::new()
        } else if self.is_newer() {
            vec![DeviceAction::TakeOver]
        } else {
            vec![DeviceAction::TakeTheirs, DeviceAction::KeepMine]
        }
    }
}

/// Identifies what waits.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingId(pub(super) Option<OfferKey>);

impl WaitingId {
    pub(super) fn offer(key: OfferKey) -> Self {
        Self(Some(key))
    }
}

impl fmt::Debug for WaitingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "offer" } else { "newer" })
    }
}

/// A row of the list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DeviceRow {
    /// Something that waits for a decision; its differences and actions follow.
    Waiting(Waiting),
    /// A difference.
    Difference(String),
    /// What the user can do about what is above.
    Action(WaitingId, DeviceAction),
    /// Another device.
    Other(Other),
    /// No other device has been seen.
    Nobody,
    /// The status; nothing if there is nothing to say.
    Status(RoamStatus),
}

impl Devices {
    /// Returns the rows of a list of everything that there is to see of the other devices: what waits first, then the
    /// devices, the one seen last first, then the status.
    pub fn rows(&self) -> Vec<DeviceRow> {
        let mut rows = Vec::new();
        for waiting in &self.waiting {
            rows.push(DeviceRow::Waiting(waiting.clone()));
            rows.extend(waiting.differences.iter().cloned().map(DeviceRow::Difference));
            rows.extend(waiting.actions().into_iter().map(|action| DeviceRow::Action(waiting.id.clone(), action)));
        }
        let (others, status) = (self.roaming.others(), self.roaming.status());
        // Without its key, this device cannot read whom it has seen.
        if others.is_empty() && !matches!(status, RoamStatus::NoKey | RoamStatus::KeyMissing(_)) {
            rows.push(DeviceRow::Nobody);
        }
        rows.extend(others.into_iter().map(DeviceRow::Other));
        rows.push(DeviceRow::Status(status));
        rows
    }
}
