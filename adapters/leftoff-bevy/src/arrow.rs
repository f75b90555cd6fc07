//! The arrow, as the systems of the program see it.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bevy_color::Color;
use bevy_ecs::prelude::*;
use bevy_text::TextFont;
use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Direction;
use leftoff::resume::{CardText, Choice, Drawn, Figure, Resume, Speaker, Text};
use leftoff::time::{Clock, SystemClock, Timestamp};
use leftoff::{Action, Error, Phase, Reason, Saved, Session};

use crate::element::LeftOff;

/// The session of the program and its arrow, as a resource: what [`LeftOffPlugin`](crate::LeftOffPlugin) inserts.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use leftoff_bevy::Arrow;
///
/// fn send(mut arrow: ResMut<Arrow>) {
///     // The form is sent: nobody must be led back to it.
///     arrow.finish("address/send");
/// }
/// ```
///
/// It is not in the world while the closures given to the plug-in run.
#[derive(Resource)]
pub struct Arrow {
    pub(crate) session: Session,
    pub(crate) resume: Resume,
    pub(crate) look: Look,
    pub(crate) opens_pages: bool,
    /// What the last layout has.
    pub(crate) figure: Figure,
    /// The device pixels per unit of the figure.
    pub(crate) scale: f32,
    pub(crate) strip: [Option<CardText>; 2],
    pub(crate) measured: Measured,
    pub(crate) announcement: Option<String>,
    /// The stored values changed: the sections are read again before the next capture.
    pub(crate) must_reread: bool,
    pub(crate) due: Due,
    pub(crate) clock: SystemClock,
    /// The number of frames in which a new focus may follow from the user's input.
    pub(crate) focus_frames: u8,
    /// The element that the last press was on: its focus is no touch of its own.
    pub(crate) pressed: String,
    /// The element for which a page was requested.
    pub(crate) requested: Option<String>,
}

/// What the program has set.
pub(crate) struct Look {
    pub(crate) direction: Direction,
    pub(crate) color: Color,
    pub(crate) font: TextFont,
    pub(crate) speaker: Option<Box<dyn Fn(Text<'_>) -> Option<String> + Send + Sync>>,
}

/// The frames in which a capture is due, because values may have changed.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// Systems pass on a change from one frame to the next.
    pub(crate) frames: u8,
    /// The time of one more capture: a value may follow from input by a task or an animation.
    later: Option<Duration>,
}

/// As long after the last input, there is one more capture.
const LATER: Duration = Duration::from_secs(1);

impl Due {
    /// Returns whether a capture is due in this frame.
    fn take(&mut self, now: Duration) -> bool {
        let is_later = self.later.take_if(|later| *later <= now).is_some();
        let is_soon = self.frames > 0;
        self.frames = self.frames.saturating_sub(1);
        is_soon || is_later
    }
}

/// The sizes of texts. They are known a frame after they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    sizes: HashMap<String, (f32, f32)>,
    /// The text to measure.
    pub(crate) missing: Option<String>,
}

/// More texts than a marker has in one language.
const MOST: usize = 64;

impl Measured {
    pub(crate) fn get(&self, text: &str) -> Option<(f32, f32)> {
        self.sizes.get(text).copied()
    }

    pub(crate) fn set(&mut self, text: &str, size: (f32, f32)) {
        if self.sizes.len() >= MOST {
            self.sizes.clear();
        }
        self.sizes.insert(text.to_owned(), size);
    }
}

/// A text goes from the field to the program's resource within this number of frames.
pub(crate) const FRAMES: u8 = 3;

impl Look {
    pub(crate) fn speaker(&self) -> Option<&Speaker> {
        // Without Send and Sync, of which the session knows nothing.
        self.speaker.as_deref().map(|speaker| speaker as &Speaker)
    }
}

impl Default for Look {
    fn default() -> Self {
        Self {
            direction: Direction::default(),
            color: Color::srgb(0.10, 0.36, 0.67),
            font: TextFont::from_font_size(15.0),
            speaker: None,
        }
    }
}

impl Arrow {
    pub(crate) fn new(session: Session, look: Look, policy: CuePolicy, opens_pages: bool) -> Self {
        let mut resume = Resume::new("").policy(policy);
        resume.set_utc_offset(Timestamp::local_offset);
        Self {
            session,
            resume,
            look,
            opens_pages,
            figure: Figure::default(),
            scale: 1.0,
            strip: [None, None],
            measured: Measured::default(),
            announcement: None,
            must_reread: false,
            due: Due::default(),
            clock: SystemClock::new(),
            focus_frames: 0,
            pressed: String::new(),
            requested: None,
        }
    }

    /// Returns the session.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Returns what the toolkit-neutral part knows, and what it can be told.
    pub fn resume(&mut self) -> &mut Resume {
        &mut self.resume
    }

    /// Reports that a value has changed without input: by a timer, a download, a task.
    pub fn changed(&mut self) {
        self.due.frames = FRAMES;
    }

    /// "Take me back": shows the marker again, scrolls to its element, and has its page opened. Bind it to a key.
    pub fn take_back(&mut self) {
        self.resume.take_back();
    }

    /// Marks this element as finished: the form was sent, the task is done. The marker disappears if it points there.
    pub fn finish(&mut self, path: &str) {
        self.resume.finish(&mut self.session, path);
        self.changed();
    }

    /// Reports an interruption that the program itself learns of, such as a pause by the system: suspends the session until
    /// [`wake`](Self::wake). The values are those of the last frame.
    ///
    /// # Errors
    /// Those of [`Session::suspend`].
    pub fn suspend(&mut self, reason: impl Into<Reason>) -> Result<Saved, Error> {
        self.resume.away();
        self.session.suspend(reason)
    }

    /// Reports the end of the interruption: shows the marker.
    pub fn wake(&mut self) {
        self.session.wake();
    }

    /// Returns what is drawn. Rectangles are in logical pixels of the window.
    pub fn drawn(&self) -> &Drawn {
        &self.figure.drawn
    }

    /// Returns the lines of the notice and of the card, and the names of their buttons. Empty without either.
    pub fn card(&self) -> (Vec<&str>, Vec<&str>) {
        let texts = || self.strip.iter().flatten();
        let lines = texts().flat_map(|text| &text.lines).map(|line| line.text.as_str());
        let buttons = texts().flat_map(|text| &text.buttons).map(|(name, _)| name.as_str());
        (lines.collect(), buttons.collect())
    }

    /// Returns whether a capture is due in this frame.
    pub(crate) fn due(&mut self) -> bool {
        self.due.take(self.clock.now().monotonic)
    }

    /// There was input that may change a value.
    pub(crate) fn input(&mut self) {
        self.resume.input(&mut self.session);
        self.due = Due { frames: FRAMES, later: Some(self.clock.now().monotonic + LATER) };
        self.focus_frames = FRAMES;
    }

    pub(crate) fn touch(&mut self, element: &LeftOff, accessible: Option<&str>, action: Action, phase: Phase) {
        element.0.with_mark(accessible.unwrap_or_default(), action, phase, |mark| {
            self.resume.touch(&mut self.session, mark)
        });
    }

    /// Does what a button of the card says.
    pub(crate) fn choose(&mut self, choice: Choice) {
        self.must_reread |= self.resume.choose(&mut self.session, choice);
        self.changed();
    }
}

impl fmt::Debug for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrow").field("resume", &self.resume).field("drawn", &self.figure.drawn).finish_non_exhaustive()
    }
}
