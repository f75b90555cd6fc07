//! Notes that survive a kill. Type some, kill the program, start it again: `cargo run --example hello`. Four of its
//! lines are optional: if sections were quarantined after repeated crashes, an empty line brings them back.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use leftoff::{AppId, Error, Marker, Outcome, Section, Session};

const NOTES: Section<Vec<String>> = Section::new("notes", 1);

fn main() -> Result<(), Error> {
    let mut session = Session::open(AppId::new("com.example.hello"));
    let mut notes = session.get_or_default(NOTES);
    println!("{notes:?}, you left off at {:?}", session.marker().map(Marker::element));
    if session.outcome() == Outcome::Quarantined {
        println!("{}: press Enter", session.outcome());
    }
    for line in std::io::stdin().lines().map_while(Result::ok) {
        if line.is_empty() {
            notes = session.bring_back(NOTES).ok().flatten().unwrap_or(notes);
            println!("{notes:?}");
            continue;
        }
        notes.push(line);
        session.mark(format!("note/{}", notes.len()));
        session.autosave(|capture| capture.set(NOTES, &notes))?;
    }
    session.close()
}
