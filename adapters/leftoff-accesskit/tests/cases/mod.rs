//! The same for each version of AccessKit: `super::version` and `super::update` are those of the version.

mod damage;
mod forms;
mod names;
mod rows;

use leftoff::marker::anchor::UiTree;
use leftoff::marker::resolve::{Match, Resolution};
use leftoff::{Action, AppId, Marker, Session, backend::MemoryBackend};

use super::update;
use super::version::accesskit::{Node, NodeId, Role};
use super::version::{Spot, Tree, View};

/// A node with these children.
pub(super) fn node(role: Role, label: &str, children: &[u64]) -> Node {
    let mut node = Node::new(role);
    match role {
        // Where AccessKit has the text of a label.
        Role::Label | Role::Heading => node.set_value(label),
        _ if label.is_empty() => {}
        _ => node.set_label(label),
    }
    node.set_children(children.iter().copied().map(NodeId).collect::<Vec<_>>());
    node
}

/// A tree with these nodes; the first one is the root.
pub(super) fn tree(nodes: Vec<(u64, Node)>) -> Tree {
    let root = NodeId(nodes[0].0);
    let mut tree = Tree::new();
    tree.update(update(nodes.into_iter().map(|(id, node)| (NodeId(id), node)).collect(), Some(root), root));
    tree
}

/// Marks the node and captures it, ends without a close, and returns the marker of the next start.
pub(super) fn left_at(view: &View<'_>, id: u64) -> Marker {
    let memory = MemoryBackend::new();
    let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread().open();
    let mut session = open();
    view.mark(view.find(NodeId(id)).unwrap(), |mark| session.mark(mark.action(Action::Edit)));
    session.autosave(|capture| capture.anchor(view)).unwrap();
    std::mem::forget(session);
    open().marker().unwrap().clone()
}

/// The node that an arrow points at.
pub(super) fn arrow(view: &View<'_>, resolution: &Resolution<Spot>) -> Option<u64> {
    match resolution.outcome() {
        Match::Exact(spot) | Match::Moved(spot) => Some(view.id(spot).0),
        _ => None,
    }
}

/// The same in one: left in `before` at this node, found in `after`.
pub(super) fn found(before: &Tree, id: u64, after: &Tree) -> Option<u64> {
    let (before, after) = (before.view(), after.view());
    arrow(&after, &left_at(&before, id).resolve(&after))
}

/// The ids in reading order.
pub(super) fn order<'v>(view: &'v View<'_>) -> impl Iterator<Item = u64> + use<'v> {
    std::iter::once(view.root()).chain(view.spots()).map(|spot| view.id(spot).0)
}
