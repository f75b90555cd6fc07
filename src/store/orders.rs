//! What the application ordered, and how far the session and its background work are.

use super::Unlisted;
use crate::error::Error;

/// Work that was ordered and is not done. Each order is independent of the others.
#[allow(clippy::struct_excessive_bools, reason = "each is an order of its own")]
#[derive(Debug, Default)]
pub(crate) struct Orders {
    pub(crate) sync: bool,
    pub(crate) compact: bool,
    pub(crate) verify: bool,
    /// Remove the state directory from the list of programs.
    pub(crate) unlist: Option<Unlisted>,
}

/// How far the session is on the way to its end. It only goes forward.
#[derive(Debug, Default)]
pub(crate) enum Life {
    #[default]
    Running,
    /// The session was closed or dropped; the last round of work is still to come.
    Stopping(Ending),
    /// The last round of work is running.
    Finishing(Ending),
    /// The last round is over, or the session stopped waiting for it.
    Stopped(Ended),
}

impl Life {
    /// Returns whether only the last round of work may still begin.
    pub(crate) fn is_ending(&self) -> bool {
        !matches!(self, Self::Running)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }

    /// Returns how the session is ending, until it has ended.
    pub(crate) fn ending(&self) -> Option<Ending> {
        match self {
            Self::Stopping(ending) | Self::Finishing(ending) => Some(*ending),
            Self::Running | Self::Stopped(_) => None,
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        matches!(self.ending(), Some(Ending::Close(_)))
    }

    /// Returns whether the end erases the sections marked for erasure on close, or has erased them.
    pub(super) fn erases(&self) -> bool {
        matches!(self.ending(), Some(Ending::Close(Erasure::Wanted | Erasure::Done)))
    }

    /// Begins the last round of work, which begins again after a panic.
    pub(super) fn begin_to_finish(&mut self) {
        if let Self::Stopping(ending) = *self {
            *self = Self::Finishing(ending);
        }
    }

    pub(super) fn note_erasure(&mut self, erasure: Erasure) {
        if let Self::Stopping(Ending::Close(before)) | Self::Finishing(Ending::Close(before)) = self {
            *before = erasure;
        }
    }

    /// Notes whether the state contains sections marked for erasure on close. A take-over can change that.
    pub(super) fn note_erasable(&mut self, is_erasable: bool) {
        if let Some(Ending::Close(before)) = self.ending() {
            let is_done = before == Erasure::Done;
            let erasure = if is_done && is_erasable { before } else { Erasure::of(is_erasable) };
            self.note_erasure(erasure);
        }
    }
}

/// What the last frame records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A clean close.
    Close(Erasure),
    /// A panic ended the launch.
    Crash,
    /// The session was suspended, and stays suspended.
    Suspended,
}

/// The erasure of the sections marked for erasure on close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Erasure {
    /// There is no such section.
    Unneeded,
    Wanted,
    Done,
}

impl Erasure {
    pub(crate) fn of(is_erasable: bool) -> Self {
        if is_erasable { Self::Wanted } else { Self::Unneeded }
    }
}

/// How the session ended, as far as [`Durability`](super::Durability) does not show it.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Storage could not be used at any time, so nothing was saved.
    NeverSaved(Error),
    /// The application forgot the state, so nothing was to be saved.
    Forgotten,
    /// Sections marked for erasure on close are still stored.
    NotErased,
    /// Everything that was captured was to be saved.
    Saving,
}

/// Who does the background work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worker {
    Flusher,
    /// There is no flusher thread: the application's calls do the work.
    Application,
}

impl Worker {
    pub(crate) fn of(has_thread: bool) -> Self {
        if has_thread { Self::Flusher } else { Self::Application }
    }
}

/// What the worker does with the backend, perhaps without holding the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Idle,
    Round,
    /// Compacts the log, which takes long.
    Compacting,
}

/// Whether the log can be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    Continues,
    /// The backend accepts no more frames for it; a new log must be begun before the next write.
    Refused,
    /// A panic lost the writer, and with it the end of the log; the next round begins a new log.
    WriterLost,
}

/// When to compact the log although its deltas have not outgrown the base.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// As soon as this launch is known to work.
    pub(crate) soon: bool,
    /// At close, if this launch never runs long enough before.
    pub(crate) at_close: bool,
    /// Whether a second base was written only to remove old logs.
    pub(crate) was_repeated: bool,
}
