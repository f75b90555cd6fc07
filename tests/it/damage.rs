//! A small log, spoiled in every way there is: never a panic, never a wrong value, never "there was nothing", and what
//! could not be read is still there afterwards.

use std::collections::BTreeSet;
use std::path::Path;

use leftoff::backend::FileBackend;
use leftoff::{Error, ErrorKind, Outcome, Section, SectionFate, Session};

use crate::support::clock::seconds;
use crate::support::folder::{self, Files};
use crate::support::random::env;
use crate::support::{APP, ManualClock, Unsynced, crash, still};

const FORM: Section<String> = Section::new("form", 1);
const LAYOUT: Section<[u32; 8]> = Section::new("layout", 1);
const DRAFT: Section<String> = Section::new("draft", 1);
const WINDOW: &str = "window/2";

/// Every value that was ever saved, and every element that was ever marked.
#[derive(Debug, Default)]
struct Known {
    forms: BTreeSet<String>,
    layouts: BTreeSet<[u32; 8]>,
    drafts: BTreeSet<String>,
    elements: BTreeSet<String>,
}

struct Log {
    files: Files,
    known: Known,
}

/// On the run of the machine on which the log was written: what cannot be read is damage then, and never a torn tail.
fn begin(folder: &Path) -> Session {
    Session::builder(APP).dir(folder).without_thread().clock(ManualClock::new()).open().unwrap()
}

/// The same without syncs, which cost more than everything else here, and in the run of the machine that wrote it: no
/// power cut is to blame.
fn begin_unsynced(folder: &Path) -> Session {
    still(Unsynced(FileBackend::open(folder).unwrap())).clock(ManualClock::new()).open().unwrap()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Three launches that read what they write; nothing but what they wrote.
    Plain,
    /// Launches that write without reading first, so each of them writes whole values.
    Blind,
    /// The second one summed the log up before it died.
    SummedUp,
}

/// Three launches: one clean, one crashed, one put to sleep; each section is saved more than once in each.
fn make(shape: Shape) -> Log {
    let folder = folder::scratch();
    let mut known = Known::default();
    for launch in 0..3_u32 {
        let clock = ManualClock::new();
        let mut session =
            Session::builder(APP).dir(folder.path()).without_thread().clock(clock.clone()).open().unwrap();
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
                    session.drive();
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
struct Back {
    outcome: Outcome,
    /// Sections that came back with a value, of three.
    values: usize,
    /// Sections that came back with the newest value.
    newest: usize,
    marker: bool,
}

struct Judge<'a> {
    log: &'a Log,
    folder: tempfile::TempDir,
    cases: u32,
    /// One case in so many is followed by ten saves and another start.
    goes_on: u32,
    what: String,
}

impl<'a> Judge<'a> {
    fn new(log: &'a Log, goes_on: u32) -> Self {
        Self { log, folder: folder::scratch(), cases: 0, goes_on, what: String::new() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts these files into the folder, and nothing else.
    fn fill(&self, files: &Files) {
        for entry in std::fs::read_dir(self.path()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path)).unwrap();
        }
        for (name, bytes) in files {
            std::fs::write(self.path().join(name), bytes).unwrap();
        }
    }

    /// The log with the file `name` as `change` leaves it.
    #[track_caller]
    fn with(&mut self, what: String, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Back {
        let mut files = self.log.files.clone();
        change(files.get_mut(name).unwrap());
        self.fill(&files);
        self.open(what)
    }

    /// Opens the folder and checks all that must hold however it was spoiled.
    #[track_caller]
    fn open(&mut self, what: String) -> Back {
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
        session.drive();
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
                            newest || self.may_be_short(session),
                            "{what}: {name} is old and the report says {fate:?}"
                        );
                    }
                    Some(SectionFate::FellBack { .. }) => assert!(!newest, "{what}: {name}"),
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

    /// Where whole frames are missing, no section can know that it is old; the report says that something is amiss. Of
    /// a log with nothing in it, nobody knows whether it ever had anything.
    fn may_be_short(&self, session: &Session) -> bool {
        let blank = folder::logs(self.path()).values().any(|bytes| bytes.len() <= EMPTY);
        session.report().unreadable > 0 || session.outcome() == Outcome::Recovered || blank
    }
}

/// A log of this length has no frame: whatever its bytes are, nobody misses them.
const EMPTY: usize = 16;

/// Everything up to the last byte that is not room.
fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// A death that leaves the folder unlocked.
fn dies(session: Session, folder: &Path) {
    let files = folder::logs(folder);
    drop(session);
    for name in folder::logs(folder).into_keys().filter(|name| !files.contains_key(name)) {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

const SHAPES: [Shape; 3] = [Shape::Plain, Shape::Blind, Shape::SummedUp];

#[test]
fn an_unspoiled_log_comes_back_whole() {
    for shape in SHAPES {
        let log = make(shape);
        assert_eq!(log.files.len(), if shape == Shape::SummedUp { 5 } else { 3 });
        let mut judge = Judge::new(&log, 1);
        judge.fill(&log.files);
        let back = judge.open(format!("{shape:?}, unspoiled"));
        assert_eq!(back, Back { outcome: Outcome::Resumed, values: 3, newest: 3, marker: true });
    }
}

fn every_flip(shape: Shape, least: f64) {
    let log = make(shape);
    let all_bits = env("LEFTOFF_ALL_BITS", 0) > 0;
    let mut judge = Judge::new(&log, 17);
    let (mut whole, mut newest, mut unnoticed) = (0_u32, 0, 0_u32);
    for (name, bytes) in &log.files {
        let end = used(bytes);
        // The room behind: not every byte of it, it is all the same.
        let step = if all_bits || shape != Shape::SummedUp { 1 } else { 5 };
        for at in (0..end).step_by(step).chain((end..bytes.len()).step_by(20_011)) {
            let bits = if all_bits { (0..8).collect::<Vec<_>>() } else { vec![(at * 5 + 3) % 8] };
            for bit in bits {
                let what = format!("{name}, byte {at}, bit {bit}");
                let back = judge.with(what, name, |bytes| folder::flip(bytes, at * 8 + bit));
                whole += u32::from(back.values == 3);
                newest += back.newest;
                unnoticed += u32::from(back.outcome == Outcome::Resumed);
            }
        }
    }
    let percent = f64::from(whole) / f64::from(judge.cases) * 100.0;
    let all = judge.cases * 3;
    let cases = judge.cases;
    eprintln!(
        "{shape:?}: {cases} flips: all sections back in {percent:.2} %, {newest} newest of {all}, {unnoticed} without effect"
    );
    assert!(percent >= least, "every section came back in {percent:.2} % only");
}

#[test]
fn every_flipped_bit_leaves_every_section_a_value_that_was_saved() {
    every_flip(Shape::Plain, 99.0);
}

#[test]
fn every_flipped_bit_of_a_log_of_whole_values_leaves_every_section_one() {
    every_flip(Shape::Blind, 99.0);
}

#[test]
fn every_flipped_bit_of_a_summed_up_log_leaves_every_section_its_value() {
    every_flip(Shape::SummedUp, 99.9);
}

#[test]
fn every_prefix_of_every_file_leaves_values_that_were_saved() {
    for shape in SHAPES {
        let log = make(shape);
        let mut judge = Judge::new(&log, 17);
        for (name, bytes) in &log.files {
            let end = used(bytes);
            let step = if shape == Shape::Plain { 1 } else { 5 };
            for len in (0..end).step_by(step).chain((end..bytes.len()).step_by(20_011)) {
                judge.with(format!("{shape:?}: {name} cut to {len}"), name, |bytes| bytes.truncate(len));
            }
        }
    }
}

/// A log of one launch is all there is: nothing may take a spoiled one for none.
#[test]
fn the_only_log_cut_anywhere_is_not_taken_for_none() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    session.mark("a");
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    session.close().unwrap();
    let files = folder::logs(folder.path());
    let (name, bytes) = files.first_key_value().unwrap();
    for len in 0..bytes.len() {
        let mut files = files.clone();
        files.get_mut(name).unwrap().truncate(len);
        let folder = folder::write(&files);
        let mut session = begin(folder.path());
        assert_ne!(session.outcome(), Outcome::Fresh, "cut to {len} bytes");
        match session.get(FORM) {
            Ok(value) => assert!(value.as_deref().is_none_or(|value| value == "Ana")),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
        }
        session.mark("b");
        session.save(|capture| capture.set(FORM, &"Bo".to_owned())).unwrap();
        session.close().unwrap();
        if len > EMPTY {
            assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), bytes[..len]);
        }
        assert_eq!(begin(folder.path()).get(FORM).unwrap().as_deref(), Some("Bo"));
    }
}

/// CodebuffAI/freebuff#1319: two NUL bytes, and it was dead for good.
#[test]
fn codebuffai_freebuff_1319_zeroed_stretches() {
    for shape in SHAPES {
        let log = make(shape);
        let mut judge = Judge::new(&log, 5);
        for (name, bytes) in &log.files {
            for len in [2, 64, 512, 4096] {
                for at in (0..used(bytes)).step_by(len.max(97)) {
                    judge.with(format!("{shape:?}: {name}: {len} zeros at {at}"), name, |bytes| {
                        let to = (at + len).min(bytes.len());
                        bytes[at..to].fill(0);
                    });
                }
            }
        }
    }
}

/// rakshasa/rtorrent#1925: sixteen ways to spoil one file, each a crash at every start or silently the defaults.
#[test]
fn rakshasa_rtorrent_1925_noise_of_all_sorts() {
    for shape in SHAPES {
        let log = make(shape);
        let names: Vec<String> = log.files.keys().cloned().collect();
        let mut random = crate::support::Random::new(11);
        let mut judge = Judge::new(&log, 5);
        for round in 0..env("LEFTOFF_NOISE", 100) {
            let name = &names[random.index(names.len())];
            let (at, len) = (random.index(log.files[name].len()), 1 + random.index(300));
            let (noise, way, other) = (random.bytes(len), random.below(5), random.draw());
            judge.with(format!("{shape:?}: noise {round} ({way}) in {name} at {at}, {len} bytes"), name, |bytes| {
                let to = (at + len).min(bytes.len());
                match way {
                    0 => bytes[at..to].copy_from_slice(&noise[..to - at]),
                    1 => drop(bytes.splice(at..at, noise)),
                    2 => drop(bytes.drain(at..to)),
                    3 => bytes.extend_from_slice(&noise),
                    _ => {
                        let copied = bytes[at..to].to_vec();
                        let other = usize::try_from(other % bytes.len() as u64).unwrap();
                        bytes.splice(other..other, copied);
                    }
                }
            });
        }
    }
}

#[test]
fn files_that_changed_places_are_not_believed() {
    let log = make(Shape::Plain);
    let mut judge = Judge::new(&log, 1);
    let names: Vec<String> = log.files.keys().cloned().collect();
    for (a, b) in [(0, 1), (1, 2), (0, 2)] {
        let mut files = log.files.clone();
        files.insert(names[a].clone(), log.files[&names[b]].clone());
        files.insert(names[b].clone(), log.files[&names[a]].clone());
        judge.fill(&files);
        assert_eq!(judge.open(format!("{a} and {b} changed places")).outcome, Outcome::Damaged);
    }
    // The newest state's file under the oldest one's name, too.
    let mut files = log.files.clone();
    files.insert(names[0].clone(), log.files[&names[2]].clone());
    judge.fill(&files);
    judge.open("a copy in the place of the oldest".to_owned());
}

#[test]
fn a_lost_file_is_noticed_unless_nothing_speaks_of_it() {
    let log = make(Shape::Plain);
    for (lost, name) in log.files.keys().enumerate() {
        let mut files = log.files.clone();
        files.remove(name);
        let folder = folder::write(&files);
        let mut session = begin_unsynced(folder.path());
        let form = session.get(FORM);
        match lost {
            // What came before is gone with it.
            0 | 1 => {
                assert_eq!(session.outcome(), Outcome::Damaged, "file {lost}");
                assert!(session.report().unreadable > 0);
                match form {
                    Ok(Some(value)) => assert!(log.known.forms.contains(&value)),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
                    Ok(None) => panic!("file {lost}: the section is not there and nobody says why"),
                }
            }
            // Nothing speaks of the newest launch but its own file: the one before is the newest now.
            _ => {
                assert_eq!(session.outcome(), Outcome::Recovered);
                let value = form.unwrap().unwrap();
                assert!(value.contains("launch 1, as it was in step 2"), "{value}");
            }
        }
    }
    // With a base, any one of the files but the newest can go and nobody misses it.
    let log = make(Shape::SummedUp);
    let mut judge = Judge::new(&log, 1);
    let (_, older) =
        log.files.keys().collect::<Vec<_>>().split_last().map(|(last, rest)| (*last, rest.to_vec())).unwrap();
    for name in older {
        let mut files = log.files.clone();
        files.remove(name);
        judge.fill(&files);
        let back = judge.open(format!("{name} lost"));
        assert_eq!((back.values, back.newest), (3, 3), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn something_else_in_the_place_of_a_file_is_neither_followed_nor_waited_for() {
    let log = make(Shape::Plain);
    let elsewhere = folder::scratch();
    let precious = elsewhere.path().join("precious");
    let mut judge = Judge::new(&log, 1);
    for name in log.files.keys() {
        for way in ["folder", "link", "dead link", "pipe", "empty"] {
            let mut files = log.files.clone();
            let original = files.remove(name).unwrap();
            judge.fill(&files);
            std::fs::write(&precious, &original).unwrap();
            let path = judge.path().join(name);
            match way {
                "folder" => std::fs::create_dir(&path).unwrap(),
                "link" => std::os::unix::fs::symlink(&precious, &path).unwrap(),
                "dead link" => std::os::unix::fs::symlink("/nowhere/at/all", &path).unwrap(),
                "empty" => std::fs::write(&path, b"").unwrap(),
                _ => assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success()),
            }
            judge.open(format!("{way} in the place of {name}"));
            assert_eq!(std::fs::read(&precious).unwrap(), original, "{way}");
            assert!(way == "empty" || std::fs::symlink_metadata(&path).is_ok(), "{way} is still there");
        }
    }
}

/// The bytes of the log with one bit flipped in the text `at`.
fn flip_text(folder: &Path, text: &[u8]) -> (String, Vec<u8>) {
    for (name, mut bytes) in folder::logs(folder) {
        if let Some(at) = bytes.windows(text.len()).position(|window| window == text) {
            folder::flip(&mut bytes, at * 8);
            std::fs::write(folder.join(&name), &bytes).unwrap();
            return (name, bytes);
        }
    }
    panic!("no file has it");
}

/// hydro-project/infinity#93 and can1357/oh-my-pi#9915: the failed restore was saved over what could not be read.
#[test]
fn can1357_oh_my_pi_9915_a_lost_section_is_not_forgotten_by_the_launches_after() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    session.mark("a");
    session
        .autosave(|capture| {
            capture.set(FORM, &"the only copy of it".repeat(20));
            capture.set(LAYOUT, &[1; 8]);
        })
        .unwrap();
    session.close().unwrap();
    let (name, bytes) = flip_text(folder.path(), b"only copy");
    for launch in 0..12 {
        let mut session = begin(folder.path());
        match session.get(FORM) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
            Ok(value) => panic!("launch {launch}: {value:?}, and not: there was one"),
        }
        session.mark("b");
        session.autosave(|capture| capture.set(LAYOUT, &[launch; 8])).unwrap();
        for _ in 0..4 {
            session.drive();
        }
        session.close().unwrap();
        assert_eq!(std::fs::read(folder.path().join(&name)).unwrap(), bytes, "launch {launch}");
    }
}

#[test]
fn a_lost_section_is_not_forgotten_on_a_backend_that_checks_nothing() {
    use crate::support::{open, put, rewrite, settle};
    let memory = leftoff::backend::MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| {
        capture.set(FORM, &"the only copy of it".repeat(20));
        capture.set(LAYOUT, &[1; 8]);
    });
    session.close().unwrap();
    let memory = rewrite(&memory, |_, bytes| {
        if let Some(at) = bytes.windows(9).position(|window| window == b"only copy") {
            folder::flip(bytes, at * 8);
        }
        true
    });
    for launch in 0..12 {
        let mut session = open(memory.clone());
        match session.get(FORM) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
            Ok(value) => panic!("launch {launch}: {value:?}, and not: there was one"),
        }
        put(&mut session, "b", |capture| capture.set(LAYOUT, &[launch; 8]));
        settle(&mut session);
        session.close().unwrap();
    }
}

#[test]
fn one_bad_section_of_a_frame_spoils_only_itself() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    session.mark("a");
    session
        .autosave(|capture| {
            capture.set(FORM, &"a section that will be damaged".to_owned());
            capture.set(LAYOUT, &[1; 8]);
            capture.scope(WINDOW).set(DRAFT, &"Dear Ana".to_owned());
        })
        .unwrap();
    dies(session, folder.path());
    let mut session = begin(folder.path());
    session.mark("b");
    session.autosave(|_| {}).unwrap();
    dies(session, folder.path());
    flip_text(folder.path(), b"will be dama");
    let mut session = begin(folder.path());
    assert_eq!(session.outcome(), Outcome::Damaged);
    assert_eq!(session.get(LAYOUT).unwrap(), Some([1; 8]));
    assert_eq!(session.scope(WINDOW).get(DRAFT).unwrap().as_deref(), Some("Dear Ana"));
    assert_eq!(session.get(FORM).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(session.marker().unwrap().element(), "b");
}

#[test]
fn a_state_that_ends_before_the_log_does_is_not_resumed() {
    let log = make(Shape::Plain);
    let name = log.files.keys().nth(1).unwrap();
    for at in (0..used(&log.files[name])).step_by(7) {
        let mut files = log.files.clone();
        folder::flip(files.get_mut(name).unwrap(), at * 8);
        let folder = folder::write(&files);
        let clock = ManualClock::new();
        clock.reboot();
        let backend = Unsynced(FileBackend::open(folder.path()).unwrap());
        let mut session = still(backend).clock(clock).open().unwrap();
        let newest = session.get(LAYOUT).is_ok_and(|layout| layout.as_ref() == log.known.layouts.last());
        assert!(newest || session.outcome() != Outcome::Resumed, "byte {at}: {:?}", session.report());
    }
}

#[test]
fn a_window_closed_after_damage_is_absent() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    for (element, text) in [("a", "the first of them"), ("b", "the second one")] {
        session.mark(element);
        session.autosave(|capture| capture.scope(WINDOW).set(DRAFT, &text.repeat(20))).unwrap();
    }
    session.close().unwrap();
    let mut files = folder::logs(folder.path());
    let (name, bytes) = files.iter_mut().next().unwrap();
    // The head of the frame, so that not even what it was about is known.
    let heads: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"LFTO")).collect();
    folder::flip(bytes, heads[2] * 8);
    std::fs::write(folder.path().join(name), &bytes).unwrap();
    let mut session = begin(folder.path());
    assert_eq!(session.outcome(), Outcome::Damaged);
    session.scope(WINDOW).close();
    assert_eq!(session.scope(WINDOW).get(DRAFT).unwrap(), None);
    session.autosave(|_| {}).unwrap();
    assert_eq!(session.scope(WINDOW).get(DRAFT).unwrap(), None);
}

/// The same on a backend that does not check what it gives back.
#[test]
fn every_flipped_bit_of_every_frame_in_memory() {
    use crate::support::{frames, open, put, rewrite};
    let memory = leftoff::backend::MemoryBackend::new();
    for launch in 0..3_u32 {
        let mut session = open(memory.clone());
        for step in 0..3 {
            put(&mut session, "a", |capture| {
                capture.set(LAYOUT, &[launch, step, 0, 0, 0, 0, 0, 0]);
                capture.set(FORM, &format!("launch {launch}, step {step}, and more of it"));
            });
        }
        crash(session);
    }
    let (mut flips, mut back) = (0_u32, 0_u32);
    for (id, bytes) in frames(&memory) {
        for at in 0..bytes.len() {
            let spoiled = rewrite(&memory, |other, bytes| {
                if other == id {
                    folder::flip(bytes, at * 8 + at % 8);
                }
                true
            });
            let mut session = open(spoiled);
            assert_ne!(session.outcome(), Outcome::Fresh);
            flips += 1;
            let layout = session.get(LAYOUT);
            let form = session.get(FORM);
            back += u32::from(layout.is_ok() && form.is_ok());
            for (ok, name) in [(layout.is_ok(), "layout"), (form.is_ok(), "form")] {
                let fate = session.report().sections.iter().find(|line| line.name == name).map(|line| line.fate);
                assert_eq!(ok, fate.is_some_and(|fate| fate != SectionFate::Lost), "{id:?}, byte {at}");
            }
            if let Ok(layout) = layout {
                let [launch, step, ..] = layout.unwrap();
                assert!(launch < 3 && step < 3);
            }
            if let Ok(form) = form {
                assert!(form.unwrap().ends_with(", and more of it"));
            }
            crash(session);
        }
    }
    eprintln!("{flips} flips: both sections back in {:.2} %", f64::from(back) / f64::from(flips) * 100.0);
}
