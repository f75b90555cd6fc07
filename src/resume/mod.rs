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
//! session.autosave(|capture| {
//!     capture.set(NAME, &"Ana".to_owned());
//!     capture.anchor(resume.elements());
//! })?;
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

mod found;
mod scene;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::mark::{Mark, Phase};
use crate::marker::anchor::{Element, ElementId, Elements};
use crate::marker::cue::{CardSize, Cue, CueEvent, CuePolicy, Salience};
use crate::marker::place::Rect;
use crate::marker::resolve::{Certainty, Evidence, Match};
use crate::marker::{Card, Marker};
use crate::session::Session;
use crate::time::Now;

pub use found::{Found, Pointer, Whereabouts};
use scene::Scene;

/// The return of a user to one window: see the [module](self).
///
/// One for each window, with the [scope](Session::scope) of the window. The session is passed to each call, because
/// several windows share it.
///
/// The order of a frame: [`begin`](Self::begin), [`add`](Self::add) for each element, [`end`](Self::end), then the
/// queries. A toolkit that keeps its widgets does the same whenever the layout has changed.
pub struct Resume {
    scope: String,
    policy: CuePolicy,
    scene: Scene,
    shown: Option<Shown>,
    /// The path of the last touched element: a burst in one element is one touch.
    last: String,
    /// The user's last input, for the time of active use.
    input: Option<Now>,
    /// The number of layouts for which a wish to go to an element stands.
    wish: u8,
    /// Whether there was input that may have brought a marker: the user is present to see it.
    is_present: bool,
}

/// The marker that is shown.
struct Shown {
    marker: Marker,
    cue: Cue,
    /// The outcome, and the signature of the layout in which it was found.
    found: Option<(u64, Match<ElementId>)>,
    /// The present path of the element, if it was found.
    target: Option<String>,
    /// The element or its remains are in view.
    is_in_view: bool,
    announcement: Option<(Card, Certainty)>,
}

/// An offer of the resume card: see [`Resume::offers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CardAction {
    /// "Continue": go to the element. The program opens the page that [`Resume::wanted`] names, or scrolls.
    Continue,
    /// "Not now": hide the card and the marker until the user's next return.
    NotNow,
    /// "Already done": the user has finished what the marker points at.
    Done,
}

/// After this number of layouts, a wish to go to an element ends: the user must not be held on that page.
const TRIES: u8 = 4;

/// A longer time between two inputs is no active use.
const PAUSE: Duration = Duration::from_secs(1);

impl Resume {
    /// Creates the return to the window with this [scope](Session::scope); `""` for the main window.
    pub fn new(scope: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            policy: CuePolicy::default(),
            scene: Scene::default(),
            shown: None,
            last: String::new(),
            input: None,
            wish: 0,
            is_present: false,
        }
    }

    /// Sets the policy for fading and for the size of the card. Applies to the next marker.
    #[must_use]
    pub fn policy(mut self, policy: CuePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Reports input that may have changed a value: a key, a click, a turn of the wheel, a drop, in any widget.
    ///
    /// The next [`autosave`](Session::autosave) captures then, so a change in an element that was never marked is saved,
    /// too.
    pub fn input(&mut self, session: &mut Session) {
        session.mark_dirty();
        self.user_active(session);
    }

    /// Reports that the user is there, without a change: the pointer moved, the window got the focus.
    pub fn user_active(&mut self, session: &mut Session) {
        session.user_active();
        self.is_present = true;
        let now = session.now();
        let active = self.input.replace(now).map_or(Duration::ZERO, |before| now.since(before).min(PAUSE));
        self.tell(CueEvent::UserPresent);
        self.tell(CueEvent::Elapsed(active));
    }

    /// Reports that the user leaves: together with [`Session::suspend`], or when the window loses the focus for long.
    pub fn away(&mut self) {
        (self.is_present, self.input) = (false, None);
        self.last.clear();
        self.tell(CueEvent::UserAway);
    }

    /// Marks the user's action, and tells the marker of the touch.
    pub fn touch<'m>(&mut self, session: &mut Session, mark: impl Into<Mark<'m>>) {
        self.user_active(session);
        session.scope(&self.scope).mark(mark);
        let Some(path) = session.last_mark_of(&self.scope) else { return };
        if path == self.last {
            return;
        }
        path.clone_into(&mut self.last);
        // A user who works elsewhere must not be taken away.
        self.wish = 0;
        if let Some(shown) = &mut self.shown {
            let on_target = shown.target.as_deref().unwrap_or(shown.marker.element()) == self.last;
            shown.cue.handle(CueEvent::Touched { on_target });
        }
    }

    /// Begins a layout: forgets the elements of the one before.
    pub fn begin(&mut self) {
        self.scene.clear();
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

    /// Adds an element that exists on a page that is not open. Without this call, it counts as removed.
    pub fn add_unseen<'a>(&mut self, element: impl Into<Element<'a>>) {
        self.scene.add_unseen(element.into());
    }

    /// Adds a list that builds only its visible rows. `row_of` returns the row (from zero) of a record, given the name of
    /// the record in its path; it is asked at most once in a layout, and only if the marker points into this list.
    pub fn add_list(&mut self, path: &str, row_of: impl FnOnce(&str) -> Option<u64>) {
        let Some(shown) = &self.shown else { return };
        let inner = shown.marker.element().strip_prefix(path).and_then(|inner| inner.strip_prefix('/'));
        if let Some(key) = inner.and_then(|inner| inner.split('/').next()) {
            let row = row_of(key);
            self.scene.add_list(path, key, row);
        }
    }

    /// Returns the elements of this layout, for [`Capture::anchor`](crate::Capture::anchor).
    pub fn elements(&self) -> &Elements {
        self.scene.elements()
    }

    /// Ends the layout, and locates the marked element in it. Call it before [`Session::autosave`].
    ///
    /// If the search shows that the keys of a list count its rows, the feature `log` warns of it, once.
    ///
    /// The window is on the screen, so this also [confirms](Session::confirm_restored) the restore.
    ///
    /// Returns `true` if the session [took over](Session::took_over) from another instance: read all sections again, of
    /// every window.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn end(&mut self, session: &mut Session) -> bool {
        session.confirm_restored();
        let must_reread = session.took_over();
        // The scope borrows its name.
        let scope = std::mem::take(&mut self.scope);
        self.follow(session.scope(&scope).marker());
        self.scope = scope;
        if let Some(shown) = &mut self.shown {
            let signature = self.scene.signature();
            let is_wanted = shown.cue.salience() != Salience::Hidden || self.wish > 0;
            if is_wanted && shown.locate(&self.scene, signature) {
                session.warn_of_row_numbers();
            }
            if shown.cue.announce() {
                shown.announcement = Some((shown.marker.card(session.now().wall), shown.cue.certainty()));
            }
            self.wish = if shown.is_in_view { 0 } else { self.wish.saturating_sub(1) };
        }
        must_reread
    }

    /// Starts anew with a new marker.
    fn follow(&mut self, marker: Option<&Marker>) {
        let is_same = |shown: &Shown| marker.is_some_and(|marker| shown.marker == *marker);
        if self.shown.as_ref().is_some_and(is_same) {
            return;
        }
        self.shown = marker.map(|marker| Shown::new(marker.clone(), self.policy.clone()));
        (self.wish, self.input) = (0, None);
        self.last.clear();
        if std::mem::take(&mut self.is_present) {
            self.tell(CueEvent::UserPresent);
        }
    }

    fn tell(&mut self, event: CueEvent) {
        if let Some(shown) = &mut self.shown {
            shown.cue.handle(event);
        }
    }

    /// Returns the marker that is shown, or that has faded.
    pub fn marker(&self) -> Option<&Marker> {
        self.shown.as_ref().map(|shown| &shown.marker)
    }

    /// Returns the state of the cue; `None` without a marker.
    pub fn cue(&self) -> Option<&Cue> {
        self.shown.as_ref().map(|shown| &shown.cue)
    }

    /// Returns the size and the words of the card, with its current age; `None` while no card is shown.
    pub fn card(&self, session: &Session) -> Option<(CardSize, Card)> {
        let shown = self.shown.as_ref()?;
        let size = shown.cue.card();
        (size != CardSize::None).then(|| (size, shown.marker.card(session.now().wall)))
    }

    /// Returns what to announce to screen readers, once per return: the card and the certainty for
    /// [`Card::announcement`].
    pub fn take_announcement(&mut self) -> Option<(Card, Certainty)> {
        self.shown.as_mut()?.announcement.take()
    }

    /// Returns the present path of the marked element; `None` if it was not found.
    pub fn target(&self) -> Option<&str> {
        self.shown.as_ref()?.target.as_deref()
    }

    /// Returns the element that the user wants to go to and that is not in view: open its page. Then, in the next layout,
    /// scroll to it: see [`Placement::reveal`](crate::marker::place::Placement::reveal).
    ///
    /// `None` once it is in view, the user touched another element, or some layouts have passed.
    pub fn wanted(&self) -> Option<&str> {
        let shown = self.shown.as_ref().filter(|shown| self.wish > 0 && !shown.is_in_view)?;
        Some(shown.target.as_deref().unwrap_or(shown.marker.element()))
    }

    /// Returns the row of this [list](Self::add_list) that the user wants to go to and that is not built, from zero.
    pub fn row_wanted(&self, list: &str) -> Option<u64> {
        self.wanted()?;
        match self.shown.as_ref()?.found?.1 {
            Match::Unrealized { container, index } if self.scene.elements().path(container) == list => Some(index),
            _ => None,
        }
    }

    /// Returns the actions that the card can offer now, so that no button is dead.
    ///
    /// `can_open` tells whether the program opens the page of the [wanted](Self::wanted) element.
    pub fn offers(&self, can_open: bool) -> Vec<CardAction> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let knows_the_way = match shown.found {
            Some((_, Match::Exact(_) | Match::Moved(_) | Match::Unrealized { .. })) => !shown.is_in_view,
            // Its page is open, and it is not there.
            Some(_) if self.scene.page_is_open(shown.marker.element()) => false,
            _ => can_open,
        };
        let is_open = shown.marker.phase() != Phase::Committed;
        let offers = [(CardAction::Continue, knows_the_way), (CardAction::NotNow, true), (CardAction::Done, is_open)];
        offers.into_iter().filter(|(_, is_offered)| *is_offered).map(|(action, _)| action).collect()
    }

    /// Does what the user chose on the card.
    pub fn act(&mut self, session: &mut Session, action: CardAction) {
        match action {
            CardAction::Continue => self.take_back(),
            CardAction::NotNow => self.tell(CueEvent::Postponed),
            CardAction::Done => {
                let path = self.target().or(self.marker().map(Marker::element)).unwrap_or_default().to_owned();
                session.scope(&self.scope).mark_finished(&path);
                self.tell(CueEvent::Dismissed);
            }
        }
    }

    /// "Take me back": shows the marker again, whether it faded or was dismissed, and wants to go there.
    pub fn take_back(&mut self) {
        self.tell(CueEvent::Recalled);
        self.wish = TRIES;
        if let Some(shown) = &mut self.shown {
            shown.is_in_view = false;
        }
    }

    /// Hides the marker and the card, as Esc does.
    pub fn dismiss(&mut self) {
        self.tell(CueEvent::Dismissed);
    }
}

impl Shown {
    /// With full prominence, before the element is located.
    fn new(marker: Marker, policy: CuePolicy) -> Self {
        let cue = Cue::new(&marker, Certainty::Card, policy);
        Self { marker, cue, found: None, target: None, is_in_view: false, announcement: None }
    }

    /// Returns whether the search has shown that the keys of a list count its rows.
    fn locate(&mut self, scene: &Scene, signature: u64) -> bool {
        let mut counts_rows = false;
        if self.found.is_none_or(|(before, _)| before != signature) {
            let resolution = self.marker.resolve(scene);
            counts_rows = resolution.evidence().contains(&Evidence::RowNumber);
            self.found = Some((signature, resolution.outcome()));
        }
        let Some((_, outcome)) = self.found else { return counts_rows };
        let found = Found::of(scene, outcome);
        self.cue.set_certainty(found.map_or(Certainty::Card, |found| found.whereabouts.certainty()));
        self.target = match outcome {
            Match::Exact(node) | Match::Moved(node) => Some(scene.elements().path(node).to_owned()),
            _ => None,
        };
        self.is_in_view = self.target.is_some() && found.is_some_and(|found| found.is_in_view());
        counts_rows
    }
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
