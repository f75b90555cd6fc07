//! The placement rules: beside the element if there is room, else on it, else at the edge of the clip nearest to it.

use super::Mode;
use super::geometry::Side;
use super::grid::{Grid, Sizes};
use super::span::{Area, Span};

/// In grid units: an element is not out of view by less than this, since coordinates are not more precise.
pub(super) const SLACK: f64 = 1.0 / 64.0;

/// Inline-start, inline-end, block-start, block-end: the order in which readers look.
const BESIDE: [Side; 4] = [Side::Left, Side::Right, Side::Top, Side::Bottom];

/// The distance of the first line from the upper edge, in widths of the arrow, unless the middle is higher.
const FIRST_LINE: f64 = 0.8;

/// The input of the rules, in grid units and in left-to-right reading direction.
pub(super) struct Layout<'a> {
    pub(super) grid: Grid,
    pub(super) sizes: Sizes,
    pub(super) clip: Area,
    /// The element, except the [`SLACK`].
    pub(super) target: Area,
    /// The visible part of the element; may be empty.
    pub(super) visible: Area,
    pub(super) focus: Option<(f64, f64)>,
    /// Whether an area covers one of the elements to keep free.
    pub(super) covers_other: &'a dyn Fn(Area) -> bool,
}

/// An arrow in the [turned](Area::turned) plane, where it points along x.
#[derive(Clone, Copy)]
pub(super) struct Arrow {
    pub(super) mode: Mode,
    /// For [`Area::turned_back`].
    turn: Side,
    along: Span,
    across: Span,
    /// The tip on the other axis.
    tip: f64,
}

impl Arrow {
    pub(super) fn area(self) -> Area {
        Area { x: self.along, y: self.across }.turned_back(self.turn)
    }

    /// Returns the tip and the two ends of the base.
    pub(super) fn corners(self) -> [(f64, f64); 3] {
        let Self { along, across, tip, .. } = self;
        [(along.max, tip), (along.min, across.min), (along.min, across.max)].map(|(x, y)| {
            let point = Area { x: Span::new(x, x), y: Span::new(y, y) }.turned_back(self.turn);
            (point.x.min, point.y.min)
        })
    }
}

impl Layout<'_> {
    /// Returns whether the visible part of the element is too small to point at.
    pub(super) fn is_off_screen(&self) -> bool {
        self.hides(self.target.x, self.clip.x) || self.hides(self.target.y, self.clip.y)
    }

    fn hides(&self, target: Span, clip: Span) -> bool {
        let enough = self.enough(target, clip);
        target.shared(clip).size() + SLACK.min(enough / 4.0) < enough
    }

    /// Returns the minimum visible length of the element on one axis.
    fn enough(&self, target: Span, clip: Span) -> f64 {
        (self.sizes.width / 2.0).min(target.size()).min(clip.size())
    }

    pub(super) fn outline(&self) -> Area {
        self.visible.grown(self.sizes.air).shared(self.clip)
    }

    pub(super) fn on_screen(&self) -> Arrow {
        let fits = BESIDE.into_iter().filter_map(|side| self.beside(side));
        let free = fits.clone().find(|arrow| !(self.covers_other)(arrow.area()));
        free.or_else(|| fits.clone().next()).unwrap_or_else(|| self.inside())
    }

    /// Returns `None` if the clip has no room for the arrow.
    fn beside(&self, side: Side) -> Option<Arrow> {
        let Sizes { length, width, gap, .. } = self.sizes;
        let (clip, visible) = (self.clip.turned(side), self.visible.turned(side));
        let tip = self.outline().turned(side).x.min - gap;
        let along = Span::new(tip - length, tip);
        let level = visible.y.shrunk(self.odd(width));
        let (tip, across) = self.across(level.clamp(self.aim(self.visible, side)), width, clip.y);
        let arrow = Arrow { mode: Mode::Beside(side), turn: side, along, across, tip };
        let has_room = clip.x.contains(along) && clip.y.size() >= width;
        (has_room && level.contains(Span::new(tip, tip))).then_some(arrow)
    }

    /// Returns an arrow on the element, at its inline-start edge.
    fn inside(&self) -> Arrow {
        let (clip, visible) = (self.clip, self.visible);
        let Sizes { length, width, gap, .. } = self.grid.shrunk(self.sizes, clip);
        let along = Span::slid_into(visible.x.min + gap, length, clip.x).shared(clip.x);
        let (tip, across) = self.across(self.aim(visible, Side::Left), width, clip.y);
        Arrow { mode: Mode::Inside(Side::Left), turn: Side::Left, along, across, tip }
    }

    /// Returns an arrow at the edge of the clip beyond which the element lies; of two axes on which it is out of view,
    /// the one with the larger gap.
    pub(super) fn off_screen(&self) -> Arrow {
        let (clip, target) = (self.clip, self.target);
        let edge = |start: Side, end: Side, target: Span, clip: Span| {
            let (before, after) = (clip.min - target.max, target.min - clip.max);
            let gap = if self.hides(target, clip) { before.max(after) } else { f64::NEG_INFINITY };
            (gap, if before >= after { start } else { end })
        };
        let block = edge(Side::Top, Side::Bottom, target.y, clip.y);
        let inline = edge(Side::Left, Side::Right, target.x, clip.x);
        let (_, edge) = if block.0 >= inline.0 { block } else { inline };
        // An arrow that points at an edge is placed as if it were beside an element behind that edge.
        let turn = match edge {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
            Side::Top => Side::Bottom,
            Side::Bottom => Side::Top,
        };
        let clip = clip.turned(turn);
        let Sizes { length, width, gap, .. } = self.grid.shrunk(self.sizes, clip);
        let along = Span::slid_into(clip.x.max - gap - length, length, clip.x).shared(clip.x);
        let (tip, across) = self.across(self.aim(target, turn), width, clip.y);
        Arrow { mode: Mode::OffScreen(edge), turn, along, across, tip }
    }

    /// Returns the point to aim at on the other axis, for an arrow on this side: the focus point, else the first line,
    /// else the middle.
    fn aim(&self, part: Area, side: Side) -> f64 {
        let first_line = part.y.middle().min(part.y.min + self.sizes.width * FIRST_LINE);
        let (x, y) = self.focus.unwrap_or((part.x.middle(), first_line));
        match side {
            Side::Left | Side::Right => y,
            Side::Top | Side::Bottom => x,
        }
    }

    /// Returns, on the other axis, the tip as close to `aim` as the clip allows, and the extent of the arrow.
    fn across(&self, aim: f64, width: f64, clip: Span) -> (f64, Span) {
        let (half, odd) = (width / 2.0, self.odd(width));
        let tip = clip.shrunk(half).clamp(self.grid.nearest(aim - odd) + odd);
        (tip, Span::new(tip - half, tip + half).shared(clip))
    }

    /// In a grid, an arrow of odd width has its tip in the middle of a cell: the offset from the cell's edge.
    fn odd(&self, width: f64) -> f64 {
        self.grid.nearest(width / 2.0) - width / 2.0
    }

    /// Returns the area for the label: behind the element, behind the arrow, before or after both.
    pub(super) fn label(&self, arrow: Arrow) -> Option<Area> {
        let turn = arrow.turn;
        let is_upright = matches!(turn, Side::Left | Side::Right);
        let (width, height) = self.sizes.label.map(|(x, y)| if is_upright { (x, y) } else { (y, x) })?;
        let gap = self.sizes.gap;
        let clip = self.clip.turned(turn);
        let taken = if matches!(arrow.mode, Mode::OffScreen(_)) { arrow.area() } else { self.outline() };
        let taken_too = [self.visible, arrow.area(), taken];
        let (taken, both) = (taken.turned(turn), taken.with(arrow.area()).turned(turn));
        let level = Span::slid_into(self.grid.nearest(arrow.tip - height / 2.0), height, clip.y);
        let flush = Span::slid_into(taken.x.min, width, clip.x);
        let from = |min: f64, size: f64| Span::new(min, min + size);
        let rooms = [
            Area { x: from(both.x.max + gap, width), y: level },
            Area { x: from(both.x.min - gap - width, width), y: level },
            Area { x: flush, y: from(both.y.min - gap - height, height) },
            Area { x: flush, y: from(both.y.max + gap, height) },
        ];
        rooms.into_iter().map(|room| room.turned_back(turn)).find(|&room| {
            let covers = taken_too.iter().any(|taken| taken.overlaps(room)) || (self.covers_other)(room);
            self.clip.contains(room) && !covers
        })
    }

    pub(super) fn reveal(&self) -> (f64, f64) {
        let Area { x, y } = self.target;
        let margin = self.sizes.width / 2.0;
        let shift = |target: Span, clip: Span, focus: Option<f64>| {
            let shift = self.grid.nearest(reveal(target, clip, focus, margin));
            let slack = SLACK.min(self.enough(target, clip) / 4.0);
            if shift.abs() <= slack { 0.0 } else { shift }
        };
        (shift(x, self.clip.x, self.focus.map(|(x, _)| x)), shift(y, self.clip.y, self.focus.map(|(_, y)| y)))
    }
}

/// Returns the smallest distance to move the target on one axis so that all of it is in the clip. For a target that is
/// too large, its start is moved into the clip, and the focus in any case. `margin` stays free around the focus, so
/// that the arrow has room there.
fn reveal(target: Span, clip: Span, focus: Option<f64>, margin: f64) -> f64 {
    let (to_start, to_end) = (clip.min - target.min, clip.max - target.max);
    if target.size() <= clip.size() {
        return Span::new(to_start, to_end).clamp(0.0);
    }
    // If the target covers the whole clip, the user was reading in the middle of it.
    let shift = if target.contains(clip) { 0.0 } else { to_start };
    let Some(focus) = focus else { return shift };
    let margin = margin.min(clip.size() / 2.0);
    let room = Span::new(clip.min + margin, clip.max - margin);
    let at = target.clamp(focus) + shift;
    let by = room.clamp(at) - at;
    // A move by whole pixels may leave an offset of half a pixel, which is no reason to move again.
    let by = if shift == 0.0 && by.abs() <= margin.min(0.75) { 0.0 } else { by };
    // Never move so far that the clip shows an area beyond the target.
    Span::new(to_end, to_start).clamp(shift + by)
}
