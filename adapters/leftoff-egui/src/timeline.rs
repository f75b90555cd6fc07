//! The timeline: what the user did last, and the earlier states that can be brought back.

use std::collections::BTreeSet;

use egui::Ui;
use leftoff::marker::TrailEntry;
use leftoff::{Error, ResumePoint, Section, SectionChange, Session};

use crate::arrow::Arrow;
use crate::text::{self, Text};
use crate::work::Destination;

/// What the user did last in all windows, newest first, with the earlier states among it.
///
/// A click on an action asks the program to go there. A click on a state shows which sections would change, and offers to
/// bring them back: all, or the ticked ones. That can be undone.
///
/// Create it when the user opens the panel: it then reads the [history](Session::history), once.
#[derive(Debug, Default)]
pub struct Timeline {
    /// `None` until they are read; newest first.
    states: Option<Vec<ResumePoint>>,
    lists_all: bool,
    chosen: Option<Chosen>,
    /// The state that was replaced.
    undo: Option<ResumePoint>,
    failed: Option<Error>,
}

/// A state that the user looks at.
#[derive(Debug)]
struct Chosen {
    state: ResumePoint,
    changes: Vec<SectionChange>,
    /// The indices of the changes that are not wanted.
    unticked: BTreeSet<usize>,
}

/// What the user asked for in a [`Timeline`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the stored values may have changed: read the sections again, or they are overwritten"]
pub enum TimelineEvent {
    /// Go to this element.
    GoTo(Destination),
    /// An earlier state, or part of it, is the present one now: read all sections again, of every window, before the next
    /// `autosave`.
    Restored,
}

/// A line of the timeline, and whether further states follow that are not listed.
enum Line<'a> {
    Did(&'a str, &'a TrailEntry),
    State(&'a ResumePoint),
}

impl Timeline {
    /// Creates a timeline, of a history that is not read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the timeline in a column; put it into a scroll area. Returns what the user asked for.
    pub fn show(&mut self, ui: &mut Ui, arrow: &Arrow, session: &mut Session) -> Option<TimelineEvent> {
        if self.states.is_none() {
            self.read(session);
        }
        arrow.rows(ui, |ui| {
            arrow.heading(ui, Text::Timeline);
            let undone = self.notice(ui, arrow, session);
            let listed = self.list(ui, arrow, session);
            undone.or(listed)
        })
    }

    fn read(&mut self, session: &Session) {
        let states = session.history();
        self.failed = states.as_ref().err().cloned();
        self.states = Some(states.unwrap_or_default());
    }

    /// Shows the undo, and what failed.
    fn notice(&mut self, ui: &mut Ui, arrow: &Arrow, session: &mut Session) -> Option<TimelineEvent> {
        if let Some(error) = &self.failed {
            arrow.quiet(ui, Text::Failed(error));
        }
        let undo = self.undo.as_ref()?;
        let is_undone = arrow.buttons(ui, |ui| {
            ui.label(arrow.said(Text::BroughtBack));
            ui.button(arrow.said(Text::Undo)).clicked()
        });
        if !is_undone {
            return None;
        }
        self.failed = session.resume_at(undo).err();
        if self.failed.is_some() {
            return None;
        }
        (self.undo, self.states) = (None, None);
        Some(TimelineEvent::Restored)
    }

    fn list(&mut self, ui: &mut Ui, arrow: &Arrow, session: &mut Session) -> Option<TimelineEvent> {
        let (timeline, states) = (session.timeline(), self.states.clone().unwrap_or_default());
        let lines = lines(&timeline, &states);
        if lines.is_empty() {
            arrow.quiet(ui, Text::NothingDone);
        }
        let (mut event, mut hidden) = (None, 0);
        let mut before = None;
        for line in &lines {
            match line {
                Line::Did(scope, entry) => {
                    let line = entry.line(arrow.now(), |at| arrow.offset(at)).isolated(arrow.settings.direction);
                    let [name, rest, time] = text::parts(&line, arrow.texts.as_ref());
                    if arrow.row(ui, [&name, &rest, &time]).clicked() {
                        event = Some(TimelineEvent::GoTo(Destination::new(scope, entry.element())));
                    }
                }
                // Of several states after one another, the newest.
                Line::State(_) if before == Some(true) && !self.lists_all => hidden += 1,
                Line::State(state) => {
                    if let Some(restored) = self.state(ui, arrow, session, state) {
                        event = Some(restored);
                    }
                }
            }
            before = Some(matches!(line, Line::State(_)));
        }
        if hidden > 0 && ui.small_button(arrow.said(Text::AllStates(states.len()))).clicked() {
            self.lists_all = true;
        }
        event
    }

    /// Shows a state and, if the user looks at it, what would change.
    fn state(
        &mut self,
        ui: &mut Ui,
        arrow: &Arrow,
        session: &mut Session,
        state: &ResumePoint,
    ) -> Option<TimelineEvent> {
        let line = state.line(arrow.now(), |at| arrow.offset(at)).isolated(arrow.settings.direction);
        let [name, rest, time] = text::parts(&line, arrow.texts.as_ref());
        let words = if rest.is_empty() { name } else { [name, rest].join(text::BETWEEN) };
        let is_open = self.chosen.as_ref().is_some_and(|chosen| chosen.state == *state);
        if arrow.row(ui, ["", &arrow.said(Text::State(&words)), &time]).clicked() {
            self.chosen = None;
            if !is_open {
                self.look_at(session, state);
            }
            return None;
        }
        if !is_open {
            return None;
        }
        let chosen = self.chosen.as_mut()?;
        let is_asked = ui.indent("changes", |ui| arrow.rows(ui, |ui| chosen.show(ui, arrow))).inner;
        is_asked.then(|| self.bring_back(session)).flatten()
    }

    fn look_at(&mut self, session: &Session, state: &ResumePoint) {
        match session.preview_at(state) {
            Ok(changes) => {
                self.chosen = Some(Chosen { state: state.clone(), changes, unticked: BTreeSet::new() });
                self.failed = None;
            }
            Err(error) => self.failed = Some(error),
        }
    }

    fn bring_back(&mut self, session: &mut Session) -> Option<TimelineEvent> {
        let chosen = self.chosen.take()?;
        let undo = chosen.bring_back(session);
        // The state that was replaced is a point now.
        self.read(session);
        match undo {
            Ok(undo) => {
                self.undo = undo;
                Some(TimelineEvent::Restored)
            }
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }
}

impl Chosen {
    /// Returns whether the user wants it back.
    fn show(&mut self, ui: &mut Ui, arrow: &Arrow) -> bool {
        for (index, change) in self.changes.iter().enumerate() {
            let name = arrow.said(Text::Section(&change.scope, &change.name));
            let time = change.then.and_then(|then| arrow.time_of(then));
            let words = arrow.said(Text::Change(&name, time.as_ref()));
            let mut is_wanted = !self.unticked.contains(&index);
            if ui.checkbox(&mut is_wanted, words).changed() && !self.unticked.remove(&index) {
                self.unticked.insert(index);
            }
        }
        if self.changes.is_empty() {
            arrow.quiet(ui, Text::NoChange);
            return false;
        }
        let is_any = self.unticked.len() < self.changes.len();
        ui.add_enabled(is_any, egui::Button::new(arrow.said(Text::BringBack))).clicked()
    }

    /// Returns the state that was replaced.
    fn bring_back(&self, session: &mut Session) -> Result<Option<ResumePoint>, Error> {
        if self.unticked.is_empty() {
            session.resume_at(&self.state)?;
            return Ok(newest(session));
        }
        let mut undo = None;
        for (_, change) in self.changes.iter().enumerate().filter(|(index, _)| !self.unticked.contains(index)) {
            // The type of the value does not matter here.
            let section = Section::<()>::new("any", 1).named(&change.name)?;
            let mut scope = session.scope(&change.scope);
            if change.then.is_some() {
                scope.restore_section(&self.state, section)?;
            } else {
                // It had no value then. What it has now is set aside, and the button of the notice brings it back.
                scope.quarantine(section)?;
            }
            if undo.is_none() {
                undo = newest(session);
            }
        }
        Ok(undo)
    }
}

/// `None`, too, if the history cannot be read: what was brought back is there all the same.
fn newest(session: &Session) -> Option<ResumePoint> {
    session.history().ok()?.into_iter().next()
}

/// Merges the two by time, newest first.
fn lines<'a>(timeline: &'a [(String, TrailEntry)], states: &'a [ResumePoint]) -> Vec<Line<'a>> {
    let did = timeline.iter().rev().map(|(scope, entry)| (entry.at(), Line::Did(scope, entry)));
    let mut lines: Vec<_> = did.chain(states.iter().map(|state| (state.at, Line::State(state)))).collect();
    // Stable: of one time, the action first, which changed the state.
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    lines.into_iter().map(|(_, line)| line).collect()
}
