//! The region of an element that cannot be located: a dashed bracket around what remains, or a bar beside it.

use leftoff::marker::place::Direction;
use ratatui_core::style::Modifier;

use crate::arrow::Shown;
use crate::cells::Cells;
use crate::paper::Paper;
use crate::pointer::{Pointer, width};

impl Pointer<'_> {
    /// Draws the bracket, with `words` on the upper edge if they fit.
    pub(crate) fn bracket(&self, paper: &mut Paper<'_>, region: Cells, words: &str) -> Shown {
        let region = region.intersection(paper.area());
        if region.is_empty() {
            return Shown::Nothing;
        }
        let ring = region.grown();
        let on_ring = |x: i32, y: i32| !region.contains(x, y);
        let free = |x, y| paper.is_ground(x, y) && !self.spots.is_taken(x, y);
        if ring.iter().filter(|(x, y)| on_ring(*x, *y)).all(|(x, y)| free(x, y)) {
            self.ring(paper, ring, words);
            return Shown::Region(ring.to_screen());
        }
        let modifier = if self.is_loud { Modifier::BOLD } else { Modifier::empty() };
        let columns = [region.left - 1, region.right];
        let (first, second) =
            if self.direction == Direction::RightToLeft { (columns[1], columns[0]) } else { (columns[0], columns[1]) };
        let column = |x: i32| Cells::new(x, region.top, x.saturating_add(1), region.bottom);
        // A bar may have gaps, as long as it is not only gaps.
        let free_rows: Vec<Vec<(i32, i32)>> =
            [first, second].map(|x| column(x).iter().filter(|(x, y)| free(*x, *y)).collect()).into();
        let Some(bar) = free_rows.into_iter().find(|bar| !bar.is_empty()) else {
            return Shown::Nothing;
        };
        for &(x, y) in &bar {
            paper.put(x, y, self.glyphs.bar(), modifier);
        }
        let drawn = bar.into_iter().map(|(x, y)| Cells::of_cell(x, y)).reduce(Cells::union);
        Shown::Region(drawn.unwrap_or_default().to_screen())
    }

    fn ring(&self, paper: &mut Paper<'_>, ring: Cells, words: &str) {
        let modifier = if self.is_loud { Modifier::BOLD } else { Modifier::empty() };
        self.glyphs.dashed_frame(paper, ring, modifier);
        let words = format!(" {words} ");
        let width = width(&words);
        // Leave a corner and a dash on each side.
        if self.is_loud && width + 4 <= ring.width() {
            let is_rtl = self.direction == Direction::RightToLeft;
            let x = if is_rtl { ring.right - 2 - width } else { ring.left + 2 };
            paper.text(x, ring.top, &words, Modifier::BOLD);
        }
    }
}
