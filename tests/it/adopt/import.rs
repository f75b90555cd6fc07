//! A value is imported once in the life of a log, and never over anything that was stored.

use std::cell::Cell;
use std::io::ErrorKind;

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{Outcome, Saved, Section, SectionFate, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::clock::{days, minutes, seconds};
use crate::support::{ManualClock, crash, frames, open, put, settle, still};

const TEXT: Section<String> = Section::new("text", 1);
const COUNT: Section<u32> = Section::new("count", 1);
const SHORT: Section<String> = Section::<String>::new("short", 1).expires(minutes(10));

#[allow(clippy::unnecessary_wraps, reason = "what an import asks for")]
fn old() -> Option<String> {
    Some("old file".to_owned())
}

/// Whether the old file was asked for.
#[track_caller]
fn is_asked(session: &mut Session, section: Section<String>) -> bool {
    let asked = Cell::new(false);
    let imported = session.import(section, || {
        asked.set(true);
        old()
    });
    assert_eq!(imported.unwrap(), asked.get());
    asked.get()
}

#[test]
fn an_old_value_is_imported_once_and_written_like_any_other() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    assert!(is_asked(&mut session, TEXT));
    assert_eq!(session.get(TEXT).unwrap(), old());
    assert_eq!(session.fate(TEXT), SectionFate::Restored);
    assert!(!is_asked(&mut session, TEXT));
    crash(session);
    for _ in 0..3 {
        let mut session = open(memory.clone());
        assert!(!is_asked(&mut session, TEXT));
        assert_eq!(session.get(TEXT).unwrap(), old());
        session.close().unwrap();
    }
}

#[test]
fn newer_work_is_never_replaced_by_the_old_file() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "text", |capture| capture.set(TEXT, &"new".to_owned()));
    assert!(!is_asked(&mut session, TEXT), "captured in this launch");
    crash(session);
    let mut session = open(memory);
    assert!(!is_asked(&mut session, TEXT), "and in an earlier one");
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("new"));
}

#[test]
fn with_nothing_to_import_the_next_start_asks_again() {
    let memory = MemoryBackend::new();
    for _ in 0..3 {
        let mut session = open(memory.clone());
        assert!(!session.import(TEXT, || None).unwrap());
        assert_eq!(session.fate(TEXT), SectionFate::NeverSaved);
        session.close().unwrap();
    }
    assert!(is_asked(&mut open(memory), TEXT));
}

/// Removed, and forgotten as removed; written down in bases; gone back behind.
#[test]
fn a_removed_section_is_not_imported_again_however_long_ago_that_was() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    let mut session = start();
    put(&mut session, "before", |capture| capture.set(COUNT, &1));
    session.close().unwrap();
    let mut session = start();
    assert!(is_asked(&mut session, TEXT));
    put(&mut session, "text", |capture| capture.remove(TEXT));
    for number in 0..300 {
        clock.advance(seconds(1));
        let scope = format!("window/{number}");
        put(&mut session, "a", |capture| capture.scope(&scope).set(TEXT, &"a".to_owned()));
        put(&mut session, "a", |capture| capture.scope(&scope).remove(TEXT));
    }
    assert_eq!(session.fate(TEXT), SectionFate::NeverSaved, "not remembered as removed");
    for round in 0..12 {
        assert!(!is_asked(&mut session, TEXT), "round {round}");
        // Enough launches for a base.
        clock.advance(seconds(90));
        settle(&mut session);
        put(&mut session, "a", |_| {});
        crash(session);
        session = start();
    }
}

#[test]
fn going_back_behind_an_import_does_not_repeat_it() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "before", |capture| capture.set(COUNT, &1));
    session.close().unwrap();
    let mut session = open(memory.clone());
    let point = session.history().unwrap().into_iter().next_back();
    assert!(is_asked(&mut session, TEXT));
    let point = point.unwrap_or_else(|| session.history().unwrap().pop().unwrap());
    session.resume_at(&point).unwrap();
    assert_eq!(session.fate(TEXT), SectionFate::NeverSaved);
    assert!(!is_asked(&mut session, TEXT));
    session.close().unwrap();
    assert!(!is_asked(&mut open(memory), TEXT));
}

#[test]
fn a_scope_is_imported_alone_and_a_closed_one_is_not_imported_again() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    let mut session = start();
    assert!(session.scope("window/1").import(TEXT, old).unwrap());
    assert_eq!(session.scope("window/1").get(TEXT).unwrap(), old());
    assert_eq!(session.scopes(), ["window/1"]);
    session.scope("window/1").close();
    assert!(!session.scope("window/1").import(TEXT, old).unwrap());
    put(&mut session, "a", |_| {});
    // Not with the program: closed by the user.
    clock.advance(minutes(1));
    session.close().unwrap();
    // The closed scope itself is forgotten by then.
    clock.advance(days(40));
    for _ in 0..12 {
        let mut session = start();
        assert!(!session.scope("window/1").import(TEXT, old).unwrap());
        clock.advance(seconds(90));
        settle(&mut session);
        put(&mut session, "a", |_| {});
        crash(session);
    }
}

#[test]
fn expired_and_removed_and_discarded_sections_are_not_imported() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    let mut session = start();
    put(&mut session, "a", |capture| {
        capture.set(SHORT, &"short".to_owned());
        capture.set(TEXT, &"text".to_owned());
    });
    session.close().unwrap();
    clock.advance(minutes(11));
    let mut session = start();
    assert!(!is_asked(&mut session, SHORT));
    put(&mut session, "a", |capture| capture.remove(TEXT));
    assert!(!is_asked(&mut session, TEXT));
    crash(session);
    let mut session = start();
    assert!(!is_asked(&mut session, SHORT));
    assert!(!is_asked(&mut session, TEXT));
}

/// Launches that crash while they read, until the guard withholds the section.
#[test]
fn a_withheld_section_is_not_imported_nor_after_it_was_discarded() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "text", |capture| capture.set(TEXT, &"new".to_owned()));
    session.close().unwrap();
    let mut session = open(memory.clone());
    for _ in 0..8 {
        if session.fate(TEXT) == SectionFate::Quarantined {
            break;
        }
        session.get(TEXT).unwrap();
        crash(session);
        session = open(memory.clone());
    }
    assert_eq!(session.outcome(), Outcome::Quarantined);
    assert!(!is_asked(&mut session, TEXT));
    session.discard_quarantined(TEXT);
    assert!(!is_asked(&mut session, TEXT));
    put(&mut session, "a", |_| {});
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.fate(TEXT), SectionFate::Removed);
    assert!(!is_asked(&mut session, TEXT));
}

#[test]
fn damage_and_storage_that_cannot_be_read_keep_the_old_file_out() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "count", |capture| capture.set(COUNT, &1));
    session.close().unwrap();
    let damaged = MemoryBackend::new();
    for (id, mut bytes) in frames(&memory) {
        for byte in &mut bytes {
            *byte ^= 0x55;
        }
        damaged.create(id, &bytes).unwrap();
    }
    let mut session = open(damaged);
    assert_eq!(session.outcome(), Outcome::Damaged);
    assert!(!is_asked(&mut session, TEXT));

    let faults = Faults::new();
    for call in Call::ALL {
        faults.fail(call, When::Always, ErrorKind::Other);
    }
    let mut session = open(FaultyBackend::new(memory, faults));
    assert_eq!(session.outcome(), Outcome::Unavailable);
    assert!(!is_asked(&mut session, TEXT));
}

#[test]
fn after_forget_nothing_is_imported_in_the_same_launch() {
    let mut session = open(MemoryBackend::new());
    session.forget().unwrap();
    assert!(!is_asked(&mut session, TEXT));
}

/// The value and the note of it are one frame: whatever frames of the launch a kill leaves, there is both or neither.
#[test]
fn a_kill_leaves_the_value_with_its_note_or_neither() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    assert!(is_asked(&mut session, TEXT));
    crash(session);
    let all = frames(&memory);
    for kept in 0..=all.len() {
        let cut = MemoryBackend::new();
        all.iter().take(kept).for_each(|(id, bytes)| cut.create(*id, bytes).unwrap());
        let mut session = open(cut);
        let is_stored = session.get(TEXT).unwrap().is_some();
        assert_eq!(is_asked(&mut session, TEXT), !is_stored, "{kept} of {} frames", all.len());
    }
}

#[test]
fn a_value_that_cannot_be_encoded_is_an_error_and_is_asked_for_again() {
    let small = TEXT.limit(4);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    assert_eq!(session.import(small, old).unwrap_err().kind(), leftoff::ErrorKind::TooLarge);
    crash(session);
    assert!(is_asked(&mut open(memory), TEXT));
}

#[test]
fn storage_trouble_is_no_error_and_the_value_is_written_later() {
    let memory = MemoryBackend::new();
    let faults = Faults::new();
    let mut session = open(FaultyBackend::new(memory.clone(), faults.clone()));
    faults.fail(Call::Create, When::Always, ErrorKind::StorageFull);
    assert!(is_asked(&mut session, TEXT));
    assert!(session.status().failing.is_some());
    faults.mend_all();
    session.save(|_| {}).unwrap();
    crash(session);
    let mut session = open(memory);
    assert!(!is_asked(&mut session, TEXT));
    assert_eq!(session.get(TEXT).unwrap(), old());
}

/// What was marked before is still captured by the next autosave.
#[test]
fn an_import_does_not_take_the_place_of_a_capture_that_is_due() {
    let mut session = open(MemoryBackend::new());
    session.mark("a");
    assert!(is_asked(&mut session, TEXT));
    let saved = session.autosave(|capture| capture.set(COUNT, &1)).unwrap();
    assert_eq!(saved, Saved::Written);
    assert_eq!(session.autosave(|_| {}).unwrap(), Saved::Unchanged);
}

/// A question alone is no sign that the restore worked.
#[test]
fn an_import_that_stores_nothing_is_no_sign_of_life() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "text", |capture| capture.set(TEXT, &"new".to_owned()));
    session.close().unwrap();
    let mut launches = 0;
    while open_and_look(&memory) {
        launches += 1;
        assert!(launches < 20, "the guard never acts");
    }
}

fn open_and_look(memory: &MemoryBackend) -> bool {
    let mut session = open(memory.clone());
    let is_given = session.get(TEXT).is_ok();
    assert!(!is_asked(&mut session, TEXT));
    assert!(!session.import(COUNT, || None).unwrap());
    crash(session);
    is_given
}
