//! The program is killed while the user is typing, and starts again as the next version.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use leftoff::marker::resolve::Certainty;
use leftoff::{AppId, LastExit, Outcome, Session};

use crate::app::Options;
use crate::support::{Desk, Place, SIZE};

const DIR: &str = "LEFTOFF_EGUI_TEST_DIR";
const FIELD: &str = "LEFTOFF_EGUI_TEST_FIELD";

fn open(dir: &Path, options: Options) -> Desk {
    Desk::with(Session::builder(AppId::new("org.example.test")).dir(dir), options, SIZE)
}

/// Not a test: what the process does that is killed.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn child() {
    let (Some(dir), Ok(field)) = (std::env::var_os(DIR), std::env::var(FIELD)) else { return };
    let mut desk = open(Path::new(&dir), Options::default());
    desk.write("Customer", "Delmar");
    desk.write(&field, "7 and");
    println!("\nready");
    std::thread::sleep(crate::support::MINUTE);
}

/// A desk that was killed while somebody wrote into `field`, as the next version.
fn killed_in(field: &str) -> (Desk, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "kill::child", "--nocapture"]).env(DIR, dir.path()).env(FIELD, field);
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"), "the child got as far as typing");
    child.kill().unwrap();
    child.wait().unwrap();
    let mut desk = open(dir.path(), Options { next: true, ..Place::after(42) });
    let session = &desk.0.state().session;
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed));
    assert_eq!(desk.0.state().form.customer, "Delmar");
    desk.stir();
    (desk, dir)
}

#[test]
fn a_killed_program_points_at_the_place_in_its_next_version() {
    let cases = [
        ("Amount", Certainty::Point, Some("invoice/42/amount")),
        ("Reference", Certainty::Point, Some("invoice/42/order-number")),
        ("Due date", Certainty::Moved, Some("invoice/42/due_date")),
        ("Cost centre", Certainty::Region, None),
    ];
    for (field, certainty, path) in cases {
        let (desk, _dir) = killed_in(field);
        let arrow = &desk.0.state().arrow;
        assert_eq!((arrow.certainty(), arrow.pointed_at()), (Some(certainty), path), "{field}");
        let form = &desk.0.state().form;
        assert!([&form.amount, &form.reference, &form.due, &form.cost_center].iter().any(|text| *text == "7 and"));
    }
}
