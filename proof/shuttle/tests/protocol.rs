//! The user's thread and the flusher, in thousands of orders of their steps: nobody waits for ever, and what was called
//! synced is on the disk.
//!
//! `LEFTOFF_SCHEDULES=100000 cargo test --release` for longer. A failing schedule is printed, and `shuttle::replay` runs it
//! again.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend, Speed};
use leftoff::time::{Clock, Now, Timestamp};
use leftoff::{AppId, ErrorKind, Outcome, Saved, Section, Session};
use shuttle::rand::Rng;

const STEP: Section<u32> = Section::new("step", 1);
const SHARED: Section<Vec<u32>> = Section::new("shared", 1);

fn chance(percent: u32) -> bool {
    shuttle::rand::thread_rng().gen_range(0..100) < percent
}

/// A disk with a cache. Each call is a point where the other thread may go on. No lock is held across one.
#[derive(Debug, Clone)]
struct Disk {
    cached: MemoryBackend,
    /// What is on it, and how many more calls fail.
    state: Arc<Mutex<(Vec<FrameId>, u32)>>,
    speed: Speed,
}

impl Disk {
    fn new(speed: Speed, failures: u32) -> Self {
        Self { cached: MemoryBackend::new(), state: Arc::new(Mutex::new((Vec::new(), failures))), speed }
    }

    fn fails(&self) -> backend::Result<()> {
        shuttle::thread::yield_now();
        let some_left = self.state.lock().unwrap().1 > 0;
        if some_left && chance(15) {
            self.state.lock().unwrap().1 -= 1;
            return Err(io::Error::other("a sick disk").into());
        }
        Ok(())
    }

    /// What a power cut leaves: the frames that were synced, up to the first of each generation that was not.
    fn after_a_cut(&self) -> MemoryBackend {
        let left = MemoryBackend::new();
        let mut synced = self.state.lock().unwrap().0.clone();
        synced.sort_unstable();
        for id in synced {
            // Removed since, perhaps.
            if let Ok(bytes) = self.cached.read(id) {
                left.create(id, &bytes).unwrap();
            }
        }
        left
    }
}

impl Backend for Disk {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        shuttle::thread::yield_now();
        self.cached.list()
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        shuttle::thread::yield_now();
        self.cached.read(id)
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.fails()?;
        self.cached.create(id, bytes)?;
        shuttle::thread::yield_now();
        Ok(())
    }

    fn sync(&self) -> backend::Result<()> {
        // What comes in while it works may wait for the next one.
        let reached = self.cached.list()?;
        self.fails()?;
        let known = &mut self.state.lock().unwrap().0;
        for id in reached {
            if !known.contains(&id) {
                known.push(id);
            }
        }
        Ok(())
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.fails()?;
        self.state.lock().unwrap().0.retain(|id| id.generation != generation);
        self.cached.remove(generation)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.cached.read_range(id, range)
    }

    fn speed(&self) -> Speed {
        self.speed
    }
}

/// Goes on by so much with each look at it. Where that is nothing, no timer ever comes due; where it is an hour, each is
/// due at once.
#[derive(Debug)]
struct Steps(Mutex<Duration>, Duration);

impl Clock for Steps {
    fn now(&self) -> Now {
        let mut now = self.0.lock().unwrap();
        *now += self.1;
        Now { wall: Timestamp::from_millis(1_772_373_720_000), monotonic: *now }
    }
}

/// What is on the disk must be the acknowledged step or a later one.
fn check(disk: &Disk, acknowledged: u32, captured: u32) {
    let mut session =
        Session::builder(AppId::new("com.example.shuttle")).backend(disk.after_a_cut()).without_thread().open();
    let step = session.get(STEP).unwrap().unwrap_or(0);
    assert!(
        acknowledged <= step && step <= captured,
        "{step} came back; {acknowledged} was synced, {captured} captured"
    );
    let shared = session.get(SHARED).unwrap();
    assert!(shared.is_none_or(|shared| shared[0] <= captured && shared.iter().all(|of| *of == shared[0])));
    std::mem::forget(session);
}

/// What the user does; returns the newest step and the newest that was called synced.
fn use_it(session: &mut Session, disk: &Disk, steps: Range<u32>, may_fail: bool) -> (u32, u32) {
    let (mut captured, mut acknowledged) = (steps.start - 1, 0);
    for step in steps {
        session.mark("step");
        captured = step;
        let is_shared = chance(30);
        let capture = |capture: &mut leftoff::Capture<'_>| {
            capture.set(STEP, &step);
            if is_shared {
                capture.share(SHARED, &Arc::new(vec![step; 5]));
            }
        };
        let saved = if chance(40) { session.save(capture) } else { session.autosave(capture) };
        match saved {
            Ok(Saved::Synced) => acknowledged = step,
            Ok(_) => {}
            Err(error) => assert!(may_fail && error.kind() == ErrorKind::Unavailable, "{error}"),
        }
        if chance(20) {
            let suspended = session.suspend("a-call");
            assert!(may_fail || suspended.is_ok());
            session.wake();
        }
        let status = session.status();
        if status.is_synced && !status.pending {
            acknowledged = step;
        }
        if chance(30) || acknowledged == step {
            check(disk, acknowledged, captured);
        }
    }
    (captured, acknowledged)
}

fn schedules() -> usize {
    std::env::var("LEFTOFF_SCHEDULES").map_or(1500, |text| text.parse().expect("a number"))
}

fn run(tick: Duration, failures: u32) {
    let body = move || {
        let speed = if chance(50) { Speed::NonBlocking } else { Speed::Blocking };
        let disk = Disk::new(speed, failures);
        let (mut captured, mut acknowledged) = (0, 0);
        for launch in 0..2 {
            let clock = Steps(Mutex::new(Duration::ZERO), tick);
            let mut session =
                Session::builder(AppId::new("com.example.shuttle")).backend(disk.clone()).clock(clock).open();
            assert_eq!(session.outcome() == Outcome::Fresh, launch == 0 || captured == 0);
            let (newest, synced) = use_it(&mut session, &disk, captured + 1..captured + 4, failures > 0);
            (captured, acknowledged) = (newest, synced.max(acknowledged));
            let ended = if chance(70) { session.close() } else { Ok(drop(session)) };
            match ended {
                Ok(()) if failures == 0 => acknowledged = captured,
                Ok(()) => {}
                Err(error) => assert!(failures > 0, "{error}"),
            }
            check(&disk, acknowledged, captured);
        }
    };
    let half = schedules() / 2;
    shuttle::check_random(body, half);
    shuttle::check_pct(body, half, 3);
}

/// No timer fires, so whoever waits must be called.
#[test]
fn nobody_waits_for_a_call_that_was_missed() {
    run(Duration::ZERO, 0);
}

#[test]
fn nothing_that_was_called_synced_is_lost() {
    run(Duration::from_secs(3600), 0);
}

#[test]
fn nor_on_a_disk_that_fails_now_and_then() {
    run(Duration::from_secs(3600), 3);
}
