//! Where the user left off: when a marker appears, what it says, and that nothing but the user moves it.

mod clocks;
mod finished;
mod handle;
mod looks;
mod note;

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{LastExit, Mark, Phase, Reason, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::clock::{days, minutes, seconds};
use crate::support::{ManualClock, crash, open, put, still};

const FORM: Section<u32> = Section::new("form", 1);

fn timed(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    still(memory.clone()).clock(clock.clone()).open()
}

#[track_caller]
fn element(session: &Session) -> &str {
    session.marker().expect("there is a marker").element()
}

#[test]
fn a_restored_marker_is_frozen_whatever_the_user_touches() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    assert!(session.marker().is_none(), "nothing was touched before");
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    assert!(session.marker().is_none(), "nobody was away");
    crash(session);

    let mut session = open(memory.clone());
    let restored = session.marker().unwrap().clone();
    assert_eq!(restored.element(), "a");
    for step in 0..50 {
        put(&mut session, if step % 2 == 0 { "b" } else { "c" }, |capture| capture.set(FORM, &step));
        assert_eq!(session.marker(), Some(&restored));
    }
    crash(session);
    assert_eq!(element(&open(memory)), "c");
}

#[test]
fn restoring_and_closing_again_and_again_keeps_the_marker() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, Mark::new("invoice/42/amount").label("Amount").note("call Ana"), |capture| capture.set(FORM, &1));
    session.close().unwrap();
    for round in 0..12 {
        let mut session = open(memory.clone());
        let marker = session.marker().unwrap();
        assert_eq!(
            (marker.element(), marker.label(), marker.note()),
            ("invoice/42/amount", Some("Amount"), Some("call Ana"))
        );
        assert_eq!(session.get(FORM).unwrap(), Some(1));
        if round % 3 == 0 {
            // An autosave that nobody's touch made due, and one that is due and finds nothing new.
            session.autosave(|_| panic!("nothing is due")).unwrap();
            session.mark_dirty();
            session.autosave(|capture| capture.set(FORM, &1)).unwrap();
        }
        match round % 2 {
            0 => session.close().unwrap(),
            _ => crash(session),
        }
    }
}

#[test]
fn two_minutes_without_a_touch_bring_the_marker_with_the_next_input() {
    let clock = ManualClock::new();
    let mut session = timed(&MemoryBackend::new(), &clock);
    session.mark("a");
    clock.advance(seconds(119));
    assert!(!session.user_active());
    assert!(session.marker().is_none());
    clock.advance(seconds(120));
    assert!(session.user_active());
    let marker = session.marker().unwrap();
    assert_eq!((marker.element(), marker.away(), marker.reason()), ("a", Some(minutes(2)), Some(&Reason::Absence)));
    clock.advance(seconds(1));
    assert!(!session.user_active(), "they are here now");
    assert_eq!(element(&session), "a");
}

#[test]
fn a_touch_after_an_absence_shows_where_the_user_was_not_where_they_are() {
    let clock = ManualClock::new();
    let mut session = timed(&MemoryBackend::new(), &clock);
    session.mark("a");
    clock.advance(minutes(42));
    session.mark("b");
    let marker = session.marker().unwrap();
    assert_eq!((marker.element(), marker.away()), ("a", Some(minutes(42))));
    clock.advance(seconds(5));
    session.mark("c");
    assert_eq!(element(&session), "a");
    clock.advance(minutes(3));
    session.mark("d");
    assert_eq!(element(&session), "c", "the next absence has a marker of its own");
}

#[test]
fn an_absence_right_after_the_start_adds_up() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = timed(&memory, &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.close().unwrap();
    let mut session = timed(&memory, &clock);
    clock.advance(minutes(10));
    assert!(session.user_active());
    let marker = session.marker().unwrap();
    assert_eq!(marker.element(), "a");
    assert!(marker.away().unwrap() >= minutes(10));
}

#[test]
fn a_call_in_a_program_that_never_closes() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = timed(&memory, &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.suspend(Reason::Call).unwrap();
    assert!(session.marker().is_none(), "nobody is there to see it");
    clock.advance(minutes(42));
    let marker = session.wake().unwrap();
    assert_eq!((marker.element(), marker.away(), marker.reason()), ("a", Some(minutes(42)), Some(&Reason::Call)));
    let frozen = marker.clone();
    put(&mut session, "b", |capture| capture.set(FORM, &2));
    assert_eq!(session.wake(), Some(&frozen), "a second wake is none");
    crash(session);
    let session = timed(&memory, &clock);
    assert_eq!(*session.last_exit(), LastExit::Crashed, "it had woken");
    assert_eq!(element(&session), "b");
}

#[test]
fn the_first_touch_after_a_suspend_wakes() {
    let clock = ManualClock::new();
    let mut session = timed(&MemoryBackend::new(), &clock);
    session.mark("a");
    session.suspend("lunch with Ana").unwrap();
    clock.advance(minutes(1));
    session.mark("b");
    let marker = session.marker().unwrap();
    assert_eq!((marker.element(), marker.away()), ("a", Some(minutes(1))));
    assert_eq!(marker.reason(), Some(&Reason::Other("lunch with Ana".into())));
}

#[test]
fn a_program_killed_in_its_sleep_says_why_the_user_left() {
    let memory = MemoryBackend::new();
    for (reason, kill) in [(Reason::Call, true), (Reason::SessionEnd, false), (Reason::Sleep, true)] {
        let mut session = open(memory.clone());
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        session.suspend(reason.clone()).unwrap();
        if kill {
            crash(session);
        } else {
            drop(session);
        }
        let mut session = open(memory.clone());
        assert_eq!(*session.last_exit(), LastExit::Interrupted(reason.clone()));
        assert_eq!(session.marker().unwrap().reason(), Some(&reason));
        session.close().unwrap();
    }
}

#[test]
fn a_log_that_is_summed_up_in_its_sleep_still_says_why_the_user_left() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    crash(timed(&memory, &clock));
    let mut session = timed(&memory, &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.suspend(Reason::Call).unwrap();
    let before = memory.generations().unwrap();
    clock.advance(seconds(3));
    session.run_pending();
    let after = memory.generations().unwrap();
    let new = after.iter().filter(|generation| !before.contains(generation)).count();
    assert_eq!(new, 2, "a base, and the log that goes on");
    crash(session);
    let session = timed(&memory, &clock);
    assert_eq!(*session.last_exit(), LastExit::Interrupted(Reason::Call));
    assert_eq!(session.marker().unwrap().reason(), Some(&Reason::Call));
}

#[test]
fn a_touch_that_was_not_captured_yet_is_not_lost_by_being_torn_away() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.mark("b");
    session.suspend(Reason::Call).unwrap();
    crash(session);
    assert_eq!(element(&open(memory)), "b");
}

#[test]
fn no_clock_makes_an_absurd_absence_in_a_running_program() {
    let year = 365 * 86_400_000_i64;
    for (set, expected) in [
        (0, Some(minutes(5))),
        (-year, Some(minutes(5))),
        (i64::MIN / 2, Some(minutes(5))),
        (100 * year, Some(minutes(5))),
        (i64::MAX / 2, Some(minutes(5))),
        // The lid was closed: only the wall clock went on.
        (8 * 3_600_000, Some(minutes(8 * 60 + 5))),
    ] {
        let clock = ManualClock::new();
        let mut session = timed(&MemoryBackend::new(), &clock);
        session.mark("a");
        session.suspend(Reason::Sleep).unwrap();
        clock.advance(minutes(5));
        clock.set_wall(set);
        assert_eq!(session.wake().unwrap().away(), expected, "clock set by {set} ms while asleep");
        clock.set_wall(-set);
        clock.set_wall(set);
        clock.advance(minutes(5));
        clock.set_wall(-set);
        session.mark("b");
        let away = session.marker().unwrap().away();
        assert!(away.is_none_or(|away| away <= leftoff::time::Timestamp::MAX_PLAUSIBLE_AWAY), "{away:?}");
    }
}

#[test]
fn no_clock_makes_an_absurd_absence_across_a_restart() {
    for set in [-i64::MAX / 2, -86_400_000, 0, 86_400_000, 100 * 365 * 86_400_000, i64::MAX / 2, i64::MAX] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let mut session = timed(&memory, &clock);
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        crash(session);
        clock.set_wall(set);
        let mut session = timed(&memory, &clock);
        let away = session.marker().unwrap().away();
        assert!(away.is_none_or(|away| away <= days(1)), "set by {set}: {away:?}");
        assert_eq!(session.get(FORM).unwrap(), Some(1));
        // The clock is mended while the program runs.
        put(&mut session, "b", |capture| capture.set(FORM, &2));
        clock.set_wall(-set);
        put(&mut session, "c", |capture| capture.set(FORM, &3));
        crash(session);
        let mut session = timed(&memory, &clock);
        assert_eq!(element(&session), "c");
        assert_eq!(session.get(FORM).unwrap(), Some(3), "order is not by the clock");
    }
}

#[test]
fn the_time_away_is_told_across_a_restart() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = timed(&memory, &clock);
    clock.advance(minutes(3));
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.suspend(Reason::Call).unwrap();
    crash(session);
    clock.advance(minutes(42));
    let session = timed(&memory, &clock);
    assert_eq!(session.marker().unwrap().away(), Some(minutes(42)));
}

#[test]
fn every_window_has_its_marker_and_the_last_one_is_raised() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.scope("window/1").mark("subject");
    session.scope("window/2").mark("body");
    session.mark("menu");
    session.scope("window/1").mark("to");
    session.autosave(|capture| capture.scope("window/1").set(FORM, &1)).unwrap();
    session.close().unwrap();

    for _ in 0..3 {
        let mut session = open(memory.clone());
        assert_eq!(session.last_active_scope(), Some("window/1"));
        assert_eq!((element(&session), session.marker().unwrap().scope()), ("to", "window/1"));
        assert_eq!(session.scope("window/2").marker().unwrap().element(), "body");
        assert_eq!(session.scope("").marker().unwrap().element(), "menu");
        assert!(session.scope("window/3").marker().is_none());
        assert_eq!(session.scopes(), ["window/1"], "the other one has nothing but a mark");
        crash(session);
    }
}

#[test]
fn a_window_that_was_closed_has_no_marker_and_does_not_come_back() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    for (scope, value) in [("window/1", 1), ("window/2", 2)] {
        session.scope(scope).mark("body");
        session.autosave(|capture| capture.scope(scope).set(FORM, &value)).unwrap();
    }
    session.scope("window/2").close();
    session.autosave(|_| {}).unwrap();
    assert_eq!(session.scope("window/2").get(FORM).unwrap(), None);
    crash(session);

    let mut session = open(memory.clone());
    assert_eq!(session.scopes(), ["window/1"]);
    assert_eq!(session.last_active_scope(), Some("window/1"));
    assert_eq!(session.scope("window/2").get(FORM).unwrap(), None);
    // A new window may have the old name.
    session.scope("window/2").mark("subject");
    session.autosave(|capture| capture.scope("window/2").set(FORM, &3)).unwrap();
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.scope("window/2").get(FORM).unwrap(), Some(3));
    assert_eq!(session.marker().map(|marker| (marker.scope(), marker.element())), Some(("window/2", "subject")));
    assert_eq!(session.marker().unwrap().trail().len(), 1, "nothing of the old window's way");
}

#[test]
fn closing_the_window_to_raise_leaves_the_next_one_to_point_at() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.scope("window/1").mark("body");
    session.scope("window/2").mark("body");
    session.autosave(|_| {}).unwrap();
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.last_active_scope(), Some("window/2"));
    session.scope("window/2").close();
    assert_eq!(session.scope("window/1").marker().unwrap().element(), "body");
    assert_ne!(session.last_active_scope(), Some("window/2"));
    assert!(session.marker().is_none_or(|marker| marker.scope() == "window/1"));
}

#[test]
fn a_dismissed_marker_is_gone_until_the_next_absence() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = timed(&memory, &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.close().unwrap();
    let mut session = timed(&memory, &clock);
    session.dismiss_marker();
    assert!(session.marker().is_none() && session.last_active_scope().is_none());
    session.mark("b");
    clock.advance(seconds(60));
    session.mark("c");
    assert!(session.marker().is_none());
    clock.advance(minutes(5));
    assert!(session.user_active());
    assert_eq!(element(&session), "c");
    session.scope("").dismiss_marker();
    assert!(session.scope("").marker().is_none() && session.marker().is_none());
}

/// shesha-io/shesha-framework#4574 and the chat dividers: a marker that follows the reader is worth nothing.
#[test]
fn shesha_framework_4574_only_marks_move_the_marker() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = timed(&memory, &clock);
    put(&mut session, "step/3", |capture| capture.set(FORM, &3));
    session.close().unwrap();
    let mut session = timed(&memory, &clock);
    let frozen = session.marker().unwrap().clone();
    session.confirm_restored();
    session.mark_dirty();
    session.autosave(|capture| capture.set(FORM, &4)).unwrap();
    session.save(|capture| capture.set(FORM, &5)).unwrap();
    session.run_pending();
    let _ = session.report();
    assert_eq!(session.marker(), Some(&frozen));
    crash(session);
    assert_eq!(element(&timed(&memory, &clock)), "step/3");
}

#[test]
fn a_crash_after_going_back_is_a_crash() {
    for asleep in [false, true] {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        if asleep {
            session.suspend(Reason::Call).unwrap();
        }
        session.close().unwrap();
        let mut session = open(memory.clone());
        put(&mut session, "b", |capture| capture.set(FORM, &2));
        let point = session.history().unwrap().remove(0);
        session.resume_at(&point).unwrap();
        crash(session);
        let mut session = open(memory);
        assert_eq!(*session.last_exit(), LastExit::Crashed);
        assert_eq!(session.get(FORM).unwrap(), Some(1));
        assert_eq!(element(&session), "a");
    }
}

#[test]
fn a_reason_that_could_not_be_written_at_once_is_not_lost_by_closing() {
    let (memory, faults) = (MemoryBackend::new(), Faults::new());
    let mut session = open(FaultyBackend::new(memory.clone(), faults.clone()));
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    faults.fail(Call::Create, When::Nth(faults.calls(Call::Create) + 1), std::io::ErrorKind::StorageFull);
    assert_eq!(session.suspend("call").unwrap(), leftoff::Saved::Deferred);
    faults.fail(Call::Create, When::Nth(faults.calls(Call::Create) + 1), std::io::ErrorKind::StorageFull);
    drop(session);
    assert_eq!(*open(memory).last_exit(), LastExit::Interrupted(Reason::Call));
}

#[test]
fn absence_in_another_program_is_called_so() {
    let clock = ManualClock::new();
    let mut session = timed(&MemoryBackend::new(), &clock);
    session.mark("a");
    session.focus_lost();
    clock.advance(minutes(42));
    assert!(session.user_active());
    assert_eq!(session.marker().unwrap().reason(), Some(&Reason::FocusLost));
    session.mark("b");
    session.focus_lost();
    clock.advance(seconds(10));
    assert!(!session.user_active(), "a look at another window");
    clock.advance(minutes(42));
    assert!(session.user_active());
    assert_eq!(session.marker().unwrap().reason(), Some(&Reason::Absence));
}
