//! Sleep, lock and shutdown, announced by a logind that is a stand-in on a bus of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use leftoff::{LastExit, Reason};

use crate::support::{self, open, wait_until};
use crate::{copied, signal};
use rustix::process::Signal;

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";

/// A bus and a logind, which end with it.
struct Bus {
    processes: Vec<Child>,
    dir: tempfile::TempDir,
}

impl Drop for Bus {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Bus {
    /// Returns `None` if this machine lacks the tools.
    fn start() -> Option<Self> {
        let mut bus = Self { processes: Vec::new(), dir: tempfile::tempdir().unwrap() };
        let quiet = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        };
        let address = format!("--address={}", bus.address());
        bus.processes.push(quiet(Command::new("dbus-daemon").args([
            "--session",
            "--nofork",
            "--nopidfile",
            &address,
        ]))?);
        wait_until("the bus is there", || bus.socket().exists());
        let mock = ["-m", "dbusmock", "--system", "--template", "logind"];
        let mut python = Command::new("/usr/bin/python3");
        bus.processes.push(quiet(python.args(mock).env("DBUS_SYSTEM_BUS_ADDRESS", bus.address()))?);
        wait_until("logind is there", || {
            if bus.processes.iter_mut().any(|process| process.try_wait().unwrap().is_some()) {
                return true;
            }
            bus.call(PATH, "org.freedesktop.DBus.Peer.Ping", &[]).is_some()
        });
        bus.call(PATH, "org.freedesktop.DBus.Peer.Ping", &[])?;
        Some(bus)
    }

    fn socket(&self) -> std::path::PathBuf {
        self.dir.path().join("bus")
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    fn call(&self, path: &str, method: &str, arguments: &[&str]) -> Option<String> {
        let mut gdbus = Command::new("gdbus");
        gdbus.args(["call", "--address", &self.address(), "-d", NAME, "-o", path, "-m", method]).args(arguments);
        let out = gdbus.output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
    }

    fn emit(&self, path: &str, interface: &str, member: &str, signature: &str, arguments: &str) {
        let emit = "org.freedesktop.DBus.Mock.EmitSignal";
        self.call(path, emit, &[interface, member, signature, arguments]).unwrap();
    }

    fn prepare(&self, what: &str, is_beginning: bool) {
        self.emit(PATH, "org.freedesktop.login1.Manager", what, "b", &format!("[<{is_beginning}>]"));
    }

    /// How many inhibitors are held.
    fn inhibitors(&self) -> usize {
        let list = self.call(PATH, "org.freedesktop.login1.Manager.ListInhibitors", &[]).unwrap();
        list.matches("'delay'").count()
    }
}

fn reason_in(dir: &Path) -> LastExit {
    copied(dir).last_exit().clone()
}

#[test]
fn sleep_lock_and_shutdown_are_in_the_log_before_they_happen_and_the_marker_comes_back() {
    let Some(bus) = Bus::start() else {
        eprintln!("skipped: dbus-daemon, gdbus or python3-dbusmock is not installed");
        return;
    };
    let mock = "org.freedesktop.DBus.Mock";
    bus.call(PATH, &format!("{mock}.AddSession"), &["c1", "seat0", "1000", "ana", "true"]).unwrap();
    let session = "/org/freedesktop/login1/session/c1";
    let dir = tempfile::tempdir().unwrap();
    let mut program = support::own("watching", dir.path());
    program.env("DBUS_SYSTEM_BUS_ADDRESS", bus.address()).env("XDG_SESSION_ID", "c1");
    let (mut child, mut ears) = support::start(program);
    let watched = ears.next();
    assert!(watched.contains("sleep and shutdown: watched; screen lock: watched; idle desktop: watched"), "{watched}");
    assert_eq!(bus.inhibitors(), 1);

    bus.prepare("PrepareForSleep", true);
    wait_until("the machine may sleep", || bus.inhibitors() == 0);
    assert_eq!(reason_in(dir.path()), LastExit::Interrupted(Reason::Sleep), "synced before it let go");
    bus.prepare("PrepareForSleep", false);
    ears.hear("back the computer went to sleep");
    wait_until("it is ready for the next sleep", || bus.inhibitors() == 1);
    assert_eq!(reason_in(dir.path()), LastExit::Crashed);

    bus.emit(session, "org.freedesktop.login1.Session", "Lock", "", "[]");
    wait_until("the lock is in the log", || reason_in(dir.path()) == LastExit::Interrupted(Reason::Lock));
    bus.emit(session, "org.freedesktop.login1.Session", "Unlock", "", "[]");
    ears.hear("back the screen was locked");
    // The session of somebody else on this machine.
    bus.emit(PATH, "org.freedesktop.login1.Session", "Lock", "", "[]");
    // A desktop that locks the screen itself.
    let changed = |is_locked: bool| {
        let hint = format!("[<'org.freedesktop.login1.Session'>, <{{'LockedHint': <{is_locked}>}}>, <@as []>]");
        bus.emit(session, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", &hint);
    };
    changed(true);
    wait_until("the lock is in the log", || reason_in(dir.path()) == LastExit::Interrupted(Reason::Lock));
    // Somebody lifts the lid and looks at the locked screen.
    bus.call(
        session,
        &format!("{mock}.UpdateProperties"),
        &["org.freedesktop.login1.Session", "{'LockedHint': <true>}"],
    )
    .unwrap();
    bus.prepare("PrepareForSleep", true);
    wait_until("the machine may sleep", || bus.inhibitors() == 0);
    bus.prepare("PrepareForSleep", false);
    wait_until("it is ready for the next sleep", || bus.inhibitors() == 1);
    assert_eq!(reason_in(dir.path()), LastExit::Interrupted(Reason::Sleep), "the user is not back");
    bus.call(
        session,
        &format!("{mock}.UpdateProperties"),
        &["org.freedesktop.login1.Session", "{'LockedHint': <false>}"],
    )
    .unwrap();
    ears.hear("back the screen was locked");

    bus.prepare("PrepareForShutdown", true);
    wait_until("the machine may go down", || bus.inhibitors() == 0);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    assert_eq!(*open(dir.path()).last_exit(), LastExit::Interrupted(Reason::SessionEnd));
}

/// Starts the program on the desktop session `c1`.
fn watching(bus: &Bus, dir: &Path, role: &str) -> (Child, support::Ears) {
    // It may be there already.
    let _ = bus.call(PATH, "org.freedesktop.DBus.Mock.AddSession", &["c1", "seat0", "1000", "ana", "true"]);
    let mut program = support::own(role, dir);
    program.env("DBUS_SYSTEM_BUS_ADDRESS", bus.address()).env("XDG_SESSION_ID", "c1");
    support::start(program)
}

#[test]
fn idle_desktop_is_in_the_log_and_the_marker_follows_the_rule_of_the_session() {
    let Some(bus) = Bus::start() else {
        eprintln!("skipped: dbus-daemon, gdbus or python3-dbusmock is not installed");
        return;
    };
    let session = "/org/freedesktop/login1/session/c1";
    let idle = |is_idle: bool| {
        let hint = format!("[<'org.freedesktop.login1.Session'>, <{{'IdleHint': <{is_idle}>}}>, <@as []>]");
        bus.emit(session, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", &hint);
    };
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut ears) = watching(&bus, dir.path(), "watching");
    ears.next();
    let absence = LastExit::Interrupted(Reason::Absence);
    idle(true);
    wait_until("the absence is in the log", || reason_in(dir.path()) == absence);
    idle(false);
    wait_until("the user is back", || reason_in(dir.path()) == LastExit::Crashed);
    idle(true);
    wait_until("the absence is in the log", || reason_in(dir.path()) == absence);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    assert!(ears.is_silent(), "less than two minutes, so no marker appeared");
    assert_eq!(*open(dir.path()).last_exit(), absence);
}

#[test]
fn machine_sleeps_when_the_last_second_is_synced() {
    let Some(bus) = Bus::start() else {
        eprintln!("skipped: dbus-daemon, gdbus or python3-dbusmock is not installed");
        return;
    };
    for role in ["last second", "last second shared"] {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, mut ears) = watching(&bus, dir.path(), role);
        ears.hear("ready");
        wait_until("it watches", || bus.inhibitors() == 1);
        let start = std::time::Instant::now();
        bus.prepare("PrepareForSleep", true);
        wait_until("the machine may sleep", || bus.inhibitors() == 0);
        println!("{role}, sleep: {:.1} s", start.elapsed().as_secs_f64());
        // The battery ends meanwhile.
        signal(&child, Signal::KILL);
        child.wait().unwrap();
        crate::last_second::assert_newest(dir.path(), &Reason::Sleep, role);
    }
}

#[test]
fn without_a_bus_it_watches_the_rest_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = support::own("watching", dir.path());
    program.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let (mut child, mut ears) = support::start(program);
    let watched = ears.next();
    assert!(
        watched.starts_with("signals: watched; exit: watched; panics: watched; sleep and shutdown: not watched ("),
        "{watched}"
    );
    signal(&child, Signal::TERM);
    child.wait().unwrap();
    assert_eq!(*open(dir.path()).last_exit(), LastExit::Interrupted(Reason::Terminate));
}
