//! A line that the user writes down before turning to an interruption.

use leftoff::backend::MemoryBackend;
use leftoff::marker::anchor::Elements;
use leftoff::marker::resolve::Match;
use leftoff::time::Clock;
use leftoff::{Action, Mark, Reason};

use crate::support::clock::minutes;
use crate::support::{ManualClock, crash, open, still};

/// What the user wrote down comes first, and the arrow stays where it was.
#[test]
fn note_for_oneself_is_shown_first_after_a_kill_and_the_marker_is_at_the_last_touch() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    let mut elements = Elements::new();
    let amount = elements.add("form/amount");
    session.mark(Mark::new("form/amount").action(Action::Edit).label("Amount"));
    session.autosave(|capture| capture.anchor(&elements)).unwrap();
    clock.advance(minutes(1));
    session.suspend_with_note(Reason::Call, " next: call Ana ").unwrap();
    crash(session);
    clock.advance(minutes(30));
    let mut session = still(memory).clock(clock.clone()).open();
    let marker = session.marker().unwrap();
    assert_eq!(marker.resolve(&elements).outcome(), Match::Exact(amount));
    let card = marker.card(clock.now().wall);
    assert_eq!((card.note(), card.why()), (Some("next: call Ana"), Some("before a call")));
    assert!(card.to_string().starts_with("Note: next: call Ana\nAmount: edited, 31 min ago"), "{card}");
    // Once the user has gone on elsewhere, it is past.
    session.mark("form/other");
    session.suspend_with_note(Reason::Call, "  ").unwrap();
    assert_eq!(session.wake().unwrap().note(), None);
}

#[test]
fn note_for_oneself_before_any_touch_is_not_lost() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.suspend_with_note(Reason::Meeting, "read the contract first").unwrap();
    crash(session);
    let session = open(memory);
    assert_eq!(session.marker().unwrap().note(), Some("read the contract first"));
}
