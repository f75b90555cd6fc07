//! Encoding of section values to bytes and decoding.

#[cfg_attr(
    not(any(feature = "bincode", feature = "json", feature = "msgpack")),
    expect(dead_code, reason = "some causes arise in other codecs only")
)]
mod cause;
#[cfg(any(feature = "bincode", feature = "json", feature = "msgpack"))]
mod guarded;
mod shaped;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::cause::{Cause, Undecodable};
#[cfg(feature = "bincode")]
use self::guarded::bincode;
#[cfg(feature = "json")]
use self::guarded::json;
#[cfg(feature = "msgpack")]
use self::guarded::msgpack;
pub(crate) use self::shaped::Live;

/// The nesting depth at which a value is refused, when it is saved and when it is restored, in every codec.
///
/// A level is a sequence, tuple, map, struct, enum variant, `Some` or newtype. A `Box`, `Rc` or reference is not a
/// level, and neither is a number, a string or a unit. A tree of `struct Node { children: Vec<Node> }` uses two levels
/// for each level of the tree.
///
/// The limit fits the stack of an ordinary thread: nested data uses stack in proportion to its depth, and a stack
/// overflow kills the application without a catchable error, at every start. Restoring this many levels of a 600-byte
/// struct takes about 1.4 MiB of stack in an unoptimised build and less than half a MiB in an optimised build; a test
/// does this on the 2 MiB stack that Rust gives a thread. Put a large recursive type behind a `Box`.
pub(crate) const MAX_DEPTH: usize = 128;

/// The number of elements without bytes (`()`, unit structs) that a value may have, in addition to one element per
/// byte.
///
/// A sequence of ten units takes a few bytes, and so does a sequence of 2^48 units: without a limit, a few bytes could
/// make a reader loop 2^48 times.
pub(crate) const FREE_ELEMENTS: usize = 4096;

/// The format in which a section is stored.
///
/// [`Section::codec`](crate::Section::codec) sets it per section. The codec id is stored beside the bytes, so a section
/// whose codec was changed still reads the values stored before.
///
/// | | [`Shaped`](Self::Shaped) | `Bincode` | `MsgPack` | `Json` |
/// |---|---|---|---|---|
/// | bytes (a form of 4.6 kB) | 1, plus the shape | 1 | 1.6 | 2 |
/// | time to save, time to restore | 1.1, 1.1 | 1, 1 | 2, 1.4 | 4, 2 |
/// | a field added with `#[serde(default)]`, removed, or moved | restores | needs a new version | restores | restores |
/// | a change without a new version that does not fit | an error | an error, **or a wrong value** | an error | an error |
/// | `flatten`, `untagged`, `tag`, `skip_serializing_if` | yes | no | yes | yes |
/// | `NaN`, infinities | yes | yes | yes | refused when saving |
/// | `Some(None)`, `Some(())` | yes | yes | refused when saving | refused when saving |
/// | readable without the program | names, not values | no | by any `MessagePack` reader | by people |
///
/// A codec refuses to store a value that it cannot restore, as far as it can detect this while saving.
/// [`Section::round_trip`](crate::Section::round_trip) detects the remaining cases: call it once in a test. A debug
/// build reads the first value of each section back when it is saved.
///
/// ```
/// use leftoff::codec::Codec;
///
/// assert_eq!(Codec::default(), Codec::Shaped);
/// assert_eq!(Codec::from_id(Codec::Shaped.id()), Some(Codec::Shaped));
/// assert_eq!(Codec::from_id(200), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Codec {
    /// The value in bincode, preceded by its shape: the names of fields and variants, and the kind of each node.
    ///
    /// Matches changed types by name, as JSON does: serde's `default`, `alias` and `rename`, fields and variants added,
    /// removed and moved, numbers that became wider. A value that does not fit is an error, never another value: an
    /// integer is read as a float only if the float holds exactly this number. One exception is made: an `f64` is
    /// rounded to the nearest `f32`. Inside `flatten`, `untagged` and internally tagged enums, serde itself converts
    /// numbers, and rounds an integer to the nearest float. An `Option` field that was renamed without `alias` is
    /// `None`, by serde's rules.
    ///
    /// The shape takes about as many bytes as the names in it, 0.7 kB for 17 structs. It is stored once with each whole
    /// value: a change of a section above 512 bytes is stored as a difference, without the shape.
    #[default]
    Shaped,
    /// bincode 2 in its standard configuration: compact, with neither names nor types in the bytes.
    ///
    /// Every change of the type needs a new version of the section and a migration from the old version: see
    /// [`Section::migrations`](crate::Section::migrations). **A change without a new version can restore wrong
    /// values**: if two fields of the same type were swapped, their values are swapped, and the bytes contain nothing
    /// to detect it. Use it for versioned sections that are so large that a fifth of the encoding time matters.
    #[cfg(feature = "bincode")]
    #[cfg_attr(docsrs, doc(cfg(feature = "bincode")))]
    Bincode,
    /// `MessagePack` with named fields, for types that gain and lose fields.
    ///
    /// 128-bit integers are stored without a sign: a `u128` that is read as an `i128` can be another number.
    #[cfg(feature = "msgpack")]
    #[cfg_attr(docsrs, doc(cfg(feature = "msgpack")))]
    MsgPack,
    /// JSON, for state that people or other programs should be able to read.
    #[cfg(feature = "json")]
    #[cfg_attr(docsrs, doc(cfg(feature = "json")))]
    Json,
}

impl Codec {
    /// The nesting limit: a value this many levels deep is neither stored nor read.
    pub const MAX_DEPTH: usize = MAX_DEPTH;

    /// Returns the id stored beside the bytes: 1 bincode, 2 `MessagePack`, 3 JSON, 4 bincode with its shape.
    ///
    /// An id is never reused for another codec.
    pub const fn id(self) -> u8 {
        match self {
            Self::Shaped => 4,
            #[cfg(feature = "bincode")]
            Self::Bincode => 1,
            #[cfg(feature = "msgpack")]
            Self::MsgPack => 2,
            #[cfg(feature = "json")]
            Self::Json => 3,
        }
    }

    /// Returns the codec with this id; `None` if this build does not include it, such as 1 without the feature
    /// `bincode`.
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            #[cfg(feature = "bincode")]
            1 => Some(Self::Bincode),
            #[cfg(feature = "msgpack")]
            2 => Some(Self::MsgPack),
            #[cfg(feature = "json")]
            3 => Some(Self::Json),
            4 => Some(Self::Shaped),
            _ => None,
        }
    }
}

/// Returns the cargo feature that adds the codec with this id.
pub(crate) const fn feature_of(id: u8) -> Option<&'static str> {
    match id {
        1 => Some("bincode"),
        2 => Some("msgpack"),
        3 => Some("json"),
        _ => None,
    }
}

/// Appends the bytes of `value` to `out`, at most `limit` bytes. After an error, `out` is unchanged.
///
/// `live` caches the shape of the section's earlier values; only [`Codec::Shaped`] uses it.
pub(crate) fn encode<T>(codec: Codec, value: &T, live: &mut Live, out: &mut Vec<u8>, limit: usize) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    let start = out.len();
    let result = match codec {
        // Applies the same limits in its single pass.
        Codec::Shaped => shaped::encode(value, live, out, limit),
        #[cfg(feature = "bincode")]
        Codec::Bincode => guarded::encode(codec, value, out, limit, bincode::encode),
        #[cfg(feature = "msgpack")]
        Codec::MsgPack => guarded::encode(codec, value, out, limit, msgpack::encode),
        #[cfg(feature = "json")]
        Codec::Json => guarded::encode(codec, value, out, limit, json::encode),
    };
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Decodes a value from exactly these bytes.
pub(crate) fn decode<T: DeserializeOwned>(codec: Codec, bytes: &[u8]) -> Result<T, Undecodable> {
    let mut path = None;
    let result = match codec {
        Codec::Shaped => shaped::decode(bytes, &mut path),
        #[cfg(feature = "bincode")]
        Codec::Bincode => guarded::decode(codec, bytes, bincode::decode),
        #[cfg(feature = "msgpack")]
        Codec::MsgPack => guarded::decode(codec, bytes, msgpack::decode),
        #[cfg(feature = "json")]
        Codec::Json => guarded::decode(codec, bytes, json::decode),
    };
    result.map_err(|cause| Undecodable { cause, path })
}

/// Returns whether [`is_same`] is worth calling: only the shapes differ.
pub(crate) fn may_be_same(codec: u8, one: &[u8], other: &[u8]) -> bool {
    codec == Codec::Shaped.id() && shaped::may_be_same(one, other)
}

/// Returns whether two different byte strings of this codec are the same value.
pub(crate) fn is_same(codec: u8, one: &[u8], other: &[u8]) -> bool {
    codec == Codec::Shaped.id() && shaped::is_same(one, other)
}
