//! A `fork` without `exec` under an open session: the child can neither spoil what its parent stores nor hang, and is told.

use std::path::Path;
use std::process::exit;

use leftoff::backend::{Backend, Error, FileBackend, FrameId, Generation};
use leftoff::{ErrorKind, Outcome, Saved, Section, Session};

use crate::support::{APP, child, folder};

const COUNT: Section<u32> = Section::new("count", 1);

fn session(dir: &Path, thread: bool) -> Session {
    let builder = Session::builder(APP).dir(dir);
    if thread { builder } else { builder.without_thread() }.open()
}

fn store(session: &mut Session, value: u32) {
    session.mark("count");
    session.save(|capture| capture.set(COUNT, &value)).unwrap();
}

/// Runs `act` in a forked child and waits for it; whether it went through.
fn in_a_forked_child(act: impl FnOnce()) -> bool {
    let Some(child) = leftoff_fork::split() else {
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        exit(i32::from(unwound.is_err()))
    };
    let child = rustix::process::Pid::from_raw(child);
    let status = rustix::process::waitpid(child, rustix::process::WaitOptions::empty()).unwrap().unwrap().1;
    status.exit_status() == Some(0)
}

/// Everything below that forks does so in a process of its own, because a fork copies one thread only.
#[test]
fn forks() {
    let Some(role) = child::role() else { return };
    let (what, dir) = role.split_once(' ').unwrap();
    let (what, thread) = what.strip_suffix("+thread").map_or((what, false), |what| (what, true));
    let dir = Path::new(dir);
    match what {
        "drop" => drop_in_the_child(dir, thread),
        "use" => use_in_the_child(dir, thread),
        "daemon" => go_on_as_a_daemon(dir, thread),
        "backend" => use_the_backend_in_the_child(dir),
        "capture" => fork_in_a_capture(dir, thread),
        _ => panic!("no such role: {what}"),
    }
    child::say("done");
}

/// Runs one of the programs below on `dir`, and checks that it got to its end.
#[track_caller]
fn run(what: &str, dir: &Path) {
    let out = child::spawn("fork::forks", &format!("{what} {}", dir.display())).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(said.contains(">done"), "{what}: {said}\n{}", String::from_utf8_lossy(&out.stderr));
}

fn drop_in_the_child(dir: &Path, thread: bool) {
    let mut parents = session(dir, thread);
    for value in 1..=50 {
        store(&mut parents, value);
    }
    // The child's copy knows an end of the log from before the parent writes on.
    let Some(child) = leftoff_fork::split() else {
        let mut word = String::new();
        std::io::stdin().read_line(&mut word).unwrap();
        drop(parents);
        exit(0);
    };
    for value in 51..=98 {
        store(&mut parents, value);
    }
    child::say("now");
    let child = rustix::process::Pid::from_raw(child);
    rustix::process::waitpid(child, rustix::process::WaitOptions::empty()).unwrap();
    let second = session(dir, thread);
    assert_eq!(second.outcome(), Outcome::ReadOnly, "the child's drop left the parent's lock alone");
    child::say("done");
    // Ends without a close, so that what is in the log is what the saves put there.
    std::process::abort();
}

#[test]
fn session_dropped_in_a_forked_child_cuts_off_and_unlocks_nothing() {
    use std::io::{BufRead, Write};

    for what in ["drop", "drop+thread"] {
        let scratch = folder::scratch();
        let mut parent = child::spawn("fork::forks", &format!("{what} {}", scratch.path().display())).spawn().unwrap();
        let mut ears = child::ears(&mut parent);
        assert_eq!(child::hear(&mut ears).as_deref(), Some("now"), "{what}");
        parent.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
        assert_eq!(child::hear(&mut ears).as_deref(), Some("done"), "{what}");
        parent.wait().unwrap();
        drop(ears.lines());
        let mut next = session(scratch.path(), false);
        assert_eq!((next.get(COUNT).unwrap(), next.outcome()), (Some(98), Outcome::Recovered), "{what}");
        assert!(next.report().is_whole(), "{what}: {:?}", next.report());
    }
}

fn fork_in_a_capture(dir: &Path, thread: bool) {
    let mut session = session(dir, thread);
    let mut child = None;
    session.mark("count");
    let saved = session.autosave(|capture| {
        capture.set(COUNT, &1);
        child = leftoff_fork::split();
        capture.set(COUNT, if child.is_some() { &2 } else { &1000 });
    });
    let Some(child) = child else { exit(i32::from(saved.unwrap() != Saved::Off)) };
    let child = rustix::process::Pid::from_raw(child);
    let ended = rustix::process::waitpid(child, rustix::process::WaitOptions::empty()).unwrap().unwrap().1;
    assert_eq!(ended.exit_status(), Some(0), "the child was told that nothing is saved");
    assert_eq!(saved.unwrap(), Saved::Written);
    session.close().unwrap();
}

#[test]
fn child_forked_in_a_capture_saves_nothing_and_is_told() {
    for what in ["capture", "capture+thread"] {
        let scratch = folder::scratch();
        run(what, scratch.path());
        assert_eq!(session(scratch.path(), false).get(COUNT).unwrap(), Some(2), "{what}");
    }
}

fn use_in_the_child(dir: &Path, thread: bool) {
    let mut parents = session(dir, thread);
    store(&mut parents, 1);
    let done = in_a_forked_child(|| {
        let mut copy = parents;
        let refused = copy.status().refused.unwrap();
        assert_eq!(refused.kind(), ErrorKind::Closed);
        assert!(format!("{refused:#}").contains("open another session in this process"), "{refused:#}");
        copy.mark("count");
        assert_eq!(copy.autosave(|capture| capture.set(COUNT, &1000)).unwrap(), Saved::Off);
        copy.mark("count");
        // Another error than the one that comes after five seconds of waiting for a thread that is not there.
        assert_eq!(copy.save(|capture| capture.set(COUNT, &1001)).unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(copy.get(COUNT).unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(copy.suspend(leftoff::marker::Reason::Sleep).unwrap(), Saved::Off);
        assert_eq!(copy.forget().unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(copy.history().unwrap_err().kind(), ErrorKind::Closed);
        copy.run_pending();
        assert_eq!(copy.close().unwrap_err().kind(), ErrorKind::Closed);
    });
    assert!(done);
    // The parent's own copy went to the closure of the child, and is dropped there and, without effect, here.
}

#[test]
fn session_used_in_a_forked_child_is_refused_at_once_and_stores_nothing() {
    for what in ["use", "use+thread"] {
        let scratch = folder::scratch();
        run(what, scratch.path());
        let mut next = session(scratch.path(), false);
        assert_eq!(next.get(COUNT).unwrap(), Some(1), "{what}");
        assert!(next.report().is_whole(), "{what}: {:?}", next.report());
    }
}

fn go_on_as_a_daemon(dir: &Path, thread: bool) {
    let mut parents = session(dir, thread);
    store(&mut parents, 1);
    let parent = rustix::process::getpid();
    if leftoff_fork::split().is_some() {
        // As programs do that send themselves to the background: no destructor runs.
        std::process::abort();
    }
    while rustix::process::getppid() == Some(parent) {
        std::thread::yield_now();
    }
    assert!(parents.status().refused.is_some());
    let mut own = session(dir, thread);
    assert_eq!((own.get(COUNT).unwrap(), own.outcome()), (Some(1), Outcome::Recovered));
    store(&mut own, 2);
    drop(parents);
    assert_eq!(session(dir, thread).outcome(), Outcome::ReadOnly, "the old session unlocked the new one");
    own.close().unwrap();
}

#[test]
fn daemon_opens_a_session_of_its_own_after_its_parent_is_gone() {
    // Without a flusher: a child that is forked while another thread is at a lock may find that lock held for ever.
    let scratch = folder::scratch();
    run("daemon", scratch.path());
    let mut next = session(scratch.path(), false);
    assert_eq!((next.get(COUNT).unwrap(), next.outcome()), (Some(2), Outcome::Resumed));
}

fn use_the_backend_in_the_child(dir: &Path) {
    let backend = FileBackend::open(dir).unwrap();
    let generation = Generation { number: 1, writer: 1 };
    let id = |index| FrameId { generation, index };
    backend.create(id(0), b"x").unwrap();
    let done = in_a_forked_child(|| {
        let told = |error: Error| {
            assert!(error.to_string().contains("opened by process"), "{error}");
            assert!(matches!(error, Error::Unavailable(_)), "says nothing about a frame");
        };
        told(backend.create(id(1), b"y").unwrap_err());
        told(
            backend.create(FrameId { generation: Generation { number: 2, ..generation }, index: 0 }, b"y").unwrap_err(),
        );
        told(backend.sync().unwrap_err());
        told(backend.remove(generation).unwrap_err());
        told(backend.read(id(0)).unwrap_err());
        told(backend.read_range(id(0), 0..1).unwrap_err());
        told(backend.list().unwrap_err());
        told(backend.generations().unwrap_err());
        told(backend.frames(generation).unwrap_err());
    });
    assert!(done);
    backend.create(id(1), b"parent's").unwrap();
    assert_eq!(backend.read(id(1)).unwrap(), b"parent's");
    assert_eq!(backend.list().unwrap(), [id(0), id(1)]);
}

#[test]
fn backend_refuses_every_call_in_a_forked_child() {
    let scratch = folder::scratch();
    run("backend", scratch.path());
}
