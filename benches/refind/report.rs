//! The figures, for people.

use std::collections::BTreeMap;
use std::path::Path;

use super::corpus::Hide;
use super::measure::{Change, Figures, Trial};
use leftoff::marker::resolve::Resolver;

pub(crate) fn legend() {
    println!(
        "changed: the role, the label or the path of the element differs between the versions; the path is the keys, roles\n\
         and places among siblings from the root to the element. beyond places: changed otherwise than by places alone.\n\
         top-1: the likeliest candidate is the right one, accepted or not; a tie does not count. drawn: Exact and Moved.\n\
         gone: gone or renamed, so that some arrows drawn there are right. one level off: at its container or its content, too.\n\
         \"/ per element\": mean over distinct elements (repository, file, id) of the means of their pairs."
    );
}

pub(crate) fn name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(crate) fn print(file: &Path, hide: Hide, figures: &Figures) {
    println!("\n{}, hidden: {hide:?}", name(file));
    let all: Vec<&Trial> = figures.trials.iter().collect();
    let changed: Vec<&Trial> = all.iter().copied().filter(|trial| trial.change != Change::None).collect();
    let more: Vec<&Trial> = all.iter().copied().filter(|trial| trial.change == Change::More).collect();
    println!("  pairs {}, changed {}, beyond places {}", all.len(), changed.len(), more.len());
    for (what, trials) in [("all", &all), ("changed", &changed), ("beyond places", &more)] {
        println!("  top-1 of {what:<14} {}", both(trials, |trial| trial.is_first, |_| true));
    }
    println!("  precision on changed    {}", both(&changed, |trial| trial.is_right, |trial| trial.is_drawn));
    println!("  precision, one level off {}", both(&changed, |trial| trial.is_near, |trial| trial.is_drawn));
    println!("  recall on changed       {}", both(&changed, |trial| trial.is_right, |_| true));
    let right = changed.iter().filter(|trial| trial.is_right).count();
    let wrong = changed.iter().filter(|trial| trial.is_drawn).count() - right;
    println!("  arrows on changed       {right} right, {wrong} wrong of {}", changed.len());
    let drawn = share(figures.gone_drawn, figures.gone);
    println!("  arrows on gone          {} of {}, {drawn}", figures.gone_drawn, figures.gone);
    println!("  time per resolve        median {:?}, p99 {:?}", at(&figures.times, 50), at(&figures.times, 99));
    println!("  anchor, bytes           median {}, most {}", at(&figures.sizes, 50), at(&figures.sizes, 100));
    println!("  on changed, lead >= {}, whatever the evidence: score -> precision, recall", Resolver::DEFAULT_LEAD);
    for step in 8..20_u8 {
        let least = f32::from(step) * 0.05;
        let drawn = |trial: &Trial| trial.score >= least && trial.lead >= Resolver::DEFAULT_LEAD;
        let right = changed.iter().filter(|trial| drawn(trial) && trial.is_first).count();
        let total = changed.iter().filter(|trial| drawn(trial)).count();
        println!("    {least:.2} -> {}, {}", share(right, total), share(right, changed.len()));
    }
}

/// The share of those that hold among those that are asked, per pair and per element.
fn both(trials: &[&Trial], holds: impl Fn(&Trial) -> bool, asked: impl Fn(&Trial) -> bool) -> String {
    let mut elements: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for trial in trials.iter().filter(|trial| asked(trial)) {
        let (held, total) = elements.entry(trial.element).or_default();
        *held += usize::from(holds(trial));
        *total += 1;
    }
    let (held, total) = elements.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mean: f64 = elements.values().map(|(held, total)| *held as f64 / *total as f64).sum();
    format!("{} / per element {:.1} %", share(held, total), 100.0 * mean / elements.len().max(1) as f64)
}

pub(crate) fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "none".into() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

fn at<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    sorted.get((sorted.len().saturating_sub(1)) * percent / 100).copied().unwrap_or_default()
}
