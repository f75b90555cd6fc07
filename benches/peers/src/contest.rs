//! The rounds: each candidate by turns, each start compared with the state that was saved.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Fallible;
use crate::limits::Limits;
use crate::memory::{self, Of};
use crate::plan::{Plan, while_time_is_left};
use crate::series::Series;
use crate::store::{CANDIDATES, Candidate, Kind, SAVE, SHARED, Store};
use crate::system;
use crate::work::{Change, Progress, Shape, Work};

/// Everything measured of one candidate.
#[derive(Default)]
pub(crate) struct Seen {
    /// A save of one field, on the thread of the caller.
    pub(crate) stall: Series,
    /// The same at the pace of a user who types, with whatever the candidate does in the background.
    pub(crate) typing: Series,
    /// The same save, until it survives a power cut.
    pub(crate) durable: Series,
    /// A save after everything changed.
    pub(crate) all_stall: Series,
    pub(crate) all_durable: Series,
    /// From before the opening until all documents are there.
    pub(crate) restore: Series,
    /// From before the opening until one document is there.
    pub(crate) first: Series,
    /// Bytes to the device, and the saves that caused them.
    pub(crate) device: (u64, u64),
    pub(crate) kept: Option<Kept>,
    pub(crate) memory: Option<memory::Kept>,
}

/// The size of a directory after many saves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) saves: usize,
    /// While the store is open, all of it synced.
    pub(crate) open: u64,
    pub(crate) closed: u64,
}

pub(crate) struct Entry {
    pub(crate) candidate: Candidate,
    /// The position in [`CANDIDATES`], by which a process of its own is told which one it measures.
    index: usize,
    dir: PathBuf,
    progress: Progress,
    pub(crate) seen: Seen,
}

/// All candidates, with a state of one size.
pub(crate) struct Contest {
    pub(crate) shape: &'static Shape,
    pub(crate) limits: Limits,
    pub(crate) entries: Vec<Entry>,
}

/// Between two saves of a user who types without a pause.
const PACE: Duration = Duration::from_millis(5);
/// Saves of one field before the first round, in each of two launches.
const EARLIER: usize = 50;

impl Contest {
    /// Each candidate has saved everything and is in its third launch.
    pub(crate) fn new(shape: &'static Shape, dir: &Path, only: Option<&str>) -> Fallible<Self> {
        let dir = dir.join(shape.name);
        let mut entries = Vec::new();
        for (index, candidate) in CANDIDATES.into_iter().enumerate() {
            if only.is_some_and(|only| !candidate.name.contains(only)) {
                continue;
            }
            let mut entry = Entry {
                candidate,
                index,
                dir: dir.join(format!("{index:02}")),
                progress: Progress::new(shape),
                seen: Seen::default(),
            };
            entry.begin(shape).map_err(|error| entry.named(&*error))?;
            entries.push(entry);
        }
        Ok(Self { shape, limits: Limits::new(&dir.join("limits"), shape)?, entries })
    }

    pub(crate) fn run(&mut self, plan: &Plan) -> Fallible {
        let Self { shape, limits, entries } = self;
        for round in 0..plan.rounds {
            // Another begins each time, so that no candidate always follows the same one after a pause.
            let len = entries.len().max(1);
            limits.turn(plan)?;
            for turn in 0..entries.len() {
                if let Some(entry) = entries.get_mut((round * 5 + turn) % len) {
                    entry.turn(shape, plan, limits).map_err(|error| entry.named(&*error))?;
                }
            }
            for turn in 0..entries.len() {
                if let Some(entry) = entries.get_mut((round * 5 + turn) % len) {
                    entry.type_on(shape, plan).map_err(|error| entry.named(&*error))?;
                }
            }
        }
        let bare = |copies| memory::measure(shape, Of::Documents(copies), limits.whole());
        let bare = [bare(1)?, bare(2)?];
        for entry in entries {
            entry.keep(shape, plan, bare).map_err(|error| entry.named(&*error))?;
        }
        Ok(())
    }

    pub(crate) fn seen(&self, name: &str) -> Option<&Seen> {
        self.entries.iter().find(|entry| entry.candidate.name == name).map(|entry| &entry.seen)
    }
}

/// Opens, and returns when that began. sled may still hold its lock for a moment after it was closed: then another try
/// counts.
pub(crate) fn open(candidate: &Candidate, dir: &Path, shape: &'static Shape) -> Fallible<(Instant, Box<dyn Store>)> {
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        let start = Instant::now();
        match (candidate.open)(dir, shape) {
            Ok(store) => return Ok((start, store)),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    Ok((Instant::now(), (candidate.open)(dir, shape)?))
}

impl Entry {
    fn named(&self, error: &dyn std::error::Error) -> Box<dyn std::error::Error> {
        format!("{}: {error}", self.candidate.name).into()
    }

    fn begin(&mut self, shape: &'static Shape) -> Fallible {
        fs::create_dir_all(&self.dir)?;
        begin(&self.candidate, &self.dir, shape)?;
        for _ in 0..2 {
            let (mut work, mut store) = self.resume(shape)?;
            for _ in 0..EARLIER {
                save(&mut *store, &mut work, Change::One)?;
                if self.candidate.kind == Kind::Whole {
                    // Each save replaces the one before it.
                    break;
                }
            }
            store.sync()?;
            store.close()?;
            self.progress = work.into_progress();
        }
        Ok(())
    }

    /// Opens and restores, as an application does before it saves.
    fn resume(&self, shape: &'static Shape) -> Fallible<(Work, Box<dyn Store>)> {
        let mut work = Work::resume(shape, self.progress.clone());
        let (_, mut store) = open(&self.candidate, &self.dir, shape)?;
        if store.all()? != work.documents {
            return Err("returned another state than the one saved".into());
        }
        // A value that is shared by pointer is a pointer from the start.
        store.prepare(&work, Change::All);
        save(&mut *store, &mut work, Change::One)?;
        store.sync()?;
        Ok((work, store))
    }

    fn turn(&mut self, shape: &'static Shape, plan: &Plan, limits: &mut Limits) -> Fallible {
        let before = Work::resume(shape, self.progress.clone());
        let middle = shape.documents.len() / 2;
        for _ in 0..plan.opens {
            let (start, mut store) = open(&self.candidate, &self.dir, shape)?;
            let documents = store.all()?;
            self.seen.restore.add(start.elapsed());
            if documents != before.documents {
                return Err("returned another state than the one saved".into());
            }
            drop(documents);
            store.close()?;
            let (start, mut store) = open(&self.candidate, &self.dir, shape)?;
            let document = store.first(middle)?;
            self.seen.first.add(start.elapsed());
            if Some(&document) != before.documents.get(middle) {
                return Err("returned another document than the one saved".into());
            }
            store.close()?;
        }
        drop(before);
        let (mut work, mut store) = self.resume(shape)?;
        let seen = &mut self.seen;
        let bytes = system::device_bytes();
        let mut saves = 0;
        // A store that writes ahead pays for that in each launch: so it has at least so many saves in each.
        let least = if self.candidate.kind == Kind::Whole { 3 } else { 20 };
        while_time_is_left(plan.small, least, |_| {
            work.edit(Change::One);
            store.prepare(&work, Change::One);
            let start = Instant::now();
            store.save(&work, Change::One)?;
            seen.stall.add(start.elapsed());
            store.sync()?;
            seen.durable.add(start.elapsed());
            saves += 1;
            Ok(())
        })?;
        if let (Some(before), Some(after)) = (bytes, system::device_bytes()) {
            seen.device = (seen.device.0 + after - before, seen.device.1 + saves);
        }
        if self.candidate.name == SAVE {
            // By turns with its bound, because a disk is busy for longer than a turn.
            while_time_is_left(plan.small, 20, |_| {
                work.edit(Change::One);
                let start = Instant::now();
                store.save(&work, Change::One)?;
                limits.saves.ours.add(start.elapsed());
                limits.write_and_sync()
            })?;
        }
        while_time_is_left(plan.all, 1, |_| {
            work.edit(Change::All);
            store.prepare(&work, Change::All);
            let start = Instant::now();
            store.save(&work, Change::All)?;
            seen.all_stall.add(start.elapsed());
            store.sync()?;
            seen.all_durable.add(start.elapsed());
            Ok(())
        })?;
        store.close()?;
        self.progress = work.into_progress();
        Ok(())
    }

    /// One edit each 5 ms; the candidate syncs when it thinks fit.
    fn type_on(&mut self, shape: &'static Shape, plan: &Plan) -> Fallible {
        let (mut work, mut store) = self.resume(shape)?;
        let mut next = Instant::now();
        for _ in 0..plan.typed {
            work.edit(Change::One);
            store.prepare(&work, Change::One);
            let start = Instant::now();
            store.save(&work, Change::One)?;
            self.seen.typing.add(start.elapsed());
            next += PACE;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        store.sync()?;
        store.close()?;
        self.progress = work.into_progress();
        Ok(())
    }

    /// Many saves in a directory of their own, then memory in a process of its own.
    fn keep(&mut self, shape: &'static Shape, plan: &Plan, bare: [Option<memory::Kept>; 2]) -> Fallible {
        let dir = self.dir.join("kept");
        fs::create_dir(&dir)?;
        begin(&self.candidate, &dir, shape)?;
        let (saves, time) = plan.kept;
        let (_, mut store) = open(&self.candidate, &dir, shape)?;
        let mut work = Work::of(store.all()?, Progress::new(shape));
        store.prepare(&work, Change::All);
        let start = Instant::now();
        let mut done = 0;
        while done < saves && start.elapsed() < time {
            save(&mut *store, &mut work, Change::One)?;
            done += 1;
        }
        store.sync()?;
        let open = system::disk_usage(&dir)?;
        store.close()?;
        self.seen.kept = Some(Kept { saves: done, open, closed: system::disk_usage(&dir)? });
        let all = memory::measure(shape, Of::Candidate(self.index), &dir)?;
        // In an application, the shared values are the only ones; here, they are copies.
        let [once, twice] = bare;
        let bare = if self.candidate.name == SHARED { twice } else { once };
        self.seen.memory = all.zip(bare).map(|(all, bare)| all.beyond(bare));
        Ok(fs::remove_dir_all(&dir)?)
    }
}

/// The first launch: saves everything.
fn begin(candidate: &Candidate, dir: &Path, shape: &'static Shape) -> Fallible {
    let work = Work::resume(shape, Progress::new(shape));
    let (_, mut store) = open(candidate, dir, shape)?;
    store.prepare(&work, Change::All);
    store.save(&work, Change::All)?;
    store.sync()?;
    store.close()
}

/// The user edits, the application saves.
fn save(store: &mut dyn Store, work: &mut Work, change: Change) -> Fallible {
    work.edit(change);
    store.prepare(work, change);
    store.save(work, change)
}
