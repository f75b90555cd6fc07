//! Three windows: the main one, notes in a deferred viewport, and a palette in an immediate one. Each has its own arrow.
//!
//! Type into the notes, kill the program, and start it again: `cargo run --example windows`
#![allow(clippy::print_stderr, missing_docs)]

use std::sync::Arc;

use eframe::egui::mutex::Mutex;
use eframe::egui::{CentralPanel, Context, Slider, TextEdit, Ui, ViewportBuilder, ViewportCommand, ViewportId};
use leftoff::{AppId, Error, Section, Session};
use leftoff_egui::{Arrow, LeftOff as _};
use serde::{Deserialize, Serialize};

const STATE: Section<State> = Section::new("state", 1);
/// The scopes of the windows, and the names of their viewports.
const NOTES: &str = "notes";
const PALETTE: &str = "palette";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    title: String,
    notes: String,
    hue: u8,
    has_notes: bool,
    has_palette: bool,
}

/// What all windows use. The code of a deferred viewport runs without that of the main window.
#[derive(Debug)]
struct Desk {
    session: Session,
    state: State,
    main: Arrow,
    notes: Arrow,
    palette: Arrow,
}

struct Program(Arc<Mutex<Desk>>);

impl Desk {
    fn open() -> Self {
        let mut session = Session::open(AppId::new("org.example.leftoff-windows"));
        leftoff_os::watch(&session);
        let state = session.get_or_default(STATE);
        let (notes, palette) = (Arrow::for_scope(NOTES), Arrow::for_scope(PALETTE));
        Self { session, state, main: Arrow::new(), notes, palette }
    }

    /// Raises the window that the user left.
    fn raise_last_window(&self, ctx: &Context) {
        if let Some(scope @ (NOTES | PALETTE)) = self.session.last_active_scope() {
            ctx.send_viewport_cmd_to(ViewportId::from_hash_of(scope), ViewportCommand::Focus);
        }
    }

    fn main_window(&mut self, ui: &mut Ui) {
        CentralPanel::default().show(ui, |ui| {
            self.main.card(ui);
            let caption = ui.label("Title");
            ui.text_edit_singleline(&mut self.state.title).labelled_by(caption.id).left_off(ui, "title");
            ui.checkbox(&mut self.state.has_notes, "Notes").left_off(ui, "notes");
            ui.checkbox(&mut self.state.has_palette, "Palette").left_off(ui, "palette");
        });
    }

    /// The deferred window: marks, draws its arrow, and wakes the main window, which saves.
    fn notes_window(&mut self, ui: &mut Ui) {
        CentralPanel::default().show(ui, |ui| {
            let notes = TextEdit::multiline(&mut self.state.notes).hint_text("Notes");
            ui.add_sized(ui.available_size(), notes).left_off(ui, "text");
        });
        self.state.has_notes &= !ui.input(|input| input.viewport().close_requested());
        if self.notes.show(ui.ctx(), &mut self.session) {
            self.state = self.session.get_or_default(STATE);
        }
    }

    /// The immediate window, which is drawn within the main window's code.
    fn palette_window(&mut self, ui: &mut Ui) {
        CentralPanel::default().show(ui, |ui| {
            ui.add(Slider::new(&mut self.state.hue, 0..=255).text("Hue")).left_off(ui, "hue");
        });
        self.state.has_palette &= !ui.input(|input| input.viewport().close_requested());
        if self.palette.show(ui.ctx(), &mut self.session) {
            self.state = self.session.get_or_default(STATE);
        }
    }

    /// The end of the main window's frame: everything of all windows is saved here.
    fn end(&mut self, ctx: &Context) {
        if self.main.show(ctx, &mut self.session) {
            self.state = self.session.get_or_default(STATE);
        }
        let Self { session, state, main, notes, palette } = self;
        let saved = session.autosave(|capture| {
            capture.set(STATE, state);
            capture.anchor(main.elements());
            capture.scope(NOTES).anchor(notes.elements());
            capture.scope(PALETTE).anchor(palette.elements());
        });
        report(saved.map(|_| ()));
    }
}

impl eframe::App for Program {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        let (has_notes, has_palette) = {
            let mut desk = self.0.lock();
            desk.main_window(ui);
            (desk.state.has_notes, desk.state.has_palette)
        };
        // Not while the desk is locked: where there are no windows besides the main one, egui calls the closures here.
        if has_notes {
            let desk = Arc::clone(&self.0);
            let builder = ViewportBuilder::default().with_title("Notes").with_inner_size([320.0, 240.0]);
            ctx.show_viewport_deferred(ViewportId::from_hash_of(NOTES), builder, move |ui, _| {
                desk.lock().notes_window(ui);
            });
        }
        if has_palette {
            let builder = ViewportBuilder::default().with_title("Palette").with_inner_size([320.0, 80.0]);
            let id = ViewportId::from_hash_of(PALETTE);
            ctx.show_viewport_immediate(id, builder, |ui, _| self.0.lock().palette_window(ui));
        }
        let mut desk = self.0.lock();
        if ctx.cumulative_frame_nr() == 1 {
            desk.raise_last_window(&ctx);
        }
        desk.end(&ctx);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        let Desk { session, state, .. } = &mut *self.0.lock();
        let saved = session.save(|capture| capture.set(STATE, state));
        report(saved.map(|_| ()).and(session.close()));
    }
}

fn report(saved: Result<(), Error>) {
    if let Err(error) = saved {
        eprintln!("windows: not saved: {error:#}");
    }
}

fn main() -> eframe::Result {
    let options = eframe::NativeOptions::default();
    let program = Program(Arc::new(Mutex::new(Desk::open())));
    eframe::run_native("Three windows", options, Box::new(|_| Ok(Box::new(program))))
}
