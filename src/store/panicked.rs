//! What is made whole after a round of work panicked, wherever it stood.

use std::time::{Duration, Instant};

use super::{Inner, Store};
use crate::error::{Error, ErrorKind};
use crate::sync::{MutexGuard, caught};

impl Store {
    /// Makes whole what a round that panicked may have left half done, tells the status, and returns how long to wait
    /// before the next one.
    ///
    /// Nothing in memory is lost: the bytes of each section stay with their entry until a write of them has returned.
    pub(crate) fn recover(&self) -> Duration {
        let mut guard = self.inner.lock();
        // The clock may be what panicked.
        let now = caught(|| self.now()).unwrap_or(guard.opened_at);
        let message = "background work panicked; will retry";
        guard.durability.rounds.failed(Error::new(ErrorKind::Unavailable, message), now);
        (guard.working, guard.compacting, guard.encoding) = (false, false, false);
        // Nobody else writes without the lock while a round is under way, so a writer that is out is lost.
        guard.orders.relog |= guard.writer.is_none();
        // Whoever waits for this round hears that it failed.
        self.progress.notify_all();
        guard.durability.rounds.wait()
    }

    /// Waits until the next round may be tried: not at every word, or a panic at each would keep a processor busy.
    pub(crate) fn wait_after_panic(&self) {
        let mut guard = self.inner.lock();
        let deadline = Instant::now() + guard.durability.rounds.wait();
        let is_asked_for = |inner: &Inner| inner.orders.stop || inner.durability.rounds.retry_at().is_zero();
        while !is_asked_for(&guard) && !self.wake.wait_until(&mut guard, deadline).timed_out() {}
    }

    /// Begins a new log where the writer of the old one was lost in a panic, and writes to it all that is in memory.
    pub(super) fn relog_if_lost(&self, guard: &mut MutexGuard<'_, Inner>) {
        if !std::mem::take(&mut guard.orders.relog) || guard.refusal().is_some() {
            return;
        }
        if let Err(error) = self.begin_again(guard, false) {
            guard.orders.relog = true;
            let now = self.now();
            let message = "could not start a new log; will retry";
            guard.durability.writing.failed(Error::storage(message, error), now);
        }
    }
}
