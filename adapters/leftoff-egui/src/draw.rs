//! Draws the arrow or the bracket, depending on the certainty.

use std::collections::HashSet;

use egui::accesskit::{AriaCurrent, Live, Role};
use egui::{Context, CursorIcon, Id, LayerId, Rect, Sense, Ui, UiBuilder};
use leftoff::marker::Message;
use leftoff::marker::anchor::ElementId;
use leftoff::marker::cue::Salience;
use leftoff::marker::place::{Mode, Side};
use leftoff::marker::resolve::{Certainty, Match, Relation};

use crate::current::{Current, PULSE};
use crate::geometry::{Fit, LARGE, SMALL, Surroundings};
use crate::paint::Brush;
use crate::scene::{Area, Scene};
use crate::settings::Settings;
use crate::text::{Speaker, Text};

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
        /// Whether the arrow is at an edge and points toward an element out of view.
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

/// Returns what can be drawn with this certainty.
pub(crate) fn certainty(scene: &Scene, outcome: Match<ElementId>, certainty: Certainty) -> Certainty {
    if area(scene, outcome).is_some() { certainty } else { Certainty::Card }
}

/// Returns the element or its remains, and the area. Never the whole window, which would be meaningless.
fn area(scene: &Scene, outcome: Match<ElementId>) -> Option<(ElementId, Area)> {
    let node = match outcome {
        Match::Exact(node) | Match::Moved(node) | Match::Nearest { node, .. } => node,
        Match::Unrealized { container, .. } => container,
        _ => return None,
    };
    let area = scene.spot(node).map(|spot| spot.area).or_else(|| scene.region(node))?;
    let is_real = area.rect.is_finite() && area.rect.is_positive() && area.clip.is_positive();
    (is_real && !scene.elements.path(node).is_empty()).then_some((node, area))
}

/// Draws the marker, and returns whether the user clicked it to go to the element.
pub(crate) fn draw(
    ctx: &Context,
    scene: &Scene,
    current: &mut Current,
    settings: &Settings,
    texts: Option<&Speaker>,
) -> bool {
    let shown = current.cue.salience() != Salience::Hidden;
    let seconds = if settings.reduced_motion { 0.0 } else { 0.25 };
    let fade = Id::unique(("leftoff fade", current.marker.scope()));
    let opacity = ctx.animate_value_with_time(fade, if shown { 1.0 } else { 0.0 }, seconds);
    current.drawn = Drawn::Nothing;
    let Some((node, area)) =
        current.outcome(scene).filter(|_| opacity > 0.0).and_then(|outcome| self::area(scene, outcome))
    else {
        return false;
    };
    let window = ctx.content_rect();
    let window = ctx.layer_transform_from_global(area.layer).map_or(window, |transform| transform * window);
    let outcome = current.outcome(scene);
    let is_found = matches!(outcome, Some(Match::Exact(_) | Match::Moved(_)));
    let others =
        if is_found { others(ctx, &area) } else { contents_and_others(ctx, &area, scene.spot(node).is_some()) };
    let canvas = Canvas {
        brush: Brush::new(ctx.layer_painter(area.layer).with_clip_rect(window), settings, opacity),
        around: Surroundings {
            target: area.rect,
            clip: area.clip.intersect(window),
            window,
            others: &others,
            direction: settings.direction,
            pixels_per_point: ctx.pixels_per_point(),
        },
        ctx,
        scene,
        texts,
        settings,
        area,
    };
    match outcome {
        Some(_) if is_found => canvas.arrow(node, current),
        Some(outcome) => canvas.bracket(node, outcome, current),
        None => false,
    }
}

struct Canvas<'a> {
    ctx: &'a Context,
    scene: &'a Scene,
    texts: Option<&'a Speaker>,
    settings: &'a Settings,
    area: Area,
    brush: Brush,
    around: Surroundings<'a>,
}

impl Canvas<'_> {
    fn arrow(&self, node: ElementId, current: &mut Current) -> bool {
        let loud = current.cue.salience() == Salience::Prominent;
        let moved = current.cue.certainty() == Certainty::Moved;
        let words = Text::Here { phase: current.marker.phase(), moved }.said_by(self.texts);
        if let Some(spot) = self.scene.spot(node) {
            describe(self.ctx, spot.id, &words);
        }
        let size = if loud { self.brush.tag_size(&words) } else { egui::Vec2::ZERO };
        let scaled =
            [LARGE, SMALL].map(|(length, width)| (length * self.settings.factor(), width * self.settings.factor()));
        let sizes = if loud { &scaled[..] } else { &scaled[1..] };
        let Some(Fit { mode, tip, corners, bounds, outline, words: room }) = self.around.fit(sizes, size) else {
            return false;
        };
        if let Some(outline) = outline.filter(|_| loud) {
            self.pulse(outline, current);
            self.brush.outline(outline);
        }
        self.brush.arrow(tip, corners);
        let (words, room) = match mode {
            Mode::OffScreen(edge) if loud => self.further(edge, bounds, &current.element),
            _ => (words, room),
        };
        if let Some(room) = room {
            self.brush.tag(room, &words);
        }
        let off_screen = matches!(mode, Mode::OffScreen(_));
        let element = self.scene.elements.path(node).to_owned();
        current.drawn = Drawn::Arrow { element, bounds, words: room, off_screen };
        off_screen && self.is_clicked(room.map_or(bounds, |room| room.union(bounds)), current)
    }

    /// Returns the text of an arrow that points beyond an edge, with the element if there is room, and the area of the
    /// text.
    fn further(&self, edge: Side, arrow: Rect, element: &Message) -> (String, Option<Rect>) {
        let fitted = |element| {
            let words = Text::Further(edge, element).said_by(self.texts);
            let room = self.around.words_at_edge(edge, arrow, self.brush.tag_size(&words));
            (words, room)
        };
        let named = fitted(Some(element));
        if named.1.is_some() { named } else { fitted(None) }
    }

    /// Draws the pulse once, when the user is present, unless motion is reduced.
    fn pulse(&self, outline: Rect, current: &Current) {
        let Some(began) = current.pulse.filter(|_| !self.settings.reduced_motion) else { return };
        #[expect(clippy::cast_possible_truncation, reason = "seconds since the pulse began: few where it matters")]
        let progress = ((self.ctx.input(|input| input.time) - began) / PULSE.as_secs_f64()) as f32;
        if progress < 1.0 {
            self.brush.pulse(outline, progress.max(0.0));
            self.ctx.request_repaint();
        }
    }

    fn bracket(&self, node: ElementId, outcome: Match<ElementId>, current: &mut Current) -> bool {
        let round = self.scene.elements.path(node).to_owned();
        let seen = self.area.rect.intersect(self.area.clip);
        if !seen.is_positive() {
            return false;
        }
        // Slightly outside, so that it covers no letter and is fully visible.
        let frames = [5.0, 3.0, 1.5].map(|air| seen.expand(air));
        let rect = frames.into_iter().find(|frame| self.around.is_clear(*frame, seen)).unwrap_or(seen.expand(1.5));
        let rect = rect.intersect(self.around.window.shrink(3.0));
        self.brush.bracket(rect);
        let name = &current.element;
        let text = match outcome {
            Match::Unrealized { index, .. } => Text::InRow(name, index.saturating_add(1)),
            Match::Nearest { relation: Relation::PreviousSibling, .. } => Text::WasAfter(name),
            Match::Nearest { relation: Relation::NextSibling, .. } => Text::WasBefore(name),
            // Without any of its elements, the container is not open, so nothing is known to be gone.
            _ if !self.scene.is_open(&round) => Text::IsIn(name),
            _ => Text::WasHere(name),
        };
        let mut words = None;
        if current.cue.salience() == Salience::Prominent {
            let said = text.said_by(self.texts);
            words = self.around.words_of_region(rect, self.brush.tag_size(&said));
            if let Some(room) = words {
                self.brush.tag(room, &said);
            }
        }
        let can_scroll = matches!(outcome, Match::Unrealized { .. });
        let clicked = can_scroll && words.is_some_and(|room| self.is_clicked(room, current));
        current.drawn = Drawn::Bracket { round, rect, words };
        clicked
    }

    /// Returns whether the area was clicked. It is not a Tab stop: the card has a button for the keyboard.
    fn is_clicked(&self, rect: Rect, current: &Current) -> bool {
        let id = Id::unique(("leftoff arrow", current.marker.scope()));
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
        let parents: HashSet<Id> = widgets().map(|widget| widget.parent_id).collect();
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
    if !ctx.has_accesskit_node(id) {
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
    ctx.accesskit_node_builder(Id::unique(("leftoff announcement", scope)), |node| {
        node.set_role(Role::Status);
        node.set_live(Live::Polite);
        node.set_live_atomic();
        if let Some(words) = words {
            node.set_label(words);
        }
    });
}
