//! Opens what a power cut left, and says whether it is one of the states it may be.

use std::collections::{BTreeMap, HashMap};

use leftoff::time::Clock;
use leftoff::{Error, LastExit, Mark, Outcome, Session};
use tempfile::TempDir;

use super::history::{FLAG, History, LARGE, LONG, PLACE, Recorder, SHORT, flag, large, long, set};
use super::image::Image;
use super::model::{Disk, Effort};
use crate::support::clock::{minutes, seconds};
use crate::support::folder::scratch;
use crate::support::{APP, ManualClock, Random, settle};

/// How much of it all to do.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub effort: Effort,
    /// Of one history, about so many states are opened.
    pub most: u64,
    /// After one recovery in so many, something is saved and the program started once more.
    pub goes_on: u64,
    /// One recovery in so many is recorded and cut as well.
    pub cut_again: u64,
    /// And recoveries of recoveries, up to so many in a row.
    pub depth: u32,
    /// Recoveries are cut at one moment in so many, and so is the filling of room.
    pub moments: u64,
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
    /// States in which nothing was left and nothing had been promised.
    pub nothing: u64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.moments += other.moments;
        self.exhausted += other.exhausted;
        self.made += other.made;
        self.opened += other.opened;
        self.continued += other.continued;
        self.recoveries += other.recoveries;
        self.nothing += other.nothing;
    }
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Older than what was promised.
    TooOld,
    /// Never captured, or not yet.
    NewerSection,
    /// Sections and mark of more than one capture.
    Mixture,
    /// Damage is reported where there is none, or something that is not damaged is withheld.
    CallsItDamage,
    /// Anything else.
    Wrong,
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
    /// What went wrong, how often, and a few of each sort.
    findings: BTreeMap<Sort, (u64, Vec<String>)>,
}

impl Judge {
    pub fn new(scale: Scale, seed: u64) -> Self {
        Self { scale, random: Random::new(seed), root: scratch(), count: Count::default(), findings: BTreeMap::new() }
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
            // Filling room is the same page after page.
            let again = disk.is_filling() || depth < self.scale.depth;
            if moment < history.from || (again && self.random.below(self.scale.moments) > 0) {
                continue;
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
        let made = states.len() as u64;
        for state in states {
            if self.random.below(made) >= self.scale.most {
                continue;
            }
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
        let (found, damaged) = look(&mut session);
        // A log that is torn from its beginning has nothing that tells when it was begun. Where nothing was promised, and
        // nothing is handed out, it may say so.
        let is_nothing = outcome == Outcome::Damaged && state.captures.contains(&0) && found == Ok(0);
        self.count.nothing += u64::from(is_nothing);
        match outcome {
            Outcome::Fresh | Outcome::Resumed | Outcome::Recovered => {}
            Outcome::Damaged if is_nothing => {}
            Outcome::Damaged => faults.push((Sort::CallsItDamage, "by its outcome".to_owned())),
            other => faults.push((Sort::Wrong, format!("{other:?}"))),
        }
        faults.extend(damaged.filter(|_| !is_nothing).map(|why| (Sort::CallsItDamage, why)));
        let n = match found {
            Ok(n) if state.captures.contains(&n) => Some(n),
            Ok(n) => {
                let which =
                    if state.captures.iter().all(|other| *other > n) { Sort::TooOld } else { Sort::NewerSection };
                faults.push((which, format!("{n}, not one of {:?}", state.captures)));
                None
            }
            Err(why) => {
                faults.push((Sort::Mixture, why));
                None
            }
        };
        if n.is_some_and(|n| n > 0) && outcome == Outcome::Fresh {
            faults.push((Sort::Wrong, "fresh, with a state".into()));
        }
        if *session.last_exit() == LastExit::Clean && !state.clean {
            faults.push((Sort::Wrong, "a clean exit, and it was not closed".into()));
        }
        // The sections nobody asked for are checked, too.
        clock.advance(seconds(3));
        settle(&mut session);
        let report = session.report();
        if let Some(line) = report.sections.iter().find(|line| line.fate.is_damage()) {
            faults.push((Sort::CallsItDamage, format!("in its report: {} {:?}", line.name, line.fate)));
        }
        if self.count.opened % self.scale.goes_on == 0 {
            self.count.continued += 1;
            if let Err(fault) = self.go_on(session, &clock) {
                faults.push((Sort::Wrong, fault));
            }
        } else {
            abandon(session);
        }
        if let (Some(n), true) = (n, depth > 0 && self.count.opened % self.scale.cut_again == 0) {
            self.count.recoveries += 1;
            let history = recovery(&state.image, n, state.clean, &clock);
            self.judge_deep(&format!("{what}; recovered"), &history, &clock, depth - 1);
        }
        for (sort, fault) in faults {
            let findings = self.findings.entry(sort).or_default();
            findings.0 += 1;
            // The simplest ones: of all that go wrong alike, those that differ least from everything or nothing.
            findings.1.push(format!("{sort:?}: {fault}\n  {what}{}", state.image));
            findings.1.sort_by_key(String::len);
            findings.1.truncate(4);
        }
    }

    fn start(&self, clock: &ManualClock) -> (Session, Outcome) {
        let session =
            Session::builder(APP).dir(self.root.path().join(PLACE)).without_thread().clock(clock.clone()).open();
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
        if (outcome, &exit, &found) == (Outcome::Resumed, &LastExit::Clean, &(Ok(N), None)) {
            Ok(())
        } else {
            Err(format!("going on: {outcome:?} {exit:?} {found:?}"))
        }
    }

    /// How often this was found.
    pub fn found(&self, sort: Sort) -> u64 {
        self.findings.get(&sort).map_or(0, |findings| findings.0)
    }

    /// Says what was looked at, and fails if anything went wrong.
    #[track_caller]
    pub fn verdict(&self, what: &str) {
        let tally: BTreeMap<_, _> = self.findings.iter().map(|(sort, (times, _))| (sort, times)).collect();
        eprintln!("{what}: {:?}, found {tally:?}", self.count);
        let examples: Vec<_> = self.findings.values().flat_map(|(_, examples)| examples.clone()).collect();
        assert!(examples.is_empty(), "{tally:?}\n{}", examples.join("\n"));
    }
}

/// The number that everything agrees on; and what is said to be damaged, which counts as not there.
fn look(session: &mut Session) -> (Result<u32, String>, Option<String>) {
    fn get<T>(name: &str, got: Result<Option<T>, Error>, damaged: &mut Option<String>) -> Option<T> {
        got.unwrap_or_else(|error| {
            damaged.get_or_insert(format!("{name}: {:?}, {error}", error.kind()));
            None
        })
    }
    let mut damaged = None;
    let short = get("short", session.get(SHORT), &mut damaged);
    let n = short.unwrap_or_default();
    let detail = session.marker().and_then(|marker| marker.detail()?.parse().ok());
    let agree = [
        ("long", get("long", session.get(LONG), &mut damaged) == short.map(long)),
        ("large", get("large", session.get(LARGE), &mut damaged) == large(n)),
        ("flag", get("flag", session.get(FLAG), &mut damaged).is_some() == flag(n)),
        ("mark", detail == short),
    ];
    let found = match agree.iter().find(|(_, agrees)| !agrees) {
        None => Ok(n),
        Some((name, _)) => Err(format!("short says {short:?}, {name} does not")),
    };
    (found, damaged)
}

/// What a program does after a power cut, recorded.
fn recovery(image: &Image, n: u32, closed: bool, clock: &ManualClock) -> History {
    let recorder = Recorder::on(image, n, clock.clone()).restore();
    let mut history = recorder.autosave().rest(4).autosave().history();
    // What the first recovery showed cannot be lost any more.
    history.promised.insert(0, (0, n));
    history.closing.extend(closed.then_some(0));
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
