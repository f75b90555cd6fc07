//! One state for each project or document of an application.

#[cfg(any(unix, windows))]
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Session;
use super::builder::{Builder, Location};
#[cfg(any(unix, windows))]
use crate::backend::projects::{self, project_dir};
use crate::error::{Error, ErrorKind};

impl Builder {
    /// How long the state of a [project](Self::project) that no longer exists is kept without being opened: 180 days.
    ///
    /// Longer than a leave of absence, and than most projects stay on a disk that is not connected.
    pub const UNUSED_PROJECTS_FOR: Duration = Duration::from_secs(180 * 24 * 60 * 60);

    /// Gives the project or document at this path a state of its own.
    ///
    /// The state is in the directory `projects/NAME-CHECKSUM` below the application's directory; the file `project` in it
    /// contains the path. [`Session::dir`] returns the directory. Everything else, including
    /// [`slot_per_instance`](Self::slot_per_instance) and [`formerly`](Self::formerly), applies to each project by itself.
    /// Has no effect with a custom [`backend`](Self::backend).
    ///
    /// The path may be a file or a directory, absolute or relative to the working directory at [`open`](Self::open).
    /// Symbolic links are followed: all paths to one file or directory have one state, also on file systems that ignore
    /// case. A path that does not exist yet, such as a new document, has a state, too. Paths need not be UTF-8, and may
    /// have any length that the system allows.
    ///
    /// A project that was renamed or moved starts without a state; the state of the old path stays, and returns with the
    /// path. When a new project gets a state, states are removed whose project no longer exists and that were not opened for
    /// [`UNUSED_PROJECTS_FOR`](Self::UNUSED_PROJECTS_FOR). This happens in the background, unless the session is
    /// [without a thread](Self::without_thread).
    ///
    /// ```
    /// use leftoff::{AppId, Section, Session};
    ///
    /// const SEARCH: Section<String> = Section::new("search", 1);
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let (state, one, two) = (scratch.path().join("state"), scratch.path().join("one"), scratch.path().join("two"));
    /// # std::fs::create_dir_all(&one)?;
    /// # std::fs::create_dir_all(&two)?;
    /// let open = |path| Session::builder(AppId::new("com.example.search")).dir(&state).project(path).open();
    /// open(&one).save(|capture| capture.set(SEARCH, &"TODO".to_owned()))?;
    /// assert_eq!(open(&two).get(SEARCH)?, None);
    /// assert_eq!(open(&one).get(SEARCH)?.as_deref(), Some("TODO"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn project(mut self, path: impl Into<PathBuf>) -> Self {
        self.project = Some(path.into());
        self
    }
}

impl Session {
    /// Returns the directory that contains the state: with [slots](Builder::slot_per_instance), that of this instance's
    /// slot.
    ///
    /// While another instance holds the location, returns the directory that this session waits for. `None` for a custom
    /// backend, and if there is no home directory.
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }
}

impl Location {
    /// Returns the location of the project at `path` below this one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSetting`]: the path is empty, or relative without a working directory.
    pub(super) fn of_project(self, path: &Path) -> Result<Self, Error> {
        let path = canonical(path)?;
        let formerly = self.formerly.iter().map(|dir| project_dir(dir, &path).0).collect();
        let (dir, path) = project_dir(&self.dir, &path);
        Ok(Self { dir, formerly, project: Some(path), ..self })
    }
}

#[cfg(any(unix, windows))]
impl Location {
    /// Prepares the parent of a project's directory. Returns whether the project has no directory yet.
    ///
    /// # Errors
    /// The parent cannot be created, or belongs to another user.
    pub(super) fn prepare(&self) -> io::Result<bool> {
        let is_new = self.project.is_some() && !self.dir.exists();
        if is_new {
            projects::create_parent(&self.dir)?;
        }
        Ok(is_new)
    }

    /// Notes the path of the project in its directory, which is open. When a project is new, removes the states of those
    /// that are gone: so their number is bounded, and most starts do not look for them.
    pub(super) fn note(&self, is_new: bool) {
        let Some(path) = &self.project else { return };
        projects::note_path(&self.dir, path);
        let dir = self.dir.clone();
        let remove = move || projects::remove_unused(&dir, Builder::UNUSED_PROJECTS_FOR);
        match (is_new, self.thread) {
            (false, _) => {}
            // Looking for a project on a network that is gone may take long. The thread is not waited for: if the process
            // ends first, the next call goes on.
            (true, true) => drop(std::thread::Builder::new().name("leftoff-projects".into()).spawn(remove)),
            (true, false) => remove(),
        }
    }
}

/// Returns the one path of what this path leads to, as far as it exists.
///
/// # Errors
/// [`ErrorKind::InvalidSetting`]: the path is empty, or relative without a working directory.
pub(super) fn canonical(path: &Path) -> Result<PathBuf, Error> {
    let message = "the path of the project has no absolute form";
    let path =
        std::path::absolute(path).map_err(|error| Error::new(ErrorKind::InvalidSetting, message).because(error))?;
    let real = path.ancestors().find_map(|above| Some((above.canonicalize().ok()?, path.strip_prefix(above).ok()?)));
    // Joining an empty rest would add a separator.
    Ok(match real {
        Some((real, rest)) if rest.as_os_str().is_empty() => real,
        Some((real, rest)) => real.join(rest),
        None => path,
    })
}

#[cfg(not(any(unix, windows)))]
fn project_dir(dir: &Path, path: &Path) -> (PathBuf, PathBuf) {
    (dir.to_owned(), path.to_owned())
}
