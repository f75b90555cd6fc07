//! A program that does not do as it should loses its arrow at the most.

use gtk::prelude::*;
use leftoff::Session;
use leftoff_gtk::{Arrow, Drawn, mark};

use crate::Test;
use crate::support::*;

pub const TESTS: &[Test] = &[
    ("a_session_that_the_program_holds_on_to_is_saved_later", held),
    ("one_path_twice_no_path_and_odd_paths", paths),
    ("two_arrows_at_one_window", twice),
    ("a_child_that_the_program_sets_later_is_wrapped", child),
    ("a_window_without_room", tiny),
    ("an_arrow_that_outlives_its_window", outlived),
    ("a_closure_that_calls_the_arrow", within),
];

fn held() {
    let desk = Desk::of(Session::in_memory(), &form(FORM));
    let session = std::rc::Rc::clone(&desk.session);
    let guard = session.borrow_mut();
    desk.click_on("name");
    write("x");
    drop(guard);
    assert!(desk.session.borrow().last_mark().is_none());
    wait_for("the save", || desk.session.borrow_mut().get_or_default(VALUES).get("name").is_some_and(|x| x == "x"));
}

fn paths() {
    let root = gtk::Box::new(gtk::Orientation::Vertical, 4);
    let long = "x/".repeat(500);
    let fields = ["a", "a", "", "/", "//x", "a/", "ä/\u{1}", &long].map(|path| {
        let field = gtk::Entry::new();
        mark(&field, path);
        root.append(&field);
        field
    });
    let desk = Desk::built(Session::in_memory(), root.clone().upcast());
    for field in &fields {
        desk.click(field.upcast_ref());
        write("x");
    }
    // Gone while it has the focus.
    for field in fields {
        root.remove(&field);
        rest();
    }
    write("x");
}

fn twice() {
    let desk = Desk::of(Session::in_memory(), &form(FORM));
    let other = Arrow::attach(&desk.window, &desk.session, |_| {});
    rest();
    leave_at_amount(&desk);
    assert_eq!(desk.last().unwrap().0, "form/amount");
    assert_eq!(other.drawn(), Drawn::Nothing);
}

fn child() {
    let desk = Desk::of(Session::in_memory(), &form(FORM));
    let entry = gtk::Entry::builder().name("later").valign(gtk::Align::Start).build();
    desk.window.set_child(Some(&entry));
    rest();
    assert_eq!(desk.window.child(), Some(desk.arrow.widget()));
    desk.click(entry.upcast_ref());
    write("x");
    assert_eq!(desk.last().unwrap().0, "later");
    desk.window.set_child(gtk::Widget::NONE);
    rest();
    desk.window.set_child(Some(&desk.root));
    rest();
}

fn tiny() {
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(FORM));
    let scrolled = gtk::ScrolledWindow::new();
    desk.window.set_child(gtk::Widget::NONE);
    scrolled.set_child(Some(&desk.root));
    desk.window.set_child(Some(&scrolled));
    for (width, height) in [(1, 1), (50, 20), (800, 30), (640, 480)] {
        desk.window.set_default_size(width, height);
        rest();
    }
    assert_ne!(desk.arrow.drawn(), Drawn::Nothing);
}

fn outlived() {
    let desk = Desk::of(Session::in_memory(), &form(FORM));
    let arrow = desk.arrow.clone();
    drop(desk);
    arrow.changed();
    arrow.take_back();
    arrow.finish("form/name");
    arrow.save();
    assert_eq!(arrow.suspend(leftoff::Reason::Call).unwrap(), leftoff::Saved::Unchanged);
    rest();
    assert_eq!(arrow.drawn(), Drawn::Nothing);
}

fn within() {
    let desk = Desk::of(Session::in_memory(), &form(FORM));
    let arrow = desk.arrow.clone();
    desk.arrow.add_list(&desk.root, move |_| {
        arrow.take_back();
        arrow.changed();
        assert!(arrow.resume(|_| ()).is_none());
        None
    });
    desk.session.borrow_mut().mark("form/gone");
    desk.arrow.suspend(leftoff::Reason::Call).unwrap();
    desk.arrow.wake();
    hand(&["mousemove", "5", "5"]);
    hand(&["mousemove", "9", "9"]);
    assert!(desk.arrow.resume(|_| ()).is_some());
}
