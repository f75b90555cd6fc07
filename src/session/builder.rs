//! The settings of a session, and where its state lives by default.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::presence::Rules;
use super::{Holder, Session};
use crate::app_id::AppId;
use crate::backend::Backend;
use crate::error::{Error, ErrorKind};
use crate::generation::Retention;
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
    pub(crate) place: Place,
    pub(crate) app_version: String,
    pub(crate) formerly: Vec<AppId>,
    pub(crate) slot_per_instance: bool,
    pub(crate) holder_wait: Duration,
    pub(crate) sync_every: Duration,
    pub(crate) ready_after: Duration,
    pub(crate) retention: Retention,
    pub(crate) thread: bool,
    pub(crate) rules: Rules,
    pub(crate) clock: Arc<dyn Clock>,
}

#[derive(Debug)]
pub(crate) enum Place {
    /// The folder of the system for the state of applications.
    Default,
    Folder(PathBuf),
    Backend(Box<dyn Backend>),
}

impl Builder {
    /// The default of [`idle_after`](Self::idle_after): two minutes.
    pub const DEFAULT_IDLE_AFTER: Duration = Duration::from_secs(120);
    /// How many ends of earlier launches stay available in [`Session::history`], whatever their age.
    pub const DEFAULT_HISTORY_LAUNCHES: usize = 5;
    /// Above this many bytes in storage, history is dropped, oldest first: 256 MiB. The present state and its second copy
    /// are never dropped.
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
            place: Place::Default,
            app_version: String::new(),
            formerly: Vec::new(),
            slot_per_instance: false,
            holder_wait: Self::DEFAULT_HOLDER_WAIT,
            sync_every: Self::DEFAULT_SYNC_EVERY,
            ready_after: Self::DEFAULT_READY_AFTER,
            retention: Retention { launches: Self::DEFAULT_HISTORY_LAUNCHES, bytes: Self::DEFAULT_HISTORY_BYTES },
            thread: true,
            rules: Rules { absence: Self::DEFAULT_IDLE_AFTER, renames: &[] },
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Keeps the state in this folder instead of the system's folder for application state. It is made if it is not
    /// there, readable by nobody else.
    pub fn dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.place = Place::Folder(folder.into());
        self
    }

    /// Keeps the state in a place of your own.
    pub fn backend(mut self, backend: impl Backend) -> Self {
        self.place = Place::Backend(Box::new(backend));
        self
    }

    /// The application's version, for history and support. Has no effect on what is restored.
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = version.into();
        self
    }

    /// An id that the application had before. At the first start under the new one, if its directory never had a state and
    /// that of a former id has one, the state is copied and continued: sections, marks, history, quarantine. Call it once
    /// for each former id, the latest one first; the first that has a state counts.
    ///
    /// Nothing in the former directory is written or removed, so an older version of the application goes on with it as it
    /// was; what that one stores later is not taken over. If the copy is interrupted, the next start makes it anew. This one
    /// start waits for the copy and its syncs.
    ///
    /// If an instance under a former id still runs, the session waits for it as for any other: `open` gives it
    /// [`wait_for_holder`](Self::wait_for_holder), then the session is [`ReadOnly`](crate::Outcome::ReadOnly) with a copy of that
    /// instance's state, and [takes over](Session::took_over) when it has ended. If the former state cannot be read or
    /// copied, the session is [`Unavailable`](crate::Outcome::Unavailable).
    ///
    /// Only for the default directory: with [`dir`](Self::dir) or [`backend`](Self::backend) it has no effect. With
    /// [`slot_per_instance`](Self::slot_per_instance), the state of the first slot is continued, and that of the others is not.
    ///
    /// ```no_run
    /// # use leftoff::{AppId, Session};
    /// let session = Session::builder(AppId::new("org.example.desk")).formerly("com.example.desk").open();
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn formerly(mut self, app: AppId) -> Self {
        self.formerly.push(app);
        self
    }

    /// A second instance gets a state of its own (the same one each time it is the second) instead of a
    /// [read-only copy](crate::Outcome::ReadOnly) of the first one's. Only for directories. [`slots`](Self::slots) lists
    /// what was left in each.
    pub fn slot_per_instance(mut self) -> Self {
        self.slot_per_instance = true;
        self
    }

    /// How long [`open`](Self::open) waits for another instance that has the location. Default: [`HOLDER_WAIT`]. Nothing is
    /// waited for where the location is free, or where another session of this very process has it.
    ///
    /// With zero, `open` never waits, as asynchronous programs need it: the session is
    /// [`ReadOnly`](crate::Outcome::ReadOnly) then, and [takes over](Session::took_over) by itself as soon as the other
    /// instance has gone. Only for directories.
    pub fn wait_for_holder(mut self, wait: Duration) -> Self {
        self.holder_wait = wait;
        self
    }

    /// How long without a mark counts as an absence, after which the marker shows again. Default: [`ABSENCE`].
    pub fn idle_after(mut self, absence: Duration) -> Self {
        self.rules.absence = absence;
        self
    }

    /// At most so long after a write it is made to survive a power cut, too. Default: [`SYNC_EVERY`].
    pub fn sync_every(mut self, window: Duration) -> Self {
        self.sync_every = window;
        self
    }

    /// How long a launch must live after it was handed a section, without any call on the session, until restoring is
    /// known to have worked. Default: [`READY_AFTER`]. Raise it if your program takes longer from the last `get` to its
    /// first frame: a crash in between is then still taken for a crash of the restore.
    pub fn ready_after(mut self, life: Duration) -> Self {
        self.ready_after = life;
        self
    }

    /// How many ends of earlier launches to keep whatever their age, and how many bytes of log at most for those and for
    /// all other points of the [history](Session::history). Defaults: [`HISTORY_LAUNCHES`], [`HISTORY_BYTES`]. No launches
    /// is no history, of the present launch neither.
    pub fn keep_history(mut self, launches: usize, bytes: u64) -> Self {
        self.retention = Retention { launches, bytes };
        self
    }

    /// Elements and containers that have other names than in earlier versions of the application: (old path, new path),
    /// the oldest rename first. What migrations are for sections, this is for markers:
    /// [`Marker::resolve`](crate::Marker::resolve) finds an element that was marked under its old name. A name stands
    /// for everything in it, too, and `*` for any one name, such as that of a record:
    /// `("invoices/*/sum", "invoices/*/amount")`.
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

    /// Starts no thread: the application calls [`Session::run_pending`] now and then instead.
    pub fn without_thread(mut self) -> Self {
        self.thread = false;
        self
    }

    /// Takes the time from here. For tests: the waiting times of the flusher go by this clock, so one that stands still
    /// stops all that is not asked for.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Opens the session and brings back what is stored.
    ///
    /// No failure of the storage is an error here: the program starts, and
    /// [`Session::outcome`] tells what was found. It reads what is needed and writes one small frame; it never waits for a
    /// sync. Where another instance has the location, it waits up to [`wait_for_holder`](Self::wait_for_holder).
    #[must_use]
    pub fn open(self) -> Session {
        Session::open_with(self)
    }

    /// Where the logs are, in the first slot; `None` for a backend of the application's own.
    pub(super) fn directory(&self) -> Result<Option<PathBuf>, Error> {
        match &self.place {
            Place::Backend(_) => Ok(None),
            Place::Folder(folder) => Ok(Some(absolute(folder.clone()))),
            Place::Default => Ok(Some(absolute(default_folder(&self.app)?))),
        }
    }
}

/// Where the logs are, and how to get there.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) dir: PathBuf,
    /// Where they were under former ids.
    pub(crate) formerly: Vec<PathBuf>,
    pub(crate) slot_per_instance: bool,
}

/// A location that cannot be written.
pub(crate) struct NotOpened {
    pub(crate) error: Error,
    /// Who has it, if that is why.
    pub(crate) holder: Option<Holder>,
    /// The directory, where it may be read all the same.
    pub(crate) readable: Option<Box<std::path::Path>>,
    /// Where to look again.
    pub(crate) location: Option<Box<Location>>,
}

impl From<Error> for NotOpened {
    fn from(error: Error) -> Self {
        Self { error, holder: None, readable: None, location: None }
    }
}

/// Makes the backend; a location that cannot be used is an error that becomes an outcome.
pub(crate) fn make_backend(
    place: Place,
    app: &AppId,
    formerly: &[AppId],
    slot_per_instance: bool,
    wait: Duration,
) -> Result<Box<dyn Backend>, NotOpened> {
    let formerly = match &place {
        Place::Default => formerly.iter().map(|app| default_folder(app)).collect::<Result<_, _>>()?,
        Place::Folder(_) | Place::Backend(_) => Vec::new(),
    };
    let dir = match place {
        Place::Backend(backend) => return Ok(backend),
        Place::Folder(folder) => absolute(folder),
        Place::Default => absolute(default_folder(app)?),
    };
    open_files(&Location { dir, formerly, slot_per_instance }, wait)
}

/// A session that waits for its location opens it later, whatever the working directory is then.
fn absolute(dir: PathBuf) -> PathBuf {
    std::path::absolute(&dir).unwrap_or(dir)
}

/// Not the roaming folder and not the cache: state is of this machine, and nobody may clean it away.
fn default_folder(app: &AppId) -> Result<PathBuf, Error> {
    let base = directories::BaseDirs::new().ok_or_else(|| {
        Error::new(
            ErrorKind::Unavailable,
            "there is no home directory to keep the state in; set HOME or choose a directory",
        )
    })?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_local_dir()).join(app.as_str()).join("leftoff"))
}

#[cfg(any(unix, windows))]
pub(crate) fn open_files(location: &Location, wait: Duration) -> Result<Box<dyn Backend>, NotOpened> {
    use crate::backend::{FileBackend, held_by};
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let Location { dir, formerly, slot_per_instance } = location;
    let source = match FileBackend::open_within(dir.clone(), formerly, *slot_per_instance, wait) {
        Ok(backend) => return Ok(Box::new(backend)),
        Err(source) => source,
    };
    // That of a former id, where an instance under that one runs.
    let readable = held_by(&source).map_or_else(|| dir.clone(), |held| held.folder.clone());
    let holder = held_by(&source).map(Holder::from);
    let may_read = holder.is_some() || matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem);
    let message = match &holder {
        Some(holder) => format!("the state is in use by {holder}; it is taken over when that ends"),
        None => format!("the state directory {} cannot be used", dir.display()),
    };
    let error = Error::new(ErrorKind::Unavailable, message).because(source);
    Err(NotOpened {
        error,
        holder,
        readable: may_read.then(|| readable.into_boxed_path()),
        location: Some(Box::new(location.clone())),
    })
}

#[cfg(not(any(unix, windows)))]
pub(crate) fn open_files(_: &Location, _: Duration) -> Result<Box<dyn Backend>, NotOpened> {
    Err(Error::new(ErrorKind::Unavailable, "this system has no folders; give the session a backend").into())
}

/// The same directory, to read only.
#[cfg(any(unix, windows))]
pub(crate) fn open_copy(dir: PathBuf) -> Option<Box<dyn Backend>> {
    Some(Box::new(crate::backend::ReadOnlyFiles::open(dir).ok()?))
}

#[cfg(not(any(unix, windows)))]
pub(crate) fn open_copy(_: PathBuf) -> Option<Box<dyn Backend>> {
    None
}
