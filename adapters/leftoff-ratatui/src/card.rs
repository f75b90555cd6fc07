//! The open resume card.

use std::fmt;

use leftoff::marker::place::Direction;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Modifier;
use ratatui_core::widgets::Widget;

use crate::glyphs::Glyphs;
use crate::paper::Paper;
use crate::pointer::width;
use crate::wrap::{cut, wrap};

/// The full text of the marker, with the trail and the note: from [`Arrow::card`](crate::Arrow::card).
///
/// It is drawn in a frame at the bottom of the area, as high as necessary, over what is there.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeCard {
    lines: Vec<String>,
    /// The keys and what they do; may be empty.
    hints: String,
    glyphs: Glyphs,
    direction: Direction,
}

impl ResumeCard {
    pub(crate) fn new(lines: Vec<String>, glyphs: Glyphs, direction: Direction) -> Self {
        Self { lines, hints: String::new(), glyphs, direction }
    }

    pub(crate) fn with_hints(self, hints: String) -> Self {
        Self { hints, ..self }
    }

    /// Returns its height in rows at this width, including the frame, for a layout that reserves room for it.
    pub fn height(&self, width: u16) -> u16 {
        let room = i32::from(width) - MARGINS;
        let rows = self.wrapped(room).len() + self.wrapped_hints(room).len();
        // Without room for a single letter, it is not drawn.
        if rows == 0 { 0 } else { u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2) }
    }

    /// Returns its lines without the keys, for programs that show them in their own way.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Wrapping would close the gaps between the keys.
    fn wrapped_hints(&self, room: i32) -> Vec<String> {
        let is_one_line = (1..=room).contains(&width(&self.hints));
        if is_one_line { vec![self.hints.clone()] } else { wrap(&self.hints, room) }
    }

    fn wrapped(&self, width: i32) -> Vec<String> {
        self.lines.iter().flat_map(|line| wrap(line, width)).collect()
    }
}

/// A line and a blank on each side.
const MARGINS: i32 = 4;

impl Widget for ResumeCard {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut paper = Paper::new(buffer, area);
        let area = paper.area();
        let room = area.width() - MARGINS;
        let rows = area.bottom - area.top - 2;
        // Too small for a frame and one letter.
        if room < 1 || rows < 1 {
            return;
        }
        let mut lines = self.wrapped(room);
        // The keys stay visible, unless nothing else would.
        let mut hints = self.wrapped_hints(room);
        let fitting = usize::try_from(rows).unwrap_or_default();
        if hints.len() >= fitting {
            hints.clear();
        }
        let fitting = fitting - hints.len();
        if lines.len() > fitting {
            lines.truncate(fitting);
            if let Some(last) = lines.last_mut() {
                let more = format!("{last} {}", self.glyphs.ellipsis());
                *last =
                    if width(&more) <= room { more } else { cut(&format!("{last}  "), room, self.glyphs.ellipsis()) };
            }
        }
        lines.append(&mut hints);
        let height = i32::try_from(lines.len()).unwrap_or(rows) + 2;
        let frame = crate::cells::Cells { top: area.bottom - height, ..area };
        paper.clear(frame);
        self.glyphs.frame(&mut paper, frame);
        for (y, line) in (frame.top + 1..).zip(&lines) {
            let is_rtl = self.direction == Direction::RightToLeft;
            let x = if is_rtl { frame.right - 2 - width(line) } else { frame.left + 2 };
            paper.text(x, y, line, Modifier::empty());
        }
    }
}

impl fmt::Debug for ResumeCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumeCard").field("lines", &self.lines.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 2] = ["Amount, in Money: edited", "Note: call 東京"];

    /// Draws on a screen full of wide characters.
    fn drawn(lines: &[&str], (width, height): (u16, u16), direction: Direction) -> Vec<String> {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        (0..height).for_each(|y| buffer.set_string(0, y, "東".repeat(width.into()), ratatui_core::style::Style::new()));
        ResumeCard::new(lines, Glyphs::Unicode, direction).render(buffer.area, &mut buffer);
        let rows = (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>());
        rows.map(|row| row.replace("東 ", "東").replace("京 ", "京")).collect()
    }

    #[test]
    fn a_card_stands_at_the_bottom_in_a_frame_and_is_wrapped() {
        let expected = [
            "東東東東東東東",
            "┌────────────┐",
            "│ Amount, in │",
            "│ Money:     │",
            "│ edited     │",
            "│ Note: call │",
            "│ 東京       │",
            "└────────────┘",
        ];
        assert_eq!(drawn(&LINES, (14, 8), Direction::LeftToRight), expected);
        let card = ResumeCard::new(LINES.map(str::to_owned).to_vec(), Glyphs::Unicode, Direction::LeftToRight);
        assert_eq!((card.height(14), card.height(80), card.height(4)), (7, 4, 0));
    }

    #[test]
    fn a_card_that_is_too_long_is_cut_and_says_so() {
        let rows = drawn(&LINES, (14, 5), Direction::LeftToRight);
        assert_eq!(rows[1..], ["│ Amount, in │", "│ Money:     │", "│ edited …   │", "└────────────┘"]);
        let rows = drawn(&["Amount, in Money"], (14, 3), Direction::LeftToRight);
        assert_eq!(rows[1], "│ Amount, i… │");
    }

    #[test]
    fn for_who_reads_from_right_to_left_its_lines_end_at_the_right() {
        assert_eq!(drawn(&["1 2"], (9, 3), Direction::RightToLeft)[1], "│   1 2 │");
    }

    #[test]
    fn what_is_too_small_for_a_card_stays_as_it_is() {
        for size in [(0, 0), (1, 1), (4, 9), (14, 2)] {
            let rows = drawn(&LINES, size, Direction::LeftToRight);
            assert!(rows.iter().all(|row| !row.contains('─')), "{rows:?}");
        }
    }
}
