//! The entries of all sections, found by name without building a key.
//!
//! Hashed, not sorted: with ten thousand sections, a tree search waits for memory a dozen times.

use super::Entry;
use super::quick::QuickMap;
use crate::frame::{Meta, SectionKey};

#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// The entries of the empty scope; most applications have no other.
    own: QuickMap<Box<str>, Entry>,
    scopes: QuickMap<Box<str>, QuickMap<Box<str>, Entry>>,
}

impl Entries {
    pub(crate) fn get(&self, scope: &str, name: &str) -> Option<&Entry> {
        if scope.is_empty() { self.own.get(name) } else { self.scopes.get(scope)?.get(name) }
    }

    pub(crate) fn get_mut(&mut self, scope: &str, name: &str) -> Option<&mut Entry> {
        if scope.is_empty() { self.own.get_mut(name) } else { self.scopes.get_mut(scope)?.get_mut(name) }
    }

    /// The names of the sections in a scope that have a value, with what is stored beside it.
    pub(crate) fn present_in(&self, scope: &str) -> impl Iterator<Item = (&Box<str>, &Meta)> {
        let of_scope = if scope.is_empty() { Some(&self.own) } else { self.scopes.get(scope) };
        of_scope.into_iter().flatten().filter_map(|(name, entry)| Some((name, entry.present()?)))
    }

    pub(crate) fn take_scope(&mut self, scope: &str) -> QuickMap<Box<str>, Entry> {
        if scope.is_empty() { std::mem::take(&mut self.own) } else { self.scopes.remove(scope).unwrap_or_default() }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the entries of all scopes except the empty one.
    pub(crate) fn scoped(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        self.scopes
            .iter()
            .flat_map(|(scope, of_scope)| of_scope.iter().map(move |(name, value)| (&**scope, &**name, value)))
    }

    pub(crate) fn entry(&mut self, key: &SectionKey) -> &mut Entry {
        let of_scope =
            if key.scope.is_empty() { &mut self.own } else { self.scopes.entry(key.scope.clone()).or_default() };
        of_scope.entry(key.name.clone()).or_default()
    }

    /// Returns the sections that are known to be absent, unless a value is being encoded.
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

    /// Forgets the values that the log was thought to have, except those that it still has, by checksum.
    pub(crate) fn forget_stored_unless(&mut self, is_stored: impl Fn(&SectionKey, u64) -> bool) {
        let own = self.own.iter_mut().map(|(name, entry)| (SectionKey::new("", name), entry));
        let scoped = self.scopes.iter_mut().flat_map(|(scope, of_scope)| {
            of_scope.iter_mut().map(move |(name, entry)| (SectionKey::new(scope, name), entry))
        });
        for (key, entry) in own.chain(scoped) {
            entry.stored = entry.stored.take().filter(|stored| is_stored(&key, stored.sum));
        }
    }

    /// Marks everything in memory as to be written again, and returns the keys.
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
