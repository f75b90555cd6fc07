//! A report of a journey that survives a kill: type into it, kill it, and start it again.
//!
//! `cargo run --example form -- --help`
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs, unreachable_pub)]

mod app;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use app::{App, Later, Options};
use leftoff::{AppId, Session};

const HELP: &str = "form: a report of a journey that is left and come back to

  --dir DIR       keep the state in DIR instead of the system's directory
  --next          be the next version: a field renamed, the order changed, a field gone
  --size W H      open the window as large as this
  --dark          light letters on a dark ground
  --later MIN     act as if it were MIN minutes later, to try absences out";

fn main() -> ExitCode {
    let (dir, size, options) = match arguments(std::env::args().skip(1)) {
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
    let boot = move || {
        let builder = Session::builder(AppId::new("org.example.leftoff-journey")).clock(Later::new(options.later));
        let session = if let Some(dir) = &dir { builder.dir(dir.clone()) } else { builder }.open();
        leftoff_os::watch(&session);
        App::new(session, options)
    };
    let program = iced::application(boot, App::update, App::view).title("Journey").theme(App::theme);
    match program.window_size(size.unwrap_or((640.0, 560.0))).run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("form: {error}");
            ExitCode::FAILURE
        }
    }
}

type Arguments = (Option<PathBuf>, Option<(f32, f32)>, Options);

/// Parses the arguments; `None` if only help was requested.
fn arguments(mut words: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let (mut dir, mut size, mut options) = (None, None, Options::default());
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--dir" => dir = Some(PathBuf::from(value()?)),
            "--next" => options.next = true,
            "--dark" => options.dark = true,
            "--size" => {
                let mut number = || value()?.parse::<f32>().map_err(|_| "--size needs two numbers".to_owned());
                size = Some((number()?, number()?));
            }
            "--later" => {
                let minutes: u64 = value()?.parse().map_err(|_| "--later needs a number of minutes".to_owned())?;
                options.later = Duration::from_secs(minutes.saturating_mul(60));
            }
            _ => return Err(format!("there is no option {word}")),
        }
    }
    Ok(Some((dir, size, options)))
}
