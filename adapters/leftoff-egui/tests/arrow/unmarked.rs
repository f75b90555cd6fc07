//! Changes that nobody marked, up to the moment at which the window is closed.

use std::time::Duration;

use eframe::egui::{Event, Key, Role, Slider, TextEdit, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Section, Session};
use leftoff_egui::Arrow;

use crate::app::Options;
use crate::support::Place;

const BUILD: Section<u32> = Section::new("build", 1);
const NAME: Section<String> = Section::new("name", 1);

/// A window with a slider and a text box, neither of them marked.
struct Bare {
    session: Session,
    arrow: Arrow,
    build: u32,
    name: String,
    captures: usize,
}

impl Bare {
    fn ui(&mut self, ui: &mut Ui) {
        ui.add(Slider::new(&mut self.build, 0..=100).show_value(false).text("Build"));
        let caption = ui.label("Name");
        ui.add(TextEdit::singleline(&mut self.name).id_salt("name")).labelled_by(caption.id);
        _ = self.arrow.show(ui.ctx(), &mut self.session);
        let saved = self.session.autosave(|capture| {
            self.captures += 1;
            capture.set(BUILD, &self.build);
            capture.set(NAME, &self.name);
        });
        saved.unwrap();
    }
}

fn open(disk: &MemoryBackend) -> Harness<'static, Bare> {
    let mut session = Session::builder(AppId::new("org.example.test")).backend(disk.clone()).open();
    let (build, name) = (session.get(BUILD).unwrap().unwrap_or(15), session.get_or_default(NAME));
    let bare = Bare { session, arrow: Arrow::new(), build, name, captures: 0 };
    let mut window = Harness::builder().with_max_steps(60).build_ui_state(|ui, bare: &mut Bare| bare.ui(ui), bare);
    window.run();
    window
}

#[test]
fn unmarked_slider_and_text_box_come_back_after_the_window_is_closed() {
    let disk = MemoryBackend::new();
    let mut window = open(&disk);
    window.get_by_role(Role::Slider).focus();
    window.run();
    window.key_press(Key::ArrowRight);
    window.run();
    drop(window);
    let mut window = open(&disk);
    assert_eq!(window.state().build, 16, "by a key");

    let slider = window.get_by_role(Role::Slider).rect();
    window.drag_at(slider.left_center());
    window.run();
    window.hover_at(slider.right_center());
    window.run();
    window.drop_at(slider.right_center());
    window.run();
    let dragged = window.state().build;
    assert!(dragged > 16, "{dragged}");
    drop(window);
    let mut window = open(&disk);
    assert_eq!(window.state().build, dragged, "by the pointer");

    window.get_by_label("Name").focus();
    window.run();
    window.event(Event::Paste("Ana".to_owned()));
    window.run();
    window.get_by_label("Name").type_text(" B");
    window.run();
    drop(window);
    assert_eq!(open(&disk).state().name, "Ana B");
}

#[test]
fn a_user_who_only_looks_captures_nothing() {
    let mut window = open(&MemoryBackend::new());
    let before = window.state().captures;
    for x in [10.0, 20.0, 30.0] {
        window.hover_at(eframe::egui::pos2(x, 200.0));
        window.run();
    }
    window.event(Event::WindowFocused(false));
    window.run();
    assert_eq!(window.state().captures, before);
}

#[test]
fn what_the_program_changed_by_itself_is_saved_when_the_window_is_closed() {
    let place = Place::default();
    let mut desk = place.open(Options::default());
    desk.0.state_mut().form.due = "30 June".to_owned();
    desk.0.run();
    desk.0.state_mut().exit().unwrap();
    drop(desk);
    let desk = place.open(Options { later: Duration::from_mins(5), ..Options::default() });
    assert_eq!(desk.0.state().form.due, "30 June");
}
