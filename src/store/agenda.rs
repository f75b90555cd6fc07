//! When each kind of work is due.
//!
//! One function per kind of work returns when it is due. A round of work does what these functions declare due, and
//! the flusher sleeps until the earliest of them, so the two cannot disagree: work that stays due after its round
//! would keep the flusher awake forever.

use std::time::Duration;

use super::{Inner, Log, Saving, Settings};
use crate::time::Now;

/// How long after the start the log is compacted if that is due, and sections that the application has not requested
/// are checked: after the application's own start, and not in a launch that ends at once.
const VERIFY_AFTER: Duration = Duration::from_secs(2);

/// Returns whether this time has come.
pub(super) fn is_due(at: Option<Duration>, now: Now) -> bool {
    at.is_some_and(|at| at <= now.monotonic)
}

/// All times are monotonic; `None` means that nothing is due before another event.
impl Inner {
    pub(super) fn write_due(&self) -> Option<Duration> {
        let has_writing = !self.pending.is_empty() && self.refusal().is_none() && self.log != Log::Refused;
        // The flusher gives up history before any delay.
        has_writing.then(|| if self.durability.is_full { Duration::ZERO } else { self.durability.writing.retry_at() })
    }

    pub(super) fn sync_due(&self, settings: &Settings) -> Option<Duration> {
        let durability = &self.durability;
        // Untrusted data is not synced again; it is rewritten.
        let since = durability.unsynced_since().filter(|_| !durability.distrusted)?;
        let cadence = self.stretched.unwrap_or(settings.sync_every);
        let wanted = if self.orders.sync { Duration::ZERO } else { since.saturating_add(cadence) };
        Some(wanted.max(durability.syncing.retry_at()))
    }

    pub(super) fn compact_due(&self) -> Option<Duration> {
        let durability = &self.durability;
        if self.refusal().is_some() {
            return None;
        }
        let distrusted = durability.distrusted.then(|| durability.syncing.retry_at());
        let ordered = self.orders.compact.then(|| durability.compacting.retry_at());
        distrusted.into_iter().chain(ordered).min()
    }

    /// When to compact the log because of its condition at the start, whether or not the user has touched anything: a
    /// program that is started and only looked at must not accumulate logs.
    pub(super) fn rest_due(&self) -> Option<Duration> {
        (self.rest.soon && self.refusal().is_none()).then(|| self.opened_at.monotonic.saturating_add(VERIFY_AFTER))
    }

    /// When the process has run long enough after the last handout to count as having survived it.
    pub(super) fn alive_due(&self, settings: &Settings) -> Option<Duration> {
        let restoring = self.restoring.filter(|_| self.refusal().is_none())?;
        Some(restoring.since.saturating_add(settings.ready_after))
    }

    pub(super) fn verify_due(&self) -> Option<Duration> {
        self.orders.verify.then(|| self.opened_at.monotonic.saturating_add(VERIFY_AFTER))
    }

    /// When to check next whether the instance that holds the location has exited.
    fn take_over_due(&self) -> Option<Duration> {
        match self.saving {
            Saving::Taken { next, .. } => Some(next),
            _ => None,
        }
    }

    /// What an earlier launch left is removed at once: the log of a superseded launch, the entry in the list of programs.
    pub(super) fn tidy_due(&self) -> Option<Duration> {
        let is_untidy = self.superseded.is_some() || self.orders.unlist.is_some();
        (is_untidy && self.refusal().is_none()).then_some(Duration::ZERO)
    }

    /// Values shared by pointer are encoded at once.
    fn encode_due(&self) -> Option<Duration> {
        (!self.jobs.is_empty()).then_some(Duration::ZERO)
    }

    /// Returns whether a round of work would do anything now.
    pub(crate) fn is_busy(&self, now: Now, settings: &Settings) -> bool {
        self.life.is_ending() || is_due(self.earliest(settings), now)
    }

    /// Returns the time until work is due, or `None` if nothing is due before the next event.
    pub(crate) fn next_deadline(&self, now: Now, settings: &Settings) -> Option<Duration> {
        self.earliest(settings).map(|at| at.saturating_sub(now.monotonic))
    }

    /// Returns when the flusher's thread wakes up without being woken.
    ///
    /// After a sync it stays on a timer for one more interval, although nothing is due: a user who types goes on within it,
    /// and then the write need not wake the thread, which takes longer than the write itself. An idle session has no timer
    /// after that.
    pub(crate) fn wake_up_at(&self, now: Now, settings: &Settings) -> Option<Duration> {
        let due = self.earliest(settings);
        let linger = self.durability.begun_last_sync().map(|begun| begun.saturating_add(settings.sync_every));
        let linger = linger.filter(|at| *at > now.monotonic);
        due.into_iter().chain(linger).min()
    }

    /// Returns whether the flusher's thread wakes up by itself before what was written now must be synced. It sleeps until
    /// [`wakes_at`](Self::wakes_at) at the latest, and looks then when the sync is due.
    pub(crate) fn wakes_in_time(&self, settings: &Settings) -> bool {
        let due = self.sync_due(settings);
        self.wakes_at.zip(due).is_some_and(|(wakes, due)| wakes <= due)
    }

    /// Returns whether a round would do anything except checking sections, which can wait.
    pub(super) fn is_busy_beside_verifying(&self, now: Now, settings: &Settings) -> bool {
        self.life.is_ending() || is_due(self.earliest_but_verify(settings), now)
    }

    fn earliest(&self, settings: &Settings) -> Option<Duration> {
        self.earliest_but_verify(settings).into_iter().chain(self.verify_due()).min()
    }

    fn earliest_but_verify(&self, settings: &Settings) -> Option<Duration> {
        let due = [
            self.encode_due(),
            self.write_due(),
            self.sync_due(settings),
            self.compact_due(),
            self.rest_due(),
            self.alive_due(settings),
            self.tidy_due(),
            self.take_over_due(),
        ];
        due.into_iter().flatten().min()
    }
}
