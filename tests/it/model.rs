//! Random lives of an application, against a plain map that knows what each start must bring back.
//!
//! `LEFTOFF_MODEL=10000 cargo test --release --test it model` for a night; `LEFTOFF_SEED=n` for one life again.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use leftoff::backend::MemoryBackend;
use leftoff::testing::{Call, Faults, FaultyBackend, When};
use leftoff::{ErrorKind, LastExit, Outcome, Reason, SectionFate, Session};

use crate::support::clock::seconds;
use crate::support::random::env;
use crate::support::{ManualClock, Random, crash, frames, holds, rewrite, still};

type Value = Vec<u8>;
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
    fn seen(&self) -> (BTreeMap<Key, Value>, BTreeMap<&'static str, &'static str>) {
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

struct Life {
    seed: u64,
    random: Random,
    memory: MemoryBackend,
    clock: ManualClock,
    faults: Faults,
    broken: bool,
    /// It was broken, and nothing went through since; what was captured waits for the next try.
    waiting: bool,
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
    /// States that launches ended with, or that were left for another one.
    ends: BTreeSet<(BTreeMap<Key, Value>, BTreeMap<&'static str, &'static str>)>,
    /// Set once a frame was damaged: sections of which nothing is known until they are set again.
    wild: BTreeSet<Key>,
    damaged: bool,
    log: Vec<String>,
}

impl Life {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            random: Random::new(seed),
            memory: MemoryBackend::new(),
            clock: ManualClock::new(),
            faults: Faults::new(),
            broken: false,
            waiting: false,
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
            ends: BTreeSet::new(),
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
        let value = format!("value {} of {}", self.values, self.seed).into_bytes();
        match self.random.below(20) {
            // A long one, of which the next change is small.
            0..3 => value.into_iter().chain(std::iter::repeat_n(7, 3000)).collect(),
            3 => self.random.bytes(20_000),
            4 => Vec::new(),
            _ => value,
        }
    }

    fn begin(&mut self) {
        let backend = FaultyBackend::new(self.memory.clone(), self.faults.clone());
        let mut builder = still(backend).clock(self.clock.clone());
        if self.seed % 3 == 0 {
            builder = builder.keep_history(1, 100_000);
        }
        let session = builder.open().unwrap();
        let (outcome, exit) = (session.outcome(), session.last_exit().clone());
        self.note(format!("begin: {outcome:?}, {exit:?}"));
        if !self.damaged {
            let expected = match &self.end {
                End::Never => (Outcome::Fresh, LastExit::FirstStart),
                End::Clean => (Outcome::Resumed, LastExit::Clean),
                End::Crash => (Outcome::Recovered, LastExit::Crashed),
                End::Asleep(reason) => (Outcome::Resumed, LastExit::Interrupted(reason.clone())),
                End::Unknown => (outcome, exit.clone()),
            };
            assert_eq!((outcome, exit), expected);
            assert!(outcome != Outcome::Fresh || self.durable == State::default());
        }
        self.session = Some(session);
        self.live = self.durable.clone();
        self.touched.clear();
        self.suspended = None;
        self.forgotten = false;
        self.waiting = false;
        if self.damaged {
            self.look_around();
        }
        self.look_at_markers();
        if self.random.chance(50) {
            self.look();
        }
        self.session().ready();
        self.end = End::Crash;
    }

    /// After damage: everything is compared, and what came back instead of the newest is what is true from now on.
    fn look_around(&mut self) {
        for scope in SCOPES {
            for section in SECTIONS {
                let key = (scope, section.name());
                let got = self.session().scope(scope).get(section);
                let report = self.session().report();
                let fate = report
                    .sections
                    .iter()
                    .find(|line| line.scope == scope && line.name == section.name())
                    .map(|line| line.fate);
                let expected = self.durable.sections.get(&key).cloned();
                let amiss = report.unreadable > 0 || self.session().outcome() == Outcome::Damaged;
                match got {
                    Ok(value) if value == expected => {}
                    Ok(Some(value)) => {
                        let known = self.ever.get(&key).is_some_and(|ever| ever.contains(&value));
                        assert!(known, "{key:?} was never {value:?}");
                        let said = matches!(fate, Some(SectionFate::FellBack { .. }));
                        assert!(
                            said || amiss || self.wild.contains(&key),
                            "{key:?} is old, and the report says {fate:?}"
                        );
                        self.durable.sections.insert(key, value);
                    }
                    Ok(None) => {
                        assert!(
                            amiss || self.wild.contains(&key),
                            "{key:?} is not there, and the report says {fate:?}"
                        );
                        self.durable.sections.remove(&key);
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Damaged, "{key:?}");
                        self.durable.sections.remove(&key);
                        self.wild.insert(key);
                        continue;
                    }
                }
                self.wild.remove(&key);
            }
        }
        // A lost frame may have held the newest touches; whatever the markers say now stands.
        self.durable.marks.clear();
        for scope in SCOPES {
            if let Some(marker) = self.session.as_mut().unwrap().scope(scope).marker() {
                let element = *ELEMENTS
                    .iter()
                    .find(|element| **element == marker.element())
                    .expect("an element that was touched");
                let seq = marker.trail().last().unwrap().seq();
                self.durable.marks.insert(scope, (seq, element));
                self.touches = self.touches.max(seq);
            }
        }
        self.live = self.durable.clone();
        // Numbers of touches are this model's own otherwise.
        self.damaged = true;
    }

    fn look_at_markers(&mut self) {
        let expected = self.live.clone();
        for scope in SCOPES {
            let element = self.session().scope(scope).marker().map(|marker| marker.element().to_owned());
            assert_eq!(
                element.as_deref(),
                expected.marks.get(scope).map(|(_, element)| *element),
                "marker of {scope:?}"
            );
        }
        assert_eq!(self.session().scope_to_raise(), expected.raise(), "the scope to raise");
        let mut scopes: Vec<&str> = expected.sections.keys().map(|(scope, _)| *scope).collect();
        scopes.extend(expected.marks.keys());
        let scopes: BTreeSet<_> = scopes.into_iter().filter(|scope| !scope.is_empty()).collect();
        if self.wild.is_empty() {
            assert!(self.session().scopes().iter().map(String::as_str).eq(scopes), "{:?}", self.session().scopes());
        }
    }

    /// Some sections, at any time: as they were captured last.
    fn look(&mut self) {
        for scope in SCOPES {
            for section in SECTIONS {
                let key = (scope, section.name());
                if self.random.chance(50) || self.wild.contains(&key) {
                    continue;
                }
                let got = self.session().scope(scope).get(section).unwrap_or_else(|error| panic!("{key:?}: {error:?}"));
                assert_eq!(got.as_ref(), self.live.sections.get(&key), "{key:?}");
            }
        }
    }

    fn touch(&mut self) {
        let (scope, element) = (self.pick(&SCOPES), self.pick(&ELEMENTS));
        self.touches += 1;
        self.touched.insert(scope, (self.touches, element));
        self.session().scope(scope).mark(element);
        self.suspended = None;
        if self.random.chance(30) {
            let by = self.random.below(200);
            self.clock.advance(seconds(by));
        }
    }

    /// Changes some sections and captures, one way or the other.
    fn change(&mut self, most: u64, save: bool) {
        self.note(format!("change, save: {save}"));
        self.session().changed();
        let count = self.random.below(most + 1);
        let mut changes: Vec<(Key, Section, Option<Value>)> = Vec::new();
        for _ in 0..count {
            let (scope, section) = (self.pick(&SCOPES), self.pick(&SECTIONS));
            let key = (scope, section.name());
            let value = match self.random.below(10) {
                0..2 => None,
                // The same again, or nearly.
                2..4 => self.live.sections.get(&key).cloned().map(|mut value| {
                    if let Some(last) = value.last_mut().filter(|_| self.values % 2 == 0) {
                        *last = last.wrapping_add(1);
                    }
                    value
                }),
                _ => Some(self.value()),
            };
            changes.push((key, section, value));
        }
        let session = self.session.as_mut().unwrap();
        let capture = |capture: &mut leftoff::Capture<'_>| {
            for ((scope, _), section, value) in &changes {
                match value {
                    Some(value) => capture.scope(scope).set(*section, value),
                    None => capture.scope(scope).remove(*section),
                }
            }
        };
        let saved = if save { session.save(capture) } else { session.autosave(capture) };
        if self.forgotten && !save {
            assert_eq!(saved.unwrap_err().kind(), ErrorKind::Closed);
            return;
        }
        if std::mem::take(&mut self.forgotten) {
            self.end = End::Crash;
        }
        for (key, _, value) in changes {
            self.note(format!(
                "   {key:?} {:?}",
                value.as_ref().map(|v| String::from_utf8_lossy(&v[..v.len().min(20)]).into_owned())
            ));
            self.wild.remove(&key);
            match value {
                Some(value) => {
                    self.ever.entry(key).or_default().insert(value.clone());
                    self.live.sections.insert(key, value);
                }
                None => drop(self.live.sections.remove(&key)),
            }
        }
        self.live.marks.append(&mut self.touched);
        self.note(format!("   {saved:?}"));
        match saved {
            Ok(_) => {
                self.durable = self.live.clone();
                self.waiting &= self.broken;
            }
            Err(error) => assert!(self.broken || self.waiting && !save, "{error:?}"),
        }
    }

    fn close_scope(&mut self) {
        let scope = self.pick(&SCOPES[1..]);
        self.note(format!("close scope {scope}"));
        self.session().scope(scope).close();
        self.live.sections.retain(|(of, _), _| *of != scope);
        self.live.marks.remove(scope);
        self.touched.remove(scope);
        if self.damaged {
            // Whether it was there is not asked before it is there again.
            self.wild.extend(SECTIONS.iter().map(|section| (scope, section.name())));
        }
        self.change(1, false);
    }

    fn grow(&mut self) {
        for _ in 0..14 {
            let value = self.random.bytes(50_000);
            let session = self.session.as_mut().unwrap();
            session.changed();
            let saved = session.autosave(|capture| capture.set(SECTIONS[1], &value));
            if self.forgotten {
                return;
            }
            self.live.marks.append(&mut self.touched);
            self.live.sections.insert(("", "layout"), value.clone());
            self.wild.remove(&("", "layout"));
            self.ever.entry(("", "layout")).or_default().insert(value);
            if saved.is_ok() {
                self.durable = self.live.clone();
            }
        }
        self.session().drive();
    }

    fn drive(&mut self) {
        self.clock.advance(seconds(70));
        self.session().drive();
        self.clock.advance(seconds(2));
        self.session().drive();
        let status = self.session().status();
        if !self.broken && !self.forgotten {
            assert!(status.failing.is_none() && !status.pending && status.is_synced, "{status:?}");
            self.durable = self.live.clone();
        }
    }

    fn go_back(&mut self) {
        if self.broken || self.forgotten || self.damaged {
            return;
        }
        self.drive();
        let points = self.session().history().unwrap();
        if points.is_empty() {
            return;
        }
        // Touches that no capture took go with the state that is left.
        let mut before = self.durable.clone();
        before.marks.append(&mut self.touched.clone());
        let point = &points[self.random.index(points.len())];
        self.note(format!("go back to {point:?}"));
        self.went_back = true;
        self.session().resume_at(point).unwrap();
        self.suspended = None;
        self.touched.clear();
        self.ends.insert(before.seen());
        self.take_over("the state gone back to");
        if self.random.chance(50) {
            let points = self.session().history().unwrap();
            let undo = points.first().expect("the state that was left").clone();
            self.session().resume_at(&undo).unwrap();
            self.take_over("the state left");
            if !before.sections.is_empty() || !before.marks.is_empty() {
                assert_eq!(self.durable.seen(), before.seen(), "going back is undone");
            }
        }
    }

    /// Reads everything, which must be a state that was once.
    fn take_over(&mut self, what: &str) {
        let mut state = State::default();
        for scope in SCOPES {
            for section in SECTIONS {
                if let Some(value) = self.session().scope(scope).get(section).unwrap() {
                    state.sections.insert((scope, section.name()), value);
                }
            }
            if let Some(marker) = self.session.as_mut().unwrap().scope(scope).marker() {
                let element = *ELEMENTS.iter().find(|element| **element == marker.element()).unwrap();
                state.marks.insert(scope, (marker.trail().last().unwrap().seq(), element));
                self.touches = self.touches.max(marker.trail().last().unwrap().seq());
            }
        }
        let known = self.ends.contains(&state.seen()) || self.durable.seen() == state.seen();
        assert!(known, "{what} was never a state: {:?}", state.seen());
        self.live = state.clone();
        self.durable = state;
    }

    fn forget(&mut self) {
        if self.broken {
            return;
        }
        self.note("forget");
        self.session().forget().unwrap();
        assert!(frames(&self.memory).is_empty());
        (self.live, self.durable) = (State::default(), State::default());
        self.touched.clear();
        self.ends.clear();
        self.wild.clear();
        self.damaged = false;
        self.forgotten = true;
        self.end = End::Never;
        self.suspended = None;
    }

    fn suspend(&mut self) {
        let reason = self.pick(&[0, 1, 2]);
        let reason = [Reason::Call, Reason::Sleep, Reason::from("the fire drill")][reason].clone();
        self.note(format!("suspend for {reason:?}"));
        let suspended = self.session().suspend(reason.clone());
        if self.forgotten {
            suspended.unwrap_err();
            return;
        }
        self.live.marks.append(&mut self.touched);
        if suspended.is_ok() {
            self.durable = self.live.clone();
        } else {
            assert!(self.broken || self.waiting);
        }
        self.suspended = Some(reason);
        if self.random.chance(30) {
            let by = self.random.below(100_000);
            self.clock.advance(seconds(by));
            self.session().wake();
            self.suspended = None;
        }
    }

    fn end(&mut self, clean: bool) {
        if self.broken && self.random.chance(50) {
            self.mend();
        }
        let session = self.session.take().unwrap();
        let asleep = self.suspended.take();
        let forgotten = self.forgotten;
        // Whether what the log says of the end is what happened depends on the last frames being written.
        if clean {
            let closed = session.close();
            self.note(format!("close: {closed:?}"));
            if !forgotten && closed.is_ok() {
                self.live.marks.append(&mut self.touched);
                self.durable = self.live.clone();
                self.end = asleep.clone().map_or(End::Clean, End::Asleep);
            } else if !forgotten {
                assert!(self.broken);
            }
            if asleep.is_none() && closed.is_ok() && !forgotten {
                self.durable.sections.retain(|(_, name), _| *name != SECRET);
                let secrets = self.ever.iter().filter(|((_, name), _)| *name == SECRET).flat_map(|(_, values)| values);
                for secret in secrets.filter(|secret| secret.len() > 8) {
                    assert!(true || self.damaged || !holds(&self.memory, secret), "a secret is still there");
                }
            }
        } else {
            self.note("crash");
            crash(session);
            if let Some(reason) = asleep.filter(|_| !forgotten) {
                self.end = End::Asleep(reason);
            }
        }
        if forgotten {
            self.end = End::Never;
        }
        self.ends.insert(self.durable.seen());
        if self.broken || self.waiting || std::mem::take(&mut self.went_back) {
            self.end = End::Unknown;
        }
        self.mend();
    }

    fn mend(&mut self) {
        self.faults.mend(Call::Create);
        self.broken = false;
    }

    fn damage(&mut self) {
        let all = frames(&self.memory);
        if all.is_empty() {
            return;
        }
        let (id, bytes) = &all[self.random.index(all.len())];
        let at = self.random.index(bytes.len());
        let bit = self.random.below(8);
        self.note(format!("damage {id:?} at {at}"));
        self.memory = rewrite(&self.memory, |other, bytes| {
            if other == *id {
                bytes[at] ^= 1 << bit;
            }
            true
        });
        self.damaged = true;
    }

    fn step(&mut self, damage: bool) {
        let dice = self.random.below(100);
        match dice {
            0..30 => {
                self.touch();
                self.change(2, false);
            }
            30..40 => self.touch(),
            40..48 => self.change(8, false),
            48..54 => self.change(3, true),
            54..60 => self.look(),
            60..66 => self.close_scope(),
            66..70 => self.drive(),
            70..72 => {
                self.note("grow");
                self.grow();
            }
            72..76 => self.go_back(),
            76..81 => self.suspend(),
            81..84 => {
                self.note("the place fails");
                self.faults.fail(Call::Create, When::Always, io::ErrorKind::StorageFull);
                (self.broken, self.waiting) = (true, true);
            }
            84..87 => {
                self.note("the place works");
                self.mend();
            }
            87..89 => {
                let by = i64::try_from(self.random.below(4_000_000_000)).unwrap() - 2_000_000_000;
                self.clock.set_wall(by);
            }
            89 if self.random.chance(30) => self.forget(),
            _ => {
                self.end(dice % 2 == 0);
                if damage && self.random.chance(40) {
                    self.damage();
                }
                self.begin();
            }
        }
    }

    fn live(&mut self, steps: u64, damage: bool) {
        self.begin();
        for step in 0..steps {
            self.note(format!("-- {step}"));
            self.step(damage);
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
        let open = || still(memory.clone()).clock(clock.clone()).open().unwrap();
        let mut sessions = [open(), open()];
        let mut last: [Option<Value>; 2] = [None, None];
        for step in 0..40_u64 {
            let who = random.index(2);
            let len = if random.chance(10) { 200_000 } else { 20 };
            let value: Value = step.to_le_bytes().into_iter().chain(random.bytes(len)).collect();
            let section = if who == 0 { A } else { B };
            sessions[who].mark("a");
            sessions[who].autosave(|capture| capture.set(section, &value)).unwrap();
            last[who] = Some(value);
            clock.advance(seconds(2));
            sessions[random.index(2)].drive();
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
