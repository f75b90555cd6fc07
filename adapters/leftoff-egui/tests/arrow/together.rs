//! A second instance, which takes over when the first one has exited.

use std::path::Path;
use std::time::{Duration, Instant};

use leftoff::{AppId, Outcome, QuarantineReason, Session};

use crate::app::{FORM, Options};
use crate::support::{Desk, SIZE};

const NOTICE: &str = "Another copy of this program saved different work. It is kept, but not shown.";

fn open(dir: &Path) -> Desk {
    Desk::with(Session::builder(AppId::new("org.example.test")).dir(dir), Options::default(), SIZE)
}

/// Draws frames until the second instance has the location.
fn take_over(desk: &mut Desk) {
    let start = Instant::now();
    while desk.0.state().session.outcome() == Outcome::ReadOnly {
        assert!(start.elapsed() < Duration::from_secs(30), "no take-over");
        std::thread::sleep(Duration::from_millis(50));
        desk.0.run();
    }
    desk.0.run();
}

#[test]
fn a_take_over_reads_the_sections_again_and_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = open(dir.path());
    let mut second = open(dir.path());
    assert_eq!(second.0.state().session.outcome(), Outcome::ReadOnly);
    assert!(second.sleeps() <= Duration::from_secs(1), "to notice the take-over without input");
    first.write("Customer", "Delmar");
    first.0.state_mut().exit().unwrap();
    drop(first);
    take_over(&mut second);
    assert_eq!(second.0.state().form.customer, "Delmar");
    assert!(!second.reads(NOTICE));
    second.write("Amount", "7");
    second.0.state_mut().exit().unwrap();
    drop(second);
    let form = &open(dir.path()).0.state().form.clone();
    assert_eq!((form.customer.as_str(), form.amount.as_str()), ("Delmar", "7"));
}

#[test]
fn different_work_of_another_instance_is_reported_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = open(dir.path());
    let mut second = open(dir.path());
    first.write("Customer", "Delmar");
    second.write("Customer", "Bo");
    first.0.state_mut().exit().unwrap();
    drop(first);
    take_over(&mut second);
    assert_eq!(second.0.state().form.customer, "Bo", "what is on the screen");
    assert!(second.reads(NOTICE));
    second.click("OK");
    assert!(!second.reads(NOTICE));
    let session = &second.0.state().session;
    assert!(session.quarantined().iter().any(|aside| aside.why == QuarantineReason::OtherInstance));
    assert_eq!(session.get_quarantined(FORM).unwrap().map(|form| form.customer), Some("Delmar".to_owned()));
}
