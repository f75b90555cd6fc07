//! All integration tests, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::similar_names,
    clippy::format_push_string,
    reason = "a test may fail where it stands"
)]
#![allow(unreachable_pub, missing_docs, reason = "nobody depends on a test")]

mod canaries;
mod conformance;
mod frames;
mod golden;
mod keyless;
mod large;
mod objects;
#[cfg(feature = "passphrase")]
mod passphrase;
mod places;
mod rotation;
mod stacks;
mod support;
