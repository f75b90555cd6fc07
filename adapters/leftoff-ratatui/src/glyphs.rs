//! The characters that are drawn.

use leftoff::marker::place::Side;
use ratatui_core::style::Modifier;

use crate::cells::Cells;
use crate::paper::Paper;

/// The character set of the arrow and the bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Glyphs {
    #[default]
    Unicode,
    Ascii,
}

impl Glyphs {
    /// Returns an arrow that points to this side.
    pub(crate) fn toward(self, side: Side) -> &'static str {
        match (self, side) {
            (Self::Unicode, Side::Right) => "▶",
            (Self::Unicode, Side::Left) => "◀",
            (Self::Unicode, Side::Top) => "▲",
            (Self::Unicode, Side::Bottom) => "▼",
            (Self::Ascii, Side::Right) => ">",
            (Self::Ascii, Side::Left) => "<",
            (Self::Ascii, Side::Top) => "^",
            (Self::Ascii, Side::Bottom) => "v",
        }
    }

    pub(crate) fn bar(self) -> &'static str {
        if self == Self::Ascii { ":" } else { "╎" }
    }

    /// Draws a frame along the edge of these cells.
    pub(crate) fn frame(self, paper: &mut Paper<'_>, cells: Cells) {
        let (across, down) = if self == Self::Ascii { ("-", "|") } else { ("─", "│") };
        self.lines(paper, cells, across, down, Modifier::empty());
    }

    /// Draws a frame with gaps, for an uncertain area.
    pub(crate) fn dashed_frame(self, paper: &mut Paper<'_>, cells: Cells, modifier: Modifier) {
        let across = if self == Self::Ascii { "-" } else { "╌" };
        self.lines(paper, cells, across, self.bar(), modifier);
    }

    fn lines(self, paper: &mut Paper<'_>, cells: Cells, across: &str, down: &str, modifier: Modifier) {
        let (right, bottom) = (cells.right - 1, cells.bottom - 1);
        for x in cells.left..cells.right {
            paper.put(x, cells.top, across, modifier);
            paper.put(x, bottom, across, modifier);
        }
        for y in cells.top..cells.bottom {
            paper.put(cells.left, y, down, modifier);
            paper.put(right, y, down, modifier);
        }
        let corners = if self == Self::Ascii { ["+"; 4] } else { ["┌", "┐", "└", "┘"] };
        let at = [(cells.left, cells.top), (right, cells.top), (cells.left, bottom), (right, bottom)];
        for ((x, y), corner) in at.into_iter().zip(corners) {
            paper.put(x, y, corner, modifier);
        }
    }

    /// Returns the words with quotes and separators that these glyphs have.
    pub(crate) fn words(self, words: String) -> String {
        if self == Self::Ascii { words.replace(['“', '”'], "\"").replace('›', ">") } else { words }
    }

    pub(crate) fn ellipsis(self) -> &'static str {
        if self == Self::Ascii { "..." } else { "…" }
    }
}

pub(crate) fn opposite(side: Side) -> Side {
    match side {
        Side::Left => Side::Right,
        Side::Right => Side::Left,
        Side::Top => Side::Bottom,
        Side::Bottom => Side::Top,
    }
}
