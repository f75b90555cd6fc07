//! Windows that were closed, and those that were closed only because the program was.

use std::sync::Arc;

use leftoff::backend::MemoryBackend;
use leftoff::{Section, Session};

use super::{TEXT, start};
use crate::support::clock::{days, seconds};
use crate::support::{ManualClock, crash, settle};

const SHORT: Section<String> = Section::<String>::new("short", 1).expires(seconds(60));

#[track_caller]
fn write(session: &mut Session, window: &str, text: &str) {
    session.scope(window).mark("body");
    session.autosave(|capture| capture.scope(window).set(TEXT, &text.to_owned())).unwrap();
}

#[track_caller]
fn text(session: &mut Session, window: &str) -> Option<String> {
    session.scope(window).get(TEXT).unwrap()
}

/// Names of closed scopes, the one closed last first.
fn closed(session: &Session) -> Vec<String> {
    session.closed_scopes().into_iter().map(|closed| closed.name).collect()
}

#[track_caller]
fn nothing_new(session: &mut Session) {
    session.mark_dirty();
    session.autosave(|_| {}).unwrap();
}

#[test]
fn a_closed_scope_is_listed_and_comes_back_with_everything_it_had() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for window in ["a", "b", "c"] {
        write(&mut session, window, &format!("text of {window}"));
    }
    for window in ["b", "a"] {
        clock.advance(seconds(20));
        session.scope(window).close();
        nothing_new(&mut session);
    }
    clock.advance(seconds(20));
    for restarted in 0..3 {
        assert_eq!(session.scopes(), ["c"]);
        assert_eq!(closed(&session), ["a", "b"]);
        assert_eq!(text(&mut session, "b"), None);
        match restarted {
            0 => crash(session),
            // And what is summed up has them, too.
            _ => {
                settle(&mut session);
                clock.advance(seconds(90));
                settle(&mut session);
                session.close().unwrap();
            }
        }
        session = start(&memory, &clock);
    }
    assert!(session.reopen_scope("b"));
    assert!(!session.reopen_scope("b"), "it is open");
    assert_eq!(text(&mut session, "b").as_deref(), Some("text of b"));
    assert_eq!(session.scope("b").marker().unwrap().element(), "body");
    nothing_new(&mut session);
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(session.scopes(), ["b", "c"]);
    assert_eq!(text(&mut session, "b").as_deref(), Some("text of b"));
    assert_eq!(closed(&session), ["a"]);
}

#[test]
fn what_was_captured_and_not_written_is_closed_with_the_scope() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.scope("a").mark("body");
    // Handed over by pointer, so that it is encoded later.
    let value = Arc::new("unwritten".to_owned());
    session.autosave(|capture| capture.scope("a").share(TEXT, &value)).unwrap();
    session.scope("a").close();
    nothing_new(&mut session);
    crash(session);
    let mut session = start(&memory, &clock);
    assert!(session.reopen_scope("a"));
    assert_eq!(text(&mut session, "a").as_deref(), Some("unwritten"));
    assert_eq!(session.scope("a").marker().unwrap().element(), "body");
}

#[test]
fn reopening_over_an_open_scope_closes_that_one() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    write(&mut session, "a", "first");
    session.scope("a").close();
    write(&mut session, "a", "second");
    assert!(session.reopen_scope("a"));
    assert_eq!(text(&mut session, "a").as_deref(), Some("first"));
    assert!(session.reopen_scope("a"));
    assert_eq!(text(&mut session, "a").as_deref(), Some("second"));
    nothing_new(&mut session);
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(text(&mut session, "a").as_deref(), Some("second"));
    assert!(session.reopen_scope("a"));
    assert_eq!(text(&mut session, "a").as_deref(), Some("first"));
}

#[test]
fn closed_scopes_are_bounded_by_number() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for number in 0..40 {
        let window = format!("window/{number}");
        write(&mut session, &window, "text");
        session.scope(&window).close();
        clock.advance(seconds(10));
    }
    nothing_new(&mut session);
    crash(session);
    let session = start(&memory, &clock);
    let names = closed(&session);
    assert_eq!(names.len(), leftoff::Session::MAX_CLOSED_SCOPES + 1, "besides the last one");
    assert_eq!(names[0], "window/39");
    clock.advance(days(400));
    assert_eq!(closed(&session), names, "the wall clock drops none");
}

/// Opens this many windows without closing any.
fn with_windows(memory: &MemoryBackend, clock: &ManualClock, count: usize) -> Session {
    let mut session = start(memory, clock);
    for number in 0..count {
        write(&mut session, &format!("window/{number}"), &format!("text of {number}"));
    }
    clock.advance(seconds(60));
    session
}

#[test]
fn any_number_of_windows_closed_together_with_the_program_is_open_at_the_next_start() {
    for is_compacted in [false, true] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let mut session = with_windows(&memory, &clock, 150);
        for number in 0..32 {
            session.scope(&format!("window/{number}")).close();
            nothing_new(&mut session);
            clock.advance(seconds(10));
        }
        let earlier = closed(&session);
        for number in 32..150 {
            session.scope(&format!("window/{number}")).close();
            if is_compacted && number == 140 {
                // So much that a base is due at once.
                session.save(|capture| capture.set(TEXT, &"x".repeat(1 << 20))).unwrap();
                settle(&mut session);
            }
            clock.advance(seconds(1));
        }
        session.close().unwrap();
        let mut session = start(&memory, &clock);
        assert_eq!(session.scopes().len(), 118, "compacted {is_compacted}");
        assert_eq!(closed(&session), earlier, "the bound is for these");
        assert_eq!(text(&mut session, "window/32").as_deref(), Some("text of 32"));
        assert_eq!(session.scope("window/32").marker().unwrap().element(), "body");
    }
}

#[test]
fn windows_closed_together_can_all_be_reopened_after_a_crash_until_another_one_is_closed_later() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = with_windows(&memory, &clock, 50);
    for number in 0..45 {
        session.scope(&format!("window/{number}")).close();
    }
    nothing_new(&mut session);
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(closed(&session).len(), 45);
    settle(&mut session);
    clock.advance(seconds(90));
    settle(&mut session);
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(closed(&session).len(), 45);
    session.scope("window/45").close();
    let names = closed(&session);
    assert_eq!((names.len(), &*names[0], &*names[32]), (33, "window/45", "window/13"));
}

#[test]
fn scopes_that_a_program_opens_and_closes_all_day_are_bounded() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for number in 0..500 {
        let document = format!("document/{number}");
        session.mark_dirty();
        session.autosave(|capture| capture.scope(&document).set(TEXT, &document)).unwrap();
        session.scope(&document).close();
        clock.advance(seconds(2));
    }
    let names = closed(&session);
    assert!((32..=100).contains(&names.len()), "{}", names.len());
    assert_eq!(names[0], "document/499");
    session.close().unwrap();
    assert_eq!(start(&memory, &clock).scopes().last().unwrap(), "document/499");
}

#[test]
fn windows_closed_together_with_the_program_are_windows_to_open_again() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for window in ["1", "2", "10", "closed before"] {
        write(&mut session, window, window);
    }
    session.scope("closed before").close();
    nothing_new(&mut session);
    session.scope("10").mark("body");
    for window in ["1", "10", "2"] {
        session.scope(window).close();
        nothing_new(&mut session);
        clock.advance(seconds(2));
    }
    session.close().unwrap();
    clock.advance(days(1));
    let mut session = start(&memory, &clock);
    assert_eq!(session.scopes(), ["1", "2", "10"], "the one used last comes last");
    for window in ["1", "2", "10"] {
        assert_eq!(text(&mut session, window).as_deref(), Some(window));
    }
    assert_eq!(session.last_active_scope(), Some("10"));
    assert_eq!(closed(&session), ["closed before"]);
}

#[test]
fn a_window_closed_a_while_before_the_program_stays_closed() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    write(&mut session, "a", "text");
    session.scope("a").close();
    nothing_new(&mut session);
    clock.advance(seconds(4));
    session.close().unwrap();
    let session = start(&memory, &clock);
    assert_eq!(session.scopes(), [] as [String; 0]);
    assert_eq!(closed(&session), ["a"]);
}

#[test]
fn scopes_that_have_nothing_left_are_not_listed() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for window in ["removed", "expired", "marked", "there"] {
        session.scope(window).mark("body");
    }
    session
        .autosave(|capture| {
            capture.scope("removed").set(TEXT, &String::new());
            capture.scope("expired").set(SHORT, &String::new());
            capture.scope("there").set(TEXT, &String::new());
        })
        .unwrap();
    session.mark_dirty();
    session.autosave(|capture| capture.scope("removed").remove(TEXT)).unwrap();
    clock.advance(seconds(61));
    assert_eq!(session.scopes(), ["there"]);
    crash(session);
    let session = start(&memory, &clock);
    assert_eq!(session.scopes(), ["there"]);
}

/// A frame loop that has not heard of the closing yet.
#[test]
fn a_section_set_by_accident_does_not_open_a_closed_scope() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    write(&mut session, "a", "text");
    session.scope("a").close();
    for text in ["text and the last letter", "text and the last letter", "text and the last letter"] {
        session.mark_dirty();
        session.autosave(|capture| capture.scope("a").set(TEXT, &text.to_owned())).unwrap();
    }
    assert_eq!(session.scopes(), [] as [String; 0]);
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(session.scopes(), [] as [String; 0]);
    assert!(session.reopen_scope("a"));
    assert_eq!(text(&mut session, "a").as_deref(), Some("text and the last letter"), "nothing of it is lost");
}

#[test]
fn a_new_window_of_the_same_name_is_saved_whatever_opens_it() {
    type Act = fn(&mut Session);
    let acts: [Act; 3] = [
        |session| drop(session.scope("a").get(TEXT).unwrap()),
        |session| session.scope("a").mark("body"),
        // Nothing but captures: the first one after the closing may be an accident, the next one with other text is none.
        |session| nothing_new(session),
    ];
    for act in acts {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let mut session = start(&memory, &clock);
        write(&mut session, "a", "old");
        session.scope("a").close();
        nothing_new(&mut session);
        act(&mut session);
        session.mark_dirty();
        session.autosave(|capture| capture.scope("a").set(TEXT, &"new".to_owned())).unwrap();
        assert_eq!(session.scopes(), ["a"]);
        crash(session);
        let mut session = start(&memory, &clock);
        assert_eq!(text(&mut session, "a").as_deref(), Some("new"));
        assert_eq!(closed(&session), ["a"], "the old one is still to be had");
    }
}
