use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leftoff::backend::{Backend, Error, FrameId, Generation, LayerKind, Result, Speed};

use crate::queue::Queue;

/// Hears of frames before the database does.
pub(crate) trait Listener: Send + Sync {
    /// A frame was created and is in memory only.
    fn created(&self, id: FrameId, bytes: &[u8]);
    /// There are changes for the database.
    fn changed(&self);
    /// A frame was refused, so the session has work to do, and no transaction will end that could remind of it.
    fn refused(&self);
}

/// Stores frames in the database of a page. [`open`](crate::open) makes it.
///
/// Everything is in memory, so that no call waits; the database follows in transactions, in order. A page cannot wait for
/// them, so [`sync`](Backend::sync) answers [`Error::Underway`] until they have completed.
#[derive(Clone)]
pub(crate) struct PageBackend {
    queue: Arc<Mutex<Queue>>,
    listener: Arc<dyn Listener>,
}

impl PageBackend {
    pub(crate) fn new(queue: Queue, listener: impl Listener + 'static) -> Self {
        Self { queue: Arc::new(Mutex::new(queue)), listener: Arc::new(listener) }
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn frame(&self, id: FrameId) -> Result<Arc<[u8]>> {
        let frame = self.queue().readable()?.get(&id).cloned();
        frame.ok_or_else(|| Error::NotFound(crate::key::of_frame(id).into()))
    }
}

#[deny(clippy::missing_trait_methods)]
impl Backend for PageBackend {
    fn list(&self) -> Result<Vec<FrameId>> {
        Ok(self.queue().readable()?.keys().copied().collect())
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        Ok(self.frame(id)?.to_vec())
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        let result = self.queue().create(id, bytes);
        if result.is_ok() {
            self.listener.created(id, bytes);
            self.listener.changed();
        } else {
            self.listener.refused();
        }
        result
    }

    fn sync(&self) -> Result<()> {
        self.queue().sync()
    }

    fn rely_on(&self, _: &[Generation]) {}

    fn remove(&self, generation: Generation) -> Result<()> {
        self.queue().remove(generation)?;
        self.listener.changed();
        Ok(())
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        let bytes = self.frame(id)?;
        let clamp = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let (start, end) = (clamp(range.start), clamp(range.end));
        Ok(bytes.get(start..end.max(start)).unwrap_or_default().to_vec())
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        let mut generations: Vec<_> = self.queue().readable()?.keys().map(|id| id.generation).collect();
        generations.dedup();
        Ok(generations)
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        let every = FrameId { generation, index: 0 }..=FrameId { generation, index: u32::MAX };
        Ok(self.queue().readable()?.range(every).map(|(id, _)| id.index).collect())
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

impl fmt::Debug for PageBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageBackend").finish_non_exhaustive()
    }
}
