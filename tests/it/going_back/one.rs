//! One section or one scope of an earlier state.

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, Section};

use super::{COUNT, TEXT, start, type_text};
use crate::support::clock::minutes;
use crate::support::{ManualClock, crash, settle};

const WINDOW: &str = "window/2";

#[test]
fn one_section_comes_back_and_the_others_stay() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    type_text(&mut session, "a long draft");
    clock.advance(minutes(5));
    type_text(&mut session, "");
    session.mark("count");
    session.autosave(|capture| capture.set(COUNT, &7)).unwrap();
    let points = session.history().unwrap();
    let drafts = points.iter().find(|point| session.get_at(point, TEXT).unwrap().as_deref() == Some("a long draft"));
    let point = drafts.unwrap().clone();
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some(""), "looking changes nothing");

    assert!(session.restore_section(&point, TEXT).unwrap());
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("a long draft"));
    assert_eq!(session.get(COUNT).unwrap(), Some(7), "which the state of then did not have");
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("a long draft"));
    assert_eq!(session.get(COUNT).unwrap(), Some(7));
}

#[test]
fn the_value_that_is_replaced_is_in_the_history() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    // All in one minute: the schedule alone has no place for each, and none of these loses half of its bytes.
    type_text(&mut session, "the old text");
    type_text(&mut session, "in between");
    let old = session.history().unwrap().remove(0);
    type_text(&mut session, "new work");
    assert!(session.restore_section(&old, TEXT).unwrap());
    type_text(&mut session, "the old text, and more");
    settle(&mut session);
    crash(session);
    let mut session = start(&memory, &clock);
    let points = session.history().unwrap();
    let replaced = points.iter().find(|point| session.get_at(point, TEXT).unwrap().as_deref() == Some("new work"));
    assert!(replaced.is_some(), "{points:?}");
    session.resume_at(replaced.unwrap()).unwrap();
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("new work"));
}

#[test]
fn a_section_that_was_not_there_then_is_left_alone() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    type_text(&mut session, "text");
    session.mark("count");
    session.autosave(|capture| capture.set(COUNT, &7)).unwrap();
    let point = session.history().unwrap().remove(0);
    assert_eq!(session.get_at(&point, COUNT).unwrap(), None);
    assert!(!session.restore_section(&point, COUNT).unwrap());
    assert!(!session.restore_scope(&point, WINDOW).unwrap());
    assert_eq!(session.get(COUNT).unwrap(), Some(7));
}

#[test]
fn a_section_of_another_type_then_is_brought_back_as_it_is_and_told() {
    const NEWER: Section<String> = Section::new("text", 2);
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.mark("a");
    session.autosave(|capture| capture.set(NEWER, &"newer".to_owned())).unwrap();
    type_text(&mut session, "text");
    let point = session.history().unwrap().remove(0);
    assert_eq!(session.get_at(&point, TEXT).unwrap_err().kind(), ErrorKind::NewerSection);
    assert!(session.restore_section(&point, TEXT).unwrap());
    assert_eq!(session.get(NEWER).unwrap().as_deref(), Some("newer"));
}

#[test]
fn one_scope_comes_back_with_its_marker_and_what_it_replaces_is_closed() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    let save = |session: &mut leftoff::Session, element: &str, text: &str, count: u32| {
        session.scope(WINDOW).mark(element);
        session
            .autosave(|capture| {
                capture.set(COUNT, &count);
                capture.scope(WINDOW).set(TEXT, &text.to_owned());
            })
            .unwrap();
    };
    save(&mut session, "subject", "Dear Ana, a long letter", 1);
    clock.advance(minutes(5));
    save(&mut session, "body", "D", 2);
    let point = session.history().unwrap().remove(0);
    assert!(session.restore_scope(&point, WINDOW).unwrap());
    for restarted in [false, true] {
        if restarted {
            crash(session);
            session = start(&memory, &clock);
        }
        assert_eq!(session.scopes(), [WINDOW]);
        assert_eq!(session.scope(WINDOW).get(TEXT).unwrap().as_deref(), Some("Dear Ana, a long letter"));
        assert_eq!(session.scope(WINDOW).marker().unwrap().element(), "subject");
        assert_eq!(session.get(COUNT).unwrap(), Some(2), "of no scope, so it stays");
        let closed = session.closed_scopes();
        assert_eq!((closed.len(), closed[0].element.as_deref()), (1, Some("body")), "restarted: {restarted}");
        let points = session.history().unwrap();
        let texts: Vec<_> = points.iter().map(|point| session.scope(WINDOW).get_at(point, TEXT).unwrap()).collect();
        assert!(texts.contains(&Some("D".to_owned())), "{texts:?}");
    }
}
