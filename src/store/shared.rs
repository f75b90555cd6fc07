//! The lock around what the user's thread and the flusher share, and what a forked child gets in its place.

use std::sync::OnceLock;

use super::{Inner, Saving};
use crate::error::{Error, ErrorKind};
use crate::fork::Owner;
use crate::frame::{Launch, Process};
use crate::store::Store;
use crate::sync::{Mutex, MutexGuard};
use crate::time::Now;

/// The state of a session in the process that opened it. In a child that was forked from it, an empty one that refuses
/// everything: the flusher may have held the real lock at the moment of the fork, and nobody would ever release it there.
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

    /// Why the calling process may not use the session, if it is not the one that opened it.
    pub(crate) fn forked(&self) -> Option<Error> {
        let message = "this session belongs to the process that opened it, not to a forked child; nothing is saved";
        (!self.owner.is_here()).then(|| Error::new(ErrorKind::Closed, message).because(self.owner.forked()))
    }

    /// Knows nothing and has no writer, so that whatever is called on it leads to no backend.
    fn refused(&self, error: Error) -> Inner {
        let launch = Launch::first(Store::moment(self.opened_at), Process::default());
        let mut inner = Inner::new(launch, 0, self.opened_at);
        inner.saving = Saving::Refused(error);
        inner.writer = None;
        inner
    }
}
