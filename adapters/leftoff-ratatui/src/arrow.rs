//! The arrow of a program: it receives the positions of the elements in each frame, and the user's actions in between.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use leftoff::marker::anchor::{Element, ElementId, Elements};
use leftoff::marker::cue::{CardSize, Cue, CueEvent, CuePolicy, Salience};
use leftoff::marker::place::Direction;
use leftoff::resume::{CardAction, Found, Resume, Whereabouts};
use leftoff::time::Timestamp;
use leftoff::{Capture, Error, Mark, Marker, Saved, Session};
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};

use crate::card::ResumeCard;
use crate::cells::Cells;
use crate::compat::Frame;
use crate::glyphs::Glyphs;
use crate::paper::Paper;
use crate::pointer::Pointer;
use crate::spots::{Spot, Spots};
use crate::status::{Shorter, StatusLine};
use crate::text::{Speaker, Text};
use crate::words::Words;

/// Draws the arrow beside the element where the user left off.
///
/// In each frame, call [`begin`](Self::begin) first, register each element with [`register`](Self::register) and the
/// related methods, and call [`render`](Self::render) when everything else is drawn. Between frames, report the user's
/// actions: [`mark`](Self::mark), [`tick`](Self::tick), [`dismiss`](Self::dismiss).
///
/// The arrow is one cell. It is drawn on a blank cell or on a line of a frame: leave one column free beside each
/// element it may point to. It is reversed and bold, without any colour. Where no cell is free, the element itself is
/// underlined and bold, which a selection seldom is.
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
pub struct Arrow {
    pub(crate) glyphs: Glyphs,
    pub(crate) direction: Direction,
    pub(crate) texts: Option<Speaker>,
    pub(crate) area: Rect,
    pub(crate) spots: Spots,
    pub(crate) resume: Resume,
    /// The texts, as of the last frame; `None` before the marker's first one.
    words: Option<Words>,
    /// The keys that the program binds to the actions of the card.
    pub(crate) keys: Vec<(CardAction, String)>,
    /// The same for the user's other devices.
    #[cfg(feature = "roam")]
    pub(crate) device_keys: Vec<(leftoff_roam::devices::DeviceAction, String)>,
    /// Whether the return was announced, so that it has words.
    is_announced: bool,
    /// Whether the last frame had a pointer.
    is_pointed: bool,
    lines_away: i32,
}

/// The shape that [`Arrow::render`] drew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shown {
    /// No pointer: there is no marker, it has faded, or only words are shown.
    Nothing,
    /// The arrow in this cell.
    Arrow(Position),
    /// The element itself, underlined and bold, because no cell was free for an arrow. That is easy to overlook, so the
    /// [status line](Arrow::status_line) has words.
    Emphasis,
    /// An arrow in this cell, at the edge of the view beyond which the element lies; see [`Arrow::reveal`].
    Edge(Position),
    /// A bracket or a bar in this area, around or beside the remains of the element's surroundings.
    Region(Rect),
}

impl Arrow {
    /// Creates an arrow in Unicode, for left-to-right text, in English.
    pub fn new() -> Self {
        let mut resume = Resume::new("");
        resume.set_utc_offset(Timestamp::local_offset);
        Self {
            glyphs: Glyphs::default(),
            direction: Direction::default(),
            texts: None,
            area: Rect::default(),
            spots: Spots::default(),
            resume,
            words: None,
            keys: Vec::new(),
            #[cfg(feature = "roam")]
            device_keys: Vec::new(),
            is_announced: false,
            is_pointed: false,
            lines_away: 0,
        }
    }

    /// Draws with `>`, `<`, `-` and `:`, and straight quotes, for terminals and fonts without Unicode.
    #[must_use]
    pub fn ascii(mut self) -> Self {
        self.glyphs = Glyphs::Ascii;
        self
    }

    /// Sets the reading direction: the arrow is at the start of a line. Default: left to right.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Sets the texts for another language; a text for which `speaker` returns `None` is in English.
    ///
    /// ```
    /// use leftoff::marker::Message;
    /// use leftoff_ratatui::{Arrow, Text};
    ///
    /// let arrow = Arrow::new().texts(|text| match text {
    ///     Text::Here { .. } => Some("hier weiter".to_owned()),
    ///     Text::WasHere(Message::Element(name)) => Some(format!("„{name}“ war hier")),
    ///     _ => None,
    /// });
    /// ```
    #[must_use]
    pub fn texts(mut self, speaker: impl Fn(Text<'_>) -> Option<String> + Send + Sync + 'static) -> Self {
        self.texts = Some(Box::new(speaker));
        self
    }

    /// Sets the time zone in which "yesterday at 16:07" is meant: `offset` returns the offset of local time from UTC at a
    /// time, in seconds east. Default: the system's time zone, with the feature `local-time`; otherwise none.
    ///
    /// Without a time zone, a card says "17 h ago" instead.
    #[must_use]
    pub fn utc_offset(mut self, offset: impl Fn(Timestamp) -> Option<i32> + Send + Sync + 'static) -> Self {
        self.resume.set_utc_offset(offset);
        self
    }

    /// Sets the policy for fading and for the absence after which words are shown. The first marker after a start follows
    /// [`CuePolicy::at_start`].
    #[must_use]
    pub fn policy(mut self, policy: CuePolicy) -> Self {
        self.resume.set_policy(policy);
        self
    }

    /// Begins a frame and clears all registered elements.
    ///
    /// Nothing outside `area` is ever drawn on; exclude everything that is drawn after the arrow, such as a row for the
    /// [status line](Self::status_line).
    pub fn begin(&mut self, area: Rect) {
        self.area = area;
        self.resume.begin();
        self.spots.clear();
    }

    /// Registers an element at this position.
    ///
    /// `rect` is the area of the text, or the whole row. The arrow and its words are placed beside it, or if it is as wide
    /// as the screen, in it: behind its text, with one cell between them for the caret.
    ///
    /// Register elements in reading order. An [`Element`] with a name and a role can be located even after its path has
    /// changed.
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
        self.add(element, Spot::new(rect.into()));
    }

    /// Registers a container: a page, a group, a list.
    ///
    /// If one of its elements is gone, the bracket is around the container. An unregistered container has the size of
    /// its contents.
    pub fn container<'a>(&mut self, element: impl Into<Element<'a>>, rect: Rect) {
        self.add(element, Spot { is_container: true, ..Spot::new(rect.into()) });
    }

    /// Registers an element that consists of these lines of a scrolled view.
    ///
    /// `view` shows the lines, and line `offset` is its first one. Lines are counted from zero, and may be out of view.
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
        self.add(element, Spot::of_lines(view.into(), lines, offset));
    }

    fn add<'a>(&mut self, element: impl Into<Element<'a>>, spot: Spot) -> ElementId {
        let area = Cells::from(self.area);
        let clip = spot.view.map_or(area, |view| view.intersection(area));
        let id = self.resume.add(element, spot.rect.to_place(), clip.to_place());
        self.spots.add(id, spot);
        id
    }

    /// Registers an element that exists but is neither visible nor reachable by scrolling: it is on another page.
    ///
    /// Without this call, an element of another page is treated as removed.
    pub fn known<'a>(&mut self, element: impl Into<Element<'a>>) {
        self.resume.add_unseen(element);
    }

    /// Returns the elements registered since [`begin`](Self::begin), for [`Capture::anchor`](leftoff::Capture::anchor).
    pub fn elements(&self) -> &Elements {
        self.resume.elements()
    }

    /// Saves what has changed, and the registered elements with it: see [`Resume::autosave`].
    ///
    /// # Errors
    /// The errors of [`Session::autosave`].
    pub fn autosave(&self, session: &mut Session, capture: impl FnOnce(&mut Capture<'_>)) -> Result<Saved, Error> {
        self.resume.autosave(session, capture)
    }

    /// Locates the element and draws the arrow, for programs whose marker does not come from a session; all others call
    /// [`show`](Self::show).
    ///
    /// Call it last, with the current time.
    pub fn render(&mut self, frame: &mut Frame<'_>, marker: Option<&Marker>, now: Timestamp) -> Shown {
        self.draw(frame.buffer_mut(), marker, now)
    }

    /// Does the same on a buffer, for widgets that have no [`Frame`].
    pub fn draw(&mut self, buffer: &mut Buffer, marker: Option<&Marker>, now: Timestamp) -> Shown {
        self.follow(marker);
        self.resume.locate();
        self.say(now);
        let shown = self.point(buffer);
        self.is_announced |= self.resume.announce();
        // An emphasised element is easy to overlook, so it needs words.
        self.is_pointed = !matches!(shown, Shown::Nothing | Shown::Emphasis);
        shown
    }

    /// Restarts if the marker is a new one.
    pub(crate) fn follow(&mut self, marker: Option<&Marker>) {
        if self.resume.follow(marker) {
            self.words = None;
            (self.is_announced, self.is_pointed, self.lines_away) = (false, false, 0);
        }
    }

    fn say(&mut self, now: Timestamp) {
        if self.words.is_some() && self.resume.salience() == Salience::Hidden {
            return;
        }
        let (Some(card), Some(certainty)) = (self.resume.words(now), self.resume.certainty()) else { return };
        self.words = Some(Words::new(&card, certainty, self.texts.as_ref(), self.glyphs));
        let target = self.resume.target().and_then(|path| self.elements().find(path));
        self.lines_away = target.and_then(|id| self.spots.spot(id)).map_or(0, Spot::lines_away);
    }

    fn point(&self, buffer: &mut Buffer) -> Shown {
        let (Some(words), Some(marker), Some(found)) = (&self.words, self.resume.marker(), self.resume.found()) else {
            return Shown::Nothing;
        };
        let salience = self.resume.salience();
        if salience == Salience::Hidden {
            return Shown::Nothing;
        }
        let is_loud = salience == Salience::Prominent;
        let pointer = Pointer { spots: &self.spots, glyphs: self.glyphs, direction: self.direction, is_loud };
        let mut paper = Paper::new(buffer, self.area);
        let said = |text: Text<'_>| text.said_by(self.texts.as_ref());
        let here = |moved| said(Text::Here { phase: marker.phase(), moved });
        let Found { element, rect, clip, whereabouts, .. } = found;
        let words = match whereabouts {
            Whereabouts::Here => vec![here(false)],
            Whereabouts::Moved => vec![here(true), said(Text::Moved)],
            _ => {
                let region = Cells::of_place(rect).intersection(Cells::of_place(clip));
                let words = self.glyphs.words(said(Text::WasHere(&words.element)));
                return pointer.bracket(&mut paper, region, &words);
            }
        };
        self.spots.spot(element).map_or(Shown::Nothing, |spot| pointer.draw(&mut paper, spot, &words))
    }

    /// Marks the user's action in the session and records the touch of the element here.
    ///
    /// The arrow becomes quieter with each touch of another element, and is finally hidden. With
    /// [`Session::mark`](leftoff::Session::mark) alone, it would never fade. Returns whether that needs another frame.
    ///
    /// ```
    /// use leftoff::{Mark, Session};
    ///
    /// let (mut session, mut arrow) = (Session::in_memory(), leftoff_ratatui::Arrow::new());
    /// arrow.mark(&mut session, Mark::new("contact/email").label("E-mail"));
    /// ```
    pub fn mark<'m>(&mut self, session: &mut Session, mark: impl Into<Mark<'m>>) -> bool {
        session.mark(mark);
        session.last_mark().is_some_and(|entry| self.touched(entry.element()))
    }

    /// Records a touch of this element, without a mark: for programs that mark by themselves. All others call
    /// [`mark`](Self::mark).
    ///
    /// Returns whether that needs another frame.
    pub fn touched(&mut self, path: &str) -> bool {
        self.resume.touched(path)
    }

    /// Records that the user is present: a key was pressed, or the terminal got the focus. Returns whether that needs
    /// another frame.
    pub fn user_active(&mut self) -> bool {
        self.resume.on(CueEvent::UserPresent)
    }

    /// Records the time since the last tick. Leave out time in which the user is not active, such as some seconds
    /// without a key press. Returns whether that needs another frame.
    pub fn tick(&mut self, elapsed: Duration) -> bool {
        self.resume.on(CueEvent::Elapsed(elapsed))
    }

    /// Records that the user leaves: call it together with [`suspend`](leftoff::Session::suspend). Returns whether that
    /// needs another frame.
    pub fn away(&mut self) -> bool {
        self.resume.away()
    }

    /// Hides the arrow; bind it to Esc, for example. Also hides the notice about quarantined sections until the next
    /// start. Returns whether that needs another frame.
    pub fn dismiss(&mut self) -> bool {
        self.resume.dismiss() | self.resume.put_off()
    }

    /// Shows the arrow again ("take me back"), after it has faded or was dismissed.
    ///
    /// Then go to [`target`](Self::target) and scroll by [`reveal`](Self::reveal). Returns whether that needs another
    /// frame.
    pub fn take_back(&mut self) -> bool {
        self.resume.take_back()
    }

    /// Returns the current path of the element. `None` before the first frame, and for an element that no longer
    /// exists.
    pub fn target(&self) -> Option<&str> {
        self.resume.target()
    }

    /// Returns the number of lines to scroll forward so that the element is visible; negative: backward, zero: it is
    /// visible.
    ///
    /// ```
    /// # let (arrow, mut offset) = (leftoff_ratatui::Arrow::new(), 40_usize);
    /// offset = offset.saturating_add_signed(arrow.reveal());
    /// ```
    pub fn reveal(&self) -> isize {
        isize::try_from(self.lines_away).unwrap_or_default()
    }

    /// Returns the state of the cue, including the recommended focus. `None` without a marker.
    pub fn cue(&self) -> Option<&Cue> {
        self.resume.cue()
    }

    /// Returns one line of words, possibly empty, to render in a row that the program reserves for it.
    ///
    /// A terminal's screen reader reads this line. Its age is that of the last frame. It is shown after an absence that
    /// was not short, and whenever no arrow and no bracket is drawn. Once the arrow has faded without the user having
    /// been back, the line is a bookmark: "You left off at Amount, in Money". The user's note comes first.
    ///
    /// At its end are the [keys](Self::key) of the actions that are [offered](Self::offers), unless the open
    /// [card](Self::card) has them.
    pub fn status_line(&self) -> StatusLine {
        let empty = StatusLine::new("", Shorter::default(), self.glyphs, self.direction);
        let (Some(words), Some(cue)) = (&self.words, self.resume.cue()) else { return empty };
        // Without a pointer, words are the only cue.
        let has_line = self.is_announced || !self.is_pointed || cue.card() != CardSize::None;
        let (text, shorter) = if cue.is_resting() {
            (&words.bookmark, Shorter { line: words.with_note(&words.bookmark), ..Shorter::default() })
        } else if has_line && cue.salience() != Salience::Hidden {
            (&words.announcement, words.shorter())
        } else {
            return empty;
        };
        let hints = if cue.card() == CardSize::Open { String::new() } else { self.hints() };
        StatusLine::new(&words.with_note(text), shorter, self.glyphs, self.direction).with_hints(hints)
    }

    /// Returns the height that the [status line](Self::status_line) needs in a row of this width: 0 without a marker, 1
    /// with one, 2 below 60 columns, and one more where its [keys](Self::key) need a row of their own.
    ///
    /// After [`prepare`](Self::prepare), it is known before the frame is drawn. It stays the same while the marker does,
    /// so that the layout does not jump when the arrow fades.
    pub fn status_height(&self, width: u16) -> u16 {
        if self.resume.marker().is_none() {
            return 0;
        }
        let has_row_of_keys = !self.keys.is_empty() && width < StatusLine::ONE_ROW_FROM;
        1 + u16::from(width < StatusLine::WHOLE_FROM) + u16::from(has_row_of_keys)
    }

    /// Returns the marker in one line, with location, action and time, for a log record or the title of a window. Unlike
    /// the [status line](Self::status_line), it is independent of what is shown. `None` before the first frame and without
    /// a marker.
    ///
    /// Unlike a [`Card`](leftoff::marker::Card), it has neither the note nor the content.
    pub fn one_line(&self) -> Option<&str> {
        self.words.as_ref().map(|words| words.line.as_str())
    }

    /// Returns the open card after a long absence, until the user works again or dismisses it.
    pub fn card(&self) -> Option<ResumeCard> {
        let is_open = self.resume.cue()?.card() == CardSize::Open;
        let lines = self.words.as_ref().filter(|_| is_open)?.card.lines().map(str::to_owned).collect();
        Some(ResumeCard::new(lines, self.glyphs, self.direction).with_hints(self.hints()))
    }
}

impl Default for Arrow {
    fn default() -> Self {
        Self::new()
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
