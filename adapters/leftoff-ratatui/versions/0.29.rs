//! What differs between the versions of ratatui that this crate is built for.
//!
//! This is the file for ratatui 0.29.

pub(crate) use ratatui_core::Frame;

/// Returns whether the symbol of a cell takes the cell after it, too.
pub(crate) fn is_wide(symbol: &str) -> bool {
    ratatui_core::text::Span::raw(symbol).width() > 1
}
