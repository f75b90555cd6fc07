//! Where an element stands in the user interface: taken when the state is captured, so that it can be found again.
//!
//! An application describes its interface as a [`UiTree`], or fills [`Elements`], which is one. [`Anchor`] is what is
//! kept of it for one element; [`Resolver`](crate::marker::resolve::Resolver) finds that element again.

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
pub use position::{Content, Found, Position, TextMatch};
pub(crate) use tree::WINDOW;
pub use tree::{Key, KeyOrigin, Probe, UiTree};

use outline::MAX_OUTLINE;
pub(super) use outline::{Outline, Outlined, Writer, path_hash};
pub(super) use segment::Segment;
pub(super) use walk::{End, MAX_NODES, Walked, names, path_key, walk};
pub(super) use words::{is_telling, likeness, role_likeness, visible};

use crate::mark::MAX_PATH;
use crate::mark::{Hidden, cut};
use segment::{NEIGHBOURS, ancestry, signature};

/// The description of one element: its path from the root, its neighbours, and what else the interface had then.
///
/// Taken with [`take`](Self::take) while the element is there. Where no tree is at hand, [`from_path`](Self::from_path)
/// makes one that is found by its keys alone.
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
    /// From the root to the element; empty if no tree was seen.
    segments: Vec<Segment>,
    /// The siblings before the element, the nearest first; then those after it.
    before: Vec<Segment>,
    after: Vec<Segment>,
    /// What else was there; empty if no tree was seen.
    outline: Outline,
    /// Whole fields with tags this version does not know. They come last, tags being in ascending order.
    unknown: Vec<u8>,
}

impl Anchor {
    /// The most elements an [`Anchor`](super::Anchor) remembers of an interface, as hashes of seven to fifteen bytes each. Of
    /// a larger interface, those nearest to its own element.
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
    /// The role of a window. An element of a window that was closed is gone; it is not looked for in other windows.
    pub const ROLE_WINDOW: &str = WINDOW;

    /// An anchor that knows the path and nothing else.
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

    /// Describes the element at `path`. `None` if the tree has no such element, or several.
    pub fn take<T: UiTree>(tree: &T, path: &str) -> Option<Self> {
        let walked = walk(tree, path);
        (walked.end == End::Held).then(|| Self::of_node(tree, walked.reached))
    }

    /// Describes this element, which need not have a key.
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

    /// The path of the element. Of an element without a key of its own: the path of what it is in.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The anchor as bytes, in a format that stays readable.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::encode(self)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, by this version or a newer one. `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        stored::decode(bytes)
    }

    /// Without what the user saw on the element itself, which holds a secret.
    pub(crate) fn without_name(mut self) -> Self {
        if let Some(element) = self.segments.last_mut() {
            element.name.clear();
        }
        if let Some(outlined) = self.outline.nodes.get_mut(self.outline.target) {
            outlined.name = 0;
        }
        self
    }

    /// Whether the path leads to the element itself, and not only to what it is in: it has a key of its own, and nothing
    /// of the path was cut off.
    pub(super) fn path_is_whole(&self) -> bool {
        // A cut leaves up to three bytes unused, not to split a character.
        self.has_own_key() && self.path.len() < MAX_PATH - 3
    }

    /// Whether the last name of the path is the element's own. The root needs none.
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

    /// The siblings before the element, the nearest first.
    pub(super) fn before(&self) -> &[Segment] {
        &self.before
    }

    /// The siblings after the element, the nearest first.
    pub(super) fn after(&self) -> &[Segment] {
        &self.after
    }
}

/// What was on the screen is not shown.
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
