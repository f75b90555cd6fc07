//! The program is killed while the user is typing, and starts again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use leftoff::time::SystemClock;
use leftoff::{AppId, LastExit, Outcome, Session};
use leftoff_iced::Arrow;

use crate::support::*;

const DIR: &str = "LEFTOFF_ICED_TEST_DIR";

fn open(dir: &Path, later: Duration) -> Desk {
    let builder = Session::builder(AppId::new("org.example.test")).dir(dir).clock(Later(SystemClock::new(), later));
    Desk::of(builder.open(), Arrow::new(), FORM)
}

/// Not a test: what the process does that is killed.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let mut desk = open(Path::new(&dir), Duration::ZERO);
    leave_at_amount(&mut desk);
    println!("\nready");
    std::thread::sleep(MINUTE);
}

#[test]
fn a_killed_program_has_its_texts_and_points_at_the_field() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "kill::child", "--nocapture"]).env(DIR, dir.path());
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"), "the child got as far as typing");
    child.kill().unwrap();
    child.wait().unwrap();
    let desk = open(dir.path(), 42 * MINUTE);
    {
        let session = desk.app.session.borrow();
        assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed));
    }
    assert_eq!(desk.app.values[..2], ["Delmar", "7 and"]);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}
