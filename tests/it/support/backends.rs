//! Backends around another one.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend, Speed};
use leftoff_testing::Call;

/// The same frames in a memory of their own, each as `change` leaves it; `false` drops it, and all after it in its
/// generation.
pub fn rewrite(memory: &MemoryBackend, mut change: impl FnMut(FrameId, &mut Vec<u8>) -> bool) -> MemoryBackend {
    let copy = MemoryBackend::new();
    let mut dropped = None;
    for (id, mut bytes) in super::frames(memory) {
        if dropped == Some(id.generation) {
            continue;
        }
        if change(id, &mut bytes) {
            copy.create(id, &bytes).unwrap();
        } else {
            dropped = Some(id.generation);
        }
    }
    copy
}

/// Frames reach the memory until it is unplugged: the death of a process whose threads a test cannot end.
#[derive(Debug, Clone)]
pub struct Plug {
    memory: MemoryBackend,
    dead: Arc<AtomicBool>,
}

impl Plug {
    pub fn new(memory: &MemoryBackend) -> Self {
        Self { memory: memory.clone(), dead: Arc::default() }
    }

    pub fn pull(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    fn alive(&self) -> backend::Result<&MemoryBackend> {
        if self.dead.load(Ordering::SeqCst) { Err(io::Error::other("unplugged").into()) } else { Ok(&self.memory) }
    }
}

impl Backend for Plug {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.alive()?.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.alive()?.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.alive()?.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.alive()?.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.alive()?.remove(generation)
    }
}

/// A backend that asks not to be called from the user's thread.
#[derive(Debug, Clone)]
pub struct Slow<B>(pub B);

impl<B: Backend> Backend for Slow<B> {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.0.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
    fn speed(&self) -> Speed {
        Speed::Blocking
    }
}

/// Lets `create` through, or holds it at the door until the test opens it: for meetings of two threads that chance
/// would bring about once in a month.
#[derive(Debug, Clone)]
pub struct Gate<B> {
    inner: B,
    speed: Speed,
    state: Arc<(Mutex<GateState>, Condvar)>,
}

#[derive(Debug, Default)]
struct GateState {
    closed: Closed,
    waiting: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Closed {
    #[default]
    No,
    ForAll,
    /// For the next first frame of a generation, and nobody else.
    ForBirth,
    For(FrameId),
}

impl<B> Gate<B> {
    pub fn new(inner: B, speed: Speed) -> Self {
        Self { inner, speed, state: Arc::default() }
    }

    pub fn close(&self) {
        self.state.0.lock().unwrap().closed = Closed::ForAll;
    }

    pub fn hold_next_birth(&self) {
        self.state.0.lock().unwrap().closed = Closed::ForBirth;
    }

    pub fn open(&self) {
        self.state.0.lock().unwrap().closed = Closed::No;
        self.state.1.notify_all();
    }

    /// Waits until somebody stands at the closed door.
    #[track_caller]
    pub fn wait_for_one(&self) {
        let (state, news) = &*self.state;
        let guard = state.lock().unwrap();
        let (guard, late) =
            news.wait_timeout_while(guard, Duration::from_secs(60), |state| state.waiting == 0).unwrap();
        assert!(!late.timed_out(), "nobody came");
        drop(guard);
    }

    fn pass(&self, id: FrameId) {
        let (state, news) = &*self.state;
        let mut guard = state.lock().unwrap();
        if guard.closed == Closed::ForBirth && id.index == 0 {
            guard.closed = Closed::For(id);
        }
        let shut = |state: &GateState| state.closed == Closed::ForAll || state.closed == Closed::For(id);
        if !shut(&guard) {
            return;
        }
        guard.waiting += 1;
        news.notify_all();
        while shut(&guard) {
            guard = news.wait(guard).unwrap();
        }
        guard.waiting -= 1;
    }
}

impl<B: Backend> Backend for Gate<B> {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.inner.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.inner.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.pass(id);
        self.inner.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.inner.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.inner.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.inner.read_range(id, range)
    }
    fn speed(&self) -> Speed {
        self.speed
    }
}

/// Holds one sort of call until the test lets it go on, and records which thread made each call of that sort. A call
/// that is held for [`PATIENCE`] goes on by itself and is counted, so that a thread that waits for it fails the test
/// instead of hanging it.
#[derive(Debug, Clone)]
pub struct Doors<B> {
    inner: B,
    state: Arc<(Mutex<DoorState>, Condvar)>,
}

#[derive(Debug, Default)]
struct DoorState {
    held: Option<Call>,
    /// How many of the held calls may go on.
    passes: u64,
    arrived: u64,
    forced: u64,
    by: Vec<(Call, ThreadId)>,
}

/// How long a call is held at most.
const PATIENCE: Duration = Duration::from_secs(30);

impl<B> Doors<B> {
    pub fn new(inner: B) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// From now on, calls of this sort wait.
    pub fn hold(&self, call: Call) {
        let mut state = self.state.0.lock().unwrap();
        (state.held, state.arrived, state.passes) = (Some(call), 0, 0);
    }

    /// Lets the next call, or the one that waits, go on.
    pub fn let_one_through(&self) {
        self.state.0.lock().unwrap().passes += 1;
        self.state.1.notify_all();
    }

    pub fn open(&self) {
        self.state.0.lock().unwrap().held = None;
        self.state.1.notify_all();
    }

    /// How many calls have arrived since the last [`hold`](Self::hold).
    pub fn arrived(&self) -> u64 {
        self.state.0.lock().unwrap().arrived
    }

    /// Waits until this many calls have arrived since the last [`hold`](Self::hold).
    #[track_caller]
    pub fn wait_for(&self, arrivals: u64) {
        let guard = self.state.0.lock().unwrap();
        let (guard, late) =
            self.state.1.wait_timeout_while(guard, PATIENCE / 2, |state| state.arrived < arrivals).unwrap();
        assert!(!late.timed_out(), "{} of {arrivals} calls arrived", guard.arrived);
    }

    /// How many calls went on because the test kept them too long: because it waited for them itself.
    pub fn forced(&self) -> u64 {
        self.state.0.lock().unwrap().forced
    }

    /// How many calls of this sort other threads made, and how many the calling one did.
    pub fn by_others_and_by_me(&self, call: Call) -> (usize, usize) {
        let (state, me) = (self.state.0.lock().unwrap(), thread::current().id());
        let count = |is_mine: bool| state.by.iter().filter(|by| by.0 == call && (by.1 == me) == is_mine).count();
        (count(false), count(true))
    }

    fn pass(&self, call: Call) {
        let mut guard = self.state.0.lock().unwrap();
        guard.by.push((call, thread::current().id()));
        if guard.held != Some(call) {
            return;
        }
        guard.arrived += 1;
        self.state.1.notify_all();
        let shut = |state: &mut DoorState| state.held == Some(call) && state.passes == 0;
        let (mut guard, late) = self.state.1.wait_timeout_while(guard, PATIENCE, shut).unwrap();
        if late.timed_out() {
            // The test has failed, and should come to its end.
            (guard.forced, guard.held) = (guard.forced + 1, None);
            self.state.1.notify_all();
        }
        guard.passes = guard.passes.saturating_sub(1);
    }
}

impl<B: Backend> Backend for Doors<B> {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.pass(Call::List);
        self.inner.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.pass(Call::Read);
        self.inner.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.pass(Call::Create);
        self.inner.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.pass(Call::Sync);
        self.inner.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.pass(Call::Remove);
        self.inner.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.pass(Call::Read);
        self.inner.read_range(id, range)
    }
    fn generations(&self) -> backend::Result<Vec<Generation>> {
        self.pass(Call::List);
        self.inner.generations()
    }
    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        self.pass(Call::List);
        self.inner.frames(generation)
    }
    fn speed(&self) -> Speed {
        self.inner.speed()
    }
}

/// A backend whose `sync` does nothing: for thousands of folders in memory.
#[derive(Debug)]
pub struct Unsynced<B>(pub B);

impl<B: Backend> Backend for Unsynced<B> {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.0.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        Ok(())
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.0.read_range(id, range)
    }
    fn generations(&self) -> backend::Result<Vec<Generation>> {
        self.0.generations()
    }
    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        self.0.frames(generation)
    }
}
