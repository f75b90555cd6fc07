//! The codecs of other crates, each behind a cargo feature, within the same limits.

#[cfg(feature = "bincode")]
pub(super) mod bincode;
mod de;
mod guard;
#[cfg(feature = "json")]
pub(super) mod json;
#[cfg(feature = "msgpack")]
pub(super) mod msgpack;
mod ser;
mod writer;

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::de::Seed;
use self::guard::{At, Watch};
use self::ser::Guarded;
use self::writer::Capped;
use super::{Cause, Codec};

impl Codec {
    /// The size limit of the format: `MessagePack` has 32-bit lengths, and its serializer truncates longer ones.
    const fn most_bytes(self) -> usize {
        match self {
            #[cfg(feature = "msgpack")]
            Self::MsgPack => u32::MAX as usize,
            _ => usize::MAX,
        }
    }

    /// Returns whether the bytes contain neither names nor types, so that decoding follows the type alone.
    const fn is_positional(self) -> bool {
        match self {
            #[cfg(feature = "bincode")]
            Self::Bincode => true,
            _ => false,
        }
    }

    /// Returns whether the format has a single null, so that `None`, `()` and `Some(())` are written alike.
    const fn none_is_null(self) -> bool {
        !self.is_positional()
    }

    /// Returns whether NaN, infinities and unit structs are also written as null.
    const fn is_text(self) -> bool {
        match self {
            #[cfg(feature = "json")]
            Self::Json => true,
            _ => false,
        }
    }
}

/// Appends the bytes of `value`, which `write` encodes. After an error, `out` may end in a part of them.
pub(super) fn encode<T>(
    codec: Codec,
    value: &T,
    out: &mut Vec<u8>,
    limit: usize,
    write: impl FnOnce(&Guarded<'_, T>, Capped<'_>) -> Result<(), Cause>,
) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    let (start, limit) = (out.len(), limit.min(codec.most_bytes()));
    let watch = Watch::new(codec, limit);
    let result = write(&At::root(&watch).value(value), Capped::new(out, limit, &watch));
    watch.refused().map_or(result, Err)?;
    watch.check_claims(out.len().saturating_sub(start))
}

/// Decodes a value from exactly these bytes with `read`.
pub(super) fn decode<T: DeserializeOwned>(
    codec: Codec,
    bytes: &[u8],
    read: impl FnOnce(Seed<'_, PhantomData<T>>, &[u8]) -> Result<T, Cause>,
) -> Result<T, Cause> {
    let watch = Watch::new(codec, bytes.len());
    let result = read(At::root(&watch).seed(PhantomData), bytes);
    // A refusal is the true reason even if a `Deserialize` discarded the error it caused.
    watch.refused().map_or(result, Err)
}
