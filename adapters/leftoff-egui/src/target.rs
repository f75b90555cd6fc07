//! What an application says of an element each frame, and what becomes of it when the user touches it.

use std::fmt;

use egui::Response;
use leftoff::marker::anchor::KeyOrigin;
use leftoff::{Action, Mark, Phase};

/// An element an arrow can point at: its path, and what its [`Mark`] is to say when the user touches it.
///
/// The path is the one of [`Mark::new`]: names of things with `/` between them, the same at every start. Never made of
/// an [`egui::Id`], which is a number of this run. A text is enough where the path says it all.
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
    phase: Phase,
    detail: &'a str,
    note: &'a str,
    place: &'a [&'a str],
    step: Option<(u32, u32)>,
    sensitive: bool,
}

impl<'a> Target<'a> {
    /// The element at this path. Is it a record, such as a row? Then say so with [`record`](Self::record), or the arrow
    /// may point into another one.
    pub const fn new(path: &'a str) -> Self {
        Self {
            path,
            label: "",
            role: "",
            origin: KeyOrigin::Authored,
            kind: None,
            phase: Phase::InProgress,
            detail: "",
            note: "",
            place: &[],
            step: None,
            sensitive: false,
        }
    }

    /// The name the user sees on it. Helps to find the element again when its path has changed.
    #[must_use]
    pub const fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
    }

    /// What it is, in words of your own: `"field"`, `"button"`. Helps to find it again, too.
    #[must_use]
    pub const fn role(mut self, role: &'a str) -> Self {
        self.role = role;
        self
    }

    /// The last name of the path is the id of a record: a row of a list, the invoice 42.
    ///
    /// **Say it of every record, in every frame in which it is on the screen.** A record that does not say it looks like
    /// a part of the program, and those get new names with a new version. So if the user left `R-1/notes` and has `R-2`
    /// open, the notes of `R-2` are taken for the same field under a new name, and the arrow points there, as "moved".
    /// What is in a record is never looked for in another one.
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

    /// What the act is, where the [`Response`] does not tell it: see [`Arrow::mark`](crate::Arrow::mark). Of a click or a
    /// change; to get the keyboard stays [`Action::Focus`].
    #[must_use]
    pub const fn action(mut self, kind: Action) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The act finishes something: the button that sends. As [`Phase::Committed`].
    #[must_use]
    pub const fn done(mut self) -> Self {
        self.phase = Phase::Committed;
        self
    }

    /// As [`Mark::phase`], of a click or a change. Who only gets the keyboard has done nothing yet: that is
    /// [`Phase::InProgress`].
    #[must_use]
    pub const fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    /// As [`Mark::detail`].
    #[must_use]
    pub const fn detail(mut self, detail: &'a str) -> Self {
        self.detail = detail;
        self
    }

    /// As [`Mark::note`].
    #[must_use]
    pub const fn note(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }

    /// As [`Mark::place`].
    #[must_use]
    pub const fn breadcrumb(mut self, captions: &'a [&'a str]) -> Self {
        self.place = captions;
        self
    }

    /// As [`Mark::step`].
    #[must_use]
    pub const fn step(mut self, number: u32, total: u32) -> Self {
        self.step = Some((number, total));
        self
    }

    /// As [`Mark::sensitive`]. Its label is not used to find it again either.
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The name to find it by; none for what is secret.
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

/// A touch, kept until the end of the frame.
pub(crate) struct Touch {
    pub(crate) path: String,
    kind: Action,
    phase: Phase,
    label: String,
    detail: String,
    note: String,
    place: Vec<String>,
    step: Option<(u32, u32)>,
    sensitive: bool,
}

impl Touch {
    pub(crate) fn new(target: &Target<'_>, kind: Action) -> Self {
        // What the target says is of the act. Who comes to "Send" with the Tab key has sent nothing.
        let (kind, phase) = match kind {
            Action::Focus => (kind, Phase::InProgress),
            act => (target.kind.unwrap_or(act), target.phase),
        };
        Self {
            path: target.path.to_owned(),
            kind,
            phase,
            label: target.label.to_owned(),
            detail: target.detail.to_owned(),
            note: target.note.to_owned(),
            place: target.place.iter().map(|&caption| caption.to_owned()).collect(),
            step: target.step,
            sensitive: target.sensitive,
        }
    }

    /// The mark, for as long as `f` runs: it borrows its captions.
    pub(crate) fn with_mark<R>(&self, f: impl FnOnce(Mark<'_>) -> R) -> R {
        let place: Vec<&str> = self.place.iter().map(String::as_str).collect();
        let mut mark = Mark::new(&self.path).action(self.kind).phase(self.phase).breadcrumb(&place);
        mark = mark.label(&self.label).detail(&self.detail).note(&self.note);
        if let Some((number, total)) = self.step {
            mark = mark.step(number, total);
        }
        f(if self.sensitive { mark.sensitive() } else { mark })
    }
}

/// What the user did to a widget in this frame, as its response tells.
pub(crate) fn act(response: &Response) -> Option<Action> {
    // Text fields, sliders and numbers can be dragged in; boxes, radio buttons and rows cannot.
    let holds_content = response.sense.senses_drag();
    if response.changed() {
        Some(if holds_content { Action::Edit } else { Action::Choose })
    } else if response.clicked() && !holds_content {
        Some(Action::Press)
    } else if response.gained_focus() {
        Some(Action::Focus)
    } else {
        None
    }
}
