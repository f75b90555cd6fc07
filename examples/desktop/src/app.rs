//! The application, drawn frame by frame.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{CentralPanel, Context, Frame, Key, Margin, Modifiers, Panel, Theme, Ui, UiBuilder, Vec2, vec2};
use leftoff::marker::Changes;
use leftoff::marker::anchor::Position;
use leftoff::marker::cue::Salience;
use leftoff::time::{Clock, SystemClock};
use leftoff::window::{Mode, Placement};
use leftoff::{AppId, Error, Marker, Session};
use leftoff_egui::{Arrow, Preview, Timeline};
use leftoff_roam::Devices;

use crate::clock::Later;
use crate::devices::Meeting;
use crate::memo::Memo;
use crate::next::Version;
use crate::page::{At, Page};
use crate::panel::{self, Goto, Tab};
use crate::place::{self, Place};
use crate::resume::Asleep;
use crate::state::Desk;
use crate::status::{self, Safety};
use crate::{form, header, list, theme};

pub const APP_ID: AppId = AppId::new("org.example.approvals-desk");

/// The options at start.
#[derive(Debug, Clone, Default)]
pub struct Start {
    pub dir: Option<PathBuf>,
    pub slot_per_instance: bool,
    pub version: Version,
    /// Whether colleagues worked meanwhile.
    pub meanwhile: bool,
    /// The file of the memo; without one, there is no memo.
    pub memo: Option<PathBuf>,
    /// The offset of the clock.
    pub later: Duration,
    /// Where the user's devices meet, if they do.
    pub roam: Option<Meeting>,
}

/// The whole program except its window.
#[derive(Debug)]
pub struct App {
    pub(crate) session: Session,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) desk: Desk,
    pub(crate) arrow: Arrow,
    pub(crate) timeline: Timeline,
    pub(crate) preview: Preview,
    /// The user asked what was restored.
    pub(crate) shows_preview: bool,
    /// What changed since the user left, until the user has read it.
    pub(crate) since: Changes,
    pub(crate) memo: Option<Memo>,
    /// The user's other devices.
    pub(crate) devices: Option<Devices>,
    pub(crate) goto: Goto,
    /// Where the window is, if it has a position.
    place: Option<Place>,
    pub(crate) asleep: Option<Asleep>,
    /// The key that woke the desk, while it is held: it types nothing.
    pub(crate) waking_key: Option<Key>,
    pub(crate) reason: usize,
    /// Whether to focus the field with the arrow as soon as it is on the screen.
    pub(crate) resume: bool,
    /// The element with the caret, and the position of the caret in it.
    pub(crate) caret: Option<(String, Position)>,
    /// The error that made the last capture incomplete.
    pub(crate) uncaptured: Option<Error>,
    story: String,
    frames: u64,
}

impl App {
    /// # Errors
    /// Only for invalid settings: storage errors are shown in the window.
    pub fn open(start: &Start) -> Result<Self, io::Error> {
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
        let app = Self::of(session, clock, start.version, start.meanwhile);
        let app = match &start.memo {
            Some(path) => app.with_memo(path),
            None => app,
        };
        match &start.roam {
            Some(meeting) => {
                let (roam, code) = meeting.roam()?;
                if let Some(code) = code {
                    println!("On the other device: approvals-desk --join {} --device NAME --key FILE", code.to_code());
                }
                app.with_devices(roam)
            }
            None => Ok(app),
        }
    }

    /// Creates the application with the caller's session and that session's clock.
    pub fn new(session: Session, clock: impl Clock + Clone, version: Version) -> Self {
        Self::of(session, clock, version, false)
    }

    /// The same, after colleagues worked meanwhile.
    pub fn meanwhile(session: Session, clock: impl Clock + Clone, version: Version) -> Self {
        Self::of(session, clock, version, true)
    }

    /// Adds a memo with this file.
    #[must_use]
    pub fn with_memo(mut self, path: &Path) -> Self {
        self.memo = Some(Memo::restore(path, &mut self.session));
        self
    }

    fn of(mut session: Session, clock: impl Clock + Clone, version: Version, meanwhile: bool) -> Self {
        let desk = Desk::restore(&mut session, version, meanwhile);
        let since = desk.changes(&session);
        // At the first start, there is nothing to choose from.
        let preview = if session.preview().is_empty() { Preview::answered() } else { Preview::new() };
        let story = status::start_story(&session);
        let mut arrow = Arrow::new();
        arrow.set_clock(clock.clone());
        arrow.set_texts(panel::words);
        // A user who tries this out is never away for long, and should see everything.
        arrow.settings.policy.quiet_below = Duration::ZERO;
        arrow.settings.policy.line_from = Duration::ZERO;
        Self {
            session,
            clock: Arc::new(clock),
            desk,
            arrow,
            timeline: Timeline::new(),
            preview,
            shows_preview: false,
            since,
            memo: None,
            devices: None,
            goto: Goto::default(),
            place: None,
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
    pub fn window_size(&self) -> Vec2 {
        let size = self.desk.window.fit(&[]).map(|placement| placement.size());
        // A window has less than a million pixels each way.
        #[allow(clippy::cast_precision_loss)]
        size.map_or(place::SIZE, |(width, height)| vec2(width as f32, height as f32))
    }

    /// Puts the window where it was.
    pub fn restore_window(&self, window: Option<&winit::window::Window>) {
        if let Some(window) = window {
            place::restore(window, &self.desk.window);
        }
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
        self.look_at_devices(&ctx);
        self.open_wanted_page();
        let target = self.session.marker().map(Marker::element);
        self.arrow.settings.opens_pages = target.is_some_and(|path| self.has_page(path));
        let before = (self.desk.view.list.clone(), self.caret.clone());
        let builder = if self.is_asleep() { UiBuilder::new().disabled() } else { UiBuilder::new() };
        ui.scope_builder(builder, |ui| self.window(ui));
        let is_moved = self.observe_window(&ctx);
        if is_moved || before != (self.desk.view.list.clone(), self.caret.clone()) {
            // Scrolling is not a touch: it is saved, and the marker does not move.
            self.session.mark_dirty();
        }
        self.sleeping_card(&ctx);
        if self.is_asleep() {
            // No arrow while the desk is asleep.
            self.arrow.show_marker(&ctx, None);
        } else if self.arrow.show(&ctx, &mut self.session) {
            self.read_again();
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
        let asks = !self.preview.is_answered();
        let is_asked = Panel::bottom("status").frame(thin).show(ui, |ui| {
            let not_sent = self.devices.as_ref().and_then(|devices| self.arrow.devices_line(ui, devices));
            status::show(ui, safety, &line, not_sent.as_deref().unwrap_or(&self.story), asks)
        });
        if is_asked.inner {
            (self.desk.view.tab, self.shows_preview) = (Tab::Timeline, true);
            self.timeline = Timeline::new();
        }
        let left = Frame::new().fill(side).inner_margin(Margin { left: 0, right: 6, top: 10, bottom: 6 });
        let width = list::WIDTH.min(ui.available_width() * 0.45);
        let restore = self.frames == 0;
        Panel::left("list").frame(left).exact_size(width).resizable(false).show(ui, |ui| {
            self.column(ui, restore);
        });
        let now = self.clock.now().wall;
        let center = Frame::new().fill(fill).inner_margin(Margin { left: 8, right: 4, top: 4, bottom: 4 });
        CentralPanel::default().frame(center).show(ui, |ui| {
            let Some(request) = self.desk.selected() else {
                form::nothing_chosen(ui, &self.desk.view.selected);
                return;
            };
            let mut page = Page {
                arrow: &mut self.arrow,
                resume: &mut self.resume,
                left: self.session.marker().and_then(Marker::position),
                caret: &mut self.caret,
                goto: &mut self.goto,
                at: At::new(request, self.desk.view.step),
            };
            form::show(ui, &mut self.desk, &mut page, request, now.as_millis());
        });
    }

    fn top_line(&mut self, ui: &mut Ui) {
        // The buttons of the card are no higher than the card.
        (ui.spacing_mut().button_padding.y, ui.spacing_mut().interact_size.y) = (2.0, 24.0);
        let height = self.arrow.card_height(ui);
        if self.devices_card(ui) || self.arrow.card(ui) {
            return;
        }
        if status::is_taken(&self.session) {
            header::alarm(
                ui,
                height,
                "Another window has this desk, and nothing done here is saved. Start with --own-slot for a state of its own.",
            );
        } else if header::idle(ui, height, self.session.marker().is_some()) {
            self.take_me_back();
        }
    }

    pub(crate) fn take_me_back(&mut self) {
        self.arrow.take_me_back();
        self.resume = true;
    }

    /// Opens the page of the wanted element.
    fn open_wanted_page(&mut self) {
        let Some(wanted) = self.arrow.wanted().map(str::to_owned) else { return };
        self.resume |= self.open_page(&wanted);
    }

    /// Reads all sections again, after stored values have changed.
    pub(crate) fn read_again(&mut self) {
        self.desk = self.desk.again(&mut self.session);
        if let Some(memo) = &mut self.memo {
            memo.restore_again(&mut self.session);
        }
    }

    /// Records where the window is. Returns whether the user has moved or resized it.
    fn observe_window(&mut self, ctx: &Context) -> bool {
        let size = ctx.content_rect().size();
        let without_window = || Some((Placement::sized(size.x, size.y, Mode::Normal)?, Vec::new()));
        let Some((placement, monitors)) = self.place.take().or_else(without_window) else { return false };
        self.desk.window.observe(&placement, &monitors)
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

    pub(crate) fn set_theme(&self, ctx: &Context) {
        if let Some(dark) = self.desk.view.dark {
            ctx.set_theme(if dark { Theme::Dark } else { Theme::Light });
        }
    }

    pub(crate) fn save(&mut self) {
        let position = self.position();
        let captured = self.session.autosave(|capture| {
            self.desk.capture(capture);
            if let Some(memo) = &self.memo {
                memo.capture(capture);
            }
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
    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.place = frame.winit_window().and_then(|window| place::of(window));
        self.show(ui);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        // Also captures what the program changed without input.
        self.session.mark_dirty();
        self.save();
        if let Some(devices) = self.devices.take() {
            // What is not sent, the next start sends.
            let _ = devices.close(&mut self.session, Duration::from_secs(2));
        }
        if let Some(error) = self.session.close().err().or_else(|| self.uncaptured.take()) {
            eprintln!("approvals-desk: not saved: {error:#}");
        }
    }
}
