//! Tells [leftoff] of the interruptions that the operating system knows.
//!
//! ```no_run
//! use leftoff::{AppId, Session};
//!
//! let session = Session::open(AppId::new("com.example.desk"));
//! leftoff_os::watch(&session);
//! ```
//!
//! From then on, whatever tears the user away is in the log before it happens: everything captured is synced, together
//! with the true reason, and the process goes its way with the right exit status. No code of the application runs. At
//! the next start, [`Session::last_exit`] and the marker say why the user left; if the program goes on, as after a sleep,
//! the marker comes back with the user.
//!
//! | event | reason | platform | afterwards |
//! |---|---|---|---|
//! | SIGTERM, SIGINT (Ctrl-C), SIGQUIT | [`Terminate`](Reason::Terminate) | Unix | the process ends by the signal |
//! | SIGHUP, closed terminal | [`Hangup`](Reason::Hangup) | Unix | the process ends by the signal |
//! | SIGTSTP (Ctrl-Z), SIGCONT | [`Pause`](Reason::Pause) | Unix | the process stops, and continues with `fg` |
//! | `std::process::exit` without a close | [`Exit`](Reason::Exit) | Unix | the process exits |
//! | a panic in any thread | [`LastExit::Panicked`] | all | the panic goes on |
//! | the machine goes to sleep, and wakes | [`Sleep`](Reason::Sleep) | Linux with logind | it sleeps as soon as the state is synced |
//! | shutdown, reboot | [`SessionEnd`](Reason::SessionEnd) | Linux with logind | the same |
//! | the screen is locked, and unlocked | [`Lock`](Reason::Lock) | Linux with logind | |
//! | the desktop is idle, and used again | [`Absence`](Reason::Absence) | Linux with logind | |
//! | Ctrl-C, Ctrl-Break; the console is closed | [`Terminate`](Reason::Terminate); [`Hangup`](Reason::Hangup) | Windows | the process ends |
//! | an update restarts the program ([`restart_by_system`]) | [`Restart`](Reason::Restart) | Windows | Windows starts it again |
//! | logoff, shutdown; sleep, wake; lock, unlock | [`SessionEnd`](Reason::SessionEnd); [`Sleep`](Reason::Sleep); [`Lock`](Reason::Lock) | Windows | |
//!
//! On Windows, Ctrl-C and the end of the session were run under Wine; the rest of its rows compiles. On macOS, what is said
//! of Unix holds; sleep and the end of the session are the program's to pass on.
//!
//! A signal that the program ignores or handles when [`watch`] is called stays as it is: an ignored one is not watched,
//! and for one with a handler the state is synced while the handler does what it does. So install your handlers first.
//! A handler that is installed later through `signal-hook` or `tokio` does not keep the process from ending; one installed
//! with `sigaction` replaces the one of this package, and the signal is not recorded.
//!
//! The first process of a container, which no signal ends by default, exits with 128 plus the number of the signal.
//!
//! # Handlers of the program's own
//!
//! A program that decides itself what a signal does installs its handler first, then calls [`watch`] for everything else,
//! and passes the signal on before it ends, if it needs the fsync. The signal remains the reason, also if the program then
//! drops its session or calls `exit`. With `tokio`:
//!
//! ```no_run
//! # #[cfg(unix)]
//! # fn example(session: leftoff::Session) -> std::io::Result<()> {
//! use leftoff::Reason;
//! use tokio::signal::unix::{SignalKind, signal};
//!
//! let handle = session.interrupt_handle();
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! runtime.block_on(async {
//!     let mut terminate = signal(SignalKind::terminate())?;
//!     leftoff_os::watch(&session);
//!     terminate.recv().await;
//!     // Waits for an fsync, so not on a thread of the runtime.
//!     let sync = move || handle.interrupted(Reason::Terminate, leftoff_os::DEADLINE);
//!     let _ = tokio::task::spawn_blocking(sync).await;
//!     std::io::Result::Ok(())
//! })
//! # }
//! ```
//!
//! With `signal-hook`:
//!
//! ```no_run
//! # #[cfg(unix)]
//! # fn example(session: leftoff::Session) -> std::io::Result<()> {
//! use leftoff::Reason;
//! use signal_hook::consts::{SIGHUP, SIGTERM};
//! use signal_hook::iterator::Signals;
//!
//! let handle = session.interrupt_handle();
//! let mut signals = Signals::new([SIGTERM, SIGHUP])?;
//! leftoff_os::watch(&session);
//! std::thread::spawn(move || {
//!     if let Some(signal) = signals.forever().next() {
//!         let reason = if signal == SIGHUP { Reason::Hangup } else { Reason::Terminate };
//!         let _ = handle.interrupted(reason, leftoff_os::DEADLINE);
//!         std::process::exit(0);
//!     }
//! });
//! # Ok(())
//! # }
//! ```
//!
//! While the state is being synced, which takes at most [`DEADLINE`], a second signal ends the process at once.
//!
//! SIGKILL, a power cut and a fatal signal such as SIGSEGV give no notice. What was captured is safe all the same, and
//! the next start reports [`LastExit::Crashed`] or [`LastExit::Rebooted`]. A meeting or a call is known to no system
//! without new permissions: the application suspends the session itself.
//!
//! [`Session::last_exit`]: leftoff::Session::last_exit
//! [`LastExit::Panicked`]: leftoff::LastExit::Panicked
//! [`LastExit::Crashed`]: leftoff::LastExit::Crashed
//! [`LastExit::Rebooted`]: leftoff::LastExit::Rebooted

mod hub;
#[cfg(all(target_os = "linux", feature = "logind"))]
mod logind;
mod panics;
mod restart;
#[cfg(unix)]
mod signals;
#[cfg(any(unix, windows))]
mod sys;
#[cfg(windows)]
mod windows;

use std::time::Duration;

use leftoff::Session;
#[cfg(doc)]
use leftoff::{InterruptHandle, Reason};

pub use hub::{Source, Watching};
pub use restart::restart_by_system;

/// How long a signal waits at most for the state to be synced.
pub const DEADLINE: Duration = Session::DEADLINE;

/// Watches for interruptions, for this session and each one that was passed before and is open.
///
/// Call it once for each session, after the program has installed signal handlers of its own. Returns what is watched
/// on this machine. It never fails and never blocks: without a bus or a terminal, it watches less. Nothing is polled; the
/// threads that it starts sleep until something happens.
pub fn watch(session: &Session) -> Watching {
    hub::watch(session.interrupt_handle())
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
