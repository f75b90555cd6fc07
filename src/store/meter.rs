//! What a session wrote in the last hour, and how rarely it syncs if that is more than its budget.

use std::collections::VecDeque;
use std::time::Duration;

use super::Store;
use super::work::Guard;
use crate::time::Now;

/// See [`Builder::MAX_STRETCHED`](crate::Builder::MAX_STRETCHED).
pub(crate) const MAX_STRETCHED: Duration = Duration::from_secs(60);
/// The bytes that a disk writes at least for each sync.
const PAGE: u64 = 4096;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Counts by minute.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// The minutes of the last hour in which anything was counted, oldest first.
    minutes: VecDeque<Minute>,
    /// All bytes and syncs counted so far.
    bytes: u64,
    syncs: u64,
}

#[derive(Debug)]
struct Minute {
    number: u64,
    bytes: u64,
    syncs: u64,
}

impl Meter {
    /// Counts what was added to these totals since the last call as belonging to this minute, and drops what is older than
    /// an hour. `now` is monotonic.
    fn note(&mut self, now: Duration, bytes: u64, syncs: u64) {
        let number = now.as_secs() / MINUTE;
        while self.minutes.front().is_some_and(|first| first.number + HOUR / MINUTE <= number) {
            self.minutes.pop_front();
        }
        let (more, times) = (bytes.saturating_sub(self.bytes), syncs.saturating_sub(self.syncs));
        (self.bytes, self.syncs) = (bytes, syncs);
        if more == 0 && times == 0 {
            return;
        }
        match self.minutes.back_mut().filter(|last| last.number == number) {
            Some(last) => (last.bytes, last.syncs) = (last.bytes + more, last.syncs + times),
            None => self.minutes.push_back(Minute { number, bytes: more, syncs: times }),
        }
    }

    /// Returns the bytes and syncs of the hour before the last [`note`](Self::note).
    pub(crate) fn last_hour(&self) -> (u64, u64) {
        self.minutes.iter().fold((0, 0), |(bytes, syncs), minute| (bytes + minute.bytes, syncs + minute.syncs))
    }

    /// Returns the interval between syncs, if the last hour cost more than a quarter of `budget`: the interval at which an
    /// hour of syncs costs what the other three quarters leave beside the bytes, which do not become fewer. So rarer syncs
    /// keep the hour within the budget where they can: until the quarter is spent, any rate is allowed, and from then on only
    /// this one.
    fn stretched(&self, budget: u64, sync_every: Duration) -> Option<Duration> {
        let (bytes, syncs) = self.last_hour();
        let quarter = budget / 4;
        if bytes.saturating_add(syncs.saturating_mul(PAGE)) <= quarter {
            return None;
        }
        let first = self.minutes.front().map_or(0, |minute| minute.number);
        let last = self.minutes.back().map_or(0, |minute| minute.number);
        let hourly = bytes.saturating_mul(HOUR / MINUTE) / (last - first + 1);
        let room = (budget - quarter).saturating_sub(hourly).max(1);
        let millis = u128::from(PAGE) * u128::from(HOUR) * 1_000 / u128::from(room);
        let interval = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)).min(MAX_STRETCHED);
        Some(interval).filter(|interval| *interval > sync_every)
    }
}

impl Store {
    /// Updates the meter. Returns all bytes and syncs so far.
    pub(crate) fn measure(&self, guard: &mut Guard<'_>, now: Now) -> (u64, u64) {
        let (bytes, syncs) = (self.backend.bytes_written(), self.backend.syncs());
        guard.meter.note(now.monotonic, bytes, syncs);
        (bytes, syncs)
    }

    /// Decides how long what is written from now on may wait for its sync. Only the cadence depends on it: a sync that was
    /// ordered, such as by `save`, `suspend`, a signal or a close, is due at once.
    pub(super) fn pace(&self, guard: &mut Guard<'_>, now: Now) {
        self.measure(guard, now);
        let budget = self.settings.hourly_budget;
        guard.stretched = budget.and_then(|budget| guard.meter.stretched(budget, self.settings.sync_every));
    }
}
