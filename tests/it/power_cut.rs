//! Power cuts, simulated: lives of the program are recorded call by call, and what a cut at any moment may leave on the
//! disk is made and opened. `power_cut/model.rs` says what that is.
//!
//! What comes back must be a state that was saved, at or after the last sync that was known to be over, with sections and
//! marker of one and the same capture. Then life goes on; and recoveries are recorded and cut short themselves.
//!
//! Everyday's run looks at some thousand states. `LEFTOFF_POWER_CUTS=100` looks at a hundred times as many, every one
//! where they can be counted, each byte of each write, and a hundred more lives:
//!
//! ```text
//! LEFTOFF_POWER_CUTS=100 cargo test --release --test it power_cut -- --nocapture
//! ```

mod broken;
mod history;
mod image;
mod judge;
mod lives;
mod model;

use history::{History, PLACE};
use judge::{Judge, Scale};
use leftoff::backend::{Backend, FrameId, Generation};
use leftoff_testing::{Journal, Step};
use model::Effort;

use crate::support::folder::scratch;
use crate::support::random::env;

fn factor() -> u64 {
    env("LEFTOFF_POWER_CUTS", 1)
}

fn scale() -> Scale {
    let factor = factor();
    let times = |count: u64| usize::try_from(count * factor).unwrap();
    Scale {
        effort: Effort { all_up_to: 24 * factor, draws: times(1), bytes: times(1) - 1 },
        most: if factor > 1 { u64::MAX } else { 240 },
        goes_on: 8,
        cut_again: if factor > 1 { 400 } else { 200 },
        depth: if factor > 1 { 2 } else { 1 },
        moments: if factor > 1 { 2 } else { 12 },
    }
}

#[track_caller]
fn survives(what: &str, history: &History) {
    let mut judge = Judge::new(scale(), 1);
    judge.judge(what, history);
    judge.verdict(what);
}

#[test]
fn the_lives_are_what_their_names_say() {
    let does = |life: History, what: fn(&Step) -> bool| assert!(life.steps[life.from..].iter().any(what));
    does(lives::retention(), |step| matches!(step, Step::Remove(_)));
    does(lives::first_launch(), |step| matches!(step, Step::CreateDir(_)));
    does(lives::growth(), |step| matches!(step, Step::Write(_, at, zeros) if *at > 65_536 && zeros[..] == [0; 4_096]));
    let logs = |life: History| life.steps.iter().filter(|step| matches!(step, Step::Create(_))).count() - 3;
    assert_eq!((logs(lives::second_launch()), logs(lives::after_a_kill()), logs(lives::compaction())), (2, 3, 4));
}

#[test]
fn a_first_launch_survives_a_cut_at_any_moment() {
    survives("first launch", &lives::first_launch());
}

#[test]
fn steady_editing_survives_a_cut_at_any_moment() {
    survives("steady editing", &lives::steady_editing());
}

#[test]
fn a_growing_log_survives_a_cut_at_any_moment() {
    survives("growth", &lives::growth());
}

#[test]
fn summing_up_survives_a_cut_at_any_moment() {
    survives("compaction", &lives::compaction());
}

#[test]
fn the_removal_of_old_logs_survives_a_cut_at_any_moment() {
    survives("retention", &lives::retention());
}

#[test]
fn a_second_launch_survives_a_cut_at_any_moment() {
    survives("second launch", &lives::second_launch());
}

#[test]
fn what_a_killed_process_left_survives_a_cut_at_any_moment() {
    survives("after a kill", &lives::after_a_kill());
}

/// Its folder was deleted while the program runs.
#[test]
fn a_folder_that_is_made_again_is_as_durable_as_the_first() {
    let (root, journal) = (scratch(), Journal::new());
    let place = root.path().join(PLACE);
    let backend = journal.open(&place).unwrap();
    let id = |number| FrameId { generation: Generation { number, writer: 7 }, index: 0 };
    backend.create(id(1), b"gone").unwrap();
    std::fs::remove_dir_all(root.path().join("app")).unwrap();
    let before = journal.len();
    // Told once, because whoever goes on would build on what is gone.
    backend.create(id(2), b"made again").unwrap_err();
    backend.create(id(2), b"made again").unwrap();
    let steps = journal.steps().split_off(before);
    let (app, log) = (root.path().join("app"), place.join("0000000000000002-0000000000000007.log"));
    for made in [Step::CreateDir(app.clone()), Step::CreateDir(place.clone()), Step::Create(log)] {
        assert!(steps.contains(&made), "{made:?} is missing in {steps:?}");
    }
    assert!(steps.contains(&Step::Create(place.join("lock"))), "{steps:?}");
    for folder in [root.path(), &app, &place] {
        let is_synced = |step: &Step| matches!(step, Step::SyncDir(path, _) if path == folder);
        assert!(steps.iter().any(is_synced), "{folder:?} is not synced in {steps:?}");
    }
}

/// Which thread comes first is up to the machine: it is another life each time, and what goes wrong in one is printed whole.
#[test]
fn a_life_with_a_flusher_beside_it_survives_a_cut_at_any_moment() {
    let life = lives::threaded(factor());
    let logs =
        life.steps.iter().filter(|step| matches!(step, Step::Create(path) if path.extension().is_some())).count();
    assert!(logs >= 4, "it was not summed up: {logs} logs");
    survives("with a flusher", &life);
}

#[test]
fn any_life_survives_a_cut_at_any_moment() {
    for seed in 0..factor() {
        survives(&format!("life {seed}"), &lives::random(seed));
    }
}
