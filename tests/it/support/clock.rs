use std::sync::{Arc, Mutex};
use std::time::Duration;

use leftoff::time::{Clock, Now, Timestamp};

/// A clock that stands still until somebody turns it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Now,
    boot: u128,
    /// Known only if a test asks for it.
    uptime: Option<Duration>,
}

impl ManualClock {
    /// 2026-03-01 14:02 UTC.
    pub const START: Timestamp = Timestamp::from_millis(1_772_373_720_000);

    pub fn new() -> Self {
        let now = Now { wall: Self::START, monotonic: Duration::from_secs(1000) };
        Self(Arc::new(Mutex::new(State { now, boot: 1, uptime: None })))
    }

    /// A clock of a machine whose uptime is known.
    pub fn with_uptime() -> Self {
        let clock = Self::new();
        clock.0.lock().unwrap().uptime = Some(Duration::from_secs(5000));
        clock
    }

    /// Time passes.
    pub fn advance(&self, by: Duration) {
        self.0.lock().unwrap().now.monotonic += by;
        self.sleep(by);
    }

    /// The machine sleeps.
    pub fn sleep(&self, by: Duration) {
        let mut state = self.0.lock().unwrap();
        state.uptime = state.uptime.map(|uptime| uptime + by);
        drop(state);
        self.set_wall(i64::try_from(by.as_millis()).unwrap());
    }

    /// Somebody sets the clock, or the machine slept: only the wall clock moves, by so many milliseconds.
    pub fn set_wall(&self, by: i64) {
        let now = &mut self.0.lock().unwrap().now;
        now.wall = Timestamp::from_millis(now.wall.as_millis().saturating_add(by));
    }

    /// The machine starts anew.
    pub fn reboot(&self) {
        let mut state = self.0.lock().unwrap();
        state.boot += 1;
        state.now.monotonic = Duration::ZERO;
        state.uptime = state.uptime.map(|_| Duration::ZERO);
    }

    pub fn wall(&self) -> Timestamp {
        self.now().wall
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        self.0.lock().unwrap().now
    }

    fn boot_id(&self) -> Option<u128> {
        Some(self.0.lock().unwrap().boot)
    }

    fn uptime(&self) -> Option<Duration> {
        self.0.lock().unwrap().uptime
    }
}

pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

pub const fn days(count: u64) -> Duration {
    Duration::from_secs(86_400 * count)
}
