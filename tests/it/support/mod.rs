//! What the tests of the log share: a clock to turn by hand, backends that can be unplugged or held up, children to kill,
//! folders to copy and to spoil.

pub mod backends;
pub mod child;
pub mod clock;
#[cfg(unix)]
pub mod example;
pub mod folder;
pub mod held;
pub mod random;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use leftoff::backend::{Backend, FrameId, MemoryBackend};
use leftoff::{AppId, Builder, Capture, Mark, Saved, Session};

pub use backends::{Doors, Gate, Plug, Slow, Unsynced, rewrite};
pub use clock::ManualClock;
pub use random::Random;

pub const APP: AppId = AppId::new("com.example.desk");

/// A session without a thread, so that everything happens when the test says so.
pub fn still(backend: impl Backend) -> Builder {
    Session::builder(APP).backend(backend).without_thread()
}

#[track_caller]
pub fn open(backend: impl Backend) -> Session {
    still(backend).open()
}

/// A process that dies: nothing of it runs any more, nothing is closed. Only for sessions without a thread.
pub fn crash(session: Session) {
    std::mem::forget(session);
}

/// Marks and saves.
#[track_caller]
pub fn put<'m>(session: &mut Session, mark: impl Into<Mark<'m>>, capture: impl FnOnce(&mut Capture<'_>)) -> Saved {
    session.mark(mark);
    session.autosave(capture).unwrap()
}

/// Does the flusher's work until there is none.
pub fn settle(session: &mut Session) {
    for _ in 0..4 {
        session.run_pending();
    }
}

/// Every frame of a memory.
#[track_caller]
pub fn frames(memory: &MemoryBackend) -> Vec<(FrameId, Vec<u8>)> {
    let mut ids = memory.list().unwrap();
    ids.sort_unstable();
    // A flusher that still runs may remove a frame between the two calls.
    ids.into_iter().filter_map(|id| Some((id, memory.read(id).ok()?))).collect()
}

/// A memory of these frames, in which a session changes nothing of the original.
#[track_caller]
pub fn memory_of(frames: &[(FrameId, Vec<u8>)]) -> MemoryBackend {
    let memory = MemoryBackend::new();
    for (id, bytes) in frames {
        memory.create(*id, bytes).unwrap();
    }
    memory
}

/// Whether these bytes are in any frame.
#[track_caller]
pub fn holds(memory: &MemoryBackend, needle: &[u8]) -> bool {
    frames(memory).iter().any(|(_, bytes)| bytes.windows(needle.len()).any(|window| window == needle))
}

/// Whether everything captured is written and synced. A state counts as synced before a pending write is made, so that
/// alone is not enough.
pub fn is_stored(session: &Session) -> bool {
    let status = session.status();
    status.failing.is_none() && status.is_synced && !status.pending
}

/// Waits for what another thread does.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A thread that wants to run every millisecond and records how long the machine kept it from that: what a limit in
/// real time must allow for on a busy machine.
#[derive(Debug)]
pub struct Witness {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Witness {
    pub fn new() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let is_over = Arc::clone(&is_over);
            move || {
                let mut longest = Duration::ZERO;
                while !is_over.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    thread::sleep(Duration::from_millis(1));
                    longest = longest.max(start.elapsed());
                }
                longest
            }
        });
        Self { is_over, thread }
    }

    /// The longest time that it was kept waiting.
    pub fn longest(self) -> Duration {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
