//! A form in a window, without a display.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::type_complexity
)]

mod card;
mod draw;
mod misuse;
mod save;
mod support;
mod touch;
