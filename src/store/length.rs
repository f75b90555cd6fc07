//! The length of the log since the last base: when another base is due, and when a program saves faster than the flusher can
//! write bases.

use std::time::Duration;

use super::{Inner, Store, Worker};
use crate::generation::Loaded;

/// Deltas may grow to a quarter of the base before it is rewritten: a save of 100 bytes then costs at most 25 bytes of
/// compaction, and a start reads at most a quarter more than necessary. Small states wait for 512 KiB.
const COMPACT_SHARE: u64 = 4;
const COMPACT_LEAST: u64 = 512 << 10;

/// A start reads and parses every frame since the base, which takes about 1.3 µs each regardless of its content, so
/// the number of frames is bounded, too. The least costs a third of a millisecond of the next start, and the base of a
/// small state and its log, some eight pages, a thirtieth of a page for each save (with half of it, a hundredth of all
/// saves would wait for a compaction). One more frame is allowed for each page of the base, so that compaction writes no
/// more per save than the two pages that its fsync writes anyway. If the base is large, reading it dominates; above the
/// maximum, the frames alone would delay the start.
const COMPACT_FRAMES_LEAST: u64 = 256;
const COMPACT_FRAMES_MOST: u64 = 8192;
const COMPACT_PAGE: u64 = 4096;

/// The log since the base may grow to this many times the length at which a compaction is due, or to [`FRAMES`]. Above
/// that, an autosave writes only if the last write is [`PAUSE`] ago.
const MOST: u64 = 4;
/// A hundred frames a second are far more than a user causes, and few enough for a compaction that takes seconds.
const PAUSE: Duration = Duration::from_millis(10);
/// A log of fewer frames is never too long: reading them takes some milliseconds of the next start.
const FRAMES: u64 = 4096;
/// A few large captures are no reason to pause.
const FEW: u64 = 64;

/// What the next start reads.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Length {
    base_bytes: u64,
    /// The present log.
    frames: u64,
    bytes: u64,
    /// The earlier logs that no base stands for yet.
    uncovered_frames: u64,
    uncovered_bytes: u64,
}

impl Length {
    /// Returns the length of the log of a state that was read.
    pub(crate) fn of(loaded: &Loaded) -> Self {
        let (frames, bytes) = (loaded.delta_frames, loaded.delta_bytes);
        Self { base_bytes: loaded.base_bytes, frames, bytes, ..Self::default() }
    }

    pub(super) fn wrote(&mut self, bytes: u64) {
        self.frames += 1;
        self.bytes += bytes;
    }

    /// Counts the present log among the earlier ones, because another one takes its place.
    pub(super) fn leave_log(&mut self) {
        self.uncovered_frames += self.frames;
        self.uncovered_bytes += self.bytes;
        (self.frames, self.bytes) = (0, 0);
    }

    /// A base stands for the earlier logs.
    pub(super) fn based(&mut self, bytes: u64) {
        self.base_bytes = bytes;
        (self.uncovered_frames, self.uncovered_bytes) = (0, 0);
    }

    /// Returns the most bytes that a base of the present log has.
    pub(super) fn of_next_base(&self) -> u64 {
        self.base_bytes.saturating_add(self.bytes)
    }

    /// Returns the bytes since the last base.
    pub(super) fn since_base(&self) -> u64 {
        self.uncovered_bytes.saturating_add(self.bytes)
    }

    pub(super) fn of_base(&self) -> u64 {
        self.base_bytes
    }

    /// Returns whether the present log is worth another base.
    fn is_outgrown(&self) -> bool {
        self.has_outgrown(self.frames, self.bytes)
    }

    /// Returns whether so many frames since the base, with so many bytes, are worth another base.
    fn has_outgrown(&self, frames: u64, bytes: u64) -> bool {
        let allowed = (self.base_bytes / COMPACT_PAGE).clamp(COMPACT_FRAMES_LEAST, COMPACT_FRAMES_MOST);
        bytes > COMPACT_LEAST.max(self.base_bytes / COMPACT_SHARE) || frames > allowed
    }

    /// Returns whether the log is far too long.
    fn is_too_long(&self) -> bool {
        let (frames, bytes) = (self.uncovered_frames + self.frames, self.uncovered_bytes + self.bytes);
        (frames > FRAMES && self.has_outgrown(frames / MOST, 0)) || (frames > FEW && self.has_outgrown(0, bytes / MOST))
    }
}

impl Inner {
    /// Returns whether the deltas have outgrown the base, or a base for them was refused.
    pub(crate) fn compaction_is_due(&self) -> bool {
        self.unbased.is_some() || self.length.is_outgrown()
    }
}

impl Store {
    /// Returns whether an autosave must leave its values to the flusher or to the next autosave: the program saves faster than
    /// bases can be written, and the log that the next start reads must not grow without a limit. If the process dies before
    /// that write, the values of the last [`PAUSE`] are lost, but no autosave has called them written.
    pub(crate) fn must_pause(&self, inner: &Inner) -> bool {
        let awaits_base = || inner.orders.compact && inner.durability.compacting.failing().is_none();
        let is_pause = || self.now().monotonic < inner.durability.last_write().saturating_add(PAUSE);
        inner.worker == Worker::Flusher && awaits_base() && inner.length.is_too_long() && is_pause()
    }
}
