//! The location of an element in the user interface, captured with the state, so that the element can be located again.
//!
//! An application describes its interface as a [`UiTree`], or fills [`Elements`], which is one. An [`Anchor`] is the
//! stored description of one element; [`Resolver`](crate::marker::resolve::Resolver) locates that element again.

mod elements;
mod outline;
mod position;
mod segment;
mod stored;
#[cfg(test)]
pub(super) mod testing;
mod tree;
mod walk;
mod words;

use std::fmt;

pub use elements::{Element, ElementId, Elements};
pub use position::{Content, Position, TextMatch};
pub(crate) use tree::WINDOW;
pub use tree::{Key, KeyOrigin, Probe, UiTree};

pub(super) use outline::MAX_OUTLINE;
pub(super) use outline::{Outline, Outlined, Writer, path_hash};
pub(super) use segment::Segment;
pub(super) use walk::{End, MAX_NODES, Walked, names, path_key, walk};
pub(super) use words::{hash, is_telling, likenesses, role_likeness, visible};

use crate::mark::MAX_PATH;
use crate::mark::{Hidden, cut};
use segment::{NEIGHBOURS, ancestry, signature};

/// The description of one element: its path from the root, its neighbours, and an outline of the rest of the interface.
///
/// Create it with [`take`](Self::take) while the element exists. Without a tree, [`from_path`](Self::from_path) creates
/// an anchor that is located by its keys alone.
///
/// ```
/// use leftoff::marker::anchor::{Anchor, Element, Elements};
///
/// let mut elements = Elements::new();
/// elements.add(Element::new("invoice/amount").role("text field").name("Amount"));
///
/// let anchor = Anchor::take(&elements, "invoice/amount").unwrap();
/// assert_eq!(anchor.path(), "invoice/amount");
/// assert_eq!(Anchor::take(&elements, "invoice/date"), None);
/// assert!(!format!("{anchor:?}").contains("Amount"), "logs never show what is on the screen");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Anchor {
    path: String,
    /// The segments from the root to the element; empty if no tree was captured.
    segments: Vec<Segment>,
    /// The siblings before the element, the nearest first; then the siblings after it.
    before: Vec<Segment>,
    after: Vec<Segment>,
    /// The rest of the interface; empty if no tree was captured.
    outline: Outline,
    /// Complete fields with tags that this version does not know. They come last, because tags ascend.
    unknown: Vec<u8>,
}

impl Anchor {
    /// The maximum number of elements in the outline of an anchor, stored as hashes of seven to fifteen bytes each. For a
    /// larger interface, the elements nearest to the anchored one are kept.
    ///
    /// ```
    /// use leftoff::marker::anchor::{Anchor, Elements};
    ///
    /// let mut elements = Elements::new();
    /// for row in 0..5_000 {
    ///     elements.add(format!("list/row{row}").as_str());
    /// }
    /// let anchor = Anchor::take(&elements, "list/row3000").unwrap();
    /// assert!(anchor.to_bytes().len() < 15 * Anchor::MAX_OUTLINE + 1_024);
    /// ```
    pub const MAX_OUTLINE: usize = MAX_OUTLINE;
    /// The role of a window. If the window of an element was closed, the element is gone; it is not searched for in other
    /// windows.
    pub const ROLE_WINDOW: &str = WINDOW;

    /// Creates an anchor that contains only the path.
    ///
    /// A path longer than [`MAX_PATH`](crate::Mark::MAX_PATH) is cut, and then leads to a container at best.
    ///
    /// ```
    /// use leftoff::marker::anchor::{Anchor, Elements};
    /// use leftoff::marker::resolve::{Match, Resolver};
    ///
    /// let mut elements = Elements::new();
    /// let amount = elements.add("invoice/amount");
    /// let anchor = Anchor::from_path("invoice/amount");
    /// assert_eq!(Resolver::new().resolve(&anchor, &elements).outcome(), Match::Exact(amount));
    /// ```
    pub fn from_path(path: &str) -> Self {
        Self {
            path: cut(path, MAX_PATH).to_owned(),
            segments: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            outline: Outline::default(),
            unknown: Vec::new(),
        }
    }

    /// Captures the element at `path`. Returns `None` if the tree has no such element, or several.
    pub fn take<T: UiTree>(tree: &T, path: &str) -> Option<Self> {
        let walked = walk(tree, path);
        (walked.end == End::Held).then(|| Self::of_node(tree, walked.reached))
    }

    /// Captures the element `node`, which need not have a key.
    ///
    /// ```
    /// use leftoff::marker::anchor::{Anchor, Elements};
    ///
    /// let mut elements = Elements::new();
    /// let amount = elements.add("invoice/amount");
    /// assert_eq!(Anchor::of_node(&elements, amount).path(), "invoice/amount");
    /// ```
    pub fn of_node<T: UiTree>(tree: &T, node: T::Node) -> Self {
        let ancestry = ancestry(tree, node);
        let mut path = String::new();
        for key in ancestry.keys.iter().rev() {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(key);
        }
        path.truncate(cut(&path, MAX_PATH).len());
        let sign = |node: &T::Node| signature(tree, *node);
        let before = ancestry.before.iter().rev().take(NEIGHBOURS).map(sign).collect();
        let after = ancestry.after.iter().take(NEIGHBOURS).map(sign).collect();
        Self { path, segments: ancestry.segments, before, after, outline: Outline::of(tree, node), unknown: Vec::new() }
    }

    /// Returns the path of the element. For an element without its own key, returns the path of its container.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Encodes the anchor, in a format that later versions can read.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::encode(self)
    }

    /// Decodes the output of [`to_bytes`](Self::to_bytes) of this version or a newer one. `None` for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        stored::decode(bytes)
    }

    /// Removes the text that the user saw on the element, which is sensitive.
    pub(crate) fn without_name(mut self) -> Self {
        if let Some(element) = self.segments.last_mut() {
            element.name.clear();
        }
        if let Some(outlined) = self.outline.nodes.get_mut(self.outline.target) {
            outlined.name = 0;
        }
        self
    }

    /// Returns the anchor without the key of one of its segments, which is `row` in the outline, and of its siblings.
    pub(super) fn without_keys(&self, segment: usize, row: usize) -> Self {
        let mut bare = self.clone();
        if let Some(own) = bare.segments.get_mut(segment) {
            own.key.clear();
            own.origin = KeyOrigin::Authored;
        }
        if segment + 1 == bare.segments.len() {
            bare.before.iter_mut().chain(&mut bare.after).for_each(|sibling| sibling.key.clear());
        }
        bare.path = bare.segments.iter().skip(1).filter_map(Segment::path_key).collect::<Vec<_>>().join("/");
        let parent = bare.outline.nodes.get(row).map(|node| node.parent);
        for node in bare.outline.nodes.iter_mut().skip(1).filter(|node| Some(node.parent) == parent) {
            (node.key, node.folded) = (0, 0);
        }
        bare
    }

    /// Returns whether the anchor can be that of the element at `path`. The path of an anchor ends at the last key, so that
    /// of an element without a key ends before the name by which the tree [finds](UiTree::probe) the element.
    pub(crate) fn can_be_of(&self, path: &str) -> bool {
        match path.strip_prefix(&self.path) {
            Some("") => true,
            Some(rest) => !self.has_own_key() && (self.path.is_empty() || rest.starts_with('/')),
            None => false,
        }
    }

    /// Returns whether the path leads to the element itself and not only to its container: the element has its own key,
    /// and the path was not cut.
    pub(super) fn path_is_whole(&self) -> bool {
        // A cut leaves up to three bytes unused, to avoid splitting a character.
        self.has_own_key() && self.path.len() < MAX_PATH - 3
    }

    /// Returns whether the last name of the path is the element's own. The root needs none.
    pub(super) fn has_own_key(&self) -> bool {
        match self.segments.as_slice() {
            [] | [_] => true,
            [.., leaf] => leaf.path_key().is_some(),
        }
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(super) fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Returns the siblings before the element, the nearest first.
    pub(super) fn before(&self) -> &[Segment] {
        &self.before
    }

    /// Returns the siblings after the element, the nearest first.
    pub(super) fn after(&self) -> &[Segment] {
        &self.after
    }
}

/// Does not show texts from the screen.
impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchor")
            .field("path", &self.path)
            .field("segments", &self.segments.len())
            .field("before", &self.before.len())
            .field("after", &self.after.len())
            .field("outline", &self.outline.nodes.len())
            .field("unknown", &Hidden(self.unknown.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_its_name_an_element_is_described_as_if_it_had_none() {
        let described = |name: &str| {
            let mut elements = Elements::new();
            elements.add(Element::new("login/user").role("text field").name("User"));
            elements.add(Element::new("login/pin").role("text field").name(name));
            Anchor::take(&elements, "login/pin").unwrap()
        };
        assert_ne!(described("Secret word"), described(""));
        assert_eq!(described("Secret word").without_name(), described(""));
    }
}
