//! Points and rectangles, `x` to the right and `y` down.

/// A point.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// Horizontal coordinate, increasing to the right.
    pub x: f32,
    /// Vertical coordinate, increasing downward.
    pub y: f32,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// The upper left corner.
    pub min: Point,
    /// The lower right corner.
    pub max: Point,
}

impl Rect {
    /// Creates a rectangle from its upper left corner and its size.
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { min: Point { x, y }, max: Point { x: x + width, y: y + height } }
    }
}

/// The reading direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// For example Latin, Greek, Cyrillic, Han.
    #[default]
    LeftToRight,
    /// For example Arabic, Hebrew.
    RightToLeft,
}

/// A side on the screen, independent of the reading direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The left side.
    Left,
    /// The right side.
    Right,
    /// The upper side.
    Top,
    /// The lower side.
    Bottom,
}

/// The grid of coordinates that the screen can show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Snap {
    /// No grid: all coordinates.
    None,
    /// Multiples of a device pixel; the value is the number of device pixels per unit.
    Pixels(f32),
    /// Whole numbers, the cells of a terminal.
    Cells,
}
