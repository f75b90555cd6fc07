//! The tables of one size, with the ratio of each cell to the reference row.

use std::fmt::Write as _;

use crate::contest::{Contest, Seen};
use crate::series::Series;
use crate::store::{Kind, REFERENCE};

/// A number of a candidate, how it is shown, and whether a smaller one of a peer is shown as a loss.
struct Column {
    title: &'static str,
    value: fn(&Seen) -> Option<f64>,
    show: fn(f64) -> String,
    /// The word for it in the column of what leftoff loses; empty if its losses are not listed.
    loss: &'static str,
}

/// Saves in an hour, one each second.
const HOUR: f64 = 3600.0;

fn quantile(series: &Series, quantile: f64) -> Option<f64> {
    let value = series.quantile(quantile);
    (value > 0.0).then_some(value)
}

fn per_save(seen: &Seen) -> Option<f64> {
    let (bytes, saves) = seen.device;
    (saves > 0).then(|| bytes as f64 / saves as f64)
}

const SAVING: [Column; 10] = [
    column("stall p50", |seen| quantile(&seen.stall, 0.5), time, "stall"),
    column("p99", |seen| quantile(&seen.stall, 0.99), time, "stall p99"),
    column("max", |seen| quantile(&seen.stall, 1.0), time, ""),
    column("typing p50", |seen| quantile(&seen.typing, 0.5), time, "typing"),
    column("p99", |seen| quantile(&seen.typing, 0.99), time, "typing p99"),
    column("durable p50", |seen| quantile(&seen.durable, 0.5), time, "durable"),
    column("device bytes per save", per_save, bytes, "bytes"),
    column("in an hour, one save a second", |seen| per_save(seen).map(|bytes| bytes * HOUR), bytes, ""),
    column("everything changed: stall p50", |seen| quantile(&seen.all_stall, 0.5), time, "everything"),
    column("durable p50", |seen| quantile(&seen.all_durable, 0.5), time, "everything durable"),
];

const STARTING: [Column; 6] = [
    column("restore of everything p50", |seen| quantile(&seen.restore, 0.5), time, "restore"),
    column("first value p50", |seen| quantile(&seen.first, 0.5), time, "first value"),
    column("memory kept", |seen| seen.memory.map(|memory| memory.kept as f64 * 1024.0), bytes, "memory"),
    column("peak", |seen| seen.memory.map(|memory| memory.peak as f64 * 1024.0), bytes, "peak memory"),
    column("on disk, open", |seen| seen.kept.map(|kept| kept.open as f64), bytes, "disk"),
    column("closed", |seen| seen.kept.map(|kept| kept.closed as f64), bytes, "disk, closed"),
];

const fn column(
    title: &'static str,
    value: fn(&Seen) -> Option<f64>,
    show: fn(f64) -> String,
    loss: &'static str,
) -> Column {
    Column { title, value, show, loss }
}

/// A peer that is better by less is no better: the noise of one run is larger.
const NOISE: f64 = 0.95;

/// Returns both tables as Markdown.
pub(crate) fn markdown(contest: &Contest) -> String {
    let shape = contest.shape;
    let mut out = String::new();
    let amount = bytes(shape.bytes as f64);
    let _ = writeln!(out, "### {}: {} documents, {amount} as bincode\n", shape.name, shape.keys.len());
    table(&mut out, contest, &SAVING, "LIMIT: `pwrite` of 128 B, `fdatasync`; encoding and writing everything");
    out.push('\n');
    table(&mut out, contest, &STARTING, "LIMIT: reading and decoding one file; one `pread`");
    let fewest = contest.entries.iter().filter_map(|entry| entry.seen.kept).map(|kept| kept.saves).min();
    let most = contest.entries.iter().filter_map(|entry| entry.seen.kept).map(|kept| kept.saves).max();
    if let (Some(fewest), Some(most)) = (fewest, most) {
        let _ = writeln!(
            out,
            "\nOn disk: after {most} saves of one field; after at least {fewest} where a time limit came first, which is \
             only so for ways whose file has the same size after each save, or that are slow."
        );
    }
    out
}

fn table(out: &mut String, contest: &Contest, columns: &[Column], limit: &str) {
    let titles: Vec<_> = columns.iter().map(|column| column.title).collect();
    let _ = writeln!(out, "| candidate | {} | leftoff loses |", titles.join(" | "));
    let _ = writeln!(out, "|---|{}---|", "--:|".repeat(columns.len()));
    let reference = contest.seen(REFERENCE);
    let mut row = |name: &str, seen: &Seen, is_peer: bool, is_reference: bool| {
        let _ = write!(out, "| {name} |");
        let mut losses = Vec::new();
        for column in columns {
            let Some(value) = (column.value)(seen) else {
                out.push_str(" – |");
                continue;
            };
            let _ = write!(out, " {}", (column.show)(value));
            let ours = reference.and_then(|seen| (column.value)(seen)).filter(|ours| *ours > 0.0);
            if let Some(ours) = ours.filter(|_| !is_reference) {
                let ratio = value / ours;
                let is_loss = is_peer && ratio < NOISE && !column.loss.is_empty();
                if is_loss {
                    losses.push(column.loss);
                }
                let mark = if is_loss { "**" } else { "" };
                let _ = write!(out, " ({mark}{}×{mark})", number(ratio));
            }
            out.push_str(" |");
        }
        let _ = writeln!(out, " {} |", losses.join(", "));
    };
    for entry in &contest.entries {
        let name = entry.candidate.name;
        let is_ours = entry.candidate.kind == Kind::Leftoff;
        let shown = if is_ours { format!("**{name}**") } else { name.to_owned() };
        row(&shown, &entry.seen, !is_ours, name == REFERENCE);
    }
    row(limit, &contest.limits.seen, false, false);
}

/// Two significant digits.
pub(crate) fn number(number: f64) -> String {
    match number {
        much if much >= 10.0 => format!("{much:.0}"),
        some if some >= 1.0 => format!("{some:.1}"),
        few if few >= 0.1 => format!("{few:.2}"),
        less => format!("{less:.4}"),
    }
}

/// Nanoseconds, for people.
pub(crate) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        less if less < 1e3 => format!("{less:.0} ns"),
        less if less < 1e6 => format!("{} µs", number(less / 1e3)),
        less if less < 1e9 => format!("{} ms", number(less / 1e6)),
        more => format!("{} s", number(more / 1e9)),
    }
}

/// Bytes, for people; a kilobyte has 1 000.
pub(crate) fn bytes(bytes: f64) -> String {
    match bytes {
        less if less < 1e3 => format!("{less:.0} B"),
        less if less < 1e6 => format!("{} KB", number(less / 1e3)),
        less if less < 1e9 => format!("{} MB", number(less / 1e6)),
        more => format!("{} GB", number(more / 1e9)),
    }
}
