//! Where frames live: the [`Backend`] contract and the places that come with the crate.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

#[cfg(any(unix, windows))]
pub(crate) mod file;
mod memory;

#[cfg(any(unix, windows))]
#[doc(hidden)]
pub use file::{DiskObserver, DiskStep};
#[cfg(any(unix, windows))]
pub use file::{FileBackend, Held};
#[cfg(any(unix, windows))]
pub(crate) use file::{ReadOnlyFiles, held_by, used_slots};
pub use memory::MemoryBackend;

/// The frames of one launch (or of one compaction of a launch): written by one writer, in order, never reopened.
///
/// Newer generations have higher numbers. Two writers that could not see each other may choose the same number; the
/// random `writer` keeps them apart, so neither can damage the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation {
    /// One more than the highest number its writer saw.
    pub number: u64,
    /// Of the launch that writes it: half of it is random, half tells the run of the machine.
    pub writer: u64,
}

/// The name of one frame. Frames of a generation are numbered from zero without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    /// The generation it belongs to.
    pub generation: Generation,
    /// Its place in the generation, from zero.
    pub index: u32,
}

/// Whether [`Backend::create`] may be called where the user waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Speed {
    /// Microseconds: memory, or a page cache. The user's thread may call it.
    NonBlocking,
    /// Anything else: a network, a database that syncs. Only the flusher calls it.
    Blocking,
}

/// A place that keeps frames: immutable byte strings under names that are used once.
///
/// # Contract
///
/// - **Nothing is overwritten.** `create` fails with [`AlreadyExists`](io::ErrorKind::AlreadyExists) if the name is
///   taken, and changes nothing then. No other call changes stored bytes; [`remove`](Self::remove) drops a whole
///   generation.
/// - **All or nothing.** A reader sees every byte of a frame or an error, never a part.
/// - **`create` survives the process.** Once it returned `Ok`, killing the process does not lose the frame. It need
///   not survive a power cut until [`sync`](Self::sync) returned `Ok`.
/// - **A failed `create` may be tried again** under the same name; the failed try is not listed and cannot be read.
/// - **Frames of a generation are created in order** of their index, by one writer.
/// - **Errors tell two things apart**: [`InvalidData`](io::ErrorKind::InvalidData) says that these bytes are damaged
///   (or were stored under another key); [`Unsupported`](io::ErrorKind::Unsupported) that a newer version of the
///   backend wrote them; [`NotFound`](io::ErrorKind::NotFound) that there is no such frame. Every other error says that
///   the *place* is unavailable, and nothing may be concluded about what it holds.
/// - A frame whose bytes are damaged is still listed, if the backend can tell that it was there.
///
/// Calls may come from two threads at once.
///
/// # For authors
///
/// The crate [`leftoff-testing`](https://docs.rs/leftoff-testing) checks a backend against this contract. Add it to the
/// `[dev-dependencies]`, and call its function `conformance` in a test. Its `FaultyBackend` fails, lies or takes its time
/// where a test says so.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Every frame that is stored, in any order.
    ///
    /// # Errors
    /// Only where the place is unavailable.
    fn list(&self) -> io::Result<Vec<FrameId>>;

    /// The bytes given to [`create`](Self::create).
    ///
    /// # Errors
    /// `NotFound`, `InvalidData` or `Unsupported` as the contract says; anything else: unavailable.
    fn read(&self, id: FrameId) -> io::Result<Vec<u8>>;

    /// Stores a frame under a new name.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken; anything else: not stored, may be tried again.
    fn create(&self, id: FrameId, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything created so far survive a power cut: by this object, and by earlier processes as far as this one
    /// [relies](Self::rely_on) on it. May take as long as the medium needs; the user's thread calls it only where it asked to
    /// wait.
    ///
    /// # Errors
    /// Any: some frame may not survive a power cut, and a later `sync` that succeeds does not mend that.
    fn sync(&self) -> io::Result<()>;

    /// Says which generations of earlier processes the frames of this one build on. The next [`sync`](Self::sync) need cover
    /// no others of earlier processes; until the first call, it covers all of them. Each call adds to the ones before.
    ///
    /// A session calls it once at its start. A backend whose sync covers everything at the same cost has nothing to do.
    fn rely_on(&self, generations: &[Generation]) {
        let _ = generations;
    }

    /// Drops a whole generation; dropping one that is not there is no error. Where it is interrupted, each frame is
    /// either still whole or gone.
    ///
    /// # Errors
    /// Any: some or all of its frames may still be there.
    fn remove(&self, generation: Generation) -> io::Result<()>;

    /// Part of a frame's bytes, cut to its length: a large frame's index, or one section of it.
    ///
    /// # Errors
    /// As [`read`](Self::read). A backend that can read a part alone need not check it: whoever asks for one has
    /// checksums of their own, and may want what is left of a damaged frame.
    fn read_range(&self, id: FrameId, range: Range<u64>) -> io::Result<Vec<u8>> {
        Ok(cut(&self.read(id)?, range).to_vec())
    }

    /// The generations that are stored, oldest first. A backend that can tell without looking at each frame should.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    fn generations(&self) -> io::Result<Vec<Generation>> {
        let mut generations: Vec<_> = self.list()?.into_iter().map(|id| id.generation).collect();
        generations.sort_unstable();
        generations.dedup();
        Ok(generations)
    }

    /// The indexes of the frames of one generation, in order; empty where there is no such generation.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    fn frames(&self, generation: Generation) -> io::Result<Vec<u32>> {
        let mut indexes: Vec<_> =
            self.list()?.into_iter().filter(|id| id.generation == generation).map(|id| id.index).collect();
        indexes.sort_unstable();
        Ok(indexes)
    }

    /// Whether [`create`](Self::create) is quick enough for the user's thread.
    fn speed(&self) -> Speed {
        Speed::NonBlocking
    }
}

/// What [`Backend::read_range`] gives of a frame with these bytes.
fn cut(bytes: &[u8], range: Range<u64>) -> &[u8] {
    let clamp = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let (start, end) = (clamp(range.start), clamp(range.end));
    bytes.get(start..end.max(start)).unwrap_or_default()
}

macro_rules! forward {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<T: Backend + ?Sized> Backend for $pointer {
            fn list(&self) -> io::Result<Vec<FrameId>> {
                T::list(self)
            }
            fn read(&self, id: FrameId) -> io::Result<Vec<u8>> {
                T::read(self, id)
            }
            fn create(&self, id: FrameId, bytes: &[u8]) -> io::Result<()> {
                T::create(self, id, bytes)
            }
            fn sync(&self) -> io::Result<()> {
                T::sync(self)
            }
            fn rely_on(&self, generations: &[Generation]) {
                T::rely_on(self, generations);
            }
            fn remove(&self, generation: Generation) -> io::Result<()> {
                T::remove(self, generation)
            }
            fn read_range(&self, id: FrameId, range: Range<u64>) -> io::Result<Vec<u8>> {
                T::read_range(self, id, range)
            }
            fn generations(&self) -> io::Result<Vec<Generation>> {
                T::generations(self)
            }
            fn frames(&self, generation: Generation) -> io::Result<Vec<u32>> {
                T::frames(self, generation)
            }
            fn speed(&self) -> Speed {
                T::speed(self)
            }
        }
    )+};
}

forward!(Box<T>, Arc<T>);
