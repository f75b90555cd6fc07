//! Lets the state of a leftoff session follow its user to other devices.
#![forbid(unsafe_code)]

mod drive;
pub mod join;
mod name;
mod publication;
mod random;
mod replicator;
mod session;
mod shared;
#[cfg(test)]
mod sim;
pub mod store;
pub mod testing;
mod words;

pub use leftoff_seal::{Key, KeyId, KeyProvider, KeyRing};
pub use replicator::{Cadence, RoamStatus};
pub use session::{Arrival, Offer, Roam, Roaming};
pub use words::Other;
