//! How the newest launch went, according to its frames.

use super::catalog::read_directory;
use crate::backend::{self, Backend, FrameId};
use crate::frame::{Body, Change, Close, Launch, Moment, Point, SectionKey};
use crate::mark::Reason;
use crate::sorted::sort;

/// How many frames at the end of a log are searched for the request for a restart. A program that has asked for it is
/// about to end, and writes little.
const LAST_FRAMES: usize = 64;

/// Returns whether the newest launch asked for a restart, and otherwise whether it left one to be completed. Reads
/// little, without a lock: for a start that chooses between several logs, or finds a log in use.
///
/// # Errors
/// Only if storage is unavailable.
pub(crate) fn restart_in(backend: &dyn Backend) -> backend::Result<(bool, bool)> {
    let mut generations = backend.generations()?;
    sort(&mut generations);
    for generation in generations.into_iter().rev() {
        let mut indexes = backend.frames(generation)?;
        sort(&mut indexes);
        let read = |index| -> backend::Result<Option<Body>> {
            Ok(read_directory(backend, FrameId { generation, index })?.ok().map(|frame| frame.body))
        };
        let Some(first) = indexes.first().copied() else { continue };
        let Some(launch @ Body::Launch(_)) = read(first)? else { continue };
        let mut run = LastRun::default();
        run.note(&launch);
        let is_left = run.has_restart();
        let skipped = if is_left { 1 } else { indexes.len().saturating_sub(LAST_FRAMES).max(1) };
        for index in indexes.into_iter().skip(skipped) {
            if let Some(body) = read(index)? {
                run.note(&body);
            }
        }
        return Ok((run.asks_for_restart(), run.has_restart()));
    }
    Ok((false, false))
}

#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct LastRun {
    /// Its first frame. It is [ready](Launch::ready) once a sign of life followed, too.
    pub(crate) launch: Option<Launch>,
    /// `Some` if it was closed, or suspended and not woken.
    pub(crate) closed: Option<Close>,
    /// It recorded that it was crashing.
    pub(crate) crashed: bool,
    /// The section returned last, if no sign of life followed.
    pub(crate) handing_out: Option<SectionKey>,
    /// A section was returned.
    received: bool,
    /// A sign of life or a clean close followed a returned section, or the application stored something.
    restored: bool,
    /// A value was brought out of quarantine.
    pub(crate) brought_back: bool,
    pub(crate) last_at: Option<Moment>,
    /// Its last frame is damaged, so how it ended is unknown.
    pub(crate) is_end_lost: bool,
    /// The result of the previous generation, for a launch that continues it.
    before: Option<Box<LastRun>>,
}

impl LastRun {
    /// Begins a generation, which may continue the launch of the previous one.
    pub(crate) fn turn_over(&mut self) {
        let before = std::mem::take(self);
        self.before = Some(Box::new(before));
    }

    /// Returns whether a sign of life followed the start.
    pub(crate) fn is_ready(&self) -> bool {
        self.launch.as_ref().is_some_and(|launch| launch.ready)
    }

    /// Returns whether it ended with the request for a restart.
    pub(crate) fn asks_for_restart(&self) -> bool {
        let reason = self.closed.as_ref().and_then(|close| close.reason.as_deref());
        reason.is_some_and(|reason| Reason::from_id(reason) == Reason::Restart)
    }

    /// Returns whether a request for a restart stands: of this launch, or of an earlier one that this launch did not
    /// complete.
    pub(crate) fn has_restart(&self) -> bool {
        self.asks_for_restart() || (!self.restored && self.launch.as_ref().is_some_and(|launch| launch.restart))
    }

    pub(crate) fn note(&mut self, body: &Body) {
        self.last_at = Some(body.at());
        match body {
            Body::Handout { key, .. } => {
                // A look at the marker alone restores nothing.
                self.received |= !key.is_own();
                return self.handing_out = Some(key.clone());
            }
            // It crashed during the restore, so this is not a sign of life.
            Body::Crash(_) => return self.crashed = true,
            Body::Launch(launch) => return self.begin(launch),
            Body::Ready(_) => {
                self.restored |= self.received;
                if let Some(launch) = &mut self.launch {
                    launch.ready = true;
                }
            }
            Body::Close(close) => {
                // What interrupts a launch may have interrupted its restore.
                self.restored |= self.received && close.reason.is_none();
                self.closed = Some(close.clone());
            }
            Body::Wake(_) => self.closed = None,
            Body::Delta(delta) => {
                let is_guard = |change: &Change| matches!(change, Change::Park { .. } | Change::Unpark { .. });
                self.restored |= !delta.marks.is_empty() || delta.ops.iter().any(|op| !is_guard(&op.change));
                self.brought_back |= delta.ops.iter().any(|op| matches!(op.change, Change::Unpark { .. }));
            }
            Body::Base(_) | Body::Seal(_) => {}
        }
        // Any frame after a section was returned shows that the launch survived that section, and any frame after a
        // panic that it survived the panic.
        (self.handing_out, self.crashed) = (None, false);
    }

    fn begin(&mut self, launch: &Launch) {
        // Going back in the history continues the process, but not the launch that wrote the older log.
        let goes_on = launch.continued && launch.parent.is_some_and(|parent| parent.index == Point::END);
        let before = self.before.take().filter(|before| goes_on && before.launch.is_some());
        let closed = launch.closed.clone().map(|reason| Close { at: launch.at, reason: Some(reason), erased: false });
        let was_ready = before.as_ref().is_some_and(|before| before.is_ready());
        *self = match before {
            // The process continued. Its old file may have later information than the first frame of the new one,
            // which was written ahead.
            Some(before) => *before,
            None => Self { closed, ..Self::default() },
        };
        self.launch = Some(Launch { ready: launch.ready || was_ready, ..launch.clone() });
        self.last_at = Some(launch.at);
    }
}
