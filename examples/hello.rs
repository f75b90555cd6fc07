//! Notes that survive a kill. Type some, kill it, start it again: `cargo run --example hello`.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use leftoff::{Error, Marker, Section, Session};

const NOTES: Section<Vec<String>> = Section::new("notes", 1);

fn main() -> Result<(), Error> {
    let mut session = Session::open("com.example.hello")?;
    let mut notes = session.get_or_default(NOTES);
    println!("{notes:?}, you left off at {:?}", session.marker().map(Marker::element));
    for line in std::io::stdin().lines().map_while(Result::ok) {
        notes.push(line);
        session.mark(&format!("note/{}", notes.len()));
        session.autosave(|capture| capture.set(NOTES, &notes))?;
    }
    session.close()
}
