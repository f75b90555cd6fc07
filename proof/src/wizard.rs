//! The state of a wizard of which every byte can be told from its step and its launch, so that a mixture of two moments
//! shows, and so does a remnant of a timeline that a power cut took back.

use leftoff::{Capture, ErrorKind, Section, Session};
use serde::{Deserialize, Serialize};

use crate::random::Random;

/// A capture: the how manyth, and by which launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment {
    pub step: u64,
    pub launch: u64,
}

/// Some kilobytes that change in many places.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Form {
    at: Moment,
    /// Which capture wrote the table.
    table: Option<Moment>,
    answers: Vec<String>,
    amount: Option<f64>,
}

const FORM: Section<Form> = Section::new("form", 1);
/// A kilobyte that changes in one place: saved as a difference.
const LETTER: Section<(String, Moment, String)> = Section::new("letter", 1);
/// New in every byte, now and then so large that the log is summed up soon; written in every seventh step only.
const TABLE: Section<(Moment, Vec<u8>)> = Section::new("table", 1);
/// Small, always written whole.
const PAGE: Section<(Moment, u8)> = Section::new("page", 1);
/// Of a second window, and removed in every third step.
const DRAFT: Section<Moment> = Section::new("draft", 1);
const WINDOW: &str = "window/2";

fn form(at: Moment, table: Option<Moment>) -> Form {
    let answer = |question: u64| {
        // One answer is typed into at each step, the others stay.
        let last = at.step.saturating_sub((at.step + 40 - question) % 40);
        format!(
            "answer {question}, of step {last}, {}",
            "and so on ".repeat(usize::try_from(question % 7).unwrap_or(0))
        )
    };
    let amount = at.step.is_multiple_of(2).then(|| f64::from(u32::try_from(at.step).unwrap_or(0)) / 7.0);
    Form { at, table, answers: (0..40).map(answer).collect(), amount }
}

fn letter(at: Moment) -> (String, Moment, String) {
    ("Dear Sir or Madam, ".repeat(30), at, " and remain, as before, yours".repeat(30))
}

fn table(at: Moment) -> Vec<u8> {
    let len = if at.step % 70 == 7 { 150_000 } else { 6_000 };
    Random::new(at.step << 20 ^ at.launch).bytes(len)
}

/// What the wizard has in memory: enough to go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub at: Moment,
    pub table: Option<Moment>,
}

/// Why there is no state to go on from.
#[derive(Debug)]
pub enum Unread {
    /// The disk does not answer, which says nothing about the state.
    Unavailable(leftoff::Error),
    /// There is a log, and not a word of it can be read.
    Nothing,
    Wrong(String),
}

fn is_damaged<T>(result: &Result<T, leftoff::Error>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Damaged)
}

impl From<leftoff::Error> for Unread {
    fn from(error: leftoff::Error) -> Self {
        if error.kind() == ErrorKind::Unavailable { Self::Unavailable(error) } else { Self::Wrong(error.to_string()) }
    }
}

impl State {
    pub fn next(before: Option<Self>, launch: u64) -> Self {
        let step = before.map_or(1, |state| state.at.step + 1);
        let at = Moment { step, launch };
        let table = if step.is_multiple_of(7) { Some(at) } else { before.and_then(|state| state.table) };
        Self { at, table }
    }

    pub fn element(&self) -> String {
        format!("step/{}/{}", self.at.step, self.at.launch)
    }

    pub fn write(&self, capture: &mut Capture<'_>) {
        let Self { at, table: of } = *self;
        capture.set(PAGE, &(at, u8::try_from(at.step % 9).unwrap_or(0)));
        capture.set(FORM, &form(at, of));
        capture.set(LETTER, &letter(at));
        if of == Some(at) {
            capture.set(TABLE, &(at, table(at)));
        }
        let mut window = capture.scope(WINDOW);
        if at.step.is_multiple_of(3) { window.remove(DRAFT) } else { window.set(DRAFT, &at) }
    }

    /// What came back. All sections and the marker must speak of one capture.
    pub fn read(session: &mut Session) -> Result<Option<Self>, Unread> {
        let page = session.get(PAGE);
        if is_damaged(&page) && is_damaged(&session.get(FORM)) && is_damaged(&session.get(TABLE)) {
            return Err(Unread::Nothing);
        }
        let page = page?;
        let form_read = session.get(FORM)?;
        let letter_read = session.get(LETTER)?;
        let table_read = session.get(TABLE)?;
        let draft = session.scope(WINDOW).get(DRAFT)?;
        let element = session.marker().map(|marker| marker.element().to_owned());
        let Some(read) = form_read else {
            return match (page.is_some(), letter_read.is_some(), table_read.is_some(), draft, element) {
                (false, false, false, None, None) => Ok(None),
                other => Err(Unread::Wrong(format!("no form, but {other:?}"))),
            };
        };
        let state = Self { at: read.at, table: read.table };
        let at = state.at;
        let wrong = |what: String| Err(Unread::Wrong(format!("{at:?}: {what}")));
        if read != form(at, state.table) {
            return wrong("another form".to_owned());
        }
        if page != Some((at, u8::try_from(at.step % 9).unwrap_or(0))) {
            return wrong(format!("page {page:?}"));
        }
        if letter_read != Some(letter(at)) {
            return wrong(format!("letter of {:?}", letter_read.map(|(_, at, _)| at)));
        }
        match (&state.table, &table_read) {
            (None, None) => {}
            (Some(of), Some((said, bytes))) if of == said && *bytes == table(*of) => {}
            (of, said) => {
                return wrong(format!("table of {:?} and not of {of:?}", said.as_ref().map(|(said, _)| said)));
            }
        }
        if draft != (!at.step.is_multiple_of(3)).then_some(at) {
            return wrong(format!("draft {draft:?}"));
        }
        if element != Some(state.element()) {
            return wrong(format!("marker at {element:?}"));
        }
        Ok(Some(state))
    }
}
