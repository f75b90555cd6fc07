//! A restart that the program asked for: the request stands until a launch has restored its state.

use super::{Pending, Presence};
use crate::frame::SectionKey;

/// The request as it stands in this launch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Restart {
    is_asked: bool,
    /// Whether a section was returned.
    has_received: bool,
}

impl Restart {
    pub(crate) fn new(is_asked: bool) -> Self {
        Self { is_asked, has_received: false }
    }

    /// Returns whether the request still stands. A log that continues the present one must record it again.
    pub(crate) fn is_asked(self) -> bool {
        self.is_asked
    }

    /// Records that a section is about to be returned. A look at the marker alone restores nothing. Returns whether it is
    /// the first section of a restart, so that the log must have it.
    pub(crate) fn receives(&mut self, key: &SectionKey) -> bool {
        let is_first = !key.is_own() && !self.has_received;
        self.has_received |= is_first;
        is_first && self.is_asked
    }

    /// Records what was written, by the rules of [`LastRun`](crate::generation::LastRun).
    pub(super) fn wrote(&mut self, batch: &Pending) {
        let is_closed = batch.presence == Some(Presence::Closed(None));
        if (self.has_received && (batch.alive || is_closed)) || batch.is_of_application() {
            self.is_asked = false;
        }
    }
}
