//! Signals at moments that nobody chose.

use std::fs;
use std::process::{self, Child};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use leftoff::{LastExit, Reason, Session};
use rustix::process::{Resource, Rlimit, Signal, kill_process, setrlimit};
use tempfile::TempDir;

use crate::support::{FORM, open, pid, spawn, wait_until};
use crate::{say, signal};

pub(crate) fn child(role: &str, mut session: Session) -> ! {
    session.mark("form/name");
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    match role {
        // The disk takes a second for each fsync.
        "timing: closes" => {
            leftoff_os::watch(&session);
            say("ready");
            session.close().unwrap();
            thread::sleep(Duration::from_secs(60));
        }
        "timing: exit in a close" => {
            leftoff_os::watch(&session);
            thread::spawn(|| {
                thread::sleep(Duration::from_millis(100));
                process::exit(3);
            });
            session.close().unwrap();
            thread::sleep(Duration::from_secs(60));
        }
        "timing: no room for handlers" => {
            let limit = Rlimit { current: Some(3), maximum: Some(3) };
            setrlimit(Resource::Nofile, limit).unwrap();
            let watching = leftoff_os::watch(&session);
            assert!(!watching.is_watched(leftoff_os::Source::Signals), "{watching}");
            say("ready");
            thread::sleep(Duration::from_secs(60));
        }
        "timing: own handler" => {
            let is_over = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&is_over)).unwrap();
            leftoff_os::watch(&session);
            say("ready");
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
            // For the signal that follows.
            thread::sleep(Duration::from_millis(300));
            process::exit(0);
        }
        "timing: busy" => {
            leftoff_os::watch(&session);
            say("ready");
            loop {
                session.mark("form/name");
                session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        }
        role => panic!("no such role: {role}"),
    }
    unreachable!("a signal ends the process")
}

/// Starts the role, and waits until it is ready.
fn ready(role: &str) -> (TempDir, Child) {
    let dir = tempfile::tempdir().unwrap();
    let (child, mut ears) = spawn(role, dir.path());
    ears.hear("ready");
    (dir, child)
}

#[test]
fn signal_or_exit_during_a_close_lets_the_close_end() {
    for role in ["timing: closes", "timing: exit in a close"] {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, mut ears) = spawn(role, dir.path());
        if role == "timing: closes" {
            ears.hear("ready");
            thread::sleep(Duration::from_millis(100));
            signal(&child, Signal::TERM);
        }
        child.wait().unwrap();
        let mut next = open(dir.path());
        assert_eq!(*next.last_exit(), LastExit::Clean, "{role}");
        assert_eq!(next.get(FORM).unwrap().as_deref(), Some("Ana"), "{role}");
    }
}

#[test]
fn signals_that_cannot_be_watched_still_end_the_process() {
    use std::os::unix::process::ExitStatusExt;
    for by in [Signal::TERM, Signal::INT, Signal::HUP] {
        let (_dir, mut child) = ready("timing: no room for handlers");
        signal(&child, by);
        assert_eq!(child.wait().unwrap().signal(), Some(by.as_raw()));
    }
}

#[test]
fn process_that_a_service_manager_continues_after_the_signal_was_stopped() {
    let (dir, mut child) = ready("timing: own handler");
    signal(&child, Signal::TERM);
    thread::sleep(Duration::from_millis(20));
    signal(&child, Signal::CONT);
    child.wait().unwrap();
    assert_eq!(*open(dir.path()).last_exit(), LastExit::Interrupted(Reason::Terminate));
}

#[test]
fn process_that_is_continued_before_it_has_stopped_goes_on() {
    let (_dir, mut child) = ready("timing: busy");
    signal(&child, Signal::TSTP);
    // It waits for the disk.
    thread::sleep(Duration::from_millis(50));
    signal(&child, Signal::CONT);
    thread::sleep(Duration::from_millis(1_500));
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let state = stat.rsplit_once(") ").unwrap().1.chars().next();
    assert_ne!(state, Some('T'), "{stat}");
    signal(&child, Signal::KILL);
    child.wait().unwrap();
}

#[test]
fn second_instance_has_nothing_to_wait_for() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path());
    let second = open(dir.path());
    let told = second.interrupt_handle().interrupted(Reason::Terminate, Duration::from_secs(600));
    assert_eq!(told.unwrap_err().kind(), leftoff::ErrorKind::Unavailable);
}

#[test]
fn of_two_signals_the_first_one_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    let (dir, mut child) = ready("timing: busy");
    signal(&child, Signal::TERM);
    wait_until("it has the signal", || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        !status.contains("ShdPnd:\t0000000000004000")
    });
    let _ = kill_process(pid(&child), Signal::HUP);
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
    assert_eq!(*open(dir.path()).last_exit(), LastExit::Interrupted(Reason::Terminate));
}
