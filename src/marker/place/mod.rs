//! The placement of the arrow: geometry only, in pixels or in terminal cells.
//!
//! ```
//! use leftoff::marker::place::{Direction, Metrics, Mode, Point, Rect, Scene, Side, place};
//!
//! let scene = Scene {
//!     target: Rect::new(100.0, 40.0, 200.0, 30.0),
//!     clip: Rect::new(0.0, 0.0, 800.0, 600.0),
//!     focus: None,
//!     direction: Direction::LeftToRight,
//! };
//! let placement = place(&scene, &Metrics::pixels(1.0), &[]).unwrap();
//! assert_eq!(placement.mode, Mode::Beside(Side::Left));
//! // The tip points to the middle, 6 pixels from the outline, which is 3 pixels from the element.
//! assert_eq!(placement.arrow[0], Point { x: 91.0, y: 55.0 });
//! ```

mod dashes;
mod geometry;
mod grid;
mod layout;
mod span;
#[cfg(test)]
mod tests;

pub use dashes::dashes;
pub use geometry::{Direction, Point, Rect, Side, Snap};

use grid::Grid;
use layout::{Layout, SLACK};

/// The input for placing an arrow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// The rectangle of the element.
    pub target: Rect,
    /// The visible part of the window around the element: the intersection of everything that scrolls or clips.
    pub clip: Rect,
    /// The point to aim at in a tall element: the caret, or the first line. Without it, a point near the upper edge. In
    /// a terminal, any point of the cell, best its middle.
    pub focus: Option<Point>,
    /// The direction of reading.
    pub direction: Direction,
}

/// The sizes of the arrow and its label.
///
/// ```
/// use leftoff::marker::place::Metrics;
///
/// let with_label = Metrics { label: (120.0, 20.0), ..Metrics::pixels(2.0) };
/// assert_eq!((with_label.length, with_label.width), (28.0, 24.0));
/// assert_eq!(Metrics::cells().length, 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metrics {
    /// Length from the tip to the tail.
    pub length: f32,
    /// Width of the head.
    pub width: f32,
    /// Gap between the outline and the tip, and between the label and either of them.
    pub gap: f32,
    /// Gap between the element and the outline.
    pub air: f32,
    /// Width and height of the label; zero for no label.
    pub label: (f32, f32),
    /// The grid of the screen. Sizes are rounded to it too: lengths up, `gap` and `air` to the nearest.
    pub snap: Snap,
}

impl Metrics {
    /// Returns sizes for a clearly visible arrow, on a screen with `scale` device pixels per unit. No label.
    pub const fn pixels(scale: f32) -> Self {
        Self { length: 28.0, width: 24.0, gap: 6.0, air: 3.0, label: (0.0, 0.0), snap: Snap::Pixels(scale) }
    }

    /// Returns sizes for a terminal: an arrow of one cell, next to the element. No label.
    pub const fn cells() -> Self {
        Self { length: 1.0, width: 1.0, gap: 0.0, air: 0.0, label: (0.0, 0.0), snap: Snap::Cells }
    }
}

/// The position of the arrow relative to its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Beside the element, on this side.
    Beside(Side),
    /// On the element, at this edge: there is no other free space.
    Inside(Side),
    /// The element is out of view, beyond this edge of the clip.
    OffScreen(Side),
}

/// The geometry to draw.
///
/// Everything lies inside the clip. With [`Snap::Pixels`] and [`Snap::Cells`], everything is on the grid, except the
/// tip of an arrow whose width is an odd number of cells: that tip is in the middle of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// The position of the arrow relative to its element.
    pub mode: Mode,
    /// The tip, and the two other corners of the head, which is as long as the arrow.
    pub arrow: [Point; 3],
    /// The area that the arrow covers. In a terminal: the cell of the glyph.
    pub bounds: Rect,
    /// The outline around the visible part of the element. `None` if no part is visible.
    pub outline: Option<Rect>,
    /// The area for the label; `None` without a label or without room for it. It covers neither the arrow nor the
    /// visible part of the element.
    pub label: Option<Rect>,
    /// The distance to scroll the contents, right and down, so that the whole element is visible; zero if it is. For an
    /// element too large for that, its start and the focus point.
    pub reveal: (f32, f32),
}

/// Places the arrow, and keeps the `others` free: the neighbours of the element that should stay readable, not its
/// containers.
///
/// Returns `None` for rectangles that are empty or not finite, an arrow without size, and a clip smaller than two
/// device pixels or one cell.
///
/// - Beside the element, if the clip has room for the arrow: before it in reading direction, after it, above it, below
///   it; first where the arrow covers none of the others. The tip is level with the focus point, as far as element and
///   clip allow.
/// - On the element, at the edge where reading begins, if there is no room beside it.
/// - At the edge of the clip, pointing outward, if the visible part of the element is too small to point at: less than
///   half the width of the arrow. A smaller element must be fully visible; a smaller clip must be fully covered by the
///   element.
///
/// The label never covers one of the others. Right-to-left is the exact mirror image of left-to-right. A clip smaller
/// than the arrow shrinks the arrow. Coordinates are screen coordinates: up to about 100,000 units, with a precision of
/// 1/64 unit.
///
/// ```
/// use leftoff::marker::place::{Direction, Metrics, Mode, Rect, Scene, Side, place};
///
/// let target = Rect::new(100.0, 40.0, 200.0, 30.0);
/// let clip = Rect::new(0.0, 0.0, 800.0, 600.0);
/// let scene = Scene { target, clip, focus: None, direction: Direction::LeftToRight };
/// let caption = Rect::new(20.0, 40.0, 75.0, 30.0);
/// let placement = place(&scene, &Metrics::pixels(1.0), &[caption]).unwrap();
/// assert_eq!(placement.mode, Mode::Beside(Side::Right));
/// ```
pub fn place(scene: &Scene, metrics: &Metrics, others: &[Rect]) -> Option<Placement> {
    let grid = Grid::new(metrics.snap, scene.direction)?;
    let (target, clip) = (grid.exact(scene.target)?, grid.exact(scene.clip)?);
    if target.is_empty() {
        return None;
    }
    let clip = grid.inner(clip)?;
    let focus = match scene.focus {
        Some(focus) => Some(grid.focus(focus)?),
        None => None,
    };
    let covers_other = |area| others.iter().filter_map(|other| grid.exact(*other)).any(|other| other.overlaps(area));
    let layout = Layout {
        grid,
        sizes: grid.sizes(metrics)?,
        clip,
        target: grid.outer(target, SLACK),
        visible: grid.outer(target, 0.0).shared(clip),
        focus,
        covers_other: &covers_other,
    };
    let is_off_screen = layout.is_off_screen();
    let arrow = if is_off_screen { layout.off_screen() } else { layout.on_screen() };
    let reveal = grid.shift(layout.reveal());
    // Distance overflowed: there is no finite scroll offset.
    (reveal.0.is_finite() && reveal.1.is_finite()).then_some(Placement {
        mode: match arrow.mode {
            Mode::Beside(side) => Mode::Beside(grid.side(side)),
            Mode::Inside(side) => Mode::Inside(grid.side(side)),
            Mode::OffScreen(side) => Mode::OffScreen(grid.side(side)),
        },
        arrow: arrow.corners().map(|corner| grid.point(corner)),
        bounds: grid.rect(arrow.area()),
        outline: (!is_off_screen).then(|| grid.rect(layout.outline())),
        label: layout.label(arrow).map(|label| grid.rect(label)),
        reveal,
    })
}
