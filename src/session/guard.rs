//! The crash guard: a state that crashes the application at every start must not keep its user out, and a user who
//! only looks must never lose sight of their work.
//!
//! A launch counts if it ended *inside the restore*: after a section was handed out, before the next sign of life, and
//! not in an ordinary way. The log tells: a hand-out is written before the bytes are looked at, the sign of life after
//! it. What the guard withholds stays in quarantine until a launch lived, and is then offered again.

use crate::frame::{Change, Op, Parked, SectionKey, Strikes};
use crate::generation::{LastRun, Loaded, ParkedSection};
use crate::session::Outcome;
use crate::session::quarantine::newest_withheld;
use crate::session::spot::is_own;

/// What this launch is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Everything, and what an earlier launch was not given is offered again.
    Everything,
    /// All but this section, which was handed out last when the launches before this one ended.
    Without(SectionKey),
    /// No marker: it was asked for last, and no section after it.
    Unmarked,
    /// Nothing. The blamed section was not the cause, or not the only one.
    Nothing,
    /// What the last launch was given: it left no evidence.
    AsBefore,
}

/// Counts the last launch.
pub(crate) fn strikes(run: &LastRun, same_boot: Option<bool>) -> Strikes {
    let Some(launch) = &run.launch else { return Strikes::default() };
    let before = launch.strikes;
    match (&run.handing_out, &run.closed) {
        (_, Some(_)) => before.survived(),
        // It went down with the machine.
        (Some(_), None) if same_boot == Some(false) => before,
        (Some(_), None) => before.one_more(run.crashed),
        (None, None) if run.ready => before.survived(),
        // It ended before it asked for anything: no evidence.
        (None, None) => before,
    }
}

pub(crate) fn plan(strikes: Strikes, run: &LastRun) -> Plan {
    let before = run.launch.as_ref().map(|launch| launch.strikes).unwrap_or_default();
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
    /// Whether markers and trails stay out of sight.
    pub(crate) fn hides_marks(&self, run: &LastRun) -> bool {
        match self {
            Self::Everything | Self::Without(_) => false,
            Self::Unmarked | Self::Nothing => true,
            Self::AsBefore => run.launch.as_ref().is_some_and(|launch| launch.unmarked),
        }
    }

    /// What the application hears of it. Damage is the worse news, and the quarantine is listed either way.
    pub(crate) fn outcome(&self, found: Outcome, loaded: &Loaded) -> Outcome {
        // Also where newer work stands in the place of a withheld value: not everything is as it was left.
        let is_withheld = *self != Self::Everything || loaded.has_withheld();
        match found {
            Outcome::Resumed | Outcome::Recovered if is_withheld => Outcome::Quarantined,
            found => found,
        }
    }

    /// Takes out of `loaded` what this launch is not given, puts back what an earlier one was not given, and returns
    /// the changes that say so in the log.
    ///
    /// If we crash before they are written, the next start finds the sections where they were and plans anew.
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

/// Puts withheld values back where the application saved nothing since, or only a stand-in. Where it saved something
/// after the user had touched something, that is newer work: the withheld value stays in quarantine.
fn offer_again(loaded: &mut Loaded) -> Vec<Op> {
    let mut ops = Vec::new();
    let withheld = newest_withheld(loaded);
    // Where one of a group has newer work, none of the others comes back beside it: they are of another time.
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
