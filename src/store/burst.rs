//! Keeping the log short for a program that saves faster than the flusher can write bases.

use std::time::Duration;

use super::{Inner, Store, Worker, has_outgrown};

/// The log since the base may grow to this many times the length at which a compaction is due, or to [`FRAMES`]. Above
/// that, an autosave writes only if the last write is [`PAUSE`] ago.
const MOST: u64 = 4;
/// A hundred frames a second are far more than a user causes, and few enough for a compaction that takes seconds.
const PAUSE: Duration = Duration::from_millis(10);
/// A log of fewer frames is never too long: reading them takes some milliseconds of the next start.
const FRAMES: u64 = 4096;
/// A few large captures are no burst.
const FEW: u64 = 64;

/// What the next start reads besides the base and the present log: the earlier logs that no base stands for yet.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Uncovered {
    frames: u64,
    bytes: u64,
}

impl Inner {
    /// Counts the present log among the earlier ones, because another one takes its place.
    pub(super) fn leave_log(&mut self) {
        self.uncovered.frames += self.delta_frames;
        self.uncovered.bytes += self.delta_bytes;
        (self.delta_frames, self.delta_bytes) = (0, 0);
    }

    /// Returns whether the log is far too long, although the flusher is about to write a base.
    fn is_too_long(&self) -> bool {
        let awaits_base = self.orders.compact && self.durability.compacting.failing().is_none();
        let (frames, bytes) = (self.uncovered.frames + self.delta_frames, self.uncovered.bytes + self.delta_bytes);
        let has_many = frames > FRAMES && has_outgrown(self.base_bytes, frames / MOST, 0);
        awaits_base && (has_many || (frames > FEW && has_outgrown(self.base_bytes, 0, bytes / MOST)))
    }
}

impl Store {
    /// Returns whether an autosave leaves its values to the flusher, or to the next autosave, so that what the next start
    /// reads stays bounded. If the process dies before that write, the values of the last [`PAUSE`] are lost, of which the
    /// autosave did not say that they are written.
    pub(crate) fn must_pause(&self, inner: &Inner) -> bool {
        let is_pause = || self.now().monotonic < inner.durability.last_write().saturating_add(PAUSE);
        inner.worker == Worker::Flusher && inner.is_too_long() && is_pause()
    }
}
