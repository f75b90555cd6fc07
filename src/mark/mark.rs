//! The mark that an application records when the user touches an element.

use std::borrow::Cow;
use std::fmt;

use super::Hidden;

pub(crate) const MAX_PATH: usize = 1024;
pub(crate) const MAX_TEXT: usize = 512;
pub(crate) const MAX_BREADCRUMB: usize = 16;

/// Records that the user touched an element.
///
/// A mark borrows its text; build it on the stack and pass it to the session. A path identifies the element: names
/// separated by `/`, chosen by the application and stable across starts and releases. Use record ids and field names,
/// never positions or toolkit ids. A path longer than [`MAX_PATH`](Mark::MAX_PATH) is cut. The empty path means the
/// scope itself. An empty text is the same as none.
///
/// By default, a mark has the action [`Action::Other`] and the phase [`Phase::Unknown`].
///
/// ```
/// use leftoff::{Action, Mark, Phase};
///
/// let mark = Mark::new("invoice/42/amount")
///     .action(Action::Edit)
///     .phase(Phase::InProgress)
///     .label("Amount")
///     .detail("1 200 EUR")
///     .note("next: call Ana")
///     .breadcrumb(&["Invoices", "Invoice 42"])
///     .step(2, 3);
/// assert!(!format!("{mark:?}").contains("EUR"), "logs never show what the user typed");
///
/// let short: Mark = "invoice/42/amount".into();
/// assert_eq!(short, Mark::new("invoice/42/amount"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Mark<'a> {
    pub(crate) element: Cow<'a, str>,
    pub(super) kind: Action,
    pub(super) phase: Phase,
    pub(super) label: &'a str,
    pub(super) detail: &'a str,
    pub(super) note: &'a str,
    pub(super) place: &'a [&'a str],
    pub(super) step: Option<(u32, u32)>,
    pub(super) sensitive: bool,
}

impl<'a> Mark<'a> {
    /// The maximum length of an element path, in bytes; the rest is cut.
    ///
    /// A path that was cut still leads to the element's surroundings, but not to the element itself.
    pub const MAX_PATH: usize = MAX_PATH;
    /// The maximum length of a label, detail, note or caption, in bytes each; the rest is cut.
    pub const MAX_TEXT: usize = MAX_TEXT;
    /// The maximum number of captions in a breadcrumb; further (inner) captions are dropped.
    pub const MAX_BREADCRUMB: usize = MAX_BREADCRUMB;

    /// Creates a mark of the element at `path`.
    ///
    /// ```
    /// use leftoff::Mark;
    ///
    /// let id = 42;
    /// let path = format!("invoice/{id}/amount");
    /// let mark = Mark::new(&path);
    /// assert_eq!(mark, Mark::from(&path));
    /// ```
    pub const fn new(path: &'a str) -> Self {
        Self {
            element: Cow::Borrowed(path),
            kind: Action::Other,
            phase: Phase::Unknown,
            label: "",
            detail: "",
            note: "",
            place: &[],
            step: None,
            sensitive: false,
        }
    }

    /// Sets the user's action. Default: [`Action::Other`].
    ///
    /// ```
    /// use leftoff::{Action, Mark};
    ///
    /// let mark = Mark::new("invoice/42/amount").action(Action::Edit);
    /// ```
    #[must_use]
    pub const fn action(mut self, kind: Action) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the phase of the action. Default: [`Phase::Unknown`].
    ///
    /// Set [`Phase::InProgress`] for a text field that has the caret, and for a command that takes time;
    /// [`Phase::Committed`] once something is sent, saved or otherwise finished.
    ///
    /// ```
    /// use leftoff::{Action, Mark, Phase};
    ///
    /// let sent = Mark::new("invoice/42/send").action(Action::Press).phase(Phase::Committed);
    /// ```
    #[must_use]
    pub const fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    /// Sets the element's name as the user sees it; without it, a card calls the element "an unnamed field". Cut at [`MAX_TEXT`](Mark::MAX_TEXT) bytes.
    ///
    /// ```
    /// use leftoff::Mark;
    ///
    /// let mark = Mark::new("invoice/42/amount").label("Amount");
    /// ```
    #[must_use]
    pub const fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
    }

    /// Sets a snippet of the content, such as the first words of the line. Cut at [`MAX_TEXT`](Mark::MAX_TEXT) bytes.
    ///
    /// ```
    /// use leftoff::Mark;
    ///
    /// let mark = Mark::new("invoice/42/amount").detail("1 200 EUR");
    /// ```
    #[must_use]
    pub const fn detail(mut self, detail: &'a str) -> Self {
        self.detail = detail;
        self
    }

    /// Sets a note that reminds the user on return. Cut at [`MAX_TEXT`](Mark::MAX_TEXT) bytes.
    ///
    /// The note stays with the element until a later mark sets another note, or until the user touches another element.
    ///
    /// ```
    /// use leftoff::Mark;
    ///
    /// let mark = Mark::new("invoice/42/amount").note("next: call Ana");
    /// ```
    #[must_use]
    pub const fn note(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }

    /// Sets the location of the element as the user sees it, outermost caption first: window, page, group.
    ///
    /// At most [`MAX_BREADCRUMB`](Mark::MAX_BREADCRUMB) captions of [`MAX_TEXT`](Mark::MAX_TEXT) bytes each.
    ///
    /// ```
    /// use leftoff::Mark;
    ///
    /// let mark = Mark::new("invoice/42/amount").breadcrumb(&["Invoices", "Invoice 42"]);
    /// ```
    #[must_use]
    pub const fn breadcrumb(mut self, captions: &'a [&'a str]) -> Self {
        self.place = captions;
        self
    }

    /// Sets the step of a wizard: step `number` of `total`, counted from one.
    ///
    /// ```
    /// use leftoff::Mark;
    ///
    /// let mark = Mark::new("checkout/address/street").step(2, 3);
    /// ```
    #[must_use]
    pub const fn step(mut self, number: u32, total: u32) -> Self {
        self.step = Some((number, total));
        self
    }

    /// Marks the element as secret: its label, detail and note are not stored.
    ///
    /// Texts from earlier marks of the same burst are dropped too. The touch, the path and the breadcrumb are stored.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Mark, Marker};
    ///
    /// let mark = Mark::new("login/password").label("Password").detail("hunter2").sensitive();
    /// let marker = Marker::from_marks("main", [(mark, Timestamp::default())], None, None).unwrap();
    /// assert_eq!((marker.label(), marker.detail()), (None, None));
    /// ```
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }
}

impl<'a> From<&'a str> for Mark<'a> {
    fn from(path: &'a str) -> Self {
        Self::new(path)
    }
}

impl<'a> From<&'a String> for Mark<'a> {
    fn from(path: &'a String) -> Self {
        Self::new(path)
    }
}

impl From<String> for Mark<'_> {
    fn from(path: String) -> Self {
        Self { element: Cow::Owned(path), ..Mark::new("") }
    }
}

impl fmt::Debug for Mark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mark")
            .field("element", &self.element)
            .field("kind", &self.kind)
            .field("phase", &self.phase)
            .field("label", &Hidden(self.label.len()))
            .field("detail", &Hidden(self.detail.len()))
            .field("note", &Hidden(self.note.len()))
            .field("place", &self.place.len())
            .field("step", &self.step)
            .field("sensitive", &self.sensitive)
            .finish()
    }
}

/// The user's action on an element.
///
/// ```
/// use leftoff::{Action, Mark};
///
/// let mark = Mark::new("toolbar/send").action(Action::Press);
/// assert_eq!(Action::default(), Action::Other);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Action {
    /// Changed the content: typed, drew, moved.
    Edit,
    /// Picked one of several options: a list, a radio button, a date.
    Choose,
    /// Switched something on: ticked a box.
    Tick,
    /// Switched something off.
    Untick,
    /// Triggered a command: a button, a menu item.
    Press,
    /// Focused the element without further action.
    Focus,
    /// Opened the element: a document, a tab, a section.
    Open,
    /// Scrolled to this position while reading.
    Scroll,
    /// Any other action, including actions that only a newer version defines.
    #[default]
    Other,
}

impl Action {
    /// The number in stored marks; it never changes and is never reused.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::Edit => 1,
            Self::Choose => 2,
            Self::Press => 3,
            Self::Focus => 4,
            Self::Open => 5,
            Self::Scroll => 6,
            Self::Tick => 7,
            Self::Untick => 8,
        }
    }

    pub(super) const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Edit,
            2 => Self::Choose,
            3 => Self::Press,
            4 => Self::Focus,
            5 => Self::Open,
            6 => Self::Scroll,
            7 => Self::Tick,
            8 => Self::Untick,
            _ => Self::Other,
        }
    }
}

/// The phase of an action; it keeps a user from repeating a finished "Send".
///
/// ```
/// use leftoff::{Action, Mark, Phase};
///
/// let started = Mark::new("toolbar/send").action(Action::Press).phase(Phase::InProgress);
/// let sent = started.clone().phase(Phase::Committed);
/// assert_ne!(started, sent);
/// assert_eq!(Phase::default(), Phase::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Phase {
    /// Not known. Phases that only a newer version defines are read as this.
    #[default]
    Unknown,
    /// Started and not finished.
    InProgress,
    /// Finished: the user must not repeat it by mistake.
    Committed,
    /// Failed without effect.
    Failed,
}

impl Phase {
    /// The number in stored marks; it never changes and is never reused.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Committed => 1,
            Self::Failed => 2,
            Self::InProgress => 3,
        }
    }

    pub(super) const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Committed,
            2 => Self::Failed,
            3 => Self::InProgress,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_numbers_mean_the_same_for_ever() {
        use Action::{Choose, Edit, Focus, Open, Other, Press, Scroll, Tick, Untick};
        let kinds = [Other, Edit, Choose, Press, Focus, Open, Scroll, Tick, Untick];
        for (number, kind) in (0_u8..).zip(kinds) {
            assert_eq!((kind.number(), Action::from_number(number)), (number, kind));
        }
        for (number, phase) in (0_u8..).zip([Phase::Unknown, Phase::Committed, Phase::Failed, Phase::InProgress]) {
            assert_eq!((phase.number(), Phase::from_number(number)), (number, phase));
        }
        assert_eq!((Action::from_number(200), Phase::from_number(200)), (Action::Other, Phase::Unknown));
    }

    #[test]
    fn debug_shows_the_path_and_no_content() {
        let mark = Mark::new("a/b").label("secret").detail("secret").note("secret").breadcrumb(&["secret"]);
        let shown = format!("{mark:?}");
        assert!(shown.contains("a/b") && !shown.contains("secret"), "{shown}");
    }
}
