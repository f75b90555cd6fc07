//! What changed since the user left: fingerprints of elements, recorded then and compared on return.

use std::fmt;
use std::sync::Arc;

use crate::mark::MAX_PATH;
use crate::sorted::{SortedMap, SortedSet};
use crate::wire::{Malformed, Reader, put_bytes, put_field, put_field_with};

/// The number of fingerprints recorded for one scope.
pub(crate) const MAX_FINGERPRINTS: usize = 1024;

mod tag {
    /// Present and empty in every list. A library that knows no lists looks for a number here, does not find one, and
    /// does not take the list for the location of an element, which is stored beside it.
    pub(super) const LIST: u8 = 1;
    /// Present if the application passed more than the list can contain.
    pub(super) const PARTIAL: u8 = 2;
    pub(super) const ENTRY: u8 = 3;
}

/// The elements whose fingerprints changed while the user was away: see [`Marker::changes`](crate::Marker::changes).
///
/// Contains paths as the application passed them, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Changes {
    /// Elements with another fingerprint than before.
    pub changed: Vec<String>,
    /// Elements that had no fingerprint before.
    ///
    /// Empty if the application recorded more than [`Capture::MAX_FINGERPRINTS`](crate::Capture::MAX_FINGERPRINTS): the
    /// element may be among those that were not recorded.
    pub new: Vec<String>,
    /// Elements that have no fingerprint any more.
    pub gone: Vec<String>,
}

impl Changes {
    /// Returns whether everything is as it was.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.new.is_empty() && self.gone.is_empty()
    }
}

/// A list of fingerprints that is being recorded, in stored form.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    bytes: Vec<u8>,
    len: usize,
    is_partial: bool,
}

impl Listing {
    pub(crate) fn add(&mut self, path: &str, fingerprint: u64) {
        if self.len == MAX_FINGERPRINTS || path.len() > MAX_PATH {
            self.is_partial = true;
            return;
        }
        self.len += 1;
        put_field_with(&mut self.bytes, tag::ENTRY, |value| {
            value.extend_from_slice(&fingerprint.to_le_bytes());
            put_bytes(value, path.as_bytes());
        });
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes.len() + 4);
        put_field(&mut bytes, tag::LIST, &[]);
        if self.is_partial {
            put_field(&mut bytes, tag::PARTIAL, &[]);
        }
        bytes.extend_from_slice(&self.bytes);
        bytes
    }
}

/// A path and its fingerprint.
type Element<'a> = (&'a str, u64);

/// The fingerprints of one scope, in stored form: they are decoded only if the application asks what changed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seen(Arc<[u8]>);

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seen").field(&self.0.len()).finish()
    }
}

impl Seen {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns the elements, and whether the list is partial.
    fn decode(&self) -> Result<(Vec<Element<'_>>, bool), Malformed> {
        let (mut entries, mut is_partial) = (Vec::new(), false);
        let mut fields = Reader::new(&self.0);
        while !fields.is_empty() {
            let (tag, value) = fields.field()?;
            match tag {
                tag::PARTIAL => is_partial = true,
                tag::ENTRY => {
                    let mut value = Reader::new(value);
                    let fingerprint = value.u64()?;
                    entries.push((value.str()?, fingerprint));
                }
                // The first field, or one of a newer version.
                _ => {}
            }
        }
        Ok((entries, is_partial))
    }

    /// Compares with the present fingerprints; `None` if the list is malformed. Of two with one path, the last counts.
    pub(crate) fn changes<P: AsRef<str>>(&self, present: impl IntoIterator<Item = (P, u64)>) -> Option<Changes> {
        let (entries, is_partial) = self.decode().ok()?;
        let before: SortedMap<&str, u64> = entries.iter().copied().collect();
        let (mut changes, mut order, mut now) = (Changes::default(), Vec::new(), SortedMap::new());
        for (path, fingerprint) in present {
            let path = path.as_ref().to_owned();
            if now.insert(path.clone(), fingerprint).is_none() {
                order.push(path);
            }
        }
        let mut listed = SortedSet::new();
        let gone =
            entries.iter().map(|(path, _)| *path).filter(|path| !now.contains_key(*path) && listed.insert(*path));
        changes.gone = gone.map(str::to_owned).collect();
        for path in order {
            match before.get(path.as_str()) {
                Some(known) if now.get(&path) == Some(known) => {}
                Some(_) => changes.changed.push(path),
                None if is_partial => {}
                None => changes.new.push(path),
            }
        }
        Some(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(entries: &[(&str, u64)]) -> Seen {
        let mut listing = Listing::default();
        for (path, fingerprint) in entries {
            listing.add(path, *fingerprint);
        }
        Seen::new(&listing.finish())
    }

    fn changes(before: &[(&str, u64)], now: &[(&str, u64)]) -> [String; 3] {
        let Changes { changed, new, gone } = seen(before).changes(now.iter().copied()).unwrap();
        [changed, new, gone].map(|paths| paths.join(" "))
    }

    #[test]
    fn changed_new_and_gone_are_told_apart_in_the_order_of_the_program() {
        let before = [("c", 1), ("b", 2), ("a", 3), ("e", 4)];
        assert_eq!(changes(&before, &before), ["", "", ""]);
        assert_eq!(changes(&before, &[("z", 1), ("a", 0), ("y", 1), ("c", 2), ("b", 2)]), ["a c", "z y", "e"]);
        assert_eq!(changes(&before, &[]), ["", "", "c b a e"]);
        assert_eq!(changes(&[], &[("a", 1)]), ["", "a", ""]);
    }

    #[test]
    fn of_two_fingerprints_of_one_path_the_last_counts() {
        assert_eq!(changes(&[("a", 1), ("a", 2)], &[("a", 2)]), ["", "", ""]);
        assert_eq!(changes(&[("a", 1), ("a", 2)], &[("a", 2), ("a", 1)]), ["a", "", ""]);
        assert_eq!(changes(&[("a", 1), ("a", 2)], &[]), ["", "", "a"]);
    }

    #[test]
    fn full_list_reports_nothing_as_new() {
        let paths: Vec<String> = (0..=MAX_FINGERPRINTS).map(|number| format!("mail/{number}")).collect();
        let all: Vec<(&str, u64)> = paths.iter().map(|path| (path.as_str(), 1)).collect();
        assert_eq!(changes(&all[1..], &all), ["", "mail/0", ""]);
        assert_eq!(changes(&all, &all), ["", "", ""]);
        assert_eq!(changes(&all, &all[1..]), ["", "", "mail/0"]);
        let long = "x".repeat(MAX_PATH + 1);
        assert_eq!(changes(&[(&long, 1)], &[(&long, 2), ("b", 1)]), ["", "", ""]);
    }

    #[test]
    fn bytes_are_as_documented_and_unknown_fields_are_skipped() {
        let list = seen(&[("a/b", 7)]);
        assert_eq!(&list.0[..], [1, 0, 3, 12, 7, 0, 0, 0, 0, 0, 0, 0, 3, b'a', b'/', b'b']);
        let newer = Seen::new(&[&list.0[..], &[9, 1, 0]].concat());
        assert_eq!(newer.changes([("a/b", 7)]), Some(Changes::default()));
        assert_eq!(Seen::new(&[3, 2, 0, 0]).changes([("a", 1)]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>) {
            let _ = Seen::new(&bytes).changes([("a", 1)]);
        }
    }
}
