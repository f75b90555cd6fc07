//! What is done off the user's thread: writing what could not be written at once, syncing, compacting, checking.
//!
//! One round of it is [`Store::work`]. The flusher thread calls it in a loop; an application without threads calls it
//! through `Session::run_pending`.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::agenda::is_due;
use super::{Compared, Entry, Inner, LARGE, Latest, Presence, Refusal, Saving, Store, Who, continued};
use crate::backend::Generation;
use crate::error::{Error, ErrorKind};
use crate::frame::{Meta, Point, SectionKey};
use crate::generation::{Writer, remove_superseded, retain, retain_only_present, write_base};
use crate::session::SectionFate;
use crate::sync::{MutexGuard, caught};

/// More logs than this, and another base is written to be rid of them.
const MANY_GENERATIONS: usize = 64;

type Guard<'a> = MutexGuard<'a, Inner>;

impl Store {
    /// Does what is due and says how long it is until something else will be; `None`: not before there is news. A panic
    /// in it is in the status, and the next round waits for a while.
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

    /// What [`work`](Self::work) does; a panic is the caller's to catch, with [`recover`](Self::recover).
    pub(crate) fn round(&self) -> Option<Duration> {
        let mut guard = self.inner.lock();
        guard.working = true;
        self.relog_if_lost(&mut guard);
        self.encode_jobs(&mut guard);
        self.take_over_if_due(&mut guard, self.now(), false);
        let now = self.now();
        if is_due(guard.alive_due(&self.settings), now) {
            guard.restoring = None;
            guard.pending.alive = true;
        }
        if guard.lost && is_due(guard.compact_due(), now) {
            self.compact_or_fail(&mut guard, false);
        }
        if is_due(guard.write_due(), now) {
            // A failure is in the status, and a later round tries again.
            let _ = self.write_pending(&mut guard, Who::Flusher);
        }
        if is_due(guard.sync_due(&self.settings), now) {
            self.sync(&mut guard);
        }
        if guard.durability.unsynced_since().is_none() {
            guard.orders.sync &= guard.has_more_to_write();
        }
        if is_due(guard.tidy_due(), now) {
            self.remove_superseded(&mut guard);
        }
        if is_due(guard.rest_due(), now) {
            guard.rest_soon = false;
            guard.orders.compact = true;
        }
        if is_due(guard.compact_due(), now) {
            self.compact_or_fail(&mut guard, false);
        }
        if is_due(guard.verify_due(), now) {
            self.verify(&mut guard);
        }
        guard.working = false;
        guard.durability.rounds.is_over();
        self.progress.notify_all();
        guard.next_deadline(self.now(), &self.settings)
    }

    /// The last round, with a second try if it panics.
    pub(crate) fn finish(&self) {
        for _ in 0..2 {
            if caught(|| self.last_round()).is_some() {
                return;
            }
            self.recover();
        }
        self.stop(&mut self.inner.lock());
    }

    /// Everything out, erased what must be, closed, synced.
    fn last_round(&self) {
        let mut guard = self.inner.lock();
        self.relog_if_lost(&mut guard);
        guard.orders.finishing = true;
        self.encode_jobs(&mut guard);
        if !guard.pending.is_empty() {
            // The other instance may have gone since it was looked at last.
            self.take_over_if_due(&mut guard, self.now(), true);
            guard.orders.erase = guard.orders.close && guard.loaded.erasable;
        }
        if guard.refusal().is_none() {
            let written = guard.pending.is_empty() || self.write_pending(&mut guard, Who::Flusher).is_ok();
            // A program that is started often and never for long must not pile up logs.
            let rest = guard.orders.close && guard.rest_at_close;
            if written && (guard.orders.erase || rest) {
                let erase = guard.orders.erase;
                let mut done = self.compact_or_fail(&mut guard, erase);
                if erase && !done {
                    // There is no later: what fails in passing gets a second chance.
                    done = self.compact_or_fail(&mut guard, erase);
                }
                guard.orders.erased = done && erase;
                guard.pending.erased = guard.orders.erased;
            }
            // Synced before the close frame as well as after it: a close that survives a power cut vouches for all that
            // came before it, as every frame does for what it calls synced. If we die before it is written, the next
            // start sees a launch without one: a crash, with all its state.
            self.sync_now(&mut guard);
            if guard.durability.distrusted || guard.lost {
                self.compact_or_fail(&mut guard, false);
            }
            // Who was put to sleep before stays so: the same word once more, to vouch for the rest.
            let asleep = guard.pending.presence.take().or_else(|| guard.closed.clone());
            guard.pending.presence = match (guard.orders.close, guard.orders.crash) {
                (true, _) => Some(Presence::Closed(None)),
                (false, true) => Some(Presence::Crashed),
                (false, false) => asleep,
            };
            if !guard.pending.is_empty() {
                let _ = self.write_pending(&mut guard, Who::Flusher);
            }
            self.sync_now(&mut guard);
            if guard.durability.distrusted || guard.lost {
                self.close_anew(&mut guard);
            }
        }
        guard.durability.rounds.is_over();
        self.stop(&mut guard);
    }

    fn stop(&self, guard: &mut Guard<'_>) {
        guard.orders.refused = match &guard.saving {
            Saving::Refused(error) | Saving::Taken { error, .. } => Some(Refusal::NeverSaved(error.clone())),
            Saving::Forgotten => Some(Refusal::Forgotten),
            Saving::On | Saving::Closed => None,
        };
        guard.saving = Saving::Closed;
        guard.orders.stopped = true;
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
            // It is captured and neither a job nor pending: nobody may call everything written now.
            guard.encoding = true;
            // The value's own `Serialize` runs here. If it panics, one section is not saved; the thread that saves all
            // the others must live on.
            let result = MutexGuard::unlocked(guard, || caught(|| job(&mut bytes)));
            let result = result
                .unwrap_or_else(|| Err(Error::new(ErrorKind::Encode, format!("section {key}: encoding it panicked"))));
            let mut garbage = None;
            match result {
                // Another value was captured meanwhile, or the section was taken away: this one is out of date.
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
            guard.encoding = false;
            // Freeing a large value takes as long as encoding it.
            MutexGuard::unlocked(guard, || drop((before, garbage)));
        }
    }

    /// Removes the log of the launch that this one takes the place of, once this one is in the log. What fails here,
    /// compaction does.
    pub(crate) fn remove_superseded(&self, guard: &mut Guard<'_>) {
        let is_written = guard.writer.as_ref().is_some_and(|writer| writer.point().is_some());
        if let Some(generation) = guard.superseded.take().filter(|_| is_written) {
            let others = Arc::clone(&guard.others);
            drop(MutexGuard::unlocked(guard, || remove_superseded(&*self.backend, generation, &others)));
        }
    }

    pub(super) fn sync_now(&self, guard: &mut Guard<'_>) {
        if guard.durability.unsynced_since().is_some() && !guard.durability.distrusted {
            self.sync(guard);
        }
    }

    fn sync(&self, guard: &mut Guard<'_>) {
        let now = self.now();
        // The order stands until all that was captured is synced: what came in while the flusher wrote is meant, too.
        guard.orders.sync &= guard.has_more_to_write();
        let (reaches, at) = (guard.durability.written, guard.durability.written_at);
        let newest = guard.writer.as_ref().and_then(Writer::point);
        match MutexGuard::unlocked(guard, || self.backend.sync()) {
            Ok(()) => {
                guard.durability.synced_to(reaches, at, now);
                if let Some((writer, newest)) = guard.writer.as_mut().zip(newest) {
                    writer.synced_to(newest);
                }
            }
            Err(error) => {
                // After a failed sync the system may call the same pages clean, and the next sync would say yes to
                // bytes that never arrived. Only a new copy of everything, in a new file, can be believed.
                let error = Error::storage("the state could not be synced; it is written anew elsewhere", error);
                guard.durability.syncing.failed(error, now);
                guard.durability.distrusted = true;
            }
        }
    }

    pub(super) fn compact_or_fail(&self, guard: &mut Guard<'_>, erase: bool) -> bool {
        let begun = self.now();
        let (reaches, at) = (guard.durability.written, guard.durability.written_at);
        let result = self.compact(guard, erase);
        let lost = guard.lost;
        let durability = &mut guard.durability;
        match result {
            Ok(based) => {
                durability.compacting.is_over();
                if based {
                    durability.distrusted = false;
                    durability.synced_to(reaches, at, begun);
                }
                guard.orders.compact = false;
                based
            }
            Err(error) => {
                let message =
                    if lost { super::NOT_WRITTEN } else { "the log could not be written anew; it goes on as it is" };
                let error = Error::storage(message, error);
                let now = self.now();
                if durability.distrusted {
                    durability.syncing.failed(error.clone(), now);
                }
                if lost {
                    durability.writing.failed(error.clone(), now);
                }
                durability.compacting.failed(error, now);
                false
            }
        }
    }

    /// Moves the log to a new generation, writes everything before that into a base, and drops what is no longer
    /// needed. `false` where there was no base to write.
    ///
    /// The user's thread goes on meanwhile: first in the old generation, then, after the switch, in the new one. If we
    /// die anywhere in here, the next reader finds the new generation (or does not), walks to its parent, which is the
    /// end of the old one, and from there to the older base, exactly as if nothing had been begun.
    fn compact(&self, guard: &mut Guard<'_>, erase: bool) -> io::Result<bool> {
        let Some(old) = guard.writer.as_ref().map(Writer::generation) else { return Ok(false) };
        if let Some(newest) = guard.writer.as_ref().and_then(Writer::point) {
            // An older copy of the log may stand in its place, so what counts is its last frame.
            let frames = MutexGuard::unlocked(guard, || self.backend.frames(old))?;
            if !frames.into_iter().any(|index| index >= newest.index) {
                self.begin_again(guard, erase)?;
                return Ok(true);
            }
        }
        // A base would cut the log off from what a newer version wrote. What this process wrote is safe all the same once
        // it is in a new log.
        if guard.loaded.is_from_future() {
            if guard.durability.distrusted && !erase {
                self.begin_again(guard, erase)?;
                return Ok(true);
            }
            return Ok(false);
        }
        self.settle_groups(guard)?;
        let (log, base) = (guard.next_generation(), guard.next_generation());
        let launch = continued(guard, self, Some(Point { generation: old, index: Point::END }));
        let (ready, closed) = (launch.ready, guard.closed.clone());
        let mut writer = Writer::new(log, launch);
        MutexGuard::unlocked(guard, || writer.begin(&*self.backend))?;
        // From here on nothing is written to the old one any more; the new one's next frame says where it ended.
        if let Some(old) = &guard.writer {
            writer.take_over(old);
        }
        let Some(covers) = guard.writer.replace(writer).and_then(|old| old.point()) else { return Ok(false) };
        // What the old generation learned between the writing of the new one's first frame and the switch.
        guard.pending.alive |= guard.ready && !ready;
        if guard.closed != closed && guard.pending.presence.is_none() {
            guard.pending.presence = Some(guard.closed.clone().unwrap_or(Presence::Woken));
        }
        (guard.delta_bytes, guard.delta_frames) = (0, 0);
        guard.lost = false;
        let at = Self::moment(self.now());
        let head = Point { generation: log, index: Point::END };
        let in_use = guard.in_use();
        let others = Arc::clone(&guard.others);
        guard.compacting = true;
        let result = MutexGuard::unlocked(guard, || {
            let written = write_base(&*self.backend, base, covers, at, erase);
            if written.is_err() {
                // Half a base helps nobody; if it cannot be removed either, the next reader steps over it.
                let _ = self.backend.remove(base);
            }
            let size = written?;
            let mut erased = erase;
            match size {
                Some(_) if erase => erased = retain_only_present(&*self.backend, head, &others)?,
                // What cannot be removed now is tried again after the next base.
                Some(_) => {
                    // Nobody who closes the program should wait for the tidying of others.
                    let is_hurried = || {
                        let orders = &self.inner.lock().orders;
                        orders.stop && !orders.finishing
                    };
                    let retention = self.settings.retention;
                    drop(retain(&*self.backend, head, at.wall, retention, &in_use, &others, is_hurried));
                }
                None => {}
            }
            Ok::<_, io::Error>((size, erased, self.backend.generations()?.len()))
        });
        guard.compacting = false;
        let (size, erased, generations) = result?;
        if let Some(size) = size {
            guard.base_bytes = size;
            guard.bases += 1;
            // As the second copy, a long chain of old logs is kept until there is a second base: soon, then.
            // Once: what is there after that, the history wants.
            if generations > MANY_GENERATIONS && !guard.rested_twice {
                (guard.rested_twice, guard.rest_soon) = (true, true);
            }
        }
        Ok(size.is_some() && erased == erase)
    }

    /// Completes the report: reads what the application has not asked for, section by section, without the lock. Gives way
    /// to whatever else is due, and goes on in the next round.
    fn verify(&self, guard: &mut Guard<'_>) {
        let keys = guard.loaded.sections.keys().filter(|key| !guard.is_looked_at(key));
        let keys: Vec<_> = keys.cloned().collect();
        // Reading disturbs nobody who exchanges the log.
        guard.working = false;
        for key in keys {
            if !guard.orders.verify || guard.is_busy_beside_verifying(self.now(), &self.settings) {
                return;
            }
            let Some(unread) = guard.loaded.unread(&key).filter(|_| !guard.is_looked_at(&key)) else { continue };
            let member = MutexGuard::unlocked(guard, || unread.member(&*self.backend));
            // Handed out, saved anew or removed meanwhile; or all of the log was exchanged.
            if !unread.is_of(&guard.loaded) || guard.is_looked_at(&key) {
                continue;
            }
            // The place being unavailable now says nothing about the section; the next start checks again.
            if let Ok(member) = member {
                let fate = SectionFate::of(&member, guard.loaded.doubts(&key));
                if fate.is_damage() {
                    guard.orders.compact |= guard.ready;
                }
                // A large value takes a while to free.
                MutexGuard::unlocked(guard, || drop(member));
                guard.checked.insert(key, fate);
            }
        }
        guard.orders.verify = false;
    }
}

impl Inner {
    /// Takes in the new bytes of a section, if they are new.
    pub(crate) fn capture(&mut self, key: SectionKey, bytes: Vec<u8>, meta: Meta) {
        self.capture_and(key, bytes, meta, |_| ());
    }

    /// The same, and notes something in its entry.
    pub(crate) fn capture_and(&mut self, key: SectionKey, bytes: Vec<u8>, meta: Meta, note: impl FnOnce(&mut Entry)) {
        self.loaded.erasable |= meta.erase_on_close;
        let meta = Meta { stand_in: self.stands_in(&key), ..meta };
        let entry = match self.entries.get_mut(&key.scope, &key.name) {
            Some(known) => known,
            None => self.entries.entry(&key),
        };
        note(entry);
        if entry.has(&bytes, &meta) {
            return;
        }
        entry.latest = Some(Latest::new(Arc::new(bytes), meta));
        entry.removed = false;
        self.pending.heavy.remove(&key);
        self.loaded.removed.remove(&key);
        self.pending.sections.insert(key);
    }

    /// The same for a large section that the flusher encoded and compared. Returns what nobody needs any more.
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

    /// Whether what is captured now only stands in for a value that was not handed out.
    fn stands_in(&self, key: &SectionKey) -> bool {
        !self.touched && self.unanswered.contains(key)
    }

    /// Whether it is known how a section came back.
    fn is_looked_at(&self, key: &SectionKey) -> bool {
        self.fates.contains_key(key) || self.checked.contains_key(key)
    }

    fn has_more_to_write(&self) -> bool {
        !self.pending.is_empty() || !self.jobs.is_empty()
    }

    /// Generations that sections nobody asked for yet would be read from: the base at most, because all frames after it are
    /// in memory.
    fn in_use(&self) -> BTreeSet<Generation> {
        let parked = self.loaded.parked.iter().map(|parked| &parked.layers);
        let closed = self.loaded.closed.iter().flat_map(|closed| closed.sections.values());
        let mut all = self.loaded.sections.values().chain(parked).chain(closed);
        let unread = all.find_map(|layers| layers.unread_in().next());
        unread.into_iter().chain(self.loaded.chain.base.filter(|_| unread.is_some()).map(|(base, _)| base)).collect()
    }
}
