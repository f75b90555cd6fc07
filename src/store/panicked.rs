//! Recovery after a round of work panicked at any point.

use std::time::Duration;

use super::{Inner, Log, Store, Work};
use crate::error::{Error, ErrorKind};
use crate::sync::{Instant, MutexGuard, caught};

impl Store {
    /// Repairs the state after a round panicked, records the failure in the status, and returns the delay before the
    /// next round.
    ///
    /// Nothing in memory is lost: the bytes of each section stay in their entry until a write of them has returned.
    pub(crate) fn recover(&self) -> Duration {
        let mut guard = self.inner.lock();
        // The clock may be what panicked.
        let now = caught(|| self.now()).unwrap_or(guard.opened_at);
        let message = "background work panicked; will retry";
        guard.durability.round_failed(Error::new(ErrorKind::Unavailable, message), now);
        (guard.work, guard.encoding) = (Work::Idle, 0);
        // Only the round writes without the lock, so a writer that is taken is lost.
        if guard.writer.is_none() {
            guard.log = Log::WriterLost;
        }
        // Callers that wait for this round see that it failed.
        self.progress.notify_all();
        guard.durability.rounds.wait()
    }

    /// Waits until the next round may run. Requests do not shorten the delay, because a panic on each would keep a CPU
    /// busy.
    pub(crate) fn wait_after_panic(&self) {
        let mut guard = self.inner.lock();
        let deadline = Instant::now() + guard.durability.rounds.wait();
        let is_asked_for = |inner: &Inner| inner.life.is_ending() || inner.durability.rounds.retry_at().is_zero();
        while !is_asked_for(&guard) && !self.wake.wait_until(&mut guard, deadline).timed_out() {}
    }

    /// If a panic lost the writer, begins a new log and queues everything in memory.
    pub(super) fn relog_if_lost(&self, guard: &mut MutexGuard<'_, Inner>) {
        if guard.log != Log::WriterLost {
            return;
        }
        guard.log = Log::Continues;
        if guard.refusal().is_some() {
            return;
        }
        let attempt = guard.durability.asked();
        if let Err(error) = self.begin_again(guard, false) {
            guard.log = Log::WriterLost;
            let now = self.now();
            let message = "could not start a new log; will retry";
            guard.durability.write_failed(attempt, Error::storage(message, error), now);
        }
    }
}
