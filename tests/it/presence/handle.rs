//! Interruptions that another thread reports.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, LastExit, Outcome, Reason, Saved, Section, Session};
use leftoff_testing::Call;

use crate::support::backends::Doors;
use crate::support::clock::minutes;
use crate::support::held::Held;
use crate::support::{APP, ManualClock, crash, frames, memory_of, put, still};

const TEXT: Section<String> = Section::new("text", 1);
const DEADLINE: Duration = Duration::from_secs(30);

fn start(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    put(&mut session, "name", |capture| capture.set(TEXT, &"Ana".to_owned()));
    session
}

fn next(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    still(memory_of(&frames(memory))).clock(clock.clone()).open()
}

#[test]
fn interruption_from_another_thread_is_the_reason_of_the_next_start() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let session = start(&memory, &clock);
    let handle = session.interrupt_handle();
    thread::spawn(move || handle.interrupted(Reason::Terminate, DEADLINE).unwrap()).join().unwrap();
    assert!(session.status().is_synced);
    crash(session);
    let session = next(&memory, &clock);
    let interrupted = LastExit::Interrupted(Reason::Terminate);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Resumed, &interrupted));
    assert_eq!(session.marker().unwrap().reason(), Some(&Reason::Terminate));
}

#[test]
fn end_that_is_reported_shows_the_marker_with_the_time_away() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.dismiss_marker();
    let handle = session.interrupt_handle();
    handle.interrupted(Reason::Sleep, DEADLINE).unwrap();
    clock.advance(minutes(1));
    assert!(!session.user_active(), "the lid was closed, and the pointer moved");
    clock.advance(minutes(39));
    handle.resumed();
    // The user looks at the screen before touching anything.
    clock.advance(minutes(1));
    assert!(session.user_active());
    let marker = session.marker().unwrap();
    assert_eq!((marker.reason(), marker.away()), (Some(&Reason::Sleep), Some(minutes(40))));
    assert!(!session.user_active(), "once");
    crash(session);
    assert_eq!(next(&memory, &clock).last_exit(), &LastExit::Crashed, "it had resumed");
}

#[test]
fn touch_ends_an_interruption_whose_end_nobody_reports() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.interrupt_handle().interrupted(Reason::Lock, DEADLINE).unwrap();
    clock.advance(minutes(3));
    put(&mut session, "other", |_| {});
    let marker = session.marker().unwrap();
    assert_eq!((marker.element(), marker.reason(), marker.away()), ("name", Some(&Reason::Lock), Some(minutes(3))));
    crash(session);
    assert_eq!(next(&memory, &clock).last_exit(), &LastExit::Crashed);
}

#[test]
fn input_after_a_long_silence_ends_an_interruption_whose_end_nobody_reports() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.interrupt_handle().interrupted(Reason::Lock, DEADLINE).unwrap();
    clock.advance(minutes(30));
    assert!(session.user_active());
    let marker = session.marker().unwrap();
    assert_eq!((marker.reason(), marker.away()), (Some(&Reason::Lock), Some(minutes(30))));
}

#[test]
fn second_interruption_before_the_user_is_back_counts_from_the_first() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    let handle = session.interrupt_handle();
    handle.interrupted(Reason::Lock, DEADLINE).unwrap();
    clock.advance(minutes(5));
    handle.resumed();
    handle.interrupted(Reason::Sleep, DEADLINE).unwrap();
    crash_copy(&memory, &clock, &LastExit::Interrupted(Reason::Sleep));
    clock.advance(minutes(5));
    handle.resumed();
    assert!(session.user_active());
    assert_eq!(session.marker().unwrap().away(), Some(minutes(10)));
    session.close().unwrap();
    crash_copy(&memory, &clock, &LastExit::Clean);
}

fn crash_copy(memory: &MemoryBackend, clock: &ManualClock, expected: &LastExit) {
    assert_eq!(next(memory, clock).last_exit(), expected);
}

#[test]
fn reason_of_the_application_stands() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.suspend(Reason::Call).unwrap();
    let handle = session.interrupt_handle();
    handle.interrupted(Reason::Lock, DEADLINE).unwrap();
    clock.advance(minutes(2));
    handle.resumed();
    crash_copy(&memory, &clock, &LastExit::Interrupted(Reason::Call));
    assert!(!session.user_active());
    assert_eq!(session.wake().unwrap().reason(), Some(&Reason::Call));
    // The other way round, too.
    handle.interrupted(Reason::Lock, DEADLINE).unwrap();
    session.suspend(Reason::Meeting).unwrap();
    handle.resumed();
    crash_copy(&memory, &clock, &LastExit::Interrupted(Reason::Meeting));
    assert_eq!(session.wake().unwrap().reason(), Some(&Reason::Meeting));
    // And what comes after is as if there had been no other.
    put(&mut session, "name", |_| {});
    clock.advance(minutes(20));
    assert!(session.user_active());
    assert_eq!(session.marker().unwrap().reason(), Some(&Reason::Absence));
}

#[test]
fn cause_stands_against_what_carries_it_out() {
    use Reason::{Exit, Hangup, Lock, Restart, SessionEnd, Terminate};
    for (first, then, expected) in [
        (SessionEnd, Terminate, SessionEnd),
        (SessionEnd, Hangup, SessionEnd),
        (Restart, Terminate, Restart),
        (Restart, Exit, Restart),
        (Terminate, Exit, Terminate),
        (Hangup, Exit, Hangup),
        (Terminate, SessionEnd, SessionEnd),
        (Lock, Exit, Exit),
        (Lock, Terminate, Terminate),
    ] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let session = start(&memory, &clock);
        let handle = session.interrupt_handle();
        handle.interrupted(first.clone(), DEADLINE).unwrap();
        handle.interrupted(then.clone(), DEADLINE).unwrap();
        crash_copy(&memory, &clock, &LastExit::Interrupted(expected));
        // The shutdown was called off, and the program is told to stop later.
        handle.resumed();
        handle.interrupted(then.clone(), DEADLINE).unwrap();
        crash_copy(&memory, &clock, &LastExit::Interrupted(then));
        crash(session);
    }
}

#[test]
fn touch_does_not_revoke_the_end_of_the_process() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    let handle = session.interrupt_handle();
    handle.ending(Reason::Terminate, DEADLINE).unwrap();
    put(&mut session, "other", |capture| capture.set(TEXT, &"Bo".to_owned()));
    crash_copy(&memory, &clock, &LastExit::Interrupted(Reason::Terminate));
    handle.resumed();
    put(&mut session, "other", |_| {});
    crash_copy(&memory, &clock, &LastExit::Crashed);
    crash(session);
}

#[test]
fn absence_that_the_system_notices_is_measured_by_the_rule_of_the_session() {
    for (before, idle, away) in [(5, 10, Some(minutes(15))), (0, 1, None)] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let mut session = start(&memory, &clock);
        session.dismiss_marker();
        let handle = session.interrupt_handle();
        clock.advance(minutes(before));
        handle.interrupted(Reason::Absence, DEADLINE).unwrap();
        crash_copy(&memory, &clock, &LastExit::Interrupted(Reason::Absence));
        clock.advance(minutes(idle));
        handle.resumed();
        assert_eq!(session.user_active(), away.is_some());
        let marker = session.marker().map(|marker| (marker.reason().cloned(), marker.away()));
        assert_eq!(marker, away.map(|away| (Some(Reason::Absence), Some(away))));
        crash(session);
        crash_copy(&memory, &clock, &LastExit::Crashed);
    }
}

#[test]
fn deadline_is_kept_although_a_sync_hangs() {
    let memory = MemoryBackend::new();
    let doors = Doors::new(memory.clone());
    let mut session = Session::builder(APP).backend(doors.clone()).open();
    doors.hold(Call::Sync);
    put(&mut session, "name", |capture| capture.set(TEXT, &"Ana".to_owned()));
    let error = session.interrupt_handle().interrupted(Reason::Terminate, Duration::from_millis(50)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    // It is written all the same: only a power cut could take it.
    let mut next = still(memory_of(&frames(&memory))).open();
    assert_eq!(next.get(TEXT).unwrap().as_deref(), Some("Ana"));
    assert_eq!(next.last_exit(), &LastExit::Interrupted(Reason::Terminate));
    doors.open();
}

#[test]
fn panic_is_recorded_by_the_hook_and_taken_back_by_life() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    let handle = session.interrupt_handle();
    handle.panicked();
    crash_copy(&memory, &clock, &LastExit::Panicked);
    put(&mut session, "name", |capture| capture.set(TEXT, &"Bo".to_owned()));
    crash_copy(&memory, &clock, &LastExit::Crashed);
    // Inside our own call, the lock is held or not; either way, the hook returns and loses nothing.
    let hook = handle.clone();
    session.mark("name");
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        session.autosave(|_| {
            hook.panicked();
            panic!("in a capture");
        })
    }));
    assert!(unwound.is_err());
    assert_eq!(next(&memory, &clock).get(TEXT).unwrap().as_deref(), Some("Bo"));
}

#[test]
fn handle_of_a_closed_session_does_nothing_and_holds_nothing() {
    let dir = crate::support::folder::scratch();
    let mut session = Session::builder(APP).dir(dir.path()).open();
    let handle = session.interrupt_handle();
    put(&mut session, "name", |capture| capture.set(TEXT, &"Ana".to_owned()));
    session.close().unwrap();
    handle.interrupted(Reason::Terminate, DEADLINE).unwrap();
    handle.resumed();
    handle.panicked();
    let mut again = Session::builder(APP).dir(dir.path()).open();
    assert_eq!((again.outcome(), again.last_exit()), (Outcome::Resumed, &LastExit::Clean));
    again.mark("name");
    assert_ne!(again.autosave(|capture| capture.set(TEXT, &"Bo".to_owned())).unwrap(), Saved::Off);
}

#[test]
fn draft_marks_and_reason_are_written_before_a_large_value_is_encoded() {
    const BIG: Section<Held> = Section::new("big", 1);
    let memory = MemoryBackend::new();
    let mut session = Session::builder(APP).backend(memory.clone()).open();
    let held = Arc::new(Held::saying("takes longer to encode than the system waits"));
    put(&mut session, "name", |capture| {
        capture.share(BIG, &held);
        capture.set(TEXT, &"Ana".to_owned());
    });
    let error = session.interrupt_handle().interrupted(Reason::SessionEnd, Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let mut next = still(memory_of(&frames(&memory))).open();
    assert_eq!(next.last_exit(), &LastExit::Interrupted(Reason::SessionEnd));
    assert_eq!(next.get(TEXT).unwrap().as_deref(), Some("Ana"));
    assert_eq!(next.marker().unwrap().element(), "name");
    held.open();
}
