//! The goals, and the table.

use std::path::Path;

use crate::bed::{Bed, Seen};
use crate::many;
use crate::series::{Pair, Series};

pub(crate) struct Row {
    operation: &'static str,
    size: &'static str,
    times: [f64; 3],
    /// What bounds it, in the middle.
    limit: f64,
    ratio: f64,
    goal: Option<f64>,
}

impl Row {
    fn of(operation: &'static str, size: &'static str, ours: &Series, limit: &Series, goal: Option<f64>) -> Self {
        let times = [ours.calm(), ours.quantile(0.5), ours.quantile(0.99)];
        Self { operation, size, times, limit: limit.quantile(0.5), ratio: ours.calm() / limit.calm(), goal }
    }

    pub(crate) fn relax(&mut self, factor: f64) {
        self.goal = self.goal.map(|goal| goal * factor);
    }

    pub(crate) fn is_missed(&self) -> bool {
        // What is not a number meets no goal.
        self.goal.is_some_and(|goal| self.ratio.partial_cmp(&goal).is_none_or(std::cmp::Ordering::is_gt))
    }

    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.operation, self.size)
    }
}

/// What bounds an operation, the ratio that is allowed, for S, M and L, and why.
///
/// The first goal is the one the library is for: what a save costs the user's thread depends on what was changed, not on
/// how much there is.
mod goals {
    pub(super) type PerSize = [Option<f64>; 3];

    /// L against S, the same section again and again. A whole-file save has 4 000. Not 1: the sections of L are nine
    /// times as long, and finding one of 2 000 costs more than one of 4.
    pub(super) const GROWTH_SAME: f64 = 1.75;
    /// L against S, another section each time: then L's are not in the processor's cache, neither the application's
    /// values nor the bytes they are compared with.
    pub(super) const GROWTH_OTHER: f64 = 5.0;
    /// L against S: a start reads one directory entry for each section.
    pub(super) const GROWTH_OPEN: f64 = 4.0;

    /// Against encoding them: 10 000 sections of 250 bytes each, all of them changed. The aim is 4. A capture that compares
    /// each section with all others takes 160 times as long.
    pub(super) const ALL_CHANGED: Option<f64> = Some(25.0);
    /// A keystroke in one of 10 000 scopes against one in the only scope there is.
    pub(super) const SCOPES: Option<f64> = Some(1.75);

    /// Opening and reading a section under 5 000 patches against decoding it: the frames are read one by one, and the
    /// section is put together, checked and decoded once. The aim is 2.
    pub(super) const PATCHED: Option<f64> = Some(6.0);

    /// Against reading both clocks, which a mark does: it is on every keystroke's way.
    pub(super) const MARK: PerSize = [Some(4.0); 3];
    /// Against a bare write of 128 bytes: the rest is encoding, comparing and two checksums. That write takes 1.2 µs on one
    /// machine and 0.6 µs on another, on which the rest is as slow as on the first; the goals are for the second.
    // The aims of SAME, OTHER, FIRST, GET and RESTORE are 5; 5, 9, 16; 14, 14, 36; 1.75, 1.4; 1.5. They were met before
    // forks, moved directories and changed types were looked for.
    pub(super) const SAME: PerSize = [Some(10.0); 3];
    /// The same with cold memory.
    pub(super) const OTHER: PerSize = [Some(10.0), Some(14.0), Some(23.0)];
    /// Against encoding everything: asking for 2 000 numbers must be cheaper.
    pub(super) const REVISIONS: PerSize = [None, None, Some(0.75)];
    /// Against encoding everything, with a comparison of all bytes and 2 000 look-ups on top.
    pub(super) const UNKNOWN: PerSize = [None, None, Some(4.0)];
    /// Against encoding everything: a pointer is handed over.
    pub(super) const SHARE: PerSize = [None, None, Some(0.1)];
    /// Against a write and a sync on the same thread: the flusher syncs, so two wake-ups come on top.
    pub(super) const SAVE: PerSize = [Some(2.5); 3];
    /// Against opening, reading one section and making one file. A start also locks, looks through the folder and the
    /// logs of the launches since the base, and starts a thread.
    pub(super) const FIRST: PerSize = [Some(18.0), Some(20.0), Some(50.0)];
    /// Against reading and decoding one file: each section has a checksum, and its bytes are kept for the next
    /// difference.
    pub(super) const GET: PerSize = [None, Some(2.0), Some(2.6)];
    /// The same, from before the opening.
    pub(super) const RESTORE: PerSize = [None, None, Some(2.7)];
    /// Against bincode without a shape or a guard, encoding and decoding: names are compared once for each type, kinds at
    /// each place.
    pub(super) const CODEC: PerSize = [None, Some(1.5), Some(1.5)];
    /// Against encoding everything and `fs::write`, which a crash can destroy.
    pub(super) const WRITE_FILE: PerSize = [Some(0.1), Some(0.1), Some(0.001)];
    /// Against a draft, a sync, a rename and another sync.
    pub(super) const REPLACE_FILE: PerSize = [Some(0.7), Some(0.7), Some(0.05)];
}

/// The bed's times of an operation, and those that bound it.
type Pick = fn(&Seen) -> (&Series, &Series);

pub(crate) fn rows(beds: &[Bed]) -> Vec<Row> {
    let each: [(_, Pick, goals::PerSize); 13] = [
        ("mark / two clocks", |seen| seen.mark.both(), goals::MARK),
        ("autosave, same section / write", |seen| seen.same.both(), goals::SAME),
        ("autosave, other section / write", |seen| seen.other.both(), goals::OTHER),
        ("autosave, revisions / encode all", |seen| seen.revisions.both(), goals::REVISIONS),
        ("autosave, all set / encode all", |seen| seen.unknown.both(), goals::UNKNOWN),
        ("autosave, shared / encode all", |seen| seen.share.both(), goals::SHARE),
        ("save / write + sync", |seen| seen.save.both(), goals::SAVE),
        ("open + first section / by hand", |seen| seen.first.both(), goals::FIRST),
        ("get all / read + decode", |seen| seen.get.both(), goals::GET),
        ("open + get all / read + decode", |seen| seen.restore.both(), goals::RESTORE),
        ("codec, both ways / bare bincode", |seen| seen.codec.both(), goals::CODEC),
        ("autosave / fs::write of all", |seen| (&seen.same.ours, &seen.write_file), goals::WRITE_FILE),
        ("save / replacing the file", |seen| (&seen.save.ours, &seen.replace_file), goals::REPLACE_FILE),
    ];
    let mut rows = Vec::new();
    if let [small, .., large] = beds {
        let mut growth = |operation, pick: fn(&Seen) -> &Series, goal| {
            rows.push(Row::of(operation, "L", pick(&large.seen), pick(&small.seen), Some(goal)));
        };
        growth("autosave, same section / in S", |seen| &seen.same.ours, goals::GROWTH_SAME);
        growth("autosave, other section / in S", |seen| &seen.other.ours, goals::GROWTH_OTHER);
        growth("open / in S", |seen| &seen.open, goals::GROWTH_OPEN);
    }
    for (operation, pick, goals) in each {
        rows.extend(beds.iter().zip(goals).map(|(bed, goal)| {
            let (ours, limit) = pick(&bed.seen);
            Row::of(operation, bed.size.name, ours, limit, goal)
        }));
    }
    rows
}

pub(crate) fn rows_of_many(seen: &many::Seen, patched: &Pair) -> Vec<Row> {
    let row = |operation, size, pair: &Pair, goal| Row::of(operation, size, &pair.ours, &pair.limit, goal);
    vec![
        row("autosave, all changed / encode", "10k", &seen.all, goals::ALL_CHANGED),
        row("autosave, a scope / the only one", "10k", &seen.scopes, goals::SCOPES),
        row("open + get, 5000 patches / decode", "9MB", patched, goals::PATCHED),
    ]
}

pub(crate) fn print(rows: &[Row]) {
    let line = |cells: [&str; 9]| {
        let [operation, size, cells @ ..] = cells;
        print!("| {operation:<33} | {size:<4} |");
        for cell in cells {
            print!(" {cell:>9} |");
        }
        println!();
    };
    line(["operation / what bounds it", "size", "p10", "p50", "p99", "bound p50", "ratio", "goal", ""]);
    line(["---", "---", "--:", "--:", "--:", "--:", "--:", "--:", "---"]);
    for row in rows {
        let verdict = match row.goal {
            None => "",
            Some(_) if row.is_missed() => "FAIL",
            Some(_) => "pass",
        };
        let [p10, p50, p99] = row.times.map(time);
        let goal = row.goal.map(number).unwrap_or_default();
        line([row.operation, row.size, &p10, &p50, &p99, &time(row.limit), &number(row.ratio), &goal, verdict]);
    }
}

fn number(number: f64) -> String {
    let digits = if number < 0.1 { 4 } else { 2 };
    format!("{number:.digits$}")
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        less if less < 1e3 => format!("{less:.0} ns"),
        less if less < 1e6 => format!("{:.1} µs", less / 1e3),
        more => format!("{:.2} ms", more / 1e6),
    }
}

/// The kind of file system a folder is on, where the system tells.
pub(crate) fn file_system(folder: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let under = mounts.filter(|(mount, _)| folder.starts_with(mount)).max_by_key(|(mount, _)| mount.len());
    under.map_or_else(|| "unknown file system".to_owned(), |(_, kind)| kind.to_owned())
}
