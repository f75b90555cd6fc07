//! Waiting in a browser's page, where there is one thread: nobody could end a wait.

use std::time::Duration;

use parking_lot::MutexGuard;

pub(crate) use web_time::Instant;

/// A signal that nobody sends while somebody waits, so that every wait ends at once, as if its time had passed.
#[derive(Debug, Default)]
pub(crate) struct Condvar;

pub(crate) struct Waited;

impl Waited {
    pub(crate) fn timed_out(&self) -> bool {
        true
    }
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn wait<T>(&self, _: &mut MutexGuard<'_, T>) {}

    pub(crate) fn wait_until<T>(&self, _: &mut MutexGuard<'_, T>, _: Instant) -> Waited {
        Waited
    }

    pub(crate) fn wait_for<T>(&self, _: &mut MutexGuard<'_, T>, _: Duration) -> Waited {
        Waited
    }

    pub(crate) fn notify_one(&self) -> bool {
        false
    }

    pub(crate) fn notify_all(&self) -> usize {
        0
    }
}
