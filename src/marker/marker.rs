//! What comes back: where the user was.

use std::fmt;
use std::time::Duration;

use super::card::Card;
use super::entry::TrailEntry;
use super::mark::{Kind, Mark, Phase};
use super::reason::Reason;
use super::survivor::{Survivor, nearest};
use super::trail::Trail;
use crate::time::Timestamp;

/// Where the user was when they were interrupted, what they did there, when, and why they left.
///
/// Made when the state is restored and never changed after that: what the user does from then on does not move it.
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::time::Timestamp;
/// use leftoff::{Kind, Mark, Marker, Phase, Reason};
///
/// let marks = [
///     (Mark::new("invoice/42").kind(Kind::Open), Timestamp::from_millis(0)),
///     (Mark::new("invoice/42/amount").kind(Kind::Edit).label("Amount").note("call Ana"), Timestamp::from_millis(5_000)),
/// ];
/// let away = Duration::from_secs(42 * 60);
/// let marker = Marker::from_marks("main", marks, Some(away), Some(Reason::Call)).unwrap();
///
/// assert_eq!((marker.scope(), marker.element()), ("main", "invoice/42/amount"));
/// assert_eq!((marker.kind(), marker.phase()), (Kind::Edit, Phase::InProgress));
/// assert_eq!((marker.label(), marker.detail(), marker.note()), (Some("Amount"), None, Some("call Ana")));
/// assert_eq!((marker.at().as_millis(), marker.step(), marker.is_sensitive()), (5_000, None, false));
/// assert_eq!((marker.away(), marker.reason()), (Some(away), Some(&Reason::Call)));
/// assert!(marker.breadcrumb().eq(["invoice", "42"]));
/// assert_eq!(marker.trail().len(), 2);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Marker {
    scope: String,
    /// The newest entry, which there always is.
    last: TrailEntry,
    /// All of them, `last` included.
    trail: Vec<TrailEntry>,
    away: Option<Duration>,
    reason: Option<Reason>,
}

impl Marker {
    /// A marker from marks instead of from a session: for tests of code that draws one, and for applications that keep
    /// their marks themselves. The marks come oldest first; `None` if there are none.
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
        Self::freeze(scope, &trail, away, reason)
    }

    pub(crate) fn freeze(scope: &str, trail: &Trail, away: Option<Duration>, reason: Option<Reason>) -> Option<Self> {
        let last = trail.last()?.clone();
        Some(Self { scope: scope.to_owned(), last, trail: trail.iter().cloned().collect(), away, reason })
    }

    /// The scope the element is in.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The path of the element; empty for the scope itself.
    pub fn element(&self) -> &str {
        self.last.element()
    }

    /// What the user did there last.
    pub fn kind(&self) -> Kind {
        self.last.kind()
    }

    /// How far that got.
    pub fn phase(&self) -> Phase {
        self.last.phase()
    }

    /// The name the user saw on the element. `None` if there was none, and for sensitive elements.
    pub fn label(&self) -> Option<&str> {
        self.last.label()
    }

    /// A snippet of its content. `None` if there was none, and for sensitive elements.
    pub fn detail(&self) -> Option<&str> {
        self.last.detail()
    }

    /// What the user wanted to remember. `None` if there was none, and for sensitive elements.
    pub fn note(&self) -> Option<&str> {
        self.last.note()
    }

    /// When the user touched the element last, as the clock said then.
    pub fn at(&self) -> Timestamp {
        self.last.at()
    }

    /// How long the user was away; `None` where no clock can tell.
    pub fn away(&self) -> Option<Duration> {
        self.away
    }

    /// Why the user left, if anybody said.
    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// Where the element is, the outermost first: the captions of its place, or else the names of its path but the
    /// last.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, Marker};
    ///
    /// let mark = Mark::new("invoice/42/amount").place(&["Invoices", "Invoice 42"]);
    /// let marker = Marker::from_marks("main", [(mark, Timestamp::default())], None, None).unwrap();
    /// assert!(marker.breadcrumb().eq(["Invoices", "Invoice 42"]));
    /// ```
    pub fn breadcrumb(&self) -> impl Iterator<Item = &str> {
        let has_place = self.last.place().next().is_some();
        let path = self.element().trim_end_matches('/');
        let (container, _) = path.rsplit_once('/').filter(|_| !has_place).unwrap_or_default();
        self.last.place().chain(container.split('/')).filter(|name| !name.is_empty())
    }

    /// Step (number, total) of a wizard, counted from one.
    pub fn step(&self) -> Option<(u32, u32)> {
        self.last.step()
    }

    /// The last steps of the user, oldest first; the last one is what this marker points at. A burst of touches of one
    /// element is one entry.
    pub fn trail(&self) -> &[TrailEntry] {
        &self.trail
    }

    /// Whether the element holds a secret.
    pub fn is_sensitive(&self) -> bool {
        self.last.is_sensitive()
    }

    /// What is left of the element, given the paths the application can point at now. Looks at each key once.
    ///
    /// Names are compared whole and as they are: `invoice/4` has nothing to do with `invoice/42`. See [`Survivor`].
    ///
    /// ```
    /// use leftoff::marker::Survivor;
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, Marker};
    ///
    /// let mark = Mark::new("invoice/42/amount");
    /// let marker = Marker::from_marks("main", [(mark, Timestamp::default())], None, None).unwrap();
    /// assert_eq!(marker.nearest_surviving(["invoice/42/amount"]), Survivor::Exact);
    /// assert_eq!(marker.nearest_surviving(["settings"]), Survivor::Gone);
    /// ```
    pub fn nearest_surviving(&self, keys: impl IntoIterator<Item = impl AsRef<str>>) -> Survivor {
        nearest(self.element(), keys)
    }

    /// The marker in words, as seen at the moment `now`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Kind, Mark, Marker, Reason};
    ///
    /// let mark = Mark::new("invoice/42/amount").kind(Kind::Edit).label("Amount").place(&["Invoices", "Invoice 42"]);
    /// let touched = Timestamp::from_millis(14 * 3_600_000 + 2 * 60_000);
    /// let away = Some(Duration::from_secs(40 * 60));
    /// let marker = Marker::from_marks("main", [(mark, touched)], away, Some(Reason::Call)).unwrap();
    ///
    /// let now = Timestamp::from_millis(touched.as_millis() + 42 * 60_000);
    /// assert_eq!(
    ///     marker.card(now).to_string(),
    ///     "Amount, in Invoices › Invoice 42: edited, not finished\n\
    ///      42 min ago, 14:02 UTC, before a call, away 40 min"
    /// );
    /// ```
    pub fn card(&self, now: Timestamp) -> Card {
        Card::of(self, now)
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marker")
            .field("scope", &self.scope)
            .field("last", &self.last)
            .field("trail", &self.trail.len())
            .field("away", &self.away)
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
        assert_eq!(Marker::freeze("main", &trail, None, None), None);
        trail.record(&Mark::new("a"), 1, Timestamp::default());
        let frozen = Marker::freeze("main", &trail, None, None).unwrap();
        trail.record(&Mark::new("b"), 2, Timestamp::default());
        assert_eq!((frozen.element(), frozen.trail().len()), ("a", 1));
        let later = Marker::freeze("main", &trail, None, None).unwrap();
        assert_eq!((later.element(), later.trail().len()), ("b", 2));
    }

    #[test]
    fn a_breadcrumb_is_the_place_or_the_path_without_its_last_name() {
        assert!(marker(Mark::new("a/b/c")).breadcrumb().eq(["a", "b"]));
        assert!(marker(Mark::new("a/b/c").place(&["X"])).breadcrumb().eq(["X"]));
        assert!(marker(Mark::new("/a//b/c")).breadcrumb().eq(["a", "b"]), "empty names are not shown");
        assert_eq!(marker(Mark::new("a")).breadcrumb().count(), 0);
        assert_eq!(marker(Mark::new("")).breadcrumb().count(), 0);
    }

    #[test]
    fn debug_shows_the_path_and_no_content() {
        let mark = Mark::new("a/b").label("secret").detail("secret").note("secret").place(&["secret"]);
        let shown = format!("{:?}", marker(mark));
        assert!(shown.contains("a/b") && !shown.contains("secret"), "{shown}");
    }
}
