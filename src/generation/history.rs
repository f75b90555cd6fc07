//! The states that the log can restore, found in one pass over its frames. Section bytes are not read: states are
//! compared by the checksums of their sections.

use std::sync::Arc;

use super::catalog::{Catalog, First, read_directory};
use super::last_run::LastRun;
use super::run::Run;
use crate::backend::{self, FrameId, Generation};
use crate::frame::{Base, Body, Change, Delta, Frame, Machine, Moment, Op, Point, When, checksum};
use crate::mark::TrailEntry;
use crate::sorted::{SortedMap, SortedSet, sort_by_key};
use crate::time::Timestamp;

/// Why a state is worth keeping, least important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    /// One of many states.
    Within,
    /// The next frame removed a section or halved its bytes.
    BeforeLoss,
    /// A launch ended here, or went back from here.
    End,
    /// The next frame replaced part of this state by something older.
    Replaced,
}

/// A state of the log.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) point: Point,
    /// When the next state replaced it.
    pub(crate) at: When,
    /// Equal for states with equal sections.
    pub(crate) print: u64,
    pub(crate) sort: Sort,
    /// The element touched last.
    pub(crate) touched: Option<Arc<Touched>>,
    /// How its launch ended; `None` while it runs, or if its log no longer exists.
    pub(crate) exit: Option<Arc<LastRun>>,
}

#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) element: String,
    pub(crate) label: Option<String>,
    seq: u64,
    at: Timestamp,
}

impl Touched {
    fn of(entry: &TrailEntry) -> Arc<Self> {
        let (element, label) = (entry.element().to_owned(), entry.label().map(str::to_owned));
        Arc::new(Self { element, label, seq: entry.seq(), at: entry.at() })
    }
}

/// Returns all states before the present one of the launch that writes `head`, newest first, and the print of that
/// one; `None` if another thread waits.
///
/// # Errors
/// Only if storage is unavailable.
pub(crate) fn states(
    catalog: &mut Catalog<'_>,
    head: Generation,
    is_hurried: &dyn Fn() -> bool,
) -> backend::Result<Option<(Vec<State>, Option<u64>)>> {
    let mut walk = Walk::prepare(catalog, head)?;
    for generation in catalog.generations().to_vec() {
        if is_hurried() {
            return Ok(None);
        }
        match catalog.first(generation)? {
            First::Launch(_) | First::Unreadable(_) => walk.follow(catalog, generation)?,
            First::Base(covers) => walk.stand_in(catalog, generation, covers)?,
            First::Empty => {}
        }
    }
    Ok(Some(walk.finish()))
}

/// The sections in a directory: hashes of scope and name, with checksum and length.
type Sections = SortedMap<(u64, u64), (u64, u64)>;

/// The content of a closed scope.
type Closed = (Sections, Option<Arc<Touched>>);

/// The content made by the frames up to a point.
#[derive(Debug, Clone, Default)]
struct Content {
    sections: Sections,
    /// A print of all sections; it changes with each of them.
    print: u64,
    /// By scope.
    touched: SortedMap<u64, Arc<Touched>>,
    /// By scope and closing time.
    closed: SortedMap<(u64, Timestamp), Closed>,
    run: LastRun,
    /// No frame before it is missing.
    whole: bool,
    /// The newest frame that made this content, and its time.
    left: Option<(Point, When)>,
}

impl Content {
    fn print(&self) -> u64 {
        if self.sections.is_empty() { self.newest().map_or(0, |touched| touched.seq) } else { self.print }
    }

    fn newest(&self) -> Option<&Arc<Touched>> {
        self.touched.values().max_by_key(|touched| touched.seq)
    }

    fn is_empty(&self) -> bool {
        self.sections.is_empty() && self.touched.is_empty()
    }

    /// Sets or removes a section. Returns whether this lost content.
    fn set(&mut self, key: (u64, u64), value: Option<(u64, u64)>) -> bool {
        let old = match value {
            Some(value) => self.sections.insert(key, value),
            None => self.sections.remove(&key),
        };
        for (sum, _) in old.into_iter().chain(value) {
            self.print ^= mixed(key, sum);
        }
        let (old, new) = (old.map_or(0, |(_, len)| len), value.map_or(0, |(_, len)| len));
        old >= LOSS_LEAST && new <= old / 2
    }

    fn close(&mut self, scope: u64, at: Timestamp) -> bool {
        let keys: Vec<_> = self.sections.range((scope, 0)..=(scope, u64::MAX)).map(|(key, _)| *key).collect();
        let touched = self.touched.remove(&scope);
        let mut lost = false;
        let mut sections = Sections::new();
        for key in keys {
            sections.extend(self.sections.get(&key).map(|value| (key, *value)));
            lost |= self.set(key, None);
        }
        self.closed.insert((scope, at), (sections, touched));
        lost
    }

    fn reopen(&mut self, scope: u64, at: Timestamp) -> bool {
        let Some((sections, touched)) = self.closed.remove(&(scope, at)) else { return false };
        for (key, value) in sections {
            self.set(key, Some(value));
        }
        self.touched.extend(touched.map(|touched| (scope, touched)));
        false
    }

    fn apply_op(&mut self, op: &Op) -> bool {
        if op.key.is_own() {
            return false;
        }
        let key = (checksum(op.key.scope.as_bytes()), checksum(op.key.name.as_bytes()));
        match &op.change {
            Change::Put { len, sum, .. } => self.set(key, Some((*sum, *len))),
            Change::Patch { len, prefix, suffix, sum, .. } => {
                self.set(key, Some((*sum, len.saturating_add(*prefix).saturating_add(*suffix))))
            }
            Change::Remove | Change::Park { .. } => self.set(key, None),
            // Only the checksum identifies the section here. Its length does not matter until it is lost again.
            Change::Unpark { sum } => self.set(key, Some((*sum, 0))),
            Change::PutParked { .. } | Change::DropParked | Change::Removed { .. } | Change::Imported { .. } => false,
            Change::PutClosed { len, sum, .. } => {
                let last = self
                    .closed
                    .range_mut((key.0, Timestamp::from_millis(i64::MIN))..)
                    .take_while(|(closed, _)| closed.0 == key.0);
                if let Some((_, (sections, _))) = last.last() {
                    sections.insert(key, (*sum, *len));
                }
                false
            }
            Change::CloseScope { at, .. } => self.close(key.0, *at),
            Change::ReopenScope { at } => self.reopen(key.0, *at),
        }
    }

    /// Applies a frame. Returns whether this lost content.
    fn apply(&mut self, body: &Body) -> bool {
        let mut lost = false;
        for op in body.all_ops().iter() {
            lost |= self.apply_op(op);
        }
        match body {
            Body::Delta(Delta { marks, .. }) => {
                for (scope, entry) in marks {
                    self.touch(scope, entry);
                }
            }
            Body::Base(Base { trails, .. }) => {
                for (scope, trail) in trails {
                    trail.last().into_iter().for_each(|entry| self.touch(scope, entry));
                }
            }
            _ => {}
        }
        lost
    }

    fn touch(&mut self, scope: &str, entry: &TrailEntry) {
        self.touched.insert(checksum(scope.as_bytes()), Touched::of(entry));
    }
}

/// The length in bytes from which a removal counts as a loss: nobody wants a cleared search field back.
const LOSS_LEAST: u64 = 8;

fn mixed(key: (u64, u64), sum: u64) -> u64 {
    let mut bytes = [0; 24];
    for (room, number) in bytes.chunks_exact_mut(8).zip([key.0, key.1, sum]) {
        room.copy_from_slice(&number.to_le_bytes());
    }
    checksum(&bytes)
}

struct Walk {
    head: Generation,
    /// Points whose content later generations begin with, and the number of those generations.
    wanted: SortedMap<Point, usize>,
    contents: SortedMap<Point, Content>,
    /// For each generation, the bases that stand for a point of it.
    bases: SortedMap<Generation, Vec<(u32, Generation)>>,
    /// The generation that continues a generation in the same process.
    successors: SortedMap<Generation, Generation>,
    /// The same, and the generation that a process began after it went back in the history.
    next_of_process: SortedMap<Generation, Generation>,
    /// The generations that a process began when it went back.
    went_back: SortedSet<Generation>,
    ends: SortedMap<Generation, Arc<LastRun>>,
    /// By writer: the uptime of the machine when the writer's monotonic clock was zero.
    uptimes: SortedMap<u64, u64>,
    states: Vec<State>,
    present: Option<u64>,
}

impl Walk {
    /// Reads the relations between generations from their first frames.
    fn prepare(catalog: &mut Catalog<'_>, head: Generation) -> backend::Result<Self> {
        let mut walk = Self {
            head,
            wanted: SortedMap::new(),
            contents: SortedMap::new(),
            bases: SortedMap::new(),
            successors: SortedMap::new(),
            next_of_process: SortedMap::new(),
            went_back: SortedSet::new(),
            ends: SortedMap::new(),
            uptimes: SortedMap::new(),
            states: Vec::new(),
            present: None,
        };
        let mut newest = SortedMap::new();
        for generation in catalog.generations().to_vec() {
            match catalog.first(generation)? {
                First::Launch(launch) => {
                    let before = newest.insert(generation.writer, generation).filter(|_| launch.continued);
                    walk.next_of_process.extend(before.map(|before| (before, generation)));
                    walk.uptimes.extend(launch.process.uptime.map(|uptime| (generation.writer, uptime)));
                    let Some(parent) = launch.parent else { continue };
                    if before.is_some_and(|generation| parent != Point { generation, index: Point::END }) {
                        walk.went_back.insert(generation);
                    }
                    *walk.wanted.get_or_default(parent) += 1;
                    if launch.continued && parent.index == Point::END {
                        walk.successors.insert(parent.generation, generation);
                    }
                }
                First::Base(covers) if catalog.is_usable(generation, covers)? => {
                    walk.bases.get_or_default(covers.generation).push((covers.index, generation));
                }
                First::Base(_) | First::Empty | First::Unreadable(_) => {}
            }
        }
        Ok(walk)
    }

    /// Returns the initial content of a generation that continues from `parent`.
    fn begin(&mut self, catalog: &mut Catalog<'_>, parent: Point) -> backend::Result<Content> {
        let known = match self.wanted.get_mut(&parent) {
            Some(left) if *left > 1 => {
                *left -= 1;
                self.contents.get(&parent).cloned()
            }
            _ => self.contents.remove(&parent),
        };
        if let Some(known) = known.as_ref().filter(|known| known.whole) {
            return Ok(known.clone());
        }
        let bases = self.bases.get(&parent.generation).cloned().unwrap_or_default();
        let base = bases.into_iter().filter(|(index, _)| *index <= parent.index).max();
        match base {
            Some((index, base)) => {
                let mut content = of_base(catalog, base)?.unwrap_or_default();
                let at = self.when(base, content.run.last_at);
                content.left = Some((Point { index, ..parent }, at));
                Ok(content)
            }
            None => Ok(known.unwrap_or_default()),
        }
    }

    /// Collects the states of a launch, or of the part of it in one generation.
    fn follow(&mut self, catalog: &mut Catalog<'_>, generation: Generation) -> backend::Result<()> {
        let mut content = match catalog.first(generation)? {
            First::Launch(launch) => match launch.parent {
                Some(parent) => self.begin(catalog, parent)?,
                None => Content { whole: true, ..Content::default() },
            },
            _ => Content::default(),
        };
        content.run.turn_over();
        let bases: SortedMap<u32, Generation> = self.bases.get(&generation).into_iter().flatten().copied().collect();
        let mut found: Vec<State> = Vec::new();
        let mut read_to = None;
        for index in catalog.frames(generation)?.iter().copied() {
            let point = Point { generation, index };
            content.whole &= index == read_to.map_or(0, |index: u32| index.saturating_add(1));
            read_to = Some(index);
            match read_directory(catalog.backend(), FrameId { generation, index })? {
                Ok(Frame { body, .. }) => {
                    let lost = content.apply(&body);
                    content.run.note(&body);
                    if let Some(before) = found.last_mut() {
                        before.sort = before.sort.max(sort_before(&body, lost));
                    }
                    if matches!(body, Body::Delta(_)) {
                        content.left = Some((point, self.when(generation, Some(body.at()))));
                    }
                    // A launch begins in the state that another launch left, not in a copy of it under another name.
                    let left = content.left.filter(|_| matches!(body, Body::Launch(_) | Body::Delta(_)));
                    if let Some((point, at)) = left.filter(|_| content.whole && !content.is_empty()) {
                        push(&mut found, state(point, at, &content));
                    }
                }
                Err(_) => content.whole = false,
            }
            if let Some(base) = bases.get(&index).filter(|_| !content.whole) {
                let run = std::mem::take(&mut content.run);
                content = Content {
                    run,
                    left: Some((point, self.when(*base, None))),
                    ..of_base(catalog, *base)?.unwrap_or_default()
                };
            }
            if self.wanted.contains_key(&point) {
                self.contents.insert(point, content.clone());
            }
        }
        self.end(generation, content, found);
        Ok(())
    }

    fn end(&mut self, generation: Generation, content: Content, mut found: Vec<State>) {
        let point = Point { generation, index: Point::END };
        let at = self.when(generation, content.run.last_at);
        // The state that was gone back to is newer than the one that was left for it, even if nothing followed.
        let is_changed =
            self.went_back.contains(&generation) || content.left.is_none_or(|(left, _)| left.generation == generation);
        if generation == self.head {
            self.present = Some(content.print()).filter(|_| !content.is_empty());
        } else if !self.successors.contains_key(&generation) && !content.is_empty() {
            // A damaged launch is listed, too: its readable part is worth more than nothing. A launch that changed
            // nothing left the state of the launch before it.
            let point = content.left.filter(|_| !is_changed).map_or(point, |(left, _)| left);
            let end = State { sort: Sort::End, ..state(point, at, &content) };
            if found.last().is_some_and(|last| last.print == end.print && last.sort == Sort::Within) {
                found.pop();
            }
            found.push(end);
        }
        self.ends.insert(generation, Arc::new(content.run.clone()));
        self.states.append(&mut found);
        if self.wanted.contains_key(&point) {
            self.contents.insert(point, content);
        }
    }

    /// Adds the state of a base whose origin is gone.
    fn stand_in(&mut self, catalog: &mut Catalog<'_>, base: Generation, covers: Point) -> backend::Result<()> {
        if catalog.generations().binary_search(&covers.generation).is_ok() {
            return Ok(());
        }
        let Some(content) = of_base(catalog, base)? else { return Ok(()) };
        if content.is_empty() {
            return Ok(());
        }
        let at = self.when(base, content.run.last_at);
        let sort = if self.successors.contains_key(&covers.generation) { Sort::Within } else { Sort::End };
        self.states.push(State { sort, ..state(covers, at, &content) });
        Ok(())
    }

    /// Returns the time of a frame of this generation, by both clocks that age it.
    fn when(&self, generation: Generation, at: Option<Moment>) -> When {
        let uptime =
            self.uptimes.get(&generation.writer).zip(at).map(|(uptime, at)| uptime.saturating_add(at.monotonic));
        let machine = uptime.map(|uptime| Machine { run: Run::of(generation).into(), uptime });
        When { wall: at.map(|at| at.wall).unwrap_or_default(), machine }
    }

    fn finish(mut self) -> (Vec<State>, Option<u64>) {
        for state in &mut self.states {
            let (mut last, mut passed) = (state.point.generation, SortedSet::new());
            while let Some(next) = self.next_of_process.get(&last).filter(|_| passed.insert(last)) {
                last = *next;
            }
            state.exit = if last == self.head { None } else { self.ends.get(&last).cloned() };
        }
        sort_by_key(&mut self.states, |state| std::cmp::Reverse(state.point));
        (self.states, self.present)
    }
}

fn state(point: Point, at: When, content: &Content) -> State {
    let touched = content.newest().cloned();
    State { point, at, print: content.print(), sort: Sort::Within, touched, exit: None }
}

/// Returns how a frame marks the state before it.
fn sort_before(body: &Body, lost: bool) -> Sort {
    match body {
        Body::Delta(Delta { replaces: true, .. }) => Sort::Replaced,
        _ if lost => Sort::BeforeLoss,
        _ => Sort::Within,
    }
}

/// Adds a state. A frame that changed no section only moves the last state on.
fn push(found: &mut Vec<State>, state: State) {
    match found.last_mut() {
        Some(last) if last.print == state.print => *last = State { sort: last.sort, ..state },
        _ => found.push(state),
    }
}

/// Returns the content of a base, with the time of its newest part, which is closer to the state's own time than that
/// of the base.
fn of_base(catalog: &mut Catalog<'_>, base: Generation) -> backend::Result<Option<Content>> {
    let Ok(frame) = catalog.take_base(base)? else { return Ok(None) };
    let mut content = Content { whole: true, ..Content::default() };
    content.apply(&frame.body);
    let ops = frame.body.all_ops();
    let saved = ops.iter().filter_map(|op| op.change.meta()).map(|meta| meta.saved_at);
    let newest = saved.chain(content.touched.values().map(|touched| touched.at)).max();
    let mut at = frame.body.at();
    at.wall = newest.map_or(at.wall, |newest| newest.min(at.wall));
    content.run.last_at = Some(at);
    Ok(Some(content))
}
