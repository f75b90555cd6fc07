//! Other grids of cells.

use leftoff::Marker;
use leftoff::time::Timestamp;
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::layout::Position;

use crate::arrow::{Arrow, Shown};

impl Arrow {
    /// Locates the element and draws the arrow, as [`draw`](Self::draw) does, on a grid of cells that is no ratatui
    /// [`Buffer`]: of an older ratatui, of another library, of your own.
    ///
    /// `read` returns a cell of the area that was passed to [`begin`](Self::begin), with its symbol and modifiers; `write`
    /// receives each cell that the arrow has changed. Colours may be left out: the arrow does not change them.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, Marker};
    /// use leftoff_ratatui::Arrow;
    /// use leftoff_ratatui::ratatui_core::{buffer::Cell, layout::Rect, style::Modifier};
    ///
    /// let now = Timestamp::from_millis(0);
    /// let marker = Marker::from_marks("main", [(Mark::new("contact/email"), now)], None, None);
    /// let mut screen: Vec<Vec<String>> = vec![" ana@x.eu ".chars().map(String::from).collect()];
    /// let mut arrow = Arrow::new();
    /// arrow.begin(Rect::new(0, 0, 10, 1));
    /// arrow.register("contact/email", Rect::new(1, 0, 8, 1));
    /// arrow.draw_on(
    ///     &mut screen,
    ///     marker.as_ref(),
    ///     now,
    ///     |screen, at| {
    ///         let mut cell = Cell::default();
    ///         cell.set_symbol(&screen[usize::from(at.y)][usize::from(at.x)]);
    ///         cell
    ///     },
    ///     // And `cell.modifier`, if the screen has any.
    ///     |screen, at, cell| screen[usize::from(at.y)][usize::from(at.x)] = cell.symbol().to_owned(),
    /// );
    /// assert_eq!(screen[0].concat(), "▶ana@x.eu ");
    /// ```
    pub fn draw_on<G: ?Sized>(
        &mut self,
        grid: &mut G,
        marker: Option<&Marker>,
        now: Timestamp,
        read: impl Fn(&G, Position) -> Cell,
        mut write: impl FnMut(&mut G, Position, &Cell),
    ) -> Shown {
        let mut buffer = Buffer::empty(self.area);
        for (at, cell) in self.area.positions().zip(&mut buffer.content) {
            *cell = read(grid, at);
        }
        let before = buffer.clone();
        let shown = self.draw(&mut buffer, marker, now);
        for ((at, cell), before) in self.area.positions().zip(&buffer.content).zip(&before.content) {
            if cell != before {
                write(grid, at, cell);
            }
        }
        shown
    }
}
