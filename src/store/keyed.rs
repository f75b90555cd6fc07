//! Maps from a section's key, looked up without building one.
//!
//! Hashed, not sorted: with ten thousand sections, a search through a tree waits for memory a dozen times.

use std::collections::HashMap;

use super::Entry;
use crate::frame::SectionKey;

/// One `T` for each of some sections.
#[derive(Debug)]
pub(crate) struct Keyed<T> {
    /// Those of the empty scope: most applications have no other.
    own: HashMap<Box<str>, T>,
    scopes: HashMap<Box<str>, HashMap<Box<str>, T>>,
}

/// What this launch knows of each section.
pub(crate) type Entries = Keyed<Entry>;

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self { own: HashMap::new(), scopes: HashMap::new() }
    }
}

impl<T> Keyed<T> {
    pub(crate) fn get(&self, scope: &str, name: &str) -> Option<&T> {
        if scope.is_empty() { self.own.get(name) } else { self.scopes.get(scope)?.get(name) }
    }

    pub(crate) fn get_mut(&mut self, scope: &str, name: &str) -> Option<&mut T> {
        if scope.is_empty() { self.own.get_mut(name) } else { self.scopes.get_mut(scope)?.get_mut(name) }
    }

    pub(crate) fn insert(&mut self, SectionKey { scope, name }: SectionKey, value: T) {
        let of_scope = if scope.is_empty() { &mut self.own } else { self.scopes.entry(scope).or_default() };
        of_scope.insert(name, value);
    }

    pub(crate) fn take_scope(&mut self, scope: &str) -> HashMap<Box<str>, T> {
        if scope.is_empty() { std::mem::take(&mut self.own) } else { self.scopes.remove(scope).unwrap_or_default() }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Those of all scopes but the empty one.
    pub(crate) fn scoped(&self) -> impl Iterator<Item = (&str, &str, &T)> {
        self.scopes
            .iter()
            .flat_map(|(scope, of_scope)| of_scope.iter().map(move |(name, value)| (&**scope, &**name, value)))
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = (SectionKey, T)> {
        let own = self.own.into_iter().map(|(name, value)| (SectionKey { scope: "".into(), name }, value));
        let scoped = self.scopes.into_iter().flat_map(|(scope, of_scope)| {
            of_scope.into_iter().map(move |(name, value)| (SectionKey { scope: scope.clone(), name }, value))
        });
        own.chain(scoped)
    }

    pub(crate) fn len(&self) -> usize {
        self.own.len() + self.scopes.values().map(HashMap::len).sum::<usize>()
    }
}

impl<T: Default> Keyed<T> {
    pub(crate) fn entry(&mut self, key: &SectionKey) -> &mut T {
        let of_scope =
            if key.scope.is_empty() { &mut self.own } else { self.scopes.entry(key.scope.clone()).or_default() };
        of_scope.entry(key.name.clone()).or_default()
    }
}

impl Entries {
    /// The sections that this process knows not to be there, unless a value is on its way.
    pub(crate) fn absent(&self) -> Vec<SectionKey> {
        let is_absent = |entry: &Entry| entry.latest.is_none() && entry.stored.is_none() && entry.shared.is_none();
        let own = self.own.iter().map(|(name, entry)| (Box::default(), name, entry));
        let scoped = self
            .scopes
            .iter()
            .flat_map(|(scope, of_scope)| of_scope.iter().map(|(name, entry)| (scope.clone(), name, entry)));
        let absent = own.chain(scoped).filter(|(.., entry)| is_absent(entry));
        absent.map(|(scope, name, _)| SectionKey { scope, name: name.clone() }).collect()
    }

    /// Forgets what the log was thought to have, but for those values, by their checksum, that it still has.
    pub(crate) fn forget_stored_unless(&mut self, is_stored: impl Fn(&SectionKey, u64) -> bool) {
        let own = self.own.iter_mut().map(|(name, entry)| (SectionKey::new("", name), entry));
        let scoped = self.scopes.iter_mut().flat_map(|(scope, of_scope)| {
            of_scope.iter_mut().map(move |(name, entry)| (SectionKey::new(scope, name), entry))
        });
        for (key, entry) in own.chain(scoped) {
            entry.stored = entry.stored.take().filter(|stored| is_stored(&key, stored.sum));
        }
    }

    /// Everything this process knows is to be written once more: the keys of that.
    pub(crate) fn tell_again(&mut self, erase: bool) -> impl Iterator<Item = SectionKey> {
        let empty: Box<str> = "".into();
        let own = self.own.iter_mut().map(move |(name, entry)| (empty.clone(), name, entry));
        let scoped = self
            .scopes
            .iter_mut()
            .flat_map(|(scope, of_scope)| of_scope.iter_mut().map(|(name, entry)| (scope.clone(), name, entry)));
        own.chain(scoped).filter_map(move |(scope, name, entry)| {
            entry.tell_again(erase).then(|| SectionKey { scope, name: name.clone() })
        })
    }
}
