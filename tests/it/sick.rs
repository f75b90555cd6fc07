//! Storage that fails, lies down or takes its time: what the application hears of it, and that nothing is lost.

use std::io;
use std::time::{Duration, Instant};

use leftoff::backend::{Backend, MemoryBackend, Speed};
use leftoff::testing::{Call, Faults, FaultyBackend, When};
use leftoff::{ErrorKind, LastExit, Outcome, Saved, Section, Session};

use crate::support::clock::seconds;
use crate::support::{Gate, ManualClock, Plug, Random, Slow, crash, frames, open, put, settle, still};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);
const BULK: Section<Vec<u8>> = Section::new("bulk", 1);

fn faulty(memory: &MemoryBackend) -> (FaultyBackend<MemoryBackend>, Faults) {
    let faults = Faults::new();
    (FaultyBackend::new(memory.clone(), faults.clone()), faults)
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_full_disk_keeps_what_is_stored_and_takes_the_rest_when_there_is_room() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).clock(clock.clone()).open().unwrap();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    assert!(session.status().failing.is_none());
    let stored = frames(&memory);

    faults.fail(Call::Create, When::Always, io::ErrorKind::StorageFull);
    let since = clock.wall();
    for value in 2..20 {
        session.mark("b");
        let error = session.autosave(|capture| capture.set(FORM, &value)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        clock.advance(seconds(1));
        session.drive();
        let status = session.status();
        let failing = status.failing.expect("it says so");
        assert_eq!(failing.since, since, "since the first failure");
        assert!(std::error::Error::source(&failing.error).unwrap().to_string().contains("told to fail"), "and why");
        assert!(status.pending && status.refused.is_none());
    }
    assert_eq!(frames(&memory), stored, "byte for byte");
    let mut other = open(memory.clone());
    assert_eq!(other.get(FORM).unwrap(), Some(1));
    crash(other);

    faults.mend(Call::Create);
    clock.advance(seconds(60));
    session.drive();
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
                let mut session = still(backend).clock(clock.clone()).open().unwrap();
                let mut told = 0;
                for value in 0..10 {
                    session.mark("a");
                    told += u32::from(session.autosave(|capture| capture.set(FORM, &value)).is_err());
                    clock.advance(seconds(40));
                    session.drive();
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
        let mut session = if thread { builder.open() } else { builder.without_thread().open() }.unwrap();
        faults.fail(Call::Create, When::Always, io::ErrorKind::StorageFull);
        for value in 0..10 {
            session.mark("a");
            session.autosave(|capture| capture.set(FORM, &value)).unwrap_err();
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
    let mut session = still(backend).clock(clock.clone()).open().unwrap();
    put(&mut session, "a", |capture| {
        capture.set(FORM, &1);
        capture.set(TEXT, &"kept".to_owned());
    });
    let suspect: Vec<_> = memory.generations().unwrap();
    faults.fail(Call::Sync, When::Nth(faults.calls(Call::Sync) + 1), io::ErrorKind::Other);
    clock.advance(seconds(2));
    session.drive();
    let status = session.status();
    assert!(
        !status.is_synced || memory.generations().unwrap().len() > suspect.len(),
        "nothing is promised on a failed sync"
    );
    for _ in 0..5 {
        clock.advance(seconds(60));
        session.drive();
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
    let mut session = still(backend).open().unwrap();
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
    let mut session = still(backend).open().unwrap();
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
            let mut session = still(backend).open().unwrap();
            if session.outcome() != Outcome::Unavailable {
                assert_eq!(session.outcome(), Outcome::Resumed, "{call:?} {nth}");
                assert!(faults.calls(call) < nth, "{call:?} {nth}: a failure nobody tells");
                continue;
            }
            assert_eq!(*session.last_exit(), LastExit::Unknown);
            assert!(session.status().refused.is_some());
            assert_eq!(session.get(FORM).unwrap_err().kind(), ErrorKind::Unavailable, "not: there was none");
            session.mark("b");
            session.autosave(|capture| capture.set(FORM, &2)).unwrap_err();
            session.save(|capture| capture.set(FORM, &2)).unwrap_err();
            session.suspend("call").unwrap_err();
            session.forget().unwrap_err();
            session.history().unwrap_err();
            session.ready();
            session.drive();
            let _ = session.close();
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
        put(&mut session, "a", |capture| capture.set(BULK, &random.bytes(60 << 10)));
    }
    settle(&mut session);
    session.close().unwrap();
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).open().unwrap();
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
    let mut session = still(backend).clock(clock.clone()).open().unwrap();
    assert_eq!(session.outcome(), Outcome::Fresh);
    assert!(session.status().failing.is_some());
    session.mark("a");
    session.autosave(|capture| capture.set(FORM, &1)).unwrap_err();
    faults.mend(Call::Create);
    clock.advance(seconds(60));
    session.drive();
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
        let mut session = still(backend).clock(clock.clone()).keep_history(1, 1 << 20).open().unwrap();
        put(&mut session, "a", |capture| capture.set(TEXT, &"kept".to_owned()));
        for value in 0..60 {
            put(&mut session, "a", |capture| {
                capture.set(FORM, &value);
                capture.set(BULK, &random.bytes(40 << 10));
            });
            // While the log is being summed up, something is wrong now and then.
            if value % 7 < 3 {
                faults.fail(call, When::Always, io::ErrorKind::StorageFull);
            }
            session.drive();
            faults.mend(call);
            clock.advance(seconds(60));
            session.drive();
        }
        clock.advance(seconds(60));
        session.drive();
        assert!(session.status().failing.is_none(), "{call:?}: {:?}", session.status());
        crash(session);
        let mut session = open(memory.clone());
        assert_eq!(session.outcome(), Outcome::Recovered, "{call:?}");
        assert_eq!(session.get(FORM).unwrap(), Some(59), "{call:?}");
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("kept"), "{call:?}");
        assert!(session.report().is_whole(), "{call:?}: {:?}", session.report());
    }
}

// A slow backend: a network, a database that syncs.

fn slow(memory: &MemoryBackend, delay: Duration) -> (Session, Slow<MemoryBackend>) {
    let backend = Slow::new(memory.clone(), Duration::ZERO);
    let session = Session::builder(crate::support::APP).backend(backend.clone()).open().unwrap();
    *backend.delay.lock().unwrap() = delay;
    (session, backend)
}

/// emilk/egui#1686: the interface stands still while the state is written.
#[test]
fn emilk_egui_1686_a_slow_place_is_never_waited_for() {
    let memory = MemoryBackend::new();
    let (mut session, _) = slow(&memory, Duration::from_millis(300));
    let mut longest = Duration::ZERO;
    for value in 0..200 {
        let start = Instant::now();
        session.mark("a");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &value)).unwrap(), Saved::Pending);
        session.presence();
        assert!(session.status().pending);
        longest = longest.max(start.elapsed());
        std::thread::sleep(Duration::from_micros(500));
    }
    session.suspend("call").unwrap();
    session.wake();
    assert!(longest < Duration::from_millis(100), "{longest:?}");
    wait_until("it is written", || !session.status().pending);
    assert!(session.status().written.is_some());
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap(), Some(199));
}

#[test]
fn what_waits_for_a_slow_place_is_bounded() {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Slow);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open().unwrap();
    gate.close();
    let mut random = Random::new(3);
    for value in 0..2000 {
        session.mark(if value % 2 == 0 { "a" } else { "b" });
        session.autosave(|capture| capture.set(BULK, &random.bytes(4 << 10))).unwrap();
    }
    gate.open();
    wait_until("it is written", || !session.status().pending);
    let stored: usize = frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(stored < 64 << 10, "{stored} bytes for the latest value and a trail");
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.marker().unwrap().element(), "b");
    assert_eq!(session.get(BULK).unwrap().unwrap().len(), 4 << 10);
}

#[test]
fn a_place_that_hangs_lets_save_and_close_go_at_their_deadline() {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Slow);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open().unwrap();
    gate.close();
    let start = Instant::now();
    session.mark("a");
    let error = session.save(|capture| capture.set(FORM, &1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let took = start.elapsed();
    assert!(took >= leftoff::DEADLINE - seconds(1) && took < leftoff::DEADLINE + seconds(3), "{took:?}");
    assert!(session.status().pending);
    gate.open();
    wait_until("it goes on by itself", || !session.status().pending);
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap(), Some(1));
}

/// The user's thread acts while a write of the flusher is on its way.
fn meanwhile(first: impl FnOnce(&mut Session), act: impl FnOnce(&mut Session)) -> MemoryBackend {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Slow);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open().unwrap();
    first(&mut session);
    wait_until("the first is written", || !session.status().pending);
    gate.close();
    session.mark("a");
    session.autosave(|capture| capture.set(FORM, &1)).unwrap();
    gate.wait_for_one();
    act(&mut session);
    gate.open();
    wait_until("all is written", || !session.status().pending);
    session.close().unwrap();
    memory
}

#[test]
fn a_section_captured_again_during_its_write_is_written_again() {
    let memory = meanwhile(
        |_| {},
        |session| {
            session.mark("b");
            session.autosave(|capture| capture.set(FORM, &2)).unwrap();
        },
    );
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(2));
    assert_eq!(session.marker().unwrap().element(), "b");
}

#[test]
fn a_section_removed_during_its_write_stays_removed() {
    let memory = meanwhile(
        |_| {},
        |session| {
            session.mark("b");
            session.autosave(|capture| capture.remove(FORM)).unwrap();
            assert_eq!(session.get(FORM).unwrap(), None);
        },
    );
    assert_eq!(open(memory).get(FORM).unwrap(), None);
}

#[test]
fn a_window_closed_during_a_write_of_it_stays_closed() {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Slow);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open().unwrap();
    gate.close();
    session.scope("window").mark("a");
    session.autosave(|capture| capture.scope("window").set(FORM, &1)).unwrap();
    gate.wait_for_one();
    session.scope("window").close();
    session.autosave(|_| {}).unwrap();
    gate.open();
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.scope("window").get(FORM).unwrap(), None);
    assert!(session.scopes().is_empty() && session.scope("window").marker().is_none());
}

#[test]
fn going_back_in_history_during_a_write_loses_neither_state() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "old", |capture| capture.set(FORM, &10));
    session.close().unwrap();
    let gate = Gate::new(memory.clone(), Speed::Slow);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open().unwrap();
    session.mark("new");
    session.autosave(|capture| capture.set(FORM, &20)).unwrap();
    wait_until("it is written", || !session.status().pending);
    let point = session.history().unwrap().remove(0);
    gate.close();
    session.mark("newer");
    session.autosave(|capture| capture.set(FORM, &30)).unwrap();
    gate.wait_for_one();
    let opener = std::thread::spawn({
        let gate = gate.clone();
        move || {
            std::thread::sleep(Duration::from_millis(200));
            gate.open();
        }
    });
    session.resume_at(&point).unwrap();
    opener.join().unwrap();
    assert_eq!(session.get(FORM).unwrap(), Some(10));
    session.mark("after");
    session.autosave(|capture| capture.set(FORM, &11)).unwrap();
    wait_until("it is written", || !session.status().pending);
    let left = session.history().unwrap();
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(11), "what was saved after going back");
    assert_eq!(session.marker().unwrap().element(), "after");
    session.resume_at(&left[0]).unwrap();
    assert_eq!(
        session.get(FORM).unwrap(),
        Some(30),
        "what was captured before going back is the newest of the history"
    );
}

#[test]
fn going_back_in_history_during_a_compaction_loses_neither_state() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "old", |capture| {
        capture.set(FORM, &10);
        capture.set(TEXT, &"old".to_owned());
    });
    session.close().unwrap();
    let gate = Gate::new(memory.clone(), Speed::Quick);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open().unwrap();
    put(&mut session, "new", |capture| {
        capture.set(FORM, &20);
        capture.set(TEXT, &"new".to_owned());
    });
    session.save(|_| {}).unwrap();
    let point = session.history().unwrap().remove(0);
    let mut random = Random::new(4);
    // Grow the log until the flusher sums it up, and hold it at its first step.
    gate.hold_next_birth();
    for _ in 0..10 {
        put(&mut session, "new", |capture| capture.set(BULK, &random.bytes(60 << 10)));
    }
    gate.wait_for_one();
    let opener = std::thread::spawn({
        let gate = gate.clone();
        move || {
            std::thread::sleep(Duration::from_millis(100));
            gate.open();
        }
    });
    session.resume_at(&point).unwrap();
    opener.join().unwrap();
    assert_eq!(session.get(FORM).unwrap(), Some(10));
    for value in 11..=30 {
        put(&mut session, "after", |capture| capture.set(FORM, &value));
        std::thread::sleep(Duration::from_millis(2));
    }
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(30));
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("old"), "that time's, not that of the state gone back from");
    assert_eq!(session.get(BULK).unwrap(), None);
    assert_eq!(session.marker().unwrap().element(), "after");
}

#[test]
fn a_value_that_is_shared_survives_a_panic_of_its_neighbour() {
    use std::sync::Arc;

    struct Panics;
    impl serde::Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("of the value's own making")
        }
    }
    const BAD: Section<Panics> = Section::new("bad", 1);
    const GOOD: Section<String> = Section::new("good", 1);

    let memory = MemoryBackend::new();
    let mut session = Session::builder(crate::support::APP).backend(memory.clone()).open().unwrap();
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
    session.close().unwrap();
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
            let mut session = Session::builder(crate::support::APP).backend(memory).open().unwrap();
            put(&mut session, "a", |capture| capture.set(FORM, &1));
            session.mark("b");
            panic!("of the application");
        }
    }));
    assert!(caught.is_err());
    let mut session = open(memory);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed));
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    assert_eq!(session.marker().unwrap().element(), "b");
}

#[test]
fn a_process_that_is_gone_with_its_threads_leaves_all_it_captured() {
    let memory = MemoryBackend::new();
    for value in 0..20 {
        let plug = Plug::new(&memory);
        let mut session = Session::builder(crate::support::APP).backend(plug.clone()).open().unwrap();
        assert_eq!(session.get(FORM).unwrap(), (value > 0).then(|| value - 1));
        put(&mut session, "a", |capture| capture.set(FORM, &value));
        plug.pull();
        session.mark("b");
        session.autosave(|capture| capture.set(FORM, &999)).unwrap_err();
        drop(session);
    }
    assert_eq!(open(memory).get(FORM).unwrap(), Some(19));
}

/// A folder somebody may read and not write: nothing is begun there, and nothing is claimed.
#[cfg(unix)]
mod read_only {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    use super::*;
    use crate::support::child;

    const NOBODY: u32 = 65_534;

    /// Whoever runs the tests as root may write everywhere, so the look is taken by somebody else.
    #[test]
    fn child() {
        let Some(folder) = child::role() else { return };
        let session = Session::builder(crate::support::APP).dir(folder).open().unwrap();
        child::say(&format!("{:?} {}", session.outcome(), session.status().refused.is_some()));
    }

    #[test]
    fn a_folder_of_somebody_else_is_unavailable() {
        if !std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
            return;
        }
        let folder = crate::support::folder::scratch();
        let mut session = Session::builder(crate::support::APP).dir(folder.path()).open().unwrap();
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        session.close().unwrap();
        let before = crate::support::folder::logs(folder.path());
        for mode in [0o755, 0o777] {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let mut command = child::spawn("sick::read_only::child", folder.path().to_str().unwrap());
            let Ok(mut child) = command.uid(NOBODY).spawn() else { return };
            let mut ears = child::ears(&mut child);
            let said = child::hear(&mut ears);
            child.wait().unwrap();
            assert_eq!(said.as_deref(), Some("Unavailable true"), "mode {mode:o}");
        }
        assert_eq!(crate::support::folder::logs(folder.path()), before);
    }
}
