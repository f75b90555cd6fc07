//! Other writers of the log, as far as they can be detected. Without a lock, two writers may not know of each other,
//! and neither may remove generations that the other continues.

use super::load::Loaded;
use crate::backend::{self, Backend, Generation};
use crate::sorted::SortedMap;

/// The generations that were stored when this process first looked.
#[derive(Debug, Default)]
pub(crate) struct Others {
    me: u64,
    /// The last frame of each generation whose frames were read; unknown for the others.
    seen: SortedMap<Generation, Option<u32>>,
}

impl Others {
    pub(crate) fn new(me: u64, stored: &[Generation], loaded: &Loaded) -> Self {
        let last = |generation: &Generation| loaded.read_to.get(generation).copied();
        Self { me, seen: stored.iter().map(|generation| (*generation, last(generation))).collect() }
    }

    /// Returns whether another writer began this generation, or wrote to it, since then.
    pub(super) fn write(&self, backend: &dyn Backend, generation: Generation) -> backend::Result<bool> {
        if generation.writer == self.me {
            return Ok(false);
        }
        Ok(match self.seen.get(&generation) {
            None => true,
            Some(None) => false,
            Some(Some(last)) => backend.frames(generation)?.into_iter().any(|index| index > *last),
        })
    }
}
