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

mod adopt;
mod allocations;
mod anchor;
#[cfg(any(unix, windows))]
mod backend;
#[cfg(any(unix, windows))]
mod backend_damage;
mod bounds;
mod budget;
mod capture;
mod changed;
#[cfg(any(unix, windows))]
mod child;
mod conformance;
#[cfg(unix)]
mod console;
mod cut;
#[cfg(any(unix, windows))]
mod damage;
mod declined;
#[cfg(any(unix, windows))]
mod drafts;
mod evolution;
mod export;
#[cfg(unix)]
mod fork;
mod going_back;
#[cfg(any(unix, windows))]
mod golden;
mod group_damage;
mod groups;
mod guard;
mod idle;
mod journeys;
mod keyless;
#[cfg(unix)]
mod kill;
mod layers;
#[cfg(any(unix, windows))]
mod listed;
mod listing;
mod lockless;
mod log_rules;
mod long_log;
#[cfg(unix)]
mod looks;
#[cfg(unix)]
mod missing;
mod model;
#[cfg(unix)]
mod moved;
mod others;
#[cfg(unix)]
mod planted;
#[cfg(unix)]
mod power_cut;
mod presence;
#[cfg(unix)]
mod privacy;
#[cfg(any(unix, windows))]
mod projects;
mod promises;
mod restart;
mod saved;
mod sick;
mod since_left;
mod slots;
mod steps;
mod support;
#[cfg(unix)]
mod support_report;
mod synced;
#[cfg(unix)]
mod together;
mod torn;
mod transfer;
mod types;
mod unblocked;
#[cfg(unix)]
mod underway;
#[cfg(unix)]
mod untrusted;
#[cfg(unix)]
mod wizard;
mod words;
mod wrong_backend;
