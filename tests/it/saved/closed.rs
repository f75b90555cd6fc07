//! A session that is closed through a borrow, and what it answers after that.

use std::time::Duration;

use leftoff::backend::{MemoryBackend, Speed};
use leftoff::{ErrorKind, SectionFate};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use super::*;
use crate::support::{Gate, frames, rewrite};

/// The kind of the error that a call returned.
fn kind<T>(result: Result<T, leftoff::Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[track_caller]
fn refuses_everything(session: &mut Session) {
    session.mark("late");
    assert_eq!(session.autosave(|capture| capture.set(FORM, &99)).unwrap(), Saved::Off);
    assert_eq!(session.suspend("call").unwrap(), Saved::Off);
    assert!(session.begin_autosave().is_none());
    let closed = Some(ErrorKind::Closed);
    assert_eq!(kind(session.get(FORM)), closed);
    assert_eq!(kind(session.get_quarantined(FORM)), closed);
    assert_eq!(kind(session.bring_back(FORM)), closed);
    assert_eq!(kind(session.bring_back_all()), closed);
    assert_eq!(kind(session.save(|capture| capture.set(FORM, &99))), closed);
    assert_eq!(kind(session.flush()), closed);
    assert_eq!(kind(session.history()), closed);
    assert_eq!(kind(session.forget()), closed);
    assert!(!session.import(FORM, || Some(99)).unwrap());
    assert_eq!(session.fate(FORM), SectionFate::Unread(ErrorKind::Closed));
    assert_eq!(session.run_pending(), None);
    let refused = session.status().refused.map(|error| error.kind());
    assert_eq!(refused, closed);
}

#[test]
fn closed_session_refuses_every_call_and_stores_nothing_more() {
    for thread in [false, true] {
        let memory = MemoryBackend::new();
        let builder = Session::builder(APP).backend(memory.clone());
        let mut session = if thread { builder.open() } else { builder.without_thread().open() };
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        session.close().unwrap();
        let before = frames(&memory);
        refuses_everything(&mut session);
        session.close().unwrap();
        let status = session.status();
        assert!(status.is_synced && !status.pending && status.synced.is_some(), "{status:?}");
        drop(session);
        assert_eq!(frames(&memory), before, "thread: {thread}");
        let mut next = open(memory);
        assert_eq!((next.get(FORM).unwrap(), next.last_exit()), (Some(1), &leftoff::LastExit::Clean));
    }
}

#[cfg(unix)]
#[test]
fn closing_gives_the_location_to_the_next_session_while_the_closed_one_is_kept() {
    for thread in [false, true] {
        let scratch = crate::support::folder::scratch();
        let open = || {
            let builder = Session::builder(APP).dir(scratch.path()).wait_for_holder(Duration::ZERO);
            if thread { builder.open() } else { builder.without_thread().open() }
        };
        let mut first = open();
        put(&mut first, "a", |capture| capture.set(FORM, &1));
        first.close().unwrap();
        let mut second = open();
        assert_eq!((second.outcome(), second.get(FORM).unwrap()), (leftoff::Outcome::Resumed, Some(1)));
        refuses_everything(&mut first);
        drop(first);
        put(&mut second, "a", |capture| capture.set(FORM, &2));
        second.close().unwrap();
    }
}

#[test]
fn closing_again_returns_the_failure_of_the_first_close() {
    let (memory, faults) = (MemoryBackend::new(), Faults::new());
    let mut session = still(FaultyBackend::new(memory, faults.clone())).open();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    faults.fail(Call::Sync, When::Always, std::io::ErrorKind::StorageFull);
    assert_eq!(kind(session.close()), Some(ErrorKind::Unavailable));
    faults.mend(Call::Sync);
    assert_eq!(kind(session.close()), Some(ErrorKind::Unavailable));
    let status = session.status();
    assert!(!status.is_synced && status.failing.is_some(), "{status:?}");
    assert_eq!(kind(session.get(FORM)), Some(ErrorKind::Closed));
}

#[test]
fn close_that_timed_out_leaves_the_work_to_the_flusher_and_waits_no_second_time() {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Blocking);
    let mut session = Session::builder(APP).backend(gate.clone()).open();
    wait_until("the launch is written", || !session.status().pending);
    gate.close();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    gate.wait_for_one();
    assert_eq!(kind(session.close()), Some(ErrorKind::TimedOut));
    let start = std::time::Instant::now();
    refuses_everything(&mut session);
    assert_eq!(kind(session.close()), Some(ErrorKind::TimedOut));
    let status = session.status();
    assert!(status.pending && !status.is_synced && status.failing.is_some(), "{status:?}");
    drop(session);
    assert!(start.elapsed() < Session::DEADLINE, "waited once more");
    gate.open();
    wait_until("the flusher has written the end", || {
        // In a copy: a launch beside it would be the last one, and it does not end cleanly.
        let mut next = open(rewrite(&memory, |_, _| true));
        let is_clean = next.last_exit() == &leftoff::LastExit::Clean;
        let form = next.get(FORM).ok().flatten();
        crash(next);
        is_clean && form == Some(1)
    });
}

#[test]
fn flush_writes_and_syncs_what_was_captured_and_leaves_the_next_autosave_due() {
    for thread in [false, true] {
        let memory = MemoryBackend::new();
        let builder = Session::builder(APP).backend(memory.clone()).sync_every(Duration::MAX);
        let mut session = if thread { builder.open() } else { builder.without_thread().open() };
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        session.mark("b");
        session.flush().unwrap();
        let status = session.status();
        assert!(status.is_synced && !status.pending, "{status:?}");
        let mut next = open(rewrite(&memory, |_, _| true));
        assert_eq!(next.get(FORM).unwrap(), Some(1));
        assert_eq!(next.marker().map(leftoff::Marker::element), Some("b"), "a mark that no capture came after");
        assert!(
            session.autosave(|capture| capture.set(FORM, &2)).unwrap() >= Saved::Pending,
            "the mark is not captured"
        );
    }
}

#[test]
fn flush_returns_why_the_storage_fails() {
    let faults = Faults::new();
    let mut session = still(FaultyBackend::new(MemoryBackend::new(), faults.clone())).open();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    faults.fail(Call::Sync, When::Always, std::io::ErrorKind::StorageFull);
    assert_eq!(kind(session.flush()), Some(ErrorKind::Unavailable));
    faults.mend(Call::Sync);
    session.flush().unwrap();
    session.forget().unwrap();
    assert_eq!(kind(session.flush()), Some(ErrorKind::Closed));
}
