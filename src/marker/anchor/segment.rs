//! The texts of one element in an anchor: the anchored element, its containers and its neighbours.

use super::tree::{KeyOrigin, UiTree};
use super::walk::path_key;
use super::words::visible;
use crate::mark::MAX_PATH;
use crate::mark::cut;

/// The maximum number of elements from the root to the anchored one; in a deeper tree, the outer elements are left out.
pub(super) const MAX_SEGMENTS: usize = 64;
/// The maximum length of a key, role or name, in bytes each.
pub(super) const MAX_WORDS: usize = 128;
/// The maximum number of siblings on each side.
pub(super) const NEIGHBOURS: usize = 4;

/// One element, as text.
#[derive(Clone, PartialEq, Eq, Default)]
pub(in crate::marker) struct Segment {
    /// Empty means none, here and below.
    pub(in crate::marker) key: String,
    pub(in crate::marker) origin: KeyOrigin,
    pub(in crate::marker) role: String,
    pub(in crate::marker) name: String,
    /// Its index among its siblings, and their number, itself included.
    pub(in crate::marker) index: u32,
    pub(in crate::marker) siblings: u32,
}

impl Segment {
    /// Returns the key, if it is part of the path.
    pub(in crate::marker) fn path_key(&self) -> Option<&str> {
        let key = self.key.trim_matches('/');
        (self.origin != KeyOrigin::Generated && !key.is_empty()).then_some(key)
    }
}

/// An element, its containers and its siblings.
pub(super) struct Ancestry<N> {
    /// The keys of the path, from the element to the root.
    pub(super) keys: Vec<String>,
    /// The segments from the root to the element.
    pub(super) segments: Vec<Segment>,
    pub(super) before: Vec<N>,
    pub(super) after: Vec<N>,
}

pub(super) fn ancestry<T: UiTree>(tree: &T, node: T::Node) -> Ancestry<T::Node> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut segments, mut keys) = (Vec::new(), Vec::new());
    let mut next = Some(node);
    while let Some(node) = next.filter(|_| keys.len() < MAX_PATH) {
        next = tree.parent(node);
        keys.extend(next.and_then(|_| path_key(tree, node)));
        if segments.len() == MAX_SEGMENTS {
            continue;
        }
        let mut segment = signature(tree, node);
        if let Some(parent) = next {
            let mut siblings: Vec<T::Node> = tree.children(parent).collect();
            let index = siblings.iter().position(|sibling| *sibling == node).unwrap_or(siblings.len());
            segment.index = number(index);
            segment.siblings = number(siblings.len());
            if segments.is_empty() {
                after = siblings.split_off(siblings.len().min(index + 1));
                siblings.truncate(index);
                before = siblings;
            }
        }
        segments.push(segment);
    }
    segments.reverse();
    Ancestry { keys, segments, before, after }
}

/// Captures an element without its index.
pub(super) fn signature<T: UiTree>(tree: &T, node: T::Node) -> Segment {
    let key = tree.key(node);
    let words = |text: &str| cut(text, MAX_WORDS).to_owned();
    Segment {
        key: key.as_ref().map_or_else(String::new, |key| words(&key.text)),
        origin: key.map_or(KeyOrigin::Authored, |key| key.origin),
        role: words(&tree.role(node)),
        name: tree.name(node).map_or_else(String::new, |name| words(&visible(&name))),
        index: 0,
        siblings: 0,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
