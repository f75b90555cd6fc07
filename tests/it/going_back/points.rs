//! Which points the history has.

use std::time::Duration;

use leftoff::LastExit;
use leftoff::backend::{Backend, MemoryBackend};

use super::{COUNT, TEXT, start, text_at, type_text};
use crate::support::clock::{days, minutes, seconds};
use crate::support::{ManualClock, Random, settle, still};

const DRAFT: &str = "a long draft that nobody wants to write again";

#[test]
fn text_emptied_ten_minutes_ago_comes_back_in_the_same_run() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for end in 1..=DRAFT.len() {
        type_text(&mut session, &DRAFT[..end]);
        clock.advance(seconds(1));
    }
    type_text(&mut session, "");
    for minute in 0..10 {
        clock.advance(minutes(1));
        session.mark("other");
        session.autosave(|capture| capture.set(COUNT, &minute)).unwrap();
    }
    let points = session.history().unwrap();
    let exits: Vec<_> = points.iter().map(|point| &point.exit).collect();
    assert!(exits.iter().all(|exit| **exit == LastExit::Unknown), "the launch still runs: {exits:?}");
    let texts: Vec<_> = points.iter().filter_map(|point| text_at(&mut session, point)).collect();
    assert!(texts.iter().any(|text| text == DRAFT), "{texts:?}");
}

#[test]
fn exit_of_the_running_launch_is_unknown_after_it_went_back() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    type_text(&mut session, "one");
    type_text(&mut session, "two");
    let point = session.history().unwrap().remove(0);
    session.resume_at(&point).unwrap();
    let exits = |session: &mut leftoff::Session| -> Vec<_> {
        session.history().unwrap().into_iter().map(|point| point.exit).collect()
    };
    assert_eq!(exits(&mut session), [LastExit::Unknown]);
    session.close().unwrap();
    let exits = exits(&mut start(&memory, &clock));
    assert!(!exits.is_empty() && exits.iter().all(|exit| *exit == LastExit::Clean), "{exits:?}");
}

/// Nothing was saved between the two, so the first state gone back to is in no frame of its own.
#[test]
fn state_that_was_left_is_the_newest_point_also_after_going_back_twice() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for text in ["one", "two", "three"] {
        type_text(&mut session, text);
        clock.advance(minutes(5));
    }
    let points = session.history().unwrap();
    for (point, text) in points.iter().rev().zip(["one", "two"]) {
        assert_eq!(text_at(&mut session, point).as_deref(), Some(text));
        clock.advance(minutes(5));
    }
    let left = session.history().unwrap().remove(0);
    assert_eq!(text_at(&mut session, &left).as_deref(), Some("one"));
}

#[test]
fn points_of_a_run_are_a_minute_apart() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    for second in 0..600_u32 {
        session.mark("counter");
        session.autosave(|capture| capture.set(COUNT, &second)).unwrap();
        clock.advance(seconds(1));
    }
    let points = session.history().unwrap();
    assert!((9..=11).contains(&points.len()), "{} points of ten minutes", points.len());
    assert!(points.is_sorted_by(|newer, older| newer.at > older.at), "newest first: {points:?}");
}

#[test]
fn clock_set_ahead_within_a_boot_removes_no_point_and_no_closed_scope() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::with_uptime());
    let compact = |session: &mut leftoff::Session| {
        // So much that a base is due at once.
        session.save(|capture| capture.set(TEXT, &"x".repeat(1 << 20))).unwrap();
        settle(session);
        session.save(|capture| capture.set(TEXT, &"y".repeat(1 << 20))).unwrap();
        settle(session);
    };
    let mut session = start(&memory, &clock);
    for minute in 0..20_u32 {
        session.mark("counter");
        session.autosave(|capture| capture.scope("window").set(COUNT, &minute)).unwrap();
        clock.advance(minutes(1));
        if minute == 10 {
            compact(&mut session);
        }
    }
    session.scope("window").close();
    session.mark("counter");
    session.autosave(|capture| capture.set(COUNT, &20)).unwrap();
    clock.advance(minutes(1));
    session.close().unwrap();
    let mut session = start(&memory, &clock);
    let before = session.history().unwrap().len();
    assert!(before >= 20, "{before}");
    drop(session);
    for _ in 0..2 {
        clock.set_wall(60 * 86_400_000);
        session = start(&memory, &clock);
        session.mark("other");
        compact(&mut session);
        clock.advance(minutes(1));
        session.close().unwrap();
    }
    clock.set_wall(-120 * 86_400_000);
    let mut session = start(&memory, &clock);
    let after = session.history().unwrap().len();
    assert!(after >= before, "{before} points, then {after}");
    assert!(session.reopen_scope("window"));
    assert_eq!(session.scope("window").get(COUNT).unwrap(), Some(19));
}

#[test]
fn starts_in_which_nothing_changes_push_no_state_out() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    for text in ["good", "spoilt"] {
        let mut session = start(&memory, &clock);
        type_text(&mut session, text);
        session.close().unwrap();
        clock.advance(days(1));
    }
    for _ in 0..20 {
        let mut session = start(&memory, &clock);
        session.get(TEXT).unwrap();
        type_text(&mut session, "spoilt");
        settle(&mut session);
        clock.advance(seconds(3));
        settle(&mut session);
        session.close().unwrap();
        clock.advance(days(1));
    }
    let mut session = start(&memory, &clock);
    let points = session.history().unwrap();
    assert_eq!(points.len(), 1, "{points:?}");
    assert_eq!((points[0].element.as_deref(), &points[0].exit), (Some("note/text"), &LastExit::Clean));
    assert_eq!(text_at(&mut session, &points[0]).as_deref(), Some("good"));
}

/// Bytes that no difference makes small.
fn noise(round: u64) -> String {
    let mut random = Random::new(round);
    random.text(10_000)
}

#[test]
fn points_of_the_last_hour_outlive_compactions_and_a_restart() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    let mut generations = memory.generations().unwrap().len();
    let mut compactions = 0;
    for round in 0..300 {
        type_text(&mut session, &noise(round));
        settle(&mut session);
        clock.advance(seconds(10));
        let now = memory.generations().unwrap().len();
        compactions += usize::from(now > generations);
        generations = now;
    }
    assert!(compactions >= 3, "only {compactions} compactions");
    let expected = session.history().unwrap();
    assert!(expected.len() >= 49, "{} points of fifty minutes", expected.len());
    session.close().unwrap();
    let mut session = start(&memory, &clock);
    let points = session.history().unwrap();
    assert!(points.len() >= 49, "{} points after a restart", points.len());
    for point in points {
        let (text, at) = (text_at(&mut session, &point).unwrap(), point.at);
        let round = at.since(ManualClock::START).unwrap().as_secs() / 10;
        assert!(text == noise(round), "the point of round {round} has another text");
    }
}

#[test]
fn history_stays_within_its_bytes() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let open = |bytes| still(memory.clone()).clock(clock.clone()).history_launches(5).history_bytes(bytes).open();
    let mut session = open(0);
    for round in 0..300 {
        type_text(&mut session, &noise(round));
        settle(&mut session);
        clock.advance(Duration::from_secs(10));
    }
    assert!(memory.generations().unwrap().len() <= 6, "{:?}", memory.generations());
}

#[test]
fn without_history_nothing_is_listed() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    for text in ["one", "two"] {
        let mut session = still(memory.clone()).clock(clock.clone()).history_launches(0).history_bytes(u64::MAX).open();
        type_text(&mut session, text);
        assert_eq!(session.history().unwrap(), []);
    }
}

#[test]
fn state_has_a_line_with_its_last_touch_its_time_and_why_the_user_left() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.mark(leftoff::Mark::new("note/text").label("Text"));
    session.autosave(|capture| capture.set(TEXT, &"one".to_owned())).unwrap();
    session.suspend(leftoff::Reason::Call).unwrap();
    drop(session);
    let mut session = start(&memory, &clock);
    type_text(&mut session, "two");
    clock.advance(minutes(1));
    let now = leftoff::time::Clock::now(&clock).wall;
    let points = session.history().unwrap();
    let lines: Vec<String> = points.iter().map(|point| point.line(now, |_| None).to_string()).collect();
    assert_eq!(lines, ["Text, 1 min ago, before a call"]);
}
