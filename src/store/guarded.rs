//! A wrapper that turns the panics of a backend into errors.

use std::io;
use std::ops::Range;

use crate::backend::{self, Backend, FrameId, Generation, Speed};
use crate::sync::caught;

/// Turns a panic in any call of a backend into an error of that call, as if the location had failed.
///
/// A panic must neither end the flusher, after which nothing would be synced for the rest of the process, nor unwind
/// through a write that is only partly accounted for.
#[derive(Debug)]
pub(crate) struct Guarded(pub(crate) Box<dyn Backend>);

fn guarded<T>(call: &'static str, act: impl FnOnce() -> backend::Result<T>) -> backend::Result<T> {
    // The panic message is dropped, because it may contain user input.
    caught(act).unwrap_or_else(|| Err(io::Error::other(format!("the backend panicked in `{call}`")).into()))
}

#[deny(clippy::missing_trait_methods)]
impl Backend for Guarded {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        guarded("list", || self.0.list())
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        guarded("read", || self.0.read(id))
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        guarded("create", || self.0.create(id, bytes))
    }

    fn sync(&self) -> backend::Result<()> {
        guarded("sync", || self.0.sync())
    }

    fn rely_on(&self, generations: &[Generation]) {
        // If this fails, the generations are synced with everything else.
        let _ = caught(|| self.0.rely_on(generations));
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        guarded("remove", || self.0.remove(generation))
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        guarded("read_range", || self.0.read_range(id, range))
    }

    fn generations(&self) -> backend::Result<Vec<Generation>> {
        guarded("generations", || self.0.generations())
    }

    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        guarded("frames", || self.0.frames(generation))
    }

    fn speed(&self) -> Speed {
        // A backend that panics here is not safe to use on the UI thread.
        caught(|| self.0.speed()).unwrap_or(Speed::Blocking)
    }
}
