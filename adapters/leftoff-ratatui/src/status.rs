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
    /// For a row of fewer than [`NARROW`] columns.
    short: String,
    glyphs: Glyphs,
    direction: Direction,
}

const NARROW: i32 = 60;

impl StatusLine {
    pub(crate) fn new(text: &str, short: &str, glyphs: Glyphs, direction: Direction) -> Self {
        Self { text: text.to_owned(), short: short.to_owned(), glyphs, direction }
    }

    /// Returns whether the line is empty.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text, for programs that show it in their own way.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Widget for StatusLine {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut paper = Paper::new(buffer, Rect { height: area.height.min(1), ..area });
        let area = paper.area();
        if self.is_empty() || area.is_empty() {
            return;
        }
        paper.clear(area);
        let text = if area.width() < NARROW { &self.short } else { &self.text };
        let text = cut(text, area.width(), self.glyphs.ellipsis());
        let is_rtl = self.direction == Direction::RightToLeft;
        let x = if is_rtl { area.right - width(&text) } else { area.left };
        paper.text(x, area.top, &text, Modifier::BOLD);
        paper.emphasize(Cells { bottom: area.top + 1, ..area }, Modifier::BOLD);
    }
}

impl fmt::Debug for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusLine").field("text", &format_args!("<{} bytes>", self.text.len())).finish_non_exhaustive()
    }
}
