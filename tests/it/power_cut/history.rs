//! A life of the program on a watched disk: what was done to the disk, what was captured when, and what was promised.

use std::path::PathBuf;
use std::time::Duration;

use leftoff::{Mark, Section, Session};
use leftoff_testing::{Journal, Step};
use tempfile::TempDir;

use super::image::Image;
use crate::support::clock::seconds;
use crate::support::folder::scratch;
use crate::support::{ManualClock, Random, still};

/// Short, so that it is always written whole.
pub const SHORT: Section<u32> = Section::new("short", 1);
/// Long enough to be written as a difference.
pub const LONG: Section<String> = Section::new("long", 1);
/// Longer than a page, and changed by every fifth capture only.
pub const LARGE: Section<String> = Section::new("large", 1);
/// There after every second capture.
pub const FLAG: Section<()> = Section::new("flag", 1);

/// Where the state is, in the folder that the model knows: two folders deep, and neither is there at first.
pub const PLACE: &str = "app/state";

/// What was captured the `n`-th time: all sections and the mark tell the same number, as far as they changed.
pub fn long(n: u32) -> String {
    format!("{n:08}{}{n:08}", "a longer text, so that a difference is worth it. ".repeat(18))
}

pub fn large(n: u32) -> Option<String> {
    let n = n.checked_sub(3)? / 5;
    Some(Random::new(u64::from(n)).text(8).repeat(750))
}

pub fn flag(n: u32) -> bool {
    n % 2 == 1
}

/// A recorded life.
#[derive(Debug, Default, Clone)]
pub struct History {
    /// What was on the disk before.
    pub before: Image,
    pub steps: Vec<Step>,
    /// The captures, by their number, and how many steps had been taken when each began. The state before the first is
    /// a capture, too.
    pub captured: Vec<(usize, u32)>,
    /// After so many steps, this capture was known to survive a power cut.
    pub promised: Vec<(usize, u32)>,
    /// A close was begun after so many steps.
    pub closing: Vec<usize>,
    /// Cuts before so many steps are the subject of other lives.
    pub from: usize,
}

impl History {
    /// The captures that a start may find if the power goes after so many steps.
    pub fn allowed(&self, steps: usize) -> Vec<u32> {
        let promised = self.promised.iter().filter(|(at, _)| *at <= steps).count();
        let least = promised.checked_sub(1).map(|last| self.promised[last].1);
        let from = self.captured.iter().position(|(_, n)| Some(*n) == least).unwrap_or(0);
        self.captured[from..].iter().filter(|(at, _)| *at <= steps).map(|(_, n)| *n).collect()
    }
}

/// Records a history.
pub struct Recorder {
    root: TempDir,
    pub clock: ManualClock,
    journal: Journal,
    history: History,
    session: Option<Session>,
    n: u32,
    launches: usize,
}

impl Recorder {
    pub fn new() -> Self {
        Self::on(&Image::default(), 0, ManualClock::new())
    }

    /// On a disk that has this on it, of which `n` was the last capture.
    pub fn on(before: &Image, n: u32, clock: ManualClock) -> Self {
        let root = scratch();
        before.materialise(root.path());
        let history = History { before: before.clone(), captured: vec![(0, n)], ..History::default() };
        Self { root, clock, journal: Journal::new(), history, session: None, n, launches: 5 }
    }

    fn position(&self) -> usize {
        self.history.steps.len() + self.journal.len()
    }

    pub fn session(&mut self) -> &mut Session {
        self.session.as_mut().unwrap()
    }

    /// From now on, no more than so many launches stay in history.
    pub fn keep(self, launches: usize) -> Self {
        Self { launches, ..self }
    }

    /// Starts the program.
    pub fn open(mut self) -> Self {
        let backend = self.journal.open(self.root.path().join(PLACE)).unwrap();
        self.session = Some(
            still(backend).history_launches(self.launches).history_bytes(1 << 20).clock(self.clock.clone()).open(),
        );
        self
    }

    /// The same with a flusher that runs beside it, by the clock on the wall, and syncs as often as it can.
    pub fn open_threaded(mut self) -> Self {
        let backend = self.journal.open(self.root.path().join(PLACE)).unwrap();
        let builder = Session::builder(crate::support::APP).backend(backend).sync_every(Duration::from_millis(2));
        self.session = Some(builder.open());
        self
    }

    /// So many captures, with pauses in which the flusher comes to its work, or not.
    pub fn work_beside_it(self, captures: u64, random: &mut Random) -> Self {
        (0..captures).fold(self, |recorder, _| {
            std::thread::sleep(Duration::from_micros(random.below(100_000)));
            // What is synced by now was captured before this.
            if random.chance(10) { recorder.note().save() } else { recorder.note().autosave() }
        })
    }

    /// The same, and takes everything over, as programs do.
    pub fn restore(self) -> Self {
        self.open().take_over()
    }

    /// Asks for all there is.
    pub fn take_over(mut self) -> Self {
        let session = self.session();
        let _ = session.get(SHORT);
        let _ = session.get(LONG);
        let _ = session.get(LARGE);
        let _ = session.get(FLAG);
        self
    }

    pub fn autosave(mut self) -> Self {
        let n = self.begin_capture();
        self.session().mark(Mark::new(&format!("step/{}", n % 3)).detail(&n.to_string()));
        self.session().autosave(|capture| set(capture, n)).unwrap();
        self.note()
    }

    pub fn autosaves(self, count: usize) -> Self {
        (0..count).fold(self, |recorder, _| recorder.autosave())
    }

    pub fn save(mut self) -> Self {
        let n = self.begin_capture();
        self.session().mark(Mark::new(&format!("step/{}", n % 3)).detail(&n.to_string()));
        self.session().save(|capture| set(capture, n)).unwrap();
        let recorder = self.note();
        assert_eq!(recorder.history.promised.last().unwrap().1, n);
        recorder
    }

    fn begin_capture(&mut self) -> u32 {
        self.n += 1;
        self.history.captured.push((self.position(), self.n));
        self.n
    }

    /// Only from now on the power may go.
    pub fn look_from_here(mut self) -> Self {
        self.history.from = self.position();
        self
    }

    /// Some seconds pass, and the flusher has its turn.
    pub fn rest(mut self, count: u64) -> Self {
        self.clock.advance(seconds(count));
        crate::support::settle(self.session());
        self.note()
    }

    pub fn suspend(mut self) -> Self {
        self.session().suspend("call").unwrap();
        self.note()
    }

    pub fn wake(mut self) -> Self {
        self.session().wake();
        self.note()
    }

    pub fn close(mut self) -> Self {
        self.history.closing.push(self.position());
        self.session.take().unwrap().close().unwrap();
        self.collect();
        self.history.promised.push((self.position(), self.n));
        self
    }

    /// The process dies: what it wrote stays in the page cache, and nothing more happens.
    pub fn kill(mut self) -> Self {
        self.collect();
        let left = Image::of(self.root.path());
        drop(self.session.take());
        self.journal = Journal::new();
        left.materialise(self.root.path());
        self
    }

    /// Notes what is promised now.
    fn note(mut self) -> Self {
        if self.session().status().is_synced {
            self.history.promised.push((self.position(), self.n));
        }
        self
    }

    fn collect(&mut self) {
        let before = self.history.steps.len();
        let relative = |path: PathBuf| path.strip_prefix(self.root.path()).map_or(path.clone(), Into::into);
        self.history.steps.extend(self.journal.steps().into_iter().map(|step| match step {
            Step::CreateDir(path) => Step::CreateDir(relative(path)),
            Step::Create(path) => Step::Create(relative(path)),
            Step::Write(path, at, bytes) => Step::Write(relative(path), at, bytes),
            Step::Resize(path, len) => Step::Resize(relative(path), len),
            Step::Sync(path, covers) => Step::Sync(relative(path), before + covers),
            Step::SyncDir(path, covers) => Step::SyncDir(relative(path), before + covers),
            Step::Remove(path) => Step::Remove(relative(path)),
        }));
        self.journal = Journal::new();
    }

    /// The end of the record; a session that is still there lives on unseen.
    pub fn history(mut self) -> History {
        self.collect();
        std::mem::take(&mut self.history)
    }
}

pub fn set(capture: &mut leftoff::Capture<'_>, n: u32) {
    capture.set(SHORT, &n);
    capture.set(LONG, &long(n));
    if let Some(large) = large(n) {
        capture.set(LARGE, &large);
    }
    if flag(n) { capture.set(FLAG, &()) } else { capture.remove(FLAG) }
}
