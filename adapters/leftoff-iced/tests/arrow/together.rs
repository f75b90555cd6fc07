//! A second instance, which takes over when the first one has exited.

use std::path::Path;
use std::time::{Duration, Instant};

use iced::{Event, Point, mouse};
use leftoff::{AppId, Outcome, Session};
use leftoff_iced::{Arrow, Request};

use crate::support::*;

fn open(dir: &Path) -> Desk {
    Desk::of(Session::builder(AppId::new("org.example.test")).dir(dir).open(), Arrow::new(), FORM)
}

/// The second instance, after the first one has exited, and before it is drawn again.
fn second(dir: &Path) -> Desk {
    let (mut first, second) = (open(dir), open(dir));
    assert_eq!(second.app.session.borrow().outcome(), Outcome::ReadOnly);
    assert!(second.wakes.is_some_and(|at| at <= Instant::now() + Duration::from_secs(1)), "it notices without input");
    leave_at_amount(&mut first);
    drop(first);
    let start = Instant::now();
    while second.app.session.borrow().outcome() == Outcome::ReadOnly {
        assert!(start.elapsed() < Duration::from_secs(30), "no take-over");
        std::thread::sleep(Duration::from_millis(50));
    }
    second
}

#[test]
fn a_take_over_is_noticed_in_the_next_frame() {
    let dir = tempfile::tempdir().unwrap();
    let mut second = second(dir.path());
    second.frame();
    assert_eq!(second.app.requests, [Request::ReadAgain]);
    assert_eq!(second.app.values[..2], ["Delmar", "7 and"]);
    assert_eq!(second.wakes, None);
}

#[test]
fn a_take_over_is_noticed_before_the_input_that_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut second = second(dir.path());
    second.send(&[Event::Mouse(mouse::Event::CursorMoved { position: Point::new(5.0, 5.0) })]);
    assert_eq!(second.app.requests, [Request::ReadAgain]);
    second.click("form/due");
    second.write("May");
    drop(second);
    assert_eq!(open(dir.path()).app.values[..3], ["Delmar", "7 and", "May"]);
}
