//! `fork(2)` without `exec`, for the tests of what a forked child may do with an open session.
#![cfg(unix)]

unsafe extern "C" {
    // Always defined in the C library that std links. Returns twice; takes and returns plain integers.
    safe fn fork() -> i32;
}

/// Forks this process. Returns `None` in the child and the child's process id in the parent.
///
/// The child has one thread. To be called from a program of one thread, or of threads that hold no lock the child needs.
///
/// # Panics
/// If the system refuses.
pub fn split() -> Option<i32> {
    match fork() {
        0 => None,
        child if child > 0 => Some(child),
        _ => panic!("cannot fork: {}", std::io::Error::last_os_error()),
    }
}
