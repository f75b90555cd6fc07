//! Points and rectangles, `x` to the right and `y` down.

/// A point.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
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
    /// From the upper left corner and the size.
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { min: Point { x, y }, max: Point { x: x + width, y: y + height } }
    }
}

/// The direction of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Latin, Greek, Cyrillic, Han.
    #[default]
    LeftToRight,
    /// Arabic, Hebrew.
    RightToLeft,
}

/// A side, as seen, whatever the direction of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// At the left.
    Left,
    /// At the right.
    Right,
    /// Above.
    Top,
    /// Below.
    Bottom,
}

/// Which coordinates the screen can show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Snap {
    /// All.
    None,
    /// Multiples of a device pixel, given how many of them one unit is.
    Pixels(f32),
    /// Whole numbers: the cells of a terminal.
    Cells,
}
