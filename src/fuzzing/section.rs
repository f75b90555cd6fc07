//! A type with something of everything, and what must hold of it for any bytes whatever.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::codec::{Cause, Codec, Live, decode, encode, is_same, may_be_same};

/// No codec's number: what follows is done to a good value of the default codec. Random bytes are hardly ever a shape.
pub(crate) const DAMAGED: u8 = 0;

/// Reads a value from bytes of any origin, with the codec that the first byte names. Panics where what was read is not
/// what is read again after it was written.
pub(crate) fn check(bytes: &[u8]) {
    if let Some((&DAMAGED, changes)) = bytes.split_first() {
        return check_shaped(changes);
    }
    let Some((codec, bytes)) = bytes.split_first().and_then(|(id, rest)| Some((Codec::from_id(*id)?, rest))) else {
        return;
    };
    let Ok(value) = decode::<Node>(codec, bytes) else { return };
    let mut again = Vec::new();
    if let Err(cause) = encode(codec, &value, &mut Live::default(), &mut again, usize::MAX) {
        // The bytes need not have been the shortest for their value, and each allows for an element that has none.
        assert_eq!(cause, Cause::TooManyElements, "a value that was read can be written");
        return;
    }
    assert_eq!(decode::<Node>(codec, &again), Ok(value), "what was written can be read");
}

/// Changes a stored value with its shape, by three bytes each: where (of both bytes), and what is there then; a place
/// beyond the end takes that many bytes away. Reads it as its type, as one that asks for anything, and as nothing.
fn check_shaped(changes: &[u8]) {
    let mut bytes = Vec::new();
    let stored = encode(Codec::Shaped, &sample(), &mut Live::default(), &mut bytes, usize::MAX);
    assert_eq!(stored, Ok(()));
    for change in changes.chunks_exact(3) {
        let &[low, high, byte] = change else { continue };
        let at = usize::from(u16::from_le_bytes([low, high]) % 1024);
        match bytes.get_mut(at) {
            Some(place) => *place = byte,
            None => bytes.truncate(bytes.len().saturating_sub(usize::from(byte))),
        }
    }
    if let Ok(node) = decode::<Node>(Codec::Shaped, &bytes) {
        let mut again = Vec::new();
        if encode(Codec::Shaped, &node, &mut Live::default(), &mut again, usize::MAX).is_ok() {
            assert_eq!(decode::<Node>(Codec::Shaped, &again), Ok(node), "what was written can be read");
        }
    }
    drop(decode::<Anything>(Codec::Shaped, &bytes));
    let _ = decode::<de::IgnoredAny>(Codec::Shaped, &bytes);
    drop(decode::<BTreeMap<String, Option<Vec<Anything>>>>(Codec::Shaped, &bytes));
    let whole = bytes.clone();
    assert!(!may_be_same(Codec::Shaped.id(), &bytes, &whole), "the same bytes have the same shape");
    is_same(Codec::Shaped.id(), &bytes, &bytes);
}

/// A value of every kind that serde has.
pub(crate) fn leaf() -> Leaf {
    Leaf {
        flag: true,
        signed: (-1, -300, -70_000, i64::MIN, i128::MIN),
        unsigned: (1, 300, 70_000, u64::MAX, u128::MAX),
        floats: Floats(0.1, -0.0),
        letter: 'ß',
        text: "Straße 42".into(),
        bytes: Bytes(vec![0, 1, 254, 255]),
        optional: Some(Wrapper("x".into())),
        outcome: Err(Nothing),
        by_id: [(-7, ['a', 'b'].into()), (250, [].into())].into(),
        units: vec![(); 3],
        unit: (),
        nothing: Nothing,
        pair: Pair(251, [1, 2, 3]),
        address: IpAddr::from([192, 168, 0, 1]),
        lasted: Duration::from_millis(1_500),
    }
}

/// Something of everything, in a few hundred bytes.
fn sample() -> Node {
    let children = vec![Node::Leaf(Box::new(leaf())), Node::Tuple(1, Some(Box::new(Node::Unit))), Node::Tuple(2, None)];
    let by_name = [("k".into(), Node::Newtype(Box::new(Node::Unit)))].into();
    Node::Struct { name: "n".into(), children, by_name }
}

/// Asks what comes next, and keeps nothing of it but the form.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "reading it is the point")]
enum Anything {
    Flag(bool),
    Number(i64),
    Float(f64),
    Text(String),
    List(Vec<Anything>),
    Fields(BTreeMap<String, Anything>),
    Option(Option<Box<Anything>>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Node {
    Unit,
    Newtype(Box<Node>),
    Tuple(i64, Option<Box<Node>>),
    Struct { name: String, children: Vec<Node>, by_name: BTreeMap<String, Node> },
    Leaf(Box<Leaf>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Leaf {
    pub(crate) flag: bool,
    pub(crate) signed: (i8, i16, i32, i64, i128),
    pub(crate) unsigned: (u8, u16, u32, u64, u128),
    pub(crate) floats: Floats,
    pub(crate) letter: char,
    pub(crate) text: Box<str>,
    pub(crate) bytes: Bytes,
    pub(crate) optional: Option<Wrapper<String>>,
    pub(crate) outcome: Result<u8, Nothing>,
    pub(crate) by_id: BTreeMap<i32, BTreeSet<char>>,
    pub(crate) units: Vec<()>,
    pub(crate) unit: (),
    pub(crate) nothing: Nothing,
    pub(crate) pair: Pair,
    /// Text where people read it, numbers where they do not.
    pub(crate) address: IpAddr,
    pub(crate) lasted: Duration,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Nothing;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair(pub(crate) u16, pub(crate) [u8; 3]);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wrapper<T>(pub(crate) T);

/// Equal where the bits are, so that `NaN` is equal to itself and zero not to its negative.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Floats(pub(crate) f32, pub(crate) f64);

impl PartialEq for Floats {
    fn eq(&self, other: &Self) -> bool {
        (self.0.to_bits(), self.1.to_bits()) == (other.0.to_bits(), other.1.to_bits())
    }
}

/// Serialized as bytes, which serde's own `Vec<u8>` is not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Visitor)
    }
}
