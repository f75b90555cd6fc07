//! The window, frame by frame.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{CentralPanel, Context, Frame, Id, Key, Margin, Panel, Theme, Ui, UiBuilder};
use leftoff::time::{Clock, SystemClock, Timestamp};
use leftoff::{Error, Session};

use crate::card_view::{self, Words};
use crate::clock::Later;
use crate::cue::{Cue, Salience};
use crate::header;
use crate::marker_view::{self, Drawn};
use crate::resume::{Asleep, is_unfinished_edit};
use crate::scene::{Scene, Touch};
use crate::state::{Desk, WindowSize};
use crate::status::{self, Safety};
use crate::{form, list, theme};

pub const APP_ID: &str = "org.example.approvals-desk";
/// The words of the arrow, seen and heard.
pub const LEFT_OFF_HERE: &str = "you left off here";

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct Start {
    pub dir: Option<PathBuf>,
    pub own_slot: bool,
    /// How far the clock runs ahead.
    pub later: Duration,
}

/// The whole of the program but its window.
#[derive(Debug)]
pub struct App {
    pub(crate) session: Session,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) desk: Desk,
    pub(crate) cue: Cue,
    /// Said once for each marker.
    pub(crate) announcement: String,
    /// What the user touched last, for the card while the desk sleeps.
    pub(crate) last: Option<(Touch, Timestamp)>,
    pub(crate) asleep: Option<Asleep>,
    /// The key that woke the desk, for as long as it is held: it is not typed into anything.
    pub(crate) waking_key: Option<Key>,
    pub(crate) reason: usize,
    pub(crate) reveal: Option<String>,
    pub(crate) focus: Option<String>,
    /// What had the keyboard in the last frame.
    pub(crate) focused: Option<Id>,
    pub(crate) drawn: Drawn,
    /// Why the last capture was not taken whole.
    pub(crate) uncaptured: Option<Error>,
    pub(crate) story: String,
    pub(crate) frames: u64,
}

impl App {
    /// # Errors
    /// Only for wrong settings: what is wrong with the storage is shown in the window.
    pub fn open(start: &Start) -> Result<Self, Error> {
        let clock = Later::new(SystemClock::new(), start.later);
        let mut builder = Session::builder(APP_ID).app_version(env!("CARGO_PKG_VERSION")).clock(clock.clone());
        if let Some(dir) = &start.dir {
            builder = builder.dir(dir);
        }
        if start.own_slot {
            builder = builder.own_slot();
        }
        Ok(Self::new(builder.open()?, clock))
    }

    /// With a session of the caller's, and the clock that session has.
    pub fn new(mut session: Session, clock: impl Clock) -> Self {
        let desk = Desk::restore(&mut session);
        let story = status::start_story(&session);
        let mut app = Self {
            session,
            clock: Arc::new(clock),
            desk,
            cue: Cue::hidden(),
            announcement: String::new(),
            last: None,
            asleep: None,
            waking_key: None,
            reason: 0,
            reveal: None,
            focus: None,
            focused: None,
            drawn: Drawn::Nothing,
            uncaptured: None,
            story,
            frames: 0,
        };
        app.greet();
        // The user goes on where the caret was; beside a finished act, the keyboard stays free.
        let unfinished = app.session.marker().filter(|marker| is_unfinished_edit(marker));
        app.focus = unfinished.map(|marker| marker.element().to_owned());
        app
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    /// As it was when the window was closed.
    pub fn window_size(&self) -> [f32; 2] {
        [self.desk.window.width, self.desk.window.height]
    }

    /// The path of the element the arrow is at, if there is an arrow.
    pub fn arrow_at(&self) -> Option<&str> {
        match &self.drawn {
            Drawn::Arrow { element, .. } => Some(element),
            _ => None,
        }
    }

    /// The path of the container the dashed line is round, if there is one.
    pub fn region_round(&self) -> Option<&str> {
        match &self.drawn {
            Drawn::Region { container } => Some(container),
            _ => None,
        }
    }

    pub fn is_asleep(&self) -> bool {
        self.asleep.is_some()
    }

    /// One frame.
    pub fn show(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        if self.frames == 0 {
            theme::install(&ctx);
            self.set_theme(&ctx);
        }
        self.look_at_input(&ctx);
        let last = self.last.as_ref().map(|(touch, _)| touch.path.clone()).unwrap_or_default();
        let mut scene = Scene::new(self.reveal.take(), self.focus.take(), last);
        let mut builder = UiBuilder::new();
        if self.asleep.is_some() {
            builder = builder.disabled();
        }
        let before = (self.desk.view.list.clone(), self.desk.window);
        ui.scope_builder(builder, |ui| self.window(ui, &mut scene));
        let size = ctx.content_rect().size();
        self.desk.window = WindowSize { width: size.x, height: size.y };
        if before != (self.desk.view.list.clone(), self.desk.window) {
            // To scroll is to look, not to touch: it is saved, and the marker stays where it is.
            self.session.changed();
        }
        self.sleeping_card(&ctx);
        self.take_over(scene);
        self.save();
        self.plan_next_frame(&ctx);
        self.frames += 1;
    }

    fn window(&mut self, ui: &mut Ui, scene: &mut Scene) {
        let side = theme::palette(ui.visuals()).side;
        let fill = ui.visuals().panel_fill;
        let bar = Frame::new().fill(fill).inner_margin(Margin { left: 16, right: 16, top: 8, bottom: 8 });
        Panel::top("header").frame(bar).show(ui, |ui| {
            let asked = header::show(ui, &mut self.reason);
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
            list::show(ui, &mut self.desk, scene, restore);
        });
        let now = self.clock.now().wall;
        let centre = Frame::new().fill(fill).inner_margin(Margin { left: 8, right: 4, top: 4, bottom: 4 });
        CentralPanel::default().frame(centre).show(ui, |ui| {
            form::show(ui, &mut self.desk, scene, now.as_millis());
        });
        self.drawn = match self.session.marker().filter(|_| self.asleep.is_none()) {
            Some(marker) => marker_view::draw(ui, scene, marker, self.cue.salience()),
            None => Drawn::Nothing,
        };
    }

    fn top_line(&mut self, ui: &mut Ui) {
        let now = self.clock.now().wall;
        let asked = match self.session.marker() {
            Some(marker) if self.cue.salience() != Salience::Hidden => {
                let words = Words::of(&marker.card(now), marker.at(), now, self.hint(marker));
                card_view::line(ui, &words, &self.announcement)
            }
            _ if status::is_taken(&self.session) => {
                card_view::alarm(
                    ui,
                    "Another window has this desk, and nothing done here is saved. Start with --own-slot for a state of its own.",
                );
                None
            }
            _ => {
                card_view::idle(ui, "Leave whenever you must: you will find your place again.");
                None
            }
        };
        match asked {
            Some(card_view::Asked::Dismiss) => self.dismiss(),
            Some(card_view::Asked::Show) => self.go_to_marked(),
            None => {}
        }
    }

    fn header_asked(&mut self, ctx: &Context, asked: &header::Asked) {
        if let Some(dark) = asked.theme {
            self.desk.view.dark = Some(dark);
            self.set_theme(ctx);
            self.session.changed();
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

    /// What the user did in this frame becomes marks.
    fn take_over(&mut self, scene: Scene) {
        for touch in scene.touches {
            touch.with_mark(|mark| self.session.mark(mark));
            let marked = self.session.marker().map(|marker| marker.element().to_owned()).unwrap_or_default();
            self.cue.act(&touch.path, &marked);
            self.last = Some((touch, self.clock.now().wall));
        }
    }

    pub(crate) fn save(&mut self) {
        match self.session.autosave(|capture| self.desk.capture(capture)) {
            Ok(_) => self.uncaptured = None,
            Err(error) => self.uncaptured = Some(error),
        }
    }

    /// Nothing moves by itself but two things: a save that is under way, and the minutes on the card.
    fn plan_next_frame(&self, ctx: &Context) {
        let (safety, _) = status::safety(&self.session.status(), self.uncaptured.as_ref());
        if safety != Safety::Safe && !status::is_taken(&self.session) {
            ctx.request_repaint_after(Duration::from_millis(300));
        } else if self.asleep.is_some() || self.is_marker_shown() {
            ctx.request_repaint_after(Duration::from_secs(15));
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }
}
