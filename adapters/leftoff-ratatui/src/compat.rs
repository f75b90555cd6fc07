//! What differs between the versions of ratatui that this crate is built for.
//!
//! This is the file for ratatui 0.30. The line for 0.29 has `versions/0.29.rs`.

pub(crate) use ratatui_core::terminal::Frame;
use ratatui_core::text::Span;

/// Returns whether the symbol of a cell takes the cell after it, too. The trait `CellWidth` is not in ratatui-core 0.1.0.
pub(crate) fn is_wide(symbol: &str) -> bool {
    Span::raw(symbol).width() > 1
}
