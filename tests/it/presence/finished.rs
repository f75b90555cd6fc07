//! What the user or the program has finished.

use super::*;

#[test]
fn a_finished_act_comes_back_as_finished() {
    let memory = MemoryBackend::new();
    for phase in [Phase::InProgress, Phase::Committed, Phase::Failed] {
        let mut session = open(memory.clone());
        put(&mut session, Mark::new("invoice/42/send").phase(phase), |capture| capture.set(FORM, &1));
        crash(session);
        assert_eq!(open(memory.clone()).marker().unwrap().phase(), phase);
    }
}

/// The request was sent while the user was at something else.
#[test]
fn what_the_program_finishes_does_not_move_the_arrow() {
    for window in ["", "other"] {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        session.scope(window).mark(Mark::new("invoice/42/send").label("Send").phase(Phase::InProgress));
        put(&mut session, Mark::new("invoice/42/notes").label("Notes").phase(Phase::InProgress), |_| {});
        session.scope(window).mark_finished("invoice/42/send");
        session.scope(window).mark_finished("never/touched");
        session.autosave(|_| {}).unwrap();
        crash(session);
        let mut session = open(memory.clone());
        let marker = session.marker().unwrap();
        assert_eq!((marker.scope(), marker.element(), marker.phase()), ("", "invoice/42/notes", Phase::InProgress));
        let sent = session.timeline().into_iter().rfind(|(_, entry)| entry.element() == "invoice/42/send").unwrap();
        assert_eq!((sent.1.phase(), sent.1.label()), (Phase::Committed, Some("Send")));
        assert!(session.scope(window).marker().is_some());
    }
}
