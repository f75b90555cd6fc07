//! Everything that encodes decodes, to the same value.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_value_comes_back_as_it_was(node in nodes(any::<f64>().boxed(), any::<f32>().boxed())) {
        check(Codec::Shaped, &node)?;
        #[cfg(feature = "bincode")]
        check(Codec::Bincode, &node)?;
        #[cfg(feature = "msgpack")]
        check(Codec::MsgPack, &node)?;
    }

    #[test]
    fn every_value_without_nan_comes_back_through_every_codec(node in nodes(finite64(), finite32())) {
        for codec in codecs() {
            check(codec, &node)?;
        }
    }

    #[test]
    fn every_nan_keeps_its_bits(bits: u64, single: u32) {
        check(Codec::Shaped, &Floats(f32::from_bits(single), f64::from_bits(bits)))?;
        #[cfg(feature = "bincode")]
        check(Codec::Bincode, &Floats(f32::from_bits(single), f64::from_bits(bits)))?;
    }

    #[test]
    fn options_in_options_keep_their_depth_or_are_refused(value: Option<Option<Option<u8>>>) {
        for codec in codecs() {
            let mut bytes = Vec::new();
            match encode(codec, &value, &mut bytes, usize::MAX) {
                Ok(()) => prop_assert_eq!(decode(codec, &bytes), Ok(value)),
                Err(cause) => {
                    prop_assert_eq!(cause, Cause::EmptySome);
                    prop_assert!(matches!(codec.id(), 2 | 3));
                }
            }
        }
    }

    #[test]
    fn keys_that_are_not_strings_come_back(
        numbers in btree_map(any::<i128>(), any::<u8>(), 0..5),
        letters in btree_map(any::<char>(), any::<bool>(), 0..5),
    ) {
        for codec in codecs() {
            check(codec, &(numbers.clone(), letters.clone()))?;
        }
    }
}

fn check<T>(codec: Codec, value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let mut bytes = b"kept".to_vec();
    encode(codec, value, &mut bytes, usize::MAX).map_err(|cause| TestCaseError::fail(cause.to_string()))?;
    let stored = bytes.strip_prefix(b"kept").unwrap();
    let restored = decode::<T>(codec, stored);
    prop_assert_eq!(restored.as_ref(), Ok(value), "{:?}", codec);
    Ok(())
}

fn nodes(doubles: BoxedStrategy<f64>, singles: BoxedStrategy<f32>) -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![Just(Node::Unit), leaves(doubles, singles).prop_map(|leaf| Node::Leaf(Box::new(leaf))),];
    leaf.prop_recursive(6, 32, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|node| Node::Newtype(Box::new(node))),
            (any::<i64>(), proptest::option::of(inner.clone().prop_map(Box::new)))
                .prop_map(|(number, node)| Node::Tuple(number, node)),
            (any::<String>(), vec(inner.clone(), 0..4), btree_map(any::<String>(), inner, 0..3))
                .prop_map(|(name, children, by_name)| Node::Struct { name, children, by_name }),
        ]
    })
}

fn leaves(doubles: BoxedStrategy<f64>, singles: BoxedStrategy<f32>) -> impl Strategy<Value = Leaf> {
    let numbers = (any::<(i8, i16, i32, i64, i128)>(), any::<(u8, u16, u32, u64, u128)>(), singles, doubles);
    let texts = (any::<char>(), any::<String>(), any::<Vec<u8>>(), any::<Option<String>>());
    let rest = (
        any::<Option<u8>>(),
        btree_map(any::<i32>(), btree_set(any::<char>(), 0..4), 0..4),
        0..10_usize,
        any::<(u16, [u8; 3])>(),
        any::<IpAddr>(),
        any::<Duration>(),
    );
    (any::<bool>(), numbers, texts, rest).prop_map(|(flag, numbers, texts, rest)| Leaf {
        flag,
        signed: numbers.0,
        unsigned: numbers.1,
        floats: Floats(numbers.2, numbers.3),
        letter: texts.0,
        text: texts.1.into(),
        bytes: Bytes(texts.2),
        optional: texts.3.map(Wrapper),
        outcome: rest.0.ok_or(Nothing),
        by_id: rest.1,
        units: vec![(); rest.2],
        unit: (),
        nothing: Nothing,
        pair: Pair(rest.3.0, rest.3.1),
        address: rest.4,
        lasted: rest.5,
    })
}

fn finite64() -> BoxedStrategy<f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |float| float.is_finite()).boxed()
}

fn finite32() -> BoxedStrategy<f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |float| float.is_finite()).boxed()
}

#[cfg(any(feature = "bincode", feature = "msgpack", feature = "json"))]
#[test]
fn a_type_that_looks_different_to_people_and_programs_is_asked_by_both() {
    let address = IpAddr::from([192, 168, 0, 1]);
    #[cfg(feature = "bincode")]
    assert_eq!(encoded(Codec::Bincode, &address), [0, 192, 168, 0, 1]);
    #[cfg(feature = "msgpack")]
    assert_eq!(encoded(Codec::MsgPack, &address), b"\x81\xa2V4\x94\xcc\xc0\xcc\xa8\x00\x01");
    #[cfg(feature = "json")]
    assert_eq!(encoded(Codec::Json, &address), b"\"192.168.0.1\"");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Before {
    amount: String,
    gone: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct After {
    #[serde(default)]
    added: u8,
    amount: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

#[cfg(feature = "bincode")]
#[test]
fn bincode_absorbs_no_change_of_the_type() {
    let stored = encoded(Codec::Bincode, &("12".to_owned(), 7_u32));
    assert!(decode::<Before>(Codec::Bincode, &stored).is_ok());
    assert_eq!(decode::<String>(Codec::Bincode, &stored), Err(Cause::TrailingBytes), "a field removed");
    assert_eq!(decode::<(Before, u8)>(Codec::Bincode, &stored), Err(Cause::EndsEarly), "a field added");
    assert_eq!(decode::<bool>(Codec::Bincode, &stored), Err(Cause::Mismatch), "another type");
}

#[test]
fn the_codecs_with_names_absorb_added_removed_and_flattened_fields() {
    for codec in codecs().filter(|codec| codec.id() != 1) {
        let stored = encoded(codec, &Before { amount: "12".into(), gone: 7 });
        let after: After = decode(codec, &stored).unwrap();
        assert_eq!(after, After { added: 0, amount: "12".into(), note: None, rest: [("gone".into(), 7)].into() });
        assert_eq!(decode(codec, &encoded(codec, &after)), Ok(after), "{codec:?}");
    }
}

/// Most maps are written entry by entry; some write a key, and later its value.
#[test]
fn a_map_that_is_written_in_halves_comes_back() {
    struct Halves;

    impl Serialize for Halves {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap;

            let mut map = serializer.serialize_map(Some(2))?;
            for (key, value) in [("a", 1_u32), ("b", 2)] {
                map.serialize_key(key)?;
                map.serialize_value(&value)?;
            }
            map.end()
        }
    }

    for codec in codecs() {
        let back: std::collections::BTreeMap<String, u32> = decode(codec, &encoded(codec, &Halves)).unwrap();
        assert_eq!(back, [("a".to_owned(), 1), ("b".to_owned(), 2)].into(), "{codec:?}");
    }
}

#[cfg(feature = "json")]
#[test]
fn a_variant_without_a_value_has_none() {
    assert_eq!(decode::<Node>(Codec::Json, br#"{"Unit":null}"#), Ok(Node::Unit));
    assert!(decode::<Node>(Codec::Json, br#"{"Unit":1}"#).is_err());
}
