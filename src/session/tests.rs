use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Driver, Saved, Session};
use crate::app_id::AppId;
use crate::backend::MemoryBackend;
use crate::frame::Point;
use crate::generation::{Catalog, Loaded};
use crate::section::Section;
use crate::store::Worker;
use crate::time::{Clock, Now, Timestamp};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);

/// A clock that stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        Now { wall: Timestamp::from_millis(1_772_373_720_000), monotonic: Duration::from_secs(1000) }
    }
}

/// Neither a backend nor a clock can cause this; a bug in this library could.
#[test]
fn a_writer_lost_in_a_panic_costs_a_new_log_and_no_value() {
    let memory = MemoryBackend::new();
    let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread().open();
    let mut session = open();
    session.mark("a");
    session.save(|capture| capture.set(TEXT, &"written".to_owned())).unwrap();
    session.store.inner.lock().writer = None;
    session.store.recover();
    assert!(session.status().failing.is_some());
    session.mark("b");
    session.save(|capture| capture.set(FORM, &7)).unwrap();
    assert!(session.status().failing.is_none());
    std::mem::forget(session);
    let mut session = open();
    assert_eq!(session.get(FORM).unwrap(), Some(7));
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("written"));
    assert_eq!(session.marker().map(crate::Marker::element), Some("b"));
    assert!(session.report().is_whole());
}

#[test]
fn can_bring_back_waits_for_no_lock_where_nothing_was_withheld() {
    let session =
        Session::builder(AppId::new("com.example.desk")).backend(MemoryBackend::new()).without_thread().open();
    let guard = session.store.inner.lock();
    std::thread::scope(|scope| {
        let (say, hear) = mpsc::channel();
        let session = &session;
        scope.spawn(move || say.send(session.can_bring_back()).unwrap());
        let answer = hear.recv_timeout(Duration::from_secs(10));
        drop(guard);
        assert!(!answer.unwrap());
    });
}

/// As on a page, or in a process that has reached its limit of threads.
#[test]
fn session_whose_thread_could_not_start_returns_what_it_wrote() {
    let memory = MemoryBackend::new();
    let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread().open();
    let mut session = open();
    session.driver = Driver::Captures;
    session.mark("a");
    assert_eq!(session.autosave(|capture| capture.set(FORM, &1)).unwrap(), Saved::Written);
    session.mark_dirty();
    assert_eq!(session.autosave(|capture| capture.set(FORM, &1)).unwrap(), Saved::Unchanged);
    session.mark("b");
    session.flush().unwrap();
    assert_eq!(session.autosave(|capture| capture.set(FORM, &2)).unwrap(), Saved::Written);
    std::mem::forget(session);
    assert_eq!(open().get(FORM).unwrap(), Some(2));
}

/// Returns the number of frames after the base.
fn frames_to_read(memory: &MemoryBackend) -> u64 {
    let mut catalog = Catalog::read(memory).unwrap();
    let generation = catalog.head().unwrap().generation.unwrap();
    let head = Point { generation, index: Point::END };
    Loaded::at(&mut catalog, head, None).unwrap().delta_frames
}

#[test]
fn frames_after_the_base_are_bounded_for_100_000_saves_while_no_time_passes() {
    let memory = MemoryBackend::new();
    let builder = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread();
    let mut session = builder().clock(Still).open();
    // As with a thread, which has not come to its next round.
    session.store.inner.lock().worker = Worker::Flusher;
    for number in 1..=100_000 {
        session.mark("a");
        let saved = session.autosave(|capture| capture.set(FORM, &number)).unwrap();
        assert!(saved == Saved::Written || saved == Saved::Pending, "{saved:?}");
        if number % 25_000 == 0 {
            assert_eq!((saved, session.status().pending), (Saved::Pending, true));
            let frames = frames_to_read(&memory);
            assert!(frames <= 4 * 1024 + 10, "{frames} frames after {number} saves");
            session.store.work();
            assert!(!session.status().pending && frames_to_read(&memory) < 10, "a base is written");
        }
    }
    std::mem::forget(session);
    assert_eq!(builder().open().get(FORM).unwrap(), Some(100_000));
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn autosave_within_one_interval_after_a_sync_wakes_no_thread() {
    let builder = Session::builder(AppId::new("com.example.desk")).backend(MemoryBackend::new());
    let mut session = builder.sync_every(Duration::from_secs(3600)).open();
    session.mark("a");
    session.save(|capture| capture.set(FORM, &0)).unwrap();
    wait_until("the flusher sleeps on its timer", || session.store.inner.lock().wakes_at.is_some());
    let wake_ups = session.store.wake_ups.load(Ordering::Relaxed);
    for number in 1..4 {
        session.mark("b");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &number)).unwrap(), Saved::Written);
    }
    assert_eq!(session.store.wake_ups.load(Ordering::Relaxed), wake_ups);
}

#[test]
fn write_for_which_no_thread_was_woken_is_synced_and_the_flusher_rests_after_it() {
    let builder = Session::builder(AppId::new("com.example.desk")).backend(MemoryBackend::new());
    let mut session = builder.sync_every(Duration::from_millis(100)).open();
    for number in 0..5 {
        session.mark("a");
        session.save(|capture| capture.set(FORM, &(2 * number))).unwrap();
        session.mark("b");
        session.autosave(|capture| capture.set(FORM, &(2 * number + 1))).unwrap();
        wait_until("the second value is synced", || session.status().is_synced);
    }
    // Only a write may wake it from here on.
    let rests = |inner: &crate::store::Inner| {
        inner.wake_up_at(session.store.now(), &session.store.settings).is_none() && inner.wakes_at.is_none()
    };
    wait_until("the flusher has no timer", || rests(&session.store.inner.lock()));
    session.mark("c");
    session.autosave(|capture| capture.set(FORM, &100)).unwrap();
    wait_until("the write woke the flusher", || session.status().is_synced);
}
