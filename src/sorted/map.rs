//! A sorted map.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Bound, RangeBounds};

use super::chunks::{self, Chunks, Position};

/// A map in ascending order of its keys, with the methods of the standard library's `BTreeMap`.
#[derive(Clone)]
pub(crate) struct SortedMap<K, V>(Chunks<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(Chunks::new())
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    fn find<Q>(&self, key: &Q) -> Result<Position, Position>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.find(|(known, _)| known.borrow().cmp(key))
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get(self.find(key).ok()?).map(|(_, value)| value)
    }

    pub(crate) fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get_mut(self.find(key).ok()?).map(|(_, value)| value)
    }

    pub(crate) fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.find(key).is_ok()
    }

    /// Sets the value of a key, and returns the former one.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => self.0.get_mut(at).map(|(_, known)| std::mem::replace(known, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Returns the value of a key. If it has none, inserts that of `new` first.
    pub(crate) fn get_or_insert(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        let entry = match self.find(&key) {
            Ok(at) => self.0.known(at),
            Err(at) => self.0.insert(at, (key, new())),
        };
        &mut entry.1
    }

    /// Returns the value of a key. If it has none, inserts that of `find` first; `None` if `find` has none, either.
    pub(crate) fn get_or_insert_found(&mut self, key: K, find: impl FnOnce() -> Option<V>) -> Option<&mut V> {
        let entry = match self.find(&key) {
            Ok(at) => self.0.known(at),
            Err(at) => self.0.insert(at, (key, find()?)),
        };
        Some(&mut entry.1)
    }

    /// Returns the value of a key. If it has none, inserts the default first.
    pub(crate) fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.get_or_insert(key, V::default)
    }

    pub(crate) fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        self.0.pop_first()
    }

    pub(crate) fn range<Q>(&self, range: impl RangeBounds<Q>) -> impl Iterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
        Q: Ord,
    {
        let from = self.0.iter_from(self.start(&range));
        from.map(|(key, value)| (key, value)).take_while(move |(key, _)| is_before_end(&range, (*key).borrow()))
    }

    pub(crate) fn range_mut<Q>(&mut self, range: impl RangeBounds<Q>) -> impl Iterator<Item = (&K, &mut V)>
    where
        K: Borrow<Q>,
        Q: Ord,
    {
        let start = self.start(&range);
        let from = self.0.iter_mut_from(start).map(|(key, value)| (&*key, value));
        from.take_while(move |(key, _)| is_before_end(&range, (*key).borrow()))
    }

    /// Returns the position of the first key in a range.
    fn start<Q>(&self, range: &impl RangeBounds<Q>) -> Position
    where
        K: Borrow<Q>,
        Q: Ord,
    {
        let is_before = |key: &K| match range.start_bound() {
            Bound::Included(start) => key.borrow() < start,
            Bound::Excluded(start) => key.borrow() <= start,
            Bound::Unbounded => false,
        };
        let (Ok(at) | Err(at)) =
            self.0.find(|(key, _)| if is_before(key) { Ordering::Less } else { Ordering::Greater });
        at
    }
}

fn is_before_end<Q: Ord>(range: &impl RangeBounds<Q>, key: &Q) -> bool {
    match range.end_bound() {
        Bound::Included(end) => key <= end,
        Bound::Excluded(end) => key < end,
        Bound::Unbounded => true,
    }
}

impl<K, V> SortedMap<K, V> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts the entries; takes longer the more there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn first_mut(&mut self) -> Option<(&K, &mut V)> {
        self.0.first_mut().map(|(key, value)| (&*key, value))
    }

    pub(crate) fn last(&self) -> Option<(&K, &V)> {
        self.0.last().map(|(key, value)| (key, value))
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    pub(crate) fn iter(&self) -> Iter<'_, K, V> {
        Iter(self.0.iter())
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + Clone {
        self.0.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}

/// The entries of a map.
#[derive(Debug)]
pub(crate) struct Iter<'a, K, V>(chunks::Iter<'a, (K, V)>);

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = chunks::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SortedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for SortedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SortedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
