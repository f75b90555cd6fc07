//! Publishing: from the session's values to objects in the store.

use std::io;
use std::time::Duration;

use leftoff_seal::ErrorKind as SealError;

use super::saved::Logged;
use super::{Change, Io, Now, Replicator, Rule, Shown, Trouble, new_lane, sum};
use crate::join::{Dot, DotSet, SectionId, Stamp, State, Value};
use crate::name::{Hash, Name};
use crate::publication::{About, Publication, Touch};
use crate::store::Store;

/// Sealed bytes that are not in the outbox yet.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    name: Name,
    bytes: Vec<u8>,
}

/// The length of a base in bytes above which a launch does not begin with one: 1 MiB.
const LARGE: u64 = 1024 * 1024;

/// One write of a publication.
struct Write {
    section: SectionId,
    dot: Dot,
    value: Value,
    replaced: Vec<Dot>,
    /// The values that stay beside it.
    others: Vec<(Dot, Value)>,
}

impl Replicator {
    pub(super) fn publish_is_due(&self, now: Now) -> bool {
        self.publish_due_at().is_some_and(|at| at <= now.steady)
    }

    /// When to publish; `None` if there is nothing to tell.
    pub(super) fn publish_due_at(&self) -> Option<Duration> {
        // One at a time: while the store does not answer, later values replace earlier ones here, for nothing.
        if !self.outbox.is_empty() || self.prepared.is_some() {
            return None;
        }
        let cadence = &self.settings.cadence;
        let spaced = self.agenda.published_at.map_or(Duration::ZERO, |at| at + cadence.publish_every);
        if self.wants_base {
            return Some(if self.agenda.is_urgent() { Duration::ZERO } else { spaced });
        }
        // Compared as a whole: two touches may have the same time.
        let is_told = self.told.0 == self.is_open && self.told.1 == self.touch;
        let has_news = !self.changes.is_empty() || !self.saved.rest.dismissed.is_empty();
        if !has_news && (is_told || self.previous.is_none() && self.touch.is_none()) {
            return None;
        }
        if self.agenda.is_urgent() {
            return Some(Duration::ZERO);
        }
        let settled = self.agenda.changed_at.unwrap_or_default() + cadence.settle;
        Some(settled.max(spaced))
    }

    /// Builds and seals the next publication. In memory, it is part of the state and of the own log when this returns.
    pub(super) fn prepare(&mut self, now: Now) -> Result<(), Trouble> {
        let writes = self.writes(now).map_err(|_| Trouble::Seal)?;
        let is_base = self.base_is_due();
        let key = self.sealer.current().ok();
        let mut publication = Publication::new(self.saved.device, self.previous, self.about(now));
        if is_base {
            self.settle(now);
            publication.is_base = true;
            publication.covers = self.saved.rest.log.iter().map(|logged| logged.name).collect();
            publication.body = self.saved.state.clone();
            publication.forgotten = self.saved.rest.forgotten.clone();
            publication.removed = self.removed();
        } else {
            for (section, dot) in &self.saved.rest.dismissed {
                publication.body.remove(section, &[*dot]);
            }
        }
        for write in &writes {
            self.apply(&mut publication.body, write);
        }
        let plain = publication.encode().map_err(|_| Trouble::Seal)?;
        let context = Name::context(self.person, self.lane, self.next_index);
        let bytes = match self.sealer.seal(&context, &plain) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.health.no_key = matches!(error.kind(), SealError::NoKey);
                return Err(Trouble::Seal);
            }
        };
        self.health.no_key = false;
        let hash = if self.rules.keep(Rule::NoticeCopy) { Hash::of(&bytes) } else { Hash::of(b"") };
        let name = Name { lane: self.lane, index: self.next_index, hash };
        // Nothing below can fail.
        let before = self.may_be_replaced();
        let mut state = std::mem::take(&mut self.saved.state);
        for write in writes {
            self.apply(&mut state, &write);
            self.unwritten.insert(write.section.clone());
            let sum = write.value.content.as_ref().map(sum);
            self.changes.remove(&write.section);
            let shown = Shown { dots: vec![write.dot], sum, from: write.value.from };
            self.saved.rest.shown.insert(write.section, shown);
        }
        self.saved.state = state;
        self.keep_replaced(before);
        self.saved.rest.dismissed.clear();
        self.saved.rest.log.push(Logged { name, is_base, len: bytes.len() as u64 });
        self.next_index = self.next_index.saturating_add(1);
        self.previous = Some(name);
        self.prepared = Some(Prepared { name, bytes });
        self.wants_base &= !is_base;
        if is_base {
            self.note_base(name, publication.removed);
            self.saved.rest.base_key = key.map(|key| key.0);
        }
        self.told = (self.is_open, self.touch.clone());
        self.agenda.published_at = Some(now.steady);
        (self.agenda.publishes_now, self.agenda.has_lost_focus) = (false, false);
        self.is_unsaved = true;
        Ok(())
    }

    fn about(&self, now: Now) -> About {
        let at = self.health.corrected(now.wall);
        let touch = self.touch.clone().map(|touch| Touch { at: self.health.corrected(touch.at), ..touch });
        About { label: self.settings.label.clone(), is_open: self.is_open, at, touch }
    }

    /// One write for each changed section. It replaces the value that the session had, and values equal to either.
    fn writes(&mut self, now: Now) -> io::Result<Vec<Write>> {
        let clock = self.health.corrected(now.wall);
        let latest = Stamp(clock.0.saturating_add(Stamp::MAX_AHEAD));
        let mut writes = Vec::with_capacity(self.changes.len());
        let changes: Vec<_> = self.changes.iter().map(|(section, change)| (section.clone(), change.clone())).collect();
        for (number, (section, Change { content, also })) in changes.into_iter().enumerate() {
            let random = (self.random)()?;
            let nonce = if self.rules.keep(Rule::Nonce) { random } else { number as u64 };
            let dot = Dot { lane: self.lane, index: self.next_index, nonce };
            let stamp = Stamp::next(clock, self.saved.state.newest_stamp(&section), latest);
            let shown = self.saved.rest.shown.get(&section).cloned().unwrap_or_default();
            let mut replaced = shown.dots;
            replaced.extend(also);
            let mut from = [&replaced[..], &shown.from].concat();
            from.truncate(Value::MAX_FROM);
            for (held, value) in self.saved.state.values(&section) {
                let is_equal = value.content == content || value.content.as_ref().map(sum) == shown.sum;
                let is_replaced = is_equal || !self.rules.keep(Rule::KeepLoser);
                if is_replaced && !replaced.contains(&held) {
                    replaced.push(held);
                }
            }
            let value = Value { stamp, device: self.saved.device, content, from };
            let others = self.saved.state.values(&section).filter(|(held, _)| !replaced.contains(held));
            let others = others.map(|(held, value)| (held, value.clone())).collect();
            writes.push(Write { section, dot, value, replaced, others });
        }
        Ok(writes)
    }

    /// A removal is stored as a value only where another value would come back instead.
    fn apply(&self, state: &mut State, write: &Write) {
        let Write { section, dot, value, replaced, others } = write;
        if value.content.is_some() || !others.is_empty() {
            state.write(section, *dot, value.clone(), replaced);
        } else {
            state.remove(section, replaced);
        }
        if !self.rules.keep(Rule::LoserStaysInPlace) {
            let aside = SectionId::new(&section.scope, &format!("{}-aside", section.name));
            for (held, value) in others {
                state.remove(section, &[*held]);
                state.write(&aside, *held, value.clone(), &[]);
            }
        }
    }

    fn base_is_due(&self) -> bool {
        let log = &self.saved.rest.log;
        let Some(place) = log.iter().rposition(|logged| logged.is_base) else { return true };
        let since = log.get(place + 1..).unwrap_or_default();
        let base = log.get(place).map_or(0, |base| base.len);
        let bytes: u64 = since.iter().map(|logged| logged.len).sum();
        // What a backup brought back may be known to no other device, so each launch tells everything once.
        let is_first = self.previous.is_none() && base <= LARGE;
        // The last of a launch, so that the next device reads one object instead of many.
        let is_last = !self.is_open && since.len() > 1 && base <= LARGE;
        let is_long = since.len() as u64 + 1 >= u64::from(self.settings.cadence.base_every);
        self.wants_base || is_first || is_last || is_long || bytes > (base / 4).max(64 * 1024)
    }

    /// Forgets writes that every device saw replaced long ago.
    fn settle(&mut self, now: Now) {
        let clock = self.health.corrected(now.wall);
        let age = |at: Stamp| Duration::from_millis(u64::try_from(clock.0.saturating_sub(at.0)).unwrap_or_default());
        let cadence = self.settings.cadence;
        let devices = self.saved.rest.devices.values().filter(|device| age(device.about.at) < cadence.forget_device);
        let devices: Vec<Option<&DotSet>> =
            devices.map(|device| device.settled.as_ref().map(|(_, dots)| dots)).collect();
        let held: DotSet = self.saved.state.held().collect();
        let is_settled = |dot: &Dot| {
            !held.contains(*dot) && devices.iter().all(|device| device.is_some_and(|dots| dots.contains(*dot)))
        };
        match &self.saved.rest.settled {
            Some((since, dots)) if age(*since) >= cadence.fold_after => {
                let old: Vec<Dot> = dots.iter().filter(is_settled).collect();
                self.saved.state.fold(old);
                self.saved.rest.settled = None;
            }
            Some(_) => {}
            None => {
                let dots: DotSet = self.saved.state.seen().iter().filter(is_settled).collect();
                if !dots.is_empty() {
                    self.saved.rest.settled = Some((clock, dots));
                }
            }
        }
    }

    /// Puts what was prepared into the outbox.
    pub(super) fn stash(&mut self, local: &dyn Store) -> Result<(), Trouble> {
        let Some(prepared) = &self.prepared else { return Ok(()) };
        local.put(&prepared.name.outbox(), &prepared.bytes).map_err(|error| Trouble::Local(error.kind()))?;
        self.outbox.insert(prepared.name);
        self.prepared = None;
        Ok(())
    }

    /// Whether the store was looked at in this launch, and may be written to.
    pub(super) fn may_send(&self) -> bool {
        self.listing.is_some() && self.health.may_send()
    }

    /// Puts everything that waits in the outbox.
    pub(super) fn send(&mut self, io: &Io<'_>) -> Result<(), Trouble> {
        while let Some(&name) = self.outbox.first() {
            match io.local.get(&name.outbox()) {
                Ok(bytes) => self.put(io.store, &name, &bytes)?,
                // Removed from outside. The chain check notices, and publishes everything.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Trouble::Local(error.kind())),
            }
            // If the process dies here, the next launch puts the same bytes under the same name.
            io.local.delete(&name.outbox()).map_err(|error| Trouble::Local(error.kind()))?;
            self.outbox.remove(&name);
            self.health.sent();
        }
        Ok(())
    }

    fn put(&self, store: &dyn Store, name: &Name, bytes: &[u8]) -> Result<(), Trouble> {
        let object = name.object(self.person);
        match store.put(&object, bytes) {
            Ok(()) => Ok(()),
            // From a store that creates only: stored by an earlier try, or by none at all.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match store.get(&object) {
                Ok(stored) if stored == bytes => Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Trouble::Store(error.kind())),
                _ => Err(Trouble::Store(io::ErrorKind::AlreadyExists)),
            },
            Err(error) => Err(Trouble::Store(error.kind())),
        }
    }

    /// Goes on in a new lane, with a base.
    pub(super) fn change_lane(&mut self) -> Result<(), Trouble> {
        self.lane = new_lane(&mut self.random).map_err(|_| Trouble::Seal)?;
        (self.next_index, self.previous, self.wants_base) = (0, None, true);
        Ok(())
    }
}
