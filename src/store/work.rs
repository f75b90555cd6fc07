//! Background work: writes that could not be done at once, fsyncs, compaction, checks.
//!
//! One round of it is [`Store::work`]. The flusher thread calls it in a loop; an application without a thread calls it
//! through `Session::run_pending`.

use std::sync::Arc;
use std::time::Duration;

use super::agenda::is_due;
use super::{Compared, Ended, Ending, Entry, Erasure, Inner, LARGE, Latest, Life, Log, Presence, Saving, Store, Work};
use crate::backend::{Backend, Generation};
use crate::error::{Error, ErrorKind};
use crate::frame::{Meta, SectionKey};
use crate::generation::{Writer, remove_superseded};
use crate::report::SectionFate;
use crate::sorted::SortedSet;
use crate::sync::{MutexGuard, caught};

pub(super) type Guard<'a> = MutexGuard<'a, Inner>;

impl Store {
    /// Does the work that is due. Returns the time until more is due, or `None` if nothing is due before the next
    /// event. A panic is shown in the status and delays the next round.
    pub(crate) fn work(&self) -> Option<Duration> {
        let round = || {
            let now = self.now();
            let next = {
                let rounds = &self.inner.lock().durability.rounds;
                (rounds.retry_at() > now.monotonic).then(|| rounds.retry_at())
            };
            next.map_or_else(|| self.round(), |at| Some(at.saturating_sub(now.monotonic)))
        };
        caught(round).unwrap_or_else(|| Some(self.recover()))
    }

    /// Runs one round of [`work`](Self::work). The caller must catch a panic and call [`recover`](Self::recover).
    pub(crate) fn round(&self) -> Option<Duration> {
        let mut guard = self.inner.lock();
        guard.work = Work::Round;
        self.relog_if_lost(&mut guard);
        self.encode_jobs(&mut guard);
        self.take_over_if_due(&mut guard, self.now(), false);
        let now = self.now();
        if is_due(guard.alive_due(&self.settings), now) {
            guard.restoring = None;
            guard.pending.alive = true;
        }
        if guard.log == Log::Refused && is_due(guard.compact_due(), now) {
            self.compact_or_fail(&mut guard, false);
        }
        if is_due(guard.write_due(), now) {
            // The status shows a failure, and a later round retries.
            let _ = self.write_or_make_room(&mut guard);
        }
        if is_due(guard.sync_due(&self.settings), now) {
            self.sync(&mut guard);
        }
        if guard.durability.unsynced_since().is_none() {
            guard.orders.sync &= guard.has_more_to_write();
        }
        if is_due(guard.tidy_due(), now) {
            self.remove_superseded(&mut guard);
            Self::unlist(&mut guard);
        }
        if is_due(guard.rest_due(), now) {
            guard.rest.soon = false;
            guard.orders.compact = true;
        }
        if is_due(guard.compact_due(), now) {
            self.compact_or_fail(&mut guard, false);
        }
        if is_due(guard.verify_due(), now) {
            self.verify(&mut guard);
        }
        guard.work = Work::Idle;
        guard.durability.rounds.is_over();
        self.progress.notify_all();
        guard.next_deadline(self.now(), &self.settings)
    }

    /// Runs the last round, with a second attempt if it panics.
    pub(crate) fn finish(&self) {
        for _ in 0..2 {
            if caught(|| self.last_round()).is_some() {
                return;
            }
            self.recover();
        }
        self.stop(&mut self.inner.lock());
    }

    /// Writes everything, erases what must be erased, and closes the log.
    fn last_round(&self) {
        let mut guard = self.inner.lock();
        self.relog_if_lost(&mut guard);
        guard.life.begin_to_finish();
        self.encode_jobs(&mut guard);
        if !guard.pending.is_empty() {
            // The other instance may have exited since the last check.
            self.take_over_if_due(&mut guard, self.now(), true);
            let is_erasable = guard.loaded.erasable;
            guard.life.note_erasable(is_erasable);
        }
        if guard.refusal().is_none() {
            let written = guard.pending.is_empty() || self.write_or_make_room(&mut guard).is_ok();
            // A program that is started often and runs briefly must not accumulate logs.
            let rest = guard.life.is_closing() && guard.rest.at_close;
            let erase = guard.life.erases();
            if written && (erase || rest) {
                let mut done = self.compact_or_fail(&mut guard, erase);
                if erase && !done {
                    // There is no later round, so a transient failure gets a second attempt.
                    done = self.compact_or_fail(&mut guard, erase);
                }
                if erase {
                    guard.life.note_erasure(if done { Erasure::Done } else { Erasure::Wanted });
                }
                guard.pending.erased = done && erase;
            }
            // Synced before the close frame as well as after it: a close frame that survives a power cut vouches for
            // everything before it, as every frame does for the frames it counts as synced. If the process dies before
            // it is written, the next start sees a launch without a close frame: a crash, with all its state.
            self.sync_now(&mut guard);
            if guard.must_move() {
                self.compact_or_fail(&mut guard, false);
            }
            // A suspended session stays suspended: the frame is written again, to vouch for the rest.
            let asleep = guard.pending.presence.take().or_else(|| guard.closed.clone());
            guard.pending.presence = match guard.life.ending() {
                Some(Ending::Close(_)) => Some(Presence::Closed(None)),
                Some(Ending::Crash) => Some(Presence::Crashed),
                Some(Ending::Suspended) | None => asleep,
            };
            if !guard.pending.is_empty() {
                let _ = self.write_or_make_room(&mut guard);
            }
            self.sync_now(&mut guard);
            if guard.must_move() {
                self.close_anew(&mut guard);
            }
        }
        // Last: a directory that does not answer must not delay what is above.
        Self::unlist(&mut guard);
        guard.durability.rounds.is_over();
        self.stop(&mut guard);
    }

    fn stop(&self, guard: &mut Guard<'_>) {
        let ended = match &guard.saving {
            // A session that ends does not take over any more.
            Saving::Taken { error, holder, .. } if holder.pid.is_some() => {
                Ended::NeverSaved(error.clone().restated(format!("the state is in use by {holder}")))
            }
            Saving::Refused(error) | Saving::Taken { error, .. } => Ended::NeverSaved(error.clone()),
            Saving::Forgotten => Ended::Forgotten,
            Saving::On | Saving::Closed => match guard.life.ending() {
                Some(Ending::Close(Erasure::Wanted)) => Ended::NotErased,
                _ => Ended::Saving,
            },
        };
        guard.saving = Saving::Closed;
        guard.life = Life::Stopped(ended);
        self.progress.notify_all();
    }

    pub(crate) fn encode_jobs(&self, guard: &mut Guard<'_>) {
        let at = self.now().wall;
        while let Some((key, job)) = guard.jobs.pop_first() {
            let mut bytes = Vec::new();
            let shared = |guard: &Guard<'_>| guard.entries.get(&key.scope, &key.name)?.shared.clone();
            let before = shared(guard);
            let is_present = |guard: &Guard<'_>| {
                before.as_ref().zip(shared(guard)).is_some_and(|(before, now)| Arc::ptr_eq(before, &now))
            };
            // The value is captured but neither a job nor pending, so not everything is written yet.
            guard.encoding += 1;
            // The value's own `Serialize` runs here. If it panics, one section is not saved; the thread that saves all
            // the others must survive.
            let result = MutexGuard::unlocked(guard, || caught(|| job(&mut bytes)));
            let result = result
                .unwrap_or_else(|| Err(Error::new(ErrorKind::Encode, format!("section {key}: its encoder panicked"))));
            let mut garbage = None;
            match result {
                // Another value was captured meanwhile, or the section was removed: this result is outdated.
                _ if !is_present(guard) => {}
                Ok(meta) if bytes.len() > LARGE => {
                    let stored = guard.entries.get(&key.scope, &key.name).and_then(|entry| entry.stored.as_ref());
                    let stored = stored.map(|stored| Arc::clone(&stored.bytes));
                    let bytes = Arc::new(bytes);
                    let compared = MutexGuard::unlocked(guard, || Compared::new(meta.codec, &bytes, stored));
                    if is_present(guard) {
                        guard.accept(&key);
                        garbage = guard.capture_large(key.clone(), bytes, meta, compared);
                    }
                }
                Ok(meta) => {
                    guard.accept(&key);
                    guard.capture(key.clone(), bytes, meta);
                }
                Err(error) => {
                    guard.reject(key.clone(), error.clone(), at);
                    guard.job_error = Some(error);
                }
            }
            guard.encoding = guard.encoding.saturating_sub(1);
            // Freeing a large value takes as long as encoding it.
            MutexGuard::unlocked(guard, || drop((before, garbage)));
        }
    }

    /// Removes the log of the launch that this launch supersedes, once this launch is in the log. If that fails,
    /// compaction removes it.
    pub(crate) fn remove_superseded(&self, guard: &mut Guard<'_>) {
        let is_written = guard.writer.as_ref().is_some_and(|writer| writer.point().is_some());
        if let Some(generation) = guard.superseded.take().filter(|_| is_written) {
            let others = Arc::clone(&guard.others);
            drop(MutexGuard::unlocked(guard, || remove_superseded(&*self.backend, generation, &others)));
        }
    }

    /// Removes the state directory from the list of programs, if that was not done before.
    fn unlist(guard: &mut Guard<'_>) {
        if let Some(unlisted) = guard.orders.unlist.take() {
            MutexGuard::unlocked(guard, || unlisted.remove());
        }
    }

    pub(super) fn sync_now(&self, guard: &mut Guard<'_>) {
        if guard.durability.unsynced_since().is_some() && !guard.durability.distrusted {
            self.sync(guard);
        }
    }

    fn sync(&self, guard: &mut Guard<'_>) {
        let (now, attempt) = (self.now(), guard.durability.asked());
        // The order stands until every capture is synced, including those that arrive while the flusher writes.
        let is_ordered = std::mem::take(&mut guard.orders.sync);
        guard.orders.sync = is_ordered && guard.has_more_to_write();
        let (reaches, at) = (guard.durability.written, guard.durability.written_at);
        let newest = guard.writer.as_ref().and_then(Writer::point);
        match MutexGuard::unlocked(guard, || self.backend.sync()) {
            Ok(()) if self.backend.is_underway() => {
                guard.orders.sync = is_ordered;
                guard.durability.syncing.put_off(now);
            }
            Ok(()) => {
                guard.durability.synced_to(reaches, at, now);
                if let Some((writer, newest)) = guard.writer.as_mut().zip(newest) {
                    writer.synced_to(newest);
                }
                self.pace(guard, now);
                self.look_for_room(guard);
            }
            Err(error) => {
                // After a failed fsync, the system may report the same pages clean, and the next fsync would succeed
                // for bytes that never reached the disk. Only a new copy of everything, in a new file, can be trusted.
                let error = Error::storage("the state could not be synced; it will be written to a new log", error);
                guard.durability.sync_failed(attempt, error, now);
                guard.durability.distrusted = true;
                guard.unbased = None;
            }
        }
    }

    /// Completes the report: reads the sections that the application has not requested, one by one, without the lock.
    /// Yields to all other due work and continues in the next round.
    fn verify(&self, guard: &mut Guard<'_>) {
        // Reading does not interfere with a replacement of the log.
        guard.work = Work::Idle;
        // Parses the directory of the base in small steps: another thread that waits for the lock gets it in between.
        while guard.loaded.sections.add_some() {
            MutexGuard::unlocked(guard, || ());
            if !guard.orders.verify || guard.is_busy_beside_verifying(self.now(), &self.settings) {
                return;
            }
        }
        let keys = guard.loaded.sections.keys().filter(|key| !guard.is_looked_at(key));
        let keys: Vec<_> = keys.cloned().collect();
        for key in keys {
            if !guard.orders.verify || guard.is_busy_beside_verifying(self.now(), &self.settings) {
                return;
            }
            let Some(unread) = guard.loaded.unread(&key).filter(|_| !guard.is_looked_at(&key)) else { continue };
            let member = MutexGuard::unlocked(guard, || unread.member(&*self.backend));
            // The section was returned, saved again or removed meanwhile, or the whole log was replaced.
            if !unread.is_of(&guard.loaded) || guard.is_looked_at(&key) {
                continue;
            }
            // A storage failure now shows nothing about the section; the next start checks again.
            if let Ok(member) = member {
                let fate = SectionFate::of(&member, guard.loaded.doubts(&key));
                if fate.is_damage() {
                    guard.orders.compact |= guard.ready;
                }
                // Freeing a large value takes long.
                MutexGuard::unlocked(guard, || drop(member));
                guard.note_damage(&key, fate);
                guard.checked.insert(key, fate);
            }
        }
        guard.orders.verify = false;
    }
}

impl Inner {
    /// Captures the new bytes of a section if they differ.
    pub(crate) fn capture(&mut self, key: SectionKey, bytes: Vec<u8>, meta: Meta) {
        self.capture_and(key, bytes, meta, None, |_| ());
    }

    /// Like [`capture`](Self::capture) with bytes that may be `compared` already, and updates the entry with `note`.
    pub(crate) fn capture_and(
        &mut self,
        key: SectionKey,
        bytes: Vec<u8>,
        meta: Meta,
        compared: Option<Compared>,
        note: impl FnOnce(&mut Entry),
    ) {
        self.loaded.erasable |= meta.erase_on_close;
        let meta = Meta { stand_in: self.stands_in(&key), ..meta };
        let entry = match self.entries.get_mut(&key.scope, &key.name) {
            Some(known) => known,
            None => self.entries.entry(&key),
        };
        note(entry);
        if entry.has(&bytes, &meta, compared.as_ref()) {
            return;
        }
        entry.latest = Some(Latest { bytes: Arc::new(bytes), meta, compared });
        entry.removed = false;
        self.pending.heavy.remove(&key);
        self.loaded.removed.remove(&key);
        self.pending.sections.insert(key);
    }

    /// Like [`capture`](Self::capture), for a large section that the flusher encoded and compared. Returns what is no
    /// longer needed.
    fn capture_large(
        &mut self,
        key: SectionKey,
        bytes: Arc<Vec<u8>>,
        meta: Meta,
        compared: Compared,
    ) -> Option<Latest> {
        self.loaded.erasable |= meta.erase_on_close;
        let meta = Meta { stand_in: self.stands_in(&key), ..meta };
        let entry = self.entries.entry(&key);
        let is_stored = entry.may_have(&meta) && entry.stored.as_ref().is_some_and(|stored| compared.are_equal(stored));
        let latest = Latest { bytes, meta, compared: Some(compared) };
        if is_stored {
            return Some(latest);
        }
        entry.removed = false;
        let garbage = entry.latest.replace(latest);
        self.loaded.removed.remove(&key);
        self.pending.sections.remove(&key);
        self.pending.heavy.insert(key);
        garbage
    }

    /// Returns whether a value captured now only stands in for a value that was not returned.
    fn stands_in(&self, key: &SectionKey) -> bool {
        !self.touched && self.unanswered.contains(key)
    }

    /// Returns whether it is known how a section was restored.
    fn is_looked_at(&self, key: &SectionKey) -> bool {
        self.fates.contains_key(key) || self.checked.contains_key(key)
    }

    fn has_more_to_write(&self) -> bool {
        !self.pending.is_empty() || !self.jobs.is_empty()
    }

    /// Returns whether everything must be written to a new log: the present one is refused, or cannot be trusted.
    pub(super) fn must_move(&self) -> bool {
        self.durability.distrusted || self.log == Log::Refused
    }

    /// Returns the generations that sections not requested yet would be read from: at most the base, because all
    /// frames after it are in memory.
    pub(super) fn in_use(&self) -> SortedSet<Generation> {
        let parked = self.loaded.parked.iter().map(|parked| &parked.layers);
        let closed = self.loaded.closed.iter().flat_map(|closed| closed.sections.values());
        let (sections, base) = self.loaded.sections.read_and_unread();
        let mut all = sections.chain(parked).chain(closed);
        let unread = base.map(|frame| frame.generation).or_else(|| all.find_map(|layers| layers.unread_in().next()));
        unread.into_iter().chain(self.loaded.chain.base.filter(|_| unread.is_some()).map(|(base, _)| base)).collect()
    }
}
