//! The present tree, kept from updates.

use std::collections::{HashMap, HashSet};
use std::fmt;

use leftoff::marker::anchor::Key;

use super::accesskit::{Node, NodeId, TreeUpdate};
use super::view::View;

/// The accessibility tree of a window, kept from the updates that the toolkit gives to its platform.
///
/// Updates may be partial, out of order or wrong: nodes that are missing are left out, and a node has one place, the
/// first in reading order.
#[derive(Clone, Default)]
pub struct Tree {
    nodes: HashMap<NodeId, Node>,
    root: Option<NodeId>,
    focus: Option<NodeId>,
    /// The number of nodes after the last removal of unreachable ones.
    kept: usize,
}

/// So many nodes more than after the last removal are not worth another one.
const SLACK: usize = 256;

impl Tree {
    /// Creates a tree without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies an update. It is cheap: one insertion for each node of the update.
    ///
    /// Updates of subtrees (another `TreeId` than `ROOT`, since AccessKit 0.24) are ignored.
    pub fn update(&mut self, update: TreeUpdate) {
        if !super::is_of_main_tree(&update) {
            return;
        }
        let TreeUpdate { nodes, tree, focus, .. } = update;
        self.nodes.extend(nodes);
        self.root = tree.map(|tree| tree.root).or(self.root);
        self.focus = Some(focus);
        // An update names the removed nodes by no longer naming them.
        if self.nodes.len() > 2 * self.kept + SLACK {
            self.remove_unreachable();
        }
    }

    fn remove_unreachable(&mut self) {
        let mut open: Vec<NodeId> = self.root.into_iter().collect();
        let mut reached = HashSet::new();
        while let Some(id) = open.pop() {
            if let Some(node) = self.nodes.get(&id).filter(|_| reached.insert(id)) {
                open.extend(node.children());
                // A label may be outside of the tree.
                open.extend(node.labelled_by());
            }
        }
        self.nodes.retain(|id, _| reached.contains(id));
        self.kept = self.nodes.len();
    }

    /// Returns the node with the keyboard focus; the root if no other node has it. `None` if that node is not there.
    pub fn focus(&self) -> Option<NodeId> {
        self.focus.filter(|focus| self.nodes.contains_key(focus))
    }

    /// Returns a node.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// Returns the tree as it is now, as an interface in which an element is captured or located.
    ///
    /// It visits every node, so create it when it is needed: in the closure of an autosave, after a change of the
    /// layout while a marker is shown.
    pub fn view(&self) -> View<'_> {
        self.with_keys(|_, _| None)
    }

    /// Like [`view`](Self::view), with keys of the host: `key` is asked for every node, and its answer goes before an
    /// `author_id`.
    ///
    /// For a row, return the id of the record that it shows (an invoice, a mail), with [`KeyOrigin::Data`], and never the
    /// number of the row. Without it, rows can only be told apart by their texts.
    ///
    /// [`KeyOrigin::Data`]: leftoff::marker::anchor::KeyOrigin::Data
    pub fn with_keys<'k>(&self, key: impl FnMut(NodeId, &Node) -> Option<Key<'k>>) -> View<'_> {
        View::new(self, key)
    }

    pub(super) fn root(&self) -> Option<NodeId> {
        self.root
    }

    pub(super) fn nodes(&self) -> &HashMap<NodeId, Node> {
        &self.nodes
    }
}

/// Does not show texts from the screen.
impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}
