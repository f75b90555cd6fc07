//! What the events of a window say about its user.

use iced_core::keyboard::{self, Key, key::Named};
use iced_core::{Event, Point, input_method, mouse, touch, window};

/// Returns whether only a user can cause this event.
pub(crate) fn is_presence(event: &Event) -> bool {
    match event {
        Event::Keyboard(_) | Event::Touch(_) | Event::InputMethod(_) => true,
        Event::Mouse(event) => !matches!(event, mouse::Event::CursorLeft),
        Event::Window(event) => {
            matches!(event, window::Event::Focused | window::Event::FileHovered(_) | window::Event::FileDropped(_))
        }
    }
}

/// Returns whether the event can change a value of the application, in any widget.
///
/// A drag counts when it ends: until then, each movement would be captured.
pub(crate) fn can_change(event: &Event) -> bool {
    match event {
        Event::Keyboard(event) => matches!(event, keyboard::Event::KeyPressed { .. }),
        Event::Mouse(event) => {
            !matches!(event, mouse::Event::CursorMoved { .. } | mouse::Event::CursorEntered | mouse::Event::CursorLeft)
        }
        Event::Touch(event) => !matches!(event, touch::Event::FingerMoved { .. }),
        Event::InputMethod(event) => matches!(event, input_method::Event::Commit(_)),
        Event::Window(event) => matches!(event, window::Event::FileDropped(_)),
    }
}

/// Returns where a press begins.
pub(crate) fn press(event: &Event, cursor: mouse::Cursor) -> Option<Point> {
    match event {
        Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => cursor.position(),
        Event::Touch(touch::Event::FingerPressed { position, .. }) => Some(*position),
        _ => None,
    }
}

/// Returns whether the event changes the text of the field that takes it.
pub(crate) fn edits(event: &Event) -> bool {
    match event {
        Event::InputMethod(event) => matches!(event, input_method::Event::Commit(_)),
        Event::Keyboard(keyboard::Event::KeyPressed { key, text, modifiers, .. }) => match key {
            Key::Named(Named::Backspace | Named::Delete | Named::Enter | Named::Space) => true,
            Key::Character(letter) if modifiers.command() => matches!(letter.as_str(), "v" | "x" | "y" | "z"),
            Key::Named(_) => false,
            _ => text.is_some(),
        },
        _ => false,
    }
}

pub(crate) fn is_escape(event: &Event) -> bool {
    matches!(event, Event::Keyboard(keyboard::Event::KeyPressed { key: Key::Named(Named::Escape), .. }))
}
