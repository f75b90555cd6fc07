//! How far a copy is.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// How far the copy of a [`Mirror`](super::Mirror) is. A clone is the same state.
#[derive(Clone, Default)]
pub struct MirrorState(Arc<Shared>);

#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default, Clone)]
struct Progress {
    is_complete: bool,
    failing: Option<String>,
}

impl MirrorState {
    /// Returns a state that no mirror reports to yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether the second backend has everything that the first one had when the copy was last compared.
    pub fn is_complete(&self) -> bool {
        self.0.progress.lock().is_complete
    }

    /// Returns why the copy lags, if the second backend fails. It is retried.
    pub fn failing(&self) -> Option<String> {
        self.0.progress.lock().failing.clone()
    }

    /// Waits until the copy is complete, at most `time`. Returns whether it is.
    pub fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut progress = self.0.progress.lock();
        while !progress.is_complete {
            if self.0.changed.wait_until(&mut progress, until).timed_out() {
                return progress.is_complete;
            }
        }
        true
    }

    pub(super) fn set(&self, is_complete: bool, failing: Option<String>) {
        *self.0.progress.lock() = Progress { is_complete, failing };
        self.0.changed.notify_all();
    }
}

impl fmt::Debug for MirrorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { is_complete, failing } = self.0.progress.lock().clone();
        f.debug_struct("MirrorState").field("is_complete", &is_complete).field("failing", &failing).finish()
    }
}
