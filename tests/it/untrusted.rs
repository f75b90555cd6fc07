//! What other users of the machine may have done to the directory: it is made private where it is ours, refused where it is
//! not, and nothing of theirs is restored, changed or removed.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use leftoff::backend::FileBackend;
use leftoff::{Outcome, Section, Session};

use crate::support::{APP, folder};

const FORM: Section<u32> = Section::new("form", 1);
const NOBODY: u32 = 65_534;

fn session(dir: &Path) -> Session {
    Session::builder(APP).dir(dir).without_thread().open()
}

fn stored(dir: &Path, value: u32) {
    let mut session = session(dir);
    session.mark("form");
    session.save(|capture| capture.set(FORM, &value)).unwrap();
    session.close().unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Gives a file to another user, which only root can.
fn give_away(path: &Path) -> bool {
    let given = chown(path, Some(NOBODY), None).is_ok();
    if !given {
        eprintln!("skipped: only root can give a file to another user");
    }
    given
}

#[test]
fn directory_that_others_can_write_to_is_made_private_and_those_above_it_are_left_alone() {
    for (before, after) in [(0o777, 0o700), (0o775, 0o700), (0o722, 0o700), (0o755, 0o755), (0o700, 0o700)] {
        let scratch = folder::scratch();
        let above = scratch.path().join("above");
        let state = above.join("state");
        fs::create_dir_all(&state).unwrap();
        set_mode(&above, 0o777);
        set_mode(&state, before);
        stored(&state, 1);
        assert_eq!((mode(&state), mode(&above)), (after, 0o777), "{before:o}");
    }
}

#[test]
fn directory_that_is_shared_on_purpose_is_refused_and_stays_as_it_is() {
    let scratch = folder::scratch();
    let shared = scratch.path().join("tmp");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o1777);
    let error = FileBackend::open(&shared).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("choose a private subdirectory"), "{error}");
    assert_eq!((mode(&shared), fs::read_dir(&shared).unwrap().count()), (0o1777, 0));
    stored(&shared.join("mine"), 1);
}

#[test]
fn log_of_another_user_is_neither_restored_nor_removed_and_stops_no_save() {
    let scratch = folder::scratch();
    let (state, theirs) = (scratch.path().join("state"), scratch.path().join("theirs"));
    stored(&state, 1);
    for value in 100..110 {
        stored(&theirs, value);
    }
    let mut planted = folder::Files::new();
    for (name, bytes) in folder::logs(&theirs) {
        let path = state.join(&name);
        fs::write(&path, &bytes).unwrap();
        set_mode(&path, 0o644);
        if !give_away(&path) {
            return;
        }
        planted.insert(name, bytes);
    }
    let check = || {
        let now = folder::logs(&state);
        assert!(planted.iter().all(|(name, bytes)| now.get(name) == Some(bytes) && mode(&state.join(name)) == 0o644));
    };
    let mut first = session(&state);
    assert_eq!((first.get(FORM).unwrap(), first.outcome()), (Some(1), Outcome::Damaged));
    first.mark("form");
    first.save(|capture| capture.set(FORM, &2)).unwrap();
    first.close().unwrap();
    check();
    for value in 3..10 {
        stored(&state, value);
    }
    assert_eq!(session(&state).get(FORM).unwrap(), Some(9));
    session(&state).forget().unwrap();
    check();
    let mut last = session(&state);
    assert!(!matches!(last.get(FORM), Ok(Some(_))), "nothing of theirs is restored");
    assert_eq!(last.outcome(), Outcome::Damaged);
}

#[test]
fn lock_of_another_user_is_refused_with_what_to_do() {
    let scratch = folder::scratch();
    fs::write(scratch.path().join("lock"), b"").unwrap();
    if !give_away(&scratch.path().join("lock")) {
        return;
    }
    let error = FileBackend::open(scratch.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("remove it and restart the program"), "{error}");
    fs::remove_file(scratch.path().join("lock")).unwrap();
    stored(scratch.path(), 1);
}

/// A lock under a second name is locked, and neither its mode nor its bytes change.
#[test]
fn lock_and_log_with_a_second_name_keep_their_mode_and_bytes() {
    let scratch = folder::scratch();
    let state = scratch.path().join("state");
    stored(&state, 1);
    let (victim, lock) = (scratch.path().join("victim"), state.join("lock"));
    fs::write(&victim, b"precious").unwrap();
    set_mode(&victim, 0o644);
    fs::remove_file(&lock).unwrap();
    fs::hard_link(&victim, &lock).unwrap();
    fs::remove_file(state.join("holder")).unwrap();
    fs::hard_link(&victim, state.join("holder")).unwrap();
    let log = folder::logs(&state).into_keys().next().map(|name| state.join(name)).unwrap();
    fs::hard_link(&log, scratch.path().join("log")).unwrap();
    set_mode(&log, 0o644);
    let held = session(&state);
    assert_eq!(session(&state).outcome(), Outcome::ReadOnly, "it locks all the same");
    drop(held);
    stored(&state, 2);
    assert_eq!((mode(&victim), fs::read(&victim).unwrap()), (0o644, b"precious".to_vec()));
    assert_eq!(mode(&log), 0o644);
}

#[test]
fn log_that_others_can_read_or_write_is_made_private() {
    for before in [0o666, 0o644] {
        let scratch = folder::scratch();
        stored(scratch.path(), 1);
        let log = folder::logs(scratch.path()).into_keys().next().map(|name| scratch.path().join(name)).unwrap();
        set_mode(&log, before);
        let mut session = session(scratch.path());
        assert_eq!((session.get(FORM).unwrap(), mode(&log)), (Some(1), 0o600), "{before:o}");
    }
}
