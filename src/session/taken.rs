//! A location that another instance has: what is shown meanwhile, and how the session takes over when it is free.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::builder::{Location, NotOpened, open_copy, open_files};
use super::open::Found;
use super::presence::{Marks, Rules, seq_above};
use super::spot::{Spot, is_own};
use super::{LONG_LOG, Session, wants_base};
use crate::backend::Backend;
use crate::error::{Error, ErrorKind};
use crate::frame::{Launch, Parked, Process, SectionKey, checksum};
use crate::generation::{Layers, Others, ParkedSection, Writer};
use crate::mark::Trail;
use crate::report::{LastExit, Outcome};
use crate::store::{Guarded, Inner, Late, Saving, Settings, Store};
use crate::sync::MutexGuard;
use crate::time::{Clock, Now};

/// How often a session that was refused because another instance has the location looks whether that has gone.
pub(crate) const TAKE_OVER_EVERY: Duration = Duration::from_millis(500);

/// The way to the location.
#[derive(Debug)]
pub(crate) struct Awaited {
    pub(super) late: Arc<Late>,
    pub(super) location: Location,
    pub(super) app_version: String,
}

impl Awaited {
    /// The location, if it is free, and what is in it. Waits for nobody.
    fn look(&self, store: &Store) -> Result<(Box<dyn Backend>, Found), NotOpened> {
        let backend = open_files(&self.location, Duration::ZERO)?;
        let backend: Box<dyn Backend> = Box::new(Guarded(backend));
        let process = crate::process::current(&self.app_version, &*store.clock);
        let found = Found::look(&*backend, process, store.now()).map_err(unreadable)?;
        Ok((backend, found))
    }
}

pub(super) fn unreadable(error: io::Error) -> Error {
    let message = "stored state could not be read; saving is disabled so that nothing is overwritten";
    Error::new(ErrorKind::Unavailable, message).because(error)
}

/// What a copy holds. Where somebody else may change it, all of one moment, in memory.
fn look_at_copy(copy: &dyn Backend, process: &Process, now: Now, hold: bool) -> Option<Found> {
    // Its holder may remove a log between two of our reads, which looks like damage: the next look has it whole.
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
    /// A session that does not save: the location cannot be used, or only be read, or another instance has it.
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
        let copy = readable.map(Into::into).and_then(open_copy);
        let found = copy.as_deref().and_then(|copy| look_at_copy(copy, &settings.process, now, is_taken));
        let moment = Store::moment(now);
        // As in a launch that was not refused: the uptime when the monotonic clock stood at zero.
        let uptime = settings.process.uptime;
        settings.process.uptime = uptime.map(|uptime| uptime.saturating_sub(moment.monotonic));
        let mut inner = Inner::new(Launch::first(moment, settings.process.clone()), 0, now);
        inner.orders.no_thread = !thread;
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
            Some(found) => inner.show_copy(found, rules, now, is_taken),
            None => (Outcome::Unavailable, LastExit::Unknown, Marks::restored(BTreeMap::new(), None, None, rules, now)),
        };
        let backend = Box::new(Guarded(Box::new(late)));
        let mut session = Self::with(backend, inner, settings, clock, marks, taken);
        (session.outcome, session.last_exit) = (outcome, last_exit);
        if !is_taken {
            session.restore_spots();
        } else if thread {
            session.start_flusher();
        }
        session
    }

    /// Whether this session has taken over from another instance since it was last asked: true once.
    ///
    /// A session whose location another instance has at the start ([`Status::holder`](crate::Status::holder)) looks again
    /// twice a second, on its flusher, or in each call that saves and in [`run_pending`](Self::run_pending) if it has none. When
    /// the other one has gone, the session goes on from what that one stored, and writes what was captured here
    /// meanwhile. Where both changed a section, the value of this session counts, because it is on the screen, and that of
    /// the other one is set aside: [`quarantined`](Self::quarantined) has it. Where only the other one did, `get` returns its value from
    /// now on.
    ///
    /// So when this returns true, read the sections again and look at `quarantined`. Cheap enough for an event loop.
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
        self.store.took_over.get().is_some() && !std::mem::replace(&mut self.told_of_take_over, true)
    }

    /// Where there is no thread, the application's calls look whether the location is free.
    pub(super) fn help_to_take_over(&mut self) {
        let guard = self.store.inner.lock();
        let is_ours_to_do = guard.orders.no_thread && matches!(guard.saving, Saving::Taken { .. });
        drop(guard);
        if is_ours_to_do {
            self.store.work();
        }
    }
}

impl Store {
    /// Goes on with the location if it is free by now. `at_once`: whenever it was looked at last.
    pub(crate) fn take_over_if_due(&self, guard: &mut MutexGuard<'_, Inner>, now: Now, at_once: bool) {
        let (Some(taken), Saving::Taken { next, .. }) = (&self.taken, &guard.saving) else { return };
        if !at_once && now.monotonic < *next {
            return;
        }
        let looked = MutexGuard::unlocked(guard, || taken.look(self));
        match looked {
            Ok((backend, found)) => {
                taken.late.come(backend);
                let how_it_was = (found.outcome, found.last_exit.clone());
                guard.adopt(found);
                drop(self.took_over.set(how_it_was));
                self.begin_log(guard);
            }
            Err(refused) => {
                if let Saving::Taken { error, holder, next, looks } = &mut guard.saving {
                    *next = now.monotonic.saturating_add(TAKE_OVER_EVERY);
                    *looks += 1;
                    *error = refused.error;
                    // Not known where something else is in the way now.
                    *holder = refused.holder.unwrap_or_default();
                }
            }
        }
        self.progress.notify_all();
    }

    /// The launch frame goes out at once, as at a start. With something to write, it goes out with that.
    ///
    /// If we crash before it, the next start finds what the other instance left, and nobody was told anything else.
    fn begin_log(&self, guard: &mut MutexGuard<'_, Inner>) {
        if !guard.pending.is_empty() {
            return;
        }
        let now = self.now();
        let Some(mut writer) = guard.writer.take() else { return };
        match writer.begin(&*self.backend) {
            Ok(_) => guard.durability.wrote(now),
            Err(error) => {
                let message = "could not write the launch record; will retry on the first save";
                guard.durability.writing.failed(Error::storage(message, error), now);
            }
        }
        guard.writer = Some(writer);
    }
}

impl Inner {
    /// Takes in what a copy holds. Where another instance works on it, where its user left off is no place to return to,
    /// and how its launch ended is not known.
    fn show_copy(&mut self, found: Found, rules: Rules, now: Now, is_taken: bool) -> (Outcome, LastExit, Marks) {
        let Found { last_exit, mut loaded, away, .. } = found;
        let sums = loaded.sections.iter().filter_map(|(key, layers)| Some((key.clone(), layers.newest()?.sum)));
        self.copied = Some(sums.collect());
        let trails = std::mem::take(&mut loaded.trails);
        self.withhold(&loaded);
        self.loaded = loaded;
        if is_taken {
            let marks = Marks::restored(BTreeMap::new(), None, None, rules, now);
            return (Outcome::ReadOnly, LastExit::Unknown, marks);
        }
        let reason = match &last_exit {
            LastExit::Interrupted(reason) => Some(reason.clone()),
            _ => None,
        };
        (Outcome::ReadOnly, last_exit, Marks::restored(trails, away, reason, rules, now))
    }

    /// Goes on from what the other instance stored. What was captured meanwhile is still to be written, and nothing that
    /// this process has not seen is replaced without being set aside.
    fn adopt(&mut self, found: Found) {
        let Found { mut loaded, launch, highest, stored, .. } = found;
        let trails = std::mem::take(&mut loaded.trails);
        let unread = if loaded.is_patchy() { seq_above(highest.saturating_add(1)) } else { 0 };
        self.renumber_marks(trails.values().map(Trail::last_seq).fold(unread, u64::max));
        self.highest = self.highest.max(highest);
        self.strikes = launch.strikes;
        self.passed.clone_from(&launch.passed);
        self.others = Arc::new(Others::new(self.writer_id, &stored, &loaded));
        self.orders.verify = !loaded.sections.is_empty();
        self.orders.compact = loaded.delta_bytes >= LONG_LOG;
        (self.delta_bytes, self.base_bytes) = (loaded.delta_bytes, loaded.base_bytes);
        self.rest_soon = wants_base(&loaded);
        let generation = self.next_generation();
        self.writer = Some(Writer::new(generation, launch));
        self.checked.clear();
        self.withhold(&loaded);
        self.loaded = loaded;
        self.saving = Saving::On;
        // Words about what was set aside in the copy; what is set aside now may be more.
        self.pending.ops.clear();
        self.reopen_scopes();
        self.settle_with_stored();
    }

    /// The marks made here come after all that are in the log, whoever made them: the newest mark is that of the
    /// instance that goes on.
    fn renumber_marks(&mut self, by: u64) {
        // Those that are not on their way yet, when the user's thread comes to it.
        self.marks_shift = self.marks_shift.saturating_add(by);
        self.pending.marks.iter_mut().for_each(|entry| entry.shift(by));
        for key in self.pending.sections.sort().iter().filter(|key| is_own(key)) {
            let latest = self.entries.get_mut(&key.scope, &key.name).and_then(|entry| entry.latest.as_mut());
            let Some(latest) = latest else { continue };
            if let Ok(mut spot) = Spot::decode(&latest.bytes) {
                spot.shift(by);
                let mut bytes = Vec::new();
                spot.encode(&mut bytes);
                latest.bytes = Arc::new(bytes);
            }
        }
    }

    /// Whether the log has another value of a section than this process was shown.
    fn is_unseen(&self, key: &SectionKey) -> bool {
        let stored = self.loaded.sections.get(key).and_then(Layers::newest).map(|newest| newest.sum);
        stored.is_some() && stored != self.copied_sum(key)
    }

    /// Of what this process was shown.
    fn copied_sum(&self, key: &SectionKey) -> Option<u64> {
        self.copied.as_ref()?.get(key).copied()
    }

    /// Whether a value is what this process was shown of a section that the other instance has changed since, or what that
    /// one stored.
    pub(super) fn is_no_change_of(&self, key: &SectionKey, bytes: &[u8]) -> bool {
        let entry = self.entries.get(&key.scope, &key.name);
        if entry.is_none_or(|entry| entry.unread != Some(Parked::OtherInstance)) {
            return false;
        }
        let sum = Some(checksum(bytes));
        let stored = self.loaded.sections.get(key).and_then(Layers::newest).map(|newest| newest.sum);
        sum == stored || sum == self.copied_sum(key)
    }

    /// A window that was closed here and worked on there is open.
    fn reopen_scopes(&mut self) {
        let worked_on: Vec<_> =
            self.loaded.sections.keys().filter(|key| self.is_unseen(key)).map(|key| key.scope.clone()).collect();
        self.closed_scopes.retain(|scope| !worked_on.contains(scope));
        self.replay_scopes(&worked_on);
    }

    /// Decides for each section between what was captured here and what is stored.
    fn settle_with_stored(&mut self) {
        let keys: Vec<SectionKey> = self.loaded.sections.keys().cloned().collect();
        let is_stored = |key: &SectionKey, sum| {
            let newest = self.loaded.sections.get(key).and_then(Layers::newest);
            newest.is_some_and(|newest| newest.sum == sum)
        };
        // A patch must apply to what the log has, not to the copy.
        self.entries.forget_stored_unless(is_stored);
        for key in keys {
            let unseen = self.is_unseen(&key) && !is_own(&key);
            let sum = self.loaded.sections.get(&key).and_then(Layers::newest).map(|newest| newest.sum);
            let known = self.entries.get(&key.scope, &key.name);
            let captured = known.and_then(|entry| entry.latest.as_ref()).map(|latest| checksum(&latest.bytes));
            // Both came to the same, or this one was never changed here.
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
            // Set aside when it was captured, in the copy: now in what is stored.
            let Some(why) = parked else { continue };
            if let Some(layers) = self.loaded.sections.remove(&key) {
                self.loaded.park(ParkedSection { key, why, layers });
            }
        }
    }
}
