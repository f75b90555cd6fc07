//! The way back: what is still open, what the user did last, and the earlier states that can be brought back.

use leftoff::marker::Changes;
use leftoff::{Error, Phase, ResumePoint, Session};
use leftoff_ratatui::Arrow;

use crate::app::{FORM, now};
use crate::form::{self, Field, Form, STEPS};
use crate::roam::{self, Devices};

/// The list, and the state in it that the user looks at.
pub(crate) struct Way {
    pub(crate) rows: Vec<Row>,
    /// The index of the selected row.
    pub(crate) at: usize,
    pub(crate) look: Option<Look>,
    /// What is said of the other devices.
    pub(crate) devices: Vec<String>,
    /// The reason why nothing was done.
    pub(crate) trouble: Option<String>,
}

pub(crate) struct Row {
    pub(crate) text: String,
    pub(crate) kind: RowKind,
}

pub(crate) enum RowKind {
    Heading,
    /// Says something, leads nowhere.
    Words,
    Choice(Choice),
}

#[derive(Clone)]
pub(crate) enum Choice {
    /// Back to the state that was replaced.
    Undo(ResumePoint),
    /// To where the user left off.
    Marker,
    /// To the field with this index.
    Field(usize),
    /// A look at an earlier state.
    State(ResumePoint),
    /// An answer about what came from another device.
    Device(roam::Choice),
}

/// An earlier state, before it is brought back.
pub(crate) struct Look {
    pub(crate) point: ResumePoint,
    /// What would change; empty if nothing would.
    pub(crate) changes: Vec<String>,
}

/// The parts of the program that are listed.
pub(crate) struct Sources<'a> {
    pub(crate) session: &'a Session,
    pub(crate) arrow: &'a Arrow,
    pub(crate) form: &'a Form,
    pub(crate) fields: &'a [Field],
    pub(crate) changes: &'a Changes,
    pub(crate) devices: &'a Devices,
    pub(crate) undo: Option<&'a ResumePoint>,
}

impl Way {
    pub(crate) fn new(sources: &Sources<'_>) -> Self {
        let mut rows = Vec::new();
        if let Some(point) = sources.undo {
            let text = "Undo: as it was before the earlier state was brought back";
            rows.push(Row { text: text.to_owned(), kind: RowKind::Choice(Choice::Undo(point.clone())) });
        }
        // What changed is there to be read; Enter goes on with the work.
        let begin = if rows.is_empty() { sources.changed().len() + 1 } else { 0 };
        let changed = sources.changed();
        if !changed.is_empty() {
            rows.push(Row { text: "Since you left".to_owned(), kind: RowKind::Heading });
            rows.extend(changed);
        }
        let lists = [
            ("Still open", sources.open(), "Nothing is open."),
            ("What you did last", sources.did(), "Nothing here yet."),
            ("Earlier states", sources.states(), "There are none."),
        ];
        for (heading, list, nothing) in lists {
            rows.push(Row { text: heading.to_owned(), kind: RowKind::Heading });
            if list.is_empty() {
                rows.push(Row { text: nothing.to_owned(), kind: RowKind::Words });
            }
            rows.extend(list);
        }
        if let Some((heading, lines)) = sources.devices.lines(sources.arrow) {
            rows.push(Row { text: heading, kind: RowKind::Heading });
            rows.extend(lines.into_iter().map(|(text, choice)| {
                let kind = choice.map_or(RowKind::Words, |choice| RowKind::Choice(Choice::Device(choice)));
                Row { text, kind }
            }));
        }
        let at = rows.iter().skip(begin).position(Row::is_choice).map(|at| begin + at).unwrap_or_default();
        Self { rows, at, look: None, devices: sources.devices.texts(sources.arrow), trouble: None }
    }

    /// Selects the first choice about the other devices, which are last; else the last row, so that they are seen.
    pub(crate) fn at_devices(mut self) -> Self {
        let is_of_devices = |row: &Row| matches!(row.kind, RowKind::Choice(Choice::Device(_)));
        self.at = self.rows.iter().position(is_of_devices).unwrap_or(self.rows.len().saturating_sub(1));
        self
    }

    /// Selects the next row, or the one before.
    pub(crate) fn select(&mut self, is_next: bool) {
        let mut rows = self.rows.iter().enumerate().filter(|(_, row)| row.is_choice()).map(|(index, _)| index);
        let at = if is_next { rows.find(|index| *index > self.at) } else { rows.rfind(|index| *index < self.at) };
        self.at = at.unwrap_or(self.at);
    }

    /// Selects the first row of the next list; after the last list, the first row of all.
    pub(crate) fn select_list(&mut self) {
        let rows = || self.rows.iter().enumerate();
        let headings = rows().filter(|(index, row)| *index > self.at && matches!(row.kind, RowKind::Heading));
        let first = headings.map(|(index, _)| index).next().unwrap_or_default();
        let at = rows().find(|(index, row)| *index >= first && row.is_choice());
        let at = at.or_else(|| rows().find(|(_, row)| row.is_choice()));
        self.at = at.map_or(self.at, |(index, _)| index);
    }

    /// Returns what Enter does in the selected row.
    pub(crate) fn chosen(&self) -> Option<Choice> {
        match &self.rows.get(self.at)?.kind {
            RowKind::Choice(choice) => Some(choice.clone()),
            _ => None,
        }
    }
}

impl Row {
    fn is_choice(&self) -> bool {
        matches!(self.kind, RowKind::Choice(_))
    }
}

impl Sources<'_> {
    /// Where the user left off, unless that is finished, and the steps in which answers are missing.
    fn open(&self) -> Vec<Row> {
        let markers = self.session.markers().into_iter().filter(|marker| marker.phase() != Phase::Committed);
        let left = markers
            .map(|marker| Row { text: self.arrow.marker_line(marker, now()), kind: RowKind::Choice(Choice::Marker) });
        let missing = STEPS.iter().enumerate().filter_map(|(step, title)| {
            let is_missing =
                |field: &&Field| field.step == step && self.form.get(field.path).is_none_or(String::is_empty);
            let labels: Vec<&str> = self.fields.iter().filter(is_missing).map(|field| field.label).collect();
            let first = self.fields.iter().position(|field| is_missing(&field))?;
            let text = format!("{}, step {} of {}: no {}", title.title, step + 1, STEPS.len(), labels.join(", "));
            Some(Row { text, kind: RowKind::Choice(Choice::Field(first)) })
        });
        left.chain(missing).collect()
    }

    /// What changed while the user was away: a field of another version, an answer of another instance.
    fn changed(&self) -> Vec<Row> {
        let Changes { new, changed, gone, .. } = self.changes;
        let lists = [("new", new), ("changed", changed), ("gone", gone)];
        let rows = lists.into_iter().flat_map(|(word, paths)| paths.iter().map(move |path| (word, path)));
        let row = |(word, path): (&str, &String)| {
            let at = form::position(self.fields, path).filter(|_| word != "gone");
            let label = form::label(path).unwrap_or(path);
            let kind = at.map_or(RowKind::Words, |at| RowKind::Choice(Choice::Field(at)));
            Row { text: format!("{word}: {label}"), kind }
        };
        rows.map(row).collect()
    }

    /// The user's last actions, newest first.
    fn did(&self) -> Vec<Row> {
        let timeline = self.session.timeline();
        let row = |(_, entry): &(String, leftoff::marker::TrailEntry)| {
            // An element that this version no longer has is listed, but leads nowhere.
            let at = form::position(self.fields, entry.element());
            let kind = at.map_or(RowKind::Words, |at| RowKind::Choice(Choice::Field(at)));
            Row { text: self.arrow.entry_line(entry, now()), kind }
        };
        timeline.iter().rev().map(row).collect()
    }

    /// The earlier states, newest first. This reads the history: once, when the list is opened.
    fn states(&self) -> Vec<Row> {
        match self.session.history() {
            Ok(points) => points.into_iter().map(|point| self.state(point)).collect(),
            Err(error) => vec![Row { text: format!("Not read: {error:#}."), kind: RowKind::Words }],
        }
    }

    fn state(&self, point: ResumePoint) -> Row {
        let text = format!("as it was: {}", self.arrow.point_line(&point, now()));
        Row { text, kind: RowKind::Choice(Choice::State(point)) }
    }

    /// Returns what would change if the state came back. Nothing changes yet.
    pub(crate) fn look_at(&self, point: ResumePoint, is_next: bool) -> Result<Look, Error> {
        let mut changes = Vec::new();
        for section in self.session.preview_at(&point)? {
            if section.name != FORM.name() {
                changes.push(section.name);
                continue;
            }
            let mut then = self.session.get_at(&point, FORM)?.unwrap_or_default();
            if is_next {
                form::migrate(&mut then);
            }
            let said = |form: &Form, field: &Field| match form.get(field.path).map(String::as_str) {
                None | Some("") => "empty".to_owned(),
                Some(answer) => answer.to_owned(),
            };
            let fields = self.fields.iter().map(|field| (field.label, said(&then, field), said(self.form, field)));
            let fields = fields.filter(|(_, then, now)| then != now);
            changes.extend(fields.map(|(label, then, now)| format!("{label}: {then} (now {now})")));
        }
        Ok(Look { point, changes })
    }
}
