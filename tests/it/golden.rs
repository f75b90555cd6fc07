//! Logs as released versions wrote them. They load for ever.
//!
//! `tests/fixtures/v1` was written by `write_golden_files` below, once; `.ci/fixtures` refuses a change of it. A later
//! format gets a folder of its own, and its own function here.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use leftoff::marker::anchor::{Element, Elements, Position};
use leftoff::marker::resolve::{Match, Relation};
use leftoff::time::{Clock, Now, Timestamp};
use leftoff::{Action, AppId, LastExit, Mark, Migration, Phase, QuarantineReason, Reason, Section, Session};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Form {
    name: String,
    amount: u64,
    days: Option<u8>,
    share: f64,
    tags: Vec<String>,
    stage: Stage,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum Stage {
    #[default]
    Open,
    Decided {
        by: String,
    },
    Sent(u32, bool),
}

const FORM: Section<Form> = Section::new("form", 2).migrations(&[Migration::from::<Form>(1)]);
const OLD_FORM: Section<Form> = Section::new("form", 1);
const NOTES: Section<String> = Section::new("notes", 1);
const DRAFT: Section<Vec<u32>> = Section::new("draft", 1).expires(Duration::from_secs(3_000_000_000));

fn form(amount: u64) -> Form {
    Form {
        name: "Ana Ünlü".into(),
        amount,
        days: Some(12),
        share: 0.1 + 0.2,
        tags: vec!["travel".into(), String::new()],
        stage: if amount > 1 { Stage::Sent(7, true) } else { Stage::Decided { by: "Bo".into() } },
    }
}

/// Longer than what is always written whole, so that its changes are patches.
fn notes(step: u32) -> String {
    format!("{}step {step}{}", "before ".repeat(60), " after".repeat(60))
}

#[derive(Debug, Clone)]
struct Fixed(Arc<AtomicI64>);

impl Clock for Fixed {
    fn now(&self) -> Now {
        let millis = self.0.fetch_add(1_000, Ordering::Relaxed);
        let monotonic = Duration::from_millis(millis.unsigned_abs() - 1_700_000_000_000);
        Now { wall: Timestamp::from_millis(millis), monotonic }
    }
}

fn open(folder: &Path) -> Session {
    let clock = Fixed(Arc::new(AtomicI64::new(1_700_000_100_000)));
    Session::builder(AppId::new("com.example.golden"))
        .dir(folder)
        .clock(clock)
        .app_version("1.2")
        .without_thread()
        .open()
}

fn work(session: &mut Session) {
    session
        .mark(Mark::new("form/name").action(Action::Edit).label("Name").breadcrumb(&["Trips", "Trip 42"]).step(1, 3));
    session
        .autosave(|capture| {
            capture.set(FORM, &form(1));
            capture.set(NOTES, &notes(1));
            capture.scope("window/2").set(DRAFT, &vec![1, 2, 3]);
        })
        .unwrap();
    session.scope("window/2").mark(Mark::new("body").action(Action::Scroll).detail("line 3"));
    session.mark(Mark::new("form/amount").phase(Phase::Committed).label("Amount").detail("2").note("call Bo"));
    session
        .autosave(|capture| {
            capture.set(FORM, &form(2));
            capture.set(NOTES, &notes(2));
        })
        .unwrap();
}

#[test]
#[ignore = "writes the golden files of the present format; run once before a release that changes it"]
fn write_golden_files() {
    let root = fixtures().join("v1");
    let fresh = |name: &str| {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    // Closed in good order.
    let mut session = open(&fresh("closed"));
    work(&mut session);
    session.close().unwrap();
    // Put to sleep and killed.
    let folder = fresh("asleep");
    let mut session = open(&folder);
    work(&mut session);
    session.suspend(Reason::Meeting).unwrap();
    drop(session);
    // Died at work.
    let folder = fresh("crashed");
    let scratch = crate::support::folder::scratch();
    let mut session = open(scratch.path());
    work(&mut session);
    copy(scratch.path(), &folder);
    drop(session);
    // Three launches, summed up into a base, with a section set aside by an older version of the application.
    let folder = fresh("compacted");
    for launch in 0..3 {
        let mut session = open(&folder);
        if launch < 2 {
            work(&mut session);
        } else {
            session.mark("form/name");
            session.autosave(|capture| capture.set(OLD_FORM, &form(3))).unwrap();
        }
        while session.run_pending().is_some_and(|wait| wait.is_zero()) {}
        session.close().unwrap();
    }
    // The same where the base is all there is of the first two.
    let lean = fresh("base");
    copy(&folder, &lean);
    let mut logs: Vec<_> = fs::read_dir(&lean).unwrap().map(|file| file.unwrap().path()).collect();
    logs.sort();
    logs.iter().take(2).for_each(|log| fs::remove_file(log).unwrap());
    for folder in fs::read_dir(&root).unwrap() {
        let folder = folder.unwrap().path();
        without_lock(&folder);
    }
}

#[test]
#[ignore = "writes the golden file of a sealed base and of logs that name what they go on from; run once, as above"]
fn write_golden_seal() {
    let folder = fixtures().join("v1/sealed");
    fs::create_dir_all(&folder).unwrap();
    let mut session = open(&folder);
    work(&mut session);
    session.close().unwrap();
    // It is summed up, goes on in a new log, and dies.
    let scratch = crate::support::folder::scratch();
    copy(&folder, scratch.path());
    let mut session = open(scratch.path());
    work(&mut session);
    while session.run_pending().is_some_and(|wait| wait.is_zero()) {}
    work(&mut session);
    copy(scratch.path(), &folder);
    drop(session);
    let mut session = open(&folder);
    work(&mut session);
    session.close().unwrap();
    without_lock(&folder);
}

#[test]
#[ignore = "writes the golden file of sections that have their shape with them; run once, as above"]
fn write_golden_shapes() {
    let folder = fixtures().join("v1/shaped");
    fs::create_dir_all(&folder).unwrap();
    let mut session = open(&folder);
    work(&mut session);
    session.close().unwrap();
    without_lock(&folder);
}

#[test]
fn logs_of_version_1_load_for_ever() {
    for (name, outcome, exit) in [
        // The sections of all but the last are in bincode, the default codec of their time.
        ("closed", leftoff::Outcome::Resumed, LastExit::Clean),
        ("asleep", leftoff::Outcome::Resumed, LastExit::Interrupted(Reason::Meeting)),
        ("crashed", leftoff::Outcome::Recovered, LastExit::Crashed),
        ("compacted", leftoff::Outcome::Resumed, LastExit::Clean),
        ("base", leftoff::Outcome::Resumed, LastExit::Clean),
        ("sealed", leftoff::Outcome::Resumed, LastExit::Clean),
        ("shaped", leftoff::Outcome::Resumed, LastExit::Clean),
    ] {
        if name != "shaped" && cfg!(not(feature = "bincode")) {
            continue;
        }
        let scratch = crate::support::folder::scratch();
        copy(&fixtures().join("v1").join(name), scratch.path());
        let mut session = open(scratch.path());
        assert_eq!(session.outcome(), outcome, "{name}");
        assert_eq!(*session.last_exit(), exit, "{name}");
        let compacted = matches!(name, "compacted" | "base");
        let migrated = session.get(FORM).unwrap();
        assert_eq!(migrated, Some(form(if compacted { 3 } else { 2 })), "{name}");
        assert_eq!(session.get(NOTES).unwrap(), Some(notes(2)), "{name}");
        assert_eq!(session.scope("window/2").get(DRAFT).unwrap(), Some(vec![1, 2, 3]), "{name}");
        assert!(session.report().is_whole(), "{name}: {:?}", session.report());
        let marker = session.marker().unwrap();
        if compacted {
            assert_eq!(marker.element(), "form/name");
            let kept = session.quarantined();
            assert_eq!(
                kept.iter().map(|kept| (kept.version, kept.why)).collect::<Vec<_>>(),
                [(2, QuarantineReason::Unread)]
            );
            assert_eq!(session.get_quarantined(FORM).unwrap(), Some(form(2)));
        } else {
            assert_eq!((marker.element(), marker.label()), ("form/amount", Some("Amount")));
            assert_eq!((marker.phase(), marker.note()), (Phase::Committed, Some("call Bo")));
        }
        assert_eq!(session.scope("window/2").marker().unwrap().element(), "body");
    }
}

#[cfg(not(feature = "bincode"))]
#[test]
fn section_of_a_codec_that_is_not_compiled_in_is_an_error_and_keeps_its_bytes() {
    let scratch = crate::support::folder::scratch();
    copy(&fixtures().join("v1/closed"), scratch.path());
    let mut session = open(scratch.path());
    let error = session.get(FORM).unwrap_err();
    assert_eq!(error.kind(), leftoff::ErrorKind::UnknownCodec);
    assert!(error.to_string().contains("the feature `bincode`"), "{error}");
    // The program saves what it has instead. Nine closed launches are compacted into one base.
    for amount in 3..12 {
        session.mark("form/amount");
        session.autosave(|capture| capture.set(FORM, &form(amount))).unwrap();
        session.close().unwrap();
        session = open(scratch.path());
        assert_eq!(session.get(FORM).unwrap(), Some(form(amount)));
        let kept: Vec<_> = session.quarantined().into_iter().map(|kept| (kept.name, kept.why)).collect();
        assert_eq!(kept, [("form".to_owned(), QuarantineReason::Unread)]);
        let error = session.get_quarantined(FORM).unwrap_err();
        assert!(error.to_string().contains("the feature `bincode`"), "{error}");
    }
    // In bincode, the name is behind its length, and the amount behind that.
    let value = [&[10][..], "Ana Ünlü".as_bytes(), &[2]].concat();
    let known: Vec<_> =
        fs::read_dir(fixtures().join("v1/closed")).unwrap().map(|file| file.unwrap().file_name()).collect();
    let is_in = |file: fs::DirEntry| {
        let is_new = !known.contains(&file.file_name());
        is_new && fs::read(file.path()).unwrap().windows(value.len()).any(|window| window == value)
    };
    assert!(fs::read_dir(scratch.path()).unwrap().any(|file| is_in(file.unwrap())), "carried forward by a new log");
}

/// A form of this many fields, with a heading.
fn fields(names: &[&str]) -> Elements {
    let mut elements = Elements::new();
    elements.add(Element::new("form").role("group").name("Trip request"));
    for name in names {
        elements.add(Element::new(&format!("form/{name}")).role("text field").name(name));
    }
    elements
}

const TEXT: &str = "Dear Ana, the price is 1 200 EUR until Monday.";

#[test]
#[ignore = "writes the golden file of an anchor and a position; run once before a release that changes their bytes"]
fn write_golden_anchor() {
    let folder = fixtures().join("v1/anchored");
    fs::create_dir_all(&folder).unwrap();
    let mut session = open(&folder);
    session.mark(Mark::new("form/amount").action(Action::Edit).label("Amount"));
    session
        .autosave(|capture| {
            capture.anchor(&fields(&["name", "amount", "days"]));
            capture.position(Position::text(TEXT, 23..28).viewport(0.25, 0.5));
        })
        .unwrap();
    session.close().unwrap();
    without_lock(&folder);
}

#[test]
fn anchors_of_version_1_find_their_element_for_ever() {
    let scratch = crate::support::folder::scratch();
    copy(&fixtures().join("v1/anchored"), scratch.path());
    let session = open(scratch.path());
    let marker = session.marker().unwrap();
    let elements = fields(&["days", "name", "amount"]);
    let amount = elements.find("form/amount").unwrap();
    assert_eq!(marker.resolve(&elements).outcome(), Match::Exact(amount));
    // Only an anchor that was read knows what stood before.
    let elements = fields(&["days", "name"]);
    let before = elements.find("form/name").unwrap();
    let nearest = Match::Nearest { node: before, relation: Relation::PreviousSibling };
    assert_eq!(marker.resolve(&elements).outcome(), nearest);
    let position = marker.position().unwrap();
    assert_eq!(position.viewport_fraction(), Some((0.25, 0.5)));
    assert_eq!(position.find_in(&format!("Hello. {TEXT}")).unwrap().0, 30..35);
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// What a session leaves beside its logs is no golden file.
fn without_lock(folder: &Path) {
    for beside in ["lock", "holder"] {
        let _ = fs::remove_file(folder.join(beside));
    }
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.path().extension().is_some_and(|extension| extension == "log") {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
