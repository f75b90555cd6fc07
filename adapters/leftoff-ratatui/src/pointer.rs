//! The arrow: one cell beside an element, with words where there is room.

use leftoff::marker::place::{Direction, Metrics, Mode, Point, Scene, Side, place};
use ratatui_core::layout::Position;
use ratatui_core::style::Modifier;

use crate::arrow::Shown;
use crate::cells::Cells;
use crate::glyphs::{Glyphs, opposite};
use crate::paper::Paper;
use crate::spots::{Spot, Spots};

/// Reversed and bold are visible without any colour.
const LOUD: Modifier = Modifier::BOLD.union(Modifier::REVERSED);

/// Of an element itself. Not reversed, as a selection is: in a list, the marked row is often the selected one, too.
const EMPHASIS: Modifier = Modifier::BOLD.union(Modifier::UNDERLINED);

pub(crate) struct Pointer<'a> {
    pub(crate) spots: &'a Spots,
    pub(crate) glyphs: Glyphs,
    pub(crate) direction: Direction,
    /// Whether to draw with emphasis and words.
    pub(crate) is_loud: bool,
}

impl Pointer<'_> {
    pub(crate) fn draw(&self, paper: &mut Paper<'_>, spot: &Spot, words: &[String]) -> Shown {
        let visible = spot.visible().intersection(paper.area());
        if !visible.is_empty() {
            return self.beside(paper, visible, words);
        }
        match spot.view.map(|view| view.intersection(paper.area())) {
            Some(view) if !view.is_empty() => self.toward(paper, spot, view),
            // Outside the screen, or without size. The status line describes the location.
            _ => Shown::Nothing,
        }
    }

    fn beside(&self, paper: &mut Paper<'_>, target: Cells, words: &[String]) -> Shown {
        let free = |x, y| paper.is_ground(x, y) && !self.spots.is_taken(x, y);
        let text = paper.text_in(target, self.direction);
        let in_row = |x, y| self.is_free_in(paper, target, x, y);
        let is_level = |(.., side): &(i32, i32, Side)| matches!(side, Side::Left | Side::Right);
        let spot = self
            .free_side(target, paper.area(), free)
            .filter(is_level)
            // A row as wide as the screen has no free cell at its ends, but beside its text.
            .or_else(|| self.free_side(text, target, in_row).filter(is_level))
            .or_else(|| self.free_side(target, paper.area(), free))
            .or_else(|| self.blank_inside(paper, target));
        let modifier = if self.is_loud { LOUD } else { Modifier::BOLD };
        let Some((x, y, side)) = spot else {
            // No cell is free. Only the element itself can be emphasised.
            paper.emphasize(target, EMPHASIS);
            return Shown::Emphasis;
        };
        if self.is_loud {
            paper.emphasize(target, Modifier::BOLD);
        }
        paper.put(x, y, self.glyphs.toward(opposite(side)), modifier);
        if self.is_loud {
            let outside = |paper: &Paper<'_>, x, y| paper.is_blank(x, y) && !self.spots.is_taken(x, y);
            let inside = |paper: &Paper<'_>, x, y| self.is_free_in(paper, target, x, y);
            // In the line of an arrow that is in the row, they come before lines above and below.
            let is_inside = target.contains(x, y);
            let _ = (is_inside && words.iter().any(|words| self.say(paper, words, text, (x, y), inside)))
                || words.iter().any(|words| self.say(paper, words, target, (x, y), outside))
                || words.iter().any(|words| self.say(paper, words, text, (x, y), inside));
        }
        shown(x, y).map_or(Shown::Emphasis, Shown::Arrow)
    }

    /// Returns whether this cell of an element is blank, and in no element inside it.
    fn is_free_in(&self, paper: &Paper<'_>, target: Cells, x: i32, y: i32) -> bool {
        target.contains(x, y) && paper.is_blank(x, y) && !self.spots.is_taken_inside(target, x, y)
    }

    /// Returns a free cell beside the element, and its side.
    fn free_side(&self, target: Cells, area: Cells, free: impl Fn(i32, i32) -> bool) -> Option<(i32, i32, Side)> {
        let scene = self.scene(target, area);
        let mut taken = Vec::new();
        // Each occupied cell is passed to the placement, which then returns its next choice.
        loop {
            let placement = place(&scene, &Metrics::cells(), &taken)?;
            let Mode::Beside(side) = placement.mode else { return None };
            let (x, y) = cell_of(placement.bounds.min);
            if free(x, y) {
                return Some((x, y, side));
            }
            // The placement has no other choice.
            if taken.contains(&placement.bounds) {
                return None;
            }
            taken.push(placement.bounds);
        }
    }

    fn scene(&self, target: Cells, clip: Cells) -> Scene {
        let rect = target.to_place();
        // The start of the first line.
        let x = if self.direction == Direction::RightToLeft { rect.max.x - 0.5 } else { rect.min.x + 0.5 };
        let focus = Some(Point { x, y: rect.min.y + 0.5 });
        Scene { target: rect, clip: clip.to_place(), focus, direction: self.direction }
    }

    /// Returns a blank cell at the edge of the element's first line, for an element that fills the area; the edge where
    /// reading begins is tried first.
    fn blank_inside(&self, paper: &Paper<'_>, target: Cells) -> Option<(i32, i32, Side)> {
        let edges = [(target.left, Side::Left), (target.right - 1, Side::Right)];
        let (first, second) =
            if self.direction == Direction::RightToLeft { (edges[1], edges[0]) } else { (edges[0], edges[1]) };
        // An arrow at the left edge points right, into the element, as an arrow outside does.
        let found = [first, second].into_iter().find(|(x, _)| target.width() > 1 && paper.is_blank(*x, target.top));
        found.map(|(x, side)| (x, target.top, side))
    }

    /// Writes the words behind the element in its first line, or else above or below it. Returns whether they fit.
    fn say(
        &self,
        paper: &mut Paper<'_>,
        words: &str,
        target: Cells,
        (glyph_x, glyph_y): (i32, i32),
        is_free: impl Fn(&Paper<'_>, i32, i32) -> bool,
    ) -> bool {
        let width = width(words);
        let glyph = Cells::of_cell(glyph_x, glyph_y);
        let line = if glyph_y == target.top { target.union(glyph) } else { target };
        let (after, before) = (line.right + 1, line.left - 1 - width);
        let (start, end) = (target.left, target.right - width);
        let slots = if self.direction == Direction::RightToLeft {
            [(before, target.top), (after, target.top), (end, target.bottom), (end, target.top - 1)]
        } else {
            [(after, target.top), (before, target.top), (start, target.bottom), (start, target.top - 1)]
        };
        let fits = |&(x, y): &(i32, i32)| {
            let mut cells = Cells::new(x, y, x + width, y + 1).iter();
            cells.all(|(x, y)| is_free(paper, x, y) && !glyph.contains(x, y))
        };
        let slot = slots.into_iter().find(fits);
        if let Some((x, y)) = slot {
            paper.text(x, y, words, Modifier::BOLD);
        }
        slot.is_some()
    }

    /// Draws an arrow at the edge beyond which the element is scrolled out of view, with the number of lines.
    fn toward(&self, paper: &mut Paper<'_>, spot: &Spot, view: Cells) -> Shown {
        let placement = place(&self.scene(spot.rect, view), &Metrics::cells(), &[]);
        let Some((Mode::OffScreen(side), min)) = placement.map(|placement| (placement.mode, placement.bounds.min))
        else {
            return Shown::Nothing;
        };
        let (x, y) = cell_of(min);
        let is_rtl = self.direction == Direction::RightToLeft;
        let row = match side {
            Side::Top => view.top,
            Side::Bottom => view.bottom - 1,
            Side::Left | Side::Right => y.clamp(view.top, view.bottom - 1),
        };
        // Prefer the frame around the view, which costs nothing; then a blank in the last line; then the end of that
        // line.
        let frame = match side {
            Side::Top => (x, view.top - 1),
            Side::Bottom => (x, view.bottom),
            Side::Left => (view.left - 1, row),
            Side::Right => (view.right, row),
        };
        let on_frame = paper.is_ground(frame.0, frame.1) && !self.spots.is_taken(frame.0, frame.1);
        let end = if is_rtl { view.left } else { view.right - 1 };
        let at = if on_frame { frame } else { (end, row) };
        paper.put(at.0, at.1, self.glyphs.toward(side), if self.is_loud { LOUD } else { Modifier::BOLD });
        let count = spot.lines_away().unsigned_abs().to_string();
        if self.is_loud && on_frame && matches!(side, Side::Top | Side::Bottom) {
            let width = width(&count);
            let start = if is_rtl { at.0 - 1 - width } else { at.0 + 2 };
            let mut cells = Cells::new(start, at.1, start + width, at.1 + 1).iter();
            if cells.all(|(x, y)| paper.is_ground(x, y) && !self.spots.is_taken(x, y)) {
                paper.text(start, at.1, &count, Modifier::BOLD);
            }
        }
        shown(at.0, at.1).map_or(Shown::Nothing, Shown::Edge)
    }
}

/// Returns the width of the text in columns.
pub(crate) fn width(text: &str) -> i32 {
    i32::try_from(ratatui_core::text::Span::raw(text).width()).unwrap_or(i32::MAX / 2)
}

fn shown(x: i32, y: i32) -> Option<Position> {
    Some(Position::new(u16::try_from(x).ok()?, u16::try_from(y).ok()?))
}

#[expect(clippy::cast_possible_truncation, reason = "a conversion from floating point saturates")]
fn cell_of(point: Point) -> (i32, i32) {
    (point.x.floor() as i32, point.y.floor() as i32)
}
