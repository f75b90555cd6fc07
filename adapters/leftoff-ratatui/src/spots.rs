//! The cells of the elements registered in this frame.

use std::ops::Range;

use leftoff::marker::anchor::ElementId;

use crate::cells::Cells;

/// The position of an element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// The whole element, including parts that are scrolled out of view.
    pub(crate) rect: Cells,
    /// The view that shows it, if it can be scrolled.
    pub(crate) view: Option<Cells>,
    pub(crate) is_container: bool,
}

impl Spot {
    pub(crate) fn new(rect: Cells) -> Self {
        Self { rect, view: None, is_container: false }
    }

    pub(crate) fn of_lines(view: Cells, lines: Range<usize>, offset: usize) -> Self {
        let line = |number: usize| view.top.saturating_add(distance(number, offset));
        let rect = Cells { top: line(lines.start), bottom: line(lines.end), ..view };
        Self { view: Some(view), ..Self::new(rect) }
    }

    /// Returns the visible part; may be empty.
    pub(crate) fn visible(&self) -> Cells {
        self.view.map_or(self.rect, |view| self.rect.intersection(view))
    }

    /// Returns the smallest number of lines to scroll the view forward so that the element is visible. For an element
    /// taller than the view, its start.
    pub(crate) fn lines_away(&self) -> i32 {
        let Some(view) = self.view else { return 0 };
        let (above, below) = (self.rect.top.saturating_sub(view.top), self.rect.bottom.saturating_sub(view.bottom));
        if above < 0 { above } else { below.min(above).max(0) }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Spots(Vec<(ElementId, Spot)>);

impl Spots {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn add(&mut self, id: ElementId, spot: Spot) {
        self.0.push((id, spot));
    }

    pub(crate) fn spot(&self, id: ElementId) -> Option<&Spot> {
        self.0.iter().find(|(of, _)| *of == id).map(|(_, spot)| spot)
    }

    /// Returns whether the cell belongs to an element that must stay readable. Containers may be drawn on.
    pub(crate) fn is_taken(&self, x: i32, y: i32) -> bool {
        self.0.iter().any(|(_, spot)| !spot.is_container && spot.visible().contains(x, y))
    }

    /// Returns whether the cell belongs to an element inside this one, or to one that overlaps it.
    pub(crate) fn is_taken_inside(&self, target: Cells, x: i32, y: i32) -> bool {
        let inside = self.0.iter().filter(|(_, spot)| !spot.is_container).map(|(_, spot)| spot.visible());
        inside.filter(|cells| cells.union(target) != *cells).any(|cells| cells.contains(x, y))
    }
}

/// Returns `number - from`, saturating.
fn distance(number: usize, from: usize) -> i32 {
    if number >= from {
        i32::try_from(number - from).unwrap_or(i32::MAX)
    } else {
        i32::try_from(from - number).map_or(i32::MIN, |distance| -distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(lines: Range<usize>, offset: usize) -> i32 {
        Spot::of_lines(Cells::new(0, 2, 10, 7), lines, offset).lines_away()
    }

    #[test]
    fn a_view_is_scrolled_no_further_than_needed() {
        assert_eq!((away(0..1, 0), away(4..5, 0), away(7..8, 5)), (0, 0, 0), "it can be seen");
        assert_eq!((away(5..6, 0), away(100..101, 0)), (1, 96));
        assert_eq!((away(3..4, 10), away(0..1, 10)), (-7, -10));
        assert_eq!(away(5..25, 0), 5, "the front of what is taller than the view");
        assert_eq!(away(4..6, 0), 1, "half of it can be seen");
    }

    #[test]
    fn no_distance_overflows() {
        assert_eq!(away(usize::MAX - 1..usize::MAX, 0), i32::MAX - 7);
        assert!(away(0..1, usize::MAX) < -2_000_000_000);
        assert_eq!((distance(7, 9), distance(0, usize::MAX)), (-2, i32::MIN));
    }
}
