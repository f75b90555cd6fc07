//! The backend without a browser: its database is a map here, and confirms when a test says so.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use leftoff::backend::FrameId;
use leftoff::{AppId, ErrorKind, Saved, Section, Session};

use crate::backend::{Listener, PageBackend};
use crate::queue::{Change, Queue, Refusal};

const FORM: Section<String> = Section::new("form", 1);

#[derive(Default)]
struct Silent(Arc<AtomicUsize>);

impl Listener for Silent {
    fn created(&self, _: FrameId, _: &[u8]) {}

    fn changed(&self) {}

    fn refused(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

type Database = BTreeMap<FrameId, Vec<u8>>;

fn page(database: &Database) -> PageBackend {
    PageBackend::new(Queue::new(database.clone()), Silent::default())
}

/// Completes everything that the page wants to write.
fn complete(page: &PageBackend, database: &mut Database) {
    while let Some(batch) = { page.queue().take(false) } {
        for change in &batch.changes {
            match change {
                Change::Create(id, bytes) => assert!(database.insert(*id, bytes.to_vec()).is_none(), "overwritten"),
                Change::Remove(generation, _) => database.retain(|id, _| id.generation != *generation),
            }
        }
        page.queue().confirm(&batch);
    }
}

fn open(page: &PageBackend) -> Session {
    Session::builder(AppId::new("com.example.page")).backend(page.clone()).without_thread().open()
}

/// Does the work of a page until everything is in the database.
fn drive(session: &mut Session, page: &PageBackend, database: &mut Database) {
    for _ in 0..500 {
        session.run_pending();
        complete(page, database);
        let status = session.status();
        if status.is_synced && !status.pending {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn the_backend_keeps_the_contract() {
    let database = std::cell::RefCell::new(Database::new());
    let make = || {
        database.borrow_mut().clear();
        page(&Database::new())
    };
    let reopen = |before: PageBackend| {
        let mut database = database.borrow_mut();
        complete(&before, &mut database);
        page(&database)
    };
    leftoff_testing::conformance(make, reopen);
}

#[test]
fn a_session_is_synced_when_the_database_has_confirmed() {
    let mut database = Database::new();
    let first = page(&database);
    let mut session = open(&first);
    session.mark("form/name");
    let saved = session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    assert_eq!(saved, Saved::Written);
    assert_eq!(session.flush().unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(!session.status().is_synced);
    complete(&first, &mut database);
    session.flush().unwrap();
    assert!(session.status().is_synced);
    // The page's process is killed here.
    std::mem::forget(session);
    assert_eq!(open(&page(&database)).get(FORM).unwrap().as_deref(), Some("Ana"));
}

/// Returns a session whose value the database has confirmed.
fn with_ana(page: &PageBackend, database: &mut Database) -> Session {
    let mut session = open(page);
    session.mark_dirty();
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    complete(page, database);
    session.flush().unwrap();
    session
}

#[test]
fn what_a_full_database_refused_is_written_again() {
    let mut database = Database::new();
    let first = page(&database);
    let mut session = with_ana(&first, &mut database);
    session.mark_dirty();
    session.autosave(|capture| capture.set(FORM, &"Eva".to_owned())).unwrap();
    let batch = first.queue().take(false).unwrap();
    first.queue().fail(&batch, Refusal::new(io::ErrorKind::QuotaExceeded, "the browser's database is full"));
    let error = session.flush().unwrap_err();
    assert!(format!("{error:#}").contains("full"), "{error:#}");
    assert!(session.status().failing.is_some());
    // There is room again.
    drive(&mut session, &first, &mut database);
    assert!(session.status().is_synced);
    std::mem::forget(session);
    assert_eq!(open(&page(&database)).get(FORM).unwrap().as_deref(), Some("Eva"));
}

#[test]
fn a_database_that_the_browser_emptied_is_filled_again() {
    let mut database = Database::new();
    let first = page(&database);
    let mut session = with_ana(&first, &mut database);
    database.clear();
    first.queue().lose(Refusal::new(io::ErrorKind::NotFound, "the browser removed the stored data"));
    session.mark("form/name");
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    drive(&mut session, &first, &mut database);
    std::mem::forget(session);
    assert_eq!(open(&page(&database)).get(FORM).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn a_database_that_the_browser_removed_during_a_transaction_is_filled_again() {
    let mut database = Database::new();
    let first = page(&database);
    let mut session = with_ana(&first, &mut database);
    session.mark("form/name");
    session.autosave(|capture| capture.set(FORM, &"Eva".to_owned())).unwrap();
    // The browser neither completes nor aborts it.
    let _lost = first.queue().take(false).unwrap();
    database.clear();
    first.queue().lose(Refusal::new(io::ErrorKind::NotFound, "the browser removed the stored data"));
    drive(&mut session, &first, &mut database);
    assert!(session.status().is_synced);
    std::mem::forget(session);
    assert_eq!(open(&page(&database)).get(FORM).unwrap().as_deref(), Some("Eva"));
}

#[test]
fn a_page_without_storage_starts_and_says_why() {
    let refused = page(&Database::new());
    refused.queue().unreadable =
        Some(Refusal::new(io::ErrorKind::PermissionDenied, "the browser refuses its database"));
    let mut session = open(&refused);
    assert_eq!(session.outcome(), leftoff::Outcome::Unavailable);
    session.mark_dirty();
    assert_eq!(session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap(), Saved::Off);
    let why = session.status().refused.map(|error| format!("{error:#}")).unwrap_or_default();
    assert!(why.contains("the browser refuses its database"), "{why}");
}

#[test]
fn a_page_hears_of_a_frame_that_was_refused() {
    let refused = Silent::default();
    let times = Arc::clone(&refused.0);
    let first = PageBackend::new(Queue::default(), refused);
    let mut session = open(&first);
    session.mark_dirty();
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    assert_eq!(times.load(Ordering::Relaxed), 0);
    first.queue().lose(Refusal::new(io::ErrorKind::NotFound, "the browser removed the stored data"));
    session.mark_dirty();
    session.autosave(|capture| capture.set(FORM, &"Eva".to_owned())).unwrap();
    assert!(times.load(Ordering::Relaxed) > 0, "nothing else would make the session begin a new log");
}
