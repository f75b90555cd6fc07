//! How the newest launch went, according to its frames.

use crate::frame::{Body, Change, Close, Launch, Moment, Point, SectionKey};

#[derive(Debug, Clone, Default)]
pub(crate) struct LastRun {
    /// Its first frame. It is [ready](Launch::ready) once a sign of life followed, too.
    pub(crate) launch: Option<Launch>,
    /// `Some` if it was closed, or suspended and not woken.
    pub(crate) closed: Option<Close>,
    /// It recorded that it was crashing.
    pub(crate) crashed: bool,
    /// The section returned last, if no sign of life followed.
    pub(crate) handing_out: Option<SectionKey>,
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

    pub(crate) fn note(&mut self, body: &Body) {
        self.last_at = Some(body.at());
        match body {
            Body::Handout { key, .. } => return self.handing_out = Some(key.clone()),
            // It crashed during the restore, so this is not a sign of life.
            Body::Crash(_) => return self.crashed = true,
            Body::Launch(launch) => return self.begin(launch),
            Body::Ready(_) => {
                if let Some(launch) = &mut self.launch {
                    launch.ready = true;
                }
            }
            Body::Close(close) => self.closed = Some(close.clone()),
            Body::Wake(_) => self.closed = None,
            Body::Delta(delta) => {
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
