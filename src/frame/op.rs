//! The changes of a frame to one section.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::Unreadable;
use crate::mark::Trail;
use crate::time::{Timestamp, plausible};
use crate::wire::{Malformed, Reader, put_bytes, put_varint};

/// The key of a section: its scope (empty for the application itself) and its name. Cheap to clone, because each save
/// names its sections several times.
#[derive(Debug, Clone)]
pub(crate) struct SectionKey {
    pub(crate) scope: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl SectionKey {
    pub(crate) fn new(scope: &str, name: &str) -> Self {
        Self { scope: scope_of(scope), name: name.into() }
    }

    /// Returns the range of all sections of a scope: from the empty name up to the next scope.
    pub(crate) fn all_of(scope: &str) -> Range<Self> {
        Self::new(scope, "")..Self { scope: format!("{scope}\0").into(), name: "".into() }
    }

    /// Returns whether the section belongs to the library itself: applications cannot use control characters in a name.
    pub(crate) fn is_own(&self) -> bool {
        is_own_name(&self.name)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.scope.as_bytes());
        put_bytes(out, self.name.as_bytes());
    }

    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self::new(reader.str()?, reader.str()?))
    }
}

/// Returns the name of a scope. Most are empty, and an empty default needs no memory.
pub(super) fn scope_of(name: &str) -> Arc<str> {
    if name.is_empty() { Arc::default() } else { name.into() }
}

/// See [`SectionKey::is_own`].
pub(crate) fn is_own_name(name: &str) -> bool {
    name.starts_with('\u{1}')
}

/// Orders by scope, then by name.
///
/// Most scopes are empty, so an empty scope is compared by its length alone.
impl Ord for SectionKey {
    // In a hundred places: a copy in each would be more code than the call.
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        let scopes = if self.scope.is_empty() || other.scope.is_empty() {
            self.scope.len().cmp(&other.scope.len())
        } else {
            self.scope.cmp(&other.scope)
        };
        scopes.then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for SectionKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SectionKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SectionKey {}

impl fmt::Display for SectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scope.is_empty() { f.write_str(&self.name) } else { write!(f, "{} of {}", self.name, self.scope) }
    }
}

/// The clock of the machine: its boot, in 32 bits, and its uptime in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) run: u32,
    pub(crate) uptime: u64,
}

impl Machine {
    /// Returns the time since `then`; `None` for another boot.
    fn since(self, then: Self) -> Option<Duration> {
        (self.run == then.run).then(|| Duration::from_millis(self.uptime.saturating_sub(then.uptime)))
    }
}

/// A time by the wall clock and, if known, by the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) wall: Timestamp,
    pub(crate) machine: Option<Machine>,
}

impl When {
    /// Returns the time since `then`, by the wall clock and within the time that the machine's clock allows; `None` if
    /// the wall clock was set back and the machine's clock is not known.
    pub(crate) fn since(self, then: Self) -> Option<Duration> {
        let run_for = self.machine.zip(then.machine).and_then(|(now, then)| now.since(then));
        let wall = self.wall.since(then.wall);
        wall.zip(run_for).map_or(wall.or(run_for), |(wall, run_for)| Some(wall.min(run_for)))
    }
}

/// The metadata stored beside a section's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the format")]
pub(crate) struct Meta {
    pub(crate) version: u32,
    pub(crate) codec: u8,
    /// Must not leave the machine.
    pub(crate) private: bool,
    /// Erased from all files by a clean close.
    pub(crate) erase_on_close: bool,
    /// Stored only under a seal.
    pub(crate) sealed: bool,
    pub(crate) saved_at: Timestamp,
    pub(crate) expires: Option<Duration>,
    /// Saved in place of a withheld value, before the user touched anything: probably a default.
    pub(crate) stand_in: bool,
    /// For sections that expire: the machine's clock at the time of the save.
    pub(crate) machine: Option<Machine>,
    /// The group of sections in its scope: 32 bits of the checksum of the group's name.
    pub(crate) group: Option<u32>,
}

impl Meta {
    const PRIVATE: u8 = 1;
    const ERASE: u8 = 2;
    const STAND_IN: u8 = 4;
    const MACHINE: u8 = 8;
    const GROUP: u8 = 16;
    const SEALED: u8 = 32;

    /// Returns whether the section must not leave the machine.
    pub(crate) fn stays_here(&self) -> bool {
        self.private || self.erase_on_close
    }

    /// Returns whether the section is expired. A clock that was set back or absurdly far ahead expires nothing. Within
    /// one boot, a clock that was set ahead expires nothing either, because the uptime is known.
    pub(crate) fn is_expired(&self, now: When) -> bool {
        let Some(life) = self.expires else { return false };
        let run_for = self.machine.zip(now.machine).and_then(|(then, now)| now.since(then));
        let is_past = |age: Duration| age > life;
        plausible(now.wall.since(self.saved_at)).is_some_and(is_past) && run_for.is_none_or(is_past)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.version));
        out.push(self.codec);
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        out.push(
            flag(self.private, Self::PRIVATE)
                | flag(self.erase_on_close, Self::ERASE)
                | flag(self.stand_in, Self::STAND_IN)
                | flag(self.machine.is_some(), Self::MACHINE)
                | flag(self.group.is_some(), Self::GROUP)
                | flag(self.sealed, Self::SEALED),
        );
        out.extend_from_slice(&self.saved_at.as_millis().to_le_bytes());
        // Zero means never, so the shortest lifetime is one millisecond.
        let millis = |life: Duration| u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1);
        put_varint(out, self.expires.map_or(0, millis));
        if let Some(Machine { run, uptime }) = self.machine {
            out.extend_from_slice(&run.to_le_bytes());
            put_varint(out, uptime);
        }
        if let Some(group) = self.group {
            out.extend_from_slice(&group.to_le_bytes());
        }
    }

    fn parse(reader: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let version = u32::try_from(reader.varint()?).map_err(|_| Unreadable::Damaged)?;
        let codec = reader.u8()?;
        let flags = reader.u8()?;
        let is_set = |flag: u8| flags & flag != 0;
        if is_set(!(Self::PRIVATE | Self::ERASE | Self::STAND_IN | Self::MACHINE | Self::GROUP | Self::SEALED)) {
            return Err(Unreadable::NewerFormat);
        }
        let saved_at = Timestamp::from_millis(reader.i64()?);
        let expires = Some(reader.varint()?).filter(|millis| *millis != 0).map(Duration::from_millis);
        let (private, erase_on_close, stand_in) = (is_set(Self::PRIVATE), is_set(Self::ERASE), is_set(Self::STAND_IN));
        let machine =
            if is_set(Self::MACHINE) { Some(Machine { run: reader.u32()?, uptime: reader.varint()? }) } else { None };
        let group = if is_set(Self::GROUP) { Some(reader.u32()?) } else { None };
        let sealed = is_set(Self::SEALED);
        Ok(Self { version, codec, private, erase_on_close, sealed, saved_at, expires, stand_in, machine, group })
    }
}

/// The reason why a section was quarantined instead of being restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parked {
    /// The application could not read it (newer, no migration, not a value of its type) and saved another value.
    Unread = 1,
    /// Earlier launches ended while it was being restored.
    Blamed = 2,
    /// Several launches ended, so this one restored nothing.
    FreshStart = 3,
    /// An earlier value was restored in its place.
    Replaced = 4,
    /// As [`Blamed`](Self::Blamed), and its scope was closed since.
    BlamedClosed = 5,
    /// As [`FreshStart`](Self::FreshStart), and its scope was closed since.
    FreshStartClosed = 6,
    /// Another instance saved it while this instance had its own value.
    OtherInstance = 8,
    /// The user declined it.
    Declined = 9,
}

impl Parked {
    fn from_number(number: u8) -> Result<Self, Unreadable> {
        match number {
            1 => Ok(Self::Unread),
            2 => Ok(Self::Blamed),
            3 => Ok(Self::FreshStart),
            4 => Ok(Self::Replaced),
            5 => Ok(Self::BlamedClosed),
            6 => Ok(Self::FreshStartClosed),
            8 => Ok(Self::OtherInstance),
            9 => Ok(Self::Declined),
            _ => Err(Unreadable::NewerFormat),
        }
    }

    /// Returns the reason after the section's scope was closed.
    pub(crate) fn closed(self) -> Self {
        match self {
            Self::Blamed => Self::BlamedClosed,
            Self::FreshStart => Self::FreshStartClosed,
            why => why,
        }
    }

    /// Returns the reason after the section's scope was reopened.
    pub(crate) fn reopened(self) -> Self {
        match self {
            Self::BlamedClosed => Self::Blamed,
            Self::FreshStartClosed => Self::FreshStart,
            why => why,
        }
    }
}

/// One section and its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) key: SectionKey,
    pub(crate) change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The next `len` payload bytes are the section.
    Put { meta: Meta, len: u64, sum: u64 },
    /// The section consists of the first `prefix` bytes of the old value, the next `len` payload bytes, and the last
    /// `suffix` bytes of the old value, provided that the old value has the checksum `base`.
    Patch { meta: Meta, len: u64, prefix: u64, suffix: u64, base: u64, sum: u64 },
    /// The application removed the section.
    Remove,
    /// The present value of the section is parked.
    Park { why: Parked },
    /// The next `len` payload bytes are a section that was parked earlier (in bases).
    PutParked { meta: Meta, why: Parked, len: u64, sum: u64 },
    /// The parked values of this section are discarded.
    DropParked,
    /// The newest parked value of this section with the checksum `sum` becomes the section again. The present value is
    /// parked, unless it is a stand-in.
    Unpark { sum: u64 },
    /// The application removed the section at this time (in bases).
    Removed { at: Timestamp },
    /// The next `len` payload bytes are a section of the most recently closed scope of this name, captured before it
    /// was closed.
    PutClosed { meta: Meta, len: u64, sum: u64 },
    /// The scope is closed: its present sections move to the closed scopes, with this trail. The key has no name.
    CloseScope { at: Timestamp, trail: Box<[u8]> },
    /// The scope that was closed at this time is reopened. The key has no name.
    ReopenScope { at: Timestamp },
    /// The section was imported at this time from the application's former storage (in bases, too).
    Imported { at: Timestamp },
}

impl Change {
    pub(crate) fn meta(&self) -> Option<&Meta> {
        match self {
            Self::Put { meta, .. }
            | Self::Patch { meta, .. }
            | Self::PutParked { meta, .. }
            | Self::PutClosed { meta, .. } => Some(meta),
            Self::Remove
            | Self::Removed { .. }
            | Self::Imported { .. }
            | Self::Park { .. }
            | Self::DropParked
            | Self::Unpark { .. }
            | Self::CloseScope { .. }
            | Self::ReopenScope { .. } => None,
        }
    }

    /// The number that stands for it in a log.
    fn number(&self) -> u8 {
        match self {
            Self::Put { .. } => 0,
            Self::Patch { .. } => 1,
            Self::Remove => 2,
            Self::Park { .. } => 3,
            Self::PutParked { .. } => 4,
            Self::DropParked => 5,
            Self::Unpark { .. } => 10,
            Self::Removed { .. } => 14,
            Self::PutClosed { .. } => 15,
            Self::CloseScope { .. } => 16,
            Self::ReopenScope { .. } => 17,
            Self::Imported { .. } => 18,
        }
    }

    /// Returns the number of its payload bytes.
    pub(crate) fn payload_len(&self) -> u64 {
        match self {
            Self::Put { len, .. }
            | Self::Patch { len, .. }
            | Self::PutParked { len, .. }
            | Self::PutClosed { len, .. } => *len,
            Self::Remove
            | Self::Removed { .. }
            | Self::Imported { .. }
            | Self::Park { .. }
            | Self::DropParked
            | Self::Unpark { .. }
            | Self::CloseScope { .. }
            | Self::ReopenScope { .. } => 0,
        }
    }

    /// Returns the checksum of those bytes, if the frame has one for them alone. A section that is listed in a base
    /// although no copy of it could be read has none.
    pub(crate) fn payload_sum(&self) -> Option<u64> {
        match self {
            Self::Put { len, sum, .. } | Self::PutParked { len, sum, .. } | Self::PutClosed { len, sum, .. }
                if *len > 0 =>
            {
                Some(*sum)
            }
            _ => None,
        }
    }
}

impl Op {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.change.number());
        self.key.encode(out);
        match &self.change {
            Change::Put { meta, len, sum } | Change::PutClosed { meta, len, sum } => {
                meta.encode(out);
                put_varint(out, *len);
                out.extend_from_slice(&sum.to_le_bytes());
            }
            Change::Patch { meta, len, prefix, suffix, base, sum } => {
                meta.encode(out);
                for number in [len, prefix, suffix] {
                    put_varint(out, *number);
                }
                out.extend_from_slice(&base.to_le_bytes());
                out.extend_from_slice(&sum.to_le_bytes());
            }
            Change::Park { why } => out.push(*why as u8),
            Change::PutParked { meta, why, len, sum } => {
                meta.encode(out);
                out.push(*why as u8);
                put_varint(out, *len);
                out.extend_from_slice(&sum.to_le_bytes());
            }
            Change::Unpark { sum } => out.extend_from_slice(&sum.to_le_bytes()),
            Change::CloseScope { at, trail } => {
                out.extend_from_slice(&at.as_millis().to_le_bytes());
                put_bytes(out, trail);
            }
            Change::Removed { at } | Change::ReopenScope { at } | Change::Imported { at } => {
                out.extend_from_slice(&at.as_millis().to_le_bytes());
            }
            Change::Remove | Change::DropParked => {}
        }
    }

    /// Returns the number of payload bytes of a put in stored form.
    pub(super) fn put_len(bytes: &[u8]) -> Result<u64, Unreadable> {
        let mut reader = Reader::new(bytes);
        let (number, _, _) = (reader.u8()?, reader.bytes()?, reader.bytes()?);
        Meta::parse(&mut reader)?;
        if number == 0 { Ok(reader.varint()?) } else { Err(Unreadable::Damaged) }
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(bytes);
        let number = reader.u8()?;
        let key = SectionKey::parse(&mut reader)?;
        let change = match number {
            0 => Change::Put { meta: Meta::parse(&mut reader)?, len: reader.varint()?, sum: reader.u64()? },
            1 => Change::Patch {
                meta: Meta::parse(&mut reader)?,
                len: reader.varint()?,
                prefix: reader.varint()?,
                suffix: reader.varint()?,
                base: reader.u64()?,
                sum: reader.u64()?,
            },
            2 => Change::Remove,
            3 => Change::Park { why: Parked::from_number(reader.u8()?)? },
            4 => Change::PutParked {
                meta: Meta::parse(&mut reader)?,
                why: Parked::from_number(reader.u8()?)?,
                len: reader.varint()?,
                sum: reader.u64()?,
            },
            5 => Change::DropParked,
            10 => Change::Unpark { sum: reader.u64()? },
            14 => Change::Removed { at: Timestamp::from_millis(reader.i64()?) },
            15 => Change::PutClosed { meta: Meta::parse(&mut reader)?, len: reader.varint()?, sum: reader.u64()? },
            16 => {
                let (at, trail) = (Timestamp::from_millis(reader.i64()?), reader.bytes()?);
                // Checked here and not when the scope is reopened: by then, the damage could no longer be reported.
                Trail::decode(trail)?;
                Change::CloseScope { at, trail: trail.into() }
            }
            17 => Change::ReopenScope { at: Timestamp::from_millis(reader.i64()?) },
            18 => Change::Imported { at: Timestamp::from_millis(reader.i64()?) },
            _ => return Err(Unreadable::NewerFormat),
        };
        if reader.is_empty() { Ok(Self { key, change }) } else { Err(Unreadable::Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_scope_are_its_keys_and_no_others() {
        let scopes = ["", "\0", "a", "a\0", "a\0b", "aa", "b"];
        let mut keys: Vec<_> = scopes
            .iter()
            .flat_map(|scope| ["", "name", "\u{1}spot", "\u{10ffff}"].map(|name| SectionKey::new(scope, name)))
            .collect();
        keys.sort();
        for scope in scopes {
            let range = SectionKey::all_of(scope);
            let inside: Vec<_> = keys.iter().filter(|key| range.contains(key)).collect();
            assert_eq!(inside.len(), 4, "{scope:?}");
            assert!(inside.iter().all(|key| *key.scope == *scope), "{scope:?}");
        }
    }
}
