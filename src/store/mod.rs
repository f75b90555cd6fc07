//! What the user's thread and the flusher share: the log's writer, the sections as captured, and what is still to do.

mod agenda;
mod durability;
mod entries;
mod entry;
mod groups;
mod guarded;
mod keys;
mod late;
mod lost;
mod panicked;
mod pending;
mod quick;
mod rejected;
mod scopes;
mod shared;
pub(crate) mod types;
mod work;

pub(crate) use durability::Durability;
pub(crate) use entries::Entries;
pub(crate) use entry::{Compared, Entry, LARGE, Latest, Payload, Stored, Taken};
pub(crate) use guarded::Guarded;
pub(crate) use late::Late;
pub(crate) use pending::{Pending, Presence, Who};
pub(crate) use rejected::Rejected;
pub(crate) use scopes::Shut;
pub(crate) use shared::Shared;
pub(crate) use types::Types;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::backend::{Backend, Generation, Speed};
use crate::error::{Error, ErrorKind};
use crate::frame::{Launch, Machine, Moment, Point, Process, SectionKey, Strikes, When, checksum};
use crate::generation::{Loaded, Others, Retention, Writer};
use crate::marker::TrailEntry;
use crate::session::{Awaited, Holder, LastExit, Outcome, SectionFate, Status};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::time::{Clock, Now};

/// How long `save` and `close` wait for the storage before they say that it is late.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);
/// A write that took longer than this on a place that calls itself quick, and the next ones are the flusher's until one
/// of them was quick again: a disk that spins up or a home folder on a network must not stop the user twice.
const TOO_SLOW: Duration = Duration::from_millis(250);
const NOT_WRITTEN: &str = "the state could not be written; it is kept and tried again";

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) sync_every: Duration,
    pub(crate) ready_after: Duration,
    pub(crate) retention: Retention,
    pub(crate) process: Process,
}

/// Encodes a value that was handed over by pointer, on the flusher.
pub(crate) type Job = Box<dyn FnOnce(&mut Vec<u8>) -> Result<crate::frame::Meta, Error> + Send>;

pub(crate) struct Store {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) inner: Shared,
    /// Not in `inner`: what encodes a value neither waits for the storage nor makes others wait.
    pub(crate) types: Arc<Mutex<Types>>,
    /// The way to a location that another instance had at the start.
    pub(crate) taken: Option<Awaited>,
    /// What was found when it was taken over.
    pub(crate) took_over: OnceLock<(Outcome, LastExit)>,
    /// The flusher waits here for work.
    pub(crate) wake: Condvar,
    /// `save` and `close` wait here for the flusher.
    pub(crate) progress: Condvar,
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
    /// `None` while somebody writes without holding the lock.
    pub(crate) writer: Option<Writer>,
    /// The highest generation number seen or given away.
    pub(crate) highest: u64,
    pub(crate) writer_id: u64,
    pub(crate) entries: Entries,
    pub(crate) loaded: Loaded,
    /// `loaded` is a copy to read only: the checksums of its sections.
    pub(crate) copied: Option<BTreeMap<SectionKey, u64>>,
    /// The last frames of the other heads of the log, as they were at the start.
    pub(crate) passed: Vec<Point>,
    /// Who else may be writing here.
    pub(crate) others: Arc<Others>,
    /// Closed by the application: what is not there is known not to be.
    pub(crate) closed_scopes: BTreeSet<Box<str>>,
    /// Those of them that the application did nothing with since but set sections in a capture.
    pub(crate) shut: BTreeMap<Box<str>, Shut>,
    /// How the sections that the application asked for came back, and those that were only checked.
    pub(crate) fates: BTreeMap<SectionKey, SectionFate>,
    pub(crate) checked: BTreeMap<SectionKey, SectionFate>,
    pub(crate) opened_at: Now,
    pub(crate) pending: Pending,
    /// How many captures began: tells what is staged in the present one.
    pub(crate) captures: u64,
    pub(crate) jobs: BTreeMap<SectionKey, Job>,
    /// A job is under way, without the lock.
    pub(crate) encoding: bool,
    /// Sections whose newest value could not be encoded.
    pub(crate) rejected: BTreeMap<SectionKey, Rejected>,
    /// A value handed over by pointer could not be encoded; the next capture tells.
    pub(crate) job_error: Option<Error>,
    /// What the log says of this launch: that a sign of life came,
    pub(crate) ready: bool,
    /// how it was suspended,
    pub(crate) closed: Option<Presence>,
    /// and how many before it ended inside the restore. After the first, each section is noted before it is handed out.
    pub(crate) strikes: Strikes,
    pub(crate) unmarked: bool,
    /// The restore, until the next sign of life.
    pub(crate) restoring: Option<Restoring>,
    /// Sections whose stored value was not handed out: what is saved in their place before the user touched something
    /// is a stand-in.
    pub(crate) unanswered: BTreeSet<SectionKey>,
    /// The user has touched something in this launch.
    pub(crate) touched: bool,
    /// The log should be summed up as soon as this launch is known to work.
    pub(crate) rest_soon: bool,
    /// A second base was written only to be rid of old logs.
    pub(crate) rested_twice: bool,
    /// And if it never lives long enough for that, then at its close.
    pub(crate) rest_at_close: bool,
    pub(crate) saving: Saving,
    pub(crate) durability: Durability,
    pub(crate) orders: Orders,
    /// The log of the last launch, which this one takes the place of: to be removed.
    pub(crate) superseded: Option<Generation>,
    /// The backend takes no more frames for the log: nothing is written before a new one is begun.
    pub(crate) lost: bool,
    /// The log was lost with all marks in it; the next capture tells them again.
    pub(crate) retell_marks: bool,
    /// All marks once more, left by a session that closes: if the log is lost now, there is no next capture.
    pub(crate) last_marks: Vec<(Box<str>, TrailEntry)>,
    /// By how much the numbers of the marks made so far must grow: others were made before them.
    pub(crate) marks_shift: u64,
    /// The flusher is at the backend without holding the lock.
    pub(crate) working: bool,
    /// And sums the log up there, which takes its time.
    pub(crate) compacting: bool,
    /// A buffer to encode into.
    pub(crate) spare: Vec<u8>,
    /// Bytes written since the base, and the base's own: what compaction weighs.
    pub(crate) delta_bytes: u64,
    pub(crate) delta_frames: u64,
    pub(crate) base_bytes: u64,
    /// How many bases this launch wrote.
    pub(crate) bases: u64,
}

/// From handing out a section (or opening the session) to the next sign of life.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restoring {
    /// When the last section was handed out, on the monotonic clock.
    pub(crate) since: Duration,
    /// The log says that something was handed out.
    pub(crate) noted: bool,
}

/// Whether captures may be written.
#[derive(Debug, Clone)]
pub(crate) enum Saving {
    On,
    /// The place could not be used when the session was opened; writing there could start a second history.
    Refused(Error),
    /// The same, but only as long as another instance has it.
    Taken {
        error: Error,
        holder: Holder,
        /// Monotonic moment of the next look.
        next: Duration,
        /// How often it was looked at since.
        looks: u64,
    },
    /// The user's state was forgotten; only an explicit save begins anew.
    Forgotten,
    Closed,
}

#[derive(Debug, Default)]
pub(crate) struct Orders {
    pub(crate) sync: bool,
    pub(crate) compact: bool,
    pub(crate) verify: bool,
    pub(crate) stop: bool,
    /// The last frame says that it was closed for good.
    pub(crate) close: bool,
    /// The last frame says that a panic ended it.
    pub(crate) crash: bool,
    /// What the application wants to be in no file after that is erased before.
    pub(crate) erase: bool,
    /// And it was.
    pub(crate) erased: bool,
    /// The last round of work is under way.
    pub(crate) finishing: bool,
    /// The flusher has done its last work.
    pub(crate) stopped: bool,
    /// Nobody but the application drives the work.
    pub(crate) no_thread: bool,
    /// The writer was lost in a panic.
    pub(crate) relog: bool,
    /// Nothing could be saved when the session ended, and why.
    pub(crate) refused: Option<Refusal>,
}

/// Why a session ends without having saved.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The storage could not be used from the start to the end.
    NeverSaved(Error),
    /// The application wanted it so.
    Forgotten,
}

impl Store {
    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    /// Now, by both clocks that a section's life is told by.
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

    /// Writes what is pending. The lock is held meanwhile where that is quick, and given up where it is not, so that
    /// the user's thread can go on capturing: on a slow place, and where the flusher writes something large.
    ///
    /// # Errors
    /// The write failed: everything is still pending, and the next try is scheduled.
    pub(crate) fn write_pending(&self, guard: &mut MutexGuard<'_, Inner>, who: Who) -> Result<(), Error> {
        // The clock is the application's and may panic: asked before anything is taken that would be lost with it.
        let now = self.now();
        if who == Who::Flusher {
            Self::compare_large(guard);
        }
        let Some(mut writer) = guard.writer.take() else { return Ok(()) };
        let mut batch = guard.pending.take(who);
        let (mut ops, mut payload) = (batch.ops.clone(), Payload::default());
        for (op, bytes) in &batch.scopes {
            ops.push(op.clone());
            if let Some(bytes) = bytes {
                payload.push(bytes, 0..bytes.len());
            }
        }
        let bases = guard.bases;
        let mut take = |key: &SectionKey| {
            let entry = guard.entries.get_mut(&key.scope, &key.name)?;
            Some(entry.take_changes(key, bases, &mut ops, &mut payload))
        };
        let written: Vec<_> = batch.sections.sort().iter().map(&mut take).collect();
        let bodies = batch.bodies(Self::moment(now), ops);
        let is_small = who == Who::User || !payload.is_large();
        let append = || {
            let (bytes, mut total) = (payload.to_bytes(), 0);
            drop(payload);
            for body in bodies {
                let payload = if matches!(body, crate::frame::Body::Delta(_)) { bytes.as_slice() } else { &[] };
                total += writer.append(&*self.backend, body, payload)?;
            }
            Ok::<u64, io::Error>(total)
        };
        let start = Instant::now();
        // What fails may hang before it does so, and whoever waits for the lock would hang with it.
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
                let garbage = guard.batch_written(batch, written, bytes, now);
                if who == Who::Flusher {
                    // A large buffer takes a while to free.
                    MutexGuard::unlocked(guard, || drop(garbage));
                }
                Ok(())
            }
            Err(error) => {
                // A try that failed may have arrived all the same, so nothing may be patched on top of a guess.
                for (key, taken) in batch.sections.sort().iter().zip(written) {
                    if let Some(taken) = taken {
                        guard.entries.entry(key).put_back(taken);
                    }
                }
                guard.pending.restore(batch);
                // What came before it is not there any more: the flusher begins a new log. No failure yet, but of that.
                let lost = error.kind() == io::ErrorKind::InvalidInput;
                let error = Error::storage(NOT_WRITTEN, error);
                if lost {
                    (guard.lost, guard.orders.compact) = (true, true);
                } else {
                    guard.durability.writing.failed(error.clone(), now);
                }
                Err(error)
            }
        }
    }

    /// Compares what is large without the lock, so that what is left to do under it is small.
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

    /// Whether the user's thread may write here: the place says so, and was so the last time, or whoever would write in
    /// its stead will not come to that for a while.
    pub(crate) fn is_quick(&self, inner: &Inner) -> bool {
        self.backend.speed() == Speed::NonBlocking && (!inner.durability.slow || inner.compacting)
    }

    /// Waits while the flusher writes without the lock.
    ///
    /// # Errors
    /// `TimedOut`: the storage does not answer.
    pub(crate) fn wait_for_writer(&self, guard: &mut MutexGuard<'_, Inner>) -> Result<(), Error> {
        let deadline = Instant::now() + DEADLINE;
        while guard.writer.is_none() && !guard.orders.relog {
            if self.progress.wait_until(guard, deadline).timed_out() {
                return Err(Error::new(ErrorKind::TimedOut, "the storage does not answer"));
            }
        }
        Ok(())
    }

    /// Waits until the flusher is not at the backend, so that nothing it does there crosses what comes next.
    ///
    /// # Errors
    /// `TimedOut`: the storage does not answer.
    pub(crate) fn wait_until_idle(&self, guard: &mut MutexGuard<'_, Inner>) -> Result<(), Error> {
        let deadline = Instant::now() + DEADLINE;
        while guard.working || guard.writer.is_none() {
            if self.progress.wait_until(guard, deadline).timed_out() {
                return Err(Error::new(ErrorKind::TimedOut, "the storage does not answer; nothing was changed"));
            }
        }
        Ok(())
    }

    /// Wakes the flusher, if there is one.
    pub(crate) fn notify(&self) {
        self.wake.notify_one();
    }
}

impl Inner {
    /// Returns what nobody needs any more, to be freed without the lock.
    fn batch_written(
        &mut self,
        mut batch: Pending,
        written: Vec<Option<Taken>>,
        bytes: u64,
        now: Now,
    ) -> Vec<Arc<Vec<u8>>> {
        let mut garbage = Vec::new();
        self.ready |= batch.alive;
        if let Some(presence) = batch.presence {
            self.closed = Some(presence).filter(|presence| matches!(presence, Presence::Closed(_)));
        }
        for (key, taken) in batch.sections.sort().iter().zip(written) {
            let entry = self.entries.get_mut(&key.scope, &key.name);
            let Some(retired) = entry.zip(taken).and_then(|(entry, taken)| entry.written(taken)) else { continue };
            // The next capture encodes into the buffer that this one made unnecessary.
            match Arc::try_unwrap(retired.bytes) {
                Ok(buffer) if buffer.capacity() > self.spare.capacity() => {
                    garbage.push(Arc::new(std::mem::replace(&mut self.spare, buffer)));
                }
                Ok(buffer) if buffer.len() > LARGE => garbage.push(Arc::new(buffer)),
                Ok(_) => {}
                Err(shared) => garbage.push(shared),
            }
        }
        self.delta_bytes += bytes;
        self.delta_frames += 1;
        self.durability.wrote(now);
        self.orders.compact |= self.ready && self.compaction_is_due();
        garbage
    }

    /// Drops what was to be written of a scope.
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
        Status {
            pending: !self.pending.is_empty() || !self.jobs.is_empty() || self.encoding || self.writer.is_none(),
            written: durability.written_at,
            synced: durability.synced_at,
            is_synced: durability.is_all_synced(),
            failing: durability.failing().cloned(),
            refused: self.refusal(),
            quarantined: self.loaded.parked.len(),
            holder: self.holder(),
            unsaved: self.unsaved(),
        }
    }

    /// A name for a new generation.
    pub(crate) fn next_generation(&mut self) -> Generation {
        self.highest = self.highest.saturating_add(1);
        Generation { number: self.highest, writer: self.writer_id }
    }

    /// Whether what is captured now will never be written.
    pub(crate) fn is_off(&self) -> bool {
        !matches!(self.saving, Saving::On | Saving::Taken { .. })
    }

    pub(crate) fn is_taken(&self) -> bool {
        matches!(self.saving, Saving::Taken { .. })
    }

    /// Whether what is shown is a copy that can be read and not written.
    pub(crate) fn is_copy(&self) -> bool {
        self.copied.is_some() && matches!(self.saving, Saving::Refused(_) | Saving::Taken { .. })
    }

    fn holder(&self) -> Option<Holder> {
        match &self.saving {
            Saving::Taken { holder, .. } => Some(holder.clone()),
            _ => None,
        }
    }

    /// Why nothing may be saved now, if so.
    pub(crate) fn refusal(&self) -> Option<Error> {
        match &self.saving {
            Saving::On => None,
            Saving::Refused(error) | Saving::Taken { error, .. } => Some(error.clone()),
            Saving::Forgotten => Some(Error::new(
                ErrorKind::Closed,
                "the state was forgotten; saving begins again with an explicit save",
            )),
            Saving::Closed => Some(Error::new(ErrorKind::Closed, "the session is closed")),
        }
    }
}

/// Deltas may grow to a quarter of the base before it is made anew: a save of 100 bytes then costs 25 bytes of
/// compaction at most, and a start reads at most a quarter more than it must. Small states wait for 512 KiB.
const COMPACT_SHARE: u64 = 4;
const COMPACT_LEAST: u64 = 512 << 10;

/// A start reads and parses every frame since the base, some 0.8 µs each whatever is in it, so their number is bounded, too:
/// about a millisecond of the next start. A frame more is allowed for each page of the base, so that compaction writes no
/// more for a save than the two pages that its sync writes anyway. Where the base is large, so is everything else about
/// reading it; above the greatest number, the frames alone would be what a user waits for.
const COMPACT_FRAMES_LEAST: u64 = 1024;
const COMPACT_FRAMES_MOST: u64 = 8192;
const COMPACT_PAGE: u64 = 4096;

impl Inner {
    /// Whether the deltas have outgrown the base.
    pub(crate) fn compaction_is_due(&self) -> bool {
        let frames = (self.base_bytes / COMPACT_PAGE).clamp(COMPACT_FRAMES_LEAST, COMPACT_FRAMES_MOST);
        self.delta_bytes > COMPACT_LEAST.max(self.base_bytes / COMPACT_SHARE) || self.delta_frames > frames
    }
}

/// The first frame of a generation that goes on with the log of a running process.
pub(crate) fn continued(inner: &Inner, store: &Store, parent: Option<Point>) -> Launch {
    Launch {
        at: Store::moment(store.now()),
        parent,
        process: store.settings.process.clone(),
        continued: true,
        ready: inner.ready,
        strikes: inner.strikes,
        closed: match &inner.closed {
            Some(Presence::Closed(reason)) => reason.clone(),
            _ => None,
        },
        erasable: inner.loaded.erasable,
        unmarked: inner.unmarked,
        passed: inner.passed.clone(),
        past: Vec::new(),
    }
}
