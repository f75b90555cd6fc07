//! A report of a journey that survives a kill: type into it, kill it, and start it again.
//!
//! `cargo run --example form -- --help`
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs, unreachable_pub)]

mod app;

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use app::{Later, Options};
use leftoff::{AppId, Session};
use slint::ComponentHandle;

const HELP: &str = "form: a report of a journey that is left and come back to

  --dir DIR       keep the state in DIR instead of the system's directory
  --next          be the next version: a field renamed, the order changed, a field gone
  --size W H      open the window as large as this
  --dark          light letters on a dark ground
  --later MIN     act as if it were MIN minutes later, to try absences out";

fn main() -> ExitCode {
    let arguments = match Arguments::of(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let builder = Session::builder(AppId::new("org.example.leftoff-journey-slint")).clock(Later::new(arguments.later));
    let session = if let Some(dir) = arguments.dir { builder.dir(dir) } else { builder }.open();
    leftoff_os::watch(&session);
    let session = Rc::new(RefCell::new(session));
    let ended = app::open(&session, arguments.options).and_then(|(window, arrow)| {
        let ended = window.run();
        // Saves, and lets the session go.
        drop(arrow);
        ended
    });
    if let Err(error) = ended {
        eprintln!("form: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[derive(Default)]
struct Arguments {
    dir: Option<PathBuf>,
    later: Duration,
    options: Options,
}

impl Arguments {
    /// Parses the arguments; `None` if only help was requested.
    fn of(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut all = Self { options: Options { size: (640.0, 480.0), ..Options::default() }, ..Self::default() };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--dir" => all.dir = Some(PathBuf::from(value()?)),
                "--next" => all.options.next = true,
                "--dark" => all.options.dark = true,
                "--size" => {
                    let mut number = || value()?.parse().map_err(|_| "--size needs two numbers".to_owned());
                    all.options.size = (number()?, number()?);
                }
                "--later" => {
                    let minutes: u64 = value()?.parse().map_err(|_| "--later needs a number of minutes".to_owned())?;
                    all.later = Duration::from_secs(minutes.saturating_mul(60));
                }
                _ => return Err(format!("there is no option {word}")),
            }
        }
        Ok(Some(all))
    }
}
