//! The element is scrolled out of view.

use std::cell::RefCell;

use iced::widget::{column, container, scrollable, text};
use iced::{Element, Event, Point, mouse, window};
use iced_test::{selector, simulator};
use leftoff_iced::{Arrow, Drawn, Request, mark};

use crate::support::*;

const LONG: &[Item] = &[(Kind::Field, "form/name", "Name"), (Kind::Gap, "", ""), (Kind::Field, "form/notes", "Notes")];

fn wheel(desk: &mut Desk, lines: f32) {
    desk.click_at(Point::new(600.0, 300.0));
    desk.send(&[Event::Mouse(mouse::Event::WheelScrolled { delta: mouse::ScrollDelta::Lines { x: 0.0, y: lines } })]);
    desk.frame();
}

/// Left at the field below, and back.
fn desk() -> Desk {
    let leave = |desk: &mut Desk| {
        wheel(desk, -100.0);
        desk.click("form/notes");
        desk.write("ask Mei");
    };
    Desk::after(leave, LONG, LONG)
}

#[test]
fn the_arrow_is_at_the_edge_and_points_there() {
    let desk = desk();
    let Drawn::Arrow { element, bounds, words, is_off_screen } = desk.app.arrow.drawn() else { panic!("no arrow") };
    assert_eq!((&*element, is_off_screen), ("form/notes", true));
    let bounds = rectangle(bounds);
    assert!(bounds.y + bounds.height <= SIZE.height && bounds.y > SIZE.height - 60.0, "{bounds:?}");
    assert_eq!(words.unwrap().0, "Notes, further down");
}

#[test]
fn a_click_on_the_arrow_scrolls_there() {
    let mut desk = desk();
    let Drawn::Arrow { bounds, .. } = desk.app.arrow.drawn() else { panic!("no arrow") };
    desk.click_at(rectangle(bounds).center());
    while desk.frame() {}
    assert!(matches!(desk.app.arrow.drawn(), Drawn::Arrow { is_off_screen: false, .. }));
    assert!(desk.find("form/notes").height > 20.0);
}

#[test]
fn continue_scrolls_there() {
    let mut desk = desk();
    assert_eq!(desk.buttons(), ["Continue", "Not now", "Already done", "Undo restore", "×"]);
    desk.choose("Continue");
    assert!(desk.wants_more, "the arrow is drawn where the element was before it was scrolled");
    while desk.frame() {}
    assert!(matches!(desk.app.arrow.drawn(), Drawn::Arrow { is_off_screen: false, .. }));
    assert_eq!(desk.buttons(), ["Not now", "Already done", "Undo restore", "×"]);
}

#[test]
fn the_arrow_stays_at_its_element_while_the_user_scrolls() {
    let mut desk = desk();
    wheel(&mut desk, -100.0);
    let field = desk.find("form/notes");
    let Drawn::Arrow { bounds, is_off_screen: false, .. } = desk.app.arrow.drawn() else { panic!("no arrow") };
    let bounds = rectangle(bounds);
    assert!(bounds.center_y() > field.y && bounds.center_y() < field.y + field.height);
}

#[test]
fn the_edge_is_that_of_the_scrollable() {
    let (session, arrow) = (RefCell::new(open(&left_at_amount(), 42 * MINUTE)), Arrow::new().policy(policy()));
    let rows = column![container("").height(400), mark("form/amount", text("1 200")).label("Amount")];
    let page = column![text("top"), scrollable(rows).id("list").height(150), text("bottom")];
    let root: Element<'_, Request> = arrow.wrap(&session, page, |request| request);
    let mut ui = simulator(root);
    for _ in 0..2 {
        ui.simulate([Event::Window(window::Event::RedrawRequested(std::time::Instant::now()))]);
    }
    let list = ui.find(selector::id("list")).unwrap().bounds();
    let Drawn::Arrow { bounds, is_off_screen: true, .. } = arrow.drawn() else { panic!("no arrow") };
    let bounds = rectangle(bounds);
    assert!(bounds.is_within(&list), "{bounds:?}, {list:?}");
}
