//! What the tests share.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend, Speed};
use leftoff::{AppId, Builder, Session};
use leftoff_seal::{Key, KeyRing, Sealed};

pub const APP: AppId = AppId::new("com.example.desk");
pub const A: Generation = Generation { number: 5, writer: 9 };

pub fn key(byte: u8) -> Key {
    Key::from_bytes([byte; 32])
}

pub fn id(index: u32) -> FrameId {
    FrameId { generation: A, index }
}

/// A session without a thread, so that everything happens when the test says so.
pub fn still(backend: impl Backend) -> Builder {
    Session::builder(APP).backend(backend).without_thread()
}

pub fn sealed(memory: &MemoryBackend, ring: &KeyRing) -> Sealed<MemoryBackend> {
    Sealed::new(memory.clone(), ring.clone())
}

/// A memory with one frame of these bytes under this name.
pub fn memory_of(id: FrameId, bytes: &[u8]) -> MemoryBackend {
    let memory = MemoryBackend::new();
    for index in 0..id.index {
        memory.create(FrameId { index, ..id }, b"").unwrap();
    }
    memory.create(id, bytes).unwrap();
    memory
}

/// Every stored frame with its bytes.
pub fn stored(memory: &MemoryBackend) -> Vec<(FrameId, Vec<u8>)> {
    let mut ids = memory.list().unwrap();
    ids.sort_unstable();
    ids.into_iter().map(|id| (id, memory.read(id).unwrap())).collect()
}

/// Counts the bytes that are read.
#[derive(Debug, Clone)]
pub struct Counting(pub MemoryBackend, pub Arc<AtomicU64>);

impl Counting {
    fn count(&self, bytes: backend::Result<Vec<u8>>) -> backend::Result<Vec<u8>> {
        let bytes = bytes?;
        self.1.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

impl Backend for Counting {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.count(self.0.read(id))
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
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.count(self.0.read_range(id, range))
    }
    fn speed(&self) -> Speed {
        self.0.speed()
    }
}
