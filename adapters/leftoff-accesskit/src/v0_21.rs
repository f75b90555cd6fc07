//! For AccessKit 0.21.

#[path = "name.rs"]
mod name;
#[path = "tree.rs"]
mod tree;
#[path = "view.rs"]
mod view;

pub use accesskit_0_21 as accesskit;

pub use tree::Tree;
pub use view::{Spot, View};

/// This version has one tree only.
fn is_of_main_tree(_: &accesskit::TreeUpdate) -> bool {
    true
}
