//! The program is killed while the user is typing, and starts again; or it ends in other ways.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

use gtk::prelude::*;
use leftoff::time::SystemClock;
use leftoff::{AppId, LastExit, Outcome, Session};

use crate::Test;
use crate::support::*;

pub const DIR: &str = "LEFTOFF_GTK_TEST_DIR";

pub const TESTS: &[Test] = &[
    ("a_killed_program_has_its_texts_and_points_at_the_field", killed),
    ("a_closed_window_saves_and_closes_the_session", closed),
    ("an_application_that_quits_saves_and_closes_the_session", quit),
    ("a_second_instance_takes_over_when_the_first_has_exited", together),
];

fn open_in(dir: &Path, later: std::time::Duration) -> Session {
    Session::builder(AppId::new("org.example.test")).dir(dir).clock(Later(SystemClock::new(), later)).open()
}

/// What the process does that is killed.
pub fn child(dir: &OsStr) -> ! {
    let desk = Desk::of(open_in(Path::new(dir), std::time::Duration::ZERO), &form(FORM));
    leave_at_amount(&desk);
    println!("\nready");
    std::thread::sleep(MINUTE);
    std::process::exit(1);
}

fn killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    let mut child = child.env(DIR, dir.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"), "the child got as far as typing");
    child.kill().unwrap();
    child.wait().unwrap();
    let desk = Desk::of(open_in(dir.path(), 42 * MINUTE), &form(FORM));
    {
        let session = desk.session.borrow();
        assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed));
    }
    assert_eq!([desk.text("name"), desk.text("amount")], ["Delmar", "7 and"]);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
    assert_eq!(desk.words().as_deref(), Some("you left off here"));
}

fn closed() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::of(open_in(dir.path(), std::time::Duration::ZERO), &form(FORM));
    leave_at_amount(&desk);
    // The program, without input, and without a word.
    desk.find("due").downcast::<gtk::Entry>().unwrap().set_text("at the last moment");
    let session = Rc::downgrade(&desk.session);
    desk.window.close();
    drop(desk);
    assert!(session.upgrade().is_none(), "nothing holds the session");
    let desk = Desk::of(open_in(dir.path(), 42 * MINUTE), &form(FORM));
    assert_eq!(desk.session.borrow().last_exit(), &LastExit::Clean);
    assert_eq!(desk.text("due"), "at the last moment");
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}

fn quit() {
    let dir = tempfile::tempdir().unwrap();
    let application = gtk::Application::new(None::<&str>, gtk::gio::ApplicationFlags::NON_UNIQUE);
    application.register(gtk::gio::Cancellable::NONE).unwrap();
    let desk = Desk::of(open_in(dir.path(), std::time::Duration::ZERO), &form(FORM));
    application.add_window(&desk.window);
    leave_at_amount(&desk);
    let (window, session) = (desk.window.clone(), Rc::downgrade(&desk.session));
    // The program keeps its window open, and forgets the rest.
    desk.forget();
    let quitting = application.clone();
    application.connect_activate(move |_| quitting.quit());
    application.run_with_args::<&str>(&[]);
    assert!(session.upgrade().is_none(), "nothing holds the session");
    window.destroy();
    let desk = Desk::of(open_in(dir.path(), 42 * MINUTE), &form(FORM));
    assert_eq!(desk.session.borrow().last_exit(), &LastExit::Clean);
    assert_eq!(desk.text("amount"), "7 and");
}

fn together() {
    let dir = tempfile::tempdir().unwrap();
    let first = Desk::of(open_in(dir.path(), std::time::Duration::ZERO), &form(FORM));
    leave_at_amount(&first);
    let second = Desk::of(open_in(dir.path(), std::time::Duration::ZERO), &form(FORM));
    assert_eq!(second.session.borrow().outcome(), Outcome::ReadOnly);
    first.window.close();
    drop(first);
    wait_for("the take-over", || second.times_read.get() == 1);
    assert_eq!(second.text("amount"), "7 and");
}
