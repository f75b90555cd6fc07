//! The application, drawn frame by frame.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{CentralPanel, Context, Frame, Key, Margin, Modifiers, Panel, Theme, Ui, UiBuilder};
use leftoff::marker::anchor::Position;
use leftoff::marker::cue::Salience;
use leftoff::time::{Clock, SystemClock};
use leftoff::{AppId, Error, Marker, Session};
use leftoff_egui::Arrow;

use crate::clock::Later;
use crate::next::Version;
use crate::page::{At, Page};
use crate::resume::Asleep;
use crate::state::{Desk, Step, WindowSize};
use crate::status::{self, Safety};
use crate::{form, header, list, theme};

pub const APP_ID: AppId = AppId::new("org.example.approvals-desk");

/// The options at start.
#[derive(Debug, Clone, Default)]
pub struct Start {
    pub dir: Option<PathBuf>,
    pub slot_per_instance: bool,
    pub version: Version,
    /// The offset of the clock.
    pub later: Duration,
}

/// The whole program except its window.
#[derive(Debug)]
pub struct App {
    pub(crate) session: Session,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) desk: Desk,
    pub(crate) arrow: Arrow,
    pub(crate) asleep: Option<Asleep>,
    /// The key that woke the desk, while it is held: it types nothing.
    pub(crate) waking_key: Option<Key>,
    pub(crate) reason: usize,
    /// Whether to focus the field with the arrow as soon as it is on the screen.
    pub(crate) resume: bool,
    /// The element with the caret, and the position of the caret in it.
    caret: Option<(String, Position)>,
    /// The error that made the last capture incomplete.
    pub(crate) uncaptured: Option<Error>,
    story: String,
    frames: u64,
}

impl App {
    /// # Errors
    /// Only for invalid settings: storage errors are shown in the window.
    pub fn open(start: &Start) -> Result<Self, Error> {
        let clock = Later::new(SystemClock::new(), start.later);
        let builder = Session::builder(APP_ID).app_version(start.version.name()).renames(start.version.renames());
        let mut builder = builder.clock(clock.clone());
        if let Some(dir) = &start.dir {
            builder = builder.dir(dir);
        }
        if start.slot_per_instance {
            builder = builder.slot_per_instance();
        }
        let session = builder.open();
        leftoff_os::watch(&session);
        Ok(Self::new(session, clock, start.version))
    }

    /// Creates the application with the caller's session and that session's clock.
    pub fn new(mut session: Session, clock: impl Clock + Clone, version: Version) -> Self {
        let desk = Desk::restore(&mut session, version);
        let story = status::start_story(&session);
        let mut arrow = Arrow::new();
        arrow.set_clock(clock.clone());
        arrow.settings.opens_pages = true;
        // A user who tries this out is never away for long, and should see everything.
        arrow.settings.policy.quiet_below = Duration::ZERO;
        arrow.settings.policy.line_from = Duration::ZERO;
        Self {
            session,
            clock: Arc::new(clock),
            desk,
            arrow,
            asleep: None,
            waking_key: None,
            reason: 0,
            resume: true,
            caret: None,
            uncaptured: None,
            story,
            frames: 0,
        }
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn arrow(&self) -> &Arrow {
        &self.arrow
    }

    /// Returns the size that the window had when it was closed.
    pub fn window_size(&self) -> [f32; 2] {
        [self.desk.window.width, self.desk.window.height]
    }

    pub fn is_asleep(&self) -> bool {
        self.asleep.is_some()
    }

    /// Draws one frame.
    pub fn show(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        if self.frames == 0 {
            theme::install(&ctx);
            self.set_theme(&ctx);
        }
        self.look_at_keys(&ctx);
        self.open_wanted_page();
        let before = (self.desk.view.list.clone(), self.desk.window, self.caret.clone());
        let builder = if self.is_asleep() { UiBuilder::new().disabled() } else { UiBuilder::new() };
        ui.scope_builder(builder, |ui| self.window(ui));
        let size = ctx.content_rect().size();
        self.desk.window = WindowSize { width: size.x, height: size.y };
        if before != (self.desk.view.list.clone(), self.desk.window, self.caret.clone()) {
            // Scrolling is not a touch: it is saved, and the marker does not move.
            self.session.mark_dirty();
        }
        self.sleeping_card(&ctx);
        if self.is_asleep() {
            // No arrow while the desk is asleep.
            self.arrow.show_marker(&ctx, None);
        } else if self.arrow.show(&ctx, &mut self.session) {
            self.desk = Desk::restore(&mut self.session, self.desk.version);
        }
        self.save();
        self.plan_next_frame(&ctx);
        self.frames += 1;
    }

    fn window(&mut self, ui: &mut Ui) {
        let side = theme::palette(ui.visuals()).side;
        let fill = ui.visuals().panel_fill;
        let bar = Frame::new().fill(fill).inner_margin(Margin { left: 16, right: 16, top: 8, bottom: 8 });
        Panel::top("header").frame(bar).show(ui, |ui| {
            let asked = header::show(ui, &mut self.reason, self.desk.version);
            self.top_line(ui);
            self.header_asked(ui.ctx(), &asked);
        });
        let (safety, line) = status::safety(&self.session.status(), self.uncaptured.as_ref());
        let thin = Frame::new().fill(fill).inner_margin(Margin::symmetric(16, 2));
        Panel::bottom("status").frame(thin).show(ui, |ui| status::show(ui, safety, &line, &self.story));
        let left = Frame::new().fill(side).inner_margin(Margin { left: 0, right: 6, top: 10, bottom: 6 });
        let width = list::WIDTH.min(ui.available_width() * 0.45);
        let restore = self.frames == 0;
        Panel::left("list").frame(left).exact_size(width).resizable(false).show(ui, |ui| {
            list::show(ui, &mut self.desk, &mut self.arrow, restore);
        });
        let now = self.clock.now().wall;
        let center = Frame::new().fill(fill).inner_margin(Margin { left: 8, right: 4, top: 4, bottom: 4 });
        CentralPanel::default().frame(center).show(ui, |ui| {
            let Some(request) = self.desk.selected() else {
                form::nothing_chosen(ui);
                return;
            };
            let mut page = Page {
                arrow: &mut self.arrow,
                resume: &mut self.resume,
                left: self.session.marker().and_then(Marker::position),
                caret: &mut self.caret,
                at: At::new(request, self.desk.view.step),
            };
            form::show(ui, &mut self.desk, &mut page, request, now.as_millis());
        });
    }

    fn top_line(&mut self, ui: &mut Ui) {
        // The buttons of the card are no higher than the card.
        (ui.spacing_mut().button_padding.y, ui.spacing_mut().interact_size.y) = (2.0, 24.0);
        if self.arrow.card(ui) {
            return;
        }
        if status::is_taken(&self.session) {
            header::alarm(
                ui,
                "Another window has this desk, and nothing done here is saved. Start with --own-slot for a state of its own.",
            );
        } else if header::idle(ui, self.session.marker().is_some()) {
            self.take_me_back();
        }
    }

    pub(crate) fn take_me_back(&mut self) {
        self.arrow.take_me_back();
        self.resume = true;
    }

    /// Opens the page of the wanted element.
    fn open_wanted_page(&mut self) {
        let Some(wanted) = self.arrow.wanted() else { return };
        let mut names = wanted.split('/');
        let id = names.next().unwrap_or_default();
        if self.desk.requests().all(|request| request.id != id) {
            return;
        }
        id.clone_into(&mut self.desk.view.selected);
        let step = names.next().and_then(Step::of_path);
        self.desk.view.step = step.unwrap_or(self.desk.view.step);
        self.resume = true;
        self.session.mark_dirty();
    }

    fn header_asked(&mut self, ctx: &Context, asked: &header::Asked) {
        if let Some(dark) = asked.theme {
            self.desk.view.dark = Some(dark);
            self.set_theme(ctx);
            self.session.mark_dirty();
        }
        if asked.sleep {
            self.sleep();
        }
    }

    fn set_theme(&self, ctx: &Context) {
        if let Some(dark) = self.desk.view.dark {
            ctx.set_theme(if dark { Theme::Dark } else { Theme::Light });
        }
    }

    pub(crate) fn save(&mut self) {
        let position = self.position();
        let captured = self.session.autosave(|capture| {
            self.desk.capture(capture);
            capture.anchor(self.arrow.elements());
            if let Some(position) = position {
                capture.position(position);
            }
        });
        self.uncaptured = captured.err();
    }

    /// Returns the user's position in the last touched element. `None` before the first touch: the stored position then
    /// stays.
    fn position(&self) -> Option<Position> {
        let last = self.session.last_mark()?.element();
        let caret = self.caret.as_ref().filter(|(path, _)| path == last).map(|(_, position)| position.clone());
        let window = self.arrow.position();
        match (caret, window.as_ref().and_then(Position::viewport_fraction)) {
            (Some(caret), Some((x, y))) => Some(caret.viewport(x, y)),
            (caret, _) => caret.or(window),
        }
    }

    /// Requests the next frame. Only two things change without input: a save in progress, and the age on the card.
    fn plan_next_frame(&self, ctx: &Context) {
        let (safety, _) = status::safety(&self.session.status(), self.uncaptured.as_ref());
        if safety != Safety::Safe && !status::is_taken(&self.session) {
            ctx.request_repaint_after(Duration::from_millis(300));
        } else if self.is_asleep() || self.arrow.salience() != Salience::Hidden {
            ctx.request_repaint_after(Duration::from_secs(15));
        }
    }

    fn look_at_keys(&mut self, ctx: &Context) {
        self.wake_by_key(ctx);
        if !self.is_asleep() && ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::J)) {
            self.take_me_back();
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        // Also captures what the program changed without input.
        self.session.mark_dirty();
        self.save();
        if let Some(error) = self.session.close().err().or_else(|| self.uncaptured.take()) {
            eprintln!("approvals-desk: not saved: {error:#}");
        }
    }
}
