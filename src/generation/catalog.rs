//! The stored generations, the first frame of each, and the chain from a state back to its base.

use std::sync::Arc;

use super::heads::Lines;
use super::records::is_whole;
use crate::backend::{self, Backend, FrameId, Generation};
use crate::frame::{Base, Body, Frame, Header, Kind, Launch, Point, Unreadable};
use crate::sorted::{SortedMap, sort, sort_by_key};
use crate::time::Timestamp;

/// The first frame of a generation.
#[derive(Debug, Clone)]
pub(crate) enum First {
    Launch(Box<Launch>),
    /// A base, and the point it stands for.
    Base(Point),
    /// The generation has no first frame, because its writer crashed before writing one, or it does not exist.
    Empty,
    Unreadable(Unreadable),
}

/// A part of the log. A chain is a list of links, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    Base(Generation),
    /// Frames `from..=to` of a generation.
    Frames {
        generation: Generation,
        from: u32,
        to: u32,
    },
}

/// The frames that make up one state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    /// The base of the chain, and the point it stands for.
    pub(crate) base: Option<(Generation, Point)>,
    /// Generations that belong to the chain but could not be read.
    pub(crate) broken: Vec<(Generation, Unreadable)>,
    /// The number of launches between the base and the state.
    pub(crate) launches: u32,
}

/// The newest launch, whose state is the present one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    /// The newest generation whose deltas this build can follow.
    pub(crate) generation: Option<Generation>,
    /// The newest launch, readable or not, which the next launch continues.
    pub(crate) newest: Option<Generation>,
    /// Newer generations that could not be read.
    pub(crate) unreadable: Vec<(Generation, Unreadable)>,
}

/// A listing of the backend that caches what it has read.
#[derive(Debug)]
pub(crate) struct Catalog<'a> {
    backend: &'a dyn Backend,
    /// Oldest first.
    generations: Vec<Generation>,
    first: SortedMap<Generation, First>,
    /// The points that bases stand for, among the generations at or above `looked_down_to`.
    bases: Vec<(Generation, Point)>,
    looked_down_to: usize,
    /// The frames of the generations requested so far.
    frames: SortedMap<Generation, Arc<Vec<u32>>>,
    /// Whether each base may be used.
    usable: SortedMap<Generation, bool>,
    /// What the bases read so far list as their past.
    pasts: SortedMap<Generation, Vec<Generation>>,
    /// The base read last: a caller that asks what it covers asks for its content next.
    base: Option<Frame>,
}

impl<'a> Catalog<'a> {
    pub(crate) fn read(backend: &'a dyn Backend) -> backend::Result<Self> {
        let mut generations = backend.generations()?;
        sort(&mut generations);
        let looked_down_to = generations.len();
        let (first, bases, usable) = (SortedMap::new(), Vec::new(), SortedMap::new());
        let (frames, pasts) = (SortedMap::new(), SortedMap::new());
        Ok(Self { backend, generations, first, bases, looked_down_to, frames, usable, pasts, base: None })
    }

    pub(crate) fn generations(&self) -> &[Generation] {
        &self.generations
    }

    pub(crate) fn backend(&self) -> &'a dyn Backend {
        self.backend
    }

    /// Returns the highest number in use.
    ///
    /// An implausible number counts only if its generation is readable: a planted file name must not use up the
    /// numbers above it, because then no later launch could be newer.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn highest_number(&mut self) -> backend::Result<u64> {
        for generation in self.generations.clone().into_iter().rev() {
            if is_plausible(generation) || matches!(self.first(generation)?, First::Launch(_) | First::Base(_)) {
                return Ok(generation.number);
            }
        }
        Ok(0)
    }

    /// Returns the frames that a generation had when it was first requested, in order.
    pub(super) fn frames(&mut self, generation: Generation) -> backend::Result<Arc<Vec<u32>>> {
        if let Some(frames) = self.frames.get(&generation) {
            return Ok(Arc::clone(frames));
        }
        let frames = self.frames_now(generation)?;
        self.frames.insert(generation, Arc::clone(&frames));
        Ok(frames)
    }

    /// Returns the frames that a generation has now. Sorted, whatever the order of the backend: in another order, an older
    /// value would win silently.
    pub(super) fn frames_now(&mut self, generation: Generation) -> backend::Result<Arc<Vec<u32>>> {
        let mut frames = self.backend.frames(generation)?;
        sort(&mut frames);
        frames.dedup();
        Ok(Arc::new(frames))
    }

    pub(crate) fn first(&mut self, generation: Generation) -> backend::Result<First> {
        if let Some(first) = self.first.get(&generation) {
            return Ok(first.clone());
        }
        let first = if self.generations.binary_search(&generation).is_ok() {
            let first = read_first(self.backend, generation, &mut self.base)?;
            if let (First::Base(_), Some(Frame { body: Body::Base(base), .. })) = (&first, &self.base) {
                self.pasts.insert(generation, base.past.clone());
            }
            first
        } else {
            First::Empty
        };
        self.first.insert(generation, first.clone());
        Ok(first)
    }

    /// Returns whether nobody has tidied for long: there are many generations, and many of them are newer than the newest
    /// base that a compaction finished.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn is_crowded(&mut self) -> backend::Result<bool> {
        let count = self.generations.len();
        if count <= CROWD {
            return Ok(false);
        }
        let new = if count > CROWD_MOST { CROWD_NEW / 4 } else { CROWD_NEW };
        for (newer, generation) in self.generations.clone().into_iter().rev().enumerate() {
            if newer >= new {
                return Ok(true);
            }
            if matches!(self.first(generation)?, First::Base(_)) && self.frames(generation)?.contains(&SEAL) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the directory of a base.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn take_base(&mut self, generation: Generation) -> backend::Result<Result<Frame, ReadError>> {
        let id = FrameId { generation, index: 0 };
        match self.base.take_if(|base| base.header.id == id) {
            Some(base) => Ok(Ok(base)),
            None => read_directory(self.backend, id),
        }
    }

    /// Finds the newest launch; of several heads, the one that changed something last.
    pub(crate) fn head(&mut self) -> backend::Result<Head> {
        let mut head = Head::default();
        for generation in self.generations.clone().into_iter().rev() {
            match self.first(generation)? {
                First::Launch(_) => {
                    let generation = Lines::read(self)?.newest(self, generation)?;
                    head.generation = Some(generation);
                    head.newest.get_or_insert(generation);
                    break;
                }
                First::Base(_) | First::Empty => {}
                First::Unreadable(why) => {
                    head.unreadable.push((generation, why));
                    if why == Unreadable::NewerFormat && is_plausible(generation) {
                        head.newest.get_or_insert(generation);
                    } else if has_deltas(self.backend, generation)? {
                        // The launch frame is lost, but its deltas exist, and only launches have deltas.
                        head.generation = Some(generation);
                        head.newest.get_or_insert(generation);
                        break;
                    }
                }
            }
        }
        Ok(head)
    }

    /// Returns the older generations that a base lists as its past.
    pub(super) fn past_of_base(&mut self, base: Generation) -> backend::Result<Vec<Generation>> {
        self.first(base)?;
        Ok(self.pasts.get(&base).cloned().unwrap_or_default())
    }

    /// Returns the newest launch generation below `generation`: its parent, if its launch frame is lost.
    pub(super) fn launch_below(&mut self, generation: Generation) -> backend::Result<Option<Generation>> {
        let below = self.generations.partition_point(|other| *other < generation);
        for other in self.generations.get(..below).unwrap_or_default().to_vec().into_iter().rev() {
            match self.first(other)? {
                First::Launch(_) => return Ok(Some(other)),
                First::Unreadable(_) if has_deltas(self.backend, other)? => return Ok(Some(other)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Returns the best base for a state of `point`'s generation: the one that covers most, but nothing beyond
    /// `point`.
    fn base_for(&mut self, point: Point, before: Option<Generation>) -> backend::Result<Option<(Generation, Point)>> {
        // A base is always newer than what it covers. Each generation is read once for all points.
        let above = self.generations.partition_point(|other| *other <= point.generation);
        while self.looked_down_to > above {
            self.looked_down_to -= 1;
            let Some(other) = self.generations.get(self.looked_down_to).copied() else { continue };
            if let First::Base(covers) = self.first(other)? {
                self.bases.push((other, covers));
            }
        }
        let fits = |(base, covers): &&(Generation, Point)| {
            covers.generation == point.generation
                && covers.index <= point.index
                && before.is_none_or(|before| *base < before)
        };
        // The newest of the bases that cover most.
        let mut fitting: Vec<_> = self.bases.iter().filter(fits).copied().collect();
        sort_by_key(&mut fitting, |(base, covers)| (covers.index, *base));
        while let Some((base, covers)) = fitting.pop() {
            if self.is_usable(base, covers)? {
                return Ok(Some((base, covers)));
            }
        }
        Ok(None)
    }

    /// Returns whether a base may be used. A power cut may have torn a base that was never synced and spared some of
    /// the frames it was made from; then its sections and those of the deltas would belong to two captures.
    ///
    /// A seal shows that the base was synced, and so does the absence of its origin, which is removed only later.
    /// Without either, the base counts only if it is complete.
    pub(super) fn is_usable(&mut self, base: Generation, covers: Point) -> backend::Result<bool> {
        if let Some(usable) = self.usable.get(&base) {
            return Ok(*usable);
        }
        let seal = FrameId { generation: base, index: SEAL };
        let usable = self.generations.binary_search(&covers.generation).is_err()
            || sort_error(self.backend.read_range(seal, 0..1))? != Err(ReadError::Missing)
            || is_whole(self.backend, FrameId { index: 0, ..seal })?;
        self.usable.insert(base, usable);
        Ok(usable)
    }

    /// Returns the chain from `point` back to its base, or to the first launch. With `before`, only older bases than
    /// that one are used, so that its content is found without it.
    pub(crate) fn chain(&mut self, point: Point, before: Option<Generation>) -> backend::Result<Chain> {
        let mut chain = Chain::default();
        let mut next = Some(point);
        while let Some(point) = next {
            if let Some((base, covers)) = self.base_for(point, before)? {
                if covers.index < point.index {
                    let from = covers.index.saturating_add(1);
                    chain.links.push(Link::Frames { generation: point.generation, from, to: point.index });
                }
                chain.links.push(Link::Base(base));
                chain.base = Some((base, covers));
                break;
            }
            let first = self.first(point.generation)?;
            if !matches!(first, First::Base(_)) {
                chain.links.push(Link::Frames { generation: point.generation, from: 0, to: point.index });
            }
            let parent = match first {
                First::Launch(launch) => {
                    chain.launches += u32::from(!launch.continued);
                    // A parent is always older. Otherwise a forged log could make this loop forever.
                    launch.parent.filter(|parent| parent.generation < point.generation)
                }
                First::Base(_) => self.end_of_launch_below(point.generation)?,
                First::Empty => {
                    chain.broken.push((point.generation, Unreadable::Damaged));
                    self.end_of_launch_below(point.generation)?
                }
                First::Unreadable(why) => {
                    chain.broken.push((point.generation, why));
                    self.end_of_launch_below(point.generation)?
                }
            };
            next = parent;
        }
        chain.links.reverse();
        Ok(chain)
    }

    fn end_of_launch_below(&mut self, generation: Generation) -> backend::Result<Option<Point>> {
        Ok(self.launch_below(generation)?.map(|generation| Point { generation, index: Point::END }))
    }
}

/// Returns whether the number can be reached by counting: at a launch each microsecond, the limit takes a hundred
/// thousand years.
fn is_plausible(generation: Generation) -> bool {
    generation.number <= HIGHEST_PLAUSIBLE
}

const HIGHEST_PLAUSIBLE: u64 = 1 << 62;

/// More generations than this are a crowd, unless the last compaction is recent.
const CROWD: usize = 64;
/// A compaction is recent if fewer generations than this are newer than its base. So at most one launch in this many waits
/// for one.
const CROWD_NEW: usize = 32;
/// More generations than this are more than the history keeps: compactions finish, and each process ends before it has
/// removed the old generations.
const CROWD_MOST: usize = 576;
/// The index of the frame that seals a base.
const SEAL: u32 = 1;

/// Enough for a launch frame, and for the directory of a small base.
const FIRST_READ: u64 = 4096;

fn read_first(backend: &dyn Backend, generation: Generation, base: &mut Option<Frame>) -> backend::Result<First> {
    let id = FrameId { generation, index: 0 };
    Ok(match read_directory(backend, id)? {
        Ok(Frame { body: Body::Launch(launch), .. }) => First::Launch(Box::new(launch)),
        Ok(frame @ Frame { body: Body::Base(Base { covers, .. }), .. }) if covers.generation < generation => {
            *base = Some(frame);
            First::Base(covers)
        }
        // A missing first frame is an interrupted creation, unless other frames follow it.
        Err(ReadError::Missing) if backend.frames(generation)?.is_empty() => First::Empty,
        Ok(_) | Err(ReadError::Missing) => First::Unreadable(Unreadable::Damaged),
        Err(ReadError::Unreadable(why)) => First::Unreadable(why),
    })
}

/// Returns whether a generation without a readable first frame has other frames of a launch. A base is followed by at
/// most a seal.
fn has_deltas(backend: &dyn Backend, generation: Generation) -> backend::Result<bool> {
    let last = backend.frames(generation)?.into_iter().max().unwrap_or(0);
    let is_seal = |frame: Frame| frame.header.kind == Kind::Seal;
    Ok(last > SEAL
        || (last == SEAL && !read_directory(backend, FrameId { generation, index: SEAL })?.is_ok_and(is_seal)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadError {
    Missing,
    Unreadable(Unreadable),
}

/// Classifies an error of the backend: about this frame (inner), or about the storage (outer).
pub(crate) fn sort_error<T>(result: backend::Result<T>) -> backend::Result<Result<T, ReadError>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(backend::Error::NotFound(_)) => Ok(Err(ReadError::Missing)),
        Err(backend::Error::Damaged(_)) => Ok(Err(ReadError::Unreadable(Unreadable::Damaged))),
        Err(backend::Error::Newer(_)) => Ok(Err(ReadError::Unreadable(Unreadable::NewerFormat))),
        Err(error) => Err(error),
    }
}

/// Reads a frame's header and directory, and little else. The sorted sections of a base are not parsed.
pub(crate) fn read_directory(backend: &dyn Backend, id: FrameId) -> backend::Result<Result<Frame, ReadError>> {
    let front = match sort_error(backend.read_range(id, 0..FIRST_READ))? {
        Ok(front) => front,
        Err(error) => return Ok(Err(error)),
    };
    if let Ok(frame) = Frame::parse_in_place(id, &front) {
        return Ok(Ok(frame));
    }
    // The directory is longer than the first read, or the front is damaged and the second copy at the end is needed.
    if let Ok(header) = Header::parse(&front) {
        if let Ok(longer) = sort_error(backend.read_range(id, 0..header.payload_start()))? {
            if let Ok(frame) = Frame::parse_in_place(id, &longer) {
                return Ok(Ok(frame));
            }
        }
    }
    Ok(sort_error(backend.read_range(id, 0..u64::MAX))?
        .and_then(|bytes| Frame::parse_in_place(id, &bytes).map_err(ReadError::Unreadable)))
}

/// When the newest frame was written, by the clocks of those that wrote; `None` where no last frame of a log can be read.
///
/// # Errors
/// Only where the place is unavailable.
pub(crate) fn last_written(backend: &dyn Backend) -> backend::Result<Option<Timestamp>> {
    let mut written = None;
    for generation in backend.generations()? {
        let Some(index) = backend.frames(generation)?.into_iter().max() else { continue };
        let frame = read_directory(backend, FrameId { generation, index })?;
        written = written.max(frame.ok().map(|frame| frame.body.at().wall));
    }
    Ok(written)
}
