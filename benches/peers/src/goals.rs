//! The goals: ratios within one run, and by how much the missed ones are missed at present.

use crate::contest::{Contest, Seen};
use crate::series::Series;
use crate::store::{ALL_SET, Kind, REFERENCE, SQLITE};

/// A ratio and the largest one that is a success.
pub(crate) struct Goal {
    pub(crate) name: &'static str,
    /// The goal for S, M, L and XL, where there is one.
    at_most: [Option<f64>; 4],
    ratio: fn(&Contest) -> Option<f64>,
}

const DURABLE: &str = "durable / bare write and fdatasync";
const ALL: &str = "all sections set, one changed / encoding all";
const RESTORE: &str = "restore of everything / reading and decoding one file";
const FIRST: &str = "first section / SQLite's first row";
const EVERYTHING: &str = "everything changed, durable / the fastest peer's";
const MEMORY: &str = "memory kept / bytes of the state";
const SIZES: [&str; 4] = ["S", "M", "L", "XL"];

pub(crate) const GOALS: [Goal; 6] = [
    Goal {
        name: DURABLE,
        at_most: [Some(1.25); 4],
        ratio: |contest| Some(calm(&contest.limits.saves.ours)? / calm(&contest.limits.saves.limit)?),
    },
    Goal {
        name: ALL,
        at_most: [None, Some(1.2), Some(1.2), Some(1.2)],
        ratio: |contest| Some(calm(&contest.seen(ALL_SET)?.stall)? / calm(&contest.limits.seen.all_stall)?),
    },
    Goal {
        name: RESTORE,
        at_most: [Some(3.0), Some(1.2), Some(1.2), Some(1.2)],
        ratio: |contest| Some(calm(&contest.seen(REFERENCE)?.restore)? / calm(&contest.limits.seen.restore)?),
    },
    Goal {
        name: FIRST,
        at_most: [Some(1.0); 4],
        ratio: |contest| {
            let sqlite = SQLITE.iter().filter_map(|name| calm(&contest.seen(name)?.first)).reduce(f64::min)?;
            Some(calm(&contest.seen(REFERENCE)?.first)? / sqlite)
        },
    },
    Goal {
        name: EVERYTHING,
        at_most: [Some(1.0); 4],
        ratio: |contest| Some(fastest(contest, Kind::Leftoff)? / fastest_peer(contest)?),
    },
    // Of smaller states, the resident pages measure the allocator and the code.
    Goal {
        name: MEMORY,
        at_most: [None, None, Some(1.3), Some(1.3)],
        ratio: |contest| {
            let kept = contest.seen(REFERENCE)?.memory?.kept as f64 * 1024.0;
            Some(kept / contest.shape.bytes as f64)
        },
    },
];

/// Goals that are missed at present: goal, size, and the ratio measured. A larger ratio, with the slack of the run, fails.
///
/// Each is of a quick pass on an idle machine: at M the smallest of three tries, at L of two. Nothing is measured for XL.
pub(crate) const KNOWN_MISSES: [(&str, &str, f64); 13] = [
    (DURABLE, "S", 1.58),
    (DURABLE, "M", 1.49),
    (DURABLE, "L", 1.60),
    (ALL, "M", 1.75),
    (ALL, "L", 1.67),
    (RESTORE, "S", 50.0),
    (RESTORE, "M", 3.90),
    (RESTORE, "L", 1.95),
    (FIRST, "S", 4.02),
    (FIRST, "M", 3.05),
    (FIRST, "L", 1.97),
    (EVERYTHING, "S", 1.16),
    (MEMORY, "L", 1.53),
];

/// Of a full pass.
pub(crate) const SLACK: f64 = 1.15;
/// A quick pass has few rounds on whatever machine it runs on: it finds what has become much slower, not a tenth.
pub(crate) const QUICK_SLACK: f64 = 1.5;

/// The cost undisturbed: one in ten is quicker. On a shared machine, the rest measures the neighbours.
fn calm(series: &Series) -> Option<f64> {
    let value = series.quantile(0.1);
    (value > 0.0).then_some(value)
}

fn fastest(contest: &Contest, kind: Kind) -> Option<f64> {
    let entries = contest.entries.iter().filter(|entry| entry.candidate.kind == kind);
    entries.filter_map(|entry| everything(&entry.seen)).reduce(f64::min)
}

fn fastest_peer(contest: &Contest) -> Option<f64> {
    [Kind::Whole, Kind::Engine].into_iter().filter_map(|kind| fastest(contest, kind)).reduce(f64::min)
}

fn everything(seen: &Seen) -> Option<f64> {
    calm(&seen.all_durable)
}

/// One goal at one size.
pub(crate) struct Verdict {
    pub(crate) name: &'static str,
    pub(crate) size: &'static str,
    pub(crate) ratio: f64,
    goal: f64,
    /// The ratio above which the run fails.
    bound: f64,
    is_known: bool,
}

impl Verdict {
    pub(crate) fn fails(&self) -> bool {
        // What is not a number meets no goal.
        self.ratio.partial_cmp(&self.bound).is_none_or(std::cmp::Ordering::is_gt)
    }

    pub(crate) fn line(&self) -> String {
        let word = match (self.fails(), self.is_known, self.ratio <= self.goal) {
            (true, ..) => "FAIL",
            (false, true, true) => "met: no longer a known miss",
            (false, true, false) => "known miss",
            (false, false, _) => "pass",
        };
        let Self { name, size, ratio, goal, bound, .. } = self;
        format!("| {name} | {size} | {ratio:.2} | {goal:.2} | {bound:.2} | {word} |")
    }
}

/// Returns the verdict of each goal that applies to the contest's size and whose candidates took part.
pub(crate) fn verdicts(contest: &Contest, slack: f64) -> Vec<Verdict> {
    let size = contest.shape.name;
    let column = SIZES.iter().position(|name| *name == size);
    let verdict = |goal: &Goal| {
        let at_most = goal.at_most.get(column?).copied().flatten()?;
        let known = KNOWN_MISSES.iter().find(|(name, of, _)| *name == goal.name && *of == size);
        let bound = known.map_or(at_most, |(.., ratio)| ratio.max(at_most)) * slack;
        let ratio = (goal.ratio)(contest)?;
        Some(Verdict { name: goal.name, size, ratio, goal: at_most, bound, is_known: known.is_some() })
    };
    GOALS.iter().filter_map(verdict).collect()
}
