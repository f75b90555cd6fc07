//! Encryption for [`leftoff`]: what an application saves is stored under a key that the application provides.
//!
//! - [`Sealed`] is a layer over any backend: every frame is sealed before it is stored.
//! - [`Sealer`] seals byte strings for other places: objects of a store, export files.
//! - [`KeyProvider`] is how the application provides keys; a [`KeyRing`] keeps them in memory.
//! - `KeySlot`, with the feature `passphrase`, wraps a key so that a passphrase opens it.
//!
//! The cipher is XChaCha20-Poly1305 with a random nonce. Sealed bytes name their key by an id that is derived from it,
//! so a wrong key is distinguished from damage, and a missing key never counts as damage.
#![forbid(unsafe_code)]

mod chunks;
mod envelope;
mod error;
mod key;
mod layer;
mod object;
mod pad;
mod part;
#[cfg(feature = "passphrase")]
mod passphrase;
mod provider;
mod usage;

pub use error::{Error, ErrorKind};
pub use key::{Key, KeyId};
pub use layer::Sealed;
pub use object::{Sealer, key_of};
#[cfg(feature = "passphrase")]
pub use passphrase::{Cost, KeySlot};
pub use provider::{KeyProvider, KeyRing};
pub use usage::Usage;

/// The examples in the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
