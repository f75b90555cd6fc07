//! One file to take along: the state of a session, as bytes that another session continues.

#[cfg(any(unix, windows))]
mod disk;
mod format;

use std::fmt;
use std::sync::Arc;

use crate::app_id::AppId;
use crate::error::{Error, ErrorKind};
use crate::frame::{Meta, SectionKey};
use crate::mark::Trail;
use crate::marker::Marker;
use crate::time::{Away, Timestamp, plausible};

/// A state that was taken out of a session, to continue it elsewhere: see [`Session::export`](crate::Session::export).
///
/// The bytes are not encrypted; seal them with `Sealer::seal` of `leftoff-seal`. A file is read completely and
/// every checksum is verified before any of it can be used.
///
/// `Debug` prints no content.
#[derive(Clone, PartialEq)]
pub struct Export {
    pub(crate) app: Arc<str>,
    pub(crate) app_version: String,
    pub(crate) states: Vec<ExportState>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// One state of an [`Export`]: the present one, or an earlier one.
///
/// `Debug` prints no content.
#[derive(Clone, PartialEq)]
pub struct ExportState {
    pub(crate) app: Arc<str>,
    /// For the present state: when it was exported. For an earlier one: when the next state replaced it.
    pub(crate) at: Timestamp,
    pub(crate) sections: Vec<Carried>,
    pub(crate) trails: Vec<(Arc<str>, Trail)>,
    /// Sections that have a value in the session and none here.
    pub(crate) missing: Arc<Vec<SectionKey>>,
}

/// The encoded value of a section.
#[derive(Clone, PartialEq)]
pub(crate) struct Carried {
    pub(crate) key: SectionKey,
    pub(crate) meta: Meta,
    pub(crate) sum: u64,
    pub(crate) bytes: Arc<Vec<u8>>,
}

/// A section that is not in an [`Export`], although its session has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its scope; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// Why it is not in the export.
    pub why: WhyLeftOut,
}

/// Why a section is not in an [`Export`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhyLeftOut {
    /// The section is [private](crate::Section::private), [erased on close](crate::Section::erase_on_close) or stored only
    /// under a [seal](crate::Sensitivity::Sealed), so it must not be in a plain file.
    StaysHere,
    /// No copy of it could be read.
    Unreadable,
    /// It is in quarantine: see [`Session::quarantined`](crate::Session::quarantined).
    Quarantined,
    /// Another reason, which a newer version of this library wrote.
    Other,
}

impl Export {
    /// Reads the bytes that [`to_bytes`](Self::to_bytes) returned.
    ///
    /// # Errors
    /// [`ErrorKind::NotAnExport`]: other bytes, or sealed ones. [`ErrorKind::Truncated`]: the end is missing.
    /// [`ErrorKind::Damaged`]: some bytes differ. [`ErrorKind::NewerFormat`]: a newer version of this library wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        format::decode(bytes)
    }

    /// Returns the export as bytes, for a file or for `leftoff-seal`.
    ///
    /// Equal exports have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        format::encode(self)
    }

    /// Returns the id of the application whose state this is.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// Returns the version of that application, as passed to [`Builder::app_version`](crate::Builder::app_version).
    pub fn app_version(&self) -> &str {
        &self.app_version
    }

    /// Returns the state at the time of the export.
    pub fn present(&self) -> Option<&ExportState> {
        self.states.first()
    }

    /// Returns all states, newest first: the present one, then the earlier ones that were asked for.
    pub fn states(&self) -> &[ExportState] {
        &self.states
    }

    /// Returns the sections that have a value in the session and are not in the present state of this export.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

impl ExportState {
    /// Returns when the state was exported or, for an earlier one, replaced, by the clock of that machine.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the sections, by scope and name; the scope is empty for the application itself.
    pub fn sections(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sections.iter().map(|carried| (&*carried.key.scope, &*carried.key.name))
    }

    /// Returns the marker of the element touched last, for a card before the state is continued. `None` if nothing was
    /// touched.
    pub fn marker(&self, now: impl Into<Timestamp>) -> Option<Marker> {
        let (scope, trail) = self.trails.iter().max_by_key(|(_, trail)| trail.last_seq())?;
        Marker::freeze(scope, trail, self.away(now.into()), None)
    }

    /// Returns how long ago the element touched last was touched.
    pub(crate) fn away(&self, now: Timestamp) -> Away {
        let last = self.trails.iter().filter_map(|(_, trail)| trail.last()).max_by_key(|last| last.seq());
        let length = last.and_then(|last| plausible(now.since(last.at())));
        Away { length, ..Away::default() }
    }

    /// Checks that the state belongs to one of these applications.
    pub(crate) fn check_app(&self, known: &[AppId]) -> Result<(), Error> {
        if known.iter().any(|app| app.as_str() == &*self.app) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::OtherApplication, "the export belongs to another application; nothing was changed"))
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("app", &self.app)
            .field("states", &self.states)
            .field("left_out", &self.left_out)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ExportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportState")
            .field("at", &self.at)
            .field("sections", &self.sections.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").field("key", &self.key).field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}
