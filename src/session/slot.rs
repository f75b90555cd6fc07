//! The slots of an application that may run more than once.

use std::path::PathBuf;

use super::Builder;
use super::builder::Location;
use crate::backend;
use crate::error::Error;
use crate::report::Holder;
use crate::time::Timestamp;

/// A slot that has a state: see [`Builder::slots`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slot {
    /// 1 for the first instance, 2 for the second.
    pub number: u32,
    /// The directory of the slot, for [`Builder::dir`].
    pub dir: PathBuf,
    /// The process that has the slot open, which may be this one. `None` if the slot is free.
    pub holder: Option<Holder>,
    /// The time of the last write, if its newest frames can be read.
    pub written: Option<Timestamp>,
}

impl Builder {
    /// Returns the slots of this location that have a state, by number.
    ///
    /// The state of a slot of [`slot_per_instance`](Self::slot_per_instance) is restored only when as many instances run
    /// again, so offer it to the user. The list is empty for a location without a state, and for a custom
    /// [`backend`](Self::backend).
    ///
    /// To read or continue the state of a slot, open its [`dir`](Slot::dir). Listing writes nothing. It takes the lock of
    /// each free slot for a moment; an instance that starts in that moment may get the next slot.
    ///
    /// ```
    /// use leftoff::{AppId, Section, Session};
    ///
    /// const NOTE: Section<String> = Section::new("note", 1);
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let dir = scratch.path().join("notes");
    /// let builder = || Session::builder(AppId::new("com.example.notes")).dir(&dir).slot_per_instance();
    /// let first = builder().open();
    /// let mut second = builder().open();
    /// second.mark("note");
    /// second.autosave(|capture| capture.set(NOTE, &"call Ana".to_owned()))?;
    /// second.close()?;
    ///
    /// // Only one instance runs now. Which slots wait for their user?
    /// let left: Vec<_> = builder().slots()?.into_iter().filter(|slot| slot.holder.is_none()).collect();
    /// assert_eq!(left.iter().map(|slot| slot.number).collect::<Vec<_>>(), [2]);
    /// let mut second = Session::builder(AppId::new("com.example.notes")).dir(&left[0].dir).open();
    /// assert_eq!(second.get(NOTE)?.as_deref(), Some("call Ana"));
    /// # drop(first);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): a slot cannot be read, or there is no home directory.
    pub fn slots(&self) -> Result<Vec<Slot>, Error> {
        if self.backend.is_some() {
            return Ok(Vec::new());
        }
        let location = self.location()?;
        let dir = &location.dir;
        slots_of(&location)
            .map_err(|error| Error::storage(format!("the slots of {} cannot be listed", dir.display()), error))
    }
}

#[cfg(any(unix, windows))]
fn slots_of(location: &Location) -> backend::Result<Vec<Slot>> {
    let mut slots = Vec::new();
    for slot in backend::used_slots(&location.dir)? {
        let holder = slot.held.as_ref().map(Holder::from);
        let written = crate::generation::last_written(&*location.layers.wrap(Box::new(slot.logs)))?;
        slots.push(Slot { number: slot.number, dir: slot.dir, holder, written });
    }
    Ok(slots)
}

#[cfg(not(any(unix, windows)))]
fn slots_of(_: &Location) -> backend::Result<Vec<Slot>> {
    Ok(Vec::new())
}
