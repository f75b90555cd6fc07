//! The session: the handle that an application holds.

mod budget;
mod builder;
mod capture;
mod close;
mod commit;
mod declined;
mod export;
mod fate;
mod finished;
mod guard;
mod history;
mod import;
mod interrupt;
mod layer;
mod life;
mod listed;
mod one;
mod open;
mod other;
mod presence;
mod preview;
mod project;
mod quarantine;
mod restart;
mod restore;
mod scope;
mod secret;
mod seen;
mod slot;
mod snapshot;
mod spot;
mod stored_mark;
mod support;
mod taken;
#[cfg(test)]
mod tests;
mod transfer;
mod undone;

pub use builder::Builder;
pub use capture::Capture;
pub use commit::Saved;
pub use export::Continued;
pub use history::ResumePoint;
pub use interrupt::InterruptHandle;
pub use listed::{Listed, listed, listed_in};
pub use preview::{SectionChange, SectionPreview};
pub use scope::{ClosedScope, Scope};
pub use slot::Slot;
pub use snapshot::Snapshot;
pub use stored_mark::StoredMark;
pub(crate) use taken::Awaited;
pub use transfer::{StoredReader, StoredSection};

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::app_id::AppId;
use crate::backend::{Generation, MemoryBackend};
use crate::error::Error;
use crate::flusher;
use crate::frame::{Caution, Launch, Process};
use crate::generation::{Loaded, Others, Writer, writer_id};
use crate::report::{LastExit, Outcome, Status};
use crate::sorted::{SortedMap, SortedSet};
use crate::store::{
    Durability, Entries, Guarded, Inner, Length, Life, Log, Meter, Notes, Orders, Pending, Rest, Restart, Restoring,
    Room, Saving, Settings, Shared, Shown, Start, Store, Types, Who, Work, Worker,
};
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Instant, Mutex};
use crate::time::{Clock, Now, Watch};
use guard::Plan;
use open::Found;

/// The state of one application, or of one instance of it, from open to close.
///
/// Open it at the start, [`get`](Self::get) the saved values, [`mark`](Self::mark) each user interaction, and call
/// [`autosave`](Self::autosave) from code that runs often, such as the event loop. A struct that owns its session and
/// saves itself whole uses a [`Snapshot`]. Dropping a session closes it, unless the thread is panicking;
/// [`close`](Self::close) does the same and returns the result.
///
/// A session belongs to the process that opened it. After a `fork` without `exec`, the child's copy stores nothing:
/// every call fails at once with [`ErrorKind::Closed`](crate::ErrorKind::Closed), [`status`](Self::status) gives the reason, and dropping the
/// copy changes nothing. A daemon opens its session after the fork; if its parent has exited, opening succeeds
/// although the child still has the parent's copy. If the parent has threads, fork before you open a session, or use
/// [`Builder::without_thread`]: a child that is forked while another thread holds a lock may find that lock held
/// forever.
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
    dir: Option<PathBuf>,
    /// The id of the application, then its former ids.
    apps: Vec<AppId>,
    start: Start,
    marks: snapshot::Lent<presence::Marks>,
    /// Whether anything was marked, or the application reported a change, since the last capture.
    dirty: bool,
    /// Whether a snapshot was begun for that and is not committed.
    uncommitted: bool,
    /// Whether the user has touched anything.
    touched: bool,
    /// Whether the application has made no call since it opened the session or received a section.
    /// [`Inner::restoring`] is authoritative; this flag decides whether to check it, so that marking takes no lock.
    unheard: AtomicBool,
    taken_over: TakenOver,
    hints: Hints,
    /// The values that the user declined in this launch, by checksum.
    declined: Vec<(crate::frame::SectionKey, u64)>,
    /// Those of undone restores, in this launch or an earlier one: they are offered until the user decides.
    undone: Vec<(crate::frame::SectionKey, u64)>,
    /// The values that were replaced when others were brought back last.
    replaced: Vec<(crate::frame::SectionKey, u64)>,
    /// The windows that were closed last.
    quitting: scope::Quitting,
}

/// How far this session has followed a take-over.
struct TakenOver {
    /// Whether there is no take-over to come whose marks this session must show.
    has_caught_up: bool,
    /// Whether [`took_over`](Session::took_over) has reported the take-over to the application.
    is_told: bool,
}

/// What the store may know, so that asking for it usually takes no lock. The store is authoritative.
#[derive(Default)]
struct Hints {
    /// Whether the crash guard withheld anything when the state was loaded.
    has_withheld: bool,
    /// Whether a capture may still set a closed scope by accident.
    has_shut: bool,
}

/// What runs the background work.
pub(crate) enum Driver {
    Thread(JoinHandle<()>),
    /// The application, through [`Session::run_pending`].
    Application,
    /// No thread could be started, so captures run it.
    Captures,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("store", &self.store)
            .field("start", &self.start)
            .field("dirty", &self.dirty)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// How long [`save`](Self::save) and [`close`](Self::close) wait for storage: five seconds.
    pub const DEADLINE: Duration = crate::store::DEADLINE;
    /// The number of closed scopes that can be reopened, besides the scope closed last and those that were
    /// [closed together](Scope::close) with it: 32.
    pub const MAX_CLOSED_SCOPES: usize = crate::generation::MAX_CLOSED_SCOPES;
    /// The number of actions kept per scope for the [timeline](Self::timeline), the newest first: 32. A burst of touches of
    /// one element is one action.
    pub const TRAIL_LEN: usize = crate::mark::TRAIL_LEN;
    /// The number of quarantined values kept per section, the newest first.
    pub const MAX_QUARANTINED: usize = crate::generation::MAX_QUARANTINED;

    /// Opens the state of an application in the platform's directory for application state.
    ///
    /// On Linux, this is `~/.local/state/com.example.desk/leftoff`.
    ///
    /// Opening cannot fail: if storage cannot be used, the program starts all the same, and [`outcome`](Self::outcome)
    /// and [`status`](Self::status) report it.
    #[must_use]
    pub fn open(app: AppId) -> Self {
        Self::builder(app).open()
    }

    /// Opens a session whose state is kept in memory until the session ends, for tests and examples.
    ///
    /// To open the same state again, as after a restart, pass the same
    /// [`MemoryBackend`](crate::backend::MemoryBackend) to [`Builder::backend`] of both sessions.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::builder(AppId::new("in-memory")).backend(MemoryBackend::new()).open()
    }

    pub(crate) fn now(&self) -> crate::time::Now {
        self.store.now()
    }

    /// Returns a builder, to change any of the default settings.
    pub fn builder(app: AppId) -> Builder {
        Builder::new(app)
    }

    /// Returns what was found when the session was opened.
    ///
    /// After a [take-over](Self::took_over) from another instance, returns what was found then. A value that cannot be
    /// read as its type has become is found only when the application asks for it: call this after the calls that
    /// restore.
    pub fn outcome(&self) -> Outcome {
        match self.start().outcome {
            Outcome::Resumed | Outcome::Recovered if self.has_unread() => Outcome::Unread,
            found => found,
        }
    }

    /// Returns how the last launch ended.
    ///
    /// Unknown while another instance holds the location, because that launch is still running.
    pub fn last_exit(&self) -> &LastExit {
        &self.start().last_exit
    }

    /// Returns what the start found, or the take-over since.
    fn start(&self) -> &Start {
        self.store.took_over.get().unwrap_or(&self.start)
    }

    /// Returns whether the state is currently safe from a crash or power loss.
    pub fn status(&self) -> Status {
        let mut guard = self.store.inner.lock();
        let (bytes_written, syncs) = self.store.measure(&mut guard, self.store.now());
        let (hourly_bytes, hourly_syncs) = guard.meter.last_hour();
        Status { bytes_written, syncs, hourly_bytes, hourly_syncs, ..guard.status() }
    }

    /// Does the work of the flusher thread: retries, fsyncs, compaction.
    ///
    /// For sessions [without a thread](Builder::without_thread).
    ///
    /// Returns the time until more work is due, or `None` if nothing is due before the next capture. Does nothing if
    /// the session has a thread.
    pub fn run_pending(&mut self) -> Option<Duration> {
        self.still_alive();
        let is_closed = self.store.inner.lock().life.is_stopped();
        if matches!(self.driver, Driver::Thread(_)) || is_closed {
            return None;
        }
        let next = self.store.work();
        self.store.tell();
        next
    }

    pub(crate) fn open_with(mut builder: Builder) -> Self {
        let mut dir = None;
        let opened = match builder.backend.take() {
            Some(backend) => {
                builder.layers.wrap_checked(backend).map(|backend| (backend, None)).map_err(builder::NotOpened::from)
            }
            None => builder.location().map_err(builder::NotOpened::from).and_then(|location| {
                dir = Some(location.dir.clone());
                restart::open_files(&location, builder.holder_wait)
            }),
        };
        let apps = std::iter::once(builder.app.clone()).chain(builder.formerly.iter().cloned()).collect();
        let Builder { app_version, sync_every, ready_after, retention, thread, rules, clock, scopes, .. } = builder;
        let (hourly_budget, listing) = (builder.hourly_budget, builder.listing);
        // Not earlier, because `open` may have waited.
        let now = clock.now();
        let process = crate::process::current(&app_version, &*clock);
        let settings = Settings { sync_every, hourly_budget, ready_after, retention, process: process.clone(), scopes };
        let looked = opened.and_then(|(backend, opened_dir)| {
            let unlisted = listing.unlisted(opened_dir.as_deref());
            dir = opened_dir;
            let backend = Box::new(Guarded::new(backend));
            let found = Found::look(&*backend, process, now).map_err(taken::unreadable)?;
            Ok((backend, Found { unlisted, ..found }))
        });
        let mut session = match looked {
            Ok((backend, found)) => Self::begin(backend, found, settings, clock, now, rules, thread),
            Err(refused) => Self::refuse(refused, settings, clock, now, rules, thread),
        };
        (session.dir, session.apps) = (dir, apps);
        session.store.tell();
        session
    }

    /// Opens a copy that is never written.
    #[cfg(any(unix, windows))]
    fn open_copy(builder: Builder, not_opened: builder::NotOpened) -> Self {
        let Builder { app_version, sync_every, hourly_budget, ready_after, retention, rules, clock, scopes, .. } =
            builder;
        let (now, process) = (clock.now(), crate::process::current(&app_version, &*clock));
        let settings = Settings { sync_every, hourly_budget, ready_after, retention, process, scopes };
        Self::refuse(not_opened, settings, clock, now, rules, false)
    }

    fn begin(
        backend: Box<Guarded>,
        found: Found,
        mut settings: Settings,
        clock: Arc<dyn Clock>,
        now: Now,
        rules: presence::Rules,
        thread: bool,
    ) -> Self {
        let Found { outcome, last_exit, mut loaded, away, reason, launch, plan, highest, stored, .. } = found;
        let (is_crowded, superseded) = (found.is_crowded, found.superseded);
        settings.process = launch.process.clone();
        let is_restart = launch.restart;
        let trails = std::mem::take(&mut loaded.trails);
        let watch = Watch::at_start(now, launch.process.uptime.map(Duration::from_millis));
        let mut marks = presence::Marks::restored(trails, away, reason, rules, watch);
        if loaded.is_patchy() {
            marks.begin_above(highest.saturating_add(1));
        }
        let caution = launch.caution;
        let mut inner = Inner::new(launch, highest, now);
        inner.others = Arc::new(Others::new(inner.writer_id, &stored, &loaded));
        inner.caution = caution;
        inner.restart = Restart::new(is_restart);
        inner.restoring = Some(Restoring { since: now.monotonic, noted: false });
        inner.orders.verify = !loaded.sections.is_empty();
        inner.orders.unlist = found.unlisted;
        inner.worker = Worker::of(thread);
        inner.length = Length::of(&loaded);
        inner.rest.at_close = loaded.chain.launches >= LONG_CHAIN;
        inner.rest.soon = wants_base(&loaded) || inner.compaction_is_due();
        inner.pending.ops = plan.apply(&mut loaded);
        if caution.unmarked {
            marks.withhold();
        }
        if plan != Plan::Everything {
            inner.withhold(&loaded);
        }
        let outcome = plan.outcome(outcome, &loaded);
        if matches!(outcome, Outcome::Quarantined | Outcome::Damaged | Outcome::NewerFormat) {
            inner.notes.warn(|| outcome.to_string());
        }
        // Reading the log took long, and a program that crashes repeatedly would start more slowly each time. So
        // compaction is the flusher's first work.
        inner.orders.compact = is_crowded || loaded.delta_bytes >= LONG_LOG || loaded.chain.launches >= OVERDUE_CHAIN;
        let has_withheld = caution.unmarked || loaded.has_withheld();
        inner.loaded = loaded;
        let mut session = Self::with(backend, inner, settings, clock, marks, None);
        session.start = Start { outcome, last_exit, is_restart };
        session.hints.has_withheld = has_withheld;
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
        if is_crowded {
            session.wait_for_compaction();
        }
        session
    }

    fn with(
        backend: Box<Guarded>,
        inner: Inner,
        settings: Settings,
        clock: Arc<dyn Clock>,
        marks: presence::Marks,
        taken: Option<Awaited>,
    ) -> Self {
        let has_caught_up = taken.is_none();
        let (wake, progress, took_over) = (Condvar::new(), Condvar::new(), OnceLock::new());
        let (inner, types) = (Shared::new(inner), Arc::new(Mutex::new(Types::default())));
        let store = Arc::new(Store {
            backend,
            clock,
            settings,
            inner,
            types,
            taken,
            took_over,
            is_interrupted: AtomicBool::new(false),
            #[cfg(test)]
            wake_ups: std::sync::atomic::AtomicU64::new(0),
            wake,
            progress,
            #[cfg(feature = "log")]
            outbox: Arc::default(),
        });
        Self {
            store,
            driver: Driver::Application,
            dir: None,
            apps: Vec::new(),
            start: Start { outcome: Outcome::Unavailable, last_exit: LastExit::Unknown, is_restart: false },
            marks: snapshot::Lent::new(marks),
            dirty: false,
            uncommitted: false,
            touched: false,
            unheard: AtomicBool::new(true),
            taken_over: TakenOver { has_caught_up, is_told: false },
            hints: Hints::default(),
            declined: Vec::new(),
            undone: Vec::new(),
            replaced: Vec::new(),
            quitting: scope::Quitting::default(),
        }
    }

    /// Writes the launch frame before the application can ask for anything. If the application then crashes on what it
    /// asked for, the next start must see that this launch existed.
    fn write_launch(&mut self) {
        let mut guard = self.store.inner.lock();
        let (now, attempt) = (self.store.now(), guard.durability.asked());
        if let Some(mut writer) = guard.writer.take() {
            match writer.begin(&*self.store.backend) {
                Ok(_) => guard.durability.wrote(now),
                Err(error) => {
                    let message = "could not write the launch record; will retry on the first save";
                    guard.durability.is_full = error.is_full();
                    guard.durability.write_failed(attempt, Error::storage(message, error), now);
                }
            }
            guard.writer = Some(writer);
        }
        if !guard.pending.is_empty() {
            let _ = self.store.write_pending(&mut guard, Who::User);
        }
    }

    /// Removes the log of the launch that this launch supersedes. With a flusher, the flusher removes it, because
    /// removing a synced log requires an fsync, too.
    fn remove_superseded(&self, superseded: Option<Generation>) {
        let mut guard = self.store.inner.lock();
        guard.superseded = superseded;
        self.store.remove_superseded(&mut guard);
    }

    /// Waits for the flusher's first compaction, at most [`CROWD_WAIT`].
    ///
    /// A program that ends a few milliseconds after its start kills the flusher each time before the fsync, and nothing
    /// else shows that a base survives a power cut. So the logs that it replaces can be removed only if one launch waits.
    fn wait_for_compaction(&self) {
        if !matches!(self.driver, Driver::Thread(_)) {
            self.store.work();
            return;
        }
        let mut guard = self.store.inner.lock();
        // If it fails, or has failed already, the logs stay, and a later start waits again.
        let asked = guard.durability.asked();
        let _ = self.store.wait_for(&mut guard, asked, Instant::now() + CROWD_WAIT, |inner| inner.bases > 0);
    }

    fn start_flusher(&mut self) {
        self.driver = match flusher::spawn(&self.store) {
            Ok(handle) => Driver::Thread(handle),
            Err(_) => {
                self.store.inner.lock().worker = Worker::Application;
                Driver::Captures
            }
        };
    }
}

/// The log is compacted after this many launches that only wrote deltas.
const LONG_CHAIN: u32 = 8;

/// After this many such launches, none of which ran for two seconds or was closed, compaction no longer waits.
const OVERDUE_CHAIN: u32 = 2 * LONG_CHAIN;

/// How long `open` waits for the compaction of the logs of many short launches.
const CROWD_WAIT: Duration = Duration::from_secs(1);

/// The size in bytes of the frames since the base above which a launch compacts the log before any other work.
const LONG_LOG: u64 = 32 << 20;

/// Whether a new base is due soon: the chain to the old base is long, a launch after the first has no base, or part of
/// the chain is damaged.
fn wants_base(loaded: &Loaded) -> bool {
    let chain = &loaded.chain;
    chain.launches >= LONG_CHAIN || (chain.base.is_none() && chain.launches >= 1) || !loaded.problems.is_empty()
}

/// The launch frame of a launch without a parent.
impl Launch {
    pub(crate) fn first(at: crate::frame::Moment, process: Process) -> Self {
        Self {
            at,
            parent: None,
            process,
            continued: false,
            ready: false,
            caution: Caution::default(),
            closed: None,
            erasable: false,
            passed: Vec::new(),
            past: Vec::new(),
            restart: false,
            left: None,
        }
    }
}

impl Inner {
    pub(crate) fn new(launch: Launch, highest: u64, opened_at: Now) -> Self {
        let mut inner = Self {
            writer: None,
            highest,
            writer_id: writer_id(crate::random::number(), launch.process.boot),
            entries: Entries::default(),
            loaded: Loaded::default(),
            copied: None,
            shown: Shown::default(),
            arrived: None,
            captures: 0,
            left: launch.left.clone().map(|left| (left, launch.at.monotonic)),
            passed: launch.passed.clone(),
            others: Arc::default(),
            closed_scopes: SortedSet::new(),
            shut: SortedMap::new(),
            fates: SortedMap::new(),
            checked: SortedMap::new(),
            opened_at,
            pending: Pending::default(),
            jobs: SortedMap::new(),
            encoding: 0,
            job_error: None,
            rejected: SortedMap::new(),
            ready: false,
            interruption: None,
            closed: None,
            superseded: None,
            caution: Caution::default(),
            restoring: None,
            restart: Restart::default(),
            unanswered: SortedSet::new(),
            touched: false,
            rest: Rest::default(),
            saving: Saving::On,
            durability: Durability::default(),
            notes: Notes::default(),
            orders: Orders::default(),
            life: Life::default(),
            worker: Worker::Flusher,
            work: Work::Idle,
            wakes_at: None,
            log: Log::Continues,
            retell_marks: false,
            last_marks: Vec::new(),
            marks_shift: 0,
            unbased: None,
            spare: Vec::new(),
            length: Length::default(),
            room: Room::default(),
            bases: 0,
            meter: Meter::default(),
            stretched: None,
        };
        let generation = inner.next_generation();
        inner.writer = Some(Writer::new(generation, launch));
        inner
    }
}
