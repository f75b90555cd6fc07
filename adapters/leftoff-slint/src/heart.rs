//! What an arrow is made of, and when it asks the elements and saves.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use leftoff::marker::cue::Salience;
use leftoff::{Capture, Error, Outcome, Session};
use slint::{Timer, TimerMode};

use crate::host::{CardLists, Drawing, Host, Said, Set};
use crate::spot::{Spot, Touch};
use crate::state::{News, State, Way};

type Write = dyn Fn(&mut Capture<'_>);
type Open = dyn Fn(&str);
type ShowRow = dyn Fn(u32);

/// The closures of the program.
pub(crate) struct Program {
    pub(crate) capture: Rc<Write>,
    pub(crate) read_again: Option<Rc<dyn Fn()>>,
    pub(crate) open: Option<Rc<Open>>,
    /// Of each list.
    pub(crate) show_row: Vec<Rc<ShowRow>>,
    pub(crate) report: Rc<dyn Fn(&Error)>,
}

/// The window, without its type.
pub(crate) trait Surface {
    fn set(&self, what: Set<'_>);
    /// Device pixels per unit; `None` once the window is gone.
    fn scale(&self) -> Option<f32>;
}

impl<W: Host> Surface for slint::Weak<W> {
    fn set(&self, what: Set<'_>) {
        if let Some(window) = self.upgrade() {
            window.set(what);
        }
    }

    fn scale(&self) -> Option<f32> {
        Some(self.upgrade()?.window().scale_factor())
    }
}

/// An arrow. The program owns it; the callbacks of the window refer to it weakly.
pub(crate) struct Heart {
    surface: Box<dyn Surface>,
    session: Rc<RefCell<Session>>,
    pub(crate) program: RefCell<Program>,
    pub(crate) state: RefCell<State>,
    /// There was input, or a change, since the last capture.
    pub(crate) is_unsaved: Cell<bool>,
    is_save_due: Cell<bool>,
    is_look_due: Cell<bool>,
    /// The number of the last question to the elements.
    look: Cell<i32>,
    scroll: Cell<i32>,
    /// The last sign of the user.
    heard: Cell<Option<Instant>>,
    is_hovered: Cell<bool>,
    tick: Timer,
    shown: RefCell<(Option<Drawing>, CardLists)>,
}

/// As long after the last sign of the user, values may still change by it.
const AFTER_INPUT: Duration = Duration::from_secs(5);
/// Between two captures while the user is there: presses are not heard, so they show by their values only.
const TICK: Duration = Duration::from_secs(1);
/// Between two tries to see the frame.
const AGAIN: Duration = Duration::from_millis(20);
/// The number of tries: a window that is not shown does not answer.
const TRIES: u8 = 5;

impl Heart {
    pub(crate) fn new(
        surface: Box<dyn Surface>,
        scope: &str,
        session: &Rc<RefCell<Session>>,
        capture: Rc<Write>,
    ) -> Rc<Self> {
        let report: Rc<dyn Fn(&Error)> = Rc::new(crate::arrow::warn);
        let program = Program { capture, read_again: None, open: None, show_row: Vec::new(), report };
        Rc::new(Self {
            surface,
            session: Rc::clone(session),
            program: RefCell::new(program),
            state: RefCell::new(State::new(scope)),
            is_unsaved: Cell::default(),
            is_save_due: Cell::default(),
            is_look_due: Cell::default(),
            look: Cell::default(),
            scroll: Cell::default(),
            heard: Cell::default(),
            is_hovered: Cell::default(),
            tick: Timer::default(),
            shown: RefCell::default(),
        })
    }

    /// Calls `f` with the state and the session, unless the program is inside one of them.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut State, &mut Session) -> R) -> Option<R> {
        let mut session = self.session.try_borrow_mut().ok()?;
        let mut state = self.state.try_borrow_mut().ok()?;
        Some(f(&mut state, &mut session))
    }

    /// Changes a setting. Inside a closure given to the arrow, nothing is changed.
    pub(crate) fn set(&self, set: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.state.try_borrow_mut() {
            set(&mut state);
        }
    }

    /// Hears what the `.slint` half says. Returns whether that takes the key.
    pub(crate) fn hear(self: &Rc<Self>, said: Said) -> bool {
        match said {
            Said::Spot { path, label, role, flags, rect } => {
                let spot = Spot::new(path.into(), label.into(), role.into(), flags, rect);
                self.set(|state| state.said.push(spot));
            }
            Said::Touched { path, label, breadcrumb, flags, action } => self.touch(&Touch {
                path: path.into(),
                label: label.into(),
                breadcrumb: breadcrumb.into(),
                flags,
                action,
            }),
            Said::Moved => self.look_soon(),
            Said::Heard(input) => self.input(input),
            Said::Escaped => return self.dismiss(),
            Said::Frame { rect, accent } => self.set(|state| state.frame = Some((rect, accent))),
            Said::Measured { text, width, height } => {
                self.set(|state| state.measured.set(text.into(), width, height));
                self.look_soon();
            }
            Said::Chosen { block, button } => self.choose(block, button),
            Said::Followed => {
                self.set(|state| state.resume.want());
                self.look_soon();
            }
        }
        false
    }

    fn input(self: &Rc<Self>, input: i32) {
        match input {
            2 => self.is_hovered.set(true),
            3 => self.is_hovered.set(false),
            _ => {}
        }
        self.heard.set(Some(Instant::now()));
        self.start_tick();
        let is_old = self.with(|state, session| {
            if input == 1 {
                state.resume.input(session);
            } else {
                state.resume.user_active(session);
            }
            state.is_old(session)
        });
        if input == 1 {
            self.is_unsaved.set(true);
            self.save_soon();
        }
        if is_old == Some(true) {
            self.look_soon();
        }
    }

    fn touch(self: &Rc<Self>, touch: &Touch) {
        // The program may focus a field by itself, at its start for example.
        if touch.path.is_empty() || (touch.is_focus() && !self.is_user_there()) {
            return;
        }
        self.heard.set(Some(Instant::now()));
        self.start_tick();
        self.with(|state, session| state.touch(touch, session));
        self.is_unsaved.set(true);
        self.save_soon();
        self.look_soon();
    }

    fn is_user_there(&self) -> bool {
        self.is_hovered.get() || self.heard.get().is_some_and(|at| at.elapsed() < AFTER_INPUT)
    }

    /// Captures each second while the user is there.
    fn start_tick(self: &Rc<Self>) {
        if self.tick.running() {
            return;
        }
        let weak = Rc::downgrade(self);
        self.tick.start(TimerMode::Repeated, TICK, move || {
            if let Some(heart) = weak.upgrade() {
                heart.on_tick();
            }
        });
    }

    fn on_tick(self: &Rc<Self>) {
        let is_second = self.with(|_, session| session.outcome() == Outcome::ReadOnly);
        self.is_unsaved.set(true);
        self.save();
        // Elements that are gone do not say so.
        self.look_soon();
        // Another instance may exit, and this one take over, without any input here.
        if !self.is_user_there() && is_second != Some(true) {
            self.tick.stop();
        }
    }

    /// Looks whether the stored values changed, and if so, has them read again.
    fn refresh(&self) {
        if self.with(|state, session| state.resume.refresh(session)) == Some(true) {
            self.read_again();
        }
    }

    fn read_again(&self) {
        let read = self.program.borrow().read_again.clone();
        if let Some(read) = read {
            read();
        }
    }

    /// Saves when the handlers of the input have done their work.
    pub(crate) fn save_soon(self: &Rc<Self>) {
        if !self.is_save_due.replace(true) {
            self.soon(Duration::ZERO, |heart| {
                heart.is_save_due.set(false);
                heart.save();
            });
        }
    }

    fn soon(self: &Rc<Self>, after: Duration, f: impl FnOnce(&Rc<Self>) + 'static) {
        let weak = Rc::downgrade(self);
        Timer::single_shot(after, move || {
            if let Some(heart) = Weak::upgrade(&weak) {
                f(&heart);
            }
        });
    }

    /// Captures and saves, if there is anything unsaved.
    pub(crate) fn save(&self) {
        if !self.is_unsaved.get() {
            return;
        }
        self.refresh();
        let capture = Rc::clone(&self.program.borrow().capture);
        let saved = self.with(|state, session| {
            // Another window may have saved meanwhile, with its own sections only.
            session.mark_dirty();
            state.resume.autosave(session, &*capture)
        });
        // While the program holds the session, the input stays unsaved; the tick tries again.
        self.is_unsaved.set(saved.is_none());
        if let Some(Err(error)) = saved {
            let report = Rc::clone(&self.program.borrow().report);
            report(&error);
        }
    }

    /// Asks the elements where they are.
    pub(crate) fn look_soon(self: &Rc<Self>) {
        if !self.is_look_due.replace(true) {
            self.soon(Duration::ZERO, Self::ask);
        }
    }

    fn ask(self: &Rc<Self>) {
        self.is_look_due.set(false);
        self.set(|state| (state.said, state.frame) = (Vec::new(), None));
        let number = self.look.get().wrapping_add(1);
        self.look.set(number);
        // The elements answer when their properties are next evaluated.
        self.surface.set(Set::Look(number));
        self.wait_for_answers(number, Duration::ZERO, TRIES);
    }

    fn wait_for_answers(self: &Rc<Self>, number: i32, after: Duration, tries: u8) {
        self.soon(after, move |heart| {
            if heart.look.get() != number {
                return;
            }
            let has_answered = heart.state.try_borrow().is_ok_and(|state| state.frame.is_some());
            if has_answered {
                heart.see();
            } else if tries > 0 {
                heart.wait_for_answers(number, AGAIN, tries - 1);
            }
        });
    }

    /// All elements have answered.
    fn see(self: &Rc<Self>) {
        let Some(scale) = self.surface.scale() else { return };
        let can_open = self.program.borrow().open.is_some();
        let seen = self.with(|state, session| {
            let (frame, accent) = state.frame?;
            let news = state.lay_out(session, frame, scale, can_open);
            let is_second = session.outcome() == Outcome::ReadOnly;
            Some((news, state.drawing(accent), state.card_lists(), state.measured.take_missing(), is_second))
        });
        let Some(Some((news, drawing, card, missing, is_second))) = seen else { return };
        self.show(drawing, card);
        if let Some(text) = missing {
            self.surface.set(Set::Measure(&text));
        }
        if is_second {
            self.start_tick();
        }
        self.apply(news);
    }

    fn show(&self, drawing: Drawing, card: CardLists) {
        let mut shown = self.shown.borrow_mut();
        if shown.0.as_ref() != Some(&drawing) {
            self.surface.set(Set::Drawing(&drawing));
            shown.0 = Some(drawing);
        }
        // New lists would be new buttons, without the focus.
        if shown.1 != card {
            self.surface.set(Set::Card(&card));
            shown.1 = card;
        }
    }

    /// Does what the last look found to be done.
    fn apply(self: &Rc<Self>, news: News) {
        if news.must_reread {
            self.read_again();
        }
        if let Some(words) = news.announcement {
            self.surface.set(Set::Announcement(&words));
        }
        match news.way {
            Some(Way::Scroll(path, (x, y))) => {
                self.set(|state| state.resume.fulfilled());
                let number = self.scroll.get().wrapping_add(1);
                self.scroll.set(number);
                self.surface.set(Set::Scroll { number, path: &path, by: (x, y) });
            }
            Some(Way::Row(list, row)) => {
                let show_row = self.program.borrow().show_row.get(list).cloned();
                if let Some(show_row) = show_row {
                    show_row(row);
                }
            }
            Some(Way::Open(path)) => {
                let open = self.program.borrow().open.clone();
                if let Some(open) = open {
                    open(&path);
                }
            }
            None => {}
        }
        if news.goes_on {
            self.look_soon();
        }
    }

    /// Does what a button of the strip asks for.
    fn choose(self: &Rc<Self>, block: i32, button: i32) {
        self.heard.set(Some(Instant::now()));
        let is_back = self.with(|state, session| {
            state.choice(block, button).is_some_and(|choice| state.resume.choose(session, choice))
        });
        if is_back == Some(true) {
            self.read_again();
        }
        // What the user has finished is marked.
        self.is_unsaved.set(true);
        self.save_soon();
        self.look_soon();
    }

    /// Hides the marker, as Esc does; returns whether there was one to hide.
    fn dismiss(self: &Rc<Self>) -> bool {
        let is_dismissed = self.with(|state, _| state.resume.salience() != Salience::Hidden && state.resume.dismiss());
        if is_dismissed == Some(true) {
            self.look_soon();
        }
        is_dismissed == Some(true)
    }

    /// Returns the texts that the strip shows.
    pub(crate) fn card(&self) -> CardLists {
        self.shown.try_borrow().map(|shown| shown.1.clone()).unwrap_or_default()
    }
}
