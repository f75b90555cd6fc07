//! A second copy of everything that is stored.

mod copy;
mod state;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::backend::{Backend, Error, FrameId, Generation, LayerKind, Result, Speed};
use crate::sorted::SortedSet;
use copy::{Copier, Order};
pub use state::MirrorState;

/// A backend over two backends: everything is stored in the first one, and a thread copies it to the second one.
///
/// The first one alone decides: a call is done when it is done there. The second one may be slow, full or unreachable; its
/// copy lags then, and the thread retries with growing pauses of up to a minute. The end of a session waits at most a quarter
/// of a second for the copy of its last frames. After a start, the thread compares both
/// and copies what is missing, so a copy that lags when the process ends catches up in the next launch. What survives a
/// kill or a power cut is stated for the first one.
///
/// A frame that the first one has damaged or lost is read from the second one, for which the caller waits up to
/// [`HEAL_WAIT`](Self::HEAL_WAIT). If the second one has all frames of that generation, they are stored in the first one
/// again, unless this process is writing the generation. A first one that is empty is filled from the second one.
///
/// Generations that were removed while the second one was unreachable and the process ended stay there. Nothing is ever
/// removed from the second one because the first one lacks it.
///
/// ```
/// use leftoff::backend::FileBackend;
/// use leftoff::layer::{Mirror, MirrorState};
/// use leftoff::{AppId, Section, Session};
///
/// const NOTE: Section<String> = Section::new("note", 1);
///
/// # let scratch = tempfile::tempdir()?;
/// # let (dir, copy) = (scratch.path().join("state"), scratch.path().join("copy"));
/// let state = MirrorState::new();
/// let builder = || {
///     let (copy, state) = (copy.clone(), state.clone());
///     let second = move || Ok(FileBackend::open(copy.clone())?);
///     Session::builder(AppId::new("com.example.notes"))
///         .dir(&dir)
///         .layer(move |storage| Mirror::new(storage, second.clone()).reporting_to(&state))
/// };
/// let mut session = builder().open();
/// session.save(|capture| capture.set(NOTE, &"call Ana".to_owned()))?;
/// assert!(state.wait(std::time::Duration::from_secs(10)), "the copy is complete");
/// drop(session);
///
/// // The first directory is lost.
/// std::fs::remove_dir_all(&dir)?;
/// assert_eq!(builder().open().get(NOTE)?.as_deref(), Some("call Ana"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mirror<B> {
    first: Arc<B>,
    copier: Copier,
    live: Mutex<Live>,
}

const HEAL_WAIT: Duration = Duration::from_secs(2);

/// What this process did to the first one.
#[derive(Debug, Default)]
struct Live {
    /// The generations that this process writes.
    written: SortedSet<Generation>,
    /// The generations of which a frame could not be read: the second one may have the only good copy.
    doubtful: SortedSet<Generation>,
}

impl<B: Backend> Mirror<B> {
    /// How long a read waits for the second one if the first one has no intact frame: 2 seconds.
    pub const HEAL_WAIT: Duration = HEAL_WAIT;

    /// Stores in `first`, and copies to what `second` opens.
    ///
    /// `second` is called on the thread of the mirror, so it may block; if it fails, it is called again later.
    pub fn new<S: Backend>(first: B, second: impl Fn() -> Result<S> + Send + 'static) -> Self {
        let first = Arc::new(first);
        let source = Arc::clone(&first) as Arc<dyn Backend>;
        let copier = Copier::start(source, move || Ok(Box::new(second()?) as Box<dyn Backend>));
        Self { first, copier, live: Mutex::default() }
    }

    /// Reports to `state` how far the copy is.
    #[must_use]
    pub fn reporting_to(self, state: &MirrorState) -> Self {
        self.copier.report_to(state);
        self
    }

    /// Returns the first backend.
    pub fn first(&self) -> &B {
        &self.first
    }

    /// Reads a frame that the first one does not have intact from the second one, and heals the first one.
    fn heal(&self, id: FrameId, failed: Error) -> Result<Vec<u8>> {
        let generation = id.generation;
        let is_ours = {
            let mut live = self.live.lock();
            live.doubtful.insert(generation);
            live.written.contains(&generation)
        };
        let Some(frames) = self.copier.read_all(generation, Self::HEAL_WAIT) else { return Err(failed) };
        let Some(bytes) = frames.get(id.index as usize).cloned() else { return Err(failed) };
        if !is_ours && self.is_complete(generation, frames.len()) && self.rewrite(generation, &frames).is_ok() {
            self.live.lock().doubtful.remove(&generation);
        }
        Ok(bytes)
    }

    /// Returns whether the second one has at least the frames that the first one lists.
    fn is_complete(&self, generation: Generation, len: usize) -> bool {
        let listed = self.first.frames(generation);
        listed.is_ok_and(|listed| listed.last().is_none_or(|last| (*last as usize) < len))
    }

    /// Stores a generation in the first one again. If the process dies after the removal, the second one still has
    /// all of it, and the next read of a missing frame stores it again.
    fn rewrite(&self, generation: Generation, frames: &[Vec<u8>]) -> Result<()> {
        copy::rewrite(&*self.first, generation, frames)
    }

    /// Returns what the first one lists. If it is empty, it is filled from the second one before. Without an answer in time,
    /// the first one stays empty, and the copy of the second one stays as it is.
    fn filled<T>(&self, list: impl Fn(&B) -> Result<Vec<T>>) -> Result<Vec<T>> {
        let listed = list(&self.first)?;
        if !listed.is_empty() || !self.live.lock().written.is_empty() {
            return Ok(listed);
        }
        for generation in self.copier.generations(Self::HEAL_WAIT).unwrap_or_default() {
            let Some(frames) = self.copier.read_all(generation, Self::HEAL_WAIT) else { continue };
            self.rewrite(generation, &frames)?;
        }
        list(&self.first)
    }
}

impl<B> fmt::Debug for Mirror<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").finish_non_exhaustive()
    }
}

/// Whether the second one may have what the first one does not.
fn is_about_the_frame(error: &Error) -> bool {
    matches!(error, Error::Damaged(_) | Error::NotFound(_))
}

#[deny(clippy::missing_trait_methods)]
impl<B: Backend> Backend for Mirror<B> {
    fn list(&self) -> Result<Vec<FrameId>> {
        self.filled(B::list)
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        self.first.read(id).or_else(|error| if is_about_the_frame(&error) { self.heal(id, error) } else { Err(error) })
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        self.first.create(id, bytes)?;
        if id.index == 0 {
            self.live.lock().written.insert(id.generation);
        }
        // If the process dies here, the thread of the next launch finds that the copy lacks the frame.
        self.copier.order(Order::Copy(id));
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.first.sync()
    }

    fn rely_on(&self, generations: &[Generation]) {
        self.first.rely_on(generations);
    }

    fn remove(&self, generation: Generation) -> Result<()> {
        self.first.remove(generation)?;
        // The good copy of a generation that could not be read here is not removed.
        if !self.live.lock().doubtful.contains(&generation) {
            self.copier.order(Order::Remove(generation));
        }
        Ok(())
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        self.first.read_range(id, range.clone()).or_else(|error| {
            if !is_about_the_frame(&error) {
                return Err(error);
            }
            Ok(crate::backend::cut(&self.heal(id, error)?, range).to_vec())
        })
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        self.filled(B::generations)
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        self.first.frames(generation)
    }

    /// The layers of the second one are compared once it is open; until then only those of the first one are known.
    fn layers(&self) -> Vec<LayerKind> {
        let mut first = self.first.layers();
        let second = self.copier.layers();
        let is_open =
            second.is_some_and(|second| second.contains(&LayerKind::Seal) != first.contains(&LayerKind::Seal));
        let mut layers = vec![if is_open { LayerKind::MirrorOpen } else { LayerKind::Mirror }];
        layers.append(&mut first);
        layers
    }

    fn speed(&self) -> Speed {
        self.first.speed()
    }

    /// A second backend without room does not stop the session.
    fn room(&self) -> Option<u64> {
        self.first.room()
    }
}
