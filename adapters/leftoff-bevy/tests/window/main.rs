//! A form in a window, without a display.

mod card;
mod draw;
mod misuse;
mod save;
mod support;
mod touch;
