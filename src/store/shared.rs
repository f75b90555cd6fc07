//! The lock around the state shared by the UI thread and the flusher, and its replacement in a forked child.

use std::sync::OnceLock;

use super::{Inner, Saving};
use crate::error::{Error, ErrorKind};
use crate::fork::Owner;
use crate::frame::{Launch, Process};
use crate::store::Store;
use crate::sync::{Instant, Mutex, MutexGuard, lock_until};
use crate::time::Now;

/// The state of a session. A process forked from the one that opened the session gets an empty state that refuses
/// everything: the flusher may have held the real lock at the moment of the fork, and in the child no thread would
/// ever release it.
pub(crate) struct Shared {
    owner: Owner,
    opened_at: Now,
    inner: Mutex<Inner>,
    elsewhere: OnceLock<Box<Mutex<Inner>>>,
}

impl Shared {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { owner: Owner::this(), opened_at: inner.opened_at, inner: Mutex::new(inner), elsewhere: OnceLock::new() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        match self.forked() {
            None => self.inner.lock(),
            Some(error) => self.elsewhere.get_or_init(|| Box::new(Mutex::new(self.refused(error)))).lock(),
        }
    }

    /// Locks like [`lock`](Self::lock), inside a capture: while the lock is free, that costs no system call. In a
    /// forked child, the memory that a capture changes belongs to the child alone, and [`lock`](Self::lock) refuses
    /// what it staged before anything is written.
    pub(crate) fn lock_in_capture(&self) -> MutexGuard<'_, Inner> {
        // A lock that was held at the moment of the fork is never free in the child.
        self.inner.try_lock().unwrap_or_else(|| self.lock())
    }

    /// Locks, unless the lock is held until `deadline`; never in a forked child.
    pub(crate) fn lock_until(&self, deadline: Instant) -> Option<MutexGuard<'_, Inner>> {
        self.owner.is_here().then(|| lock_until(&self.inner, deadline))?
    }

    /// Returns why the calling process may not use the session, if another process opened it.
    pub(crate) fn forked(&self) -> Option<Error> {
        let message = "this session belongs to the process that opened it, not to a forked child; nothing is saved";
        (!self.owner.is_here()).then(|| Error::new(ErrorKind::Closed, message).because(self.owner.forked()))
    }

    /// Returns an empty state without a writer, so that no call on it reaches a backend.
    fn refused(&self, error: Error) -> Inner {
        let launch = Launch::first(Store::moment(self.opened_at), Process::default());
        let mut inner = Inner::new(launch, 0, self.opened_at);
        inner.saving = Saving::Refused(error);
        inner.writer = None;
        inner
    }
}
