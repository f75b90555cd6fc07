//! How durable the captured state is, and which failures prevent more.

use std::time::Duration;

use super::notes::Notes;
use crate::error::Error;
use crate::time::{Now, Timestamp};

#[derive(Debug, Default)]
pub(crate) struct Durability {
    /// Batches written so far, and batches covered by the last fsync.
    pub(crate) written: u64,
    pub(crate) synced: u64,
    pub(crate) written_at: Option<Timestamp>,
    pub(crate) synced_at: Option<Timestamp>,
    /// Monotonic time of the first unsynced write. Meaningless while everything is synced: use
    /// [`unsynced_since`](Self::unsynced_since).
    first_unsynced: Duration,
    /// Monotonic time of the last write; zero before the first.
    last_write: Duration,
    /// Monotonic time of the beginning of the last sync.
    last_sync: Option<Duration>,
    /// An fsync failed: the page cache of this generation cannot be trusted, and a new base must replace it.
    pub(crate) distrusted: bool,
    /// A write failed because the storage is full, and history may be given up for it.
    pub(crate) is_full: bool,
    /// The last write took too long for the UI thread.
    pub(crate) slow: bool,
    pub(crate) writing: Trouble,
    pub(crate) syncing: Trouble,
    /// Not shown to the user, because the present log stays in use.
    pub(crate) compacting: Trouble,
    /// A whole round of work panicked.
    pub(crate) rounds: Trouble,
    /// The number of calls that have asked whether the state is safe, and how many of them a failure has answered.
    asked: u64,
    answered: u64,
}

/// The number of calls that had asked whether the state is safe when an attempt to make it safe began. Its failure says
/// nothing to later calls: what they found in the way may be gone since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked(u64);

impl Asked {
    /// Of a wait that no failure ends.
    pub(crate) const UNANSWERED: Self = Self(u64::MAX);
}

/// A failure that has not been resolved yet: the time of the first one, and the error of the last one.
#[derive(Debug, Clone)]
pub(crate) struct Failing {
    pub(crate) since: Timestamp,
    pub(crate) error: Error,
}

/// The failures of one kind of work, and its next retry.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    failing: Option<Failing>,
    /// Monotonic time of the next retry, and the delay after that one.
    retry_at: Duration,
    wait: Duration,
    pub(super) notes: Notes,
    /// Whether the present failure was noted.
    is_noted: bool,
    /// Monotonic time until which no new failure is noted.
    quiet_until: Duration,
}

/// The delay before the first retry of a failed write or fsync. It doubles with each failure, up to [`RETRY_MOST`].
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// How long to wait before asking again whether a sync that is under way has ended.
const ASK_AGAIN: Duration = Duration::from_millis(20);
const RETRY_MOST: Duration = Duration::from_secs(30);
/// After a noted failure, the next failure of the same kind of work is noted only after this time: storage that fails at
/// every second write must not fill a log.
const QUIET: Duration = Duration::from_secs(60);

impl Durability {
    pub(crate) fn wrote(&mut self, now: Now) {
        if self.written == self.synced {
            self.first_unsynced = now.monotonic;
        }
        self.last_write = now.monotonic;
        self.written += 1;
        self.written_at = Some(now.wall);
        self.writing.is_over();
    }

    /// Returns the monotonic time of the last write; zero before the first.
    pub(super) fn last_write(&self) -> Duration {
        self.last_write
    }

    /// Returns the monotonic time of the first unsynced write; `None` if all are synced.
    pub(crate) fn unsynced_since(&self) -> Option<Duration> {
        (self.written != self.synced).then_some(self.first_unsynced)
    }

    /// Records an fsync that began at `begun` and covers all batches up to `reaches`. Later batches are younger than
    /// `begun`.
    pub(crate) fn synced_to(&mut self, reaches: u64, at: Option<Timestamp>, begun: Now) {
        self.synced = self.synced.max(reaches);
        self.synced_at = self.synced_at.max(at);
        self.first_unsynced = self.first_unsynced.max(begun.monotonic);
        self.last_sync = Some(begun.monotonic);
        self.syncing.is_over();
    }

    /// Returns the monotonic time at which the last successful sync began; `None` before the first.
    pub(crate) fn begun_last_sync(&self) -> Option<Duration> {
        self.last_sync
    }

    /// The durability of a session that stopped waiting for its end: something is not synced, because of `failed`.
    pub(crate) fn unknown(before: &Self, failed: Option<Error>, now: Now) -> Self {
        let (written, synced) = (before.synced + 1, before.synced);
        let (written_at, synced_at) = (before.written_at, before.synced_at);
        let mut unknown = Self { written, synced, written_at, synced_at, ..Self::default() };
        if let Some(error) = failed {
            unknown.write_failed(unknown.asked(), error, now);
        }
        unknown
    }

    /// Records that nothing unsynced is left, because the log is gone.
    pub(crate) fn clear(&mut self) {
        self.synced = self.written;
    }

    pub(crate) fn is_all_synced(&self) -> bool {
        self.written == self.synced && !self.distrusted
    }

    /// Returns the failure to show to the user.
    pub(crate) fn failing(&self) -> Option<&Failing> {
        [&self.writing, &self.syncing, &self.rounds].into_iter().find_map(Trouble::failing)
    }

    /// Notes that a call asks for the present condition of the storage: earlier failures and their delays do not count.
    pub(crate) fn ask(&mut self) -> Asked {
        self.try_at_once();
        self.asked += 1;
        self.asked()
    }

    /// Taken at the beginning of each attempt to make the state safe.
    pub(crate) fn asked(&self) -> Asked {
        Asked(self.asked)
    }

    pub(crate) fn write_failed(&mut self, attempt: Asked, error: Error, now: Now) {
        self.writing.failed(error, now);
        self.answer(attempt);
    }

    pub(crate) fn sync_failed(&mut self, attempt: Asked, error: Error, now: Now) {
        self.syncing.failed(error, now);
        self.answer(attempt);
    }

    pub(crate) fn round_failed(&mut self, error: Error, now: Now) {
        self.rounds.failed(error, now);
        self.answer(self.asked());
    }

    fn answer(&mut self, Asked(attempt): Asked) {
        self.answered = self.answered.max(attempt);
        if attempt < self.asked {
            self.try_at_once();
        }
    }

    /// Returns the failure, if one of an attempt that began after this call had asked has not been resolved.
    pub(crate) fn failed_since(&self, Asked(call): Asked) -> Option<&Failing> {
        self.failing().filter(|_| self.answered >= call)
    }

    /// Returns the troubles whose failures the user is shown.
    #[cfg(feature = "log")]
    pub(super) fn shown(&mut self) -> impl Iterator<Item = &mut Trouble> {
        [&mut self.writing, &mut self.syncing, &mut self.rounds].into_iter()
    }

    /// Makes all failed work due at once, because a caller asked for it.
    pub(crate) fn try_at_once(&mut self) {
        for trouble in [&mut self.writing, &mut self.syncing, &mut self.compacting, &mut self.rounds] {
            trouble.retry_at = Duration::ZERO;
        }
    }
}

impl Trouble {
    pub(super) fn failed(&mut self, error: Error, now: Now) {
        let since = self.failing.as_ref().map_or(now.wall, |failing| failing.since);
        if self.failing.is_none() && self.quiet_until <= now.monotonic {
            (self.is_noted, self.quiet_until) = (true, now.monotonic.saturating_add(QUIET));
            self.notes.warn(|| format!("{error:#}"));
        }
        self.failing = Some(Failing { since, error });
        self.wait = self.wait.clamp(RETRY_FIRST, RETRY_MOST);
        self.retry_at = now.monotonic.saturating_add(self.wait);
        self.wait *= 2;
    }

    /// Makes the work due again shortly, although nothing failed.
    pub(crate) fn put_off(&mut self, now: Now) {
        self.retry_at = now.monotonic.saturating_add(ASK_AGAIN);
    }

    pub(crate) fn is_over(&mut self) {
        let before = self.failing.take();
        if std::mem::take(&mut self.is_noted) {
            self.notes.info(|| match before {
                Some(Failing { error, .. }) => format!("storage works again; before: {error}"),
                None => "storage works again".to_owned(),
            });
        }
        self.wait = RETRY_FIRST;
        self.retry_at = Duration::ZERO;
    }

    pub(crate) fn failing(&self) -> Option<&Failing> {
        self.failing.as_ref()
    }

    /// Returns the delay before the next retry.
    pub(crate) fn wait(&self) -> Duration {
        self.wait.clamp(RETRY_FIRST, RETRY_MOST)
    }

    /// Returns the monotonic time of the next retry; zero if nothing has failed.
    pub(crate) fn retry_at(&self) -> Duration {
        self.retry_at
    }
}
