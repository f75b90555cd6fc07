//! What is known of the connection to the other devices.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, SystemTime};

use leftoff_seal::KeyId;

use super::{Now, Replicator, Trouble};
use crate::join::{DeviceId, Stamp};
use crate::name::Name;

/// Whether what this device has is with the others, and the reverse.
///
/// Of several that apply, the first in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoamStatus {
    /// There is no key: nothing is sent.
    NoKey,
    /// Publications name a key that is not here, and none could be read with the keys that are: nothing is sent.
    KeyMissing(KeyId),
    /// The clock of this device is off by more than 24 hours, by the clock of the store: nothing is sent.
    ClockOff(Duration),
    /// The store was set up and is empty: not mounted, without access, or cleared. Nothing is sent.
    StoreGone,
    /// The store no longer has the newest publication of a device, for at least an hour.
    RolledBack {
        /// The name of the device.
        device: String,
    },
    /// A copy of this device published in its place within the last day. Both keep their values.
    Copied,
    /// The merge function of a section panicked, or its result depends on more than the values, or on their order. Both values
    /// are kept, and the other one is offered.
    NotMerged {
        /// The scope of the section.
        scope: String,
        /// The name of the section.
        name: String,
    },
    /// The store has not answered since then.
    Offline {
        /// The first failure in a row.
        since: SystemTime,
        /// What failed last.
        cause: OfflineCause,
    },
    /// Another session of this program uses the directory of this device. This one waits until it ends.
    InUse,
    /// Values are stored on this device and not sent yet.
    Unsent {
        /// The oldest change that is not sent; its time as the replicator learned of it.
        since: SystemTime,
    },
    /// The newest publications of all devices were listed and read at this time.
    UpToDate(SystemTime),
    /// The store was not listed completely yet, or some publications are still on their way.
    Looking,
}

impl RoamStatus {
    /// Whether nothing can be sent at present, and waiting for the store does not change that.
    pub(crate) fn is_blocked(&self) -> bool {
        use RoamStatus::{ClockOff, InUse, KeyMissing, NoKey, Offline, StoreGone};
        matches!(self, InUse | NoKey | KeyMissing(_) | ClockOff(_) | StoreGone | Offline { .. })
    }
}

/// What keeps a device offline. Contains no names and no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfflineCause {
    /// The store cannot be used: not reachable, refused, full.
    Store(io::ErrorKind),
    /// The directory for what is known of the other devices cannot be used.
    Device(io::ErrorKind),
}

/// What happened lately.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Health {
    pub(super) no_key: bool,
    pub(super) missing_key: Option<KeyId>,
    pub(super) is_gone: bool,
    /// When a copy was noticed, by the steady clock.
    pub(super) copied_at: Option<Duration>,
    /// Publications that could not be read.
    pub(super) unreadable: usize,
    offset: Option<i64>,
    is_locked_out: bool,
    failing: Option<(Stamp, OfflineCause)>,
    unsent_since: Option<Stamp>,
    looked: Option<(Stamp, usize)>,
    rolled_back: Option<(DeviceId, Stamp)>,
}

const HOUR: i64 = 60 * 60 * 1000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Health {
    pub(super) fn note_date(&mut self, now: Now, date: Option<SystemTime>) {
        if let Some(date) = date {
            self.offset = Some(stamp(date).0.saturating_sub(now.wall.0));
        }
    }

    /// The time by the clock of the store.
    pub(super) fn corrected(&self, wall: Stamp) -> Stamp {
        Stamp(wall.0.saturating_add(self.offset.unwrap_or_default()))
    }

    /// A time by the clock of the store, by that of this device.
    pub(super) fn local(&self, at: Stamp) -> Stamp {
        Stamp(at.0.saturating_sub(self.offset.unwrap_or_default()))
    }

    fn clock_off(&self) -> Option<Duration> {
        let off = Duration::from_millis(self.offset?.unsigned_abs());
        (off > DAY).then_some(off)
    }

    pub(super) fn may_send(&self) -> bool {
        !self.is_gone && !self.is_locked_out && self.clock_off().is_none()
    }

    pub(super) fn worked(&mut self) {
        self.failing = None;
    }

    pub(super) fn failed(&mut self, trouble: &Trouble, now: Now) {
        let cause = match trouble {
            Trouble::Store(kind) => OfflineCause::Store(*kind),
            Trouble::Local(kind) => OfflineCause::Device(*kind),
            Trouble::Seal => return,
        };
        self.failing = Some((self.failing.map_or(now.wall, |(since, _)| since), cause));
    }

    pub(super) fn sent(&mut self) {
        self.unsent_since = None;
    }

    pub(super) fn look(&mut self, at: Option<Stamp>, waiting: usize) {
        self.looked = at.map(|at| (at, waiting));
    }

    pub(super) fn note_rollback(&mut self, gone: Option<DeviceId>, now: Now) {
        self.rolled_back = match (gone, self.rolled_back) {
            (Some(gone), Some((known, since))) if gone == known => Some((known, since)),
            (gone, _) => gone.map(|gone| (gone, now.wall)),
        };
    }
}

impl Replicator {
    /// The state of roaming at this time.
    pub(crate) fn status(&mut self, now: Now) -> RoamStatus {
        let is_unsent = !self.changes.is_empty() || !self.outbox.is_empty() || self.prepared.is_some();
        if is_unsent {
            self.health.unsent_since.get_or_insert(now.wall);
        } else {
            self.health.unsent_since = None;
        }
        let health = &self.health;
        if health.no_key {
            return RoamStatus::NoKey;
        }
        if let Some(id) = health.missing_key.filter(|_| health.is_locked_out) {
            return RoamStatus::KeyMissing(id);
        }
        if let Some(off) = health.clock_off() {
            return RoamStatus::ClockOff(off);
        }
        if health.is_gone {
            return RoamStatus::StoreGone;
        }
        if let Some((device, since)) = health.rolled_back {
            if now.wall.0.saturating_sub(since.0) > HOUR {
                return RoamStatus::RolledBack { device: self.label(device).unwrap_or_default().to_owned() };
            }
        }
        if health.copied_at.is_some_and(|at| now.steady.saturating_sub(at) < DAY) {
            return RoamStatus::Copied;
        }
        if let Some((since, cause)) = health.failing {
            return RoamStatus::Offline { since: time(since), cause };
        }
        if let Some(since) = health.unsent_since {
            return RoamStatus::Unsent { since: time(since) };
        }
        let looked = self.up_to_date().map(|at| time(health.local(at)));
        looked.map_or(RoamStatus::Looking, RoamStatus::UpToDate)
    }

    /// When everything that the store has was last known here, by the clock of the store.
    pub(crate) fn up_to_date(&self) -> Option<Stamp> {
        let health = &self.health;
        let is_complete = health.missing_key.is_none() && health.unreadable == 0;
        health.looked.filter(|(_, waiting)| *waiting == 0 && is_complete).map(|(at, _)| at)
    }

    /// Decides after a listing whether the keys of this device are those of the others. Until one object of another device
    /// was opened, this device sends nothing if there is any, or if all key slots hold other keys: it must not add a second key.
    pub(super) fn check_key(&mut self, names: &BTreeSet<Name>, slots: &BTreeSet<KeyId>) {
        let own = self.sealer.current().ok();
        let other_slot = slots.first().filter(|_| own.is_none_or(|own| !slots.contains(&own))).copied();
        let has_others = names.iter().any(|name| !self.is_own(name));
        let is_unknown = !self.saved.rest.has_opened;
        let health = &mut self.health;
        if is_unknown && health.missing_key.is_none() {
            health.missing_key = other_slot;
        }
        health.is_locked_out = is_unknown && (has_others || other_slot.is_some());
    }
}

pub(crate) fn stamp(time: SystemTime) -> Stamp {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Stamp(match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    })
}

pub(crate) fn time(stamp: Stamp) -> SystemTime {
    let distance = Duration::from_millis(stamp.0.unsigned_abs());
    let moved = if stamp.0 < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    moved.unwrap_or(SystemTime::UNIX_EPOCH)
}
