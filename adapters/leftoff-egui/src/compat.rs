//! What differs between the versions of egui that this crate is built for.
//!
//! This is the file for egui 0.37. The lines for older versions have one of `versions/`.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use egui::accesskit::NodeId;
use egui::{Button, Context, Event, Id, Rect, Response, Role, Style, WidgetInfo, WidgetRect};

/// An id that no widget has.
pub(crate) fn id(source: impl Hash + Debug) -> Id {
    Id::unique(source)
}

/// The area of the window for widgets.
pub(crate) fn content_rect(ctx: &Context) -> Rect {
    ctx.content_rect()
}

pub(crate) fn frame_nr(ctx: &Context) -> u64 {
    ctx.cumulative_frame_nr()
}

pub(crate) fn any_popup_open(ctx: &Context) -> bool {
    ctx.any_popup_open()
}

pub(crate) fn style(ctx: &Context) -> Arc<Style> {
    ctx.global_style()
}

/// A button without a frame, unless the pointer is over it.
pub(crate) fn flat(button: Button<'_>) -> Button<'_> {
    button.frame_when_inactive(false)
}

/// The widgets that contain others.
pub(crate) fn parents<'w, W: Iterator<Item = &'w WidgetRect>>(widgets: impl Fn() -> W) -> HashSet<Id> {
    widgets().map(|widget| widget.parent_id).collect()
}

pub(crate) fn named(response: Response, name: &str) -> Response {
    response.accessible_name(name)
}

pub(crate) fn node(id: Id) -> NodeId {
    id.accesskit_id()
}

pub(crate) fn has_node(ctx: &Context, id: Id) -> bool {
    ctx.has_accesskit_node(id)
}

/// What a screen reader says of a button.
pub(crate) fn button(name: &str, is_enabled: bool) -> WidgetInfo {
    WidgetInfo::labeled(Role::Button, is_enabled, name)
}

/// Whether the event only says which modifier keys are down.
pub(crate) fn is_of_modifiers(event: &Event) -> bool {
    matches!(event, Event::ModifiersChanged(_))
}

pub(crate) fn scroll_offset(state: &egui::scroll_area::State) -> egui::Vec2 {
    state.clamped_offset()
}
