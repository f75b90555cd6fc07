//! Headings and rows of the widgets beside the arrow.

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Color32, CursorIcon, FontId, Label, Layout, Response, RichText, Sense, StrokeKind, TextStyle, Ui, Vec2, vec2,
};
use leftoff::marker::Message;
use leftoff::marker::place::Direction;
use leftoff::time::Timestamp;

use crate::arrow::Arrow;
use crate::compat;
use crate::text::{BETWEEN, Text};

/// A longer row ends in an ellipsis.
const MAX_LINES: usize = 3;

/// Around the text of a row, in points.
const PADDING: Vec2 = vec2(4.0, 2.0);

impl Arrow {
    /// Lays out rows from the side where reading begins, as wide as there is room.
    pub(crate) fn rows<R>(&self, ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
        ui.with_layout(Layout::top_down(self.start()), contents).inner
    }

    /// Lays out buttons from the side where reading begins.
    pub(crate) fn buttons<R>(&self, ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
        let layout =
            if self.is_rtl() { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
        let row = vec2(ui.available_width(), ui.spacing().interact_size.y);
        ui.allocate_ui_with_layout(row, layout.with_main_wrap(true), contents).inner
    }

    pub(crate) fn heading(&self, ui: &mut Ui, text: Text<'_>) {
        ui.add(Label::new(RichText::new(self.said(text)).strong()).wrap());
    }

    pub(crate) fn quiet(&self, ui: &mut Ui, text: Text<'_>) {
        ui.add(Label::new(RichText::new(self.said(text)).color(quiet(ui))).wrap());
    }

    /// Draws a button as wide as there is room: the name, and time and the rest below, in smaller letters.
    pub(crate) fn row(&self, ui: &mut Ui, [name, rest, time]: [&str; 3]) -> Response {
        let below = [time, rest].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(BETWEEN);
        let width = ui.available_width();
        let galley = ui.painter().layout_job(self.words_of_row(ui, name, &below, width - 2.0 * PADDING.x));
        let size = vec2(width, galley.size().y + 2.0 * PADDING.y);
        let (area, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| compat::button(galley.text(), ui.is_enabled()));
        if response.hovered() || response.has_focus() {
            let visuals = ui.style().interact(&response);
            let (fill, stroke) = (visuals.weak_bg_fill, visuals.bg_stroke);
            ui.painter().rect(area, visuals.corner_radius, fill, stroke, StrokeKind::Inside);
        }
        let inner = area.shrink2(PADDING);
        let start = if self.is_rtl() { inner.right_top() } else { inner.left_top() };
        ui.painter().galley(start, galley, ui.visuals().text_color());
        response.on_hover_cursor(CursorIcon::PointingHand)
    }

    fn words_of_row(&self, ui: &Ui, name: &str, below: &str, width: f32) -> LayoutJob {
        let format = |font_id: FontId, color| TextFormat { font_id, color, ..TextFormat::default() };
        let mut job = LayoutJob { halign: self.start(), ..LayoutJob::default() };
        (job.wrap.max_width, job.wrap.max_rows) = (width, MAX_LINES);
        let (body, small) = (TextStyle::Body.resolve(ui.style()), TextStyle::Small.resolve(ui.style()));
        if !name.is_empty() {
            job.append(name, 0.0, format(body, ui.visuals().strong_text_color()));
        }
        let line = if name.is_empty() || below.is_empty() { below.to_owned() } else { format!("\n{below}") };
        job.append(&line, 0.0, format(small, quiet(ui)));
        job
    }

    pub(crate) fn said(&self, text: Text<'_>) -> String {
        text.said_by(self.texts.as_ref())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// Returns the offset of local time from UTC, in seconds east.
    pub(crate) fn offset(&self, at: Timestamp) -> Option<i32> {
        self.resume.utc_offset(at)
    }

    /// Returns the time of day, or of another day; `None` if it is in the future.
    pub(crate) fn time_of(&self, at: Timestamp) -> Option<Message> {
        Message::time(at, self.now(), |at| self.offset(at))
    }

    fn is_rtl(&self) -> bool {
        self.settings.direction == Direction::RightToLeft
    }

    fn start(&self) -> Align {
        if self.is_rtl() { Align::Max } else { Align::Min }
    }
}

/// The colour of what is said beside the names: readable in egui's own themes, where weak text is not.
fn quiet(ui: &Ui) -> Color32 {
    ui.visuals().strong_text_color().gamma_multiply(0.75)
}
