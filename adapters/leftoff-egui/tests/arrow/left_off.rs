//! Elements that are marked on their response, without the arrow at hand.

use std::panic::{AssertUnwindSafe, catch_unwind};

use eframe::egui::{
    Context, Event, Key, Modifiers, RawInput, Rect, ScrollArea, Slider, TextEdit, Ui, ViewportId, pos2, vec2,
};
use egui_kittest::Harness;
use leftoff::backend::MemoryBackend;
use leftoff::marker::anchor::UiTree;
use leftoff::{Action, AppId, Phase, Session};
use leftoff_egui::{Arrow, Drawn, LeftOff, Target};

use crate::windows::{editor, run, windows};

fn open(disk: &MemoryBackend) -> Session {
    Session::builder(AppId::new("org.example.test")).backend(disk.clone()).without_thread().open()
}

/// A form whose functions know no arrow.
#[derive(Default)]
struct Form {
    name: String,
    secret: String,
    amount: u32,
}

fn form(ui: &mut Ui, form: &mut Form) {
    let caption = ui.label("Full name: *");
    ui.text_edit_singleline(&mut form.name).labelled_by(caption.id).left_off(ui, "form/name");
    let caption = ui.label("Pass phrase");
    let secret = TextEdit::singleline(&mut form.secret).password(true);
    ui.add(secret).labelled_by(caption.id).left_off(ui, "form/secret");
    ui.add(Slider::new(&mut form.amount, 0..=9).show_value(false).text("Amount")).left_off(ui, "form/amount");
    ui.button("Send").left_off(ui, Target::new("form/send").done());
    ui.button("…").left_off(ui, Target::new("form/more").label("More"));
}

/// A window in which egui builds no accessibility tree, as without a screen reader.
struct Window {
    ctx: Context,
    session: Session,
    arrow: Arrow,
    form: Form,
}

impl Window {
    fn open(disk: &MemoryBackend) -> Self {
        let mut window =
            Self { ctx: Context::default(), session: open(disk), arrow: Arrow::new(), form: Form::default() };
        window.pass(Vec::new());
        window
    }

    fn pass(&mut self, events: Vec<Event>) {
        let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0)));
        let input = RawInput { events, focused: true, screen_rect, ..RawInput::default() };
        run(&self.ctx, input, |ui| {
            form(ui, &mut self.form);
            _ = self.arrow.show(ui.ctx(), &mut self.session);
            self.session.autosave(|capture| capture.anchor(self.arrow.elements())).unwrap();
        });
    }

    fn press(&mut self, key: Key) {
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        self.pass(vec![event(true)]);
        self.pass(vec![event(false)]);
    }

    fn last(&self) -> (String, Option<String>, Action) {
        let last = self.session.last_mark().unwrap();
        (last.element().to_owned(), last.label().map(str::to_owned), last.action())
    }
}

fn named(path: &str, label: &str, action: Action) -> (String, Option<String>, Action) {
    (path.to_owned(), Some(label.to_owned()), action)
}

#[test]
fn label_is_the_name_that_a_screen_reader_says() {
    let mut window = Window::open(&MemoryBackend::new());
    let elements = window.arrow.elements();
    let name = elements.name(elements.find("form/name").unwrap());
    assert_eq!(name.as_deref(), Some("Full name"), "in the first frame, too");
    window.press(Key::Tab);
    assert_eq!(window.last(), named("form/name", "Full name", Action::Focus));
    window.pass(vec![Event::Text("Ana".to_owned())]);
    assert_eq!(window.form.name, "Ana");
    assert_eq!(window.last(), named("form/name", "Full name", Action::Edit));
    assert_eq!(window.session.last_mark().unwrap().phase(), Phase::InProgress);
    window.press(Key::Tab);
    window.press(Key::Tab);
    window.press(Key::ArrowRight);
    assert_eq!(window.last(), named("form/amount", "Amount", Action::Edit));
    window.press(Key::Tab);
    window.press(Key::Enter);
    assert_eq!(window.last(), named("form/send", "Send", Action::Press));
    assert_eq!(window.session.last_mark().unwrap().phase(), Phase::Committed);
    window.press(Key::Tab);
    assert_eq!(window.last(), named("form/more", "More", Action::Focus), "the label of the target comes first");
}

#[test]
fn password_field_is_sensitive_by_itself() {
    let disk = MemoryBackend::new();
    let mut window = Window::open(&disk);
    window.press(Key::Tab);
    window.press(Key::Tab);
    window.pass(vec![Event::Text("hunter2".to_owned())]);
    assert_eq!(window.last(), ("form/secret".to_owned(), None, Action::Edit));
    assert!(window.session.last_mark().unwrap().is_sensitive());
    drop(window);
    assert!(open(&disk).marker().unwrap().is_sensitive());

    // Through `mark`, with a label and a detail, too.
    let (ctx, mut session, mut arrow, mut text) = (Context::default(), open(&disk), Arrow::new(), String::new());
    for events in [vec![], vec![Event::Text("hunter2".to_owned())]] {
        let input = RawInput { events, focused: true, ..RawInput::default() };
        run(&ctx, input, |ui| {
            let field = ui.add(TextEdit::singleline(&mut text).password(true));
            field.request_focus();
            arrow.mark(ui, Target::new("pin").label("PIN").detail(&text.clone()), &field);
            _ = arrow.show(ui.ctx(), &mut session);
        });
    }
    let last = session.last_mark().unwrap();
    assert_eq!((last.element(), last.label(), last.is_sensitive()), ("pin", None, true));
}

#[test]
fn arrow_points_at_the_element_after_a_restart() {
    let disk = MemoryBackend::new();
    let mut window = Window::open(&disk);
    window.press(Key::Tab);
    window.pass(vec![Event::Text("Ana".to_owned())]);
    std::mem::forget(window); // Killed.
    let window = Window::open(&disk);
    assert!(matches!(window.arrow.drawn(), Some(Drawn::Arrow { element, .. }) if element == "form/name"));
}

/// Two windows, each with an arrow of its own or with one between them.
fn type_in_the_editor(session: &mut Session, main: &mut Arrow, mut other: Option<&mut Arrow>) {
    let (ctx, mut text) = (windows(), String::new());
    for step in 0..6 {
        let mut input = RawInput::default();
        input.viewports.insert(editor(), eframe::egui::ViewportInfo::default());
        run(&ctx, input, |ui| {
            ui.button("New").left_off(ui, "new");
            _ = main.show(ui.ctx(), session);
            ui.ctx().show_viewport_deferred(editor(), eframe::egui::ViewportBuilder::default(), |_, _| {});
        });
        // The callback of a deferred viewport cannot borrow.
        let events = if step == 3 { vec![Event::Text("7".to_owned())] } else { Vec::new() };
        let mut input = RawInput { viewport_id: editor(), events, focused: true, ..RawInput::default() };
        let info = eframe::egui::ViewportInfo { parent: Some(ViewportId::ROOT), ..Default::default() };
        input.viewports.insert(editor(), info);
        run(&ctx, input, |ui| {
            let field = ui.text_edit_singleline(&mut text).left_off(ui, "notes");
            field.request_focus();
            let arrow = other.as_deref_mut().unwrap_or(main);
            _ = arrow.show(ui.ctx(), session);
        });
    }
    assert_eq!(text, "7");
}

#[test]
fn each_window_has_its_own_elements() {
    let (disk, mut main, mut other) = (MemoryBackend::new(), Arrow::new(), Arrow::for_scope("editor"));
    let mut session = open(&disk);
    type_in_the_editor(&mut session, &mut main, Some(&mut other));
    let paths = |arrow: &Arrow| -> Vec<String> {
        let elements = arrow.elements();
        ["new", "notes"].into_iter().filter(|path| elements.find(path).is_some()).map(str::to_owned).collect()
    };
    assert_eq!((paths(&main), paths(&other)), (vec!["new".to_owned()], vec!["notes".to_owned()]));
    session.save(|_| ()).unwrap();
    drop(session);
    let session = open(&disk);
    assert_eq!(session.last_active_scope(), Some("editor"));
    assert_eq!(session.last_mark().unwrap().element(), "notes");
}

#[test]
fn window_within_the_code_of_another_takes_only_its_own_elements() {
    // As eframe does it.
    Context::set_immediate_viewport_renderer(|ctx, mut viewport| {
        let mut input = RawInput { viewport_id: viewport.ids.this, ..RawInput::default() };
        let info = eframe::egui::ViewportInfo { parent: Some(viewport.ids.parent), ..Default::default() };
        input.viewports.insert(viewport.ids.this, info);
        run(ctx, input, |ui| (viewport.viewport_ui_cb)(ui));
    });
    let (ctx, mut main, mut other) = (windows(), Arrow::new(), Arrow::for_scope("editor"));
    let mut session = open(&MemoryBackend::new());
    for _ in 0..3 {
        run(&ctx, RawInput::default(), |ui| {
            ui.button("New").left_off(ui, "new");
            let builder = eframe::egui::ViewportBuilder::default();
            ui.ctx().show_viewport_immediate(editor(), builder, |ui, _| {
                ui.button("Close").left_off(ui, "close");
                _ = other.show(ui.ctx(), &mut session);
            });
            ui.button("Quit").left_off(ui, "quit");
            _ = main.show(ui.ctx(), &mut session);
        });
    }
    let has = |arrow: &Arrow| ["new", "close", "quit"].map(|path| arrow.elements().find(path).is_some());
    assert_eq!((has(&main), has(&other)), ([true, false, true], [false, true, false]));
}

#[test]
fn one_arrow_for_the_elements_of_two_windows_is_an_error_in_debug_builds() {
    let (disk, mut main) = (MemoryBackend::new(), Arrow::new());
    let mut session = open(&disk);
    let ran = catch_unwind(AssertUnwindSafe(|| type_in_the_editor(&mut session, &mut main, None)));
    assert_eq!(ran.is_err(), cfg!(debug_assertions));
}

/// A long page; every other row is marked with the arrow at hand.
fn page(ui: &mut Ui, arrow: &mut Arrow, texts: &mut [String]) {
    ScrollArea::vertical().max_height(200.0).show(ui, |ui| {
        for (index, text) in texts.iter_mut().enumerate() {
            let path = format!("rows/{index}");
            let field = ui.add(TextEdit::singleline(text).id_salt(index)).accessible_name(&path);
            let target = Target::new(&path).record();
            if index % 2 == 0 {
                field.left_off(ui, target);
            } else {
                arrow.mark(ui, target, &field);
            }
        }
    });
}

#[test]
fn elements_keep_their_order_and_the_way_back_scrolls() {
    let disk = MemoryBackend::new();
    let mut session = open(&disk);
    session.mark("rows/38");
    session.save(|_| ()).unwrap();
    drop(session);
    let state = (open(&disk), Arrow::new(), vec![String::new(); 40]);
    let mut window = Harness::builder().with_size(vec2(400.0, 300.0)).with_max_steps(60).build_ui_state(
        |ui, (session, arrow, texts): &mut (Session, Arrow, Vec<String>)| {
            page(ui, arrow, texts);
            _ = arrow.show(ui.ctx(), session);
        },
        state,
    );
    window.run();
    let elements = window.state().1.elements();
    let rows: Vec<&str> = elements
        .children(elements.root())
        .flat_map(|list| elements.children(list))
        .map(|row| elements.path(row))
        .filter(|path| path.contains('/'))
        .collect();
    let expected: Vec<String> = (0..40).map(|index| format!("rows/{index}")).collect();
    assert_eq!(rows, expected, "drawn in this order");
    let is_off_screen = |window: &Harness<'_, (Session, Arrow, Vec<String>)>| match window.state().1.drawn() {
        Some(Drawn::Arrow { element, off_screen, .. }) if element == "rows/38" => *off_screen,
        drawn => panic!("{drawn:?}"),
    };
    assert!(is_off_screen(&window));
    window.state_mut().1.take_me_back();
    window.run();
    assert!(!is_off_screen(&window), "the page was scrolled");
    assert_eq!(window.state().1.wanted(), None);
}
