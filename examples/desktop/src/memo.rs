//! A document with a file: the memo of the team. It is unsaved until the user saves it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use eframe::egui::{Button, Margin, RichText, ScrollArea, TextEdit, Ui};
use leftoff::document::{Comparison, Draft, Fingerprint};
use leftoff::{Capture, Marker, Section, Session};
use leftoff_egui::{GUTTER, Target};

use crate::app::App;
use crate::page::{At, Page};
use crate::sign::{self, Sign};
use crate::theme;

pub(crate) const MEMO: Section<Draft> = Section::new("memo", 1);
/// The path of the text in marks.
pub(crate) const PATH: &str = "memo/text";

/// The text of the memo, and its file as it was read last.
#[derive(Debug)]
pub(crate) struct Memo {
    path: PathBuf,
    /// The text of the window. It is stored only while it differs from the file.
    draft: Draft,
    /// `None`: there is no file.
    file: Option<Vec<u8>>,
    /// Why the file cannot be read or written.
    trouble: Option<String>,
}

/// What the window shows above the text.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Saved,
    Unsaved,
    /// The file has been changed, or is gone.
    Conflict,
}

/// The user's decision.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    Save,
    KeepMine,
    TakeTheirs,
}

impl Memo {
    pub(crate) fn restore(path: &Path, session: &mut Session) -> Self {
        let mut memo =
            Self { path: path.to_owned(), draft: Draft::new(String::new(), None), file: None, trouble: None };
        memo.restore_again(session);
        memo
    }

    /// Restores the draft, and reads the file. What could not be restored is kept by the session, and the status line
    /// shows it.
    pub(crate) fn restore_again(&mut self, session: &mut Session) {
        self.read();
        self.draft = session.get(MEMO).ok().flatten().unwrap_or_else(|| self.theirs());
    }

    /// Reads the file again. A text without unsaved changes follows it.
    pub(crate) fn read(&mut self) {
        let was_saved = self.state() == State::Saved;
        match fs::read(&self.path) {
            Ok(bytes) => (self.file, self.trouble) = (Some(bytes), None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (self.file, self.trouble) = (None, None),
            Err(error) => self.trouble = Some(error.to_string()),
        }
        if was_saved && self.trouble.is_none() {
            self.draft = self.theirs();
        }
    }

    /// The draft that is the file.
    fn theirs(&self) -> Draft {
        let bytes = self.file.as_deref();
        let text = String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        Draft::new(text, bytes.map(Fingerprint::of))
    }

    fn state(&self) -> State {
        match self.draft.compare(self.file.as_deref()) {
            Comparison::AlreadySaved => State::Saved,
            // An empty text needs no file.
            Comparison::Unchanged if self.file.is_none() && self.draft.content().is_empty() => State::Saved,
            Comparison::Unchanged => State::Unsaved,
            Comparison::Conflict { .. } => State::Conflict,
        }
    }

    pub(crate) fn is_unsaved(&self) -> bool {
        self.state() != State::Saved
    }

    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    pub(crate) fn capture(&self, capture: &mut Capture<'_>) {
        if self.is_unsaved() {
            capture.set(MEMO, &self.draft);
        } else {
            capture.remove(MEMO);
        }
    }

    /// Writes the file, unless another program has changed it. The draft must be stored before, and is removed after: a
    /// kill in between leaves a draft that equals the file.
    fn save(&mut self) {
        self.read();
        if self.state() != State::Unsaved || self.trouble.is_some() {
            return;
        }
        match write(&self.path, self.draft.content().as_bytes()) {
            Ok(()) => {
                self.file = Some(self.draft.content().clone().into_bytes());
                self.draft = self.theirs();
            }
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }

    fn decide(&mut self, asked: Asked) {
        let theirs = self.theirs();
        match asked {
            // Based on their file from now on: the next save replaces it knowingly.
            Asked::KeepMine => self.draft = Draft::new(self.draft.content().clone(), theirs.base()),
            Asked::TakeTheirs => self.draft = theirs,
            Asked::Nothing | Asked::Save => {}
        }
    }
}

/// Writes a new file beside the old one and renames it, so that no kill leaves half a file.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    // The new name must not be on the disk before the bytes are.
    file.sync_all()?;
    fs::rename(&beside, path)
}

impl App {
    /// Draws the memo in the column at the left.
    pub(crate) fn memo(&mut self, ui: &mut Ui) {
        let Some(memo) = &mut self.memo else { return };
        if ui.ctx().input(|input| input.events.contains(&eframe::egui::Event::WindowFocused(true))) {
            memo.read();
        }
        let asked = ui.scope(|ui| head(ui, memo)).inner;
        let area = ScrollArea::vertical().id_salt("memo").auto_shrink(false);
        area.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.add_space(GUTTER);
                let edit = TextEdit::multiline(memo.draft.content_mut()).id_salt(PATH).desired_rows(16);
                let response = ui.add(edit.desired_width(ui.available_width() - 8.0).margin(Margin::symmetric(8, 5)));
                let response = response.accessible_name("Memo");
                let mut page = Page {
                    arrow: &mut self.arrow,
                    resume: &mut self.resume,
                    left: self.session.marker().and_then(Marker::position),
                    caret: &mut self.caret,
                    goto: &mut self.goto,
                    at: At::default(),
                };
                let target = Target::new(PATH).label("Memo").role("text field");
                page.text(ui, target, PATH, &response, memo.draft.content());
            });
        });
        match asked {
            Asked::Nothing => {}
            Asked::Save => self.save_memo(),
            asked => {
                memo.decide(asked);
                self.session.mark_dirty();
            }
        }
    }

    fn save_memo(&mut self) {
        // The draft first: after a kill that tears the file, it has the whole text.
        self.session.mark_dirty();
        self.save();
        if let Some(memo) = &mut self.memo {
            memo.save();
        }
        self.arrow.finished(PATH);
        self.session.mark_dirty();
    }
}

/// Shows whether the memo is saved, and what the user can do.
fn head(ui: &mut Ui, memo: &Memo) -> Asked {
    let (palette, name) = (theme::palette(ui.visuals()), memo.name());
    let state = memo.state();
    let (mark, color, words) = match (&memo.trouble, &state) {
        (Some(error), _) => (Sign::Warning, palette.alarm_text, format!("{name}: {error}")),
        (None, State::Saved) if memo.file.is_none() => (Sign::Wait, palette.weak, format!("{name} is not there yet")),
        (None, State::Saved) => (Sign::Done, palette.fine, format!("saved in {name}")),
        (None, State::Unsaved) => (Sign::Wait, palette.weak, format!("not saved in {name}, but kept here")),
        (None, State::Conflict) if memo.file.is_none() => {
            (Sign::Warning, palette.alarm_text, format!("{name} is gone; your text is kept here"))
        }
        (None, State::Conflict) => {
            (Sign::Warning, palette.alarm_text, format!("{name} was changed by another program"))
        }
    };
    ui.horizontal_wrapped(|ui| {
        ui.add_space(GUTTER);
        sign::show(ui, mark, color);
        ui.label(RichText::new(words).small().color(color));
    });
    if state == State::Conflict && memo.file.is_some() {
        theirs(ui, memo);
    }
    ui.horizontal(|ui| {
        ui.add_space(GUTTER);
        if state != State::Conflict {
            let save = ui.add_enabled(state == State::Unsaved, Button::new("Save memo"));
            return if save.clicked() { Asked::Save } else { Asked::Nothing };
        }
        if ui.button("Keep mine").clicked() {
            return Asked::KeepMine;
        }
        if ui.button("Take theirs").clicked() { Asked::TakeTheirs } else { Asked::Nothing }
    })
    .inner
}

/// Shows the file as it is now, above the user's text.
fn theirs(ui: &mut Ui, memo: &Memo) {
    ui.horizontal(|ui| {
        ui.add_space(GUTTER);
        ui.vertical(|ui| {
            ui.label(RichText::new("Theirs:").small().weak());
            let text = memo.theirs().into_content();
            ScrollArea::vertical()
                .id_salt("theirs")
                .max_height(90.0)
                .show(ui, |ui| ui.label(RichText::new(text).small()));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memo(dir: &tempfile::TempDir, text: &str) -> Memo {
        let mut memo = Memo::restore(&dir.path().join("memo.txt"), &mut Session::in_memory());
        text.clone_into(memo.draft.content_mut());
        memo
    }

    fn file(dir: &tempfile::TempDir) -> Option<String> {
        fs::read_to_string(dir.path().join("memo.txt")).ok()
    }

    #[test]
    fn saved_text_is_in_the_file_and_in_no_draft() {
        let dir = tempfile::tempdir().unwrap();
        let mut memo = memo(&dir, "one");
        assert_eq!((memo.state(), file(&dir)), (State::Unsaved, None));
        memo.save();
        assert_eq!((memo.state(), file(&dir).as_deref()), (State::Saved, Some("one")));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no file beside it");
    }

    #[test]
    fn changed_file_is_never_overwritten_before_the_user_has_decided() {
        let dir = tempfile::tempdir().unwrap();
        let mut memo = memo(&dir, "mine");
        fs::write(dir.path().join("memo.txt"), "theirs").unwrap();
        memo.save();
        assert_eq!((memo.state(), file(&dir).as_deref()), (State::Conflict, Some("theirs")));
        memo.decide(Asked::KeepMine);
        assert_eq!(memo.state(), State::Unsaved);
        memo.save();
        assert_eq!((memo.state(), file(&dir).as_deref()), (State::Saved, Some("mine")));
    }

    #[test]
    fn text_without_changes_follows_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut memo = memo(&dir, "");
        fs::write(dir.path().join("memo.txt"), "theirs").unwrap();
        memo.read();
        assert_eq!((memo.state(), memo.draft.content().as_str()), (State::Saved, "theirs"));
        memo.draft.content_mut().push('!');
        fs::remove_file(dir.path().join("memo.txt")).unwrap();
        memo.read();
        assert_eq!(memo.state(), State::Conflict);
        memo.decide(Asked::TakeTheirs);
        assert_eq!((memo.state(), memo.draft.content().as_str()), (State::Saved, ""));
    }
}
