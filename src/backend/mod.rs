//! Storage for frames: the [`Backend`] contract and the backends of this crate.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::sorted::sort;

mod error;
#[cfg(any(unix, windows))]
pub(crate) mod file;
mod memory;

pub use error::{Error, Result};
#[cfg(any(unix, windows))]
pub use file::FileBackend;
#[cfg(any(unix, windows))]
#[doc(hidden)]
pub use file::{DiskObserver, DiskStep};
#[cfg(any(unix, windows))]
pub(crate) use file::{Held, ReadOnlyFiles, held_by, listed, projects, slots_to_read, used_slots};
pub use memory::MemoryBackend;

/// The frames of one launch (or of one compaction of a launch): written by one writer, in order, never reopened.
///
/// Newer generations have higher numbers. Two writers that do not see each other may choose the same number; the random
/// `writer` distinguishes them, so neither can damage the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation {
    /// One more than the highest number that its writer found.
    pub number: u64,
    /// Identifies the launch that writes it: half is random, half identifies the boot of the machine.
    pub writer: u64,
}

/// The name of one frame. Frames of a generation are numbered from zero without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    /// The generation that contains the frame.
    pub generation: Generation,
    /// The index of the frame in the generation, from zero.
    pub index: u32,
}

/// Whether [`Backend::create`] may be called on the UI thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Speed {
    /// Takes microseconds: memory, or a page cache. The UI thread may call it.
    NonBlocking,
    /// Takes longer: a network, a database that syncs. Only the flusher calls it.
    Blocking,
}

/// A layer between a session and its storage, for [`Backend::layers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayerKind {
    /// Makes frames smaller.
    Compress,
    /// Encrypts frames.
    Seal,
    /// Limits the bytes that are stored.
    Quota,
    /// Keeps a second copy, encrypted exactly if the first one is.
    Mirror,
    /// Keeps a second copy, and only one of both copies is encrypted.
    MirrorOpen,
    /// Anything else.
    Other,
}

/// Stores frames: immutable byte strings under names that are used once.
///
/// # Contract
///
/// - **Nothing is overwritten.** If the name is taken, `create` fails with [`Error::Taken`] and changes nothing. No
///   other call changes stored bytes; [`remove`](Self::remove) drops a whole generation.
/// - **All or nothing.** A reader gets every byte of a frame or an error, never a part.
/// - **A created frame survives the process.** After `create` returned `Ok`, killing the process does not lose the
///   frame. The frame need not survive a power cut until [`sync`](Self::sync) returned `Ok`.
/// - **A failed `create` may be retried** under the same name; the failed attempt is not listed and cannot be read.
/// - **Frames of a generation are created in order** of their index, by one writer.
/// - **Errors have two classes.** Three concern the bytes of one frame: [`Error::Damaged`] means that they are damaged,
///   [`Error::Newer`] that a newer version of the backend wrote them, [`Error::NotFound`] that the frame does not exist. [`Error::Unavailable`] means that the *storage* cannot be used,
///   and allows no conclusion about its contents. Every error of the operating system is `Unavailable`, whatever its
///   kind.
/// - **A missing or wrong key is `Unavailable`**, with [`PermissionDenied`](std::io::ErrorKind::PermissionDenied), never
///   `Damaged`: without the key, nothing is known about the bytes. The session then refuses to save and removes nothing.
///   Damaged generations would be removed with the history, while their key exists elsewhere.
/// - **A damaged frame is still listed** if the backend can detect that it existed.
///
/// Two threads may call the backend at the same time.
///
/// # Implementing a backend
///
/// The crate [`leftoff-testing`](https://docs.rs/leftoff-testing) checks a backend against this contract. Add it to the
/// `[dev-dependencies]`, and call its function `conformance` in a test; for a backend that needs a key, also
/// `conformance_without_key`. Its `FaultyBackend` injects errors, wrong results and delays.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Lists every stored frame, in any order.
    ///
    /// # Errors
    /// Only if the storage is unavailable.
    fn list(&self) -> Result<Vec<FrameId>>;

    /// Returns the bytes that were passed to [`create`](Self::create).
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Damaged`], [`Error::Newer`] or [`Error::Unavailable`], as defined in the contract.
    fn read(&self, id: FrameId) -> Result<Vec<u8>>;

    /// Stores a frame under a new name.
    ///
    /// # Errors
    /// [`Error::Taken`] if the name is taken. [`Error::OutOfOrder`] if the frame's predecessor does not exist, for
    /// example because its generation was removed; the session then begins a new generation. Any other error: the
    /// frame is not stored, and the call may be retried.
    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()>;

    /// Makes all frames created so far survive a power cut.
    ///
    /// Covers the frames of this object, and those frames of earlier processes that this object [relies](Self::rely_on)
    /// on. May take as long as the medium needs; the UI thread waits for it only in calls whose purpose is to wait.
    ///
    /// # Errors
    /// [`Error::Underway`]: not yet; ask again. Any other: some frame may not survive a power cut, and a later successful
    /// `sync` does not change that.
    fn sync(&self) -> Result<()>;

    /// Names the generations of earlier processes on which the frames of this process build.
    ///
    /// Of earlier processes, the next [`sync`](Self::sync) need cover only these; until the first call, it covers all
    /// of them. Each call adds to the earlier calls.
    ///
    /// A session calls it once at its start. A backend whose sync covers everything at the same cost can ignore it.
    fn rely_on(&self, generations: &[Generation]) {
        let _ = generations;
    }

    /// Removes a whole generation; a generation that does not exist is not an error.
    ///
    /// If the removal is interrupted, each frame is either complete or gone.
    ///
    /// # Errors
    /// Any: some or all of the generation's frames may still exist.
    fn remove(&self, generation: Generation) -> Result<()>;

    /// Returns a part of a frame, cut to the frame's length: the directory of a large frame, or one of its sections.
    ///
    /// # Errors
    /// As for [`read`](Self::read). A backend that reads only the part need not verify it: the caller has checksums for
    /// the part, and may need the intact parts of a damaged frame.
    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        Ok(cut(&self.read(id)?, range).to_vec())
    }

    /// Lists the stored generations, oldest first.
    ///
    /// A backend that can do this without listing each frame should override it.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    fn generations(&self) -> Result<Vec<Generation>> {
        let mut generations: Vec<_> = self.list()?.into_iter().map(|id| id.generation).collect();
        sort(&mut generations);
        generations.dedup();
        Ok(generations)
    }

    /// Lists the indexes of the frames of one generation, in order; empty if the generation does not exist.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        let mut indexes: Vec<_> =
            self.list()?.into_iter().filter(|id| id.generation == generation).map(|id| id.index).collect();
        sort(&mut indexes);
        Ok(indexes)
    }

    /// Returns the layers that this backend consists of, the outermost first; empty for storage.
    ///
    /// A layer returns its own kind and then the layers of the backend below. A session checks their
    /// [order](crate::Builder::layer) when it opens, and stores sections that demand a seal
    /// ([`Sensitivity::Sealed`](crate::Sensitivity::Sealed)) only under one.
    fn layers(&self) -> Vec<LayerKind> {
        Vec::new()
    }

    /// Returns whether [`create`](Self::create) is fast enough for the UI thread.
    fn speed(&self) -> Speed {
        Speed::NonBlocking
    }

    /// Returns the number of bytes for which there is room now, if the backend knows; by default it does not.
    ///
    /// Asked from time to time, not before each write. Where room is short, a session replaces its log by one copy of the
    /// state earlier, while there is room for that copy.
    fn room(&self) -> Option<u64> {
        None
    }
}

/// Returns whether every copy of what is stored can be read only with a key.
pub(crate) fn is_sealed(backend: &dyn Backend) -> bool {
    let layers = backend.layers();
    layers.contains(&LayerKind::Seal) && !layers.contains(&LayerKind::MirrorOpen)
}

/// Cuts `range` to the length of `bytes`, for [`Backend::read_range`].
pub(crate) fn cut(bytes: &[u8], range: Range<u64>) -> &[u8] {
    let clamp = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let (start, end) = (clamp(range.start), clamp(range.end));
    bytes.get(start..end.max(start)).unwrap_or_default()
}

macro_rules! forward {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<T: Backend + ?Sized> Backend for $pointer {
            fn list(&self) -> Result<Vec<FrameId>> {
                T::list(self)
            }
            fn read(&self, id: FrameId) -> Result<Vec<u8>> {
                T::read(self, id)
            }
            fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
                T::create(self, id, bytes)
            }
            fn sync(&self) -> Result<()> {
                T::sync(self)
            }
            fn rely_on(&self, generations: &[Generation]) {
                T::rely_on(self, generations);
            }
            fn remove(&self, generation: Generation) -> Result<()> {
                T::remove(self, generation)
            }
            fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
                T::read_range(self, id, range)
            }
            fn generations(&self) -> Result<Vec<Generation>> {
                T::generations(self)
            }
            fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
                T::frames(self, generation)
            }
            fn layers(&self) -> Vec<LayerKind> {
                T::layers(self)
            }
            fn speed(&self) -> Speed {
                T::speed(self)
            }
            fn room(&self) -> Option<u64> {
                T::room(self)
            }
        }
    )+};
}

forward!(Box<T>, Arc<T>);
