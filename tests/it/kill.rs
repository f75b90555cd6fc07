//! Real processes, really killed.
//!
//! `LEFTOFF_KILLS=10000 cargo test --release --test it kill:: -- --nocapture` for a night, with its counts.

mod ways;

use std::io::BufRead;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use leftoff::{ErrorKind, LastExit, Mark, Outcome, Saved, Section, Session};

use crate::support::random::env;
use crate::support::{APP, Random, child, wait_until};

/// Small, changing in one place: saved as a difference.
const STEP: Section<(u64, String)> = Section::new("step", 1);
/// Large, and new in every byte: the log grows until it is summed up.
const BULK: Section<(u64, String)> = Section::new("bulk", 1);
/// Of another scope, and removed in every third step.
const DRAFT: Section<u64> = Section::new("draft", 1);
const WINDOW: &str = "window/2";
/// How many steps follow each other at once; those that live longer take their time.
const HASTE: u64 = 100;

fn text(step: u64) -> String {
    format!("{}{step}{}", "before ".repeat(30), " after".repeat(30))
}

fn bulk(step: u64) -> String {
    Random::new(step).text(if step % 50 == 7 { 120_000 } else { 6000 })
}

/// The step all of the state speaks of; it must be one and the same.
fn look(session: &mut Session) -> Result<Option<u64>, String> {
    let small = session.get(STEP).map_err(|error| format!("step: {error}"))?;
    let large = session.get(BULK).map_err(|error| format!("bulk: {error}"))?;
    let draft = session.scope(WINDOW).get(DRAFT).map_err(|error| format!("draft: {error}"))?;
    let element = session.scope("").marker().map(|marker| marker.element().to_owned());
    let Some((step, said)) = small else {
        return match (large, draft, element) {
            (None, None, None) => Ok(None),
            other => Err(format!("no step, but {:?}", (other.0.is_some(), other.1, other.2))),
        };
    };
    let wrong = |what: &str| Err(format!("step {step}: {what}"));
    match large {
        Some((of, text)) if of == step && text == bulk(step) => {}
        Some((of, _)) => return wrong(&format!("bulk of step {of}")),
        None => return wrong("no bulk"),
    }
    if said != text(step) {
        return wrong("another text");
    }
    if draft != (step % 3 != 0).then_some(step) {
        return wrong(&format!("draft {draft:?}"));
    }
    if element != Some(format!("step/{step}")) {
        return wrong(&format!("marker at {element:?}"));
    }
    Ok(Some(step))
}

fn act(session: &mut Session, step: u64) {
    let element = format!("step/{step}");
    session.mark(Mark::new(&element).label("the step"));
    let saved = session
        .autosave(|capture| {
            capture.set(STEP, &(step, text(step)));
            capture.set(BULK, &(step, bulk(step)));
            let mut window = capture.scope(WINDOW);
            if step % 3 == 0 { window.remove(DRAFT) } else { window.set(DRAFT, &step) }
        })
        .unwrap();
    // On a machine so busy that a write took too long, the next one is the flusher's; until then nothing is promised.
    if saved == Saved::Pending {
        wait_until("it is written", || !session.status().pending);
    }
}

/// What is killed.
#[test]
fn child() {
    let Some(folder) = child::role() else { return };
    let mut session = Session::builder(APP).dir(folder).open();
    let found = look(&mut session).map(|step| step.map_or(-1, |step| i64::try_from(step).unwrap()));
    let report = session.report();
    child::say(&match found {
        Ok(step) => format!("{:?} {:?} {step} {}", session.outcome(), session.last_exit(), report.unreadable),
        Err(ref why) => format!("wrong {why}; {:?} {report:?}", session.outcome()),
    });
    let first = u64::try_from(found.unwrap()).map_or(1, |step| step + 1);
    for step in first.. {
        act(&mut session, step);
        child::say(&step.to_string());
        if step > first + HASTE {
            thread::sleep(Duration::from_millis(3));
        }
    }
}

struct Launch {
    process: Child,
    ears: std::io::BufReader<std::process::ChildStdout>,
}

impl Launch {
    fn of(folder: &Path) -> Self {
        let mut process = child::spawn("kill::child", folder.to_str().unwrap()).spawn().unwrap();
        let ears = child::ears(&mut process);
        Self { process, ears }
    }

    fn kill(mut self) -> Option<u64> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        // What it had said before it died is still in the pipe.
        let mut last = None;
        while let Some(said) = child::hear(&mut self.ears) {
            assert!(!said.starts_with("wrong"), "{said}");
            last = said.parse().ok().or(last);
        }
        last
    }
}

/// `(outcome, last exit, step, unreadable)` as the child found them.
#[track_caller]
fn parse(said: &str, what: &str) -> (String, String, i64, usize) {
    assert!(!said.starts_with("wrong"), "{what}: {said}");
    let words: Vec<&str> = said.split(' ').collect();
    (words[0].to_owned(), words[1].to_owned(), words[2].parse().unwrap(), words[3].parse().unwrap())
}

/// What a chain of launches came to.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    /// Of these, before the launch had said anything: many of them in the middle of `open`.
    early: u64,
    /// Captures that were acknowledged, and so the last step of them all.
    steps: u64,
}

fn chain_of_kills(folder: &Path, seed: u64, kills: u64) -> Tally {
    let mut random = Random::new(seed);
    let (mut acknowledged, mut launches, mut early) = (-1_i64, 0_u64, false);
    let mut tally = Tally::default();
    while launches < kills {
        let what = format!("folder {seed}, launch {launches}");
        let mut launch = Launch::of(folder);
        launches += 1;
        tally.kills += 1;
        // Now and then before it is ready; twice in a row would be a crash loop, and that has rules of its own.
        if !early && random.chance(20) {
            early = true;
            tally.early += 1;
            thread::sleep(Duration::from_micros(random.below(12_000)));
            acknowledged = launch.kill().map_or(acknowledged, |last| i64::try_from(last).unwrap().max(acknowledged));
            continue;
        }
        let Some(said) = child::hear(&mut launch.ears) else {
            let output = launch.process.wait_with_output().unwrap();
            panic!("{what}: it died by itself: {}", String::from_utf8_lossy(&output.stderr));
        };
        let (outcome, exit, found, unreadable) = parse(&said, &what);
        assert!(found >= acknowledged, "{what}: {acknowledged} was acknowledged, {found} came back");
        if acknowledged >= 0 {
            assert_eq!((outcome.as_str(), exit.as_str(), unreadable), ("Recovered", "Crashed", 0), "{what}");
        }
        // One more may be there: the process died between the write and saying so.
        assert!(early || found <= acknowledged + 1 || acknowledged < 0, "{what}: {found} was never saved");
        acknowledged = found;
        // Most die young; some live to sum the log up and to clear away what is old, which is after two seconds.
        let wanted = acknowledged + 1 + i64::try_from(random.below(HASTE)).unwrap();
        let until = (launches % 20 == 10).then(|| Instant::now() + Duration::from_millis(1900 + random.below(400)));
        while acknowledged < wanted || until.is_some_and(|until| Instant::now() < until) {
            match child::hear(&mut launch.ears) {
                Some(said) => acknowledged = said.parse().unwrap(),
                None => {
                    let output = launch.process.wait_with_output().unwrap();
                    panic!("{what}: it died by itself: {}", String::from_utf8_lossy(&output.stderr));
                }
            }
        }
        early = false;
        thread::sleep(Duration::from_micros(random.below(3000)));
        acknowledged = launch.kill().map_or(acknowledged, |last| i64::try_from(last).unwrap().max(acknowledged));
    }
    tally.steps = u64::try_from(acknowledged).unwrap_or(0);
    tally
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    let kills = env("LEFTOFF_KILLS", 200);
    // A few folders that live long: launches chain, the log is summed up, old launches go.
    let folders = 3;
    let workers: Vec<_> = (0..folders)
        .map(|seed| {
            thread::spawn(move || {
                let folder = crate::support::folder::scratch();
                let start = Instant::now();
                let Tally { kills, early, steps } = chain_of_kills(folder.path(), seed, kills / folders + 1);
                eprintln!(
                    "folder {seed}: {kills} kills ({early} before the first word), {steps} captures acknowledged, none lost, \
                     none wrong, the marker always at the last one; {} s",
                    start.elapsed().as_secs()
                );
                // Without a history, whose points may rest on any number of launches.
                let open = || Session::builder(APP).dir(folder.path()).history_launches(0).open();
                let mut session = open();
                assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed));
                let mut step = look(&mut session).unwrap().unwrap();
                assert!(step >= steps);
                let (files, bytes) = size(folder.path());
                // One launch that lives for a while clears up behind all the others: the state and its copy stay, and
                // at most five logs that a kill damaged.
                let start = Instant::now();
                while size(folder.path()).0 > 24 {
                    assert!(
                        start.elapsed() < Duration::from_secs(60),
                        "old launches must go: {:?}",
                        size(folder.path())
                    );
                    step += 1;
                    act(&mut session, step);
                    thread::sleep(Duration::from_millis(10));
                }
                eprintln!("folder {seed}: {files} files, {bytes} bytes; then {:?}", size(folder.path()));
                // On a starved machine the flusher may need longer than `close` waits; it ends its work all the same.
                let closed = session.close();
                assert!(closed.is_ok() || closed.is_err_and(|error| error.kind() == ErrorKind::TimedOut));
                drop(session);
                let mut session = open();
                while session.outcome() == Outcome::ReadOnly && start.elapsed() < Duration::from_secs(120) {
                    drop(session);
                    thread::sleep(Duration::from_millis(100));
                    session = open();
                }
                assert_eq!(look(&mut session), Ok(Some(step)));
                assert!(session.report().is_whole());
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
}

fn size(folder: &Path) -> (usize, u64) {
    let mut total = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        // One that goes at this moment does not count.
        let len = entry.unwrap().metadata().map_or(0, |metadata| metadata.len());
        total = (total.0 + 1, total.1 + len);
    }
    total
}

/// microsoft/vscode#12058 and microsoft/terminal#18912: saved on exit only. Each way to go, and what the next start says.
#[test]
fn microsoft_vscode_12058_every_way_to_die_is_told_apart() {
    for (way, exit, outcome) in [
        ("exit", LastExit::Crashed, Outcome::Recovered),
        ("abort", LastExit::Crashed, Outcome::Recovered),
        ("panic", LastExit::Panicked, Outcome::Recovered),
        ("close", LastExit::Clean, Outcome::Resumed),
        ("drop", LastExit::Clean, Outcome::Resumed),
        ("suspend and abort", LastExit::Interrupted(leftoff::Reason::SessionEnd), Outcome::Resumed),
    ] {
        let folder = crate::support::folder::scratch();
        let mut process = child::spawn("kill::goer", &format!("{way}|{}", folder.path().display())).spawn().unwrap();
        let mut ears = child::ears(&mut process);
        let mut line = String::new();
        while ears.read_line(&mut line).unwrap() > 0 {}
        process.wait().unwrap();
        let mut session = Session::builder(APP).dir(folder.path()).open();
        assert_eq!((session.last_exit(), session.outcome()), (&exit, outcome), "{way}");
        assert_eq!(session.get(DRAFT).unwrap(), Some(7), "{way}");
        assert_eq!(session.marker().unwrap().element(), "a", "{way}");
    }
}

#[test]
fn goer() {
    let Some(role) = child::role() else { return };
    let (way, folder) = role.split_once('|').unwrap();
    let mut session = Session::builder(APP).dir(folder).open();
    session.mark("a");
    session.autosave(|capture| capture.set(DRAFT, &7)).unwrap();
    match way {
        "exit" => {
            std::mem::forget(session);
            std::process::exit(0);
        }
        "abort" => std::process::abort(),
        "panic" => panic!("of the application's own making"),
        "close" => session.close().unwrap(),
        "drop" => drop(session),
        _ => {
            session.suspend("session end").unwrap();
            std::process::abort();
        }
    }
}
