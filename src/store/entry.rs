//! What this launch knows of each section: what the log has, and what was captured since.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::codec;
use crate::frame::{Change, Meta, Op, Parked, SectionKey, checksum};

/// A section's bytes as the log has them now, kept so that the next save can write the difference only.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) sum: u64,
    pub(crate) meta: Meta,
    /// Checksum of other bytes that are the same value: the shape in front of them has grown since.
    pub(crate) alike: Cell<Option<u64>>,
}

impl Stored {
    pub(crate) fn new(bytes: Arc<Vec<u8>>, sum: u64, meta: Meta) -> Self {
        Self { bytes, sum, meta, alike: Cell::default() }
    }

    /// Whether these bytes are the stored value.
    fn is(&self, bytes: &[u8]) -> bool {
        if self.bytes.as_slice() == bytes {
            return true;
        }
        // Where the bytes behind the shapes are equal, too, the shape may have grown: one look at the values, and after
        // that at the sum.
        if !codec::may_be_same(self.meta.codec, &self.bytes, bytes) {
            return false;
        }
        let sum = checksum(bytes);
        if self.alike.get() == Some(sum) {
            return true;
        }
        let is_same = codec::is_same(self.meta.codec, &self.bytes, bytes);
        if is_same {
            self.alike.set(Some(sum));
        }
        is_same
    }
}

/// Captured and not written yet.
#[derive(Clone)]
pub(crate) struct Latest {
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) meta: Meta,
}

#[derive(Default)]
pub(crate) struct Entry {
    pub(crate) stored: Option<Stored>,
    pub(crate) latest: Option<Latest>,
    /// Taken away by the application, and the log does not know yet.
    pub(crate) removed: bool,
    /// Bytes of patches on top of the last whole value that this launch wrote.
    patched: usize,
    /// The application's own word for "this has not changed".
    pub(crate) revision: Option<u64>,
    /// The value last handed over by pointer; holding it keeps its address from being used again.
    pub(crate) shared: Option<Arc<dyn Any + Send + Sync>>,
    /// The log's value was not handed out, for this reason: it must not vanish when another one takes its place.
    pub(crate) unread: Option<Parked>,
    /// It could not, and another one is captured: the old one must not vanish when that is written.
    pub(crate) park: Option<Parked>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = |bytes: &Arc<Vec<u8>>| bytes.len();
        f.debug_struct("Entry")
            .field("stored_bytes", &self.stored.as_ref().map(|stored| len(&stored.bytes)))
            .field("latest_bytes", &self.latest.as_ref().map(|latest| len(&latest.bytes)))
            .field("removed", &self.removed)
            .field("park", &self.park)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// Whether the log already has exactly this.
    pub(crate) fn has(&self, bytes: &[u8], meta: &Meta) -> bool {
        // What expires is written again when a quarter of its life is gone: the time counts from the last save.
        let aged = |old: &Meta, life: Duration| meta.saved_at.since(old.saved_at).is_none_or(|age| age > life / 4);
        let same = |old: &Meta| {
            Meta { saved_at: meta.saved_at, machine: meta.machine, ..*old } == *meta
                && !meta.expires.is_some_and(|life| aged(old, life))
        };
        self.latest.is_none()
            && !self.removed
            && self.stored.as_ref().is_some_and(|stored| same(&stored.meta) && stored.is(bytes))
    }

    /// Whether this process knows better than what it read at the start.
    pub(crate) fn is_known(&self) -> bool {
        self.stored.is_some() || self.latest.is_some() || self.removed
    }

    /// Of the value it has, if it has one.
    pub(crate) fn present(&self) -> Option<&Meta> {
        let latest = self.latest.as_ref().map(|latest| &latest.meta);
        latest.or(self.stored.as_ref().map(|stored| &stored.meta)).filter(|_| !self.removed)
    }

    /// The log has it no more. Whether it is to be written again.
    pub(super) fn tell_again(&mut self, erase: bool) -> bool {
        let stored = self.stored.take().filter(|stored| !(erase && stored.meta.erase_on_close));
        let stored = stored.map(|Stored { bytes, meta, .. }| Latest { bytes, meta });
        self.latest = self.latest.take().or(stored);
        self.latest.is_some()
    }

    /// The application took it away.
    pub(crate) fn remove(&mut self) {
        *self = Self { removed: true, ..Self::default() };
    }

    /// What to write for it, with the bytes of that appended to `payload`.
    ///
    /// What is taken here is no longer to be done: the entry may change again while the write is on its way.
    pub(crate) fn take_changes(&mut self, key: &SectionKey, ops: &mut Vec<Op>, payload: &mut Vec<u8>) -> Taken {
        let mut push = |change| ops.push(Op { key: key.clone(), change });
        let (park, removed) = (self.park.take(), std::mem::take(&mut self.removed));
        if let Some(why) = park {
            push(Change::Park { why });
        }
        let Some(Latest { bytes, meta }) = &self.latest else {
            if removed {
                push(Change::Remove);
            }
            return Taken { park, removed, stored: None };
        };
        let sum = checksum(bytes);
        // A chain of patches is only as good as its first link: small values are written whole, and larger ones as soon
        // as their patches add up to them.
        let may_patch = park.is_none() && !removed && bytes.len() > ALWAYS_WHOLE && self.patched < bytes.len();
        let stored = self.stored.as_ref().filter(|_| may_patch);
        match stored.and_then(|stored| Difference::between(stored, bytes)) {
            Some(Difference { prefix, suffix, middle, base }) => {
                self.patched += PATCH_COST + middle.len();
                payload.extend_from_slice(middle);
                let (len, prefix, suffix) = (middle.len() as u64, prefix as u64, suffix as u64);
                push(Change::Patch { meta: *meta, len, prefix, suffix, base, sum });
            }
            None => {
                self.patched = 0;
                payload.extend_from_slice(bytes);
                push(Change::Put { meta: *meta, len: bytes.len() as u64, sum });
            }
        }
        Taken { park, removed, stored: Some(Stored::new(Arc::clone(bytes), sum, *meta)) }
    }

    /// The write succeeded. Returns what the log had before.
    pub(crate) fn written(&mut self, taken: Taken) -> Option<Stored> {
        // Captured again while the write was on its way: that capture is still to be written.
        let is_newer =
            |latest: &Latest| taken.stored.as_ref().is_none_or(|stored| !Arc::ptr_eq(&latest.bytes, &stored.bytes));
        self.latest = self.latest.take().filter(is_newer);
        std::mem::replace(&mut self.stored, taken.stored)
    }

    /// The write failed, or so it seems: it may have arrived all the same, so nothing may be patched on top of a guess.
    pub(crate) fn put_back(&mut self, taken: Taken) {
        self.stored = None;
        self.park = self.park.or(taken.park);
        self.removed |= taken.removed && self.latest.is_none();
    }
}

/// What a batch takes from an entry.
pub(crate) struct Taken {
    park: Option<Parked>,
    removed: bool,
    /// What the log has once it is written.
    stored: Option<Stored>,
}

struct Difference<'a> {
    prefix: usize,
    suffix: usize,
    middle: &'a [u8],
    base: u64,
}

/// A patch says this many bytes more than a whole value, so shorter savings are none.
const PATCH_COST: usize = 16;
/// Up to this many bytes, a whole value costs about as much as the frame around it.
const ALWAYS_WHOLE: usize = 512;

impl<'a> Difference<'a> {
    /// `None` where the whole value is as short.
    fn between(stored: &Stored, new: &'a [u8]) -> Option<Self> {
        let old = stored.bytes.as_slice();
        let prefix = common_prefix(old, new);
        let (old_rest, new_rest) = (old.get(prefix..)?, new.get(prefix..)?);
        let suffix = common_suffix(old_rest, new_rest);
        if prefix + suffix <= PATCH_COST {
            return None;
        }
        let middle = new_rest.get(..new_rest.len() - suffix)?;
        Some(Self { prefix, suffix, middle, base: stored.sum })
    }
}

/// Compared in blocks first, then in ever smaller ones: byte by byte, the difference of a large section would cost more
/// than encoding it.
const BLOCKS: [usize; 3] = [256, 16, 1];

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    BLOCKS.iter().fold(0, |same, block| {
        let (a, b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
        let blocks = a.chunks_exact(*block).zip(b.chunks_exact(*block));
        same + blocks.take_while(|(a, b)| a == b).count() * block
    })
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    BLOCKS.iter().fold(0, |same, block| {
        let (a, b) = (a.get(..a.len() - same).unwrap_or_default(), b.get(..b.len() - same).unwrap_or_default());
        let blocks = a.rchunks_exact(*block).zip(b.rchunks_exact(*block));
        same + blocks.take_while(|(a, b)| a == b).count() * block
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prefix_and_suffix_are_the_longest(a: Vec<u8>, b: Vec<u8>, head: Vec<u8>, tail: Vec<u8>) {
            let old = [&head[..], &a, &tail].concat();
            let new = [&head[..], &b, &tail].concat();
            let prefix = common_prefix(&old, &new);
            prop_assert!(prefix >= head.len());
            prop_assert_eq!(&old[..prefix], &new[..prefix]);
            prop_assert!(old.get(prefix) != new.get(prefix) || old.len() == prefix || new.len() == prefix);
            let suffix = common_suffix(&old[prefix..], &new[prefix..]);
            prop_assert_eq!(&old[old.len() - suffix..], &new[new.len() - suffix..]);
            prop_assert!(prefix + suffix <= old.len().min(new.len()));
        }
    }
}
