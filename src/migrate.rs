//! Values of older versions of a section, brought up to date while they are read.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::codec::{self, Cause, Codec};

/// What a [`Section`](crate::Section) does with a value that was stored in an older version.
///
/// Implemented by [`NoMigration`] and [`FromVersion`], and by nothing else.
#[expect(private_bounds, reason = "a bound that others cannot meet is what seals the trait")]
pub trait Migrate<T>: Read<T> {}

impl<T, M: Read<T>> Migrate<T> for M {}

pub(crate) trait Read<T> {
    /// `None` where there is no migration from this version.
    fn read(&self, version: u32, codec: Codec, bytes: &[u8]) -> Option<Result<T, Cause>>;
}

/// No older version can be read: the migrations of a new [`Section`](crate::Section).
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMigration;

/// One older version can be read, and those of `M`: what [`Section::from_version`](crate::Section::from_version) adds.
pub struct FromVersion<Old, F, M> {
    version: u32,
    migrate: F,
    others: M,
    old: PhantomData<fn() -> Old>,
}

impl<Old, F, M> FromVersion<Old, F, M> {
    pub(crate) fn new(version: u32, migrate: F, others: M) -> Self {
        Self { version, migrate, others, old: PhantomData }
    }
}

impl<Old, F: Clone, M: Clone> Clone for FromVersion<Old, F, M> {
    fn clone(&self) -> Self {
        Self::new(self.version, self.migrate.clone(), self.others.clone())
    }
}

impl<Old, F: Copy, M: Copy> Copy for FromVersion<Old, F, M> {}

impl<Old, F, M: fmt::Debug> fmt::Debug for FromVersion<Old, F, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromVersion")
            .field("version", &self.version)
            .field("others", &self.others)
            .finish_non_exhaustive()
    }
}

impl<T> Read<T> for NoMigration {
    fn read(&self, _: u32, _: Codec, _: &[u8]) -> Option<Result<T, Cause>> {
        None
    }
}

impl<T, Old, F, M> Read<T> for FromVersion<Old, F, M>
where
    Old: DeserializeOwned,
    F: Fn(Old) -> T,
    M: Read<T>,
{
    fn read(&self, version: u32, codec: Codec, bytes: &[u8]) -> Option<Result<T, Cause>> {
        if version == self.version {
            return Some(codec::decode(codec, bytes).map(&self.migrate));
        }
        self.others.read(version, codec, bytes)
    }
}
