//! A restart that the program asks for: the request stands until a launch has restored its state, whatever ends the
//! launches before.

use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use leftoff::backend::MemoryBackend;
use leftoff::{Builder, LastExit, Outcome, Reason, Section, Session};

use crate::support::{APP, ManualClock, child, crash, folder, open, put, settle, still, wait_until};

const FORM: Section<String> = Section::new("form", 1);

/// A program that asks for a restart and ends.
fn asked() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "form/name", |capture| capture.set(FORM, &"Ana".to_owned()));
    session.suspend(Reason::Restart).unwrap();
    session.close().unwrap();
    memory
}

#[track_caller]
fn assert_asked(session: &Session) {
    assert!(session.is_restart());
    assert_eq!(session.marker().unwrap().reason(), Some(&Reason::Restart));
}

#[test]
fn successor_learns_of_the_request_and_completes_it() {
    let memory = asked();
    let mut session = open(memory.clone());
    assert_asked(&session);
    assert_eq!(session.last_exit(), &LastExit::Interrupted(Reason::Restart));
    assert_eq!(session.outcome(), Outcome::Resumed, "no crash");
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    session.confirm_restored();
    assert!(session.is_restart(), "as long as this launch runs");
    crash(session);
    let session = open(memory);
    assert!(!session.is_restart());
    assert_eq!(session.last_exit(), &LastExit::Crashed);
}

#[test]
fn request_stands_until_a_launch_has_restored_its_state() {
    let memory = asked();
    // One dies before it asks for anything, one inside the restore, and one is told to stop inside it.
    crash(open(memory.clone()));
    let mut session = open(memory.clone());
    assert_asked(&session);
    session.get(FORM).unwrap();
    crash(session);
    let mut session = open(memory.clone());
    assert_asked(&session);
    session.get(FORM).unwrap();
    session.interrupt_handle().interrupted(Reason::Terminate, Duration::from_secs(30)).unwrap();
    crash(session);
    let mut session = open(memory.clone());
    assert!(session.is_restart());
    // It closes at once, without a look at the state: for example, it starts another version of itself.
    session.close().unwrap();
    let mut session = open(memory.clone());
    assert_asked(&session);
    assert_eq!(session.last_exit(), &LastExit::Clean);
    // It received the state and was closed by its user at once.
    session.get(FORM).unwrap();
    session.close().unwrap();
    assert!(!open(memory).is_restart());
}

#[test]
fn second_of_running_completes_the_request_only_after_a_section_was_returned() {
    let (memory, clock) = (asked(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    let mut session = start();
    clock.advance(Builder::DEFAULT_READY_AFTER * 2);
    settle(&mut session);
    crash(session);
    let mut session = start();
    assert!(session.is_restart(), "it took long before it asked for anything");
    session.get(FORM).unwrap();
    clock.advance(Builder::DEFAULT_READY_AFTER * 2);
    settle(&mut session);
    crash(session);
    assert!(!start().is_restart());
}

#[test]
fn what_the_successor_stores_completes_the_request() {
    let memory = asked();
    let mut session = open(memory.clone());
    put(&mut session, "form/name", |capture| capture.set(FORM, &"Bo".to_owned()));
    crash(session);
    assert!(!open(memory).is_restart());
}

#[test]
fn compaction_keeps_the_request_while_it_stands_and_no_longer() {
    for completes in [false, true] {
        let (memory, clock) = (asked(), ManualClock::new());
        let start = || still(memory.clone()).clock(clock.clone()).history_launches(0).open();
        let mut session = start();
        assert_asked(&session);
        if completes {
            session.get(FORM).unwrap();
            session.confirm_restored();
        }
        for _ in 0..20 {
            clock.advance(Duration::from_secs(2));
            settle(&mut session);
        }
        crash(session);
        assert_eq!(start().is_restart(), !completes);
    }
}

#[test]
fn wake_and_a_mark_withdraw_the_request() {
    for withdraw in [(|session: &mut Session| _ = session.wake()) as fn(&mut Session), |session| session.mark("x")] {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        session.suspend(Reason::Restart).unwrap();
        withdraw(&mut session);
        crash(session);
        assert!(!open(memory).is_restart());
    }
}

#[test]
fn start_that_nobody_asked_for_is_none() {
    let memory = MemoryBackend::new();
    assert!(!open(memory.clone()).is_restart(), "a first start");
    let mut session = open(memory.clone());
    session.suspend(Reason::SessionEnd).unwrap();
    session.close().unwrap();
    assert!(!open(memory.clone()).is_restart());
    crash(open(memory.clone()));
    assert!(!open(memory).is_restart());
}

/// The program in a process of its own.
#[test]
fn program() {
    let Some(role) = child::role() else { return };
    let (role, dir) = role.split_once('|').unwrap();
    let mut builder = Session::builder(APP).dir(dir);
    if role.contains("slot") {
        builder = builder.slot_per_instance();
    }
    let start = Instant::now();
    let mut session = builder.open();
    let quick = start.elapsed() < Duration::from_secs(1);
    let slot = session.dir().is_some_and(|dir| dir.ends_with("slot-2"));
    child::say(&format!(
        "{:?} {} {} {}",
        session.outcome(),
        if session.is_restart() { "asked" } else { "ordinary" },
        if quick { "at once" } else { "later" },
        if slot { "2" } else { "1" },
    ));
    if role.contains("restores") {
        session.get(FORM).unwrap();
        session.confirm_restored();
        child::say("restored");
    }
    if role.contains("asks") {
        session.mark("form/name");
        session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
        session.suspend(Reason::Restart).unwrap();
        child::say("asks");
    }
    if role.contains("lingers") {
        // It still has something to do, and holds the state meanwhile.
        thread::sleep(Duration::from_secs(3));
        session.close().unwrap();
    } else if role.contains("stays") {
        loop {
            if session.took_over() {
                child::say(&format!("took over {}", session.is_restart()));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

struct Program(Child, std::io::BufReader<std::process::ChildStdout>);

impl Program {
    fn start(role: &str, dir: &Path) -> Self {
        let mut command: Command = child::spawn("restart::program", &format!("{role}|{}", dir.display()));
        let mut child = command.spawn().unwrap();
        let ears = child::ears(&mut child);
        Self(child, ears)
    }

    #[track_caller]
    fn hear(&mut self, expected: &str) {
        assert_eq!(child::hear(&mut self.1).as_deref(), Some(expected));
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn end(mut self) {
        wait_until("it ends", || self.0.try_wait().unwrap().is_some());
    }
}

#[test]
fn successor_waits_for_the_program_that_asked_and_still_runs() {
    let scratch = folder::scratch();
    let mut old = Program::start("asks and lingers", scratch.path());
    old.hear("Fresh ordinary at once 1");
    old.hear("asks");
    // Longer than a start waits for another instance.
    let mut new = Program::start("restores, stays", scratch.path());
    new.hear("Resumed asked later 1");
    new.hear("restored");
    old.end();
    new.kill();
    Program::start("", scratch.path()).hear("Recovered ordinary at once 1");
}

#[test]
fn successor_that_is_killed_at_once_leaves_the_request_to_the_next() {
    let scratch = folder::scratch();
    Program::start("asks", scratch.path()).end();
    let mut new = Program::start("stays", scratch.path());
    new.hear("Resumed asked at once 1");
    new.kill();
    let mut new = Program::start("restores, stays", scratch.path());
    new.hear("Recovered asked at once 1");
    new.hear("restored");
    new.kill();
    Program::start("", scratch.path()).hear("Recovered ordinary at once 1");
}

#[test]
fn of_two_successors_one_completes_the_request() {
    let scratch = folder::scratch();
    let mut old = Program::start("asks and lingers", scratch.path());
    old.hear("Fresh ordinary at once 1");
    old.hear("asks");
    let both = [(); 2].map(|()| Program::start("restores, stays", scratch.path()));
    let said = both.map(|mut program| {
        let said = child::hear(&mut program.1).unwrap();
        (program, said)
    });
    let [first, second] = said;
    let (mut holder, mut other) = if first.1.starts_with("Resumed") { (first, second) } else { (second, first) };
    assert_eq!((holder.1.as_str(), other.1.as_str()), ("Resumed asked later 1", "ReadOnly ordinary later 1"));
    holder.0.hear("restored");
    holder.0.kill();
    other.0.hear("restored");
    other.0.hear("took over false");
    other.0.kill();
    old.end();
}

#[test]
fn second_successor_takes_over_the_request_of_one_that_was_killed_before_it_restored_anything() {
    let scratch = folder::scratch();
    Program::start("asks", scratch.path()).end();
    let mut first = Program::start("stays", scratch.path());
    first.hear("Resumed asked at once 1");
    let mut second = Program::start("stays", scratch.path());
    second.hear("ReadOnly ordinary later 1");
    first.kill();
    second.hear("took over true");
    second.kill();
}

#[test]
fn successor_gets_the_slot_that_asked() {
    let scratch = folder::scratch();
    let mut first = Program::start("slot stays", scratch.path());
    first.hear("Fresh ordinary at once 1");
    let mut second = Program::start("slot asks and lingers", scratch.path());
    second.hear("Fresh ordinary at once 2");
    second.hear("asks");
    let mut new = Program::start("slot stays", scratch.path());
    new.hear("Resumed asked later 2");
    second.end();
    new.kill();
    first.kill();
    // Both slots are free, and only the second one is asked for.
    let mut new = Program::start("slot restores, stays", scratch.path());
    new.hear("Recovered asked at once 2");
    let mut other = Program::start("slot stays", scratch.path());
    other.hear("Recovered ordinary at once 1");
    other.kill();
    new.kill();
}
