//! A backend that may become available later.

use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use crate::backend::{self, Backend, FrameId, Generation, LayerKind, Speed};

/// Stands in for a backend whose location another instance holds. Until the backend is available, reads go to a
/// read-only copy, if there is one, and writes fail.
#[derive(Debug)]
pub(crate) struct Late {
    copy: Option<Box<dyn Backend>>,
    come: OnceLock<Box<dyn Backend>>,
}

impl Late {
    pub(crate) fn new(copy: Option<Box<dyn Backend>>) -> Self {
        Self { copy, come: OnceLock::new() }
    }

    /// Sets the backend, once: a second one is dropped.
    pub(crate) fn come(&self, backend: Box<dyn Backend>) {
        drop(self.come.set(backend));
    }

    fn to_read(&self) -> backend::Result<&dyn Backend> {
        let backend = self.come.get().or(self.copy.as_ref());
        backend.map(|backend| &**backend).ok_or_else(|| io::Error::from(io::ErrorKind::ResourceBusy).into())
    }

    fn to_write(&self) -> backend::Result<&dyn Backend> {
        self.come.get().map(|backend| &**backend).ok_or_else(|| io::Error::from(io::ErrorKind::ResourceBusy).into())
    }
}

#[deny(clippy::missing_trait_methods)]
impl Backend for Late {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.to_read()?.list()
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.to_read()?.read(id)
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.to_write()?.create(id, bytes)
    }

    fn sync(&self) -> backend::Result<()> {
        self.to_write()?.sync()
    }

    fn rely_on(&self, generations: &[Generation]) {
        if let Ok(backend) = self.to_write() {
            backend.rely_on(generations);
        }
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.to_write()?.remove(generation)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.to_read()?.read_range(id, range)
    }

    fn generations(&self) -> backend::Result<Vec<Generation>> {
        self.to_read()?.generations()
    }

    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        self.to_read()?.frames(generation)
    }

    /// Values captured before the take-over are checked against the backend that is written to.
    fn layers(&self) -> Vec<LayerKind> {
        self.to_read().map(Backend::layers).unwrap_or_default()
    }

    fn speed(&self) -> Speed {
        self.come.get().map_or(Speed::NonBlocking, Backend::speed)
    }

    fn room(&self) -> Option<u64> {
        self.come.get().and_then(Backend::room)
    }
}
