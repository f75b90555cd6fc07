//! Waiting for the flusher, never longer than a deadline.

use super::{Asked, DEADLINE, Inner, Log, Store, Work, Worker};
use crate::error::{Error, ErrorKind};
use crate::sync::{Instant, MutexGuard};

impl Store {
    /// Lets the flusher work until `is_done`, an attempt fails that began after the call `asked`, or the deadline passes.
    ///
    /// # Errors
    /// The failure, or `TimedOut`.
    pub(crate) fn wait_for(
        &self,
        guard: &mut MutexGuard<'_, Inner>,
        asked: Asked,
        deadline: Instant,
        is_done: impl Fn(&Inner) -> bool,
    ) -> Result<(), Error> {
        while !is_done(guard) {
            // On a full disk, the flusher gives up history first.
            if let Some(failing) = guard.durability.failed_since(asked).filter(|_| !guard.durability.is_full) {
                return Err(failing.error.clone());
            }
            let is_late = if guard.worker == Worker::Application {
                MutexGuard::unlocked(guard, || self.work());
                // Storage that cannot be waited for confirms when this call has returned.
                self.backend.is_underway() || Instant::now() > deadline
            } else {
                self.notify();
                self.progress.wait_until(guard, deadline).timed_out()
            };
            if is_late && !is_done(guard) {
                let message = if guard.encoding > 0 {
                    "timed out waiting for a shared value to be encoded; the operation continues in the background"
                } else {
                    "timed out waiting for storage; the operation continues in the background"
                };
                return Err(Error::new(ErrorKind::TimedOut, message));
            }
        }
        Ok(())
    }

    /// Waits until a session that is closing has written its last frame.
    ///
    /// # Errors
    /// `TimedOut`: storage did not respond until the deadline.
    pub(crate) fn wait_for_end(&self, guard: &mut MutexGuard<'_, Inner>, deadline: Instant) -> Result<(), Error> {
        let is_closing = |inner: &Inner| inner.life.ending().is_some();
        self.wait_while(guard, deadline, is_closing, "timed out waiting for the close of the session")
    }

    /// Waits while the flusher writes without the lock.
    ///
    /// # Errors
    /// `TimedOut`: storage does not respond.
    pub(crate) fn wait_for_writer(&self, guard: &mut MutexGuard<'_, Inner>) -> Result<(), Error> {
        let is_busy = |inner: &Inner| inner.writer.is_none() && inner.log != Log::WriterLost;
        self.wait_while(guard, Instant::now() + DEADLINE, is_busy, "timed out waiting for storage")
    }

    /// Waits until the flusher does not use the backend, so that its work cannot interfere with what follows.
    ///
    /// # Errors
    /// `TimedOut`: storage did not respond.
    pub(crate) fn wait_until_idle(&self, guard: &mut MutexGuard<'_, Inner>) -> Result<(), Error> {
        let is_busy = |inner: &Inner| inner.work != Work::Idle || inner.writer.is_none();
        let late = "timed out waiting for storage; nothing was changed";
        self.wait_while(guard, Instant::now() + DEADLINE, is_busy, late)
    }

    fn wait_while(
        &self,
        guard: &mut MutexGuard<'_, Inner>,
        deadline: Instant,
        is_busy: impl Fn(&Inner) -> bool,
        late: &'static str,
    ) -> Result<(), Error> {
        while is_busy(guard) {
            if self.progress.wait_until(guard, deadline).timed_out() {
                return Err(Error::new(ErrorKind::TimedOut, late));
            }
        }
        Ok(())
    }
}
