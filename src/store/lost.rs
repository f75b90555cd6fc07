//! The log is gone under a running session: somebody deleted, moved or replaced the directory, or another writer cleared it
//! away.

use std::io;
use std::sync::Arc;

use super::{Entry, Inner, Latest, Presence, Store, Who, continued};
use crate::frame::{Change, Op, Point, SectionKey};
use crate::generation::{Catalog, Member, Writer};
use crate::sync::MutexGuard;
use crate::time::Timestamp;

impl Store {
    /// Begins a new log and has everything written to it that this process still knows: what it captured or handed out,
    /// and what it read at the start. What was set aside for later, and the history, are gone with the old one.
    ///
    /// If we die before it is written, the next start sees what whoever removed the log left of it.
    pub(super) fn begin_again(&self, guard: &mut MutexGuard<'_, Inner>, erase: bool) -> io::Result<()> {
        let (newest, highest) = MutexGuard::unlocked(guard, || {
            let mut catalog = Catalog::read(&*self.backend)?;
            // Somebody may have put copies there, which nobody has synced.
            self.backend.rely_on(catalog.generations());
            Ok::<_, io::Error>((catalog.head()?.newest, catalog.highest_number()?))
        })?;
        guard.highest = guard.highest.max(highest);
        let launch = continued(guard, self, newest.map(|generation| Point { generation, index: Point::END }));
        let mut writer = Writer::new(guard.next_generation(), launch);
        MutexGuard::unlocked(guard, || writer.begin(&*self.backend))?;
        guard.writer = Some(writer);
        guard.lost = false;
        (guard.delta_bytes, guard.delta_frames, guard.base_bytes) = (0, 0, 0);
        guard.retell_marks = true;
        for (scope, entry) in std::mem::take(&mut guard.last_marks) {
            guard.pending.marks.add(&scope, entry);
        }
        // What was put in the place of the log may be an older copy, in which they are still there.
        guard.close_again(&*self.backend, self.now().wall, erase);
        let keys: Vec<_> = guard.loaded.sections.keys().cloned().collect();
        for key in keys {
            if guard.entries.get(&key.scope, &key.name).is_some_and(Entry::is_known) {
                continue;
            }
            // What was read at the start is in memory, unless it stood in a base.
            let Some(unread) = guard.loaded.unread(&key) else { continue };
            let member = MutexGuard::unlocked(guard, || unread.member(&*self.backend));
            let Ok(Member { value: Some(value), .. }) = member else { continue };
            // The user's thread may have put another in its place meanwhile, or taken it away.
            let is_known = guard.entries.get(&key.scope, &key.name).is_some_and(Entry::is_known);
            if is_known || !unread.is_of(&guard.loaded) || (erase && value.meta.erase_on_close) {
                continue;
            }
            guard.entries.entry(&key).latest = Some(Latest::new(Arc::new(value.bytes), value.meta));
            guard.pending.sections.insert(key);
        }
        let known: Vec<_> = guard.entries.tell_again(erase).collect();
        guard.pending.sections.extend(known);
        guard.reject_again();
        guard.remove_again();
        guard.tell_imported_again();
        Ok(())
    }

    /// The sync after the close frame failed, for one because the directory was moved since the last one: writes everything
    /// anew, in a log that the next start finds, and closes that.
    ///
    /// If we die before it is done, the next start sees what it would have seen without: the log as it was moved or spoiled.
    pub(super) fn close_anew(&self, guard: &mut MutexGuard<'_, Inner>) {
        self.compact_or_fail(guard, guard.orders.erase);
        guard.pending.presence = if guard.orders.close { Some(Presence::Closed(None)) } else { guard.closed.clone() };
        if self.write_pending(guard, Who::Flusher).is_ok() {
            self.sync_now(guard);
        }
    }
}

impl Inner {
    /// What was imported must not be imported once more because the log that says so is gone.
    pub(crate) fn tell_imported_again(&mut self) {
        let note = |(key, at): (&SectionKey, &Timestamp)| Op { key: key.clone(), change: Change::Imported { at: *at } };
        self.pending.ops.extend(self.loaded.imported.iter().map(note));
        self.pending.ops.dedup();
    }

    /// What the application removed is to be removed once more: an older copy of the log may still have it.
    fn remove_again(&mut self) {
        for key in self.entries.absent() {
            if !self.loaded.sections.contains_key(&key) {
                self.entries.entry(&key).removed = true;
                self.pending.sections.insert(key);
            }
        }
    }
}
