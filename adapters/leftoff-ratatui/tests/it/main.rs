//! What is on the screen: in a buffer, and in a real terminal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod actions;
mod cost;
#[cfg(feature = "roam")]
mod devices;
mod fading;
mod grids;
mod layouts;
mod lines;
mod notes;
mod quarantine;
mod screens;
#[cfg(target_os = "linux")]
mod terminal;
mod words;
