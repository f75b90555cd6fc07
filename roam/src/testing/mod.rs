//! For tests: a conformance kit for authors of a [`Store`](crate::store::Store), and a store that fails on demand.
//!
//! Part of this crate and not of `leftoff-testing`, because that crate serves authors of a `Backend`, who have nothing
//! to do with stores, and would otherwise build this one. Programs that do not call it do not contain it.

mod conformance;
mod faulty;

pub use conformance::conformance;
pub use faulty::{Fault, FaultyStore, Request};
