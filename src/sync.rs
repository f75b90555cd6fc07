//! The lock, the signals and the thread by which the user's thread and the flusher meet.
//!
//! In one place so that a scheduler that tries their meetings one after the other can stand in: see `proof/shuttle`.

#[cfg(leftoff_shuttle)]
#[path = "../proof/shuttle/model.rs"]
mod model;

#[cfg(leftoff_shuttle)]
pub(crate) use model::{Condvar, Mutex, MutexGuard};
#[cfg(leftoff_shuttle)]
pub(crate) use shuttle::thread;

#[cfg(not(leftoff_shuttle))]
pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
#[cfg(not(leftoff_shuttle))]
pub(crate) use std::thread;

/// Runs `act`; `None` if it panicked.
///
/// The caller sees to it that what `act` was changing is whole or made anew.
#[cfg(not(leftoff_shuttle))]
pub(crate) fn caught<T>(act: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).ok()
}

/// The model ends its threads by unwinding them, which nothing may stop.
#[cfg(leftoff_shuttle)]
#[allow(clippy::unnecessary_wraps, reason = "the same face as without the model")]
pub(crate) fn caught<T>(act: impl FnOnce() -> T) -> Option<T> {
    Some(act())
}
