//! The one place that every event goes through.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use leftoff::{InterruptHandle, Reason};

/// What can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Source {
    /// Signals that end, stop or continue the process.
    Signals,
    /// A normal exit of the process without a close of its session.
    Exit,
    /// Panics.
    Panics,
    /// The machine going to sleep, waking, shutting down.
    Power,
    /// The screen being locked and unlocked.
    Lock,
    /// Nobody using the desktop, and somebody using it again.
    Idle,
}

impl Source {
    const ALL: [Self; 6] = [Self::Signals, Self::Exit, Self::Panics, Self::Power, Self::Lock, Self::Idle];
    /// What the desktop announces.
    #[cfg(all(target_os = "linux", feature = "logind"))]
    pub(crate) const DESKTOP: [Self; 3] = [Self::Power, Self::Lock, Self::Idle];
    /// What Windows announces of the desktop.
    #[cfg(windows)]
    pub(crate) const DESKTOP: [Self; 2] = [Self::Power, Self::Lock];
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signals => "signals",
            Self::Exit => "exit",
            Self::Panics => "panics",
            Self::Power => "sleep and shutdown",
            Self::Lock => "screen lock",
            Self::Idle => "idle desktop",
        })
    }
}

/// Whether a source is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    #[allow(dead_code, reason = "only a desktop answers late")]
    Starting,
    On,
    Off(String),
}

impl State {
    /// On, or off because of the error.
    pub(crate) fn of<E: fmt::Display>(started: &Result<(), E>) -> Self {
        match started {
            Ok(()) => Self::On,
            Err(error) => Self::Off(error.to_string()),
        }
    }
}

/// What [`watch`](crate::watch) watches on this machine; `Display` lists it, and what it does not watch, with the reason.
///
/// The bus of a desktop is asked on another thread, so that the program starts without waiting: until it answers,
/// [`is_watched`](Self::is_watched) is false.
#[derive(Clone)]
pub struct Watching(&'static Hub);

impl Watching {
    /// Returns whether this source is watched.
    pub fn is_watched(&self, source: Source) -> bool {
        self.0.state(source) == State::On
    }

    /// Returns why this source is not watched; `None` if it is, or if that is not known yet.
    pub fn why_not(&self, source: Source) -> Option<String> {
        match self.0.state(source) {
            State::Off(why) => Some(why),
            State::On | State::Starting => None,
        }
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(Source::ALL.map(|source| (source, self.0.state(source)))).finish()
    }
}

impl fmt::Display for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, source) in Source::ALL.into_iter().enumerate() {
            let between = if nth == 0 { "" } else { "; " };
            match self.0.state(source) {
                State::On => write!(f, "{between}{source}: watched")?,
                State::Starting => write!(f, "{between}{source}: starting")?,
                State::Off(why) => write!(f, "{between}{source}: not watched ({why})")?,
            }
        }
        Ok(())
    }
}

/// The sessions that hear of an event, and what is watched.
#[derive(Debug)]
pub(crate) struct Hub {
    handles: Mutex<Vec<InterruptHandle>>,
    /// What is missing is not watched here.
    states: Mutex<BTreeMap<Source, State>>,
}

/// The hub of the process, whose handlers and hooks there is one of, too.
pub(crate) fn hub() -> &'static Hub {
    static HUB: Hub = Hub { handles: Mutex::new(Vec::new()), states: Mutex::new(BTreeMap::new()) };
    &HUB
}

pub(crate) fn watch(handle: InterruptHandle) -> Watching {
    static STARTED: Once = Once::new();
    let hub = hub();
    hub.add(handle);
    STARTED.call_once(|| {
        crate::panics::watch(hub);
        #[cfg(unix)]
        crate::signals::watch(hub);
        #[cfg(all(target_os = "linux", feature = "logind"))]
        crate::logind::watch(hub);
        #[cfg(all(target_os = "linux", not(feature = "logind")))]
        hub.set(&[Source::Power, Source::Lock], &State::Off("built without the feature `logind`".to_owned()));
        #[cfg(windows)]
        crate::windows::watch(hub);
    });
    Watching(hub)
}

impl Hub {
    /// Tells every open session, and waits until each one is synced or the deadline has passed. Storage trouble is in
    /// each session's status; the process goes its way.
    pub(crate) fn interrupted(&self, reason: &Reason, deadline: Duration) {
        self.tell(deadline, |handle, left| handle.interrupted(reason.clone(), left));
    }

    /// The same, for an event that ends the process.
    #[cfg(unix)]
    pub(crate) fn ending(&self, reason: &Reason, deadline: Duration) {
        self.tell(deadline, |handle, left| handle.ending(reason.clone(), left));
    }

    fn tell(&self, deadline: Duration, call: impl Fn(&InterruptHandle, Duration) -> Result<(), leftoff::Error>) {
        let until = Instant::now() + deadline;
        let handles = self.handles();
        if handles.len() > 1 {
            // Every session writes first, so that their disks work at the same time.
            for handle in &handles {
                let _ = call(handle, Duration::ZERO);
            }
        }
        for handle in handles {
            let left = until.saturating_duration_since(Instant::now());
            let _ = call(&handle, left);
        }
    }

    /// A session that is passed twice is told once.
    fn add(&self, handle: InterruptHandle) {
        let mut handles = lock(&self.handles);
        handles.retain(|known| known.is_open() && *known != handle);
        handles.push(handle);
    }

    pub(crate) fn resumed(&self) {
        self.handles().iter().for_each(InterruptHandle::resumed);
    }

    /// For a panic hook: must not wait for a lock.
    pub(crate) fn panicked(&self) {
        if let Ok(handles) = self.handles.try_lock() {
            handles.iter().for_each(InterruptHandle::panicked);
        }
    }

    pub(crate) fn set(&self, sources: &[Source], state: &State) {
        lock(&self.states).extend(sources.iter().map(|source| (*source, state.clone())));
    }

    fn state(&self, source: Source) -> State {
        let known = lock(&self.states).get(&source).cloned();
        known.unwrap_or_else(|| State::Off("this platform has none that this package knows".to_owned()))
    }

    fn handles(&self) -> Vec<InterruptHandle> {
        let mut handles = lock(&self.handles);
        handles.retain(InterruptHandle::is_open);
        handles.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use leftoff::Session;

    use super::*;

    #[test]
    fn session_that_is_watched_a_thousand_times_is_told_once_and_a_dropped_one_never() {
        let hub = Hub { handles: Mutex::default(), states: Mutex::default() };
        let session = Session::in_memory();
        for _ in 0..1_000 {
            hub.add(session.interrupt_handle());
            hub.add(Session::in_memory().interrupt_handle());
        }
        assert!(lock(&hub.handles).len() <= 2);
        assert_eq!(hub.handles(), [session.interrupt_handle()]);
    }
}
