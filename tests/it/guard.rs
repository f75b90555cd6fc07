//! A state that crashes the application at every start must not keep its user out, and a user who only looks must
//! never lose sight of their work. Nothing is deleted for either.

mod closed;
mod quarantine;

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{Error, ErrorKind, LastExit, Outcome, QuarantineReason, Reason, Section, SectionFate, Session};

use crate::support::{ManualClock, crash, open, put, still};

const FORM: Section<String> = Section::new("form", 1);
const LAYOUT: Section<u32> = Section::new("layout", 1);
const DRAFT: Section<Vec<u8>> = Section::new("draft", 1);

/// Launches in a row that must end inside the restore until the guard acts.
const ENDS: usize = 5;
/// The same, where each noted that it was crashing.
const CRASHES: usize = 3;

fn stored() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "form/name", |capture| {
        capture.set(FORM, &"Ana".to_owned());
        capture.set(LAYOUT, &7);
        capture.set(DRAFT, &vec![1, 2, 3]);
    });
    session.close().unwrap();
    memory
}

/// A launch that is killed while it uses the section it asked for last.
fn dies_on(memory: &MemoryBackend, ask: impl FnOnce(&mut Session)) {
    let mut session = open(memory.clone());
    ask(&mut session);
    crash(session);
}

fn gets_form(session: &mut Session) {
    let _ = session.get(FORM);
}

fn gets_all(session: &mut Session) {
    session.get(LAYOUT).unwrap();
    session.get(FORM).unwrap();
    session.get(DRAFT).unwrap();
}

/// Killed inside the restore until the guard acts.
fn stored_and_guarded(ask: impl Fn(&mut Session)) -> MemoryBackend {
    let memory = stored();
    for _ in 0..ENDS {
        dies_on(&memory, &ask);
    }
    memory
}

#[track_caller]
fn fate(session: &Session, name: &str) -> Option<SectionFate> {
    session.report().sections.into_iter().find(|section| section.name == name).map(|section| section.fate)
}

fn reasons(session: &Session) -> Vec<(String, QuarantineReason)> {
    let mut all: Vec<_> = session.quarantined().into_iter().map(|aside| (aside.name, aside.why)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[track_caller]
fn assert_withheld<T: std::fmt::Debug>(got: Result<T, Error>) {
    assert_eq!(got.unwrap_err().kind(), ErrorKind::Quarantined);
}

#[test]
fn four_looks_that_ctrl_c_ends_cost_nothing() {
    let memory = stored();
    for look in 1..ENDS {
        dies_on(&memory, gets_all);
        let session = open(memory.clone());
        assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed), "look {look}");
        assert!(session.quarantined().is_empty());
        // It asked for nothing, so it neither counts nor takes anything back.
        crash(session);
    }
    let mut session = open(memory);
    gets_all(&mut session);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.marker().unwrap().element(), "form/name");
}

/// kryptic-sh/buffr#61: a few starts in a minute, and no way in.
#[test]
fn the_launch_after_the_fifth_crash_leaves_out_the_blamed_section_alone() {
    let memory = stored_and_guarded(|session| {
        session.get(LAYOUT).unwrap();
        session.get(FORM).unwrap();
    });
    let mut session = open(memory);
    assert_eq!(session.outcome(), Outcome::Quarantined);
    assert!(session.outcome().to_string().contains("quarantined"));
    assert_withheld(session.get(FORM));
    assert_eq!(session.get_or_default(FORM), "");
    assert_eq!(fate(&session, "form"), Some(SectionFate::Quarantined));
    assert_eq!(session.report().left_out().map(|section| section.name.as_str()).collect::<Vec<_>>(), ["form"]);
    assert_eq!(session.status().quarantined, 1);
    assert_eq!(session.get(LAYOUT).unwrap(), Some(7), "only the blamed one is left out");
    assert_eq!(session.get(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.marker().unwrap().element(), "form/name");
    let aside = session.quarantined();
    assert_eq!(aside.len(), 1);
    assert_eq!((aside[0].name.as_str(), aside[0].why, aside[0].version), ("form", QuarantineReason::Blamed, 1));
    assert_eq!(session.get_quarantined(FORM).unwrap().as_deref(), Some("Ana"), "nothing is deleted");
}

#[test]
fn crashes_that_were_noted_count_as_such_and_three_are_enough() {
    let memory = stored();
    for _ in 0..CRASHES {
        let opened = open(memory.clone());
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut session = opened;
            session.get(FORM).unwrap();
            std::panic::panic_any("it does not like the form");
        }))
        .unwrap_err();
    }
    let mut session = open(memory);
    assert_eq!(session.last_exit(), &LastExit::Panicked);
    assert_withheld(session.get(FORM));
    assert_eq!(session.get(LAYOUT).unwrap(), Some(7));
}

#[test]
fn after_a_launch_that_lived_everything_is_offered_again() {
    let memory = stored_and_guarded(gets_form);
    let mut session = open(memory.clone());
    assert_withheld(session.get(FORM));
    put(&mut session, "layout", |capture| capture.set(LAYOUT, &8));
    session.close().unwrap();

    let mut session = open(memory.clone());
    assert_eq!(session.outcome(), Outcome::Resumed);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert!(session.quarantined().is_empty());
    session.close().unwrap();
    // And that is in the log.
    assert_eq!(open(memory).get(FORM).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn a_launch_that_was_killed_after_a_sign_of_life_lived() {
    let memory = stored_and_guarded(gets_form);
    dies_on(&memory, |session| {
        assert_withheld(session.get(FORM));
        session.user_active();
    });
    assert_eq!(open(memory).get(FORM).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn a_launch_that_ends_before_any_evidence_is_repeated_as_it_was() {
    let memory = stored_and_guarded(gets_form);
    for _ in 0..3 {
        dies_on(&memory, |session| {
            assert_eq!(session.outcome(), Outcome::Quarantined);
            assert_withheld(session.get(FORM));
        });
    }
    assert_eq!(reasons(&open(memory)), [("form".to_owned(), QuarantineReason::Blamed)]);
}

#[test]
fn the_wrong_blame_is_found_out_one_launch_later() {
    // LAYOUT crashes it, but only once everything is drawn: DRAFT is blamed.
    let memory = stored_and_guarded(gets_all);
    let mut session = open(memory.clone());
    assert_eq!(fate(&session, "draft"), Some(SectionFate::Quarantined));
    session.get(LAYOUT).unwrap();
    crash(session);
    let before = crate::support::frames(&memory);
    let mut session = open(memory.clone());
    assert_withheld(session.get(LAYOUT));
    assert_withheld(session.get(FORM));
    assert_eq!(session.quarantined().len(), 3);
    assert_eq!(session.get_quarantined(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.get_quarantined(LAYOUT).unwrap(), Some(7));
    for (id, bytes) in before {
        assert_eq!(memory.read(id).unwrap(), bytes, "nothing was deleted for it");
    }
    put(&mut session, "menu", |capture| capture.set(LAYOUT, &8));
    session.close().unwrap();

    let mut session = open(memory);
    assert_eq!(session.get(LAYOUT).unwrap(), Some(8), "newer work");
    assert_eq!(session.get_quarantined(LAYOUT).unwrap(), Some(7));
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.get(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.marker().unwrap().element(), "menu");
}

#[test]
fn a_release_that_crashes_on_its_state_works_at_the_sixth_start_and_the_repaired_one_has_everything() {
    let memory = stored();
    let mut worked = Vec::new();
    for start in 1..=20 {
        let mut session = open(memory.clone());
        let layout = session.get(LAYOUT);
        match session.get(FORM) {
            // Here it aborts.
            Ok(Some(_)) => crash(session),
            got => {
                assert_withheld(got);
                assert_eq!(session.outcome(), Outcome::Quarantined);
                assert_eq!(layout.unwrap(), Some(7));
                worked.push(start);
                session.close().unwrap();
            }
        }
    }
    assert_eq!(worked, [6, 9, 12, 15, 18], "what was offered again and crashes again is soon set aside again");
    let mut repaired = open(memory);
    assert_eq!(repaired.get(FORM).unwrap_or_else(|_| repaired.bring_back(FORM).unwrap()).as_deref(), Some("Ana"));
}

#[test]
fn a_marker_that_crashes_cannot_keep_the_user_out() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a/path/that/crashes/the/tree", |_| {});
    session.close().unwrap();
    for _ in 0..ENDS {
        // It goes to the marker's element, and never comes back.
        dies_on(&memory, |session| drop(session.marker().cloned()));
    }
    let mut session = open(memory.clone());
    assert!(session.marker().is_none(), "the sixth start is given nothing");
    assert_eq!(session.outcome(), Outcome::Quarantined);
    assert!(session.can_bring_back());
    session.bring_back_all().unwrap();
    assert!(!session.can_bring_back());
    assert!(session.marker().is_some());
    session.close().unwrap();
    assert!(open(memory).marker().is_some(), "and after one that lived, the marker is back");
}

#[test]
fn a_launch_that_was_given_nothing_is_repeated_without_a_marker() {
    let memory = stored_and_guarded(gets_form);
    dies_on(&memory, |session| {
        assert_withheld(session.get(FORM));
        assert!(session.marker().is_some());
    });
    for _ in 0..4 {
        dies_on(&memory, |session| {
            assert_withheld(session.get(FORM));
            assert!(session.marker().is_none());
        });
    }
}

#[test]
fn an_end_before_anything_was_asked_for_blames_nothing() {
    let memory = stored();
    for _ in 0..2 * ENDS {
        dies_on(&memory, |_| {});
    }
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"), "the state had no part in it");
    assert!(session.quarantined().is_empty());
}

#[test]
fn launches_that_ended_well_do_not_count() {
    let memory = stored();
    let dies = |memory: &MemoryBackend| {
        for _ in 1..ENDS {
            dies_on(memory, gets_all);
        }
    };
    let whole = |memory: &MemoryBackend, why: &str| {
        let mut session = open(memory.clone());
        assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"), "{why}");
        assert!(session.quarantined().is_empty(), "{why}");
        session
    };
    dies(&memory);
    whole(&memory, "four ends").close().unwrap();
    dies(&memory);
    whole(&memory, "a clean close between").suspend(Reason::SessionEnd).unwrap();
    dies(&memory);
    let mut session = whole(&memory, "the end of the desktop session between");
    session.suspend(Reason::Sleep).unwrap();
    crash(session);
    dies(&memory);
    whole(&memory, "killed while it was suspended");
}

/// Every call by which an application may be heard of after it was given its state.
#[test]
fn any_call_after_the_restore_is_a_sign_of_life() {
    type Call = fn(&mut Session);
    let calls: [(&str, Call); 11] = [
        ("ready", Session::confirm_restored),
        ("mark", |session| session.mark("menu")),
        ("mark in a scope", |session| session.scope("window/1").mark("menu")),
        ("autosave of nothing", |session| drop(session.autosave(|_| {}))),
        ("autosave", |session| assert_eq!(put(session, "menu", |_| {}), leftoff::Saved::Written)),
        ("save", |session| drop(session.save(|_| {}))),
        ("changed", Session::mark_dirty),
        ("presence", |session| assert!(!session.user_active())),
        ("drive", |session| assert!(session.run_pending().is_some())),
        ("suspend and wake", |session| {
            session.suspend("call").unwrap();
            session.wake();
        }),
        ("dismiss_marker", Session::dismiss_marker),
    ];
    for (name, call) in calls {
        let memory = stored();
        for _ in 0..20 {
            dies_on(&memory, |session| {
                assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"), "{name}");
                call(session);
            });
        }
        assert!(open(memory).quarantined().is_empty(), "{name}");
    }
}

#[test]
fn a_section_handed_out_later_is_restored_then() {
    let memory = stored();
    for _ in 0..ENDS {
        dies_on(&memory, |session| {
            session.get(LAYOUT).unwrap();
            session.confirm_restored();
            // The user opens the document, and that is the end.
            session.get(FORM).unwrap();
        });
    }
    let mut session = open(memory);
    assert_withheld(session.get(FORM));
    assert_eq!(session.get(LAYOUT).unwrap(), Some(7));
}

#[test]
fn a_launch_that_went_down_with_the_machine_does_not_count() {
    let (memory, clock) = (stored(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    for _ in 0..20 {
        let mut session = start();
        assert!(matches!(session.last_exit(), LastExit::Clean | LastExit::Rebooted), "{:?}", session.last_exit());
        gets_all(&mut session);
        crash(session);
        clock.reboot();
    }
    let mut session = start();
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Rebooted));
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert!(session.quarantined().is_empty());
    // But it takes nothing back either.
    crash(session);
    for _ in 1..ENDS {
        let mut session = start();
        gets_all(&mut session);
        crash(session);
    }
    let mut session = start();
    assert_withheld(session.get(DRAFT));
}

#[test]
fn a_launch_that_goes_on_in_a_new_file_is_still_one_launch() {
    let memory = stored();
    // Alive, compacted, and dead: no failed start, however the log went on.
    for round in 0..6_u8 {
        let mut session = open(memory.clone());
        gets_all(&mut session);
        let mut random = crate::support::Random::new(u64::from(round));
        for _ in 0..12 {
            put(&mut session, "draft", |capture| capture.set(DRAFT, &random.bytes(64 << 10)));
            session.run_pending();
        }
        put(&mut session, "draft", |capture| capture.set(DRAFT, &vec![1, 2, 3]));
        crash(session);
    }
    let mut session = open(memory);
    assert_eq!(session.last_exit(), &LastExit::Crashed);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert!(session.quarantined().is_empty());
}

#[test]
fn a_refused_second_instance_does_not_count() {
    let folder = crate::support::folder::scratch();
    let open = || Session::builder(crate::support::APP).dir(folder.path()).open();
    let mut first = open();
    put(&mut first, "form", |capture| capture.set(FORM, &"Ana".to_owned()));
    for _ in 0..3 {
        let mut second = open();
        assert_eq!(second.outcome(), Outcome::ReadOnly);
        assert_eq!(second.get(FORM).unwrap().as_deref(), Some("Ana"));
        assert!(second.autosave(|_| {}).is_ok_and(|saved| saved == leftoff::Saved::Unchanged));
        second.mark("form");
        let saved = second.autosave(|capture| capture.set(FORM, &"no".to_owned())).unwrap();
        assert_eq!(saved, leftoff::Saved::Deferred);
    }
    first.close().unwrap();
    let mut session = open();
    assert_eq!(session.outcome(), Outcome::Resumed);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
}
