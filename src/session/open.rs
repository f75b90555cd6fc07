//! What a start finds in storage: the outcome, and how the last launch ended.

use std::time::Duration;

use crate::backend::{self, Backend, FrameId, Generation};
use crate::frame::{Caution, Close, Launch, Left, Moment, Point, Process, Unreadable};
use crate::generation::{Catalog, LastRun, Lines, Loaded, Problem, Run};
use crate::mark::{Reason, Trail};
use crate::session::guard::{self, Plan};
use crate::session::taken::reason_of;
use crate::session::{LastExit, Outcome};
use crate::store::{Store, Unlisted};
use crate::time::{Away, Now, plausible};

/// Everything a start must know before it returns any section.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) outcome: Outcome,
    pub(crate) last_exit: LastExit,
    pub(crate) loaded: Loaded,
    pub(crate) away: Away,
    /// Why the user left, if it is known.
    pub(crate) reason: Option<Reason>,
    /// The launch frame that this launch writes first.
    pub(crate) launch: Launch,
    pub(crate) plan: Plan,
    pub(crate) highest: u64,
    /// The generations in storage.
    pub(crate) stored: Vec<Generation>,
    /// Whether earlier launches left so many generations that this one must tidy.
    pub(crate) is_crowded: bool,
    /// The log of the last launch, if this launch supersedes it.
    pub(crate) superseded: Option<Generation>,
    /// The directory of the state, if it is to be removed from the list of programs.
    pub(crate) unlisted: Option<Unlisted>,
}

impl Found {
    /// Reads the log and decides how this launch continues.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn look(backend: &dyn Backend, mut process: Process, now: Now) -> backend::Result<Self> {
        let mut catalog = Catalog::read(backend)?;
        let head = catalog.head()?;
        let mut loaded = match head.generation {
            Some(generation) => Loaded::at_start(&mut catalog, Point { generation, index: Point::END }, process.boot)?,
            None => Loaded::default(),
        };
        loaded.bound_closed(loaded.closed_together());
        let run = &loaded.last_run;
        let same_boot = run.launch.as_ref().and_then(|launch| Some(launch.process.boot? == process.boot?));
        // Nothing shows how a newer launch ended whose log is unreadable. An unreadable base may be of the same launch.
        let writer = head.generation.map(|generation| generation.writer);
        loaded.last_run.is_end_lost |= head.unreadable.iter().any(|(generation, _)| Some(generation.writer) != writer);
        note_unreadable(&mut loaded, backend, head.unreadable, process.boot);
        let run = &loaded.last_run;
        let strikes = guard::strikes(run, same_boot);
        let plan = guard::plan(strikes, run);
        // An empty log was begun by a launch that crashed at once, so storage is not fresh.
        let anything = !catalog.generations().is_empty();
        let last_exit = last_exit(run, same_boot, anything);
        let (away, reason, left) = away_since(&loaded, &last_exit, same_boot, now, &process);
        // The uptime when the monotonic clock stood at zero, so that later frames can be dated by it.
        let monotonic = Store::moment(now).monotonic;
        process.uptime = process.uptime.map(|uptime| uptime.saturating_sub(monotonic));
        let superseded = superseded(&loaded, head.generation.filter(|_| head.newest == head.generation));
        // If a power cut tore the log, the parent is its exact last frame: this launch must not build on what follows
        // it.
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
            caution: Caution { strikes, unmarked: plan.hides_marks(run) },
            closed: None,
            erasable: loaded.erasable,
            passed,
            past,
            restart: run.has_restart(),
            left,
        };
        // The first frame of this launch that counts frames as synced covers these logs, too.
        backend.rely_on(&loaded.relied_on(parent));
        let (is_crowded, superseded) = (catalog.is_crowded()?, superseded.map(|(generation, _)| generation));
        Ok(Self {
            outcome: outcome(&loaded, &last_exit, anything),
            last_exit,
            loaded,
            away,
            reason,
            launch,
            plan,
            highest: catalog.highest_number()?,
            stored: catalog.generations().to_vec(),
            is_crowded,
            superseded,
            unlisted: None,
        })
    }
}

/// Notes the generations that are newer than everything readable, and in which nothing shows that they were ever synced.
///
/// If the machine went down since, this is what a power cut leaves of a log whose first page did not reach the disk, or of a
/// half-written base. If nothing is readable, it still counts as damage, because damage must never look like a first start.
fn note_unreadable(
    loaded: &mut Loaded,
    backend: &dyn Backend,
    unreadable: Vec<(Generation, Unreadable)>,
    boot: Option<[u8; 16]>,
) {
    for (generation, why) in unreadable {
        let went_down = boot.is_none_or(|boot| Run::of(generation) != boot.into());
        // Listed but missing: the backend records that it was synced, so no power cut removed it.
        let first = backend.read_range(FrameId { generation, index: 0 }, 0..1);
        let is_gone = matches!(first, Err(backend::Error::NotFound(_)));
        let torn = went_down && why == Unreadable::Damaged && loaded.last_frame.is_some() && !is_gone;
        if !torn {
            loaded.doubt_all();
        }
        if !loaded.problems.iter().any(|known| known.generation == generation) {
            loaded.problems.push(Problem { generation, why, torn, salvaged: false });
        }
    }
}

/// Returns the other heads of the log, and the generations that a power cut tore. If the new launch continues from
/// before the tear, no parent link leads to those.
fn beside(
    catalog: &mut Catalog<'_>,
    head: Option<Generation>,
    before_tear: Option<Point>,
) -> backend::Result<(Vec<Point>, Vec<Generation>)> {
    let Some(head) = head else { return Ok(Default::default()) };
    let lines = Lines::read(catalog)?;
    let passed = lines.others(catalog, head)?.into_iter().map(|other| other.left).collect();
    let Some(parent) = before_tear else { return Ok((passed, Vec::new())) };
    let kept = lines.line(catalog, parent.generation)?;
    let torn = lines.line(catalog, head)?.into_iter().filter(|generation| !kept.contains(generation));
    Ok((passed, torn.collect()))
}

/// Returns the last launch if it changed nothing and did not end cleanly: a program that is repeatedly killed before
/// anyone touches it must not leave a log each time. This launch continues from the same parent and repeats what that
/// launch recorded about earlier launches. A launch that was closed stays, because its close frame vouches for what
/// came before.
fn superseded(loaded: &Loaded, head: Option<Generation>) -> Option<(Generation, Launch)> {
    let generation = head?;
    let is_whole = loaded.problems.is_empty() && !loaded.is_torn && loaded.read_to.contains_key(&generation);
    let launch = loaded.last_run.launch.clone().filter(|launch| launch.parent.is_some())?;
    (is_whole && loaded.head_is_idle).then_some((generation, launch))
}

/// Returns the last frame of the log that this launch continues, if it is known. If a power cut removes the end of
/// that log but not this launch's log, the next reader must notice.
fn last_of(loaded: &Loaded, generation: Generation) -> Option<Point> {
    let read = loaded.read_to.get(&generation).map(|index| Point { generation, index: *index });
    read.max(loaded.last_frame.filter(|last| last.generation == generation))
}

fn outcome(loaded: &Loaded, last_exit: &LastExit, anything: bool) -> Outcome {
    let died = !matches!(last_exit, LastExit::Clean | LastExit::Interrupted(_));
    // Frames that a power cut tore were never promised to survive one.
    let problems: Vec<_> = loaded.problems.iter().filter(|problem| !problem.torn).collect();
    if problems.iter().any(|problem| problem.why == Unreadable::NewerFormat) {
        Outcome::NewerFormat
    } else if !problems.is_empty() || (loaded.is_torn && loaded.last_frame.is_none()) {
        // In a log that is torn from its beginning, nothing shows that it was never synced.
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
        _ if run.is_end_lost => LastExit::Unknown,
        (Some(Close { reason: None, .. }), ..) => LastExit::Clean,
        (Some(Close { reason: Some(reason), .. }), ..) => LastExit::Interrupted(Reason::from_id(reason)),
        (None, Some(_), _) if run.crashed => LastExit::Panicked,
        (None, Some(_), Some(false)) => LastExit::Rebooted,
        (None, Some(_), _) => LastExit::Crashed,
        (None, None, _) if anything => LastExit::Unknown,
        (None, None, _) => LastExit::FirstStart,
    }
}

/// Returns how long the user was away, and why if it is known, and the record of both for this launch. In a launch in which
/// nothing was touched, the user only looked: the absence before it goes on.
fn away_since(
    loaded: &Loaded,
    last_exit: &LastExit,
    same_boot: Option<bool>,
    now: Now,
    process: &Process,
) -> (Away, Option<Reason>, Option<Left>) {
    let run = &loaded.last_run;
    let seq = loaded.trails.values().map(Trail::last_seq).max();
    let left = run.launch.as_ref().and_then(|launch| launch.left.as_ref()).filter(|left| Some(left.seq) == seq);
    let away = match left {
        Some(left) => {
            let since = away(run, run.launch.as_ref().map(|launch| launch.at), same_boot, now, process);
            let before = left.away.map(Duration::from_millis);
            let length = since.length.zip(before).and_then(|(since, before)| before.checked_add(since));
            let ahead = since.ahead.saturating_add(Duration::from_millis(left.ahead));
            Away { length: plausible(length), ahead }
        }
        None => away(run, run.last_at, same_boot, now, process),
    };
    let known = left.and_then(|left| left.reason.as_deref()).map(Reason::from_id);
    let reason = known.or_else(|| reason_of(last_exit, run.has_restart()));
    let left = seq.map(|seq| Left::of(seq, away, reason.as_ref()));
    (away, reason, left)
}

impl Left {
    fn of(seq: u64, away: Away, reason: Option<&Reason>) -> Self {
        let millis = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let reason = reason.map(|reason| reason.id().into());
        Self { seq, reason, away: away.length.map(millis), ahead: millis(away.ahead) }
    }
}

/// Returns the time since this moment of the last launch. Within one boot, the machine's uptime bounds what the wall clock may claim;
/// across a reboot, only the wall clock is available, if its value is plausible.
fn away(run: &LastRun, since: Option<Moment>, same_boot: Option<bool>, now: Now, process: &Process) -> Away {
    let Some(last) = since else { return Away::default() };
    let wall = plausible(now.wall.since(last.wall));
    let bound = run.launch.as_ref().filter(|_| same_boot == Some(true)).and_then(|launch| {
        let then = launch.process.uptime?.checked_add(last.monotonic)?;
        Some(Duration::from_millis(process.uptime?.saturating_sub(then)))
    });
    let length = match (wall, bound) {
        (Some(wall), Some(bound)) => Some(wall.min(bound)),
        (wall, bound) => wall.or(bound),
    };
    Away::new(length, now.wall.since(last.wall))
}
