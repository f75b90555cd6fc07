//! A sorted set of sections that ten thousand can be added to at once: one by one, a search through the tree for each
//! costs as much as everything else about a captured section.

use std::collections::BTreeSet;

use crate::frame::SectionKey;

#[derive(Debug, Default)]
pub(crate) struct Keys {
    sorted: BTreeSet<SectionKey>,
    /// Added since it was looked at last, perhaps twice.
    recent: Vec<SectionKey>,
}

impl Keys {
    pub(crate) fn insert(&mut self, key: SectionKey) {
        self.recent.push(key);
        // With a storage that is away for long, the same section comes again and again.
        if self.recent.len() > RECENT.max(self.sorted.len()) {
            self.sort();
        }
    }

    pub(crate) fn remove(&mut self, key: &SectionKey) {
        self.sort().remove(key);
    }

    pub(crate) fn contains(&self, key: &SectionKey) -> bool {
        self.sorted.contains(key) || self.recent.contains(key)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sorted.is_empty() && self.recent.is_empty()
    }

    /// All of them, in order.
    pub(crate) fn sort(&mut self) -> &mut BTreeSet<SectionKey> {
        if self.recent.len() > FEW {
            self.sorted.append(&mut self.recent.drain(..).collect());
        } else {
            self.sorted.extend(self.recent.drain(..));
        }
        &mut self.sorted
    }
}

/// So many are sorted in one go, whatever the set has.
const RECENT: usize = 64;
/// Up to this many, adding them one by one is cheaper than building the tree anew.
const FEW: usize = 4;

impl Extend<SectionKey> for Keys {
    fn extend<T: IntoIterator<Item = SectionKey>>(&mut self, keys: T) {
        keys.into_iter().for_each(|key| self.insert(key));
    }
}
