//! The arrow as a program holds it: fed with what is where in each frame, and with what the user does in between.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use leftoff::Marker;
use leftoff::marker::anchor::{Element, Elements};
use leftoff::marker::cue::{CardSize, Cue, CueEvent, CuePolicy, Salience};
use leftoff::marker::place::Direction;
use leftoff::marker::resolve::Match;
use leftoff::time::Timestamp;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_core::terminal::Frame;

use crate::card::ResumeCard;
use crate::glyphs::Glyphs;
use crate::paper::Paper;
use crate::pointer::Pointer;
use crate::resume::Resume;
use crate::spots::{Spot, Spots};
use crate::status::StatusLine;
use crate::words::Words;

/// Draws the arrow beside the element the user left off at.
///
/// In each frame, say with [`begin`](Self::begin) that it begins, with [`register`](Self::register) and its siblings
/// where each element is, and [`render`](Self::render) when everything else is drawn. Between frames, say what the user
/// does: [`touched`](Self::touched), [`tick`](Self::tick), [`dismiss`](Self::dismiss).
///
/// The arrow is one cell. It goes where the screen is blank, or where it shows a line of a frame: leave one column free
/// beside what it may point to. It is drawn reversed and bold, and without any colour.
///
/// ```
/// use leftoff::time::Timestamp;
/// use leftoff::{Mark, Marker};
/// use leftoff_ratatui::Arrow;
/// use ratatui::layout::Rect;
/// use ratatui::{Terminal, backend::TestBackend};
///
/// let now = Timestamp::from_millis(3_600_000);
/// let marker = Marker::from_marks("main", [(Mark::new("contact/email").label("E-mail"), now)], None, None);
/// let mut terminal = Terminal::new(TestBackend::new(40, 2))?;
/// let mut arrow = Arrow::new();
/// terminal.draw(|frame| {
///     arrow.begin(frame.area());
///     let field = Rect::new(1, 0, 16, 1);
///     frame.render_widget("E-mail: ana@x.eu", field);
///     arrow.register("contact/email", field);
///     arrow.render(frame, marker.as_ref(), now);
/// })?;
/// assert!(terminal.backend().to_string().contains("▶E-mail: ana@x.eu you left off here"));
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Default)]
pub struct Arrow {
    pub(crate) glyphs: Glyphs,
    pub(crate) direction: Direction,
    pub(crate) words: Words,
    policy: CuePolicy,
    pub(crate) area: Rect,
    spots: Spots,
    resume: Option<Resume>,
    /// What the user touched last: a burst in one element is one touch.
    last_touched: Option<String>,
    /// The user did something since the last frame. If that brought a marker, they are there to see it.
    is_present: bool,
    /// The last frame has a notice of what was set aside.
    pub(crate) is_aside_shown: bool,
    /// The user has brought that back, or does not want to now.
    pub(crate) is_aside_answered: bool,
}

/// What [`Arrow::render`] drew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shown {
    /// Nothing to point with: there is no marker, it has faded, or words are all there is.
    Nothing,
    /// The arrow in this cell.
    Arrow(Position),
    /// The element itself, reversed and bold, because no cell was free for an arrow.
    Emphasis,
    /// An arrow in this cell, at the edge of the view behind which the element is; see [`Arrow::reveal`].
    Edge(Position),
    /// A bracket or a bar in this area, round or beside what is left of where the element was.
    Region(Rect),
}

impl Arrow {
    /// An arrow in Unicode, for text that is read from left to right, in English.
    pub fn new() -> Self {
        Self::default()
    }

    /// Draws with `>`, `<`, `-` and `:`, for terminals and fonts without Unicode.
    #[must_use]
    pub fn ascii(mut self) -> Self {
        self.glyphs = Glyphs::Ascii;
        self
    }

    /// The direction of reading: the arrow stands where a line begins. Default: from left to right.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Other texts.
    #[must_use]
    pub fn words(mut self, words: Words) -> Self {
        self.words = words;
        self
    }

    /// When it fades, and after which absence there are words.
    #[must_use]
    pub fn policy(mut self, policy: CuePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// A new frame: forgets where everything was. Nothing outside of `area` is ever drawn on; leave out of it what is
    /// drawn after the arrow, such as a row for the [status line](Self::status_line).
    pub fn begin(&mut self, area: Rect) {
        self.area = area;
        self.spots.clear();
    }

    /// This element is here now. Register elements in the order in which they are read; an [`Element`] with a name and
    /// a role is found again even when its path has changed.
    ///
    /// ```
    /// use leftoff::marker::anchor::Element;
    /// use ratatui::layout::Rect;
    ///
    /// # let mut arrow = leftoff_ratatui::Arrow::new();
    /// arrow.register("contact/email", Rect::new(2, 1, 30, 1));
    /// arrow.register(Element::new("contact/phone").role("field").name("Phone"), Rect::new(2, 2, 30, 1));
    /// ```
    pub fn register<'a>(&mut self, element: impl Into<Element<'a>>, rect: Rect) {
        self.spots.add(element, rect, false);
    }

    /// This element holds others: a page, a group, a list. A bracket goes round it when one of them is not there any
    /// more. One that is not registered is as large as what is in it.
    pub fn container<'a>(&mut self, element: impl Into<Element<'a>>, rect: Rect) {
        self.spots.add(element, rect, true);
    }

    /// This element is made of these lines of something that is seen through `view` and scrolled so that line `offset`
    /// is its first one. Lines are counted from zero, and may be out of view.
    ///
    /// ```
    /// use ratatui::layout::Rect;
    ///
    /// # let mut arrow = leftoff_ratatui::Arrow::new();
    /// # let (view, offset) = (Rect::new(2, 1, 30, 5), 40);
    /// for row in 0..100 {
    ///     arrow.register_lines(format!("mail/{row}").as_str(), view, row..row + 1, offset);
    /// }
    /// ```
    pub fn register_lines<'a>(
        &mut self,
        element: impl Into<Element<'a>>,
        view: Rect,
        lines: Range<usize>,
        offset: usize,
    ) {
        self.spots.add_lines(element, view, lines, offset);
    }

    /// This element exists, but cannot be seen or scrolled to at present: it is on another page. Without this, an
    /// element of another page would be taken for one that was removed.
    pub fn known<'a>(&mut self, element: impl Into<Element<'a>>) {
        self.spots.known(element);
    }

    /// What was registered since [`begin`](Self::begin): for [`Capture::anchor`](leftoff::Capture::anchor).
    pub fn elements(&self) -> &Elements {
        &self.spots.elements
    }

    /// Finds the element and draws the arrow, for programs whose marker is not that of a session; all others call
    /// [`show`](Self::show). Call it last, with the time of day.
    pub fn render(&mut self, frame: &mut Frame<'_>, marker: Option<&Marker>, now: Timestamp) -> Shown {
        self.draw(frame.buffer_mut(), marker, now)
    }

    /// The same on a buffer, for widgets that have no [`Frame`].
    pub fn draw(&mut self, buffer: &mut Buffer, marker: Option<&Marker>, now: Timestamp) -> Shown {
        self.follow(marker, now);
        let shown = self.point(buffer);
        if let Some(resume) = &mut self.resume {
            resume.announced |= resume.cue.announce();
            resume.is_pointed = shown != Shown::Nothing;
        }
        shown
    }

    /// Begins anew with a marker that is not the one of the last frame, and looks for the element of whichever it is.
    fn follow(&mut self, marker: Option<&Marker>, now: Timestamp) {
        let is_new = self.resume.as_ref().map(|resume| &resume.marker) != marker;
        if is_new {
            self.last_touched = None;
            self.resume = marker.map(|marker| Resume::new(marker.clone(), self.policy.clone()));
        }
        let is_present = std::mem::take(&mut self.is_present);
        let Some(resume) = &mut self.resume else { return };
        if is_new && is_present {
            resume.cue.handle(CueEvent::UserPresent);
        }
        if !is_new && resume.cue.salience() == Salience::Hidden {
            return;
        }
        let resolution = resume.marker.resolve(&self.spots.elements);
        let certainty = resolution.certainty();
        if is_new || certainty != resume.cue.certainty() {
            resume.cue.set_certainty(certainty);
            resume.say(&self.words, now);
        }
        resume.found = resolution.outcome();
        let node = match resume.found {
            Match::Exact(node) | Match::Moved(node) => Some(node),
            _ => None,
        };
        resume.target = node.map(|node| self.spots.elements.path(node).to_owned());
        resume.lines_away = node.and_then(|node| self.spots.spot(node)).map_or(0, Spot::lines_away);
    }

    fn point(&self, buffer: &mut Buffer) -> Shown {
        let Self { resume: Some(resume), spots, words, .. } = self else { return Shown::Nothing };
        let salience = resume.cue.salience();
        if salience == Salience::Hidden {
            return Shown::Nothing;
        }
        let is_loud = salience == Salience::Prominent;
        let pointer = Pointer { spots, glyphs: self.glyphs, direction: self.direction, is_loud };
        let mut paper = Paper::new(buffer, self.area);
        let (node, words) = match resume.found {
            Match::Exact(node) => (node, &[words.here][..]),
            Match::Moved(node) => (node, &[words.moved, words.moved_short][..]),
            Match::Unrealized { container: node, .. } | Match::Nearest { node, .. } => {
                let words = (words.was_here)(&resume.element);
                let region = spots.region(node);
                return region.map_or(Shown::Nothing, |region| pointer.bracket(&mut paper, region, &words));
            }
            _ => return Shown::Nothing,
        };
        spots.spot(node).map_or(Shown::Nothing, |spot| pointer.draw(&mut paper, spot, words))
    }

    /// The user touched this element: what the session was told with [`mark`](leftoff::Session::mark). Makes the arrow
    /// quieter, and at last hides it. Returns whether that needs another frame.
    pub fn touched(&mut self, path: &str) -> bool {
        self.is_present = true;
        if self.last_touched.as_deref() == Some(path) {
            return false;
        }
        self.last_touched = Some(path.to_owned());
        let Some(resume) = &mut self.resume else { return false };
        let on_target = resume.marker.element() == path || resume.target.as_deref() == Some(path);
        resume.cue.handle(CueEvent::Touched { on_target })
    }

    /// The user is there: a key was pressed, the terminal got the focus.
    pub fn user_active(&mut self) -> bool {
        self.is_present = true;
        self.on(CueEvent::UserPresent)
    }

    /// So much time has passed since the last tick. Time in which the user is not at work, say because no key was
    /// pressed for some seconds, is best left out.
    pub fn tick(&mut self, elapsed: Duration) -> bool {
        self.on(CueEvent::Elapsed(elapsed))
    }

    /// The user is being called away: with [`suspend`](leftoff::Session::suspend).
    pub fn away(&mut self) -> bool {
        (self.last_touched, self.is_present) = (None, false);
        self.on(CueEvent::UserAway)
    }

    /// The user does not want the arrow, or not any more: a good meaning for Esc. A notice of what was set aside goes,
    /// too, until the next start.
    pub fn dismiss(&mut self) -> bool {
        let had_notice = std::mem::take(&mut self.is_aside_shown);
        self.is_aside_answered |= had_notice;
        self.on(CueEvent::Dismissed) || had_notice
    }

    /// "Take me back": shows the arrow again, after it has faded or was dismissed. Then go where
    /// [`target`](Self::target) and [`reveal`](Self::reveal) say.
    pub fn take_back(&mut self) -> bool {
        self.on(CueEvent::Recalled)
    }

    fn on(&mut self, event: CueEvent) -> bool {
        self.resume.as_mut().is_some_and(|resume| resume.cue.handle(event))
    }

    /// The path the element has now. `None` before the first frame, and for what is not there any more.
    pub fn target(&self) -> Option<&str> {
        self.resume.as_ref()?.target.as_deref()
    }

    /// By how many lines to scroll on for the element to be seen; negative: back, zero: it can be seen.
    ///
    /// ```
    /// # let (arrow, mut offset) = (leftoff_ratatui::Arrow::new(), 40_usize);
    /// offset = offset.saturating_add_signed(arrow.reveal());
    /// ```
    pub fn reveal(&self) -> isize {
        let lines = self.resume.as_ref().map_or(0, |resume| resume.lines_away);
        isize::try_from(lines).unwrap_or_default()
    }

    /// How the marker is shown at present, and where the focus should be. `None` without a marker.
    pub fn cue(&self) -> Option<&Cue> {
        self.resume.as_ref().map(|resume| &resume.cue)
    }

    /// One line of words, or none, to be rendered in a row that the program keeps for it. It is what screen readers of
    /// terminals read: it appears once for each coming back, and does not change while it is there. It is there after
    /// an absence that was not short, and where nothing on the screen points to the element.
    pub fn status_line(&self) -> StatusLine {
        let line = self.resume.as_ref().filter(|resume| resume.has_line()).map(|resume| resume.line.as_str());
        StatusLine::new(line.unwrap_or_default(), self.glyphs, self.direction)
    }

    /// The open card, after a long absence: until the user is at work again or dismisses it.
    pub fn card(&self) -> Option<ResumeCard> {
        let resume = self.resume.as_ref().filter(|resume| resume.cue.card() == CardSize::Open)?;
        Some(ResumeCard::new(resume.card.clone(), self.glyphs, self.direction))
    }
}

impl fmt::Debug for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrow")
            .field("glyphs", &self.glyphs)
            .field("direction", &self.direction)
            .field("area", &self.area)
            .field("cue", &self.cue())
            .field("target", &self.target())
            .finish_non_exhaustive()
    }
}
