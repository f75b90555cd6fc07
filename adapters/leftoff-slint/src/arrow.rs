//! The arrow of a window, as the program sees it.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Direction;
use leftoff::resume::{Drawn, Resume, Text};
use leftoff::{Capture, Error, Reason, Saved, Session};
use slint::Color;

use crate::heart::Heart;
use crate::host::Host;

/// The arrow of one window: marks the elements that the user touches, saves, and points at the element where the user
/// left off.
///
/// [`attach`](Self::attach) connects it to the window. Keep it until the event loop has ended: when it is dropped, it saves
/// once more, and lets the session go.
pub struct Arrow {
    heart: Rc<Heart>,
}

impl Arrow {
    /// Connects a window, whose content is in a `LeftOffFrame`.
    ///
    /// `capture` sets the sections, as in [`Session::autosave`]. It is called after input, when its handlers have run, and
    /// each second while the user is there. It must not borrow `session`, which is borrowed then.
    ///
    /// A second arrow at the same window takes it over; the first one then hears nothing.
    pub fn attach<W: Host>(
        window: &W,
        session: &Rc<RefCell<Session>>,
        capture: impl Fn(&mut Capture<'_>) + 'static,
    ) -> Self {
        Self::attach_scope(window, "", session, capture)
    }

    /// Connects another window, or one that shows a document, with this [scope](Session::scope). All of them share the
    /// session. `capture` sets the sections of this window, by [`Capture::scope`].
    pub fn attach_scope<W: Host>(
        window: &W,
        scope: &str,
        session: &Rc<RefCell<Session>>,
        capture: impl Fn(&mut Capture<'_>) + 'static,
    ) -> Self {
        let heart = Heart::new(Box::new(window.as_weak()), scope, session, Rc::new(capture));
        let weak = Rc::downgrade(&heart);
        window.hear(Rc::new(move |said| weak.upgrade().is_some_and(|heart| heart.hear(said))));
        heart.look_soon();
        Self { heart }
    }

    /// Sets what reads all sections again, when the stored values have changed: another instance saved them, or the user
    /// undid the restore, or brought quarantined sections back. Without it, the values on the screen are saved over them.
    ///
    /// Nothing is borrowed when it is called. Read the sections of all windows.
    pub fn on_read_again(&self, read: impl Fn() + 'static) -> &Self {
        self.heart.program.borrow_mut().read_again = Some(Rc::new(read));
        self
    }

    /// Sets what opens the page of the element with this path, after "Continue", if no element with it is in the window.
    pub fn on_open(&self, open: impl Fn(&str) + 'static) -> &Self {
        self.heart.program.borrow_mut().open = Some(Rc::new(open));
        self
    }

    /// Sets what is done with the errors of [`Session::autosave`]. Default: a line on the standard
    /// error.
    pub fn on_error(&self, report: impl Fn(&Error) + 'static) -> &Self {
        self.heart.program.borrow_mut().report = Rc::new(report);
        self
    }

    /// Declares a `ListView`, which builds only its visible rows, by the path of the `LeftOffMark` around it. `row_of`
    /// returns the row of a record, from zero, given its name in the path: for `"orders/42/notes"` in the list `"orders"`,
    /// that is `"42"`. `show_row` scrolls to a row, after "Continue": it sets the `content-y` of the view.
    ///
    /// `row_of` must not call the arrow.
    pub fn add_list(
        &self,
        path: &str,
        row_of: impl Fn(&str) -> Option<u32> + 'static,
        show_row: impl Fn(u32) + 'static,
    ) -> &Self {
        self.heart.set(|state| state.lists.push((path.to_owned(), Box::new(row_of))));
        self.heart.program.borrow_mut().show_row.push(Rc::new(show_row));
        self
    }

    /// Sets the policy for fading and for the size of the card after an absence.
    pub fn policy(&self, policy: CuePolicy) -> &Self {
        self.heart.set(|state| state.resume.set_policy(policy));
        self
    }

    /// Sets the reading direction: the preferred side of an element for the arrow.
    pub fn direction(&self, direction: Direction) -> &Self {
        self.heart.set(|state| state.direction = direction);
        self
    }

    /// Sets the colour of arrow and outline, made darker until white text on it is readable. Default: the accent of the
    /// style's `Palette`.
    pub fn color(&self, color: Color) -> &Self {
        self.heart.set(|state| state.color = Some(color));
        self
    }

    /// Sets the texts of another language. If `speaker` returns `None`, the English text is used.
    pub fn texts(&self, speaker: impl Fn(Text<'_>) -> Option<String> + 'static) -> &Self {
        self.heart.set(|state| state.speaker = Some(Box::new(speaker)));
        self
    }

    /// Reports that a value has changed without input: by a timer, a download, a task.
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

    /// "Take me back": shows the marker again, scrolls to its element, and has its page opened. Bind it to a shortcut.
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

    /// Returns the lines of the notice and of the card that are shown, and the names of their buttons. Empty without
    /// either.
    pub fn card(&self) -> (Vec<String>, Vec<String>) {
        let card = self.heart.card();
        ([card.notice_lines, card.lines, card.small_lines].concat(), [card.notice_buttons, card.buttons].concat())
    }
}

impl Drop for Arrow {
    fn drop(&mut self) {
        // A value that has changed since the last second is saved, too.
        if !std::thread::panicking() {
            self.heart.is_unsaved.set(true);
            self.heart.save();
        }
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
#[expect(clippy::print_stderr, reason = "a program that wants it elsewhere says so")]
pub(crate) fn warn(error: &Error) {
    eprintln!("leftoff: not saved: {error:#}");
}
