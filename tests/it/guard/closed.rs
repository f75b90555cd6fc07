//! Windows of which the guard withholds a section: open, closed, and closed with the program.

use leftoff::backend::MemoryBackend;
use leftoff::{SectionFate, Session};

use super::{DRAFT, ENDS, FORM, assert_withheld};
use crate::support::clock::seconds;
use crate::support::{ManualClock, crash, put, settle, still};

fn start(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    still(memory.clone()).clock(clock.clone()).open()
}

/// A window that has nothing but a draft, and as many launches that end while they use it. One more than the guard needs, and
/// markers are withheld as well.
fn guarded(ends: usize) -> (MemoryBackend, ManualClock) {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    put(&mut session, "form/name", |capture| capture.set(FORM, &"Ana".to_owned()));
    session.scope("window").mark("body");
    session.autosave(|capture| capture.scope("window").set(DRAFT, &vec![1, 2, 3])).unwrap();
    session.close().unwrap();
    for end in 0..ends {
        let mut session = start(&memory, &clock);
        match end {
            0..ENDS => drop(session.scope("window").get(DRAFT).unwrap()),
            _ => drop(session.get(FORM).unwrap()),
        }
        crash(session);
    }
    (memory, clock)
}

/// Lives, closes the window and goes on.
fn close_window(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    let mut session = start(memory, clock);
    assert_withheld(session.scope("window").get(DRAFT));
    assert_eq!(session.scopes(), ["window"], "a window of which everything is withheld is a window");
    session.scope("window").close();
    assert_eq!(session.scopes(), [""; 0]);
    clock.advance(seconds(10));
    put(&mut session, "form/name", |_| {});
    session
}

#[track_caller]
fn closed(session: &Session) -> Vec<(String, Option<String>)> {
    session.closed_scopes().into_iter().map(|closed| (closed.name, closed.element)).collect()
}

#[test]
fn closed_window_with_a_withheld_section_stays_closed_and_reopens_with_value_and_marks() {
    for ends in [ENDS, ENDS + 1] {
        let (memory, clock) = guarded(ends);
        let mut session = close_window(&memory, &clock);
        for restart in 0..3 {
            assert_eq!(session.scopes(), [""; 0], "{ends} ends, restart {restart}");
            assert_eq!(closed(&session), [("window".to_owned(), Some("body".to_owned()))]);
            assert_eq!(session.scope("window").fate(DRAFT), SectionFate::Removed);
            assert_eq!(session.scope("window").get_quarantined(DRAFT).unwrap(), Some(vec![1, 2, 3]));
            settle(&mut session);
            clock.advance(seconds(90));
            settle(&mut session);
            if restart == 0 {
                crash(session);
            } else {
                session.close().unwrap();
            }
            session = start(&memory, &clock);
            assert!(!session.can_bring_back());
        }
        assert!(session.reopen_scope("window"));
        assert!(session.can_bring_back());
        assert_withheld(session.scope("window").get(DRAFT));
        assert_eq!(session.scopes(), ["window"]);
        assert_eq!(session.scope("window").marker().unwrap().element(), "body");
        session.autosave(|_| {}).unwrap();
        session.close().unwrap();
        let mut session = start(&memory, &clock);
        assert_eq!(session.scope("window").get(DRAFT).unwrap(), Some(vec![1, 2, 3]), "offered again");
        assert_eq!((session.scopes(), closed(&session)), (vec!["window".to_owned()], vec![]));
    }
}

#[test]
fn window_with_a_withheld_section_that_is_closed_with_the_program_is_open_at_the_next_start() {
    let (memory, clock) = guarded(ENDS);
    let mut session = start(&memory, &clock);
    put(&mut session, "form/name", |_| {});
    assert_withheld(session.scope("window").get(DRAFT));
    session.scope("window").close();
    session.close().unwrap();
    let mut session = start(&memory, &clock);
    assert_eq!(session.scopes(), ["window"]);
    assert_eq!(session.scope("window").get(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.scope("window").marker().unwrap().element(), "body");
}

#[test]
fn withheld_value_outlives_the_closed_window_and_comes_back_when_it_is_asked_for() {
    let (memory, clock) = guarded(ENDS);
    let mut session = close_window(&memory, &clock);
    // These push the closed window out.
    for number in 0..=leftoff::Session::MAX_CLOSED_SCOPES {
        let other = format!("other/{number}");
        session.scope(&other).mark("body");
        session.autosave(|capture| capture.scope(&other).set(DRAFT, &vec![4])).unwrap();
        session.scope(&other).close();
        clock.advance(seconds(10));
    }
    session.close().unwrap();
    for _ in 0..2 {
        let mut session = start(&memory, &clock);
        assert_eq!(session.scopes(), [] as [String; 0]);
        assert!(closed(&session).iter().all(|(name, _)| name != "window"));
        settle(&mut session);
        clock.advance(seconds(90));
        settle(&mut session);
        session.close().unwrap();
    }
    let mut session = start(&memory, &clock);
    assert_eq!(session.scope("window").bring_back(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.scopes(), ["window"]);
}
