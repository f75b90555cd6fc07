//! The entries of all sections, found by name without building a key.
//!
//! Hashed, not sorted: with ten thousand sections, a tree search waits for memory a dozen times. And kept in the order in
//! which they came: sections are usually captured in that order, too, so the next entry is in the processor's cache.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Entry;
use super::quick::Seeded;
use crate::frame::SectionKey;

pub(crate) type ByName = IndexMap<Arc<str>, Entry, Seeded>;

#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// The entries of the empty scope; most applications have no other.
    own: ByName,
    scopes: IndexMap<Arc<str>, ByName, Seeded>,
}

impl Entries {
    pub(crate) fn get(&self, scope: &str, name: &str) -> Option<&Entry> {
        if scope.is_empty() { self.own.get(name) } else { self.scopes.get(scope)?.get(name) }
    }

    pub(crate) fn get_mut(&mut self, scope: &str, name: &str) -> Option<&mut Entry> {
        if scope.is_empty() { self.own.get_mut(name) } else { self.scopes.get_mut(scope)?.get_mut(name) }
    }

    /// Returns the entry of a section with its key, which costs no allocation.
    pub(crate) fn find(&mut self, scope: &str, name: &str) -> Option<(SectionKey, &mut Entry)> {
        let Self { own, scopes } = self;
        let (scope, of_scope) = if scope.is_empty() {
            (Arc::default(), own)
        } else {
            let (_, scope, of_scope) = scopes.get_full_mut(scope)?;
            (Arc::clone(scope), of_scope)
        };
        let (_, name, entry) = of_scope.get_full_mut(name)?;
        Some((SectionKey { scope, name: Arc::clone(name) }, entry))
    }

    pub(crate) fn take_scope(&mut self, scope: &str) -> ByName {
        if scope.is_empty() {
            std::mem::take(&mut self.own)
        } else {
            self.scopes.swap_remove(scope).unwrap_or_default()
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns all entries with their scopes and names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        let own = self.own.iter().map(|(name, entry)| ("", &**name, entry));
        let scoped = self
            .scopes
            .iter()
            .flat_map(|(scope, of_scope)| of_scope.iter().map(move |(name, entry)| (&**scope, &**name, entry)));
        own.chain(scoped)
    }

    pub(crate) fn entry(&mut self, key: &SectionKey) -> &mut Entry {
        let of_scope =
            if key.scope.is_empty() { &mut self.own } else { self.scopes.entry(key.scope.clone()).or_default() };
        of_scope.entry(key.name.clone()).or_default()
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &str, &mut Entry)> {
        let own = self.own.iter_mut().map(|(name, entry)| ("", &**name, entry));
        let scoped = self
            .scopes
            .iter_mut()
            .flat_map(|(scope, of_scope)| of_scope.iter_mut().map(move |(name, entry)| (&**scope, &**name, entry)));
        own.chain(scoped)
    }

    /// Returns the sections that are known to be absent, unless a value is being encoded.
    pub(crate) fn absent(&self) -> Vec<SectionKey> {
        let is_absent = |entry: &Entry| entry.latest.is_none() && entry.stored.is_none() && entry.shared.is_none();
        let absent = self.iter().filter(|(.., entry)| is_absent(entry));
        absent.map(|(scope, name, _)| SectionKey::new(scope, name)).collect()
    }

    /// Forgets the values that the log was thought to have, except those that it still has, by checksum.
    pub(crate) fn forget_stored_unless(&mut self, is_stored: impl Fn(&SectionKey, u64) -> bool) {
        for (scope, name, entry) in self.iter_mut() {
            let key = SectionKey::new(scope, name);
            entry.stored = entry.stored.take().filter(|stored| is_stored(&key, stored.sum));
        }
    }

    /// Marks everything in memory as to be written again, and returns the keys.
    pub(crate) fn tell_again(&mut self, erase: bool) -> impl Iterator<Item = SectionKey> {
        self.iter_mut()
            .filter_map(move |(scope, name, entry)| entry.tell_again(erase).then(|| SectionKey::new(scope, name)))
    }
}
