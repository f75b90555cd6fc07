//! When each kind of work is due.
//!
//! One function per kind of work returns the moment at which it is due. A round of work does what is due by these
//! functions, and the flusher sleeps until the earliest of them, so the two cannot disagree: work that is due now and
//! stays due after its round would keep the flusher awake for ever.

use std::time::Duration;

use super::{Inner, Saving, Settings};
use crate::time::Now;

/// How long after the start the log is compacted if that is due, and the sections that the application did not ask for
/// are checked: later than the application's own start, and not in a launch that ends at once.
const VERIFY_AFTER: Duration = Duration::from_secs(2);

/// Whether a moment has come.
pub(super) fn is_due(at: Option<Duration>, now: Now) -> bool {
    at.is_some_and(|at| at <= now.monotonic)
}

/// All of these are monotonic moments; `None` where there is nothing to do before something else happens.
impl Inner {
    pub(super) fn write_due(&self) -> Option<Duration> {
        let has_writing = !self.pending.is_empty() && self.refusal().is_none() && !self.lost;
        has_writing.then(|| self.durability.writing.retry_at())
    }

    pub(super) fn sync_due(&self, settings: &Settings) -> Option<Duration> {
        let durability = &self.durability;
        // What cannot be trusted is not synced once more, it is written anew.
        let since = durability.unsynced_since().filter(|_| !durability.distrusted)?;
        let wanted = if self.orders.sync { Duration::ZERO } else { since.saturating_add(settings.sync_every) };
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

    /// The log is to be compacted because of what it was like at the start. Whether anybody touched something does not
    /// matter: a program that is started and only looked at must not pile up logs.
    pub(super) fn rest_due(&self) -> Option<Duration> {
        (self.rest_soon && self.refusal().is_none()).then(|| self.opened_at.monotonic.saturating_add(VERIFY_AFTER))
    }

    /// The process has lived long enough after the last hand-out to know that it survived it.
    pub(super) fn alive_due(&self, settings: &Settings) -> Option<Duration> {
        let restoring = self.restoring.filter(|_| self.refusal().is_none())?;
        Some(restoring.since.saturating_add(settings.ready_after))
    }

    pub(super) fn verify_due(&self) -> Option<Duration> {
        self.orders.verify.then(|| self.opened_at.monotonic.saturating_add(VERIFY_AFTER))
    }

    /// The next look whether another instance has gone that has the location.
    fn take_over_due(&self) -> Option<Duration> {
        match self.saving {
            Saving::Taken { next, .. } => Some(next),
            _ => None,
        }
    }

    /// The log of a launch that this one takes the place of goes at once.
    pub(super) fn tidy_due(&self) -> Option<Duration> {
        (self.superseded.is_some() && self.refusal().is_none()).then_some(Duration::ZERO)
    }

    /// Values that were handed over by pointer are encoded at once.
    fn encode_due(&self) -> Option<Duration> {
        (!self.jobs.is_empty()).then_some(Duration::ZERO)
    }

    /// Whether a round of work would do something now.
    pub(crate) fn is_busy(&self, now: Now, settings: &Settings) -> bool {
        self.orders.stop || is_due(self.earliest(settings), now)
    }

    /// How long it is until something will be due; `None`: not before there is news.
    pub(crate) fn next_deadline(&self, now: Now, settings: &Settings) -> Option<Duration> {
        self.earliest(settings).map(|at| at.saturating_sub(now.monotonic))
    }

    /// Whether it would do anything but check sections, which can wait.
    pub(super) fn is_busy_beside_verifying(&self, now: Now, settings: &Settings) -> bool {
        self.orders.stop || is_due(self.earliest_but_verify(settings), now)
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
