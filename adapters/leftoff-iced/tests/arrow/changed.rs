//! The user comes back to another version of the program.

use leftoff_iced::{Drawn, Request};

use crate::support::*;

#[test]
fn the_same_form_has_its_texts_and_an_arrow_at_the_field() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    assert_eq!(desk.app.values[..2], ["Delmar", "7 and"]);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
    assert_eq!(desk.words().as_deref(), Some("you left off here"));
}

#[test]
fn a_field_that_was_renamed_is_found_by_its_label_and_called_moved() {
    let now = [
        (Kind::Field, "form/sum-of-money", "Amount"),
        (Kind::Field, "form/color", "Color"),
        (Kind::Field, "form/name", "Name"),
        (Kind::Field, "form/due", "Due"),
        (Kind::Button, "form/send", "Send"),
    ];
    let desk = Desk::after(leave_at_amount, FORM, &now);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/sum-of-money"));
    assert_eq!(desk.words().as_deref(), Some("you left off here · moved"));
}

#[test]
fn the_arrow_follows_a_field_to_another_row() {
    let now: Vec<Item> = FORM.iter().rev().copied().collect();
    let desk = Desk::after(leave_at_amount, FORM, &now);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}

#[test]
fn a_field_that_is_gone_gets_a_bracket_around_its_neighbour() {
    let now: Vec<Item> = FORM.iter().filter(|item| item.1 != "form/amount").copied().collect();
    let desk = Desk::after(leave_at_amount, FORM, &now);
    assert!(matches!(desk.app.arrow.drawn(), Drawn::Bracket { around, .. } if around == "form/name"));
    assert_eq!(desk.words().as_deref(), Some("“Amount” came after this"));
}

#[test]
fn a_form_that_is_gone_leaves_the_card() {
    let now = [(Kind::Field, "settings/color", "Color")];
    let desk = Desk::after(leave_at_amount, FORM, &now);
    assert_eq!(desk.app.arrow.drawn(), Drawn::Nothing);
    let (lines, _) = desk.app.arrow.card();
    assert!(lines[0].starts_with("Amount") && lines[0].ends_with("it is no longer here"), "{lines:?}");
    assert_eq!(desk.app.requests, [] as [Request; 0]);
}

const ROWS: &[Item] = &[(Kind::Row, "list/7", "Train"), (Kind::Row, "list/8", "Hotel"), (Kind::Row, "list/9", "Taxi")];

fn leave_in_the_hotel(desk: &mut Desk) {
    desk.click("list/8");
    desk.write("120");
}

#[test]
fn the_arrow_follows_a_record_to_another_row() {
    let now: Vec<Item> = ROWS.iter().rev().copied().chain([(Kind::Row, "list/10", "Museum")]).collect();
    let mut desk = Desk::after(leave_in_the_hotel, ROWS, &now);
    assert_eq!(desk.pointed_at().as_deref(), Some("list/8/notes"));
    let (field, Drawn::Arrow { bounds, .. }) = (desk.find("list/8"), desk.app.arrow.drawn()) else {
        panic!("no arrow")
    };
    let bounds = rectangle(bounds);
    assert!(bounds.center_y() > field.y && bounds.center_y() < field.y + field.height);
}

#[test]
fn a_record_that_is_gone_gets_no_arrow_in_another_record() {
    let now: Vec<Item> = ROWS.iter().filter(|item| item.1 != "list/8").copied().collect();
    let desk = Desk::after(leave_in_the_hotel, ROWS, &now);
    assert_eq!(desk.pointed_at(), None);
    assert!(matches!(desk.app.arrow.drawn(), Drawn::Bracket { around, .. } if around == "list/7"));
}
