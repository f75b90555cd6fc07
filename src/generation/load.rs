//! Replaying a chain of frames into a state.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::catalog::{Catalog, Chain, Link};
use super::closed::ClosedScope;
use super::last_run::LastRun;
use super::layers::{Bytes, Layer, Layers, Step};
use super::parked::ParkedSection;
use super::records::{self, Record, read_frames, why};
use super::sections::Sections;
use crate::backend::{self, FrameId, Generation};
use crate::frame::{Base, Body, Change, Frame, Kind, Meta, Op, Point, SectionKey, Sorted, Unreadable};
use crate::mark::Trail;
use crate::sorted::{SortedMap, SortedSet};
use crate::time::Timestamp;

/// Returns whether a frame records only that a launch existed, before anything was synced.
fn is_idle(body: &Body) -> bool {
    match body {
        Body::Launch(launch) => !launch.continued && launch.at.synced == 0,
        Body::Handout { at, .. } | Body::Ready(at) => at.synced == 0,
        _ => false,
    }
}

/// A part of the log that should have been read but could not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) generation: Generation,
    pub(crate) why: Unreadable,
    /// A power cut probably tore it on its way to the disk.
    pub(crate) torn: bool,
    /// Its directory was readable, but not all of its content.
    pub(crate) salvaged: bool,
}

/// A state of the log, with the sections not yet read.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) sections: Sections,
    pub(crate) parked: Vec<ParkedSection>,
    /// Sections that the application removed, and when.
    pub(crate) removed: SortedMap<SectionKey, Timestamp>,
    /// Sections that were imported, and when, whatever happened to them since.
    pub(crate) imported: SortedMap<SectionKey, Timestamp>,
    /// Closed scopes, the last one at the end.
    pub(crate) closed: Vec<ClosedScope>,
    pub(crate) trails: SortedMap<Arc<str>, Trail>,
    /// Sections with a newer value that could not be stored, and since when.
    pub(crate) refused: SortedMap<SectionKey, Timestamp>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) last_run: LastRun,
    /// The newest frame that is part of the state.
    pub(crate) last_frame: Option<Point>,
    /// Whether a power cut tore the log: the state is the one before the tear, which may be empty.
    pub(crate) is_torn: bool,
    pub(crate) chain: Chain,
    /// The bytes of the frames since the base, and of the base, which decide when to compact.
    pub(crate) delta_bytes: u64,
    pub(crate) base_bytes: u64,
    /// The number of frames since the base.
    pub(crate) delta_frames: u64,
    /// The last frame of each generation in the chain that was read to its end.
    pub(crate) read_to: SortedMap<Generation, u32>,
    /// Sections for which an unreadable part of the log may contain a newer value than all readable parts.
    doubted: SortedSet<SectionKey>,
    /// Whether the newest generation only records a launch and nothing that a later reader needs: it changed no state
    /// and vouches for nothing before it.
    pub(crate) head_is_idle: bool,
    /// Whether the chain contains bytes that a clean close must erase.
    pub(crate) erasable: bool,
    /// Sections of groups for which the restored point of the log is decided.
    pub(super) settled: SortedSet<SectionKey>,
    /// The log as it was before the base was made from it, read if a section of the base is damaged.
    pub(super) older: Arc<OnceLock<Loaded>>,
}

type ListFrames<'c> = fn(&mut Catalog<'c>, Generation) -> backend::Result<Arc<Vec<u32>>>;

impl Loaded {
    /// Returns the state at `point`, in a process that has the log open, where nothing can be torn any more. With
    /// `before`, only bases older than that generation are used.
    ///
    /// # Errors
    /// Only if storage is unavailable; damage is in [`problems`](Self::problems).
    pub(crate) fn at(catalog: &mut Catalog<'_>, point: Point, before: Option<Generation>) -> backend::Result<Self> {
        Self::load(catalog, point, before, Catalog::frames_now, &|_| Vec::new())
    }

    /// Returns the state at `point`, for a process that has just started, in this boot of the machine.
    ///
    /// # Errors
    /// As for [`at`](Self::at).
    pub(crate) fn at_start(catalog: &mut Catalog<'_>, point: Point, boot: Option<[u8; 16]>) -> backend::Result<Self> {
        // Nothing was written since the catalog read the directory.
        Self::load(catalog, point, None, Catalog::frames, &|records| records::doubtful(records, boot))
    }

    fn load<'c>(
        catalog: &mut Catalog<'c>,
        point: Point,
        before: Option<Generation>,
        frames: ListFrames<'c>,
        doubtful: &dyn Fn(&[Record]) -> Vec<Range<usize>>,
    ) -> backend::Result<Self> {
        let chain = catalog.chain(point, before)?;
        let mut loaded = Self::default();
        let mut records = Vec::new();
        // How far each generation was followed, or the point of it that a base stands for.
        let mut reached = SortedMap::new();
        // For a generation that was not read to its end, it is unknown whether another one continues it.
        let mut finished = Vec::new();
        for link in &chain.links {
            match link {
                Link::Base(generation) => {
                    let id = FrameId { generation: *generation, index: 0 };
                    let frame = catalog.take_base(*generation)?.map(|frame| (frame, None));
                    records.push(Record { id, content: frame.map_err(why), salvaged: false });
                    reached.extend(chain.base.map(|(_, covers)| (covers.generation, covers.index)));
                }
                Link::Frames { generation, from, to } => {
                    let start = records.len();
                    let frames = frames(catalog, *generation)?;
                    if read_frames(catalog.backend(), *generation, &frames, *from..=*to, &mut records)? {
                        finished.push(*generation);
                    }
                    let broken = chain.broken.iter().find(|(broken, _)| broken == generation);
                    // A generation that is missing altogether is a gap like an unreadable frame.
                    if let Some((_, why)) = broken.filter(|_| records.len() == start) {
                        let id = FrameId { generation: *generation, index: 0 };
                        records.push(Record { id, content: Err(*why), salvaged: false });
                    }
                    reached.extend(
                        records.get(start..).and_then(<[Record]>::last).map(|last| (last.id.generation, last.id.index)),
                    );
                    records::mind_the_gap(&mut records, start, &reached);
                }
            }
        }
        let doubtful = doubtful(&records);
        loaded.replay(records, &doubtful);
        loaded.read_to.retain(|generation, _| finished.contains(generation));
        loaded.chain = chain;
        Ok(loaded)
    }

    fn replay(&mut self, records: Vec<Record>, doubtful: &[Range<usize>]) {
        let mut generation = None;
        let (mut goes_on_at, end) = (None, records.len());
        let mut records = records.into_iter().enumerate().peekable();
        while let Some((position, Record { id, content, salvaged })) = records.next() {
            self.read_to.insert(id.generation, id.index);
            if generation.replace(id.generation) != Some(id.generation) {
                self.last_run.turn_over();
                self.head_is_idle = true;
            }
            self.head_is_idle &= !salvaged && content.as_ref().is_ok_and(|(frame, _)| is_idle(&frame.body));
            let why = content.as_ref().err().copied().or(salvaged.then_some(Unreadable::Damaged));
            let mut spoils_end = false;
            if let Some(why) = why {
                let torn = doubtful.iter().find(|part| why == Unreadable::Damaged && part.contains(&position));
                // State captured after a tear may build on lost frames. What the later frames record about their
                // launches still counts. The very first frame of a log has no state.
                let is_very_first = id.index == 0 && id.generation.number == 1;
                goes_on_at = goes_on_at.max(torn.filter(|_| !is_very_first).map(|part| part.end));
                let torn = torn.is_some();
                let salvaged = content.is_ok();
                // A launch frame that is followed by others of its generation contains nothing about sections.
                let is_launch =
                    id.index == 0 && records.peek().is_some_and(|(_, next)| next.id.generation == id.generation);
                if !torn && !salvaged && !is_launch {
                    self.doubt_all();
                }
                spoils_end = !torn && records.peek().is_none();
                self.problems.push(Problem { generation: id.generation, why, torn, salvaged });
            }
            let Ok((mut frame, bytes)) = content else {
                self.last_run.is_end_lost = spoils_end;
                continue;
            };
            match &frame.body {
                Body::Launch(launch) => self.erasable |= launch.erasable,
                Body::Close(close) if close.erased => self.erasable = false,
                _ => {}
            }
            self.last_run.note(&frame.body);
            if goes_on_at.is_none_or(|goes_on_at| position >= goes_on_at) {
                // Nothing follows a base in its own generation; the log continues from the point that the base stands
                // for.
                self.last_frame = Some(match &frame.body {
                    Body::Base(base) => base.covers,
                    _ => Point { generation: id.generation, index: id.index },
                });
                self.apply(&mut frame, bytes.as_ref());
            }
            if spoils_end {
                // The damage to the end of the last frame may have erased frames after it, and no frame refers to
                // those yet.
                self.doubt_all();
                self.last_run.is_end_lost = true;
            }
        }
        self.is_torn = goes_on_at == Some(end);
    }

    /// Returns the generations that a continuation of this state, at `parent`, builds on.
    pub(crate) fn relied_on(&self, parent: Option<Point>) -> Vec<Generation> {
        let links = self.chain.links.iter().map(|link| match link {
            Link::Base(generation) | Link::Frames { generation, .. } => *generation,
        });
        links.chain(parent.map(|parent| parent.generation)).collect()
    }

    /// Records that an unreadable part, newer than everything read so far, may concern any section.
    pub(crate) fn doubt_all(&mut self) {
        self.doubted.extend(self.sections.keys().cloned());
    }

    /// Returns whether an unreadable part may contain a newer value of a section.
    pub(crate) fn doubts(&self, key: &SectionKey) -> bool {
        self.doubted.contains(key)
    }

    /// Returns why a missing section may have existed, if so: an unreadable part may have contained it.
    pub(crate) fn gap(&self) -> Option<Unreadable> {
        let gap = self.problems.iter().find(|problem| !problem.torn && !problem.salvaged).map(|problem| problem.why);
        gap.or(self.sections.trouble())
    }

    /// Returns whether a part of the base has a form that this build does not know, although its checksum is right.
    pub(crate) fn has_unknown(&self) -> bool {
        self.sections.trouble().is_some()
    }

    /// Returns whether a newer version of the library wrote part of it.
    pub(crate) fn is_from_future(&self) -> bool {
        self.problems.iter().any(|problem| problem.why == Unreadable::NewerFormat)
    }

    /// Returns whether anything between the base and this state is missing, so that no patch may be written on top of
    /// it.
    pub(crate) fn is_patchy(&self) -> bool {
        !self.problems.is_empty() || self.has_unknown()
    }

    /// Applies a frame to the state, and takes its marks. `held` are the bytes of the whole frame; without them, sections are read on
    /// demand.
    fn apply(&mut self, frame: &mut Frame, held: Option<&Arc<Vec<u8>>>) {
        let mut offset = frame.header.payload_start();
        let number = if frame.header.kind == Kind::Base { 0 } else { self.delta_frames + 1 };
        for op in frame.body.ops() {
            self.erasable |= op.change.meta().is_some_and(|meta| meta.erase_on_close);
            let end = offset.saturating_add(op.change.payload_len());
            let bytes = match held {
                Some(held) => Bytes::Held(
                    Arc::clone(held),
                    usize::try_from(offset).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX),
                ),
                None => Bytes::Stored(frame.header.id, offset..end),
            };
            self.apply_op(op, bytes, frame.body.at().wall, number);
            offset = end;
        }
        if let Body::Base(Base { sorted: Some(sorted), .. }) = &frame.body {
            self.apply_sorted(sorted, frame, offset);
        }
        let len = frame.len();
        match &mut frame.body {
            Body::Delta(delta) => {
                for (scope, entry) in std::mem::take(&mut delta.marks) {
                    self.trails.get_or_default(scope).absorb(entry);
                }
                self.refused.extend(delta.refused.iter().cloned());
            }
            Body::Base(base) => {
                self.base_bytes = len;
                self.trails.extend(base.trails.iter().cloned());
                self.refused.extend(base.refused.iter().cloned());
            }
            _ => {}
        }
        if frame.header.kind != Kind::Base {
            self.delta_bytes += len;
            self.delta_frames += 1;
        }
    }

    /// Applies the sorted sections of a base, whose bytes begin at `offset`.
    fn apply_sorted(&mut self, sorted: &Sorted, frame: &Frame, offset: u64) {
        self.erasable |= sorted.is_erasable();
        if self.doubted.is_empty() && self.refused.is_empty() && self.sections.add_base(sorted, frame.header.id, offset)
        {
            let sections = &self.sections;
            self.removed.retain(|key, _| !sections.contains_key(key));
            return;
        }
        for (op, at) in sorted.from(0).map_while(Result::ok) {
            let start = offset.saturating_add(at);
            let bytes = Bytes::Stored(frame.header.id, start..start.saturating_add(op.change.payload_len()));
            self.apply_op(&op, bytes, frame.body.at().wall, 0);
        }
    }

    /// `frame` is the number of the frame it comes from, with 0 for the base.
    fn apply_op(&mut self, op: &Op, bytes: Bytes, now: Timestamp, frame: u64) {
        let key = &op.key;
        if let Change::Imported { at } = op.change {
            return self.note_imported(key, at);
        }
        if matches!(op.change, Change::Put { .. } | Change::Patch { .. } | Change::Unpark { .. }) {
            self.removed.remove(key);
        }
        // This frame is newer than the gap. A patch that does not fit is detected by its checksum.
        self.doubted.remove(key);
        if !matches!(op.change, Change::PutParked { .. } | Change::DropParked) {
            self.refused.remove(key);
        }
        let push = |layers: &mut Layers, meta: Meta, sum, step| layers.push(Layer { frame, meta, sum, step });
        match &op.change {
            Change::Put { meta, sum, .. } => {
                push(self.sections.of(key), *meta, *sum, Step::Put { bytes });
            }
            Change::Patch { meta, prefix, suffix, base, sum, .. } => {
                let step = Step::Patch { prefix: *prefix, suffix: *suffix, base: *base, middle: bytes };
                push(self.sections.of(key), *meta, *sum, step);
            }
            Change::Imported { .. } => {}
            Change::Removed { at } => self.put_removed(key, *at),
            Change::Remove => {
                self.note_removed(key, now);
                self.sections.remove(key);
            }
            Change::Park { why } => {
                if let Some(layers) = self.sections.remove(key) {
                    self.park(ParkedSection { key: key.clone(), why: *why, layers });
                }
            }
            Change::PutParked { meta, why, sum, .. } => {
                let mut layers = Layers::default();
                push(&mut layers, *meta, *sum, Step::Put { bytes });
                self.park(ParkedSection { key: key.clone(), why: *why, layers });
            }
            Change::DropParked => self.drop_parked(key, now),
            Change::Unpark { sum } => self.unpark(key, *sum),
            Change::PutClosed { meta, sum, .. } => {
                self.put_closed(key, Layer { frame, meta: *meta, sum: *sum, step: Step::Put { bytes } });
            }
            Change::CloseScope { at, trail } => {
                self.close_scope(&key.scope, *at, Trail::decode(trail).unwrap_or_default());
            }
            Change::ReopenScope { at } => {
                if let Some(trail) = self.reopen_scope(&key.scope, *at) {
                    self.trails.insert(key.scope.clone(), trail);
                }
            }
        }
    }
}
