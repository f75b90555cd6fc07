//! Ends that others bring about: debuggers, containers, reboots, clocks.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{LastExit, Outcome, Reason, Session};
use rustix::process::{Signal, kill_process};

use crate::signal;
use crate::support::{APP, FORM, command, open, own, pid, spawn, start, wait_until};

/// Runs a tool, and returns whether it is installed and succeeded.
fn runs(tool: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn kill_by_a_debugger_is_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn("live", dir.path());
    ears.hear("ready");
    if !runs("gdb", &["-nx", "-batch", "-p", &child.id().to_string(), "-ex", "kill"]) {
        eprintln!("skipped: gdb is not installed, or may not attach");
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    child.wait().unwrap();
    let mut next = open(dir.path());
    assert_eq!(*next.last_exit(), LastExit::Crashed);
    assert_eq!(next.get(FORM).unwrap().as_deref(), Some("Ana"));
}

/// `docker stop`: SIGTERM, and SIGKILL after a grace.
#[test]
fn container_that_is_stopped_is_named_although_its_disk_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = spawn("slow disk", dir.path());
    ears.hear("ready");
    signal(&child, Signal::TERM);
    thread::sleep(Duration::from_secs(1));
    child.kill().unwrap();
    child.wait().unwrap();
    let mut next = open(dir.path());
    assert_eq!(*next.last_exit(), LastExit::Interrupted(Reason::Terminate));
    assert_eq!(next.get(FORM).unwrap().as_deref(), Some("Ana"));
}

/// The first process of a container: no signal ends it by default.
#[test]
fn first_process_of_a_container_ends_with_the_status_of_the_signal() {
    if !runs("unshare", &["--pid", "--fork", "true"]) {
        eprintln!("skipped: unshare may not make a process namespace");
        return;
    }
    for (by, reason, status) in [
        (Signal::TERM, Reason::Terminate, 143),
        (Signal::INT, Reason::Terminate, 130),
        (Signal::HUP, Reason::Hangup, 129),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--pid", "--fork", "--kill-child", "env", crate::support::DEFAULT_SIGNALS]);
        let (mut child, mut ears) = start(command(unshare, "live", dir.path()));
        ears.hear("ready");
        let first = format!("/proc/{0}/task/{0}/children", child.id());
        let first = std::fs::read_to_string(first).unwrap().trim().parse().unwrap();
        kill_process(rustix::process::Pid::from_raw(first).unwrap(), by).unwrap();
        wait_until("it ends", || child.try_wait().unwrap().is_some());
        assert_eq!(child.wait().unwrap().code(), Some(status), "{by:?}");
        assert_eq!(*open(dir.path()).last_exit(), LastExit::Interrupted(reason), "{by:?}");
    }
}

/// The clock of this machine, after a reboot, or set by somebody.
#[derive(Debug)]
struct Shifted {
    clock: SystemClock,
    days: i64,
    is_rebooted: bool,
}

impl Clock for Shifted {
    fn now(&self) -> Now {
        let now = self.clock.now();
        let wall = Timestamp::from_millis(now.wall.as_millis() + self.days * 86_400_000);
        Now { wall, ..now }
    }
    fn boot_id(&self) -> Option<u128> {
        self.clock.boot_id().map(|boot| boot ^ u128::from(self.is_rebooted))
    }
    fn uptime(&self) -> Option<Duration> {
        if self.is_rebooted { Some(Duration::from_secs(20)) } else { self.clock.uptime() }
    }
}

fn open_later(dir: &Path, days: i64, is_rebooted: bool) -> Session {
    Session::builder(APP).dir(dir).clock(Shifted { clock: SystemClock::new(), days, is_rebooted }).open()
}

#[test]
fn next_launch_names_the_cause_after_a_reboot_and_under_a_clock_that_was_set() {
    let interrupted = LastExit::Interrupted(Reason::Terminate);
    for (by, days, is_rebooted, expected) in [
        (Signal::KILL, 0, true, LastExit::Rebooted),
        (Signal::KILL, 1, true, LastExit::Rebooted),
        (Signal::KILL, -1, true, LastExit::Rebooted),
        (Signal::KILL, 1, false, LastExit::Crashed),
        (Signal::KILL, -1, false, LastExit::Crashed),
        (Signal::TERM, 0, true, interrupted.clone()),
        (Signal::TERM, 1, false, interrupted.clone()),
        (Signal::TERM, -1, false, interrupted),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, mut ears) = start(own("live", dir.path()));
        ears.hear("ready");
        kill_process(pid(&child), by).unwrap();
        child.wait().unwrap();
        let mut next = open_later(dir.path(), days, is_rebooted);
        let row = format!("{by:?}, {days} days, rebooted: {is_rebooted}");
        assert_eq!(*next.last_exit(), expected, "{row}");
        let is_end_known = by == Signal::TERM;
        assert_eq!(next.outcome(), if is_end_known { Outcome::Resumed } else { Outcome::Recovered }, "{row}");
        assert_eq!(next.get(FORM).unwrap().as_deref(), Some("Ana"), "{row}");
        if !is_rebooted {
            let away = next.marker().unwrap().away();
            assert!(away.is_none_or(|away| away < Duration::from_secs(3600)), "{row}: {away:?}");
        }
    }
}
