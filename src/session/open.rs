//! What a start makes of what it finds: the outcome, and how the last run ended.

use std::io;
use std::time::Duration;

use crate::backend::{Backend, FrameId, Generation};
use crate::frame::{Close, Launch, Moment, Point, Process, Unreadable};
use crate::generation::{Catalog, LastRun, Lines, Loaded, Problem, Run};
use crate::mark::Reason;
use crate::session::guard::{self, Plan};
use crate::session::{LastExit, Outcome};
use crate::store::Store;
use crate::time::{Now, plausible};

/// Everything a start has to know before it hands out anything.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) outcome: Outcome,
    pub(crate) last_exit: LastExit,
    pub(crate) loaded: Loaded,
    pub(crate) away: Option<Duration>,
    /// What this launch writes first.
    pub(crate) launch: Launch,
    pub(crate) plan: Plan,
    pub(crate) highest: u64,
    /// What there was.
    pub(crate) stored: Vec<Generation>,
    /// The log of the last launch, if this one takes its place.
    pub(crate) superseded: Option<Generation>,
}

impl Found {
    /// # Errors
    /// Only where the place is unavailable.
    pub(crate) fn look(backend: &dyn Backend, mut process: Process, now: Now) -> io::Result<Self> {
        let mut catalog = Catalog::read(backend)?;
        let head = catalog.head()?;
        let mut loaded = match head.generation {
            Some(generation) => Loaded::at_start(&mut catalog, Point { generation, index: Point::END }, process.boot)?,
            None => Loaded::default(),
        };
        let run = &loaded.last_run;
        let same_boot = run.launch.as_ref().and_then(|launch| Some(launch.process.boot? == process.boot?));
        for (generation, why) in head.unreadable {
            // Newer than all that can be read, and nothing in it says that it was ever synced: if the machine went down
            // since, that is how a cut leaves a log whose first page did not reach the disk, or a base half written.
            // Where nothing at all can be read, it is damage all the same: that must never look like a first start.
            let went_down = process.boot.is_none_or(|boot| Run::of(generation) != boot.into());
            // Listed and not there: the backend knows that it was synced, so no cut took it.
            let first = backend.read_range(FrameId { generation, index: 0 }, 0..1);
            let is_gone = first.is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
            let torn = went_down && why == Unreadable::Damaged && loaded.last_frame.is_some() && !is_gone;
            if !torn {
                loaded.doubt_all();
            }
            if !loaded.problems.iter().any(|known| known.generation == generation) {
                loaded.problems.push(Problem { generation, why, torn, salvaged: false });
            }
        }
        let run = &loaded.last_run;
        let strikes = guard::strikes(run, same_boot);
        let plan = guard::plan(strikes, run);
        // A log as empty as it was born was begun by a launch that died at once: not much, but not nothing.
        let anything = !catalog.generations().is_empty();
        let last_exit = last_exit(run, same_boot, anything);
        let away = away(run, same_boot, now, &process);
        // As if it had been read when the monotonic clock stood at zero, so that later frames can be placed by it.
        let monotonic = Store::moment(now).monotonic;
        process.uptime = process.uptime.map(|uptime| uptime.saturating_sub(monotonic));
        let superseded = superseded(&loaded, head.generation.filter(|_| head.newest == head.generation));
        // Where a power cut tore the log, by its exact last frame: what comes after that is not ours to build on.
        let (parent, after) = if loaded.is_torn {
            (loaded.last_frame, None)
        } else if let Some((_, idle)) = &superseded {
            (idle.parent, idle.at.after)
        } else {
            let end = |generation| Point { generation, index: Point::END };
            (head.newest.map(end), head.newest.and_then(|generation| last_of(&loaded, generation)))
        };
        let (passed, past) = beside(&mut catalog, head.generation, parent.filter(|_| loaded.is_torn))?;
        let launch = Launch {
            at: Moment { after, ..Store::moment(now) },
            parent,
            process,
            continued: false,
            ready: false,
            strikes,
            closed: None,
            erasable: loaded.erasable,
            unmarked: plan.hides_marks(run),
            passed,
            past,
        };
        let outcome = outcome(&loaded, &last_exit, anything);
        let (highest, stored) = (catalog.highest_number()?, catalog.generations().to_vec());
        // The first frame that calls itself synced says so of these, too.
        backend.rely_on(&loaded.relied_on(parent));
        let superseded = superseded.map(|(generation, _)| generation);
        Ok(Self { outcome, last_exit, loaded, away, launch, plan, highest, stored, superseded })
    }
}

/// The other heads of the log, and what a power cut tore: where the new launch goes on from before the tear, no parent
/// leads to that.
fn beside(
    catalog: &mut Catalog<'_>,
    head: Option<Generation>,
    before_tear: Option<Point>,
) -> io::Result<(Vec<Point>, Vec<Generation>)> {
    let Some(head) = head else { return Ok(Default::default()) };
    let lines = Lines::read(catalog)?;
    let passed = lines.others(catalog, head)?.into_iter().map(|other| other.left).collect();
    let Some(parent) = before_tear else { return Ok((passed, Vec::new())) };
    let kept = lines.line(catalog, parent.generation)?;
    let torn = lines.line(catalog, head)?.into_iter().filter(|generation| !kept.contains(generation));
    Ok((passed, torn.collect()))
}

/// The last launch, if it changed nothing and did not come to its end: a program that is killed again and again before
/// anybody touches it must not leave a log each time. This launch goes on from where that one went on from, and repeats what
/// that one said of the launches before it. One that was closed stays: its close vouches for what came before.
fn superseded(loaded: &Loaded, head: Option<Generation>) -> Option<(Generation, Launch)> {
    let generation = head?;
    let is_whole = loaded.problems.is_empty() && !loaded.is_torn && loaded.read_to.contains_key(&generation);
    let launch = loaded.last_run.launch.clone().filter(|launch| launch.parent.is_some())?;
    (is_whole && loaded.head_is_idle).then_some((generation, launch))
}

/// The last frame of the log that this launch goes on from, where that can be told: should a power cut take the end of
/// that log and leave ours, the next reader must notice.
fn last_of(loaded: &Loaded, generation: Generation) -> Option<Point> {
    let read = loaded.read_to.get(&generation).map(|index| Point { generation, index: *index });
    read.max(loaded.last_frame.filter(|last| last.generation == generation))
}

fn outcome(loaded: &Loaded, last_exit: &LastExit, anything: bool) -> Outcome {
    let died = !matches!(last_exit, LastExit::Clean | LastExit::Interrupted(_));
    // What a power cut tore was never promised to survive one.
    let problems: Vec<_> = loaded.problems.iter().filter(|problem| !problem.torn).collect();
    if problems.iter().any(|problem| problem.why == Unreadable::NewerFormat) {
        Outcome::NewerFormat
    } else if !problems.is_empty() || (loaded.is_torn && loaded.last_frame.is_none()) {
        // Of a log that is torn from its beginning, nothing is left to tell that nothing was promised.
        Outcome::Damaged
    } else if !anything {
        Outcome::Fresh
    } else if died || loaded.is_torn {
        Outcome::Recovered
    } else {
        Outcome::Resumed
    }
}

pub(crate) fn last_exit(run: &LastRun, same_boot: Option<bool>, anything: bool) -> LastExit {
    match (&run.closed, &run.launch, same_boot) {
        (Some(Close { reason: None, .. }), ..) => LastExit::Clean,
        (Some(Close { reason: Some(reason), .. }), ..) => LastExit::Interrupted(Reason::from_id(reason)),
        (None, Some(_), Some(false)) => LastExit::Rebooted,
        (None, Some(_), _) => LastExit::Crashed,
        (None, None, _) if anything => LastExit::Unknown,
        (None, None, _) => LastExit::FirstStart,
    }
}

/// How long nobody was here. Within one run of the machine, the time since its start bounds what a wall clock may
/// claim; across a reboot only the wall clock can tell, if it says something possible.
fn away(run: &LastRun, same_boot: Option<bool>, now: Now, process: &Process) -> Option<Duration> {
    let last = run.last_at?;
    let wall = plausible(now.wall.since(last.wall));
    let bound = run.launch.as_ref().filter(|_| same_boot == Some(true)).and_then(|launch| {
        let then = launch.process.uptime?.checked_add(last.monotonic)?;
        Some(Duration::from_millis(process.uptime?.saturating_sub(then)))
    });
    match (wall, bound) {
        (Some(wall), Some(bound)) => Some(wall.min(bound)),
        (wall, bound) => wall.or(bound),
    }
}
