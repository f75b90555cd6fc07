//! Sections that the user declines, and brings back.

use std::sync::Arc;

use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Mark, Marker, QuarantineReason, Section, SectionFate, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

const NOTE: Section<String> = Section::new("note", 1);
const FORM: Section<Vec<u32>> = Section::new("form", 1);

fn open(memory: &MemoryBackend) -> Session {
    Session::builder(AppId::new("com.example.aside")).backend(memory.clone()).open()
}

fn stored() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    session.mark("note/text");
    let saved = session.save(|capture| {
        capture.set(NOTE, &"Dear Ana".to_owned());
        capture.set(FORM, &vec![1, 2]);
        capture.scope("editor").set(NOTE, &"draft".to_owned());
    });
    saved.unwrap();
    session.close().unwrap();
    memory
}

fn reasons(session: &Session) -> Vec<(String, QuarantineReason)> {
    session.quarantined().into_iter().map(|aside| (aside.name, aside.why)).collect()
}

#[test]
fn a_section_declined_is_gone_at_every_start_until_it_is_brought_back() {
    let memory = stored();
    let mut session = open(&memory);
    assert!(session.quarantine(NOTE).unwrap());
    assert_eq!((session.get(NOTE).unwrap(), session.get(FORM).unwrap()), (None, Some(vec![1, 2])));
    // Killed.
    drop(session);
    for _ in 0..2 {
        let mut session = open(&memory);
        assert_eq!(session.get(NOTE).unwrap(), None);
        assert_eq!(session.fate(NOTE), SectionFate::Quarantined);
        assert_eq!(reasons(&session), [("note".to_owned(), QuarantineReason::Declined)]);
        assert!(!session.can_bring_back(), "what the user declined long ago is not offered again and again");
        assert_eq!(session.bring_back_all().unwrap(), 0);
    }
    let mut session = open(&memory);
    assert_eq!(session.bring_back(NOTE).unwrap().unwrap(), "Dear Ana");
    drop(session);
    assert_eq!(open(&memory).get(NOTE).unwrap().unwrap(), "Dear Ana");
}

#[test]
fn a_restore_can_be_undone_and_that_as_well() {
    let memory = stored();
    let mut session = open(&memory);
    assert_eq!(session.get(NOTE).unwrap().unwrap(), "Dear Ana");
    assert!(session.marker().is_some() && !session.can_bring_back());
    assert_eq!(session.quarantine_all().unwrap(), 3);
    assert!(session.marker().is_none());
    assert_eq!((session.get(NOTE).unwrap(), session.get(FORM).unwrap()), (None, None));
    assert_eq!(session.scope("editor").get(NOTE).unwrap(), None);
    // The user goes on, and changes their mind.
    session.save(|capture| capture.set(NOTE, &"new".to_owned())).unwrap();
    assert!(session.can_bring_back());
    assert_eq!(session.bring_back_all().unwrap(), 3);
    assert!(!session.can_bring_back());
    assert_eq!(session.get(NOTE).unwrap().unwrap(), "Dear Ana");
    assert_eq!(session.scope("editor").get(NOTE).unwrap().unwrap(), "draft");
    assert_eq!(reasons(&session), [("note".to_owned(), QuarantineReason::Replaced)], "what was typed meanwhile");
    drop(session);
    assert_eq!(open(&memory).get(FORM).unwrap().unwrap(), [1, 2]);
}

/// The state of `stored`, undone in a launch that then ended.
fn undone() -> MemoryBackend {
    let memory = stored();
    let mut session = open(&memory);
    session.quarantine_all().unwrap();
    session.close().unwrap();
    memory
}

#[test]
fn an_undone_restore_is_offered_at_each_start_until_it_is_brought_back() {
    let memory = undone();
    for _ in 0..2 {
        let session = open(&memory);
        assert!(session.can_bring_back());
        assert!(session.marker().is_none(), "the field is empty now");
        assert_eq!(session.last_active_scope(), None);
    }
    let mut session = open(&memory);
    assert_eq!(session.bring_back_all().unwrap(), 3);
    assert_eq!(session.get(NOTE).unwrap().unwrap(), "Dear Ana");
    assert_eq!(session.marker().map(Marker::element), Some("note/text"));
    assert!(!session.can_bring_back());
    session.close().unwrap();
    let session = open(&memory);
    assert!(!session.can_bring_back());
    assert_eq!(session.marker().map(Marker::element), Some("note/text"));
}

#[test]
fn an_undone_restore_that_its_user_does_not_want_is_kept_and_not_offered() {
    let memory = undone();
    let mut session = open(&memory);
    session.stop_offering();
    assert!(!session.can_bring_back());
    session.close().unwrap();
    let mut session = open(&memory);
    assert!(!session.can_bring_back() && session.marker().is_none());
    assert_eq!(session.bring_back_all().unwrap(), 0);
    assert_eq!(reasons(&session).len(), 3);
    assert_eq!(session.bring_back(NOTE).unwrap().unwrap(), "Dear Ana");
}

#[test]
fn a_state_that_comes_back_has_its_own_marker_and_not_that_of_what_it_replaces() {
    let mark = |detail: &'static str| Mark::new("note/text").label("Note").detail(detail);
    for is_same_launch in [true, false] {
        for all in [true, false] {
            let memory = MemoryBackend::new();
            let mut session = open(&memory);
            session.mark(mark("Dear Ana"));
            session.save(|capture| capture.set(NOTE, &"Dear Ana".to_owned())).unwrap();
            session.close().unwrap();
            let mut session = open(&memory);
            session.quarantine_all().unwrap();
            session.mark(mark("Dear Bob"));
            session.mark("form/other");
            session.save(|capture| capture.set(NOTE, &"Dear Bob".to_owned())).unwrap();
            if !is_same_launch {
                session.close().unwrap();
                session = open(&memory);
                assert_eq!(session.marker().map(Marker::element), Some("form/other"), "the newest touch");
                assert_eq!(session.marker().unwrap().trail().len(), 2, "what was undone is not in the trail");
            }
            if all {
                assert_eq!(session.bring_back_all().unwrap(), 1);
            } else {
                assert_eq!(session.bring_back(NOTE).unwrap().unwrap(), "Dear Ana");
            }
            for round in ["at once", "at the next start"] {
                let card = session.marker().unwrap().card_now();
                assert_eq!((card.location(), card.detail()), ("Note", Some("Dear Ana")), "{round}");
                session.close().unwrap();
                session = open(&memory);
            }
        }
    }
}

#[test]
fn what_is_declined_is_the_newest_value() {
    let memory = stored();
    let mut session = open(&memory);
    session.mark_dirty();
    // Encoded by the flusher, some time later.
    session.autosave(|capture| capture.share(NOTE, &Arc::new("newer".to_owned()))).unwrap();
    assert!(session.quarantine(NOTE).unwrap());
    assert!(!session.quarantine(NOTE).unwrap(), "there is none left");
    assert_eq!(session.bring_back(NOTE).unwrap().unwrap(), "newer");
}

#[test]
fn a_scope_declines_its_own_section() {
    let memory = stored();
    let mut session = open(&memory);
    assert!(session.scope("editor").quarantine(NOTE).unwrap());
    assert_eq!(session.scope("editor").get(NOTE).unwrap(), None);
    assert_eq!(session.get(NOTE).unwrap().unwrap(), "Dear Ana");
}

#[test]
fn a_preview_names_what_is_stored_before_anything_is_read() {
    let session = open(&stored());
    let preview = session.preview();
    let names: Vec<(&str, &str)> = preview.iter().map(|line| (line.scope.as_str(), line.name.as_str())).collect();
    assert_eq!(names, [("", "form"), ("", "note"), ("editor", "note")]);
}

#[test]
fn a_preview_of_an_earlier_state_names_what_would_change() {
    let memory = stored();
    let mut session = open(&memory);
    session.save(|capture| capture.set(NOTE, &"newer".to_owned())).unwrap();
    let point = session.history().unwrap().remove(0);
    session.save(|capture| capture.set(Section::<u8>::new("added", 1), &1)).unwrap();
    session.mark_dirty();
    session.autosave(|capture| capture.remove(FORM)).unwrap();
    let changes = session.preview_at(&point).unwrap();
    let told: Vec<_> = changes.iter().map(|c| (c.name.as_str(), c.then.is_some(), c.now.is_some())).collect();
    assert_eq!(told, [("added", false, true), ("form", true, false), ("note", true, true)]);
    session.resume_at(&point).unwrap();
    assert_eq!(session.preview_at(&point).unwrap(), [], "it has gone back");
}

#[test]
fn open_work_and_timeline_go_across_windows() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    session.scope("b").mark("b/1");
    session.scope("a").mark("a/1");
    session.scope("b").mark("b/2");
    session.save(|capture| capture.set(NOTE, &String::new())).unwrap();
    drop(session);
    let mut session = open(&memory);
    let markers: Vec<(&str, &str)> = session.markers().iter().map(|m| (m.scope(), m.element())).collect();
    assert_eq!(markers, [("b", "b/2"), ("a", "a/1")], "the window touched last first");
    let steps = |session: &Session| session.timeline().into_iter().map(|(_, step)| step.element().to_owned());
    assert_eq!(steps(&session).collect::<Vec<_>>(), ["b/1", "a/1", "b/2"]);
    session.scope("a").mark("a/2");
    assert_eq!(steps(&session).next_back().unwrap(), "a/2");
}

#[test]
fn offer_that_storage_prevents_stands() {
    let faults = Faults::new();
    let backend = FaultyBackend::new(stored(), faults.clone());
    let mut session = Session::builder(AppId::new("com.example.aside")).backend(backend).open();
    session.quarantine_all().unwrap();
    faults.fail(Call::Create, When::Always, std::io::ErrorKind::Other);
    session.mark("note/text");
    session.autosave(|capture| capture.set(NOTE, &"typed meanwhile".to_owned())).unwrap();
    session.bring_back_all().unwrap_err();
    faults.mend_all();
    assert!(session.can_bring_back());
    assert_eq!(session.bring_back_all().unwrap(), 3);
    assert_eq!(session.get(NOTE).unwrap().unwrap(), "Dear Ana");
}
