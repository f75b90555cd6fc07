//! The sections of a large base in the order of their keys, in stored form. One of them is found by a binary search,
//! without parsing the others: a start needs a few, and a state may have thousands.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::Unreadable;
use super::op::{Change, Op, SectionKey};
use crate::wire::{Reader, put_bytes, put_varint};

const BLOCK: usize = 16;
/// A base with fewer sections lists them like all other changes.
const LEAST: usize = 32;
/// The length of an entry of the index, in bytes.
const ENTRY: usize = 12;
/// A flag: at least one of the sections must be erased by a clean close.
const ERASE: u8 = 1;

/// See the [module](self). Its bytes have a valid checksum and are parsed where they are needed.
#[derive(Clone, PartialEq)]
pub(crate) struct Sorted {
    bytes: Arc<[u8]>,
    count: usize,
    payload_len: u64,
    erasable: bool,
    /// The offset of the index in `bytes`.
    index: usize,
}

impl fmt::Debug for Sorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sorted").field("count", &self.count).finish_non_exhaustive()
    }
}

/// A section, and the offset of its bytes behind those of the first section.
pub(crate) type Placed = (Op, u64);

/// The position of a section: its number, the offset of its entry behind the index, and that of its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Position {
    number: usize,
    offset: usize,
    payload: u64,
}

/// The number of a block, a section in it, and the position after that section.
pub(crate) type Found = (usize, Placed, Position);

/// Returns the number of changes before the sections that are stored sorted: the longest possible end of `ops`.
pub(super) fn start(ops: &[Op]) -> usize {
    let is_plain = |op: &Op| matches!(op.change, Change::Put { .. }) && !op.key.is_own();
    let (mut start, mut next): (_, Option<&SectionKey>) = (ops.len(), None);
    for op in ops.iter().rev() {
        if !is_plain(op) || next.is_some_and(|next| op.key >= *next) {
            break;
        }
        (start, next) = (start - 1, Some(&op.key));
    }
    if ops.len() - start < LEAST { ops.len() } else { start }
}

/// Appends the stored form of these sections.
pub(super) fn encode(ops: &[Op], out: &mut Vec<u8>) {
    let (mut index, mut entries, mut payload, mut one) = (Vec::new(), Vec::new(), 0_u64, Vec::new());
    let mut erasable = false;
    for (number, op) in ops.iter().enumerate() {
        if number % BLOCK == 0 {
            index.extend_from_slice(&u32::try_from(entries.len()).unwrap_or(u32::MAX).to_le_bytes());
            index.extend_from_slice(&payload.to_le_bytes());
        }
        one.clear();
        op.encode(&mut one);
        put_bytes(&mut entries, &one);
        payload = payload.saturating_add(op.change.payload_len());
        erasable |= op.change.meta().is_some_and(|meta| meta.erase_on_close);
    }
    put_varint(out, ops.len() as u64);
    out.extend_from_slice(&payload.to_le_bytes());
    out.push(if erasable { ERASE } else { 0 });
    out.extend_from_slice(&index);
    out.extend_from_slice(&entries);
}

impl Sorted {
    /// The number of sections in a block, which has one entry in the index.
    pub(crate) const BLOCK: usize = BLOCK;

    /// Checks the front; the rest is parsed where it is needed.
    pub(super) fn parse(value: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(value);
        let (count, payload_len, flags) = (reader.len()?, reader.u64()?, reader.u8()?);
        if flags & !ERASE != 0 {
            return Err(Unreadable::NewerFormat);
        }
        let index = value.len() - reader.rest().len();
        reader.take(count.div_ceil(BLOCK).checked_mul(ENTRY).ok_or(Unreadable::Damaged)?)?;
        // Each section has at least one byte, so a forged number allocates nothing.
        if count < LEAST || count > reader.rest().len() {
            return Err(Unreadable::Damaged);
        }
        Ok(Self { bytes: value.into(), count, payload_len, erasable: flags & ERASE != 0, index })
    }

    /// Parses all sections, and checks that this is their only stored form, if `before` are the changes before them.
    pub(super) fn parse_all(value: &[u8], before: &mut Vec<Op>) -> Result<(), Unreadable> {
        let from = before.len();
        for section in Self::parse(value)?.from(0) {
            before.push(section?.0);
        }
        let mut again = Vec::with_capacity(value.len());
        encode(before.get(from..).unwrap_or_default(), &mut again);
        if again == value && start(before) == from { Ok(()) } else { Err(Unreadable::Damaged) }
    }

    /// Returns the number of sections.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Returns the number of blocks, which are numbered from 0.
    pub(crate) fn blocks(&self) -> usize {
        self.count.div_ceil(BLOCK)
    }

    /// Returns the number of bytes of all sections.
    pub(crate) fn payload_len(&self) -> u64 {
        self.payload_len
    }

    /// Returns whether a clean close must erase one of them.
    pub(crate) fn is_erasable(&self) -> bool {
        self.erasable
    }

    /// Returns the sections from the start of a block on. Ends after the first that is malformed.
    pub(crate) fn from(&self, block: usize) -> impl Iterator<Item = Result<Placed, Unreadable>> {
        let left = self.count.saturating_sub(block.saturating_mul(BLOCK));
        let (mut at, mut left) = (self.block(block), left);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let next = at.as_mut().map_err(|error| *error).and_then(|(reader, payload)| {
                let op = Op::parse(reader.bytes()?)?;
                let placed = *payload;
                *payload = placed.checked_add(op.change.payload_len()).ok_or(Unreadable::Damaged)?;
                if !matches!(op.change, Change::Put { .. }) || (left == 0 && !reader.is_empty()) {
                    return Err(Unreadable::Damaged);
                }
                Ok((op, placed))
            });
            if next.is_err() {
                left = 0;
            }
            Some(next)
        })
    }

    /// Finds a section. The position `at` is tried first: sections are usually read in order.
    pub(crate) fn find(&self, key: &SectionKey, at: Position) -> Result<Option<Found>, Unreadable> {
        match self.find_at(key, at)? {
            None => self.search(key),
            found => Ok(found),
        }
    }

    /// Returns the section at a position with the position after it, if it is this section.
    fn find_at(&self, key: &SectionKey, at: Position) -> Result<Option<Found>, Unreadable> {
        let entries = self.index + self.blocks() * ENTRY;
        let mut reader = Reader::new(self.bytes.get(entries.saturating_add(at.offset)..).unwrap_or_default());
        if at.number >= self.count {
            return Ok(None);
        }
        let entry = reader.bytes()?;
        if order(entry, key)? == Ordering::Equal {
            self.found(at.number, entry, &reader, at.payload).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Parses a found section; `behind` are the bytes after it.
    fn found(&self, number: usize, entry: &[u8], behind: &Reader<'_>, payload: u64) -> Result<Found, Unreadable> {
        let op = Op::parse(entry)?;
        let offset = self.bytes.len() - behind.rest().len() - (self.index + self.blocks() * ENTRY);
        let after = payload.checked_add(op.change.payload_len()).ok_or(Unreadable::Damaged)?;
        Ok((number / BLOCK, (op, payload), Position { number: number + 1, offset, payload: after }))
    }

    fn search(&self, key: &SectionKey) -> Result<Option<Found>, Unreadable> {
        let (mut low, mut high) = (0, self.blocks());
        while low < high {
            let middle = low + (high - low) / 2;
            let (mut reader, _) = self.block(middle)?;
            if order(reader.bytes()?, key)? == Ordering::Greater { high = middle } else { low = middle + 1 }
        }
        let Some(block) = low.checked_sub(1) else { return Ok(None) };
        let (mut reader, mut payload) = self.block(block)?;
        for number in block * BLOCK..(block + 1) * BLOCK {
            if reader.is_empty() {
                break;
            }
            let entry = reader.bytes()?;
            match order(entry, key)? {
                Ordering::Less => payload = payload.checked_add(Op::put_len(entry)?).ok_or(Unreadable::Damaged)?,
                Ordering::Equal => return self.found(number, entry, &reader, payload).map(Some),
                Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    /// Returns the sections from the start of a block on, and the offset of the bytes of the first.
    fn block(&self, block: usize) -> Result<(Reader<'_>, u64), Unreadable> {
        let entries = self.index + self.blocks() * ENTRY;
        let mut entry = Reader::new(self.bytes.get(self.index + block * ENTRY..entries).unwrap_or_default());
        let (at, payload) = (entry.u32()?, entry.u64()?);
        let at = entries.checked_add(usize::try_from(at).unwrap_or(usize::MAX));
        let reader = at.and_then(|at| self.bytes.get(at..)).ok_or(Unreadable::Damaged)?;
        Ok((Reader::new(reader), payload))
    }
}

/// Compares the key of a stored section with `key`.
fn order(entry: &[u8], key: &SectionKey) -> Result<Ordering, Unreadable> {
    let mut reader = Reader::new(entry);
    reader.u8()?;
    let (scope, name) = (reader.bytes()?, reader.bytes()?);
    Ok(scope.cmp(key.scope.as_bytes()).then_with(|| name.cmp(key.name.as_bytes())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::frame::Meta;
    use crate::time::Timestamp;

    fn put(key: SectionKey, len: u64, erase_on_close: bool) -> Op {
        let meta = Meta {
            version: 1,
            codec: 4,
            private: false,
            sealed: false,
            erase_on_close,
            saved_at: Timestamp::default(),
            expires: None,
            stand_in: false,
            machine: None,
            group: None,
        };
        Op { key, change: Change::Put { meta, len, sum: len } }
    }

    fn encoded(ops: &[Op]) -> Vec<u8> {
        let mut value = Vec::new();
        encode(ops, &mut value);
        value
    }

    fn many(count: usize) -> Vec<Op> {
        (0..count).map(|number| put(SectionKey::new("s", &format!("{number:05}")), number as u64, false)).collect()
    }

    proptest! {
        #[test]
        fn each_section_is_found_and_no_other(
            keys in prop::collection::btree_map(("[ab]{0,2}", "[a-c]{1,4}"), 0..100_000_u64, LEAST..90),
            others in prop::collection::vec(("[ab]{0,2}", "[a-d]{0,4}"), 20),
        ) {
            let ops: Vec<_> = keys.iter().map(|((scope, name), len)| put(SectionKey::new(scope, name), *len, false)).collect();
            let value = encoded(&ops);
            let sorted = Sorted::parse(&value).unwrap();
            let all: Vec<_> = sorted.from(0).map(Result::unwrap).collect();
            prop_assert_eq!(all.iter().map(|(op, _)| op.clone()).collect::<Vec<_>>(), ops);
            let placed: BTreeMap<_, _> = all.into_iter().map(|(op, at)| (op.key.clone(), (op, at))).collect();
            // In order, and then in another one.
            let mut next = Position::default();
            for (scope, name) in keys.keys().chain(&others).chain(keys.keys().rev()) {
                let key = SectionKey::new(scope, name);
                let found = sorted.find(&key, next).unwrap();
                prop_assert_eq!(found.as_ref().map(|(_, placed, _)| placed), placed.get(&key));
                if let Some((block, _, after)) = found {
                    next = after;
                    prop_assert!(sorted.from(block).take(BLOCK).any(|next| next.unwrap().0.key == key));
                }
            }
            let mut parsed = Vec::new();
            Sorted::parse_all(&value, &mut parsed).unwrap();
            prop_assert_eq!(encoded(&parsed), value);
        }

        #[test]
        fn no_bytes_make_it_panic(mut value in Just(encoded(&many(40))), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let place = at.index(value.len());
            value[place] = byte;
            value.truncate(cut.index(value.len() * 4));
            let Ok(sorted) = Sorted::parse(&value) else { return Ok(()) };
            let mut next = Position::default();
            for op in many(40) {
                if let Ok(Some((_, _, after))) = sorted.find(&op.key, next) {
                    next = after;
                }
            }
            prop_assert!(sorted.from(0).count() <= sorted.len());
            let _ = Sorted::parse_all(&value, &mut Vec::new());
        }
    }

    #[test]
    fn only_an_end_that_is_long_enough_and_sorted_is_stored_so() {
        let ops = many(LEAST + 1);
        assert_eq!(start(&ops), 0);
        assert_eq!(start(&ops[2..]), LEAST - 1, "too few");
        let mut ops = ops;
        ops.insert(1, Op { key: SectionKey::new("", "x"), change: Change::Remove });
        assert_eq!(start(&ops), 2);
        ops[1] = put(SectionKey::new("s", "\u{1}spot"), 1, false);
        assert_eq!(start(&ops), 2, "of the library itself");
        ops[1] = put(SectionKey::new("s", "00001"), 1, false);
        assert_eq!(start(&ops), 2, "the same key twice");
        ops[2..].reverse();
        assert_eq!(start(&ops), ops.len(), "descending");
    }

    #[test]
    fn whether_one_must_be_erased_is_known_at_once() {
        let mut ops = many(LEAST);
        assert!(!Sorted::parse(&encoded(&ops)).unwrap().is_erasable());
        ops[7] = put(ops[7].key.clone(), 1, true);
        assert!(Sorted::parse(&encoded(&ops)).unwrap().is_erasable());
    }
}
