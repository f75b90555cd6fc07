//! Of the logs of earlier launches, a launch syncs those that its own frames build on, and no others.

use std::collections::BTreeSet;
use std::path::Path;

use leftoff_testing::{Journal, Step};

use super::*;
use crate::support::clock::seconds;
use crate::support::{folder, settle};

fn launch(dir: &Path, clock: &ManualClock) -> (Session, Journal) {
    let journal = Journal::new();
    let backend = journal.open(dir).unwrap();
    (still(backend).clock(clock.clone()).open(), journal)
}

/// The number in the name of a log.
fn number(log: &Path) -> Option<u64> {
    let name = log.file_name()?.to_str()?.strip_suffix(".log")?;
    u64::from_str_radix(name.split('-').next()?, 16).ok()
}

fn logs(dir: &Path) -> BTreeSet<u64> {
    std::fs::read_dir(dir).unwrap().filter_map(|file| number(&file.unwrap().path())).collect()
}

/// The logs that were synced, each as often as it was.
fn synced(journal: &Journal) -> Vec<u64> {
    let is_sync = |step: &Step| if let Step::Sync(log, _) = step { number(log) } else { None };
    let mut synced: Vec<_> = journal.steps().iter().filter_map(is_sync).collect();
    synced.sort_unstable();
    synced
}

/// A directory in which a fourth launch wrote a base, and a fifth one went on.
fn compacted(clock: &ManualClock) -> tempfile::TempDir {
    let dir = folder::scratch();
    for count in 1..=5 {
        let (mut session, _) = launch(dir.path(), clock);
        put(&mut session, "a", |capture| capture.set(FORM, &count));
        if count == 4 {
            clock.advance(seconds(3));
            settle(&mut session);
        }
        clock.advance(seconds(3_600));
        session.close().unwrap();
    }
    dir
}

#[test]
fn close_syncs_the_chain_of_its_parents_once_and_no_log_of_the_history() {
    let clock = ManualClock::new();
    let dir = compacted(&clock);
    // 4 is the log that the base was made from, up to its end, 5 the one that the launch went on in, 6 the base.
    assert_eq!(logs(dir.path()), (1..=7).collect());
    let (mut session, journal) = launch(dir.path(), &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &6));
    session.close().unwrap();
    assert_eq!(synced(&journal), [4, 5, 6, 7, 8, 8], "its own before the close frame and after it");
}

#[test]
fn the_logs_of_killed_launches_are_synced_by_the_launch_that_goes_on_from_them() {
    let clock = ManualClock::new();
    let dir = compacted(&clock);
    let (mut session, _) = launch(dir.path(), &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &6));
    let killed = folder::write(&folder::logs(dir.path()));
    let (mut session, journal) = launch(killed.path(), &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &7));
    assert_eq!(synced(&journal), [0; 0]);
    session.save(|_| {}).unwrap();
    assert_eq!(synced(&journal), [4, 5, 6, 7, 8, 9]);
    session.save(|capture| capture.set(FORM, &8)).unwrap();
    assert_eq!(synced(&journal), [4, 5, 6, 7, 8, 9, 9]);
    session.close().unwrap();
}

#[test]
fn going_back_relies_on_the_logs_of_the_earlier_state() {
    let clock = ManualClock::new();
    let dir = compacted(&clock);
    let (mut session, journal) = launch(dir.path(), &clock);
    session.save(|capture| capture.set(FORM, &6)).unwrap();
    let history = session.history().unwrap();
    let point = history.iter().find(|point| session.get_at(point, FORM).unwrap() == Some(2)).unwrap();
    session.resume_at(point).unwrap();
    let before = synced(&journal);
    session.save(|_| {}).unwrap();
    let after = synced(&journal);
    assert_eq!(after.iter().filter(|log| !before.contains(log)).collect::<Vec<_>>(), [&1, &2, &9]);
}
