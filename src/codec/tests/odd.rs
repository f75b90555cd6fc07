//! Types whose encoding depends on the value, and others that codecs stumble over: each comes back as it was.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserializer, Serializer};
use serde_json::{Value, json};

use super::*;

/// Each value alone; all in turn, one shape learning from all of them; and all within one value.
#[track_caller]
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: Vec<T>) {
    let mut live = Live::default();
    for value in &values {
        let alone = encoded(Codec::Shaped, value);
        assert_eq!(decode::<T>(Codec::Shaped, &alone).as_ref(), Ok(value), "alone");
        let mut bytes = Vec::new();
        super::super::encode(Codec::Shaped, value, &mut live, &mut bytes, usize::MAX).unwrap();
        assert_eq!(decode::<T>(Codec::Shaped, &bytes).as_ref(), Ok(value), "in turn");
    }
    // Learned from all of them, the shape does not change any more, and neither do the bytes of an equal value.
    for value in &values {
        let [mut one, mut two] = [Vec::new(), Vec::new()];
        super::super::encode(Codec::Shaped, value, &mut live, &mut one, usize::MAX).unwrap();
        super::super::encode(Codec::Shaped, value, &mut live, &mut two, usize::MAX).unwrap();
        assert_eq!(one, two);
    }
    assert_eq!(decode::<Vec<T>>(Codec::Shaped, &encoded(Codec::Shaped, &values)), Ok(values));
}

macro_rules! types {
    ($($item:item)*) => {$(#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)] $item)*};
}

types! {
    struct Inner { x: u32 }
    struct Flat { a: u32, #[serde(flatten)] inner: Inner }
    struct FlatMap { a: u32, #[serde(flatten)] rest: BTreeMap<String, Value> }
    struct FlatAddress { a: u32, #[serde(flatten)] inner: WithAddress }
    struct WithAddress { address: std::net::IpAddr }
    #[serde(untagged)] enum Untagged { Number(u32), Text(String), Fields { x: i8, y: Option<Box<Untagged>> }, List(Vec<Untagged>), Nothing }
    #[serde(tag = "t")] enum Tagged { Fields { x: u32 }, Unit, Inner(Inner), Options { x: String, z: Option<u8> } }
    #[serde(tag = "t", content = "c")] enum Adjacent { Number(u32), Fields { s: String }, Unit, Pair(u8, u8) }
    struct Skip { a: u32, #[serde(skip)] b: u32, c: u32 }
    struct SkipIf {
        a: u32,
        #[serde(skip_serializing_if = "Option::is_none", default)] b: Option<u32>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)] list: Vec<u8>,
        c: u32,
    }
    struct Unit;
    struct Empty {}
    struct New(u32);
    struct Pair(u32, String);
    struct Tree { label: String, left: Option<Box<Tree>>, right: Option<Box<Tree>> }
    enum Expression { Number(f64), Add(Box<Expression>, Box<Expression>), Call { name: String, arguments: Vec<Expression> }, Nil }
    struct Generic<T> { value: T, dirty: bool }
    struct Generics { a: Generic<u32>, b: Generic<String>, c: Generic<Option<bool>> }
    struct Times { lasted: std::time::Duration, at: std::time::SystemTime, range: std::ops::Range<u8>, result: Result<u8, String> }
    #[derive(Eq, PartialOrd, Ord, Hash)] struct Key { a: u8, b: String }
    #[derive(Eq, PartialOrd, Ord, Hash)] enum Named { Home, End }
}

#[test]
fn what_depends_on_the_value_comes_back() {
    same(vec![Flat { a: 1, inner: Inner { x: 2 } }]);
    let rest = [("k".to_owned(), json!([1, -1, "x", null, 1.5, {"a": true}]))].into();
    same(vec![FlatMap { a: 1, rest: BTreeMap::new() }, FlatMap { a: 1, rest }]);
    same(vec![FlatAddress { a: 1, inner: WithAddress { address: [127, 0, 0, 1].into() } }]);
    let fields = |y| Untagged::Fields { x: -1, y };
    same(vec![
        Untagged::Text("x".into()),
        Untagged::Number(7),
        fields(None),
        fields(Some(Box::new(Untagged::Number(3)))),
        Untagged::List(vec![Untagged::Number(1), Untagged::Text("z".into())]),
        Untagged::Nothing,
    ]);
    same(vec![
        Tagged::Fields { x: 3 },
        Tagged::Unit,
        Tagged::Inner(Inner { x: 9 }),
        Tagged::Options { x: "s".into(), z: None },
        Tagged::Options { x: "s".into(), z: Some(1) },
    ]);
    same(vec![Adjacent::Number(3), Adjacent::Fields { s: "s".into() }, Adjacent::Unit, Adjacent::Pair(1, 2)]);
    same(vec![json!({"a": [1, 2.5, "x", null, true, -4], "b": {}}), json!(null), json!([]), json!(u64::MAX)]);
    same(vec![Skip { a: 1, b: 0, c: 3 }]);
    let skip_if = |b, list| SkipIf { a: 1, b, list, c: 7 };
    same(vec![skip_if(None, vec![]), skip_if(Some(2), vec![]), skip_if(None, vec![1]), skip_if(Some(1), vec![1])]);
}

#[test]
fn what_other_codecs_stumble_over_comes_back() {
    same(vec![(u128::MAX, i128::MIN), (1, -1)]);
    same(vec!['a', 'ß', '\u{10ffff}']);
    same(vec![HashMap::from([(Key { a: 1, b: "x".into() }, 1_u8)])]);
    same(vec![BTreeMap::from([(Named::Home, 1_u8), (Named::End, 2)])]);
    same(vec![BTreeMap::from([(5_u32, BTreeMap::from([((1_u8, true), 1_u8)]))])]);
    same(vec![vec![], vec![1_u16, 300]]);
    same(vec![None, Some(5_u64)]);
    same(vec![(None, None), (Some(None), Some(())), (Some(Some(1_u8)), None)]);
    same(vec![((), Unit, Empty {}, New(5))]);
    same(vec![Pair(1, "x".into())]);
    same(vec![([1_u8; 4], [0.5_f32; 32], [[7_u16; 33].to_vec(), vec![]])]);
    same(vec![vec![-0.0_f64, f64::INFINITY, 0.1]]);
    let times = |result| Times { lasted: std::time::Duration::MAX, at: std::time::UNIX_EPOCH, range: 1..2, result };
    same(vec![times(Ok(1)), times(Err("e".into()))]);
    let generic = Generics {
        a: Generic { value: 1, dirty: true },
        b: Generic { value: "x".into(), dirty: false },
        c: Generic { value: Some(true), dirty: true },
    };
    same(vec![generic]);
}

fn tree(depth: u32) -> Tree {
    let child = || (depth > 0).then(|| Box::new(tree(depth - 1)));
    Tree { label: depth.to_string(), left: child(), right: child() }
}

#[test]
fn recursive_types_have_a_small_shape() {
    same(vec![tree(0), tree(4)]);
    let call = Expression::Call { name: "f".into(), arguments: vec![Expression::Nil, Expression::Number(2.0)] };
    same(vec![Expression::Nil, Expression::Add(Box::new(Expression::Number(1.0)), Box::new(call))]);
    let stored = encoded(Codec::Shaped, &tree(10));
    assert!(shape_len(&stored) < 64, "{} bytes for 2047 nodes", shape_len(&stored));
}

/// The shape is short here: its length is one byte.
fn shape_len(stored: &[u8]) -> usize {
    let [len @ 0..128, ..] = *stored else { panic!("a longer shape") };
    len.into()
}

/// Knows structs as maps only, as a visitor that was written for JSON may.
#[derive(Debug, PartialEq)]
struct ByHand(u32);

impl Serialize for ByHand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("ByHand", 1)?;
        fields.serialize_field("n", &self.0)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for ByHand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = ByHand;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByHand, A::Error> {
                let mut number = 0;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "n" {
                        number = map.next_value()?;
                    }
                }
                Ok(ByHand(number))
            }
        }

        deserializer.deserialize_struct("ByHand", &["n"], Fields)
    }
}

#[test]
fn a_visitor_that_knows_maps_only_gets_one() {
    same(vec![ByHand(4), ByHand(5)]);
}

/// Takes what it can get, and goes on as if nothing had happened.
#[derive(Debug)]
struct Swallows;

impl<'de> Deserialize<'de> for Swallows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Swallows;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a pair")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Swallows, A::Error> {
                assert!(seq.next_element::<(u8, bool)>().is_err());
                let _ = seq.next_element::<(u8, u8)>();
                Ok(Swallows)
            }
        }

        deserializer.deserialize_tuple(2, Pairs)
    }
}

#[test]
fn after_an_error_in_the_middle_nothing_is_handed_out() {
    let stored = encoded(Codec::Shaped, &((1_u8, 2_u8), (3_u8, 4_u8)));
    assert!(decode::<Swallows>(Codec::Shaped, &stored).is_err());
}

/// Says something else each time.
struct Restless(std::cell::Cell<u32>);

impl Serialize for Restless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.0.get();
        self.0.set(number + 1);
        let name: &'static str = Box::leak(number.to_string().into_boxed_str());
        let mut fields = serializer.serialize_struct("Restless", number as usize % 2)?;
        if number % 2 == 1 {
            fields.serialize_field(name, &number)?;
        }
        fields.end()
    }
}

#[test]
fn what_is_never_written_twice_the_same_comes_back_or_is_refused() {
    let restless = Restless(std::cell::Cell::new(0));
    let mut live = Live::default();
    for _ in 0..20 {
        let mut bytes = Vec::new();
        match super::super::encode(Codec::Shaped, &restless, &mut live, &mut bytes, usize::MAX) {
            Ok(()) => drop(decode::<BTreeMap<String, u32>>(Codec::Shaped, &bytes).unwrap()),
            Err(cause) => assert_eq!(cause, Cause::Unstable),
        }
    }
}

#[test]
fn a_panic_leaves_no_broken_shape() {
    struct Panics(bool);

    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("Panics", 2)?;
            fields.serialize_field("a", &1_u8)?;
            assert!(!self.0, "of the value's own making");
            fields.serialize_field("b", "text")?;
            fields.end()
        }
    }

    let mut live = Live::default();
    for panics in [false, true, false] {
        let mut bytes = Vec::new();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            super::super::encode(Codec::Shaped, &Panics(panics), &mut live, &mut bytes, usize::MAX).unwrap();
        }));
        assert_eq!(result.is_err(), panics);
        if !panics {
            let expected = BTreeMap::from([("a".to_owned(), json!(1)), ("b".to_owned(), json!("text"))]);
            assert_eq!(decode(Codec::Shaped, &bytes), Ok(expected));
        }
    }
}

/// A struct with so many fields, whose names begin with `prefix`.
struct WithFields(&'static str, usize);

impl Serialize for WithFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct(self.0, self.1)?;
        for number in 0..self.1 {
            fields.serialize_field(Box::leak(format!("{}{number}", self.0).into_boxed_str()), &())?;
        }
        fields.end()
    }
}

#[test]
fn a_shape_that_grows_without_end_is_begun_anew_or_refused() {
    let mut live = Live::default();
    let mut write = |value: &WithFields| {
        let mut bytes = Vec::new();
        super::super::encode(Codec::Shaped, value, &mut live, &mut bytes, usize::MAX).map(|()| bytes)
    };
    let error = write(&WithFields("many", 5_000)).unwrap_err();
    assert_eq!(error, Cause::ShapeTooLarge);
    assert!(error.to_string().contains("`Section::codec`"), "{error}");
    // Of these, each fits, and not all together.
    for name in ["a", "b", "c", "d", "e", "f"] {
        let bytes = write(&WithFields(name, 1_000)).unwrap();
        let names: BTreeMap<String, Value> = decode(Codec::Shaped, &bytes).unwrap();
        assert!(names.keys().all(|key| key.starts_with(name)) && names.len() == 1_000);
    }
}

#[test]
fn equal_bytes_are_the_same_value_only_if_both_shapes_say_so() {
    types! {
        struct Names { a: u8, b: u8 }
        struct Swapped { b: u8, a: u8 }
        enum Order { First, Second(u8) }
        enum Other { Second(u8) }
    }
    let is_same = |one: &[u8], other: &[u8]| {
        let may_be = super::super::may_be_same(4, one, other);
        let is = super::super::is_same(4, one, other);
        assert!(may_be || one == other, "all of these have equal bytes");
        is
    };
    let names = encoded(Codec::Shaped, &Names { a: 1, b: 2 });
    assert!(is_same(&names, &names));
    assert!(!is_same(&names, &encoded(Codec::Shaped, &Swapped { b: 1, a: 2 })));
    assert!(!is_same(&names, &encoded(Codec::Shaped, &(1_u8, 2_u8))));
    let second = encoded(Codec::Shaped, &Order::Second(7));
    let mut live = Live::default();
    let [mut first, mut grown] = [Vec::new(), Vec::new()];
    super::super::encode(Codec::Shaped, &Order::First, &mut live, &mut first, usize::MAX).unwrap();
    super::super::encode(Codec::Shaped, &Order::Second(7), &mut live, &mut grown, usize::MAX).unwrap();
    assert!(second != grown && is_same(&second, &grown) && is_same(&grown, &second), "it grew");
    // Variants of the same number and form, by other names.
    let signed = |value: Result<u8, u8>| encoded(Codec::Shaped, &value);
    let other = encoded(Codec::Shaped, &Other::Second(7));
    assert!(!is_same(&signed(Ok(7)), &other));
}
