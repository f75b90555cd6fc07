//! Who else writes here, as far as can be seen: a place without a lock may have two writers that know nothing of each
//! other, and neither may clear away what the other goes on with.

use std::collections::BTreeMap;
use std::io;

use super::load::Loaded;
use crate::backend::{Backend, Generation};

/// What was stored when this process looked for the first time.
#[derive(Debug, Default)]
pub(crate) struct Others {
    me: u64,
    /// Of the generations whose frames were read, the last one; of the others it is not known.
    seen: BTreeMap<Generation, Option<u32>>,
}

impl Others {
    pub(crate) fn new(me: u64, stored: &[Generation], loaded: &Loaded) -> Self {
        let last = |generation: &Generation| loaded.read_to.get(generation).copied();
        Self { me, seen: stored.iter().map(|generation| (*generation, last(generation))).collect() }
    }

    /// Whether somebody else began this generation, or wrote to it, since we looked.
    pub(super) fn write(&self, backend: &dyn Backend, generation: Generation) -> io::Result<bool> {
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
