//! Which process opened something. A `fork` without `exec` copies memory, open files and locks into a second process that
//! must not use them: both would write at the same offsets.

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
    if cfg!(unix) { std::process::id() } else { 0 }
}
