//! The marker over the window: an arrow beside the element, or a dashed line round where it was.

use eframe::egui::accesskit::AriaCurrent;
use eframe::egui::{
    Align2, Color32, Context, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, TextStyle, Ui, Vec2, pos2, vec2,
};
use leftoff::{Marker, Phase, Survivor};

use crate::app::LEFT_OFF_HERE;
use crate::cue::Salience;
use crate::place::{LENGTH, Placement, WIDTH, place};
use crate::scene::{Scene, Spot};
use crate::theme::{CORE, HALO};

/// What was drawn, which is as sure as what was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Drawn {
    Nothing,
    Arrow { element: String, outlined: bool },
    Region { container: String },
}

pub(crate) fn draw(ui: &Ui, scene: &Scene, marker: &Marker, salience: Salience) -> Drawn {
    if salience == Salience::Hidden {
        return Drawn::Nothing;
    }
    match marker.nearest_surviving(scene.elements.keys()) {
        Survivor::Exact => match scene.elements.get(marker.element()) {
            Some(spot) => arrow(ui, scene, marker, *spot, salience),
            None => Drawn::Nothing,
        },
        Survivor::Ancestor { path, .. } => region(ui, scene, marker, &path, salience),
        // Words only; the card has them.
        _ => Drawn::Nothing,
    }
}

fn arrow(ui: &Ui, scene: &Scene, marker: &Marker, spot: Spot, salience: Salience) -> Drawn {
    name_it(ui.ctx(), spot);
    let words = words(marker);
    let others: Vec<Rect> =
        scene.elements.iter().filter(|(path, _)| *path != marker.element()).map(|(_, spot)| spot.rect).collect();
    let size = words_size(ui, words);
    let Some(Placement { tip, direction, outline, words: room }) = place(spot.rect, spot.clip, &others, size) else {
        return Drawn::Nothing;
    };
    let painter = ui.ctx().layer_painter(ui.layer_id()).with_clip_rect(spot.clip);
    let loud = salience == Salience::Loud;
    if let Some(outline) = outline.filter(|_| loud) {
        two_tone_outline(&painter, outline);
    }
    paint_arrow(&painter, tip, direction);
    if let Some(room) = room.filter(|_| loud) {
        tag(&painter, ui, room, words);
    }
    Drawn::Arrow { element: marker.element().to_owned(), outlined: outline.is_some() && loud }
}

fn words(marker: &Marker) -> &'static str {
    if marker.phase() == Phase::Committed { "you left off here, done" } else { LEFT_OFF_HERE }
}

/// The words are on the element itself, so that a screen reader says them there.
fn name_it(ctx: &Context, spot: Spot) {
    ctx.accesskit_node_builder(spot.id, |node| {
        node.set_description(LEFT_OFF_HERE);
        node.set_aria_current(AriaCurrent::Location);
    });
}

fn region(ui: &Ui, scene: &Scene, marker: &Marker, path: &str, salience: Salience) -> Drawn {
    let Some(&rect) = scene.containers.get(path).filter(|rect| rect.width() > 0.0 && rect.height() > 0.0) else {
        return Drawn::Nothing;
    };
    let painter = ui.ctx().layer_painter(ui.layer_id());
    let line = rect.shrink(2.0).intersect(ui.ctx().content_rect());
    two_tone_dashes(&painter, line);
    if salience == Salience::Loud {
        let words = format!("{} was here", gone(marker, path));
        let size = words_size(ui, &words);
        // On the upper edge at the right, where the heading of the container leaves room.
        let room = Rect::from_min_size(pos2(line.right() - size.x - 8.0, rect.top() - size.y - 2.0), size);
        let inside = Rect::from_min_size(line.right_bottom() - size - vec2(8.0, 8.0), size);
        let seen = scene.elements.values().map(|spot| spot.rect.intersect(spot.clip)).filter(Rect::is_positive);
        let seen: Vec<Rect> = seen.collect();
        let free = |room: &Rect| !seen.iter().any(|rect| rect.intersects(*room));
        if let Some(room) = [room, inside].into_iter().find(free) {
            tag(&painter, ui, room, &words);
        }
    }
    Drawn::Region { container: path.to_owned() }
}

/// The outermost name that is not there any more: of "request/R-1042/amount" in "request", that is R-1042.
fn gone<'a>(marker: &'a Marker, path: &str) -> &'a str {
    let below = marker.element().get(path.len()..).unwrap_or_default().trim_start_matches('/');
    match below.split_once('/') {
        Some((name, _)) => name,
        None => marker.label().unwrap_or(below),
    }
}

/// Dark core, light halo: one of the two is seen on any ground.
fn two_tone_outline(painter: &Painter, rect: Rect) {
    painter.rect_stroke(rect, 8.0, Stroke::new(5.0, HALO), StrokeKind::Middle);
    painter.rect_stroke(rect, 8.0, Stroke::new(2.5, CORE), StrokeKind::Middle);
}

fn two_tone_dashes(painter: &Painter, rect: Rect) {
    painter.rect_stroke(rect, 0.0, Stroke::new(5.0, HALO), StrokeKind::Middle);
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    painter.extend(Shape::dashed_line(&corners, Stroke::new(2.5, CORE), 9.0, 6.0));
}

fn paint_arrow(painter: &Painter, tip: Pos2, direction: Vec2) {
    let side = vec2(-direction.y, direction.x);
    let head = LENGTH * 0.55;
    let at = |along: f32, across: f32| tip - direction * along + side * across;
    let (wide, thin) = (WIDTH / 2.0 - 1.5, WIDTH / 5.5);
    let tail = LENGTH - 1.5;
    let (tip, upper, lower) = (at(1.5, 0.0), at(head, -wide), at(head, wide));
    let whole = [tip, lower, at(head, thin), at(tail, thin), at(tail, -thin), at(head, -thin), upper];
    painter.add(Shape::closed_line(whole.to_vec(), Stroke::new(4.0, HALO)));
    painter.add(Shape::convex_polygon(vec![tip, lower, upper], CORE, Stroke::NONE));
    let shaft = vec![at(head - 1.0, thin), at(tail, thin), at(tail, -thin), at(head - 1.0, -thin)];
    painter.add(Shape::convex_polygon(shaft, CORE, Stroke::NONE));
}

fn words_font(ui: &Ui) -> FontId {
    TextStyle::Small.resolve(ui.style())
}

fn words_size(ui: &Ui, words: &str) -> Vec2 {
    let galley = ui.painter().layout_no_wrap(words.to_owned(), words_font(ui), Color32::WHITE);
    galley.size() + vec2(18.0, 8.0)
}

fn tag(painter: &Painter, ui: &Ui, room: Rect, words: &str) {
    painter.rect(room, 5.0, CORE, Stroke::new(1.5, HALO), StrokeKind::Outside);
    painter.text(room.center(), Align2::CENTER_CENTER, words, words_font(ui), HALO);
}
