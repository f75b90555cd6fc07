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

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod page;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use page::{Condvar, Instant};
#[cfg(not(any(leftoff_shuttle, all(target_family = "wasm", target_os = "unknown"))))]
pub(crate) use parking_lot::Condvar;
#[cfg(not(leftoff_shuttle))]
pub(crate) use parking_lot::{Mutex, MutexGuard};
#[cfg(not(leftoff_shuttle))]
pub(crate) use std::thread;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) use std::time::Instant;

/// Locks, unless the lock is held until `deadline`.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) fn lock_until<T>(mutex: &Mutex<T>, deadline: Instant) -> Option<MutexGuard<'_, T>> {
    mutex.try_lock_until(deadline)
}

/// A page has one thread: if it holds the lock, it does not release it while it waits.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) fn lock_until<T>(mutex: &Mutex<T>, _: Instant) -> Option<MutexGuard<'_, T>> {
    mutex.try_lock()
}

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
