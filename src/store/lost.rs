//! Recovery when the log disappears under a running session: the directory was deleted, moved or replaced, or another
//! writer removed the log.

use std::sync::Arc;

use super::{Entry, Inner, Latest, Length, Log, Presence, Store};
use crate::backend::{self, Backend};
use crate::frame::{Change, Launch, Op, Point, SectionKey};
use crate::generation::{Catalog, Member, Writer};
use crate::sync::MutexGuard;
use crate::time::Timestamp;

impl Store {
    /// Begins a new log and queues everything that this process still has: what it captured or returned, and what it
    /// read at the start. Quarantine and history are lost with the old log.
    ///
    /// If the process dies before it is written, the next start sees what is left of the old log.
    pub(super) fn begin_again(&self, guard: &mut MutexGuard<'_, Inner>, erase: bool) -> backend::Result<()> {
        let (newest, highest) = MutexGuard::unlocked(guard, || {
            let mut catalog = Catalog::read(&*self.backend)?;
            // Copies may have been put there that were never synced.
            self.backend.rely_on(catalog.generations());
            Ok::<_, backend::Error>((catalog.head()?.newest, catalog.highest_number()?))
        })?;
        guard.highest = guard.highest.max(highest);
        let launch = continued(guard, self, newest.map(|generation| Point { generation, index: Point::END }));
        let mut writer = Writer::new(guard.next_generation(), launch);
        MutexGuard::unlocked(guard, || writer.begin(&*self.backend))?;
        guard.writer = Some(writer);
        guard.log = Log::Continues;
        guard.length = Length::default();
        guard.retell_marks = true;
        for (scope, entry) in std::mem::take(&mut guard.last_marks) {
            guard.pending.marks.add(&scope, entry);
        }
        // The log may have been replaced by an older copy in which these scopes still exist.
        guard.close_again(&*self.backend, self.now().wall, erase);
        let keys: Vec<_> = guard.loaded.sections.keys().cloned().collect();
        for key in keys {
            if guard.entries.get(&key.scope, &key.name).is_some_and(Entry::is_known) {
                continue;
            }
            // What was read at the start is in memory, unless it was in a base.
            let Some(unread) = guard.loaded.unread(&key) else { continue };
            let member = MutexGuard::unlocked(guard, || unread.member(&*self.backend));
            let Ok(Member { value: Some(value), .. }) = member else { continue };
            // The UI thread may have replaced or removed it meanwhile.
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

    /// Writes everything again, to a log that the next start finds, and closes that. Called when the fsync after the
    /// close frame failed, for example because the directory was moved since the last one.
    ///
    /// If the process dies before it is done, the next start sees what it would have seen otherwise: the log as it was
    /// moved or damaged.
    pub(super) fn close_anew(&self, guard: &mut MutexGuard<'_, Inner>) {
        self.compact_or_fail(guard, guard.life.erases());
        guard.pending.presence =
            if guard.life.is_closing() { Some(Presence::Closed(None)) } else { guard.closed.clone() };
        if self.write_or_make_room(guard).is_ok() {
            self.sync_now(guard);
        }
    }
}

impl Inner {
    /// Records imports again, so that they are not repeated because the log that recorded them is gone.
    pub(crate) fn tell_imported_again(&mut self) {
        let note = |(key, at): (&SectionKey, &Timestamp)| Op { key: key.clone(), change: Change::Imported { at: *at } };
        self.pending.ops.extend(self.loaded.imported.iter().map(note));
        self.pending.ops.dedup();
    }

    /// Queues removals again, because an older copy of the log may still have the sections.
    fn remove_again(&mut self) {
        for key in self.entries.absent() {
            if !self.loaded.sections.contains_key(&key) {
                self.entries.entry(&key).removed = true;
                self.pending.sections.insert(key);
            }
        }
    }
}

/// Returns the launch frame of a generation that continues the log of a running process.
pub(super) fn continued(inner: &Inner, store: &Store, parent: Option<Point>) -> Launch {
    let at = Store::moment(store.now());
    let left = inner.left.clone().map(|(left, since)| left.later(at.monotonic.saturating_sub(since)));
    Launch {
        at,
        parent,
        process: store.settings.process.clone(),
        continued: true,
        ready: inner.ready,
        caution: inner.caution,
        closed: match &inner.closed {
            Some(Presence::Closed(reason)) => reason.clone(),
            _ => None,
        },
        erasable: inner.loaded.erasable,
        passed: inner.passed.clone(),
        past: Vec::new(),
        restart: inner.restart.is_asked(),
        left,
    }
}
