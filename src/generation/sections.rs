//! The sections of a state by key. Those of a large base stay in its directory until they are needed.

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use super::layers::{Bytes, Layer, Layers, Step};
use crate::backend::FrameId;
use crate::frame::{Change, Position, SectionKey, Sorted, Unreadable};
use crate::sorted::{Iter, SortedMap, SortedSet};

type Map = SortedMap<SectionKey, Layers>;

/// A map of sections. The methods here look at one section; every other method of the map first adds all sections of the
/// base to it.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    map: Map,
    base: Option<Base>,
    /// The map with all sections of the base, as soon as a shared reference needs it.
    all: OnceLock<Map>,
    trouble: OnceLock<Unreadable>,
}

/// The sections of a base that are not in the map yet.
#[derive(Debug)]
struct Base {
    sorted: Sorted,
    frame: FrameId,
    /// The offset of the bytes of the first section in the frame.
    payload: u64,
    /// The number of blocks whose sections were added to the map.
    moved: usize,
    /// The sections of the other blocks that the map had, and that were removed from it.
    removed: SortedSet<SectionKey>,
    /// The position after the section that was moved to the map last.
    next: Position,
}

impl Base {
    fn layers(&self, change: &Change, offset: u64) -> Layers {
        let Change::Put { meta, len, sum } = change else { return Layers::default() };
        let start = self.payload.saturating_add(offset);
        let bytes = Bytes::Stored(self.frame, start..start.saturating_add(*len));
        Layer { frame: 0, meta: *meta, sum: *sum, step: Step::Put { bytes } }.into()
    }

    /// Returns a section, and the position after it.
    fn find(&self, key: &SectionKey) -> Result<Option<(Layers, Position)>, Unreadable> {
        let found = self.sorted.find(key, self.next)?.filter(|(block, ..)| *block >= self.moved);
        let found = found.filter(|_| !self.removed.contains(key));
        Ok(found.map(|(_, (op, offset), after)| (self.layers(&op.change, offset), after)))
    }

    /// Finds a section that is moved to the map.
    fn take(&mut self, key: &SectionKey, trouble: &OnceLock<Unreadable>) -> Option<Layers> {
        match self.find(key) {
            Ok(found) => found.map(|(layers, after)| {
                self.next = after;
                layers
            }),
            Err(why) => {
                let _ = trouble.set(why);
                None
            }
        }
    }

    /// Returns at most `most` of the sections that neither the map has nor had.
    fn rest(&self, map: &Map, most: usize, trouble: &OnceLock<Unreadable>) -> Vec<(SectionKey, Layers)> {
        let mut rest = Vec::new();
        for section in self.sorted.from(self.moved).take(most) {
            match section {
                Ok((op, offset)) => {
                    if !self.removed.contains(&op.key) && !map.contains_key(&op.key) {
                        let layers = self.layers(&op.change, offset);
                        rest.push((op.key, layers));
                    }
                }
                Err(why) => drop(trouble.set(why)),
            }
        }
        rest
    }
}

/// The number of blocks that [`Sections::add_some`] adds: a fraction of a millisecond.
const SOME: usize = 16;

impl Sections {
    /// Adds the sections of a base, whose bytes begin at `payload` in the frame. Returns whether it did: there must be no
    /// section of an application yet.
    pub(super) fn add_base(&mut self, sorted: &Sorted, frame: FrameId, payload: u64) -> bool {
        let is_first = self.base.is_none() && self.all.get().is_none() && self.map.keys().all(SectionKey::is_own);
        if is_first {
            let (removed, next) = (SortedSet::new(), Position::default());
            self.base = Some(Base { sorted: sorted.clone(), frame, payload, moved: 0, removed, next });
        }
        is_first
    }

    /// Returns why a part of the base's directory cannot be read although its checksum is right, if that was found.
    pub(super) fn trouble(&self) -> Option<Unreadable> {
        self.trouble.get().copied()
    }

    /// Returns a section, after moving it from the base to the map if it is there.
    pub(crate) fn add(&mut self, key: &SectionKey) -> Option<&Layers> {
        self.settle();
        let Some(base) = &mut self.base else { return self.map.get(key) };
        self.map.get_or_insert_found(key.clone(), || base.take(key, &self.trouble)).map(|layers| &*layers)
    }

    /// Moves some sections from the base to the map. Returns whether there are more.
    pub(crate) fn add_some(&mut self) -> bool {
        self.settle();
        let Some(base) = &mut self.base else { return false };
        let rest = base.rest(&self.map, SOME * Sorted::BLOCK, &self.trouble);
        base.moved += SOME;
        let is_done = base.moved >= base.sorted.blocks() || self.trouble.get().is_some();
        self.map.extend(rest);
        if is_done {
            self.base = None;
        }
        !is_done
    }

    /// Returns the keys of the library's own sections, which no base lists sorted.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = &SectionKey> {
        self.all.get().unwrap_or(&self.map).keys().filter(|key| key.is_own())
    }

    /// Returns the sections in the map, and the frame that has all others, if there are others.
    pub(crate) fn read_and_unread(&self) -> (impl Iterator<Item = &Layers>, Option<FrameId>) {
        let base = self.base.as_ref().filter(|_| self.all.get().is_none());
        (self.all.get().unwrap_or(&self.map).values(), base.map(|base| base.frame))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.base.as_ref().is_none_or(|base| base.removed.len() >= base.sorted.len()) && self.deref().is_empty()
    }

    pub(crate) fn contains_key(&self, key: &SectionKey) -> bool {
        let map = self.all.get().unwrap_or(&self.map);
        map.contains_key(key) || self.is_in_base(key)
    }

    pub(crate) fn get(&self, key: &SectionKey) -> Option<&Layers> {
        let found = self.all.get().unwrap_or(&self.map).get(key);
        if found.is_some() || !self.is_in_base(key) { found } else { self.deref().get(key) }
    }

    fn is_in_base(&self, key: &SectionKey) -> bool {
        let base = self.base.as_ref().filter(|_| self.all.get().is_none());
        base.is_some_and(|base| match base.find(key) {
            Ok(found) => found.is_some(),
            Err(why) => {
                let _ = self.trouble.set(why);
                false
            }
        })
    }

    /// Returns the layers of a section, without any if it is new.
    pub(super) fn of(&mut self, key: &SectionKey) -> &mut Layers {
        self.settle();
        let mut in_base = || self.base.as_mut().and_then(|base| base.take(key, &self.trouble));
        self.map.get_or_insert(key.clone(), || in_base().unwrap_or_default())
    }

    pub(crate) fn insert(&mut self, key: SectionKey, layers: Layers) -> Option<Layers> {
        self.add(&key);
        self.map.insert(key, layers)
    }

    pub(crate) fn remove(&mut self, key: &SectionKey) -> Option<Layers> {
        self.settle();
        let known = self.map.remove(key);
        let Some(base) = &mut self.base else { return known };
        let found = known.map_or_else(|| Ok(base.find(key)?.map(|(layers, _)| layers)), |known| Ok(Some(known)));
        let removed = found.unwrap_or_else(|why| {
            let _ = self.trouble.set(why);
            None
        })?;
        base.removed.insert(key.clone());
        Some(removed)
    }

    /// Takes over the map that a shared reference made.
    fn settle(&mut self) {
        if let Some(all) = self.all.take() {
            (self.map, self.base) = (all, None);
        }
    }
}

impl Deref for Sections {
    type Target = Map;

    fn deref(&self) -> &Map {
        let Some(base) = &self.base else { return &self.map };
        self.all.get_or_init(|| {
            let mut all = base.rest(&self.map, usize::MAX, &self.trouble);
            all.extend(self.map.iter().map(|(key, layers)| (key.clone(), layers.clone())));
            all.into_iter().collect()
        })
    }
}

impl DerefMut for Sections {
    fn deref_mut(&mut self) -> &mut Map {
        self.settle();
        if let Some(base) = self.base.take() {
            let mut all = base.rest(&self.map, usize::MAX, &self.trouble);
            all.extend(std::mem::take(&mut self.map));
            self.map = all.into_iter().collect();
        }
        &mut self.map
    }
}

impl<'a> IntoIterator for &'a Sections {
    type Item = (&'a SectionKey, &'a Layers);
    type IntoIter = Iter<'a, SectionKey, Layers>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::backend::Generation;
    use crate::frame::{self, Body, Frame, Meta, Moment, Op, Point};
    use crate::time::Timestamp;

    fn meta(version: u32) -> Meta {
        Meta {
            version,
            codec: 4,
            private: false,
            sealed: false,
            erase_on_close: false,
            saved_at: Timestamp::default(),
            expires: None,
            stand_in: false,
            machine: None,
            group: None,
        }
    }

    fn key(number: u8) -> SectionKey {
        SectionKey::new(if number % 3 == 0 { "" } else { "s" }, &format!("{number:03}"))
    }

    /// The sections of a base with these keys, one byte each, as it is read.
    fn sorted(keys: &SortedSet<SectionKey>) -> (Sorted, FrameId) {
        let id = FrameId { generation: Generation { number: 2, writer: 7 }, index: 0 };
        let put = |key: &SectionKey| Op { key: key.clone(), change: Change::Put { meta: meta(1), len: 1, sum: 1 } };
        let at = Moment { wall: Timestamp::default(), monotonic: 0, synced: 0, after: None };
        let covers = Point { generation: Generation { number: 1, writer: 7 }, index: 0 };
        let (ops, trails, refused, past) = (keys.iter().map(put).collect(), Vec::new(), Vec::new(), Vec::new());
        let base = frame::Base { at, covers, ops, sorted: None, trails, refused, past };
        let mut bytes = Vec::new();
        frame::encode(id, &Body::Base(base), keys.iter().map(|_| &b"x"[..]), &mut bytes);
        let Body::Base(base) = Frame::parse_in_place(id, &bytes).unwrap().body else { panic!("a base was written") };
        (base.sorted.unwrap(), id)
    }

    fn other() -> Layers {
        let bytes = Bytes::Stored(FrameId { generation: Generation { number: 3, writer: 7 }, index: 1 }, 5..6);
        Layer { frame: 1, meta: meta(2), sum: 2, step: Step::Put { bytes } }.into()
    }

    #[derive(Debug, Clone)]
    enum Call {
        Add(u8),
        AddSome,
        Remove(u8),
        Insert(u8),
        Get(u8),
        Push(u8),
        All,
        AllMut,
    }

    fn call() -> impl Strategy<Value = Call> {
        prop_oneof![
            4 => any::<u8>().prop_map(Call::Add),
            1 => Just(Call::AddSome),
            4 => any::<u8>().prop_map(Call::Remove),
            4 => any::<u8>().prop_map(Call::Insert),
            1 => any::<u8>().prop_map(Call::Get),
            4 => any::<u8>().prop_map(Call::Push),
            1 => Just(Call::All),
            1 => Just(Call::AllMut),
        ]
    }

    /// The versions and frames of a section's changes.
    fn shape(layers: &Layers) -> String {
        format!("{layers:?}")
    }

    proptest! {
        #[test]
        fn sections_of_a_base_are_like_those_in_the_map_whatever_is_called(
            numbers in prop::collection::btree_set(any::<u8>(), 40..255),
            calls in prop::collection::vec(call(), 0..60),
        ) {
            let keys: SortedSet<_> = numbers.into_iter().map(key).collect();
            let (sorted, id) = sorted(&keys);
            let payload = 1_000;
            let mut sections = Sections::default();
            prop_assert!(sections.add_base(&sorted, id, payload));
            let in_base = |(at, key): (usize, &SectionKey)| {
                let start = payload + at as u64;
                let step = Step::Put { bytes: Bytes::Stored(id, start..start + 1) };
                (key.clone(), Layers::from(Layer { frame: 0, meta: meta(1), sum: 1, step }))
            };
            let mut model: Map = keys.iter().enumerate().map(in_base).collect();
            for call in calls {
                match call {
                    Call::Add(number) => {
                        let (found, expected) = (sections.add(&key(number)).map(shape), model.get(&key(number)).map(shape));
                        prop_assert_eq!(found, expected);
                    }
                    Call::AddSome => drop(sections.add_some()),
                    Call::Remove(number) => {
                        let removed = sections.remove(&key(number));
                        prop_assert_eq!(removed.as_ref().map(shape), model.remove(&key(number)).as_ref().map(shape));
                    }
                    Call::Insert(number) => {
                        sections.insert(key(number), other());
                        model.insert(key(number), other());
                    }
                    Call::Get(number) => {
                        let (found, expected) = (sections.get(&key(number)), model.get(&key(number)));
                        prop_assert_eq!(found.map(shape), expected.map(shape));
                    }
                    Call::Push(number) => {
                        let layer = other().newest().unwrap().clone();
                        sections.of(&key(number)).push(layer.clone());
                        model.get_or_default(key(number)).push(layer);
                    }
                    Call::All => prop_assert_eq!(sections.len(), model.len()),
                    Call::AllMut => prop_assert_eq!(sections.iter_mut().count(), model.len()),
                }
                for number in 0..=255 {
                    prop_assert_eq!(sections.contains_key(&key(number)), model.contains_key(&key(number)));
                }
                prop_assert_eq!(sections.is_empty(), model.is_empty());
            }
            let shapes = |map: &Map| map.iter().map(|(key, layers)| (key.clone(), shape(layers))).collect::<Vec<_>>();
            prop_assert_eq!(shapes(&sections), shapes(&model));
            prop_assert!(sections.trouble().is_none());
        }
    }

    #[test]
    fn base_is_not_parsed_for_one_of_its_sections() {
        let keys: SortedSet<_> = (0..=255).map(key).collect();
        let (sorted, id) = sorted(&keys);
        let mut sections = Sections::default();
        sections.add_base(&sorted, id, 0);
        sections.add(&key(7));
        assert!(sections.contains_key(&key(8)) && sections.get(&key(7)).is_some());
        sections.remove(&key(9));
        assert_eq!((sections.map.len(), sections.all.get().is_some()), (1, false));
        assert_eq!(sections.read_and_unread().1, Some(id));
        assert_eq!(sections.len(), 255);
    }
}
