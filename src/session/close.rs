//! Closing and dropping a session.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Driver, Session};
use crate::error::{Error, ErrorKind};
use crate::frame::{Launch, Process};
use crate::store::{DEADLINE, Durability, Ended, Ending, Erasure, Guarded, Inner, Late, Life, Saving, Shared, Store};
use crate::sync::{Condvar, Instant};

impl Session {
    /// Closes the session: writes and syncs everything captured and every mark, and releases the location.
    ///
    /// The next start then sees a clean exit. Waits for storage for at most [`DEADLINE`](Self::DEADLINE).
    ///
    /// A closed session saves nothing: [`autosave`](Self::autosave) returns [`Saved::Off`](crate::Saved::Off), and
    /// [`get`](Self::get), [`save`](Self::save) and [`flush`](Self::flush) return [`ErrorKind::Closed`].
    /// [`status`](Self::status) shows how the session ended, closing again returns the same result, and dropping the
    /// session does nothing more.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    ///
    /// use leftoff::{Saved, Section, Session};
    ///
    /// const COUNT: Section<u32> = Section::new("count", 1);
    ///
    /// let shared = Arc::new(Mutex::new(Session::in_memory()));
    ///
    /// // In the handler of SIGTERM:
    /// shared.lock().unwrap().close()?;
    ///
    /// // A worker that still uses the session:
    /// let mut session = shared.lock().unwrap();
    /// session.mark("task/7");
    /// assert_eq!(session.autosave(|capture| capture.set(COUNT, &7))?, Saved::Off);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] if storage did not respond. [`ErrorKind::Unavailable`] and others if storage failed, or if
    /// the session was refused from the start, so that nothing was saved. [`ErrorKind::Encode`],
    /// [`ErrorKind::TooLarge`]: the newest value of a section in [`Status::unsaved`](crate::Status::unsaved) was not
    /// saved; everything else was. Values that could not be written are lost when the process exits.
    pub fn close(&mut self) -> Result<(), Error> {
        let closed = self.finish(true);
        self.release(closed.as_ref().err());
        self.store.tell();
        closed
    }

    /// Writes everything and stops the session. If not `clean`, the log records a crash.
    fn finish(&mut self, clean: bool) -> Result<(), Error> {
        let store = Arc::clone(&self.store);
        if let Some(forked) = store.inner.forked() {
            // A forked child has no flusher: there is no thread to wait for and none to detach.
            std::mem::forget(std::mem::replace(&mut self.driver, Driver::Application));
            return Err(forked);
        }
        if store.inner.lock().life.is_stopped() {
            return store.inner.lock().ending();
        }
        if clean {
            self.reopen_quitting();
        }
        let mut guard = store.inner.lock();
        self.marks.drain_into(&mut guard);
        guard.last_marks = self.marks.all().collect();
        guard.life = Life::Stopping(match clean {
            false => Ending::Crash,
            true if guard.is_asleep() => Ending::Suspended,
            true => Ending::Close(Erasure::of(guard.loaded.erasable)),
        });
        if let Driver::Thread(handle) = std::mem::replace(&mut self.driver, Driver::Application) {
            store.notify();
            let deadline = Instant::now() + DEADLINE;
            while !guard.life.is_stopped() {
                if store.progress.wait_until(&mut guard, deadline).timed_out() {
                    let message = if guard.encoding > 0 {
                        "timed out waiting for a shared value to be encoded; the last changes may be lost"
                    } else {
                        "timed out waiting for storage; the last changes may be lost"
                    };
                    return Err(Error::new(ErrorKind::TimedOut, message));
                }
            }
            drop(guard);
            // The flusher has reported that it stopped, so this waits only for the thread to return.
            let _ = handle.join();
        } else {
            drop(guard);
            store.finish();
        }
        store.inner.lock().ending()
    }

    /// Drops the backend, and with it the lock on the location. The status stays, so that it shows how the session ended.
    ///
    /// A flusher that did not stop in time keeps the backend until it does, and writes what it can.
    fn release(&mut self, failed: Option<&Error>) {
        let before = Arc::clone(&self.store);
        if before.inner.forked().is_some() {
            return;
        }
        let now = before.now();
        let mut guard = before.inner.lock();
        let mut inner = Inner::new(Launch::first(Store::moment(now), Process::default()), 0, guard.opened_at);
        if guard.life.is_stopped() {
            std::mem::swap(&mut *guard, &mut inner);
        } else {
            // The result of the flusher's last work will not be known here.
            inner.writer = None;
            inner.durability = Durability::unknown(&guard.durability, failed.cloned(), now);
            inner.life = Life::Stopped(Ended::Saving);
            inner.saving = Saving::Closed;
        }
        drop(guard);
        self.store = Arc::new(Store {
            // A backend that never becomes available.
            backend: Box::new(Guarded::new(Box::new(Late::new(None)))),
            clock: Arc::clone(&before.clock),
            settings: before.settings.clone(),
            inner: Shared::new(inner),
            types: Arc::clone(&before.types),
            taken: None,
            took_over: before.took_over.clone(),
            is_interrupted: AtomicBool::new(false),
            #[cfg(test)]
            wake_ups: std::sync::atomic::AtomicU64::new(0),
            wake: Condvar::new(),
            progress: Condvar::new(),
            #[cfg(feature = "log")]
            outbox: Arc::clone(&before.outbox),
        });
        self.dirty = true;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let is_closed = self.store.inner.lock().life.is_stopped();
        if !is_closed {
            // Errors are ignored here; `close` returns them. A panic is not a clean exit, but earlier captures are written
            // all the same.
            let _ = self.finish(!std::thread::panicking());
            self.store.tell();
        }
    }
}

impl Inner {
    /// Returns the result of closing.
    fn ending(&self) -> Result<(), Error> {
        match (&self.life, self.durability.failing()) {
            (Life::Stopped(Ended::NeverSaved(reason)), _) => Err(reason.clone().prefixed("nothing was saved")),
            (Life::Stopped(Ended::Forgotten), _) => Ok(()),
            (_, Some(failing)) if !self.is_all_synced() || self.durability.rounds.failing().is_some() => {
                let is_written = self.pending.is_empty() && self.jobs.is_empty();
                let lost =
                    "the last changes could not be written before the session ended, and are lost with the process";
                Err(if is_written { failing.error.clone() } else { failing.error.clone().restated(lost) })
            }
            _ if self.rejection().is_some() => {
                let error = self.rejection().map(|error| error.prefixed("not everything was saved"));
                error.map_or(Ok(()), Err)
            }
            (Life::Stopped(Ended::NotErased), _) => {
                let message = "could not erase the sections marked for erasure on close; the next clean close retries";
                let error = Error::new(ErrorKind::Unavailable, message);
                let cause = self.durability.compacting.failing().cloned();
                Err(cause.map_or(error.clone(), |cause| error.because(cause.error)))
            }
            _ => Ok(()),
        }
    }
}
