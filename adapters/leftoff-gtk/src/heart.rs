//! What an arrow is made of, and when it looks at the widgets and saves.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use gtk::glib;
use gtk::prelude::*;
use leftoff::marker::cue::Salience;
use leftoff::resume::Choice;
use leftoff::{Capture, Error, Outcome, Session};

use crate::arrow;
use crate::bind::Bound;
use crate::card::{Announcer, Strip, load_style};
use crate::go;
use crate::paint;
use crate::state::{News, State};

type Write = dyn Fn(&mut Capture<'_>);
type Open = dyn Fn(&str);

/// The closures of the program.
pub(crate) struct Program {
    capture: Option<Rc<Write>>,
    pub(crate) read_again: Option<Rc<dyn Fn()>>,
    pub(crate) open: Option<Rc<Open>>,
    pub(crate) report: Rc<dyn Fn(&Error)>,
}

/// An arrow. The controllers of its window own it; all else refers to it weakly.
pub(crate) struct Heart {
    pub(crate) window: glib::WeakRef<gtk::Window>,
    /// The strip, and below it the content.
    pub(crate) frame: gtk::Box,
    pub(crate) content: gtk::Overlay,
    canvas: gtk::DrawingArea,
    pub(crate) strip: Strip,
    announcer: Announcer,
    /// `None` once the window is destroyed.
    session: RefCell<Option<Rc<RefCell<Session>>>>,
    pub(crate) program: RefCell<Program>,
    pub(crate) state: RefCell<State>,
    pub(crate) bound: RefCell<Vec<Rc<Bound>>>,
    /// The end of the window closes its scope, if the user has closed it.
    pub(crate) closes_scope: Cell<bool>,
    /// The window was asked to close, and nothing has happened in it since.
    pub(crate) is_closing: Cell<bool>,
    /// There was input, or a change, since the last capture.
    pub(crate) is_unsaved: Cell<bool>,
    is_save_due: Cell<bool>,
    is_later_save_due: Cell<bool>,
    /// The next frame is to be looked at.
    is_look_due: Cell<bool>,
    has_looked: Cell<bool>,
    /// A look has found a second instance, so the session may take over without any input here.
    is_waiting: Cell<bool>,
    /// The program is reading its sections again: changes of texts are not the user's.
    pub(crate) is_reading: Cell<bool>,
    news: RefCell<Option<News>>,
}

/// The class of the widget of an arrow.
pub(crate) const FRAME: &str = "leftoff-frame";

/// A value that follows from input by a task of GTK, such as a paste or a drop, is there by then.
const LATER: Duration = Duration::from_secs(1);

impl Heart {
    pub(crate) fn new(
        window: &gtk::Window,
        scope: &str,
        session: &Rc<RefCell<Session>>,
        capture: Rc<Write>,
    ) -> Rc<Self> {
        let content = gtk::Overlay::builder().hexpand(true).vexpand(true).build();
        let canvas = gtk::DrawingArea::builder()
            .can_target(false)
            .can_focus(false)
            .accessible_role(gtk::AccessibleRole::Presentation)
            .build();
        content.add_overlay(&canvas);
        let strip = Strip::new();
        strip.widget.add_css_class("leftoff-card");
        let frame = gtk::Box::new(gtk::Orientation::Vertical, 0);
        frame.add_css_class(FRAME);
        frame.append(&strip.widget);
        frame.append(&content);
        load_style(frame.upcast_ref());
        let program = Program { capture: Some(capture), read_again: None, open: None, report: Rc::new(arrow::warn) };
        let heart = Rc::new(Self {
            window: window.downgrade(),
            frame,
            content,
            canvas,
            strip,
            announcer: Announcer::default(),
            session: RefCell::new(Some(Rc::clone(session))),
            program: RefCell::new(program),
            state: RefCell::new(State::new(scope)),
            bound: RefCell::default(),
            closes_scope: Cell::default(),
            is_closing: Cell::default(),
            is_unsaved: Cell::default(),
            is_save_due: Cell::default(),
            is_later_save_due: Cell::default(),
            // The first frame.
            is_look_due: Cell::new(true),
            has_looked: Cell::default(),
            is_waiting: Cell::default(),
            is_reading: Cell::default(),
            news: RefCell::default(),
        });
        let weak = Rc::downgrade(&heart);
        heart.canvas.set_draw_func(move |canvas, cr, _, _| {
            let Some(heart) = weak.upgrade() else { return };
            let Ok(state) = heart.state.try_borrow() else { return };
            let widget = canvas.upcast_ref();
            // An error stays in the context, which GTK checks.
            let _ = paint::figure(cr, widget, &state.figure, paint::color(widget, state.color));
        });
        heart
    }

    /// Calls `f` with the state and the session, unless the program is inside one of them, or the window is destroyed.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut State, &mut Session) -> R) -> Option<R> {
        let session = self.session.try_borrow().ok()?.clone()?;
        let mut session = session.try_borrow_mut().ok()?;
        let mut state = self.state.try_borrow_mut().ok()?;
        Some(f(&mut state, &mut session))
    }

    /// Changes a setting. Inside a closure given to the arrow, nothing is changed.
    pub(crate) fn set(&self, set: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.state.try_borrow_mut() {
            set(&mut state);
        }
    }

    fn content(&self) -> &gtk::Widget {
        self.content.upcast_ref()
    }

    /// Looks whether the stored values changed, and if so, has them read again.
    pub(crate) fn refresh(&self) {
        if self.with(|state, session| state.resume.refresh(session)) == Some(true) {
            self.read_again();
        }
    }

    fn read_again(&self) {
        let read = self.program.borrow().read_again.clone();
        self.is_reading.set(true);
        self.restore_bound();
        if let Some(read) = read {
            read();
        }
        self.is_reading.set(false);
    }

    /// Saves when the program is idle, and once more a second later.
    pub(crate) fn save_soon(self: &Rc<Self>) {
        if !self.is_save_due.replace(true) {
            let weak = Rc::downgrade(self);
            let save = move || {
                if let Some(heart) = weak.upgrade() {
                    heart.is_save_due.set(false);
                    heart.save();
                    heart.set(State::end_input);
                }
            };
            // After what the program itself does when it is idle.
            glib::idle_add_local_full(glib::Priority::LOW, once(save));
        }
        if !self.is_later_save_due.replace(true) {
            let weak = Rc::downgrade(self);
            glib::timeout_add_local_once(LATER, move || {
                if let Some(heart) = weak.upgrade() {
                    heart.is_later_save_due.set(false);
                    heart.is_unsaved.set(true);
                    heart.save();
                }
            });
        }
    }

    /// Captures and saves, if there is anything unsaved.
    pub(crate) fn save(&self) {
        if !self.is_unsaved.get() {
            return;
        }
        self.refresh();
        let Some(capture) = self.program.borrow().capture.clone() else { return };
        let bound = self.read_bound();
        let saved = self.with(|state, session| {
            state.read(self.content());
            // Another window may have saved meanwhile, with its own sections only.
            session.mark_dirty();
            state.resume.autosave(session, |all| {
                capture(all);
                let mut own = all.scope(state.resume.scope());
                for write in bound {
                    write(&mut own);
                }
            })
        });
        // While the program holds the session, the input stays unsaved; the timer tries again.
        self.is_unsaved.set(saved.is_none());
        if let Some(Err(error)) = saved {
            let report = Rc::clone(&self.program.borrow().report);
            report(&error);
        }
    }

    /// Looks at the widgets in the next frame.
    pub(crate) fn look_soon(&self) {
        self.is_look_due.set(true);
        self.canvas.queue_draw();
    }

    /// A frame is laid out, or painted. While nothing is shown, this does nothing.
    pub(crate) fn frame(self: &Rc<Self>, is_painted: bool) {
        let is_shown = || self.state.try_borrow().is_ok_and(|state| state.is_shown);
        if !self.has_looked.get() && self.frame.is_mapped() && (self.is_look_due.get() || is_shown()) {
            self.has_looked.set(true);
            self.look();
        }
        if is_painted {
            self.has_looked.set(false);
        }
    }

    fn look(self: &Rc<Self>) {
        let can_open = self.program.borrow().open.is_some();
        let looked = self.with(|state, session| {
            let before = state.figure.clone();
            let news = state.lay_out(session, self.content(), can_open);
            (news, before != state.figure, session.outcome() == Outcome::ReadOnly)
        });
        let Some((news, is_changed, is_second)) = looked else { return };
        self.is_look_due.set(news.goes_on);
        if is_changed || news.goes_on {
            self.canvas.queue_draw();
        }
        if is_second {
            self.wait();
        }
        let mut waiting = self.news.borrow_mut();
        let is_first = waiting.is_none();
        *waiting = Some(waiting.take().map_or_else(|| News::clone(&news), |before| before.followed_by(news.clone())));
        if is_first {
            // A frame is no time to change widgets.
            let weak = Rc::downgrade(self);
            glib::idle_add_local_full(glib::Priority::HIGH_IDLE, once(move || tell(&weak)));
        }
    }

    /// Another instance may exit, and this one take over, without any input here.
    fn wait(self: &Rc<Self>) {
        if self.is_waiting.replace(true) {
            return;
        }
        let weak = Rc::downgrade(self);
        glib::timeout_add_local(LATER, move || {
            let Some(heart) = weak.upgrade() else { return glib::ControlFlow::Break };
            let is_second = heart.with(|_, session| session.outcome() == Outcome::ReadOnly);
            if is_second == Some(false) {
                heart.is_waiting.set(false);
                heart.refresh();
                heart.look_soon();
                return glib::ControlFlow::Break;
            }
            glib::ControlFlow::Continue
        });
    }

    /// Does what the last look found to be done.
    fn apply(self: &Rc<Self>, news: News) {
        if news.must_reread {
            self.read_again();
        }
        let weak = Rc::downgrade(self);
        let press = move |asked| {
            if let Some(heart) = weak.upgrade() {
                heart.press(asked);
            }
        };
        self.strip.show(&news.words, &press);
        if let Some(words) = news.announcement {
            self.announcer.announce(&self.frame, &words);
        }
        if let Some(way) = news.way {
            if let Some(path) = go::follow(&way) {
                let open = self.program.borrow().open.clone();
                if let Some(open) = open {
                    open(&path);
                }
            }
            self.look_soon();
        }
    }

    /// Does what a button of the strip asks for.
    fn press(self: &Rc<Self>, choice: Choice) {
        let is_back = self.with(|state, session| state.resume.choose(session, choice));
        if is_back == Some(true) {
            self.read_again();
        }
        // What the user has finished is marked.
        self.is_unsaved.set(true);
        self.save_soon();
        self.look_soon();
    }

    /// Hides the marker, as Esc does; returns whether there was one to hide.
    pub(crate) fn dismiss(&self) -> bool {
        let is_dismissed = self.with(|state, _| state.resume.salience() != Salience::Hidden && state.resume.dismiss());
        if is_dismissed == Some(true) {
            self.look_soon();
        }
        is_dismissed == Some(true)
    }

    /// The window is gone from the screen. If the user closed it, its scope is closed, too, and nothing more is saved.
    pub(crate) fn close_scope(&self) {
        if !(self.closes_scope.get() && self.is_closing.get()) {
            return;
        }
        let saved = self.with(|state, session| {
            session.scope(state.resume.scope()).close();
            session.autosave(|_| {})
        });
        if let Some(Err(error)) = saved {
            let report = Rc::clone(&self.program.borrow().report);
            report(&error);
        }
        self.release();
    }

    /// The window is destroyed, or the application ends: lets the session and the closures of the program go.
    pub(crate) fn release(&self) {
        let Ok(mut program) = self.program.try_borrow_mut() else { return };
        let closures = (program.capture.take(), program.read_again.take(), program.open.take());
        drop(program);
        let session = self.session.borrow_mut().take();
        // They may own widgets whose end comes back here.
        drop((closures, session));
    }
}

fn tell(heart: &Weak<Heart>) {
    if let Some(heart) = heart.upgrade() {
        let news = heart.news.borrow_mut().take();
        if let Some(news) = news {
            heart.apply(news);
        }
    }
}

/// A closure for a source that ends after its first call.
fn once(f: impl FnOnce() + 'static) -> impl FnMut() -> glib::ControlFlow + 'static {
    let mut f = Some(f);
    move || {
        if let Some(f) = f.take() {
            f();
        }
        glib::ControlFlow::Break
    }
}

/// Nothing of the strip is left of what a look found before.
impl News {
    fn followed_by(self, next: Self) -> Self {
        Self {
            must_reread: self.must_reread || next.must_reread,
            announcement: next.announcement.or(self.announcement),
            way: next.way.or(self.way),
            ..next
        }
    }
}
