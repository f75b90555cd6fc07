//! The programs on this machine that agreed to appear in one list: "what was I doing?" across programs.

use std::path::{Path, PathBuf};

use super::Builder;
#[cfg(any(unix, windows))]
use super::Session;
use super::builder::Location;
#[cfg(any(unix, windows))]
use super::builder::NotOpened;
use crate::marker::{Card, Marker};
use crate::store::Unlisted;
use crate::time::Timestamp;

/// A program on this machine that [agreed to be listed](Builder::listed), and where its user left off: see
/// [`listed`](crate::listed()).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listed {
    /// The id of the program.
    pub app: String,
    /// The directory of the state. A program with [projects](Builder::project) or [slots](Builder::slot_per_instance) has
    /// an entry for each of them.
    pub dir: PathBuf,
    /// Whether the place can be read from here. `false` if the state passes through a [layer](Builder::layer), such as
    /// encryption, or cannot be read at present: then there is no marker.
    pub is_readable: bool,
    marker: Option<Marker>,
}

impl Listed {
    /// Returns when the user last touched the program; `None` if that is not known.
    pub fn at(&self) -> Option<Timestamp> {
        self.marker.as_ref().map(Marker::at)
    }

    /// Returns the words of the program's card; `None` if nothing was touched or the state cannot be read.
    ///
    /// A sensitive element has no label. The reason of an interruption is named only if the program recorded it, because
    /// from outside, a program that runs looks like one that was killed.
    pub fn card(&self, now: impl Into<Timestamp>) -> Option<Card> {
        self.marker.as_ref().map(|marker| marker.card(now))
    }
}

/// Returns the programs of this user that agreed to be listed and have a state, the last touched first.
///
/// Each program's own log is read, without its lock and without a change, so a program that runs is listed as it was
/// last saved, and goes on undisturbed. This takes some milliseconds for each program. A program that no longer agrees
/// is not listed from its next start on; a state directory that was deleted is not listed, and its entry is removed.
/// Entries of other users are ignored.
///
/// ```
/// use leftoff::{AppId, Mark, Session};
///
/// # let scratch = tempfile::tempdir()?;
/// # let (dir, list) = (scratch.path().join("desk"), scratch.path().join("list"));
/// # let builder = || Session::builder(AppId::new("com.example.desk")).dir(&dir).listed_in(&list);
/// # if false {
/// let builder = || Session::builder(AppId::new("com.example.desk"));
/// # }
/// let mut session = builder().listed(true).open();
/// session.mark(Mark::new("invoice/42/amount").label("Amount"));
/// session.flush()?;
///
/// // In any program of the same user:
/// # let list = leftoff::listed_in(&list);
/// # if false {
/// let list = leftoff::listed();
/// # }
/// let entry = &list[0];
/// assert_eq!(entry.app, "com.example.desk");
/// let now = std::time::SystemTime::now();
/// assert!(entry.card(now).unwrap().to_string().starts_with("Amount"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn listed() -> Vec<Listed> {
    #[cfg(any(unix, windows))]
    let listed = crate::backend::listed::shared_list().map(|list| listed_in(&list)).unwrap_or_default();
    #[cfg(not(any(unix, windows)))]
    let listed = Vec::new();
    listed
}

/// Returns the programs in the list at this directory: see [`listed`] and [`Builder::listed_in`].
#[must_use]
#[cfg(any(unix, windows))]
pub fn listed_in(list: impl AsRef<Path>) -> Vec<Listed> {
    let notes = crate::backend::listed::all(list.as_ref());
    let mut listed: Vec<_> = notes.into_iter().filter_map(look).collect();
    listed.sort_by(|one, other| other.at().cmp(&one.at()).then_with(|| one.dir.cmp(&other.dir)));
    listed
}

/// Returns an empty list: this platform has no file backend.
#[must_use]
#[cfg(not(any(unix, windows)))]
pub fn listed_in(_: impl AsRef<Path>) -> Vec<Listed> {
    Vec::new()
}

/// Reads one program's state. `None` if there is no state.
#[cfg(any(unix, windows))]
fn look(note: crate::backend::listed::Note) -> Option<Listed> {
    use crate::report::Outcome;
    let crate::backend::listed::Note { app, dir, is_layered } = note;
    let entry = |is_readable, marker| Some(Listed { app: app.clone(), dir: dir.clone(), is_readable, marker });
    if is_layered {
        return entry(false, None);
    }
    let session = copy_of(&dir).filter(|session| session.outcome() == Outcome::ReadOnly);
    let Some(session) = session else { return entry(false, None) };
    let is_reason_known = matches!(
        session.last_exit(),
        crate::LastExit::Clean | crate::LastExit::Interrupted(_) | crate::LastExit::Rebooted
    );
    let marker = session.marker().cloned();
    let is_empty = marker.is_none() && session.preview().is_empty();
    let marker = marker.map(|marker| if is_reason_known { marker } else { marker.without_reason() });
    if is_empty { None } else { entry(true, marker) }
}

/// Opens a state directory of any program as a copy: reads it without its lock, and never writes.
#[cfg(any(unix, windows))]
fn copy_of(dir: &Path) -> Option<Session> {
    const ANY: crate::AppId = crate::AppId::new("listed");
    let builder = Session::builder(ANY).dir(dir).without_thread();
    let location = builder.location().ok()?;
    let error = crate::error::Error::new(crate::ErrorKind::Unavailable, "a copy of another program's state");
    Some(Session::open_copy(builder, NotOpened::copy(error, location)))
}

/// Whether and where the program is listed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    pub(super) is_on: bool,
    pub(super) list: Option<PathBuf>,
}

impl Listing {
    /// Returns the directory, to be removed from the list, unless the program agreed.
    pub(super) fn unlisted(self, dir: Option<&Path>) -> Option<Unlisted> {
        dir.filter(|_| !self.is_on).map(|dir| Unlisted { list: self.list, dir: dir.to_owned() })
    }
}

impl Builder {
    /// Lists the program among those of the same user that agree: see [`listed`](crate::listed()). Default: not listed.
    ///
    /// The list has one small file for each state directory, with the id of the program and the path of the directory,
    /// readable by its owner only. It contains nothing of the state: words and time are read from the program's own log.
    /// Only the user who may read the list may read these logs. A log that passes through a [layer](Self::layer) is listed
    /// without words.
    ///
    /// The file is written when the session opens its directory, without an fsync; a failure is ignored. If the program is
    /// opened without this setting, the flusher removes the file right after the start; [without a
    /// thread](Self::without_thread), [`run_pending`](crate::Session::run_pending) or the end of the session does. With a
    /// custom [`backend`](Self::backend), the program is not listed.
    pub fn listed(mut self, is_on: bool) -> Self {
        self.listing.is_on = is_on;
        self
    }

    /// Keeps the list at this directory instead of the one that all programs share, for tests and for a suite of programs
    /// that has a list of its own. Read it with [`listed_in`](crate::listed_in).
    pub fn listed_in(mut self, list: impl Into<PathBuf>) -> Self {
        self.listing.list = Some(list.into());
        self
    }
}

impl Location {
    /// Adds the directory, which this session has just opened, to the list, if the program agreed.
    #[cfg(any(unix, windows))]
    pub(super) fn note_listed(&self, dir: &Path) {
        use crate::backend::listed::{self, Note};
        if !self.listing.is_on {
            return;
        }
        let Some(list) = self.listing.list.clone().or_else(listed::shared_list) else { return };
        let note = Note { app: self.app.clone(), dir: dir.to_owned(), is_layered: !self.layers.is_empty() };
        // The list is a convenience: the program works without it.
        let _ = listed::put(&list, &note);
    }
}
