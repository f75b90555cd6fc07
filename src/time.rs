//! Clocks, and the length of an absence when clocks cannot be trusted.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sync::Instant;

/// A wall-clock time in milliseconds since the Unix epoch, as a clock reported it, right or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The maximum plausible absence, ten years. A longer absence means that a clock is wrong.
    pub const MAX_PLAUSIBLE_AWAY: Duration = MAX_PLAUSIBLE_AWAY;

    /// Creates a timestamp from milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since the Unix epoch; negative before 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Converts to a [`SystemTime`]; a timestamp that `SystemTime` cannot represent becomes the epoch.
    pub fn to_system_time(self) -> SystemTime {
        let distance = Duration::from_millis(self.0.unsigned_abs());
        let moment = if self.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        moment.unwrap_or(UNIX_EPOCH)
    }

    /// Returns `self - earlier`, or `None` if `earlier` is later than `self`.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let millis = i128::from(self.0) - i128::from(earlier.0);
        u64::try_from(millis).ok().map(Duration::from_millis)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let millis = |distance: Duration| i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(millis(after)),
            Err(before) => Self(-millis(before.duration())),
        }
    }
}

/// A reading of both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock. It may jump forward or backward.
    pub wall: Timestamp,
    /// Time since a fixed moment of this process. Never goes backward; on some systems it stops while the machine
    /// sleeps.
    pub monotonic: Duration,
}

impl Now {
    /// Returns the time since `earlier`, a reading of the same process.
    ///
    /// The wall clock counts a night with the lid closed, and the monotonic clock may not. But the wall clock may have
    /// been set back; then the monotonic clock is more accurate. The result is the larger of the two.
    pub fn since(self, earlier: Self) -> Duration {
        let steady = self.monotonic.saturating_sub(earlier.monotonic);
        plausible(self.wall.since(earlier.wall)).map_or(steady, |wall| wall.max(steady))
    }
}

const MAX_PLAUSIBLE_AWAY: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Returns `None` if `away` is longer than [`MAX_PLAUSIBLE_AWAY`].
pub(crate) fn plausible(away: Option<Duration>) -> Option<Duration> {
    away.filter(|away| *away <= MAX_PLAUSIBLE_AWAY)
}

/// The length of an absence, and how much more the wall clock claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Away {
    /// `None` if no clock can determine it.
    pub(crate) length: Option<Duration>,
    /// How far the wall clock was set ahead meanwhile, as far as the machine's uptime shows it.
    pub(crate) ahead: Duration,
}

/// Differences between two clocks up to this length mean nothing.
const DRIFT: Duration = Duration::from_secs(1);

impl Away {
    /// Compares the time that passed by the wall clock (`None`: it was set back) with the length of the absence.
    pub(crate) fn new(length: Option<Duration>, wall: Option<Duration>) -> Self {
        let ahead = wall.zip(length).map_or(Duration::ZERO, |(wall, length)| wall.saturating_sub(length));
        Self { length: plausible(length), ahead: if ahead > DRIFT { ahead } else { Duration::ZERO } }
    }
}

/// Measures absences within one process: by the wall clock, and within the time that the machine's uptime allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    last: Now,
    /// The machine's uptime when the monotonic clock was zero. It grows while the machine sleeps, on systems whose
    /// monotonic clock stops meanwhile.
    offset: Option<Duration>,
}

impl Watch {
    pub(crate) fn new(now: Now, clock: &dyn Clock) -> Self {
        Self { last: now, offset: offset(now, clock) }
    }

    /// Creates a watch at the start of a session, where the machine's uptime is known: `offset` is the uptime when the
    /// monotonic clock was zero.
    pub(crate) fn at_start(now: Now, offset: Option<Duration>) -> Self {
        Self { last: now, offset }
    }

    /// Returns the time since the last lap or the start.
    ///
    /// Reads the uptime, which costs a system call, only if wall clock and monotonic clock differ: after a sleep of the
    /// machine, or if the wall clock was set.
    pub(crate) fn lap(&mut self, now: Now, clock: &dyn Clock) -> Away {
        let Self { last, offset: then } = *self;
        self.last = now;
        let (claimed, steady) = (now.since(last), now.monotonic.saturating_sub(last.monotonic));
        if claimed > steady.saturating_add(DRIFT) {
            self.offset = offset(now, clock);
        }
        let slept = then.zip(self.offset).map(|(then, now)| now.saturating_sub(then));
        let length = slept.map_or(claimed, |slept| claimed.min(steady.saturating_add(slept)));
        Away::new(Some(length), now.wall.since(last.wall))
    }
}

fn offset(now: Now, clock: &dyn Clock) -> Option<Duration> {
    Some(clock.uptime()?.saturating_sub(now.monotonic))
}

/// The only source of time for a session: [`SystemClock`], unless a test provides another clock.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Reads both clocks together.
    fn now(&self) -> Now;

    /// Returns the boot id of the machine, if it is known: constant until the next boot, then different.
    ///
    /// It distinguishes a crash from a power cut.
    fn boot_id(&self) -> Option<u128> {
        None
    }

    /// Returns the uptime of the machine, sleep included, if it is known.
    ///
    /// It bounds an absence that is computed from the wall clock.
    fn uptime(&self) -> Option<Duration> {
        None
    }
}

impl<T: Clock + ?Sized> Clock for std::sync::Arc<T> {
    fn now(&self) -> Now {
        T::now(self)
    }

    fn boot_id(&self) -> Option<u128> {
        T::boot_id(self)
    }

    fn uptime(&self) -> Option<Duration> {
        T::uptime(self)
    }
}

/// The clocks of the standard library.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Creates a clock whose monotonic part starts at zero.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { wall: system_time().into(), monotonic: self.start.elapsed() }
    }

    fn boot_id(&self) -> Option<u128> {
        system_file("/proc/sys/kernel/random/boot_id", parse_boot_id)
    }

    fn uptime(&self) -> Option<Duration> {
        system_file("/proc/uptime", parse_uptime)
    }
}

/// Parses a short file of Linux. The system returns all of it to one read, and no other call is made for it.
fn system_file<T>(path: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    use std::io::Read;

    let mut bytes = [0; 64];
    let read = std::fs::File::open(path).ok()?.read(&mut bytes).ok()?;
    parse(std::str::from_utf8(bytes.get(..read)?).ok()?)
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn system_time() -> SystemTime {
    SystemTime::now()
}

/// The standard library has no clock in a browser's page.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn system_time() -> SystemTime {
    use web_time::web::SystemTimeExt;
    web_time::SystemTime::now().to_std()
}

/// `1b4e28ba-2fa1-11d2-883f-0016d3cca427`
fn parse_boot_id(text: &str) -> Option<u128> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)
}

/// `12345.67 890.12`: seconds since boot, then the idle time.
fn parse_uptime(text: &str) -> Option<Duration> {
    let (seconds, fraction) = text.split_whitespace().next()?.split_once('.')?;
    let hundredths: u64 = fraction.get(..2)?.parse().ok()?;
    let millis = seconds.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(hundredths * 10)?;
    Some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(wall: i64, monotonic: u64) -> Now {
        Now { wall: Timestamp::from_millis(wall), monotonic: Duration::from_millis(monotonic) }
    }

    #[test]
    fn a_clock_set_back_or_far_ahead_never_makes_an_absurd_absence() {
        let left = now(1_000_000, 500);
        assert_eq!(now(1_004_000, 4_500).since(left), Duration::from_secs(4));
        assert_eq!(now(5_000, 4_500).since(left), Duration::from_secs(4), "set back");
        assert_eq!(now(i64::MAX, 4_500).since(left), Duration::from_secs(4), "set to the end of time");
        assert_eq!(now(3_601_000_000, 4_500).since(left), Duration::from_secs(3_600_000), "asleep meanwhile");
    }

    #[test]
    fn a_boot_id_is_read_or_politely_not() {
        let id = parse_boot_id("1b4e28ba-2fa1-11d2-883f-0016d3cca427\n");
        assert_eq!(id, Some(0x1b4e_28ba_2fa1_11d2_883f_0016_d3cc_a427));
        assert_eq!(parse_boot_id("1b4e28ba"), None);
    }

    #[test]
    fn the_uptime_is_read_or_politely_not() {
        assert_eq!(parse_uptime("12345.67 890.12\n"), Some(Duration::from_millis(12_345_670)));
        assert_eq!(parse_uptime("soon"), None);
    }

    #[test]
    fn timestamps_survive_the_ends_of_their_range() {
        for millis in [i64::MIN, -1, 0, 1, i64::MAX] {
            let _ = Timestamp::from_millis(millis).to_system_time();
            assert_eq!(Timestamp::from_millis(millis).since(Timestamp::from_millis(millis)), Some(Duration::ZERO));
        }
        assert_eq!(Timestamp::from_millis(i64::MIN).since(Timestamp::from_millis(i64::MAX)), None);
    }
}
