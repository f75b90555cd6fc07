//! All integration tests, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    reason = "a test may fail where it stands"
)]
#![allow(unreachable_pub, missing_docs, reason = "nobody depends on a test")]

mod anchor;
#[cfg(any(unix, windows))]
mod backend;
#[cfg(any(unix, windows))]
mod backend_damage;
mod capture;
mod changed;
#[cfg(any(unix, windows))]
mod child;
mod conformance;
mod corpus;
mod cut;
#[cfg(any(unix, windows))]
mod damage;
mod evolution;
#[cfg(any(unix, windows))]
mod golden;
mod journeys;
#[cfg(unix)]
mod kill;
mod ladder;
mod lockless;
mod long_log;
mod model;
#[cfg(unix)]
mod power_cut;
mod presence;
#[cfg(unix)]
mod privacy;
mod promises;
mod sick;
mod support;
#[cfg(unix)]
mod together;
mod torn;
mod types;
#[cfg(unix)]
mod wizard;
mod wrong_backend;
