//! The card, and what its buttons do.

use iced::keyboard::key::Named;
use leftoff::marker::cue::Salience;
use leftoff_iced::{Arrow, Drawn, Request, Text};

use crate::support::*;

#[test]
fn the_card_is_above_the_form_and_says_what_was_left_when() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    let (lines, buttons) = desk.app.arrow.card();
    assert!(lines[0].starts_with("Amount · edited, not finished · 42 min ago"), "{lines:?}");
    let bottom = buttons.iter().map(|(_, rect)| rect.y + rect.height).fold(0.0, f32::max);
    assert!(desk.find("form/name").y > bottom);
}

#[test]
fn the_form_takes_the_room_of_the_card_when_it_goes() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    let before = desk.find("form/name").y;
    desk.choose("Not now");
    assert_eq!((desk.app.arrow.drawn(), desk.buttons()), (Drawn::Nothing, vec![]));
    assert!(desk.find("form/name").y < before);
}

#[test]
fn not_now_hides_the_marker_until_the_next_return() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    assert_eq!(desk.buttons(), ["Not now", "Already done", "Undo restore", "×"]);
    desk.choose("Not now");
    assert_eq!(desk.app.arrow.resume().cue().unwrap().salience(), Salience::Hidden);
    assert!(desk.app.arrow.resume().cue().unwrap().is_resting());
    desk.app.arrow.resume().take_back();
    desk.frame();
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}

#[test]
fn already_done_is_saved_with_the_element() {
    let memory = left_at_amount();
    let mut desk = Desk::with(&memory, FORM, 42 * MINUTE);
    desk.choose("Already done");
    assert_eq!(desk.app.requests, [Request::Save]);
    assert_eq!(desk.app.arrow.drawn(), Drawn::Nothing);
    std::mem::forget(desk);
    let desk = Desk::with(&memory, FORM, 84 * MINUTE);
    assert_eq!(desk.words().as_deref(), Some("you finished this"));
    assert_eq!(desk.buttons(), ["Not now", "Undo restore", "×"]);
}

#[test]
fn continue_asks_the_program_to_open_the_page() {
    let memory = left_at_amount();
    let session = open(&memory, 42 * MINUTE);
    let mut desk = Desk::of(session, arrow().opens_pages(), &[(Kind::Field, "settings/color", "Color")]);
    assert!(!desk.app.arrow.card().0[0].contains("no longer"), "it may be on the other page");
    desk.choose("Continue");
    assert_eq!(desk.app.requests, [Request::Save, Request::Open("form/amount".to_owned())]);
    // The program does.
    desk.app.open(FORM);
    desk.frame();
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
    assert!(!desk.frame(), "the window sleeps again");
}

#[test]
fn a_program_without_pages_has_no_button_that_opens_one() {
    let mut desk = Desk::after(leave_at_amount, FORM, &[(Kind::Field, "settings/color", "Color")]);
    assert_eq!(desk.buttons(), ["Not now", "Already done", "Undo restore", "×"]);
    // Nor is it asked for a page.
    desk.app.arrow.resume().take_back();
    desk.frame();
    assert_eq!(desk.app.requests, [] as [Request; 0]);
}

#[test]
fn a_wish_that_the_program_does_not_fulfil_ends() {
    let memory = left_at_amount();
    let session = open(&memory, 42 * MINUTE);
    let mut desk = Desk::of(session, arrow().opens_pages(), &[(Kind::Field, "settings/color", "Color")]);
    desk.choose("Continue");
    assert!((0..10).any(|_| !desk.frame()), "it draws for ever");
    assert_eq!(desk.app.requests.len(), 2, "{:?}", desk.app.requests);
}

#[test]
fn escape_and_the_cross_hide_the_marker() {
    for dismiss in [|desk: &mut Desk| desk.key(Named::Escape), |desk: &mut Desk| desk.choose("×")] {
        let mut desk = Desk::after(leave_at_amount, FORM, FORM);
        dismiss(&mut desk);
        assert_eq!((desk.app.arrow.drawn(), desk.buttons()), (Drawn::Nothing, vec![]));
    }
}

#[test]
fn escape_in_a_field_is_for_the_field_first() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    desk.click("form/name");
    desk.key(Named::Escape);
    assert_ne!(desk.app.arrow.drawn(), Drawn::Nothing);
    desk.key(Named::Escape);
    assert_eq!(desk.app.arrow.drawn(), Drawn::Nothing);
}

#[test]
fn the_marker_is_quiet_once_the_user_is_back() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    desk.click("form/amount");
    desk.write("!");
    assert_eq!(desk.app.values[1], "7 and!");
    assert_eq!((desk.pointed_at().as_deref(), desk.words()), (Some("form/amount"), None));
}

#[test]
fn the_texts_are_those_of_the_program() {
    let memory = left_at_amount();
    let arrow = arrow().texts(|text| match text {
        Text::Pointer(..) => Some("hier waren Sie".to_owned()),
        Text::NotNow => Some("Nicht jetzt".to_owned()),
        _ => None,
    });
    let desk = Desk::of(open(&memory, 42 * MINUTE), arrow, FORM);
    assert_eq!(desk.words().as_deref(), Some("hier waren Sie"));
    assert_eq!(desk.buttons(), ["Nicht jetzt", "Already done", "Undo restore", "×"]);
}

#[test]
fn an_absence_of_days_opens_the_card_with_the_steps_before() {
    let memory = left_at_amount();
    let desk = Desk::with(&memory, FORM, 3 * 24 * 60 * MINUTE);
    let (lines, _) = desk.app.arrow.card();
    assert!(lines.len() == 2 && lines[1].starts_with("Name · edited"), "{lines:?}");
}

#[test]
fn a_low_window_keeps_room_for_the_form() {
    let memory = left_at_amount();
    let mut desk = Desk::with(&memory, FORM, 3 * 24 * 60 * MINUTE);
    let open = desk.find("form/name").y;
    desk.size.height = 130.0;
    desk.frame();
    assert!(desk.find("form/name").y < open);
}

#[test]
fn undo_restore_sets_everything_aside_and_offers_to_bring_it_back() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    desk.choose("Undo restore");
    assert_eq!(desk.app.requests, [Request::Save, Request::ReadAgain]);
    assert_eq!(desk.app.values[..2], ["", ""]);
    let (lines, _) = desk.app.arrow.card();
    assert!(lines[0].starts_with("What was restored is set aside, and kept."), "{lines:?}");
    desk.choose("Bring it back");
    assert_eq!(desk.app.requests[2..], [Request::ReadAgain]);
    assert_eq!(desk.app.values[..2], ["Delmar", "7 and"]);
    assert!(!desk.buttons().contains(&"Bring it back".to_owned()));
}

#[test]
fn a_notice_is_above_the_card() {
    let mut session = open(&left_at_amount(), 42 * MINUTE);
    session.quarantine(VALUES).unwrap();
    let mut desk = Desk::of(session, arrow(), FORM);
    let (lines, _) = desk.app.arrow.card();
    assert!(lines[0].starts_with("What was restored is set aside") && lines[1].starts_with("Amount"), "{lines:?}");
    assert_eq!(desk.buttons(), ["Bring it back", "Later", "Don’t offer again", "Not now", "Already done", "×"]);
    desk.choose("Bring it back");
    assert_eq!(desk.app.values[1], "7 and");
    assert_eq!(desk.buttons(), ["Not now", "Already done", "×"]);
}

#[test]
fn later_hides_the_notice() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    desk.choose("Undo restore");
    desk.choose("Later");
    assert!(!desk.buttons().contains(&"Bring it back".to_owned()), "{:?}", desk.buttons());
    assert_eq!(desk.app.values[..2], ["", ""]);
}

fn arrow() -> Arrow {
    Arrow::new().policy(policy())
}
