//! What differs between the versions of ratatui that this crate is built for.
//!
//! This is the file for ratatui 0.30. The line for 0.29 has `versions/0.29.rs`.

use ratatui_core::buffer::CellWidth;
pub(crate) use ratatui_core::terminal::Frame;

/// Returns whether the symbol of a cell takes the cell after it, too.
pub(crate) fn is_wide(symbol: &str) -> bool {
    symbol.cell_width() > 1
}
