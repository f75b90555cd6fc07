//! What a session does while nobody does anything with it: nothing.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend};
use leftoff::time::{Clock, Now, SystemClock};
use leftoff::{Outcome, Saved, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::clock::{minutes, seconds};
use crate::support::{APP, ManualClock, put, wait_until};

const FORM: Section<String> = Section::new("form", 1);

/// A memory, the calls that were made to it, and a clock.
struct Desk {
    memory: MemoryBackend,
    faults: Faults,
    clock: ManualClock,
}

impl Desk {
    fn new() -> Self {
        Self { memory: MemoryBackend::new(), faults: Faults::new(), clock: ManualClock::new() }
    }

    #[track_caller]
    fn open(&self) -> Session {
        let backend = FaultyBackend::new(self.memory.clone(), self.faults.clone());
        Session::builder(APP).backend(backend).clock(self.clock.clone()).without_thread().open()
    }

    /// A log with one launch in it, so that the next one has something to compact.
    fn used(self) -> Self {
        let mut session = self.open();
        put(&mut session, "name", |capture| capture.set(FORM, &"Ana".to_owned()));
        session.close().unwrap();
        self
    }

    fn calls(&self) -> u64 {
        Call::ALL.iter().map(|call| self.faults.calls(*call)).sum()
    }

    /// Drives a session as an event loop does, from one deadline to the next, until nothing is due any more. Returns the
    /// number of rounds.
    #[track_caller]
    fn until_idle(&self, session: &mut Session) -> usize {
        for round in 1..=12 {
            match session.run_pending() {
                None => return round,
                Some(wait) => self.clock.advance(wait),
            }
        }
        panic!("still busy: next round in {:?}", session.run_pending());
    }

    /// Nothing is due within the next day, and nothing is done in it.
    #[track_caller]
    fn is_idle(&self, session: &mut Session) {
        let calls = self.calls();
        let written = session.status();
        for _ in 0..24 {
            self.clock.advance(minutes(60));
            assert_eq!(session.run_pending(), None, "nothing happened, so nothing is due");
        }
        assert_eq!(self.calls(), calls, "an idle session calls the backend");
        let status = session.status();
        assert_eq!((status.bytes_written, status.syncs), (written.bytes_written, written.syncs));
    }
}

#[test]
fn first_launch_is_idle_after_its_last_sync() {
    let desk = Desk::new();
    let mut session = desk.open();
    put(&mut session, "name", |capture| capture.set(FORM, &"Ana".to_owned()));
    desk.until_idle(&mut session);
    desk.is_idle(&mut session);
}

#[test]
fn bytes_and_syncs_of_a_session_are_counted() {
    let desk = Desk::new();
    let mut session = desk.open();
    let opened = session.status();
    put(&mut session, "name", |capture| capture.set(FORM, &"Ana".to_owned()));
    let captured = session.status();
    assert!(captured.bytes_written > opened.bytes_written);
    assert_eq!(captured.syncs, opened.syncs);
    desk.until_idle(&mut session);
    let synced = session.status();
    assert_eq!((synced.syncs, synced.bytes_written), (desk.faults.calls(Call::Sync), captured.bytes_written));
    assert_eq!(synced.syncs, opened.syncs + 1);
}

#[test]
fn untouched_second_launch_is_idle_after_its_compaction() {
    let desk = Desk::new().used();
    let mut session = desk.open();
    desk.until_idle(&mut session);
    desk.is_idle(&mut session);
}

#[test]
fn second_launch_marked_just_before_its_compaction_is_idle_after_it() {
    let desk = Desk::new().used();
    let mut session = desk.open();
    desk.clock.advance(seconds(1));
    session.run_pending();
    desk.clock.advance(Duration::from_millis(500));
    put(&mut session, "name", |capture| capture.set(FORM, &"Ben".to_owned()));
    desk.clock.advance(Duration::from_millis(500));
    let creates = desk.faults.calls(Call::Create);
    session.run_pending();
    assert!(desk.faults.calls(Call::Create) >= creates + 3, "a new log, a base and its seal");
    desk.until_idle(&mut session);
    assert!(session.status().is_synced);
    desk.is_idle(&mut session);
}

#[test]
fn suspended_session_is_idle() {
    let desk = Desk::new().used();
    let mut session = desk.open();
    put(&mut session, "name", |capture| capture.set(FORM, &"Ben".to_owned()));
    session.suspend("call").unwrap();
    desk.until_idle(&mut session);
    desk.is_idle(&mut session);
    session.wake();
    desk.until_idle(&mut session);
    desk.is_idle(&mut session);
}

#[test]
fn forgotten_session_is_idle() {
    let desk = Desk::new().used();
    let mut session = desk.open();
    put(&mut session, "name", |capture| capture.set(FORM, &"Ben".to_owned()));
    session.forget().unwrap();
    desk.until_idle(&mut session);
    desk.is_idle(&mut session);
}

#[test]
fn storage_that_fails_is_tried_every_half_minute_by_each_kind_of_work_and_then_left_alone() {
    for call in [Call::Create, Call::Sync] {
        for touched in [false, true] {
            let desk = Desk::new().used();
            let mut session = desk.open();
            desk.faults.fail(call, When::Always, ErrorKind::TimedOut);
            if touched {
                session.mark("name");
                let _ = session.autosave(|capture| capture.set(FORM, &"Ben".to_owned()));
            }
            let start = desk.clock.now().monotonic;
            let mut rounds = 0;
            while desk.clock.now().monotonic < start + minutes(60) {
                let wait = session.run_pending().unwrap_or(seconds(60));
                desk.clock.advance(wait);
                rounds += 1;
                assert!(rounds < 3 * 130, "{call:?} fails, touched: {touched}: {rounds} rounds within an hour");
            }
            desk.faults.mend_all();
            desk.until_idle(&mut session);
            assert!(session.status().is_synced, "{call:?}, touched: {touched}");
            desk.is_idle(&mut session);
        }
    }
}

/// One generation of it was written by a newer version.
#[derive(Debug)]
struct Newer<B>(B, Generation);

impl<B: Backend> Backend for Newer<B> {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        if id.generation == self.1 { Err(backend::Error::Newer("of a newer version".into())) } else { self.0.read(id) }
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
}

#[test]
fn failed_sync_on_top_of_a_newer_log_is_made_good_and_then_left_alone() {
    let desk = Desk::new().used();
    let newer = *desk.memory.generations().unwrap().last().unwrap();
    let backend = Newer(FaultyBackend::new(desk.memory.clone(), desk.faults.clone()), newer);
    let builder = Session::builder(APP).backend(backend).clock(desk.clock.clone()).without_thread();
    let mut session = builder.open();
    assert_eq!(session.outcome(), Outcome::NewerFormat);
    desk.faults.fail(Call::Sync, When::Nth(desk.faults.calls(Call::Sync) + 1), ErrorKind::TimedOut);
    put(&mut session, "name", |capture| capture.set(FORM, &"Ben".to_owned()));
    let before = desk.memory.generations().unwrap().len();
    desk.until_idle(&mut session);
    assert!(session.status().is_synced, "a base cannot stand in, a new log can");
    assert_eq!(desk.memory.generations().unwrap().len(), before + 1);
    desk.is_idle(&mut session);
}

/// A clock that goes, can be put forward, and counts how often it is asked: the flusher asks it in every round.
#[derive(Debug, Clone)]
struct CountingClock {
    clock: SystemClock,
    ahead: Arc<Mutex<Duration>>,
    asked: Arc<AtomicU64>,
}

impl Clock for CountingClock {
    fn now(&self) -> Now {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let Now { wall, monotonic } = self.clock.now();
        Now { wall, monotonic: monotonic + *self.ahead.lock().unwrap() }
    }
}

#[test]
fn flusher_thread_does_not_wake_up_while_nothing_is_due() {
    let desk = Desk::new().used();
    let clock = CountingClock { clock: SystemClock::new(), ahead: Arc::default(), asked: Arc::default() };
    let backend = FaultyBackend::new(desk.memory.clone(), desk.faults.clone());
    let builder = Session::builder(APP).backend(backend).clock(clock.clone());
    let mut session = builder.sync_every(Duration::from_millis(200)).open();
    put(&mut session, "name", |capture| capture.set(FORM, &"Ben".to_owned()));
    wait_until("the mark is synced", || session.status().is_synced);
    // The compaction is due from here on, and the write that wakes the flusher is younger than `sync_every`.
    *clock.ahead.lock().unwrap() += seconds(2);
    let creates = desk.faults.calls(Call::Create);
    put(&mut session, "name", |capture| capture.set(FORM, &"Cy".to_owned()));
    wait_until("the log is compacted", || desk.faults.calls(Call::Create) >= creates + 4);
    wait_until("everything is synced", || session.status().is_synced);
    let asked = || clock.asked.load(Ordering::SeqCst) + desk.calls();
    let mut seen = (asked(), Instant::now());
    wait_until("the flusher is at rest", || {
        if seen.0 != asked() {
            seen = (asked(), Instant::now());
        }
        seen.1.elapsed() > Duration::from_millis(400)
    });
    for _ in 0..600 {
        assert_eq!(session.autosave(|_| panic!("nothing was marked")).unwrap(), Saved::Unchanged);
    }
    assert_eq!(asked(), seen.0, "nothing happened, so nobody asks what time it is");
}
