//! The one handle an application holds.

mod builder;
mod capture;
mod commit;
mod fate;
mod guard;
mod history;
mod import;
mod life;
mod one;
mod open;
mod other;
mod presence;
mod quarantine;
mod report;
mod restore;
mod scope;
mod slot;
mod spot;
mod taken;
#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use capture::Capture;
pub(crate) use capture::Item;
pub use commit::Saved;
pub use history::ResumePoint;
pub use report::{
    Failing, Holder, LastExit, Outcome, QuarantineReason, Quarantined, Report, SectionFate, SectionReport, Status,
    Unsaved,
};
pub use scope::{ClosedScope, Scope};
pub use slot::Slot;
pub(crate) use taken::Awaited;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::app_id::AppId;
use crate::backend::{Backend, Generation, MemoryBackend};
use crate::error::{Error, ErrorKind};
use crate::flusher;
use crate::frame::{Launch, Process, Strikes};
use crate::generation::{Loaded, Others, Writer, writer_id};
use crate::store::{
    Durability, Entries, Guarded, Inner, Orders, Pending, Refusal, Restoring, Saving, Settings, Shared, Store, Types,
    Who,
};
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Mutex};
use crate::time::{Clock, Now};
use guard::Plan;
use open::Found;

/// The state of one application (or of one instance of it), from the moment it is opened until it is closed.
///
/// Open it at the start, [`get`](Self::get) what was saved, [`mark`](Self::mark) each user interaction, and call
/// [`autosave`](Self::autosave) from code that runs often, such as the event loop. Dropping a session closes it, unless the thread is
/// panicking; [`close`](Self::close) does so and tells whether it worked.
///
/// A session belongs to the process that opened it. After a `fork` without `exec`, the child's copy stores nothing: every
/// call fails at once with [`ErrorKind::Closed`], [`status`](Self::status) says so, and dropping the copy changes nothing. A
/// daemon opens its session after the fork; if its parent has exited, the open succeeds although the child still has the
/// parent's copy. Where the parent had threads, fork before you open one, or use [`Builder::without_thread`]: a child that is
/// forked while another thread is at a lock may find that lock held for ever.
///
/// ```
/// use leftoff::{AppId, Section, Session};
/// # use leftoff::backend::MemoryBackend;
///
/// const FORM: Section<String> = Section::new("form", 1);
///
/// # let memory = MemoryBackend::new();
/// # let mut session = Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).open();
/// # if false {
/// let mut session = Session::open(AppId::new("com.example.desk"));
/// # }
/// let mut form = session.get_or_default(FORM);
/// form.push_str("1 200 EUR");
/// session.mark("invoice/42/amount");
/// session.autosave(|capture| capture.set(FORM, &form))?;
/// # drop(session);
///
/// // The next start:
/// # let mut session = Session::builder(AppId::new("com.example.desk")).backend(memory).open();
/// # if false {
/// let mut session = Session::open(AppId::new("com.example.desk"));
/// # }
/// assert_eq!(session.get(FORM)?.as_deref(), Some("1 200 EUR"));
/// assert_eq!(session.marker().map(|marker| marker.element()), Some("invoice/42/amount"));
/// # Ok::<(), leftoff::Error>(())
/// ```
pub struct Session {
    store: Arc<Store>,
    driver: Driver,
    outcome: Outcome,
    last_exit: LastExit,
    marks: presence::Marks,
    /// Something was marked, or the application said that it changed something, since the last capture.
    dirty: bool,
    /// The user has touched something.
    touched: bool,
    /// Nothing was heard of the application since it opened the session or was handed a section. The truth is
    /// [`Inner::restoring`]; this says whether to look there, so that marking takes no lock.
    unheard: AtomicBool,
    /// The application was told that this session took over from another instance.
    told_of_take_over: bool,
    /// The crash guard withheld something when the state was loaded. The truth is what is in quarantine now; this says
    /// whether to look there, so that asking takes no lock.
    has_withheld: bool,
    /// A closed scope may be set by accident.
    has_shut: bool,
    /// The windows that were closed last.
    quitting: scope::Quitting,
}

/// Who does the work off the user's thread.
pub(crate) enum Driver {
    Thread(JoinHandle<()>),
    /// The application, through [`Session::run_pending`].
    Application,
    /// There was no thread to be had, so captures do it.
    Captures,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("store", &self.store)
            .field("outcome", &self.outcome)
            .field("last_exit", &self.last_exit)
            .field("dirty", &self.dirty)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// How long [`save`](Self::save) and [`close`](Self::close) wait for the storage: five seconds.
    pub const DEADLINE: Duration = crate::store::DEADLINE;
    /// How many closed scopes stay reachable.
    pub const MAX_CLOSED_SCOPES: usize = crate::generation::MAX_CLOSED_SCOPES;
    /// How long a closed scope stays reachable: 30 days.
    pub const CLOSED_SCOPES_FOR: Duration = crate::generation::CLOSED_SCOPES_FOR;
    /// How many quarantined values of one section are kept, the newest first.
    pub const MAX_QUARANTINED: usize = crate::generation::MAX_QUARANTINED;

    /// Opens the state of an application in the platform's directory for application state (on Linux
    /// `~/.local/state/com.example.desk/leftoff`).
    ///
    /// Opening cannot fail: if the storage cannot be used, the program starts all the same, and
    /// [`outcome`](Self::outcome) and [`status`](Self::status) say so.
    #[must_use]
    pub fn open(app: AppId) -> Self {
        Self::builder(app).open()
    }

    /// Opens a session whose state lives in memory and ends with the session: for tests and examples.
    ///
    /// To open the same state again, as after a restart, pass one
    /// [`MemoryBackend`](crate::backend::MemoryBackend) to [`Builder::backend`] of both sessions.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::builder(AppId::new("in-memory")).backend(MemoryBackend::new()).open()
    }

    /// Settings first, for anything but the defaults.
    pub fn builder(app: AppId) -> Builder {
        Builder::new(app)
    }

    /// What was found when the session was opened, or when it [took over](Self::took_over) from another instance.
    pub fn outcome(&self) -> Outcome {
        self.store.took_over.get().map_or(self.outcome, |(outcome, _)| *outcome)
    }

    /// How the last launch ended. Unknown as long as another instance has the location: it is still running.
    pub fn last_exit(&self) -> &LastExit {
        self.store.took_over.get().map_or(&self.last_exit, |(_, last_exit)| last_exit)
    }

    /// Whether the state is safe, as far as is known now.
    pub fn status(&self) -> Status {
        self.store.inner.lock().status()
    }

    /// Does the work of the flusher thread, for sessions [without one](Builder::without_thread): retries, syncs,
    /// compaction. Returns how long it is until something will be due; `None`: nothing before the next capture. Does
    /// nothing where there is a thread.
    pub fn run_pending(&mut self) -> Option<Duration> {
        self.still_alive();
        if matches!(self.driver, Driver::Thread(_)) { None } else { self.store.work() }
    }

    /// Closes the session: everything captured and every mark is written and synced, and the next start sees a clean
    /// exit. Waits for the storage for five seconds at most.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] if the storage did not answer; [`ErrorKind::Unavailable`] and others if it failed, or if
    /// the session was refused from the start, so that nothing was saved. [`ErrorKind::Encode`],
    /// [`ErrorKind::TooLarge`]: the newest value of a section in [`Status::unsaved`] was not saved; everything else is.
    /// Values that could not be written are lost when the process exits.
    pub fn close(mut self) -> Result<(), Error> {
        self.finish(true)
    }

    pub(crate) fn open_with(builder: Builder) -> Self {
        let Builder {
            app,
            place,
            app_version,
            formerly,
            slot_per_instance,
            holder_wait,
            sync_every,
            ready_after,
            retention,
            thread,
            rules,
            clock,
        } = builder;
        let opened = builder::make_backend(place, &app, &formerly, slot_per_instance, holder_wait);
        // Not before: `open` may have waited.
        let now = clock.now();
        let process = crate::process::current(&app_version, &*clock);
        let settings = Settings { sync_every, ready_after, retention, process: process.clone() };
        let looked = opened.and_then(|backend| {
            let backend: Box<dyn Backend> = Box::new(Guarded(backend));
            let found = Found::look(&*backend, process, now).map_err(taken::unreadable)?;
            Ok((backend, found))
        });
        match looked {
            Ok((backend, found)) => Self::begin(backend, found, settings, clock, now, rules, thread),
            Err(refused) => Self::refuse(refused, settings, clock, now, rules, thread),
        }
    }

    fn begin(
        backend: Box<dyn Backend>,
        found: Found,
        mut settings: Settings,
        clock: Arc<dyn Clock>,
        now: Now,
        rules: presence::Rules,
        thread: bool,
    ) -> Self {
        let Found { outcome, last_exit, mut loaded, away, launch, plan, highest, stored, superseded } = found;
        settings.process = launch.process.clone();
        let trails = std::mem::take(&mut loaded.trails);
        let reason = match &last_exit {
            LastExit::Interrupted(reason) => Some(reason.clone()),
            _ => None,
        };
        let mut marks = presence::Marks::restored(trails, away, reason, rules, now);
        if loaded.is_patchy() {
            marks.begin_above(highest.saturating_add(1));
        }
        let (strikes, unmarked) = (launch.strikes, launch.unmarked);
        let mut inner = Inner::new(launch, highest, now);
        inner.others = Arc::new(Others::new(inner.writer_id, &stored, &loaded));
        (inner.strikes, inner.unmarked) = (strikes, unmarked);
        inner.restoring = Some(Restoring { since: now.monotonic, noted: false });
        inner.orders.verify = !loaded.sections.is_empty();
        inner.orders.no_thread = !thread;
        (inner.delta_bytes, inner.base_bytes) = (loaded.delta_bytes, loaded.base_bytes);
        inner.delta_frames = loaded.delta_frames;
        inner.rest_at_close = loaded.chain.launches >= LONG_CHAIN;
        inner.rest_soon = wants_base(&loaded) || inner.compaction_is_due();
        inner.pending.ops = plan.apply(&mut loaded);
        if unmarked {
            marks.withhold();
        }
        if plan != Plan::Everything {
            inner.withhold(&loaded);
        }
        let outcome = plan.outcome(outcome, &loaded);
        // Reading the log took long, and a program that crashes again and again would start more slowly each time. So
        // this is the first thing the flusher does; `open` itself writes no base and never waits for a sync.
        inner.orders.compact = loaded.delta_bytes >= LONG_LOG || loaded.chain.launches >= OVERDUE_CHAIN;
        let has_withheld = unmarked || loaded.has_withheld();
        inner.loaded = loaded;
        let mut session = Self::with(backend, inner, settings, clock, marks, None);
        (session.outcome, session.last_exit, session.has_withheld) = (outcome, last_exit, has_withheld);
        session.write_launch();
        if thread {
            session.store.inner.lock().superseded = superseded;
        } else {
            session.remove_superseded(superseded);
        }
        session.restore_spots();
        if thread {
            session.start_flusher();
        }
        session
    }

    fn with(
        backend: Box<dyn Backend>,
        inner: Inner,
        settings: Settings,
        clock: Arc<dyn Clock>,
        marks: presence::Marks,
        taken: Option<Awaited>,
    ) -> Self {
        let (wake, progress, took_over) = (Condvar::new(), Condvar::new(), OnceLock::new());
        let (inner, types) = (Shared::new(inner), Arc::new(Mutex::new(Types::default())));
        let store = Arc::new(Store { backend, clock, settings, inner, types, taken, took_over, wake, progress });
        Self {
            store,
            driver: Driver::Application,
            outcome: Outcome::Unavailable,
            last_exit: LastExit::Unknown,
            marks,
            dirty: false,
            touched: false,
            unheard: AtomicBool::new(true),
            told_of_take_over: false,
            has_withheld: false,
            has_shut: false,
            quitting: scope::Quitting::default(),
        }
    }

    /// The launch frame goes out before the application can ask for anything: if what it asks for kills it, the next
    /// start must know that this one was here.
    fn write_launch(&mut self) {
        let mut guard = self.store.inner.lock();
        let now = self.store.now();
        if let Some(mut writer) = guard.writer.take() {
            match writer.begin(&*self.store.backend) {
                Ok(_) => guard.durability.wrote(now),
                Err(error) => {
                    let message = "this start could not be noted in the log; it is tried again with the first save";
                    guard.durability.writing.failed(Error::storage(message, error), now);
                }
            }
            guard.writer = Some(writer);
        }
        if !guard.pending.is_empty() {
            let _ = self.store.write_pending(&mut guard, Who::User);
        }
    }

    /// Removes the log of the launch that this one takes the place of. With a flusher that is its job, because the removal
    /// of a log that was synced is synced, too.
    fn remove_superseded(&self, superseded: Option<Generation>) {
        let mut guard = self.store.inner.lock();
        guard.superseded = superseded;
        self.store.remove_superseded(&mut guard);
    }

    fn start_flusher(&mut self) {
        self.driver = match flusher::spawn(&self.store) {
            Ok(handle) => Driver::Thread(handle),
            Err(_) => {
                self.store.inner.lock().orders.no_thread = true;
                Driver::Captures
            }
        };
    }

    /// Everything out, and closed for good if `clean`; otherwise the log notes a crash.
    fn finish(&mut self, clean: bool) -> Result<(), Error> {
        if clean {
            self.reopen_quitting();
        }
        let store = Arc::clone(&self.store);
        if let Some(forked) = store.inner.forked() {
            // The flusher does not exist in a forked child: there is no thread to wait for, and none to detach.
            std::mem::forget(std::mem::replace(&mut self.driver, Driver::Application));
            return Err(forked);
        }
        let mut guard = store.inner.lock();
        if guard.orders.stopped || guard.orders.stop {
            return Ok(());
        }
        self.marks.drain_into(&mut guard);
        guard.last_marks = self.marks.all().collect();
        guard.orders.close = clean && !guard.is_asleep();
        guard.orders.crash = !clean;
        guard.orders.erase = guard.orders.close && guard.loaded.erasable;
        guard.orders.stop = true;
        if let Driver::Thread(handle) = std::mem::replace(&mut self.driver, Driver::Application) {
            store.notify();
            let deadline = std::time::Instant::now() + crate::store::DEADLINE;
            while !guard.orders.stopped {
                if store.progress.wait_until(&mut guard, deadline).timed_out() {
                    return Err(Error::new(
                        ErrorKind::TimedOut,
                        "the storage did not answer; the last changes may be lost",
                    ));
                }
            }
            drop(guard);
            // It has said that it is done, so this waits for a return instruction.
            let _ = handle.join();
        } else {
            drop(guard);
            store.finish();
        }
        let guard = store.inner.lock();
        match (&guard.orders.refused, guard.durability.failing()) {
            (Some(Refusal::NeverSaved(reason)), _) => Err(reason.clone().prefixed("nothing was saved")),
            (Some(Refusal::Forgotten), _) => Ok(()),
            (None, Some(failing)) if !guard.is_all_synced() || guard.durability.rounds.failing().is_some() => {
                Err(failing.error.clone())
            }
            _ if guard.rejection().is_some() => {
                let error = guard.rejection().map(|error| error.prefixed("not everything was saved"));
                error.map_or(Ok(()), Err)
            }
            _ if guard.orders.erase && !guard.orders.erased => {
                let message = "what was to be erased on close is still stored; the next clean close tries again";
                let error = Error::new(ErrorKind::Unavailable, message);
                let cause = guard.durability.compacting.failing().cloned();
                Err(cause.map_or(error.clone(), |cause| error.because(cause.error)))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whoever wants to know whether it worked calls `close`. A panic is no clean exit, but what was captured
        // before it goes out all the same.
        let _ = self.finish(!std::thread::panicking());
    }
}

/// Launches that only write deltas before the log is summed up.
const LONG_CHAIN: u32 = 8;

/// So many, and none of them lived for two seconds or was closed: compaction does not wait any longer.
const OVERDUE_CHAIN: u32 = 2 * LONG_CHAIN;

/// Bytes of frames since the base above which a launch compacts the log before anything else.
const LONG_LOG: u64 = 32 << 20;

/// A new base soon, if walking to the old one is long, or there is none although this is not the first launch, or
/// something on the way is damaged.
fn wants_base(loaded: &Loaded) -> bool {
    let chain = &loaded.chain;
    chain.launches >= LONG_CHAIN || (chain.base.is_none() && chain.launches >= 1) || !loaded.problems.is_empty()
}

/// What a launch that follows nothing writes first.
impl Launch {
    pub(crate) fn first(at: crate::frame::Moment, process: Process) -> Self {
        Self {
            at,
            parent: None,
            process,
            continued: false,
            ready: false,
            strikes: Strikes::default(),
            closed: None,
            erasable: false,
            unmarked: false,
            passed: Vec::new(),
            past: Vec::new(),
        }
    }
}

impl Inner {
    pub(crate) fn new(launch: Launch, highest: u64, opened_at: Now) -> Self {
        let mut inner = Self {
            writer: None,
            highest,
            writer_id: writer_id(random(), launch.process.boot),
            entries: Entries::default(),
            loaded: Loaded::default(),
            copied: None,
            captures: 0,
            passed: launch.passed.clone(),
            others: Arc::default(),
            closed_scopes: BTreeSet::new(),
            shut: BTreeMap::new(),
            fates: BTreeMap::new(),
            checked: BTreeMap::new(),
            opened_at,
            pending: Pending::default(),
            jobs: BTreeMap::new(),
            encoding: false,
            job_error: None,
            rejected: BTreeMap::new(),
            ready: false,
            closed: None,
            superseded: None,
            strikes: Strikes::default(),
            unmarked: false,
            restoring: None,
            unanswered: BTreeSet::new(),
            touched: false,
            rest_soon: false,
            rest_at_close: false,
            rested_twice: false,
            saving: Saving::On,
            durability: Durability::default(),
            orders: Orders::default(),
            lost: false,
            retell_marks: false,
            last_marks: Vec::new(),
            marks_shift: 0,
            working: false,
            compacting: false,
            spare: Vec::new(),
            delta_bytes: 0,
            delta_frames: 0,
            base_bytes: 0,
            bases: 0,
        };
        let generation = inner.next_generation();
        inner.writer = Some(Writer::new(generation, launch));
        inner
    }
}

/// Bits nobody else has. The standard library's hasher keys are random for each process and differ for each call, which
/// is all that is asked of a writer's name.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}
