#![cfg_attr(feature = "v0_25", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "v0_25"), doc = "Finds the element that the user touched last in an AccessKit tree.")]
#![forbid(unsafe_code)]
#![allow(clippy::duplicate_mod, reason = "the same source for each version of AccessKit")]

mod words;

#[cfg(feature = "v0_21")]
pub mod v0_21;
#[cfg(feature = "v0_24")]
pub mod v0_24;
#[cfg(feature = "v0_25")]
pub mod v0_25;
