//! The state of the program, and its reaction to keys.

use std::time::SystemTime;

use leftoff::marker::cue::{Cue, FocusAdvice};
use leftoff::time::Timestamp;
use leftoff::{Action, ErrorKind, Mark, Marker, Phase, Reason, Section, Session};
use leftoff_ratatui::Arrow;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::form::{self, Field, Form, STEPS};

/// The section of the answers.
const FORM: Section<Form> = Section::new("trip", 1);

pub(crate) struct App {
    pub(crate) session: Session,
    pub(crate) arrow: Arrow,
    pub(crate) form: Form,
    pub(crate) fields: &'static [Field],
    /// The index of the focused field.
    pub(crate) at: usize,
    /// The reason why the last change was not saved.
    pub(crate) trouble: Option<String>,
    is_next: bool,
}

/// Returns the answers, or the reason why they could not be restored.
fn read(session: &mut Session, is_next: bool) -> (Form, Option<String>) {
    let (mut form, trouble) = match session.get(FORM) {
        Ok(form) => (form.unwrap_or_default(), None),
        // The notice shows it.
        Err(error) if error.kind() == ErrorKind::Quarantined => (Form::new(), None),
        Err(error) => (Form::new(), Some(format!("{error:#}"))),
    };
    if is_next {
        form::migrate(&mut form);
    }
    (form, trouble)
}

impl App {
    pub(crate) fn new(mut session: Session, arrow: Arrow, is_next: bool) -> Self {
        let (form, trouble) = read(&mut session, is_next);
        Self { session, arrow, form, fields: form::fields(is_next), at: 0, trouble, is_next }
    }

    /// Moves to where the user left off: to the element itself if it is unfinished, else to the next one.
    pub(crate) fn go_back_there(&mut self) {
        let target = self.arrow.target().and_then(|path| self.fields.iter().position(|field| field.path == path));
        let advice = self.arrow.cue().map(Cue::focus_advice);
        match (target, advice) {
            (Some(at), Some(FocusAdvice::BesideTarget)) => self.at = (at + 1).min(self.fields.len() - 1),
            (Some(at), _) => self.at = at,
            // The field no longer exists, but its step does.
            (None, _) => {
                let step = self.session.marker().map_or("", Marker::element).split('/').next();
                let step = STEPS.iter().position(|known| Some(known.path) == step);
                self.at = self.fields.iter().position(|field| Some(field.step) == step).unwrap_or(self.at);
            }
        }
    }

    /// Handles a key. Returns whether to continue.
    pub(crate) fn press(&mut self, key: KeyEvent) -> bool {
        self.session.user_active();
        self.arrow.user_active();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'q') if control => return false,
            KeyCode::Char('g') if control => {
                self.arrow.take_back();
                self.go_back_there();
            }
            KeyCode::Esc => {
                self.arrow.dismiss();
            }
            KeyCode::F(8) => self.bring_back(),
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => self.focus(self.at + 1),
            KeyCode::BackTab | KeyCode::Up => self.focus(self.at.saturating_sub(1)),
            KeyCode::Char(char) if !control => self.edit(|answer| answer.push(char)),
            KeyCode::Backspace => self.edit(|answer| {
                answer.pop();
            }),
            _ => {}
        }
        true
    }

    fn bring_back(&mut self) {
        if self.arrow.bring_back(&mut self.session) {
            (self.form, self.trouble) = read(&mut self.session, self.is_next);
        }
    }

    fn focus(&mut self, at: usize) {
        if at < self.fields.len() {
            self.at = at;
            self.mark(Action::Focus);
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut String)) {
        let Some(field) = self.fields.get(self.at) else { return };
        change(self.form.entry(field.path.to_owned()).or_default());
        self.mark(Action::Edit);
    }

    /// Marks the user's action and saves.
    fn mark(&mut self, kind: Action) {
        let Some(Field { path, label, step }) = self.fields.get(self.at) else { return };
        let answer = self.form.get(*path).map_or("", String::as_str);
        let place = [STEPS.get(*step).map_or("", |step| step.title)];
        let number = u32::try_from(step + 1).unwrap_or(u32::MAX);
        // The caret stays in a field while it is edited.
        let phase = if kind == Action::Edit { Phase::InProgress } else { Phase::Unknown };
        let mark =
            Mark::new(path).action(kind).phase(phase).label(label).detail(answer).breadcrumb(&place).step(number, 3);
        self.arrow.mark(&mut self.session, mark);
        let (form, elements) = (&self.form, self.arrow.elements());
        let saved = self.session.autosave(|capture| {
            capture.set(FORM, form);
            capture.anchor(elements);
        });
        // `autosave` returns no error for a full disk or a second instance; the status contains it.
        let trouble = saved.err().or_else(|| self.session.status().trouble().cloned());
        self.trouble = trouble.map(|error| format!("{error:#}"));
    }

    /// Suspends the session when the program is asked to end or to stop.
    pub(crate) fn leave(&mut self, reason: Reason) {
        self.arrow.away();
        // If this fails, closing fails, too.
        let _ = self.session.suspend(reason);
    }
}

pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}
