//! Which process opened something. A `fork` without `exec` copies memory, open files and locks into a second process that
//! must not use them: both would write at the same offsets.

use std::cell::Cell;
use std::io;

/// The process that made this value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner(u32);

impl Owner {
    /// The calling process.
    pub(crate) fn this() -> Self {
        Self(id())
    }

    /// Whether the calling process is the owner. Costs one system call, some 50 to 100 ns on Linux, and no lock.
    pub(crate) fn is_here(self) -> bool {
        self.0 == id()
    }

    /// # Errors
    /// `Other`, which says nothing about a frame, if the calling process is another one.
    pub(crate) fn check(self) -> io::Result<()> {
        if self.is_here() { Ok(()) } else { Err(io::Error::other(self.forked())) }
    }

    /// Why a process that is not the owner is refused.
    pub(crate) fn forked(self) -> Forked {
        Forked { owner: self.0 }
    }
}

/// A child of a `fork` used what its parent had opened.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("this session was opened by process {owner}; open another session in this process, after the fork")]
pub(crate) struct Forked {
    owner: u32,
}

/// Only Unix forks; elsewhere there is one process, and WebAssembly has no ids.
fn id() -> u32 {
    match KNOWN.get() {
        Some(known) => known.process,
        None => ask(),
    }
}

fn ask() -> u32 {
    if cfg!(unix) { std::process::id() } else { 0 }
}

/// What the calling thread knows of its process while it is in [`steady`].
#[derive(Debug, Clone, Copy)]
struct Known {
    process: u32,
    #[cfg(unix)]
    user: Option<u32>,
}

thread_local! {
    static KNOWN: Cell<Option<Known>> = const { Cell::new(None) };
}

/// Runs `act`, in which the calling thread does not fork: the system is asked once for the ids of process and user, and
/// not at each call of the backend. A fork by another thread copies only that thread, which is outside of `act`.
pub(crate) fn steady<T>(act: impl FnOnce() -> T) -> T {
    /// Ends the scope, also if `act` panics.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            KNOWN.set(None);
        }
    }
    if KNOWN.get().is_some() {
        return act();
    }
    KNOWN.set(Some(Known {
        process: ask(),
        #[cfg(unix)]
        user: None,
    }));
    let _end = End;
    act()
}

/// Returns the effective user id.
#[cfg(unix)]
pub(crate) fn user() -> u32 {
    let ask = || rustix::process::geteuid().as_raw();
    let Some(known) = KNOWN.get() else { return ask() };
    let user = known.user.unwrap_or_else(ask);
    KNOWN.set(Some(Known { user: Some(user), ..known }));
    user
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn ids_are_asked_for_once_within_the_scope_and_again_after_it() {
        let ids = || (id(), user());
        let asked = ids();
        assert!(KNOWN.get().is_none(), "nothing is kept outside the scope");
        steady(|| {
            assert_eq!(ids(), asked);
            steady(|| KNOWN.set(Some(Known { process: 1, user: Some(2) })));
            assert_eq!(ids(), (1, 2), "a scope within the scope ends nothing");
        });
        assert_eq!(ids(), asked);
        let panicked = std::panic::catch_unwind(|| steady(|| panic!("in the scope")));
        assert!(panicked.is_err() && KNOWN.get().is_none());
    }
}
