//! Lets the state of a leftoff session follow its user to other devices.
#![forbid(unsafe_code)]

pub mod join;
mod name;
mod publication;
mod random;
mod replicator;
#[cfg(test)]
mod sim;
pub mod store;
pub mod testing;

pub use replicator::{Cadence, RoamStatus};
