//! The contents of a journal.
#![cfg(any(unix, windows))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

use leftoff::backend::{Backend, Generation};
use leftoff_testing::{Journal, Step};

#[test]
fn a_step_that_fails_is_not_recorded() {
    let (scratch, journal) = (tempfile::tempdir().unwrap(), Journal::new());
    let backend = journal.open(scratch.path()).unwrap();
    let before = journal.len();
    // The log does not exist, which is not an error of this call.
    backend.remove(Generation { number: 1, writer: 7 }).unwrap();
    assert!(!journal.steps()[before..].iter().any(|step| matches!(step, Step::Remove(_))), "{:?}", journal.steps());
}

#[test]
fn every_directory_that_is_missing_is_recorded_from_the_top_down() {
    let (scratch, journal) = (tempfile::tempdir().unwrap(), Journal::new());
    let directory = scratch.path().join("a/b/c");
    journal.open(&directory).unwrap();
    let made: Vec<_> = journal.steps().into_iter().filter(|step| matches!(step, Step::CreateDir(_))).collect();
    assert_eq!(made, ["a", "a/b", "a/b/c"].map(|path| Step::CreateDir(scratch.path().join(path))));
}

#[test]
fn a_file_is_created_only_where_it_was_missing() {
    let (scratch, journal) = (tempfile::tempdir().unwrap(), Journal::new());
    let lock = Step::Create(scratch.path().join("lock"));
    drop(journal.open(scratch.path()).unwrap());
    assert!(journal.steps().contains(&lock), "{:?}", journal.steps());
    let again = Journal::new();
    drop(again.open(scratch.path()).unwrap());
    assert!(!again.steps().contains(&lock), "{:?}", again.steps());
}
