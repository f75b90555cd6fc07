//! What a session has: its sections by name, sections named at run time, and nothing where saving is switched off.

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, Outcome, Section, Session};

use crate::support::{APP, ManualClock, child, folder, open, put, still};

const FORM: Section<String> = Section::new("form", 1);
const STEP: Section<u32> = Section::new("step", 1);
const SHORT: Section<u32> = Section::<u32>::new("short", 1).expires(Duration::from_secs(60));
const RECORD: Section<u32> = Section::new("record", 1);

#[test]
fn sections_of_a_scope_are_listed_with_and_without_a_restart() {
    let memory = MemoryBackend::new();
    let clock = ManualClock::new();
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    put(&mut session, "a", |capture| {
        capture.set(STEP, &1);
        capture.set(FORM, &"Ana".to_owned());
        capture.set(SHORT, &1);
        capture.scope("window/2").set(RECORD, &1);
    });
    assert_eq!(session.sections(), ["form", "short", "step"]);
    assert_eq!(session.scope("window/2").sections(), ["record"]);
    put(&mut session, "a", |capture| capture.remove(FORM));
    assert_eq!(session.sections(), ["short", "step"]);
    session.close().unwrap();
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    assert_eq!(session.sections(), ["short", "step"]);
    assert_eq!(session.scope("window/2").sections(), ["record"]);
    assert!(session.scope("window/3").sections().is_empty());
    session.close().unwrap();
    clock.advance(Duration::from_secs(61));
    assert_eq!(still(memory).clock(clock).open().sections(), ["step"]);
}

#[test]
fn sections_named_at_run_time_are_stored_each_by_itself() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let records: Vec<_> = (0..3).map(|id| RECORD.named(&format!("record/{id}")).unwrap()).collect();
    put(&mut session, "a", |capture| (0..).zip(&records).for_each(|(id, record)| capture.set(*record, &id)));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.sections(), ["record/0", "record/1", "record/2"]);
    assert_eq!(session.get(RECORD.named("record/2").unwrap()).unwrap(), Some(2));
    assert_eq!(session.get(RECORD).unwrap(), None);
    for name in ["", "a\nb", &"x".repeat(Section::MAX_NAME + 1)] {
        assert_eq!(RECORD.named(name).unwrap_err().kind(), ErrorKind::InvalidSetting, "{name:?}");
    }
}

#[test]
fn program() {
    let Some(dir) = child::role() else { return };
    let mut session = Session::builder(APP).dir(dir).open();
    assert_eq!((session.outcome(), session.get(STEP).unwrap()), (Outcome::Fresh, None));
    put(&mut session, "a", |capture| capture.set(STEP, &2));
    assert_eq!(session.get(STEP).unwrap(), Some(2));
    session.close().unwrap();
}

#[test]
fn session_that_is_switched_off_by_the_environment_leaves_the_directory_alone() {
    let dir = folder::scratch();
    let mut session = Session::builder(APP).dir(dir.path()).open();
    put(&mut session, "a", |capture| capture.set(STEP, &1));
    session.close().unwrap();
    let before = folder::logs(dir.path());
    let mut child = child::spawn("listing::program", &dir.path().display().to_string());
    assert!(child.env("LEFTOFF", "off").status().unwrap().success());
    assert_eq!(folder::logs(dir.path()), before);
    assert_eq!(Session::builder(APP).dir(dir.path()).open().get(STEP).unwrap(), Some(1));
}
