//! What a program says of an element: for adapters that keep it beside a widget.

use std::fmt;

use crate::mark::{Action, Mark, Phase};
use crate::marker::anchor::{Element, KeyOrigin};

/// What a program says of an element that it names: the path, and the contents of its [`Mark`]s. It owns its texts.
///
/// An adapter keeps it beside the widget, adds the element to each layout, and marks the user's touches of it.
///
/// ```
/// use leftoff::resume::Target;
/// use leftoff::{Action, Phase};
///
/// let mut send = Target::new("form/send");
/// send.phase = Some(Phase::Committed);
/// assert_eq!(send.name("Send"), "Send", "what the widget is called, without a label of the program");
/// // A press is what the program says; the focus alone presses nothing.
/// send.with_mark("Send", Action::Press, Phase::Unknown, |mark| assert!(format!("{mark:?}").contains("Committed")));
/// send.with_mark("Send", Action::Focus, Phase::Unknown, |mark| assert!(format!("{mark:?}").contains("Unknown")));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// From the window to the element, as in [`Mark::new`].
    pub path: String,
    /// The name as the user sees it, never the contents of a field; empty for the widget's own.
    pub label: String,
    /// The role, in the program's terms; empty for the widget's own.
    pub role: String,
    /// Whether the last name of the path is the id of a record.
    pub origin: KeyOrigin,
    /// The action of a touch, instead of that which the adapter sees.
    pub action: Option<Action>,
    /// The phase of a touch, instead of that which the adapter sees.
    pub phase: Option<Phase>,
    /// The captions of page and group, as in [`Mark::breadcrumb`].
    pub breadcrumb: Vec<String>,
    /// Whether the element is secret, as in [`Mark::sensitive`]: its label is neither stored nor used to locate it.
    pub is_sensitive: bool,
}

impl Target {
    /// Creates the target of an element, which is no record and not secret.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            label: String::new(),
            role: String::new(),
            origin: KeyOrigin::Authored,
            action: None,
            phase: None,
            breadcrumb: Vec::new(),
            is_sensitive: false,
        }
    }

    /// Returns the name of the element: the label, or else `own`, which the widget is called. Empty for a secret one.
    pub fn name<'a>(&'a self, own: &'a str) -> &'a str {
        match (self.is_sensitive, self.label.as_str()) {
            (true, _) => "",
            (false, "") => own,
            (false, label) => label,
        }
    }

    /// Returns the element for [`Resume::add`](super::Resume::add). `own` and `role` are the name and the role of the
    /// widget, for a target without them.
    pub fn element<'a>(&'a self, own: &'a str, role: &'a str) -> Element<'a> {
        let role = if self.role.is_empty() { role } else { &self.role };
        Element::new(&self.path).role(role).name(self.name(own)).origin(self.origin)
    }

    /// Calls `f` with the mark of a touch, which borrows its captions. `action` and `phase` apply unless the program has
    /// set its own; those are not meant for [`Action::Focus`], which presses nothing.
    pub fn with_mark<R>(&self, own: &str, action: Action, phase: Phase, f: impl FnOnce(Mark<'_>) -> R) -> R {
        let (action, phase) = match action {
            Action::Focus => (action, phase),
            action => (self.action.unwrap_or(action), self.phase.unwrap_or(phase)),
        };
        let breadcrumb: Vec<&str> = self.breadcrumb.iter().map(String::as_str).collect();
        let mark = Mark::new(&self.path).action(action).phase(phase).label(self.name(own)).breadcrumb(&breadcrumb);
        f(if self.is_sensitive { mark.sensitive() } else { mark })
    }
}

/// Without the label, which may be the name of a record.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("path", &self.path).field("role", &self.role).finish_non_exhaustive()
    }
}
