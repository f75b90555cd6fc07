//! An application together with its session.

use std::fmt;
use std::sync::Weak;
use std::time::Instant;

use eframe::egui::{Context, Id, Panel, RawInput, Ui, Visuals};
use eframe::{CreationContext, Frame, Storage};
use leftoff::marker::cue::CardSize;
use leftoff::window::{Geometry, Placement};
use leftoff::{Capture, Error, Section, Session};
use leftoff_egui::Arrow;
use winit::window::Window;

use crate::window::{self, Outline, WINDOW};
use crate::{App, Setup};

/// An application together with its session and its arrow: what [`run`](crate::run) passes to eframe.
///
/// Use it where the program starts eframe itself, such as with [`eframe::create_native`].
pub struct Resuming<A: App> {
    app: A,
    session: Session,
    section: Section<A::State>,
    arrow: Arrow,
    /// For egui's memory at the exit.
    ctx: Context,
    geometry: Geometry,
    outline: Outline,
    /// Where the window has to be, until it is visible.
    placing: Option<Placement>,
    /// eframe owns the window.
    window: Weak<Window>,
    /// When changes that the program made by itself were last looked for.
    looked: Instant,
    /// The last error, so that each is logged once.
    error: String,
}

impl<A: App> fmt::Debug for Resuming<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resuming").field("session", &self.session).field("arrow", &self.arrow).finish_non_exhaustive()
    }
}

impl<A: App> Resuming<A> {
    /// Opens the session, imports the state of eframe's own persistence if there is no other, restores the window, and
    /// creates the application. Call it in eframe's [`AppCreator`](eframe::AppCreator).
    pub fn new(
        setup: Setup<A::State>,
        cc: &CreationContext<'_>,
        create: impl FnOnce(&CreationContext<'_>, A::State) -> A,
    ) -> Self {
        let Setup { session, section, arrow } = setup;
        let mut session = session.open();
        leftoff_os::watch(&session);
        if let Err(error) = import(&mut session, section, cc.storage) {
            log::error!("the state of an earlier version of the program was not imported: {error:#}");
        }
        let geometry = session.get_or_default(WINDOW);
        let placing = cc.winit_window().and_then(|window| window::place(&geometry, window));
        let state = session.get_or_default(section);
        let app = create(cc, state);
        #[cfg(feature = "persistence")]
        if app.persist_egui_memory() {
            leftoff_egui::restore_memory(&cc.egui_ctx, &mut session);
        }
        Self {
            app,
            session,
            section,
            arrow,
            ctx: cc.egui_ctx.clone(),
            geometry,
            outline: Outline::default(),
            placing,
            window: cc.winit_window().map(std::sync::Arc::downgrade).unwrap_or_default(),
            looked: Instant::now(),
            error: String::new(),
        }
    }

    /// Returns the application.
    pub fn app(&self) -> &A {
        &self.app
    }

    /// Returns the session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the arrow of the main window.
    pub fn arrow(&self) -> &Arrow {
        &self.arrow
    }

    /// Reads everything again, after the session continues another state.
    fn reread(&mut self) {
        // The memory of egui and the window are those that the user sees.
        let state = self.session.get_or_default(self.section);
        self.app.restore(state);
    }

    fn observe_window(&mut self) {
        let Some(window) = self.window.upgrade() else { return };
        self.placing.take_if(|placement| window::place_again(placement, &window));
        // Until then, it is nowhere that the user has seen.
        if self.placing.is_none() && window::observe(&mut self.geometry, &window) {
            self.session.mark_dirty();
        }
    }

    fn autosave(&mut self) {
        if self.looked.elapsed() >= self.app.auto_save_interval() {
            self.looked = Instant::now();
            self.session.mark_dirty();
        }
        let saved = self.session.autosave(|capture| {
            capture_all(capture, &self.app, self.section, &self.arrow, &self.geometry, &self.ctx);
        });
        let error = saved.err().map(|error| format!("{error:#}")).unwrap_or_default();
        if !error.is_empty() && error != self.error {
            log::error!("the state is not saved completely: {error}");
        }
        self.error = error;
    }

    /// Saves everything, and waits for the disk as long as a close may.
    fn close(&mut self) {
        self.observe_window();
        let saved = self.session.save(|capture| {
            capture_all(capture, &self.app, self.section, &self.arrow, &self.geometry, &self.ctx);
        });
        if let Err(error) = saved.map(|_| ()).and(self.session.close()) {
            log::error!("the state at the exit is not saved completely: {error:#}");
        }
    }
}

/// Lets the next widget without an id of its own have this one, as if the card were not there. Otherwise, each widget of
/// the application would have another id when the card appears or disappears, and lose the focus and the caret.
fn go_back_to(ui: &mut Ui, next: Id) {
    for _ in 0..16 {
        if ui.next_auto_id() == next {
            break;
        }
        // The counter wraps: one back.
        ui.skip_ahead_auto_ids(usize::MAX);
    }
}

fn import<S>(session: &mut Session, section: Section<S>, storage: Option<&dyn Storage>) -> Result<bool, Error>
where
    S: serde::Serialize + serde::de::DeserializeOwned,
{
    #[cfg(feature = "persistence")]
    return session.import(section, || eframe::get_value(storage?, eframe::APP_KEY));
    #[cfg(not(feature = "persistence"))]
    {
        _ = (session, section, storage);
        Ok(false)
    }
}

fn capture_all<A: App>(
    capture: &mut Capture<'_>,
    app: &A,
    section: Section<A::State>,
    arrow: &Arrow,
    geometry: &Geometry,
    ctx: &Context,
) {
    capture.set(section, app.state());
    capture.set(WINDOW, geometry);
    capture.anchor(arrow.elements());
    if let Some(position) = arrow.position() {
        capture.position(position);
    }
    #[cfg(feature = "persistence")]
    if app.persist_egui_memory() {
        leftoff_egui::capture_memory(ctx, capture);
    }
    #[cfg(not(feature = "persistence"))]
    let _ = ctx;
}

impl<A: App> eframe::App for Resuming<A> {
    fn logic(&mut self, ctx: &Context, frame: &mut Frame) {
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut Frame) {
        if self.arrow.card_size() != CardSize::None {
            let next = ui.next_auto_id();
            Panel::top("leftoff card").show(ui, |ui| self.arrow.card(ui));
            go_back_to(ui, next);
        }
        self.app.ui(ui, frame);
        if self.arrow.show(ui.ctx(), &mut self.session) {
            self.reread();
        }
        self.app.session(&mut self.session, &mut self.arrow);
        let outline = Outline::of(ui.ctx());
        if outline != self.outline || self.placing.is_some() {
            self.outline = outline;
            self.observe_window();
        }
        self.autosave();
    }

    fn save(&mut self, storage: &mut dyn Storage) {
        self.app.save(storage);
    }

    #[cfg(feature = "glow")]
    fn on_exit(&mut self, gl: Option<&eframe::glow::Context>) {
        self.app.on_exit(gl);
        self.close();
    }

    #[cfg(not(feature = "glow"))]
    fn on_exit(&mut self) {
        self.app.on_exit();
        self.close();
    }

    fn auto_save_interval(&self) -> std::time::Duration {
        self.app.auto_save_interval()
    }

    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }

    fn persist_egui_memory(&self) -> bool {
        self.app.persist_egui_memory()
    }

    fn raw_input_hook(&mut self, ctx: &Context, raw_input: &mut RawInput) {
        self.app.raw_input_hook(ctx, raw_input);
    }
}
