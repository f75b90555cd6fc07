//! A form in a window without a screen.
// Of the generated code.
#![allow(clippy::all, clippy::pedantic, missing_debug_implementations)]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::CuePolicy;
use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{AppId, Section, Session};
use leftoff_slint::{Arrow, Drawn};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition, Model, ModelRc, SharedString, VecModel};

slint::slint! {
    #[library_path(leftoff) = "ui/leftoff.slint"]
    import { LeftOff, LeftOffFrame, LeftOffMark } from "@leftoff";
    import { LineEdit, Button, ScrollView } from "std-widgets.slint";
    export { LeftOff }

    // Kinds: 0 field, 1 password, 2 button, 3 record.
    export struct Item { path: string, label: string, kind: int }

    export component Form inherits Window {
        width: 640px;
        height: 480px;
        in property <[Item]> items;
        in-out property <[string]> values;
        in-out property <int> page;
        in-out property <bool> is-on;
        in-out property <int> pressed;
        // Before the second item.
        in property <bool> has-caption;
        out property <length> scrolled: 0px;
        public function focus-first() { first.focus(); }
        public function focus-field() { field.focus(); }

        LeftOffFrame {
            Rectangle {
                if root.page == 0: LeftOffMark {
                    path: "form";
                    scrolls: true;
                    content-y <=> view.content-y;
                    view := ScrollView {
                        content-width: 620px;
                        content-height: 60px * (root.items.length + 1);
                        changed content-y => { root.scrolled = self.content-y; }
                        for item[nth] in root.items: mark := LeftOffMark {
                            x: 120px;
                            y: 20px + 60px * nth;
                            width: 200px;
                            height: 40px;
                            path: item.path;
                            label: item.label;
                            role: item.kind == 2 ? "button" : "field";
                            is-sensitive: item.kind == 1;
                            is-done: item.kind == 2;
                            is-record: item.kind == 3;
                            if item.kind != 2: LineEdit {
                                text: root.values[nth];
                                input-type: item.kind == 1 ? password : text;
                                edited(text) => { root.values[nth] = text; }
                                changed has-focus => { mark.focused = self.has-focus; }
                            }
                            if item.kind == 2: Button {
                                text: item.label;
                                clicked => { root.pressed += 1; mark.press(); }
                            }
                        }
                    }
                }
                // Not marked.
                if root.page == 0: TouchArea {
                    x: 500px;
                    y: 20px;
                    width: 100px;
                    height: 40px;
                    clicked => { root.is-on = !root.is-on; }
                }
                if root.page == 1: LeftOffMark { path: "settings/name"; LineEdit {} }
                if root.has-caption: LeftOffMark {
                    x: 60px;
                    y: 80px;
                    width: 50px;
                    height: 40px;
                    is-caption: true;
                    Text { text: "Amount"; }
                }
                first := LineEdit { x: 0px; y: 470px; width: 10px; height: 10px; }
                LeftOffMark {
                    x: 600px;
                    y: 460px;
                    width: 20px;
                    height: 10px;
                    path: "other/field";
                    focused: field.has-focus;
                    field := LineEdit {}
                }
            }
        }
    }
}

leftoff_slint::connect!(Form, LeftOff);

pub const VALUES: Section<Vec<String>> = Section::new("values", 1);
pub const IS_ON: Section<bool> = Section::new("is_on", 1);

pub const FIELD: i32 = 0;
pub const PASSWORD: i32 = 1;
pub const BUTTON: i32 = 2;
pub const RECORD: i32 = 3;

/// Path, label, kind.
pub type Given = (&'static str, &'static str, i32);

pub const FORM: &[Given] = &[
    ("form/name", "Name", FIELD),
    ("form/amount", "Amount", FIELD),
    ("form/due", "Due", FIELD),
    ("form/secret", "Secret word", PASSWORD),
    ("form/send", "Send", BUTTON),
];

pub struct Desk {
    pub app: Form,
    pub arrow: Arrow,
    pub session: Rc<RefCell<Session>>,
}

impl Desk {
    pub fn with(memory: &MemoryBackend, items: &[Given], later: Duration) -> Self {
        Self::of(builder(later).backend(memory.clone()).open(), items)
    }

    pub fn of(session: Session, items: &[Given]) -> Self {
        init();
        let app = Form::new().unwrap();
        let session = Rc::new(RefCell::new(session));
        show(&app, items);
        read(&app, &mut session.borrow_mut());
        let arrow = attach(&app, &session);
        app.show().unwrap();
        let desk = Self { app, arrow, session };
        pump();
        desk
    }

    /// The user left off after `leave`, the program was killed, and is started 42 minutes later with these items.
    pub fn after(leave: impl FnOnce(&Self), before: &[Given], now: &[Given]) -> Self {
        let memory = MemoryBackend::new();
        let desk = Self::with(&memory, before, Duration::ZERO);
        leave(&desk);
        // No close and no drop.
        std::mem::forget(desk);
        Self::with(&memory, now, 42 * MINUTE)
    }

    fn event(&self, event: WindowEvent) {
        self.app.window().dispatch_event(event);
        pump();
    }

    pub fn press_at(&self, x: f32, y: f32) {
        self.event(WindowEvent::PointerMoved { position: LogicalPosition::new(x, y) });
        self.press_again(x, y);
    }

    /// Without a move of the pointer.
    pub fn press_again(&self, x: f32, y: f32) {
        let (position, button) = (LogicalPosition::new(x, y), PointerEventButton::Left);
        self.event(WindowEvent::PointerPressed { position, button });
        self.event(WindowEvent::PointerReleased { position, button });
    }

    /// Clicks the item with this number. Only while no card is shown.
    pub fn click(&self, nth: u8) {
        self.press_at(200.0, 40.0 + 60.0 * f32::from(nth));
    }

    pub fn write(&self, words: &str) {
        for letter in words.chars() {
            self.key(SharedString::from(letter));
        }
    }

    pub fn key(&self, text: impl Into<SharedString>) {
        let text = text.into();
        self.event(WindowEvent::KeyPressed { text: text.clone() });
        self.event(WindowEvent::KeyReleased { text });
    }

    pub fn pointed_at(&self) -> Option<String> {
        match self.arrow.drawn() {
            Drawn::Arrow { element, .. } => Some(element),
            _ => None,
        }
    }

    /// The words at the arrow or bracket.
    pub fn words(&self) -> Option<String> {
        match self.arrow.drawn() {
            Drawn::Arrow { words, .. } | Drawn::Bracket { words, .. } => words.map(|(words, _)| words),
            _ => None,
        }
    }

    /// Presses a button of the card.
    pub fn choose(&self, name: &str) {
        let (_, buttons) = self.arrow.card();
        let nth = buttons.iter().position(|button| button == name).expect(name);
        let global = self.app.global::<LeftOff>();
        let notices = global.get_notice_buttons().row_count();
        let (block, nth) = if nth < notices { (0, nth) } else { (1, nth - notices) };
        global.invoke_chosen(block, i32::try_from(nth).unwrap());
        pump();
    }

    /// Path, label, action and phase of the last mark.
    pub fn last(&self) -> Option<(String, Option<String>, leftoff::Action, leftoff::Phase)> {
        let session = self.session.borrow();
        let last = session.last_mark()?;
        Some((last.element().to_owned(), last.label().map(str::to_owned), last.action(), last.phase()))
    }

    pub fn value(&self, nth: usize) -> String {
        self.app.get_values().row_data(nth).unwrap_or_default().into()
    }
}

pub fn attach(app: &Form, session: &Rc<RefCell<Session>>) -> Arrow {
    let weak = app.as_weak();
    let arrow = Arrow::attach(app, session, move |capture| {
        let Some(app) = weak.upgrade() else { return };
        let mut values: Vec<String> = app.get_values().iter().map(String::from).collect();
        for (value, item) in values.iter_mut().zip(app.get_items().iter()) {
            if item.kind == PASSWORD {
                value.clear();
            }
        }
        capture.set(VALUES, &values);
        capture.set(IS_ON, &app.get_is_on());
    });
    let (weak, of_form) = (app.as_weak(), Rc::downgrade(session));
    arrow.on_read_again(move || read(&weak.unwrap(), &mut of_form.upgrade().unwrap().borrow_mut()));
    arrow.policy(CuePolicy::default().at_start());
    arrow
}

pub fn show(app: &Form, items: &[Given]) {
    let item = |&(path, label, kind): &Given| Item { path: path.into(), label: label.into(), kind };
    app.set_items(ModelRc::new(VecModel::from_iter(items.iter().map(item))));
}

pub fn read(app: &Form, session: &mut Session) {
    let mut values = session.get_or_default(VALUES);
    values.resize(50, String::new());
    app.set_values(ModelRc::new(VecModel::from_iter(values.iter().map(SharedString::from))));
    app.set_is_on(session.get_or_default(IS_ON));
}

/// Once in each thread.
fn init() {
    thread_local! {
        static INIT: () = i_slint_backend_testing::init_no_event_loop();
    }
    INIT.with(|()| ());
}

/// Lets timers and change handlers run, for less than a second.
pub fn pump() {
    for _ in 0..12 {
        i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(25));
    }
}

pub const MINUTE: Duration = Duration::from_secs(60);

pub fn builder(later: Duration) -> leftoff::Builder {
    Session::builder(AppId::new("org.example.test")).clock(Later(SystemClock::new(), later))
}

/// Writes into two fields of [`FORM`].
pub fn leave_at_amount(desk: &Desk) {
    desk.click(0);
    desk.write("Delmar");
    desk.click(1);
    desk.write("7 and");
}

#[derive(Debug, Clone)]
pub struct Later(pub SystemClock, pub Duration);

impl Clock for Later {
    fn now(&self) -> Now {
        let Now { wall, monotonic } = self.0.now();
        let by = i64::try_from(self.1.as_millis()).unwrap();
        Now { wall: Timestamp::from_millis(wall.as_millis() + by), monotonic: monotonic + self.1 }
    }
}
