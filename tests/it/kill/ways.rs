//! Ways to die that no random kill finds: in the middle of `open`, of a capture, of a codec, of summing the log up, and
//! for want of memory.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use leftoff::backend::{self, Backend, FileBackend, FrameId, Generation};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;
use crate::support::folder;

/// A backend that kills its own process at a certain call, right before or right after it did what it should.
#[derive(Debug)]
struct Deadly {
    inner: FileBackend,
    calls: AtomicU64,
    at: u64,
    after: bool,
}

impl Deadly {
    fn around<T>(&self, act: impl FnOnce() -> T) -> T {
        let due = self.calls.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if due && !self.after {
            die();
        }
        let done = act();
        if due {
            die();
        }
        done
    }
}

fn die() -> ! {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    unreachable!("killed")
}

impl Backend for Deadly {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.inner.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.inner.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.around(|| self.inner.create(id, bytes))
    }
    fn sync(&self) -> backend::Result<()> {
        self.around(|| self.inner.sync())
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.around(|| self.inner.remove(generation))
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.inner.read_range(id, range)
    }
    fn generations(&self) -> backend::Result<Vec<Generation>> {
        self.inner.generations()
    }
    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        self.inner.frames(generation)
    }
}

/// A launch that does everything: it opens, saves, sums the log up, clears old logs away and closes.
#[test]
fn deadly_child() {
    let Some(role) = child::role() else { return };
    let [at, after, place] = role.split('|').collect::<Vec<_>>()[..] else { unreachable!() };
    let inner = FileBackend::open(place).unwrap();
    let backend = Deadly { inner, calls: AtomicU64::new(0), at: at.parse().unwrap(), after: after == "after" };
    let clock = crate::support::ManualClock::new();
    let mut session = crate::support::still(backend).clock(clock.clone()).history_launches(0).history_bytes(0).open();
    let found = look(&mut session).unwrap().unwrap();
    child::say(&format!("found {found}"));
    for step in found + 1..found + 4 {
        act(&mut session, step);
        child::say(&step.to_string());
        clock.advance(Duration::from_secs(3));
        session.run_pending();
    }
    session.close().unwrap();
    child::say("closed");
}

#[test]
fn a_kill_at_any_step_of_opening_summing_up_and_closing_loses_nothing() {
    // Old enough to be summed up at once, and to have logs that nobody needs.
    let (mut before, mut step) = (folder::Files::new(), 0);
    for _ in 0..10 {
        let place = folder::write(&before);
        let clock = crate::support::ManualClock::new();
        let backend = FileBackend::open(place.path()).unwrap();
        let mut session = crate::support::still(backend).clock(clock).open();
        for _ in 0..2 {
            step += 1;
            act(&mut session, step);
        }
        // As a kill would leave them.
        before = folder::logs(place.path());
    }
    let (mut kills, mut points) = (0, 0);
    // Everyday, each second step only, before it or after it.
    let every = if env("LEFTOFF_KILLS", 200) > 1000 { 1 } else { 2 };
    for at in (1..).step_by(every) {
        let mut survived = false;
        for after in if every == 1 { vec!["before", "after"] } else { vec![["before", "after"][at / 2 % 2]] } {
            let place = folder::write(&before);
            let role = format!("{at}|{after}|{}", place.path().display());
            let mut process = child::spawn("kill::ways::deadly_child", &role).spawn().unwrap();
            let mut ears = child::ears(&mut process);
            let (mut last, mut closed) = (step, false);
            while let Some(said) = child::hear(&mut ears) {
                last = said.parse().unwrap_or(last);
                closed |= said == "closed";
            }
            let output = process.wait_with_output().unwrap();
            if closed {
                survived = true;
                continue;
            }
            assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
            kills += 1;
            let mut session = Session::builder(APP).dir(place.path()).open();
            let found = look(&mut session).unwrap().unwrap();
            assert!((last..=last + 1).contains(&found), "{after} call {at}: {last} was acknowledged, {found} is there");
            assert!(session.report().is_whole(), "{after} call {at}: {:?}", session.report());
            act(&mut session, found + 1);
            session.close().unwrap();
        }
        points = at;
        if survived {
            break;
        }
    }
    eprintln!("{kills} kills at {points} steps of a launch from its start to its end");
    assert!(points > 15, "{points}");
}

/// Panics when it is saved or restored, if told to.
struct Brittle(u8);

const AS_IT_IS: u8 = 0;
const WHEN_SAVED: u8 = 1;
const WHEN_RESTORED: u8 = 2;

impl Serialize for Brittle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, WHEN_SAVED, "of the value's own making");
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Brittle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u8::deserialize(deserializer)?;
        assert_ne!(value, WHEN_RESTORED, "of the value's own making");
        Ok(Self(value))
    }
}

const BRITTLE: Section<Brittle> = Section::new("brittle", 1);

#[test]
fn panicking_child() {
    let Some(role) = child::role() else { return };
    let (way, place) = role.split_once('|').unwrap();
    let mut session = Session::builder(APP).dir(place).open();
    act(&mut session, 1);
    session.mark("boom");
    let result = catch_unwind(AssertUnwindSafe(|| match way {
        "capture" => drop(session.autosave(|capture| {
            capture.scope(WINDOW).set(DRAFT, &99);
            panic!("in the middle of a capture");
        })),
        "encode" => drop(session.autosave(|capture| {
            capture.scope(WINDOW).set(DRAFT, &99);
            capture.set(BRITTLE, &Brittle(WHEN_SAVED));
        })),
        "decode" => {
            session.autosave(|capture| capture.set(BRITTLE, &Brittle(WHEN_RESTORED))).unwrap();
            let _ = session.get(BRITTLE);
        }
        _ => unreachable!(),
    }));
    assert!(result.is_err());
    // The program caught it and goes on: the session must be as good as before.
    act(&mut session, 2);
    session.mark("step/2");
    session.autosave(|capture| capture.set(BRITTLE, &Brittle(AS_IT_IS))).unwrap();
    child::say("2");
    session.mark("boom");
    let _ = session.autosave(|capture| {
        capture.scope(WINDOW).set(DRAFT, &99);
        panic!("and now nobody catches it");
    });
}

#[test]
fn a_panic_in_a_capture_or_a_codec_loses_nothing_and_spoils_nothing() {
    for way in ["capture", "encode", "decode"] {
        let place = folder::scratch();
        let role = format!("{way}|{}", place.path().display());
        let mut process = child::spawn("kill::ways::panicking_child", &role).spawn().unwrap();
        let said = child::hear(&mut child::ears(&mut process));
        let output = process.wait_with_output().unwrap();
        assert_eq!(said.as_deref(), Some("2"), "{way}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success());
        let mut session = Session::builder(APP).dir(place.path()).open();
        assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Panicked), "{way}");
        assert_eq!(session.get(BRITTLE).unwrap().map(|brittle| brittle.0), Some(AS_IT_IS), "{way}");
        // Marked before the panic, and what was marked goes out when a session is dropped.
        let element = session.scope("").marker().unwrap().element().to_owned();
        assert_eq!(element, "boom", "{way}");
        session.mark("step/2");
        session.autosave(|_| {}).unwrap();
        drop(session);
        let mut session = Session::builder(APP).dir(place.path()).open();
        assert_eq!(look(&mut session), Ok(Some(2)), "{way}");
        assert!(session.report().is_whole());
    }
}

#[test]
fn greedy_child() {
    let Some(place) = child::role() else { return };
    let mut session = Session::builder(APP).dir(place).open();
    let mut step = 0;
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        step += 1;
        act(&mut session, step);
        child::say(&step.to_string());
        // The application eats all there is, so that any allocation may be the one that fails: the library's, too.
        hoard.push(vec![1; 700_000]);
        hoard.push(vec![1; 997]);
    }
}

#[test]
fn a_program_that_runs_out_of_memory_keeps_all_it_saved() {
    for kilobytes in [200_000, 203_001, 206_007, 230_000] {
        let place = folder::scratch();
        let spawned = child::spawn("kill::ways::greedy_child", place.path().to_str().unwrap());
        let output = child::in_shell(&format!("ulimit -c 0; ulimit -v {kilobytes}"), &spawned).output().unwrap();
        assert!(!output.status.success());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("memory allocation"), "{kilobytes}: {errors}");
        let mut last = None;
        let mut ears = output.stdout.as_slice();
        while let Some(said) = child::hear(&mut ears) {
            last = said.parse().ok().or(last);
        }
        let last: u64 = last.expect("it saved something");
        let mut session = Session::builder(APP).dir(place.path()).open();
        let found = look(&mut session).unwrap().unwrap();
        assert!((last..=last + 1).contains(&found), "{last} was acknowledged, {found} is there");
        assert_eq!((session.outcome(), session.report().is_whole()), (Outcome::Recovered, true));
    }
}
