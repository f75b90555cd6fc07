use std::io;
use std::ops::Range;
use std::thread;

use super::faults::{Call, Fault, Faults};
use leftoff::backend::{self, Backend, FrameId, Generation, LayerKind, Speed};

/// A backend that injects the errors, wrong results and delays of its [`Faults`], and otherwise calls the inner
/// backend.
///
/// ```
/// use std::io::ErrorKind;
/// use leftoff::backend::{Backend, Error, FrameId, Generation, MemoryBackend};
/// use leftoff_testing::{Call, Faults, FaultyBackend, When};
///
/// let faults = Faults::new();
/// let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
/// faults.fail(Call::Create, When::Nth(2), ErrorKind::StorageFull);
///
/// let generation = Generation { number: 1, writer: 7 };
/// backend.create(FrameId { generation, index: 0 }, b"first")?;
/// let error = backend.create(FrameId { generation, index: 1 }, b"second").unwrap_err();
/// assert!(matches!(error, Error::Unavailable(error) if error.kind() == ErrorKind::StorageFull));
/// backend.create(FrameId { generation, index: 1 }, b"second")?;
/// assert_eq!(faults.calls(Call::Create), 3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct FaultyBackend<B> {
    inner: B,
    faults: Faults,
}

impl<B: Backend> FaultyBackend<B> {
    /// Wraps `inner` and injects `faults`. Keep a clone of `faults` to change them while the backend is in use.
    pub fn new(inner: B, faults: Faults) -> Self {
        Self { inner, faults }
    }

    /// Applies the fault around `act`. The caller handles lists and short writes.
    fn with<T>(&self, call: Call, act: impl FnOnce(Option<Fault>) -> backend::Result<T>) -> backend::Result<T> {
        let (fault, count) = self.faults.meet(call);
        let told = |kind| io::Error::new(kind, format!("told to fail {call:?}, call {count}")).into();
        match fault {
            Some(Fault::Fail(kind)) => Err(told(kind)),
            Some(Fault::Os(code)) => Err(io::Error::from_raw_os_error(code).into()),
            Some(Fault::Delay(time)) => {
                thread::sleep(time);
                act(fault)
            }
            Some(Fault::FailAfter(time, kind)) => {
                thread::sleep(time);
                Err(told(kind))
            }
            Some(Fault::DoneAndFail(kind)) => {
                act(fault)?;
                Err(told(kind))
            }
            _ => act(fault),
        }
    }

    /// Returns the listing, changed by the fault of this call.
    fn listing(&self, fault: Option<Fault>) -> backend::Result<Vec<FrameId>> {
        let mut list = self.inner.list()?;
        match fault {
            Some(Fault::Stale(newest)) => {
                let hidden = self.faults.created_last(newest);
                list.retain(|id| !hidden.contains(id));
            }
            Some(Fault::Reordered) => list.reverse(),
            _ => {}
        }
        Ok(list)
    }
}

#[deny(clippy::missing_trait_methods)]
impl<B: Backend> Backend for FaultyBackend<B> {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.with(Call::List, |fault| self.listing(fault))
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.with(Call::Read, |_| self.inner.read(id))
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.with(Call::Create, |fault| match fault {
            Some(Fault::Short) => {
                self.inner.create(id, bytes.get(..bytes.len() / 2).unwrap_or_default())?;
                Err(io::Error::from(io::ErrorKind::WriteZero).into())
            }
            Some(Fault::Lie) => Ok(()),
            _ => {
                self.inner.create(id, bytes)?;
                self.faults.created(id);
                Ok(())
            }
        })
    }

    fn sync(&self) -> backend::Result<()> {
        self.with(Call::Sync, |fault| if fault == Some(Fault::Lie) { Ok(()) } else { self.inner.sync() })
    }

    fn rely_on(&self, generations: &[Generation]) {
        self.inner.rely_on(generations);
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.with(Call::Remove, |fault| if fault == Some(Fault::Lie) { Ok(()) } else { self.inner.remove(generation) })
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.with(Call::Read, |_| self.inner.read_range(id, range))
    }

    fn generations(&self) -> backend::Result<Vec<Generation>> {
        self.with(Call::List, |fault| match fault {
            Some(Fault::Stale(_) | Fault::Reordered) => {
                let mut generations: Vec<_> = self.listing(fault)?.into_iter().map(|id| id.generation).collect();
                generations.dedup();
                Ok(generations)
            }
            _ => self.inner.generations(),
        })
    }

    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        self.with(Call::List, |fault| match fault {
            Some(Fault::Stale(_) | Fault::Reordered) => {
                let frames = self.listing(fault)?.into_iter().filter(|id| id.generation == generation);
                Ok(frames.map(|id| id.index).collect())
            }
            _ => self.inner.frames(generation),
        })
    }

    fn layers(&self) -> Vec<LayerKind> {
        self.inner.layers()
    }

    fn speed(&self) -> Speed {
        self.inner.speed()
    }

    fn room(&self) -> Option<u64> {
        self.inner.room()
    }
}
