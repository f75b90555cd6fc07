//! Groups of sections that the other instance changed before a take-over. The state of a group comes whole from one
//! instance: a wizard's step of one and the data of the other would be a state that neither of them had.

use std::sync::Arc;

use super::{Entry, Inner, Latest};
use crate::backend::Backend;
use crate::frame::{SectionKey, checksum};
use crate::generation::{Layers, Loaded};
use crate::mark::{Reason, Trail};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::{Away, Timestamp};

/// A group: its scope, and the number of its name.
type Group = (Arc<str>, u32);

/// The sections of groups that the other instance changed, as this process was shown or has captured them; `None` for a
/// section that it did not have. A section that the application has read since is not listed.
#[derive(Default)]
pub(crate) struct Shown(SortedMap<Group, SortedMap<SectionKey, Option<Latest>>>);

impl Shown {
    /// Records that the application has the stored value of a section.
    pub(crate) fn is_read(&mut self, key: &SectionKey) {
        self.0.values_mut().for_each(|group| drop(group.remove(key)));
    }

    /// Takes out the group of a section. `group` is the group of its new value, if that is known.
    fn take(&mut self, key: &SectionKey, group: Option<u32>) -> SortedMap<SectionKey, Option<Latest>> {
        let is_it = |(of, members): &(&Group, &SortedMap<SectionKey, Option<Latest>>)| {
            members.contains_key(key) || (of.0 == key.scope && Some(of.1) == group)
        };
        let found = self.0.iter().find(is_it).map(|(group, _)| group.clone());
        found.and_then(|group| self.0.remove(&group)).unwrap_or_default()
    }
}

impl Inner {
    /// Records what this process was shown of each group that the other instance changed. `copy` is the state that this
    /// process was shown; `loaded` is the state of the other instance.
    pub(crate) fn note_shown(&mut self, copy: &Loaded, backend: &dyn Backend) {
        let mut groups: SortedMap<SectionKey, u32> = SortedMap::new();
        for (key, layers) in self.loaded.sections.iter().chain(&copy.sections) {
            groups.extend(layers.group().map(|group| (key.clone(), group)));
        }
        for (scope, name, entry) in self.entries.iter() {
            let group = entry.present().and_then(|meta| meta.group);
            groups.extend(group.map(|group| (SectionKey::new(scope, name), group)));
        }
        groups.retain(|key, _| !key.is_own());
        let changed = groups.iter().filter(|(key, _)| self.stored_sum(key) != self.copied_sum(key));
        let changed: SortedSet<Group> = changed.map(|(key, group)| (key.scope.clone(), *group)).collect();
        for (key, group) in groups {
            let group = (key.scope.clone(), group);
            if changed.contains(&group) {
                let shown = self.shown_value(&key, copy, backend);
                self.shown.0.get_or_default(group).insert(key, shown);
            }
        }
    }

    fn shown_value(&self, key: &SectionKey, copy: &Loaded, backend: &dyn Backend) -> Option<Latest> {
        if let Some(entry) = self.entries.get(&key.scope, &key.name).filter(|entry| entry.is_known()) {
            let stored = entry.stored.as_ref().map(|stored| Latest::new(Arc::clone(&stored.bytes), stored.meta));
            return entry.latest.clone().or(stored).filter(|_| !entry.removed);
        }
        // The copy is in memory, so this reads nothing from storage.
        let value = copy.sections.get(key)?.value(backend, || Ok(None)).ok().flatten()?;
        Some(Latest::new(Arc::new(value.bytes), value.meta))
    }

    pub(crate) fn stored_sum(&self, key: &SectionKey) -> Option<u64> {
        self.loaded.sections.get(key).and_then(Layers::newest).map(|newest| newest.sum)
    }

    /// Settles the groups that both instances changed.
    pub(crate) fn settle_groups_of_both(&mut self, at: Timestamp) {
        let is_changed = |key: &SectionKey, entry: &Entry| match &entry.latest {
            // A value that equals the shown or the stored one was dropped before.
            Some(latest) => self.stored_sum(key) != Some(checksum(&latest.bytes)),
            None => entry.removed && self.copied_sum(key).is_some(),
        };
        let keys = self.shown.0.values().flat_map(SortedMap::keys);
        let keys =
            keys.filter(|key| self.entries.get(&key.scope, &key.name).is_some_and(|entry| is_changed(key, entry)));
        for key in keys.cloned().collect::<Vec<_>>() {
            self.replace_group(&key, None, at);
        }
    }

    /// Before a change of this section is captured: if the other instance changed its group, and the application has not
    /// read that, the whole group comes from this instance. The values of the other instance are quarantined in the
    /// frame of the change. If the process dies before that frame, the group is that of the other instance.
    pub(crate) fn replace_group(&mut self, changed: &SectionKey, group: Option<u32>, at: Timestamp) {
        let members = self.shown.take(changed, group);
        for (key, shown) in members.into_iter().filter(|(key, _)| key != changed) {
            let entry = self.entries.get(&key.scope, &key.name);
            let is_captured = entry.is_some_and(|entry| entry.latest.is_some() || entry.removed);
            let sum = shown.as_ref().map(|shown| checksum(&shown.bytes));
            if is_captured || sum == self.stored_sum(&key) {
                continue;
            }
            self.supersede(&key, shown.as_ref().map_or(u32::MAX, |shown| shown.meta.version));
            self.loaded.removed.remove(&key);
            let entry = self.entries.entry(&key);
            match shown {
                Some(shown) => entry.latest = Some(shown),
                None => {
                    let park = entry.park;
                    entry.remove();
                    entry.park = park;
                    self.loaded.note_removed(&key, at);
                }
            }
            self.pending.sections.insert(key);
        }
    }
}

/// The marks that a take-over found in the log, until the UI thread shows them.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) trails: SortedMap<Arc<str>, Trail>,
    pub(crate) away: Away,
    pub(crate) reason: Option<Reason>,
    /// The crash guard hides them.
    pub(crate) is_withheld: bool,
}
