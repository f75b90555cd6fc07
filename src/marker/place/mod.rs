//! Where the arrow goes: geometry only, in pixels or in terminal cells.
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
//! let placement = place(&scene, &Metrics::pixels(1.0)).unwrap();
//! assert_eq!(placement.mode, Mode::Beside(Side::Left));
//! // The tip points to the middle, 6 pixels from the outline, which is 3 pixels from the element.
//! assert_eq!(placement.arrow[0], Point { x: 91.0, y: 55.0 });
//! ```

mod geometry;
mod grid;
mod layout;
mod span;
#[cfg(test)]
mod tests;

pub use geometry::{Direction, Point, Rect, Side, Snap};

use grid::Grid;
use layout::{Layout, SLACK};

/// What there is to place an arrow by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// The element.
    pub target: Rect,
    /// What of the window it can be seen through: the intersection of everything that scrolls or cuts.
    pub clip: Rect,
    /// The caret, or the first line: where in a tall element to point. Without one, near the upper edge. In a terminal,
    /// any point of the cell, best its middle.
    pub focus: Option<Point>,
    /// The direction of reading.
    pub direction: Direction,
}

/// How large the arrow and its label are.
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
    /// From the tip to the tail.
    pub length: f32,
    /// Across the head.
    pub width: f32,
    /// From the outline to the tip, and from either to the label.
    pub gap: f32,
    /// From the element to the outline.
    pub air: f32,
    /// Width and height of the label; zero for none.
    pub label: (f32, f32),
    /// Which coordinates the screen can show. Sizes are rounded to these too: lengths up, `gap` and `air` to the
    /// nearest.
    pub snap: Snap,
}

impl Metrics {
    /// An arrow that nobody overlooks, on a screen with so many device pixels to a unit. No label.
    pub const fn pixels(scale: f32) -> Self {
        Self { length: 28.0, width: 24.0, gap: 6.0, air: 3.0, label: (0.0, 0.0), snap: Snap::Pixels(scale) }
    }

    /// One cell of a terminal, right beside the element. No label.
    pub const fn cells() -> Self {
        Self { length: 1.0, width: 1.0, gap: 0.0, air: 0.0, label: (0.0, 0.0), snap: Snap::Cells }
    }
}

/// How the arrow stands to its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Beside it, at this side of it.
    Beside(Side),
    /// On it, at this edge: nothing else is free.
    Inside(Side),
    /// It is out of view, beyond this edge of the clip.
    OffScreen(Side),
}

/// Where to draw.
///
/// All of it lies in the clip. With [`Snap::Pixels`] and [`Snap::Cells`] all of it is on the grid, but for the tip of
/// an arrow whose width is an odd number of cells: that is in the middle of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// How the arrow stands to its element.
    pub mode: Mode,
    /// Its tip, and the two other corners of its head, which is as long as the arrow.
    pub arrow: [Point; 3],
    /// What it covers. In a terminal: the cell of the glyph.
    pub bounds: Rect,
    /// Round what can be seen of the element. `None` if nothing can.
    pub outline: Option<Rect>,
    /// Room for the label; `None` if there is none. It covers neither the arrow nor what can be seen of the element.
    pub label: Option<Rect>,
    /// By how much to move the contents, right and down, so that all of the element can be seen; zero if it can. Of an
    /// element too large for that, its start and the focus point.
    pub reveal: (f32, f32),
}

/// Places the arrow. `None` for what has no place: rectangles that are empty or not finite, an arrow of no size, and
/// a clip smaller than two device pixels or one cell.
///
/// - Beside the element, where the clip has room for the arrow: before it in the direction of reading, after it, above
///   it, below it. The tip is level with the focus point, as far as element and clip allow.
/// - On the element, at the edge where reading begins, where there is no room beside it.
/// - At the edge of the clip, pointing outward, where too little of the element can be seen to point at: less than half
///   the width of the arrow. An element that is smaller or a clip that is smaller has to be seen all or be full.
///
/// Right-to-left is the exact mirror image of left-to-right. A clip that is smaller than the arrow makes it smaller.
/// Coordinates are those of a screen: up to some 100,000 units, of which a 64th does not matter.
pub fn place(scene: &Scene, metrics: &Metrics) -> Option<Placement> {
    place_around(scene, metrics, &[])
}

/// Like [`place`], but prefers the first side where the arrow covers none of the `others`, and gives the label no room
/// on them: the neighbours of the element that should stay readable, not what the element is in.
///
/// ```
/// use leftoff::marker::place::{Direction, Metrics, Mode, Rect, Scene, Side, place_around};
///
/// let target = Rect::new(100.0, 40.0, 200.0, 30.0);
/// let clip = Rect::new(0.0, 0.0, 800.0, 600.0);
/// let scene = Scene { target, clip, focus: None, direction: Direction::LeftToRight };
/// let caption = Rect::new(20.0, 40.0, 75.0, 30.0);
/// let placement = place_around(&scene, &Metrics::pixels(1.0), &[caption]).unwrap();
/// assert_eq!(placement.mode, Mode::Beside(Side::Right));
/// ```
pub fn place_around(scene: &Scene, metrics: &Metrics, others: &[Rect]) -> Option<Placement> {
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
    // The way to an element at the other end of the numbers is none.
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
