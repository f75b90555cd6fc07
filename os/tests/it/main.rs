//! Real processes, ended and interrupted in each way: the next launch must name the cause.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod handlers;
mod hostile;
mod last_second;
#[cfg(feature = "logind")]
mod logind;
mod rows;
mod support;
mod timing;

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use leftoff::{LastExit, Outcome, Reason, Session};
use rustix::process::{Signal, WaitOptions, kill_process, waitpid};

use support::{Ears, FORM, command, is_child, open, pid, spawn};

/// The roles whose disk takes a second.
fn slow_timing(role: &str) -> bool {
    ["timing: closes", "timing: exit in a close", "timing: busy"].contains(&role)
}

/// The process under test: saves, says so, and does what its role says.
#[test]
fn child() {
    let Some((role, dir)) = is_child() else { return };
    let mut session = match role.as_str() {
        // Longer than anybody waits.
        "slow disk" => support::slow(&dir, Duration::from_secs(60)),
        role if role.starts_with("last second") || role == "hostile: busy" || slow_timing(role) => {
            support::slow(&dir, Duration::from_secs(1))
        }
        _ => open(&dir),
    };
    if role == "own handler" {
        let flag = std::sync::Arc::default();
        signal_hook::flag::register(signal_hook::consts::SIGTERM, std::sync::Arc::clone(&flag)).unwrap();
        run(&mut session, || {
            if flag.swap(false, std::sync::atomic::Ordering::Relaxed) {
                say("handled");
            }
        });
    }
    if role.starts_with("timing") {
        timing::child(&role, session);
    }
    if role.starts_with("hostile") {
        hostile::child(&role, session);
    }
    if ["tokio", "signal-hook"].contains(&role.as_str()) {
        handlers::run(&role, session);
    }
    let watching = leftoff_os::watch(&session);
    session.mark("form/name");
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    match role.as_str() {
        "close" => session.close().unwrap(),
        "exit" => std::process::exit(3),
        "forgotten" => std::mem::forget(session),
        "panic" => panic!("of the program"),
        "panic elsewhere" => {
            // It is survived, and what comes after says so.
            thread::spawn(|| panic!("of a thread")).join().unwrap_err();
            session.mark("form/other");
            session.autosave(|capture| capture.set(FORM, &"Bo".to_owned())).unwrap();
            std::process::abort();
        }
        "panic in the last thread" => {
            thread::spawn(|| panic!("of a thread")).join().unwrap_err();
            std::process::abort();
        }
        "abort" => std::process::abort(),
        role if role.starts_with("last second") => last_second::child(role, &mut session),
        "watching" => {
            while watching.why_not(leftoff_os::Source::Power).is_none()
                && !(watching.is_watched(leftoff_os::Source::Lock))
            {
                thread::sleep(Duration::from_millis(5));
            }
            say(&watching.to_string());
            run(&mut session, || {});
        }
        _ => {
            say("ready");
            run(&mut session, || {});
        }
    }
}

fn say(line: &str) {
    println!("#{line}");
    std::io::stdout().flush().unwrap();
}

/// Keeps running, and prints the reason of each marker that appears.
fn run(session: &mut Session, mut each: impl FnMut()) -> ! {
    if std::env::var_os("LEFTOFF_OS_WATCH_LATE").is_some() {
        leftoff_os::watch(session);
        session.mark("form/name");
        session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
        say("ready");
    }
    session.dismiss_marker();
    loop {
        if session.user_active() {
            let marker = session.marker().unwrap();
            say(&format!("back {}", marker.reason().unwrap()));
            session.dismiss_marker();
        }
        each();
        thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, signal: Signal) {
    kill_process(pid(child), signal).unwrap();
}

/// Runs the role until it says that it is ready, sends the signal, and returns how it ended and the next launch.
fn end(role: &str, by: Option<Signal>) -> (ExitStatus, Session) {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn(role, dir.path());
    if let Some(by) = by {
        ears.hear("ready");
        signal(&child, by);
    }
    if [Some(Signal::SEGV), Some(Signal::BUS)].contains(&by) {
        // Rust's handler against stack overflows takes the first one and expects the fault again.
        thread::sleep(Duration::from_millis(100));
        signal(&child, by.unwrap_or(Signal::SEGV));
    }
    let status = child.wait().unwrap();
    let mut next = open(dir.path());
    assert!(next.get(FORM).unwrap().is_some(), "{role}: nothing is lost");
    (status, next)
}

#[test]
fn next_launch_names_the_signal_and_the_process_ends_by_it() {
    for (by, reason) in [
        (Signal::TERM, Reason::Terminate),
        (Signal::INT, Reason::Terminate),
        (Signal::QUIT, Reason::Terminate),
        (Signal::HUP, Reason::Hangup),
    ] {
        let (status, next) = end("live", Some(by));
        assert_eq!(status.signal(), Some(by.as_raw()), "{by:?}");
        assert_eq!(*next.last_exit(), LastExit::Interrupted(reason.clone()), "{by:?}");
        assert_eq!(next.outcome(), Outcome::Resumed);
        let marker = next.marker().unwrap();
        assert_eq!((marker.element(), marker.reason()), ("form/name", Some(&reason)), "{by:?}");
    }
}

#[test]
fn next_launch_tells_the_other_ends_apart() {
    for (role, by, expected) in [
        ("close", None, LastExit::Clean),
        ("exit", None, LastExit::Interrupted(Reason::Exit)),
        ("forgotten", None, LastExit::Interrupted(Reason::Exit)),
        ("panic", None, LastExit::Panicked),
        ("panic in the last thread", None, LastExit::Panicked),
        ("panic elsewhere", None, LastExit::Crashed),
        ("abort", None, LastExit::Crashed),
        ("live", Some(Signal::KILL), LastExit::Crashed),
        ("live", Some(Signal::SEGV), LastExit::Crashed),
        ("live", Some(Signal::BUS), LastExit::Crashed),
    ] {
        let (status, next) = end(role, by);
        assert_eq!(*next.last_exit(), expected, "{role}, {by:?}");
        match role {
            "close" | "forgotten" => assert!(status.success(), "{status}"),
            "exit" => assert_eq!(status.code(), Some(3)),
            _ => {}
        }
    }
}

#[test]
fn program_that_is_paused_shows_the_marker_when_it_continues() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn("live", dir.path());
    ears.hear("ready");
    signal(&child, Signal::TSTP);
    // It is stopped, and the log says why.
    let stopped = || waitpid(Some(pid(&child)), WaitOptions::UNTRACED | WaitOptions::NOHANG).unwrap();
    support::wait_until("it stops", || stopped().is_some_and(|(_, status)| status.stopped()));
    assert_eq!(*copied(dir.path()).last_exit(), LastExit::Interrupted(Reason::Pause));
    signal(&child, Signal::CONT);
    ears.hear("back the program was paused");
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    assert_eq!(*open(dir.path()).last_exit(), LastExit::Crashed, "it had continued");
}

/// A launch on a copy of the state, while the program has it open.
fn copied(dir: &Path) -> Session {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        // A log may go meanwhile.
        let _ = std::fs::copy(&path, copy.path().join(path.file_name().unwrap()));
    }
    open(copy.path())
}

#[test]
fn signal_that_is_ignored_stays_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    let (mut child, mut ears) = support::start(command(shell, "live", dir.path()));
    ears.hear("ready");
    signal(&child, Signal::HUP);
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "as under nohup");
    assert_eq!(*copied(dir.path()).last_exit(), LastExit::Crashed, "nothing interrupted it");
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn handler_of_the_program_decides_what_happens() {
    let dir = tempfile::tempdir().unwrap();
    let mut own = support::own("own handler", dir.path());
    own.env("LEFTOFF_OS_WATCH_LATE", "1");
    let (mut child, mut ears) = support::start(own);
    ears.hear("ready");
    signal(&child, Signal::TERM);
    ears.hear("handled");
    support::wait_until("the reason is in the log", || {
        *copied(dir.path()).last_exit() == LastExit::Interrupted(Reason::Terminate)
    });
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn second_signal_ends_the_process_while_the_disk_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn("slow disk", dir.path());
    ears.hear("ready");
    let start = Instant::now();
    signal(&child, Signal::TERM);
    while child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(300));
        // The process may have ended meanwhile.
        let _ = kill_process(pid(&child), Signal::TERM);
        assert!(start.elapsed() < Duration::from_secs(60), "no signal ends it");
    }
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
    let mut next = open(dir.path());
    assert_eq!(*next.last_exit(), LastExit::Interrupted(Reason::Terminate), "written, though not synced");
    assert_eq!(next.get(FORM).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn closed_terminal_is_named() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let dir = tempfile::tempdir().unwrap();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    // A session of its own, whose terminal this is: `setsid -c` does what a terminal window does.
    let mut setsid = Command::new("setsid");
    // Who runs the tests may ignore SIGHUP, as `nohup` does.
    setsid.args(["--ctty", "--wait", "env", support::DEFAULT_SIGNALS]);
    let mut program = command(setsid, "live", dir.path());
    program.stdin(std::fs::File::options().read(true).write(true).open(&name).unwrap());
    let (mut child, mut ears) = support::start(program);
    ears.hear("ready");
    drop(master);
    support::wait_until("the program ends", || child.try_wait().unwrap().is_some());
    let next = open(dir.path());
    assert_eq!(*next.last_exit(), LastExit::Interrupted(Reason::Hangup));
}

#[test]
fn ears_are_not_deaf() {
    let mut ears = Ears::of(&b"noise\n#ready\n"[..]);
    ears.hear("ready");
}
