//! How far what was captured has got, and what stands in its way.

use std::time::Duration;

use crate::error::Error;
use crate::session::Failing;
use crate::time::{Now, Timestamp};

#[derive(Debug, Default)]
pub(crate) struct Durability {
    /// Counts batches: written so far, and how far the last sync reached.
    pub(crate) written: u64,
    pub(crate) synced: u64,
    pub(crate) written_at: Option<Timestamp>,
    pub(crate) synced_at: Option<Timestamp>,
    /// Monotonic moment of the first write that is not synced. Meaningless while everything is: ask
    /// [`unsynced_since`](Self::unsynced_since).
    first_unsynced: Duration,
    /// A sync failed: what the page cache holds of this generation cannot be trusted, a new base must stand in.
    pub(crate) distrusted: bool,
    /// The last write took too long for the user's thread.
    pub(crate) slow: bool,
    pub(crate) writing: Trouble,
    pub(crate) syncing: Trouble,
    /// No trouble for the user: the log goes on as it is.
    pub(crate) compacting: Trouble,
    /// A whole round of work panicked.
    pub(crate) rounds: Trouble,
}

/// Whether one sort of work fails, and when it is tried again.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    failing: Option<Failing>,
    /// Monotonic moment of the next try, and how long to wait after that one.
    retry_at: Duration,
    wait: Duration,
    /// How often it failed in all.
    failures: u64,
}

/// How soon a failed write or sync is tried again; doubled with each failure, up to [`RETRY_MOST`].
const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_MOST: Duration = Duration::from_secs(30);

impl Durability {
    pub(crate) fn wrote(&mut self, now: Now) {
        if self.written == self.synced {
            self.first_unsynced = now.monotonic;
        }
        self.written += 1;
        self.written_at = Some(now.wall);
        self.writing.is_over();
    }

    /// Monotonic moment of the first write that is not synced; `None` where all are.
    pub(crate) fn unsynced_since(&self) -> Option<Duration> {
        (self.written != self.synced).then_some(self.first_unsynced)
    }

    /// What was written until `reaches` survives a power cut now. What came after it is younger than `begun`.
    pub(crate) fn synced_to(&mut self, reaches: u64, at: Option<Timestamp>, begun: Now) {
        self.synced = self.synced.max(reaches);
        self.synced_at = self.synced_at.max(at);
        self.first_unsynced = self.first_unsynced.max(begun.monotonic);
        self.syncing.is_over();
    }

    /// Of a session whose end was not waited for: something is not synced, and `failed` is why.
    pub(crate) fn unknown(before: &Self, failed: Option<Error>, now: Now) -> Self {
        let (written, synced) = (before.synced + 1, before.synced);
        let (written_at, synced_at) = (before.written_at, before.synced_at);
        let mut unknown = Self { written, synced, written_at, synced_at, ..Self::default() };
        if let Some(error) = failed {
            unknown.writing.failed(error, now);
        }
        unknown
    }

    /// There is nothing written any more that could be synced.
    pub(crate) fn clear(&mut self) {
        self.synced = self.written;
    }

    pub(crate) fn is_all_synced(&self) -> bool {
        self.written == self.synced && !self.distrusted
    }

    /// What the user should know of.
    pub(crate) fn failing(&self) -> Option<&Failing> {
        [&self.writing, &self.syncing, &self.rounds].into_iter().find_map(Trouble::failing)
    }

    /// Grows with each failure that keeps the state from being safe.
    pub(crate) fn failures(&self) -> u64 {
        self.writing.failures + self.syncing.failures + self.rounds.failures
    }

    /// Somebody asked for it: whatever failed is tried now and not when its time comes.
    pub(crate) fn try_at_once(&mut self) {
        for trouble in [&mut self.writing, &mut self.syncing, &mut self.compacting, &mut self.rounds] {
            trouble.retry_at = Duration::ZERO;
        }
    }
}

impl Trouble {
    pub(crate) fn failed(&mut self, error: Error, now: Now) {
        let since = self.failing.as_ref().map_or(now.wall, |failing| failing.since);
        self.failing = Some(Failing { since, error });
        self.failures += 1;
        self.wait = self.wait.clamp(RETRY_FIRST, RETRY_MOST);
        self.retry_at = now.monotonic.saturating_add(self.wait);
        self.wait *= 2;
    }

    pub(crate) fn is_over(&mut self) {
        self.failing = None;
        self.wait = RETRY_FIRST;
        self.retry_at = Duration::ZERO;
    }

    pub(crate) fn failing(&self) -> Option<&Failing> {
        self.failing.as_ref()
    }

    /// How long to wait before the next try.
    pub(crate) fn wait(&self) -> Duration {
        self.wait.clamp(RETRY_FIRST, RETRY_MOST)
    }

    /// Monotonic moment of the next try; zero where nothing fails.
    pub(crate) fn retry_at(&self) -> Duration {
        self.retry_at
    }
}
