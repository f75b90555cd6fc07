//! The card and the notices, as nodes in the program's own node.

use accesskit::Role;
use bevy_a11y::AccessibilityNode;
use bevy_color::Color;
use bevy_ecs::prelude::*;
use bevy_input_focus::InputFocus;
use bevy_input_focus::tab_navigation::TabIndex;
use bevy_text::{FontSize, TextColor, TextFont};
use bevy_ui::prelude::Text;
use bevy_ui::{
    AlignItems, BackgroundColor, BorderColor, BorderRadius, Display, FlexDirection, FlexWrap, Node, UiRect, Val,
};
use leftoff::resume::{CardText, Choice};

use crate::arrow::{Arrow, Look};
use crate::draw::{CardButton, Ours};
use crate::element::LeftOffCard;
use crate::image;

const PAPER: Color = Color::srgb(0.97, 0.97, 0.98);
const INK: Color = Color::srgb(0.11, 0.11, 0.13);
const LINE: Color = Color::srgb(0.55, 0.55, 0.58);

/// Shows the card and the notices of this frame.
pub(crate) fn show(
    arrow: Res<Arrow>,
    mut cards: Query<(Entity, &mut Node, Ref<LeftOffCard>)>,
    mut before: Local<[Option<CardText>; 2]>,
    mut commands: Commands,
) {
    let is_new = *before != arrow.strip;
    for (entity, mut node, card) in &mut cards {
        if !is_new && !card.is_added() {
            continue;
        }
        let has_text = arrow.strip.iter().any(Option::is_some);
        node.display = if has_text { Display::Flex } else { Display::None };
        commands.entity(entity).despawn_children();
        for text in arrow.strip.iter().flatten() {
            spawn(&mut commands, entity, text, &arrow.look);
        }
    }
    if is_new {
        before.clone_from(&arrow.strip);
    }
}

/// Shows which button has the keyboard focus.
pub(crate) fn show_focus(
    arrow: Res<Arrow>,
    focus: Option<Res<InputFocus>>,
    mut buttons: Query<(Entity, &mut BorderColor), With<CardButton>>,
) {
    let focused = focus.and_then(|focus| focus.get());
    for (entity, mut border) in &mut buttons {
        let is_focused = focused == Some(entity);
        border.set_if_neq(BorderColor::all(if is_focused { arrow.look.color } else { LINE }));
    }
}

fn spawn(commands: &mut Commands, card: Entity, text: &CardText, look: &Look) {
    let strip = Node {
        flex_direction: FlexDirection::Column,
        row_gap: Val::Px(4.0),
        padding: UiRect::all(Val::Px(8.0)),
        border: UiRect::left(Val::Px(5.0)),
        ..Node::default()
    };
    let color = image::readable_under_white(look.color);
    let strip = (Ours, strip, BackgroundColor(PAPER), BorderColor::all(color), ChildOf(card));
    let strip = commands.spawn(strip).id();
    for line in &text.lines {
        let font = if line.is_small { smaller(&look.font) } else { look.font.clone() };
        commands.spawn((Ours, Text::new(&line.text), font, TextColor(INK), ChildOf(strip)));
    }
    let row = Node {
        flex_wrap: FlexWrap::Wrap,
        align_items: AlignItems::Center,
        column_gap: Val::Px(6.0),
        row_gap: Val::Px(6.0),
        ..Node::default()
    };
    let row = commands.spawn((Ours, row, ChildOf(strip))).id();
    for (name, choice) in &text.buttons {
        spawn_button(commands, row, name, *choice, look);
    }
}

fn spawn_button(commands: &mut Commands, row: Entity, name: &str, choice: Choice, look: &Look) {
    let button = Node {
        padding: UiRect::axes(Val::Px(10.0), Val::Px(4.0)),
        border: UiRect::all(Val::Px(2.0)),
        border_radius: BorderRadius::all(Val::Px(4.0)),
        ..Node::default()
    };
    let mut accessible = accesskit::Node::new(Role::Button);
    accessible.set_label(name);
    let accessible = AccessibilityNode::from(accessible);
    let button = (Ours, CardButton(choice), button, TabIndex(0), accessible, BorderColor::all(LINE), ChildOf(row));
    let button = commands.spawn(button).id();
    commands.spawn((Ours, Text::new(name), smaller(&look.font), TextColor(INK), ChildOf(button)));
}

fn smaller(font: &TextFont) -> TextFont {
    let mut font = font.clone();
    if let FontSize::Px(size) = &mut font.font_size {
        *size *= 0.87;
    }
    font
}
