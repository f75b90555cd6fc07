//! Saving where there is little room: a base is written while there is room for it, and the history gives way to the present
//! state.

use std::sync::Arc;

use super::{Inner, Store, Who};
use crate::backend::Backend as _;
use crate::error::Error;
use crate::frame::SectionKey;
use crate::generation::{Claims, Writer, make_room};
use crate::sync::MutexGuard;

/// Freed beside the size of the state, for the frames that follow and the blocks of the file system, in bytes.
const SPARE: u64 = 256 << 10;
/// Kept free beside the next base, for small frames and the ends of blocks, in bytes.
const BESIDE: u64 = 32 << 10;
/// If making room has not helped, it is tried again when the log has grown by so many bytes.
const STEP: u64 = 8 << 10;
/// With so much more room than for a base, in bytes, no write is tight.
const PLENTY: u64 = 64 << 20;

/// The room that the storage has.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Room {
    was_asked: bool,
    /// For how many bytes there was room when the storage was asked, if it tells, less what was written since.
    left: Option<u64>,
    /// The bytes since the base, and those of the write, for which room was made last.
    made: Option<(u64, u64)>,
}

impl Room {
    pub(super) fn took(&mut self, bytes: u64) {
        self.left = self.left.map(|left| left.saturating_sub(bytes));
    }

    pub(super) fn was_told(&mut self, room: Option<u64>) {
        (self.was_asked, self.left) = (true, room);
    }
}

impl Inner {
    /// Returns whether the pending write may leave too little room for the next base, so that the flusher must make room
    /// before it. Without a base, nothing that is stored can be removed, and a full volume would stay full.
    pub(super) fn is_tight(&self) -> bool {
        let plenty = self.length.of_next_base().saturating_add(PLENTY);
        self.room.left.is_some_and(|left| left < plenty) && self.lacking() > 0
    }

    /// Returns how much room is lacking for the pending write and a base after it; zero if making room did not help lately.
    fn lacking(&self) -> u64 {
        let (log, write) = (self.length.since_base(), self.bytes_to_write());
        let was_made = self.room.made.is_some_and(|(at, size)| (at..at + STEP).contains(&log) && write <= size);
        let base = self.length.of_base().saturating_add(log).saturating_add(write);
        let needed = base.saturating_add(write).saturating_add(BESIDE);
        self.room.left.filter(|_| !was_made).map_or(0, |left| needed.saturating_sub(left))
    }

    /// Returns the most bytes that the pending values take.
    fn bytes_to_write(&self) -> u64 {
        let len = |key: &SectionKey| Some(self.entries.get(&key.scope, &key.name)?.latest.as_ref()?.bytes.len());
        let of_sections = self.pending.sections.iter().chain(&self.pending.heavy).filter_map(len);
        let of_scopes = self.pending.scopes.iter().filter_map(|(_, bytes)| Some(bytes.as_ref()?.len()));
        of_sections.chain(of_scopes).map(|len| len as u64).sum()
    }
}

impl Store {
    /// Writes the pending changes as the flusher, and gives up history if the storage is full.
    ///
    /// # Errors
    /// The write failed, and there is nothing left to give up.
    pub(super) fn write_or_make_room(&self, guard: &mut MutexGuard<'_, Inner>) -> Result<(), Error> {
        self.make_room_if_tight(guard);
        loop {
            let written = self.write_pending(guard, Who::Flusher);
            if written.is_ok() || !guard.durability.is_full {
                return written;
            }
            // Meanwhile, `save` waits for the result instead of returning the failure.
            if !self.make_room_for_base(guard) {
                guard.durability.is_full = false;
                self.progress.notify_all();
                return written;
            }
        }
    }

    /// Asks how much room there is.
    pub(super) fn look_for_room(&self, guard: &mut MutexGuard<'_, Inner>) {
        let room = MutexGuard::unlocked(guard, || self.backend.room());
        guard.room.was_told(room);
    }

    /// Asks before the first write of a launch: the log that it found may have taken all but the room for a base.
    pub(crate) fn ask_for_room_once(&self, guard: &mut MutexGuard<'_, Inner>) {
        if !guard.room.was_asked && self.may_write(guard) {
            self.look_for_room(guard);
        }
    }

    /// Replaces the log by a base, and then gives up history, if the pending write may leave too little room for a base
    /// after it. If that does not help, the write follows all the same: it may fit, and there may be room later.
    fn make_room_if_tight(&self, guard: &mut MutexGuard<'_, Inner>) {
        if guard.room.was_asked && !guard.is_tight() {
            return;
        }
        // Others may have made room.
        self.look_for_room(guard);
        if !guard.is_tight() {
            return;
        }
        let has_room = guard.room.left.is_some_and(|left| left >= guard.length.of_base());
        let may_compact = guard.durability.compacting.retry_at() <= self.now().monotonic;
        if has_room && may_compact && guard.length.since_base() >= STEP {
            self.compact_or_fail(guard, false);
            guard.room.made = None;
        }
        while guard.is_tight() {
            let wanted = guard.lacking();
            if !self.make_room(guard, wanted) {
                break;
            }
        }
        guard.room.made = Some((guard.length.since_base(), guard.bytes_to_write()));
    }

    /// Removes old generations, enough for a base. Returns whether anything was removed, so that a retry makes sense.
    pub(super) fn make_room_for_base(&self, guard: &mut MutexGuard<'_, Inner>) -> bool {
        let wanted = guard.length.of_next_base().saturating_add(SPARE);
        self.make_room(guard, wanted)
    }

    /// Removes old generations of so many bytes. Returns whether anything was removed.
    fn make_room(&self, guard: &mut MutexGuard<'_, Inner>, wanted: u64) -> bool {
        let Some(head) = guard.writer.as_ref().and_then(Writer::head) else { return false };
        if guard.loaded.is_from_future() {
            return false;
        }
        let (in_use, others, now) = (guard.in_use(), Arc::clone(&guard.others), self.when());
        let (freed, room) = MutexGuard::unlocked(guard, || {
            let retention = self.settings.retention;
            let claims = Claims { head, now, retention, in_use: &in_use, others: &others };
            (make_room(&*self.backend, &claims, wanted), self.backend.room())
        });
        guard.room.was_told(room);
        freed.is_ok_and(|bytes| bytes > 0)
    }
}
