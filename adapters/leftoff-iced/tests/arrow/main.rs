//! The arrow in windows without a screen: events in, messages and shapes out.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]
#![allow(
    missing_debug_implementations,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]

mod support;

mod card;
mod changed;
mod kill;
mod look;
mod misuse;
mod readme;
mod resuming;
mod scroll;
mod together;
mod touch;
mod unmarked;
