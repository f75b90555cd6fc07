//! A type with something of everything, and what must hold of it for any bytes whatever.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Cause, Codec, Live, decode, encode};

/// Reads a value from bytes of any origin, with the codec that the first byte names. Panics where what was read is not
/// what is read again after it was written.
pub(crate) fn fuzz_section(bytes: &[u8]) {
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Node {
    Unit,
    Newtype(Box<Node>),
    Tuple(i64, Option<Box<Node>>),
    Struct { name: String, children: Vec<Node>, by_name: BTreeMap<String, Node> },
    Leaf(Box<Leaf>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Leaf {
    pub(super) flag: bool,
    pub(super) signed: (i8, i16, i32, i64, i128),
    pub(super) unsigned: (u8, u16, u32, u64, u128),
    pub(super) floats: Floats,
    pub(super) letter: char,
    pub(super) text: Box<str>,
    pub(super) bytes: Bytes,
    pub(super) optional: Option<Wrapper<String>>,
    pub(super) outcome: Result<u8, Nothing>,
    pub(super) by_id: BTreeMap<i32, BTreeSet<char>>,
    pub(super) units: Vec<()>,
    pub(super) unit: (),
    pub(super) nothing: Nothing,
    pub(super) pair: Pair,
    /// Text where people read it, numbers where they do not.
    pub(super) address: IpAddr,
    pub(super) lasted: Duration,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Nothing;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair(pub(super) u16, pub(super) [u8; 3]);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Wrapper<T>(pub(super) T);

/// Equal where the bits are, so that `NaN` is equal to itself and zero not to its negative.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Floats(pub(super) f32, pub(super) f64);

impl PartialEq for Floats {
    fn eq(&self, other: &Self) -> bool {
        (self.0.to_bits(), self.1.to_bits()) == (other.0.to_bits(), other.1.to_bits())
    }
}

/// Serialized as bytes, which serde's own `Vec<u8>` is not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bytes(pub(super) Vec<u8>);

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
