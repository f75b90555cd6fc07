//! A report for the developers: what happened, and nothing that a user typed or named.

use std::fs;
use std::io::ErrorKind as IoErrorKind;
use std::path::Path;

use leftoff::backend::FileBackend;
use leftoff::{Action, Mark, Reason, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::{APP, folder, put};

const CANARY: &str = "kanarie";

const LETTER: Section<String> = Section::new("letter", 3);
const LETTER_OF_LATER: Section<u64> = Section::new("letter", 3);
const RECORD: Section<String> = Section::new("record", 1);
const HUGE: Section<String> = Section::<String>::new("huge", 1).limit(100);

fn secret(of: &str) -> String {
    format!("{CANARY}-{of}")
}

/// Everything that a user may have typed or named has a canary in it.
fn work(session: &mut Session) {
    let [element, label, detail, note, crumb] = ["element", "label", "detail", "note", "crumb"].map(secret);
    let breadcrumb = [crumb.as_str()];
    let mark = || Mark::new(&element).action(Action::Edit).label(&label).detail(&detail).note(&note);
    let (window, record) = (secret("window"), RECORD.named(&secret("record")).unwrap());
    session.scope(&window).mark(mark().breadcrumb(&breadcrumb));
    session.mark(mark());
    let saved = session.autosave(|capture| {
        capture.set(LETTER, &secret("letter"));
        capture.set(record, &secret("value"));
        capture.fingerprint(&secret("fingerprint"), 7);
        capture.scope(&window).set(LETTER, &secret("letter-of-window"));
        capture.set(HUGE, &secret("huge").repeat(100));
    });
    assert!(saved.is_err(), "one section is too large");
    session.suspend(Reason::Other(secret("reason").into())).unwrap();
}

/// The report, as text and as a value.
#[track_caller]
fn reported(session: &Session) -> String {
    let report = session.support_report();
    let shown = report.to_string();
    for text in [&shown, &format!("{report:?}")] {
        assert!(!text.to_lowercase().contains(CANARY), "{text}");
    }
    shown
}

#[track_caller]
fn contains(report: &str, lines: &[&str]) {
    for line in lines {
        assert!(report.contains(line), "{line:?} is not in\n{report}");
    }
}

fn place() -> (tempfile::TempDir, std::path::PathBuf) {
    let scratch = folder::scratch();
    let dir = scratch.path().join(secret("dir"));
    (scratch, dir)
}

fn open(dir: &Path) -> Session {
    Session::builder(APP).dir(dir).app_version("2.1").without_thread().open()
}

#[test]
fn report_has_outcome_exits_fates_versions_and_sizes_and_no_canary() {
    let (_scratch, dir) = place();
    let mut session = open(&dir);
    work(&mut session);
    let report = reported(&session);
    contains(&report, &["program 2.1, ", "outcome: Fresh; last exit: first start", "scopes: 1", "last mark: Edit, "]);
    contains(&report, &["\nsection \"letter\": version 3, ", " bytes, Restored", "other section 1: version 1, "]);
    contains(&report, &["scope 1, section \"letter\": version 3, ", "not stored: section \"huge\": TooLarge, since "]);
    drop(session);

    let mut session = open(&dir);
    // The program has asked for nothing yet: it has no constants.
    contains(&reported(&session), &["last exit: interrupted (another reason)", "other section 1: "]);
    assert!(session.get(LETTER_OF_LATER).is_err());
    put(&mut session, "a", |capture| capture.set(LETTER_OF_LATER, &7));
    let report = reported(&session);
    contains(&report, &["outcome: Unread", "quarantined: section \"letter\": version 3, saved ", ", Unread\n"]);
    contains(&report, &["history: "]);
}

#[test]
fn report_of_damaged_and_unusable_storage_has_kinds_and_no_canary() {
    let (_scratch, dir) = place();
    let mut session = open(&dir);
    work(&mut session);
    // A second instance.
    let second = Session::builder(APP).dir(&dir).wait_for_holder(std::time::Duration::ZERO).without_thread().open();
    contains(&reported(&second), &["outcome: ReadOnly", "held by another instance: yes", "refused: Unavailable"]);
    drop(second);
    drop(session);
    let log = fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
    let log = log.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().unwrap();
    let mut bytes = fs::read(&log).unwrap();
    let needle = secret("letter");
    let at = bytes.windows(needle.len()).position(|window| window == needle.as_bytes()).unwrap();
    bytes[at] ^= 1;
    fs::write(&log, bytes).unwrap();
    let mut session = open(&dir);
    let _ = session.get(LETTER);
    contains(&reported(&session), &["section \"letter\": "]);
    drop(session);
    // A file where the directory should be.
    let file = dir.with_file_name(secret("file"));
    fs::write(&file, "").unwrap();
    contains(&reported(&open(&file)), &["outcome: Unavailable", "refused: Unavailable (", "history: Unavailable ("]);
}

#[test]
fn report_of_a_full_disk_has_the_kind_of_the_error() {
    let (_scratch, dir) = place();
    let faults = Faults::new();
    let backend = FaultyBackend::new(FileBackend::open(&dir).unwrap(), faults.clone());
    let mut session = Session::builder(APP).backend(backend).without_thread().open();
    faults.fail(Call::Create, When::Always, IoErrorKind::StorageFull);
    session.mark("a");
    session.autosave(|capture| capture.set(LETTER, &secret("letter"))).unwrap();
    contains(&reported(&session), &["pending: yes", "failing: Unavailable (StorageFull), since 1"]);
}
