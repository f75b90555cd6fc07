//! Conversion of values stored in older versions of a section.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::codec::{self, Codec, Undecodable};
use crate::error::Source;

/// Converts a value stored in an older version of a [`Section`](crate::Section) to the present type.
///
/// The list of migrations is part of the section's constant, so every restore uses it. See
/// [`Section::migrations`](crate::Section::migrations).
pub struct Migration<T> {
    pub(crate) version: u32,
    read: fn(Codec, &[u8]) -> Result<T, Unmigrated>,
}

/// The reason a migration failed.
pub(crate) enum Unmigrated {
    /// The bytes are not a value of the old type.
    Undecodable(Undecodable),
    /// The application's conversion returned an error.
    Refused(Source),
}

impl<T> Migration<T> {
    /// Converts values stored in `version`, whose type was `Old`.
    ///
    /// The conversion is `From<Old> for T`, or `TryFrom<Old> for T` if it can fail. If the conversion fails, the value
    /// stays stored, and reading it returns [`ErrorKind::Decode`](crate::ErrorKind::Decode).
    #[must_use]
    pub const fn from<Old>(version: u32) -> Self
    where
        Old: DeserializeOwned,
        T: TryFrom<Old>,
        T::Error: std::error::Error + Send + Sync + 'static,
    {
        Self { version, read: read::<Old, T> }
    }

    pub(crate) fn read(&self, codec: Codec, bytes: &[u8]) -> Result<T, Unmigrated> {
        (self.read)(codec, bytes)
    }
}

fn read<Old, T>(codec: Codec, bytes: &[u8]) -> Result<T, Unmigrated>
where
    Old: DeserializeOwned,
    T: TryFrom<Old>,
    T::Error: std::error::Error + Send + Sync + 'static,
{
    let old = codec::decode(codec, bytes).map_err(Unmigrated::Undecodable)?;
    T::try_from(old).map_err(|error| Unmigrated::Refused(Arc::new(error)))
}

impl<T> Clone for Migration<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Migration<T> {}

impl<T> fmt::Debug for Migration<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration").field("version", &self.version).finish_non_exhaustive()
    }
}
