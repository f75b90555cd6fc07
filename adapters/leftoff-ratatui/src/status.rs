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
use crate::wrap::cut;

/// The marker in one line, for the status row of a program: from [`Arrow::status_line`](crate::Arrow::status_line). It
/// draws nothing while it is empty, so the row can have another use then.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusLine {
    text: String,
    /// For a row in which `text` does not fit.
    short: String,
    /// The keys and what they do; may be empty.
    hints: String,
    glyphs: Glyphs,
    direction: Direction,
}

/// The columns between the words and the keys.
const GAP: i32 = 2;

impl StatusLine {
    /// In a narrower row, the keys get a row of their own.
    pub(crate) const ONE_ROW_FROM: u16 = 160;

    pub(crate) fn new(text: &str, short: &str, glyphs: Glyphs, direction: Direction) -> Self {
        Self { text: text.to_owned(), short: short.to_owned(), hints: String::new(), glyphs, direction }
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

    /// Returns the width that is left for the words if the keys stand behind them; the keys are not drawn if they would
    /// take more than half of the row from the words.
    fn room_beside_hints(&self, width_of_row: i32) -> Option<i32> {
        let room = width_of_row - width(&self.hints) - GAP;
        (!self.hints.is_empty() && room >= width(&self.short).min(width_of_row / 2)).then_some(room)
    }
}

impl Widget for StatusLine {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut paper = Paper::new(buffer, Rect { height: area.height.min(2), ..area });
        let area = paper.area();
        if self.is_empty() || area.is_empty() {
            return;
        }
        let has_second_row = area.bottom - area.top > 1 && !self.hints.is_empty();
        let beside = if has_second_row { None } else { self.room_beside_hints(area.width()) };
        let room = beside.unwrap_or(area.width());
        let is_rtl = self.direction == Direction::RightToLeft;
        // The place comes first in the short text, and the reason often fits, too.
        let text = if width(&self.text) <= room { &self.text } else { &self.short };
        let text = cut(text, room, self.glyphs.ellipsis());
        let row = Cells { bottom: area.top + 1, ..area };
        paper.clear(row);
        let x = if is_rtl { row.right - width(&text) } else { row.left };
        paper.text(x, row.top, &text, Modifier::BOLD);
        let words =
            if is_rtl { Cells { left: row.right - room, ..row } } else { Cells { right: row.left + room, ..row } };
        paper.emphasize(words, Modifier::BOLD);

        if has_second_row {
            let below = Cells { top: row.bottom, bottom: row.bottom + 1, ..area };
            paper.clear(below);
            let hints = cut(&self.hints, area.width(), self.glyphs.ellipsis());
            let x = if is_rtl { below.right - width(&hints) } else { below.left };
            paper.text(x, below.top, &hints, Modifier::empty());
        } else if beside.is_some() {
            let x = if is_rtl { row.left } else { row.right - width(&self.hints) };
            paper.text(x, row.top, &self.hints, Modifier::empty());
        }
    }
}

impl fmt::Debug for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusLine").field("text", &format_args!("<{} bytes>", self.text.len())).finish_non_exhaustive()
    }
}
