//! The next version of the program: as sure as what was found, and no surer.

use eframe::egui::vec2;
use egui_kittest::kittest::Queryable;
use leftoff::Action;
use leftoff::marker::anchor::Position;
use leftoff::marker::resolve::Certainty;
use leftoff_egui::{Drawn, Target};

use crate::app::Options;
use crate::support::{Desk, HERE, Place};

fn next(field: &str) -> Desk {
    let place = Place::default();
    place.open(Options::default()).write(field, "7");
    let mut desk = place.open(Options { next: true, ..Place::after(42) });
    desk.stir();
    desk
}

fn bracket(desk: &Desk) -> Option<&str> {
    match desk.0.state().arrow.drawn() {
        Some(Drawn::Bracket { round, .. }) => Some(round),
        _ => None,
    }
}

#[test]
fn a_field_that_only_moved_has_its_arrow() {
    let desk = next("Amount");
    assert_eq!(desk.0.state().arrow.certainty(), Some(Certainty::Point));
    assert_eq!(desk.pointed_at(), Some(("Amount".to_owned(), HERE.to_owned())));
}

#[test]
fn a_field_whose_new_name_was_told_has_its_arrow() {
    let desk = next("Reference");
    assert_eq!(desk.0.state().arrow.certainty(), Some(Certainty::Point));
    assert_eq!(desk.pointed_at().map(|(name, _)| name).as_deref(), Some("Order number"));
    assert_eq!(desk.0.state().arrow.pointed_at(), Some("invoice/42/order-number"));
}

#[test]
fn a_field_whose_new_name_nobody_told_has_an_arrow_that_says_moved() {
    let desk = next("Due date");
    assert_eq!(desk.0.state().arrow.certainty(), Some(Certainty::Moved));
    assert_eq!(desk.pointed_at(), Some(("Due date".to_owned(), format!("{HERE} · moved"))));
    assert!(desk.reads("moved"));
}

#[test]
fn the_card_says_moved_where_the_arrow_has_no_room_for_words() {
    let moved = "it has moved";
    let mut desk = next("Due date");
    assert!(desk.reads("· moved") && !desk.reads(moved), "once is enough");
    desk.0.set_size(vec2(330.0, 520.0));
    desk.0.run();
    assert!(!desk.reads("· moved") && desk.reads(moved));
    let mut still = next("Amount");
    still.0.set_size(vec2(330.0, 520.0));
    still.0.run();
    assert!(!still.reads(moved));
}

#[test]
fn a_field_that_is_gone_has_a_bracket_and_never_an_arrow() {
    let desk = next("Cost centre");
    assert_eq!(desk.0.state().arrow.certainty(), Some(Certainty::Region));
    assert_eq!((desk.pointed_at(), desk.painted_arrow()), (None, None));
    assert!(bracket(&desk).is_some_and(|round| round.starts_with("invoice/42")), "{:?}", bracket(&desk));
    assert!(desk.reads("Cost centre"), "what is gone is named");
    assert!(desk.announced().unwrap().contains("Cost centre"));
}

#[test]
fn where_it_was_in_the_window_is_kept_until_something_is_touched() {
    let place = Place::default();
    place.open(Options::default()).write("Amount", "7");
    let height = |desk: &Desk| {
        let marker = desk.0.state().session.marker().unwrap();
        marker.position().and_then(Position::viewport_fraction).map(|(_, y)| y)
    };
    let mut looked_at = place.open(Place::after(5));
    let before = height(&looked_at);
    assert!(before.is_some());
    looked_at.0.state_mut().session.mark_dirty();
    looked_at.stir();
    drop(looked_at);
    assert_eq!(height(&place.open(Place::after(10))), before);
}

#[test]
fn where_nothing_is_left_the_card_stands_alone() {
    let place = Place::default();
    let mut desk = place.open(Options::default());
    let language = Target::new("settings/language").label("Language");
    desk.0.state_mut().arrow.touch(language, Action::Choose);
    desk.0.run();
    drop(desk);
    let mut desk = place.open(Place::after(42));
    desk.stir();
    assert_eq!(desk.0.state().arrow.certainty(), Some(Certainty::Card));
    assert_eq!(desk.0.state().arrow.drawn(), Some(&Drawn::Nothing));
    assert!(desk.0.query_by_label("Dismiss").is_some());
    assert!(desk.announced().unwrap().contains("Language"));
}
