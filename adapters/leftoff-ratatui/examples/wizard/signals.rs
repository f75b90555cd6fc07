//! Signals: the program is asked to end, or is stopped and continued by the shell.

use std::io;

use leftoff::Reason;

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn register() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn end(&self) -> Option<Reason> {
        None
    }

    pub(crate) fn asks_to_stop(&self) -> bool {
        false
    }

    pub(crate) fn has_continued(&self) -> bool {
        false
    }
}

#[cfg(not(unix))]
pub(crate) fn stop() -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(crate) fn stop() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)
}

#[cfg(unix)]
mod unix {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use signal_hook::consts::{SIGCONT, SIGHUP, SIGTERM, SIGTSTP};
    use signal_hook::flag::{register, register_usize};

    use super::{Reason, io};

    const HANGUP: usize = 1;
    const TERMINATE: usize = 2;

    /// The signals that arrived.
    #[derive(Default)]
    pub(crate) struct Signals {
        end: Arc<AtomicUsize>,
        stop: Arc<AtomicBool>,
        cont: Arc<AtomicBool>,
    }

    impl Signals {
        pub(crate) fn register() -> io::Result<Self> {
            let signals = Self::default();
            register_usize(SIGHUP, Arc::clone(&signals.end), HANGUP)?;
            register_usize(SIGTERM, Arc::clone(&signals.end), TERMINATE)?;
            register(SIGTSTP, Arc::clone(&signals.stop))?;
            register(SIGCONT, Arc::clone(&signals.cont))?;
            Ok(signals)
        }

        /// Returns the reason if the program is asked to end.
        pub(crate) fn end(&self) -> Option<Reason> {
            match self.end.load(Ordering::Relaxed) {
                HANGUP => Some(Reason::Hangup),
                TERMINATE => Some(Reason::Terminate),
                _ => None,
            }
        }

        /// Returns, once, whether the program is asked to stop.
        pub(crate) fn asks_to_stop(&self) -> bool {
            self.stop.swap(false, Ordering::Relaxed)
        }

        /// Returns, once, whether the program was stopped and continues. SIGSTOP cannot be noticed before.
        pub(crate) fn has_continued(&self) -> bool {
            self.cont.swap(false, Ordering::Relaxed)
        }
    }
}
