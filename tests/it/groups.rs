//! Sections that belong together: withheld, offered again and brought back as one.

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, Section, Session};

use crate::support::{crash, open, put};

const STEP: Section<u32> = Section::<u32>::new("step", 1).group("wizard");
const DATA: Section<String> = Section::<String>::new("data", 1).group("wizard");
const LAYOUT: Section<u32> = Section::new("layout", 1);
/// Launches in a row that must end inside the restore until the guard acts.
const ENDS: usize = 5;

#[track_caller]
fn save(session: &mut Session, step: u32) {
    put(session, "wizard/step", |capture| {
        capture.set(STEP, &step);
        capture.set(DATA, &format!("data of step {step}"));
        capture.set(LAYOUT, &step);
        // Of the same name and another scope: another group.
        capture.scope("window").set(STEP, &step);
    });
}

#[track_caller]
fn assert_wizard(session: &mut Session, step: u32) {
    assert_eq!(session.get(STEP).unwrap(), Some(step));
    assert_eq!(session.get(DATA).unwrap(), Some(format!("data of step {step}")));
}

/// A log whose last launches were all killed while they used the data.
fn guarded() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    save(&mut session, 3);
    session.close().unwrap();
    for _ in 0..ENDS {
        let mut session = open(memory.clone());
        session.get(DATA).unwrap();
        crash(session);
    }
    memory
}

#[test]
fn blamed_section_is_withheld_with_its_group_and_offered_again_with_it() {
    let memory = guarded();
    let mut session = open(memory.clone());
    assert_eq!(session.get(DATA).unwrap_err().kind(), ErrorKind::Quarantined);
    assert_eq!(session.get(STEP).unwrap_err().kind(), ErrorKind::Quarantined);
    assert_eq!(session.get(LAYOUT).unwrap(), Some(3));
    assert_eq!(session.scope("window").get(STEP).unwrap(), Some(3));
    session.confirm_restored();
    session.close().unwrap();
    assert_wizard(&mut open(memory), 3);
}

#[test]
fn section_of_a_group_with_newer_work_keeps_the_others_from_being_offered_beside_it() {
    let memory = guarded();
    let mut session = open(memory.clone());
    put(&mut session, "wizard/step", |capture| capture.set(STEP, &1));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(STEP).unwrap(), Some(1));
    assert_ne!(session.get(DATA).ok().flatten().as_deref(), Some("data of step 3"));
    assert_eq!(session.bring_back(DATA).unwrap().as_deref(), Some("data of step 3"));
    assert_wizard(&mut session, 3);
}

#[test]
fn bringing_back_one_of_a_group_brings_back_all_of_it() {
    let memory = guarded();
    let mut session = open(memory.clone());
    assert_eq!(session.bring_back(STEP).unwrap(), Some(3));
    assert_wizard(&mut session, 3);
    session.close().unwrap();
    assert_wizard(&mut open(memory), 3);
}

#[test]
fn restoring_one_of_a_group_restores_all_of_it_and_nothing_else() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    save(&mut session, 1);
    save(&mut session, 2);
    let point = session.history().unwrap().remove(0);
    assert!(session.restore_section(&point, STEP).unwrap());
    assert_wizard(&mut session, 1);
    assert_eq!(session.get(LAYOUT).unwrap(), Some(2));
    crash(session);
    assert_wizard(&mut open(memory), 1);
}
