//! Layers: backends made from a backend, for [`Builder::layer`](crate::Builder::layer). Each is behind a cargo feature.
//!
//! | feature | layer | what it does |
//! |---|---|---|
//! | `lz4` | `Compressed` | compresses frames |
//! | `quota` | `Quota` | refuses what exceeds a number of bytes, and names it |
//! | `mirror` | `Mirror` | keeps a second copy, which may lag and is never waited for |
//!
//! Encryption is `Sealed` in [`leftoff-seal`](https://docs.rs/leftoff-seal).
//!
//! # Order
//!
//! The layer that is added last is the outermost: what is stored passes through it first. A session whose layers are in an
//! order that makes no sense opens as [`Unavailable`](crate::Outcome::Unavailable), and its status names the reason:
//!
//! - Compression must be outside encryption, because encrypted bytes do not become smaller.
//! - A quota must be outside encryption and compression, because it names the sections that it refuses, and outside a
//!   mirror, because it counts the state once.
//! - Compression, encryption and a quota may each appear once.
//! - If one copy of a mirror is encrypted, the other one must be, too.
//!
//! So the usual order of the calls is mirror, encryption, compression, quota. A layer of an application's own takes part by
//! [`Backend::layers`](crate::backend::Backend::layers); what does not state its layers is not checked.

mod check;
#[cfg(feature = "lz4")]
mod lz4;
#[cfg(feature = "mirror")]
mod mirror;
#[cfg(feature = "quota")]
mod quota;

pub(crate) use check::check;
#[cfg(feature = "lz4")]
pub use lz4::Compressed;
#[cfg(feature = "mirror")]
pub use mirror::{Mirror, MirrorState};
#[cfg(feature = "quota")]
pub use quota::Quota;
