//! Layers: each keeps the contract of a backend, and an order that makes no sense is refused at open.

use leftoff::backend::{self, Backend, FrameId, Generation, LayerKind, MemoryBackend};
use leftoff::{ErrorKind, Outcome, Section, Session};

use crate::support::still;

mod kinds;
#[cfg(feature = "lz4")]
mod lz4;
#[cfg(feature = "mirror")]
mod mirror;
#[cfg(feature = "quota")]
mod quota;

const NOTE: Section<String> = Section::new("note", 1);

/// A layer that only states its kind.
#[derive(Debug)]
struct Stated<B>(LayerKind, B);

impl<B: Backend> Backend for Stated<B> {
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.1.create(id, bytes)
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.1.read(id)
    }
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.1.list()
    }
    fn sync(&self) -> backend::Result<()> {
        self.1.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.1.remove(generation)
    }
    fn layers(&self) -> Vec<LayerKind> {
        let mut layers = vec![self.0];
        layers.append(&mut self.1.layers());
        layers
    }
}

/// A session with these layers, the innermost first, as the calls of `Builder::layer` add them.
fn session_of(memory: &MemoryBackend, layers: &[LayerKind]) -> Session {
    let add = |builder: leftoff::Builder, kind: &LayerKind| {
        let kind = *kind;
        builder.layer(move |storage| Stated(kind, storage))
    };
    layers.iter().fold(still(memory.clone()), add).open()
}

#[track_caller]
fn refuses(layers: &[LayerKind], why: &str) {
    let memory = MemoryBackend::new();
    let mut session = session_of(&memory, layers);
    assert_eq!(session.outcome(), Outcome::Unavailable, "{layers:?}");
    let refused = session.status().refused.expect("a reason");
    assert_eq!(refused.kind(), ErrorKind::InvalidSetting);
    assert!(refused.to_string().contains(why), "{refused}");
    session.mark("note");
    session.save(|capture| capture.set(NOTE, &"call Ana".to_owned())).unwrap_err();
    drop(session);
    assert_eq!(memory.list().unwrap(), []);
}
