//! Values by name, hashed, in the order in which the names came.

use std::sync::Arc;

use super::quick::QuickMap;

#[derive(Debug)]
pub(crate) struct Named<V> {
    values: Vec<(Arc<str>, V)>,
    /// The index of each name.
    indexes: QuickMap<Arc<str>, usize>,
}

impl<V> Default for Named<V> {
    fn default() -> Self {
        Self { values: Vec::new(), indexes: QuickMap::default() }
    }
}

impl<V> Named<V> {
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.indexes.get(name).copied()
    }

    pub(super) fn at(&self, index: usize) -> Option<&(Arc<str>, V)> {
        self.values.get(index)
    }

    pub(super) fn at_mut(&mut self, index: usize) -> Option<(&Arc<str>, &mut V)> {
        self.values.get_mut(index).map(|(name, value)| (&*name, value))
    }

    pub(super) fn get(&self, name: &str) -> Option<&V> {
        self.at(self.index_of(name)?).map(|(_, value)| value)
    }

    /// Returns the value with the name that the map keeps.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<(&Arc<str>, &mut V)> {
        self.at_mut(self.index_of(name)?)
    }

    /// Returns the value of a name. If it has none, adds the default first.
    #[expect(clippy::indexing_slicing, reason = "each index is that of a value")]
    pub(super) fn get_or_default(&mut self, name: &Arc<str>) -> &mut V
    where
        V: Default,
    {
        let index = self.index_of(name).unwrap_or_else(|| {
            self.values.push((Arc::clone(name), V::default()));
            self.indexes.insert(Arc::clone(name), self.values.len() - 1);
            self.values.len() - 1
        });
        &mut self.values[index].1
    }

    /// Removes a value; the last one takes its place.
    pub(super) fn remove(&mut self, name: &str) -> Option<V> {
        let index = self.indexes.remove(name)?;
        let (_, removed) = self.values.swap_remove(index);
        if let Some(moved) = self.values.get(index).and_then(|(moved, _)| self.indexes.get_mut(moved)) {
            *moved = index;
        }
        Some(removed)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.values.iter().map(|(name, value)| (&**name, value))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut V)> {
        self.values.iter_mut().map(|(name, value)| (&**name, value))
    }
}

impl<V> IntoIterator for Named<V> {
    type Item = (Arc<str>, V);
    type IntoIter = std::vec::IntoIter<(Arc<str>, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_found_after_another_took_the_place_of_a_removed_one() {
        let mut named = Named::<u8>::default();
        for (number, name) in (0..).zip(["a", "b", "c", "d"]) {
            *named.get_or_default(&name.into()) = number;
        }
        assert_eq!(named.remove("b"), Some(1));
        assert_eq!(named.remove("b"), None);
        assert_eq!(named.iter().collect::<Vec<_>>(), [("a", &0), ("d", &3), ("c", &2)]);
        assert_eq!(["a", "b", "c", "d"].map(|name| named.get(name).copied()), [Some(0), None, Some(2), Some(3)]);
        *named.get_or_default(&"b".into()) += 9;
        assert_eq!(["b", "d"].map(|name| named.get(name).copied()), [Some(9), Some(3)]);
        assert_eq!(named.remove("b"), Some(9), "the last one");
        assert_eq!(["a", "c", "d"].map(|name| named.get(name).is_some()), [true; 3]);
    }
}
