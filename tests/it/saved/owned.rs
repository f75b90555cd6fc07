//! A struct that owns its session and saves itself whole.

use leftoff::ErrorKind;
use leftoff::marker::anchor::Position;
use serde::{Deserialize, Serialize};

use super::*;

const EDITOR: Section<Editor> = Section::new("editor", 1);

#[derive(Debug, Serialize, Deserialize)]
struct Editor {
    text: String,
    #[serde(skip, default = "Session::in_memory")]
    session: Session,
}

impl Editor {
    fn new(memory: &MemoryBackend) -> Self {
        Self { text: String::new(), session: open(memory.clone()) }
    }

    fn type_in(&mut self, text: &str) {
        self.text.push_str(text);
        self.session.mark("text");
    }

    fn autosave(&mut self) -> Option<Saved> {
        let mut snapshot = self.session.begin_autosave()?;
        snapshot.capture().set(EDITOR, self);
        snapshot.capture().position(Position::text(&self.text, self.text.len()..self.text.len()));
        Some(self.session.commit(snapshot).unwrap())
    }

    /// What the next start would restore if this process were killed now.
    fn stored(memory: &MemoryBackend) -> Option<String> {
        let mut next = open(memory.clone());
        let text = next.get(EDITOR).unwrap().map(|editor| editor.text);
        crash(next);
        text
    }
}

#[test]
fn struct_that_owns_its_session_saves_itself_whole() {
    let memory = MemoryBackend::new();
    let mut editor = Editor::new(&memory);
    assert_eq!(editor.autosave(), None, "nothing is due");
    editor.type_in("Dear");
    assert_eq!(editor.autosave(), Some(Saved::Written));
    assert_eq!(editor.autosave(), None, "saved already");
    editor.type_in(" Ana");
    assert_eq!(editor.autosave(), Some(Saved::Written));
    assert_eq!(Editor::stored(&memory).as_deref(), Some("Dear Ana"));
    editor.session.suspend("call").unwrap();
    let found = editor.session.wake().and_then(|marker| marker.position().cloned());
    assert_eq!(found, Some(Position::text("Dear Ana", 8..8)));
}

#[test]
fn dropped_snapshot_saves_nothing_and_leaves_the_save_due() {
    let memory = MemoryBackend::new();
    let mut editor = Editor::new(&memory);
    editor.type_in("Dear");
    let mut snapshot = editor.session.begin_autosave().unwrap();
    snapshot.capture().set(EDITOR, &editor);
    drop(snapshot);
    assert_eq!(Editor::stored(&memory), None);
    assert_eq!(editor.autosave(), Some(Saved::Written));
    assert_eq!(Editor::stored(&memory).as_deref(), Some("Dear"));
}

#[test]
fn mark_made_after_the_snapshot_was_begun_keeps_the_next_save_due() {
    let memory = MemoryBackend::new();
    let mut editor = Editor::new(&memory);
    editor.type_in("Dear");
    let mut snapshot = editor.session.begin_autosave().unwrap();
    snapshot.capture().set(EDITOR, &editor);
    editor.type_in(" Ana");
    assert_eq!(editor.session.commit(snapshot).unwrap(), Saved::Written);
    assert_eq!(editor.autosave(), Some(Saved::Written));
    assert_eq!(Editor::stored(&memory).as_deref(), Some("Dear Ana"));
}

#[test]
fn snapshot_older_than_another_capture_saves_nothing() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.mark("a");
    let mut old = session.begin_autosave().unwrap();
    old.capture().set(FORM, &1);
    session.autosave(|capture| capture.set(FORM, &2)).unwrap();
    assert_eq!(session.commit(old).unwrap(), Saved::Unchanged);
    assert_eq!(session.get(FORM).unwrap(), Some(2));
    assert!(session.begin_autosave().is_some(), "an autosave is due");
}

#[test]
fn snapshot_of_a_state_that_was_left_saves_nothing() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    put(&mut session, "a", |capture| capture.set(FORM, &2));
    let point = session.history().unwrap().into_iter().next_back();
    session.mark("a");
    let mut old = session.begin_autosave().unwrap();
    old.capture().set(FORM, &3);
    session.resume_at(&point.unwrap()).unwrap();
    let resumed = session.get(FORM).unwrap();
    assert_eq!(session.commit(old).unwrap(), Saved::Unchanged);
    assert_eq!(session.get(FORM).unwrap(), resumed);
}

#[test]
fn snapshot_of_another_session_is_an_error() {
    let (mut one, mut other) = (open(MemoryBackend::new()), open(MemoryBackend::new()));
    one.mark("a");
    other.mark("a");
    let snapshot = one.begin_autosave().unwrap();
    assert_eq!(other.commit(snapshot).unwrap_err().kind(), ErrorKind::InvalidSetting);
    let snapshot = other.begin_autosave().unwrap();
    other.close().unwrap();
    assert_eq!(other.commit(snapshot).unwrap(), Saved::Off, "closed meanwhile");
}
