//! The arrow, looked at as a screen reader does and by the shapes it paints. No window, no graphics driver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod actions;
#[path = "../../examples/invoice/app.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, missing_debug_implementations)]
mod app;
mod bracket;
mod dense;
mod input;
mod kill;
mod layouts;
mod left_off;
mod lines;
mod look;
mod pages;
mod panels;
mod quarantine;
mod readme;
mod scroll;
mod sections;
mod support;
mod together;
mod unmarked;
mod versions;
mod windows;
