//! Programs without a window: closed, killed, and started again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use eframe::egui::{CentralPanel, Context, Event, Key, Modifiers, RawInput, Rect, Slider, Ui, pos2, vec2};
use eframe::{App as _, CreationContext, Frame, Storage};
use leftoff::{AppId, Outcome, Session};
use leftoff_eframe::{App, Arrow, LeftOff as _, Resuming, Setup};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Form {
    name: String,
    amount: u32,
}

impl eframe::App for Form {
    fn ui(&mut self, ui: &mut Ui, _: &mut Frame) {
        CentralPanel::default().show(ui, |ui| {
            // Not marked.
            ui.add(Slider::new(&mut self.amount, 0..=9).show_value(false).text("Amount"));
            let caption = ui.label("Name");
            ui.text_edit_singleline(&mut self.name).labelled_by(caption.id).left_off(ui, "name");
        });
    }
}

/// The part of eframe that calls the application.
struct Window<A: App> {
    ctx: Context,
    frame: Frame,
    app: Resuming<A>,
}

impl<A: App> Window<A> {
    fn with(setup: Setup<A::State>, storage: Option<&dyn Storage>, create: fn(A::State) -> A) -> Self {
        let ctx = Context::default();
        let mut cc = CreationContext::_new_kittest(ctx.clone());
        cc.storage = storage;
        let app = Resuming::new(setup, &cc, |_, state| create(state));
        let mut window = Self { ctx, frame: Frame::_new_kittest(), app };
        window.pass(Vec::new());
        window.pass(Vec::new());
        window
    }

    fn pass(&mut self, events: Vec<Event>) {
        let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0)));
        let input = RawInput { events, focused: true, screen_rect, ..RawInput::default() };
        let mut output = self.ctx.run_ui(input, |ui| self.app.ui(ui, &mut self.frame));
        output.textures_delta.clear();
    }

    fn press(&mut self, key: Key) {
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        self.pass(vec![event(true)]);
        self.pass(vec![event(false)]);
    }

    fn write(&mut self, text: &str) {
        self.pass(vec![Event::Text(text.to_owned())]);
        self.pass(Vec::new());
    }

    /// The user closes the window.
    fn close(mut self) {
        self.app.on_exit(None);
    }
}

fn setup<S: Serialize + for<'de> Deserialize<'de>>(dir: &Path) -> Setup<S> {
    let app = AppId::new("org.example.test");
    let mut setup = Setup::new(app.clone());
    setup.session = Session::builder(app).dir(dir);
    setup
}

fn open(dir: &Path) -> Window<Form> {
    Window::with(setup(dir), None, |form| form)
}

#[test]
fn slider_that_nobody_marked_comes_back_after_the_window_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = open(dir.path());
    window.press(Key::Tab);
    window.press(Key::ArrowRight);
    assert_eq!(window.app.app().amount, 1);
    window.close();
    let window = open(dir.path());
    assert_eq!(window.app.app().amount, 1);
    assert_eq!(window.app.session().outcome(), Outcome::Resumed);
}

/// A program that changes its state without any input.
#[derive(Default, Serialize, Deserialize)]
struct Ticker {
    ticks: u32,
}

impl eframe::App for Ticker {
    fn ui(&mut self, _: &mut Ui, _: &mut Frame) {
        self.ticks += 1;
    }

    fn auto_save_interval(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.ticks = 1000;
    }
}

#[test]
fn changes_of_the_program_are_saved_at_intervals_and_at_the_exit() {
    let dir = tempfile::tempdir().unwrap();
    let mut window: Window<Ticker> = Window::with(setup(dir.path()), None, |ticker| ticker);
    std::thread::sleep(Duration::from_millis(5));
    window.pass(Vec::new());
    drop(window); // Without an exit.
    let window: Window<Ticker> = Window::with(setup(dir.path()), None, |ticker| ticker);
    // The state after three frames, and two frames of this window.
    assert_eq!(window.app.app().ticks, 5);
    window.close();
    let window: Window<Ticker> = Window::with(setup(dir.path()), None, |ticker| ticker);
    assert_eq!(window.app.app().ticks, 1002, "the application's own exit comes first");
}

const DIR: &str = "LEFTOFF_EFRAME_TEST_DIR";

/// Not a test: what the process does that is killed.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let mut window = open(Path::new(&dir));
    window.press(Key::Tab);
    window.press(Key::ArrowRight);
    window.press(Key::Tab);
    window.write("Ana");
    window.press(Key::Home);
    println!("\nready");
    std::thread::sleep(Duration::from_mins(1));
}

#[test]
fn killed_program_has_its_state_the_focus_and_the_caret_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "child", "--nocapture"]).env(DIR, dir.path());
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"), "the child got as far as typing");
    child.kill().unwrap();
    child.wait().unwrap();
    let mut window = open(dir.path());
    assert_eq!(window.app.session().outcome(), Outcome::Recovered);
    assert_eq!(*window.app.app(), Form { name: "Ana".to_owned(), amount: 1 });
    assert_eq!(window.app.arrow().pointed_at(), Some("name"));
    window.write("J");
    assert_eq!(window.app.app().name, "JAna", "the user goes on writing where the caret was");
}

/// What eframe read from its `app.ron`.
#[derive(Default)]
struct Ron(HashMap<String, String>);

impl Storage for Ron {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

#[test]
fn state_of_eframe_is_taken_over_once_and_left_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut ron = Ron::default();
    eframe::set_value(&mut ron, eframe::APP_KEY, &Form { name: "Ana".to_owned(), amount: 7 });
    let open = |ron: &Ron| Window::<Form>::with(setup(dir.path()), Some(ron), |form| form);
    let mut window = open(&ron);
    assert_eq!(*window.app.app(), Form { name: "Ana".to_owned(), amount: 7 });
    window.press(Key::Tab);
    window.press(Key::ArrowRight);
    window.close();
    assert!(ron.get_string(eframe::APP_KEY).is_some());
    // An older version of the program ran in between.
    eframe::set_value(&mut ron, eframe::APP_KEY, &Form { name: "Bo".to_owned(), amount: 2 });
    assert_eq!(*open(&ron).app.app(), Form { name: "Ana".to_owned(), amount: 8 });
}

#[derive(Default)]
struct Desk {
    form: Form,
    /// Not saved.
    cache: u32,
    frames: u32,
}

impl eframe::App for Desk {
    fn ui(&mut self, ui: &mut Ui, frame: &mut Frame) {
        self.form.ui(ui, frame);
    }
}

impl App for Desk {
    type State = Form;

    fn state(&self) -> &Form {
        &self.form
    }

    fn restore(&mut self, form: Form) {
        self.form = form;
    }

    fn session(&mut self, _: &mut Session, _: &mut Arrow) {
        self.frames += 1;
    }
}

#[test]
fn second_instance_continues_the_state_of_the_first_and_keeps_what_is_not_saved() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = open(dir.path());
    let mut waits = setup(dir.path());
    waits.session = waits.session.wait_for_holder(Duration::ZERO);
    let mut second: Window<Desk> = Window::with(waits, None, |form| Desk { form, cache: 3, frames: 0 });
    first.press(Key::Tab);
    first.press(Key::ArrowRight);
    first.close();
    let began = Instant::now();
    while second.app.app().form.amount == 0 && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
        second.pass(Vec::new());
    }
    let desk = second.app.app();
    assert_eq!((desk.form.amount, desk.cache), (1, 3));
    assert!(desk.frames > 2, "{}", desk.frames);
}
