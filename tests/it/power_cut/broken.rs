//! The model on trial: protocols that are broken must be caught, and one that is sound must not be.

use std::path::PathBuf;

use leftoff_testing::Step;

use super::history::History;
use super::image::Image;
use super::judge::{Judge, Sort};
use super::model::{Disk, Effort};
use super::{lives, scale};
use crate::support::Random;

const ALL: Effort = Effort { all_up_to: 100_000, draws: 0, bytes: usize::MAX };

/// The history of a program that forgot these calls.
fn without(mut history: History, forgotten: impl Fn(&Step) -> bool) -> History {
    // In place of each stands one that reaches nothing, so that all else happens when it did.
    for step in history.steps.iter_mut().filter(|step| forgotten(step)) {
        *step = Step::SyncDir(PathBuf::from("nowhere"), 0);
    }
    history
}

#[track_caller]
fn is_caught(what: &str, history: &History) {
    let mut judge = Judge::new(scale(), 1);
    judge.judge(what, history);
    assert!(judge.found(Sort::TooOld) > 0, "{what} is not caught in {:?}", judge.count);
}

#[test]
fn a_log_that_is_never_synced_is_caught() {
    is_caught("no sync", &without(lives::steady_editing(), |step| matches!(step, Step::Sync(..))));
}

#[test]
fn names_that_are_never_synced_are_caught() {
    is_caught("no folder sync", &without(lives::steady_editing(), |step| matches!(step, Step::SyncDir(..))));
}

#[test]
fn a_folder_whose_own_name_is_never_synced_is_caught() {
    let own = |step: &Step| matches!(step, Step::SyncDir(path, _) if !path.ends_with("state"));
    is_caught("folders above not synced", &without(lives::steady_editing(), own));
}

/// A save of the simplest of programs: 1 300 bytes that all are the number of the save.
type Save = fn(&mut Vec<Step>, u8);

fn bytes(n: u8) -> Vec<u8> {
    vec![n; 1_300]
}

fn path(name: impl ToString) -> PathBuf {
    PathBuf::from(name.to_string())
}

fn sync(steps: &mut Vec<Step>, name: impl ToString) {
    let covers = steps.len();
    steps.push(Step::Sync(path(name), covers));
}

fn sync_folder(steps: &mut Vec<Step>) {
    let covers = steps.len();
    steps.push(Step::SyncDir(path(""), covers));
}

/// A new file for each save; the old one goes when the new one is durable, its name included.
fn sound(steps: &mut Vec<Step>, n: u8) {
    steps.extend([Step::Create(path(n)), Step::Write(path(n), 0, bytes(n))]);
    sync(steps, n);
    sync_folder(steps);
    if n > 1 {
        steps.push(Step::Remove(path(n - 1)));
    }
}

/// The same, without waiting for the name.
fn hasty(steps: &mut Vec<Step>, n: u8) {
    sound(steps, n);
    steps.retain(|step| !matches!(step, Step::SyncDir(..)));
}

/// One file, rewritten.
fn in_place(steps: &mut Vec<Step>, n: u8) {
    if n == 1 {
        steps.push(Step::Create(path(0)));
    }
    steps.push(Step::Write(path(0), 0, bytes(n)));
    sync(steps, 0);
    sync_folder(steps);
}

/// How many states are looked at of three saves, and how many of them are not what they must be: the newest file that is
/// whole has what was promised, or the save after it.
fn trial(save: Save) -> (u64, u64) {
    let (mut disk, mut steps, mut random) = (Disk::new(&Image::default()), Vec::new(), Random::new(1));
    let (mut looked, mut wrong) = (0, 0);
    for n in 1..=3 {
        let before = steps.len();
        save(&mut steps, n);
        for at in before..steps.len() {
            disk.step(&steps[at]);
            let promised = if at + 1 == steps.len() { n } else { n - 1 };
            let all = disk.open_questions().cuts(ALL, &mut random, |cut| {
                looked += 1;
                let whole = |content: &Option<super::image::Bytes>| {
                    let bytes = content.as_ref()?.to_vec();
                    bytes.first().copied().filter(|n| bytes == super::broken::bytes(*n))
                };
                let newest = cut.image.0.values().filter_map(whole).max().unwrap_or(0);
                wrong += u64::from(newest < promised || newest > n);
            });
            assert!(all, "every state");
        }
    }
    (looked, wrong)
}

#[test]
fn a_sound_protocol_passes_in_every_state() {
    let (looked, wrong) = trial(sound);
    assert!(wrong == 0 && looked > 5_000, "{wrong} of {looked}");
}

#[test]
fn a_file_that_is_rewritten_in_place_is_caught() {
    assert!(trial(in_place).1 > 0);
}

#[test]
fn an_old_file_that_goes_before_the_new_name_is_durable_is_caught() {
    assert!(trial(hasty).1 > 0);
}
