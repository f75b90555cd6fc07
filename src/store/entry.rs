//! The state of each section in this launch: the value in the log, and the value captured since.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::codec;
use crate::frame::{Change, Meta, Op, Parked, SectionKey, checksum};

/// A section's bytes in the log, kept so that the next save can write only the difference.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) sum: u64,
    pub(crate) meta: Meta,
    /// Checksum of other bytes that encode the same value, with a shape that has grown since.
    pub(crate) alike: Cell<Option<u64>>,
}

impl Stored {
    pub(crate) fn new(bytes: Arc<Vec<u8>>, sum: u64, meta: Meta) -> Self {
        Self { bytes, sum, meta, alike: Cell::default() }
    }

    /// Returns whether these bytes encode the stored value.
    fn is(&self, bytes: &[u8]) -> bool {
        if self.bytes.as_slice() == bytes {
            return true;
        }
        // If the bytes behind the shapes are equal, the shape may have grown. The values are compared once; later
        // calls compare the checksum.
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

/// A captured value that is not written yet.
#[derive(Clone)]
pub(crate) struct Latest {
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) meta: Meta,
    /// Computed without the lock, for a large section.
    pub(crate) compared: Option<Compared>,
}

impl Latest {
    pub(crate) fn new(bytes: Arc<Vec<u8>>, meta: Meta) -> Self {
        Self { bytes, meta, compared: None }
    }

    /// Returns whether comparing it takes longer than any thread should wait for the lock.
    pub(crate) fn is_large(&self) -> bool {
        self.bytes.len() > LARGE
    }
}

type Bytes = Arc<Vec<u8>>;

/// Sections above this length, in bytes, are not processed under the lock by the flusher. Comparing, copying and
/// writing this much takes about 50 µs.
pub(crate) const LARGE: usize = 64 << 10;

/// The checksum of captured bytes, and the parts that they share with the stored bytes.
#[derive(Clone)]
pub(crate) struct Compared {
    sum: u64,
    with: Option<(Arc<Vec<u8>>, Shared)>,
    are_equal: bool,
}

impl Compared {
    pub(crate) fn new(codec: u8, bytes: &[u8], stored: Option<Arc<Vec<u8>>>) -> Self {
        let with = stored.map(|stored| {
            let shared = Shared::between(&stored, bytes);
            (stored, shared)
        });
        let are_equal = with.as_ref().is_some_and(|(stored, shared)| {
            shared.prefix == bytes.len().max(stored.len())
                || (codec::may_be_same(codec, stored, bytes) && codec::is_same(codec, stored, bytes))
        });
        Self { sum: checksum(bytes), with, are_equal }
    }

    /// Compares with bytes that are known to be another value.
    fn unlike(bytes: &[u8], stored: Arc<Vec<u8>>) -> Self {
        // Short bytes are written whole, whatever they share.
        let is_short = bytes.len() <= ALWAYS_WHOLE;
        let shared = if is_short { Shared { prefix: 0, suffix: 0 } } else { Shared::between(&stored, bytes) };
        Self { sum: checksum(bytes), with: Some((stored, shared)), are_equal: false }
    }

    pub(crate) fn are_equal(&self, stored: &Stored) -> bool {
        self.are_equal && self.with(stored).is_some()
    }

    fn with(&self, stored: &Stored) -> Option<Shared> {
        self.with.as_ref().filter(|(with, _)| Arc::ptr_eq(with, &stored.bytes)).map(|(_, shared)| *shared)
    }
}

/// What is left to compare of a captured value. It needs no lock.
pub(crate) struct Uncompared {
    codec: u8,
    stored: Option<Bytes>,
    /// Whether the stored bytes are known to be another value.
    is_unlike: bool,
}

impl Uncompared {
    pub(crate) fn with(self, bytes: &[u8]) -> Compared {
        match self.stored {
            Some(stored) if self.is_unlike => Compared::unlike(bytes, stored),
            stored => Compared::new(self.codec, bytes, stored),
        }
    }
}

#[derive(Default)]
pub(crate) struct Entry {
    pub(crate) stored: Option<Stored>,
    pub(crate) latest: Option<Latest>,
    /// Removed by the application; the removal is not in the log yet.
    pub(crate) removed: bool,
    /// Bytes of patches after the last whole value that this launch wrote.
    patched: usize,
    /// The number of bases this launch had written, and the number of patches after the last whole value in the log at
    /// that time. Another base resets the count.
    chain: (u64, usize),
    /// The capture that last staged a different value.
    pub(crate) staged_in: u64,
    /// The application's revision number of the value.
    pub(crate) revision: Option<u64>,
    /// The value last shared by pointer. Holding it keeps its address from being reused.
    pub(crate) shared: Option<Arc<dyn Any + Send + Sync>>,
    /// Why the log's value was not returned: it must not vanish when another value replaces it.
    pub(crate) unread: Option<Parked>,
    /// Why the log's value must be quarantined: another value is captured, and the old one must not vanish when that
    /// is written.
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
    /// Returns whether the log already has exactly this value. `compared` are these bytes and the stored bytes of an earlier
    /// moment.
    pub(crate) fn has(&self, bytes: &[u8], meta: &Meta, compared: Option<&Compared>) -> bool {
        let Some(stored) = self.stored.as_ref().filter(|_| self.may_have(meta)) else { return false };
        match compared.filter(|compared| compared.with(stored).is_some()) {
            Some(compared) => compared.are_equal,
            None => stored.is(bytes),
        }
    }

    /// Looks for a value that a capture encoded. Returns what is left to compare if the log does not have it.
    pub(crate) fn look_for(&self, bytes: &[u8], meta: &Meta, is_wanted: bool) -> Option<Uncompared> {
        // A shared value may be on its way into the log.
        let may_have = !is_wanted && self.shared.is_none() && self.may_have(meta);
        let stored = self.stored.as_ref();
        if may_have && stored.is_some_and(|stored| stored.is(bytes)) {
            return None;
        }
        Some(Uncompared {
            codec: meta.codec,
            stored: stored.map(|stored| Arc::clone(&stored.bytes)),
            is_unlike: may_have,
        })
    }

    /// Returns whether the log already has this section with equal metadata, so that only the bytes are to be
    /// compared.
    pub(crate) fn may_have(&self, meta: &Meta) -> bool {
        // An expiring value is written again after a quarter of its lifetime, because the lifetime counts from the
        // last save.
        let aged = |old: &Meta, life: Duration| meta.saved_at.since(old.saved_at).is_none_or(|age| age > life / 4);
        let same = |old: &Meta| {
            Meta { saved_at: meta.saved_at, machine: meta.machine, ..*old } == *meta
                && !meta.expires.is_some_and(|life| aged(old, life))
        };
        self.latest.is_none() && !self.removed && self.stored.as_ref().is_some_and(|stored| same(&stored.meta))
    }

    /// Sets the value in the log, which is the newest of this many patches.
    pub(crate) fn restored(&mut self, stored: Stored, patches: usize, bases: u64) {
        self.stored = Some(stored);
        self.chain = (bases, patches);
    }

    /// Returns whether this process has newer information than it read at the start.
    pub(crate) fn is_known(&self) -> bool {
        self.stored.is_some() || self.latest.is_some() || self.removed
    }

    /// Returns the metadata of the present value, if any.
    pub(crate) fn present(&self) -> Option<&Meta> {
        let latest = self.latest.as_ref().map(|latest| &latest.meta);
        latest.or(self.stored.as_ref().map(|stored| &stored.meta)).filter(|_| !self.removed)
    }

    /// Returns the length of the present value, in bytes, if there is one.
    pub(crate) fn len(&self) -> Option<usize> {
        let latest = self.latest.as_ref().map(|latest| latest.bytes.len());
        latest.or(self.stored.as_ref().map(|stored| stored.bytes.len())).filter(|_| !self.removed)
    }

    /// Records that the log no longer has the value. Returns whether it must be written again.
    pub(super) fn tell_again(&mut self, erase: bool) -> bool {
        let stored = self.stored.take().filter(|stored| !(erase && stored.meta.erase_on_close));
        let stored = stored.map(|Stored { bytes, meta, .. }| Latest::new(bytes, meta));
        self.latest = self.latest.take().or(stored);
        self.latest.is_some()
    }

    /// Records that the application removed the section.
    pub(crate) fn remove(&mut self) {
        *self = Self { removed: true, ..Self::default() };
    }

    /// Returns what a large section still has to compare: codec, captured bytes and stored bytes.
    pub(crate) fn uncompared(&self) -> Option<(u8, Bytes, Option<Bytes>)> {
        let latest = self.latest.as_ref().filter(|latest| latest.is_large())?;
        let stored = self.stored.as_ref().map(|stored| Arc::clone(&stored.bytes));
        let is_done = latest.compared.as_ref().is_some_and(|compared| {
            let with = compared.with.as_ref().map(|(with, _)| with);
            with.zip(stored.as_ref()).map_or(stored.is_none(), |(with, stored)| Arc::ptr_eq(with, stored))
        });
        (!is_done).then(|| (latest.meta.codec, Arc::clone(&latest.bytes), stored))
    }

    /// Returns the changes to write.
    ///
    /// The changes taken here count as done: the entry may change again during the write. `bases` is the number of
    /// bases this launch has written.
    pub(crate) fn take_changes(&mut self, key: &SectionKey, bases: u64, ops: &mut Vec<Op>) -> Taken {
        let mut push = |change| ops.push(Op { key: key.clone(), change });
        let (park, removed) = (self.park.take(), std::mem::take(&mut self.removed));
        if let Some(why) = park {
            push(Change::Park { why });
        }
        let Some(Latest { bytes, meta, compared }) = &self.latest else {
            if removed {
                push(Change::Remove);
            }
            return Taken { park, removed, stored: None, range: 0..0 };
        };
        let sum = compared.as_ref().map_or_else(|| checksum(bytes), |compared| compared.sum);
        // A chain of patches is only as good as its first link. So small values are written whole, and larger ones
        // once their patches add up to their size.
        let patches = if self.chain.0 == bases { self.chain.1 } else { 0 };
        let may_patch = park.is_none()
            && !removed
            && bytes.len() > ALWAYS_WHOLE
            && self.patched < bytes.len()
            && patches < MAX_PATCHES;
        let stored = self.stored.as_ref().filter(|_| may_patch);
        let difference = stored.and_then(|stored| {
            let known = compared.as_ref().and_then(|compared| compared.with(stored));
            let Shared { prefix, suffix } = known.unwrap_or_else(|| Shared::between(&stored.bytes, bytes));
            // If the whole value is as short, a patch saves nothing.
            (prefix + suffix > PATCH_COST).then_some((prefix, suffix, stored.sum))
        });
        let range = match difference {
            Some((prefix, suffix, base)) => {
                let middle = prefix..bytes.len() - suffix;
                self.patched += PATCH_COST + middle.len();
                self.chain = (bases, patches + 1);
                let len = middle.len() as u64;
                push(Change::Patch { meta: *meta, len, prefix: prefix as u64, suffix: suffix as u64, base, sum });
                middle
            }
            None => {
                self.patched = 0;
                self.chain = (bases, 0);
                push(Change::Put { meta: *meta, len: bytes.len() as u64, sum });
                0..bytes.len()
            }
        };
        Taken { park, removed, stored: Some(Stored::new(Arc::clone(bytes), sum, *meta)), range }
    }

    /// Applies a successful write. Returns the value that the log had before.
    pub(crate) fn written(&mut self, taken: Taken) -> Option<Stored> {
        // If the section was captured again during the write, that capture is still to be written.
        let is_newer =
            |latest: &Latest| taken.stored.as_ref().is_none_or(|stored| !Arc::ptr_eq(&latest.bytes, &stored.bytes));
        self.latest = self.latest.take().filter(is_newer);
        std::mem::replace(&mut self.stored, taken.stored)
    }

    /// Reverts a write that seems to have failed. It may have arrived all the same, so the next write must not patch a
    /// guessed value.
    pub(crate) fn put_back(&mut self, taken: Taken) {
        self.stored = None;
        self.park = self.park.or(taken.park);
        self.removed |= taken.removed && self.latest.is_none();
    }
}

/// The changes that a batch takes from an entry.
pub(crate) struct Taken {
    park: Option<Parked>,
    removed: bool,
    /// The value in the log once the batch is written.
    stored: Option<Stored>,
    /// The bytes of it that are written.
    range: Range<usize>,
}

impl Taken {
    /// Returns the section bytes of its change.
    pub(crate) fn payload(&self) -> &[u8] {
        self.stored.as_ref().and_then(|stored| stored.bytes.get(self.range.clone())).unwrap_or_default()
    }
}

/// The number of bytes that two values share at the beginning and at the end, without overlap.
#[derive(Clone, Copy)]
struct Shared {
    prefix: usize,
    suffix: usize,
}

/// The overhead of a patch over a whole value, in bytes; shorter savings are ignored.
const PATCH_COST: usize = 16;
/// The number of patches after which a section is written whole. Compaction comes long before. If it cannot, because
/// it fails or the application does not drive it, a whole value bounds the work of readers.
pub(super) const MAX_PATCHES: usize = 16_384;
/// Up to this many bytes, a whole value costs about as much as the frame around it.
const ALWAYS_WHOLE: usize = 512;

impl Shared {
    fn between(old: &[u8], new: &[u8]) -> Self {
        let prefix = common_prefix(old, new);
        let (old, new) = (old.get(prefix..).unwrap_or_default(), new.get(prefix..).unwrap_or_default());
        Self { prefix, suffix: common_suffix(old, new) }
    }
}

/// Block sizes for comparisons, from large to small: comparing a large section byte by byte would cost more than
/// encoding it.
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

    /// Returns the change for a section of 1 000 bytes of which one has changed, after this many patches.
    fn change(chain: (u64, usize), bases: u64) -> Change {
        let meta = Meta {
            stand_in: false,
            machine: None,
            group: None,
            version: 1,
            codec: 1,
            private: false,
            erase_on_close: false,
            sealed: false,
            saved_at: crate::time::Timestamp::default(),
            expires: None,
        };
        let (old, new) = (vec![1; 1_000], [vec![1; 500], vec![2], vec![1; 499]].concat());
        let mut entry = Entry::default();
        let sum = checksum(&old);
        entry.restored(Stored::new(Arc::new(old), sum, meta), chain.1, chain.0);
        entry.latest = Some(Latest::new(Arc::new(new), meta));
        let mut ops = Vec::new();
        entry.take_changes(&SectionKey::new("", "text"), bases, &mut ops);
        ops.remove(0).change
    }

    #[test]
    fn section_under_too_many_patches_is_written_whole_unless_a_base_has_been_written_since() {
        assert!(matches!(change((0, MAX_PATCHES - 1), 0), Change::Patch { .. }));
        assert!(matches!(change((0, MAX_PATCHES), 0), Change::Put { .. }));
        assert!(matches!(change((0, MAX_PATCHES), 1), Change::Patch { .. }));
    }

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
