//! What the program says of a widget: its path, label and role. Kept beside the widget, until it is destroyed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use gtk::glib::object::{IsA, ObjectExt, ObjectType};
use gtk::prelude::Cast;
#[cfg(doc)]
use leftoff::Mark;
use leftoff::marker::anchor::KeyOrigin;
use leftoff::{Action, Phase};

/// What the program says of a widget.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// From the window to the widget.
    pub(crate) path: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) is_record: bool,
    pub(crate) action: Option<Action>,
    pub(crate) phase: Option<Phase>,
    pub(crate) breadcrumb: Vec<String>,
    pub(crate) is_sensitive: bool,
}

thread_local! {
    /// By address. A destroyed widget removes its entry, so that its address can be used again.
    static TARGETS: RefCell<HashMap<usize, Rc<Target>>> = RefCell::default();
}

/// Identifies a widget until it is destroyed.
pub(crate) fn id(widget: &gtk::Widget) -> usize {
    widget.as_ptr() as usize
}

/// Returns what was said of this widget.
pub(crate) fn of(widget: &gtk::Widget) -> Option<Rc<Target>> {
    TARGETS.with_borrow(|targets| targets.get(&id(widget)).map(Rc::clone))
}

fn change(widget: &gtk::Widget, change: impl FnOnce(&mut Target)) {
    let id = id(widget);
    let is_new = TARGETS.with_borrow_mut(|targets| {
        let is_new = !targets.contains_key(&id);
        change(Rc::make_mut(targets.entry(id).or_default()));
        is_new
    });
    if is_new {
        widget.add_weak_ref_notify_local(move || {
            // At the end of the thread, the map may be gone before its widgets.
            let _ = TARGETS.try_with(|targets| targets.borrow_mut().remove(&id));
        });
    }
}

/// Remembers that the text of this widget has been hidden: it stays secret when the user looks at it.
pub(crate) fn set_sensitive(widget: &gtk::Widget) {
    if !of(widget).is_some_and(|target| target.is_sensitive) {
        change(widget, |target| target.is_sensitive = true);
    }
}

/// Names a widget, so that the arrow can point at it; the user's touches of it are then marked.
///
/// Only for widgets without a name of their own: those from a `.ui` file with an id, and those with a
/// [widget name](gtk::prelude::WidgetExt::set_widget_name), have one, and so have a path. This call replaces it, and what
/// an earlier call said of the same widget: a row that is used again for another record is marked again.
///
/// The `path` leads from the window to the widget, with a `/` between the names, as in [`Mark::new`]: `"form/name"`. It
/// stays the same in all versions and languages of the program. With an empty path, the widget is not an element.
///
/// ```no_run
/// # fn row(id: u32, row: &gtk::Box, notes: &gtk::Entry, send: &gtk::Button) {
/// use leftoff_gtk::mark;
///
/// mark(row, format!("orders/{id}")).record();
/// mark(notes, format!("orders/{id}/notes")).label("Notes");
/// mark(send, "orders/send").done();
/// # }
/// ```
pub fn mark(widget: &impl IsA<gtk::Widget>, path: impl Into<String>) -> Marked {
    let (widget, path) = (widget.clone().upcast(), path.into());
    change(&widget, |target| *target = Target { path: Some(path), ..Target::default() });
    Marked { widget }
}

/// Describes a widget without replacing its path: see [`mark`].
///
/// ```no_run
/// # fn describe(account: &gtk::Entry) {
/// // The path is that of its id in the `.ui` file.
/// leftoff_gtk::describe(account).sensitive();
/// # }
/// ```
pub fn describe(widget: &impl IsA<gtk::Widget>) -> Marked {
    Marked { widget: widget.clone().upcast() }
}

/// A widget that the arrow may point at: see [`mark`].
#[derive(Debug)]
pub struct Marked {
    widget: gtk::Widget,
}

impl Marked {
    fn set(self, set: impl FnOnce(&mut Target)) -> Self {
        change(&self.widget, set);
        self
    }

    /// Sets the name as the user sees it: in the card, and to locate the element after its path has changed.
    ///
    /// Default: the text of a label with this mnemonic widget, the label of a button, the placeholder, the tooltip, or for
    /// a field and the like, the label directly before it in a box or a grid. Never pass the contents of a field.
    #[allow(clippy::return_self_not_must_use, reason = "the widget is changed")]
    pub fn label(self, label: impl Into<String>) -> Self {
        self.set(|target| target.label = Some(label.into()))
    }

    /// Sets the role, in your own terms: `"row"`. It also helps to locate the element. Default: that of the widget.
    #[allow(clippy::return_self_not_must_use, reason = "the widget is changed")]
    pub fn role(self, role: impl Into<String>) -> Self {
        self.set(|target| target.role = Some(role.into()))
    }

    /// Declares that the last name of the path is the id of a record: a row of a list, the invoice 42.
    ///
    /// **Call it for every record, always.** An undeclared record looks like a part of the program, which a new version
    /// may rename, so the arrow could point into another record.
    #[allow(clippy::return_self_not_must_use, reason = "the widget is changed")]
    pub fn record(self) -> Self {
        self.set(|target| target.is_record = true)
    }

    /// Sets the action of a press or an edit. By default, a press is [`Action::Press`], and text is [`Action::Edit`].
    #[allow(clippy::return_self_not_must_use, reason = "the widget is changed")]
    pub fn action(self, action: Action) -> Self {
        self.set(|target| target.action = Some(action))
    }

    /// Declares that the action finishes something: a form is sent. Sets [`Phase::Committed`].
    #[allow(clippy::return_self_not_must_use, reason = "the widget is changed")]
    pub fn done(self) -> Self {
        self.set(|target| target.phase = Some(Phase::Committed))
    }

    /// Sets the breadcrumb, as [`Mark::breadcrumb`] does: the captions of page and group.
    #[allow(clippy::return_self_not_must_use, reason = "the widget is changed")]
    pub fn breadcrumb<S: Into<String>>(self, captions: impl IntoIterator<Item = S>) -> Self {
        self.set(|target| target.breadcrumb = captions.into_iter().map(Into::into).collect())
    }

    /// Marks the element as secret, as [`Mark::sensitive`] does: a PIN, an account. Its label is not stored either.
    ///
    /// Password entries, and entries whose text is or was hidden, are secret without this call.
    #[allow(clippy::return_self_not_must_use, reason = "the widget is changed")]
    pub fn sensitive(self) -> Self {
        self.set(|target| target.is_sensitive = true)
    }
}

impl Target {
    pub(crate) fn origin(&self) -> KeyOrigin {
        if self.is_record { KeyOrigin::Data } else { KeyOrigin::Authored }
    }
}
