//! What a widget calls itself, from egui's accessibility tree.

use std::collections::HashMap;

use egui::accesskit::{Node, NodeId, Role};
use egui::{Context, Id, Response, Ui};

use crate::compat;
use crate::target::Target;

/// What the accessibility tree contains of a widget.
struct Own {
    name: String,
    labelled_by: Option<NodeId>,
    is_password: bool,
}

/// Calls `f` with the target as the widget completes it: without a label, it has the widget's own name, and a password
/// field is sensitive.
///
/// Without a screen reader, egui builds no tree. So the tree is switched on, and the first pass without it is discarded:
/// the marked element could not be located by its name.
pub(crate) fn with_own<R>(ui: &Ui, target: Target<'_>, response: &Response, f: impl FnOnce(Target<'_>) -> R) -> R {
    let ctx = ui.ctx();
    let Some(own) = read(ctx, response.id, own) else {
        ask_for_tree(ctx);
        return f(target);
    };
    let target = if own.is_password { target.sensitive() } else { target };
    if !target.label.is_empty() {
        return f(target);
    }
    let name = if own.name.is_empty() {
        own.labelled_by.and_then(|node| read(ctx, widget_of(ctx, node)?, caption)).unwrap_or_default()
    } else {
        own.name
    };
    // "Name: *" is called "Name" in a sentence.
    f(target.label(name.trim().trim_end_matches([':', '*', ' '])))
}

fn read<R>(ctx: &Context, id: Id, f: impl FnOnce(&Node) -> R) -> Option<R> {
    // Not `accesskit_node_builder` alone: it would add a node.
    if compat::has_node(ctx, id) { ctx.accesskit_node_builder(id, |node| f(node)) } else { None }
}

/// Never the value, which is what the user typed.
fn own(node: &Node) -> Own {
    Own {
        name: node.label().unwrap_or_default().to_owned(),
        labelled_by: node.labelled_by().first().copied(),
        is_password: node.role() == Role::PasswordInput,
    }
}

/// Returns the text of a widget that labels another one.
fn caption(node: &Node) -> String {
    // The text of a label is its value; that of another widget would be what the user typed.
    let text = if node.role() == Role::Label { node.value() } else { None };
    text.or(node.label()).unwrap_or_default().to_owned()
}

/// The widgets of nodes that were looked for. A node's widget never changes.
#[derive(Clone, Default)]
struct Widgets(HashMap<NodeId, Id>);

/// More are forgotten.
const MAX_WIDGETS: usize = 4096;

/// Returns the widget of this node, which egui has in one direction only.
fn widget_of(ctx: &Context, node: NodeId) -> Option<Id> {
    let key = compat::id("leftoff widgets");
    let known = ctx.data_mut(|data| data.get_temp_mut_or_default::<Widgets>(key).0.get(&node).copied());
    known.or_else(|| {
        let is_it = |id: &Id| compat::node(*id) == node;
        let found = ctx.viewport(|viewport| {
            let widgets = &viewport.this_pass.widgets;
            let mut ids = widgets.layer_ids().flat_map(|layer| widgets.get_layer(layer)).map(|widget| widget.id);
            ids.find(is_it)
        })?;
        ctx.data_mut(|data| {
            let widgets = &mut data.get_temp_mut_or_default::<Widgets>(key).0;
            if widgets.len() == MAX_WIDGETS {
                widgets.clear();
            }
            widgets.insert(node, found);
        });
        Some(found)
    })
}

/// Whether the tree was asked for.
#[derive(Clone, Default)]
struct Asked(bool);

fn ask_for_tree(ctx: &Context) {
    // Each time, because it is switched off when a screen reader ends.
    ctx.enable_accesskit();
    let key = compat::id("leftoff tree");
    let before = ctx.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default(key), Asked(true)));
    if !before.0 {
        ctx.request_discard("the names of widgets are not known yet");
    }
}
