//! How the value of a section becomes bytes and comes back.

mod bincode;
mod cause;
mod de;
mod guard;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod ser;
mod shaped;
#[cfg(test)]
mod tests;
mod writer;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::cause::Cause;
use self::guard::{At, Watch};
pub(crate) use self::shaped::Live;
use self::writer::Capped;

/// How deeply a value may be nested: at this many levels inside each other it is refused, when it is saved and when it
/// is restored, in every codec.
///
/// A level is a sequence, tuple, map, struct, enum variant, `Some` or newtype. `Box` and its like are none, and neither
/// is a number, a string or a unit. A tree of `struct Node { children: Vec<Node> }` uses two levels for each of its own.
///
/// The number is what the stack of an ordinary thread carries: nested data costs stack in proportion to its depth, and a
/// stack that overflows kills the application, with no error to catch, at every start. Restoring this many levels of a
/// struct of 600 bytes takes some 1.4 MiB of stack in an unoptimized build and less than half of one in an optimized build; a
/// test does it on the 2 MiB that Rust gives a thread. Put what is large and nests in itself behind a `Box`.
pub(crate) const MAX_DEPTH: usize = 128;

/// How many elements without a byte of their own (`()`, unit structs) a value may hold, in addition to one for each byte.
///
/// A sequence of ten units is two bytes long, and so is one of 2^48; somebody has to stop counting.
pub(crate) const FREE_ELEMENTS: usize = 4096;

/// The format a section is stored in.
///
/// Chosen per section with [`Section::codec`](crate::Section::codec), and noted beside the stored bytes: a section whose
/// codec was changed still reads what was stored before.
///
/// | | [`Shaped`](Self::Shaped) | [`Bincode`](Self::Bincode) | `MsgPack` | `Json` |
/// |---|---|---|---|---|
/// | bytes (a form of 4.6 kB) | 1 and the shape | 1 | 1.6 | 2 |
/// | time to save, time to restore | 1.1, 1.1 | 1, 1 | 2, 1.4 | 4, 2 |
/// | a field added with `#[serde(default)]`, removed, or moved | restores | needs a new version | restores | restores |
/// | a change without a new version that does not fit | an error | an error, **or a wrong value** | an error | an error |
/// | `flatten`, `untagged`, `tag`, `skip_serializing_if` | yes | no | yes | yes |
/// | `NaN`, infinities | yes | yes | yes | refused when saving |
/// | `Some(None)`, `Some(())` | yes | yes | refused when saving | refused when saving |
/// | readable without the program | names, not values | no | by any `MessagePack` reader | by people |
///
/// What a codec cannot give back it refuses to store, as far as this can be seen while saving.
/// [`Section::round_trip`](crate::Section::round_trip) tells the rest: call it once in a test.
/// In debug builds, a session reads the first value of each section back when it is saved.
///
/// ```
/// use leftoff::codec::Codec;
///
/// assert_eq!(Codec::default(), Codec::Shaped);
/// assert_eq!(Codec::from_id(Codec::Bincode.id()), Some(Codec::Bincode));
/// assert_eq!(Codec::from_id(200), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Codec {
    /// bincode's bytes, with the shape of what was written in front of them: the names of fields and variants, and the
    /// kind of each place.
    ///
    /// Reads what has changed by name, as JSON does: serde's `default`, `alias` and `rename`, fields and variants added,
    /// removed and moved, numbers that got wider. What does not fit is an error, never another value.
    ///
    /// The shape takes about as many bytes as the names in it, 0.7 kB for 17 structs. It is stored once for each whole
    /// value: a change of a section above 512 bytes is stored as the difference, without it.
    #[default]
    Shaped,
    /// bincode 2 in its standard configuration: compact, with neither names nor types in the bytes.
    ///
    /// It absorbs no change of the type at all: each change is a new version of the section, with
    /// [`Section::migrations`](crate::Section::migrations) for those stored before. **A change without a new version
    /// can give wrong values**: two fields of one type that were swapped come back swapped, and nothing in the bytes
    /// tells. For sections so large that a fifth of the encoding time matters, and that have versions.
    Bincode,
    /// `MessagePack` with named fields, for types that gain and lose fields.
    #[cfg(feature = "msgpack")]
    #[cfg_attr(docsrs, doc(cfg(feature = "msgpack")))]
    MsgPack,
    /// JSON, for state that people or other programs should be able to read.
    #[cfg(feature = "json")]
    #[cfg_attr(docsrs, doc(cfg(feature = "json")))]
    Json,
}

impl Codec {
    /// The deepest nesting of a value that is stored or read, in levels.
    pub const MAX_DEPTH: usize = MAX_DEPTH;

    /// The number stored beside the bytes: 1 bincode, 2 `MessagePack`, 3 JSON, 4 bincode with its shape. A number is
    /// never given to another codec.
    pub const fn id(self) -> u8 {
        match self {
            Self::Shaped => 4,
            Self::Bincode => 1,
            #[cfg(feature = "msgpack")]
            Self::MsgPack => 2,
            #[cfg(feature = "json")]
            Self::Json => 3,
        }
    }

    /// The codec with this number; `None` where this build does not have it.
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            1 => Some(Self::Bincode),
            #[cfg(feature = "msgpack")]
            2 => Some(Self::MsgPack),
            #[cfg(feature = "json")]
            3 => Some(Self::Json),
            4 => Some(Self::Shaped),
            _ => None,
        }
    }

    /// `MessagePack` has 32 bits for a length, and its serializer cuts off the rest.
    const fn most_bytes(self) -> usize {
        match self {
            #[cfg(feature = "msgpack")]
            Self::MsgPack => u32::MAX as usize,
            _ => usize::MAX,
        }
    }

    /// Whether the bytes carry neither names nor types, so that the type alone says what comes next.
    const fn is_positional(self) -> bool {
        matches!(self, Self::Bincode)
    }

    /// Whether there is but one "nothing": `None`, `()` and what contains only them look the same.
    const fn none_is_null(self) -> bool {
        !matches!(self, Self::Bincode | Self::Shaped)
    }

    /// Whether numbers that are none, and unit structs, are written as "nothing" too.
    const fn is_text(self) -> bool {
        match self {
            #[cfg(feature = "json")]
            Self::Json => true,
            _ => false,
        }
    }
}

/// Appends the bytes of `value`, at most `limit` of them. After an error `out` is what it was before.
///
/// `live` is what was learned of the section's values so far; only [`Codec::Shaped`] looks at it.
pub(crate) fn encode<T>(codec: Codec, value: &T, live: &mut Live, out: &mut Vec<u8>, limit: usize) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    let start = out.len();
    let result = encode_guarded(codec, value, live, out, limit.min(codec.most_bytes()));
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// The value of exactly these bytes.
pub(crate) fn decode<T: DeserializeOwned>(codec: Codec, bytes: &[u8]) -> Result<T, Cause> {
    let watch = Watch::new(codec, bytes.len());
    let seed = At::root(&watch).seed(std::marker::PhantomData::<T>);
    let result = match codec {
        Codec::Shaped => return shaped::decode(bytes),
        Codec::Bincode => bincode::decode(seed, bytes),
        #[cfg(feature = "msgpack")]
        Codec::MsgPack => msgpack::decode(seed, bytes),
        #[cfg(feature = "json")]
        Codec::Json => json::decode(seed, bytes),
    };
    // A refusal is the true reason even where a `Deserialize` swallowed the error it caused.
    watch.refused().map_or(result, Err)
}

/// Whether [`is_same`] is worth a look: all but the shapes is equal.
pub(crate) fn may_be_same(codec: u8, one: &[u8], other: &[u8]) -> bool {
    codec == Codec::Shaped.id() && shaped::may_be_same(one, other)
}

/// Whether stored values of this codec, which are not the same bytes, are the same value.
pub(crate) fn is_same(codec: u8, one: &[u8], other: &[u8]) -> bool {
    codec == Codec::Shaped.id() && shaped::is_same(one, other)
}

fn encode_guarded<T>(codec: Codec, value: &T, live: &mut Live, out: &mut Vec<u8>, limit: usize) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    let start = out.len();
    let watch = Watch::new(codec, limit);
    let guarded = At::root(&watch).value(value);
    let writer = Capped::new(out, limit, &watch);
    let result = match codec {
        // It has the same rules, woven into the one pass it makes.
        Codec::Shaped => return shaped::encode(value, live, out, limit),
        Codec::Bincode => bincode::encode(&guarded, writer),
        #[cfg(feature = "msgpack")]
        Codec::MsgPack => msgpack::encode(&guarded, writer),
        #[cfg(feature = "json")]
        Codec::Json => json::encode(&guarded, writer),
    };
    watch.refused().map_or(result, Err)?;
    watch.check_claims(out.len().saturating_sub(start))
}
