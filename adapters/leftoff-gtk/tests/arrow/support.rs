//! A window with a form, and a hand.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gtk::glib;
use gtk::prelude::*;
use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Rect;
use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{Action, AppId, Phase, Section, Session};
use leftoff_gtk::{Arrow, Drawn};

pub const VALUES: Section<BTreeMap<String, String>> = Section::new("values", 1);
pub const MINUTE: Duration = Duration::from_mins(1);

/// A field: its id and its caption.
pub type Field = (&'static str, &'static str);

pub const FORM: &[Field] = &[("name", "_Name"), ("amount", "_Amount:"), ("due", "_Due")];

/// A form with these fields, and a button.
pub fn form(fields: &[Field]) -> String {
    let mut ui = "<interface><object class='GtkBox' id='form'><property name='orientation'>vertical</property>\
                  <property name='spacing'>16</property><property name='margin-start'>60</property>"
        .to_owned();
    for (id, caption) in fields {
        write!(
            ui,
            "<child><object class='GtkBox'><property name='spacing'>60</property>\
             <child><object class='GtkLabel'><property name='label'>{caption}</property>\
             <property name='use-underline'>1</property><property name='mnemonic-widget'>{id}</property>\
             <property name='width-chars'>8</property></object></child>\
             <child><object class='GtkEntry' id='{id}'/></child></object></child>"
        )
        .unwrap();
    }
    ui + "<child><object class='GtkButton' id='send'><property name='label'>_Send</property>\
          <property name='use-underline'>1</property><property name='halign'>start</property></object></child>\
          </object></interface>"
}

/// A window of the program.
pub struct Desk {
    pub window: gtk::Window,
    pub arrow: Arrow,
    pub session: Rc<RefCell<Session>>,
    pub root: gtk::Widget,
    pub times_read: Rc<Cell<u32>>,
}

impl Desk {
    /// The form of `ui`, whose root has the id `form`, and whose state is in `memory`, so much later.
    pub fn with(memory: &MemoryBackend, ui: &str, later: Duration) -> Self {
        Self::of(open(memory, later), ui)
    }

    pub fn of(session: Session, ui: &str) -> Self {
        Self::built(session, gtk::Builder::from_string(ui).object("form").unwrap())
    }

    pub fn built(session: Session, root: gtk::Widget) -> Self {
        let session = Rc::new(RefCell::new(session));
        let title = title();
        let window =
            gtk::Window::builder().default_width(640).default_height(480).title(title.trim_matches(['^', '$'])).build();
        window.set_child(Some(&root));
        fill(&root, &session);
        let of_capture = root.clone();
        let arrow = Arrow::attach(&window, &session, move |capture| capture.set(VALUES, &values(&of_capture)));
        arrow.policy(CuePolicy::default().at_start());
        let times_read = Rc::new(Cell::new(0));
        let (read, of_read, times) = (root.clone(), Rc::downgrade(&session), Rc::clone(&times_read));
        arrow.on_read_again(move || {
            times.set(times.get() + 1);
            fill(&read, &of_read.upgrade().unwrap());
        });
        window.present();
        let desk = Self { window, arrow, session, root, times_read };
        wait_for("the window", || desk.window.is_mapped());
        rest();
        hand(&["search", "--sync", "--onlyvisible", "--name", &title, "windowfocus", "--sync"]);
        wait_for("the focus", || desk.window.is_active());
        rest();
        desk
    }

    /// The user left off after `leave`, the program was killed, and is started 42 minutes later with `now`.
    pub fn after(leave: impl FnOnce(&Self), before: &str, now: &str) -> Self {
        let memory = MemoryBackend::new();
        let desk = Self::with(&memory, before, Duration::ZERO);
        leave(&desk);
        desk.kill();
        Self::with(&memory, now, 42 * MINUTE)
    }

    /// No close of the window, and none of the session.
    pub fn kill(self) {
        std::mem::forget(Rc::clone(&self.session));
        self.window.destroy();
        rest();
    }

    /// Lets go of the session, and leaves the window open.
    pub fn forget(mut self) {
        self.session = Rc::new(RefCell::new(Session::in_memory()));
        std::mem::forget(self);
    }

    pub fn find(&self, id: &str) -> gtk::Widget {
        all(&self.root).into_iter().find(|widget| name(widget) == id).unwrap_or_else(|| panic!("there is no {id}"))
    }

    pub fn text(&self, id: &str) -> String {
        self.find(id).downcast::<gtk::Editable>().unwrap().text().into()
    }

    /// The rectangle in the coordinates of the arrow.
    pub fn rect(&self, id: &str) -> Rect {
        let content = self.root.parent().unwrap();
        let rect = self.find(id).compute_bounds(&content).unwrap();
        Rect::new(rect.x(), rect.y(), rect.width(), rect.height())
    }

    pub fn click(&self, widget: &gtk::Widget) {
        let rect = widget.compute_bounds(&self.window).unwrap();
        let shadow = self.window.surface_transform();
        let at = |start: f32, length: f32, shadow: f64| (f64::from(start + length / 2.0) + shadow).round().to_string();
        let (x, y) = (at(rect.x(), rect.width(), shadow.0), at(rect.y(), rect.height(), shadow.1));
        hand(&["mousemove", &x, &y, "sleep", "0.05", "click", "1"]);
        rest();
    }

    pub fn click_on(&self, id: &str) {
        self.click(&self.find(id));
    }

    /// Presses a button of the card.
    pub fn choose(&self, name: &str) {
        let has_name = |widget: &gtk::Widget| {
            widget.downcast_ref::<gtk::Button>().is_some_and(|button| button.label().as_deref() == Some(name))
        };
        let button = all(&self.arrow.widget()).into_iter().find(has_name);
        self.click(&button.unwrap_or_else(|| panic!("{name} is not among {:?}", self.arrow.card())));
    }

    pub fn buttons(&self) -> Vec<String> {
        self.arrow.card().1
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

    /// The last mark.
    pub fn last(&self) -> Option<Touched> {
        let session = self.session.borrow();
        let last = session.last_mark()?;
        Some((last.element().to_owned(), last.label().map(str::to_owned), last.action(), last.phase()))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.window.destroy();
        rest();
    }
}

/// Path, label, action and phase.
pub type Touched = (String, Option<String>, Action, Phase);

pub fn touched(path: &str, label: &str, action: Action, phase: Phase) -> Option<Touched> {
    Some((path.to_owned(), Some(label.to_owned()), action, phase))
}

pub fn name(widget: &gtk::Widget) -> String {
    let id = widget.dynamic_cast_ref::<gtk::Buildable>().and_then(BuildableExt::buildable_id);
    id.unwrap_or_else(|| widget.widget_name()).into()
}

pub fn all(root: &gtk::Widget) -> Vec<gtk::Widget> {
    let mut all = vec![root.clone()];
    let mut child = root.first_child();
    while let Some(widget) = child {
        child = widget.next_sibling();
        all.extend(self::all(&widget));
    }
    all
}

/// The texts of all entries, by name.
fn values(root: &gtk::Widget) -> BTreeMap<String, String> {
    let entries = all(root).into_iter().filter(ObjectExt::is::<gtk::Entry>);
    entries.map(|entry| (name(&entry), entry.downcast::<gtk::Entry>().unwrap().text().into())).collect()
}

fn fill(root: &gtk::Widget, session: &RefCell<Session>) {
    let values = session.borrow_mut().get_or_default(VALUES);
    for entry in all(root).into_iter().filter(ObjectExt::is::<gtk::Entry>) {
        let value = values.get(&name(&entry)).map_or("", String::as_str);
        entry.downcast::<gtk::Entry>().unwrap().set_text(value);
    }
}

/// Each window has another, by which the hand finds it.
fn title() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("^test-{}-{}$", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Lets the program run until it has been idle for a while, with all that is due saved and drawn.
pub fn rest() {
    let context = glib::MainContext::default();
    let (start, mut last) = (Instant::now(), Instant::now());
    while last.elapsed() < Duration::from_millis(150) && start.elapsed() < Duration::from_secs(5) {
        if context.iteration(false) {
            last = Instant::now();
        } else {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

pub fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(12), "{what} does not come");
        rest();
    }
}

/// Moves the virtual hand, and lets the program hear of it.
pub fn hand(arguments: &[&str]) {
    let mut hand = Command::new("xdotool").args(arguments).spawn().expect("xdotool");
    let context = glib::MainContext::default();
    loop {
        if let Some(status) = hand.try_wait().unwrap() {
            assert!(status.success(), "{arguments:?}");
            break;
        }
        while context.iteration(false) {}
        std::thread::sleep(Duration::from_millis(2));
    }
    rest();
}

pub fn write(words: &str) {
    hand(&["type", "--delay", "20", words]);
}

pub fn key(key: &str) {
    hand(&["key", key]);
}

/// Writes into two fields of [`FORM`].
pub fn leave_at_amount(desk: &Desk) {
    desk.click_on("name");
    write("Delmar");
    desk.click_on("amount");
    write("7 and");
}

/// Opens the state in `memory`, so much later.
pub fn open(memory: &MemoryBackend, later: Duration) -> Session {
    let builder = Session::builder(AppId::new("org.example.test")).clock(Later(SystemClock::new(), later));
    builder.backend(memory.clone()).open()
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
