//! What the user does is marked, without a line in the program.

use iced::keyboard::key::Named;
use leftoff::backend::MemoryBackend;
use leftoff::{Action, AppId, Phase, Session};
use leftoff_iced::{Arrow, Request};

use crate::support::*;

fn touched(path: &str, label: &str, action: Action, phase: Phase) -> Touched {
    (path.to_owned(), Some(label.to_owned()), action, phase)
}

fn desk(items: &[Item]) -> Desk {
    Desk::with(&MemoryBackend::new(), items, std::time::Duration::ZERO)
}

#[test]
fn a_field_is_marked_when_it_gets_the_focus_and_when_it_is_edited() {
    let mut desk = desk(FORM);
    assert_eq!(desk.last(), None);
    desk.click("form/name");
    desk.key(Named::ArrowLeft);
    assert_eq!(desk.last().unwrap(), touched("form/name", "Name", Action::Focus, Phase::Unknown));
    desk.write("D");
    assert_eq!(desk.last().unwrap(), touched("form/name", "Name", Action::Edit, Phase::InProgress));
    assert_eq!(desk.app.values[0], "D");
    // For the focus. The letter has a message of its own.
    assert_eq!(desk.app.requests, [Request::Save]);
}

#[test]
fn a_click_or_an_arrow_key_in_a_text_in_progress_leaves_it_in_progress() {
    let mut desk = desk(FORM);
    desk.click("form/name");
    desk.write("Del");
    desk.click("form/name");
    desk.key(Named::ArrowLeft);
    assert_eq!(desk.last().unwrap(), touched("form/name", "Name", Action::Edit, Phase::InProgress));
}

#[test]
fn a_text_that_the_caret_has_left_is_no_longer_in_progress() {
    let mut desk = desk(FORM);
    desk.click("form/name");
    desk.write("D");
    desk.click_at(iced::Point::new(600.0, 400.0));
    assert_eq!(desk.last().unwrap(), touched("form/name", "Name", Action::Edit, Phase::Unknown));
}

#[test]
fn a_button_and_a_check_box_are_marked_when_they_are_pressed() {
    let mut desk = desk(&[(Kind::Button, "form/send", "Send"), (Kind::Check, "form/urgent", "Urgent")]);
    desk.click("Send");
    assert_eq!(desk.last().unwrap(), touched("form/send", "Send", Action::Press, Phase::Committed));
    desk.click("Urgent");
    assert_eq!(desk.last().unwrap(), touched("form/urgent", "Urgent", Action::Press, Phase::Unknown));
    assert_eq!(desk.app.values[1], "true");
}

#[test]
fn a_focus_that_the_program_sets_is_no_touch() {
    let mut desk = desk(FORM);
    desk.focus("form/amount");
    desk.frame();
    assert_eq!(desk.last(), None);
    // With the Tab key, the program moves the focus for the user.
    desk.key(Named::Tab);
    desk.focus("form/due");
    desk.frame();
    assert_eq!(desk.last().unwrap(), touched("form/due", "Due", Action::Focus, Phase::Unknown));
}

#[test]
fn a_touch_is_saved_although_no_widget_sends_a_message() {
    let memory = MemoryBackend::new();
    let mut desk = Desk::with(&memory, FORM, std::time::Duration::ZERO);
    desk.click("form/due");
    std::mem::forget(desk);
    let desk = Desk::with(&memory, FORM, 42 * MINUTE);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/due"));
}

#[test]
fn neither_a_value_nor_the_label_of_a_password_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let items = [(Kind::Password, "form/pin", "My secret pin"), (Kind::Field, "form/name", "Name")];
    let session = Session::builder(AppId::new("org.example.test")).dir(dir.path()).open();
    let mut desk = Desk::of(session, Arrow::new(), &items);
    desk.click("form/pin");
    desk.write("hunter2");
    assert_eq!((desk.last().unwrap().0, &*desk.app.values[0]), ("form/pin".to_owned(), "hunter2"));
    desk.click("form/name");
    drop(desk);
    let stored = bytes(dir.path());
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("form/pin") && holds("Name"));
    assert!(!holds("secret") && !holds("hunter"));
}

/// The contents of all files in a directory.
fn bytes(dir: &std::path::Path) -> Vec<u8> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { bytes(&path) } else { std::fs::read(path).unwrap() }).collect()
}
