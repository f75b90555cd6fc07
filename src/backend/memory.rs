use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Backend, Error, FrameId, Generation, LayerKind, Result, Speed};
use crate::sorted::SortedMap;

/// Stores frames in memory, for tests and examples; dropping the last clone frees them.
///
/// Clones share their frames, so a test restarts its application by opening a second session on a clone of the same
/// backend. There is no lock: two sessions can write at the same time, but each frame name is still used only once.
///
/// In one respect it is stricter than the contract: it refuses a frame whose predecessor is missing with
/// [`Error::OutOfOrder`], as [`FileBackend`](super::FileBackend) does.
#[derive(Clone, Default)]
pub struct MemoryBackend {
    frames: Arc<Mutex<SortedMap<FrameId, Arc<[u8]>>>>,
}

impl MemoryBackend {
    /// Creates an empty backend.
    pub fn new() -> Self {
        Self::default()
    }

    fn frame(&self, id: FrameId) -> Result<Arc<[u8]>> {
        self.frames.lock().get(&id).cloned().ok_or_else(|| Error::NotFound(format!("{id:?}").into()))
    }
}

#[deny(clippy::missing_trait_methods)]
impl Backend for MemoryBackend {
    fn list(&self) -> Result<Vec<FrameId>> {
        Ok(self.frames.lock().keys().copied().collect())
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        Ok(self.frame(id)?.to_vec())
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        let mut frames = self.frames.lock();
        if frames.contains_key(&id) {
            return Err(Error::Taken);
        }
        let before = id.index.checked_sub(1).map(|index| FrameId { index, ..id });
        if before.is_some_and(|before| !frames.contains_key(&before)) {
            return Err(Error::OutOfOrder);
        }
        frames.insert(id, bytes.into());
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn rely_on(&self, _: &[Generation]) {}

    fn remove(&self, generation: Generation) -> Result<()> {
        self.frames.lock().retain(|id, _| id.generation != generation);
        Ok(())
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        Ok(super::cut(&self.frame(id)?, range).to_vec())
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        let mut generations: Vec<_> = self.frames.lock().keys().map(|id| id.generation).collect();
        generations.dedup();
        Ok(generations)
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        let every = FrameId { generation, index: 0 }..=FrameId { generation, index: u32::MAX };
        Ok(self.frames.lock().range(every).map(|(id, _)| id.index).collect())
    }

    fn layers(&self) -> Vec<LayerKind> {
        Vec::new()
    }

    fn speed(&self) -> Speed {
        Speed::NonBlocking
    }

    fn room(&self) -> Option<u64> {
        None
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend").field("frames", &self.frames.lock().len()).finish()
    }
}
