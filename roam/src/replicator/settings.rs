//! The cadence, and the other settings of a replicator.

use std::collections::BTreeSet;
use std::time::Duration;

/// How a device takes part.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The id of the application.
    pub(crate) app: String,
    /// The id of the person.
    pub(crate) person: String,
    /// The name of this device, as its user knows it.
    pub(crate) label: String,
    pub(crate) cadence: Cadence,
    /// The names of the sections that have a merge function.
    pub(crate) merges: BTreeSet<Box<str>>,
}

/// When the replicator works.
///
/// The defaults cost about 3,200 puts, 2,500 listings and 400 gets a month for a person who works four hours on 22 days
/// with two other devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cadence {
    /// How long after the last change it is published: 5 s.
    pub settle: Duration,
    /// The time between publications while the user works: 60 s.
    pub publish_every: Duration,
    /// The time between listings for [`eager_for`](Self::eager_for) after the start and after the window got the focus:
    /// 60 s.
    pub list_every: Duration,
    /// How long the replicator lists often: 10 min.
    pub eager_for: Duration,
    /// The time between listings after that: 10 min. There are no listings while the window has no focus.
    pub list_idle: Duration,
    /// The first pause after a failed request: 5 s. It doubles with each failure, up to `list_idle`.
    pub retry: Duration,
    /// How long superseded objects stay, so that a device that listed them can read them: 24 h.
    pub grace: Duration,
    /// How long replaced writes are remembered after every device has seen them: 30 days.
    pub fold_after: Duration,
    /// The age after which a device is not waited for any more: 180 days.
    pub forget_device: Duration,
    /// The number of publications after which a device publishes its whole state: 16.
    pub base_every: u32,
}

impl Default for Cadence {
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        Self {
            settle: Duration::from_secs(5),
            publish_every: Duration::from_secs(60),
            list_every: Duration::from_secs(60),
            eager_for: Duration::from_secs(600),
            list_idle: Duration::from_secs(600),
            retry: Duration::from_secs(5),
            grace: hours(24),
            fold_after: hours(30 * 24),
            forget_device: hours(180 * 24),
            base_every: 16,
        }
    }
}

/// The time, as the replicator is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// The wall clock of this device.
    pub(crate) wall: crate::join::Stamp,
    /// Time that only grows within a launch.
    pub(crate) steady: Duration,
}
