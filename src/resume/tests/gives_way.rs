//! What the user did later, in another window or after an undone restore.

use super::*;

/// The user undid the restore of [`killed`], and the program shows what it shows at a first start.
fn undone(memory: &MemoryBackend) -> (Session, Resume) {
    let (mut session, mut resume) = (open(memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b"]));
    assert!(resume.act(&mut session, CardAction::UndoRestore));
    assert!(resume.refresh(&mut session));
    (session, resume)
}

#[test]
fn bringing_back_says_what_it_replaced_and_can_be_undone() {
    let memory = killed();
    let (mut session, mut resume) = undone(&memory);
    resume.touch(&mut session, Mark::new("form/a").action(Action::Edit));
    session.autosave(|capture| capture.set(TEXT, &"new".to_owned())).unwrap();
    assert_eq!(resume.notice(&session), Some(Notice::Undone));
    for (text, element) in [("old", "form/b"), ("new", "form/a"), ("old", "form/b")] {
        assert!(resume.bring_back(&mut session));
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some(text));
        assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b"]));
        assert_eq!(resume.target(), Some(element), "the arrow is of the state that is shown");
        assert_eq!(resume.notice(&session), Some(Notice::Replaced));
    }
    assert!(resume.put_off());
    assert_eq!(resume.notice(&session), None);
    assert!(!resume.bring_back(&mut session));
    drop(session);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b"]));
    assert_eq!(resume.notice(&session), None);
    assert_eq!(resume.target(), Some("form/b"));
}

#[test]
fn bringing_back_over_nothing_has_nothing_to_say() {
    let (mut session, mut resume) = undone(&killed());
    assert_eq!(resume.notice(&session), Some(Notice::Undone));
    assert!(resume.bring_back(&mut session));
    assert_eq!(resume.notice(&session), None);
}

#[test]
fn what_the_program_saved_by_itself_is_not_offered() {
    let (mut session, mut resume) = undone(&killed());
    session.mark_dirty();
    session.autosave(|capture| capture.set(TEXT, &String::new())).unwrap();
    assert_eq!(resume.notice(&session), Some(Notice::Undone));
    assert!(resume.bring_back(&mut session));
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("old"));
    assert_eq!(resume.notice(&session), None);
}

#[test]
fn an_undone_restore_is_offered_at_the_next_start_and_later_means_the_start_after_it() {
    let memory = killed();
    drop(undone(&memory));
    for _ in 0..2 {
        let (mut session, mut resume) = (open(&memory), Resume::new(""));
        assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b"]));
        assert_eq!(resume.notice(&session), Some(Notice::Undone));
        assert_eq!(resume.marker(), None);
        assert!(resume.put_off());
        assert_eq!(resume.notice(&session), None);
    }
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert_eq!(resume.notice(&session), Some(Notice::Undone));
    assert!(resume.stop_offering(&mut session) && !resume.stop_offering(&mut session));
    assert_eq!(resume.notice(&session), None);
    drop(session);
    assert_eq!(resume.notice(&open(&memory)), None);
}

#[test]
fn the_marker_of_a_window_gives_way_to_work_in_another_one() {
    let memory = left_at("form/b", &["form/a", "form/b"]);
    let (mut session, mut resume, mut other) = (open(&memory), Resume::new(""), Resume::new("memo"));
    let fields = &["form/a", "form/b"][..];
    assert!(!lay_out(&mut resume, &mut session, fields) && resume.card(&session).is_some());
    other.touch(&mut session, "memo/text");
    assert!(!lay_out(&mut resume, &mut session, fields));
    assert_eq!((pointer(&resume), resume.card(&session)), (None, None));
    assert!(resume.cue().unwrap().is_resting(), "the way back stays");
    // The user wants to see it, and works on in the other window.
    assert!(resume.take_back());
    assert!(!lay_out(&mut resume, &mut session, fields) && pointer(&resume).is_some());
    // A window that opens only now.
    let mut late = Resume::new("");
    assert!(!lay_out(&mut late, &mut session, fields));
    assert_eq!((pointer(&late), late.card(&session)), (None, None));
    // After an absence, each window has its marker again.
    session.suspend(Reason::Call).unwrap();
    session.wake();
    assert!(!lay_out(&mut resume, &mut session, fields) && pointer(&resume).is_some());
}

#[test]
fn what_the_program_finishes_in_another_window_is_no_work_of_the_user() {
    let memory = left_at("form/b", &["form/b"]);
    let mut session = open(&memory);
    session.scope("memo").mark("memo/send");
    session.autosave(|_| {}).unwrap();
    drop(session);
    let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
    session.scope("memo").mark_finished("memo/send");
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert!(pointer(&resume).is_some());
}
