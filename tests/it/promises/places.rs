//! Places to store in that put the promises to the test.

use std::ops::Range;

use leftoff::backend::{self, Generation};

use super::*;

/// All of it was written by a version of the library that does not exist yet.
#[derive(Debug)]
pub(super) struct Newer(pub(super) MemoryBackend);

impl Backend for Newer {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn read(&self, _: FrameId) -> backend::Result<Vec<u8>> {
        Err(backend::Error::Newer("of a newer version".into()))
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
    fn read_range(&self, _: FrameId, _: Range<u64>) -> backend::Result<Vec<u8>> {
        Err(backend::Error::Newer("of a newer version".into()))
    }
}

/// Forgets at a power cut what was not synced: some of it, all of it, or half of a frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Volatile {
    inner: MemoryBackend,
    synced: Arc<Mutex<Vec<FrameId>>>,
    torn: Vec<FrameId>,
}

impl Volatile {
    /// What is on the disk after the cut.
    pub(super) fn cut(&self, random: &mut Random) -> Self {
        let synced = self.synced.lock().unwrap().clone();
        let mut torn = self.torn.clone();
        let after = rewrite(&self.inner, |id, bytes| {
            if synced.contains(&id) {
                return true;
            }
            match random.below(4) {
                0 => false,
                1 => {
                    let from = random.index(bytes.len());
                    bytes[from..].fill(0);
                    torn.push(id);
                    true
                }
                _ => true,
            }
        });
        let synced = after.list().unwrap();
        Self { inner: after, synced: Arc::new(Mutex::new(synced)), torn }
    }
}

impl Backend for Volatile {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.inner.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        // As a file with checksums of its own: half a frame is no frame.
        if self.torn.contains(&id) {
            Err(backend::Error::Damaged("damaged on purpose".into()))
        } else {
            self.inner.read(id)
        }
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.inner.read_range(id, range)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.inner.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        let now = self.inner.list()?;
        *self.synced.lock().unwrap() = now;
        Ok(())
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.inner.remove(generation)
    }
}
