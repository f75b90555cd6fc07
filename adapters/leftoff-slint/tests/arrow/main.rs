//! The arrow in a window without a screen.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

mod changed;
mod kill;
mod misuse;
mod support;
mod touch;
