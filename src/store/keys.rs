//! A sorted set of sections with cheap bulk insertion: inserting ten thousand keys one by one would cost as much in
//! tree searches as everything else about capturing them.

use crate::frame::SectionKey;

#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Keys added since the last sort come last, possibly twice.
    keys: Vec<SectionKey>,
    sorted: usize,
}

impl Keys {
    pub(crate) fn insert(&mut self, key: SectionKey) {
        // Sections are usually captured in order: then nothing is ever sorted.
        let is_next = self.sorted == self.keys.len() && self.keys.last().is_none_or(|last| *last < key);
        self.sorted += usize::from(is_next);
        self.keys.push(key);
        // While storage fails for long, the same sections are added again and again.
        if self.keys.len() - self.sorted > RECENT.max(self.sorted) {
            self.sort();
        }
    }

    pub(crate) fn remove(&mut self, key: &SectionKey) {
        self.sort();
        if let Ok(at) = self.keys.binary_search(key) {
            self.keys.remove(at);
            self.sorted = self.keys.len();
        }
    }

    pub(crate) fn remove_scope(&mut self, scope: &str) {
        self.sort();
        self.keys.retain(|key| *key.scope != *scope);
        self.sorted = self.keys.len();
    }

    pub(crate) fn contains(&mut self, key: &SectionKey) -> bool {
        self.sort().binary_search(key).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.sorted = 0;
    }

    /// Returns all keys in any order, some of them possibly twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SectionKey> {
        self.keys.iter()
    }

    /// Returns all keys in order.
    pub(crate) fn sort(&mut self) -> &[SectionKey] {
        if self.sorted < self.keys.len() {
            // Keys usually come in order, and the standard sort merges sorted runs in linear time.
            self.keys.sort();
            self.keys.dedup();
            self.sorted = self.keys.len();
        }
        &self.keys
    }
}

/// At least this many keys are sorted at once, whatever the size of the set.
const RECENT: usize = 64;

impl Extend<SectionKey> for Keys {
    fn extend<T: IntoIterator<Item = SectionKey>>(&mut self, keys: T) {
        keys.into_iter().for_each(|key| self.insert(key));
    }
}

impl IntoIterator for Keys {
    type Item = SectionKey;
    type IntoIter = std::vec::IntoIter<SectionKey>;

    /// Returns the keys in any order, possibly twice.
    fn into_iter(self) -> Self::IntoIter {
        self.keys.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_a_sorted_set_in_whatever_order_they_come(
            calls in prop::collection::vec((any::<bool>(), 0..200_u32, 1..80_u32), 0..20),
        ) {
            let key = |number: u32| SectionKey::new("", &format!("{number:04}"));
            let (mut keys, mut model) = (Keys::default(), BTreeSet::new());
            for (is_new, first, many) in calls {
                for number in first..first + many {
                    if is_new {
                        keys.insert(key(number));
                        model.insert(key(number));
                    } else if number % 7 == 0 {
                        keys.remove(&key(number));
                        model.remove(&key(number));
                    }
                }
            }
            prop_assert!(keys.sort().iter().eq(&model));
        }
    }
}
