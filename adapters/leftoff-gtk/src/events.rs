//! What is connected to the window: input, focus, frames, and the end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gtk::gdk::{self, EventType, Key};
use gtk::glib::{self, Propagation};
use gtk::prelude::*;

use crate::collect::{Collected, converted};
use crate::geometry;
use crate::heart::{FRAME, Heart};

/// Ends what is connected to the text with the focus.
type Unwatch = Box<dyn FnOnce()>;

/// Shows the frame of the arrow as the child of the window, and the child of the program in it.
pub(crate) fn keep_wrapped(heart: &Rc<Heart>, window: &gtk::Window) {
    if window.child().is_some_and(|child| child.has_css_class(FRAME)) {
        // A second arrow at one window would take the child from the first one, which takes it back.
        return;
    }
    let is_wrapping = Cell::new(false);
    let weak = Rc::downgrade(heart);
    let wrap = move |window: &gtk::Window| {
        let Some(heart) = weak.upgrade() else { return };
        let frame: gtk::Widget = heart.frame.clone().upcast();
        let child = window.child();
        if child.as_ref() == Some(&frame) || is_wrapping.replace(true) {
            return;
        }
        window.set_child(gtk::Widget::NONE);
        heart.content.set_child(child.as_ref());
        window.set_child(Some(&frame));
        is_wrapping.set(false);
        heart.look_soon();
    };
    wrap(window);
    window.connect_child_notify(wrap);
}

pub(crate) fn connect(heart: &Rc<Heart>, window: &gtk::Window) {
    // This controller owns the arrow.
    let input = gtk::EventControllerLegacy::new();
    input.set_propagation_phase(gtk::PropagationPhase::Capture);
    let owned = Rc::clone(heart);
    input.connect_event(move |_, event| owned.hear(event));
    window.add_controller(input);
    let keys = gtk::EventControllerKey::new();
    let weak = Rc::downgrade(heart);
    // What the content does not take.
    keys.connect_key_pressed(move |_, key, _, _| {
        let is_taken = key == Key::Escape && weak.upgrade().is_some_and(|heart| heart.dismiss());
        if is_taken { Propagation::Stop } else { Propagation::Proceed }
    });
    window.add_controller(keys);
    connect_focus(heart, window);
    connect_frames(heart, window);
    connect_end(heart, window);
}

fn connect_focus(heart: &Rc<Heart>, window: &gtk::Window) {
    let (weak, watched) = (Rc::downgrade(heart), Rc::new(RefCell::new(None::<Unwatch>)));
    let follow = move |window: &gtk::Window| {
        let Some(heart) = weak.upgrade() else { return };
        let text = heart.focus_moved(window);
        let unwatch = watched.replace(text.and_then(|text| watch(&heart, &text)));
        if let Some(unwatch) = unwatch {
            unwatch();
        }
    };
    window.connect_focus_widget_notify(follow);
    let weak = Rc::downgrade(heart);
    window.connect_is_active_notify(move |window| {
        let Some(heart) = weak.upgrade() else { return };
        let is_active = window.is_active();
        heart.with(|state, session| {
            if is_active {
                state.resume.user_active(session);
            } else {
                session.focus_lost();
            }
        });
        heart.look_if_old();
    });
}

/// Hears of changes of the text with the focus, and never reads it.
fn watch(heart: &Rc<Heart>, text: &gtk::Widget) -> Option<Unwatch> {
    let (weak, widget) = (Rc::downgrade(heart), text.downgrade());
    let changed = move || {
        if let (Some(heart), Some(widget)) = (weak.upgrade(), widget.upgrade()) {
            heart.edited(&widget);
        }
    };
    if let Some(view) = text.downcast_ref::<gtk::TextView>() {
        let buffer = view.buffer();
        let id = buffer.connect_changed(move |_| changed());
        return Some(Box::new(move || buffer.disconnect(id)));
    }
    let editable = text.clone().downcast::<gtk::Editable>().ok()?;
    let id = editable.connect_changed(move |_| changed());
    Some(Box::new(move || editable.disconnect(id)))
}

fn connect_frames(heart: &Rc<Heart>, window: &gtk::Window) {
    let weak = Rc::downgrade(heart);
    let realized = move |widget: &gtk::Widget| {
        let (Some(clock), Some(heart)) = (widget.frame_clock(), weak.upgrade()) else { return };
        let of_layout = Rc::downgrade(&heart);
        let of_paint = Rc::downgrade(&heart);
        // In the layout phase, what is drawn is still that of the same frame; frames without a new layout have none.
        clock.connect_layout(move |_| {
            if let Some(heart) = of_layout.upgrade() {
                heart.frame(false);
            }
        });
        clock.connect_after_paint(move |_| {
            if let Some(heart) = of_paint.upgrade() {
                heart.frame(true);
            }
        });
        heart.look_soon();
    };
    let window: &gtk::Widget = window.upcast_ref();
    if window.is_realized() {
        realized(window);
    }
    window.connect_realize(realized);
    let weak = Rc::downgrade(heart);
    heart.frame.connect_map(move |_| {
        if let Some(heart) = weak.upgrade() {
            heart.look_soon();
        }
    });
}

fn connect_end(heart: &Rc<Heart>, window: &gtk::Window) {
    let weak = Rc::downgrade(heart);
    window.connect_close_request(move |_| {
        if let Some(heart) = weak.upgrade() {
            heart.is_closing.set(true);
            heart.is_unsaved.set(true);
            heart.save();
        }
        Propagation::Proceed
    });
    let weak = Rc::downgrade(heart);
    window.connect_destroy(move |_| {
        if let Some(heart) = weak.upgrade() {
            heart.release();
        }
    });
    let weak = Rc::downgrade(heart);
    // A window that a closure of the program holds on to is never destroyed, but its surface goes.
    window.connect_unrealize(move |_| {
        if let Some(heart) = weak.upgrade() {
            heart.close_scope();
        }
    });
    let (weak, known) = (Rc::downgrade(heart), RefCell::new(glib::WeakRef::<gtk::Application>::new()));
    let follow = move |window: &gtk::Window| {
        let Some(application) = window.application() else { return };
        if known.borrow().upgrade().as_ref() == Some(&application) {
            return;
        }
        known.replace(application.downgrade());
        let weak = weak.clone();
        // It quits without closing its windows.
        application.connect_shutdown(move |_| {
            if let Some(heart) = weak.upgrade() {
                heart.is_unsaved.set(true);
                heart.save();
                heart.release();
            }
        });
    };
    follow(window);
    window.connect_application_notify(follow);
}

/// Returns whether only a user can cause this event.
fn is_presence(event: EventType) -> bool {
    !matches!(
        event,
        EventType::Delete
            | EventType::EnterNotify
            | EventType::LeaveNotify
            | EventType::FocusChange
            | EventType::GrabBroken
            | EventType::DragLeave
            | EventType::TouchCancel
    )
}

/// Returns whether the event can change a value of the program, in any widget. A drag counts when it ends.
fn can_change(event: EventType) -> bool {
    matches!(
        event,
        EventType::ButtonPress
            | EventType::ButtonRelease
            | EventType::KeyPress
            | EventType::KeyRelease
            | EventType::DropStart
            | EventType::Scroll
            | EventType::TouchBegin
            | EventType::TouchEnd
            | EventType::PadButtonPress
            | EventType::PadRing
            | EventType::PadStrip
    )
}

impl Heart {
    fn hear(self: &Rc<Self>, event: &gdk::Event) -> Propagation {
        let kind = event.event_type();
        if !is_presence(kind) {
            return Propagation::Proceed;
        }
        // Before the content changes values that are not the present ones.
        self.refresh();
        let is_press = matches!(kind, EventType::ButtonPress | EventType::TouchBegin);
        if is_press && self.is_on_edge(event) {
            self.with(|state, _| state.resume.take_back());
            self.look_soon();
            return Propagation::Stop;
        }
        if can_change(kind) {
            // The program did not let the window close.
            self.is_closing.set(false);
            self.is_unsaved.set(true);
            self.save_soon();
        }
        self.with(|state, session| {
            if can_change(kind) {
                state.input(session);
            } else {
                state.resume.user_active(session);
            }
        });
        if is_press {
            self.pressed(picked(event).as_ref());
        } else if let Some(key) = event.downcast_ref::<gdk::KeyEvent>().filter(|_| kind == EventType::KeyPress) {
            self.key(key.keyval());
        }
        self.look_if_old();
        Propagation::Proceed
    }

    fn pressed(&self, widget: Option<&gtk::Widget>) {
        let Some(widget) = widget else { return };
        let content = self.content.upcast_ref();
        self.with(|state, session| {
            state.collected = Collected::read(content);
            state.press(widget, session);
        });
    }

    /// Space and Enter press what has the focus; others move a slider or a choice.
    fn key(&self, key: Key) {
        let presses = matches!(key, Key::space | Key::Return | Key::KP_Enter | Key::ISO_Enter | Key::KP_Space);
        let moves = matches!(
            key,
            Key::Up | Key::Down | Key::Left | Key::Right | Key::Page_Up | Key::Page_Down | Key::Home | Key::End
        );
        let focus = self.window.upgrade().and_then(|window| RootExt::focus(&window));
        let Some(focus) = focus.filter(|_| presses || moves) else { return };
        let content = self.content.upcast_ref();
        self.with(|state, session| {
            state.collected = Collected::read(content);
            if presses || state.moves(&focus) {
                state.press(&focus, session);
            }
        });
    }

    fn focus_moved(&self, window: &gtk::Window) -> Option<gtk::Widget> {
        let focus = RootExt::focus(window);
        let content = self.content.upcast_ref();
        let text = self.with(|state, session| {
            state.collected = Collected::read(content);
            state.focus(focus.as_ref(), session)
        });
        text.flatten()
    }

    fn edited(self: &Rc<Self>, widget: &gtk::Widget) {
        if !self.is_reading.get() && self.with(|state, session| state.edit(widget, session)) == Some(true) {
            self.is_unsaved.set(true);
            self.save_soon();
            self.look_if_old();
        }
    }

    pub(crate) fn look_if_old(&self) {
        if self.with(|state, session| state.is_old(session)) == Some(true) {
            self.look_soon();
        }
    }

    /// Returns whether the event is on an arrow towards an element out of view.
    fn is_on_edge(&self, event: &gdk::Event) -> bool {
        let Ok(state) = self.state.try_borrow() else { return false };
        let (Some(window), Some((native, point))) = (self.window.upgrade(), position(event)) else { return false };
        let point = converted(point, window.upcast_ref(), self.content.upcast_ref());
        native.upcast_ref::<gtk::Widget>() == window.upcast_ref::<gtk::Widget>()
            && point.is_some_and(|point| state.figure.edge().any(|rect| geometry::contains(rect, point)))
    }
}

/// Returns the window or popover of an event, and the point in its coordinates.
fn position(event: &gdk::Event) -> Option<(gtk::Native, (f64, f64))> {
    let native = gtk::Native::for_surface(&event.surface()?)?;
    let ((x, y), shadow) = (event.position()?, native.surface_transform());
    Some((native, (x - shadow.0, y - shadow.1)))
}

fn picked(event: &gdk::Event) -> Option<gtk::Widget> {
    let (native, (x, y)) = position(event)?;
    native.pick(x, y, gtk::PickFlags::DEFAULT)
}
