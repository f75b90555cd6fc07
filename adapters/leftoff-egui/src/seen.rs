//! A widget as it is right after it was drawn.

use egui::text_edit::TextEditState;
use egui::{Id, LayerId, Rect, Response, Ui};
use leftoff::Action;

/// What egui knows of a widget right after it was drawn.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "answers of a response")]
pub(crate) struct Seen {
    pub(crate) widget: Id,
    pub(crate) layer: LayerId,
    pub(crate) rect: Rect,
    pub(crate) clip: Rect,
    /// The user's action in this frame.
    pub(crate) act: Option<Action>,
    pub(crate) has_caret: bool,
    pub(crate) has_focus: bool,
    pub(crate) lost_focus: bool,
    /// The pointer is at work on it.
    pub(crate) is_pointed: bool,
}

impl Seen {
    pub(crate) fn of(ui: &Ui, response: &Response) -> Self {
        let has_focus = response.has_focus();
        Self {
            widget: response.id,
            layer: response.layer_id,
            rect: response.rect,
            clip: ui.clip_rect(),
            act: act(response),
            has_caret: has_focus && TextEditState::load(ui.ctx(), response.id).is_some(),
            has_focus,
            lost_focus: response.lost_focus(),
            is_pointed: response.is_pointer_button_down_on() || response.clicked(),
        }
    }
}

/// Returns the user's action on a widget in this frame, from its response.
fn act(response: &Response) -> Option<Action> {
    // Text fields, sliders and numbers can be dragged in; check boxes, radio buttons and rows cannot.
    let holds_content = response.sense.senses_drag();
    if response.changed() {
        Some(if holds_content { Action::Edit } else { Action::Choose })
    } else if response.clicked() && !holds_content {
        Some(Action::Press)
    } else if response.gained_focus() {
        Some(Action::Focus)
    } else {
        None
    }
}
