//! Compared with the maps and sets of the standard library.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use proptest::prelude::*;

use super::{SortedMap, SortedSet, sort, sort_by_key};

#[derive(Debug, Clone)]
enum Call {
    Insert(u16),
    InsertNext,
    GetOrInsert(u16),
    GetOrFind(u16),
    Remove(u16),
    Pop,
    Retain(u16),
    ChangeFrom(u16),
    Clear,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        20 => (0..1_000_u16).prop_map(Call::Insert),
        20 => Just(Call::InsertNext),
        5 => (0..1_000_u16).prop_map(Call::GetOrInsert),
        5 => (0..1_000_u16).prop_map(Call::GetOrFind),
        10 => (0..1_000_u16).prop_map(Call::Remove),
        5 => Just(Call::Pop),
        1 => (2..9_u16).prop_map(Call::Retain),
        1 => (0..1_000_u16).prop_map(Call::ChangeFrom),
    ]
}

/// Does the same with both. Returns what each answers.
fn make(call: &Call, map: &mut SortedMap<u16, u64>, model: &mut BTreeMap<u16, u64>) -> [Option<u64>; 2] {
    match *call {
        Call::Insert(key) => [map.insert(key, 1), model.insert(key, 1)],
        Call::InsertNext => {
            let next = model.last_key_value().map_or(0, |(last, _)| last + 1);
            [map.insert(next, 2), model.insert(next, 2)]
        }
        Call::GetOrInsert(key) => [Some(*map.get_or_insert(key, || 3)), Some(*model.entry(key).or_insert(3))],
        Call::GetOrFind(key) => {
            let find = || (key % 2 == 0).then_some(4);
            if let Some(new) = find().filter(|_| !model.contains_key(&key)) {
                model.insert(key, new);
            }
            [map.get_or_insert_found(key, find).copied(), model.get(&key).copied()]
        }
        Call::Remove(key) => [map.remove(&key), model.remove(&key)],
        Call::Pop => [map.pop_first(), model.pop_first()].map(|entry| entry.map(|(key, _)| key.into())),
        Call::Retain(number) => {
            map.retain(|key, _| key % number != 0);
            model.retain(|key, _| key % number != 0);
            [None, None]
        }
        Call::ChangeFrom(start) => {
            map.range_mut(start..).for_each(|(_, value)| *value += 1);
            model.range_mut(start..).for_each(|(_, value)| *value += 1);
            [None, None]
        }
        Call::Clear => {
            map.clear();
            model.clear();
            [None, None]
        }
    }
}

proptest! {
    #[test]
    fn map_is_like_that_of_the_standard_library(calls in prop::collection::vec(call(), 0..600), at in 0..1_000_u16) {
        let (mut map, mut model) = (SortedMap::new(), BTreeMap::new());
        for call in calls.iter().chain(&[Call::ChangeFrom(at)]) {
            let [answer, expected] = make(call, &mut map, &mut model);
            prop_assert_eq!(answer, expected, "{:?}", call);
        }
        prop_assert!(map.iter().eq(&model));
        prop_assert!(map.iter().rev().eq(model.iter().rev()));
        prop_assert!(map.iter_mut().map(|(key, value)| (key, &*value)).eq(&model));
        prop_assert_eq!(map.len(), model.len());
        prop_assert_eq!(map.is_empty(), model.is_empty());
        for key in 0..1_000 {
            prop_assert_eq!(map.get(&key), model.get(&key));
            prop_assert_eq!(map.get_mut(&key), model.get_mut(&key));
            prop_assert_eq!(map.contains_key(&key), model.contains_key(&key));
        }
        let ranges = [
            (Bound::Included(at), Bound::Unbounded),
            (Bound::Excluded(at), Bound::Included(at + 100)),
            (Bound::Unbounded, Bound::Excluded(at)),
        ];
        for range in ranges {
            prop_assert!(map.range(range).eq(model.range(range)), "{range:?}");
        }
        // Equal whatever its chunks are.
        let again: SortedMap<_, _> = map.iter().map(|(key, value)| (*key, *value)).collect();
        prop_assert_eq!(&again, &map);
        make(&Call::Clear, &mut map, &mut model);
        prop_assert!(map.is_empty() && map.get(&at).is_none());
        prop_assert!(again.into_iter().map(|(key, _)| key).is_sorted());
    }

    #[test]
    fn list_is_sorted_like_by_the_standard_library(mut items in prop::collection::vec((0..9_u8, any::<u8>()), 0..300)) {
        let mut expected = items.clone();
        expected.sort_by_key(|(key, _)| Reverse(*key));
        sort_by_key(&mut items, |(key, _)| Reverse(*key));
        prop_assert_eq!(&items, &expected, "equal ones in their order");
        expected.sort_unstable();
        sort(&mut items);
        prop_assert_eq!(items, expected);
    }

    #[test]
    fn set_is_like_that_of_the_standard_library(calls in prop::collection::vec((0..3_u8, 0..300_u16), 0..600)) {
        let (mut set, mut model) = (SortedSet::new(), BTreeSet::new());
        for (call, key) in calls {
            let [answer, expected] = match call {
                0 => [set.remove(&key), model.remove(&key)],
                _ => [set.insert(key), model.insert(key)],
            };
            prop_assert_eq!(answer, expected);
        }
        prop_assert!(set.iter().eq(&model));
        prop_assert!((0..300).all(|key| set.contains(&key) == model.contains(&key) && set.get(&key) == model.get(&key)));
        prop_assert_eq!((set.len(), set.is_empty()), (model.len(), model.is_empty()));
        set.retain(|key| key % 3 == 0);
        model.retain(|key| key % 3 == 0);
        prop_assert!(set.clone().into_iter().eq(model));
        prop_assert_eq!(set.iter().copied().rev().collect::<SortedSet<_>>(), set);
    }
}

#[test]
fn hundred_thousand_keys_in_any_order_fill_chunks_and_are_found() {
    // Each number once, far from the one before.
    let keys = (0..100_000_u32).map(|number| number * 7_919 % 100_000);
    let set: SortedSet<u32> = keys.collect();
    assert!(set.iter().copied().eq(0..100_000));
    assert!((0..100_000).all(|key| set.contains(&key)) && !set.contains(&100_000));
}
