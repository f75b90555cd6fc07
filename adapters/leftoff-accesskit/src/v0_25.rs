//! For AccessKit 0.25.

#[path = "name.rs"]
mod name;
#[path = "tree.rs"]
mod tree;
#[path = "view.rs"]
mod view;

pub use accesskit_0_25 as accesskit;

pub use tree::Tree;
pub use view::{Spot, View};

/// The nodes of a subtree have ids of their own, which may equal those of the main tree.
fn is_of_main_tree(update: &accesskit::TreeUpdate) -> bool {
    update.tree_id == accesskit::TreeId::ROOT
}
