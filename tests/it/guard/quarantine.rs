//! What the guard withheld, and the user's way back to it.

use leftoff::backend::MemoryBackend;
use leftoff::{Outcome, QuarantineReason, ResumePoint, Session};

use super::{DRAFT, FORM, LAYOUT, assert_withheld, dies_on, gets_all, gets_form, reasons, stored, stored_and_guarded};
use crate::support::{crash, open, put};

#[test]
fn a_default_saved_at_start_does_not_push_the_withheld_value_out() {
    let memory = stored_and_guarded(gets_form);
    // A release that reads, saves what it has at once, and crashes later.
    for _ in 0..20 {
        let mut session = open(memory.clone());
        let form = session.get_or_default(FORM);
        session.mark_dirty();
        session.save(|capture| capture.set(FORM, &form)).unwrap();
        crash(session);
    }
    // The repaired release.
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn work_done_meanwhile_stays_and_the_withheld_value_is_kept_until_it_is_brought_back() {
    let memory = stored_and_guarded(gets_form);
    let mut session = open(memory.clone());
    assert_withheld(session.get(FORM));
    put(&mut session, "form/name", |capture| capture.set(FORM, &"Bo".to_owned()));
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Bo"));
    session.close().unwrap();
    for round in 0..20 {
        let mut session = open(memory.clone());
        assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Bo"));
        assert_eq!(session.get_quarantined(FORM).unwrap().as_deref(), Some("Ana"), "launch {round}");
        put(&mut session, "layout", |capture| capture.set(LAYOUT, &round));
        session.run_pending();
        session.close().unwrap();
    }

    let mut session = open(memory.clone());
    assert_eq!(session.bring_back(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(reasons(&session), [("form".to_owned(), QuarantineReason::Replaced)]);
    crash(session);
    let mut session = open(memory.clone());
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.bring_back(FORM).unwrap().as_deref(), Some("Bo"), "that can be undone, too");
    assert_eq!(session.get_quarantined(FORM).unwrap().as_deref(), Some("Ana"));
    session.discard_quarantined(FORM);
    session.autosave(|_| {}).unwrap();
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Bo"));
    assert!(session.quarantined().is_empty());
    assert_eq!(session.bring_back(FORM).unwrap(), None);
}

#[test]
fn a_value_saved_in_the_same_launch_goes_into_quarantine_when_another_is_brought_back() {
    let memory = stored_and_guarded(gets_form);
    let mut session = open(memory.clone());
    assert_withheld(session.get(FORM));
    put(&mut session, "form/name", |capture| capture.set(FORM, &"Bo".to_owned()));
    assert_eq!(session.bring_back(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.get_quarantined(FORM).unwrap().as_deref(), Some("Bo"));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.get_quarantined(FORM).unwrap().as_deref(), Some("Bo"));
}

#[test]
fn what_is_saved_before_a_section_that_was_brought_back_is_read_does_not_replace_it() {
    let memory = stored_and_guarded(gets_form);
    let mut session = open(memory.clone());
    let form = session.get_or_default(FORM);
    assert_eq!(session.bring_back_all().unwrap(), 1);
    // The program does not know that it has to read it again.
    put(&mut session, "form/name", |capture| capture.set(FORM, &form));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some(""));
    assert_eq!(session.bring_back(FORM).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn a_default_that_is_withheld_in_its_turn_is_not_offered_instead_of_the_value() {
    let memory = stored_and_guarded(gets_form);
    dies_on(&memory, |session| {
        let form = session.get_or_default(FORM);
        session.mark_dirty();
        session.save(|capture| capture.set(FORM, &form)).unwrap();
        // It is this one that crashes it.
        session.get(DRAFT).unwrap();
    });
    let mut session = open(memory.clone());
    assert_withheld(session.get(FORM));
    session.confirm_restored();
    crash(session);
    assert_eq!(open(memory).get(FORM).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn one_call_brings_everything_back_the_marker_included() {
    let memory = stored_and_guarded(gets_all);
    dies_on(&memory, |session| drop(session.get(LAYOUT)));
    let mut session = open(memory.clone());
    let all = ["draft", "form", "layout"];
    let expected = [
        (all[0].to_owned(), QuarantineReason::Blamed),
        (all[1].to_owned(), QuarantineReason::FreshStart),
        (all[2].to_owned(), QuarantineReason::FreshStart),
    ];
    assert_eq!(reasons(&session), expected);
    assert!(
        session.marker().is_none() && session.last_active_scope().is_none(),
        "an arrow into a state that is not there"
    );
    put(&mut session, "menu", |_| {});
    assert_eq!(session.bring_back_all().unwrap(), 3);
    gets_all(&mut session);
    assert_eq!(session.marker().unwrap().element(), "menu");
    assert_eq!(session.marker().unwrap().trail().first().unwrap().element(), "form/name");
    session.confirm_restored();
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.outcome(), Outcome::Recovered);
    gets_all(&mut session);
}

#[test]
fn what_was_brought_back_and_crashes_again_is_left_out_alone() {
    let memory = stored_and_guarded(gets_form);
    dies_on(&memory, |session| {
        session.bring_back(FORM).unwrap();
        session.get(FORM).unwrap();
    });
    let mut session = open(memory);
    assert_withheld(session.get(FORM));
    assert_eq!(session.get(LAYOUT).unwrap(), Some(7));
}

#[test]
fn a_start_beside_newer_work_still_says_that_something_is_set_aside() {
    let memory = stored_and_guarded(gets_form);
    let mut session = open(memory.clone());
    assert_withheld(session.get(FORM));
    put(&mut session, "form/name", |capture| capture.set(FORM, &"Bo".to_owned()));
    session.close().unwrap();
    let mut session = open(memory.clone());
    assert_eq!(session.outcome(), Outcome::Quarantined);
    assert_eq!(session.bring_back(FORM).unwrap().as_deref(), Some("Ana"));
    session.close().unwrap();
    assert_eq!(open(memory).outcome(), Outcome::Resumed);
}

#[test]
fn can_bring_back_is_true_until_all_that_was_withheld_is_back_or_discarded() {
    let mut session = open(stored());
    session.get(FORM).unwrap();
    assert!(!session.can_bring_back());
    for is_wanted in [true, false] {
        let memory = stored_and_guarded(gets_form);
        let mut session = open(memory.clone());
        assert!(session.can_bring_back());
        if is_wanted {
            drop(session.bring_back(FORM).unwrap());
        } else {
            session.discard_quarantined(FORM);
        }
        assert!(!session.can_bring_back());
        session.save(|_| {}).unwrap();
        session.close().unwrap();
        assert!(!open(memory).can_bring_back());
    }
}

/// A launch from which "deadly" is withheld, and the point of the history at which the section was "Ana".
fn withheld_beside_an_earlier_value() -> (MemoryBackend, Session, ResumePoint) {
    let memory = stored();
    let mut session = open(memory.clone());
    put(&mut session, "form/name", |capture| capture.set(FORM, &"deadly".to_owned()));
    session.close().unwrap();
    for _ in 0..5 {
        dies_on(&memory, gets_form);
    }
    let session = open(memory.clone());
    let mut history = session.history().unwrap().into_iter();
    let point = history.find(|point| session.get_at(point, FORM).unwrap().as_deref() == Some("Ana")).unwrap();
    (memory, session, point)
}

#[test]
fn a_value_restored_from_history_while_another_is_withheld_stays_the_value() {
    let (memory, mut session, point) = withheld_beside_an_earlier_value();
    assert!(session.restore_section(&point, FORM).unwrap());
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.get_quarantined(FORM).unwrap().as_deref(), Some("deadly"));
}

#[test]
fn going_back_in_history_keeps_what_is_in_quarantine() {
    let (memory, mut session, point) = withheld_beside_an_earlier_value();
    session.resume_at(&point).unwrap();
    assert!(session.can_bring_back());
    assert_eq!(session.get_quarantined(FORM).unwrap().as_deref(), Some("deadly"));
    session.close().unwrap();
    assert_eq!(open(memory).get_quarantined(FORM).unwrap().as_deref(), Some("deadly"));
}
