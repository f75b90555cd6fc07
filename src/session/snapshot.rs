//! A capture that borrows nothing of its session.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::capture::Staging;
use super::presence::Marks;
use super::{Capture, Saved, Session};
use crate::error::{Error, ErrorKind};
use crate::store::Inner;

/// Sections on their way from the application to its session, for a struct that owns both.
///
/// [`Session::begin_autosave`] returns one if a save is due, [`capture`](Self::capture) fills it, and
/// [`Session::commit`] saves it. A snapshot that is dropped saves nothing, and the save stays due.
///
/// ```
/// use leftoff::{Section, Session};
/// use serde::{Deserialize, Serialize};
///
/// const EDITOR: Section<Editor> = Section::new("editor", 1);
///
/// #[derive(Serialize, Deserialize)]
/// struct Editor {
///     text: String,
///     #[serde(skip, default = "Session::in_memory")]
///     session: Session,
/// }
///
/// impl Editor {
///     fn autosave(&mut self) -> Result<(), leftoff::Error> {
///         // `self.session.autosave(|capture| capture.set(EDITOR, self))` would borrow `self` twice.
///         if let Some(mut snapshot) = self.session.begin_autosave() {
///             snapshot.capture().set(EDITOR, self);
///             self.session.commit(snapshot)?;
///         }
///         Ok(())
///     }
/// }
///
/// let mut editor = Editor { text: "Dear Ana".into(), session: Session::in_memory() };
/// editor.session.mark("text");
/// editor.autosave()?;
/// assert_eq!(editor.session.get(EDITOR)?.map(|editor| editor.text).as_deref(), Some("Dear Ana"));
/// # Ok::<(), leftoff::Error>(())
/// ```
#[must_use = "a snapshot saves nothing before it is committed"]
pub struct Snapshot {
    staging: Staging,
    marks: Arc<Marks>,
}

impl Snapshot {
    /// Returns the capture to fill, as in the closure of [`Session::autosave`].
    pub fn capture(&mut self) -> Capture<'_> {
        Capture::new(&mut self.staging, &self.marks)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("staged", &self.staging.items.len()).finish_non_exhaustive()
    }
}

impl Session {
    /// Begins an [`autosave`](Self::autosave) whose values come from a struct that owns the session: see [`Snapshot`].
    ///
    /// Returns `None` if nothing needs saving, or if saving is off. Otherwise, fill the snapshot and
    /// [`commit`](Self::commit) it.
    ///
    /// To save in any case, call [`mark_dirty`](Self::mark_dirty) before it; to wait for the fsync,
    /// [`flush`](Self::flush) after the commit.
    pub fn begin_autosave(&mut self) -> Option<Snapshot> {
        if !self.is_due() {
            self.still_alive();
            return None;
        }
        self.note_life();
        if self.store.inner.lock().is_off() {
            return None;
        }
        let staging = self.stage();
        // Marks and changes from here on are not in the snapshot.
        (self.dirty, self.uncommitted) = (false, true);
        Some(Snapshot { staging, marks: self.marks.lend() })
    }

    /// Saves what the snapshot captured, as [`autosave`](Self::autosave) does.
    ///
    /// If another capture began after the snapshot, or the session went back to an earlier state, the snapshot is out of
    /// date: nothing of it is saved, [`Saved::Unchanged`] is returned, and an autosave is due.
    ///
    /// # Errors
    /// As [`autosave`](Self::autosave). [`ErrorKind::InvalidSetting`] also if the snapshot is of another session.
    pub fn commit(&mut self, snapshot: Snapshot) -> Result<Saved, Error> {
        let Snapshot { staging, marks } = snapshot;
        // The session's marks are about to change, and would be copied while they are shared.
        drop(marks);
        let guard = self.store.inner.lock();
        if guard.is_off() {
            return Ok(Saved::Off);
        }
        let is_newest = staging.is_newest(&guard);
        drop(guard);
        if !Arc::ptr_eq(&staging.store, &self.store) {
            return Err(Error::new(ErrorKind::InvalidSetting, "the snapshot was begun by another session"));
        }
        if !is_newest {
            self.dirty = true;
            return Ok(Saved::Unchanged);
        }
        self.uncommitted = false;
        self.take(staging).into_autosaved()
    }
}

impl Inner {
    /// Discards snapshots begun earlier. Called before sections change without a capture, because a snapshot was compared
    /// with the values until then.
    pub(crate) fn outdate_snapshots(&mut self) {
        self.captures += 1;
    }
}

/// A value that is shared with snapshots while they exist, and copied only if it changes meanwhile.
#[derive(Debug)]
pub(crate) struct Lent<T>(Arc<T>);

impl<T> Lent<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(value))
    }

    fn lend(&self) -> Arc<T> {
        Arc::clone(&self.0)
    }
}

impl<T> Deref for Lent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Lent<T> {
    // The copy is much code, and rare.
    #[inline(never)]
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}
