//! Capturing and saving: from the application's values to a frame in the log.

use std::sync::Arc;

use super::capture::Staging;
use super::{Capture, Driver, Session};
use crate::backend::Backend;
use crate::error::{Error, ErrorKind};
use crate::frame::{Launch, Parked, SectionKey, checksum};
use crate::generation::{ParkedSection, Writer, remove_all};
use crate::store::{Asked, DEADLINE, Entry, Inner, Item, Log, Presence, Saving, Shown, Store, Who, Worker};
use crate::sync::{Instant, MutexGuard};
use crate::time::Timestamp;

/// How far a save has progressed when the call returns, least first.
///
/// Storage trouble is a value of this type and never an error of [`Session::autosave`] or [`Session::suspend`],
/// because a full disk or a second instance must not end a program through `?`. [`Session::status`] gives the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Saved {
    /// There was nothing to save.
    Unchanged,
    /// Saving is off, so nothing was captured.
    ///
    /// The location could not be used when the session was opened, or the state was [forgotten](Session::forget).
    /// [`Status::refused`](crate::Status::refused) gives the reason.
    Off,
    /// The newest value of each section is in memory only, because storage is failing.
    ///
    /// [`Status::failing`](crate::Status::failing) gives the reason. The write is retried; a kill loses the value.
    Deferred,
    /// The value is in memory only, and the flusher is about to write it.
    ///
    /// The backend is slow, or a value was [shared](Capture::share), or the program saves thousands of times in a row, faster
    /// than the log can be compacted. A kill loses the value.
    Pending,
    /// The value is written: it survives a kill now, and a power cut after the next fsync.
    Written,
    /// The value is synced: it survives a power cut.
    Synced,
}

/// The result of a capture.
pub(super) struct Captured {
    /// How far the save has progressed, or the storage error that stopped it.
    pub(super) written: Result<Saved, Error>,
    /// The first section that could not be encoded.
    pub(super) rejected: Option<Error>,
}

impl Captured {
    /// As an autosave tells it: why it could not be written is in the status, and the flusher tries again.
    pub(super) fn into_autosaved(self) -> Result<Saved, Error> {
        self.rejected.map_or(Ok(self.written.unwrap_or(Saved::Deferred)), Err)
    }
}

impl Session {
    /// Saves if anything was [marked](Self::mark) or [changed](Self::mark_dirty) since the last call.
    ///
    /// Otherwise the closure is not called.
    ///
    /// Meant to be called once per frame, event or answered line.
    ///
    /// On a local disk it costs the encoding of the values that the closure sets and one small write. It never waits
    /// for an fsync; the flusher syncs [within a second](crate::Builder::DEFAULT_SYNC_EVERY).
    ///
    /// Storage trouble is not an error: [`Saved::Deferred`] or [`Saved::Off`] mean that the value is not written, and
    /// [`status`](Self::status) gives the reason. So `?` after this call never ends a program because a disk is full,
    /// another instance is running, or the state was [forgotten](Self::forget).
    ///
    /// # Errors
    /// No storage trouble, but what a developer must handle. [`ErrorKind::Encode`], [`ErrorKind::TooLarge`]: a section
    /// could not be encoded, in this capture or by the flusher after an earlier [`share`](Capture::share); the others
    /// are saved. If users decide how large a section becomes, show this error instead of returning it with `?`.
    /// [`ErrorKind::InvalidSetting`]: one section was used with two types.
    pub fn autosave(&mut self, capture: impl FnOnce(&mut Capture<'_>)) -> Result<Saved, Error> {
        if !self.is_due() {
            self.still_alive();
            return Ok(Saved::Unchanged);
        }
        self.note_life();
        if self.store.inner.lock().is_off() {
            return Ok(Saved::Off);
        }
        self.capture(capture).into_autosaved()
    }

    pub(super) fn is_due(&self) -> bool {
        self.dirty || self.uncommitted
    }

    /// Saves now and waits until the state survives a power cut, for five seconds at most.
    ///
    /// For changes that the user would never forgive losing, and for a *save* button. After [`forget`](Self::forget),
    /// this call turns saving on again.
    ///
    /// # Errors
    /// The errors of [`autosave`](Self::autosave), and all storage trouble, because this call asks whether the state
    /// is safe: [`ErrorKind::Unavailable`] and others if storage fails or refused the session from the start,
    /// [`ErrorKind::TimedOut`] if storage does not respond in time. Captured values stay in memory and are retried
    /// (unless the session is refused), and [`status`](Self::status) shows when they are stored.
    /// [`ErrorKind::Encode`], [`ErrorKind::TooLarge`]: the newest value of a section was not saved, from this capture
    /// or an earlier one ([`Status::unsaved`](crate::Status::unsaved)); everything else was. Show these errors to the
    /// user; do not end the program with `?` on them.
    pub fn save(&mut self, capture: impl FnOnce(&mut Capture<'_>)) -> Result<Saved, Error> {
        self.note_life();
        let mut guard = self.store.inner.lock();
        if matches!(guard.saving, Saving::Forgotten) {
            begin_anew(&mut guard, &self.store);
        }
        if let Some(refusal) = guard.refusal().filter(|_| guard.is_off()) {
            return Err(refusal);
        }
        let asked = guard.durability.ask();
        drop(guard);
        let captured = self.capture(capture);
        self.wait_until_safe(asked, captured.rejected)?;
        Ok(Saved::Synced)
    }

    /// Writes everything captured so far and every mark, and waits for the fsync, for at most [`DEADLINE`](Self::DEADLINE):
    /// [`save`](Self::save) without a new capture.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const FORM: Section<String> = Section::new("form", 1);
    ///
    /// let mut session = Session::in_memory();
    /// session.mark("form/name");
    /// session.autosave(|capture| capture.set(FORM, &"Ana".to_owned()))?;
    /// session.flush()?;
    /// assert!(session.status().is_synced);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`save`](Self::save), and [`ErrorKind::Closed`] also after [`forget`](Self::forget).
    pub fn flush(&mut self) -> Result<(), Error> {
        self.note_life();
        let mut guard = self.store.inner.lock();
        if let Some(refusal) = guard.refusal().filter(|_| guard.is_off()) {
            return Err(refusal);
        }
        self.marks.drain_into(&mut guard);
        let asked = guard.durability.ask();
        drop(guard);
        // If it fails, it is pending, and waited for below.
        let _ = self.write_now();
        self.wait_until_safe(asked, None)
    }

    /// Makes the next [`autosave`](Self::autosave) due, after a change without a user interaction.
    pub fn mark_dirty(&mut self) {
        self.still_alive();
        self.dirty = true;
    }

    /// Erases everything this library has stored for the application, including history and marks.
    ///
    /// Saving stays off until the application calls [`save`](Self::save). Waits for an fsync: after it returns, no
    /// power cut can restore erased data.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`]: some data could not be removed, or the removal not synced; call again to retry.
    /// [`ErrorKind::TimedOut`]: storage is busy and did not respond.
    pub fn forget(&mut self) -> Result<(), Error> {
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        if !matches!(guard.saving, Saving::Forgotten) {
            guard.refusal().map_or(Ok(()), Err)?;
        }
        guard.saving = Saving::Forgotten;
        guard.orders.compact = false;
        // Otherwise a base that is being written would reappear after the removal.
        store.wait_until_idle(&mut guard)?;
        guard.clear();
        store.forget_interruption(&mut guard);
        guard.passed.clear();
        self.marks.forget();
        (self.dirty, self.uncommitted) = (false, false);
        let failed = |error| Error::storage("could not erase all of the stored state; call `forget` again", error);
        let generations = store.backend.generations().map_err(failed)?;
        remove_all(&*store.backend, generations).map_err(failed)?;
        // If power fails before this returns, some data may reappear; the caller has not been told yet that it is
        // erased.
        let unsure = "could not sync the erasure, so a power cut may restore erased state; call `forget` again";
        store.backend.sync().map_err(|error| Error::storage(unsure, error))?;
        if store.backend.is_underway() {
            return Err(Error::new(ErrorKind::TimedOut, "the erasure is not confirmed yet; call `forget` again"));
        }
        Ok(())
    }

    pub(super) fn capture(&mut self, capture: impl FnOnce(&mut Capture<'_>)) -> Captured {
        let mut staging = self.stage();
        // If this panics, nothing of it was taken over: the last captured state stands.
        capture(&mut Capture::new(&mut staging, &self.marks));
        (self.dirty, self.uncommitted) = (false, false);
        self.take(staging)
    }

    pub(super) fn stage(&mut self) -> Staging {
        self.catch_up();
        let mut guard = self.store.inner.lock_in_capture();
        self.marks.renumber(&mut guard);
        let scratch = std::mem::take(&mut guard.spare);
        guard.captures += 1;
        let number = guard.captures;
        drop(guard);
        let at = self.store.now().wall;
        Staging::new(Arc::clone(&self.store), number, at, scratch)
    }

    /// Applies a capture and writes it as far as the UI thread may.
    pub(super) fn take(&mut self, mut staging: Staging) -> Captured {
        staging.stage_seen(&mut self.marks);
        let Staging { items, spots, secrets, error, scratch, imports, at, .. } = staging;
        self.marks.note_spots(spots);
        self.marks.secrets.extend(secrets);
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        if guard.is_off() {
            // The closure forked, and this is the child.
            return Captured { written: Ok(Saved::Off), rejected: error };
        }
        guard.touched |= self.touched;
        for (key, item) in items {
            if let Some(item) = guard.admit(&key, item) {
                if imports && !matches!(item, Item::Reject(_)) {
                    guard.note_imported(&key, at);
                }
                guard.apply(key, item, at);
            }
        }
        guard.captured();
        if guard.spare.capacity() < scratch.capacity() {
            guard.spare = scratch;
        }
        self.marks.drain_into(&mut guard);
        let written = self.write(&mut guard, true);
        let rejected = error.or_else(|| guard.job_error.take());
        Captured { written, rejected }
    }

    /// Writes pending changes if the UI thread may, and wakes the flusher for the rest.
    pub(crate) fn write_now(&mut self) -> Result<Saved, Error> {
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        self.write(&mut guard, false)
    }

    /// With `may_pause`, the write can be left for later where the program saves faster than bases can be written.
    fn write(&mut self, guard: &mut MutexGuard<'_, Inner>, may_pause: bool) -> Result<Saved, Error> {
        let store = Arc::clone(&self.store);
        let has_more = |inner: &Inner| !(inner.pending.is_empty() && inner.jobs.is_empty());
        let had_any = has_more(guard);
        if matches!(self.driver, Driver::Captures) {
            // This writes what the capture has just added, too.
            let _ = MutexGuard::unlocked(guard, || store.work());
        }
        if guard.is_taken() {
            if guard.worker == Worker::Application {
                let _ = MutexGuard::unlocked(guard, || store.work());
            } else {
                store.notify();
            }
            let (is_taken, is_all) = (guard.is_taken(), !has_more(guard));
            match (is_taken, is_all) {
                (true, true) => return Ok(Saved::Unchanged),
                (true, false) => return Ok(Saved::Deferred),
                // Already written with the take-over.
                (false, true) => return Ok(Saved::Written),
                (false, false) => {}
            }
        }
        store.ask_for_room_once(guard);
        if !has_more(guard) {
            if guard.orders.sync {
                store.notify();
            }
            return Ok(if had_any { Saved::Written } else { Saved::Unchanged });
        }
        let was_synced = guard.durability.unsynced_since().is_none();
        let is_pause = may_pause && store.must_pause(guard);
        if guard.jobs.is_empty() && !is_pause && store.may_write(guard) {
            let result = store.write_pending(guard, Who::User);
            if guard.log == Log::Refused {
                store.notify();
                return Ok(Saved::Pending);
            }
            // While the flusher has a timer running that ends before the sync is due, an autosave costs no wake-up. It reads
            // the agenda when it wakes up, so what was written meanwhile is synced in time.
            let is_asleep = was_synced && !guard.wakes_in_time(&store.settings);
            if is_asleep || result.is_err() || guard.orders.sync || guard.orders.compact {
                store.notify();
            }
            return result.map(|()| Saved::Written);
        }
        store.notify();
        match guard.durability.writing.failing() {
            Some(failing) => Err(failing.error.clone()),
            None => Ok(Saved::Pending),
        }
    }

    /// If another instance holds the location, waits until the location was checked once more.
    fn wait_for_take_over(&mut self) -> Result<(), Error> {
        let mut guard = self.store.inner.lock();
        let looks = |inner: &Inner| match inner.saving {
            Saving::Taken { looks, .. } => Some(looks),
            _ => None,
        };
        let Some(before) = looks(&guard) else { return Ok(()) };
        if let Saving::Taken { next, .. } = &mut guard.saving {
            *next = std::time::Duration::ZERO;
        }
        self.wait_for(&mut guard, Asked::UNANSWERED, |inner| looks(inner) != Some(before))?;
        guard.refusal().map_or(Ok(()), Err)
    }

    /// Waits until everything captured survives a power cut. A failed first attempt does not matter if a later one
    /// succeeds.
    fn wait_until_safe(&mut self, asked: Asked, rejected: Option<Error>) -> Result<(), Error> {
        self.wait_for_take_over()?;
        self.wait_until_synced(asked)?;
        let mut guard = self.store.inner.lock();
        let late = guard.job_error.take();
        rejected.or(late).or(guard.rejection()).map_or(Ok(()), Err)
    }

    /// Waits for the fsync.
    fn wait_until_synced(&mut self, asked: Asked) -> Result<(), Error> {
        let mut guard = self.store.inner.lock();
        guard.orders.sync = true;
        self.wait_for(&mut guard, asked, Inner::is_all_synced)
    }

    /// Waits until everything captured is written and the flusher is idle, so that the log can be replaced.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        if let Some(refusal) = guard.refusal() {
            return Err(refusal);
        }
        self.marks.drain_into(&mut guard);
        let asked = guard.durability.ask();
        self.wait_for(&mut guard, asked, |inner| inner.pending.is_empty() && inner.jobs.is_empty())?;
        store.wait_until_idle(&mut guard)
    }

    /// Lets the flusher work until `is_done`, or until an attempt fails that begins after the call `asked`.
    fn wait_for(
        &self,
        guard: &mut MutexGuard<'_, Inner>,
        asked: Asked,
        is_done: impl Fn(&Inner) -> bool,
    ) -> Result<(), Error> {
        self.store.wait_for(guard, asked, Instant::now() + DEADLINE, is_done)
    }
}

fn begin_anew(guard: &mut MutexGuard<'_, Inner>, store: &Store) {
    let launch =
        Launch { ready: guard.ready, ..Launch::first(Store::moment(store.now()), store.settings.process.clone()) };
    let generation = guard.next_generation();
    guard.writer = Some(Writer::new(generation, launch));
    guard.saving = Saving::On;
}

impl Inner {
    pub(super) fn apply(&mut self, key: SectionKey, item: Item, at: Timestamp) {
        match item {
            // The other instance changed the section and this one did not: the stored value stays.
            Item::Set { bytes, .. } if self.is_no_change_of(&key, &bytes) => {
                if self.stored_sum(&key) == Some(checksum(&bytes)) {
                    self.shown.is_read(&key);
                }
            }
            Item::Set { bytes, meta, revision, compared } => {
                self.replace_group(&key, meta.group, at);
                self.supersede(&key, meta.version);
                self.jobs.remove(&key);
                self.accept(&key);
                let note = |entry: &mut Entry| (entry.revision, entry.shared) = (revision, None);
                self.capture_and(key, bytes, meta, compared, note);
            }
            Item::Share { version, job, shared } => {
                self.replace_group(&key, None, at);
                self.supersede(&key, version);
                let entry = self.entries.entry(&key);
                entry.revision = None;
                // This may be the last pointer to the previous value. Freeing a large value takes as long as encoding
                // it, so the flusher does that, too. A job that the flusher never reached is dropped here, so that
                // jobs cannot accumulate.
                let before = entry.shared.replace(shared);
                let job = move |out: &mut Vec<u8>| {
                    drop(before);
                    job(out)
                };
                self.jobs.insert(key, Box::new(job));
            }
            Item::Reject(error) => self.reject(key, error, at),
            Item::Remove => {
                // Nobody who removes a value that this program could not show has seen what goes.
                let is_unseen = self.entries.get(&key.scope, &key.name).is_some_and(|entry| entry.unread.is_some());
                let stored = self.loaded.sections.contains_key(&key);
                if stored || self.copied_sum(&key).is_some() {
                    self.replace_group(&key, None, at);
                }
                if is_unseen {
                    self.supersede(&key, u32::MAX);
                }
                self.loaded.sections.remove(&key);
                self.jobs.remove(&key);
                let refused = self.accept(&key);
                let entry = self.entries.entry(&key);
                let known = stored || refused || entry.stored.is_some() || entry.latest.is_some();
                let park = entry.park;
                entry.remove();
                entry.park = park;
                if known {
                    self.pending.heavy.remove(&key);
                    self.loaded.note_removed(&key, at);
                    self.pending.sections.insert(key);
                }
            }
        }
    }

    /// Replaces the value in the log by a new one. A value that could not be returned is quarantined instead, so that
    /// a newer or a repaired version of the application finds it again.
    pub(crate) fn supersede(&mut self, key: &SectionKey, version: u32) {
        let Some(layers) = self.loaded.sections.remove(key) else { return };
        let newer = layers.newest().is_some_and(|stored| stored.meta.version > version);
        let entry = self.entries.entry(key);
        let why = entry.unread.take().or(newer.then_some(Parked::Unread));
        if let Some(why) = why {
            entry.park = Some(why);
            self.loaded.park(ParkedSection { key: key.clone(), why, layers });
        }
    }

    /// Forgets everything about the log, and all pending writes to it.
    pub(crate) fn clear(&mut self) {
        self.outdate_snapshots();
        self.entries.clear();
        self.superseded = None;
        self.loaded = crate::generation::Loaded::default();
        self.pending = crate::store::Pending::default();
        self.jobs.clear();
        self.rejected.clear();
        self.closed = None;
        self.closed_scopes.clear();
        (self.shown, self.arrived) = (Shown::default(), None);
        self.shut.clear();
        self.fates.clear();
        self.checked.clear();
        self.unanswered.clear();
        self.orders.verify = false;
        self.rest.soon = false;
        if self.log == Log::Refused {
            self.log = Log::Continues;
        }
        self.unbased = None;
        self.length = crate::store::Length::default();
        self.durability.clear();
    }

    /// Whether the session is suspended and not woken, in the log or in a pending write.
    pub(crate) fn is_asleep(&self) -> bool {
        matches!(self.pending.presence.as_ref().or(self.closed.as_ref()), Some(Presence::Closed(Some(_))))
    }

    /// Whether everything captured is in the log.
    pub(crate) fn is_all_written(&self) -> bool {
        self.pending.is_empty() && self.jobs.is_empty() && self.encoding == 0 && self.writer.is_some()
    }

    pub(crate) fn is_all_synced(&self) -> bool {
        self.is_all_written() && self.durability.is_all_synced()
    }
}
