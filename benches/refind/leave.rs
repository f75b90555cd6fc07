//! The thresholds that would be chosen without one of the files, and what they cost on that file. That a position alone needs
//! more than these is left out.

use leftoff::marker::resolve::Resolver;

use super::corpus::Hide;
use super::measure::{Change, Figures, Trial};
use super::report::share;

const ACCEPTS: [f32; 7] = [0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85];
const LEADS: [f32; 5] = [0.0, 0.02, 0.05, 0.1, 0.2];
/// One wrong arrow is worth as much as this many missing ones.
const WRONG: f64 = 10.0;

/// The changed pairs of one file, with the keys of one mode hidden.
pub(crate) struct Set {
    name: String,
    hide: Hide,
    trials: Vec<Trial>,
}

impl Set {
    pub(crate) fn new(name: String, hide: Hide, figures: Figures) -> Self {
        let trials = figures.trials.into_iter().filter(|trial| trial.change != Change::None).collect();
        Self { name, hide, trials }
    }

    /// The numbers of right and of wrong arrows at these thresholds.
    fn arrows(&self, accept: f32, lead: f32) -> (usize, usize) {
        let drawn = self.trials.iter().filter(|trial| trial.score >= accept && trial.lead >= lead);
        drawn.fold((0, 0), |(right, wrong), trial| if trial.is_first { (right + 1, wrong) } else { (right, wrong + 1) })
    }

    fn value(&self, accept: f32, lead: f32) -> f64 {
        let (right, wrong) = self.arrows(accept, lead);
        (right as f64 - WRONG * wrong as f64) / self.trials.len().max(1) as f64
    }
}

/// Prints, for each file and mode, the thresholds that are best on average for the other files, and the figures of the file
/// with these and with the defaults.
pub(crate) fn print(sets: &[Set]) {
    println!("\nleave one out: a wrong arrow costs as much as {WRONG} missing ones");
    for set in sets {
        let others = || sets.iter().filter(|other| other.hide == set.hide && other.name != set.name);
        let grid = ACCEPTS.into_iter().flat_map(|accept| LEADS.into_iter().map(move |lead| (accept, lead)));
        let value = |(accept, lead): &(f32, f32)| others().map(|other| other.value(*accept, *lead)).sum::<f64>();
        let Some((accept, lead)) = grid.max_by(|one, other| value(one).total_cmp(&value(other))) else { continue };
        let told = |accept, lead| {
            let (right, wrong) = set.arrows(accept, lead);
            format!("precision {}, recall {}", share(right, right + wrong), share(right, set.trials.len()))
        };
        let defaults = (Resolver::DEFAULT_ACCEPT, Resolver::DEFAULT_LEAD);
        println!("  {}, hidden {:?}: chosen on the others {accept}, {lead}", set.name, set.hide);
        println!("    with these {}; with the defaults {}", told(accept, lead), told(defaults.0, defaults.1));
    }
}
