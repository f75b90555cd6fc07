use std::sync::mpsc;
use std::time::Duration;

use super::{Driver, Saved, Session};
use crate::app_id::AppId;
use crate::backend::MemoryBackend;
use crate::section::Section;

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);

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
