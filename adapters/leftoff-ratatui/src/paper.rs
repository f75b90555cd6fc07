//! The part of the buffer that may be drawn on, with checks that protect its contents.

use leftoff::marker::place::Direction;
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::layout::Rect;
use ratatui_core::style::{Modifier, Style};

use crate::cells::Cells;
use crate::compat::is_wide;

pub(crate) struct Paper<'a> {
    buffer: &'a mut Buffer,
    area: Cells,
}

impl<'a> Paper<'a> {
    /// Creates the drawing area; nothing outside `area` is ever written.
    pub(crate) fn new(buffer: &'a mut Buffer, area: Rect) -> Self {
        let area = Cells::from(area).intersection((*buffer.area()).into());
        Self { buffer, area }
    }

    pub(crate) fn area(&self) -> Cells {
        self.area
    }

    fn cell(&self, x: i32, y: i32) -> Option<&Cell> {
        let inside = self.area.contains(x, y);
        let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
        self.buffer.cell((x, y)).filter(|_| inside)
    }

    fn cell_mut(&mut self, x: i32, y: i32) -> Option<&mut Cell> {
        let inside = self.area.contains(x, y);
        let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
        self.buffer.cell_mut((x, y)).filter(|_| inside)
    }

    /// Returns whether the cell is the second half of a wide character, which cannot be drawn on by itself.
    fn is_second_half(&self, x: i32, y: i32) -> bool {
        let before = u16::try_from(x.saturating_sub(1)).ok().zip(u16::try_from(y).ok());
        before.and_then(|at| self.buffer.cell(at)).is_some_and(|cell| is_wide(cell.symbol()))
    }

    /// Returns whether drawing here overwrites nothing.
    pub(crate) fn is_blank(&self, x: i32, y: i32) -> bool {
        self.cell(x, y).is_some_and(|cell| matches!(cell.symbol(), " " | "\u{a0}")) && !self.is_second_half(x, y)
    }

    /// Returns the part of these cells that has text, and the cell of the caret behind it; without text, the cell where
    /// reading begins.
    pub(crate) fn text_in(&self, cells: Cells, direction: Direction) -> Cells {
        let written = cells.intersection(self.area).iter().filter(|(x, y)| !self.is_blank(*x, *y));
        let text = written.map(|(x, y)| Cells::of_cell(x, y)).reduce(Cells::union).unwrap_or_default();
        let text = match (text.is_empty(), direction) {
            (true, Direction::LeftToRight) => Cells { right: cells.left, ..cells },
            (true, Direction::RightToLeft) => Cells { left: cells.right, ..cells },
            (false, _) => text,
        };
        let with_caret = match direction {
            Direction::LeftToRight => Cells { right: text.right.saturating_add(1), ..text },
            Direction::RightToLeft => Cells { left: text.left.saturating_sub(1), ..text },
        };
        with_caret.intersection(cells)
    }

    /// Returns whether drawing here overwrites at most a piece of a frame.
    pub(crate) fn is_ground(&self, x: i32, y: i32) -> bool {
        let is_line = |cell: &Cell| {
            let mut chars = cell.symbol().chars();
            chars.next().is_some_and(|char| ('\u{2500}'..='\u{257f}').contains(&char)) && chars.next().is_none()
        };
        self.is_blank(x, y) || self.cell(x, y).is_some_and(is_line)
    }

    /// Writes one character of width one to the cell, with these modifiers only. The colours stay.
    pub(crate) fn put(&mut self, x: i32, y: i32, symbol: &str, modifier: Modifier) {
        if self.cell(x, y).is_none() {
            return;
        }
        // Half a wide character cannot be shown, so the other half is cleared, too.
        if self.is_second_half(x, y) {
            match self.cell_mut(x - 1, y) {
                Some(half) => half.set_symbol(" "),
                // The other half is outside the area.
                None => return,
            };
        }
        if let Some(cell) = self.cell_mut(x, y) {
            cell.set_symbol(symbol);
            cell.modifier = modifier;
        }
    }

    /// Writes one line of text, cut at the end of the area, with these modifiers only. The colours stay.
    pub(crate) fn text(&mut self, x: i32, y: i32, text: &str, modifier: Modifier) {
        self.put(x, y, " ", modifier);
        // The first half of the character is outside the area and would hide the text.
        let x = if self.is_second_half(x, y) { x.saturating_add(1) } else { x };
        if self.area.contains(x, y) {
            let room = Cells::new(x, y, self.area.right, y.saturating_add(1)).to_screen();
            let style = Style::new().add_modifier(modifier).remove_modifier(modifier.complement());
            self.buffer.set_stringn(room.x, room.y, text, usize::from(room.width), style);
        }
    }

    /// Adds modifiers to the cells.
    pub(crate) fn emphasize(&mut self, cells: Cells, modifier: Modifier) {
        let cells = cells.intersection(self.area);
        if !cells.is_empty() {
            self.buffer.set_style(cells.to_screen(), Style::new().add_modifier(modifier));
        }
    }

    /// Clears the cells, including their colours.
    pub(crate) fn clear(&mut self, cells: Cells) {
        for (x, y) in cells.intersection(self.area).iter() {
            self.put(x, y, " ", Modifier::empty());
            if let Some(cell) = self.cell_mut(x, y) {
                cell.reset();
            }
        }
    }
}
