//! Unsaved documents of a program that is killed.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use leftoff::document::{Comparison, Draft, Fingerprint};
use leftoff::{Saved, Section, Session};

use crate::support::{APP, child, folder};

const DRAFT: Section<Draft> = Section::new("draft", 1);
const OLD: &str = "Dear Ana,\n";
const NEW: &str = "Dear Ana,\nthe offer is valid until Monday.\n";

/// An editor that says how far its save is, and is killed there.
#[test]
fn editor() {
    let Some(role) = child::role() else { return };
    let (until, place) = role.split_once('|').unwrap();
    let (state, file) = (Path::new(place).join("state"), Path::new(place).join("letter.txt"));
    let stop_if = |step: &str| {
        if step == until {
            child::say("here");
            thread::sleep(Duration::from_secs(600));
        }
    };
    let mut session = Session::builder(APP).dir(state).open();
    let bytes = fs::read(&file).unwrap();
    let mut draft = Draft::new(String::from_utf8(bytes.clone()).unwrap(), Some(Fingerprint::of(&bytes)));
    NEW.clone_into(draft.content_mut());
    session.mark("letter/text");
    let saved = session.autosave(|capture| capture.set(DRAFT, &draft)).unwrap();
    assert!(saved >= Saved::Written, "{saved:?}");
    stop_if("captured");
    let beside = file.with_extension("new");
    fs::write(&beside, draft.content()).unwrap();
    fs::rename(beside, &file).unwrap();
    stop_if("written");
    session.mark_dirty();
    session.autosave(|capture| capture.remove(DRAFT)).unwrap();
    stop_if("discarded");
}

/// Runs the editor until this step, kills it, and returns the draft that the next start restores.
fn killed(until: &str, place: &Path) -> Option<Draft> {
    fs::write(place.join("letter.txt"), OLD).unwrap();
    let mut process = child::spawn("drafts::editor", &format!("{until}|{}", place.display())).spawn().unwrap();
    let heard = child::hear(&mut child::ears(&mut process));
    process.kill().unwrap();
    let ended = process.wait_with_output().unwrap();
    assert_eq!(heard.as_deref(), Some("here"), "{}", String::from_utf8_lossy(&ended.stderr));
    Session::builder(APP).dir(place.join("state")).open().get(DRAFT).unwrap()
}

#[test]
fn draft_of_a_killed_editor_is_unsaved_until_the_file_has_its_content() {
    let place = folder::scratch();
    let draft = killed("captured", place.path()).unwrap();
    let file = fs::read(place.path().join("letter.txt")).unwrap();
    assert_eq!((draft.content().as_str(), draft.compare(Some(&file))), (NEW, Comparison::Unchanged));

    let place = folder::scratch();
    let draft = killed("written", place.path()).unwrap();
    let file = fs::read(place.path().join("letter.txt")).unwrap();
    assert_eq!((file.as_slice(), draft.compare(Some(&file))), (NEW.as_bytes(), Comparison::AlreadySaved));

    let place = folder::scratch();
    assert_eq!(killed("discarded", place.path()), None);
}

#[test]
fn file_that_was_changed_while_the_editor_was_gone_is_a_conflict_and_stays() {
    let place = folder::scratch();
    let draft = killed("captured", place.path()).unwrap();
    let file = place.path().join("letter.txt");
    fs::write(&file, "Dear Anna,\n").unwrap();
    let now = fs::read(&file).unwrap();
    let base = Some(Fingerprint::of(OLD.as_bytes()));
    let (theirs, mine) = (Some("Dear Anna,\n".as_bytes()), &NEW.to_owned());
    assert_eq!(draft.compare(Some(&now)), Comparison::Conflict { base, theirs, mine });
    assert_eq!(fs::read(&file).unwrap(), now);
    fs::remove_file(&file).unwrap();
    assert_eq!(draft.compare(None), Comparison::Conflict { base, theirs: None, mine });
    // A save that the kill interrupted, of a program that writes in place.
    let torn = &NEW.as_bytes()[..20];
    assert_eq!(draft.compare(Some(torn)), Comparison::Conflict { base, theirs: Some(torn), mine });
}
