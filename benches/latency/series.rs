//! Times, gathered.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// The times of one operation, in nanoseconds.
pub(crate) struct Series(Histogram<u64>);

/// An operation, and what bounds it, measured by turns.
#[derive(Default)]
pub(crate) struct Pair {
    pub(crate) ours: Series,
    pub(crate) limit: Series,
}

impl Pair {
    pub(crate) fn both(&self) -> (&Series, &Series) {
        (&self.ours, &self.limit)
    }
}

impl Default for Series {
    fn default() -> Self {
        // Two digits of a minute at most; anything longer counts as a minute.
        Self(Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap_or_else(|_| unreachable!("the bounds are right")))
    }
}

impl Series {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn time<T>(&mut self, operation: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = operation();
        self.add(start.elapsed());
        result
    }

    /// What it costs undisturbed: one in ten is quicker. Ratios are of these, for on a shared machine the rest
    /// measures the neighbours.
    pub(crate) fn calm(&self) -> f64 {
        self.quantile(0.1)
    }

    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64
    }
}
