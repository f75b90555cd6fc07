//! Prints what is stored in a state directory: sections, windows, history, quarantine and health, never their contents.
//!
//! ```text
//! cargo run --example inspect -- ~/.local/state/com.example.hello/leftoff
//! cargo run --example inspect -- --clear ~/.local/state/com.example.hello/leftoff
//! cargo run --example inspect -- --where
//! ```
//!
//! It reads a copy of the logs, so a program that is running goes on undisturbed and the directory stays as it is. Only
//! `--clear` changes it: it erases everything stored there, and fails while a program is using the directory. `--where`
//! prints where the user left off in each program that agreed to be listed.

#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use leftoff::marker::Message;
use leftoff::time::Timestamp;
use leftoff::{AppId, Outcome, Session};

const INSPECT: AppId = AppId::new("leftoff-inspect");

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [list] if list == "--where" => {
            list_programs();
            Ok(())
        }
        [dir] if dir != "--clear" => inspect(Path::new(dir)),
        [clear, dir] if clear == "--clear" => erase(Path::new(dir)),
        _ => Err("usage: inspect [--clear] DIRECTORY, or inspect --where".into()),
    }
}

fn inspect(dir: &Path) -> Result<(), Box<dyn Error>> {
    let logs = logs(dir)?;
    let bytes: u64 = logs.iter().filter_map(|log| fs::metadata(log).ok()).map(|metadata| metadata.len()).sum();
    println!("{}: {} logs, {bytes} bytes", dir.display(), logs.len());
    if let Ok(path) = fs::read(dir.join("project")) {
        println!("project: {}", String::from_utf8_lossy(&path).trim_end());
    }
    for project in fs::read_dir(dir.join("projects")).into_iter().flatten() {
        println!("project in {}", project?.path().display());
    }
    let copy = tempfile::tempdir()?;
    for log in &logs {
        let name = log.file_name().ok_or("a log has no name")?;
        fs::copy(log, copy.path().join(name))?;
    }
    let mut session = Session::builder(INSPECT).dir(copy.path()).without_thread().open();
    println!("outcome: {}", session.outcome());
    println!("last exit: {}", session.last_exit());
    println!("sections: {}", listed(&session.sections()));
    for scope in session.scopes() {
        println!("scope {scope:?}: {}", listed(&session.scope(&scope).sections()));
    }
    for closed in session.closed_scopes() {
        println!("closed scope {:?}, {}", closed.name, ago(closed.at));
    }
    for value in session.quarantined() {
        println!("quarantined: {} version {}, saved {}: {}", value.name, value.version, ago(value.saved_at), value.why);
    }
    if let Some(marker) = session.marker() {
        println!("last touched: {:?} in scope {:?}, {}", marker.element(), marker.scope(), ago(marker.at()));
    }
    for point in session.history()? {
        println!("history: {}", ago(point.at));
    }
    Ok(())
}

fn list_programs() {
    let (now, listed) = (Timestamp::from(std::time::SystemTime::now()), leftoff::listed());
    for program in &listed {
        let words = match (program.card(now), program.is_readable) {
            (Some(card), _) => card.to_string(),
            (None, true) => "nothing was touched".to_owned(),
            (None, false) => "the state cannot be read from here".to_owned(),
        };
        println!("{}: {words}", program.app);
    }
    if listed.is_empty() {
        println!("no program of this user is listed");
    }
}

fn erase(dir: &Path) -> Result<(), Box<dyn Error>> {
    if logs(dir)?.is_empty() {
        return Err("there is no log in this directory".into());
    }
    let mut session = Session::builder(INSPECT).dir(dir).without_thread().open();
    if session.outcome() == Outcome::ReadOnly {
        return Err("a program is using this directory, or it is read-only; nothing was erased".into());
    }
    session.forget()?;
    println!("erased everything stored in {}", dir.display());
    Ok(())
}

fn logs(dir: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "log")).collect())
}

/// The first names, and how many more there are.
fn listed(names: &[String]) -> String {
    const FIRST: usize = 20;
    let first = names.iter().take(FIRST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > FIRST { format!("{first} and {} more", names.len() - FIRST) } else { first }
}

fn ago(at: Timestamp) -> String {
    let now = Timestamp::from(std::time::SystemTime::now());
    now.since(at).map_or_else(|| "in the future".to_owned(), |age| Message::Age(age).to_string())
}
