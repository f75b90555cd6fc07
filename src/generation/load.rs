//! From a chain of frames to the state they make.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::catalog::{Catalog, Chain, Link};
use super::closed::ClosedScope;
use super::last_run::LastRun;
use super::layers::{Bytes, Layer, Layers, Step};
use super::parked::ParkedSection;
use super::records::{self, Record, read_frames, why};
use crate::backend::{FrameId, Generation};
use crate::frame::{Body, Change, Frame, Kind, Meta, Op, Point, SectionKey, Unreadable};
use crate::marker::Trail;
use crate::time::Timestamp;

/// Whether a frame says nothing but that a launch was there, before anything was synced.
fn is_idle(body: &Body) -> bool {
    match body {
        Body::Launch(launch) => !launch.continued && launch.at.synced == 0,
        Body::Handout { at, .. } | Body::Ready(at) => at.synced == 0,
        _ => false,
    }
}

/// Something that should have been read and was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) generation: Generation,
    pub(crate) why: Unreadable,
    /// It was on its way to the disk when a power cut came, as far as anybody can tell.
    pub(crate) torn: bool,
    /// What it said is known, if not all that it held.
    pub(crate) salvaged: bool,
}

/// A state of the log, sections unread.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) sections: BTreeMap<SectionKey, Layers>,
    pub(crate) parked: Vec<ParkedSection>,
    /// Sections that the application removed, and when.
    pub(crate) removed: BTreeMap<SectionKey, Timestamp>,
    /// Sections that were imported, and when, whatever became of them since.
    pub(crate) imported: BTreeMap<SectionKey, Timestamp>,
    /// Scopes that were closed, the last one at the end.
    pub(crate) closed: Vec<ClosedScope>,
    pub(crate) trails: BTreeMap<Box<str>, Trail>,
    /// Sections of which a newer value than this state has could not be stored, and since when.
    pub(crate) refused: BTreeMap<SectionKey, Timestamp>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) last_run: LastRun,
    /// The newest frame that is part of the state.
    pub(crate) last_frame: Option<Point>,
    /// Whether a power cut tore the log: the state is what was before the tear, which may be nothing.
    pub(crate) is_torn: bool,
    pub(crate) chain: Chain,
    /// Bytes of the frames since the base, and of the base: what compaction weighs.
    pub(crate) delta_bytes: u64,
    pub(crate) base_bytes: u64,
    /// How many frames there are since the base.
    pub(crate) delta_frames: u64,
    /// The last frame of each generation on the way that was read to its end.
    pub(crate) read_to: BTreeMap<Generation, u32>,
    /// Sections of which something that cannot be read may have said more, later than all that can.
    doubted: BTreeSet<SectionKey>,
    /// The newest generation tells of a launch and of nothing that a later reader needs: it changed no state, and vouches
    /// for nothing before it.
    pub(crate) head_is_idle: bool,
    /// Somewhere on the way are bytes that a clean close must erase.
    pub(crate) erasable: bool,
    /// Sections of groups of which it is decided as of which point they are handed out.
    pub(super) settled: BTreeSet<SectionKey>,
    /// The log as it was before the base was made from it: read when a section of the base is damaged.
    pub(super) older: Arc<OnceLock<Loaded>>,
}

impl Loaded {
    /// The state at `point`, in a process that has the log open: nothing in it can be torn any more. With `before`, only
    /// bases older than that generation are used.
    ///
    /// # Errors
    /// Only where the place is unavailable; damage is in [`problems`](Self::problems).
    pub(crate) fn at(catalog: &mut Catalog<'_>, point: Point, before: Option<Generation>) -> io::Result<Self> {
        Self::load(catalog, point, before, |_| Vec::new())
    }

    /// The state at `point`, looked at by a process that has just started, on this start of the machine.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub(crate) fn at_start(catalog: &mut Catalog<'_>, point: Point, boot: Option<[u8; 16]>) -> io::Result<Self> {
        Self::load(catalog, point, None, |records| records::doubtful(records, boot))
    }

    fn load(
        catalog: &mut Catalog<'_>,
        point: Point,
        before: Option<Generation>,
        doubtful: impl FnOnce(&[Record]) -> Vec<Range<usize>>,
    ) -> io::Result<Self> {
        let chain = catalog.chain(point, before)?;
        let mut loaded = Self::default();
        let mut records = Vec::new();
        // How far each generation was followed, or a base stands for it.
        let mut reached = BTreeMap::new();
        // Of what was not read to its end, nobody can say whether somebody went on with it.
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
                    if read_frames(catalog.backend(), *generation, *from, *to, &mut records)? {
                        finished.push(*generation);
                    }
                    let broken = chain.broken.iter().find(|(broken, _)| broken == generation);
                    // A generation that is gone altogether is a gap like an unreadable frame.
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
                // What was captured after a tear may build on what is lost. What the later frames say about their launches
                // still counts. The very first frame there ever was has no state.
                let is_very_first = id.index == 0 && id.generation.number == 1;
                goes_on_at = goes_on_at.max(torn.filter(|_| !is_very_first).map(|part| part.end));
                let torn = torn.is_some();
                let salvaged = content.is_ok();
                // A launch frame, which others of its generation follow, says nothing of sections.
                let is_launch =
                    id.index == 0 && records.peek().is_some_and(|(_, next)| next.id.generation == id.generation);
                if !torn && !salvaged && !is_launch {
                    self.doubt_all();
                }
                spoils_end = !torn && records.peek().is_none();
                self.problems.push(Problem { generation: id.generation, why, torn, salvaged });
            }
            let Ok((frame, bytes)) = content else { continue };
            match &frame.body {
                Body::Launch(launch) => self.erasable |= launch.erasable,
                Body::Close(close) if close.erased => self.erasable = false,
                _ => {}
            }
            if goes_on_at.is_none_or(|goes_on_at| position >= goes_on_at) {
                // Nothing follows a base in its own generation; the point it stands for is where the log goes on.
                self.last_frame = Some(match &frame.body {
                    Body::Base(base) => base.covers,
                    _ => Point { generation: id.generation, index: id.index },
                });
                self.apply(&frame, bytes.as_ref());
            }
            self.last_run.note(&frame.body);
            if spoils_end {
                // What spoiled the end of the last frame may have wiped out the frames after it, and nothing names those yet.
                self.doubt_all();
            }
        }
        self.is_torn = goes_on_at == Some(end);
    }

    /// The generations that whoever goes on from this state, at `parent`, builds on.
    pub(crate) fn relied_on(&self, parent: Option<Point>) -> Vec<Generation> {
        let links = self.chain.links.iter().map(|link| match link {
            Link::Base(generation) | Link::Frames { generation, .. } => *generation,
        });
        links.chain(parent.map(|parent| parent.generation)).collect()
    }

    /// Something newer than all that was read so far cannot be read, and may have been of any section.
    pub(crate) fn doubt_all(&mut self) {
        self.doubted.extend(self.sections.keys().cloned());
    }

    /// Whether a section may have been saved once more, in what cannot be read.
    pub(crate) fn doubts(&self, key: &SectionKey) -> bool {
        self.doubted.contains(key)
    }

    /// Why a section that is not there may have been there, if so: what could not be read may have said anything.
    pub(crate) fn gap(&self) -> Option<Unreadable> {
        self.problems.iter().find(|problem| !problem.torn && !problem.salvaged).map(|problem| problem.why)
    }

    /// Whether a newer version of the library wrote part of it.
    pub(crate) fn is_from_future(&self) -> bool {
        self.problems.iter().any(|problem| problem.why == Unreadable::NewerFormat)
    }

    /// Whether anything between the base and this state is missing, so that nothing may be patched on top of it.
    pub(crate) fn is_patchy(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Does to the state what a frame says.
    /// `held` are the bytes of the whole frame; without them, sections are read when they are asked for.
    fn apply(&mut self, frame: &Frame, held: Option<&Arc<Vec<u8>>>) {
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
        match &frame.body {
            Body::Delta(delta) => {
                for (scope, entry) in &delta.marks {
                    self.trails.entry(scope.clone()).or_default().absorb(entry.clone());
                }
                self.refused.extend(delta.refused.iter().cloned());
            }
            Body::Base(base) => {
                self.base_bytes = frame.len();
                self.trails.extend(base.trails.iter().cloned());
                self.refused.extend(base.refused.iter().cloned());
            }
            _ => {}
        }
        if frame.header.kind != Kind::Base {
            self.delta_bytes += frame.len();
            self.delta_frames += 1;
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
        // Whatever the gap said of it, this came after; a difference that does not fit tells by itself.
        self.doubted.remove(key);
        if !matches!(op.change, Change::PutParked { .. } | Change::DropParked) {
            self.refused.remove(key);
        }
        let push = |layers: &mut Layers, meta: Meta, sum, step| layers.push(Layer { frame, meta, sum, step });
        match &op.change {
            Change::Put { meta, sum, .. } => {
                push(self.sections.entry(key.clone()).or_default(), *meta, *sum, Step::Put { bytes });
            }
            Change::Patch { meta, prefix, suffix, base, sum, .. } => {
                let step = Step::Patch { prefix: *prefix, suffix: *suffix, base: *base, middle: bytes };
                push(self.sections.entry(key.clone()).or_default(), *meta, *sum, step);
            }
            Change::Imported { .. } => {}
            Change::Removed { at } => self.note_removed(key, *at),
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
