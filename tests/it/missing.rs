//! The newest log is deleted or emptied while no program runs: damage that is told, not an older state that passes for the
//! newest one.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use leftoff::{Builder, Outcome, Section, SectionFate, Session};

use crate::support::{APP, ManualClock, crash, folder};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);

fn builder(dir: &Path) -> Builder {
    Session::builder(APP).dir(dir).without_thread()
}

fn session(dir: &Path) -> Session {
    builder(dir).open()
}

fn save(session: &mut Session, value: u32) {
    session.mark("form");
    session.save(|capture| capture.set(FORM, &value)).unwrap();
}

fn stored(dir: &Path, value: u32) {
    let mut session = session(dir);
    save(&mut session, value);
    session.close().unwrap();
}

fn newest_log(dir: &Path) -> PathBuf {
    folder::logs(dir).into_keys().next_back().map(|name| dir.join(name)).unwrap()
}

fn remove(log: &Path) {
    fs::remove_file(log).unwrap();
}

fn empty(log: &Path) {
    OpenOptions::new().write(true).truncate(true).open(log).unwrap();
}

#[test]
fn newest_log_removed_or_emptied_is_damage_told_once() {
    for (way, spoil) in [("removed", remove as fn(&Path)), ("emptied", empty)] {
        for closed in [true, false] {
            let scratch = folder::scratch();
            let dir = scratch.path();
            stored(dir, 1);
            stored(dir, 2);
            let mut last = session(dir);
            save(&mut last, 3);
            if closed {
                last.close().unwrap();
            } else {
                crash(last);
            }
            // The lock of a session that crashed in this process is still held, so its files go on elsewhere.
            let moved = folder::scratch();
            let copy = moved.path().join("copy");
            fs::create_dir(&copy).unwrap();
            for name in folder::logs(dir).into_keys().chain(["newest".to_owned()]) {
                fs::copy(dir.join(&name), copy.join(&name)).unwrap();
            }
            spoil(&newest_log(&copy));
            let why = format!("{way}, closed: {closed}");
            let mut next = session(&copy);
            assert_eq!((next.get(FORM).unwrap(), next.outcome()), (Some(2), Outcome::Damaged), "{why}");
            let report = next.report();
            assert!(!report.is_whole() && report.unreadable == 1, "{why}: {report:?}");
            assert!(matches!(report.sections[0].fate, SectionFate::MayBeOlder { .. }), "{why}: {report:?}");
            save(&mut next, 4);
            next.close().unwrap();
            let mut after = session(&copy);
            assert_eq!((after.get(FORM).unwrap(), after.outcome()), (Some(4), Outcome::Resumed), "{why}");
        }
    }
}

/// A power cut cannot have taken it: it is named after its first sync only.
#[test]
fn newest_log_removed_before_a_restart_of_the_machine_is_damage_all_the_same() {
    let (scratch, clock) = (folder::scratch(), ManualClock::new());
    for value in 1..3 {
        let mut session = builder(scratch.path()).clock(clock.clone()).open();
        save(&mut session, value);
        session.close().unwrap();
    }
    remove(&newest_log(scratch.path()));
    clock.reboot();
    let mut next = builder(scratch.path()).clock(clock).open();
    assert_eq!((next.get(FORM).unwrap(), next.outcome()), (Some(1), Outcome::Damaged));
}

#[test]
fn only_log_removed_is_no_first_start() {
    let scratch = folder::scratch();
    stored(scratch.path(), 1);
    remove(&newest_log(scratch.path()));
    let mut next = session(scratch.path());
    assert_eq!(next.outcome(), Outcome::Damaged);
    assert_eq!(next.get(FORM).unwrap_err().kind(), leftoff::ErrorKind::Damaged);
}

#[test]
fn logs_that_go_on_purpose_are_no_damage() {
    let scratch = folder::scratch();
    let dir = scratch.path();
    // Forgotten.
    stored(dir, 1);
    session(dir).forget().unwrap();
    let next = session(dir);
    assert_eq!(next.outcome(), Outcome::Fresh);
    drop(next);
    // Summed up, with old logs removed, in launches that are closed, and in one that is only looked at.
    let mut most = 0;
    for value in 2..40 {
        let mut next = session(dir);
        assert_eq!(next.outcome(), Outcome::Resumed, "{value}");
        save(&mut next, value);
        next.save(|capture| capture.set(TEXT, &"x".repeat(200_000 + value as usize))).unwrap();
        next.run_pending();
        next.close().unwrap();
        session(dir).close().unwrap();
        most = most.max(folder::logs(dir).len());
    }
    assert!(most < 30, "old logs were removed: {most}");
}
