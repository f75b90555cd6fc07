//! Storage that fails, lies down or takes its time: what the application hears of it, and that nothing is lost.

mod full;
mod hangs;
mod journey;
mod meanings;
#[cfg(unix)]
mod read_only;
#[cfg(unix)]
mod real;
mod slow;

use std::io;
use std::time::{Duration, Instant};

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{ErrorKind, LastExit, Outcome, Saved, Section, Session};
use leftoff_testing::{Call, Fault, Faults, FaultyBackend, When};

use crate::support::clock::seconds;
use crate::support::{
    APP, Gate, ManualClock, Plug, Random, crash, frames, memory_of, open, put, settle, still, wait_until,
};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);
const BULK: Section<String> = Section::new("bulk", 1);

fn faulty(memory: &MemoryBackend) -> (FaultyBackend<MemoryBackend>, Faults) {
    let faults = Faults::new();
    (FaultyBackend::new(memory.clone(), faults.clone()), faults)
}

#[test]
fn a_full_disk_keeps_what_is_stored_and_takes_the_rest_when_there_is_room() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).clock(clock.clone()).open();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    assert!(session.status().failing.is_none());
    let stored = frames(&memory);

    faults.fail(Call::Create, When::Always, io::ErrorKind::StorageFull);
    let since = clock.wall();
    for value in 2..20 {
        session.mark("b");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &value)).unwrap(), Saved::Deferred);
        clock.advance(seconds(1));
        session.run_pending();
        let status = session.status();
        let failing = status.failing.expect("it says so");
        assert_eq!(status.failing_since, Some(since), "since the first failure");
        assert!(std::error::Error::source(&failing).unwrap().to_string().contains("told to fail"), "and why");
        assert!(status.pending && status.refused.is_none());
    }
    assert_eq!(frames(&memory), stored, "byte for byte");
    let mut other = open(memory.clone());
    assert_eq!(other.get(FORM).unwrap(), Some(1));
    crash(other);

    faults.mend(Call::Create);
    clock.advance(seconds(60));
    session.run_pending();
    let status = session.status();
    assert!(status.failing.is_none() && !status.pending, "{status:?}");
    crash(session);
    let session = open(memory);
    assert_eq!(session.marker().unwrap().element(), "b");
}

#[test]
fn every_kind_of_failure_is_survived_and_the_last_value_arrives() {
    use io::ErrorKind::{
        Interrupted, InvalidData, NotFound, Other, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
        TimedOut, Unsupported,
    };
    for kind in [
        Interrupted,
        InvalidData,
        NotFound,
        Other,
        PermissionDenied,
        QuotaExceeded,
        ReadOnlyFilesystem,
        StorageFull,
        TimedOut,
        Unsupported,
    ] {
        for call in [Call::Create, Call::Sync] {
            for nth in 1..6 {
                let memory = MemoryBackend::new();
                let (backend, faults) = faulty(&memory);
                faults.fail(call, When::Nth(nth), kind);
                faults.fail(call, When::Nth(nth + 1), kind);
                let clock = ManualClock::new();
                let mut session = still(backend).clock(clock.clone()).open();
                let mut told = 0;
                for value in 0..10 {
                    session.mark("a");
                    let saved = session.autosave(|capture| capture.set(FORM, &value)).unwrap();
                    told += u32::from(saved == Saved::Deferred);
                    clock.advance(seconds(40));
                    session.run_pending();
                    told += u32::from(session.status().failing.is_some());
                }
                assert!(session.status().failing.is_none() && session.status().is_synced, "{kind:?} of {call:?} {nth}");
                let _ = told;
                crash(session);
                let mut session = open(memory);
                assert_eq!(session.get(FORM).unwrap(), Some(9), "{kind:?} of {call:?} {nth}");
                assert_eq!(session.outcome(), Outcome::Recovered);
            }
        }
    }
}

#[test]
fn a_save_tries_at_once_however_long_the_storage_has_failed() {
    for thread in [false, true] {
        let memory = MemoryBackend::new();
        let (backend, faults) = faulty(&memory);
        let clock = ManualClock::new();
        let builder = Session::builder(crate::support::APP).backend(backend).clock(clock.clone());
        let mut session = if thread { builder.open() } else { builder.without_thread().open() };
        faults.fail(Call::Create, When::Always, io::ErrorKind::StorageFull);
        for value in 0..10 {
            session.mark("a");
            assert_eq!(session.autosave(|capture| capture.set(FORM, &value)).unwrap(), Saved::Deferred);
            session.save(|_| {}).unwrap_err();
        }
        // The user frees the disk and presses the button.
        faults.mend(Call::Create);
        assert_eq!(session.save(|capture| capture.set(FORM, &42)).unwrap(), Saved::Synced, "thread: {thread}");
        assert!(session.status().failing.is_none());
        assert_eq!(open(memory).get(FORM).unwrap(), Some(42));
    }
}

#[test]
fn a_failed_sync_is_mended_by_a_new_copy_elsewhere() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).clock(clock.clone()).open();
    put(&mut session, "a", |capture| {
        capture.set(FORM, &1);
        capture.set(TEXT, &"kept".to_owned());
    });
    let suspect: Vec<_> = memory.generations().unwrap();
    faults.fail(Call::Sync, When::Nth(faults.calls(Call::Sync) + 1), io::ErrorKind::Other);
    clock.advance(seconds(2));
    session.run_pending();
    let status = session.status();
    assert!(
        !status.is_synced || memory.generations().unwrap().len() > suspect.len(),
        "nothing is promised on a failed sync"
    );
    for _ in 0..5 {
        clock.advance(seconds(60));
        session.run_pending();
    }
    let status = session.status();
    assert!(status.is_synced && status.failing.is_none(), "{status:?}");
    crash(session);
    // The pages of the generation that could not be synced are gone.
    for generation in suspect {
        memory.remove(generation).unwrap();
    }
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("kept"));
    assert_eq!(session.marker().unwrap().element(), "a");
}

#[test]
fn a_save_on_a_disk_that_does_not_sync_says_so_and_is_good_once_it_does() {
    let memory = MemoryBackend::new();
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).open();
    faults.fail(Call::Sync, When::Always, io::ErrorKind::Other);
    session.mark("a");
    session.save(|capture| capture.set(FORM, &1)).unwrap_err();
    assert!(!session.status().is_synced && session.status().failing.is_some());
    faults.mend(Call::Sync);
    assert_eq!(session.save(|capture| capture.set(FORM, &2)).unwrap(), Saved::Synced);
    assert!(session.status().is_synced);
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap(), Some(2));
}

#[test]
fn closing_on_a_failed_sync_either_mends_it_or_says_so() {
    let memory = MemoryBackend::new();
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).open();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    faults.fail(Call::Sync, When::Nth(faults.calls(Call::Sync) + 1), io::ErrorKind::Other);
    let generations = memory.generations().unwrap().len();
    let closed = session.close();
    assert!(closed.is_err() || memory.generations().unwrap().len() > generations);
    assert_eq!(open(memory).get(FORM).unwrap(), Some(1));
}

#[test]
fn a_place_that_cannot_be_listed_or_read_at_the_start_refuses_saves() {
    for call in [Call::List, Call::Read] {
        for nth in 1..5 {
            let memory = MemoryBackend::new();
            let mut session = open(memory.clone());
            put(&mut session, "a", |capture| capture.set(FORM, &1));
            session.close().unwrap();
            let before = frames(&memory);
            let (backend, faults) = faulty(&memory);
            faults.fail(call, When::Nth(nth), io::ErrorKind::TimedOut);
            let mut session = still(backend).open();
            if session.outcome() != Outcome::Unavailable {
                assert_eq!(session.outcome(), Outcome::Resumed, "{call:?} {nth}");
                assert!(faults.calls(call) < nth, "{call:?} {nth}: a failure nobody tells");
                continue;
            }
            assert_eq!(*session.last_exit(), LastExit::Unknown);
            assert!(session.status().refused.is_some());
            assert_eq!(session.get(FORM).unwrap_err().kind(), ErrorKind::Unavailable, "not: there was none");
            session.mark("b");
            assert_eq!(session.autosave(|capture| capture.set(FORM, &2)).unwrap(), Saved::Off);
            session.save(|capture| capture.set(FORM, &2)).unwrap_err();
            assert_eq!(session.suspend("call").unwrap(), Saved::Off);
            session.forget().unwrap_err();
            session.history().unwrap_err();
            session.confirm_restored();
            session.run_pending();
            let error = session.close().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.to_string().starts_with("nothing was saved: "), "{error}");
            assert_eq!(frames(&memory), before, "{call:?} {nth}: no second history");
        }
    }
}

#[test]
fn a_section_that_cannot_be_read_just_now_is_unavailable_and_not_damaged() {
    let memory = MemoryBackend::new();
    let mut random = Random::new(1);
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    for _ in 0..12 {
        put(&mut session, "a", |capture| capture.set(BULK, &random.text(60 << 10)));
    }
    settle(&mut session);
    session.close().unwrap();
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).open();
    assert_eq!(session.outcome(), Outcome::Resumed);
    faults.fail(Call::Read, When::Always, io::ErrorKind::TimedOut);
    match session.get(FORM) {
        Err(error) => assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Unavailable), "{error:?}"),
        Ok(value) => assert_eq!(value, Some(1), "it was in memory"),
    }
    faults.mend(Call::Read);
    assert_eq!(session.get(FORM).unwrap(), Some(1), "the next try has it");
}

#[test]
fn a_launch_that_cannot_be_noted_is_noted_with_the_first_save() {
    let memory = MemoryBackend::new();
    let (backend, faults) = faulty(&memory);
    faults.fail(Call::Create, When::Always, io::ErrorKind::PermissionDenied);
    let clock = ManualClock::new();
    let mut session = still(backend).clock(clock.clone()).open();
    assert_eq!(session.outcome(), Outcome::Fresh);
    assert!(session.status().failing.is_some());
    session.mark("a");
    assert_eq!(session.autosave(|capture| capture.set(FORM, &1)).unwrap(), Saved::Deferred);
    faults.mend(Call::Create);
    clock.advance(seconds(60));
    session.run_pending();
    assert!(session.status().failing.is_none());
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap(), Some(1));
}

#[test]
fn a_compaction_that_fails_costs_nothing() {
    for call in [Call::Create, Call::Sync, Call::Remove, Call::Read, Call::List] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let (backend, faults) = faulty(&memory);
        let mut random = Random::new(2);
        let mut session = still(backend).clock(clock.clone()).history_launches(1).history_bytes(1 << 20).open();
        put(&mut session, "a", |capture| capture.set(TEXT, &"kept".to_owned()));
        for value in 0..60 {
            put(&mut session, "a", |capture| {
                capture.set(FORM, &value);
                capture.set(BULK, &random.text(40 << 10));
            });
            // While the log is being summed up, something is wrong now and then.
            if value % 7 < 3 {
                faults.fail(call, When::Always, io::ErrorKind::StorageFull);
            }
            session.run_pending();
            faults.mend(call);
            clock.advance(seconds(60));
            session.run_pending();
        }
        clock.advance(seconds(60));
        session.run_pending();
        assert!(session.status().failing.is_none(), "{call:?}: {:?}", session.status());
        crash(session);
        let mut session = open(memory.clone());
        assert_eq!(session.outcome(), Outcome::Recovered, "{call:?}");
        assert_eq!(session.get(FORM).unwrap(), Some(59), "{call:?}");
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("kept"), "{call:?}");
        assert!(session.report().is_whole(), "{call:?}: {:?}", session.report());
    }
}

#[test]
fn a_value_that_is_shared_survives_a_panic_of_its_neighbour() {
    use std::sync::Arc;

    #[derive(serde::Deserialize)]
    struct Panics;
    impl serde::Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("of the value's own making")
        }
    }
    const BAD: Section<Panics> = Section::new("bad", 1);
    const GOOD: Section<String> = Section::new("good", 1);

    let memory = MemoryBackend::new();
    let mut session = Session::builder(crate::support::APP).backend(memory.clone()).open();
    session.mark("a");
    let saved = session
        .autosave(|capture| {
            capture.share(BAD, &Arc::new(Panics));
            capture.share(GOOD, &Arc::new("kept".to_owned()));
        })
        .unwrap();
    assert_eq!(saved, Saved::Pending);
    wait_until("it is written", || !session.status().pending);
    session.mark("a");
    let error = session.autosave(|_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    assert_eq!(session.close().unwrap_err().kind(), ErrorKind::Encode);
    assert_eq!(open(memory).get(GOOD).unwrap().as_deref(), Some("kept"));
}

#[test]
fn a_capture_that_panics_leaves_the_last_one() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.mark("b");
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = session.autosave(|capture| {
            capture.set(FORM, &2);
            panic!("in the middle");
        });
    }));
    assert!(caught.is_err());
    session.autosave(|capture| capture.set(TEXT, &"after".to_owned())).unwrap();
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("after"), "the next one is still due");
    assert_eq!(session.marker().unwrap().element(), "b");
}

#[test]
fn a_session_dropped_by_a_panic_saves_what_was_captured_and_is_a_crash() {
    let memory = MemoryBackend::new();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe({
        let memory = memory.clone();
        move || {
            let mut session = Session::builder(crate::support::APP).backend(memory).open();
            put(&mut session, "a", |capture| capture.set(FORM, &1));
            session.mark("b");
            panic!("of the application");
        }
    }));
    assert!(caught.is_err());
    let mut session = open(memory);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Panicked));
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    assert_eq!(session.marker().unwrap().element(), "b");
}

#[test]
fn a_process_that_is_gone_with_its_threads_leaves_all_it_captured() {
    let memory = MemoryBackend::new();
    for value in 0..20 {
        let plug = Plug::new(&memory);
        let mut session = Session::builder(crate::support::APP).backend(plug.clone()).open();
        assert_eq!(session.get(FORM).unwrap(), (value > 0).then(|| value - 1));
        put(&mut session, "a", |capture| capture.set(FORM, &value));
        plug.pull();
        session.mark("b");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &999)).unwrap(), Saved::Deferred);
        drop(session);
    }
    assert_eq!(open(memory).get(FORM).unwrap(), Some(19));
}

/// Found by running the two threads in every order: the flusher forgot the order to sync with the batch it was writing
/// when the order came, and the batch after that waited for the timer.
#[test]
fn a_save_that_finds_the_flusher_at_work_waits_for_no_timer() {
    const STEP: Section<u32> = Section::new("step", 1);
    let gate = Gate::new(MemoryBackend::new(), leftoff::backend::Speed::Blocking);
    let builder = Session::builder(APP).backend(gate.clone()).sync_every(Duration::from_secs(3600));
    let mut session = builder.open();
    gate.close();
    session.mark("a");
    assert_eq!(session.autosave(|capture| capture.set(STEP, &1)).unwrap(), Saved::Pending);
    gate.wait_for_one();
    let opener = std::thread::spawn(move || {
        // Long enough for the order below to be given meanwhile.
        std::thread::sleep(Duration::from_millis(200));
        gate.open();
    });
    session.mark("b");
    assert_eq!(session.save(|capture| capture.set(STEP, &2)).unwrap(), Saved::Synced);
    opener.join().unwrap();
    session.close().unwrap();
}
