//! The program is killed while the user is typing, and starts again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use egui_kittest::kittest::Queryable;
use leftoff::{LastExit, Outcome};

use crate::support::{Desk, Hands, MINUTE};

const DIR: &str = "APPROVALS_DESK_TEST_DIR";

/// Not a test: what the process does that is killed.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let mut desk = Desk::open(Path::new(&dir), &Hands::new());
    desk.decide("R-1033");
    desk.write("Notes", "ask Mei about seats");
    desk.write("Amount", "3 5");
    println!("\nready");
    std::thread::sleep(MINUTE);
}

#[test]
fn a_killed_desk_has_every_letter_and_points_at_the_field() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "kill::child", "--nocapture"]).env(DIR, dir.path());
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"), "the child got as far as typing");
    child.kill().unwrap();
    child.wait().unwrap();

    let hands = Hands::new();
    hands.advance(42 * MINUTE);
    let mut desk = Desk::open(dir.path(), &hands);
    desk.stir();
    let app = desk.0.state();
    assert_eq!((app.session().outcome(), app.session().last_exit()), (Outcome::Recovered, &LastExit::Crashed));
    assert_eq!(desk.value("Amount").as_deref(), Some("3 5"));
    assert_eq!(desk.value("Notes").as_deref(), Some("ask Mei about seats"));
    assert_eq!(desk.arrow_at(), Some("R-1033/decide/amount"));
    assert_eq!(desk.pointed_at().as_deref(), Some("Amount"));
    assert!(desk.shows("Amount, in Requests › R-1033"));
    assert!(desk.shows("edited, not finished · 42 min ago · before the program crashed or was killed"));
    let said = desk.announced().unwrap();
    assert_eq!(
        said,
        "Where you left off: Amount, in Requests, R-1033, edited, not finished, 42 minutes ago, before the program crashed or was killed."
    );
    assert!(desk.0.get_by_label("Amount").is_focused(), "the user writes on where the caret was");
    assert!(desk.shows("last time: crashed or was killed; everything is here"));
}
