//! Programs that do what no documentation recommends.
#![allow(unsafe_code, reason = "no safe crate forks")]

use std::process;
use std::thread;
use std::time::Duration;

use leftoff::{LastExit, Reason, Session};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::support::{FORM, open, pid, spawn};
use crate::{run, say};

/// Panics once more while the first panic unwinds.
struct Twice;

impl Drop for Twice {
    fn drop(&mut self) {
        assert!(!thread::panicking(), "in a panic");
    }
}

pub(crate) fn child(role: &str, mut session: Session) -> ! {
    let watching = leftoff_os::watch(&session);
    for _ in 0..1_000 {
        leftoff_os::watch(&session);
    }
    session.mark("form/name");
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    match role {
        "hostile: panic in a panic" => {
            let _twice = Twice;
            panic!("{watching}");
        }
        "hostile: exit elsewhere" => {
            thread::spawn(|| process::exit(3));
            loop {
                session.mark("form/name");
                session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
            }
        }
        "hostile: busy" => {
            say("ready");
            loop {
                session.mark("form/name");
                session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        }
        "hostile: exit in a capture" => {
            session.mark_dirty();
            let _ = session.autosave(|_| process::exit(3));
            unreachable!();
        }
        "hostile: forks" => {
            // SAFETY: the child calls nothing but a function that sleeps.
            let forked = unsafe { libc::fork() };
            if forked == 0 {
                loop {
                    // SAFETY: it only sleeps.
                    unsafe { libc::sleep(1) };
                }
            }
            say(&forked.to_string());
            let forked = Pid::from_raw(forked).unwrap();
            let (_, status) = waitpid(Some(forked), WaitOptions::empty()).unwrap().unwrap();
            say(&format!("ended by {:?}", status.terminating_signal()));
            run(&mut session, || {})
        }
        "hostile: many" => {
            let dir = session.dir().unwrap().to_owned();
            // Dropped and opened again, and several at once, used by threads.
            for _ in 0..20 {
                leftoff_os::watch(&open(&dir.join("again")));
            }
            for nth in 0..4 {
                let dir = dir.join(nth.to_string());
                thread::spawn(move || {
                    let mut session = open(&dir);
                    leftoff_os::watch(&session);
                    session.mark("form/name");
                    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
                    say("open");
                    loop {
                        session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
                        thread::sleep(Duration::from_millis(1));
                    }
                });
            }
            run(&mut session, || {})
        }
        role => panic!("no such role: {role}"),
    }
}

#[test]
fn panic_in_a_panic_is_a_panic_and_an_exit_anywhere_is_an_exit() {
    for (role, expected) in [
        ("hostile: panic in a panic", LastExit::Panicked),
        ("hostile: exit elsewhere", LastExit::Interrupted(Reason::Exit)),
        ("hostile: exit in a capture", LastExit::Interrupted(Reason::Exit)),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, _ears) = spawn(role, dir.path());
        child.wait().unwrap();
        let mut next = open(dir.path());
        assert_eq!(*next.last_exit(), expected, "{role}");
        assert_eq!(next.get(FORM).unwrap().as_deref(), Some("Ana"), "{role}");
    }
}

#[test]
fn user_who_goes_on_typing_does_not_hide_the_signal() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn("hostile: busy", dir.path());
    ears.hear("ready");
    kill_process(pid(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
    assert_eq!(*open(dir.path()).last_exit(), LastExit::Interrupted(Reason::Terminate));
}

#[test]
fn signal_ends_a_forked_child_and_leaves_its_parent_and_the_log_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn("hostile: forks", dir.path());
    let forked = Pid::from_raw(ears.next().parse().unwrap()).unwrap();
    kill_process(forked, Signal::TERM).unwrap();
    ears.hear("ended by Some(15)");
    kill_process(pid(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert_eq!(*open(dir.path()).last_exit(), LastExit::Crashed, "the parent was not interrupted");
}

#[test]
fn burst_of_signals_reaches_every_session_of_every_thread() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn("hostile: many", dir.path());
    (0..4).for_each(|_| ears.hear("open"));
    for _ in 0..100 {
        // The process may have ended meanwhile.
        let _ = kill_process(pid(&child), Signal::TERM);
    }
    child.wait().unwrap();
    for name in ["", "0", "1", "2", "3"] {
        let next = open(&dir.path().join(name));
        assert_eq!(*next.last_exit(), LastExit::Interrupted(Reason::Terminate), "{name}");
    }
}
