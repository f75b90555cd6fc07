//! Backends that break the contract in one way each, to see the conformance kit catch them.

use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend};

use Wrong::*;

/// What a wrong backend gets wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wrong {
    OverwritesSilently,
    OverwritesAndComplains,
    KeepsTheLongerOne,
    ClaimsTakenAfterAThirdFrame,
    ForgetsTheWriter,
    TruncatesLargeReads,
    LosesTheLastInList,
    ListsTwice,
    ListsStale,
    ListsLexicographically,
    FramesLackOne,
    GenerationsNewestFirst,
    GenerationsLackOne,
    PartialFrameVisible,
    ListedBeforeItIsThere,
    MissingIsEmpty,
    MissingIsDamaged,
    MissingIsUnavailable,
    RangeFailsPastTheEnd,
    RangeOffByOne,
    RemovesTheNumber,
    RemovesTheFirstFrameOnly,
    RemoveComplains,
    RemovalUndoneByReopen,
    ForgetsTheUnsynced,
    TakenForgottenByReopen,
    SyncComplainsWhenIdle,
    SyncEatsEmptyFrames,
    PrintsContent,
}

/// A correct backend but for one thing.
pub struct WrongBackend {
    wrong: Wrong,
    inner: MemoryBackend,
    stale: Mutex<Vec<FrameId>>,
    unsynced: Mutex<Vec<FrameId>>,
    removed: Mutex<Vec<(FrameId, Vec<u8>)>>,
    /// A frame that another thread can see while it is not there, or not whole.
    pending: Mutex<Option<(FrameId, Vec<u8>)>>,
    /// Somebody read the frame that was shown too early.
    looked: AtomicBool,
    reopened: bool,
    syncs: AtomicU32,
}

impl WrongBackend {
    pub fn new(wrong: Wrong) -> Self {
        Self::over(MemoryBackend::new(), wrong, false)
    }

    fn over(inner: MemoryBackend, wrong: Wrong, reopened: bool) -> Self {
        let (stale, unsynced, removed, pending, looked, syncs) = Default::default();
        Self { wrong, inner, stale, unsynced, removed, pending, looked, reopened, syncs }
    }

    pub fn reopened(self) -> Self {
        if self.wrong == ForgetsTheUnsynced {
            let kept = MemoryBackend::new();
            for id in self.inner.list().unwrap() {
                if !self.unsynced.lock().unwrap().contains(&id) {
                    kept.create(id, &self.inner.read(id).unwrap()).unwrap();
                }
            }
            return Self::over(kept, self.wrong, true);
        }
        for (id, bytes) in self.removed.lock().unwrap().drain(..) {
            self.inner.create(id, &bytes).unwrap();
        }
        Self::over(self.inner, self.wrong, true)
    }

    /// Puts a frame in place of another.
    fn replace(&self, id: FrameId, bytes: &[u8]) {
        let frames = self.inner.frames(id.generation).unwrap();
        let mut kept: Vec<_> = frames
            .into_iter()
            .map(|index| FrameId { index, ..id })
            .map(|id| (id, self.inner.read(id).unwrap()))
            .collect();
        self.inner.remove(id.generation).unwrap();
        for (at, old) in &mut kept {
            if *at == id {
                *old = bytes.to_vec();
            }
            self.inner.create(*at, old).unwrap();
        }
    }

    /// The name under which this backend keeps a frame.
    fn name(&self, id: FrameId) -> FrameId {
        match self.wrong {
            ForgetsTheWriter => {
                let stored = self.inner.generations().unwrap();
                let first = stored.into_iter().find(|other| other.number == id.generation.number);
                FrameId { generation: first.unwrap_or(id.generation), ..id }
            }
            _ => id,
        }
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == wrong
    }
}

impl Backend for WrongBackend {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        let mut list = self.inner.list()?;
        match self.wrong {
            LosesTheLastInList => drop(list.pop()),
            ListsTwice => list.extend(list.last().copied()),
            ListsStale => std::mem::swap(&mut list, &mut *self.stale.lock().unwrap()),
            _ => {}
        }
        Ok(list)
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        if let Some((_, part)) = self.pending.lock().unwrap().as_ref().filter(|(pending, _)| *pending == id) {
            self.looked.store(true, Ordering::SeqCst);
            return match self.wrong {
                PartialFrameVisible => Ok(part.clone()),
                _ => Err(backend::Error::NotFound("no such frame".into())),
            };
        }
        match self.inner.read(self.name(id)) {
            Ok(mut bytes) => {
                if self.is(TruncatesLargeReads) {
                    bytes.truncate(1 << 20);
                }
                Ok(bytes)
            }
            Err(_) if self.is(MissingIsEmpty) => Ok(Vec::new()),
            Err(_) if self.is(MissingIsDamaged) => Err(backend::Error::Damaged("damaged on purpose".into())),
            Err(_) if self.is(MissingIsUnavailable) => Err(io::Error::from(io::ErrorKind::NotFound).into()),
            Err(error) => Err(error),
        }
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        let name = self.name(id);
        let taken = self.inner.read(name).is_ok();
        if taken && matches!(self.wrong, OverwritesSilently | OverwritesAndComplains) {
            self.replace(name, bytes);
        }
        if taken && self.is(KeepsTheLongerOne) && bytes.len() > self.inner.read(name)?.len() {
            self.replace(name, bytes);
        }
        if taken && (self.is(OverwritesSilently) || self.is(TakenForgottenByReopen) && self.reopened) {
            return Ok(());
        }
        if id.index == 2 && self.is(ClaimsTakenAfterAThirdFrame) {
            return Err(backend::Error::Taken);
        }
        let is_of_two_threads = id.index == 40 && bytes.len() > 50;
        if !taken && matches!(self.wrong, PartialFrameVisible | ListedBeforeItIsThere) && is_of_two_threads {
            // Shown too early, until the kit's other thread has come by and looked. Where the kit has no other thread,
            // its frames of this number are shorter.
            *self.pending.lock().unwrap() = Some((id, bytes[..bytes.len() / 2].to_vec()));
            crate::support::wait_until("somebody looked", || self.looked.load(Ordering::SeqCst));
            *self.pending.lock().unwrap() = None;
        }
        self.inner.create(name, bytes)?;
        self.unsynced.lock().unwrap().push(id);
        Ok(())
    }

    fn sync(&self) -> backend::Result<()> {
        self.unsynced.lock().unwrap().clear();
        if self.is(SyncComplainsWhenIdle) && self.syncs.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(io::Error::other("nothing to do").into());
        }
        if self.is(SyncEatsEmptyFrames) {
            for id in self.inner.list()? {
                if self.inner.read(id)?.is_empty() {
                    self.replace(id, b"\0");
                }
            }
        }
        Ok(())
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        let mut doomed: Vec<_> = self.inner.list()?.into_iter().filter(|id| id.generation == generation).collect();
        match self.wrong {
            RemoveComplains if doomed.is_empty() => return Err(backend::Error::NotFound("no such frame".into())),
            RemovesTheNumber => {
                let same = |other: &Generation| other.number == generation.number;
                return self
                    .inner
                    .generations()?
                    .into_iter()
                    .filter(same)
                    .try_for_each(|other| self.inner.remove(other));
            }
            RemovalUndoneByReopen => {
                let kept = doomed.iter().map(|id| (*id, self.inner.read(*id).unwrap()));
                self.removed.lock().unwrap().extend(kept);
            }
            RemovesTheFirstFrameOnly => {
                let kept: Vec<_> = doomed.drain(..).skip(1).map(|id| self.inner.read(id).unwrap()).collect();
                self.inner.remove(generation)?;
                return (0..)
                    .zip(kept)
                    .try_for_each(|(index, bytes)| self.inner.create(FrameId { generation, index }, &bytes));
            }
            _ => {}
        }
        self.inner.remove(generation)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        let all = self.read(id)?;
        let len = all.len() as u64;
        match self.wrong {
            RangeFailsPastTheEnd if range.end > len => Err(backend::Error::Damaged("damaged on purpose".into())),
            RangeOffByOne => self.inner.read_range(id, range.start..range.end.saturating_add(1)),
            // `TruncatesLargeReads` and the missing ones are about `read`.
            _ => self.inner.read_range(self.name(id), range),
        }
    }

    fn generations(&self) -> backend::Result<Vec<Generation>> {
        let mut generations = self.inner.generations()?;
        match self.wrong {
            GenerationsNewestFirst => generations.reverse(),
            GenerationsLackOne => drop(generations.pop()),
            _ => {}
        }
        Ok(generations)
    }

    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        // Before the list: a frame shown too early must not come after a list that lacks those before it.
        let pending = self.pending.lock().unwrap();
        let mut frames = self.inner.frames(generation)?;
        match self.wrong {
            ListsLexicographically => frames.sort_by_key(u32::to_string),
            FramesLackOne => drop(frames.pop()),
            _ => {}
        }
        frames.extend(pending.iter().filter(|(id, _)| id.generation == generation).map(|(id, _)| id.index));
        Ok(frames)
    }
}

impl std::fmt::Debug for WrongBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let content: Vec<_> = match self.wrong {
            PrintsContent => self.inner.list().unwrap().into_iter().map(|id| self.inner.read(id).unwrap()).collect(),
            _ => Vec::new(),
        };
        f.debug_struct("WrongBackend").field("wrong", &self.wrong).field("content", &content).finish_non_exhaustive()
    }
}
