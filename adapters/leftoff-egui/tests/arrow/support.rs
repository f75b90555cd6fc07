//! An invoice without a window.

use std::time::Duration;

use eframe::egui::accesskit::AriaCurrent;
use eframe::egui::{Color32, Key, Modifiers, Rect, Role, Shape, Vec2, Visuals, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{By, NodeT, Queryable};
use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Builder, Session};
use leftoff_egui::Settings;

use crate::app::{App, Later, Options, RENAMES};

pub(crate) const HERE: &str = "you left off here";
pub(crate) const SIZE: Vec2 = vec2(640.0, 520.0);
/// The dark colour of the marker in egui's dark theme.
pub(crate) fn core() -> Color32 {
    Settings::default().dark_color(&Visuals::dark())
}

pub(crate) const MINUTE: Duration = Duration::from_mins(1);

pub(crate) struct Desk(pub(crate) Harness<'static, App>);

/// Where a state is kept from one desk to the next.
#[derive(Clone, Default)]
pub(crate) struct Place(MemoryBackend);

impl Place {
    /// A session without a window and without a thread.
    pub(crate) fn session(&self) -> leftoff::Session {
        Session::builder(AppId::new("org.example.test")).backend(self.0.clone()).without_thread().open()
    }

    pub(crate) fn open(&self, options: Options) -> Desk {
        self.sized(options, SIZE)
    }

    pub(crate) fn sized(&self, options: Options, size: Vec2) -> Desk {
        Desk::with(Session::builder(AppId::new("org.example.test")).backend(self.0.clone()), options, size)
    }

    /// Closed, and opened after so many minutes.
    pub(crate) fn after(minutes: u32) -> Options {
        // And half of one, so that it is never a little less.
        Options { later: MINUTE * minutes + MINUTE / 2, ..Options::default() }
    }
}

impl Desk {
    pub(crate) fn with(builder: Builder, options: Options, size: Vec2) -> Self {
        let builder = builder.clock(Later::new(options.later)).renames(if options.next { RENAMES } else { &[] });
        let app = App::new(builder.open(), options);
        let harness = Harness::builder().with_size(size).with_max_steps(60);
        let mut desk = Self(harness.build_ui_state(|ui, app: &mut App| app.show(ui), app));
        desk.0.run();
        desk
    }

    pub(crate) fn click(&mut self, label: &str) {
        self.0.get_by_label(label).click();
        self.0.run();
    }

    pub(crate) fn write(&mut self, field: &str, text: &str) {
        self.click(field);
        self.0.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.0.run();
        self.0.get_by_label(field).type_text(text);
        self.0.run();
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.0.key_press(key);
        self.0.run();
    }

    /// A sign that the user is there, which touches nothing.
    pub(crate) fn stir(&mut self) {
        self.0.hover_at(eframe::egui::pos2(630.0, 510.0));
        self.0.run();
    }

    /// The name of the element that a screen reader calls the current one, and what it says of it.
    pub(crate) fn pointed_at(&self) -> Option<(String, String)> {
        let by = By::new().predicate(|node| node.aria_current() == Some(AriaCurrent::Location));
        let node = self.0.query(by)?.accesskit_node();
        Some((node.label().unwrap_or_default(), node.description().unwrap_or_default()))
    }

    pub(crate) fn announced(&self) -> Option<String> {
        let by = By::new().role(Role::Status);
        self.0.query(by).and_then(|node| node.accesskit_node().label())
    }

    pub(crate) fn value(&self, field: &str) -> Option<String> {
        self.0.get_by_label(field).accesskit_node().value()
    }

    pub(crate) fn rect(&self, label: &str) -> Rect {
        self.0.get_by_label(label).rect()
    }

    /// What the arrow itself covers: everything filled with the dark half of the marker, but the tags.
    pub(crate) fn painted_arrow(&self) -> Option<Rect> {
        let shapes = self.0.output().shapes.iter();
        let polygons = shapes.filter_map(|clipped| match &clipped.shape {
            Shape::Path(path) if path.fill == core() => Some(clipped.shape.visual_bounding_rect()),
            Shape::Path(path) if path.closed && path.points.len() == 7 => Some(clipped.shape.visual_bounding_rect()),
            _ => None,
        });
        polygons.reduce(Rect::union)
    }

    pub(crate) fn paints(&self, color: Color32) -> bool {
        self.0.output().shapes.iter().any(|clipped| match &clipped.shape {
            Shape::Path(path) => path.fill == color,
            Shape::Rect(rect) => rect.fill == color || rect.stroke.color == color,
            Shape::LineSegment { stroke, .. } => stroke.color == color,
            _ => false,
        })
    }

    /// The words that are painted.
    pub(crate) fn reads(&self, words: &str) -> bool {
        self.0
            .output()
            .shapes
            .iter()
            .any(|clipped| matches!(&clipped.shape, Shape::Text(text) if text.galley.text().contains(words)))
    }

    /// How long egui would sleep now, were nothing to come from outside.
    pub(crate) fn sleeps(&self) -> Duration {
        self.0.output().viewport_output.values().map(|viewport| viewport.repaint_delay).min().unwrap()
    }
}
