//! The arrow in windows of a virtual screen, with a virtual hand.
//!
//! Needs Xvfb and xdotool. All tests run on the first thread, because GTK belongs to one. Without a display of its own,
//! the process starts a screen and runs itself on it.
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::wildcard_imports,
    clippy::unnecessary_wraps,
    clippy::float_cmp
)]

mod support;

mod bind;
mod card;
mod changed;
mod kill;
mod lists;
mod misuse;
mod readme;
mod touch;

use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode, Stdio};

type Test = (&'static str, fn());

const ON_SCREEN: &str = "LEFTOFF_GTK_TEST_SCREEN";

fn main() -> ExitCode {
    if std::env::var_os(ON_SCREEN).is_none() {
        return on_a_screen();
    }
    if let Some(dir) = std::env::var_os(kill::DIR) {
        init();
        kill::child(dir.as_ref());
    }
    let filters: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter));
    let tests = [
        touch::TESTS,
        kill::TESTS,
        changed::TESTS,
        card::TESTS,
        lists::TESTS,
        misuse::TESTS,
        readme::TESTS,
        bind::TESTS,
    ]
    .concat();
    let tests: Vec<Test> = tests.into_iter().filter(|(name, _)| is_wanted(name)).collect();
    init();
    let mut failed = 0;
    for (name, test) in &tests {
        let is_ok = catch_unwind(AssertUnwindSafe(test)).is_ok();
        println!("test {name} ... {}", if is_ok { "ok" } else { "FAILED" });
        failed += u8::from(!is_ok);
    }
    println!("\n{} tests, {failed} failed", tests.len());
    ExitCode::from(failed)
}

fn init() {
    gtk::init().unwrap();
    // A caret that blinks draws frame after frame, and no test would see the program at rest.
    gtk::Settings::default().unwrap().set_gtk_cursor_blink(false);
}

/// Runs this process on a screen of its own.
fn on_a_screen() -> ExitCode {
    let mut screen = Command::new("Xvfb");
    screen.args(["-displayfd", "1", "-screen", "0", "900x700x24", "-nolisten", "tcp"]);
    let screen = screen.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut screen = screen.expect("Xvfb, of the Debian package xvfb");
    let mut number = String::new();
    BufReader::new(screen.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let mut tests = Command::new(std::env::current_exe().unwrap());
    tests.args(std::env::args_os().skip(1)).env(ON_SCREEN, "1").env("DISPLAY", format!(":{}", number.trim()));
    tests.env("GDK_BACKEND", "x11").env("GSK_RENDERER", "cairo").env("GTK_A11Y", "none").env_remove("GTK_THEME");
    tests.env("GSETTINGS_BACKEND", "memory").env("GTK_IM_MODULE", "gtk-im-context-simple").env("LANG", "C.UTF-8");
    let status = tests.status();
    screen.kill().unwrap();
    screen.wait().unwrap();
    let is_ok = status.is_ok_and(|status| status.success());
    if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
