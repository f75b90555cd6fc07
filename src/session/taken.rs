//! A location that another instance holds: the copy that is shown meanwhile, and the take-over when the location is
//! free.

use std::sync::Arc;
use std::time::Duration;

use super::builder::{Location, NotOpened, open_copy, open_files};
use super::open::Found;
use super::presence::{Marks, Rules, seq_above};
use super::spot::{self, is_own};
use super::{LONG_LOG, Session, undone, wants_base};
use crate::backend::{self, Backend};
use crate::error::{Error, ErrorKind};
use crate::frame::{Launch, Parked, Process, SectionKey, checksum};
use crate::generation::{Layers, Others, ParkedSection, Writer};
use crate::mark::{Reason, Trail};
use crate::report::{LastExit, Outcome};
use crate::store::{Arrived, Guarded, Inner, Late, Length, Restart, Saving, Settings, Start, Store, Worker};
use crate::sync::MutexGuard;
use crate::time::{Clock, Now, Timestamp, Watch};

/// The interval at which a session whose location is held by another instance checks whether that instance has exited.
pub(crate) const TAKE_OVER_EVERY: Duration = Duration::from_millis(500);

/// What is needed to open the location later.
#[derive(Debug)]
pub(crate) struct Awaited {
    pub(super) late: Arc<Late>,
    pub(super) location: Location,
    pub(super) app_version: String,
}

impl Awaited {
    /// Opens the location if it is free, and reads its state. Does not wait.
    fn look(&self, store: &Store) -> Result<(Box<dyn Backend>, Found), NotOpened> {
        let (backend, dir) = open_files(&self.location, Duration::ZERO)?;
        let unlisted = self.location.listing.clone().unlisted(dir.as_deref());
        let backend: Box<dyn Backend> = Box::new(Guarded::new(backend));
        let process = crate::process::current(&self.app_version, &*store.clock);
        let found = Found::look(&*backend, process, store.now()).map_err(unreadable)?;
        Ok((backend, Found { unlisted, ..found }))
    }
}

pub(super) fn unreadable(error: backend::Error) -> Error {
    let message = "stored state could not be read; saving is disabled so that nothing is overwritten";
    Error::new(ErrorKind::Unavailable, message).because(error)
}

/// Returns the reason for the absence before this launch, if it is known.
pub(super) fn reason_of(last_exit: &LastExit, is_restart: bool) -> Option<Reason> {
    match last_exit {
        LastExit::Interrupted(reason) => Some(reason.clone()),
        // A successor ended before its user saw anything of it.
        _ if is_restart => Some(Reason::Restart),
        LastExit::Panicked => Some(Reason::Panic),
        LastExit::Crashed => Some(Reason::Crash),
        LastExit::Rebooted => Some(Reason::PowerLoss),
        _ => None,
    }
}

/// Reads the state of a copy. If another instance may change it, reads it into memory, all from one moment.
fn look_at_copy(copy: &dyn Backend, process: &Process, now: Now, hold: bool) -> Option<Found> {
    // The holder may remove a log between two reads, which looks like damage. The next attempt reads the whole state.
    const LOOKS: usize = 3;
    let look = || {
        let mut found = Found::look(copy, process.clone(), now).ok()?;
        if hold {
            found.loaded.hold(copy).ok()?;
        }
        Some(found)
    };
    let mut last = None;
    for _ in 0..LOOKS {
        last = look().or(last);
        if !hold || last.as_ref().is_some_and(|found| found.loaded.problems.is_empty()) {
            break;
        }
    }
    last
}

impl Session {
    /// Opens a session that does not save: the location cannot be used, is read-only, or is held by another instance.
    pub(super) fn refuse(
        refused: NotOpened,
        mut settings: Settings,
        clock: Arc<dyn Clock>,
        now: Now,
        rules: Rules,
        thread: bool,
    ) -> Self {
        let NotOpened { error, holder, readable, location } = refused;
        let is_taken = holder.is_some();
        let copy = readable.zip(location.as_deref()).and_then(|(dir, location)| open_copy(dir.into(), location));
        let found = copy.as_deref().and_then(|copy| look_at_copy(copy, &settings.process, now, is_taken));
        let (moment, watch) = (Store::moment(now), Watch::new(now, &*clock));
        // As in a normal launch: the uptime when the monotonic clock stood at zero.
        let uptime = settings.process.uptime;
        settings.process.uptime = uptime.map(|uptime| uptime.saturating_sub(moment.monotonic));
        let mut inner = Inner::new(Launch::first(moment, settings.process.clone()), 0, now);
        inner.worker = Worker::of(thread);
        inner.notes.warn(|| format!("{error:#}"));
        inner.saving = match holder {
            Some(holder) => {
                Saving::Taken { error, holder, next: now.monotonic.saturating_add(TAKE_OVER_EVERY), looks: 0 }
            }
            None => Saving::Refused(error),
        };
        let late = Arc::new(Late::new(copy.filter(|_| found.is_some())));
        let app_version = settings.process.app_version.to_string();
        let awaited = location.filter(|_| is_taken);
        let taken = awaited.map(|location| Awaited { late: Arc::clone(&late), location: *location, app_version });
        let (outcome, last_exit, marks) = match found {
            Some(found) => inner.show_copy(found, rules, watch, is_taken),
            None => (Outcome::Unavailable, LastExit::Unknown, Marks::none(rules, watch)),
        };
        let backend = Box::new(Guarded::new(Box::new(late)));
        let mut session = Self::with(backend, inner, settings, clock, marks, taken);
        session.start = Start { outcome, last_exit, is_restart: false };
        if !is_taken {
            session.restore_spots();
        } else if thread {
            session.start_flusher();
        }
        session
    }

    /// Returns whether this session has taken over from another instance since the last call: true once.
    ///
    /// A session whose location another instance holds at the start ([`Status::holder`](crate::Status::holder)) checks
    /// the location twice a second, on its flusher or, without a flusher, in each call that saves and in
    /// [`run_pending`](Self::run_pending). When the other instance has exited, the session continues from the state
    /// that instance stored, and writes what was captured here meanwhile. If both instances changed a section, the
    /// value of this session is used, because it is on the screen, and the other value is quarantined:
    /// [`quarantined`](Self::quarantined) lists it. If only the other instance changed it, `get` returns that value
    /// from now on. The sections of a [group](crate::Section::group) come from one instance, all of them.
    ///
    /// A take-over is a start: [`marker`](Self::marker), [`last_mark`](Self::last_mark),
    /// [`last_active_scope`](Self::last_active_scope) and the order of [`scopes`](Self::scopes) are those that a start
    /// would show, from this call or the next mark or save on. If the user has marked anything here meanwhile, that is
    /// newer: then there is no marker to show.
    ///
    /// So when this returns true, read the sections again and check `quarantined`. Cheap enough for an event loop.
    ///
    /// ```no_run
    /// # use leftoff::{AppId, Section, Session};
    /// # const FORM: Section<String> = Section::new("form", 1);
    /// # let mut session = Session::open(AppId::new("com.example.desk"));
    /// # let mut form = String::new();
    /// if let Some(holder) = session.status().holder {
    ///     println!("also open in {holder}; changes are saved when it ends");
    /// }
    /// if session.took_over() {
    ///     form = session.get_or_default(FORM);
    /// }
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn took_over(&mut self) -> bool {
        self.help_to_take_over();
        self.catch_up();
        self.store.took_over.get().is_some() && !std::mem::replace(&mut self.taken_over.is_told, true)
    }

    /// Shows the marks that a take-over found, as a start would.
    pub(super) fn catch_up(&mut self) {
        if self.taken_over.has_caught_up || self.store.took_over.get().is_none() {
            return;
        }
        self.taken_over.has_caught_up = true;
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        // What was marked here is queued first, because the log does not have it.
        self.marks.drain_into(&mut guard);
        let Some(arrived) = guard.arrived.take() else { return };
        drop(guard);
        self.marks.arrive(arrived);
        self.restore_spots();
    }

    /// Without a thread, the application's calls check whether the location is free.
    pub(super) fn help_to_take_over(&mut self) {
        let guard = self.store.inner.lock();
        let is_ours_to_do = guard.worker == Worker::Application && matches!(guard.saving, Saving::Taken { .. });
        drop(guard);
        if is_ours_to_do {
            self.store.work();
        }
    }
}

impl Store {
    /// Takes over the location if it is free. `at_once` ignores the interval since the last check.
    pub(crate) fn take_over_if_due(&self, guard: &mut MutexGuard<'_, Inner>, now: Now, at_once: bool) {
        let (Some(taken), Saving::Taken { next, .. }) = (&self.taken, &guard.saving) else { return };
        if !at_once && now.monotonic < *next {
            return;
        }
        let looked = MutexGuard::unlocked(guard, || taken.look(self));
        match looked {
            Ok((backend, found)) => {
                taken.late.come(backend);
                // A value shared meanwhile is compared with the state of the other instance like every other value.
                self.encode_jobs(guard);
                let (outcome, is_restart) = (found.outcome, found.launch.restart);
                let start = Start { outcome, last_exit: found.last_exit.clone(), is_restart };
                guard.notes.info(|| format!("the other instance has exited; this session took over: {outcome}"));
                guard.adopt(found, &*self.backend, self.now().wall);
                drop(self.took_over.set(start));
                self.begin_log(guard);
            }
            Err(refused) => {
                if let Saving::Taken { error, holder, next, looks } = &mut guard.saving {
                    *next = now.monotonic.saturating_add(TAKE_OVER_EVERY);
                    *looks += 1;
                    *error = refused.error;
                    // Unknown if something else now prevents opening the location.
                    *holder = refused.holder.unwrap_or_default();
                }
            }
        }
        self.progress.notify_all();
    }

    /// Writes the launch frame at once, as at a start, unless pending changes will write it.
    ///
    /// If the process dies before that, the next start finds what the other instance left; the application has not
    /// been told anything else.
    fn begin_log(&self, guard: &mut MutexGuard<'_, Inner>) {
        if !guard.pending.is_empty() {
            return;
        }
        let (now, attempt) = (self.now(), guard.durability.asked());
        let Some(mut writer) = guard.writer.take() else { return };
        match writer.begin(&*self.backend) {
            Ok(_) => guard.durability.wrote(now),
            Err(error) => {
                let message = "could not write the launch record; will retry on the first save";
                guard.durability.write_failed(attempt, Error::storage(message, error), now);
            }
        }
        guard.writer = Some(writer);
    }
}

impl Inner {
    /// Loads the state of a copy. If another instance is working on it, no marker is shown, and the end of its launch
    /// is unknown.
    fn show_copy(&mut self, found: Found, rules: Rules, watch: Watch, is_taken: bool) -> (Outcome, LastExit, Marks) {
        let Found { last_exit, mut loaded, away, reason, .. } = found;
        let sums = loaded.sections.iter().filter_map(|(key, layers)| Some((key.clone(), layers.newest()?.sum)));
        self.copied = Some(sums.collect());
        let trails = std::mem::take(&mut loaded.trails);
        self.withhold(&loaded);
        self.loaded = loaded;
        if is_taken {
            return (Outcome::ReadOnly, LastExit::Unknown, Marks::none(rules, watch));
        }
        (Outcome::ReadOnly, last_exit, Marks::restored(trails, away, reason, rules, watch))
    }

    /// Continues from what the other instance stored. Values captured meanwhile are still to be written, and a value
    /// that this process has not seen is quarantined before it is replaced.
    fn adopt(&mut self, found: Found, backend: &dyn Backend, now: Timestamp) {
        let Found { mut loaded, launch, highest, stored, away, reason, unlisted, .. } = found;
        let is_restart = launch.restart;
        self.restart = Restart::new(is_restart);
        let mut trails = std::mem::take(&mut loaded.trails);
        let unread = if loaded.is_patchy() { seq_above(highest.saturating_add(1)) } else { 0 };
        self.renumber_marks(trails.values().map(Trail::last_seq).fold(unread, u64::max));
        self.highest = self.highest.max(highest);
        self.caution = launch.caution;
        self.passed.clone_from(&launch.passed);
        self.left = launch.left.clone().map(|left| (left, launch.at.monotonic));
        self.others = Arc::new(Others::new(self.writer_id, &stored, &loaded));
        self.orders.verify = !loaded.sections.is_empty();
        self.orders.unlist = unlisted;
        self.orders.compact = loaded.delta_bytes >= LONG_LOG;
        self.length = Length::of(&loaded);
        self.rest.soon = wants_base(&loaded);
        let generation = self.next_generation();
        self.writer = Some(Writer::new(generation, launch));
        self.checked.clear();
        self.withhold(&loaded);
        let copy = std::mem::replace(&mut self.loaded, loaded);
        self.note_shown(&copy, backend);
        self.saving = Saving::On;
        // These ops concern the quarantine of the copy; the quarantine of the log may contain more.
        self.pending.ops.clear();
        self.reopen_scopes();
        trails.retain(|scope, _| !self.closed_scopes.contains(scope));
        self.arrived = Some(Arrived { trails, away, reason, is_withheld: self.caution.unmarked });
        self.settle_with_stored();
        self.settle_groups_of_both(now);
        self.note_removals(now);
    }

    /// Records the sections that were removed here as removed, as the frame that writes the removals will.
    fn note_removals(&mut self, now: Timestamp) {
        let removed = self.entries.iter().filter(|(.., entry)| entry.removed);
        let removed = removed.map(|(scope, name, _)| SectionKey::new(scope, name));
        let removed: Vec<_> = removed.filter(|key| self.pending.sections.contains(key)).collect();
        for key in &removed {
            self.loaded.note_removed(key, now);
        }
    }

    /// Numbers the marks made here above all marks in the log, whichever process made them, so that the newest mark
    /// belongs to the instance that continues.
    fn renumber_marks(&mut self, by: u64) {
        // The UI thread renumbers the marks that are not queued yet.
        self.marks_shift = self.marks_shift.saturating_add(by);
        self.pending.marks.iter_mut().for_each(|entry| entry.shift(by));
        for key in self.pending.sections.sort().iter().filter(|key| is_own(key)) {
            let latest = self.entries.get_mut(&key.scope, &key.name).and_then(|entry| entry.latest.as_mut());
            let Some(latest) = latest else { continue };
            let bytes = match &*key.name {
                spot::SECTION => spot::shifted(&latest.bytes, by),
                undone::SECTION => undone::shifted(&latest.bytes, by),
                _ => None,
            };
            if let Some(bytes) = bytes {
                latest.bytes = Arc::new(bytes);
            }
        }
    }

    /// Returns whether the log has a different value of a section than the one this process was shown.
    fn is_unseen(&self, key: &SectionKey) -> bool {
        let stored = self.loaded.sections.get(key).and_then(Layers::newest).map(|newest| newest.sum);
        stored.is_some() && stored != self.copied_sum(key)
    }

    /// Returns the checksum of the value that this process was shown.
    pub(crate) fn copied_sum(&self, key: &SectionKey) -> Option<u64> {
        self.copied.as_ref()?.get(key).copied()
    }

    /// Returns whether the bytes equal the value this process was shown or the value the other instance stored, for a
    /// section that the other instance has changed since.
    pub(super) fn is_no_change_of(&self, key: &SectionKey, bytes: &[u8]) -> bool {
        let entry = self.entries.get(&key.scope, &key.name);
        if entry.is_none_or(|entry| entry.unread != Some(Parked::OtherInstance)) {
            return false;
        }
        let sum = Some(checksum(bytes));
        let stored = self.loaded.sections.get(key).and_then(Layers::newest).map(|newest| newest.sum);
        sum == stored || sum == self.copied_sum(key)
    }

    /// Reopens scopes that were closed here and used by the other instance.
    fn reopen_scopes(&mut self) {
        let worked_on: Vec<_> =
            self.loaded.sections.keys().filter(|key| self.is_unseen(key)).map(|key| key.scope.clone()).collect();
        self.closed_scopes.retain(|scope| !worked_on.contains(scope));
        self.replay_scopes(&worked_on);
    }

    /// Decides for each section between the value captured here and the stored value.
    fn settle_with_stored(&mut self) {
        let keys: Vec<SectionKey> = self.loaded.sections.keys().cloned().collect();
        let is_stored = |key: &SectionKey, sum| {
            let newest = self.loaded.sections.get(key).and_then(Layers::newest);
            newest.is_some_and(|newest| newest.sum == sum)
        };
        // A patch must apply to the value in the log, not to the copy.
        self.entries.forget_stored_unless(is_stored);
        for key in keys {
            let unseen = self.is_unseen(&key) && !is_own(&key);
            let sum = self.loaded.sections.get(&key).and_then(Layers::newest).map(|newest| newest.sum);
            let known = self.entries.get(&key.scope, &key.name);
            let captured = known.and_then(|entry| entry.latest.as_ref()).map(|latest| checksum(&latest.bytes));
            // Both instances arrived at the same value, or this one never changed it.
            let is_no_change = captured.is_some() && (captured == sum || captured == self.copied_sum(&key));
            let is_captured = !is_no_change && known.is_some_and(|entry| entry.latest.is_some() || entry.removed);
            let parked = known.and_then(|entry| entry.park);
            let version = known.and_then(|entry| Some(entry.latest.as_ref()?.meta.version)).unwrap_or(u32::MAX);
            if unseen {
                let entry = self.entries.entry(&key);
                (entry.unread, entry.revision, entry.shared) = (Some(Parked::OtherInstance), None, None);
            }
            if is_no_change {
                self.entries.entry(&key).latest = None;
                self.pending.sections.remove(&key);
            } else if is_captured {
                self.supersede(&key, version);
            }
            // Quarantined in the copy when it was captured; now quarantine the stored value.
            let Some(why) = parked else { continue };
            if let Some(layers) = self.loaded.sections.remove(&key) {
                self.loaded.park(ParkedSection { key, why, layers });
            }
        }
    }
}
