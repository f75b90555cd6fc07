//! Removing a device, forgetting a section everywhere, and sealing everything again after a rotation of the key.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Io, Now, Replicator, Rule, Trouble};
use crate::join::{DeviceId, Dot, SectionId, Stamp};
use crate::name::Name;

impl Replicator {
    /// Begins to remove the objects of a device, which its user does not have any more.
    pub(crate) fn remove_device(&mut self, device: DeviceId, now: Now) {
        if device == self.saved.device || !self.saved.rest.devices.contains_key(&device) {
            return;
        }
        self.saved.rest.removing.insert(device, self.health.corrected(now.wall));
        // The base contains all that is known of the device.
        (self.wants_base, self.is_unsaved) = (true, true);
        (self.agenda.publishes_now, self.agenda.lists_now) = (true, true);
    }

    /// Removes the objects of the devices to be removed, once their state was joined, a base with it was read back, and the
    /// grace has passed: a device for which the store lists that base late would otherwise have neither.
    ///
    /// Only objects that were read before that base was made are removed: what the device publishes later is read like before.
    pub(super) fn remove_devices(&mut self, now: Now, io: &Io<'_>) -> Result<(), Trouble> {
        if self.saved.rest.removing.is_empty() {
            return Ok(());
        }
        let Some(listing) = &self.listing else { return Ok(()) };
        let rest = &self.saved.rest;
        let base = rest.log.iter().rev().find(|logged| logged.is_base).map(|logged| logged.name);
        let is_published = !self.wants_base && base.is_some() && rest.confirmed.map(|(name, _)| name) == base;
        let wall = self.health.corrected(now.wall);
        let is_due = |asked: &Stamp| {
            let age = u64::try_from(wall.0.saturating_sub(asked.0)).map(Duration::from_millis);
            age.is_ok_and(|age| age >= self.settings.cadence.grace)
        };
        let is_due = rest.removing.values().all(is_due);
        if self.rules.keep(Rule::JoinBeforeRemoval) && !(is_due && is_published && self.health.is_complete) {
            return Ok(());
        }
        let mut names = rest.removable.clone();
        if !self.rules.keep(Rule::JoinBeforeRemoval) {
            names = listing.names.iter().filter(|name| self.is_of_removed(name)).copied().collect();
        }
        for name in names {
            // If the process dies here, the next launch goes on: the wish is stored.
            io.store.delete(&name.object(self.person)).map_err(|error| Trouble::Store(error.kind()))?;
        }
        self.saved.rest.removable.clear();
        for device in std::mem::take(&mut self.saved.rest.removing).into_keys() {
            self.saved.rest.devices.remove(&device);
        }
        self.is_unsaved = true;
        Ok(())
    }

    fn is_of_removed(&self, name: &Name) -> bool {
        let rest = &self.saved.rest;
        let is_of = |device| rest.devices.get(device).is_some_and(|device| device.lanes.contains(&name.lane));
        !self.is_own(name) && rest.removing.keys().any(is_of)
    }

    /// Notes what of the removed devices the base contains that is being made.
    pub(super) fn note_removable(&mut self) {
        let known = self.saved.rest.known.iter().filter(|name| self.is_of_removed(name));
        self.saved.rest.removable = known.copied().collect();
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
