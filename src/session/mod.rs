//! The one handle an application holds.

mod builder;
mod capture;
mod commit;
mod history;
mod open;
mod presence;
mod report;
mod restore;
mod scope;
mod spot;

pub use builder::{ABSENCE, Builder, HISTORY_BYTES, HISTORY_LAUNCHES, MAX_APP_ID};
pub use capture::Capture;
pub use commit::Saved;
pub use history::ResumePoint;
pub use report::{Failing, Kept, KeptWhy, LastExit, Outcome, Report, SectionFate, SectionReport, Status};
pub use scope::Scope;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::Backend;
use crate::error::{Error, ErrorKind};
use crate::flusher;
use crate::frame::{Change, Launch, Op, Process};
use crate::generation::{Loaded, Others, Writer, write_base, writer_id};
use crate::store::{Durability, Entries, Inner, Orders, Pending, Saving, Settings, Store};
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Mutex};
use crate::time::{Clock, Now};
use open::{Found, Plan};

/// The state of one application (or of one instance of it), from the moment it is opened until it is closed.
///
/// Open it at the start, [`get`](Self::get) what was saved, [`mark`](Self::mark) each user interaction, and call
/// [`autosave`](Self::autosave) wherever the program comes by often. Dropping a session closes it, unless the thread is
/// panicking; [`close`](Self::close) does so and tells whether it worked.
///
/// ```
/// use leftoff::{Section, Session};
/// # use leftoff::backend::MemoryBackend;
///
/// const FORM: Section<String> = Section::new("form", 1);
///
/// # let memory = MemoryBackend::new();
/// # let mut session = Session::builder("com.example.desk").backend(memory.clone()).open()?;
/// # if false {
/// let mut session = Session::open("com.example.desk")?;
/// # }
/// let mut form = session.get_or_default(FORM);
/// form.push_str("1 200 EUR");
/// session.mark("invoice/42/amount");
/// session.autosave(|capture| capture.set(FORM, &form))?;
/// # drop(session);
///
/// // The next start:
/// # let mut session = Session::builder("com.example.desk").backend(memory).open()?;
/// # if false {
/// let mut session = Session::open("com.example.desk")?;
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
    /// The user has touched something, so what was restored works.
    touched: bool,
    /// After a crash, a section was handed out and nothing was heard of the application since.
    handing_out: bool,
}

/// Who does the work off the user's thread.
pub(crate) enum Driver {
    Thread(JoinHandle<()>),
    /// The application, through [`Session::drive`].
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
    /// Opens the state of the application `app`, a name such as `com.example.desk`, in the system's folder for
    /// application state (on Linux `~/.local/state/com.example.desk/leftoff`).
    ///
    /// # Errors
    /// As [`Builder::open`]: only for an `app` that is no valid id. Storage failures are outcomes.
    pub fn open(app: &str) -> Result<Self, Error> {
        Self::builder(app).open()
    }

    /// Settings first, for anything but the defaults.
    pub fn builder(app: &str) -> Builder {
        Builder::new(app)
    }

    /// What was found when the session was opened.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// How the last launch ended.
    pub fn last_exit(&self) -> &LastExit {
        &self.last_exit
    }

    /// Whether the state is safe, as far as is known now.
    pub fn status(&self) -> Status {
        self.store.inner.lock().status()
    }

    /// Says that restoring worked: from now on a crash is not taken for one that the restored state caused. The user's
    /// first mark says the same, and so does a minute of running.
    pub fn ready(&mut self) {
        self.touched = true;
        let mut guard = self.store.inner.lock();
        if !guard.ready && guard.refusal().is_none() {
            guard.pending.ready = true;
            drop(guard);
            // A failure is in the status; the frame stays pending.
            let _ = self.write_now();
        }
    }

    /// Does the work of the flusher thread, for sessions [without one](Builder::without_thread): retries, syncs,
    /// compaction. Returns how long it is until something will be due; `None`: nothing before the next capture. Does
    /// nothing where there is a thread.
    pub fn drive(&mut self) -> Option<Duration> {
        self.still_alive();
        if matches!(self.driver, Driver::Thread(_)) { None } else { self.store.work() }
    }

    /// Closes the session: everything captured and every mark is written and synced, and the next start sees a clean
    /// exit. Waits for the storage for five seconds at most.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] if the storage did not answer; [`ErrorKind::Unavailable`] and others if it failed. What
    /// could not be written is lost with the process.
    pub fn close(mut self) -> Result<(), Error> {
        self.finish(true)
    }

    pub(crate) fn open_with(builder: Builder) -> Self {
        let Builder { app, place, app_version, own_slot, sync_every, retention, thread, rules, clock } = builder;
        let now = clock.now();
        let process = crate::process::current(&app_version, &*clock);
        let looked = builder::make_backend(place, &app, own_slot).and_then(|backend| {
            let found = Found::look(&*backend, process.clone(), now);
            let found = found.map_err(|error| {
                let kind = ErrorKind::Unavailable;
                Error::new(kind, "what is stored could not be looked at; nothing is saved over it").because(error)
            })?;
            Ok((backend, found))
        });
        let settings = Settings { sync_every, retention, process };
        match looked {
            Ok((backend, found)) => Self::begin(backend, found, settings, clock, now, rules, thread),
            Err(error) => Self::refuse(error, settings, clock, now, rules),
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
        let aside = found.set_aside();
        let Found { outcome, last_exit, mut loaded, away, launch, plan, highest, stored } = found;
        settings.process = launch.process.clone();
        let trails = std::mem::take(&mut loaded.trails);
        let unmarked = matches!(plan, Plan::Fresh | Plan::Unmarked);
        let reason = match &last_exit {
            LastExit::Interrupted(reason) => Some(reason.clone()),
            _ => None,
        };
        let mut marks = presence::Marks::restored(trails, away, reason, rules, now);
        if loaded.is_patchy() {
            marks.begin_above(highest.saturating_add(1));
        }
        let failures = launch.failures;
        let mut inner = Inner::new(launch, highest, now);
        inner.others = Arc::new(Others::new(inner.writer_id, &stored, &loaded));
        inner.failures = failures;
        inner.noting = plan != Plan::Plain;
        inner.orders.verify = !loaded.sections.is_empty();
        inner.orders.no_thread = !thread;
        (inner.delta_bytes, inner.base_bytes) = (loaded.delta_bytes, loaded.base_bytes);
        inner.rest_at_close = loaded.chain.launches >= LONG_CHAIN;
        inner.rest_soon = wants_base(&loaded);
        for (key, why) in aside {
            if let Some(layers) = loaded.sections.remove(&key) {
                inner.fates.insert(key.clone(), SectionFate::Withheld);
                inner.pending.ops.push(Op { key: key.clone(), change: Change::Park { why } });
                loaded.park(crate::generation::ParkedSection { key, why, layers });
            }
        }
        if unmarked {
            // Their place in the order stays taken, or the next marks would look older than these.
            marks.forget();
            inner.pending.ends_trails = true;
        }
        inner.sum_up_first(&*backend, &loaded, now);
        inner.loaded = loaded;
        let mut session = Self::with(backend, inner, settings, clock, marks);
        (session.outcome, session.last_exit) = (outcome, last_exit);
        session.write_launch();
        session.restore_spots();
        if thread {
            session.start_flusher();
        }
        session
    }

    fn refuse(error: Error, settings: Settings, clock: Arc<dyn Clock>, now: Now, rules: presence::Rules) -> Self {
        let launch = Launch::first(Store::moment(now), settings.process.clone());
        let mut inner = Inner::new(launch, 0, now);
        inner.saving = Saving::Refused(error);
        let marks = presence::Marks::restored(BTreeMap::new(), None, None, rules, now);
        Self::with(Box::new(crate::backend::MemoryBackend::new()), inner, settings, clock, marks)
    }

    fn with(
        backend: Box<dyn Backend>,
        inner: Inner,
        settings: Settings,
        clock: Arc<dyn Clock>,
        marks: presence::Marks,
    ) -> Self {
        let (wake, progress) = (Condvar::new(), Condvar::new());
        let (inner, types) = (Mutex::new(inner), Arc::default());
        let store = Arc::new(Store { backend, clock, settings, inner, types, wake, progress });
        let (outcome, last_exit) = (Outcome::Unavailable, LastExit::Unknown);
        let driver = Driver::Application;
        Self { store, driver, outcome, last_exit, marks, dirty: false, touched: false, handing_out: false }
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
            let _ = self.store.write_pending(&mut guard);
        }
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

    /// Everything out, and closed for good if `clean`; otherwise the missing close frame tells of a crash.
    fn finish(&mut self, clean: bool) -> Result<(), Error> {
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        if guard.orders.stopped || guard.orders.stop {
            return Ok(());
        }
        self.marks.drain_into(&mut guard);
        guard.orders.close = clean && !guard.is_asleep();
        guard.orders.erase = guard.orders.close && guard.loaded.erasable;
        guard.orders.stop = true;
        let refused = guard.refusal().is_some();
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
        match guard.durability.failing() {
            Some(failing) if !refused && !guard.is_all_synced() => Err(failing.error.clone()),
            _ if guard.orders.erase && !guard.orders.erased && !refused => {
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

/// A new base soon, if walking to the old one is long, or there is none although this is not the first launch, or
/// something on the way is damaged.
fn wants_base(loaded: &Loaded) -> bool {
    let chain = &loaded.chain;
    chain.launches >= LONG_CHAIN || (chain.base.is_none() && chain.launches >= 1) || !loaded.problems.is_empty()
}

impl Inner {
    /// Writes a base before anything else where reading the log took long: a program that dies again and again before
    /// the flusher comes to that would start more slowly each time.
    fn sum_up_first(&mut self, backend: &dyn Backend, loaded: &Loaded, now: Now) {
        const LONG_LOG: u64 = 32 << 20;
        let (Some(covers), Some(writer)) = (loaded.last_frame, &self.writer) else { return };
        if loaded.delta_bytes < LONG_LOG || loaded.is_torn {
            return;
        }
        // The launch was to have this name; it gets the next one, so that it comes after what it rests on.
        let base = writer.generation();
        if let Ok(Some(size)) = write_base(backend, base, covers, Store::moment(now), false) {
            (self.delta_bytes, self.base_bytes) = (0, size);
        }
        // If it failed, the log goes on as it is, and the flusher tries again.
        if let Some(launch) = self.writer.take().and_then(Writer::into_launch) {
            self.writer = Some(Writer::new(self.next_generation(), launch));
        }
    }
}

/// What a launch that follows nothing writes first.
impl Launch {
    pub(crate) fn first(at: crate::frame::Moment, process: Process) -> Self {
        Self { at, parent: None, process, continued: false, ready: false, failures: 0, closed: None, erasable: false }
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
            others: Arc::default(),
            closed_scopes: BTreeSet::new(),
            fates: BTreeMap::new(),
            checked: BTreeMap::new(),
            opened_at,
            pending: Pending::default(),
            jobs: BTreeMap::new(),
            job_error: None,
            ready: false,
            closed: None,
            failures: 0,
            noting: false,
            rest_soon: false,
            rest_at_close: false,
            rested_twice: false,
            saving: Saving::On,
            durability: Durability::default(),
            orders: Orders::default(),
            retell_marks: false,
            working: false,
            compacting: false,
            spare: Vec::new(),
            delta_bytes: 0,
            base_bytes: 0,
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
