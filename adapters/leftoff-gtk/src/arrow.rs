//! The arrow of a window, as the program sees it.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use gtk::gdk::RGBA;
use gtk::glib;
use gtk::prelude::*;
use leftoff::marker::cue::CuePolicy;
use leftoff::resume::{Drawn, Resume, Text};
use leftoff::{Capture, Error, Reason, Saved, Session};

use crate::events;
use crate::heart::Heart;

/// The arrow of one window: marks the widgets that the user touches, saves, and points at the widget where the user left
/// off.
///
/// [`attach`](Self::attach) connects it to the window, which keeps it alive until it is destroyed. A clone is the same
/// arrow; a program that needs no setting can drop it.
#[derive(Clone)]
pub struct Arrow {
    heart: Rc<Heart>,
}

impl Arrow {
    /// Connects a window: wraps its child, draws over it, and saves what the user does.
    ///
    /// `capture` sets the sections, as in [`Session::autosave`]. It is called after input, when the program is idle, and
    /// when the window is asked to close. It must not borrow `session`, which is borrowed then.
    ///
    /// The child of the window becomes a widget of this crate, with the former child inside; a child that the program
    /// sets later is wrapped, too. Call this once for each window, before or after it is shown; a second arrow at a window
    /// shows and marks nothing.
    ///
    /// The session is dropped, and so closed, with the window, unless the program keeps a clone.
    pub fn attach(
        window: &impl IsA<gtk::Window>,
        session: &Rc<RefCell<Session>>,
        capture: impl Fn(&mut Capture<'_>) + 'static,
    ) -> Self {
        Self::attach_scope(window, "", session, capture)
    }

    /// Connects another window, or one that shows a document, with this [scope](Session::scope). All of them share the
    /// session. `capture` sets the sections of this window, by [`Capture::scope`].
    pub fn attach_scope(
        window: &impl IsA<gtk::Window>,
        scope: &str,
        session: &Rc<RefCell<Session>>,
        capture: impl Fn(&mut Capture<'_>) + 'static,
    ) -> Self {
        let window = window.upcast_ref::<gtk::Window>();
        let arrow = Self { heart: Heart::new(window, scope, session, Rc::new(capture)) };
        events::keep_wrapped(&arrow.heart, window);
        events::connect(&arrow.heart, window);
        arrow
    }

    /// Connects a window that does not let its child be replaced, such as that of libadwaita: wraps `content`, and
    /// leaves it to the program to show the [`widget`](Self::widget) of the arrow in its stead.
    pub fn attach_content(
        window: &impl IsA<gtk::Window>,
        content: &impl IsA<gtk::Widget>,
        session: &Rc<RefCell<Session>>,
        capture: impl Fn(&mut Capture<'_>) + 'static,
    ) -> Self {
        let window = window.upcast_ref::<gtk::Window>();
        let arrow = Self { heart: Heart::new(window, "", session, Rc::new(capture)) };
        arrow.heart.content.set_child(Some(content));
        events::connect(&arrow.heart, window);
        arrow
    }

    /// Returns the widget with the card and the content.
    pub fn widget(&self) -> gtk::Widget {
        self.heart.frame.clone().upcast()
    }

    /// Sets what reads all sections again, when the stored values have changed: another instance saved them, or the user
    /// undid the restore, or brought quarantined sections back. Without it, the values on the screen are saved over them.
    ///
    /// Nothing is borrowed when it is called. Read the sections of all windows.
    pub fn on_read_again(&self, read: impl Fn() + 'static) -> &Self {
        self.heart.program.borrow_mut().read_again = Some(Rc::new(read));
        self
    }

    /// Saves and restores a property of a widget, as `GSettings` does: the text of an entry, the state of a switch, the page
    /// of a stack, the position of a divider. It needs no line in `capture` nor in [`on_read_again`](Self::on_read_again).
    ///
    /// Sets the property to the stored value now, and again whenever the stored values change. The value is stored in the
    /// section `name` of this window's scope. `object` is the widget, or what has the value: the buffer of a text view
    /// (`"text"`), the adjustment of a scale (`"value"`).
    ///
    /// The property can be read and written, and is a text, a `bool`, an `i32`, `u32` or `i64`, an `f32` or `f64`.
    /// Otherwise, and for password entries, nothing is bound, and the log of `GLib` has a warning.
    ///
    /// ```no_run
    /// # fn bind(arrow: &leftoff_gtk::Arrow, title: &gtk::Entry, text: &gtk::TextView, urgent: &gtk::Switch) {
    /// # use gtk::prelude::*;
    /// arrow.bind("title", title, "text").bind("text", &text.buffer(), "text").bind("urgent", urgent, "active");
    /// # }
    /// ```
    pub fn bind(&self, name: &str, object: &impl IsA<glib::Object>, property: &str) -> &Self {
        self.heart.bind(name, object.upcast_ref(), property);
        self
    }

    /// Closes the scope of this window when it is closed, by the user or by [`close`](gtk::prelude::GtkWindowExt::close),
    /// so that the next start does not open it: for dialogs and documents. A window that is open when the program ends
    /// stays in [`Session::scopes`].
    pub fn closes_scope(&self) -> &Self {
        self.heart.closes_scope.set(true);
        self
    }

    /// Sets what opens the page of the element with this path, after "Continue". Only needed for elements that are not
    /// among the widgets of the window then: pages of stacks, notebooks and revealers are opened without it.
    pub fn on_open(&self, open: impl Fn(&str) + 'static) -> &Self {
        self.heart.program.borrow_mut().open = Some(Rc::new(open));
        self
    }

    /// Sets what is done with the errors of [`Session::autosave`]. Default: a warning in the log of `GLib`.
    pub fn on_error(&self, report: impl Fn(&Error) + 'static) -> &Self {
        self.heart.program.borrow_mut().report = Rc::new(report);
        self
    }

    /// Declares a list that builds only its visible rows: a `GtkListView`, `GtkColumnView` or `GtkGridView`, which has a
    /// name or a path. `row_of` returns the row of a record, from zero, given its name in the path: for
    /// `"orders/42/notes"` in the list `"orders"`, that is `"42"`.
    ///
    /// The factory [marks](crate::mark) the row when it is bound. `row_of` must not call the arrow.
    pub fn add_list(&self, list: &impl IsA<gtk::Widget>, row_of: impl Fn(&str) -> Option<u32> + 'static) -> &Self {
        let list = list.upcast_ref::<gtk::Widget>();
        self.heart.set(|state| state.lists.push((list.downgrade(), Box::new(row_of))));
        self
    }

    /// Sets the policy for fading and for the size of the card after an absence.
    pub fn policy(&self, policy: CuePolicy) -> &Self {
        self.heart.set(|state| state.resume.set_policy(policy));
        self
    }

    /// Sets the colour of arrow and outline, made darker until white text on it is readable. Default: the colour of the
    /// theme for selections.
    pub fn color(&self, color: RGBA) -> &Self {
        self.heart.set(|state| state.color = Some(color));
        self
    }

    /// Sets the texts of another language. If `speaker` returns `None`, the English text is used.
    pub fn texts(&self, speaker: impl Fn(Text<'_>) -> Option<String> + 'static) -> &Self {
        self.heart.set(|state| state.speaker = Some(Box::new(speaker)));
        self
    }

    /// Reports that a value has changed without input: by a timer, a download, a task. It is saved when the program is
    /// idle.
    pub fn changed(&self) {
        self.heart.is_unsaved.set(true);
        self.heart.save_soon();
    }

    /// Captures and saves now, if there was input since the last time.
    pub fn save(&self) {
        self.heart.save();
    }

    /// Reports an interruption that the program itself learns of, such as a call: saves, and suspends the session until
    /// [`wake`](Self::wake).
    ///
    /// # Errors
    /// Those of [`Session::suspend`].
    pub fn suspend(&self, reason: impl Into<Reason>) -> Result<Saved, Error> {
        self.heart.save();
        let suspended = self.heart.with(|state, session| {
            state.resume.away();
            session.suspend(reason)
        });
        suspended.unwrap_or(Ok(Saved::Unchanged))
    }

    /// Reports the end of the interruption: shows the marker.
    pub fn wake(&self) {
        self.heart.with(|_, session| session.wake().is_some());
        self.heart.look_soon();
    }

    /// "Take me back": shows the marker again, scrolls to its element, and opens its page. Bind it to a shortcut.
    pub fn take_back(&self) {
        self.heart.set(|state| {
            state.resume.take_back();
        });
        self.heart.look_soon();
    }

    /// Marks this element as finished: the form was sent, the task is done. The marker disappears if it points there.
    pub fn finish(&self, path: &str) {
        self.heart.with(|state, session| state.resume.finish(session, path));
        self.changed();
        self.heart.look_soon();
    }

    /// Calls `f` with what the toolkit-neutral part knows, and what it can be told. `None` while the arrow is at work,
    /// that is, inside a closure given to it.
    pub fn resume<R>(&self, f: impl FnOnce(&mut Resume) -> R) -> Option<R> {
        let result = Some(f(&mut self.heart.state.try_borrow_mut().ok()?.resume));
        self.heart.look_soon();
        result
    }

    /// Returns what is drawn.
    pub fn drawn(&self) -> Drawn {
        self.heart.state.try_borrow().map(|state| state.figure.drawn.clone()).unwrap_or_default()
    }

    /// Returns the lines of the card and of the notice that are shown, and the names of their buttons. Empty without
    /// either.
    pub fn card(&self) -> (Vec<String>, Vec<String>) {
        self.heart.strip.texts()
    }
}

impl fmt::Debug for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arrow = f.debug_struct("Arrow");
        if let Ok(state) = self.heart.state.try_borrow() {
            arrow.field("resume", &state.resume).field("drawn", &state.figure.drawn);
        }
        arrow.finish_non_exhaustive()
    }
}

/// The default of [`Arrow::on_error`].
pub(crate) fn warn(error: &Error) {
    glib::g_warning!("leftoff", "not saved: {error:#}");
}
