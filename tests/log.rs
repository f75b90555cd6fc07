//! What a session tells a logger. The logger is one for the whole process, so one test runs at a time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::marker::anchor::Element;
use leftoff::marker::place::Rect;
use leftoff::resume::Resume;
use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{AppId, Builder, Outcome, Saved, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};
use log::Level;

const APP: AppId = AppId::new("com.example.desk");
const FORM: Section<String> = Section::<String>::new("form", 1).limit(1_000);
/// In every value and every mark; in no record.
const TYPED: &str = "canary-4711";

type Shared = Arc<Mutex<Session>>;

/// Collects the records of this library. What it does with each of them besides is up to the test.
struct Collector {
    seen: Mutex<Vec<(Level, String)>>,
    session: Mutex<Option<Shared>>,
    panics: Mutex<bool>,
}

static COLLECTOR: Collector =
    Collector { seen: Mutex::new(Vec::new()), session: Mutex::new(None), panics: Mutex::new(false) };

impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        assert_eq!(record.target(), "leftoff");
        // As an interface would that shows its log beside the state.
        let session = COLLECTOR.session.lock().unwrap().clone();
        if let Some(session) = session {
            let session = session.lock().unwrap_or_else(PoisonError::into_inner);
            drop((session.status(), session.quarantined(), session.marker().is_some()));
        }
        self.seen.lock().unwrap().push((record.level(), record.args().to_string()));
        assert!(!*self.panics.lock().unwrap(), "a logger that panics");
    }

    fn flush(&self) {}
}

/// The only test that runs, with nothing collected yet.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = log::set_logger(&COLLECTOR);
    log::set_max_level(log::LevelFilter::Trace);
    (*COLLECTOR.session.lock().unwrap(), *COLLECTOR.panics.lock().unwrap()) = (None, false);
    COLLECTOR.seen.lock().unwrap().clear();
    alone
}

/// The records so far, which hold nothing of what the user typed.
fn seen() -> Vec<(Level, String)> {
    let seen = COLLECTOR.seen.lock().unwrap().clone();
    assert!(seen.iter().all(|(_, text)| !text.contains(TYPED)), "{seen:?}");
    seen
}

#[track_caller]
fn assert_seen(wanted: &[(Level, &str)]) {
    let seen = seen();
    let is_right = seen.len() == wanted.len()
        && seen.iter().zip(wanted).all(|((level, text), (wanted, part))| level == wanted && text.contains(part));
    assert!(is_right, "wanted {wanted:?}, seen {seen:#?}");
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn faulty(memory: &MemoryBackend) -> (FaultyBackend<MemoryBackend>, Faults) {
    let faults = Faults::new();
    (FaultyBackend::new(memory.clone(), faults.clone()), faults)
}

fn put(session: &mut Session, text: &str) -> Saved {
    session.mark(leftoff::Mark::new("form/text").detail(TYPED));
    session.autosave(|capture| capture.set(FORM, &format!("{TYPED} {text}"))).unwrap()
}

/// Turned by hand.
#[derive(Debug, Clone)]
struct Hand(Arc<Mutex<Duration>>);

impl Clock for Hand {
    fn now(&self) -> Now {
        Now { wall: Timestamp::from_millis(1_772_373_720_000), monotonic: *self.0.lock().unwrap() }
    }

    fn boot_id(&self) -> Option<u128> {
        Some(1)
    }
}

/// Without a thread, records come in `run_pending` and `close`, in the calling thread.
fn still(backend: impl Backend) -> (Builder, impl Fn(u64)) {
    let clock = Hand(Arc::new(Mutex::new(Duration::from_secs(1_000))));
    let builder = Session::builder(APP).backend(backend).clock(clock.clone()).without_thread();
    (builder, move |seconds| *clock.0.lock().unwrap() += Duration::from_secs(seconds))
}

#[test]
fn failing_storage_is_one_warning_and_its_end_one_info() {
    let _alone = alone();
    let (backend, faults) = faulty(&MemoryBackend::new());
    let (builder, pass) = still(backend);
    let mut session = builder.open();
    put(&mut session, "first");
    session.run_pending();
    assert_seen(&[]);
    faults.fail(Call::Create, When::Always, ErrorKind::StorageFull);
    for step in 0..5 {
        put(&mut session, &step.to_string());
        pass(40);
        session.run_pending();
    }
    let full = (Level::Warn, "could not be written; it is kept in memory and will be retried: ");
    assert_seen(&[full]);
    faults.mend_all();
    pass(40);
    session.run_pending();
    assert!(session.status().trouble().is_none());
    let again = (Level::Info, "storage works again");
    assert_seen(&[full, again]);
    // Every second write fails, and its repetition succeeds: told once a minute.
    for step in 0..50 {
        faults.fail(Call::Create, When::Nth(faults.calls(Call::Create) + 1), ErrorKind::StorageFull);
        put(&mut session, &format!("flapping {step}"));
        pass(1);
        session.run_pending();
    }
    assert!(faults.met() > 50, "it failed");
    session.close().unwrap();
    assert_seen(&[full, again, full, again]);
}

#[test]
fn a_failure_that_was_repeated_before_anyone_looked_is_told_too() {
    let _alone = alone();
    let (backend, faults) = faulty(&MemoryBackend::new());
    let (builder, pass) = still(backend);
    let mut session = builder.open();
    faults.fail(Call::Sync, When::Nth(1), ErrorKind::StorageFull);
    put(&mut session, "first");
    for _ in 0..4 {
        pass(40);
        session.run_pending();
    }
    assert!(session.status().is_synced);
    assert_seen(&[(Level::Warn, "could not be synced"), (Level::Info, "storage works again")]);
}

#[test]
fn a_section_that_cannot_be_stored_is_told_once_however_often_it_is_tried() {
    let _alone = alone();
    let (builder, pass) = still(MemoryBackend::new());
    let mut session = builder.open();
    for step in 0..6 {
        let text = TYPED.repeat(if step % 2 == 0 { 1_000 } else { 1 });
        session.mark("form/text");
        let _ = session.autosave(|capture| capture.set(FORM, &text));
        pass(1);
        session.run_pending();
    }
    assert_seen(&[(Level::Warn, "section \"form\" (version 1) has a value that is too large to store")]);
}

#[test]
fn a_panic_in_the_background_is_told() {
    #[derive(Debug)]
    struct Panics(Arc<Mutex<bool>>);

    impl Clock for Panics {
        fn now(&self) -> Now {
            let may_panic = std::thread::current().name() == Some("leftoff");
            assert!(!may_panic || !std::mem::take(&mut *self.0.lock().unwrap()), "told to panic");
            SystemClock::new().now()
        }
    }

    let _alone = alone();
    let panics = Arc::new(Mutex::new(false));
    let clock = Panics(Arc::clone(&panics));
    let mut session = Session::builder(APP).backend(MemoryBackend::new()).clock(clock).open();
    *panics.lock().unwrap() = true;
    put(&mut session, "first");
    wait_until("both are told", || seen().len() == 2);
    assert_seen(&[(Level::Warn, "background work panicked"), (Level::Info, "storage works again")]);
}

#[test]
fn damage_is_told_at_open_and_for_each_section_when_it_is_found() {
    let _alone = alone();
    let memory = MemoryBackend::new();
    let (builder, _) = still(memory.clone());
    let mut session = builder.open();
    put(&mut session, "first");
    std::mem::forget(session);
    // The value, with another byte in it.
    let spoilt = MemoryBackend::new();
    let mut ids = memory.list().unwrap();
    ids.sort_unstable();
    for id in ids {
        let mut bytes = memory.read(id).unwrap();
        if let Some(at) = bytes.windows(TYPED.len()).rposition(|window| window == TYPED.as_bytes()) {
            bytes[at] ^= 1;
        }
        spoilt.create(id, &bytes).unwrap();
    }
    let (builder, _) = still(spoilt);
    let mut session = builder.open();
    for _ in 0..2 {
        assert!(session.get(FORM).is_err());
        session.run_pending();
    }
    let section = (Level::Warn, "section form: no copy is readable");
    match session.outcome() {
        Outcome::Damaged => assert_seen(&[(Level::Warn, "part of the stored state is damaged"), section]),
        _ => assert_seen(&[section]),
    }
}

#[test]
fn sections_withheld_at_open_are_told() {
    let _alone = alone();
    let memory = MemoryBackend::new();
    let mut session = still(memory.clone()).0.open();
    put(&mut session, "first");
    session.close().unwrap();
    for _ in 0..5 {
        let mut session = still(memory.clone()).0.open();
        session.get(FORM).unwrap();
        std::mem::forget(session);
    }
    assert_seen(&[]);
    let session = still(memory).0.open();
    assert_eq!(session.outcome(), Outcome::Quarantined);
    assert_seen(&[(Level::Warn, "part of the state was quarantined after repeated crashes")]);
}

#[cfg(any(unix, windows))]
#[test]
fn a_location_that_another_instance_holds_and_its_release_are_told() {
    let _alone = alone();
    let scratch = tempfile::tempdir().unwrap();
    let open = || Session::builder(APP).dir(scratch.path()).open();
    let first = open();
    let mut second = open();
    put(&mut second, "kept in memory");
    wait_until("it is told", || !seen().is_empty());
    let taken = (Level::Warn, "the state is in use by ");
    assert_seen(&[taken]);
    drop(first);
    wait_until("its end is told", || seen().len() == 2);
    assert_seen(&[taken, (Level::Info, "this session took over")]);
    second.close().unwrap();
    // A path that is no directory: no flusher, and told all the same.
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    let third = Session::builder(APP).dir(&file).open();
    assert_eq!(third.outcome(), Outcome::Unavailable);
    wait_until("it is told", || seen().len() == 3);
    assert!(seen()[2].1.starts_with("could not use the state directory"));
}

/// The logger waits for a lock that the application holds while it saves and closes, which wait for the flusher.
#[test]
fn a_logger_that_uses_the_session_holds_up_neither_a_save_nor_the_close() {
    let _alone = alone();
    for _ in 0..5 {
        let memory = MemoryBackend::new();
        let (backend, faults) = faulty(&memory);
        let session = Arc::new(Mutex::new(Session::builder(APP).backend(backend).open()));
        *COLLECTOR.session.lock().unwrap() = Some(Arc::clone(&session));
        COLLECTOR.seen.lock().unwrap().clear();
        let mut held = session.lock().unwrap();
        put(&mut held, "first");
        faults.fail(Call::Create, When::Always, ErrorKind::StorageFull);
        put(&mut held, "second");
        // The flusher has found it failing, and the logger waits for this lock.
        wait_until("it fails", || held.status().failing.is_some());
        std::thread::sleep(Duration::from_millis(20));
        let start = Instant::now();
        let error = held.save(|_| {}).unwrap_err();
        assert!(error.to_string().contains("could not be written"), "{error:#}");
        faults.mend_all();
        assert_eq!(held.save(|_| {}).unwrap(), Saved::Synced);
        held.close().unwrap();
        assert!(start.elapsed() < Session::DEADLINE, "nobody waited for the logger");
        drop(held);
        wait_until("both are told", || seen().len() == 2);
        assert_seen(&[(Level::Warn, "could not be written"), (Level::Info, "storage works again")]);
    }
}

#[test]
fn a_logger_that_panics_loses_a_record_and_nothing_else() {
    let _alone = alone();
    *COLLECTOR.panics.lock().unwrap() = true;
    let (backend, faults) = faulty(&MemoryBackend::new());
    let mut session = Session::builder(APP).backend(backend).open();
    for round in 1..4 {
        faults.fail(Call::Create, When::Nth(faults.calls(Call::Create) + 1), ErrorKind::StorageFull);
        put(&mut session, &round.to_string());
        wait_until("it works again", || session.status().trouble().is_none() && session.status().is_synced);
    }
    wait_until("both are told", || seen().len() == 2);
    *COLLECTOR.panics.lock().unwrap() = false;
    session.close().unwrap();
}

#[test]
fn keys_that_count_rows_are_one_warning() {
    let _alone = alone();
    let memory = MemoryBackend::new();
    let rows: Vec<String> = (0..20).map(|row| format!("subject {}", row * 7919)).collect();
    let window = Rect::new(0.0, 0.0, 400.0, 2000.0);
    let lay_out = |resume: &mut Resume, rows: &[String]| {
        resume.begin();
        let mut top = 0.0;
        for (row, subject) in rows.iter().enumerate() {
            let path = format!("inbox/row-{row}");
            resume.add(Element::new(&path).role("row").name(subject), Rect::new(0.0, top, 400.0, 20.0), window);
            top += 30.0;
        }
    };
    let mut session = Session::builder(APP).backend(memory.clone()).open();
    let mut resume = Resume::new("");
    lay_out(&mut resume, &rows);
    assert!(!resume.end(&mut session));
    resume.touch(&mut session, "inbox/row-6");
    session.save(|capture| capture.anchor(resume.elements())).unwrap();
    session.close().unwrap();
    assert_seen(&[]);

    let mut session = Session::builder(APP).backend(memory).open();
    let mut resume = Resume::new("");
    for _ in 0..3 {
        lay_out(&mut resume, &rows[1..]);
        assert!(!resume.end(&mut session));
    }
    assert_eq!(resume.target(), Some("inbox/row-5"));
    session.close().unwrap();
    // Another thread emits the records.
    wait_until("the warning is there", || !seen().is_empty());
    assert_seen(&[(Level::Warn, "the marked element has a key that counts rows")]);
}
