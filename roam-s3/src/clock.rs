//! The clock of the service, as far as its answers tell it.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use parking_lot::Mutex;

/// The `Date` of the last answer, and when it came.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Option<(Timestamp, Instant)>>);

impl Clock {
    /// Takes the value of a `Date` header; one that is malformed changes nothing.
    pub(crate) fn hear(&self, date: &str) {
        if let Ok(date) = jiff::fmt::rfc2822::parse(date) {
            *self.0.lock() = Some((date.timestamp(), Instant::now()));
        }
    }

    /// The present time of the service; `None` before its first answer.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        let (date, at) = (*self.0.lock())?;
        let since = jiff::SignedDuration::try_from(at.elapsed()).ok()?;
        date.checked_add(since).ok()
    }

    /// The time to sign a request with: that of this device, unless the service would refuse it.
    ///
    /// Services refuse requests whose time is off by 15 minutes. Below that, the time of this device is as good, and it
    /// advances while the device sleeps.
    pub(crate) fn for_signing(&self) -> Timestamp {
        let own = Timestamp::now();
        match self.now() {
            Some(theirs) if own.duration_since(theirs).unsigned_abs() > TOLERATED => theirs,
            _ => own,
        }
    }
}

/// Far below what services tolerate, and far above what a `Date` of whole seconds and a slow line make up.
const TOLERATED: Duration = Duration::from_secs(300);

pub(crate) fn system_time(at: Timestamp) -> SystemTime {
    at.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_of_the_service_counts_only_if_this_one_would_be_refused() {
        let clock = Clock::default();
        assert_eq!(clock.now(), None);
        clock.hear("yesterday");
        assert_eq!(clock.now(), None);
        let of = |at: Timestamp| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let minute = jiff::SignedDuration::from_mins(1);
        clock.hear(&of(Timestamp::now() + minute));
        assert!(clock.now().unwrap() > Timestamp::now());
        assert!(clock.for_signing().duration_since(Timestamp::now()).abs() < minute / 2);
        clock.hear(&of(Timestamp::now() - minute * 60 * 26));
        assert!(clock.for_signing() < Timestamp::now() - minute * 60 * 25);
    }
}
