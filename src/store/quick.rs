//! A fast hasher for the names by which every captured section is looked up.
//!
//! The standard hasher takes longer for a name than the rest of a lookup. This hasher is seeded per map as well, so
//! chosen names cannot be made to collide.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use twox_hash::XxHash3_64;

pub(crate) type QuickMap<K, V> = HashMap<K, V, Seeded>;

#[derive(Debug, Clone)]
pub(crate) struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(()))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Hashed;

    fn build_hasher(&self) -> Hashed {
        Hashed(self.0)
    }
}

/// The hash of the bytes so far, which seeds the next write.
#[derive(Debug)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = XxHash3_64::oneshot_with_seed(self.0, bytes);
    }

    /// Hashes the terminator of a `str`, which keeps adjacent strings apart. Here, each string is hashed by itself.
    fn write_u8(&mut self, end: u8) {
        self.0 ^= u64::from(end);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
