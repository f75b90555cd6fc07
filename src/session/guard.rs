//! The crash guard: state that crashes the application at every start must not lock its user out, and a user who only
//! looks must never lose sight of their work.
//!
//! A launch counts if it ended *inside the restore*: after a section was returned, before the next sign of life, and
//! abnormally. The log shows this, because a handout is written before the bytes are read, and the sign of life after
//! it. What the guard withholds stays in quarantine until a launch survives its restore, and is then offered again.

use crate::frame::{Change, Op, Parked, SectionKey, Strikes};
use crate::generation::{LastRun, Loaded, ParkedSection};
use crate::session::Outcome;
use crate::session::quarantine::newest_withheld;
use crate::session::spot::is_own;

/// What this launch receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Everything, including what an earlier launch did not receive.
    Everything,
    /// Everything except this section, which was returned last when the launches before this one ended.
    Without(SectionKey),
    /// No marker: it was requested last, and no section after it.
    Unmarked,
    /// Nothing. The blamed section was not the cause, or not the only one.
    Nothing,
    /// The same as the last launch, which left no evidence.
    AsBefore,
}

/// Counts the last launch and returns the new strikes.
pub(crate) fn strikes(run: &LastRun, same_boot: Option<bool>) -> Strikes {
    let Some(launch) = &run.launch else { return Strikes::default() };
    let before = launch.caution.strikes;
    match (&run.handing_out, &run.closed) {
        (_, Some(_)) => before.survived(),
        // It ended with the machine.
        (Some(_), None) if same_boot == Some(false) => before,
        (Some(_), None) => before.one_more(run.crashed),
        (None, None) if run.is_ready() => before.survived(),
        // It ended before it requested anything: no evidence.
        (None, None) => before,
    }
}

pub(crate) fn plan(strikes: Strikes, run: &LastRun) -> Plan {
    let before = run.launch.as_ref().map(|launch| launch.caution.strikes).unwrap_or_default();
    match &run.handing_out {
        _ if !strikes.act() => Plan::Everything,
        _ if strikes == before => Plan::AsBefore,
        Some(_) if before.act() && !run.brought_back => Plan::Nothing,
        Some(key) if is_own(key) => Plan::Unmarked,
        Some(key) => Plan::Without(key.clone()),
        None => Plan::Nothing,
    }
}

impl Plan {
    /// Returns whether markers and trails are withheld.
    pub(crate) fn hides_marks(&self, run: &LastRun) -> bool {
        match self {
            Self::Everything | Self::Without(_) => false,
            Self::Unmarked | Self::Nothing => true,
            Self::AsBefore => run.launch.as_ref().is_some_and(|launch| launch.caution.unmarked),
        }
    }

    /// Returns the outcome that the application sees. Damage takes precedence; the quarantine is listed in either
    /// case.
    pub(crate) fn outcome(&self, found: Outcome, loaded: &Loaded) -> Outcome {
        // This includes the case that newer work has replaced a withheld value: not everything is as it was left.
        let is_withheld = *self != Self::Everything || loaded.has_withheld();
        match found {
            Outcome::Resumed | Outcome::Recovered if is_withheld => Outcome::Quarantined,
            found => found,
        }
    }

    /// Removes from `loaded` what this launch does not receive, restores what an earlier launch did not receive, and
    /// returns the ops that record these changes.
    ///
    /// If the process dies before they are written, the next start finds the sections where they were and plans again.
    pub(crate) fn apply(&self, loaded: &mut Loaded) -> Vec<Op> {
        match self {
            Self::Everything => offer_again(loaded),
            Self::Without(key) => withhold(loaded, loaded.group_of(key), Parked::Blamed),
            Self::Nothing => {
                let keys = loaded.sections.keys().filter(|key| !is_own(key)).cloned().collect();
                withhold(loaded, keys, Parked::FreshStart)
            }
            Self::Unmarked | Self::AsBefore => Vec::new(),
        }
    }
}

fn withhold(loaded: &mut Loaded, keys: Vec<SectionKey>, why: Parked) -> Vec<Op> {
    let mut ops = Vec::new();
    for key in keys {
        if let Some(layers) = loaded.sections.remove(&key) {
            ops.push(Op { key: key.clone(), change: Change::Park { why } });
            loaded.park(ParkedSection { key, why, layers });
        }
    }
    ops
}

/// Restores withheld values where the application has saved nothing since, or only a stand-in. A value saved after the
/// user had touched something is newer work: the withheld value then stays in quarantine.
fn offer_again(loaded: &mut Loaded) -> Vec<Op> {
    let mut ops = Vec::new();
    let withheld = newest_withheld(loaded);
    // If one section of a group has newer work, none of the others is restored beside it, because they are from
    // another time.
    let has_newer = |(key, sum): &(SectionKey, u64)| {
        let others = loaded.parked_with(key, *sum);
        others.iter().any(|(other, _)| !loaded.is_vacant(other))
    };
    let (_, together): (Vec<_>, Vec<_>) = withheld.into_iter().partition(has_newer);
    for (key, sum) in together {
        if loaded.is_vacant(&key) {
            loaded.unpark(&key, sum);
            ops.push(Op { key, change: Change::Unpark { sum } });
        }
    }
    ops
}
