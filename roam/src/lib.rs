//! Lets the state of a leftoff session follow its user to other devices.
#![forbid(unsafe_code)]

pub mod join;
mod random;
pub mod store;
pub mod testing;
