//! Listing the store, and taking in what others published.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use leftoff_seal::{ErrorKind as SealError, KeyId};

use super::{Io, Now, Replicator, Rule, Trouble};
use crate::join::{DotSet, Lane};
use crate::name::{Hash, Name};
use crate::publication::{Publication, Unread};
use crate::store::Store;

/// What the last listing showed.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    pub(super) names: BTreeSet<Name>,
}

/// The content of the marker object.
const MARKER: &[u8] = b"leftoff-roam v1\n";

/// The number of names of others above which those that are not listed any more are dropped.
const MANY: usize = 4096;

impl Replicator {
    pub(super) fn list_is_due(&self, now: Now) -> bool {
        self.list_due_at(now).is_some_and(|at| at <= now.steady)
    }

    /// When to list; `None` while the window has no focus.
    pub(super) fn list_due_at(&self, now: Now) -> Option<Duration> {
        let cadence = &self.settings.cadence;
        let Some(last) = self.agenda.listed_at else { return Some(Duration::ZERO) };
        if self.agenda.lists_now {
            return Some(Duration::ZERO);
        }
        let focus = self.agenda.focus?;
        let is_eager = now.steady < focus + cadence.eager_for;
        Some(last + if is_eager { cadence.list_every } else { cadence.list_idle })
    }

    /// Lists the store, checks the own log against it, and reads what is new.
    ///
    /// A publication that is missing or cannot be read is left for the next time; all others are taken in.
    pub(super) fn list(&mut self, now: Now, io: &Io<'_>) -> Result<(), Trouble> {
        let prefix = self.person.prefix();
        let listed = io.store.list(&prefix).map_err(|error| Trouble::Store(error.kind()))?;
        let names: BTreeSet<Name> = listed.iter().filter_map(|name| Name::parse(name, self.person)).collect();
        let has_marker = listed.contains(&self.person.marker());
        let slots: BTreeSet<KeyId> = listed.iter().filter_map(|name| self.person.key_of_slot(name)).collect();
        self.health.is_gone = !has_marker && names.is_empty() && self.saved.rest.has_marker;
        if self.health.is_gone {
            // Not mounted, or without access, or cleared. Nothing is concluded from what is absent, and nothing sent.
            self.agenda.listed_at = Some(now.steady);
            self.health.look(None, 1);
            return Ok(());
        }
        if !has_marker {
            io.store.put(&self.person.marker(), MARKER).map_err(|error| Trouble::Store(error.kind()))?;
        }
        self.is_unsaved |= !self.saved.rest.has_marker;
        self.saved.rest.has_marker = true;
        self.notice_copy(&names, now)?;
        if self.rules.keep(Rule::ChainCheck) {
            self.check_chain(&names, io.store)?;
        }
        let waiting = self.read(&names, io.store)?;
        if self.saved.rest.known.len() > MANY {
            self.saved.rest.known.retain(|name| names.contains(name));
        }
        self.check_key(&names, &slots);
        self.check_rollback(&names, now);
        self.listing = Some(Listing { names });
        self.agenda.listed_at = Some(now.steady);
        self.health.look(Some(self.health.corrected(now.wall)), waiting);
        Ok(())
    }

    /// Whether an object is one that this device made.
    pub(super) fn is_own(&self, name: &Name) -> bool {
        self.saved.rest.log.iter().any(|logged| logged.name == *name) || self.outbox.contains(name)
    }

    /// A publication under the own lane that is not in the own log: this device was copied while it ran.
    fn notice_copy(&mut self, names: &BTreeSet<Name>, now: Now) -> Result<(), Trouble> {
        let is_foreign = names.iter().any(|name| name.lane == self.lane && !self.is_own(name));
        if is_foreign && self.rules.keep(Rule::NoticeCopy) {
            self.health.copied_at = Some(now.steady);
            self.change_lane()?;
        }
        Ok(())
    }

    /// Checks that the store has everything from the newest own base on. If not, the whole state is published again, in a
    /// new lane.
    fn check_chain(&mut self, names: &BTreeSet<Name>, store: &dyn Store) -> Result<(), Trouble> {
        let log = &self.saved.rest.log;
        let Some(base) = log.iter().rposition(|logged| logged.is_base) else { return Ok(()) };
        let prepared = self.prepared.is_some();
        let missing: Vec<Name> = log
            .iter()
            .skip(base)
            .map(|logged| logged.name)
            .filter(|name| !names.contains(name) && !self.outbox.contains(name))
            .collect();
        if prepared {
            return Ok(());
        }
        for name in missing {
            match store.get(&name.object(self.person)) {
                // Listed late.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return self.change_lane(),
                Err(error) => return Err(Trouble::Store(error.kind())),
            }
        }
        Ok(())
    }

    /// Reads what is not known, the newest of each lane first, because a base makes what is before it superfluous.
    /// Returns the number of publications that must be waited for.
    fn read(&mut self, names: &BTreeSet<Name>, store: &dyn Store) -> Result<usize, Trouble> {
        let unknown: Vec<Name> = names.iter().rev().filter(|name| !self.is_own(name)).copied().collect();
        let (mut waiting, mut unreadable) = (0, 0);
        let (mut previous, mut removed) = (Vec::new(), Vec::new());
        self.health.missing_key = None;
        for name in unknown {
            if self.saved.rest.known.contains(&name) {
                continue;
            }
            let bytes = match store.get(&name.object(self.person)) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    waiting += 1;
                    continue;
                }
                Err(error) => return Err(Trouble::Store(error.kind())),
            };
            if Hash::of(&bytes) != name.hash && self.rules.keep(Rule::NoticeCopy) {
                // A sync program is not done with it.
                waiting += 1;
                continue;
            }
            let plain = match self.sealer.open(&Name::context(self.person, name.lane, name.index), &bytes) {
                Ok(plain) => plain,
                Err(error) => {
                    match error.kind() {
                        SealError::KeyMissing(id) | SealError::WrongKey(id) => self.health.missing_key = Some(id),
                        SealError::Provider => return Err(Trouble::Seal),
                        _ => unreadable += 1,
                    }
                    continue;
                }
            };
            match Publication::decode(&plain) {
                Ok(publication) => {
                    previous.extend(publication.previous.filter(|_| !publication.is_base));
                    self.take_in(name, &publication);
                    removed.push(publication.removed);
                }
                Err(Unread::Newer | Unread::Damaged) => unreadable += 1,
            }
        }
        self.health.unreadable = unreadable;
        // After all were read: what a removed device has published is still there.
        for removed in &removed {
            self.note_removed(removed);
        }
        // A gap: a publication that others name and that is not here.
        waiting += previous.iter().filter(|name| !self.saved.rest.known.contains(name) && !self.is_own(name)).count();
        Ok(waiting)
    }

    fn take_in(&mut self, name: Name, publication: &Publication) {
        let before = self.may_be_replaced();
        let changed = self.saved.state.join(&publication.body);
        self.keep_replaced(before);
        self.unwritten.extend(changed);
        self.saved.rest.known.insert(name);
        self.saved.rest.known.extend(&publication.covers);
        self.saved.rest.has_opened = true;
        self.is_unsaved = true;
        self.note_forgotten(&publication.forgotten);
        if publication.device == self.saved.device {
            return;
        }
        let device = self.saved.rest.devices.entry(publication.device).or_default();
        device.lanes.insert(name.lane);
        if publication.about.at >= device.about.at {
            // A launch that nobody touched says nothing of the last touch.
            let touch = device.about.touch.take();
            device.about = publication.about.clone();
            device.about.touch = device.about.touch.take().or(touch);
            device.newest = Some(name);
        }
        let is_newer = device.settled.as_ref().is_none_or(|(at, _)| *at <= publication.about.at);
        if publication.is_base && is_newer {
            let held: DotSet = publication.body.held().collect();
            let replaced = publication.body.seen().iter().filter(|dot| !held.contains(*dot)).collect();
            device.settled = Some((publication.about.at, replaced));
        }
    }

    /// Notices a store that shows less than it did: the newest publication of a device is gone, and nothing of that
    /// device is newer.
    fn check_rollback(&mut self, names: &BTreeSet<Name>, now: Now) {
        let lanes: BTreeSet<Lane> = names.iter().map(|name| name.lane).collect();
        let gone = self.saved.rest.devices.iter().find(|(_, device)| {
            device.newest.is_some_and(|newest| !names.contains(&newest) && !lanes.contains(&newest.lane))
        });
        let gone = gone.map(|(id, _)| *id);
        self.health.note_rollback(gone, now);
    }
}
