//! The arrow of a window: what stays between two views.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use iced_core::{Color, Element, Rectangle, text as core_text, theme};
use leftoff::marker::anchor::Elements;
use leftoff::marker::cue::{CuePolicy, Salience};
use leftoff::marker::place::Direction;
use leftoff::resume::{Drawn, Figure, Resume, Speaker, Target, Text};
use leftoff::time::Timestamp;
use leftoff::{Capture, Error, Saved, Session};

use crate::card::Strip;
use crate::collect::Collector;
use crate::wrap::Wrap;

/// The arrow of one window: marks the elements that the user touches, and points at the element where the user left
/// off.
///
/// Keep it next to the session, and [`wrap`](Self::wrap) the view of the window in it.
pub struct Arrow {
    pub(crate) inner: RefCell<Inner>,
}

/// A request of the arrow to the program, as a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Request {
    /// There is something to save, and no widget has sent a message: call [`Session::autosave`], as after each message.
    Save,
    /// The stored values changed: read all sections of all windows again, before the next `autosave`. Otherwise the
    /// program saves its older values over the newer ones.
    ReadAgain,
    /// The user wants to go to the element with this path, which is not in the view: open its page. Only after
    /// [`Arrow::opens_pages`].
    Open(String),
}

pub(crate) struct Inner {
    pub(crate) resume: Resume,
    pub(crate) direction: Direction,
    pub(crate) opens_pages: bool,
    pub(crate) color: Option<Color>,
    pub(crate) speaker: Option<Box<Speaker>>,
    /// The layout that the user sees.
    pub(crate) collected: Collector,
    /// The path of the element with the keyboard focus.
    pub(crate) focused: Option<String>,
    /// The field whose text the user is editing.
    pub(crate) typing: Option<Arc<Target>>,
    /// There was input since the last frame, and its messages may not all have arrived.
    pub(crate) has_input: bool,
    /// The number of frames in which a new focus may follow from the user's input: a program moves the focus by a task.
    pub(crate) focus_frames: u8,
    /// The element for which a page was requested.
    pub(crate) requested: Option<String>,
    /// Device pixels per unit, once the window has told.
    pub(crate) scale: f32,
    pub(crate) strip: Strip,
    /// That of the last frame.
    pub(crate) salience: Salience,
    pub(crate) has_card: bool,
    pub(crate) figure: Figure,
}

impl Arrow {
    /// Creates the arrow of the main window, or of a program with one window.
    #[expect(clippy::new_without_default, reason = "a default arrow in a second window would have the wrong scope")]
    pub fn new() -> Self {
        Self::for_scope("")
    }

    /// Creates the arrow of the window or document with this [scope](Session::scope). Each window has its own.
    pub fn for_scope(scope: &str) -> Self {
        let mut resume = Resume::new(scope);
        resume.set_utc_offset(Timestamp::local_offset);
        Self {
            inner: RefCell::new(Inner {
                resume,
                direction: Direction::default(),
                opens_pages: false,
                color: None,
                speaker: None,
                collected: Collector::default(),
                focused: None,
                typing: None,
                has_input: false,
                focus_frames: 0,
                requested: None,
                scale: 1.0,
                strip: Strip::default(),
                salience: Salience::Hidden,
                has_card: false,
                figure: Figure::default(),
            }),
        }
    }

    fn set(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(self.inner.get_mut());
        self
    }

    /// Sets the reading direction: the preferred side of an element for the arrow.
    #[must_use]
    pub fn direction(self, direction: Direction) -> Self {
        self.set(|inner| inner.direction = direction)
    }

    /// Sets the policy for fading and for the size of the card after an absence.
    #[must_use]
    pub fn policy(self, policy: CuePolicy) -> Self {
        self.set(|inner| {
            inner.resume.set_policy(policy);
        })
    }

    /// Declares that the program opens the page of an element on [`Request::Open`]. The card then has a button for an
    /// element that is on no open page.
    #[must_use]
    pub fn opens_pages(self) -> Self {
        self.set(|inner| inner.opens_pages = true)
    }

    /// Sets the colour of arrow and outline, made darker until white text on it is readable. Default: the primary colour
    /// of the theme.
    #[must_use]
    pub fn color(self, color: Color) -> Self {
        self.set(|inner| inner.color = Some(color))
    }

    /// Sets the texts of another language. If `speaker` returns `None`, the English text is used.
    #[must_use]
    pub fn texts(self, speaker: impl Fn(Text<'_>) -> Option<String> + 'static) -> Self {
        self.set(|inner| inner.speaker = Some(Box::new(speaker)))
    }

    /// Wraps the view of the window: the arrow, the bracket and the card are drawn over and above `content`.
    ///
    /// `on_request` makes a message of what the arrow needs from the program. Wrap the root of the view, once in each
    /// window; text, buttons and fields outside are not seen.
    pub fn wrap<'a, Message, Theme, Renderer>(
        &'a self,
        session: &'a RefCell<Session>,
        content: impl Into<Element<'a, Message, Theme, Renderer>>,
        on_request: impl Fn(Request) -> Message + 'a,
    ) -> Element<'a, Message, Theme, Renderer>
    where
        Message: 'a,
        Theme: theme::Base + 'a,
        Renderer: core_text::Renderer + 'a,
    {
        Element::new(Wrap::new(self, session, content.into(), Box::new(on_request)))
    }

    /// Saves what has changed, and the elements of the window with it: see [`Resume::autosave`]. Call it after each message.
    ///
    /// # Errors
    /// The errors of [`Session::autosave`].
    pub fn autosave(&self, session: &mut Session, capture: impl FnOnce(&mut Capture<'_>)) -> Result<Saved, Error> {
        match self.inner.try_borrow() {
            Ok(inner) => {
                // iced passes on several events before their messages: the first save is not the last change.
                if inner.has_input {
                    session.mark_dirty();
                }
                inner.resume.autosave(session, capture)
            }
            // The program saves while the arrow is at work: without the elements, which stay those of the frame before.
            Err(_) => session.autosave(capture),
        }
    }

    /// Returns the elements of the window, for [`Capture::anchor`](leftoff::Capture::anchor): with them, the last
    /// touched element can be located in later versions of the program.
    pub fn elements(&mut self) -> &Elements {
        self.inner.get_mut().resume.elements()
    }

    /// Returns what the toolkit-neutral part knows, and what it can be told: "take me back"
    /// ([`Resume::take_back`]), the user leaves ([`Resume::away`]), what is wanted, how loud the marker is.
    pub fn resume(&mut self) -> &mut Resume {
        &mut self.inner.get_mut().resume
    }

    /// Returns what was drawn in the last frame, in the coordinates of the window.
    pub fn drawn(&self) -> Drawn {
        self.inner.try_borrow().map(|inner| inner.figure.drawn.clone()).unwrap_or_default()
    }

    /// Returns the lines of the card and of the notice that are shown, and their buttons: their names, and their areas
    /// in the strip. Empty without either.
    pub fn card(&self) -> (Vec<String>, Vec<(String, Rectangle)>) {
        let Ok(inner) = self.inner.try_borrow() else { return Default::default() };
        let (lines, buttons) = inner.strip.texts();
        let buttons = buttons.into_iter().map(|(name, rect)| (name.to_owned(), rect));
        (lines.into_iter().map(str::to_owned).collect(), buttons.collect())
    }
}

impl fmt::Debug for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arrow = f.debug_struct("Arrow");
        if let Ok(inner) = self.inner.try_borrow() {
            arrow.field("resume", &inner.resume).field("drawn", &inner.figure.drawn);
        }
        arrow.finish_non_exhaustive()
    }
}
