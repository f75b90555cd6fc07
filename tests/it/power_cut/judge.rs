//! Opens what a power cut left, and says whether it is one of the states it may be.

use std::collections::HashMap;
use std::fmt::Write;

use leftoff::time::Clock;
use leftoff::{LastExit, Mark, Outcome, Session};
use tempfile::TempDir;

use super::history::{FLAG, History, LARGE, LONG, PLACE, Recorder, SHORT, flag, large, long, set};
use super::model::{Disk, Effort, Image};
use crate::support::clock::{minutes, seconds};
use crate::support::folder::scratch;
use crate::support::{APP, ManualClock, Random, settle};

/// How much of it all to do.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub effort: Effort,
    /// After one recovery in so many, something is saved and the program started once more.
    pub goes_on: u64,
    /// One recovery in so many is recorded and cut as well.
    pub cut_again: u64,
    /// Depth of that.
    pub depth: u32,
}

/// What was looked at.
#[derive(Debug, Default, Clone, Copy)]
pub struct Count {
    /// Moments at which the power went, and those of which every state was looked at.
    pub moments: u64,
    pub exhausted: u64,
    /// States that were made, and how many different ones were opened.
    pub made: u64,
    pub opened: u64,
    pub continued: u64,
    /// Recoveries that were themselves cut.
    pub recoveries: u64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.moments += other.moments;
        self.exhausted += other.exhausted;
        self.made += other.made;
        self.opened += other.opened;
        self.continued += other.continued;
        self.recoveries += other.recoveries;
    }
}

/// What must hold for a state: the captures that may be found, and whether a clean exit may be reported.
struct Allowed {
    captures: Vec<u32>,
    clean: bool,
    how: String,
    image: Image,
}

pub struct Judge {
    scale: Scale,
    random: Random,
    root: TempDir,
    pub count: Count,
    /// What went wrong, at most so many.
    pub findings: Vec<String>,
    /// How often each sort of finding came.
    pub tally: std::collections::BTreeMap<String, u64>,
}

impl Judge {
    pub fn new(scale: Scale, seed: u64) -> Self {
        Self {
            scale,
            random: Random::new(seed),
            root: scratch(),
            count: Count::default(),
            findings: Vec::new(),
            tally: std::collections::BTreeMap::new(),
        }
    }

    /// Cuts the power at every moment of this history.
    pub fn judge(&mut self, what: &str, history: &History) {
        self.judge_deep(what, history, &ManualClock::new(), self.scale.depth);
    }

    fn judge_deep(&mut self, what: &str, history: &History, clock: &ManualClock, depth: u32) {
        // One state may come from several moments; what the strictest of them asks holds.
        let mut states: HashMap<u64, Allowed> = HashMap::new();
        let mut disk = Disk::new(&history.before);
        for moment in 0..=history.steps.len() {
            if let Some(step) = moment.checked_sub(1).map(|at| &history.steps[at]) {
                disk.step(step);
            }
            let captures = history.allowed(moment);
            let clean = history.closing.iter().any(|at| *at <= moment);
            let Count { made, .. } = &mut self.count;
            let all = disk.open_questions().cuts(self.scale.effort, &mut self.random, |cut| {
                *made += 1;
                let known = states.entry(cut.image.digest()).or_insert_with(|| Allowed {
                    captures: captures.clone(),
                    clean,
                    how: String::new(),
                    image: cut.image.clone(),
                });
                known.captures.retain(|n| captures.contains(n));
                known.clean &= clean;
                if known.how.is_empty() {
                    known.how = format!("after step {moment}: {}", cut.how);
                }
            });
            self.count.moments += 1;
            self.count.exhausted += u64::from(all);
        }
        // In an order that is the same each time.
        let mut states: Vec<_> = states.into_values().collect();
        states.sort_by(|a, b| a.how.cmp(&b.how));
        for state in states {
            let what = format!("{what}: {}", state.how);
            self.check(&what, &state, clock, depth);
        }
    }

    fn check(&mut self, what: &str, state: &Allowed, clock: &ManualClock, depth: u32) {
        self.count.opened += 1;
        state.image.materialise(self.root.path());
        let clock = after_a_reboot(clock);
        let (mut session, outcome) = self.start(&clock);
        let mut faults = Vec::new();
        if !matches!(outcome, Outcome::Fresh | Outcome::Resumed | Outcome::Recovered) {
            faults.push(format!("outcome {outcome:?}"));
        }
        let found = look(&mut session);
        let n = match &found {
            Ok(n) if state.captures.contains(n) => Some(*n),
            Ok(n) => {
                let which = if state.captures.iter().all(|other| other > n) { "older" } else { "newer" };
                faults.push(format!("{which} than allowed: {n}, not {:?}", state.captures));
                None
            }
            Err(mixture) => {
                faults.push(format!("mixture: {mixture}"));
                None
            }
        };
        if n.is_some_and(|n| n > 0) && outcome == Outcome::Fresh {
            faults.push("fresh, with a state".into());
        }
        if *session.last_exit() == LastExit::Clean && !state.clean {
            faults.push("clean exit, and it was not closed".into());
        }
        // The sections nobody asked for are checked, too.
        clock.advance(seconds(3));
        settle(&mut session);
        let report = session.report();
        if let Some(line) = report.sections.iter().find(|line| line.fate.is_damage()) {
            faults.push(format!("report: {} {:?}", line.name, line.fate));
        }
        if self.count.opened % self.scale.goes_on == 0 {
            self.count.continued += 1;
            if let Err(fault) = self.go_on(session, &clock) {
                faults.push(fault);
            }
        } else {
            abandon(session);
        }
        if let (Some(n), true) = (n, depth > 0 && self.count.opened % self.scale.cut_again == 0) {
            self.count.recoveries += 1;
            let history = recovery(&state.image, n, &clock);
            self.judge_deep(&format!("{what}; recovered"), &history, &clock, depth - 1);
        }
        for fault in faults {
            let sort = fault.split([':', ',']).next().unwrap_or_default().to_owned();
            *self.tally.entry(sort.clone()).or_default() += 1;
            if self.tally[&sort] <= 3 {
                let mut finding = format!("{fault}\n  {what}");
                for (path, content) in &state.image.0 {
                    let len = content.as_ref().map(Vec::len);
                    let _ = write!(finding, "\n    {} {len:?}", path.display());
                }
                self.findings.push(finding);
            }
        }
    }

    fn start(&self, clock: &ManualClock) -> (Session, Outcome) {
        let session =
            Session::builder(APP).dir(self.root.path().join(PLACE)).without_thread().clock(clock.clone()).open();
        let session = session.unwrap();
        let outcome = session.outcome();
        (session, outcome)
    }

    /// Life goes on: what is saved now comes back.
    fn go_on(&self, mut session: Session, clock: &ManualClock) -> Result<(), String> {
        const N: u32 = 1_003;
        session.mark(Mark::new("step/1").detail(&N.to_string()));
        session.save(|capture| set(capture, N)).map_err(|error| format!("going on: {error}"))?;
        session.close().map_err(|error| format!("going on: {error}"))?;
        let (mut session, outcome) = self.start(clock);
        let exit = session.last_exit().clone();
        let found = look(&mut session);
        abandon(session);
        if (outcome, &exit, &found) == (Outcome::Resumed, &LastExit::Clean, &Ok(N)) {
            Ok(())
        } else {
            Err(format!("going on: {outcome:?} {exit:?} {found:?}"))
        }
    }

    /// Says what was looked at, and fails if anything was wrong.
    #[track_caller]
    pub fn verdict(&self, what: &str) {
        eprintln!("{what}: {:?}", self.count);
        assert!(self.tally.is_empty(), "{:?}\n{}", self.tally, self.findings.join("\n"));
    }
}

/// The number that everything agrees on.
fn look(session: &mut Session) -> Result<u32, String> {
    let short = session.get(SHORT).map_err(|error| format!("short: {error}"))?;
    let n = short.unwrap_or_default();
    let known = |name: &str, agrees: Result<bool, leftoff::Error>| match agrees {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("short says {short:?}, {name} does not")),
        Err(error) => Err(format!("{name}: {error}")),
    };
    known("long", session.get(LONG).map(|text| text == short.map(long)))?;
    known("large", session.get(LARGE).map(|bytes| bytes == large(n)))?;
    known("flag", session.get(FLAG).map(|there| there.is_some() == flag(n)))?;
    let detail = session.marker().and_then(|marker| marker.detail()?.parse().ok());
    known("mark", Ok(detail == short))?;
    Ok(n)
}

/// What a program does after a power cut, recorded.
fn recovery(image: &Image, n: u32, clock: &ManualClock) -> History {
    let recorder = Recorder::on(image, n, clock.clone()).restore();
    let mut recorder = recorder.autosave().rest(4).autosave();
    recorder.clock.advance(minutes(1));
    settle(recorder.session());
    let mut history = recorder.save().close().history();
    // What the first recovery showed cannot be lost any more.
    history.promised.insert(0, (0, n));
    history
}

/// The clock of the next run of the machine. Not a clone: the one of this run shall stay.
fn after_a_reboot(clock: &ManualClock) -> ManualClock {
    let next = ManualClock::new();
    (0..clock.boot_id().unwrap()).for_each(|_| next.reboot());
    next.advance(minutes(5));
    next
}

/// Lets go of a session; the folder is made anew anyway.
fn abandon(session: Session) {
    drop(session);
}
