//! The entries of all sections, found by name without building a key.
//!
//! Hashed, not sorted: with ten thousand sections, a tree search waits for memory a dozen times. And kept in the order in
//! which they came: sections are usually captured in that order, too, so the next entry is in the processor's cache. For
//! the same reason, the entry found last and the one after it are tried before a name is hashed.

use std::cell::Cell;
use std::sync::Arc;

use super::Entry;
use super::named::Named;
use crate::frame::SectionKey;

pub(crate) type ByName = Named<Entry>;

#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// The entries of the empty scope; most applications have no other.
    own: ByName,
    /// The position of the entry of the empty scope that was found last. Only a guess: each use compares the name.
    last: Cell<usize>,
    scopes: Named<ByName>,
}

impl Entries {
    pub(crate) fn get(&self, scope: &str, name: &str) -> Option<&Entry> {
        if scope.is_empty() {
            self.own.at(self.position(name)?).map(|(_, entry)| entry)
        } else {
            self.scopes.get(scope)?.get(name)
        }
    }

    pub(crate) fn get_mut(&mut self, scope: &str, name: &str) -> Option<&mut Entry> {
        if scope.is_empty() {
            let at = self.position(name)?;
            Some(self.own.at_mut(at)?.1)
        } else {
            Some(self.scopes.get_mut(scope)?.1.get_mut(name)?.1)
        }
    }

    /// Returns the position of an entry of the empty scope.
    fn position(&self, name: &str) -> Option<usize> {
        let last = self.last.get();
        let named = |at: usize| self.own.at(at).map(|(name, _)| &**name);
        // A key that was taken from an entry shares its name with the entry.
        if named(last).is_some_and(|known| std::ptr::eq(known, name)) {
            return Some(last);
        }
        let next = Some(last.wrapping_add(1)).filter(|next| named(*next) == Some(name));
        let found = next.or_else(|| self.own.index_of(name))?;
        self.last.set(found);
        Some(found)
    }

    /// Returns the entry of a section with its key, which costs no allocation.
    pub(crate) fn find(&mut self, scope: &str, name: &str) -> Option<(SectionKey, &mut Entry)> {
        let (scope, (name, entry)) = if scope.is_empty() {
            let at = self.position(name)?;
            (Arc::default(), self.own.at_mut(at)?)
        } else {
            let (scope, of_scope) = self.scopes.get_mut(scope)?;
            (Arc::clone(scope), of_scope.get_mut(name)?)
        };
        Some((SectionKey { scope, name: Arc::clone(name) }, entry))
    }

    pub(crate) fn take_scope(&mut self, scope: &str) -> ByName {
        if scope.is_empty() { std::mem::take(&mut self.own) } else { self.scopes.remove(scope).unwrap_or_default() }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns all entries with their scopes and names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        let own = self.own.iter().map(|(name, entry)| ("", name, entry));
        let scoped = self
            .scopes
            .iter()
            .flat_map(|(scope, of_scope)| of_scope.iter().map(move |(name, entry)| (scope, name, entry)));
        own.chain(scoped)
    }

    pub(crate) fn entry(&mut self, key: &SectionKey) -> &mut Entry {
        let of_scope = if key.scope.is_empty() { &mut self.own } else { self.scopes.get_or_default(&key.scope) };
        of_scope.get_or_default(&key.name)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &str, &mut Entry)> {
        let own = self.own.iter_mut().map(|(name, entry)| ("", name, entry));
        let scoped = self
            .scopes
            .iter_mut()
            .flat_map(|(scope, of_scope)| of_scope.iter_mut().map(move |(name, entry)| (scope, name, entry)));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entry_is_that_of_its_name_in_whatever_order_names_are_asked_for(
            calls in prop::collection::vec((0..4_u8, 0..12_u64), 0..80),
        ) {
            let mut entries = Entries::default();
            let mut model = std::collections::BTreeMap::new();
            for (call, number) in calls {
                let name = format!("note/{number}");
                let key = SectionKey::new("", &name);
                match call {
                    0 => {
                        entries.entry(&key).staged_in = number + 1;
                        model.insert(number, number + 1);
                    }
                    1 => prop_assert_eq!(entries.get("", &name).map(|entry| entry.staged_in), model.get(&number).copied()),
                    2 => {
                        // The key of an entry shares its name, and finds it without a comparison of names.
                        let found = entries.find("", &name).map(|(key, entry)| (key, entry.staged_in));
                        prop_assert_eq!(found.as_ref().map(|(_, staged)| *staged), model.get(&number).copied());
                        if let Some((known, staged)) = found {
                            prop_assert_eq!(&known, &key);
                            let again = entries.get_mut(&known.scope, &known.name).map(|entry| entry.staged_in);
                            prop_assert_eq!(again, Some(staged));
                        }
                    }
                    _ if number == 0 => {
                        entries.take_scope("");
                        model.clear();
                    }
                    _ => {
                        let found = entries.get_mut("", &name).map(|entry| entry.staged_in);
                        prop_assert_eq!(found, model.get(&number).copied());
                    }
                }
            }
        }
    }
}
