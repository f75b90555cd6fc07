//! The settings of a session, and where its state lives by default.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::presence::Rules;
use super::{Holder, Session};
use crate::backend::Backend;
use crate::error::{Error, ErrorKind};
use crate::generation::Retention;
use crate::store::{READY_AFTER, SYNC_EVERY};
use crate::time::{Clock, SystemClock};

/// So long without a mark, and the user is taken to have been away: two minutes.
pub const ABSENCE: Duration = Duration::from_secs(120);
/// How many ends of earlier launches stay available in [`Session::history`], whatever their age.
pub const HISTORY_LAUNCHES: usize = 5;
/// Above this many bytes on the medium, history is given up, oldest first: 256 MiB. The present state and its second
/// copy are never given up.
pub const HISTORY_BYTES: u64 = 256 << 20;
/// Longest application id, in bytes.
pub const MAX_APP_ID: usize = 128;

/// How long [`Builder::open`] waits, by default, for another instance that has the location and may be on its way out, as
/// after an update or a quick restart: 1.5 seconds. Only where there is one.
pub const HOLDER_WAIT: Duration = Duration::from_millis(1500);

/// Settings of a [`Session`]; each has a default that suits a desktop program.
///
/// ```
/// use leftoff::Session;
/// use leftoff::backend::MemoryBackend;
///
/// let session = Session::builder("com.example.desk")
///     .backend(MemoryBackend::new())
///     .app_version("2.1")
///     .open()?;
/// # Ok::<(), leftoff::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `open`"]
pub struct Builder {
    pub(crate) app: String,
    pub(crate) place: Place,
    pub(crate) app_version: String,
    pub(crate) formerly: Vec<String>,
    pub(crate) own_slot: bool,
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
    pub(crate) fn new(app: &str) -> Self {
        Self {
            app: app.into(),
            place: Place::Default,
            app_version: String::new(),
            formerly: Vec::new(),
            own_slot: false,
            holder_wait: HOLDER_WAIT,
            sync_every: SYNC_EVERY,
            ready_after: READY_AFTER,
            retention: Retention { launches: HISTORY_LAUNCHES, bytes: HISTORY_BYTES },
            thread: true,
            rules: Rules { absence: ABSENCE, renames: &[] },
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
    /// for each former id, the latest one first; the first that has a state counts. An id that
    /// [`open`](Self::open) would refuse is refused here, too.
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
    /// [`own_slot`](Self::own_slot), the state of the first slot is continued, and that of the others is not.
    ///
    /// ```no_run
    /// # use leftoff::Session;
    /// let session = Session::builder("org.example.desk").formerly("com.example.desk").open()?;
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn formerly(mut self, app: impl Into<String>) -> Self {
        self.formerly.push(app.into());
        self
    }

    /// A second instance gets a state of its own (the same one each time it is the second) instead of a
    /// [read-only copy](crate::Outcome::ReadOnly) of the first one's. Only for directories.
    pub fn own_slot(mut self) -> Self {
        self.own_slot = true;
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
    pub fn absence(mut self, absence: Duration) -> Self {
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
    /// use leftoff::Session;
    /// use leftoff::marker::anchor::Elements;
    /// # use leftoff::backend::MemoryBackend;
    ///
    /// # let memory = MemoryBackend::new();
    /// # let mut session = Session::builder("com.example.desk").backend(memory.clone()).open()?;
    /// # session.mark("contact/mail");
    /// # session.autosave(|_| {})?;
    /// # drop(session);
    /// // "contact/mail" was marked by an older version, which is not installed any more.
    /// let builder = Session::builder("com.example.desk").renames(&[("contact/mail", "contact/email")]);
    /// # let builder = builder.backend(memory);
    /// let session = builder.open()?;
    /// let mut elements = Elements::new();
    /// let email = elements.add("contact/email");
    /// let found = session.marker().map(|marker| marker.resolve(&elements).outcome());
    /// assert_eq!(found, Some(leftoff::marker::resolve::Outcome::Exact(email)));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn renames(mut self, renames: &'static [(&'static str, &'static str)]) -> Self {
        self.rules.renames = renames;
        self
    }

    /// Starts no thread: the application calls [`Session::drive`] now and then instead.
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
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSetting`] where the application id is empty, longer than [`MAX_APP_ID`], or has other
    /// characters than ASCII letters, digits, `.`, `-` and `_`, or does not begin with a letter or digit. Also, on every
    /// system, where Windows has no such file name: an id that ends with a dot, or whose part before the first dot is a
    /// device, such as `con` or `COM1.desk`.
    pub fn open(self) -> Result<Session, Error> {
        match std::iter::once(&self.app).chain(&self.formerly).find_map(|app| wrong_with(app)) {
            Some(wrong) => Err(Error::new(ErrorKind::InvalidSetting, wrong)),
            None => Ok(Session::open_with(self)),
        }
    }
}

/// Why an application id is refused, if it is. The same on every system, because ids travel with the program.
fn wrong_with(app: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let begins_well = app.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins_well || app.len() > MAX_APP_ID || !app.chars().all(allowed) {
        Some("an application id is made of ASCII letters, digits, '.', '-' and '_', such as com.example.desk")
    } else if app.ends_with('.') || is_device(app) {
        Some("this application id is no file name on Windows (a device, or a dot at the end); choose another one")
    } else {
        None
    }
}

/// Windows opens a device where one of these names stands before the first dot, in any directory and in any case.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|number| number.len() == 1 && number.bytes().all(|c| c.is_ascii_digit()))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// Where the logs are, and how to get there.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) dir: PathBuf,
    /// Where they were under former ids.
    pub(crate) formerly: Vec<PathBuf>,
    pub(crate) own_slot: bool,
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
    app: &str,
    formerly: &[String],
    own_slot: bool,
    wait: Duration,
) -> Result<Box<dyn Backend>, NotOpened> {
    let (dir, formerly) = match place {
        Place::Backend(backend) => return Ok(backend),
        Place::Folder(folder) => (folder, Vec::new()),
        Place::Default => {
            let formerly: Result<_, _> = formerly.iter().map(|app| default_folder(app)).collect();
            (default_folder(app)?, formerly?)
        }
    };
    // A session that waits for its location opens it later, whatever the working directory is then.
    let dir = std::path::absolute(&dir).unwrap_or(dir);
    open_files(&Location { dir, formerly, own_slot }, wait)
}

/// Not the roaming folder and not the cache: state is of this machine, and nobody may clean it away.
fn default_folder(app: &str) -> Result<PathBuf, Error> {
    let base = directories::BaseDirs::new().ok_or_else(|| {
        Error::new(
            ErrorKind::Unavailable,
            "there is no home directory to keep the state in; set HOME or choose a directory",
        )
    })?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_local_dir()).join(app).join("leftoff"))
}

#[cfg(any(unix, windows))]
pub(crate) fn open_files(location: &Location, wait: Duration) -> Result<Box<dyn Backend>, NotOpened> {
    use crate::backend::{FileBackend, held_by};
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let Location { dir, formerly, own_slot } = location;
    let source = match FileBackend::open_within(dir.clone(), formerly, *own_slot, wait) {
        Ok(backend) => return Ok(Box::new(backend)),
        Err(source) => source,
    };
    // That of a former id, where an instance under that one runs.
    let readable = held_by(&source).map_or_else(|| dir.clone(), |held| held.folder.clone());
    let holder =
        held_by(&source).map(|held| Holder { pid: held.pid, program: held.program.clone(), since: held.since });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_id_that_is_no_file_name_on_windows_is_refused_on_every_system() {
        for id in ["CON", "con", "nul.", "Nul.desk", "COM1", "com9.example", "lpt0", "AUX.b.c", "prn", "a..", "desk."] {
            let error = Session::builder(id).backend(crate::backend::MemoryBackend::new()).open().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidSetting, "{id}");
            assert!(error.to_string().contains("Windows"), "{id}: {error}");
        }
        for id in ["com.example.desk", "console", "com10", "a.con", "nul-1", "a.b-c_d", "0", "lpt", "auxiliary.desk"] {
            assert_eq!(wrong_with(id), None, "{id}");
        }
        for id in ["", "-a", ".a", "a b", "a/b", "\u{e4}"] {
            assert!(wrong_with(id).is_some_and(|wrong| wrong.contains("ASCII")), "{id}");
        }
    }
}
