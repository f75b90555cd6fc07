//! A program that does not do as it should loses its arrow at the most.

use std::cell::RefCell;
use std::time::Duration;

use iced::widget::{column, text, text_input};
use iced::{Element, Event, window};
use iced_test::simulator;
use leftoff::Session;
use leftoff::backend::MemoryBackend;
use leftoff_iced::{Arrow, Drawn, Request, mark};

use crate::support::*;

fn redraw() -> [Event; 1] {
    [Event::Window(window::Event::RedrawRequested(std::time::Instant::now()))]
}

fn field<'a>(path: &str) -> Element<'a, Request> {
    mark(path, text_input("", "").on_input(Request::Open)).into()
}

#[test]
fn one_path_twice_no_path_and_odd_paths() {
    let (session, arrow) = (RefCell::new(Session::in_memory()), Arrow::new());
    let paths = ["a", "a", "", "/", "//x", "a/", "ä/\u{0}", &"x/".repeat(500)];
    let content = column(paths.iter().map(|path| field(path))).push(text("end"));
    let mut ui = simulator(arrow.wrap(&session, content, |request| request));
    ui.simulate(redraw());
    for y in (0..300).step_by(10) {
        ui.point_at(iced::Point::new(20.0, y as f32));
        ui.simulate(iced_test::simulator::click());
        ui.typewrite("x");
    }
    ui.simulate(redraw());
}

#[test]
fn a_wrap_within_a_wrap_and_a_mark_within_a_mark() {
    let (session, arrow) = (RefCell::new(Session::in_memory()), Arrow::new());
    let inner = mark("outer", mark("inner", field("inner/field")));
    let inner = arrow.wrap(&session, column![inner], |request| request);
    let mut ui = simulator(arrow.wrap(&session, inner, |request| request));
    ui.simulate(redraw());
    ui.point_at(iced::Point::new(20.0, 10.0));
    ui.simulate(iced_test::simulator::click());
    ui.typewrite("x");
    ui.simulate(redraw());
    drop(ui);
    assert_eq!(session.borrow().last_mark().unwrap().element(), "inner/field");
}

#[test]
fn a_session_that_the_program_holds_on_to() {
    let (session, arrow) = (RefCell::new(Session::in_memory()), Arrow::new());
    let held = session.borrow();
    let mut ui = simulator(arrow.wrap(&session, column![field("a")], |request| request));
    ui.simulate(redraw());
    ui.point_at(iced::Point::new(20.0, 10.0));
    ui.simulate(iced_test::simulator::click());
    ui.simulate(redraw());
    assert!(held.last_mark().is_none());
}

#[test]
fn one_arrow_in_two_windows() {
    let (session, arrow) = (RefCell::new(Session::in_memory()), Arrow::new());
    let mut one = simulator(arrow.wrap(&session, column![field("a")], |request| request));
    let mut other = simulator(arrow.wrap(&session, column![field("b")], |request| request));
    for ui in [&mut one, &mut other] {
        ui.simulate(redraw());
        ui.point_at(iced::Point::new(20.0, 10.0));
        ui.simulate(iced_test::simulator::click());
        ui.simulate(redraw());
    }
    drop((one, other));
    assert_eq!(session.borrow().last_mark().unwrap().element(), "b");
}

#[test]
fn a_window_without_size() {
    let mut desk = Desk::after(leave_at_amount, FORM, FORM);
    for (width, height) in [(0.0, 0.0), (1.0, 1.0), (50.0, 20.0), (2000.0, 30.0)] {
        desk.size = iced::Size::new(width, height);
        desk.frame();
    }
    desk.size = SIZE;
    desk.frame();
    assert_ne!(desk.app.arrow.drawn(), Drawn::Nothing);
}

#[test]
fn an_arrow_that_is_made_anew_finds_the_marker_again() {
    let mut desk = Desk::with(&MemoryBackend::new(), FORM, Duration::ZERO);
    leave_at_amount(&mut desk);
    desk.app.arrow = Arrow::new();
    desk.frame();
    desk.click("form/due");
    assert_eq!(desk.last().unwrap().0, "form/due");
}
