//! The cases with AccessKit 0.24.
#![cfg(feature = "v0_24")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "cases/mod.rs"]
mod cases;

use leftoff_accesskit::v0_24 as version;
use version::accesskit::{Node, NodeId, Tree, TreeId, TreeUpdate};

fn update(nodes: Vec<(NodeId, Node)>, root: Option<NodeId>, focus: NodeId) -> TreeUpdate {
    TreeUpdate { nodes, tree: root.map(Tree::new), tree_id: TreeId::ROOT, focus }
}
