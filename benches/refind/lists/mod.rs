//! Arrows in lists whose records change: rows are removed, added, renamed, copied and sorted, and are built or not.

mod scene;
mod source;

use std::ops::Range;

use leftoff::marker::anchor::Anchor;
use leftoff::marker::resolve::{Match, Resolver};

use scene::{Keys, Scene, Shape};
use source::{Record, Source};

/// Trials of each source, kind of key and way of building.
const TRIALS: usize = 2_000;
/// The rows of short lists: from three, the fewest that are a list.
const SHORT: Range<usize> = 3..12;
/// The rows that are built of a list that builds only those in view.
const WINDOW: usize = 30;
/// The largest share of wrong arrows, of rows that are gone or not built.
const MOST_WRONG: f64 = 0.005;
/// The same in short lists, whose rows say little of how rare a text is.
const MOST_WRONG_SHORT: f64 = 0.02;
/// How far a row may be and still be one beside the row that is gone.
const BESIDE: usize = 8;

/// How long the list is, and which rows are built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Built {
    All,
    /// All, of a short list.
    Short,
    Window {
        answers: bool,
    },
}

impl Built {
    fn answers(self) -> bool {
        self == Self::Window { answers: true }
    }
}

/// What came of the trials.
#[derive(Default)]
struct Figures {
    gone: usize,
    gone_wrong: usize,
    /// Of these: at a row that has the same texts in everything.
    gone_same: usize,
    /// A row beside was named.
    beside: usize,
    there: usize,
    right: usize,
    wrong: usize,
    show_misses: bool,
}

/// Prints the figures. Returns whether wrong arrows are as rare as they have to be, without those at rows that nobody could
/// tell apart.
pub(crate) fn print(show_misses: bool, sample: usize) -> bool {
    println!(
        "\nlists: arrows drawn at another row, of rows that are gone or not built; the row beside named, of rows that\n\
         are gone; and the arrows for rows that are there. probe: the list answers for rows that are not built."
    );
    let sources = source::all();
    let mut is_good = true;
    for keys in [Keys::Data, Keys::Authored, Keys::None, Keys::Number] {
        for (words, built) in [
            ("all", Built::All),
            ("all, short", Built::Short),
            ("window", Built::Window { answers: false }),
            ("window, probe", Built::Window { answers: true }),
        ] {
            let answers_nothing = built.answers() && matches!(keys, Keys::None | Keys::Number);
            if answers_nothing {
                continue;
            }
            let (mut gone, mut wrong) = (0, 0);
            for source in &sources {
                let figures = run(source, keys, built, (show_misses, TRIALS / sample));
                let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
                let percent = |part, whole| format!("{:5.1} %", 100.0 * share(part, whole));
                (gone, wrong) = (gone + figures.gone, wrong + figures.gone_wrong - figures.gone_same);
                println!(
                    "  {:<9} keys {:<9} built {words:<14} gone {:>4}: wrong {} ({} with the same texts), beside {}; there {:>4}: right {}, wrong {}",
                    source.name,
                    format!("{keys:?}"),
                    figures.gone,
                    percent(figures.gone_wrong, figures.gone),
                    figures.gone_same,
                    percent(figures.beside, figures.gone),
                    figures.there,
                    percent(figures.right, figures.there),
                    percent(figures.wrong, figures.there),
                );
            }
            let most = if built == Built::Short { MOST_WRONG_SHORT } else { MOST_WRONG };
            is_good &= wrong as f64 <= most * gone as f64;
        }
    }
    is_good
}

fn run(source: &Source, keys: Keys, built: Built, (show_misses, trials): (bool, usize)) -> Figures {
    let mut figures = Figures { show_misses, ..Figures::default() };
    let seed = match built {
        Built::All => 1,
        Built::Window { answers } => 4 + u64::from(answers),
        Built::Short => 6,
    };
    let mut chance = Chance(keys as u64 * 7 + seed);
    for _ in 0..trials {
        trial(source, keys, built, &mut chance, &mut figures);
    }
    figures
}

fn trial(source: &Source, keys: Keys, built: Built, chance: &mut Chance, figures: &mut Figures) {
    let (is_window, answers) = (matches!(built, Built::Window { .. }), built.answers());
    let has_cells = chance.one_in(3, 4);
    let shape = Shape { keys, has_cells, has_cell_keys: chance.one_in(2, 3), answers };
    let part = if has_cells { [None, Some(0), Some(3)].get(chance.below(3)).copied().flatten() } else { None };
    let count = match built {
        Built::Short => SHORT.start + chance.below(SHORT.len()),
        _ => [20, 30, 60, 120, 190].get(chance.below(5)).copied().unwrap_or(20).min(source.records.len() - 10),
    };
    let first = chance.below(source.records.len() - count + 1);
    let (newer, rest) = source.records.split_at(first);
    let then = rest.get(..count).unwrap_or_default();
    let target = chance.below(count);
    let view = if is_window { around(target, count, chance) } else { 0..count };
    let before = Scene::new(source.columns, then, &view, shape);
    let Some(node) = before.part(target, part) else { return };
    let anchor = Anchor::of_node(&before, node);

    let now = changed(then, newer, target, chance);
    let place = then.get(target).and_then(|wanted| now.iter().position(|record| record.id == wanted.id));
    let view = match chance.below(3) {
        _ if !is_window => 0..now.len(),
        0 => around(place.unwrap_or(target).min(now.len() - 1), now.len(), chance),
        // The host brought the old position back; or it begins at the top.
        1 => view.start.min(now.len())..view.end.min(now.len()),
        _ => 0..WINDOW.min(now.len()),
    };
    let after = Scene::new(source.columns, &now, &view, shape);
    let right = place.and_then(|place| after.part(place, part));
    let outcome = Resolver::new().resolve(&anchor, &after).outcome();
    let (drawn, wrong_row) = match outcome {
        Match::Exact(node) | Match::Moved(node) => (Some(node), false),
        Match::Unrealized { index, .. } => (None, place != usize::try_from(index).ok()),
        _ => (None, false),
    };
    let is_beside = |node: usize| {
        let id = after.row_of(node).and_then(|row| now.get(row)).map(|record| record.id.as_str());
        let near = then.get(target.saturating_sub(BESIDE)..count.min(target + BESIDE + 1)).unwrap_or_default();
        id.is_some() && near.iter().any(|record| Some(record.id.as_str()) == id)
    };
    let is_wrong = wrong_row || drawn.is_some_and(|node| Some(node) != right);
    if figures.show_misses && is_wrong {
        let found = drawn.and_then(|node| after.row_of(node)).and_then(|row| now.get(row));
        println!("miss: {shape:?} part {part:?} row {target} of {count}, is {:?}", then.get(target));
        println!("  found {found:?}, outcome {outcome:?}");
    }
    match right {
        Some(right) => {
            figures.there += 1;
            figures.right += usize::from(drawn == Some(right));
            figures.wrong += usize::from(is_wrong);
        }
        None => {
            figures.gone += 1;
            figures.gone_wrong += usize::from(is_wrong);
            let found = drawn.and_then(|node| after.row_of(node)).and_then(|row| now.get(row));
            let is_same = found.map(|found| &found.texts) == then.get(target).map(|wanted| &wanted.texts);
            figures.gone_same += usize::from(is_wrong && is_same);
            let names_one = matches!(outcome, Match::Nearest { node, .. } if is_beside(node));
            figures.beside += usize::from(names_one || (matches!(outcome, Match::Unrealized { .. }) && !wrong_row));
        }
    }
}

/// The rows in view around this one.
fn around(row: usize, count: usize, chance: &mut Chance) -> Range<usize> {
    let start = row.saturating_sub(chance.below(WINDOW)).min(count.saturating_sub(WINDOW));
    start..count.min(start + WINDOW)
}

/// The list at a later time. The target is gone in half of the trials; of the others, one in eight.
fn changed(then: &[Record], newer: &[Record], target: usize, chance: &mut Chance) -> Vec<Record> {
    let target_is_gone = chance.one_in(1, 2);
    let has_new_in_gap = chance.one_in(1, 4);
    let mut spare = newer.iter().rev().cloned();
    let mut now: Vec<Record> = Vec::new();
    for (row, record) in then.iter().enumerate() {
        let is_gone = if row == target { target_is_gone } else { chance.one_in(1, 8) };
        if row == target && has_new_in_gap {
            now.extend(spare.next());
        }
        if is_gone {
            continue;
        }
        let mut kept = record.clone();
        if chance.one_in(1, 20) {
            if let (Some(title), Some(other)) = (kept.texts.first_mut(), spare.next()) {
                title.clone_from(other.texts.first().unwrap_or(&other.id));
            }
        }
        now.push(kept);
        if chance.one_in(1, 30) {
            now.push(Record { id: format!("{}-copy", record.id), texts: record.texts.clone() });
        }
    }
    let added = chance.below(if then.len() < SHORT.end { 3 } else { 8 });
    now.splice(0..0, spare.take(added));
    let by = |column: usize| move |record: &Record| record.texts.get(column).cloned().unwrap_or_default();
    match chance.below(6) {
        0 => now.reverse(),
        1 => now.sort_by_key(by(0)),
        2 => now.sort_by_key(by(1)),
        _ => {}
    }
    now
}

/// Random numbers that are the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        for _ in 0..3 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
        }
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }

    fn one_in(&mut self, part: usize, whole: usize) -> bool {
        self.below(whole) < part
    }
}
