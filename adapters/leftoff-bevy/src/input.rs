//! What the user does: keys, presses, touches, the focus.

use accesskit::Role;
use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;
use bevy_input::ButtonState;
use bevy_input::gamepad::{GamepadButton, GamepadButtonStateChangedEvent};
use bevy_input::keyboard::{Key, KeyboardInput};
use bevy_input::mouse::{MouseButton, MouseButtonInput, MouseWheel};
use bevy_input::touch::{TouchInput, TouchPhase};
use bevy_input_focus::InputFocus;
use bevy_window::{CursorMoved, FileDragAndDrop, Ime, WindowFocused};
use leftoff::marker::cue::Salience;
use leftoff::{Action, Phase};

use crate::arrow::Arrow;
use crate::draw::{ArrowNode, CardButton};
use crate::nodes::Nodes;

#[derive(SystemParam)]
pub(crate) struct Messages<'w, 's> {
    keys: MessageReader<'w, 's, KeyboardInput>,
    buttons: MessageReader<'w, 's, MouseButtonInput>,
    wheel: MessageReader<'w, 's, MouseWheel>,
    moves: MessageReader<'w, 's, CursorMoved>,
    touches: MessageReader<'w, 's, TouchInput>,
    gamepad: MessageReader<'w, 's, GamepadButtonStateChangedEvent>,
    ime: MessageReader<'w, 's, Ime>,
    drops: MessageReader<'w, 's, FileDragAndDrop>,
    focus: MessageReader<'w, 's, WindowFocused>,
}

#[derive(SystemParam)]
pub(crate) struct Ours<'w, 's> {
    buttons: Query<'w, 's, &'static CardButton>,
    arrows: Query<'w, 's, &'static ArrowNode>,
}

/// Hears of input, before the program's systems do: what the user saw is the layout of the last frame.
pub(crate) fn hear(
    mut arrow: ResMut<Arrow>,
    mut messages: Messages,
    nodes: Nodes,
    ours: Ours,
    focus: Option<Res<InputFocus>>,
    mut is_held: Local<bool>,
) {
    let arrow = &mut *arrow;
    let focused = focus.and_then(|focus| focus.get());
    for key in messages.keys.read().filter(|key| key.state == ButtonState::Pressed) {
        arrow.input();
        if key.logical_key == Key::Escape && arrow.resume.salience() != Salience::Hidden {
            arrow.resume.dismiss();
        }
        if let Some(focused) = focused {
            press_key(arrow, &key.logical_key, focused, &nodes, &ours);
        }
    }
    for _ in messages.ime.read().filter(|ime| matches!(ime, Ime::Commit { .. })) {
        arrow.input();
        if let Some(focused) = focused {
            edit(arrow, focused, &nodes);
        }
    }
    for pressed in messages.gamepad.read().filter(|pressed| pressed.state == ButtonState::Pressed) {
        arrow.input();
        if let Some(focused) = focused.filter(|_| pressed.button == GamepadButton::South) {
            press(arrow, focused, &nodes, &ours);
        }
    }
    for pressed in messages.buttons.read() {
        arrow.input();
        *is_held = pressed.state == ButtonState::Pressed;
        if *is_held && pressed.button == MouseButton::Left {
            press_at(arrow, nodes.under_pointer(), &nodes, &ours);
        }
    }
    for touch in messages.touches.read() {
        arrow.input();
        if touch.phase == TouchPhase::Started {
            press_at(arrow, nodes.under_touch(touch.position), &nodes, &ours);
        }
    }
    let is_moved = messages.moves.read().count() > 0;
    // A slider is dragged.
    if messages.wheel.read().count() + messages.drops.read().count() > 0 || (is_moved && *is_held) {
        arrow.input();
    } else if is_moved {
        arrow.resume.user_active(&mut arrow.session);
    }
    for focus in messages.focus.read() {
        if focus.focused {
            arrow.resume.user_active(&mut arrow.session);
        } else {
            *is_held = false;
            arrow.session.focus_lost();
        }
    }
}

/// Follows the keyboard focus, after the program's systems have moved it.
pub(crate) fn follow_focus(
    mut arrow: ResMut<Arrow>,
    nodes: Nodes,
    focus: Option<Res<InputFocus>>,
    mut before: Local<Option<Entity>>,
) {
    let focused = focus.and_then(|focus| focus.get());
    if std::mem::replace(&mut *before, focused) == focused {
        return;
    }
    let Some(node) = focused.and_then(|focused| nodes.element_at(focused)) else { return };
    // The program may focus a field by itself, at its start for example.
    if let Some(element) = node.element.filter(|element| arrow.focus_frames > 0 && element.0.path != arrow.pressed) {
        arrow.touch(element, node.name(), Action::Focus, Phase::Unknown);
        arrow.pressed.clear();
    }
}

fn press_key(arrow: &mut Arrow, key: &Key, focused: Entity, nodes: &Nodes, ours: &Ours) {
    let is_field = nodes.get(focused).is_some_and(|node| node.is_field);
    match key {
        Key::Tab | Key::Escape | Key::Shift | Key::Control | Key::Alt | Key::AltGraph | Key::Super | Key::CapsLock => {}
        _ if is_field => edit(arrow, focused, nodes),
        Key::Enter | Key::Space => press(arrow, focused, nodes, ours),
        Key::Character(space) if space == " " => press(arrow, focused, nodes, ours),
        // Elsewhere, such a key scrolls the page, or moves the focus.
        Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp | Key::ArrowDown | Key::Home | Key::End => {
            let role = nodes.get(focused).and_then(|node| node.accessible.map(|node| node.role()));
            if matches!(role, Some(Role::Slider | Role::SpinButton | Role::RadioGroup | Role::ListBox))
                && let Some(node) = nodes.element_at(focused)
                && let Some(element) = node.element
            {
                arrow.touch(element, node.name(), Action::Edit, Phase::Unknown);
            }
        }
        _ => {}
    }
}

fn edit(arrow: &mut Arrow, field: Entity, nodes: &Nodes) {
    let Some(node) = nodes.element_at(field) else { return };
    if let Some(element) = node.element {
        arrow.touch(element, node.name(), Action::Edit, Phase::InProgress);
    }
}

/// The pointer, or a finger, is pressed on a node.
fn press_at(arrow: &mut Arrow, hit: Option<Entity>, nodes: &Nodes, ours: &Ours) {
    arrow.pressed.clear();
    let Some(hit) = hit else { return };
    if nodes.upward(hit).any(|entity| ours.arrows.contains(entity)) {
        // Only an arrow at an edge takes input.
        arrow.resume.want();
        return;
    }
    press(arrow, hit, nodes, ours);
}

fn press(arrow: &mut Arrow, entity: Entity, nodes: &Nodes, ours: &Ours) {
    if let Some(button) = nodes.upward(entity).find_map(|entity| ours.buttons.get(entity).ok()) {
        arrow.choose(button.0);
        return;
    }
    let Some(node) = nodes.element_at(entity) else { return };
    let Some(element) = node.element else { return };
    // A press on a field moves the caret.
    let (action, phase) = if nodes.upward(entity).any(|entity| nodes.get(entity).is_some_and(|node| node.is_field)) {
        (Action::Focus, Phase::Unknown)
    } else {
        (Action::Press, Phase::Unknown)
    };
    arrow.touch(element, node.name(), action, phase);
    arrow.pressed.clone_from(&element.0.path);
}
