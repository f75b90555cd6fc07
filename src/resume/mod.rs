//! The return of a user to one window, for any toolkit: the part of an adapter that needs no toolkit.
//!
//! A [`Resume`] is told of the user's input and touches, and of the elements of each layout. It finds the marked element
//! again and returns what to draw: [`Resume::pointer`] and [`Resume::card`]. It draws nothing, knows no event types, and
//! keeps no thread. The adapters of egui and ratatui are built on it; a program with another toolkit needs about a
//! hundred lines.
//!
//! ```
//! use leftoff::marker::anchor::Element;
//! use leftoff::marker::place::{Direction, Metrics, Mode, Rect, Side};
//! use leftoff::resume::{Pointer, Resume};
//! use leftoff::{Action, AppId, Mark, Section, Session, backend::MemoryBackend};
//!
//! const NAME: Section<String> = Section::new("name", 1);
//!
//! let memory = MemoryBackend::new();
//! let open = || Session::builder(AppId::new("com.example.form")).backend(memory.clone()).open();
//! let window = Rect::new(0.0, 0.0, 400.0, 300.0);
//! let lay_out = |resume: &mut Resume| {
//!     resume.begin();
//!     resume.add(Element::new("form/name").role("field").name("Name"), Rect::new(100.0, 40.0, 200.0, 24.0), window);
//! };
//!
//! let (mut session, mut resume) = (open(), Resume::new(""));
//! lay_out(&mut resume);
//! assert!(!resume.end(&mut session));
//! // For every key, click and turn of the wheel, and for every element that the user touches:
//! resume.input(&mut session);
//! resume.touch(&mut session, Mark::new("form/name").action(Action::Edit).label("Name"));
//! resume.autosave(&mut session, |capture| capture.set(NAME, &"Ana".to_owned()))?;
//! drop(session);
//!
//! // The next start.
//! let (mut session, mut resume) = (open(), Resume::new(""));
//! lay_out(&mut resume);
//! assert!(!resume.end(&mut session));
//! let Some(Pointer::Arrow { placement, .. }) = resume.pointer(Direction::LeftToRight, &Metrics::pixels(1.0)) else {
//!     panic!("the field is there")
//! };
//! assert_eq!(placement.mode, Mode::Beside(Side::Left));
//! # Ok::<(), leftoff::Error>(())
//! ```

mod actions;
mod card_text;
mod figure;
mod found;
mod notice;
mod save;
mod scene;
mod shown;
mod strip;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod user;

use std::fmt;

use crate::marker::anchor::{Element, ElementId, Elements};
use crate::marker::cue::{CardSize, Cue, CueEvent, CuePolicy, Salience};
use crate::marker::place::Rect;
use crate::marker::resolve::Certainty;
use crate::marker::{Card, Marker};
use crate::session::Session;
use crate::time::{Now, Timestamp};

pub use actions::CardAction;
use actions::TRIES;
pub use card_text::{CardText, Choice, Line};
pub use figure::{Drawn, Figure, Sight};
pub use found::{Found, Pointer, Whereabouts};
pub use notice::Notice;
use notice::Notices;
use scene::Scene;
use shown::Shown;
pub use target::Target;
pub use text::{Speaker, Text};

/// The return of a user to one window: see the [module](self).
///
/// One for each window, with the [scope](Session::scope) of the window. The session is passed to each call, because
/// several windows share it.
///
/// The order of a frame: [`begin`](Self::begin), [`add`](Self::add) for each element, [`end`](Self::end), then the
/// queries. A toolkit that keeps its widgets does the same whenever the layout has changed.
///
/// # Without a session
///
/// Where the session is out of reach, such as in a window with a thread of its own, the halves of the calls that need
/// none do the rest, and the program marks by itself: [`follow`](Self::follow) and [`locate`](Self::locate) for `end`,
/// [`touched`](Self::touched) for `touch`, [`finished`](Self::finished) for `finish`, [`chosen`](Self::chosen) for
/// `act`, [`on`](Self::on) for `user_active`.
pub struct Resume {
    scope: String,
    policy: CuePolicy,
    /// `None`: no local time.
    utc_offset: Option<UtcOffset>,
    scene: Scene,
    shown: Option<Shown>,
    notices: Notices,
    /// A layout has ended since the start, or since the session took over from another instance.
    was_seen: bool,
    /// The path of the last touched element: a burst in one element is one touch.
    last: String,
    /// The user's last input, for the time of active use.
    input: Option<Now>,
    /// The number of layouts for which a wish to go to an element stands.
    wish: u8,
    /// Whether there was input since the last layout: the user is present to see a marker that it brought.
    is_present: bool,
}

/// A function that returns the offset of local time from UTC, in seconds east.
type UtcOffset = Box<dyn Fn(Timestamp) -> Option<i32> + Send + Sync>;

impl Resume {
    /// Creates the return to the window with this [scope](Session::scope); `""` for the main window.
    pub fn new(scope: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            policy: CuePolicy::default(),
            utc_offset: None,
            scene: Scene::default(),
            shown: None,
            notices: Notices::default(),
            was_seen: false,
            last: String::new(),
            input: None,
            wish: 0,
            is_present: false,
        }
    }

    /// Sets the policy for fading and for the size of the card. Applies to the next marker. The first marker after a
    /// start follows [`CuePolicy::at_start`].
    #[must_use]
    pub fn policy(mut self, policy: CuePolicy) -> Self {
        self.set_policy(policy);
        self
    }

    /// Sets the policy, as [`policy`](Self::policy) does.
    pub fn set_policy(&mut self, policy: CuePolicy) {
        self.policy = policy;
    }

    /// Sets the time zone in which "yesterday at 16:07" is meant: `offset` returns the offset of local time from UTC at a
    /// time, in seconds east. Without it, a card says "17 h ago" instead.
    pub fn set_utc_offset(&mut self, offset: impl Fn(Timestamp) -> Option<i32> + Send + Sync + 'static) {
        self.utc_offset = Some(Box::new(offset));
    }

    /// Returns the offset of local time from UTC at a time, in seconds east; `None` if it is not known.
    pub fn utc_offset(&self, at: Timestamp) -> Option<i32> {
        self.utc_offset.as_ref()?(at)
    }

    /// Returns the [scope](Session::scope) of the window.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Begins a layout: forgets the elements of the one before.
    pub fn begin(&mut self) {
        self.scene.clear();
    }

    /// Sets the layer of the elements, regions and obstacles that are added next; [`begin`](Self::begin) sets layer 0.
    ///
    /// A dialog, a popup or a window inside the window is a layer. An arrow covers elements of other layers, and a
    /// bracket does not reach into them.
    pub fn set_layer(&mut self, layer: usize) {
        self.scene.layer = layer;
    }

    /// Adds an element of this layout, with its rectangle and the visible part of the window around it: everything that
    /// scrolls or clips, in the same coordinates. In reading order.
    pub fn add<'a>(&mut self, element: impl Into<Element<'a>>, rect: Rect, clip: Rect) -> ElementId {
        self.scene.add(element.into(), rect, clip)
    }

    /// Adds a container: a page, a group, a list. Without this call, a container has the size of its elements.
    pub fn add_region(&mut self, path: &str, rect: Rect, clip: Rect) {
        self.scene.add_region(path, rect, clip);
    }

    /// Adds the rectangle of a widget that is no element, such as a caption: an arrow does not cover it, if there is room.
    pub fn add_obstacle(&mut self, rect: Rect, clip: Rect) {
        self.scene.add_obstacle(rect, clip);
    }

    /// Adds an element that exists on a page that is not open. Without this call, it counts as removed.
    pub fn add_unseen<'a>(&mut self, element: impl Into<Element<'a>>) {
        self.scene.add_unseen(element.into());
    }

    /// Adds a list that builds only its visible rows. `row_of` returns the row (from zero) of a record, given the name of
    /// the record in its path; it is asked at most once in a layout, and only if the marker points into this list.
    ///
    /// The marker is known from the first [`end`](Self::end) on. A toolkit that lays out only on change calls
    /// [`refresh`](Self::refresh) and [`follow`](Self::follow) before its first layout.
    pub fn add_list(&mut self, path: &str, row_of: impl FnOnce(&str) -> Option<u64>) {
        if let Some(record) = self.marked_record(path).map(str::to_owned) {
            let row = row_of(&record);
            self.scene.add_list(path, &record, row);
        }
    }

    /// Returns the record of this list that the marker points at, or into: the next name in its path.
    pub fn marked_record(&self, list: &str) -> Option<&str> {
        self.marker()?.element().strip_prefix(list)?.strip_prefix('/')?.split('/').next()
    }

    /// Returns the elements of this layout, for [`Capture::anchor`](crate::Capture::anchor):
    /// [`autosave`](Self::autosave) stores them.
    pub fn elements(&self) -> &Elements {
        self.scene.elements()
    }

    /// Ends the layout, and locates the marked element in it. Call it before [`Session::autosave`].
    ///
    /// If the search shows that the keys of a list count its rows, the feature `log` warns of it, once.
    ///
    /// The window is on the screen, so this also [confirms](Session::confirm_restored) the restore.
    ///
    /// Returns `true` if the sections must be read again: see [`refresh`](Self::refresh).
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn end(&mut self, session: &mut Session) -> bool {
        let must_reread = self.refresh(session);
        self.confirm(session);
        // The scope borrows its name.
        let scope = std::mem::take(&mut self.scope);
        self.follow(session.scope(&scope).marker());
        self.scope = scope;
        self.give_way(session);
        if self.search() {
            session.warn_of_row_numbers();
        }
        if let Some(shown) = &mut self.shown {
            if shown.cue.announce() {
                let card = words_of(&shown.marker, session.now().wall, self.utc_offset.as_ref());
                shown.announcement = Some((card, shown.certainty_to_announce()));
            }
        }
        must_reread
    }

    /// Looks whether the session [took over](Session::took_over) from another instance, and undoes the restore if the
    /// user [chose](CardAction::UndoRestore) that. [`end`](Self::end) does it, too.
    ///
    /// Returns `true` if the stored values may differ from the values on the screen: read all sections again, of every
    /// window, before the next [`Session::autosave`]. Either the session continues from the state that the other instance
    /// saved, or all that was restored is [quarantined](Session::quarantine_all) and has no value now.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn refresh(&mut self, session: &mut Session) -> bool {
        let took_over = session.took_over();
        if took_over {
            // A take-over is a start.
            self.was_seen = false;
            self.notices.take_over(session);
        }
        self.begin_notices(session);
        self.notices.undo(session) || took_over
    }

    /// [Confirms](Session::confirm_restored) the restore, because the window is on the screen. [`end`](Self::end) does it,
    /// too; without it, call this before [`follow`](Self::follow).
    pub fn confirm(&mut self, session: &mut Session) {
        session.confirm_restored();
        self.begin_notices(session);
    }

    /// Before the first layout, and before the marker is followed, whose card depends on it.
    fn begin_notices(&mut self, session: &Session) {
        if !self.was_seen {
            self.notices.start(session);
        }
    }

    /// Hides the marker, as "Not now" does, if the user has worked in another window since the markers were made: this one
    /// points at an older touch. It can be [recalled](Self::take_back), and is shown again after the next absence.
    /// [`end`](Self::end) does it, too; without it, call this after [`follow`](Self::follow).
    ///
    /// Returns whether the cue must be drawn again.
    pub fn give_way(&mut self, session: &Session) -> bool {
        let is_elsewhere = session.is_elsewhere(&self.scope);
        let Some(shown) = &mut self.shown else { return false };
        let is_news = is_elsewhere && !shown.has_given_way;
        shown.has_given_way = is_elsewhere;
        is_news && self.on(CueEvent::Postponed)
    }

    /// Shows this marker, which need not be that of a session, from the next layout on. Returns whether it is a new one,
    /// which starts a new cue. Call it before [`locate`](Self::locate).
    pub fn follow(&mut self, marker: Option<&Marker>) -> bool {
        let is_present = std::mem::take(&mut self.is_present);
        if self.marker() == marker {
            return false;
        }
        let is_start = !self.was_seen;
        let policy = self.policy.clone();
        let policy = if is_start { policy.at_start() } else { policy };
        let can_undo = is_start && self.notices.can_undo();
        self.shown = marker.map(|marker| Shown::new(marker.clone(), policy, can_undo, is_present));
        self.input = None;
        self.last.clear();
        if self.wish == TRIES {
            // The user wanted to go back after the last layout, which did not have this marker.
            self.on(CueEvent::Recalled);
        } else {
            self.wish = 0;
        }
        true
    }

    /// Locates the element of the marker in this layout.
    pub fn locate(&mut self) {
        self.search();
    }

    /// Returns whether the search has shown that the keys of a list count its rows.
    fn search(&mut self) -> bool {
        self.was_seen = true;
        let Some(shown) = &mut self.shown else { return false };
        let is_wanted = shown.cue.salience() != Salience::Hidden || self.wish > 0;
        let counts_rows = is_wanted && shown.locate(&self.scene);
        self.wish = if shown.is_in_view { 0 } else { self.wish.saturating_sub(1) };
        counts_rows
    }

    /// Returns the marker that is shown, or that has faded.
    pub fn marker(&self) -> Option<&Marker> {
        self.shown.as_ref().map(|shown| &shown.marker)
    }

    /// Returns the state of the cue; `None` without a marker.
    pub fn cue(&self) -> Option<&Cue> {
        self.shown.as_ref().map(|shown| &shown.cue)
    }

    /// Returns the prominence of the marker; hidden without one.
    pub fn salience(&self) -> Salience {
        self.cue().map_or(Salience::Hidden, Cue::salience)
    }

    /// Returns the certainty for [`Card::announcement`]; `None` without a marker. Of an element that may be on a page that is
    /// not open, nothing is said, rather than that it is gone.
    pub fn certainty_to_announce(&self) -> Option<Certainty> {
        self.shown.as_ref().map(Shown::certainty_to_announce)
    }

    /// Returns how certainly the element was located, for words; `None` without a marker.
    ///
    /// Unlike the certainty of the [cue](Self::cue), which says what can be drawn, it is [`Certainty::Point`] also for an
    /// element on a page that is not open.
    pub fn certainty(&self) -> Option<Certainty> {
        self.shown.as_ref().map(|shown| shown.certainty)
    }

    /// Returns the size and the words of the card, with its current age; `None` while no card is shown.
    pub fn card(&self, session: &Session) -> Option<(CardSize, Card)> {
        let size = self.cue()?.card();
        (size != CardSize::None).then_some((size, self.words(session.now().wall)?))
    }

    /// Returns the words of the marker at this time, whether or not a card is shown; `None` without a marker.
    pub fn words(&self, now: Timestamp) -> Option<Card> {
        Some(words_of(self.marker()?, now, self.utc_offset.as_ref()))
    }

    /// Returns what to announce to screen readers, once per return: the card and the certainty for
    /// [`Card::announcement`].
    pub fn take_announcement(&mut self) -> Option<(Card, Certainty)> {
        self.shown.as_mut()?.announcement.take()
    }

    /// Returns whether to announce the marker now, once per return: the half of
    /// [`take_announcement`](Self::take_announcement) that needs no session. The text is that of [`words`](Self::words).
    pub fn announce(&mut self) -> bool {
        self.shown.as_mut().is_some_and(|shown| shown.cue.announce())
    }

    /// Returns the present path of the marked element; `None` if it was not found.
    pub fn target(&self) -> Option<&str> {
        self.shown.as_ref()?.target.as_deref()
    }

    /// Returns the [target](Self::target), or else the stored path of the marked element; `None` without a marker.
    pub fn marked(&self) -> Option<&str> {
        self.shown.as_ref().map(Shown::marked)
    }
}

fn words_of(marker: &Marker, now: Timestamp, offset: Option<&UtcOffset>) -> Card {
    marker.local_card(now, |at| offset?(at))
}

impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resume")
            .field("scope", &self.scope)
            .field("marker", &self.marker())
            .field("cue", &self.cue())
            .finish_non_exhaustive()
    }
}
