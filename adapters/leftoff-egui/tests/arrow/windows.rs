//! Windows of their own, which egui calls viewports. Without an event loop: the test runs their passes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use eframe::egui::viewport::DeferredViewportUiCallback;
use eframe::egui::{
    Context, Event, FullOutput, Modifiers, PointerButton, RawInput, Ui, ViewportBuilder, ViewportId, pos2,
};
use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Section, Session};
use leftoff_egui::Arrow;

const NOTES: Section<String> = Section::new("notes", 1);

/// A main window, and an editor in a deferred viewport.
struct App {
    session: Session,
    main: Arrow,
    editor: Arrow,
    notes: String,
    /// Whether the editor uses the arrow of the main window.
    is_mixed_up: bool,
}

impl App {
    fn open(disk: &MemoryBackend) -> Arc<Mutex<Self>> {
        let mut session = Session::builder(AppId::new("org.example.test")).backend(disk.clone()).open();
        let notes = session.get_or_default(NOTES);
        let (main, editor) = (Arrow::new(), Arrow::for_scope("editor"));
        Arc::new(Mutex::new(Self { session, main, editor, notes, is_mixed_up: false }))
    }

    fn draw_main(&mut self, ui: &mut Ui) {
        let new = ui.button("New");
        self.main.mark(ui, "new", &new);
        _ = self.main.show(ui.ctx(), &mut self.session);
        self.session.autosave(|capture| capture.set(NOTES, &self.notes)).unwrap();
    }

    fn draw_editor(&mut self, ui: &mut Ui) {
        let text = ui.text_edit_singleline(&mut self.notes);
        let arrow = if self.is_mixed_up { &mut self.main } else { &mut self.editor };
        arrow.mark(ui, "notes", &text);
        _ = arrow.show(ui.ctx(), &mut self.session);
    }
}

pub(crate) fn editor() -> ViewportId {
    ViewportId::from_hash_of("editor")
}

pub(crate) fn run(ctx: &Context, input: RawInput, draw: impl FnMut(&mut Ui)) -> FullOutput {
    let mut output = ctx.run_ui(input, draw);
    output.textures_delta.clear();
    output
}

/// A frame of the main window. Returns how to draw the editor.
fn run_main(ctx: &Context, app: &Arc<Mutex<App>>) -> Arc<DeferredViewportUiCallback> {
    let mut input = RawInput::default();
    input.viewports.insert(editor(), eframe::egui::ViewportInfo::default());
    let output = run(ctx, input, |ui| {
        app.lock().unwrap().draw_main(ui);
        let app = Arc::clone(app);
        let draw = move |ui: &mut Ui, _| app.lock().unwrap().draw_editor(ui);
        ui.ctx().show_viewport_deferred(editor(), ViewportBuilder::default(), draw);
    });
    output.viewport_output[&editor()].viewport_ui_cb.clone().unwrap()
}

fn run_editor(ctx: &Context, draw: &DeferredViewportUiCallback, events: Vec<Event>) {
    let mut input = RawInput { viewport_id: editor(), events, focused: true, ..RawInput::default() };
    input
        .viewports
        .insert(editor(), eframe::egui::ViewportInfo { parent: Some(ViewportId::ROOT), ..Default::default() });
    run(ctx, input, |ui| draw(ui));
}

fn click(pressed: bool) -> Event {
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    Event::PointerButton { pos: pos2(30.0, 15.0), button, pressed, modifiers }
}

pub(crate) fn windows() -> Context {
    let ctx = Context::default();
    ctx.set_embed_viewports(false);
    ctx
}

#[test]
fn what_is_typed_in_a_deferred_window_is_saved_by_the_main_window() {
    let (ctx, disk) = (windows(), MemoryBackend::new());
    let app = App::open(&disk);
    let mut draw = run_main(&ctx, &app);
    run_editor(&ctx, &*draw, Vec::new());
    while ctx.has_requested_repaint_for(&ViewportId::ROOT) {
        draw = run_main(&ctx, &app);
    }
    run_editor(&ctx, &*draw, Vec::new());
    assert!(!ctx.has_requested_repaint_for(&ViewportId::ROOT), "a main window sleeps while nothing happens");
    for events in
        [vec![Event::PointerMoved(pos2(30.0, 15.0)), click(true)], vec![click(false)], vec![Event::Text("7".into())]]
    {
        run_editor(&ctx, &*draw, events);
        run_editor(&ctx, &*draw, Vec::new());
    }
    assert_eq!(app.lock().unwrap().notes, "7");
    // As the event loop does.
    assert!(ctx.has_requested_repaint_for(&ViewportId::ROOT));
    run_main(&ctx, &app);
    std::mem::forget(app); // Killed.
    let restored = App::open(&disk);
    assert_eq!(restored.lock().unwrap().notes, "7");
    assert!(restored.lock().unwrap().session.scope("editor").marker().is_some());
}

/// Runs both windows some times.
fn run_both(ctx: &Context, app: &Arc<Mutex<App>>) {
    for _ in 0..4 {
        let draw = run_main(ctx, app);
        run_editor(ctx, &*draw, Vec::new());
    }
}

#[test]
fn one_arrow_in_two_windows_is_an_error_in_debug_builds_and_shows_nothing_in_others() {
    let (ctx, disk) = (windows(), MemoryBackend::new());
    let app = App::open(&disk);
    app.lock().unwrap().session.mark("notes");
    drop(app);
    let app = App::open(&disk);
    run_both(&ctx, &app);
    assert!(app.lock().unwrap().main.certainty().is_some(), "an arrow for each window is right");

    let (ctx, app) = (windows(), App::open(&disk));
    app.lock().unwrap().is_mixed_up = true;
    let ran = catch_unwind(AssertUnwindSafe(|| run_both(&ctx, &app)));
    if cfg!(debug_assertions) {
        let panic = ran.unwrap_err();
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        assert!(said.unwrap().contains("for_scope"), "{said:?}");
    } else {
        ran.unwrap();
        let app = app.lock().unwrap();
        assert_eq!((app.main.certainty(), app.main.drawn()), (None, None), "nothing false is said");
    }
}

#[test]
fn an_arrow_may_move_to_another_window_and_back() {
    let (ctx, disk) = (windows(), MemoryBackend::new());
    let app = App::open(&disk);
    for _ in 0..5 {
        // Docked, then in a window of its own, while the main window goes on.
        for is_mixed_up in [false, true] {
            for _ in 0..3 {
                run(&ctx, RawInput::default(), |ui| {
                    if is_mixed_up {
                        let app = Arc::clone(&app);
                        let draw = move |ui: &mut Ui, _| app.lock().unwrap().draw_editor(ui);
                        ui.ctx().show_viewport_deferred(editor(), ViewportBuilder::default(), draw);
                    } else {
                        app.lock().unwrap().draw_editor(ui);
                    }
                });
                if is_mixed_up {
                    let app = Arc::clone(&app);
                    run_editor(&ctx, &move |ui: &mut Ui| app.lock().unwrap().draw_editor(ui), Vec::new());
                }
            }
        }
    }
}
