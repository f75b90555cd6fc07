//! A value that cannot be stored although the storage works: named until one can.

use std::sync::Arc;

use leftoff::{ErrorKind, SectionFate, Status};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::*;

const DRAFT: Section<String> = Section::<String>::new("draft", 1).limit(100);

fn names(status: &Status) -> Vec<(&str, &str)> {
    status.unsaved.iter().map(|section| (section.scope.as_str(), section.name.as_str())).collect()
}

fn fate(session: &Session) -> Option<SectionFate> {
    session.report().sections.into_iter().find(|section| section.name == "draft").map(|section| section.fate)
}

/// Stores "short", then types more than the section may hold.
fn type_too_much(session: &mut Session) {
    put(session, "draft", |capture| capture.set(DRAFT, &"short".to_owned()));
    session.mark("draft");
    let error = session.autosave(|capture| capture.set(DRAFT, &"x".repeat(101))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn a_value_that_is_too_large_is_named_by_status_save_close_and_the_next_starts_until_one_is_stored() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let begin = || still(memory.clone()).clock(clock.clone()).open();
    let mut session = begin();
    type_too_much(&mut session);
    let refused_at = clock.wall();
    clock.advance(seconds(5));
    session.mark("draft");
    session.autosave(|capture| capture.set(DRAFT, &"x".repeat(102))).unwrap_err();
    put(&mut session, "form", |capture| capture.set(FORM, &1));
    let status = session.status();
    assert_eq!(names(&status), [("", "draft")]);
    assert_eq!((status.unsaved[0].since, status.unsaved[0].error.kind()), (refused_at, ErrorKind::TooLarge));
    assert_eq!(status.trouble().map(leftoff::Error::kind), Some(ErrorKind::TooLarge));
    let error = session.save(|capture| capture.set(FORM, &2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "although this save did not touch it");
    let error = session.close().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().starts_with("not everything was saved: "), "{error}");

    // Launches enough for a base in between.
    for _ in 0..12 {
        let mut session = begin();
        assert_eq!(session.get(DRAFT).unwrap().as_deref(), Some("short"));
        assert_eq!(session.get(FORM).unwrap(), Some(2), "the rest is saved");
        assert_eq!(fate(&session), Some(SectionFate::NewerRefused { at: refused_at }));
        assert!(!session.report().is_whole());
        assert!(session.status().unsaved.is_empty(), "of this launch");
        put(&mut session, "form", |capture| capture.set(FORM, &2));
        session.save(|_| {}).unwrap();
        session.close().unwrap();
    }

    let mut session = begin();
    session.get(DRAFT).unwrap();
    put(&mut session, "draft", |capture| capture.set(DRAFT, &"shorter".to_owned()));
    assert_eq!(fate(&session), Some(SectionFate::NewerRefused { at: refused_at }), "that is how it came back");
    session.close().unwrap();
    let mut session = begin();
    assert_eq!(session.get(DRAFT).unwrap().as_deref(), Some("shorter"));
    assert_eq!(fate(&session), Some(SectionFate::Restored));
}

#[test]
fn a_value_that_is_as_it_was_stored_again_takes_the_refusal_back() {
    for crashes in [false, true] {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        type_too_much(&mut session);
        if crashes {
            crash(session);
            session = open(memory.clone());
        }
        put(&mut session, "draft", |capture| capture.set(DRAFT, &"short".to_owned()));
        assert!(session.status().unsaved.is_empty());
        session.save(|_| {}).unwrap();
        session.close().unwrap();
        let mut session = open(memory);
        session.get(DRAFT).unwrap();
        assert_eq!(fate(&session), Some(SectionFate::Restored), "crashes: {crashes}");
    }
}

#[test]
fn a_section_that_was_never_stored_and_refused_is_in_the_report() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.mark("draft");
    session.autosave(|capture| capture.set(DRAFT, &"x".repeat(101))).unwrap_err();
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.get(DRAFT).unwrap(), None);
    assert!(matches!(fate(&session), Some(SectionFate::NewerRefused { .. })));
}

#[test]
fn removing_closing_and_forgetting_end_a_refusal() {
    let ends: [fn(&mut Session); 3] = [
        |session| {
            put(session, "draft", |capture| capture.scope("window").remove(DRAFT));
        },
        |session| session.scope("window").close(),
        |session| session.forget().unwrap(),
    ];
    for (nth, end) in ends.into_iter().enumerate() {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        session.mark("draft");
        session.autosave(|capture| capture.scope("window").set(DRAFT, &"x".repeat(101))).unwrap_err();
        assert_eq!(names(&session.status()), [("window", "draft")]);
        end(&mut session);
        assert!(session.status().unsaved.is_empty(), "{nth}");
        session.save(|capture| capture.set(FORM, &1)).unwrap();
        session.close().unwrap();
        assert_eq!(fate(&open(memory)), None, "{nth}");
    }
}

#[test]
fn a_refusal_is_told_once_it_can_be_written() {
    use leftoff_testing::{Call, Faults, FaultyBackend, When};
    let (memory, clock, faults) = (MemoryBackend::new(), ManualClock::new(), Faults::new());
    let mut session = still(FaultyBackend::new(memory.clone(), faults.clone())).clock(clock.clone()).open();
    faults.fail(Call::Create, When::Always, std::io::ErrorKind::StorageFull);
    type_too_much_deferred(&mut session);
    // One that is taken back before it could be written is not told.
    session.mark("form");
    session.autosave(|capture| capture.scope("other").set(DRAFT, &"x".repeat(101))).unwrap_err();
    session.mark("form");
    session.autosave(|capture| capture.scope("other").set(DRAFT, &"short".to_owned())).unwrap();
    faults.mend(Call::Create);
    clock.advance(seconds(60));
    session.run_pending();
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.get(DRAFT).unwrap().as_deref(), Some("short"));
    assert_eq!(session.scope("other").get(DRAFT).unwrap().as_deref(), Some("short"));
    let refused: Vec<_> = session.report().sections.into_iter().map(|section| (section.scope, section.fate)).collect();
    assert!(matches!(&refused[..], [(own, SectionFate::NewerRefused { .. }), (other, SectionFate::Restored)]
        if own.is_empty() && other == "other"));
}

fn type_too_much_deferred(session: &mut Session) {
    session.mark("draft");
    assert_eq!(session.autosave(|capture| capture.set(DRAFT, &"short".to_owned())).unwrap(), Saved::Deferred);
    assert!(!session.status().is_synced);
    session.mark("draft");
    session.autosave(|capture| capture.set(DRAFT, &"x".repeat(101))).unwrap_err();
}

struct Unencodable;

impl<'de> serde::Deserialize<'de> for Unencodable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("nothing is ever stored of it"))
    }
}

impl Serialize for Unencodable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("not today"))
    }
}

#[test]
fn a_shared_value_that_cannot_be_encoded_is_named_by_save_and_close() {
    const BAD: Section<Unencodable> = Section::new("draft", 1);
    for thread in [false, true] {
        let memory = MemoryBackend::new();
        let builder = Session::builder(APP).backend(memory.clone());
        let mut session = if thread { builder.open() } else { builder.without_thread().open() };
        session.mark("draft");
        session.autosave(|capture| capture.share(BAD, &Arc::new(Unencodable))).unwrap();
        assert_eq!(session.save(|_| {}).unwrap_err().kind(), ErrorKind::Encode);
        assert_eq!(names(&session.status()), [("", "draft")]);
        session.mark("draft");
        session.autosave(|_| {}).unwrap();
        assert_eq!(session.save(|_| {}).unwrap_err().kind(), ErrorKind::Encode, "until it could be stored");
        assert_eq!(session.close().unwrap_err().kind(), ErrorKind::Encode);
        assert!(matches!(fate(&open(memory)), Some(SectionFate::NewerRefused { .. })));
    }
}
