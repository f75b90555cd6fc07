//! The cases with AccessKit 0.21.
#![cfg(feature = "v0_21")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "cases/mod.rs"]
mod cases;

use leftoff_accesskit::v0_21 as version;
use version::accesskit::{Node, NodeId, Tree, TreeUpdate};

fn update(nodes: Vec<(NodeId, Node)>, root: Option<NodeId>, focus: NodeId) -> TreeUpdate {
    TreeUpdate { nodes, tree: root.map(Tree::new), focus }
}
