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
