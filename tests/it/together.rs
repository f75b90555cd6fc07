//! Several of us at one place: processes and threads that open the same folder at once, are killed, stopped and copied.
//!
//! `LEFTOFF_CROWD_SECONDS=60 cargo test --release --test it together:: -- --nocapture` for a minute with eight of each.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use leftoff::{Mark, Outcome, Saved, Section, Session};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::random::env;
use crate::support::{APP, Random, Witness, child, folder, wait_until};

const COUNT: Section<(u64, String)> = Section::new("count", 1);
const LAYOUT: Section<u64> = Section::new("layout", 1);

fn text(count: u64) -> String {
    format!("{}{count}{}", "before ".repeat(90), " after".repeat(90))
}

/// What all of the state speaks of: it must be one and the same.
#[track_caller]
fn look(session: &mut Session) -> u64 {
    let count = session.get(COUNT).unwrap();
    let layout = session.get(LAYOUT).unwrap();
    let element = session.marker().map(|marker| marker.element().to_owned());
    let Some((count, said)) = count else {
        assert_eq!((layout, element), (None, None), "torn");
        return 0;
    };
    assert_eq!((said, layout), (text(count), Some(count)), "torn");
    // A session that began with a copy points nowhere.
    assert!(element.is_none_or(|element| element == format!("count/{count}")), "torn");
    count
}

fn add_one(session: &mut Session, count: u64) {
    session.mark(Mark::new(&format!("count/{count}")));
    let saved = session
        .autosave(|capture| {
            capture.set(COUNT, &(count, text(count)));
            capture.set(LAYOUT, &count);
        })
        .unwrap();
    if saved == Saved::Pending {
        wait_until("it is written", || !session.status().pending);
    }
}

/// Opens the place again and again, and where it gets in, counts on a little.
fn member(place: &Path, slots: bool, seed: u64) {
    let mut random = Random::new(seed);
    loop {
        let builder = Session::builder(APP).dir(place).wait_for_holder(Duration::ZERO);
        let mut session = if slots { builder.slot_per_instance() } else { builder }.open();
        if session.outcome() == Outcome::ReadOnly {
            let refused = session.status().refused.unwrap();
            assert!(format!("{refused:#}").contains("in use"), "{refused:#}");
            let copied = look(&mut session);
            let tries = if random.chance(50) { 0 } else { 20 };
            let comes_in = (0..tries).any(|_| {
                thread::sleep(Duration::from_micros(random.below(5000)));
                session.save(|_| {}).is_ok()
            });
            if !comes_in {
                continue;
            }
            let count = look(&mut session);
            assert!(count >= copied && session.took_over(), "{count} after a copy of {copied}");
        }
        assert_ne!(session.outcome(), Outcome::Damaged, "{:?}", session.report());
        // In a slot of its own, each folder has a count of its own: told apart by what the first one there chose.
        let mut count = look(&mut session);
        let salt = if count == 0 && slots { random.below(1 << 40) << 20 } else { 0 };
        count += salt;
        for _ in 0..=random.below(8) {
            count += 1;
            add_one(&mut session, count);
            child::say(&count.to_string());
            thread::sleep(Duration::from_micros(random.below(2000)));
        }
        if random.chance(50) { session.close().unwrap() } else { drop(session) }
    }
}

#[test]
fn process() {
    let Some(role) = child::role() else { return };
    let [slots, threads, seed, place] = role.split('|').collect::<Vec<_>>()[..] else { unreachable!() };
    let seed: u64 = seed.parse().unwrap();
    thread::scope(|scope| {
        for nth in 0..threads.parse().unwrap() {
            scope.spawn(move || {
                member(Path::new(place), slots == "slots", seed * 100 + nth);
            });
        }
    });
}

struct Crowd<'a> {
    place: &'a Path,
    slots: bool,
    threads: u64,
    said: Sender<Result<u64, String>>,
    heard: Arc<AtomicU64>,
    processes: Vec<Child>,
    spawned: u64,
}

impl Crowd<'_> {
    fn spawn(&mut self) -> Child {
        self.spawned += 1;
        let slots = if self.slots { "slots" } else { "one" };
        let role = format!("{slots}|{}|{}|{}", self.threads, self.spawned, self.place.display());
        let mut process = child::spawn("together::process", &role).spawn().unwrap();
        let mut ears: BufReader<ChildStdout> = child::ears(&mut process);
        let errors = process.stderr.take().unwrap();
        let (said, heard) = (self.said.clone(), Arc::clone(&self.heard));
        thread::spawn(move || {
            while let Some(word) = child::hear(&mut ears) {
                heard.fetch_add(1, Ordering::Relaxed);
                let _ = said.send(word.parse().map_err(|_| word));
            }
            let errors = std::io::read_to_string(errors).unwrap_or_default();
            if errors.contains("panicked") {
                let _ = said.send(Err(errors));
            }
        });
        process
    }

    /// Lets `size` processes at it for a while, killing one after another, and on a busy machine until some of them got
    /// in. Returns how many were killed.
    fn live(&mut self, size: usize, time: Duration, random: &mut Random) -> u64 {
        let (start, mut kills) = (Instant::now(), 0);
        for _ in 0..size {
            let process = self.spawn();
            self.processes.push(process);
        }
        let too_few =
            |heard: &AtomicU64| heard.load(Ordering::Relaxed) < 20 && start.elapsed() < Duration::from_secs(60);
        while start.elapsed() < time || too_few(&self.heard) {
            thread::sleep(Duration::from_millis(20 + random.below(60)));
            let victim = random.index(size);
            let process = self.spawn();
            let mut victim = std::mem::replace(&mut self.processes[victim], process);
            victim.kill().unwrap();
            victim.wait().unwrap();
            kills += 1;
        }
        for mut process in self.processes.drain(..) {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        kills
    }
}

/// How often each count was acknowledged.
fn tally(heard: Receiver<Result<u64, String>>) -> BTreeMap<u64, u32> {
    let mut counts = BTreeMap::new();
    for word in heard {
        match word {
            Ok(count) => *counts.entry(count).or_default() += 1,
            Err(why) => panic!("{why}"),
        }
    }
    counts
}

fn crowd(slots: bool, sizes: &[usize]) {
    let total = Duration::from_millis(env("LEFTOFF_CROWD_SECONDS", 0) * 1000).max(Duration::from_millis(2400));
    for (round, size) in sizes.iter().enumerate() {
        let scratch = folder::scratch();
        let place = scratch.path().join("state");
        let (said, heard) = channel();
        let mut random = Random::new(round as u64);
        let listener = thread::spawn(move || tally(heard));
        let (processes, heard_so_far) = (Vec::new(), Arc::default());
        let mut crowd = Crowd { place: &place, slots, threads: 2, said, heard: heard_so_far, processes, spawned: 0 };
        let kills = crowd.live(*size, total / sizes.len() as u32, &mut random);
        drop(crowd);
        let counts = listener.join().unwrap();
        assert!(counts.len() > 5, "nobody came in: {counts:?}");
        let twice: Vec<_> = counts.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "two of them had the place at the same time: {twice:?}");
        // Every count that was acknowledged is in the place it was given in.
        let mut places = vec![place.clone()];
        places.extend((2..=leftoff::backend::FileBackend::MAX_SLOTS).map(|slot| place.join(format!("slot-{slot}"))));
        places.retain(|place| place.is_dir());
        let mut ends = BTreeMap::new();
        for place in &places {
            let mut session = Session::builder(APP).dir(place).open();
            assert!(
                matches!(session.outcome(), Outcome::Recovered | Outcome::Resumed | Outcome::Fresh),
                "{}",
                place.display()
            );
            let end = look(&mut session);
            if end > 0 {
                ends.insert(end >> 20, end);
            }
        }
        for count in counts.keys() {
            let end = ends.get(&(count >> 20));
            assert!(end.is_some_and(|end| count <= end), "{count} was acknowledged, and there is {ends:?}");
        }
        eprintln!(
            "{size} processes with 2 threads each: {kills} kills, {} counts acknowledged in {} places, none lost, none twice",
            counts.len(),
            ends.len()
        );
        assert!(slots || ends.len() == 1);
    }
}

#[test]
fn a_crowd_at_one_place_comes_in_one_at_a_time_and_loses_nothing() {
    crowd(false, &[2, 8]);
}

#[test]
fn a_crowd_with_slots_loses_no_slot_and_shares_none() {
    crowd(true, &[5]);
}

/// Holds the place and counts on, one for each line it is sent.
#[test]
fn holder() {
    let Some(place) = child::role() else { return };
    let mut session = Session::builder(APP).dir(place).open();
    let mut count = look(&mut session);
    child::say(&count.to_string());
    for _ in std::io::stdin().lines() {
        count += 1;
        add_one(&mut session, count);
        child::say(&count.to_string());
    }
}

#[test]
fn a_holder_that_was_stopped_keeps_its_place_until_it_is_dead() {
    use std::io::Write;
    let scratch = folder::scratch();
    let mut process = child::spawn("together::holder", scratch.path().to_str().unwrap()).spawn().unwrap();
    let pid = Pid::from_child(&process);
    let (mut ears, mut mouth) = (child::ears(&mut process), process.stdin.take().unwrap());
    assert_eq!(child::hear(&mut ears).as_deref(), Some("0"));
    mouth.write_all(b"go\n").unwrap();
    assert_eq!(child::hear(&mut ears).as_deref(), Some("1"));
    kill_process(pid, Signal::STOP).unwrap();
    for _ in 0..3 {
        let (start, witness) = (Instant::now(), Witness::new());
        let session = Session::builder(APP).dir(scratch.path()).wait_for_holder(Duration::ZERO).open();
        let (took, stalled) = (start.elapsed(), witness.longest());
        assert_eq!(session.outcome(), Outcome::ReadOnly, "stopped is not dead");
        let refused = format!("{:#}", session.status().refused.unwrap());
        assert!(refused.contains(&process.id().to_string()), "{refused}");
        assert!(took < Duration::from_secs(2) + stalled, "{took:?}, stalled {stalled:?}");
    }
    kill_process(pid, Signal::CONT).unwrap();
    mouth.write_all(b"go\n").unwrap();
    assert_eq!(child::hear(&mut ears).as_deref(), Some("2"), "it goes on as if nothing had been");
    // Stopped and killed without being woken first.
    kill_process(pid, Signal::STOP).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let mut session = Session::builder(APP).dir(scratch.path()).open();
    assert_eq!((session.outcome(), look(&mut session)), (Outcome::Recovered, 2));
}

/// The number of a dead holder is given to another process: it decides nothing.
#[test]
fn a_process_id_that_was_used_again_keeps_nobody_out_and_lets_nobody_in() {
    let scratch = folder::scratch();
    let mut process = child::spawn("together::holder", scratch.path().to_str().unwrap()).spawn().unwrap();
    let mut ears = child::ears(&mut process);
    assert_eq!(child::hear(&mut ears).as_deref(), Some("0"));
    let as_if = |pid: u32| {
        let text = std::fs::read_to_string(scratch.path().join("holder")).unwrap();
        let changed: Vec<String> =
            text.lines().map(|line| if line.starts_with("pid") { format!("pid {pid}") } else { line.into() }).collect();
        std::fs::write(scratch.path().join("holder"), changed.join("\n")).unwrap();
    };
    let outcome = || Session::builder(APP).dir(scratch.path()).wait_for_holder(Duration::ZERO).open().outcome();
    // A dead one's, nobody's and our own: the place is held all the same.
    for pid in [1, std::process::id(), u32::MAX] {
        as_if(pid);
        assert_eq!(outcome(), Outcome::ReadOnly, "pid {pid}");
    }
    process.kill().unwrap();
    process.wait().unwrap();
    // One that lives, and holds nothing.
    as_if(1);
    assert_eq!(outcome(), Outcome::Recovered);
}

/// A backup runs while the program does.
#[test]
fn a_folder_that_is_copied_while_it_is_in_use_opens_as_a_state_that_was_saved() {
    let scratch = folder::scratch();
    let mut process =
        child::spawn("together::process", &format!("one|1|7|{}", scratch.path().display())).spawn().unwrap();
    let mut ears = child::ears(&mut process);
    child::hear(&mut ears).unwrap();
    let last = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let listener = thread::spawn({
        let last = last.clone();
        move || {
            while let Some(said) = child::hear(&mut ears) {
                last.store(said.parse().unwrap(), std::sync::atomic::Ordering::SeqCst);
            }
        }
    });
    let names = || -> std::collections::BTreeSet<_> {
        std::fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let copies = env("LEFTOFF_COPIES", 40);
    let mut nth = 0;
    while nth < copies {
        let copy = folder::scratch();
        let before = last.load(std::sync::atomic::Ordering::SeqCst);
        let listed = names();
        for name in &listed {
            if let Err(error) = std::fs::copy(scratch.path().join(name), copy.path().join(name)) {
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            }
        }
        if names() != listed {
            // A compaction overtook the copy: the logs it removed may be missing, and the base that replaced them.
            continue;
        }
        nth += 1;
        let mut session = Session::builder(APP).dir(copy.path()).open();
        assert!(matches!(session.outcome(), Outcome::Recovered | Outcome::Resumed), "{:?}", session.report());
        let count = look(&mut session);
        assert!(count >= before, "copy {nth}: {before} was saved before it was begun, {count} is in it");
        add_one(&mut session, count + 1);
        session.close().unwrap();
    }
    process.kill().unwrap();
    process.wait().unwrap();
    listener.join().unwrap();
    eprintln!("{copies} copies, up to count {}", last.load(std::sync::atomic::Ordering::SeqCst));
}
