//! The nodes that are drawn over the content: the arrow, the outline, the bracket, the words.

use accesskit::{Live, Role};
use bevy_a11y::AccessibilityNode;
use bevy_asset::Assets;
use bevy_camera::visibility::Visibility;
use bevy_color::Color;
use bevy_ecs::prelude::*;
use bevy_image::Image;
use bevy_picking::Pickable;
use bevy_text::{TextColor, TextFont, TextLayout};
use bevy_ui::prelude::{ImageNode, Text};
use bevy_ui::{BackgroundColor, BorderColor, BorderRadius, GlobalZIndex, Node, Outline, PositionType, UiRect, Val};
use leftoff::marker::place::{Placement, Point, Rect};
use leftoff::resume::{Drawn, Figure};

use crate::arrow::Arrow;
use crate::geometry::size;
use crate::image;

/// A node of this crate, which is no element and no caption.
#[derive(Component, Default)]
pub(crate) struct Ours;

/// The arrow, or its words.
#[derive(Component)]
pub(crate) struct ArrowNode;

/// The text whose size is asked for. Its parent has the size of a tag.
#[derive(Component)]
pub(crate) struct Ruler;

/// A button of the card.
#[derive(Component)]
pub(crate) struct CardButton(pub(crate) leftoff::resume::Choice);

/// At the sides of a tag.
pub(crate) const PADDING: f32 = 8.0;
/// Above all nodes of the program, except those at the sixteen highest indexes.
const TOP: GlobalZIndex = GlobalZIndex(i32::MAX - 16);
/// The corners of a bracket: white, and the colour in it.
const CORNERS: usize = 8;
const CORNER: f32 = 14.0;

/// The entities of what is drawn.
pub(crate) struct Parts {
    root: Entity,
    arrow: Entity,
    outline: Entity,
    corners: [Entity; CORNERS],
    tag: (Entity, Entity),
    ruler: (Entity, Entity),
    announcer: Entity,
}

/// What was drawn last.
#[derive(Default)]
pub(crate) struct Before {
    figure: Figure,
    image: Option<([Point; 3], u32)>,
}

/// Draws the figure of this frame. The layout places the nodes in the next one.
pub(crate) fn draw(
    mut arrow: ResMut<Arrow>,
    mut parts: Local<Option<Parts>>,
    mut before: Local<Before>,
    mut nodes: Query<(&mut Node, &mut Visibility), With<Ours>>,
    mut texts: Query<&mut Text, With<Ours>>,
    mut images: Option<ResMut<Assets<Image>>>,
    mut commands: Commands,
) {
    let arrow = arrow.bypass_change_detection();
    let color = image::readable_under_white(arrow.look.color);
    // The program may despawn all nodes when it goes to another page.
    if !parts.as_ref().is_some_and(|parts| nodes.contains(parts.root)) {
        *parts = Some(spawn(&mut commands, color, &arrow.look.font));
        *before = Before::default();
        return;
    }
    let Some(parts) = &*parts else { return };
    if let Some(missing) = arrow.measured.missing.as_deref() {
        write(&mut texts, parts.ruler.1, missing);
    }
    if let Some(spoken) = arrow.announcement.take() {
        commands.entity(parts.announcer).insert(live(&spoken));
    }
    if before.figure == arrow.figure {
        return;
    }
    before.figure.clone_from(&arrow.figure);
    let mut place = |part: Entity, area: Option<Rect>| {
        let Ok((mut node, mut visibility)) = nodes.get_mut(part) else { return };
        visibility.set_if_neq(if area.is_some() { Visibility::Inherited } else { Visibility::Hidden });
        if let Some(area) = area {
            let (width, height) = size(area);
            (node.left, node.top) = (Val::Px(area.min.x), Val::Px(area.min.y));
            (node.width, node.height) = (Val::Px(width), Val::Px(height));
        }
    };
    let Figure { drawn, placement, has_outline, .. } = &arrow.figure;
    let (outline, bracket, words, is_off_screen) = match drawn {
        Drawn::Arrow { words, is_off_screen, .. } => {
            let outline = placement.and_then(|placement| placement.outline).filter(|_| *has_outline);
            (outline, None, words.as_ref(), *is_off_screen)
        }
        Drawn::Outline { rect, .. } => (Some(*rect), None, None, false),
        Drawn::Bracket { rect, words, .. } => (None, Some(*rect), words.as_ref(), false),
        _ => (None, None, None, false),
    };
    place(parts.arrow, placement.map(|placement| image::area(placement.bounds)));
    place(parts.outline, outline);
    for (number, corner) in parts.corners.iter().enumerate() {
        place(*corner, bracket.map(|rect| corner_of(rect, number)));
    }
    place(parts.tag.0, words.map(|(_, room)| *room));
    if let Some((words, _)) = words {
        write(&mut texts, parts.tag.1, words);
    }
    for part in [parts.arrow, parts.tag.0] {
        // An arrow at an edge goes to its element.
        commands.entity(part).insert(if is_off_screen { Pickable::default() } else { Pickable::IGNORE });
    }
    if let (Some(Placement { arrow: corners, bounds, .. }), Some(images)) = (placement, &mut images) {
        let shape = (*corners, arrow.scale.to_bits());
        if before.image.replace(shape) != Some(shape) {
            let drawn = image::triangle(*corners, image::area(*bounds), arrow.scale, color);
            commands.entity(parts.arrow).insert(ImageNode::new(images.add(drawn)));
        }
    }
}

fn write(texts: &mut Query<&mut Text, With<Ours>>, part: Entity, words: &str) {
    if let Ok(mut text) = texts.get_mut(part)
        && text.0 != words
    {
        words.clone_into(&mut text.0);
    }
}

/// White and colour in turn, from the upper left corner on.
fn corner_of(rect: Rect, number: usize) -> Rect {
    let (right, bottom) = (number / 2 % 2 == 1, number / 4 == 1);
    let inset = if number.is_multiple_of(2) { 0.0 } else { 1.0 };
    let (width, height) = size(rect);
    let length = CORNER.min(width / 2.0).min(height / 2.0);
    let along = |is_far: bool, min: f32, max: f32| if is_far { max - length } else { min + inset };
    let (x, y) = (along(right, rect.min.x, rect.max.x), along(bottom, rect.min.y, rect.max.y));
    Rect::new(x, y, length - inset, length - inset)
}

fn live(spoken: &str) -> AccessibilityNode {
    let mut node = accesskit::Node::new(Role::Status);
    node.set_live(Live::Polite);
    node.set_value(spoken);
    AccessibilityNode::from(node)
}

fn hidden() -> (Ours, Node, Visibility, Pickable) {
    let node = Node { position_type: PositionType::Absolute, ..Node::default() };
    (Ours, node, Visibility::Hidden, Pickable::IGNORE)
}

/// Spawns everything, hidden.
fn spawn(commands: &mut Commands, color: Color, font: &TextFont) -> Parts {
    // Without a size, so that it covers nothing.
    let root = (Ours, Node { position_type: PositionType::Absolute, ..Node::default() }, TOP, Pickable::IGNORE);
    let root = commands.spawn(root).id();
    let corners = std::array::from_fn(|number| {
        let (right, bottom) = (number / 2 % 2 == 1, number / 4 == 1);
        let (color, width) = if number.is_multiple_of(2) { (Color::WHITE, 5.0) } else { (color, 3.0) };
        let width = |is_drawn| Val::Px(if is_drawn { width } else { 0.0 });
        let (ours, mut node, visibility, pickable) = hidden();
        node.border = UiRect { left: width(!right), right: width(right), top: width(!bottom), bottom: width(bottom) };
        commands.spawn((ours, node, visibility, pickable, BorderColor::all(color), ChildOf(root))).id()
    });
    let (ours, mut node, visibility, pickable) = hidden();
    node.border = UiRect::all(Val::Px(2.0));
    let white = Outline { width: Val::Px(1.0), offset: Val::ZERO, color: Color::WHITE };
    let outline = (ours, node, visibility, pickable, BorderColor::all(color), white, ChildOf(root));
    let outline = commands.spawn(outline).id();
    let arrow = commands.spawn((hidden(), ArrowNode, ImageNode::default(), ChildOf(root))).id();
    let mut tag = || {
        let (ours, mut node, visibility, pickable) = hidden();
        node.padding = UiRect::axes(Val::Px(PADDING), Val::Px(4.0));
        node.border_radius = BorderRadius::all(Val::Px(4.0));
        let white = Outline { width: Val::Px(1.0), offset: Val::ZERO, color: Color::WHITE };
        let tag = (ours, node, visibility, pickable, BackgroundColor(color), white, ChildOf(root));
        let tag = commands.spawn(tag).id();
        let text = (Ours, Text::default(), font.clone(), TextColor(Color::WHITE), TextLayout::no_wrap());
        (tag, commands.spawn((text, Pickable::IGNORE, ChildOf(tag))).id())
    };
    let (tag, ruler) = (tag(), tag());
    commands.entity(tag.0).insert(ArrowNode);
    commands.entity(ruler.1).insert(Ruler);
    let announcer = commands.spawn((Ours, live(""))).id();
    Parts { root, arrow, outline, corners, tag, ruler, announcer }
}
