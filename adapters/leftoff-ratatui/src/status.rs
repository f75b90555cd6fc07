//! The status line.

use std::fmt;

use leftoff::marker::place::Direction;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Modifier;
use ratatui_core::widgets::Widget;

use crate::cells::Cells;
use crate::glyphs::Glyphs;
use crate::paper::Paper;
use crate::pointer::width;
use crate::wrap::{cut, wrap};

/// The marker in one line, for the status row of a program: from [`Arrow::status_line`](crate::Arrow::status_line). It
/// draws nothing while it is empty, so the row can have another use then.
///
/// In a narrow row, the location is shortened first, then the action is left out: age and reason stay whole. Each further
/// row of the area is used before that.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusLine {
    text: String,
    shorter: Shorter,
    /// The keys and what they do; may be empty.
    hints: String,
    glyphs: Glyphs,
    direction: Direction,
}

/// The words for a row in which all of them do not fit.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Shorter {
    /// All facts, without the words around them.
    pub(crate) line: String,
    /// The note, the element and its location: shortened from the end.
    pub(crate) place: String,
    /// What follows the place, each shorter than the one before.
    pub(crate) ends: Vec<String>,
}

/// The columns between the words and the keys.
const GAP: i32 = 2;
/// What is written below is not drawn.
pub(crate) const MAX_ROWS: u16 = 4;
/// So many columns of the place are kept, or none.
const PLACE: i32 = 8;
/// So many columns of its last part are kept, or none: ", in Paymen…".
const CAPTION: i32 = 12;

impl StatusLine {
    /// In a narrower row, the keys get a row of their own.
    pub(crate) const ONE_ROW_FROM: u16 = 160;
    /// In a narrower row, age and reason alone may need more than one.
    pub(crate) const WHOLE_FROM: u16 = 60;

    pub(crate) fn new(text: &str, shorter: Shorter, glyphs: Glyphs, direction: Direction) -> Self {
        Self { text: text.to_owned(), shorter, hints: String::new(), glyphs, direction }
    }

    pub(crate) fn with_hints(self, hints: String) -> Self {
        Self { hints, ..self }
    }

    /// Returns whether the line is empty.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text, for programs that show it in their own way.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the keys and what they do, such as "F5 continue  F6 done"; empty without bound keys.
    pub fn hints(&self) -> &str {
        &self.hints
    }

    /// Returns the words in at most this number of rows, the longest ones that fit.
    fn rows(&self, room: i32, count: usize) -> Vec<String> {
        let fitting = |text: &str| Some(wrap(text, room)).filter(|rows| rows.len() <= count);
        let Shorter { line, place, ends } = &self.shorter;
        let whole = [&self.text, line].into_iter().find_map(|text| fitting(text));
        let shortened = || ends.iter().find_map(|end| self.shortened(place, end, &fitting));
        let barest = || ends.last().and_then(|end| fitting(end));
        whole.or_else(shortened).or_else(barest).unwrap_or_else(|| {
            let mut rows = wrap(if line.is_empty() { &self.text } else { line }, room);
            let last = rows.split_off(count.saturating_sub(1).min(rows.len())).join(" ");
            rows.push(self.cut(&last, room));
            rows
        })
    }

    /// Returns the longest start of the place that fits before `end`, if enough of it does to be recognised.
    fn shortened(&self, place: &str, end: &str, fitting: &dyn Fn(&str) -> Option<Vec<String>>) -> Option<Vec<String>> {
        let columns = width(place);
        let rooms = (PLACE.min(columns)..=columns).rev();
        rooms.map(|room| format!("{}, {end}", self.cut_place(place, room))).find_map(|text| fitting(&text))
    }

    /// As `cut`. Where little more than "in" would be left of the last part, that part is left out.
    fn cut_place(&self, place: &str, room: i32) -> String {
        match place.rsplit_once(", ") {
            Some((front, _)) if (0..CAPTION).contains(&(room - width(front))) && room < width(place) => {
                front.to_owned()
            }
            _ => self.cut(place, room),
        }
    }

    fn cut(&self, text: &str, room: i32) -> String {
        cut(text, room, self.glyphs.ellipsis())
    }

    /// Returns the width that is left for the words if the keys stand behind them; the keys are not drawn if they would
    /// take more than half of the row from the words.
    fn room_beside_hints(&self, width_of_row: i32) -> Option<i32> {
        let room = width_of_row - width(&self.hints) - GAP;
        (!self.hints.is_empty() && room >= width(&self.shorter.line).min(width_of_row / 2)).then_some(room)
    }
}

impl Widget for StatusLine {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut paper = Paper::new(buffer, Rect { height: area.height.min(MAX_ROWS), ..area });
        let area = paper.area();
        if self.is_empty() || area.is_empty() {
            return;
        }
        let height = area.bottom - area.top;
        let has_row_of_hints = height > 1 && !self.hints.is_empty();
        let beside = if has_row_of_hints { None } else { self.room_beside_hints(area.width()) };
        let room = beside.unwrap_or(area.width());
        let is_rtl = self.direction == Direction::RightToLeft;
        let count = if beside.is_some() { 1 } else { height - i32::from(has_row_of_hints) };
        let mut row = Cells { bottom: area.top + 1, ..area };
        for text in self.rows(room, usize::try_from(count).unwrap_or(1)) {
            paper.clear(row);
            let x = if is_rtl { row.right - width(&text) } else { row.left };
            paper.text(x, row.top, &text, Modifier::BOLD);
            let words =
                if is_rtl { Cells { left: row.right - room, ..row } } else { Cells { right: row.left + room, ..row } };
            paper.emphasize(words, Modifier::BOLD);
            row = Cells { top: row.bottom, bottom: row.bottom + 1, ..row };
        }
        if has_row_of_hints {
            paper.clear(row);
            let hints = self.cut(&self.hints, area.width());
            let x = if is_rtl { row.right - width(&hints) } else { row.left };
            paper.text(x, row.top, &hints, Modifier::empty());
        } else if beside.is_some() {
            let x = if is_rtl { area.left } else { area.right - width(&self.hints) };
            paper.text(x, area.top, &self.hints, Modifier::empty());
        }
    }
}

impl fmt::Debug for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusLine").field("text", &format_args!("<{} bytes>", self.text.len())).finish_non_exhaustive()
    }
}
