//! State shared by the UI thread and the flusher: the log's writer, the captured sections, and the pending work.

mod agenda;
mod compact;
mod durability;
mod entries;
mod entry;
mod groups;
mod guarded;
mod interruption;
mod item;
mod keys;
mod late;
mod length;
mod lost;
mod meter;
mod named;
mod notes;
mod orders;
mod panicked;
mod pending;
mod quick;
mod rejected;
mod restart;
mod room;
mod scopes;
mod shared;
mod shown;
pub(crate) mod types;
mod unlisted;
mod wait;
mod work;

pub(crate) use durability::{Asked, Durability};
pub(crate) use entries::Entries;
pub(crate) use entry::{Compared, Entry, LARGE, Latest, Stored, Taken};
pub(crate) use guarded::Guarded;
pub(crate) use interruption::Interruption;
pub(crate) use item::Item;
pub(crate) use late::Late;
pub(crate) use length::Length;
pub(crate) use meter::{MAX_STRETCHED, Meter};
pub(crate) use notes::Notes;
#[cfg(feature = "log")]
pub(crate) use notes::Outbox;
pub(crate) use orders::{Ended, Ending, Erasure, Life, Log, Orders, Rest, Work, Worker};
pub(crate) use pending::{Pending, Presence, Who};
pub(crate) use rejected::Rejected;
pub(crate) use restart::Restart;
pub(crate) use room::Room;
pub(crate) use scopes::Shut;
pub(crate) use shared::Shared;
pub(crate) use shown::{Arrived, Shown};
pub(crate) use types::Types;
pub(crate) use unlisted::Unlisted;

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::backend::{self, Backend, Generation, Speed};
use crate::error::{Error, ErrorKind};
use crate::frame::{Caution, Left, Machine, Moment, Point, Process, SectionKey, When, checksum};
use crate::generation::{Loaded, Others, Retention, Writer};
use crate::mark::TrailEntry;
use crate::report::{Holder, LastExit, Outcome, SectionFate, Status};
use crate::section::ScopeRules;
use crate::session::Awaited;
use crate::sorted::{SortedMap, SortedSet};
use crate::sync::{Condvar, Instant, Mutex, MutexGuard};
use crate::time::{Clock, Now};

/// How long `save` and `close` wait for storage before they return a timeout.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);
/// If a write to a backend that calls itself quick takes longer than this, the flusher does the next writes until one
/// is quick again: a disk that spins up, or a home directory on a network, must not stop the user twice.
const TOO_SLOW: Duration = Duration::from_millis(250);
const NOT_WRITTEN: &str = "the state could not be written; it is kept in memory and will be retried";

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) sync_every: Duration,
    /// Bytes an hour above which syncs become rarer.
    pub(crate) hourly_budget: Option<u64>,
    pub(crate) ready_after: Duration,
    pub(crate) retention: Retention,
    pub(crate) process: Process,
    pub(crate) scopes: ScopeRules,
}

/// What a start found, or a take-over, which is one.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) outcome: Outcome,
    pub(crate) last_exit: LastExit,
    pub(crate) is_restart: bool,
}

/// Encodes a value that was shared by pointer, on the flusher.
pub(crate) type Job = Box<dyn FnOnce(&mut Vec<u8>) -> Result<crate::frame::Meta, Error> + Send>;

pub(crate) struct Store {
    pub(crate) backend: Box<Guarded>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) inner: Shared,
    /// Outside `inner`, so that encoding neither waits for storage nor makes other threads wait.
    pub(crate) types: Arc<Mutex<Types>>,
    /// The location that another instance held at the start.
    pub(crate) taken: Option<Awaited>,
    /// What was found at the take-over.
    pub(crate) took_over: OnceLock<Start>,
    /// Whether [`Inner::interruption`] is set, so that marking takes no lock.
    pub(crate) is_interrupted: AtomicBool,
    /// The flusher waits here for work.
    pub(crate) wake: Condvar,
    /// The number of calls that wake it.
    #[cfg(test)]
    pub(crate) wake_ups: std::sync::atomic::AtomicU64,
    /// `save` and `close` wait here for the flusher.
    pub(crate) progress: Condvar,
    #[cfg(feature = "log")]
    pub(crate) outbox: Arc<Outbox>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("backend", &self.backend)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    /// `None` while a thread writes without holding the lock.
    pub(crate) writer: Option<Writer>,
    /// The highest generation number seen or assigned.
    pub(crate) highest: u64,
    pub(crate) writer_id: u64,
    pub(crate) entries: Entries,
    pub(crate) loaded: Loaded,
    /// The checksums of the sections in `loaded`, if that is a read-only copy.
    pub(crate) copied: Option<SortedMap<SectionKey, u64>>,
    /// Groups that the other instance changed before a take-over and the application has not read since.
    pub(crate) shown: Shown,
    /// The marks that a take-over found.
    pub(crate) arrived: Option<Arrived>,
    /// How the user had left the element touched last, and the monotonic time for which that holds, in milliseconds.
    pub(crate) left: Option<(Left, u64)>,
    /// The last frames of the other heads of the log at the start.
    pub(crate) passed: Vec<Point>,
    /// Other writers that may be using the log.
    pub(crate) others: Arc<Others>,
    /// Scopes closed by the application: a section missing in them is known to be missing.
    pub(crate) closed_scopes: SortedSet<Arc<str>>,
    /// The closed scopes in which the application has only set sections in a capture since.
    pub(crate) shut: SortedMap<Arc<str>, Shut>,
    /// How the sections that the application requested were restored, and those that were only checked.
    pub(crate) fates: SortedMap<SectionKey, SectionFate>,
    pub(crate) checked: SortedMap<SectionKey, SectionFate>,
    pub(crate) opened_at: Now,
    pub(crate) pending: Pending,
    /// The number of captures begun; identifies what is staged in the present one.
    pub(crate) captures: u64,
    pub(crate) jobs: SortedMap<SectionKey, Job>,
    /// The number of jobs that are running without the lock: the flusher and a call that closes a scope may both run one.
    pub(crate) encoding: u32,
    /// Sections whose newest value could not be encoded.
    pub(crate) rejected: SortedMap<SectionKey, Rejected>,
    /// The error of a shared value that could not be encoded; the next capture returns it.
    pub(crate) job_error: Option<Error>,
    /// Whether the log records a sign of life of this launch.
    pub(crate) ready: bool,
    /// An interruption that another thread reported and the session has not shown.
    pub(crate) interruption: Option<Interruption>,
    /// How the log records this launch as suspended.
    pub(crate) closed: Option<Presence>,
    /// After the first launch that ended inside the restore, each section is recorded before it is returned.
    pub(crate) caution: Caution,
    /// The restore, until the next sign of life.
    pub(crate) restoring: Option<Restoring>,
    /// The restart that the program asked for, until this launch has completed it.
    pub(crate) restart: Restart,
    /// Sections whose stored value was not returned. A value saved in their place before the user touched anything is
    /// a stand-in.
    pub(crate) unanswered: SortedSet<SectionKey>,
    /// Whether the user has touched anything in this launch.
    pub(crate) touched: bool,
    pub(crate) rest: Rest,
    pub(crate) saving: Saving,
    pub(crate) durability: Durability,
    pub(crate) notes: Notes,
    pub(crate) orders: Orders,
    pub(crate) life: Life,
    pub(crate) worker: Worker,
    pub(crate) work: Work,
    /// Monotonic time until which the flusher's thread sleeps, while it sleeps on a timer.
    pub(crate) wakes_at: Option<Duration>,
    /// The log of the last launch, which this launch supersedes and must remove.
    pub(crate) superseded: Option<Generation>,
    pub(crate) log: Log,
    /// Whether the log was lost with all its marks; the next capture writes them again.
    pub(crate) retell_marks: bool,
    /// All marks, left by a session that is closing: if the log is lost now, no capture will follow.
    pub(crate) last_marks: Vec<(Arc<str>, TrailEntry)>,
    /// The amount by which to raise the numbers of the marks made so far, because other marks come before them.
    pub(crate) marks_shift: u64,
    /// The log that a compaction began, and the end of the log before it, if the storage refused the base for that.
    pub(crate) unbased: Option<(Generation, Point)>,
    /// A reusable buffer for encoding.
    pub(crate) spare: Vec<u8>,
    pub(crate) length: Length,
    pub(crate) room: Room,
    /// The number of bases that this launch wrote.
    pub(crate) bases: u64,
    /// What was written in the last hour.
    pub(crate) meter: Meter,
    /// The interval between syncs in place of the usual one, so that the hourly budget is kept.
    pub(crate) stretched: Option<Duration>,
}

/// The time from returning a section (or opening the session) to the next sign of life.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restoring {
    /// When the last section was returned, on the monotonic clock.
    pub(crate) since: Duration,
    /// Whether the log records that a section was returned.
    pub(crate) noted: bool,
}

/// Whether captures may be written.
#[derive(Debug, Clone)]
pub(crate) enum Saving {
    On,
    /// The location could not be used when the session was opened; writing there could start a second history.
    Refused(Error),
    /// The same, while another instance holds the location.
    Taken {
        error: Error,
        holder: Holder,
        /// Monotonic time of the next check.
        next: Duration,
        /// The number of checks so far.
        looks: u64,
    },
    /// The user's state was forgotten; only an explicit save turns saving on again.
    Forgotten,
    Closed,
}

impl Store {
    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    /// Returns the present time on both clocks that decide whether a section has expired.
    pub(crate) fn when(&self) -> When {
        let now = self.now();
        When { wall: now.wall, machine: self.machine(now) }
    }

    pub(crate) fn machine(&self, now: Now) -> Option<Machine> {
        let Process { boot, uptime, .. } = &self.settings.process;
        let [.., a, b, c, d] = checksum(&(*boot)?).to_be_bytes();
        let since = u64::try_from(now.monotonic.as_millis()).unwrap_or(u64::MAX);
        Some(Machine { run: u32::from_be_bytes([a, b, c, d]), uptime: (*uptime)?.saturating_add(since) })
    }

    pub(crate) fn moment(now: Now) -> Moment {
        let monotonic = u64::try_from(now.monotonic.as_millis()).unwrap_or(u64::MAX);
        Moment { wall: now.wall, monotonic, synced: 0, after: None }
    }

    /// Writes the pending changes.
    ///
    /// Holds the lock while a write is quick, and releases it for a slow backend or when the flusher writes a large
    /// section, so that the UI thread can continue to capture.
    ///
    /// # Errors
    /// The write failed: everything is still pending, and a retry is scheduled.
    pub(crate) fn write_pending(&self, guard: &mut MutexGuard<'_, Inner>, who: Who) -> Result<(), Error> {
        // The application's clock may panic, so it is read before anything is taken out that a panic would lose.
        let now = self.now();
        if who == Who::Flusher {
            Self::compare_large(guard);
        }
        let Some(mut writer) = guard.writer.take() else { return Ok(()) };
        let mut batch = guard.pending.take(who);
        let mut ops = Vec::with_capacity(batch.ops.len() + batch.scopes.len() + batch.sections.sort().len());
        ops.extend(batch.ops.iter().chain(batch.scopes.iter().map(|(op, _)| op)).cloned());
        let (bases, attempt) = (guard.bases, guard.durability.asked());
        let mut take = |key: &SectionKey| {
            let entry = guard.entries.get_mut(&key.scope, &key.name)?;
            Some(entry.take_changes(key, bases, &mut ops))
        };
        let written: Vec<_> = batch.sections.sort().iter().map(&mut take).collect();
        let bodies = batch.bodies(Self::moment(now), ops);
        let of_scopes = batch.scopes.iter().filter_map(|(_, bytes)| Some(bytes.as_ref()?.as_slice()));
        let payload = of_scopes.chain(written.iter().flatten().map(Taken::payload));
        let is_small = who == Who::User || payload.clone().map(<[u8]>::len).sum::<usize>() <= LARGE;
        let append = || {
            let mut total = 0;
            for body in bodies {
                let is_delta = matches!(body, crate::frame::Body::Delta(_));
                total += writer.append(&*self.backend, body, payload.clone().filter(|_| is_delta))?;
            }
            Ok::<u64, backend::Error>(total)
        };
        let start = Instant::now();
        // A failing write may hang first, and every thread that waits for the lock would hang with it.
        let result = if is_small && self.is_quick(guard) && guard.durability.writing.failing().is_none() {
            append()
        } else {
            MutexGuard::unlocked(guard, append)
        };
        guard.durability.slow = start.elapsed() > TOO_SLOW;
        guard.writer = Some(writer);
        self.progress.notify_all();
        match result {
            Ok(bytes) => {
                if guard.durability.unsynced_since().is_none() {
                    self.pace(guard, now);
                }
                let garbage = guard.batch_written(batch, written, bytes, now);
                if who == Who::Flusher {
                    // Freeing a large buffer takes long.
                    MutexGuard::unlocked(guard, || drop(garbage));
                }
                Ok(())
            }
            Err(error) => {
                guard.batch_failed(batch, written);
                // The predecessor frame is missing: the flusher begins a new log. Only if that fails, this is a
                // failure.
                let is_lost = matches!(error, backend::Error::OutOfOrder);
                guard.durability.is_full = error.is_full();
                let error = Error::storage(NOT_WRITTEN, error);
                if is_lost {
                    (guard.log, guard.orders.compact) = (Log::Refused, true);
                } else {
                    guard.durability.write_failed(attempt, error.clone(), now);
                }
                Err(error)
            }
        }
    }

    /// Compares large sections without the lock, to keep the work under the lock short.
    fn compare_large(guard: &mut MutexGuard<'_, Inner>) {
        let Inner { pending, entries, .. } = &mut **guard;
        let uncompared = |key: &SectionKey| Some((key.clone(), entries.get(&key.scope, &key.name)?.uncompared()?));
        let large: Vec<_> = pending.sections.sort().iter().chain(&pending.heavy).filter_map(uncompared).collect();
        for (key, (codec, bytes, stored)) in large {
            let compared = MutexGuard::unlocked(guard, || Compared::new(codec, &bytes, stored));
            let latest = guard.entries.get_mut(&key.scope, &key.name).and_then(|entry| entry.latest.as_mut());
            if let Some(latest) = latest.filter(|latest| Arc::ptr_eq(&latest.bytes, &bytes)) {
                latest.compared = Some(compared);
            }
        }
    }

    /// Returns whether the UI thread may write here: the backend is quick, and either the last write was quick, or the
    /// flusher is compacting and would not write for a while.
    pub(crate) fn is_quick(&self, inner: &Inner) -> bool {
        self.backend.speed() == Speed::NonBlocking && (!inner.durability.slow || inner.work == Work::Compacting)
    }

    /// Returns whether the calling thread may write what is pending, and there is anything small to write. Failing storage
    /// may also hang, so with a flusher, only the flusher tries it.
    pub(crate) fn may_write(&self, inner: &Inner) -> bool {
        let is_quick = self.is_quick(inner) && inner.durability.writing.failing().is_none();
        let is_alone = inner.worker == Worker::Application && self.backend.speed() == Speed::NonBlocking;
        let is_ready =
            inner.writer.is_some() && inner.log == Log::Continues && inner.pending.has_light() && !inner.is_tight();
        is_ready && (is_quick || is_alone)
    }

    /// Wakes the flusher, if there is one.
    pub(crate) fn notify(&self) {
        #[cfg(test)]
        self.wake_ups.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.wake.notify_one();
    }
}

impl Inner {
    /// Applies the result of a successful write. Returns buffers that are no longer needed, to be freed without the
    /// lock.
    fn batch_written(
        &mut self,
        mut batch: Pending,
        written: Vec<Option<Taken>>,
        bytes: u64,
        now: Now,
    ) -> Vec<Arc<Vec<u8>>> {
        let mut garbage = Vec::new();
        self.ready |= batch.alive;
        self.restart.wrote(&batch);
        if let Some(presence) = batch.presence {
            self.closed = Some(presence).filter(|presence| matches!(presence, Presence::Closed(_)));
        }
        for (key, taken) in batch.sections.sort().iter().zip(written) {
            let entry = self.entries.get_mut(&key.scope, &key.name);
            let Some(retired) = entry.zip(taken).and_then(|(entry, taken)| entry.written(taken)) else { continue };
            // The next capture reuses the buffer that this write freed.
            match Arc::try_unwrap(retired.bytes) {
                Ok(buffer) if buffer.capacity() > self.spare.capacity() => {
                    garbage.push(Arc::new(std::mem::replace(&mut self.spare, buffer)));
                }
                Ok(buffer) if buffer.len() > LARGE => garbage.push(Arc::new(buffer)),
                Ok(_) => {}
                Err(shared) => garbage.push(shared),
            }
        }
        if self.pending.sections.is_empty() {
            // Keeps the allocation for the next save.
            batch.sections.clear();
            self.pending.sections = batch.sections;
        }
        self.length.wrote(bytes);
        self.room.took(bytes);
        self.durability.wrote(now);
        self.durability.is_full = false;
        self.orders.compact |= self.ready && self.compaction_is_due();
        garbage
    }

    /// Puts back the changes of a write that seems to have failed. It may have arrived all the same, so the next write
    /// must not patch a guessed value.
    fn batch_failed(&mut self, mut batch: Pending, written: Vec<Option<Taken>>) {
        for (key, taken) in batch.sections.sort().iter().zip(written) {
            if let Some(taken) = taken {
                self.entries.entry(key).put_back(taken);
            }
        }
        self.pending.restore(batch);
    }

    /// Drops the pending writes of a scope.
    pub(crate) fn forget_scope(&mut self, scope: &str) {
        let of_scope = SectionKey::all_of(scope);
        let jobs: Vec<_> = self.jobs.range(of_scope).map(|(key, _)| key.clone()).collect();
        for key in jobs {
            self.jobs.remove(&key);
        }
        self.pending.remove_scope(scope);
    }

    pub(crate) fn status(&self) -> Status {
        let durability = &self.durability;
        let pending = !self.pending.is_empty() || !self.jobs.is_empty() || self.encoding > 0 || self.writer.is_none();
        // A session that was closed has saved.
        let is_saving = matches!(self.saving, Saving::On | Saving::Closed);
        Status {
            pending,
            written: durability.written_at,
            synced: durability.synced_at,
            is_synced: durability.is_all_synced() && is_saving && !pending,
            failing: durability.failing().map(|failing| failing.error.clone()),
            failing_since: durability.failing().map(|failing| failing.since),
            refused: self.refusal(),
            quarantined: self.loaded.parked.len(),
            holder: self.holder(),
            unsaved: self.unsaved(),
            bytes_written: 0,
            syncs: 0,
            hourly_bytes: 0,
            hourly_syncs: 0,
            stretched: self.stretched,
        }
    }

    /// Returns the id for a new generation.
    pub(crate) fn next_generation(&mut self) -> Generation {
        self.highest = self.highest.saturating_add(1);
        Generation { number: self.highest, writer: self.writer_id }
    }

    /// Returns whether captures made now will never be written.
    pub(crate) fn is_off(&self) -> bool {
        !matches!(self.saving, Saving::On | Saving::Taken { .. })
    }

    pub(crate) fn is_taken(&self) -> bool {
        matches!(self.saving, Saving::Taken { .. })
    }

    /// Returns whether the session shows a copy that can be read but not written.
    pub(crate) fn is_copy(&self) -> bool {
        self.copied.is_some() && matches!(self.saving, Saving::Refused(_) | Saving::Taken { .. })
    }

    fn holder(&self) -> Option<Holder> {
        match &self.saving {
            Saving::Taken { holder, .. } => Some(holder.clone()),
            _ => None,
        }
    }

    /// Returns why nothing may be saved now, if so.
    pub(crate) fn refusal(&self) -> Option<Error> {
        match &self.saving {
            Saving::On => None,
            Saving::Refused(error) | Saving::Taken { error, .. } => Some(error.clone()),
            Saving::Forgotten => {
                Some(Error::new(ErrorKind::Closed, "the state was forgotten; call `save` to turn saving on again"))
            }
            Saving::Closed => Some(Error::new(ErrorKind::Closed, "the session is closed")),
        }
    }
}
