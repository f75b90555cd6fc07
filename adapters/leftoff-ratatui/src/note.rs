//! A line for oneself.

use std::fmt;

use leftoff::Mark;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_core::style::{Modifier, Style};
use ratatui_core::text::Span;
use ratatui_core::widgets::Widget;

use crate::cells::Cells;
use crate::paper::Paper;
use crate::pointer::width;

/// An input line for the moment at which the user puts the program to sleep: "Next: call Ana".
///
/// Pass the text to [`Session::suspend_with_note`](leftoff::Session::suspend_with_note); the card shows it first. Offer
/// it, and never insist: an empty line is no note.
///
/// ```
/// use leftoff::{Reason, Session};
/// use leftoff_ratatui::NoteLine;
/// use ratatui::widgets::Widget;
/// use ratatui::{buffer::Buffer, layout::Rect};
///
/// # let mut session = Session::in_memory();
/// # session.mark("mail/7");
/// let mut line = NoteLine::new();
/// "call Ana".chars().for_each(|char| line.insert(char));
/// let mut buffer = Buffer::empty(Rect::new(0, 0, 16, 1));
/// line.render(buffer.area, &mut buffer);
/// assert_eq!(buffer.content.iter().map(|cell| cell.symbol()).collect::<String>(), "Next: call Ana  ");
/// session.suspend_with_note(Reason::Pause, line.text())?;
/// # Ok::<(), leftoff::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct NoteLine {
    prompt: String,
    text: String,
}

impl NoteLine {
    /// Creates an empty line with the prompt "Next:".
    pub fn new() -> Self {
        Self { prompt: "Next: ".to_owned(), text: String::new() }
    }

    /// Sets the prompt, with the blank at its end, for another language.
    #[must_use]
    pub fn prompt(self, prompt: &str) -> Self {
        Self { prompt: prompt.to_owned(), ..self }
    }

    /// Appends what the user typed. Control characters, and text beyond [`Mark::MAX_TEXT`] bytes, are ignored.
    pub fn insert(&mut self, char: char) {
        if !char.is_control() && self.text.len() + char.len_utf8() <= Mark::MAX_TEXT {
            self.text.push(char);
        }
    }

    /// Removes the last character as the user sees it, with all its accents.
    pub fn backspace(&mut self) {
        let last = symbols(&self.text).last().copied().unwrap_or_default();
        self.text.truncate(self.text.len() - last);
    }

    /// Returns what the user typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the position of the cursor, when the line is drawn in this area.
    pub fn cursor(&self, area: Rect) -> Position {
        let columns = width(&self.prompt) + width(self.visible(area.width));
        let columns = u16::try_from(columns).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
        Position::new(area.x.saturating_add(columns), area.y)
    }

    /// The end of the text, as far as it fits behind the prompt and before the cursor.
    fn visible(&self, columns: u16) -> &str {
        let room = i32::from(columns) - width(&self.prompt) - 1;
        let mut text = self.text.as_str();
        for first in symbols(text) {
            if width(text) <= room {
                break;
            }
            text = text.get(first..).unwrap_or_default();
        }
        text
    }
}

/// The lengths in bytes of the characters as the user sees them.
fn symbols(text: &str) -> Vec<usize> {
    Span::raw(text).styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol.len()).collect()
}

impl Default for NoteLine {
    fn default() -> Self {
        Self::new()
    }
}

impl Widget for &NoteLine {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut paper = Paper::new(buffer, Rect { height: area.height.min(1), ..area });
        let row = paper.area();
        paper.clear(row);
        paper.text(row.left, row.top, &self.prompt, Modifier::BOLD);
        let x = row.left.saturating_add(width(&self.prompt));
        if Cells::from(area).contains(x, row.top) {
            paper.text(x, row.top, self.visible(area.width), Modifier::empty());
        }
    }
}

impl fmt::Debug for NoteLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteLine").field("text", &format_args!("<{} bytes>", self.text.len())).finish_non_exhaustive()
    }
}
