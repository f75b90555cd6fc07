//! Interruptions that are reported by another thread than the user's.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Session;
use crate::error::{Error, ErrorKind};
use crate::mark::Reason;
use crate::store::{Presence, Store, Worker};
use crate::sync::{Instant, caught};

/// Reports interruptions to a [`Session`] from any thread: a signal, a sleeping machine, the end of the desktop session.
///
/// [`Session::interrupt_handle`] returns one. No code of the application runs in its calls: they write and sync what was
/// captured, together with the reason. Once the session is closed or dropped, they do nothing.
///
/// The package `leftoff-os` calls it for the signals and events of the operating system; a program that has handlers of
/// its own calls it from those.
///
/// ```
/// use std::thread;
/// use std::time::Duration;
///
/// use leftoff::backend::MemoryBackend;
/// use leftoff::{AppId, LastExit, Reason, Section, Session};
///
/// const FORM: Section<String> = Section::new("form", 1);
///
/// let memory = MemoryBackend::new();
/// let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).open();
/// let mut session = open();
/// session.mark("form/name");
/// session.autosave(|capture| capture.set(FORM, &"Ana".to_owned()))?;
///
/// let handle = session.interrupt_handle();
/// let watcher = thread::spawn(move || handle.interrupted(Reason::SessionEnd, Duration::from_secs(2)));
/// watcher.join().unwrap()?;
/// # std::mem::forget(session);
///
/// // The desktop session has ended, and the user is back on the next day:
/// let session = open();
/// assert_eq!(*session.last_exit(), LastExit::Interrupted(Reason::SessionEnd));
/// # Ok::<(), leftoff::Error>(())
/// ```
#[derive(Clone)]
pub struct InterruptHandle {
    // Weak, because the location must be free as soon as the session is closed.
    store: Weak<Store>,
}

impl InterruptHandle {
    /// Records that the user is interrupted, writes and syncs everything captured, and waits for that, for at most
    /// `deadline`.
    ///
    /// If the process ends now, the next start reports [`LastExit::Interrupted`](crate::LastExit::Interrupted) with this
    /// reason. If the process goes on, the interruption is over at the next call of [`resumed`](Self::resumed) or at the
    /// user's next [`mark`](Session::mark), and the session then shows its marker.
    ///
    /// Marks, small sections and the reason are written at once. A value that was [shared](crate::Capture::share) follows
    /// when the flusher has encoded it; if the deadline passes before, it is older than what was captured with it.
    ///
    /// Waits for what was captured when it is called: a program that goes on saving does not prolong it. While the session
    /// is being closed, it waits for the end of that instead, and in a second instance, which cannot write, for nothing.
    ///
    /// A reason that only carries out the present one does not replace it: the announced end of the desktop session stands
    /// against the signals that follow it, and a signal against the exit.
    ///
    /// [`Reason::Absence`] is for a system that notices that nobody is there. It is in the log until the end is reported;
    /// whether and how long the user was away follows the session's own rule, [`idle_after`](crate::Builder::idle_after).
    ///
    /// The reason of a session that the application itself has [suspended](Session::suspend) stands: somebody who left
    /// for a call and whose screen is locked meanwhile left for the call.
    ///
    /// # Errors
    /// As for [`Session::flush`]: [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut) if storage did not respond within
    /// the deadline, [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) and others if it failed. What is not
    /// written stays in memory and is retried while the process lives.
    pub fn interrupted(&self, reason: impl Into<Reason>, deadline: Duration) -> Result<(), Error> {
        self.interrupt(reason.into(), deadline, false)
    }

    /// Records that the process ends for this reason, whatever the user does meanwhile; otherwise like
    /// [`interrupted`](Self::interrupted).
    ///
    /// For a signal that ends the process, or an exit: a user who goes on typing while the flusher syncs does not revoke
    /// it. Only [`resumed`](Self::resumed) does.
    ///
    /// # Errors
    /// As for [`interrupted`](Self::interrupted).
    pub fn ending(&self, reason: impl Into<Reason>, deadline: Duration) -> Result<(), Error> {
        self.interrupt(reason.into(), deadline, true)
    }

    fn interrupt(&self, reason: Reason, deadline: Duration, is_final: bool) -> Result<(), Error> {
        let Some(store) = self.store.upgrade() else { return Ok(()) };
        let until = Instant::now().checked_add(deadline).unwrap_or_else(|| Instant::now() + Session::DEADLINE);
        let Some(mut guard) = store.inner.lock_until(until) else {
            if let Some(forked) = store.inner.forked() {
                return Err(forked);
            }
            return Err(Error::new(ErrorKind::TimedOut, "timed out waiting for another thread that uses the session"));
        };
        if guard.life.is_ending() {
            // Its last frame says how the session ends. The process must not die before that is written.
            return store.wait_for_end(&mut guard, until);
        }
        if let Some(refusal) = guard.refusal() {
            if !guard.is_off() {
                // Another instance has the location: nothing can be written, so there is nothing to wait for.
                store.interrupt(&mut guard, reason, is_final);
            }
            return Err(refusal);
        }
        store.interrupt(&mut guard, reason, is_final);
        let asked = guard.durability.ask();
        store.write_light(&mut guard);
        guard.orders.sync = true;
        // Of a program that goes on saving, what was captured until now; the flusher may never be done with the rest.
        let written = Cell::new(None);
        store.wait_for(&mut guard, asked, until, |inner| {
            if written.get().is_none() && inner.is_all_written() {
                written.set(Some(inner.durability.written));
            }
            let is_synced = |written| inner.durability.synced >= written && !inner.durability.distrusted;
            written.get().is_some_and(is_synced) || inner.life.is_ending()
        })?;
        if guard.life.is_ending() { store.wait_for_end(&mut guard, until) } else { Ok(()) }
    }

    /// Records that the interruption is over: the machine woke up, the screen was unlocked, the program was continued.
    ///
    /// The session shows its marker from the next call on, with the time since the interruption. Without an
    /// interruption that this handle reported, nothing happens.
    pub fn resumed(&self) {
        let Some(store) = self.store.upgrade() else { return };
        let mut guard = store.inner.lock();
        if guard.is_off() || guard.life.is_ending() {
            return;
        }
        store.resume(&mut guard);
        store.write_light(&mut guard);
        store.notify();
    }

    /// Does what [`Session::run_pending`] does, for an event loop that cannot reach the session.
    ///
    /// Returns `None` if nothing is due before the next capture, if the session has a thread, or if it is closed.
    pub fn run_pending(&self) -> Option<Duration> {
        let store = self.store.upgrade()?;
        let is_thread = {
            let guard = store.inner.lock();
            guard.worker != Worker::Application || guard.life.is_stopped()
        };
        if is_thread {
            return None;
        }
        let next = store.work();
        store.tell();
        next
    }

    /// Returns whether the session is still open, so that a call would have an effect.
    pub fn is_open(&self) -> bool {
        self.store.strong_count() > 0
    }

    /// Records that the program is panicking, and writes everything captured; for a panic hook.
    ///
    /// Waits 50 ms at most for a thread that uses the session. If the panicking thread is itself in a call on the
    /// session, nothing is recorded, and the next start reports [`LastExit::Crashed`](crate::LastExit::Crashed) instead
    /// of [`LastExit::Panicked`](crate::LastExit::Panicked). If the program survives the panic, the next frame that it
    /// writes shows that.
    pub fn panicked(&self) {
        let Some(store) = self.store.upgrade() else { return };
        let Some(mut guard) = store.inner.lock_until(Instant::now() + PATIENCE) else { return };
        if guard.is_off() || guard.life.is_ending() || guard.is_asleep() {
            return;
        }
        guard.pending.presence = Some(Presence::Crashed);
        caught(|| store.write_light(&mut guard));
        // Written later, it would say that a program crashed which survived.
        guard.pending.presence.take_if(|presence| *presence == Presence::Crashed);
    }
}

/// How long a panic waits for the lock, which the flusher holds for a few milliseconds at a time. The panicking thread may
/// hold it itself, and never let go.
const PATIENCE: Duration = Duration::from_millis(50);

/// Two handles are equal if they are of the same session.
impl PartialEq for InterruptHandle {
    fn eq(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.store, &other.store)
    }
}

impl Eq for InterruptHandle {}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").finish_non_exhaustive()
    }
}

impl Session {
    /// Returns a handle by which other threads report interruptions.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle { store: Arc::downgrade(&self.store) }
    }

    /// Shows the marker of an interruption that another thread reported, if it is over. A touch ends it. Returns whether
    /// there is a new marker.
    pub(super) fn end_interruption(&mut self, is_touched: bool) -> bool {
        if !self.store.is_interrupted.load(Ordering::Acquire) {
            return false;
        }
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        if is_touched {
            store.resume_by_touch(&mut guard);
        }
        let Some((reason, away, watch)) = store.take_ended(&mut guard) else { return false };
        // The flusher may have nothing to write before the next capture.
        self.dirty |= guard.pending.presence.is_some();
        drop(guard);
        if reason == Reason::Absence {
            // A desktop notices an absence minutes after it began; the last mark tells its length.
            return self.marks.input(self.store.now(), &*self.store.clock);
        }
        self.marks.return_from(away, &reason, watch)
    }
}
