//! What nobody marked is saved all the same.

use std::time::Duration;

use iced::keyboard::key::Named;
use leftoff::backend::MemoryBackend;

use crate::support::*;

fn kept_after(leave: impl FnOnce(&mut Desk), items: &[Item]) -> Vec<String> {
    let memory = MemoryBackend::new();
    let mut desk = Desk::with(&memory, items, Duration::ZERO);
    leave(&mut desk);
    std::mem::forget(desk);
    Desk::with(&memory, items, MINUTE).app.values
}

#[test]
fn text_in_a_field_that_is_not_marked_survives_a_kill() {
    let items = [(Kind::Plain, "plain", "Plain")];
    let leave = |desk: &mut Desk| {
        desk.click("plain");
        desk.write("kept");
    };
    assert_eq!(kept_after(leave, &items)[0], "kept");
}

#[test]
fn a_choice_from_a_menu_survives_a_kill() {
    let items = [(Kind::Menu, "menu", "Choose")];
    let leave = |desk: &mut Desk| {
        // The menu takes the press, and the root of the view does not hear of it.
        desk.click_at(iced::Point::new(90.0, 35.0));
        // Another message, of a timer for example, saves what was due.
        desk.app.update(Message::Pressed);
        desk.click_at(iced::Point::new(90.0, 85.0));
        assert_eq!(desk.app.values[0], "two");
    };
    assert_eq!(kept_after(leave, &items)[0], "two");
}

#[test]
fn a_change_by_a_subscription_to_input_survives_a_kill() {
    let items = [(Kind::Label, "form/help", "Help"), (Kind::Field, "form/name", "Name")];
    let keys = |desk: &mut Desk| {
        desk.click("form/name");
        desk.key(Named::F2);
        // The message of a subscription comes after those of the widgets.
        desk.app.update(Message::Shortcut);
    };
    assert_eq!(kept_after(keys, &items)[0], "!");
    let pointer = |desk: &mut Desk| {
        desk.click("Help");
        assert_eq!(desk.app.requests, [leftoff_iced::Request::Save], "the touch alone was saved");
        desk.app.update(Message::Shortcut);
    };
    assert_eq!(kept_after(pointer, &items)[0], "!");
}
