//! A small log to spoil, and what must hold however it was spoiled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use leftoff::backend::{Backend, FileBackend};
use leftoff::time::Timestamp;
use leftoff::{Error, Session};

use super::*;
use crate::support::APP;
use crate::support::clock::seconds;
use crate::support::folder::Files;

/// Every value that was ever saved, and every element that was ever marked.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) forms: BTreeSet<String>,
    pub(super) layouts: BTreeSet<[u32; 8]>,
    pub(super) drafts: BTreeSet<String>,
    pub(super) elements: BTreeSet<String>,
    /// When each of them was saved, by what it says.
    pub(super) saved: BTreeMap<String, Timestamp>,
}

pub(super) struct Log {
    pub(super) files: Files,
    pub(super) known: Known,
}

/// On the run of the machine on which the log was written: what cannot be read is damage then, and never a torn tail.
pub(super) fn begin(folder: &Path) -> Session {
    Session::builder(APP).dir(folder).without_thread().clock(ManualClock::new()).open()
}

/// The same without syncs, which cost more than everything else here, and in the run of the machine that wrote it: no
/// power cut is to blame.
pub(super) fn begin_unsynced(folder: &Path) -> Session {
    still(Unsynced(FileBackend::open(folder).unwrap())).clock(ManualClock::new()).open()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Three launches that read what they write; nothing but what they wrote.
    Plain,
    /// Launches that write without reading first, so each of them writes whole values.
    Blind,
    /// The second one summed the log up before it died.
    SummedUp,
}

/// Three launches: one clean, one crashed, one put to sleep; each section is saved more than once in each.
pub(super) fn make(shape: Shape) -> Log {
    let folder = folder::scratch();
    let mut known = Known::default();
    for launch in 0..3_u32 {
        let clock = ManualClock::new();
        clock.advance(seconds(100 * u64::from(launch)));
        let mut session = Session::builder(APP).dir(folder.path()).without_thread().clock(clock.clone()).open();
        // As applications do; what was read is then saved as a difference.
        if shape != Shape::Blind {
            session.get(FORM).unwrap();
            session.get(LAYOUT).unwrap();
            session.scope(WINDOW).get(DRAFT).unwrap();
        }
        for step in 0..3_u32 {
            let element = format!("invoice/{launch}/field-{step}");
            let form = format!("launch {launch}, as it was in step {step}, and the end");
            let layout = [launch, step, 7, 7, 7, 7, 7, 7];
            let draft = format!("{launch} Dear Ana, {}", "thank you. ".repeat(step as usize));
            clock.advance(seconds(1));
            for value in [format!("{form:?}"), format!("{layout:?}"), format!("{draft:?}")] {
                known.saved.insert(value, clock.wall());
            }
            session.mark(element.as_str());
            session
                .autosave(|capture| {
                    capture.set(FORM, &form);
                    capture.set(LAYOUT, &layout);
                    capture.scope(WINDOW).set(DRAFT, &draft);
                })
                .unwrap();
            known.elements.insert(element);
            known.forms.insert(form);
            known.layouts.insert(layout);
            known.drafts.insert(draft);
        }
        match launch {
            0 => session.close().unwrap(),
            1 => {
                if shape == Shape::SummedUp {
                    clock.advance(seconds(10));
                    session.run_pending();
                }
                dies(session, folder.path());
            }
            _ => {
                session.suspend("call").unwrap();
                dies(session, folder.path());
            }
        }
    }
    Log { files: folder::logs(folder.path()), known }
}

/// How a spoiled log came back.
#[derive(Debug, PartialEq)]
pub(super) struct Back {
    pub(super) outcome: Outcome,
    /// Sections that came back with a value, of three.
    pub(super) values: usize,
    /// Sections that came back with the newest value.
    pub(super) newest: usize,
    pub(super) marker: bool,
}

pub(super) struct Judge<'a> {
    log: &'a Log,
    folder: tempfile::TempDir,
    pub(super) cases: u32,
    /// One case in so many is followed by ten saves and another start.
    goes_on: u32,
    what: String,
}

impl<'a> Judge<'a> {
    pub(super) fn new(log: &'a Log, goes_on: u32) -> Self {
        Self { log, folder: folder::scratch(), cases: 0, goes_on, what: String::new() }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts these files into the folder, and nothing else.
    pub(super) fn fill(&self, files: &Files) {
        for entry in std::fs::read_dir(self.path()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path)).unwrap();
        }
        for (name, bytes) in files {
            std::fs::write(self.path().join(name), bytes).unwrap();
        }
    }

    /// The log with the file `name` as `change` leaves it.
    #[track_caller]
    pub(super) fn with(&mut self, what: String, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Back {
        let mut files = self.log.files.clone();
        change(files.get_mut(name).unwrap());
        self.fill(&files);
        self.open(what)
    }

    /// Opens the folder and checks all that must hold however it was spoiled.
    #[track_caller]
    pub(super) fn open(&mut self, what: String) -> Back {
        self.what = what;
        self.cases += 1;
        let what = &self.what;
        let before = folder::logs(self.path());
        let mut session = begin_unsynced(self.path());
        let outcome = session.outcome();
        assert_ne!(outcome, Outcome::Unavailable, "{what}: {:?}", session.status().refused);
        assert_ne!(outcome, Outcome::Fresh, "{what}");
        let form = session.get(FORM);
        let layout = session.get(LAYOUT);
        let draft = session.scope(WINDOW).get(DRAFT);
        let known = &self.log.known;
        let newest = [
            self.section(&session, "form", &form, &known.forms),
            self.section(&session, "layout", &layout, &known.layouts),
            self.section(&session, "draft", &draft, &known.drafts),
        ];
        let marker = session.marker().map(|marker| marker.element().to_owned());
        assert!(marker.as_ref().is_none_or(|element| known.elements.contains(element)), "{what}: {marker:?}");
        let has = |got: &Result<Option<String>, Error>| got.as_ref().is_ok_and(Option::is_some);
        let values = [has(&form), layout.is_ok_and(|value| value.is_some()), has(&draft)];
        if self.cases % self.goes_on == 0 {
            self.go_on(session);
        } else {
            drop(session);
        }
        for (name, bytes) in before.iter().filter(|(_, bytes)| bytes.len() > EMPTY) {
            let now = std::fs::read(self.path().join(name)).ok();
            if now.is_none() && tells_of_a_launch_only(&before, name) {
                continue;
            }
            assert_eq!(now.as_ref(), Some(bytes), "{what}: {name} is not as it was found");
        }
        Back {
            outcome,
            values: values.iter().filter(|came| **came).count(),
            newest: newest.iter().filter(|newest| **newest).count(),
            marker: marker.is_some(),
        }
    }

    /// Ten more saves, a summing up, and another start.
    #[track_caller]
    fn go_on(&self, mut session: Session) {
        let what = &self.what;
        for step in 0..10 {
            session.mark("after");
            session.autosave(|capture| capture.set(LAYOUT, &[step; 8])).unwrap();
        }
        session.run_pending();
        session.close().unwrap();
        let mut session = begin_unsynced(self.path());
        assert_eq!(session.get(LAYOUT).unwrap(), Some([9; 8]), "{what}: what was saved afterwards");
        assert_eq!(session.marker().unwrap().element(), "after", "{what}");
    }

    /// A value that was saved at some time, or an error that says why not. Whether it is the newest.
    #[track_caller]
    fn section<T: Ord + std::fmt::Debug>(
        &self,
        session: &Session,
        name: &str,
        got: &Result<Option<T>, Error>,
        known: &BTreeSet<T>,
    ) -> bool {
        let what = &self.what;
        let fate = session.report().sections.iter().find(|line| line.name == name).map(|line| line.fate);
        match got {
            Ok(Some(value)) => {
                assert!(known.contains(value), "{what}: {name} was never {value:?}");
                let newest = known.last() == Some(value);
                // Longer drafts sort later, as later launches and steps do.
                match fate {
                    Some(SectionFate::Restored | SectionFate::Healed) => {
                        assert!(
                            newest || self.ends_early(session),
                            "{what}: {name} is old and the report says {fate:?}"
                        );
                    }
                    // Something that cannot be read may have been of it; when this was saved is told.
                    Some(SectionFate::MayBeOlder { saved }) => {
                        assert!(session.report().unreadable > 0, "{what}: {name}");
                        assert_eq!(self.log.known.saved.get(&format!("{value:?}")), Some(&saved), "{what}: {name}");
                    }
                    // The newest is never called old, and an old one is of the time that the report says.
                    Some(SectionFate::FellBack { to }) => {
                        assert!(!newest, "{what}: {name}");
                        assert_eq!(self.log.known.saved.get(&format!("{value:?}")), Some(&to), "{what}: {name}");
                    }
                    other => panic!("{what}: {name} came back and the report says {other:?}"),
                }
                newest
            }
            Ok(None) => {
                assert!(self.may_be_short(session), "{what}: {name} is not there and nobody says why");
                false
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Damaged, "{what}: {name}");
                assert_eq!(fate, Some(SectionFate::Lost), "{what}: {name}");
                false
            }
        }
    }

    /// Where whole frames are missing, nobody knows of what they spoke; the report says that something is amiss.
    fn may_be_short(&self, session: &Session) -> bool {
        session.report().unreadable > 0 || self.ends_early(session)
    }

    /// A log that ends early in good order cannot be told from one that was that long. Of a log with nothing in it, nobody
    /// knows whether it ever had anything.
    fn ends_early(&self, session: &Session) -> bool {
        let blank = folder::logs(self.path()).values().any(|bytes| bytes.len() <= EMPTY);
        session.outcome() == Outcome::Recovered || blank
    }
}

/// Nothing but that a launch was there, as one leaves it that is killed at once: the next launch takes its place. Frames
/// that are cut off in good order leave no trace, so nobody can tell that there were any.
fn tells_of_a_launch_only(files: &Files, name: &str) -> bool {
    const LAUNCH_READY_AND_HANDOUT: [u8; 3] = [1, 4, 6];
    const KIND: usize = 5;
    let copy = folder::write(files);
    let backend = FileBackend::open(copy.path()).unwrap();
    let frames = backend
        .list()
        .unwrap()
        .into_iter()
        .filter(|id| name == format!("{:016x}-{:016x}.log", id.generation.number, id.generation.writer));
    frames
        .map(|id| backend.read(id))
        .all(|frame| frame.is_ok_and(|bytes| LAUNCH_READY_AND_HANDOUT.contains(&bytes[KIND])))
}

/// A log of this length has no frame: whatever its bytes are, nobody misses them.
pub(super) const EMPTY: usize = 16;

/// Everything up to the last byte that is not room.
pub(super) fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// A death that leaves the folder unlocked.
pub(super) fn dies(session: Session, folder: &Path) {
    let files = folder::logs(folder);
    drop(session);
    for name in folder::logs(folder).into_keys().filter(|name| !files.contains_key(name)) {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
