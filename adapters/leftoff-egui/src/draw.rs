//! Draws the arrow or the bracket, depending on the certainty.

use std::time::Duration;

use egui::accesskit::{AriaCurrent, Live, Role};
use egui::{Context, CursorIcon, Id, LayerId, Rect, Sense, Ui, UiBuilder};
use leftoff::marker::Message;
use leftoff::marker::cue::Salience;
use leftoff::marker::place::{Mode, Side};
use leftoff::resume::{Found, Whereabouts};

use crate::arrow::Arrow;
use crate::compat;
use crate::geometry::{Fit, LARGE, SMALL, Surroundings, to_egui};
use crate::paint::Brush;
use crate::text::Text;

/// The duration of the pulse.
const PULSE: Duration = Duration::from_millis(900);

/// The state of the display of a marker.
#[derive(Default)]
pub(crate) struct Look {
    pub(crate) drawn: Drawn,
    /// The start of the pulse, in egui's time.
    pub(crate) pulse: Option<f64>,
    /// The announcement. It does not change, so that it is read once.
    pub(crate) announcement: Option<String>,
    /// The width of the card in which its line needed a second one. It keeps that line at this width, so that the layout
    /// does not jump when a button comes or goes, or "59 min ago" becomes "1 h ago".
    pub(crate) wrapped_at: Option<f32>,
    /// The height of the card, as it was drawn last.
    pub(crate) card_height: Option<f32>,
}

/// The shape that was drawn in the last frame, for tests and for applications that keep its area free.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Drawn {
    /// Nothing was drawn: there is no marker, it is hidden, or nothing remains to point at.
    #[default]
    Nothing,
    /// An arrow.
    Arrow {
        /// The current path of the element.
        element: String,
        /// The area of the arrow.
        bounds: Rect,
        /// The area of the text.
        words: Option<Rect>,
        /// Whether the arrow is at an edge and points towards an element out of view.
        off_screen: bool,
    },
    /// A dashed bracket.
    Bracket {
        /// The path of the element inside the bracket.
        round: String,
        /// The area of the bracket.
        rect: Rect,
        /// The area of the text; `None` if the text has no room that covers no other widget.
        words: Option<Rect>,
    },
}

impl Arrow {
    /// Draws the marker, and returns whether the user clicked it to go to the element.
    pub(crate) fn draw(&mut self, ctx: &Context) -> bool {
        let shown = self.salience() != Salience::Hidden;
        let seconds = if self.settings.reduced_motion { 0.0 } else { 0.25 };
        let fade = compat::id(("leftoff fade", self.resume.scope()));
        let opacity = ctx.animate_value_with_time(fade, if shown { 1.0 } else { 0.0 }, seconds);
        let is_visible = opacity > 0.0;
        let drawn = self.resume.found().filter(|_| is_visible).and_then(|found| self.draw_at(ctx, &found, opacity));
        let (drawn, is_clicked) = drawn.unwrap_or_default();
        self.look.drawn = drawn;
        is_clicked
    }

    fn draw_at(&self, ctx: &Context, found: &Found, opacity: f32) -> Option<(Drawn, bool)> {
        let layer = self.scene.layer(found.layer)?;
        let area = Area { layer, rect: to_egui(found.rect), clip: to_egui(found.clip) };
        let window = compat::content_rect(ctx);
        let window = ctx.layer_transform_from_global(layer).map_or(window, |transform| transform * window);
        let is_found = matches!(found.whereabouts, Whereabouts::Here | Whereabouts::Moved);
        let is_widget = self.scene.widget(found.element).is_some();
        let others = if is_found { others(ctx, &area) } else { contents_and_others(ctx, &area, is_widget) };
        let canvas = Canvas {
            brush: Brush::new(ctx.layer_painter(layer).with_clip_rect(window), &self.settings, opacity),
            around: Surroundings {
                target: area.rect,
                clip: area.clip.intersect(window),
                window,
                others: &others,
                direction: self.settings.direction,
                pixels_per_point: ctx.pixels_per_point(),
            },
            ctx,
            arrow: self,
            name: self.words()?.element().clone(),
            path: self.resume.elements().path(found.element),
            is_loud: self.salience() == Salience::Prominent,
            area,
        };
        if is_found { canvas.arrow(found) } else { canvas.bracket(found.whereabouts) }
    }
}

/// A rectangle in a layer.
struct Area {
    layer: LayerId,
    rect: Rect,
    /// The visible area around it.
    clip: Rect,
}

struct Canvas<'a> {
    ctx: &'a Context,
    arrow: &'a Arrow,
    /// The message that names the marked element.
    name: Message,
    /// The path of the element at which to draw.
    path: &'a str,
    is_loud: bool,
    area: Area,
    brush: Brush,
    around: Surroundings<'a>,
}

impl Canvas<'_> {
    fn said(&self, text: Text<'_>) -> String {
        text.said_by(self.arrow.texts.as_ref())
    }

    fn arrow(&self, found: &Found) -> Option<(Drawn, bool)> {
        let Arrow { resume, scene, settings, .. } = self.arrow;
        let moved = found.whereabouts == Whereabouts::Moved;
        let words = self.said(Text::Here { phase: resume.marker()?.phase(), moved });
        if let Some(widget) = scene.widget(found.element) {
            describe(self.ctx, widget, &words);
        }
        let loud = self.is_loud;
        let size = if loud { self.brush.tag_size(&words) } else { egui::Vec2::ZERO };
        let scaled = [LARGE, SMALL].map(|(length, width)| (length * settings.factor(), width * settings.factor()));
        let sizes = if loud { &scaled[..] } else { &scaled[1..] };
        let Fit { mode, tip, corners, bounds, outline, words: room } = self.around.fit(sizes, size)?;
        if let Some(outline) = outline.filter(|_| loud) {
            self.pulse(outline);
            self.brush.outline(outline);
        }
        self.brush.arrow(tip, corners);
        let (words, room) = match mode {
            Mode::OffScreen(edge) if loud => self.further(edge, bounds),
            _ => (words, room),
        };
        if let Some(room) = room {
            self.brush.tag(room, &words);
        }
        let off_screen = matches!(mode, Mode::OffScreen(_));
        let is_clicked = off_screen && self.is_clicked(room.map_or(bounds, |room| room.union(bounds)));
        Some((Drawn::Arrow { element: self.path.to_owned(), bounds, words: room, off_screen }, is_clicked))
    }

    /// Returns the text of an arrow that points beyond an edge, with the element if there is room, and the area of the
    /// text.
    fn further(&self, edge: Side, arrow: Rect) -> (String, Option<Rect>) {
        let fitted = |element| {
            let words = self.said(Text::Further(edge, element));
            let room = self.around.words_at_edge(edge, arrow, self.brush.tag_size(&words));
            (words, room)
        };
        let named = fitted(Some(&self.name));
        if named.1.is_some() { named } else { fitted(None) }
    }

    /// Draws the pulse once, when the user is present, unless motion is reduced.
    fn pulse(&self, outline: Rect) {
        let Some(began) = self.arrow.look.pulse.filter(|_| !self.arrow.settings.reduced_motion) else { return };
        #[expect(clippy::cast_possible_truncation, reason = "seconds since the pulse began: few where it matters")]
        let progress = ((self.ctx.input(|input| input.time) - began) / PULSE.as_secs_f64()) as f32;
        if progress < 1.0 {
            self.brush.pulse(outline, progress.max(0.0));
            self.ctx.request_repaint();
        }
    }

    fn bracket(&self, whereabouts: Whereabouts) -> Option<(Drawn, bool)> {
        let seen = self.area.rect.intersect(self.area.clip);
        if !seen.is_positive() {
            return None;
        }
        // Slightly outside, so that it covers no letter and is fully visible.
        let frames = [5.0, 3.0, 1.5].map(|air| seen.expand(air));
        let rect = frames.into_iter().find(|frame| self.around.is_clear(*frame, seen)).unwrap_or(seen.expand(1.5));
        let rect = rect.intersect(self.around.window.shrink(3.0));
        self.brush.bracket(rect);
        let name = &self.name;
        let text = match whereabouts {
            Whereabouts::InRow(row) => Text::InRow(name, row.saturating_add(1)),
            Whereabouts::After => Text::WasAfter(name),
            Whereabouts::Before => Text::WasBefore(name),
            Whereabouts::Closed => Text::IsIn(name),
            _ => Text::WasHere(name),
        };
        // Also when it is quiet: an arrow without words still says "here", but a dashed line says nothing.
        let fitted = |text: Text<'_>| {
            let said = self.said(text);
            let room = self.around.words_of_region(rect, self.brush.tag_size(&said))?;
            Some((said, room))
        };
        let tag = fitted(text).or_else(|| fitted(Text::YouWereHere));
        if let Some((said, room)) = &tag {
            self.brush.tag(*room, said);
        }
        let words = tag.map(|(_, room)| room);
        let can_scroll = matches!(whereabouts, Whereabouts::InRow(_));
        let is_clicked = can_scroll && words.is_some_and(|room| self.is_clicked(room));
        Some((Drawn::Bracket { round: self.path.to_owned(), rect, words }, is_clicked))
    }

    /// Returns whether the area was clicked. It is not a Tab stop: the card has a button for the keyboard.
    fn is_clicked(&self, rect: Rect) -> bool {
        let id = compat::id(("leftoff arrow", self.arrow.resume.scope()));
        let ui = Ui::new(self.ctx.clone(), id, UiBuilder::new().layer_id(self.area.layer).max_rect(rect));
        let response = ui.interact(rect, id.with("click"), Sense::CLICK).on_hover_cursor(CursorIcon::PointingHand);
        response.clicked()
    }
}

/// Returns the other widgets of the layer: all egui widgets except the containers and the contents of the element.
fn others(ctx: &Context, area: &Area) -> Vec<Rect> {
    let seen = area.rect.intersect(area.clip);
    leaves(ctx, area.layer, |rect| !rect.contains_rect(seen) && !area.rect.contains_rect(rect))
}

/// Returns the widgets that the text of a bracket must not cover: the contents of the bracket, too, and the widget in it
/// if the bracket is around a widget.
fn contents_and_others(ctx: &Context, area: &Area, is_widget: bool) -> Vec<Rect> {
    let seen = area.rect.intersect(area.clip);
    let mut others = leaves(ctx, area.layer, |rect| !rect.contains_rect(seen));
    others.extend(is_widget.then_some(seen));
    others
}

/// A lower widget is no container. Few are higher, so that it is cheap to look for the contents of each.
const ROW: f32 = 40.0;

/// Returns the visible rectangles of the widgets of the layer that contain no other widget.
pub(crate) fn leaves(ctx: &Context, layer: LayerId, wanted: impl Fn(Rect) -> bool) -> Vec<Rect> {
    let leaves: Vec<Rect> = ctx.viewport(|viewport| {
        let widgets = || viewport.this_pass.widgets.get_layer(layer);
        let parents = compat::parents(widgets);
        let leaves = widgets().filter(|widget| !parents.contains(&widget.id));
        leaves.map(|widget| widget.interact_rect).filter(Rect::is_positive).collect()
    });
    // Frames and scroll areas are no parents of their contents.
    let is_container =
        |rect: &Rect| rect.height() > ROW && leaves.iter().any(|other| other != rect && rect.contains_rect(*other));
    leaves.iter().filter(|rect| wanted(**rect) && !is_container(rect)).copied().collect()
}

/// Attaches the text to the element itself, so that a screen reader reads it there, too.
fn describe(ctx: &Context, id: Id, words: &str) {
    if !compat::has_node(ctx, id) {
        return;
    }
    ctx.accesskit_node_builder(id, |node| {
        let words = match node.description().filter(|own| !own.is_empty()) {
            Some(own) => format!("{own}, {words}"),
            None => words.to_owned(),
        };
        node.set_description(words);
        node.set_aria_current(AriaCurrent::Location);
    });
}

/// Adds a node that announces the text once, politely, and that exists before the text does.
pub(crate) fn announce(ctx: &Context, scope: &str, words: Option<&str>) {
    ctx.accesskit_node_builder(compat::id(("leftoff announcement", scope)), |node| {
        node.set_role(Role::Status);
        node.set_live(Live::Polite);
        node.set_live_atomic();
        if let Some(words) = words {
            node.set_label(words);
        }
    });
}
