//! The restored marker: the user's last position.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::anchor::{Anchor, Position, UiTree};
use super::card::Card;
use super::changes::{Changes, Seen};
use super::message::A_MOMENT;
use super::resolve::{Resolution, Resolver};
use crate::mark::Reason;
use crate::mark::Trail;
use crate::mark::TrailEntry;
use crate::mark::{Action, Mark, Phase};
use crate::time::{Away, Timestamp, plausible};

/// Old path, new path.
pub(crate) type Renames = &'static [(&'static str, &'static str)];

/// The element where the user was interrupted, the last action, its time, and the reason for leaving.
///
/// The session creates the marker when it restores the state. Later actions of the user do not change it.
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::time::Timestamp;
/// use leftoff::{Action, Mark, Marker, Phase, Reason};
///
/// let marks = [
///     (Mark::new("invoice/42").action(Action::Open), Timestamp::from_millis(0)),
///     (Mark::new("invoice/42/amount").action(Action::Edit).label("Amount").note("call Ana"), Timestamp::from_millis(5_000)),
/// ];
/// let away = Duration::from_secs(42 * 60);
/// let marker = Marker::from_marks("main", marks, Some(away), Some(Reason::Call)).unwrap();
///
/// assert_eq!((marker.scope(), marker.element()), ("main", "invoice/42/amount"));
/// assert_eq!((marker.action(), marker.phase()), (Action::Edit, Phase::Unknown));
/// assert_eq!((marker.label(), marker.detail(), marker.note()), (Some("Amount"), None, Some("call Ana")));
/// assert_eq!((marker.at().as_millis(), marker.step(), marker.is_sensitive()), (5_000, None, false));
/// assert_eq!((marker.away(), marker.reason()), (Some(away), Some(&Reason::Call)));
/// assert_eq!(marker.trail().len(), 2);
/// ```
#[derive(Clone, PartialEq)]
pub struct Marker {
    scope: String,
    /// The newest entry; a marker always has one.
    last: TrailEntry,
    /// All entries, including `last`.
    trail: Vec<TrailEntry>,
    away: Away,
    reason: Option<Reason>,
    anchor: Anchor,
    position: Option<Position>,
    /// What elements looked like when the user left.
    seen: Option<Seen>,
    renames: Renames,
    /// The name of the device on which the user left off, if it is another one.
    device: Option<Box<str>>,
}

impl Marker {
    /// Creates a marker from marks, oldest first; `None` without marks.
    ///
    /// For tests of code that draws a marker, and for applications that store their marks themselves.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, Marker};
    ///
    /// let marks = [(Mark::new("search"), Timestamp::from_millis(0))];
    /// let marker = Marker::from_marks("main", marks, None, None).unwrap();
    /// assert_eq!(marker.element(), "search");
    /// assert_eq!(Marker::from_marks("main", [], None, None), None);
    /// ```
    pub fn from_marks<'a>(
        scope: &str,
        marks: impl IntoIterator<Item = (Mark<'a>, Timestamp)>,
        away: Option<Duration>,
        reason: Option<Reason>,
    ) -> Option<Self> {
        let mut trail = Trail::default();
        marks.into_iter().for_each(|(mark, at)| trail.record(&mark, 0, at));
        Self::freeze(scope, &trail, Away { length: away, ahead: Duration::ZERO }, reason)
    }

    pub(crate) fn freeze(scope: &str, trail: &Trail, away: Away, reason: Option<Reason>) -> Option<Self> {
        let last = trail.last()?.clone();
        let anchor = Anchor::from_path(last.element());
        let trail = trail.iter().cloned().collect();
        let (position, seen, renames, device) = (None, None, &[][..], None);
        Some(Self { scope: scope.to_owned(), last, trail, away, reason, anchor, position, seen, renames, device })
    }

    /// Returns the marker without the reason of the absence.
    pub(crate) fn without_reason(self) -> Self {
        Self { reason: None, ..self }
    }

    /// Returns the marker without the marks up to this number; `None` if there are no others.
    pub(crate) fn since(mut self, number: u64) -> Option<Self> {
        self.trail.retain(|entry| entry.seq() > number);
        (self.last.seq() > number).then_some(self)
    }

    /// Returns the scope that contains the element.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Returns the path of the element; empty for the scope itself.
    pub fn element(&self) -> &str {
        self.last.element()
    }

    /// Returns the user's last action on the element.
    pub fn action(&self) -> Action {
        self.last.action()
    }

    /// Returns the phase of that action.
    pub fn phase(&self) -> Phase {
        self.last.phase()
    }

    /// Returns the element's name as the user saw it. `None` if it was not set, and for sensitive elements.
    pub fn label(&self) -> Option<&str> {
        self.last.label()
    }

    /// Returns a snippet of the content. `None` if it was not set, and for sensitive elements.
    pub fn detail(&self) -> Option<&str> {
        self.last.detail()
    }

    /// Returns the user's note. `None` if it was not set, and for sensitive elements.
    pub fn note(&self) -> Option<&str> {
        self.last.note()
    }

    /// Returns the time of the last touch, as the wall clock reported it then.
    pub fn at(&self) -> Timestamp {
        self.last.at()
    }

    /// Returns the length of the absence; `None` if no clock can determine it.
    pub fn away(&self) -> Option<Duration> {
        self.away.length
    }

    /// Returns the time since the last touch; `None` if no clock can determine it.
    ///
    /// A wall clock that was set ahead during the absence does not count, unless it was set right since.
    pub(super) fn age(&self, now: Timestamp) -> Option<Duration> {
        let age = now.since(self.at())?;
        let age = plausible(Some(age.checked_sub(self.away.ahead).unwrap_or(age)))?;
        // The touch was before the absence. The wall clock was set back since, so no clock knows the age.
        let more = self.away.length.map_or(Duration::ZERO, |away| away.saturating_sub(age));
        let is_too_young = more >= A_MOMENT && more.saturating_mul(5) > age;
        (!is_too_young).then_some(age)
    }

    /// Returns the reason for leaving, if it was recorded.
    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// Returns the name of the device on which the user left off, if it is another one: see
    /// [`Session::put_stored_mark`](crate::Session::put_stored_mark). Empty if that device has no name.
    pub fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    pub(crate) fn set_device(&mut self, device: &str) {
        self.device = Some(device.into());
    }

    /// Returns the location of the element as the user saw it, outermost caption first.
    pub fn breadcrumb(&self) -> impl Iterator<Item = &str> {
        self.last.breadcrumb().filter(|caption| !caption.is_empty())
    }

    /// Returns the step (number, total) of a wizard, counted from one.
    pub fn step(&self) -> Option<(u32, u32)> {
        self.last.step()
    }

    /// Returns the user's last actions, oldest first; the last entry is the one this marker points at.
    ///
    /// A burst of touches of one element is one entry.
    pub fn trail(&self) -> &[TrailEntry] {
        &self.trail
    }

    /// Returns whether the element is marked as secret.
    pub fn is_sensitive(&self) -> bool {
        self.last.is_sensitive()
    }

    /// Locates the element in the current user interface, using its path, renames and anchor.
    ///
    /// Renames are set with [`Builder::renames`](crate::Builder::renames); an anchor exists if one was
    /// [taken](crate::Capture::anchor). While the path is valid, the call takes microseconds at most. Otherwise it
    /// searches the whole tree, so do not call it for each frame of an animation. See [`resolve`](super::resolve).
    ///
    /// ```
    /// use leftoff::marker::anchor::Elements;
    /// use leftoff::marker::resolve::{Certainty, Match};
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, Marker};
    ///
    /// let mark = Mark::new("invoice/42/amount");
    /// let marker = Marker::from_marks("main", [(mark, Timestamp::default())], None, None).unwrap();
    ///
    /// let mut elements = Elements::new();
    /// elements.add("invoice/42/date");
    /// elements.add("settings");
    /// let resolution = marker.resolve(&elements);
    /// assert_eq!(resolution.certainty(), Certainty::Region);
    /// let Match::Nearest { node, .. } = resolution.outcome() else { panic!("its container is there") };
    /// assert_eq!(elements.path(node), "invoice/42");
    /// ```
    pub fn resolve<T: UiTree>(&self, tree: &T) -> Resolution<T::Node> {
        Resolver::new().renames(self.renames).resolve(&self.anchor, tree)
    }

    /// Returns the anchor of the element; it contains at least the path.
    pub fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// Returns the user's position inside the element, if the application recorded one.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Compares elements with what they looked like when the user left, from their present fingerprints.
    ///
    /// Returns `None` if no fingerprints were [recorded](crate::Capture::fingerprint) in this scope. Pass the elements of
    /// the marker's scope, each with its path and its hash. Renames do not apply: a renamed element is gone, and new.
    ///
    /// This is data for a list or a line beside the card, not for a second arrow.
    pub fn changes<P: AsRef<str>>(&self, present: impl IntoIterator<Item = (P, u64)>) -> Option<Changes> {
        self.seen.as_ref()?.changes(present)
    }

    pub(crate) fn see(&mut self, seen: &Seen) {
        self.seen.get_or_insert_with(|| seen.clone());
    }

    /// Returns the marker with this anchor and position.
    ///
    /// For tests, and for applications that store their anchors themselves.
    #[must_use]
    pub fn with_anchor(mut self, anchor: Anchor, position: Option<Position>) -> Self {
        self.place(Some(anchor), position);
        self
    }

    /// Returns the marker with these renames of elements; see [`Builder::renames`](crate::Builder::renames).
    #[must_use]
    pub fn renamed(mut self, renames: &'static [(&'static str, &'static str)]) -> Self {
        self.renames = renames;
        self
    }

    pub(crate) fn place(&mut self, anchor: Option<Anchor>, position: Option<Position>) {
        if let Some(anchor) = anchor {
            self.anchor = anchor;
        }
        self.position = position;
    }

    /// Returns the marker in words, with its age at the time `now`, a [`Timestamp`] or a [`SystemTime`].
    ///
    /// [`card_now`](Self::card_now) uses the system clock. Create a new card when you draw it again, since it ages.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Marker, Phase, Reason};
    ///
    /// let mark = Mark::new("invoice/42/amount").action(Action::Edit).phase(Phase::InProgress);
    /// let mark = mark.label("Amount").breadcrumb(&["Invoices", "Invoice 42"]);
    /// let away = Some(Duration::from_secs(40 * 60));
    /// let marker = Marker::from_marks("main", [(mark, Timestamp::from_millis(0))], away, Some(Reason::Call)).unwrap();
    ///
    /// let card = marker.card(Timestamp::from_millis(42 * 60_000));
    /// let line = "Amount, in Invoices › Invoice 42: edited, not finished, 42 min ago, before a call";
    /// assert_eq!(card.to_string(), line);
    /// ```
    pub fn card(&self, now: impl Into<Timestamp>) -> Card {
        Card::of(self, now.into(), &|_| None)
    }

    /// Returns the same with days of the local calendar, such as "yesterday at 16:07", for times 90 minutes ago and
    /// more.
    ///
    /// `offset` returns the offset of local time from UTC at a time, in seconds east, or `None` if it is not known:
    /// [`Timestamp::local_offset`] with the feature `local-time`, or the function of a calendar crate.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, Marker};
    ///
    /// let marks = [(Mark::new("amount").label("Amount"), Timestamp::from_millis(16 * 3_600_000))];
    /// let marker = Marker::from_marks("main", marks, None, None).unwrap();
    /// let next_day = Timestamp::from_millis(33 * 3_600_000);
    /// assert_eq!(marker.card(next_day).when(), Some("17 h ago"));
    /// let card = marker.local_card(next_day, |_| Some(3_600));
    /// assert_eq!(card.when(), Some("yesterday at 17:00"));
    /// ```
    pub fn local_card(&self, now: impl Into<Timestamp>, offset: impl Fn(Timestamp) -> Option<i32>) -> Card {
        Card::of(self, now.into(), &offset)
    }

    /// Returns the marker in words, as seen now by the system's clock.
    ///
    /// ```
    /// use leftoff::{Mark, Session};
    ///
    /// let mut session = Session::in_memory();
    /// session.mark(Mark::new("invoice/42/amount").label("Amount").breadcrumb(&["Invoice 42"]));
    /// session.suspend("call")?;
    /// let card = session.wake().map(|marker| marker.card_now());
    /// assert_eq!(card.map(|card| card.location().to_owned()).as_deref(), Some("Amount, in Invoice 42"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn card_now(&self) -> Card {
        self.card(SystemTime::now())
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marker")
            .field("scope", &self.scope)
            .field("last", &self.last)
            .field("trail", &self.trail.len())
            .field("away", &self.away.length)
            .field("reason", &self.reason)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(mark: Mark<'_>) -> Marker {
        Marker::from_marks("main", [(mark, Timestamp::default())], None, Some("secret".into())).unwrap()
    }

    #[test]
    fn a_frozen_marker_does_not_follow_the_trail() {
        let mut trail = Trail::default();
        assert_eq!(Marker::freeze("main", &trail, Away::default(), None), None);
        trail.record(&Mark::new("a"), 1, Timestamp::default());
        let frozen = Marker::freeze("main", &trail, Away::default(), None).unwrap();
        trail.record(&Mark::new("b"), 2, Timestamp::default());
        assert_eq!((frozen.element(), frozen.trail().len()), ("a", 1));
        let later = Marker::freeze("main", &trail, Away::default(), None).unwrap();
        assert_eq!((later.element(), later.trail().len()), ("b", 2));
    }

    #[test]
    fn card_takes_the_time_of_the_standard_library_and_card_now_asks_for_it() {
        let now = SystemTime::now();
        let touched = Timestamp::from(now).as_millis() - 12_000;
        let marks = [(Mark::new("a"), Timestamp::from_millis(touched))];
        let marker = Marker::from_marks("main", marks, None, None).unwrap();
        assert_eq!(marker.card(now).age(), Some(Duration::from_secs(12)));
        assert_eq!(marker.card(now), marker.card(Timestamp::from(now)));
        assert!(marker.card_now().age().is_some_and(|age| age >= Duration::from_secs(12)));
    }

    #[test]
    fn debug_shows_the_path_and_no_content() {
        let mark = Mark::new("a/b").label("secret").detail("secret").note("secret").breadcrumb(&["secret"]);
        let shown = format!("{:?}", marker(mark));
        assert!(shown.contains("a/b") && !shown.contains("secret"), "{shown}");
    }
}
