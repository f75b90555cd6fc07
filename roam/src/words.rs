//! What a person reads about their other devices.

use std::time::{Duration, SystemTime};

use crate::RoamStatus;
use crate::join::DeviceId;
use crate::publication::Blob;

/// Another device of the person, as its newest publication describes it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Other {
    /// The name of the device, as its user set it.
    pub device: String,
    /// Whether its session was open when it published last.
    pub is_open: bool,
    /// When it published last, by the clock of this device; corrected by that of the store if the store tells the time.
    pub seen: SystemTime,
    /// When its user touched something last.
    pub touched: Option<SystemTime>,
    /// The element that its user touched last.
    pub element: Option<String>,
    /// The label of that element.
    pub label: Option<String>,
    pub(crate) id: DeviceId,
    /// The last touch with the location of its element.
    pub(crate) mark: Option<Blob>,
    /// The time within which an open device publishes: older news of it are not said to be of now.
    pub(crate) current_for: Duration,
}

/// Without what users typed and named.
impl std::fmt::Debug for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Other").field("is_open", &self.is_open).field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl Other {
    /// Returns one line: *Open on your laptop, last touched 10 s ago.*, or *On your laptop, 3 min ago.*
    ///
    /// That a device is open is said only while its last publication is younger than two publications apart.
    pub fn words(&self, now: SystemTime) -> String {
        let device = your(&self.device);
        let age = now.duration_since(self.seen).unwrap_or_default();
        let touched = self.touched.unwrap_or(self.seen);
        let ago = ago(now.duration_since(touched).unwrap_or_default());
        if self.is_open && age < self.current_for {
            format!("Open on {device}, last touched {ago}.")
        } else {
            format!("On {device}, {ago}.")
        }
    }
}

impl RoamStatus {
    /// Returns since when nothing was sent; `None` if that is not what the status says.
    pub fn not_sent_since(&self) -> Option<SystemTime> {
        match self {
            Self::Offline { since, .. } | Self::Unsent { since } => Some(*since),
            _ => None,
        }
    }

    /// Returns one line, or `None` if there is nothing to say. `offset` returns the seconds by which local time is ahead of
    /// UTC at a time; without it, the line has a duration instead of a time of day.
    pub fn words(&self, now: SystemTime, offset: impl Fn(SystemTime) -> Option<i32>) -> Option<String> {
        let age = |at: SystemTime| now.duration_since(at).unwrap_or_default();
        let since = |at: SystemTime| match offset(at).and_then(|offset| time_of_day(at, offset)) {
            Some(time) if now.duration_since(at).is_ok_and(|age| age < Duration::from_secs(12 * 3600)) => {
                format!("since {time}")
            }
            _ => format!("for {}", span(now.duration_since(at).unwrap_or_default())),
        };
        Some(match self {
            Self::NoKey => "This device has no key: nothing is sent.".to_owned(),
            Self::KeyMissing(_) => "The key of your other devices is not on this one: nothing is sent.".to_owned(),
            Self::ClockOff(off) => format!("The clock is {} off: nothing is sent.", span(*off)),
            Self::StoreGone => {
                "The place that you share with your other devices is empty or not there: nothing is sent.".to_owned()
            }
            Self::RolledBack { device } if device.is_empty() => {
                "The newest changes of another device are missing from the shared place. What is here is kept."
                    .to_owned()
            }
            Self::RolledBack { device } => {
                format!("The newest changes of your {device} are missing from the shared place. What is here is kept.")
            }
            Self::Copied => "A copy of this device is in use. Both keep their work.".to_owned(),
            Self::NotMerged { .. } => "Two versions could not be combined. Both are kept.".to_owned(),
            // In normal work, changes are sent within a minute.
            Self::Offline { since: at, .. } | Self::Unsent { since: at } if age(*at).as_secs() < 60 => return None,
            Self::Offline { since: at, .. } | Self::Unsent { since: at } => {
                format!("Not sent to your other devices {}.", since(*at))
            }
            Self::UpToDate(at) => {
                let ago = ago(now.duration_since(*at).unwrap_or_default());
                format!("Last checked for changes {ago}.")
            }
            Self::InUse => {
                "The program is open twice. Only the other window exchanges changes with your other devices.".to_owned()
            }
            Self::Looking => return None,
        })
    }
}

/// "your laptop", or "your other device" if its name is not known.
pub(crate) fn your(device: &str) -> String {
    format!("your {}", if device.is_empty() { "other device" } else { device })
}

pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn ago(age: Duration) -> String {
    if age.as_secs() < 5 { "just now".to_owned() } else { format!("{} ago", span(age)) }
}

fn span(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn time_of_day(at: SystemTime, offset: i32) -> Option<String> {
    let utc = i64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()?;
    let of_day = (utc + i64::from(offset)).rem_euclid(86_400);
    Some(format!("{:02}:{:02}", of_day / 3600, of_day / 60 % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn other(is_open: bool, touched: u64) -> Other {
        let touched = Some(at(touched));
        let current_for = Duration::from_secs(120);
        let device = "laptop".to_owned();
        let (id, mark) = (DeviceId(1), None);
        Other { device, is_open, seen: at(1000), touched, element: None, label: None, id, mark, current_for }
    }

    #[test]
    fn open_is_said_only_of_a_young_publication() {
        assert_eq!(other(true, 990).words(at(1000)), "Open on your laptop, last touched 10 s ago.");
        assert_eq!(other(true, 990).words(at(1170)), "On your laptop, 3 min ago.");
        assert_eq!(other(false, 1000).words(at(1001)), "On your laptop, just now.");
    }

    #[test]
    fn status_has_a_local_time_or_a_duration() {
        let unsent = RoamStatus::Unsent { since: at(50_520) };
        let words = |offset| unsent.words(at(50_640), |_| offset);
        assert_eq!(words(Some(0)).as_deref(), Some("Not sent to your other devices since 14:02."));
        assert_eq!(words(None).as_deref(), Some("Not sent to your other devices for 2 min."));
        let off = RoamStatus::ClockOff(Duration::from_secs(26 * 3600)).words(at(0), |_| None);
        assert_eq!(off.as_deref(), Some("The clock is 26 h off: nothing is sent."));
        assert_eq!(RoamStatus::Looking.words(at(0), |_| None), None);
    }
}
