//! A clock with an offset, and the local time of day.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use leftoff::time::{Clock, Now, Timestamp};

/// A clock with an offset to another clock.
#[derive(Debug, Clone)]
pub struct Later {
    clock: Arc<dyn Clock>,
    by: Duration,
}

impl Later {
    /// Creates a clock that is ahead of `clock` by `by`.
    pub fn new(clock: impl Clock, by: Duration) -> Self {
        Self { clock: Arc::new(clock), by }
    }
}

impl Clock for Later {
    fn now(&self) -> Now {
        let Now { wall, monotonic } = self.clock.now();
        let by = i64::try_from(self.by.as_millis()).unwrap_or(i64::MAX);
        Now { wall: Timestamp::from_millis(wall.as_millis().saturating_add(by)), monotonic: monotonic + self.by }
    }
}

/// Formats the time of day in the time zone of this machine: "14:02".
pub(crate) fn time_of_day(at: Timestamp) -> String {
    let zoned = jiff::Timestamp::from_millisecond(at.as_millis()).map(|at| at.to_zoned(TimeZone::system()));
    zoned.map_or_else(|_| "?".to_owned(), |at| at.strftime("%H:%M").to_string())
}
