//! What the frames of the newest launch tell about how it went.

use crate::frame::{Body, Change, Close, Launch, Moment, Point, SectionKey};

#[derive(Debug, Clone, Default)]
pub(crate) struct LastRun {
    pub(crate) launch: Option<Launch>,
    /// A sign of life came after the start.
    pub(crate) ready: bool,
    /// `Some` if it was closed, or suspended and not woken.
    pub(crate) closed: Option<Close>,
    /// It noted that it was crashing.
    pub(crate) crashed: bool,
    /// The section handed out last, if no sign of life came after it.
    pub(crate) handing_out: Option<SectionKey>,
    /// Something came out of quarantine.
    pub(crate) brought_back: bool,
    pub(crate) last_at: Option<Moment>,
    /// What the generation before this one told, for a launch that continues it.
    before: Option<Box<LastRun>>,
}

impl LastRun {
    /// Begins a generation: it may go on with what the one before told.
    pub(crate) fn turn_over(&mut self) {
        let before = std::mem::take(self);
        self.before = Some(Box::new(before));
    }

    pub(crate) fn note(&mut self, body: &Body) {
        self.last_at = Some(body.at());
        match body {
            Body::Handout { key, .. } => return self.handing_out = Some(key.clone()),
            // It crashed of what it was doing, so this is no sign of life.
            Body::Crash(_) => return self.crashed = true,
            Body::Launch(launch) => return self.begin(launch),
            Body::Ready(_) => self.ready = true,
            Body::Close(close) => self.closed = Some(close.clone()),
            Body::Wake(_) => self.closed = None,
            Body::Delta(delta) => {
                self.brought_back |= delta.ops.iter().any(|op| matches!(op.change, Change::Unpark { .. }));
            }
            Body::Base(_) | Body::Seal(_) => {}
        }
        // Whatever the launch does after a section was handed out shows that it survived that section.
        self.handing_out = None;
    }

    fn begin(&mut self, launch: &Launch) {
        // Going back in history continues the process, but not the run of the log it goes back to.
        let goes_on = launch.continued && launch.parent.is_some_and(|parent| parent.index == Point::END);
        let before = self.before.take().filter(|before| goes_on && before.launch.is_some());
        let closed = launch.closed.clone().map(|reason| Close { at: launch.at, reason: Some(reason), erased: false });
        *self = match before {
            // The process went on; its old file may say more than the new one's first frame, which was written ahead.
            Some(before) => Self { ready: before.ready || launch.ready, ..*before },
            None => Self { ready: launch.ready, closed, ..Self::default() },
        };
        self.launch = Some(launch.clone());
        self.last_at = Some(launch.at);
    }
}
