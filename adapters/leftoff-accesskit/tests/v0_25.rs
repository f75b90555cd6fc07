//! The cases with AccessKit 0.25.
#![cfg(feature = "v0_25")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "cases/mod.rs"]
mod cases;

use leftoff_accesskit::v0_25 as version;
use version::accesskit::{Node, NodeId, TreeId, TreeInfo, TreeUpdate};

fn update(nodes: Vec<(NodeId, Node)>, root: Option<NodeId>, focus: NodeId) -> TreeUpdate {
    TreeUpdate { nodes, tree: root.map(TreeInfo::new), tree_id: TreeId::ROOT, focus }
}

#[test]
fn a_subtree_with_the_same_ids_changes_nothing() {
    use version::accesskit::Role;

    let mut tree = version::Tree::new();
    let mut field = Node::new(Role::TextInput);
    field.set_label("Amount");
    let mut root = Node::new(Role::Window);
    root.set_children([NodeId(1)]);
    tree.update(update(vec![(NodeId(0), root), (NodeId(1), field)], Some(NodeId(0)), NodeId(1)));
    let mut other = update(vec![(NodeId(1), Node::new(Role::Button))], Some(NodeId(1)), NodeId(7));
    other.tree_id = TreeId("67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap());
    tree.update(other);
    assert_eq!((tree.node(NodeId(1)).unwrap().role(), tree.focus()), (Role::TextInput, Some(NodeId(1))));
}
