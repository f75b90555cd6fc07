//! Bytes from anywhere: damaged, or made to do damage.

#[cfg(feature = "bincode")]
use std::collections::{BTreeMap, HashMap};
#[cfg(feature = "bincode")]
use std::time::Instant;

use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_bytes_are_a_value_or_an_error(id in 1..=4_u8, bytes: Vec<u8>) {
        section::check(&[&[id], &bytes[..]].concat());
    }

    #[test]
    fn damaged_shapes_are_a_value_or_an_error(changes in proptest::collection::vec(any::<[u8; 3]>(), 1..6)) {
        section::check(&[&[section::DAMAGED], &changes.concat()[..]].concat());
    }

    #[test]
    fn damaged_values_are_a_value_or_an_error(
        id in 1..=4_u8,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut: Option<prop::sample::Index>,
    ) {
        let Some(codec) = Codec::from_id(id) else { return Ok(()) };
        let value = Node::Struct {
            name: "n".into(),
            children: vec![Node::Leaf(Box::new(leaf())), Node::Tuple(1, Some(Box::new(Node::Unit)))],
            by_name: [("k".into(), Node::Newtype(Box::new(Node::Unit)))].into(),
        };
        let mut bytes = encoded(codec, &value);
        for (index, byte) in damage {
            *index.get_mut(&mut bytes) = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.insert(0, id);
        section::check(&bytes);
    }
}

#[test]
fn a_value_cut_short_anywhere_is_refused() {
    for codec in codecs() {
        let bytes = encoded(codec, &leaf());
        for len in 0..bytes.len() {
            assert!(decode::<Leaf>(codec, &bytes[..len]).is_err(), "{codec:?} {len}");
        }
    }
}

#[test]
fn bytes_after_the_value_are_refused() {
    for codec in codecs() {
        for value in [encoded(codec, &leaf()), encoded(codec, &chain(2))] {
            for byte in 0..=u8::MAX {
                if codec.id() == 3 && byte.is_ascii_whitespace() {
                    continue;
                }
                let bytes = [&value[..], &[byte]].concat();
                let trailing = match decode::<Leaf>(codec, &bytes) {
                    Err(Cause::TrailingBytes) => true,
                    _ => decode::<Node>(codec, &bytes) == Err(Cause::TrailingBytes),
                };
                assert!(trailing, "{codec:?} {byte:#x}");
            }
        }
    }
}

#[cfg(any(feature = "bincode", feature = "msgpack", feature = "json"))]
/// So many times `open`: a value that ends in the middle, unless somebody stops before.
fn nested(open: &[u8]) -> Vec<u8> {
    open.repeat(20_000)
}

#[cfg(any(feature = "bincode", feature = "msgpack", feature = "json"))]
#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Lists(Vec<Lists>);

    on_a_thread(|| {
        #[cfg(feature = "bincode")]
        {
            assert_eq!(decode::<Node>(Codec::Bincode, &nested(&[1])), Err(Cause::TooDeep));
            assert_eq!(decode::<Lists>(Codec::Bincode, &nested(&[1])), Err(Cause::TooDeep));
        }
        #[cfg(feature = "msgpack")]
        {
            assert_eq!(decode::<Node>(Codec::MsgPack, &nested(b"\x81\xa7Newtype")), Err(Cause::TooDeep));
            assert_eq!(decode::<Lists>(Codec::MsgPack, &nested(b"\x91")), Err(Cause::TooDeep));
        }
        #[cfg(feature = "json")]
        {
            // `serde_json` has a limit of its own, at the same depth; whichever comes first.
            let (nodes, lists) = (nested(br#"{"Newtype":"#), nested(b"["));
            assert!(matches!(decode::<Node>(Codec::Json, &nodes), Err(Cause::TooDeep | Cause::NotTheJson { .. })));
            assert!(matches!(decode::<Lists>(Codec::Json, &lists), Err(Cause::TooDeep | Cause::NotTheJson { .. })));
        }
    });
}

#[cfg(any(feature = "msgpack", feature = "json"))]
#[test]
fn what_is_skipped_or_buffered_may_not_be_deep_either() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Skips {}

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Buffers {
        Lists(Vec<Buffers>),
    }

    on_a_thread(|| {
        #[cfg(feature = "msgpack")]
        {
            let skipped = [b"\x81\xa1x", &nested(b"\x91")[..]].concat();
            assert_eq!(decode::<Skips>(Codec::MsgPack, &skipped), Err(Cause::TooDeep));
            assert_eq!(decode::<Buffers>(Codec::MsgPack, &nested(b"\x91")), Err(Cause::TooDeep));
        }
        #[cfg(feature = "json")]
        {
            let skipped = [&br#"{"x":"#[..], &nested(b"[")].concat();
            assert_eq!(decode::<Skips>(Codec::Json, &skipped), Err(Cause::EndsEarly), "skipped without recursion");
            let buffered = decode::<Buffers>(Codec::Json, &nested(b"["));
            assert!(matches!(buffered, Err(Cause::TooDeep | Cause::NotTheJson { .. })), "{buffered:?}");
        }
    });
}

#[test]
fn types_that_nest_without_using_bytes_are_refused() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Endless(Box<Endless>);

    #[derive(Debug, PartialEq, Deserialize)]
    struct EndlessOption(Option<Box<EndlessOption>>);

    on_a_thread(|| {
        for codec in codecs() {
            let number = encoded(codec, &1_u8);
            assert_eq!(decode::<Endless>(codec, &number), Err(Cause::TooDeep), "{codec:?}");
            if codec.id() != 1 {
                assert_eq!(decode::<EndlessOption>(codec, &number), Err(Cause::TooDeep), "{codec:?}");
            }
        }
    });
}

/// A struct as wide as the state of a large window, in a list that is as deep as may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wide {
    numbers: [u64; 32],
    texts: (String, String, String, String),
    places: [(f64, f64); 16],
    next: Option<Box<Wide>>,
}

#[test]
fn wide_and_deep_values_fit_the_stack_too() {
    on_a_thread(|| {
        let wide = Wide {
            numbers: [u64::MAX; 32],
            texts: ("a".into(), "b".into(), "c".into(), "d".into()),
            places: [(0.5, 1.5); 16],
            next: None,
        };
        let deepest =
            (0..MAX_DEPTH / 2 - 2).fold(wide.clone(), |inner, _| Wide { next: Some(Box::new(inner)), ..wide.clone() });
        for codec in codecs() {
            assert_eq!(decode(codec, &encoded(codec, &deepest)), Ok(deepest.clone()), "{codec:?}");
        }
    });
}

#[cfg(feature = "bincode")]
/// bincode's form of a large number, as it stands before strings and sequences.
fn length(length: u64) -> Vec<u8> {
    [&[253][..], &length.to_le_bytes()].concat()
}

#[cfg(feature = "bincode")]
#[expect(clippy::zero_sized_map_values, reason = "that is the flood")]
#[test]
fn a_flood_of_elements_without_bytes_is_refused_at_once() {
    let start = Instant::now();
    for claimed in [1 << 20, 1 << 48, u64::MAX] {
        assert_eq!(decode::<Vec<()>>(Codec::Bincode, &length(claimed)), Err(Cause::TooManyElements));
        assert_eq!(decode::<Vec<[(); 32]>>(Codec::Bincode, &length(claimed)), Err(Cause::TooManyElements));
        assert_eq!(decode::<BTreeMap<(), ()>>(Codec::Bincode, &length(claimed)), Err(Cause::TooManyElements));
    }
    let many_small = [&[3][..], &[251, 0, 8].repeat(3)].concat();
    assert_eq!(decode::<Vec<Vec<()>>>(Codec::Bincode, &many_small), Err(Cause::TooManyElements), "in sum");
    assert!(start.elapsed().as_secs() < 5);
}

#[cfg(any(feature = "bincode", feature = "msgpack"))]
#[test]
fn a_length_without_the_bytes_allocates_nothing() {
    // An allocation of this size aborts the process; there is no error to see.
    #[cfg(feature = "bincode")]
    for claimed in [1 << 40, 1 << 60, u64::MAX >> 1, u64::MAX] {
        let bytes = length(claimed);
        assert_eq!(decode::<String>(Codec::Bincode, &bytes), Err(Cause::EndsEarly));
        assert_eq!(decode::<Box<str>>(Codec::Bincode, &bytes), Err(Cause::EndsEarly));
        assert_eq!(decode::<Bytes>(Codec::Bincode, &bytes), Err(Cause::EndsEarly));
        assert_eq!(decode::<Vec<u64>>(Codec::Bincode, &bytes), Err(Cause::TooManyElements));
        assert_eq!(decode::<HashMap<u64, u64>>(Codec::Bincode, &bytes), Err(Cause::TooManyElements));
    }
    #[cfg(feature = "msgpack")]
    {
        assert_eq!(decode::<String>(Codec::MsgPack, b"\xdb\xff\xff\xff\xff"), Err(Cause::EndsEarly));
        assert_eq!(decode::<Bytes>(Codec::MsgPack, b"\xc6\xff\xff\xff\xff"), Err(Cause::EndsEarly));
        assert_eq!(decode::<Vec<u8>>(Codec::MsgPack, b"\xdd\xff\xff\xff\xff"), Err(Cause::TooManyElements));
    }
}

#[cfg(feature = "bincode")]
mod hints {
    use serde::de::{Deserializer, SeqAccess, Visitor};

    use super::*;

    /// The sum of what this and what is in it was told to expect.
    struct Hints(usize);

    impl<'de> Deserialize<'de> for Hints {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_seq(Sum)
        }
    }

    /// The same for a type that expects far too much of itself.
    struct HintsOfTuple(usize);

    impl<'de> Deserialize<'de> for HintsOfTuple {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer
                .deserialize_tuple(usize::try_from(1_u64 << 40).unwrap_or(usize::MAX / 4), Sum)
                .map(|Hints(sum)| Self(sum))
        }
    }

    struct Sum;

    impl<'de> Visitor<'de> for Sum {
        type Value = Hints;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("sequences in sequences")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Hints, A::Error> {
            let mut sum = seq.size_hint().unwrap_or_default();
            // The lengths are lies, so the bytes end before the elements.
            while let Ok(Some(Hints(inner))) = seq.next_element() {
                sum += inner;
            }
            Ok(Hints(sum))
        }
    }

    #[test]
    fn no_more_elements_are_allocated_ahead_than_there_are_bytes() {
        let bytes = [251, 0, 2].repeat(6);
        let Hints(sum) = decode(Codec::Bincode, &bytes).unwrap();
        assert_eq!(sum, bytes.len());
        let HintsOfTuple(sum) = decode(Codec::Bincode, &bytes).unwrap();
        assert_eq!(sum, 2 * bytes.len(), "the tuple's own length, and those in it");
        let honest = encoded(Codec::Bincode, &vec![Vec::<()>::new(); 200]);
        let Hints(sum) = decode(Codec::Bincode, &honest).unwrap();
        assert_eq!(sum, 200);
    }
}

/// A place of the shape that is a definition of its own, again and again: a value of no bytes and any depth, or width.
#[test]
fn a_shape_that_makes_much_of_nothing_is_refused() {
    let stored = |shape: &[u8], value: &[u8]| {
        let mut bytes = Vec::new();
        crate::wire::put_bytes(&mut bytes, shape);
        bytes.extend_from_slice(value);
        bytes
    };
    on_a_thread(move || {
        let read =
            |shape: &[u8], value: &[u8]| decode::<serde::de::IgnoredAny>(Codec::Shaped, &stored(shape, value)).err();
        // A struct whose only field is that struct.
        assert_eq!(read(&[23, 1, 2, b'a', 27], &[]), Some(Cause::TooDeep));
        assert_eq!(decode::<Endless>(Codec::Shaped, &stored(&[23, 1, 2, b'a', 27], &[])), Err(Cause::TooDeep));
        // An option in an option, and so on: as deep as the bytes are long.
        assert_eq!(read(&[18].repeat(200), &[]), Some(Cause::EndsEarly));
        assert_eq!(read(&[18].repeat(2_000), &[]), Some(Cause::TooDeep));
        // Arrays of arrays of nothing; structs of a hundred units, in structs of a hundred of those, and so on.
        assert_eq!(read(&[&[22, 255, 127].repeat(6)[..], &[1]].concat(), &[]), Some(Cause::TooManyElements));
        let mut wide = vec![1];
        for level in 0..6_u8 {
            // The first field has the one before it whole, the others say its number; the numbers count from the outside.
            let fields = (1..100).flat_map(|_| [1, if level == 0 { 1 } else { 27 + 6 - level }]);
            wide = [&[23, 100][..], &[if level == 5 { 2 } else { 1 }][..], if level == 5 { b"a" } else { &[] }, &wide]
                .concat()
                .into_iter()
                .chain(fields)
                .collect();
        }
        assert_eq!(read(&wide, &[]), Some(Cause::TooManyElements));
        // No kind, no definition, no alternative, no variant of this number.
        assert_eq!(read(&[28], &[]), Some(Cause::Mismatch));
        assert_eq!(read(&[26, 0], &[0]), Some(Cause::Mismatch));
        assert_eq!(read(&[25, 0], &[0]), Some(Cause::Mismatch));
        assert_eq!(read(&[0], &[]), Some(Cause::Mismatch), "nobody has seen what is there");
        // More fields, variants or letters than the shape has bytes.
        for kind in [21, 23, 24, 25, 26] {
            assert_eq!(read(&[kind, 255, 255, 3], &[]), Some(Cause::EndsEarly));
        }
        assert_eq!(read(&[23, 1, 254, 1, b'a', 1], &[]), Some(Cause::EndsEarly));
    });
}

#[derive(Debug, PartialEq, Deserialize)]
struct Endless {
    a: Box<Endless>,
}
