//! What differs in egui 0.31.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use egui::accesskit::NodeId;
use egui::{Button, Context, Event, Id, Rect, Response, Style, WidgetInfo, WidgetRect, WidgetType};

pub(crate) fn id(source: impl Hash + Debug) -> Id {
    Id::new(source)
}

pub(crate) fn content_rect(ctx: &Context) -> Rect {
    ctx.screen_rect()
}

pub(crate) fn frame_nr(ctx: &Context) -> u64 {
    ctx.cumulative_pass_nr()
}

pub(crate) fn any_popup_open(ctx: &Context) -> bool {
    ctx.memory(egui::Memory::any_popup_open)
}

pub(crate) fn style(ctx: &Context) -> Arc<Style> {
    ctx.style()
}

pub(crate) fn flat(button: Button<'_>) -> Button<'_> {
    button.frame(false)
}

/// This egui keeps no parents: a widget that another one lies in counts as its parent.
pub(crate) fn parents<'w, W: Iterator<Item = &'w WidgetRect>>(widgets: impl Fn() -> W) -> HashSet<Id> {
    let holds = |outer: &WidgetRect, inner: &WidgetRect| outer.id != inner.id && outer.rect.contains_rect(inner.rect);
    widgets().filter(|outer| widgets().any(|inner| holds(outer, inner))).map(|widget| widget.id).collect()
}

pub(crate) fn named(response: Response, name: &str) -> Response {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

pub(crate) fn node(id: Id) -> NodeId {
    NodeId(id.value())
}

/// A widget of this pass has a node.
pub(crate) fn has_node(ctx: &Context, id: Id) -> bool {
    ctx.viewport(|viewport| viewport.this_pass.widgets.get(id).is_some())
}

pub(crate) fn button(name: &str, is_enabled: bool) -> WidgetInfo {
    WidgetInfo::labeled(WidgetType::Button, is_enabled, name)
}

/// This egui has no such event.
pub(crate) fn is_of_modifiers(_: &Event) -> bool {
    false
}

pub(crate) fn scroll_offset(state: &egui::scroll_area::State) -> egui::Vec2 {
    state.offset
}
