//! The description of an element in a frame, and its conversion to a mark when the user touches it.

use std::fmt;

#[cfg(doc)]
use egui::Response;
use leftoff::marker::anchor::KeyOrigin;
use leftoff::{Action, Mark, Phase};

/// An element that an arrow can point at: its path, and the contents of its [`Mark`] when the user touches it.
///
/// The path is the path of [`Mark::new`]: names separated by `/`, the same at every start. Never build it from an
/// [`egui::Id`], which is a number of this run. A string is enough if the path is all you need.
///
/// ```
/// use leftoff_egui::Target;
///
/// let target = Target::new("invoice/42/amount").label("Amount").detail("1 200 EUR");
/// assert!(!format!("{target:?}").contains("EUR"), "logs never show what the user typed");
/// let short: Target = "invoice/42/amount".into();
/// ```
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub(crate) path: &'a str,
    pub(crate) label: &'a str,
    pub(crate) role: &'a str,
    pub(crate) origin: KeyOrigin,
    kind: Option<Action>,
    phase: Option<Phase>,
    detail: &'a str,
    note: &'a str,
    place: &'a [&'a str],
    step: Option<(u32, u32)>,
    pub(crate) sensitive: bool,
}

impl<'a> Target<'a> {
    /// Creates a target with this path. If the element is a record, such as a row, call [`record`](Self::record), or
    /// the arrow may point into another record.
    pub const fn new(path: &'a str) -> Self {
        Self {
            path,
            label: "",
            role: "",
            origin: KeyOrigin::Authored,
            kind: None,
            phase: None,
            detail: "",
            note: "",
            place: &[],
            step: None,
            sensitive: false,
        }
    }

    /// Sets the element's name as the user sees it. It helps to locate the element after its path has changed.
    ///
    /// Without it, the name is the widget's own: what a screen reader calls it, such as the text of a button or of the
    /// label that [`Response::labelled_by`] names.
    #[must_use]
    pub const fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
    }

    /// Sets the role, in your own terms: `"field"`, `"button"`. It also helps to locate the element.
    #[must_use]
    pub const fn role(mut self, role: &'a str) -> Self {
        self.role = role;
        self
    }

    /// Declares that the last name of the path is the id of a record: a row of a list, the invoice 42.
    ///
    /// **Call it for every record, in every frame in which the record is on the screen.** An undeclared record looks
    /// like a part of the program, and such parts can be renamed in a new version. So if the user left `R-1/notes` and
    /// has `R-2` open, the notes of `R-2` are taken for the same field under a new name, and the arrow points there, as
    /// "moved". An element of a record is never searched for in another record.
    ///
    /// ```
    /// use leftoff_egui::Target;
    ///
    /// let row = Target::new("R-1").record().label("R-1").role("row");
    /// let field = Target::new("R-1/notes").label("Notes").role("field"); // In a record, and none itself.
    /// ```
    #[must_use]
    pub const fn record(mut self) -> Self {
        self.origin = KeyOrigin::Data;
        self
    }

    /// Sets the action of a click or a change, if the [`Response`] does not determine it: see
    /// [`Arrow::mark`](crate::Arrow::mark). Getting the focus stays [`Action::Focus`].
    #[must_use]
    pub const fn action(mut self, kind: Action) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Declares that the action finishes something, whichever action it is, such as a field that is sent with Enter. Sets
    /// [`Phase::Committed`].
    #[must_use]
    pub const fn done(mut self) -> Self {
        self.phase = Some(Phase::Committed);
        self
    }

    /// Sets the phase of a click or a change, as [`Mark::phase`] does. By default, a text is [`Phase::InProgress`] while it
    /// is edited and has the caret; everything else is [`Phase::Unknown`], and so is getting the focus alone.
    #[must_use]
    pub const fn phase(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// Sets the detail, as [`Mark::detail`] does.
    #[must_use]
    pub const fn detail(mut self, detail: &'a str) -> Self {
        self.detail = detail;
        self
    }

    /// Sets the note, as [`Mark::note`] does.
    #[must_use]
    pub const fn note(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }

    /// Sets the breadcrumb, as [`Mark::breadcrumb`] does.
    #[must_use]
    pub const fn breadcrumb(mut self, captions: &'a [&'a str]) -> Self {
        self.place = captions;
        self
    }

    /// Sets the step, as [`Mark::step`] does.
    #[must_use]
    pub const fn step(mut self, number: u32, total: u32) -> Self {
        self.step = Some((number, total));
        self
    }

    /// Marks the element as secret, as [`Mark::sensitive`] does. Its label is not used to locate it either.
    ///
    /// A password field ([`TextEdit::password`](egui::TextEdit::password)) is sensitive without this call.
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Returns the name used to locate the element; `None` for a sensitive element.
    pub(crate) const fn name(&self) -> &'a str {
        if self.sensitive { "" } else { self.label }
    }
}

impl<'a> From<&'a str> for Target<'a> {
    fn from(path: &'a str) -> Self {
        Self::new(path)
    }
}

impl<'a> From<&'a String> for Target<'a> {
    fn from(path: &'a String) -> Self {
        Self::new(path)
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("path", &self.path).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A target that owns its texts.
#[derive(Clone)]
pub(crate) struct Owned {
    pub(crate) path: String,
    label: String,
    role: String,
    origin: KeyOrigin,
    kind: Option<Action>,
    phase: Option<Phase>,
    detail: String,
    note: String,
    place: Vec<String>,
    step: Option<(u32, u32)>,
    sensitive: bool,
}

impl Owned {
    pub(crate) fn new(target: &Target<'_>) -> Self {
        Self {
            path: target.path.to_owned(),
            label: target.label.to_owned(),
            role: target.role.to_owned(),
            origin: target.origin,
            kind: target.kind,
            phase: target.phase,
            detail: target.detail.to_owned(),
            note: target.note.to_owned(),
            place: target.place.iter().map(|&caption| caption.to_owned()).collect(),
            step: target.step,
            sensitive: target.sensitive,
        }
    }

    /// Calls `f` with the target, which borrows its captions.
    pub(crate) fn with<R>(&self, f: impl FnOnce(Target<'_>) -> R) -> R {
        let place: Vec<&str> = self.place.iter().map(String::as_str).collect();
        f(Target {
            path: &self.path,
            label: &self.label,
            role: &self.role,
            origin: self.origin,
            kind: self.kind,
            phase: self.phase,
            detail: &self.detail,
            note: &self.note,
            place: &place,
            step: self.step,
            sensitive: self.sensitive,
        })
    }
}

/// A touch, stored until the end of the frame.
pub(crate) struct Touch {
    pub(crate) target: Owned,
    kind: Action,
    phase: Phase,
}

impl Touch {
    /// `phase` is the phase unless the target has one.
    pub(crate) fn new(target: &Target<'_>, kind: Action, phase: Phase) -> Self {
        // The target describes the action. Moving to "Send" with the Tab key sends nothing.
        let (kind, phase) = match kind {
            Action::Focus => (kind, Phase::Unknown),
            act => (target.kind.unwrap_or(act), target.phase.unwrap_or(phase)),
        };
        Self { target: Owned::new(target), kind, phase }
    }

    /// Calls `f` with the mark, which borrows its captions.
    pub(crate) fn with_mark<R>(&self, f: impl FnOnce(Mark<'_>) -> R) -> R {
        self.target.with(|target| {
            let mut mark = Mark::new(target.path).action(self.kind).phase(self.phase).breadcrumb(target.place);
            mark = mark.label(target.label).detail(target.detail).note(target.note);
            if let Some((number, total)) = target.step {
                mark = mark.step(number, total);
            }
            f(if target.sensitive { mark.sensitive() } else { mark })
        })
    }
}
