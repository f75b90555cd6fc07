//! A wrapper that turns the panics of a backend into errors, counts its writes, and remembers whether its last sync is
//! under way.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::backend::{self, Backend, FrameId, Generation, LayerKind, Speed};
use crate::sync::caught;

/// Turns a panic in any call of a backend into an error of that call, as if the location had failed.
///
/// A panic must neither end the flusher, after which nothing would be synced for the rest of the process, nor unwind
/// through a write that is only partly accounted for.
///
/// A sync that is under way counts as successful here, because everything that follows it is stored after everything
/// before it, and writes and removals depend on nothing but that order. A caller that reports the state as safe asks
/// [`is_underway`](Self::is_underway).
#[derive(Debug)]
pub(crate) struct Guarded {
    backend: Box<dyn Backend>,
    is_underway: AtomicBool,
    written: AtomicU64,
    syncs: AtomicU64,
}

impl Guarded {
    pub(crate) fn new(backend: Box<dyn Backend>) -> Self {
        Self { backend, is_underway: AtomicBool::new(false), written: AtomicU64::new(0), syncs: AtomicU64::new(0) }
    }

    /// Returns the number of bytes in all frames that the backend was asked to store.
    pub(crate) fn bytes_written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Returns the number of syncs that the backend was asked for.
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Returns whether the frames of the last sync may still be lost in a power cut.
    pub(crate) fn is_underway(&self) -> bool {
        self.is_underway.load(Ordering::Relaxed)
    }
}

fn guarded<T>(call: &'static str, act: impl FnOnce() -> backend::Result<T>) -> backend::Result<T> {
    // The panic message is dropped, because it may contain user input.
    caught(act).unwrap_or_else(|| Err(io::Error::other(format!("the backend panicked in `{call}`")).into()))
}

#[deny(clippy::missing_trait_methods)]
impl Backend for Guarded {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        guarded("list", || self.backend.list())
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        guarded("read", || self.backend.read(id))
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        guarded("create", || self.backend.create(id, bytes))
    }

    fn sync(&self) -> backend::Result<()> {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        let result = guarded("sync", || self.backend.sync());
        let is_underway = matches!(result, Err(backend::Error::Underway));
        self.is_underway.store(is_underway, Ordering::Relaxed);
        if is_underway { Ok(()) } else { result }
    }

    fn rely_on(&self, generations: &[Generation]) {
        // If this fails, the generations are synced with everything else.
        let _ = caught(|| self.backend.rely_on(generations));
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        guarded("remove", || self.backend.remove(generation))
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        guarded("read_range", || self.backend.read_range(id, range))
    }

    fn generations(&self) -> backend::Result<Vec<Generation>> {
        guarded("generations", || self.backend.generations())
    }

    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        guarded("frames", || self.backend.frames(generation))
    }

    fn layers(&self) -> Vec<LayerKind> {
        caught(|| self.backend.layers()).unwrap_or_default()
    }

    fn speed(&self) -> Speed {
        // A backend that panics here is not safe to use on the UI thread.
        caught(|| self.backend.speed()).unwrap_or(Speed::Blocking)
    }

    fn room(&self) -> Option<u64> {
        caught(|| self.backend.room()).flatten()
    }
}
