//! What the words `synced` and `closed` rest on: a sync covers what was written before it began, comes in time, and comes
//! before anything that relies on it.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend, Speed};
use leftoff::{Saved, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::{
    APP, Doors, Gate, ManualClock, Plug, Random, crash, holds, is_stored, open, put, still, wait_until,
};

#[cfg(any(unix, windows))]
mod relied;

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);
const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();

#[test]
fn a_user_who_types_without_a_pause_is_synced_within_sync_every() {
    let (faults, clock) = (Faults::new(), ManualClock::new());
    let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
    let mut session = still(backend).clock(clock.clone()).sync_every(Duration::from_secs(1)).open();
    session.run_pending();
    for key in 0..50 {
        put(&mut session, "a", |capture| capture.set(FORM, &key));
        clock.advance(Duration::from_millis(250));
        session.run_pending();
        let synced = session.status().synced.unwrap_or(ManualClock::START);
        let age = clock.wall().since(synced).unwrap();
        assert!(age <= Duration::from_millis(1_250), "key {key}: the newest synced state is {age:?} old");
    }
    assert!(faults.calls(Call::Sync) >= 10, "{} syncs in twelve seconds", faults.calls(Call::Sync));
}

#[test]
fn a_write_during_a_sync_is_not_synced_until_the_next_sync() {
    let doors = Doors::new(MemoryBackend::new());
    let builder = Session::builder(APP).backend(doors.clone()).sync_every(Duration::ZERO);
    let mut session = builder.open();
    wait_until("the start is synced", || session.status().is_synced);
    doors.hold(Call::Sync);
    assert_eq!(put(&mut session, "a", |capture| capture.set(FORM, &1)), Saved::Written);
    doors.wait_for(1);
    assert_eq!(put(&mut session, "a", |capture| capture.set(FORM, &2)), Saved::Written);
    doors.let_one_through();
    doors.wait_for(2);
    assert!(!session.status().is_synced, "the sync that succeeded began before the second write");
    doors.open();
    wait_until("the second write is synced", || session.status().is_synced);
    assert_eq!((doors.forced(), doors.by_others_and_by_me(Call::Sync).1), (0, 0));
    session.close().unwrap();
}

/// One event at a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Create(FrameId),
    Sync,
}

/// Records creates and syncs in their order, and can store damaged bases.
#[derive(Debug, Clone, Default)]
struct Recorder {
    inner: MemoryBackend,
    events: Arc<Mutex<Vec<Event>>>,
    damages_bases: Arc<AtomicBool>,
}

impl Backend for Recorder {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.inner.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.inner.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        let mut bytes = bytes.to_vec();
        // A first frame of this length has sections in it: a base.
        if self.damages_bases.load(Ordering::SeqCst) && id.index == 0 && bytes.len() > 4 << 10 {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        self.inner.create(id, &bytes)?;
        self.events.lock().unwrap().push(Event::Create(id));
        Ok(())
    }
    fn sync(&self) -> backend::Result<()> {
        self.inner.sync()?;
        self.events.lock().unwrap().push(Event::Sync);
        Ok(())
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.inner.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.inner.read_range(id, range)
    }
}

/// A close frame that survives a power cut vouches for all that was saved before it.
#[test]
fn everything_saved_is_synced_before_the_close_frame_is_written() {
    let recorder = Recorder::default();
    let mut session = open(recorder.clone());
    for value in 0..3 {
        put(&mut session, "a", |capture| capture.set(FORM, &value));
    }
    session.close().unwrap();
    let events = recorder.events.lock().unwrap().clone();
    let created: Vec<_> =
        events.iter().enumerate().filter(|(_, event)| matches!(event, Event::Create(_))).map(|(at, _)| at).collect();
    let [.., before, close] = created[..] else { panic!("{events:?}") };
    assert!(events[before..close].contains(&Event::Sync), "{events:?}");
    assert!(events[close..].contains(&Event::Sync), "{events:?}");
}

/// A section that makes a base longer than a launch frame ever is.
fn text() -> String {
    Random::new(5).text(20 << 10)
}

#[test]
fn a_base_that_reads_back_damaged_removes_nothing() {
    let recorder = Recorder::default();
    let mut session = open(recorder.clone());
    put(&mut session, "a", |capture| {
        capture.set(FORM, &7);
        capture.set(TEXT, &text());
        capture.set(PIN, &"4711-secret".to_owned());
    });
    recorder.damages_bases.store(true, Ordering::SeqCst);
    session.close().expect_err("what was to be erased is still stored");
    recorder.damages_bases.store(false, Ordering::SeqCst);
    let mut session = open(recorder.clone());
    assert_eq!((session.get(FORM).unwrap(), session.get(TEXT).unwrap()), (Some(7), Some(text())));
    assert!(session.report().is_whole(), "{:?}", session.report());
    session.close().unwrap();
    assert!(!holds(&recorder.inner, b"4711-secret"), "the next clean close erases it");
    assert_eq!(open(recorder.inner).get(TEXT).unwrap(), Some(text()));
}

#[test]
fn a_base_that_reads_back_damaged_does_not_stand_in_for_a_failed_sync() {
    let (recorder, faults, clock) = (Recorder::default(), Faults::new(), ManualClock::new());
    let mut session = still(FaultyBackend::new(recorder.clone(), faults.clone())).clock(clock.clone()).open();
    recorder.damages_bases.store(true, Ordering::SeqCst);
    faults.fail(Call::Sync, When::Nth(faults.calls(Call::Sync) + 1), io::ErrorKind::Other);
    put(&mut session, "a", |capture| capture.set(TEXT, &text()));
    for _ in 0..10 {
        clock.advance(Duration::from_secs(40));
        session.run_pending();
        let status = session.status();
        assert!(!status.is_synced && status.failing.is_some(), "{status:?}");
    }
    recorder.damages_bases.store(false, Ordering::SeqCst);
    clock.advance(Duration::from_secs(40));
    session.run_pending();
    assert!(session.status().is_synced && session.status().failing.is_none(), "{:?}", session.status());
    crash(session);
    assert_eq!(open(recorder.inner).get(TEXT).unwrap(), Some(text()));
}

#[test]
fn the_first_retry_after_a_success_is_as_soon_as_the_first_one_ever() {
    let (memory, faults, clock) = (MemoryBackend::new(), Faults::new(), ManualClock::new());
    let mut session = still(FaultyBackend::new(memory, faults.clone())).clock(clock.clone()).open();
    put(&mut session, "a", |capture| capture.set(FORM, &0));
    session.run_pending();
    let mut fail_for = |failures: u64| {
        let from = faults.calls(Call::Create);
        (1..=failures).for_each(|nth| faults.fail(Call::Create, When::Nth(from + nth), io::ErrorKind::StorageFull));
        session.mark("a");
        let _ = session.autosave(|capture| capture.set(FORM, &u32::try_from(from).unwrap()));
        let start = clock.wall();
        loop {
            let due = session.run_pending();
            if !session.status().pending {
                break;
            }
            clock.advance(due.expect("a retry is due"));
        }
        clock.wall().since(start).unwrap()
    };
    let first = fail_for(1);
    let long = fail_for(6);
    assert!(long > first * 16, "waiting times grow: {first:?}, {long:?}");
    assert_eq!(fail_for(1), first, "the trouble before is over and forgotten");
}

/// A mark during a compaction goes to the old log, which the base then covers: the new log must say it, too.
#[test]
fn a_sign_of_life_during_a_compaction_is_not_lost() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(FORM, &7));
    session.close().unwrap();
    for launch in 1..=7 {
        // As many ends inside the restore as the guard allows: only a sign of life makes it begin to count anew.
        for _ in 0..4 {
            let mut session = open(memory.clone());
            assert_eq!(session.get(FORM).unwrap(), Some(7), "launch {launch}");
            crash(session);
        }
        let (plug, faults, clock) = (Plug::new(&memory), Faults::new(), ManualClock::new());
        let gate = Gate::new(Arc::new(FaultyBackend::new(plug.clone(), faults.clone())), Speed::NonBlocking);
        faults.fail(Call::Sync, When::Always, io::ErrorKind::Other);
        let builder = Session::builder(APP).backend(gate.clone()).clock(clock.clone()).sync_every(Duration::ZERO);
        let mut session = builder.open();
        assert_eq!(session.get(FORM).unwrap(), Some(7), "launch {launch}");
        assert!(session.marker().is_some(), "launch {launch}: nothing crashed, so nothing is left out");
        // A log whose sync failed is written anew, however young the launch is.
        wait_until("the sync failed", || session.status().failing.is_some());
        gate.hold_next_birth();
        faults.mend(Call::Sync);
        clock.advance(Duration::from_millis(500));
        gate.wait_for_one();
        session.mark("b");
        assert_eq!(session.autosave(|_| {}).unwrap(), Saved::Written);
        gate.open();
        wait_until("everything is in the new log", || is_stored(&session));
        plug.pull();
    }
}
