//! What the user does, and what is marked.

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::{Action, Phase};
use leftoff_slint::Drawn;
use slint::platform::Key;

use crate::support::*;

fn desk() -> Desk {
    Desk::with(&MemoryBackend::new(), FORM, Duration::ZERO)
}

#[test]
fn click_and_keys_in_a_field_are_focus_and_edit() {
    let desk = desk();
    desk.click(1);
    let path = || "form/amount".to_owned();
    assert_eq!(desk.last(), Some((path(), Some("Amount".to_owned()), Action::Focus, Phase::Unknown)));
    desk.write("7");
    assert_eq!(desk.last(), Some((path(), Some("Amount".to_owned()), Action::Edit, Phase::InProgress)));
}

#[test]
fn tab_key_marks_the_field_that_gets_the_focus() {
    let desk = desk();
    desk.click(0);
    desk.key(Key::Tab);
    assert_eq!(desk.last().map(|last| (last.0, last.2)), Some(("form/amount".to_owned(), Action::Focus)));
}

#[test]
fn press_of_a_button_that_sends_finishes() {
    let desk = desk();
    desk.click(4);
    assert_eq!(desk.app.get_pressed(), 1);
    let last = desk.last().unwrap();
    assert_eq!((last.0.as_str(), last.2, last.3), ("form/send", Action::Press, Phase::Committed));
}

#[test]
fn label_of_a_sensitive_element_is_not_marked() {
    let desk = desk();
    desk.click(3);
    desk.write("x");
    assert_eq!(desk.last().map(|last| (last.0, last.1)), Some(("form/secret".to_owned(), None)));
}

#[test]
fn focus_that_the_program_sets_is_no_touch() {
    let desk = desk();
    desk.app.invoke_focus_first();
    desk.key(Key::Tab);
    // With input, it is one.
    assert!(desk.last().is_some());
    let desk = self::desk();
    desk.app.invoke_focus_field();
    pump();
    assert_eq!(desk.last(), None);
}

#[test]
fn work_at_the_field_makes_the_marker_quiet_and_esc_hides_it() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    assert!(desk.words().is_some());
    desk.app.invoke_focus_first();
    desk.key(Key::Escape);
    assert_eq!((desk.arrow.drawn(), desk.arrow.card()), (Drawn::Nothing, (vec![], vec![])));
    desk.arrow.take_back();
    pump();
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}

#[test]
fn already_done_is_marked_and_hides_the_marker() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    desk.choose("Already done");
    assert_eq!(desk.arrow.drawn(), Drawn::Nothing);
    let last = desk.last().unwrap();
    assert_eq!((last.0.as_str(), last.3), ("form/amount", Phase::Committed));
}

#[test]
fn not_now_is_until_the_next_return() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    desk.choose("Not now");
    assert_eq!(desk.arrow.drawn(), Drawn::Nothing);
    desk.arrow.suspend(leftoff::Reason::Call).unwrap();
    desk.arrow.wake();
    pump();
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}
