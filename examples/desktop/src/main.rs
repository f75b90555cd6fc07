//! Opens the window. `approvals-desk --help` lists the options.

use std::io::{Write, stderr, stdin};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use approvals_desk::{App, Start, Version, Way};
use eframe::egui::ViewportBuilder;

const HELP: &str = "approvals-desk: a window that is left and come back to

  --dir DIR      keep the state in DIR instead of the system's directory
  --own-slot     if another window holds the state, keep one of its own
  --next         be version 2: a field renamed, one moved, one gone, the list in another order
  --meanwhile    act as if colleagues had worked meanwhile: requests are new, changed and gone
  --memo FILE    the file of the memo, instead of memo.txt in this directory
  --later MIN    act as if it were MIN minutes later, to try long absences out
  --roam PLACE   meet the user's other devices in this directory, or in s3://BUCKET (feature `s3`)
  --device NAME  what the user calls this device, as in \"Continued from your laptop\"
  --key FILE     the key of the user's devices; --new-key FILE makes it, on the first device only
  --set-up       be the first device: ask for a passphrase, make the key, and print a code for the others
  --join CODE    be a further device: ask for the passphrase, and keep the key in the file of --key";

fn main() -> ExitCode {
    let start = match arguments(std::env::args().skip(1)) {
        Ok(Some(start)) => start,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    // Opened before the window, because the window's size is restored, too.
    let app = match App::open(&start) {
        Ok(app) => app,
        Err(error) => {
            eprintln!("approvals-desk: {error}");
            return ExitCode::FAILURE;
        }
    };
    let viewport = ViewportBuilder::default()
        .with_title("Approvals desk")
        .with_app_id(approvals_desk::APP_ID.as_str())
        .with_inner_size(approvals_desk::SIZE)
        .with_min_inner_size([760.0, 520.0]);
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    let create = |creation: &eframe::CreationContext<'_>| {
        app.restore_window(creation.winit_window().map(|window| &**window));
        Ok(Box::new(app) as Box<dyn eframe::App>)
    };
    let window = eframe::run_native("Approvals desk", options, Box::new(create));
    match window {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("approvals-desk: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Parses the arguments; `None` if only help was requested.
fn arguments(mut words: impl Iterator<Item = String>) -> Result<Option<Start>, String> {
    let mut start = Start { memo: Some(PathBuf::from("memo.txt")), ..Start::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--own-slot" => start.slot_per_instance = true,
            "--meanwhile" => start.meanwhile = true,
            "--memo" => start.memo = Some(PathBuf::from(value()?)),
            "--next" => start.version = Version::Two,
            "--roam" => start.roam.get_or_insert_default().place = value()?,
            "--device" => start.roam.get_or_insert_default().device = value()?,
            "--key" => start.roam.get_or_insert_default().key = Some(PathBuf::from(value()?)),
            "--new-key" => {
                let roam = start.roam.get_or_insert_default();
                (roam.key, roam.way) = (Some(PathBuf::from(value()?)), Way::New);
            }
            "--set-up" => {
                let passphrase = passphrase("A passphrase for your devices: ")?;
                start.roam.get_or_insert_default().way = Way::SetUp(passphrase);
            }
            "--join" => {
                let way = Way::Join(value()?, passphrase("The passphrase of your devices: ")?);
                start.roam.get_or_insert_default().way = way;
            }
            "--dir" => start.dir = Some(PathBuf::from(value()?)),
            "--later" => {
                let minutes: u64 = value()?.parse().map_err(|_| "--later needs a number of minutes".to_owned())?;
                start.later = Duration::from_secs(minutes.saturating_mul(60));
            }
            _ => return Err(format!("there is no option {word}")),
        }
    }
    Ok(Some(start))
}

/// Asks for a passphrase in the terminal, where it is seen as it is typed.
fn passphrase(question: &str) -> Result<String, String> {
    let (mut line, told) = (String::new(), |error: std::io::Error| error.to_string());
    stderr().write_all(question.as_bytes()).map_err(told)?;
    stdin().read_line(&mut line).map_err(told)?;
    let passphrase = line.trim_end_matches(['\r', '\n']);
    if passphrase.is_empty() { Err("there is no passphrase".to_owned()) } else { Ok(passphrase.to_owned()) }
}
