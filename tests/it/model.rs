//! Random lives of an application, against a plain map that knows what each start must bring back.
//!
//! `LEFTOFF_MODEL=6000 cargo test --release --test it model` for more of them; `LEFTOFF_SEED=n` for one life again. What
//! crashed is never freed, so ten thousand want some fifteen gigabytes.

mod acts;
mod start;

use std::collections::{BTreeMap, BTreeSet};

use leftoff::backend::MemoryBackend;
use leftoff::{Reason, Session};
use leftoff_testing::Faults;

use crate::support::clock::seconds;
use crate::support::random::env;
use crate::support::{ManualClock, Random, crash, frames, still};

type Value = String;
type Section = leftoff::Section<Value>;

const SECTIONS: [Section; 4] = [
    Section::new("form", 1),
    Section::new("layout", 1),
    Section::new("draft", 1),
    // Gone after a clean close.
    Section::new("secret", 1).erase_on_close(),
];
const SECRET: &str = "secret";
const SCOPES: [&str; 3] = ["", "window/1", "window/2"];
const ELEMENTS: [&str; 5] = ["a", "a/b", "a/b/c", "menu", ""];

type Key = (&'static str, &'static str);

/// Sections and elements, without the counts of touches.
type Seen = (BTreeMap<Key, Value>, BTreeMap<&'static str, &'static str>);

/// What is stored, as far as the application can tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    sections: BTreeMap<Key, Value>,
    /// The last element of each scope, and when it was touched, counted in touches.
    marks: BTreeMap<&'static str, (u64, &'static str)>,
}

impl State {
    fn raise(&self) -> Option<&'static str> {
        self.marks.iter().max_by_key(|(_, (seq, _))| *seq).map(|(scope, _)| *scope)
    }

    /// Sections and elements; the counts of touches start over where state is brought back from history.
    fn seen(&self) -> Seen {
        (self.sections.clone(), self.marks.iter().map(|(scope, (_, element))| (*scope, *element)).collect())
    }
}

#[derive(Debug, Clone, PartialEq)]
enum End {
    Never,
    Clean,
    Crash,
    Asleep(Reason),
    /// It could not write how it ended.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Works,
    Broken,
    /// It was broken, and nothing went through since; what was captured waits for the next try.
    Waiting,
}

impl Place {
    fn went_through(&mut self) {
        if *self == Self::Waiting {
            *self = Self::Works;
        }
    }
}

struct Life {
    seed: u64,
    random: Random,
    memory: MemoryBackend,
    clock: ManualClock,
    faults: Faults,
    place: Place,
    went_back: bool,
    session: Option<Session>,
    /// What the application captured last, in memory at least.
    live: State,
    /// What is written.
    durable: State,
    /// Marks that no capture took yet.
    touched: BTreeMap<&'static str, (u64, &'static str)>,
    touches: u64,
    end: End,
    /// What is in memory differs from what is written since this place fails.
    forgotten: bool,
    suspended: Option<Reason>,
    values: u64,
    /// Every value each section ever had.
    ever: BTreeMap<Key, BTreeSet<Value>>,
    /// States that were written, or left for another one.
    states: BTreeSet<Seen>,
    /// Set once a frame was damaged: sections of which nothing is known until they are set again.
    wild: BTreeSet<Key>,
    damaged: bool,
    log: Vec<String>,
}

impl Life {
    fn is_broken(&self) -> bool {
        self.place == Place::Broken
    }

    fn new(seed: u64) -> Self {
        Self {
            seed,
            random: Random::new(seed),
            memory: MemoryBackend::new(),
            clock: ManualClock::new(),
            faults: Faults::new(),
            place: Place::Works,
            went_back: false,
            session: None,
            live: State::default(),
            durable: State::default(),
            touched: BTreeMap::new(),
            touches: 0,
            end: End::Never,
            forgotten: false,
            suspended: None,
            values: 0,
            ever: BTreeMap::new(),
            states: BTreeSet::new(),
            wild: BTreeSet::new(),
            damaged: false,
            log: Vec::new(),
        }
    }

    fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }

    fn session(&mut self) -> &mut Session {
        self.session.as_mut().unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.index(from.len())]
    }

    fn value(&mut self) -> Value {
        self.values += 1;
        let value = format!("value {} of {}", self.values, self.seed);
        match self.random.below(20) {
            // A long one, of which the next change is small.
            0..3 => value + &"~".repeat(3000),
            3 => self.random.text(20_000),
            4 => String::new(),
            _ => value,
        }
    }

    fn live(&mut self, steps: u64, damage: bool) {
        self.begin();
        for step in 0..steps {
            self.note(format!("-- {step}"));
            self.step(damage);
            self.states.insert(self.durable.seen());
        }
        self.end(true);
        self.begin();
        if !self.damaged {
            assert!(self.session().report().is_whole(), "{:?}", self.session().report());
        }
        crash(self.session.take().unwrap());
    }
}

#[track_caller]
fn lives(damage: bool) {
    let count = env("LEFTOFF_MODEL", 60);
    let first = env("LEFTOFF_SEED", u64::MAX);
    let seeds = if first == u64::MAX { 0..count } else { first..first + 1 };
    for seed in seeds {
        let mut life = Life::new(seed);
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| life.live(60, damage)));
        if let Err(panic) = lived {
            let tail: Vec<_> = life.log.iter().rev().take(40).rev().cloned().collect();
            eprintln!("seed {seed} ({} frames):\n{}", frames(&life.memory).len(), tail.join("\n"));
            std::mem::forget(life.session.take());
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn every_start_brings_back_what_was_written() {
    lives(false);
}

#[test]
fn with_damage_every_start_brings_back_something_that_was_written_and_says_so() {
    lives(true);
}

/// Two processes that cannot see each other, on a place without a lock: neither loses what it wrote.
#[test]
fn two_writers_make_two_heads_and_lose_nothing() {
    const A: Section = Section::new("of a", 1);
    const B: Section = Section::new("of b", 1);
    for seed in 0..env("LEFTOFF_MODEL", 60) / 3 {
        let mut random = Random::new(seed);
        let memory = MemoryBackend::new();
        let clock = ManualClock::new();
        let open = || still(memory.clone()).clock(clock.clone()).open();
        let mut sessions = [open(), open()];
        let mut last: [Option<Value>; 2] = [None, None];
        for step in 0..40_u64 {
            let who = random.index(2);
            let len = if random.chance(10) { 200_000 } else { 20 };
            let value: Value = format!("{step} {}", random.text(len));
            let section = if who == 0 { A } else { B };
            sessions[who].mark("a");
            sessions[who].autosave(|capture| capture.set(section, &value)).unwrap();
            last[who] = Some(value);
            clock.advance(seconds(2));
            sessions[random.index(2)].run_pending();
        }
        for session in sessions {
            crash(session);
        }
        let mut session = open();
        let mut found = [session.get(A).unwrap() == last[0], session.get(B).unwrap() == last[1]];
        for point in session.history().unwrap() {
            session.resume_at(&point).unwrap();
            found[0] |= session.get(A).unwrap() == last[0];
            found[1] |= session.get(B).unwrap() == last[1];
        }
        assert_eq!(found, [true, true], "seed {seed}: what each wrote last is in the state or in the history");
        crash(session);
    }
}
