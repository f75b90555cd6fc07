//! Damaged groups: writes the point that a group is restored from to the log.

use std::io;
use std::sync::Arc;

use super::{Inner, Latest, Store, Who};
use crate::backend;
use crate::frame::{Change, Op, Parked};
use crate::generation::{Members, Settled, Unread};
use crate::report::SectionFate;
use crate::sync::MutexGuard;

impl Store {
    /// Settles every group that was not requested yet, and writes the result: a base is made from the log section by
    /// section, and must find values of one point there.
    ///
    /// # Errors
    /// Storage is unavailable, or cannot be written.
    pub(super) fn settle_groups(&self, guard: &mut MutexGuard<'_, Inner>) -> backend::Result<()> {
        let mut is_told = true;
        for key in guard.loaded.unsettled() {
            let Some(unread) = guard.loaded.unread(&key).filter(|_| !guard.loaded.is_settled(&key)) else { continue };
            let members = MutexGuard::unlocked(guard, || unread.members(&*self.backend))?;
            is_told &= !guard.settle(&unread, &members);
        }
        if is_told {
            Ok(())
        } else {
            self.write_pending(guard, Who::Flusher).map_err(|error| io::Error::other(error).into())
        }
    }
}

impl Inner {
    /// Settles the point that a group is restored from, and queues it for the next frame: the restored values are written
    /// again, and the newer values are quarantined. Returns whether there is anything to write.
    ///
    /// All of it goes into one frame, with the next capture. If the process dies before that frame, the next start finds the
    /// same log and settles the same point. Without it, the first capture of one section would leave the newest values a
    /// mixture.
    pub(crate) fn settle(&mut self, unread: &Unread, members: &Members) -> bool {
        let settled = self.loaded.settle(unread, members);
        // A session that shows a copy writes nothing; the state of the other instance replaces it later.
        let is_written = self.refusal().is_none();
        let is_new = is_written && !settled.is_empty();
        for Settled { key, value, is_parked } in settled {
            let fate = value
                .as_ref()
                .map_or(SectionFate::Quarantined, |value| SectionFate::FellBack { to: value.meta.saved_at });
            self.note_damage(&key, fate);
            self.fates.insert(key.clone(), fate);
            if value.is_none() {
                self.unanswered.insert(key.clone());
            }
            if is_parked && is_written {
                let change = Change::Park { why: Parked::Replaced };
                self.pending.ops.push(Op { key: key.clone(), change });
            }
            if let Some(value) = value.filter(|_| is_written) {
                self.entries.entry(&key).latest = Some(Latest::new(Arc::new(value.bytes), value.meta));
                self.pending.sections.insert(key);
            }
        }
        is_new
    }
}
