//! The programs of the documents, where saving is not possible: they go on to their end and then say so.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use leftoff::{Action, AppId, Error, ErrorKind, Mark};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use super::*;
use crate::support::example::example;
use crate::support::folder;

const NOTE: Section<String> = Section::new("note", 1);

/// The README's program, from where it has a session.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "as the program does")]
#[rustfmt::skip]
fn notes(mut session: Session, lines: &mut impl Iterator<Item = String>) -> Result<(), Error> {
    let mut note = session.get_or_default(NOTE);
    if let Some(marker) = session.marker() {
        println!("{}", marker.card_now());
    }
    println!("{note} ({})", session.outcome());
    for line in lines {
        note.push_str(&line);
        session.mark(Mark::new("note").label("Note").action(Action::Edit));
        session.autosave(|capture| capture.set(NOTE, &note))?;
        if let Some(trouble) = session.status().trouble() {
            eprintln!("not saved: {trouble:#}");
        }
    }
    session.close()
}

fn typed() -> std::vec::IntoIter<String> {
    ["call", "Ana", "today"].map(str::to_owned).to_vec().into_iter()
}

#[test]
fn the_program_above_is_the_one_of_the_readme() {
    let readme = include_str!("../../../README.md");
    let program = readme.split("fn main() -> Result<(), leftoff::Error> {").nth(1).unwrap();
    let program = program.split("\n}\n").next().unwrap();
    let here = include_str!("documents.rs");
    let lines = program.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> =
        lines.filter(|line| !line.starts_with("let mut session") && !line.starts_with("for ")).collect();
    assert!(lines.len() > 5);
    for line in lines {
        assert!(here.contains(line), "{line}");
    }
}

#[test]
fn the_readme_program_goes_on_as_a_second_instance_and_close_says_that_nothing_was_saved() {
    let dir = folder::scratch();
    let builder = || Session::builder(APP).dir(dir.path());
    let mut first = builder().open();
    put(&mut first, "note/text", |capture| capture.set(NOTE, &"first ".to_owned()));
    let mut lines = typed();
    let error = notes(builder().open(), &mut lines).unwrap_err();
    assert_eq!(lines.next(), None, "each line was taken");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().starts_with("nothing was saved: the state is in use by "), "{error}");
    first.close().unwrap();
    let mut lines = typed();
    notes(builder().open(), &mut lines).unwrap();
    assert_eq!(builder().open().get(NOTE).unwrap().as_deref(), Some("first callAnatoday"));
}

#[test]
fn the_readme_program_goes_on_on_a_full_disk_and_saves_when_there_is_room() {
    for mends in [false, true] {
        let (memory, faults) = (MemoryBackend::new(), Faults::new());
        let backend = FaultyBackend::new(memory.clone(), faults.clone());
        let session = Session::builder(APP).backend(backend).open();
        faults.fail(Call::Create, When::Always, std::io::ErrorKind::StorageFull);
        let mut lines = typed().inspect(|line| {
            if mends && line == "today" {
                faults.mend_all();
            }
        });
        let closed = notes(session, &mut lines);
        assert_eq!(lines.next(), None, "each line was taken");
        let kind = closed.err().map(|error| error.kind());
        assert_eq!(kind, (!mends).then_some(ErrorKind::Unavailable));
        let stored = open(memory).get(NOTE).unwrap();
        assert_eq!(stored.as_deref(), mends.then_some("callAnatoday"));
    }
}

#[test]
fn the_readme_program_goes_on_after_forget_and_stores_nothing() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "note/text", |capture| capture.set(NOTE, &"old".to_owned()));
    session.forget().unwrap();
    let mut lines = typed();
    notes(session, &mut lines).unwrap();
    assert_eq!(lines.next(), None, "each line was taken");
    assert_eq!(open(memory).get(NOTE).unwrap(), None);
}

fn say_hello(state: &Path, lines: &str) -> Output {
    let mut command = Command::new(example("hello", "hello.rs"));
    command.env("XDG_STATE_HOME", state).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Where it ends early, nobody reads this any more.
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn hello_goes_on_as_a_second_instance_and_ends_with_a_word_on_who_has_the_state() {
    let state = folder::scratch();
    assert!(say_hello(state.path(), "one\n").status.success());
    let first = Session::builder(AppId::new("com.example.hello")).dir(state.path().join("com.example.hello/leftoff"));
    let mut first = first.open();
    let output = say_hello(state.path(), "two\nthree\n");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("one"), "a copy to read: {said}");
    assert!(!output.status.success() && errors.contains("nothing was saved: the state is in use by"), "{errors}");
    assert!(errors.contains(&format!("process {}", std::process::id())), "{errors}");
    first.close().unwrap();
    assert!(say_hello(state.path(), "").status.success());
}

/// Takes its file system away again whatever happens.
struct Mounted(tempfile::TempDir);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn hello_goes_on_on_a_disk_that_is_full() {
    let disk = Mounted(tempfile::tempdir().unwrap());
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k", "leftoff"])
        .arg(disk.0.path())
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        // Only root may.
        return;
    }
    let lines = "a line that takes some room in a file system that has none\n".repeat(200);
    let output = say_hello(disk.0.path(), &lines);
    let errors = String::from_utf8_lossy(&output.stderr);
    // Written to the last line: no `?` ended it before, which would have left the pipe without a reader.
    assert!(!output.status.success() && !errors.contains("panicked"), "{errors}");
    assert!(errors.contains("could not be written") || errors.contains("synced"), "{errors}");
}
