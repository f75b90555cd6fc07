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

/// A request that takes long, and a user who is in a call meanwhile.
#[test]
fn what_the_program_finishes_ends_no_absence() {
    for is_suspended in [true, false] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::with_uptime());
        let mut session = timed(&memory, &clock);
        session.mark(Mark::new("send").label("Send").phase(Phase::InProgress));
        put(&mut session, Mark::new("notes").label("Notes"), |_| {});
        if is_suspended {
            session.suspend(Reason::Call).unwrap();
        }
        clock.advance(minutes(10));
        session.mark_finished("send");
        session.autosave(|_| {}).unwrap();
        assert_eq!(session.marker(), None, "nobody is back");
        clock.advance(minutes(50));
        assert!(if is_suspended { session.wake().is_some() } else { session.user_active() });
        let marker = session.marker().unwrap();
        let reason = if is_suspended { Reason::Call } else { Reason::Absence };
        assert_eq!((marker.element(), marker.away()), ("notes", Some(minutes(60))));
        assert_eq!(marker.reason(), Some(&reason));
        let sent = session.timeline().into_iter().rfind(|(_, entry)| entry.element() == "send").unwrap().1;
        assert_eq!((sent.phase(), clock.wall().since(sent.at())), (Phase::Committed, Some(minutes(60))));
    }
}

#[test]
fn what_is_finished_keeps_its_place_in_the_timeline() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let fields: Vec<String> = (0..32).map(|number| format!("field/{number}")).collect();
    for field in &fields {
        session.mark(field.as_str());
    }
    session.autosave(|_| {}).unwrap();
    for _ in 0..3 {
        session.mark_finished("field/0");
        session.mark_finished("field/7");
    }
    session.autosave(|_| {}).unwrap();
    let listed = |session: &Session| {
        let timeline = session.timeline().into_iter();
        timeline.map(|(_, entry)| (entry.element().to_owned(), entry.phase())).collect::<Vec<_>>()
    };
    let is_finished = |field: &String| ["field/0", "field/7"].contains(&field.as_str());
    let phase = |field| if is_finished(field) { Phase::Committed } else { Phase::Unknown };
    let right: Vec<_> = fields.iter().map(|field| (field.clone(), phase(field))).collect();
    assert_eq!(listed(&session), right);
    crash(session);
    assert_eq!(listed(&open(memory)), right);
}
