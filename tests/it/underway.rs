//! A storage that cannot be waited for: nothing stalls, and nothing is called synced before it is.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use leftoff::backend::{self, Backend, Error, FrameId, Generation, MemoryBackend, Speed};
use leftoff::{AppId, ErrorKind, Saved, Section, Session};

const FORM: Section<String> = Section::new("form", 1);

/// Answers a number of syncs with "not yet".
#[derive(Debug, Clone, Default)]
struct Late {
    frames: MemoryBackend,
    answers: Arc<AtomicUsize>,
}

impl Late {
    fn confirm_after(&self, syncs: usize) {
        self.answers.store(syncs, Ordering::Relaxed);
    }
}

impl Backend for Late {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.frames.list()
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.frames.read(id)
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.frames.create(id, bytes)
    }

    fn sync(&self) -> backend::Result<()> {
        let left = self.answers.load(Ordering::Relaxed);
        self.answers.store(left.saturating_sub(1), Ordering::Relaxed);
        if left == 0 { Ok(()) } else { Err(Error::Underway) }
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.frames.remove(generation)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.frames.read_range(id, range)
    }

    fn speed(&self) -> Speed {
        Speed::NonBlocking
    }
}

fn open(backend: &Late) -> Session {
    Session::builder(AppId::new("com.example.late")).backend(backend.clone()).without_thread().open()
}

/// Does the session's work as a page does, until the storage has confirmed.
fn drive(session: &mut Session) {
    let until = Instant::now() + Duration::from_secs(10);
    while !session.status().is_synced && Instant::now() < until {
        let next = session.run_pending();
        std::thread::sleep(next.unwrap_or_default().min(Duration::from_millis(30)));
    }
}

#[test]
fn a_save_returns_at_once_and_is_synced_when_the_storage_says_so() {
    let late = Late::default();
    late.confirm_after(usize::MAX);
    let mut session = open(&late);
    let begun = Instant::now();
    session.mark("form/name");
    let saved = session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    assert_eq!(saved, Saved::Written);
    let error = session.save(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(begun.elapsed() < Session::DEADLINE, "it waited for what cannot be waited for");
    assert!(!session.status().is_synced);
    assert!(session.status().failing.is_none(), "being asked again is no failure");
    late.confirm_after(2);
    drive(&mut session);
    assert!(session.status().is_synced);
    session.save(|capture| capture.set(FORM, &"Eva".to_owned())).unwrap();
    drop(session);
    assert_eq!(open(&late).get(FORM).unwrap().as_deref(), Some("Eva"));
}

#[test]
fn a_compaction_whose_base_is_not_confirmed_does_not_vouch_for_it() {
    let late = Late::default();
    let mut session = open(&late);
    // Enough for a base to be due.
    for round in 0..200 {
        session.mark_dirty();
        session.autosave(|capture| capture.set(FORM, &format!("{round}").repeat(3_000))).unwrap();
    }
    late.confirm_after(usize::MAX);
    for _ in 0..20 {
        session.mark_dirty();
        session.autosave(|capture| capture.set(FORM, &"newest".to_owned())).unwrap();
        session.run_pending();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!session.status().is_synced);
    late.confirm_after(0);
    drive(&mut session);
    assert!(session.status().is_synced);
    drop(session);
    assert_eq!(open(&late).get(FORM).unwrap().as_deref(), Some("newest"));
}

#[test]
fn an_erasure_is_not_reported_before_it_is_confirmed() {
    let late = Late::default();
    let mut session = open(&late);
    session.save(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    late.confirm_after(1);
    assert_eq!(session.forget().unwrap_err().kind(), ErrorKind::TimedOut);
    session.forget().unwrap();
    assert!(late.list().unwrap().is_empty());
}

#[test]
fn the_work_can_be_done_through_the_handle() {
    let late = Late::default();
    let mut session = open(&late);
    session.mark_dirty();
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    let handle = session.interrupt_handle();
    let until = Instant::now() + Duration::from_secs(10);
    while !session.status().is_synced && Instant::now() < until {
        let next = handle.run_pending();
        std::thread::sleep(next.unwrap_or_default().min(Duration::from_millis(200)));
    }
    assert!(session.status().is_synced);
    session.close().unwrap();
    assert_eq!(handle.run_pending(), None);
}
