//! What this launch knows of each section: what the log has, and what was captured since.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::ops::Range;
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
    /// Worked out without the lock, for a large section.
    pub(crate) compared: Option<Compared>,
}

impl Latest {
    pub(crate) fn new(bytes: Arc<Vec<u8>>, meta: Meta) -> Self {
        Self { bytes, meta, compared: None }
    }

    /// Whether comparing it takes longer than anybody should wait for the lock.
    pub(crate) fn is_large(&self) -> bool {
        self.bytes.len() > LARGE
    }
}

type Bytes = Arc<Vec<u8>>;

/// Above this length, in bytes, the flusher does nothing with a section while it holds the lock. Comparing, copying and
/// writing as much takes some 50 µs.
pub(crate) const LARGE: usize = 64 << 10;

/// The checksum of captured bytes, and what they have in common with those that are stored.
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

    pub(crate) fn are_equal(&self, stored: &Stored) -> bool {
        self.are_equal && self.with(stored).is_some()
    }

    fn with(&self, stored: &Stored) -> Option<Shared> {
        self.with.as_ref().filter(|(with, _)| Arc::ptr_eq(with, &stored.bytes)).map(|(_, shared)| *shared)
    }
}

/// The section bytes of a frame: parts of captured sections, one after the other. Copied when the frame is made.
#[derive(Default)]
pub(crate) struct Payload {
    parts: Vec<(Arc<Vec<u8>>, Range<usize>)>,
    len: usize,
}

impl Payload {
    pub(super) fn push(&mut self, bytes: &Arc<Vec<u8>>, range: Range<usize>) {
        self.len += range.len();
        self.parts.push((Arc::clone(bytes), range));
    }

    pub(crate) fn is_large(&self) -> bool {
        self.len > LARGE
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len);
        for (part, range) in &self.parts {
            bytes.extend_from_slice(part.get(range.clone()).unwrap_or_default());
        }
        bytes
    }
}

#[derive(Default)]
pub(crate) struct Entry {
    pub(crate) stored: Option<Stored>,
    pub(crate) latest: Option<Latest>,
    /// Taken away by the application, and the log does not know yet.
    pub(crate) removed: bool,
    /// Bytes of patches on top of the last whole value that this launch wrote.
    patched: usize,
    /// Patches on top of the last whole value in the log, as of so many bases of this launch: another base makes them none.
    chain: (u64, usize),
    /// The capture that staged another value of it last.
    pub(crate) staged_in: u64,
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
        self.may_have(meta) && self.stored.as_ref().is_some_and(|stored| stored.is(bytes))
    }

    /// Whether the log already has this section as it would be written if the bytes were the stored ones.
    pub(crate) fn may_have(&self, meta: &Meta) -> bool {
        // What expires is written again when a quarter of its life is gone: the time counts from the last save.
        let aged = |old: &Meta, life: Duration| meta.saved_at.since(old.saved_at).is_none_or(|age| age > life / 4);
        let same = |old: &Meta| {
            Meta { saved_at: meta.saved_at, machine: meta.machine, ..*old } == *meta
                && !meta.expires.is_some_and(|life| aged(old, life))
        };
        self.latest.is_none() && !self.removed && self.stored.as_ref().is_some_and(|stored| same(&stored.meta))
    }

    /// This is what the log has, as the newest of so many patches.
    pub(crate) fn restored(&mut self, stored: Stored, patches: usize, bases: u64) {
        self.stored = Some(stored);
        self.chain = (bases, patches);
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
        let stored = stored.map(|Stored { bytes, meta, .. }| Latest::new(bytes, meta));
        self.latest = self.latest.take().or(stored);
        self.latest.is_some()
    }

    /// The application took it away.
    pub(crate) fn remove(&mut self) {
        *self = Self { removed: true, ..Self::default() };
    }

    /// What is still to be compared, if that is large: by which codec, the captured bytes, and the stored ones.
    pub(crate) fn uncompared(&self) -> Option<(u8, Bytes, Option<Bytes>)> {
        let latest = self.latest.as_ref().filter(|latest| latest.is_large())?;
        let stored = self.stored.as_ref().map(|stored| Arc::clone(&stored.bytes));
        let is_done = latest.compared.as_ref().is_some_and(|compared| {
            let with = compared.with.as_ref().map(|(with, _)| with);
            with.zip(stored.as_ref()).map_or(stored.is_none(), |(with, stored)| Arc::ptr_eq(with, stored))
        });
        (!is_done).then(|| (latest.meta.codec, Arc::clone(&latest.bytes), stored))
    }

    /// What to write for it, with the bytes of that appended to `payload`.
    ///
    /// What is taken here is no longer to be done: the entry may change again while the write is on its way.
    /// `bases` is how many bases this launch has written.
    pub(crate) fn take_changes(
        &mut self,
        key: &SectionKey,
        bases: u64,
        ops: &mut Vec<Op>,
        payload: &mut Payload,
    ) -> Taken {
        let mut push = |change| ops.push(Op { key: key.clone(), change });
        let (park, removed) = (self.park.take(), std::mem::take(&mut self.removed));
        if let Some(why) = park {
            push(Change::Park { why });
        }
        let Some(Latest { bytes, meta, compared }) = &self.latest else {
            if removed {
                push(Change::Remove);
            }
            return Taken { park, removed, stored: None };
        };
        let sum = compared.as_ref().map_or_else(|| checksum(bytes), |compared| compared.sum);
        // A chain of patches is only as good as its first link: small values are written whole, and larger ones as soon
        // as their patches add up to them.
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
            // Where the whole value is as short, there is no point in a patch.
            (prefix + suffix > PATCH_COST).then_some((prefix, suffix, stored.sum))
        });
        match difference {
            Some((prefix, suffix, base)) => {
                let middle = prefix..bytes.len() - suffix;
                self.patched += PATCH_COST + middle.len();
                self.chain = (bases, patches + 1);
                let len = middle.len() as u64;
                payload.push(bytes, middle);
                push(Change::Patch { meta: *meta, len, prefix: prefix as u64, suffix: suffix as u64, base, sum });
            }
            None => {
                self.patched = 0;
                self.chain = (bases, 0);
                payload.push(bytes, 0..bytes.len());
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

/// How many bytes two values have in common at their beginnings and at their ends, which do not overlap.
#[derive(Clone, Copy)]
struct Shared {
    prefix: usize,
    suffix: usize,
}

/// A patch says this many bytes more than a whole value, so shorter savings are none.
const PATCH_COST: usize = 16;
/// Compaction comes long before this. Where it cannot, because it fails or the application does not drive it, a whole value
/// bounds the work of whoever reads the section.
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

    /// What is written for a section of 1 000 bytes of which one has changed, under so many patches.
    fn change(chain: (u64, usize), bases: u64) -> Change {
        let meta = Meta {
            stand_in: false,
            machine: None,
            group: None,
            version: 1,
            codec: 1,
            private: false,
            erase_on_close: false,
            saved_at: crate::time::Timestamp::default(),
            expires: None,
        };
        let (old, new) = (vec![1; 1_000], [vec![1; 500], vec![2], vec![1; 499]].concat());
        let mut entry = Entry::default();
        let sum = checksum(&old);
        entry.restored(Stored::new(Arc::new(old), sum, meta), chain.1, chain.0);
        entry.latest = Some(Latest::new(Arc::new(new), meta));
        let (mut ops, mut payload) = (Vec::new(), Payload::default());
        entry.take_changes(&SectionKey::new("", "text"), bases, &mut ops, &mut payload);
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
