//! Two writers at a place that has no lock, and know nothing of each other: neither clears away what the other goes on
//! with.

use leftoff::backend::MemoryBackend;
use leftoff::{Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::clock::seconds;
use crate::support::{ManualClock, crash, holds, open, put, rewrite, still};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);
const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();
const SECRET: &str = "canary-of-two-writers";

/// Whether some state that can be come back to has this value.
fn is_to_be_had(memory: &MemoryBackend, value: u32) -> bool {
    let mut session = open(memory.clone());
    if session.get(FORM).unwrap() == Some(value) {
        return true;
    }
    let points = session.history().unwrap();
    points.iter().any(|point| {
        session.resume_at(point).unwrap();
        session.get(FORM).unwrap() == Some(value)
    })
}

#[test]
fn erasing_on_close_leaves_the_log_of_another_writer_that_goes_on() {
    for opened_first in [false, true] {
        let memory = MemoryBackend::new();
        let (mut other, mut session);
        if opened_first {
            other = open(memory.clone());
            put(&mut other, "b", |capture| capture.set(FORM, &1));
            session = open(memory.clone());
        } else {
            session = open(memory.clone());
            other = open(memory.clone());
        }
        put(&mut other, "b", |capture| capture.set(FORM, &2));
        put(&mut session, "a", |capture| {
            capture.set(PIN, &SECRET.to_owned());
            capture.set(TEXT, &"of the first".to_owned());
        });
        let closed = session.close();
        assert!(!holds(&memory, SECRET.as_bytes()), "its own is erased");
        // It cannot know what is in the other one's.
        assert!(closed.is_err());
        put(&mut other, "b", |capture| capture.set(FORM, &3));
        crash(other);
        assert!(is_to_be_had(&memory, 3), "opened first: {opened_first}");
    }
}

#[test]
fn a_writer_whose_log_was_cleared_away_while_it_was_idle_begins_a_new_one() {
    let memory = MemoryBackend::new();
    let clock = ManualClock::new();
    let mut other = still(memory.clone()).clock(clock.clone()).open();
    put(&mut other, "b", |capture| {
        capture.set(FORM, &1);
        capture.set(TEXT, &"of the other".to_owned());
    });
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(PIN, &SECRET.to_owned()));
    session.close().unwrap();
    assert!(!holds(&memory, SECRET.as_bytes()));
    other.mark("b");
    let _ = other.autosave(|capture| capture.set(FORM, &2));
    for _ in 0..3 {
        clock.advance(seconds(1));
        other.run_pending();
    }
    assert!(other.status().failing.is_none() && !other.status().pending, "{:?}", other.status());
    put(&mut other, "c", |capture| capture.set(FORM, &3));
    crash(other);
    let mut session = open(memory);
    assert_eq!((session.get(FORM).unwrap(), session.get(TEXT).unwrap().as_deref()), (Some(3), Some("of the other")));
    assert_eq!(session.marker().unwrap().element(), "c");
    assert!(session.report().is_whole(), "{:?}", session.report());
}

#[test]
fn tidying_up_leaves_the_log_of_another_writer_that_goes_on() {
    let memory = MemoryBackend::new();
    let mut other = open(memory.clone());
    put(&mut other, "b", |capture| capture.set(FORM, &1));
    let clock = ManualClock::new();
    let mut session = still(memory.clone()).clock(clock.clone()).history_launches(0).history_bytes(0).open();
    put(&mut other, "b", |capture| capture.set(FORM, &2));
    for round in 0..4_u32 {
        for letter in ["x", "y"] {
            put(&mut session, "a", |capture| capture.set(TEXT, &letter.repeat((300 << 10) + round as usize)));
        }
        clock.advance(seconds(10));
        session.run_pending();
    }
    crash(session);
    put(&mut other, "b", |capture| capture.set(FORM, &3));
    crash(other);
    assert!(is_to_be_had(&memory, 3));
}

/// Behind a tear are frames that are no part of the state. Nobody wrote them just now.
#[test]
fn what_was_torn_off_is_nobody_elses() {
    let memory = MemoryBackend::new();
    let clock = ManualClock::new();
    let open = |memory: &MemoryBackend| still(memory.clone()).clock(clock.clone()).open();
    let mut session = open(&memory);
    for value in 0..5 {
        put(&mut session, "a", |capture| {
            capture.set(FORM, &value);
            capture.set(PIN, &SECRET.to_owned());
        });
    }
    crash(session);
    let mut nth = 0;
    let torn = rewrite(&memory, |_, bytes| {
        nth += 1;
        if nth == 5 {
            bytes.fill(0);
        }
        true
    });
    clock.reboot();
    let mut session = open(&torn);
    put(&mut session, "b", |capture| capture.set(FORM, &9));
    crash(session);
    let mut session = open(&torn);
    session.close().unwrap();
    assert!(!holds(&torn, SECRET.as_bytes()));
}

/// A program that dies again and again while it looks through its old logs gets on with it all the same.
#[test]
fn tidying_up_that_is_cut_short_is_not_for_nothing() {
    let memory = MemoryBackend::new();
    let launch = |faults: &Faults| -> Session {
        let backend = FaultyBackend::new(memory.clone(), faults.clone());
        still(backend).clock(ManualClock::new()).history_launches(0).history_bytes(0).open()
    };
    for value in 0..30 {
        let mut session = launch(&Faults::new());
        put(&mut session, "a", |capture| capture.set(FORM, &value));
        crash(session);
    }
    let sum_up = |faults: &Faults| {
        let mut session = launch(faults);
        for letter in ["x", "y"] {
            put(&mut session, "a", |capture| capture.set(TEXT, &letter.repeat(300 << 10)));
        }
        session.run_pending();
        crash(session);
    };
    // The first base keeps its second copy, which is all of them.
    sum_up(&Faults::new());
    let faults = Faults::new();
    let before = leftoff::backend::Backend::generations(&memory).unwrap().len();
    let mut session = launch(&faults);
    for letter in ["z", "w"] {
        put(&mut session, "a", |capture| capture.set(TEXT, &letter.repeat(300 << 10)));
    }
    // Dies after so many reads.
    faults.fail(Call::Read, When::From(faults.calls(Call::Read) + 130), std::io::ErrorKind::Other);
    session.run_pending();
    crash(session);
    let after = leftoff::backend::Backend::generations(&memory).unwrap().len();
    assert!(faults.calls(Call::Remove) > 0 && after < before + 3, "{before} logs before, {after} after");
    let mut session = open(memory);
    assert_eq!((session.get(FORM).unwrap(), session.report().is_whole()), (Some(29), true));
}
