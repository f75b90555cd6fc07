//! The state of the program, and its reaction to keys.

use std::time::SystemTime;

use leftoff::marker::Changes;
use leftoff::marker::cue::{Cue, FocusAdvice};
use leftoff::time::Timestamp;
use leftoff::{Action, ErrorKind, Mark, Marker, Phase, Reason, ResumePoint, Section, Session};
use leftoff_ratatui::{Arrow, CardAction, NoteLine};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::form::{self, Field, Form, STEPS};
use crate::roam::{Answer, Devices};
use crate::way::{Choice, Sources, Way};

/// The section of the answers.
pub(crate) const FORM: Section<Form> = Section::new("trip", 1);

/// What the keys do.
pub(crate) enum Mode {
    /// They fill in the form.
    Work,
    /// They write a line for oneself, before the program goes to sleep.
    Note(NoteLine),
    /// They choose in the list of what is open, was done, and was so earlier.
    Way(Way),
    /// The next one wakes the program.
    Asleep,
}

pub(crate) struct App {
    pub(crate) session: Session,
    pub(crate) arrow: Arrow,
    pub(crate) form: Form,
    pub(crate) fields: &'static [Field],
    /// The index of the focused field.
    pub(crate) at: usize,
    pub(crate) mode: Mode,
    /// The reason why the last change was not saved.
    pub(crate) trouble: Option<String>,
    /// A line for the user, until the next key.
    pub(crate) news: Option<String>,
    /// What changed while the user was away.
    pub(crate) changes: Changes,
    /// The state that an earlier one replaced, until the next edit.
    undo: Option<ResumePoint>,
    /// Whether the next frame locates an element to go to.
    goes_there: bool,
    /// The user's other devices.
    pub(crate) devices: Devices,
    /// What was last said of them.
    said: (Option<String>, Option<String>),
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
    pub(crate) fn new(mut session: Session, arrow: Arrow, devices: Devices, is_next: bool) -> Self {
        let (form, trouble) = read(&mut session, is_next);
        // While another instance has the state, nothing is saved, and the user must know before typing.
        let trouble = trouble.or_else(|| session.status().trouble().map(|error| format!("{error:#}")));
        let (mode, fields) = (Mode::Work, form::fields(is_next));
        let (news, undo, goes_there, changes) = (None, None, true, Changes::default());
        let (at, said) = Default::default();
        let mut app = Self {
            session,
            arrow,
            form,
            fields,
            at,
            mode,
            trouble,
            news,
            changes,
            undo,
            goes_there,
            devices,
            said,
            is_next,
        };
        app.note_changes();
        app
    }

    /// After a start, a return and a take-over: which answers are not as the user left them.
    fn note_changes(&mut self) {
        let present = self.fields.iter().map(|field| (field.path, form::fingerprint(&self.form, field.path)));
        let changes = self.session.marker().and_then(|marker| marker.changes(present));
        self.changes = changes.unwrap_or_default();
        // A field with a new name is the same field.
        for (old, new) in form::RENAMES.iter().filter(|_| self.is_next) {
            if self.changes.gone.iter().any(|path| path == old) {
                self.changes.gone.retain(|path| path != old);
                self.changes.new.retain(|path| path != new);
            }
        }
        self.news = self.arrow.since_line(&self.changes).map(|line| format!("{line}. F5: which"));
    }

    /// Returns, once, whether to go to the element that the next frame locates.
    pub(crate) fn takes_the_user_there(&mut self) -> bool {
        std::mem::take(&mut self.goes_there)
    }

    /// Moves to where the user left off: to the element itself if it is unfinished, else to the next one.
    pub(crate) fn go_back_there(&mut self) {
        let target = self.arrow.target().and_then(|path| form::position(self.fields, path));
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
        self.news = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c' | 'q')) {
            // A user who leaves is not asleep any more.
            self.session.wake();
            return false;
        }
        match self.mode {
            Mode::Work => self.work(key.code, control),
            Mode::Note(_) => self.write_note(key.code, control),
            Mode::Way(_) => self.choose(key.code),
            // The key that wakes is not typed into the form.
            Mode::Asleep => {
                self.session.wake();
                self.mode = Mode::Work;
                self.note_changes();
            }
        }
        true
    }

    fn work(&mut self, key: KeyCode, control: bool) {
        match self.devices.press(&mut self.session, key, control) {
            None => {}
            Some(Answer::Done) => return,
            Some(Answer::Reread) => return self.came_from_elsewhere(),
            Some(Answer::Show) => return self.mode = Mode::Way(Way::new(&self.sources()).at_devices()),
        }
        match key {
            KeyCode::Char('g') if control => {
                self.arrow.act(&mut self.session, CardAction::Continue);
                self.go_back_there();
            }
            KeyCode::F(6) if self.arrow.act(&mut self.session, CardAction::Done) => self.save(),
            KeyCode::F(7) if self.arrow.act(&mut self.session, CardAction::UndoRestore) => {
                self.prepare();
            }
            // The second Esc is for the bookmark and for the notice.
            KeyCode::Esc if !self.arrow.act(&mut self.session, CardAction::NotNow) => {
                self.arrow.dismiss();
            }
            KeyCode::F(5) => self.mode = Mode::Way(Way::new(&self.sources())),
            KeyCode::F(9) => self.mode = Mode::Note(NoteLine::new()),
            KeyCode::F(8) => self.bring_back(),
            KeyCode::F(4) => {
                self.arrow.stop_offering(&mut self.session);
            }
            // To go past a field is no touch of it: the arrow stays where the user did something.
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => self.at = (self.at + 1).min(self.fields.len() - 1),
            KeyCode::BackTab | KeyCode::Up => self.at = self.at.saturating_sub(1),
            KeyCode::Char(char) if !control => self.edit(|answer| answer.push(char)),
            KeyCode::Backspace => self.edit(|answer| {
                answer.pop();
            }),
            _ => {}
        }
    }

    fn write_note(&mut self, key: KeyCode, control: bool) {
        let Mode::Note(line) = &mut self.mode else { return };
        match key {
            KeyCode::Char(char) if !control => line.insert(char),
            KeyCode::Backspace => line.backspace(),
            KeyCode::Esc => self.mode = Mode::Work,
            KeyCode::Enter => {
                let slept = self.session.suspend_with_note(Reason::Break, line.text());
                self.trouble = slept.err().map(|error| format!("{error:#}"));
                self.arrow.away();
                self.mode = Mode::Asleep;
            }
            _ => {}
        }
    }

    fn sources(&self) -> Sources<'_> {
        let Self { session, arrow, form, fields, undo, changes, devices, .. } = self;
        Sources { session, arrow, form, fields, changes, devices, undo: undo.as_ref() }
    }

    fn choose(&mut self, key: KeyCode) {
        let Mode::Way(way) = &mut self.mode else { return };
        way.trouble = None;
        match (key, way.look.take()) {
            (KeyCode::Enter, Some(look)) if !look.changes.is_empty() => self.go_back_to(&look.point, false),
            // What the user looked at is closed.
            (_, Some(_)) => {}
            (KeyCode::Esc | KeyCode::F(5), _) => self.mode = Mode::Work,
            (KeyCode::Tab, _) => way.select_list(),
            (KeyCode::Down, _) => way.select(true),
            (KeyCode::Up, _) => way.select(false),
            (KeyCode::Enter, _) => self.go(),
            _ => {}
        }
    }

    /// Does what the selected row of the list is for.
    fn go(&mut self) {
        let Mode::Way(way) = &self.mode else { return };
        match way.chosen() {
            Some(Choice::Undo(point)) => self.go_back_to(&point, true),
            Some(Choice::State(point)) => {
                let look = self.sources().look_at(point, self.is_next);
                let Mode::Way(way) = &mut self.mode else { return };
                match look {
                    Ok(look) => way.look = Some(look),
                    Err(error) => way.trouble = Some(format!("{error:#}")),
                }
            }
            Some(Choice::Marker) => {
                self.mode = Mode::Work;
                self.arrow.act(&mut self.session, CardAction::Continue);
                self.go_back_there();
            }
            Some(Choice::Field(at)) => {
                self.mode = Mode::Work;
                self.focus(at);
            }
            Some(Choice::Device(choice)) => {
                self.mode = Mode::Work;
                if self.devices.decide(&mut self.session, &choice) {
                    self.came_from_elsewhere();
                }
            }
            None => {}
        }
    }

    /// Makes an earlier state the present one. The state that it replaces is the newest one of the history then.
    fn go_back_to(&mut self, point: &ResumePoint, is_undo: bool) {
        if let Err(error) = self.session.resume_at(point) {
            if let Mode::Way(way) = &mut self.mode {
                way.trouble = Some(format!("{error:#}"));
            }
            return;
        }
        let replaced = self.session.history().ok().and_then(|points| points.into_iter().next());
        self.undo = replaced.filter(|_| !is_undo);
        self.news = Some(if is_undo { "Undone." } else { "Brought back. F5, Enter: undo" }.to_owned());
        self.read_again();
        (self.mode, self.goes_there) = (Mode::Work, true);
    }

    /// Before a key changes an answer, and before each frame: if the session took over from another instance, the answers
    /// that the other one saved are newer; if the user undid the restore, there are none. Returns whether they were read.
    pub(crate) fn prepare(&mut self) -> bool {
        let took_over = self.arrow.prepare(&mut self.session);
        let has_come = self.devices.update(&mut self.session);
        if has_come {
            self.came_from_elsewhere();
        } else if took_over {
            self.read_again();
            self.note_changes();
            self.list_again();
        }
        took_over || has_come
    }

    /// The answers are those of another device now.
    fn came_from_elsewhere(&mut self) {
        self.read_again();
        self.undo = None;
        self.list_again();
    }

    /// Returns, once, whether something new is to be said of the other devices.
    pub(crate) fn has_news(&mut self) -> bool {
        let card = self.devices.card(&self.arrow).map(|card| card.text().to_owned());
        let said = (card, self.devices.status(&self.arrow));
        let is_new = said != self.said;
        self.said = said;
        // The list is as old as the look at it, unless it is written again.
        let is_old = match &self.mode {
            Mode::Way(way) if way.look.is_none() => way.devices != self.devices.texts(&self.arrow),
            _ => false,
        };
        if is_old {
            self.list_again();
        }
        is_new || is_old
    }

    /// After the shell has continued the program.
    pub(crate) fn wake(&mut self) {
        self.session.wake();
        self.note_changes();
        self.list_again();
    }

    fn list_again(&mut self) {
        if let Mode::Way(way) = &self.mode {
            let (at, count) = (way.at, way.rows.len());
            let mut way = Way::new(&self.sources());
            // If a row has come or gone, Enter must not do what stands in the selected place now.
            if way.rows.len() == count {
                way.at = at;
            }
            self.mode = Mode::Way(way);
        }
    }

    fn read_again(&mut self) {
        (self.form, self.trouble) = read(&mut self.session, self.is_next);
    }

    fn bring_back(&mut self) {
        if self.arrow.bring_back(&mut self.session) {
            self.read_again();
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
        self.undo = None;
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
        self.save();
    }

    fn save(&mut self) {
        let (form, fields, elements) = (&self.form, self.fields, self.arrow.elements());
        let saved = self.session.autosave(|capture| {
            capture.set(FORM, form);
            capture.anchor(elements);
            for field in fields {
                capture.fingerprint(field.path, form::fingerprint(form, field.path));
            }
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
