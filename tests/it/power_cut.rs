//! Power cuts, simulated: lives of the program are recorded call by call, and everything a cut at any moment may leave
//! on the disk is made and opened.

mod history;
mod judge;
mod model;

use history::Recorder;
use judge::{Judge, Scale};
use model::Effort;

const QUICK: Scale =
    Scale { effort: Effort { all_up_to: 200, draws: 12, bytes: 0 }, goes_on: 5, cut_again: 2_000, depth: 1 };

#[test]
fn a_first_launch_survives_a_cut_at_any_moment() {
    let mut judge = Judge::new(QUICK, 1);
    let history = Recorder::new().open().autosaves(2).rest(2).autosave().close().history();
    for (at, step) in history.steps.iter().enumerate() {
        eprintln!("{at}: {step:?}");
    }
    judge.judge("first launch", &history);
    judge.verdict("first launch");
}
