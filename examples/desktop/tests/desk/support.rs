//! A desk without a window: the tests look at it as a screen reader does.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use approvals_desk::{APP_ID, App, Version};
use eframe::egui::accesskit::AriaCurrent;
use egui_kittest::kittest::{By, NodeT, Queryable};
use egui_kittest::{Harness, Node};
use leftoff::backend::Backend;
use leftoff::marker::resolve::Certainty;
use leftoff::time::{Clock, Now, Timestamp};
use leftoff::{Builder, Session};
use leftoff_egui::Drawn;

/// A clock that stands until it is moved. What waits for time to pass, such as a sync, waits for it, too.
#[derive(Debug, Clone)]
pub(crate) struct Hands(Arc<Mutex<Now>>);

impl Hands {
    /// The 18th of March 2026, 14:02 in Greenwich.
    pub(crate) fn new() -> Self {
        let wall = Timestamp::from_millis(1_773_842_520_000);
        Self(Arc::new(Mutex::new(Now { wall, monotonic: MINUTE })))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        let millis = i64::try_from(by.as_millis()).unwrap();
        now.wall = Timestamp::from_millis(now.wall.as_millis() + millis);
        now.monotonic += by;
    }
}

impl Clock for Hands {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }
}

pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// A running desk. Dropping it closes it in good order.
pub(crate) struct Desk(pub(crate) Harness<'static, App>);

impl Desk {
    pub(crate) fn open(dir: &Path, clock: &(impl Clock + Clone)) -> Self {
        Self::with(Session::builder(APP_ID).dir(dir), clock)
    }

    pub(crate) fn on(backend: impl Backend, clock: &(impl Clock + Clone)) -> Self {
        Self::with(Session::builder(APP_ID).backend(backend), clock)
    }

    pub(crate) fn with(builder: Builder, clock: &(impl Clock + Clone)) -> Self {
        Self::of(Version::One, builder, clock)
    }

    /// The next release, on what this one saved.
    pub(crate) fn next(backend: impl Backend, clock: &(impl Clock + Clone)) -> Self {
        Self::of(Version::Two, Session::builder(APP_ID).backend(backend), clock)
    }

    fn of(version: Version, builder: Builder, clock: &(impl Clock + Clone)) -> Self {
        let session = builder.clock(clock.clone()).renames(version.renames()).open();
        Self::window(App::new(session, clock.clone(), version))
    }

    /// After colleagues worked meanwhile.
    pub(crate) fn meanwhile(backend: impl Backend, clock: &(impl Clock + Clone)) -> Self {
        let session = Session::builder(APP_ID).backend(backend).clock(clock.clone()).open();
        Self::window(App::meanwhile(session, clock.clone(), Version::One))
    }

    /// With a memo in this file.
    pub(crate) fn with_memo(backend: impl Backend, clock: &(impl Clock + Clone), file: &Path) -> Self {
        let session = Session::builder(APP_ID).backend(backend).clock(clock.clone()).open();
        Self::window(App::new(session, clock.clone(), Version::One).with_memo(file))
    }

    pub(crate) fn window(app: App) -> Self {
        let size = app.window_size();
        let mut desk = Self(
            Harness::builder().with_size(size).with_max_steps(60).build_ui_state(|ui, app: &mut App| app.show(ui), app),
        );
        desk.0.run();
        desk
    }

    /// A sign that the user is there, which touches nothing.
    pub(crate) fn stir(&mut self) {
        self.0.hover_at(eframe::egui::pos2(940.0, 610.0));
        self.0.run();
    }

    /// The path of the element that an arrow beside it points at.
    pub(crate) fn arrow_at(&self) -> Option<&str> {
        match self.0.state().arrow().drawn() {
            Some(Drawn::Arrow { element, off_screen: false, .. }) => Some(element),
            _ => None,
        }
    }

    /// The path of what the dashed bracket is round.
    pub(crate) fn bracket_round(&self) -> Option<&str> {
        match self.0.state().arrow().drawn() {
            Some(Drawn::Bracket { round, .. }) => Some(round),
            _ => None,
        }
    }

    pub(crate) fn certainty(&self) -> Option<Certainty> {
        self.0.state().arrow().certainty()
    }

    fn current(&self) -> Option<Node<'_>> {
        self.0.query(By::new().predicate(|node| node.aria_current() == Some(AriaCurrent::Location)))
    }

    /// The name of the element that a screen reader calls the current one.
    pub(crate) fn pointed_at(&self) -> Option<String> {
        self.current().and_then(|node| node.accesskit_node().label())
    }

    /// What it says of it.
    pub(crate) fn said_there(&self) -> Option<String> {
        self.current().and_then(|node| node.accesskit_node().description())
    }

    /// What is announced without interrupting.
    pub(crate) fn announced(&self) -> Option<String> {
        let by = By::new().role(eframe::egui::Role::Status);
        self.0.query(by).and_then(|node| node.accesskit_node().label())
    }

    pub(crate) fn shows(&self, words: &str) -> bool {
        self.0.query_all_by_label_contains(words).next().is_some()
    }

    pub(crate) fn value(&self, field: &str) -> Option<String> {
        self.0.get_by_label(field).value()
    }

    pub(crate) fn click(&mut self, label: &str) {
        self.0.get_by_label(label).click();
        self.0.run();
    }

    pub(crate) fn click_row(&mut self, id: &str) {
        self.row(id).expect("a row").click();
        self.0.run();
    }

    pub(crate) fn write(&mut self, field: &str, text: &str) {
        self.click(field);
        self.0.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::A);
        self.0.run();
        self.0.get_by_label(field).type_text(text);
        self.0.run();
    }

    pub(crate) fn write_memo(&mut self, text: &str) {
        let field = By::new().role(eframe::egui::Role::MultilineTextInput).label("Memo");
        self.0.get(field.clone()).click();
        self.0.run();
        self.0.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::A);
        self.0.run();
        self.0.get(field).type_text(text);
        self.0.run();
    }

    pub(crate) fn memo(&self) -> Option<String> {
        self.0.get(By::new().role(eframe::egui::Role::MultilineTextInput).label("Memo")).value()
    }

    pub(crate) fn press(&mut self, key: eframe::egui::Key) {
        self.0.key_press(key);
        self.0.run();
    }

    /// To the form of this request.
    pub(crate) fn decide(&mut self, id: &str) {
        self.click_row(id);
        self.click(STEP_DECIDE);
    }

    /// Over the list, by so many points: positive is down.
    pub(crate) fn scroll_list(&mut self, by: f32) {
        use eframe::egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, pos2, vec2};
        self.0.hover_at(pos2(160.0, 300.0));
        self.0.run();
        let (unit, delta, source) = (MouseWheelUnit::Point, vec2(0.0, -by), MouseWheelSource::Trackpad);
        self.0.event(Event::MouseWheel { unit, delta, phase: TouchPhase::Move, modifiers: Modifiers::NONE, source });
        self.0.run();
    }

    /// Where the top of a row is, if any of it can be seen.
    pub(crate) fn row_top(&self, id: &str) -> Option<f32> {
        self.row(id).map(|node| node.rect().top()).filter(|top| (120.0..600.0).contains(top))
    }

    fn row(&self, id: &str) -> Option<Node<'_>> {
        let role = By::new().role(eframe::egui::Role::ListBoxOption);
        self.0.query_all(role).find(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with(id)))
    }
}

pub(crate) const STEP_DECIDE: &str = "Step 2 of 3: Decide";
pub(crate) const STEP_SEND: &str = "Step 3 of 3: Send";
