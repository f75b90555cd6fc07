//! A window without a screen, which does with events and messages what iced's event loop does.

use std::cell::RefCell;
use std::time::Duration;

use iced::advanced::mouse::Cursor;
use iced::advanced::renderer::{Headless, Style};
use iced::advanced::widget::operation::{Outcome, black_box};
use iced::advanced::{clipboard, widget::Operation};
use iced::keyboard::key::Named;
use iced::widget::{button, checkbox, column, container, pick_list, row, scrollable, text, text_input};
use iced::{Element, Event, Fill, Font, Pixels, Point, Rectangle, Renderer, Size, Theme, mouse, window};
use iced_test::Selector;
use iced_test::runtime::user_interface::{Cache, State, UserInterface};
use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::CuePolicy;
use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{AppId, Section, Session};
use leftoff_iced::{Arrow, Drawn, Request, mark};

pub const VALUES: Section<Vec<String>> = Section::new("values", 1);
pub const SIZE: Size = Size::new(640.0, 480.0);

/// A widget of the form: kind, path, label.
pub type Item = (Kind, &'static str, &'static str);

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Field,
    /// Its label is a caption before it, in the same row.
    Captioned,
    Password,
    /// Not marked.
    Plain,
    Button,
    Check,
    /// A record with a field.
    Row,
    /// A text that does nothing.
    Label,
    Menu,
    /// Higher than the window.
    Gap,
}

pub const FORM: &[Item] = &[
    (Kind::Field, "form/name", "Name"),
    (Kind::Field, "form/amount", "Amount"),
    (Kind::Field, "form/due", "Due"),
    (Kind::Button, "form/send", "Send"),
];

#[derive(Debug, Clone)]
pub enum Message {
    Typed(usize, String),
    Ticked(usize, bool),
    Pressed,
    /// From a subscription.
    Shortcut,
    LeftOff(Request),
}

pub struct App {
    pub session: RefCell<Session>,
    pub arrow: Arrow,
    pub values: Vec<String>,
    pub requests: Vec<Request>,
    items: Vec<Item>,
}

impl App {
    fn update_all(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.update(message);
        }
    }

    pub fn update(&mut self, message: Message) {
        match message {
            Message::Typed(nth, text) => self.values[nth] = text,
            Message::Ticked(nth, is_on) => self.values[nth] = is_on.to_string(),
            Message::Pressed => {}
            Message::Shortcut => self.values[0].push('!'),
            Message::LeftOff(request) => {
                if request == Request::ReadAgain {
                    self.read();
                }
                self.requests.push(request);
            }
        }
        let mut values = self.values.clone();
        for (value, (kind, ..)) in values.iter_mut().zip(&self.items) {
            if *kind == Kind::Password {
                value.clear();
            }
        }
        let saved = self.session.get_mut().autosave(|capture| {
            capture.set(VALUES, &values);
            capture.anchor(self.arrow.elements());
        });
        saved.unwrap();
    }

    /// Shows other items.
    pub fn open(&mut self, items: &[Item]) {
        self.items = items.to_vec();
    }

    fn read(&mut self) {
        self.values = self.session.get_mut().get_or_default(VALUES);
        self.values.resize(20, String::new());
    }

    pub fn view(&self) -> Element<'_, Message> {
        let rows = self.items.iter().enumerate().map(|(nth, item)| self.item(nth, item));
        let form = column(rows).spacing(20).padding([20, 60]).width(Fill);
        let content = scrollable(form).height(Fill);
        self.arrow.wrap(&self.session, content, Message::LeftOff)
    }

    fn item(&self, nth: usize, &(kind, path, label): &Item) -> Element<'_, Message> {
        let value = &self.values[nth];
        let field = || text_input(label, value).id(path).on_input(move |text| Message::Typed(nth, text)).width(200);
        match kind {
            Kind::Field => mark(path, field()).label(label).into(),
            Kind::Captioned => row![text(label).width(56), mark(path, field()).label(label)].into(),
            Kind::Password => mark(path, field().secure(true)).label(label).sensitive().into(),
            Kind::Plain => field().into(),
            Kind::Button => mark(path, button(label).on_press(Message::Pressed)).label(label).done().into(),
            Kind::Check => {
                let check = checkbox(value == "true").label(label);
                mark(path, check.on_toggle(move |is_on| Message::Ticked(nth, is_on))).label(label).into()
            }
            Kind::Row => {
                let notes = mark(format!("{path}/notes"), field()).label("Notes").breadcrumb([label]);
                mark(path, row![notes, text(label)].spacing(60)).label(label).role("row").record().into()
            }
            Kind::Label => mark(path, text(label)).into(),
            Kind::Menu => {
                let chosen = Some(value.clone()).filter(|value| !value.is_empty());
                let choose = move |choice| Message::Typed(nth, choice);
                pick_list(["one".to_owned(), "two".to_owned()], chosen, choose).placeholder(label).into()
            }
            Kind::Gap => container(text("")).height(600).into(),
        }
    }
}

pub struct Desk {
    pub app: App,
    cache: Option<Cache>,
    renderer: Renderer,
    cursor: Cursor,
    pub size: Size,
    /// The widgets asked for another frame in the last one, at once.
    pub wants_more: bool,
    /// Or at this time.
    pub wakes: Option<std::time::Instant>,
}

impl Desk {
    /// A form with these items, whose state is in `memory`, so much later.
    pub fn with(memory: &MemoryBackend, items: &[Item], later: Duration) -> Self {
        Self::of(open(memory, later), Arrow::new().policy(policy()), items)
    }

    pub fn of(session: Session, arrow: Arrow, items: &[Item]) -> Self {
        let mut app = App {
            session: RefCell::new(session),
            arrow,
            values: Vec::new(),
            requests: Vec::new(),
            items: items.to_vec(),
        };
        app.read();
        let new = <Renderer as Headless>::new(Font::DEFAULT, Pixels(16.0), None);
        let renderer = iced_test::futures::futures::executor::block_on(new).expect("software rendering");
        let mut desk = Self {
            app,
            cache: None,
            renderer,
            cursor: Cursor::Unavailable,
            size: SIZE,
            wants_more: false,
            wakes: None,
        };
        desk.frame();
        desk
    }

    /// The user left off after `leave`, the program was killed, and is started 42 minutes later with these items.
    pub fn after(leave: impl FnOnce(&mut Self), before: &[Item], now: &[Item]) -> Self {
        let memory = MemoryBackend::new();
        let mut desk = Self::with(&memory, before, Duration::ZERO);
        leave(&mut desk);
        // No close and no drop.
        std::mem::forget(desk);
        Self::with(&memory, now, 42 * MINUTE)
    }

    /// Passes events to the widgets, and their messages to the program.
    pub fn send(&mut self, events: &[Event]) {
        let mut messages = Vec::new();
        let mut ui =
            UserInterface::build(self.app.view(), self.size, self.cache.take().unwrap_or_default(), &mut self.renderer);
        ui.update(events, self.cursor, &mut self.renderer, &mut clipboard::Null, &mut messages);
        self.cache = Some(ui.into_cache());
        self.app.update_all(messages);
    }

    /// One after the other, as from a hand.
    fn send_each(&mut self, events: &[Event]) {
        for event in events {
            self.send(std::slice::from_ref(event));
        }
        self.frame();
    }

    /// Draws a frame, again while the layout changes, as iced does. Returns whether the widgets want another.
    pub fn frame(&mut self) -> bool {
        let redraw = Event::Window(window::Event::RedrawRequested(std::time::Instant::now()));
        let mut wants_more = false;
        for _ in 0..3 {
            let mut messages = Vec::new();
            let cache = self.cache.take().unwrap_or_default();
            let mut ui = UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
            let (state, _) = ui.update(
                std::slice::from_ref(&redraw),
                self.cursor,
                &mut self.renderer,
                &mut clipboard::Null,
                &mut messages,
            );
            self.cache = Some(ui.into_cache());
            let is_done = messages.is_empty() && !state.has_layout_changed();
            let State::Updated { redraw_request, .. } = state else { panic!("the widgets are new") };
            wants_more = redraw_request == window::RedrawRequest::NextFrame;
            self.wakes = match redraw_request {
                window::RedrawRequest::At(time) => Some(time),
                _ => None,
            };
            self.app.update_all(messages);
            if is_done {
                break;
            }
        }
        self.wants_more = wants_more;
        wants_more
    }

    pub fn find(&mut self, path: &'static str) -> Rectangle {
        self.look(iced_test::selector::id(path)).and_then(|target| target.visible_bounds()).expect(path)
    }

    pub fn look<S: Selector + Send>(&mut self, selector: S) -> Option<S::Output>
    where
        S::Output: Clone + Send,
    {
        let mut find = selector.find();
        let cache = self.cache.take().unwrap_or_default();
        let mut ui = UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
        ui.operate(&self.renderer, &mut black_box(&mut find));
        self.cache = Some(ui.into_cache());
        match find.finish() {
            Outcome::Some(found) => found,
            _ => None,
        }
    }

    /// As a task of the program does it.
    pub fn focus(&mut self, path: &'static str) {
        let cache = self.cache.take().unwrap_or_default();
        let mut ui = UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
        ui.operate(&self.renderer, &mut iced::advanced::widget::operation::focusable::focus(path.into()));
        self.cache = Some(ui.into_cache());
    }

    pub fn click_at(&mut self, point: Point) {
        self.cursor = Cursor::Available(point);
        self.send(&[Event::Mouse(mouse::Event::CursorMoved { position: point })]);
        let events: Vec<Event> = iced_test::simulator::click().collect();
        self.send_each(&events);
    }

    /// Clicks the field with this id, or else the widget with this text.
    pub fn click(&mut self, what: &'static str) {
        let by_id = self.look(iced_test::selector::id(what)).and_then(|target| target.visible_bounds());
        let bounds = by_id.or_else(|| self.look(what).and_then(|text| text.visible_bounds())).expect(what);
        self.click_at(bounds.center());
    }

    /// Presses a button of the card.
    pub fn choose(&mut self, name: &str) {
        let (_, buttons) = self.app.arrow.card();
        let (_, rect) = buttons.into_iter().find(|(button, _)| button == name).expect(name);
        self.click_at(rect.center());
    }

    pub fn write(&mut self, words: &str) {
        let events: Vec<Event> = iced_test::simulator::typewrite(words).collect();
        self.send_each(&events);
    }

    pub fn key(&mut self, key: Named) {
        let events: Vec<Event> = iced_test::simulator::tap_key(key, None).collect();
        self.send_each(&events);
    }

    /// The pixels of the window, with the arrow.
    pub fn picture(&mut self, theme: &Theme) -> Vec<u8> {
        self.frame();
        let cache = self.cache.take().unwrap_or_default();
        let mut ui = UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
        let base = iced::theme::Base::base(theme);
        ui.draw(&mut self.renderer, theme, &Style { text_color: base.text_color }, self.cursor);
        self.cache = Some(ui.into_cache());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small window")]
        let size = Size::new(self.size.width as u32, self.size.height as u32);
        self.renderer.screenshot(size, 1.0, base.background_color)
    }

    pub fn pointed_at(&self) -> Option<String> {
        match self.app.arrow.drawn() {
            Drawn::Arrow { element, .. } => Some(element),
            _ => None,
        }
    }

    /// The words at the arrow or bracket.
    pub fn words(&self) -> Option<String> {
        match self.app.arrow.drawn() {
            Drawn::Arrow { words, .. } | Drawn::Bracket { words, .. } => words.map(|(words, _)| words),
            _ => None,
        }
    }

    pub fn buttons(&self) -> Vec<String> {
        self.app.arrow.card().1.into_iter().map(|(name, _)| name).collect()
    }

    /// The last mark.
    pub fn last(&self) -> Option<Touched> {
        let session = self.app.session.borrow();
        let last = session.last_mark()?;
        Some((last.element().to_owned(), last.label().map(str::to_owned), last.action(), last.phase()))
    }
}

pub const MINUTE: Duration = Duration::from_secs(60);

/// Opens the state in `memory`, so much later.
pub fn open(memory: &MemoryBackend, later: Duration) -> Session {
    let builder = Session::builder(AppId::new("org.example.test")).clock(Later(SystemClock::new(), later));
    builder.backend(memory.clone()).open()
}

/// Path, label, action and phase.
pub type Touched = (String, Option<String>, leftoff::Action, leftoff::Phase);

/// As at a start: however short the absence.
pub fn policy() -> CuePolicy {
    CuePolicy::default().at_start()
}

/// Writes into two fields of [`FORM`].
pub fn leave_at_amount(desk: &mut Desk) {
    desk.click("form/name");
    desk.write("Delmar");
    desk.click("form/amount");
    desk.write("7 and");
}

/// The state of a program that was killed after that.
pub fn left_at_amount() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut desk = Desk::with(&memory, FORM, Duration::ZERO);
    leave_at_amount(&mut desk);
    // No close and no drop.
    std::mem::forget(desk);
    memory
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

/// A rectangle of the arrow, as iced has them.
pub fn rectangle(rect: leftoff::marker::place::Rect) -> Rectangle {
    Rectangle { x: rect.min.x, y: rect.min.y, width: rect.max.x - rect.min.x, height: rect.max.y - rect.min.y }
}
