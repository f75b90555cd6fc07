//! A sorted set of sections with cheap bulk insertion: inserting ten thousand keys one by one would cost as much in
//! tree searches as everything else about capturing them.

use std::collections::BTreeSet;

use crate::frame::SectionKey;

#[derive(Debug, Default)]
pub(crate) struct Keys {
    sorted: BTreeSet<SectionKey>,
    /// Added since the last sort, possibly twice.
    recent: Vec<SectionKey>,
}

impl Keys {
    pub(crate) fn insert(&mut self, key: SectionKey) {
        self.recent.push(key);
        // While storage fails for long, the same sections are added again and again.
        if self.recent.len() > RECENT.max(self.sorted.len()) {
            self.sort();
        }
    }

    pub(crate) fn remove(&mut self, key: &SectionKey) {
        self.sort().remove(key);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sorted.is_empty() && self.recent.is_empty()
    }

    /// Returns all keys in order.
    pub(crate) fn sort(&mut self) -> &mut BTreeSet<SectionKey> {
        if self.recent.len() > FEW {
            self.sorted.append(&mut self.recent.drain(..).collect());
        } else {
            self.sorted.extend(self.recent.drain(..));
        }
        &mut self.sorted
    }
}

/// At least this many keys are sorted at once, whatever the size of the set.
const RECENT: usize = 64;
/// Up to this many keys, adding them one by one is cheaper than rebuilding the tree.
const FEW: usize = 4;

impl Extend<SectionKey> for Keys {
    fn extend<T: IntoIterator<Item = SectionKey>>(&mut self, keys: T) {
        keys.into_iter().for_each(|key| self.insert(key));
    }
}
