//! Saving on a full disk: the history gives way to the present state.

use std::sync::Arc;

use super::{Inner, Store, Who};
use crate::backend::Backend as _;
use crate::error::Error;
use crate::generation::{Claims, Writer, make_room};
use crate::sync::MutexGuard;

/// Freed beside the size of the state, for the frames that follow and the blocks of the file system, in bytes.
const SPARE: u64 = 256 << 10;

impl Store {
    /// Writes the pending changes as the flusher, and gives up history if the storage is full.
    ///
    /// # Errors
    /// The write failed, and there is nothing left to give up.
    pub(super) fn write_or_make_room(&self, guard: &mut MutexGuard<'_, Inner>) -> Result<(), Error> {
        loop {
            let written = self.write_pending(guard, Who::Flusher);
            if written.is_ok() || !guard.durability.is_full {
                return written;
            }
            // Meanwhile, `save` waits for the result instead of returning the failure.
            if !self.make_room(guard) {
                guard.durability.is_full = false;
                self.progress.notify_all();
                return written;
            }
        }
    }

    /// Asks how much room there is, so that a base is written while there is room for it.
    pub(crate) fn look_for_room(&self, guard: &mut MutexGuard<'_, Inner>) {
        let room = MutexGuard::unlocked(guard, || self.backend.room());
        guard.length.has_room(room);
    }

    /// Removes old generations, enough for a new base. Returns whether anything was removed, so that a retry makes sense.
    pub(super) fn make_room(&self, guard: &mut MutexGuard<'_, Inner>) -> bool {
        let Some(head) = guard.writer.as_ref().and_then(Writer::head) else { return false };
        if guard.loaded.is_from_future() {
            return false;
        }
        let wanted = guard.length.of_next_base().saturating_add(SPARE);
        let (in_use, others, now) = (guard.in_use(), Arc::clone(&guard.others), self.when());
        let freed = MutexGuard::unlocked(guard, || {
            let retention = self.settings.retention;
            let claims = Claims { head, now, retention, in_use: &in_use, others: &others };
            make_room(&*self.backend, &claims, wanted)
        });
        self.look_for_room(guard);
        freed.is_ok_and(|bytes| bytes > 0)
    }
}
