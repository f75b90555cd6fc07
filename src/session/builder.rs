//! The settings of a session, and the default location of its state.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Session;
use super::layer::Layers;
use super::listed::Listing;
use super::presence::Rules;
use crate::app_id::AppId;
use crate::backend::{Backend, MemoryBackend};
use crate::error::{Error, ErrorKind};
use crate::generation::Retention;
use crate::report::Holder;
use crate::section::{ScopeRules, Sensitivity};
use crate::time::{Clock, SystemClock};

/// Settings of a [`Session`]; each has a default that suits a desktop program.
///
/// ```
/// use leftoff::{AppId, Session};
/// use leftoff::backend::MemoryBackend;
///
/// let session = Session::builder(AppId::new("com.example.desk"))
///     .backend(MemoryBackend::new())
///     .app_version("2.1")
///     .open();
/// # Ok::<(), leftoff::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `open`"]
pub struct Builder {
    pub(crate) app: AppId,
    pub(crate) backend: Option<Box<dyn Backend>>,
    pub(crate) layers: Layers,
    pub(crate) listing: Listing,
    /// `None` for the platform's directory for application state.
    pub(crate) dir: Option<PathBuf>,
    pub(crate) project: Option<PathBuf>,
    pub(crate) app_version: String,
    pub(crate) formerly: Vec<AppId>,
    pub(crate) slot_per_instance: bool,
    pub(crate) holder_wait: Duration,
    pub(crate) sync_every: Duration,
    pub(crate) hourly_budget: Option<u64>,
    pub(crate) ready_after: Duration,
    pub(crate) retention: Retention,
    pub(crate) thread: bool,
    pub(crate) rules: Rules,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) scopes: ScopeRules,
}

impl Builder {
    /// The default of [`idle_after`](Self::idle_after): two minutes.
    pub const DEFAULT_IDLE_AFTER: Duration = Duration::from_secs(120);
    /// The number of launches whose end stays available in [`Session::history`], whatever its age.
    pub const DEFAULT_HISTORY_LAUNCHES: usize = 5;
    /// The storage size above which history is dropped, oldest first: 256 MiB.
    ///
    /// The present state and its second copy are never dropped for this limit.
    pub const DEFAULT_HISTORY_BYTES: u64 = 256 << 20;
    /// The default of [`wait_for_holder`](Self::wait_for_holder): 1.5 seconds.
    pub const DEFAULT_HOLDER_WAIT: Duration = Duration::from_millis(1500);
    /// The default of [`sync_every`](Self::sync_every): one second.
    pub const DEFAULT_SYNC_EVERY: Duration = Duration::from_secs(1);
    /// The default of [`ready_after`](Self::ready_after): one second.
    pub const DEFAULT_READY_AFTER: Duration = Duration::from_secs(1);

    pub(crate) fn new(app: AppId) -> Self {
        Self {
            app,
            backend: None,
            layers: Layers::default(),
            listing: Listing::default(),
            dir: None,
            project: None,
            app_version: String::new(),
            formerly: Vec::new(),
            slot_per_instance: false,
            holder_wait: Self::DEFAULT_HOLDER_WAIT,
            sync_every: Self::DEFAULT_SYNC_EVERY,
            hourly_budget: None,
            ready_after: Self::DEFAULT_READY_AFTER,
            retention: Retention { launches: Self::DEFAULT_HISTORY_LAUNCHES, bytes: Self::DEFAULT_HISTORY_BYTES },
            thread: true,
            rules: Rules { absence: Self::DEFAULT_IDLE_AFTER, renames: &[] },
            clock: Arc::new(SystemClock::new()),
            scopes: ScopeRules::default(),
        }
    }

    /// Sets how far the sections of a scope may go, whatever they say themselves; what they demand is added. A scope covers
    /// those below it: `notes` also stands for `notes/7`.
    ///
    /// Marks in a scope that stays on this machine stay, too, and those of a [secret](Sensitivity::Secret) scope have no text.
    ///
    /// ```
    /// use leftoff::{AppId, Sensitivity, Session};
    ///
    /// let builder = Session::builder(AppId::new("com.example.clinic"));
    /// let builder = builder.scope_sensitivity("patient", Sensitivity::Local);
    /// # drop(builder);
    /// ```
    pub fn scope_sensitivity(mut self, scope: &str, is: Sensitivity) -> Self {
        self.scopes.add(scope, is);
        self
    }

    /// Returns the application id, for packages that find a place for its state.
    #[must_use]
    pub fn app(&self) -> &AppId {
        &self.app
    }

    /// Stores the state in this directory instead of the platform's directory for application state.
    ///
    /// Creates the directory if it does not exist, readable by its owner only.
    pub fn dir(mut self, folder: impl Into<PathBuf>) -> Self {
        (self.dir, self.backend) = (Some(folder.into()), None);
        self
    }

    /// Stores the state in this backend.
    pub fn backend(mut self, backend: impl Backend) -> Self {
        self.backend = Some(Box::new(backend));
        self
    }

    /// Sets the application's version, for history and support. It has no effect on what is restored.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = version.into();
        self
    }

    /// Continues the state of a former application id.
    ///
    /// At the first start under the new id, if the new directory has never contained a state and a former directory
    /// has one, the state is copied and continued: sections, marks, history, quarantine. Call this once for each
    /// former id, the latest id first; the first one that has a state is used.
    ///
    /// Nothing in the former directory is written or removed, so an older version of the application continues to use
    /// it unchanged. State that the older version stores later is not copied. If the copy is interrupted, the next
    /// start repeats it. The start that copies waits for the copy and its fsyncs.
    ///
    /// If an instance under a former id is still running, the session waits for it as for any other instance: `open`
    /// waits up to [`wait_for_holder`](Self::wait_for_holder), then the session is
    /// [`ReadOnly`](crate::Outcome::ReadOnly) with a copy of that instance's state, and [takes
    /// over](Session::took_over) when the instance has exited. If the former state cannot be read or copied, the
    /// session is [`Unavailable`](crate::Outcome::Unavailable).
    ///
    /// Applies to the default directory only: with [`dir`](Self::dir) or [`backend`](Self::backend) it has no effect.
    /// With [`slot_per_instance`](Self::slot_per_instance), the state of the first slot is continued; the other slots
    /// are not.
    ///
    /// ```no_run
    /// # use leftoff::{AppId, Session};
    /// let session = Session::builder(AppId::new("org.example.desk")).formerly(AppId::new("com.example.desk")).open();
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn formerly(mut self, app: AppId) -> Self {
        self.formerly.push(app);
        self
    }

    /// Gives a second instance its own state instead of a [read-only copy](crate::Outcome::ReadOnly).
    ///
    /// An instance gets the same state each time it is the second one. Applies to directories only.
    /// [`slots`](Self::slots) lists what was left in each slot.
    pub fn slot_per_instance(mut self) -> Self {
        self.slot_per_instance = true;
        self
    }

    /// Sets how long [`open`](Self::open) waits for another instance that holds the location.
    ///
    /// Default: [`DEFAULT_HOLDER_WAIT`](Self::DEFAULT_HOLDER_WAIT).
    ///
    /// `open` does not wait if the location is free, or if another session of the same process holds it.
    ///
    /// With zero, `open` never waits, which suits asynchronous programs: the session is then
    /// [`ReadOnly`](crate::Outcome::ReadOnly) and [takes over](Session::took_over) automatically once the other
    /// instance has exited. Applies to directories only.
    pub fn wait_for_holder(mut self, wait: Duration) -> Self {
        self.holder_wait = wait;
        self
    }

    /// Sets how long the user may go without a mark before they are considered away.
    ///
    /// After that, the marker shows again. Default: [`DEFAULT_IDLE_AFTER`](Self::DEFAULT_IDLE_AFTER).
    pub fn idle_after(mut self, absence: Duration) -> Self {
        self.rules.absence = absence;
        self
    }

    /// Sets the maximum delay between a write and the fsync that makes it survive a power cut.
    ///
    /// Default: [`DEFAULT_SYNC_EVERY`](Self::DEFAULT_SYNC_EVERY).
    pub fn sync_every(mut self, window: Duration) -> Self {
        self.sync_every = window;
        self
    }

    /// Sets how long a launch must run after its last `get` for its restore to count as successful.
    ///
    /// The time counts from when a section was returned, without any other call on the session. Default:
    /// [`DEFAULT_READY_AFTER`](Self::DEFAULT_READY_AFTER).
    ///
    /// Raise it if your program needs longer from the last `get` to its first frame. Otherwise a crash in between does
    /// not count as a crash of the restore.
    pub fn ready_after(mut self, life: Duration) -> Self {
        self.ready_after = life;
        self
    }

    /// Sets how many ends of earlier launches stay in the [history](Session::history), whatever their age.
    ///
    /// Default: [`DEFAULT_HISTORY_LAUNCHES`](Self::DEFAULT_HISTORY_LAUNCHES). Zero turns the history off, for the present
    /// launch too.
    pub fn history_launches(mut self, launches: usize) -> Self {
        self.retention.launches = launches;
        self
    }

    /// Sets the maximum size of the log for all points of the [history](Session::history), in bytes.
    ///
    /// Default: [`DEFAULT_HISTORY_BYTES`](Self::DEFAULT_HISTORY_BYTES).
    pub fn history_bytes(mut self, bytes: u64) -> Self {
        self.retention.bytes = bytes;
        self
    }

    /// Declares elements and containers that were renamed since earlier versions of the application.
    ///
    /// Each pair is (old path, new path), the oldest rename first.
    ///
    /// Renames are for markers what migrations are for sections: [`Marker::resolve`](crate::Marker::resolve) finds an
    /// element that was marked under its old name. A path also applies to everything below it, and `*` stands for any
    /// one name, such as that of a record: `("invoices/*/sum", "invoices/*/amount")`.
    ///
    /// ```
    /// use leftoff::{AppId, Session};
    /// use leftoff::marker::anchor::Elements;
    /// # use leftoff::backend::MemoryBackend;
    ///
    /// # let memory = MemoryBackend::new();
    /// # let mut session = Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).open();
    /// # session.mark("contact/mail");
    /// # session.autosave(|_| {})?;
    /// # drop(session);
    /// // "contact/mail" was marked by an older version, which is not installed any more.
    /// let builder = Session::builder(AppId::new("com.example.desk")).renames(&[("contact/mail", "contact/email")]);
    /// # let builder = builder.backend(memory);
    /// let session = builder.open();
    /// let mut elements = Elements::new();
    /// let email = elements.add("contact/email");
    /// let found = session.marker().map(|marker| marker.resolve(&elements).outcome());
    /// assert_eq!(found, Some(leftoff::marker::resolve::Match::Exact(email)));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn renames(mut self, renames: &'static [(&'static str, &'static str)]) -> Self {
        self.rules.renames = renames;
        self
    }

    /// Starts no thread; the application must call [`Session::run_pending`] regularly instead.
    pub fn without_thread(mut self) -> Self {
        self.thread = false;
        self
    }

    /// Sets the clock, for tests.
    ///
    /// The flusher's delays follow this clock, so a clock that stands still stops all work except what is requested
    /// explicitly.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Opens the session and restores the stored state.
    ///
    /// Storage failures are not errors here: the program starts, and [`Session::outcome`] returns what was found.
    /// `open` reads what it needs and writes one small frame; it does not wait for an fsync, unless more than 64 logs were
    /// left by launches that each ended within milliseconds: then it waits for their compaction, for at most a second. If
    /// another instance holds the location, it waits up to [`wait_for_holder`](Self::wait_for_holder).
    ///
    /// If the environment variable `LEFTOFF` is `off`, the state is kept in memory only: nothing is read from storage or
    /// written to it, whatever the settings are.
    #[must_use]
    pub fn open(self) -> Session {
        let is_off = std::env::var_os("LEFTOFF").is_some_and(|value| value == "off");
        // No layer either, because the key of one may be missing.
        let in_memory = |builder: Self| Self { layers: Layers::default(), ..builder }.backend(MemoryBackend::new());
        crate::fork::steady(|| Session::open_with(if is_off { in_memory(self) } else { self }))
    }

    /// Returns where the logs are, without a backend of the application's own.
    pub(crate) fn location(&self) -> Result<Location, Error> {
        let (dir, formerly) = match &self.dir {
            Some(dir) => (dir.clone(), Vec::new()),
            None => {
                let formerly = self.formerly.iter().map(default_folder).collect::<Result<_, _>>()?;
                (default_folder(&self.app)?, formerly)
            }
        };
        let Self { slot_per_instance, thread, .. } = *self;
        let (layers, listing, app) = (self.layers.clone(), self.listing.clone(), self.app.as_str().to_owned());
        let dir = absolute(dir);
        let location = Location { app, dir, formerly, slot_per_instance, project: None, thread, layers, listing };
        match &self.project {
            Some(path) => location.of_project(path),
            None => Ok(location),
        }
    }
}

/// Where the logs are, and how they are opened.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    /// The id of the application.
    pub(crate) app: String,
    pub(crate) dir: PathBuf,
    /// The directories of former application ids.
    pub(crate) formerly: Vec<PathBuf>,
    pub(crate) slot_per_instance: bool,
    /// The path of the project that the directory is for.
    pub(crate) project: Option<PathBuf>,
    /// Whether the session may start a thread.
    pub(crate) thread: bool,
    pub(crate) layers: Layers,
    pub(crate) listing: Listing,
}

/// The error for a location that cannot be written.
pub(crate) struct NotOpened {
    pub(crate) error: Error,
    /// The instance that holds the location, if that is the cause.
    pub(crate) holder: Option<Holder>,
    /// The directory to read from, if reading may still work.
    pub(crate) readable: Option<Box<std::path::Path>>,
    /// The location to try again later.
    pub(crate) location: Option<Box<Location>>,
}

impl NotOpened {
    /// A location that is only read, without its lock.
    #[cfg(any(unix, windows))]
    pub(crate) fn copy(error: Error, location: Location) -> Self {
        let readable = Some(location.dir.clone().into_boxed_path());
        Self { error, holder: None, readable, location: Some(Box::new(location)) }
    }
}

impl From<Error> for NotOpened {
    fn from(error: Error) -> Self {
        Self { error, holder: None, readable: None, location: None }
    }
}

/// A backend, and the directory of its logs if it has one.
pub(crate) type Opened = (Box<dyn Backend>, Option<PathBuf>);

/// Makes a directory absolute: a session that waits for its location opens it later, when the working directory may have
/// changed.
fn absolute(dir: PathBuf) -> PathBuf {
    std::path::absolute(&dir).unwrap_or(dir)
}

/// Returns the default directory. Neither a roaming nor a cache directory: state belongs to this machine, and no
/// cleaner may delete it.
fn default_folder(app: &AppId) -> Result<PathBuf, Error> {
    let base = directories::BaseDirs::new().ok_or_else(|| {
        Error::new(
            ErrorKind::Unavailable,
            "no home directory to store the state in; set HOME or pass a directory with `Builder::dir`",
        )
    })?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_local_dir()).join(app.as_str()).join("leftoff"))
}

#[cfg(any(unix, windows))]
pub(crate) fn open_files(location: &Location, wait: Duration) -> Result<Opened, NotOpened> {
    use crate::backend::FileBackend;
    let Location { dir, formerly, slot_per_instance, .. } = location;
    let open = || FileBackend::open_within(dir.clone(), formerly, *slot_per_instance, wait);
    open_files_by(location, open)
}

/// Opens the files with `open`.
#[cfg(any(unix, windows))]
pub(crate) fn open_files_by(
    location: &Location,
    open: impl FnOnce() -> std::io::Result<crate::backend::FileBackend>,
) -> Result<Opened, NotOpened> {
    let is_new = location.prepare();
    let opened = is_new.and_then(|is_new| {
        let backend = open()?;
        location.note(is_new);
        Ok(backend)
    });
    with_opened(location, opened)
}

#[cfg(any(unix, windows))]
fn with_opened(location: &Location, opened: std::io::Result<crate::backend::FileBackend>) -> Result<Opened, NotOpened> {
    use crate::backend::held_by;
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let dir = &location.dir;
    let source = match opened {
        Ok(backend) => {
            let dir = backend.dir().to_owned();
            location.note_listed(&dir);
            return Ok((location.layers.wrap_checked(Box::new(backend))?, Some(dir)));
        }
        Err(source) => source,
    };
    // If an instance under a former id holds the location, this is the former directory.
    let readable = held_by(&source).map_or_else(|| dir.clone(), |held| held.dir.clone());
    let holder = held_by(&source).map(Holder::from);
    let may_read = holder.is_some() || matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem);
    let message = match &holder {
        Some(holder) => format!("the state is in use by {holder}; this session takes over when that exits"),
        None => format!("could not use the state directory {}", dir.display()),
    };
    // The text of `source` would name the holder again.
    let source =
        if holder.is_some() { std::io::Error::other(format!("{} is locked", readable.display())) } else { source };
    let error = Error::new(ErrorKind::Unavailable, message).because(source);
    Err(NotOpened {
        error,
        holder,
        readable: may_read.then(|| readable.into_boxed_path()),
        location: Some(Box::new(location.clone())),
    })
}

#[cfg(not(any(unix, windows)))]
pub(crate) fn open_files(_: &Location, _: Duration) -> Result<Opened, NotOpened> {
    Err(Error::new(ErrorKind::Unavailable, "this platform has no file backend; pass one with `Builder::backend`")
        .into())
}

/// Opens a directory of the location read-only.
#[cfg(any(unix, windows))]
pub(crate) fn open_copy(dir: PathBuf, location: &Location) -> Option<Box<dyn Backend>> {
    Some(location.layers.wrap(Box::new(crate::backend::ReadOnlyFiles::open(dir).ok()?)))
}

#[cfg(not(any(unix, windows)))]
pub(crate) fn open_copy(_: PathBuf, _: &Location) -> Option<Box<dyn Backend>> {
    None
}
