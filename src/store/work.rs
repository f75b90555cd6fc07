//! What is done off the user's thread: writing what could not be written at once, syncing, compacting, checking.
//!
//! One round of it is [`Store::work`]. The flusher thread calls it in a loop; an application without threads calls it
//! through `Session::drive`.

use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::{Inner, Latest, Presence, READY_AFTER, Saving, Store, continued};
use crate::backend::Generation;
use crate::error::{Error, ErrorKind};
use crate::frame::Point;
use crate::generation::{Layers, Writer, retain, retain_only_present, write_base};
use crate::session::SectionFate;
use crate::sync::MutexGuard;
use crate::time::Now;

/// How long after the start the log is summed up if that is due, and the sections that nobody asked for are checked:
/// later than the application's own start, and not in a launch that dies young.
const VERIFY_AFTER: Duration = Duration::from_secs(2);

/// More logs than this, and another base is written to be rid of them.
const MANY_GENERATIONS: usize = 64;

type Guard<'a> = MutexGuard<'a, Inner>;

impl Store {
    /// Does what is due and says how long it is until something else will be; `None`: not before there is news.
    pub(crate) fn work(&self) -> Option<Duration> {
        let mut guard = self.inner.lock();
        guard.working = true;
        Self::encode_jobs(&mut guard);
        if guard.is_ready_by_age(self.now()) {
            guard.pending.ready = true;
        }
        let now = self.now();
        if guard.lost && guard.wants_compaction(now) {
            self.compact_or_fail(&mut guard, false);
        }
        if guard.has_writing() && guard.durability.writing.may_try(now) {
            // A failure is in the status, and a later round tries again.
            let _ = self.write_pending(&mut guard);
        }
        if guard.durability.syncing.may_try(now) {
            self.sync_if_due(&mut guard);
        }
        if guard.rest_is_due(now) {
            guard.rest_soon = false;
            guard.orders.compact = true;
        }
        if guard.wants_compaction(now) {
            self.compact_or_fail(&mut guard, false);
        }
        self.verify_if_due(&mut guard);
        guard.working = false;
        self.progress.notify_all();
        guard.next_deadline(self.now(), self.settings.sync_every)
    }

    /// The last round: everything out, erased what must be, closed, synced.
    pub(crate) fn finish(&self) {
        let mut guard = self.inner.lock();
        guard.orders.finishing = true;
        Self::encode_jobs(&mut guard);
        if guard.refusal().is_none() {
            let written = guard.pending.is_empty() || self.write_pending(&mut guard).is_ok();
            // A program that is started often and never for long must not pile up logs.
            let rest = guard.orders.close && guard.rest_at_close && guard.ready;
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
            guard.orders.sync = true;
            self.sync_if_due(&mut guard);
            if guard.durability.distrusted || guard.lost {
                self.compact_or_fail(&mut guard, false);
            }
            // Who was put to sleep before stays so: the same word once more, to vouch for the rest.
            let asleep = guard.pending.presence.take().or_else(|| guard.closed.clone());
            guard.pending.presence = if guard.orders.close { Some(Presence::Closed(None)) } else { asleep };
            if !guard.pending.is_empty() {
                let _ = self.write_pending(&mut guard);
            }
            guard.orders.sync = true;
            self.sync_if_due(&mut guard);
            if guard.durability.distrusted || guard.lost {
                self.close_anew(&mut guard);
            }
        }
        guard.saving = Saving::Closed;
        guard.orders.stopped = true;
        self.progress.notify_all();
    }

    fn encode_jobs(guard: &mut Guard<'_>) {
        while let Some((key, job)) = guard.jobs.pop_first() {
            let mut bytes = Vec::new();
            let shared = |guard: &Guard<'_>| guard.entries.get(&key.scope, &key.name)?.shared.clone();
            let before = shared(guard);
            // The value's own `Serialize` runs here. If it panics, one section is not saved; the thread that saves all
            // the others must live on.
            let result = MutexGuard::unlocked(guard, || catch_unwind(AssertUnwindSafe(|| job(&mut bytes))));
            let result = result
                .unwrap_or_else(|_| Err(Error::new(ErrorKind::Encode, format!("section {key}: encoding it panicked"))));
            // Another value was captured meanwhile, or the section was taken away: this one is out of date.
            let is_present = before.zip(shared(guard)).is_some_and(|(before, now)| Arc::ptr_eq(&before, &now));
            match result {
                Ok(_) if !is_present => {}
                Ok(meta) => guard.capture(key, bytes, meta),
                Err(error) => guard.job_error = Some(error),
            }
        }
    }

    pub(super) fn sync_if_due(&self, guard: &mut Guard<'_>) {
        let durability = &guard.durability;
        // The order stands until all that was captured is synced: what came in while we wrote is meant, too.
        let more_to_write = !guard.pending.is_empty() || !guard.jobs.is_empty();
        if durability.written == durability.synced {
            guard.orders.sync &= more_to_write;
            return;
        }
        let now = self.now();
        let waited = durability.unsynced_since.is_some_and(|since| now.monotonic >= since + self.settings.sync_every);
        if durability.distrusted || !(guard.orders.sync || waited) {
            return;
        }
        guard.orders.sync &= more_to_write;
        let (reaches, at) = (guard.durability.written, guard.durability.written_at);
        let newest = guard.writer.as_ref().and_then(Writer::point);
        guard.durability.unsynced_since = None;
        match MutexGuard::unlocked(guard, || self.backend.sync()) {
            Ok(()) => {
                guard.durability.synced = reaches;
                guard.durability.synced_at = at;
                guard.durability.syncing.is_over();
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
        let (reaches, at) = (guard.durability.written, guard.durability.written_at);
        let result = self.compact(guard, erase);
        let lost = guard.lost;
        let durability = &mut guard.durability;
        match result {
            Ok(based) => {
                durability.compacting.is_over();
                if based {
                    durability.synced = durability.synced.max(reaches);
                    durability.synced_at = durability.synced_at.max(at);
                    durability.distrusted = false;
                    durability.syncing.is_over();
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
        guard.pending.ready |= guard.ready && !ready;
        if guard.closed != closed && guard.pending.presence.is_none() {
            guard.pending.presence = Some(guard.closed.clone().unwrap_or(Presence::Woken));
        }
        guard.delta_bytes = 0;
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
                    drop(retain(&*self.backend, head, self.settings.retention, &in_use, &others, is_hurried));
                }
                None => {}
            }
            Ok::<_, io::Error>((size, erased, self.backend.generations()?.len()))
        });
        guard.compacting = false;
        let (size, erased, generations) = result?;
        if let Some(size) = size {
            guard.base_bytes = size;
            // As the second copy, a long chain of old logs is kept until there is a second base: soon, then.
            // Once: what is there after that, the history wants.
            if generations > MANY_GENERATIONS && !guard.rested_twice {
                (guard.rested_twice, guard.rest_soon) = (true, true);
            }
        }
        Ok(size.is_some() && erased == erase)
    }

    /// Completes the report: reads what the application has not asked for.
    fn verify_if_due(&self, guard: &mut Guard<'_>) {
        if !guard.orders.verify || self.now().monotonic < guard.opened_at.monotonic + VERIFY_AFTER {
            return;
        }
        let keys: Vec<_> =
            guard.loaded.sections.keys().filter(|key| !guard.fates.contains_key(*key)).cloned().collect();
        for key in keys {
            // The place being unavailable now says nothing about the section; the next start checks again.
            if let Ok(value) = guard.loaded.value(&*self.backend, &key) {
                let fate = SectionFate::of(value.as_ref(), guard.loaded.doubts(&key));
                if fate.is_damage() {
                    guard.orders.compact |= guard.ready;
                }
                guard.checked.insert(key, fate);
            }
            MutexGuard::bump(guard);
        }
        guard.orders.verify = false;
    }
}

impl Inner {
    /// Takes in the new bytes of a section, if they are new.
    pub(crate) fn capture(&mut self, key: crate::frame::SectionKey, bytes: Vec<u8>, meta: crate::frame::Meta) {
        self.loaded.erasable |= meta.erase_on_close;
        let entry = self.entries.entry(&key);
        if entry.has(&bytes, &meta) {
            return;
        }
        entry.latest = Some(Latest { bytes: Arc::new(bytes), meta });
        entry.removed = false;
        self.pending.sections.insert(key);
    }

    /// Whether a round of work would do something now.
    pub(crate) fn is_busy(&self, now: Now) -> bool {
        let durability = &self.durability;
        self.orders.stop
            || !self.jobs.is_empty()
            || (self.has_writing() && durability.writing.may_try(now))
            || (self.orders.sync
                && durability.written != durability.synced
                && !durability.distrusted
                && durability.syncing.may_try(now))
            || self.wants_compaction(now)
            || self.rest_is_due(now)
    }

    fn rest_is_due(&self, now: Now) -> bool {
        self.rest_soon && self.ready && now.monotonic >= self.opened_at.monotonic + VERIFY_AFTER
    }

    fn wants_compaction(&self, now: Now) -> bool {
        let durability = &self.durability;
        (durability.distrusted && durability.syncing.may_try(now))
            || (self.orders.compact && durability.compacting.may_try(now))
    }

    /// Generations that sections nobody asked for yet would be read from.
    fn in_use(&self) -> BTreeSet<Generation> {
        let parked = self.loaded.parked.iter().map(|parked| &parked.layers);
        self.loaded.sections.values().chain(parked).flat_map(Layers::unread_in).collect()
    }

    fn has_writing(&self) -> bool {
        !self.pending.is_empty() && self.refusal().is_none() && !self.lost
    }

    fn is_ready_by_age(&self, now: Now) -> bool {
        !self.ready && !self.pending.ready && now.monotonic >= self.opened_at.monotonic + READY_AFTER
    }

    /// How long it is until something will be due; `None`: not before there is news.
    pub(crate) fn next_deadline(&self, now: Now, sync_every: Duration) -> Option<Duration> {
        let durability = &self.durability;
        let mut due = Vec::with_capacity(4);
        if self.has_writing() {
            due.push(durability.writing.retry_at());
        }
        if durability.distrusted {
            due.push(durability.syncing.retry_at());
        } else if let Some(since) = durability.unsynced_since {
            due.push((since + sync_every).max(durability.syncing.retry_at()));
        }
        if self.orders.compact {
            due.push(durability.compacting.retry_at());
        }
        if !self.ready && self.refusal().is_none() {
            due.push(self.opened_at.monotonic + READY_AFTER);
        }
        if self.orders.verify || (self.rest_soon && self.ready) {
            due.push(self.opened_at.monotonic + VERIFY_AFTER);
        }
        due.into_iter().min().map(|at| at.saturating_sub(now.monotonic))
    }
}
