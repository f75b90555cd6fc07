//! The calls that need `unsafe`.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::c_int;

/// What the process does about a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    Default,
    Ignored,
    Handled,
}

pub(crate) fn disposition(signal: c_int) -> io::Result<Disposition> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action, `sigaction` changes nothing and writes the present one to the pointer, which is
    // valid for that.
    let action = unsafe {
        if libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        action.assume_init()
    };
    Ok(match action.sa_sigaction {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignored,
        _ => Disposition::Handled,
    })
}

/// Lets a signal that this process handles end or stop a child that is forked from it and runs no other program: the
/// thread that waits for signals is not in the child, so nothing else would.
pub(crate) fn default_in_forked_child(signal: c_int) -> io::Result<()> {
    let owner = std::process::id();
    let act = move || {
        if std::process::id() != owner {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    // SAFETY: `getpid` and the emulation of the default are made for signal handlers, and nothing else is called.
    unsafe { signal_hook::low_level::register(signal, act) }.map(drop)
}

/// Records the first signal that arrives, for all signals with the same `first`.
pub(crate) fn note_first(signal: c_int, first: &'static AtomicI32) -> io::Result<()> {
    let act = move || {
        let _ = first.compare_exchange(0, signal, Ordering::AcqRel, Ordering::Relaxed);
    };
    // SAFETY: one atomic operation, which neither allocates nor locks.
    unsafe { signal_hook::low_level::register(signal, act) }.map(drop)
}

/// Has `act` called when the process exits normally: `main` returned, or `exit` was called.
pub(crate) fn at_exit(act: extern "C" fn()) -> io::Result<()> {
    // SAFETY: `act` is a function, so it lives as long as the process, and it unwinds into nobody, because an
    // `extern "C"` function aborts instead.
    match unsafe { libc::atexit(act) } {
        0 => Ok(()),
        _ => Err(io::Error::other("no room for another function at exit")),
    }
}
