//! How much is measured.

use std::time::{Duration, Instant};

use crate::Fallible;

/// How often and how long each candidate has its turn.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Starts in each round, of each kind.
    pub(crate) opens: usize,
    /// Time for saves of one field, in each round.
    pub(crate) small: Duration,
    /// Time for saves after everything changed, in each round.
    pub(crate) all: Duration,
    /// Saves in each round at the pace of a user who types.
    pub(crate) typed: usize,
    /// Saves after which the directory is measured, and the time after which it is measured even so.
    pub(crate) kept: (usize, Duration),
}

impl Plan {
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        opens: 4,
        small: Duration::from_millis(40),
        all: Duration::from_millis(15),
        typed: 10,
        kept: (100, Duration::from_millis(200)),
    };

    pub(crate) fn full(size: &str, is_long: bool) -> Self {
        let saves = if is_long { 20_000 } else { 1_000 };
        Self {
            rounds: if size == "XL" { 2 } else { 5 },
            opens: if size == "XL" { 2 } else { 6 },
            small: Duration::from_millis(300),
            all: Duration::from_millis(150),
            typed: 100,
            kept: (saves, Duration::from_secs(if is_long { 120 } else { 10 })),
        }
    }
}

/// Runs `operation` with 0, 1, 2…, at least `least` times, until the time is over.
///
/// # Errors
/// The first error of `operation`.
pub(crate) fn while_time_is_left(
    time: Duration,
    least: usize,
    mut operation: impl FnMut(usize) -> Fallible,
) -> Fallible {
    let start = Instant::now();
    for count in 0.. {
        if count >= least && start.elapsed() >= time {
            break;
        }
        operation(count)?;
    }
    Ok(())
}
