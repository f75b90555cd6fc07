//! A sorted set.

use std::borrow::Borrow;
use std::fmt;

use super::chunks::{Chunks, IntoIter, Iter, Position};

/// A set in ascending order, with the methods of the standard library's `BTreeSet`.
#[derive(Clone)]
pub(crate) struct SortedSet<K>(Chunks<K>);

impl<K> Default for SortedSet<K> {
    fn default() -> Self {
        Self(Chunks::new())
    }
}

impl<K: Ord> SortedSet<K> {
    fn find<Q>(&self, key: &Q) -> Result<Position, Position>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.find(|known| known.borrow().cmp(key))
    }

    pub(crate) fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.find(key).is_ok()
    }

    /// Returns the key of the set that is equal.
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&K>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get(self.find(key).ok()?)
    }

    /// Returns whether the key was not in the set.
    pub(crate) fn insert(&mut self, key: K) -> bool {
        self.find(&key).is_err_and(|at| {
            self.0.insert(at, key);
            true
        })
    }

    /// Returns whether the key was in the set.
    pub(crate) fn remove<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.find(key).is_ok_and(|at| {
            self.0.remove(at);
            true
        })
    }
}

impl<K> SortedSet<K> {
    pub(crate) const fn new() -> Self {
        Self(Chunks::new())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts the keys; takes longer the more there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.0.retain(|key| keep(key));
    }

    pub(crate) fn iter(&self) -> Iter<'_, K> {
        self.0.iter()
    }
}

impl<'a, K> IntoIterator for &'a SortedSet<K> {
    type Item = &'a K;
    type IntoIter = Iter<'a, K>;

    fn into_iter(self) -> Iter<'a, K> {
        self.iter()
    }
}

impl<K> IntoIterator for SortedSet<K> {
    type Item = K;
    type IntoIter = IntoIter<K>;

    fn into_iter(self) -> IntoIter<K> {
        self.0.into_iter()
    }
}

impl<K: Ord> Extend<K> for SortedSet<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<K: Ord> FromIterator<K> for SortedSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = Self::default();
        set.extend(keys);
        set
    }
}

impl<K: PartialEq> PartialEq for SortedSet<K> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: fmt::Debug> fmt::Debug for SortedSet<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
