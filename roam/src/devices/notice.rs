//! What a card says, and the buttons on it.

use leftoff::Error;

/// What a card tells the user about their other devices. [`DeviceText::Notice`](super::DeviceText::Notice) has its words.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DeviceNotice {
    /// The newer state of this device is the present one now. Empty if its name is not known; here and below.
    Continued(String),
    /// This device has newer changes, which can be taken over.
    Newer(String),
    /// This device has newer changes, which this version of the program cannot read.
    Unread(String),
    /// Another device changed what was changed here, and both values are kept.
    Conflict {
        /// The device.
        device: String,
        /// What users call the section.
        label: String,
        /// The number of further conflicts.
        more: usize,
    },
    /// The user took the value of a section from another device.
    Taken {
        /// The device.
        device: String,
        /// What users call the section.
        label: String,
    },
    /// The user undid a take-over.
    Returned,
    /// The user undid that a value was taken.
    Undone,
    /// Something failed, and nothing was changed.
    Failed(Error),
}

impl DeviceNotice {
    /// Whether it is about what just happened here, and not about what waits.
    pub(super) fn is_of_the_present(&self) -> bool {
        !matches!(self, Self::Newer(_) | Self::Unread(_) | Self::Conflict { .. })
    }
}

/// What a user can do about their other devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceAction {
    /// Goes back to the state before the last take-over.
    Undo,
    /// Opens the list of what waits.
    Show,
    /// Makes the newer state of the other device the present one.
    TakeOver,
    /// Makes the value of the other device the present one.
    TakeTheirs,
    /// Lets the value of the other device go.
    KeepMine,
    /// Hides the card. What waits stays in the list.
    NotNow,
    /// Hides the card.
    Understood,
}
