//! What changed since the user left.

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::marker::Changes;
use leftoff::{Capture, Section, Session};

use crate::support::{ManualClock, crash, frames, holds, memory_of, open, put, settle, still};

const LIST: Section<Vec<u64>> = Section::new("list", 1);

/// Requests by number and revision.
type Requests<'a> = &'a [(u64, u64)];

fn record(capture: &mut Capture<'_>, requests: Requests<'_>) {
    for (number, revision) in requests {
        capture.fingerprint(&format!("request/{number}"), *revision);
    }
}

fn touch(session: &mut Session, requests: Requests<'_>) {
    put(session, "request/1", |capture| record(capture, requests));
}

/// A save in the program's own time, without a touch.
fn save(session: &mut Session, requests: Requests<'_>) {
    session.mark_dirty();
    session.autosave(|capture| record(capture, requests)).unwrap();
}

#[track_caller]
fn changes(session: &Session, now: Requests<'_>) -> [String; 3] {
    let now = now.iter().map(|(number, revision)| (format!("request/{number}"), *revision));
    let Changes { changed, new, gone, .. } = session.marker().unwrap().changes(now).unwrap();
    [changed, new, gone].map(|paths| paths.join(" ").replace("request/", ""))
}

#[test]
fn a_restart_reports_what_is_changed_new_and_gone() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, &[(1, 1), (2, 1), (3, 1)]);
    crash(session);
    for _ in 0..3 {
        // Whether the log is compacted between the starts or not.
        let mut session = open(memory.clone());
        assert_eq!(changes(&session, &[(4, 1), (2, 2), (1, 1)]), ["2", "4", "3"]);
        // A start that only looks changes nothing, although it saves.
        save(&mut session, &[(4, 1), (2, 2), (1, 1)]);
        settle(&mut session);
        session.close().unwrap();
    }
    let mut session = open(memory.clone());
    touch(&mut session, &[(4, 1)]);
    assert_eq!(changes(&session, &[(4, 1)]), ["", "4", "1 2 3"], "a marker is frozen");
    crash(session);
    assert_eq!(changes(&open(memory), &[(4, 2)]), ["4", "", ""]);
}

#[test]
fn what_is_saved_while_nobody_is_there_is_not_what_the_user_saw() {
    let mut session = open(MemoryBackend::new());
    touch(&mut session, &[(1, 1)]);
    session.suspend("meeting").unwrap();
    save(&mut session, &[(1, 2), (2, 1)]);
    session.wake();
    assert_eq!(changes(&session, &[(1, 2), (2, 1)]), ["1", "2", ""]);
    // Seen now: a pointer that moves is enough.
    session.user_active();
    save(&mut session, &[(1, 2), (2, 1)]);
    session.suspend("meeting").unwrap();
    session.wake();
    assert_eq!(changes(&session, &[(1, 2), (2, 1)]), ["", "", ""]);
}

#[test]
fn an_absence_that_nobody_announced_begins_at_the_last_input() {
    let clock = ManualClock::new();
    let idle = Duration::from_secs(300);
    let mut session = still(MemoryBackend::new()).clock(clock.clone()).idle_after(idle).open();
    touch(&mut session, &[(1, 1)]);
    for minute in 1..20 {
        clock.advance(Duration::from_secs(60));
        save(&mut session, &[(1, 1 + minute)]);
    }
    assert!(session.user_active());
    assert_eq!(changes(&session, &[(1, 20)]), ["1", "", ""]);
}

#[test]
fn scopes_have_their_own_and_a_capture_without_any_changes_nothing() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, &[(1, 1)]);
    session.scope("window/2").mark("request/1");
    session.scope("window/3").mark("request/1");
    session
        .autosave(|capture| {
            let mut window = capture.scope("window/2");
            window.set(LIST, &vec![7]);
            record(&mut window, &[(7, 7)]);
        })
        .unwrap();
    put(&mut session, "request/1", |capture| capture.set(LIST, &vec![1]));
    crash(session);
    let mut session = open(memory);
    let of = |session: &mut Session, scope: &str| session.scope(scope).marker().unwrap().changes([("request/1", 1)]);
    assert_eq!(of(&mut session, ""), Some(Changes::default()));
    let in_window = of(&mut session, "window/2").unwrap();
    assert_eq!((in_window.new, in_window.gone), (vec!["request/1".to_owned()], vec!["request/7".to_owned()]));
    assert_eq!(of(&mut session, "window/3"), None, "nothing was recorded");
    // They are no sections of the application.
    assert_eq!((session.sections(), session.scope("window/2").sections().len()), (vec!["list".to_owned()], 1));
    // A window that is reopened has its own.
    session.scope("window/2").close();
    assert!(session.reopen_scope("window/2"));
    assert_eq!(of(&mut session, "window/2").map(|changes| changes.gone.len()), Some(1));
    assert_eq!(of(&mut session, ""), Some(Changes::default()));
}

#[test]
fn program_without_fingerprints_stores_none() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "request/1", |capture| capture.set(LIST, &vec![1]));
    assert!(!holds(&memory, b"\x01seen"));
    assert_eq!(session.wake().and_then(|marker| marker.changes([("a", 1)])), None);
    touch(&mut session, &[(1, 1)]);
    assert!(holds(&memory, b"\x01seen"));
    // The same fingerprints are written once.
    let before: usize = frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum();
    for _ in 0..3 {
        save(&mut session, &[(1, 1)]);
    }
    session.user_active();
    save(&mut session, &[(1, 1)]);
    assert_eq!(frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum::<usize>(), before);
}

#[test]
fn list_is_bounded() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let requests: Vec<(u64, u64)> = (0..100_000).map(|number| (number, 1)).collect();
    touch(&mut session, &requests);
    let size: usize = frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size < 32 * Capture::MAX_FINGERPRINTS, "{size}");
    crash(session);
    let session = open(memory_of(&frames(&memory)));
    assert_eq!(changes(&session, &requests), ["", "", ""]);
    let last = Capture::MAX_FINGERPRINTS as u64 - 1;
    let gone = changes(&session, &requests[..Capture::MAX_FINGERPRINTS - 1]);
    assert_eq!(gone, [String::new(), String::new(), last.to_string()]);
}

#[test]
fn fingerprints_follow_the_history() {
    let memory = MemoryBackend::new();
    let mut session = open(memory);
    touch(&mut session, &[(1, 1)]);
    put(&mut session, "request/2", |capture| {
        capture.set(LIST, &vec![1]);
        record(capture, &[(1, 2)]);
    });
    let point = session.history().unwrap().remove(0);
    session.resume_at(&point).unwrap();
    assert_eq!(changes(&session, &[(1, 1)]), ["", "", ""]);
}
