//! Removing a device, forgetting a section everywhere, and sealing everything again after a rotation of the key.

use std::collections::{BTreeMap, BTreeSet};

use super::receive::Listing;
use super::{Io, Now, Replicator, Rule, Trouble};
use crate::join::{DeviceId, Dot, Lane, SectionId, Stamp};
use crate::name::Name;
use crate::publication::Removed;

impl Replicator {
    /// Begins to remove the objects of a device, which its user does not have any more.
    pub(crate) fn remove_device(&mut self, device: DeviceId) {
        if device == self.saved.device || !self.saved.rest.devices.contains_key(&device) {
            return;
        }
        self.saved.rest.removing.insert(device);
        // The base contains all that is known of the device.
        (self.wants_base, self.is_unsaved) = (true, true);
        (self.agenda.publishes_now, self.agenda.lists_now) = (true, true);
    }

    /// The devices that were removed, with those that the base removes that is being made.
    pub(super) fn removed(&self) -> Removed {
        let rest = &self.saved.rest;
        let removing = rest.devices.iter().filter(|(id, _)| rest.removing.contains(id));
        let mut removed = rest.removed.clone();
        removed.extend(removing.map(|(id, device)| (*id, device.about.at)));
        removed
    }

    fn is_of(&self, name: &Name, device: DeviceId) -> bool {
        let lanes = self.saved.rest.devices.get(&device).map(|device| &device.lanes);
        lanes.is_some_and(|lanes| lanes.contains(&name.lane)) && !self.is_own(name)
    }

    /// Notes that a base was made, with this record of what was removed. From now on the objects of these devices wait for it.
    pub(super) fn note_base(&mut self, base: Name, removed: Removed) {
        if self.saved.rest.removing.is_empty() {
            return;
        }
        let removing = std::mem::take(&mut self.saved.rest.removing);
        let known = self.saved.rest.known.iter();
        let contained = known.filter(|name| removing.iter().any(|device| self.is_of(name, *device))).copied();
        let contained: BTreeSet<Name> = contained.collect();
        let (newest, names) = self.saved.rest.removable.get_or_insert_with(|| (base, BTreeSet::new()));
        *newest = base;
        names.extend(contained);
        self.note_removed(&removed);
    }

    /// Takes devices that were removed off the list, unless a publication is known that is newer than their removal.
    pub(super) fn note_removed(&mut self, removed: &Removed) {
        let rest = &mut self.saved.rest;
        for (device, at) in removed {
            let newest = rest.removed.entry(*device).or_insert(*at);
            *newest = (*at).max(*newest);
        }
        let removed = &rest.removed;
        rest.devices.retain(|id, device| removed.get(id).is_none_or(|at| *at < device.about.at));
    }

    /// Removes the objects of removed devices, once the base that contains them was read back a grace ago: a device for which
    /// the store lists that base late would otherwise have neither.
    ///
    /// What the device publishes later is read like before.
    pub(super) fn remove_objects(&mut self, now: Now, io: &Io<'_>) -> Result<(), Trouble> {
        let (Some(listing), Some((base, names))) = (&self.listing, &self.saved.rest.removable) else { return Ok(()) };
        let mut names = names.clone();
        if !self.rules.keep(Rule::JoinBeforeRemoval) {
            let lanes: BTreeSet<Lane> = names.iter().map(|name| name.lane).collect();
            names = listing.names.iter().filter(|name| lanes.contains(&name.lane)).copied().collect();
        } else if !self.is_settled(*base, listing, now) {
            return Ok(());
        }
        for name in names {
            // If the process dies here, the next launch goes on: the names are stored.
            io.store.delete(&name.object(self.person)).map_err(|error| Trouble::Store(error.kind()))?;
        }
        (self.saved.rest.removable, self.is_unsaved) = (None, true);
        Ok(())
    }

    /// Whether this base, or one after it, was read back a grace ago and is listed.
    fn is_settled(&self, base: Name, listing: &Listing, now: Now) -> bool {
        let log = &self.saved.rest.log;
        // If it is not in the log, a later one took its place.
        let first = log.iter().position(|logged| logged.name == base).unwrap_or_default();
        let is_after = |name: &Name| log.iter().skip(first).any(|logged| logged.name == *name);
        let is_ready =
            |(name, at): &(Name, Stamp)| is_after(name) && listing.names.contains(name) && self.is_past_grace(*at, now);
        self.saved.rest.confirmed.iter().any(is_ready)
    }

    /// Forgets a section everywhere: its values go out of the state, and the objects that contain them without the grace.
    pub(crate) fn forget(&mut self, section: &SectionId, now: Now) {
        let dots: Vec<Dot> = self.saved.state.values(section).map(|(dot, _)| dot).collect();
        self.saved.state.remove(section, &dots);
        self.changes.remove(section);
        self.saved.rest.shown.remove(section);
        self.unwritten.insert(section.clone());
        let at = self.health.corrected(now.wall);
        self.note_forgotten(&BTreeMap::from([(section.clone(), at)]));
        self.agenda.publishes_now = true;
    }

    /// Notes what this or another device forgot. Values that were written without knowing of that are kept.
    pub(super) fn note_forgotten(&mut self, forgotten: &BTreeMap<SectionId, Stamp>) {
        for (section, &at) in forgotten {
            if self.saved.rest.forgotten.get(section).is_some_and(|known| *known >= at) {
                continue;
            }
            self.saved.rest.forgotten.insert(section.clone(), at);
            self.saved.rest.ancestors.remove(section);
            if !self.saved.rest.log.is_empty() {
                (self.wants_base, self.saved.rest.is_hasty) = (true, true);
            }
            self.is_unsaved = true;
        }
    }

    /// After a rotation of the key, publishes the whole state under the new key, and seals what this device keeps with it.
    pub(super) fn seal_again(&mut self) {
        let (Some(known), Ok(current)) = (self.saved.rest.base_key, self.sealer.current()) else { return };
        if known != current.0 && !self.wants_base {
            self.wants_base = true;
            self.unwritten.extend(self.saved.state.sections().cloned());
            self.is_unsaved = true;
        }
    }

    /// The other devices that are known, for the simulation.
    #[cfg(test)]
    pub(crate) fn device_ids(&self) -> Vec<DeviceId> {
        self.saved.rest.devices.keys().copied().collect()
    }
}
