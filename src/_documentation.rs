//! Texts that belong to the crate: how it is built, what its bytes mean. Nothing to call.

#[doc = include_str!("docs/adopting.md")]
pub mod adopting {}

#[doc = include_str!("docs/design.md")]
pub mod design {}

#[doc = include_str!("docs/format.md")]
pub mod format {}

#[doc = include_str!("docs/interruptions.md")]
pub mod interruptions {}

#[doc = include_str!("docs/marker.md")]
pub mod marker {}

#[doc = include_str!("docs/performance.md")]
pub mod performance {}

#[doc = include_str!("docs/recipes.md")]
pub mod recipes {}

#[doc = include_str!("docs/reliability.md")]
pub mod reliability {}

#[doc = include_str!("../CHANGELOG.md")]
pub mod changelog {}

/// The examples in README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
