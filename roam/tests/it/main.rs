//! Tests of the public interface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "helpers of tests are tests")]

mod devices;
mod join;
mod mark;
mod processes;
mod session;
mod store;
mod support;
