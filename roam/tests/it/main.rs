//! Tests of the public interface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "helpers of tests are tests")]

mod devices;
mod hostile;
mod join;
mod leftovers;
mod mark;
mod merge;
mod processes;
mod remove;
mod sensitivity;
mod session;
#[cfg(feature = "passphrase")]
mod set_up;
mod steps;
mod store;
mod support;
