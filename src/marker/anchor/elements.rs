//! The simplest user interface: a list of its elements, each with its path.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use twox_hash::XxHash3_64;

use super::tree::{Key, KeyOrigin, Probe, UiTree};
use super::walk::names;
use crate::mark::Hidden;

/// One element of [`Elements`].
///
/// ```
/// use leftoff::marker::anchor::{Element, Elements, KeyOrigin};
///
/// let mut elements = Elements::new();
/// elements.add(Element::new("invoices/42").role("row").origin(KeyOrigin::Data));
/// elements.add(Element::new("invoices/42/amount").role("text field").name("Amount"));
/// elements.add("send");
/// ```
#[derive(Clone, Copy)]
pub struct Element<'a> {
    path: &'a str,
    role: &'a str,
    name: &'a str,
    origin: KeyOrigin,
}

impl<'a> Element<'a> {
    /// Creates an element with this path, as in [`Mark::new`](crate::Mark::new). The empty path is the root.
    pub const fn new(path: &'a str) -> Self {
        Self { path, role: "", name: "", origin: KeyOrigin::Authored }
    }

    /// Sets the role; see [`UiTree::role`].
    #[must_use]
    pub const fn role(mut self, role: &'a str) -> Self {
        self.role = role;
        self
    }

    /// Sets the name; see [`UiTree::name`].
    #[must_use]
    pub const fn name(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// Sets the origin of the last name of the path. Default: [`KeyOrigin::Authored`].
    #[must_use]
    pub const fn origin(mut self, origin: KeyOrigin) -> Self {
        self.origin = origin;
        self
    }
}

impl<'a> From<&'a str> for Element<'a> {
    fn from(path: &'a str) -> Self {
        Self::new(path)
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Element")
            .field("path", &self.path)
            .field("role", &self.role)
            .field("name", &Hidden(self.name.len()))
            .field("origin", &self.origin)
            .finish()
    }
}

/// A user interface as a list of paths, in reading order. The paths imply the containers.
///
/// An immediate-mode application fills it while drawing. It is a [`UiTree`], so anchors are taken from it and resolved
/// in it; a key lookup does not visit its siblings.
///
/// ```
/// use leftoff::marker::anchor::{Anchor, Element, Elements, UiTree};
/// use leftoff::marker::resolve::{Match, Resolver};
///
/// let mut elements = Elements::new();
/// elements.add(Element::new("invoice/42/amount").role("text field").name("Amount"));
/// elements.add(Element::new("invoice/42/date").role("text field").name("Date"));
/// assert_eq!(elements.path(elements.find("invoice/42").unwrap()), "invoice/42");
/// let anchor = Anchor::take(&elements, "invoice/42/amount").unwrap();
///
/// // The next frame, or the next release.
/// elements.clear();
/// elements.add(Element::new("invoice/42/date").role("text field").name("Date"));
/// let amount = elements.add(Element::new("invoice/42/amount").role("text field").name("Amount"));
/// assert_eq!(Resolver::new().resolve(&anchor, &elements).outcome(), Match::Exact(amount));
/// ```
#[derive(Clone)]
pub struct Elements {
    /// Never empty: the first node is the root.
    nodes: Vec<Node>,
    /// Paths, roles and names, concatenated: a frame allocates nothing after this buffer has grown.
    texts: String,
    /// The first element with each hash of parent and key; others follow through [`Node::same_hash`]. Never iterated.
    index: HashMap<u64, u32>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    path: Range<usize>,
    /// The offset of the last name of the path.
    key_at: usize,
    role: Range<usize>,
    name: Range<usize>,
    origin: KeyOrigin,
    /// The element was added explicitly; it is not only implied by the path of another.
    added: bool,
    parent: Option<u32>,
    first_child: Option<u32>,
    last_child: Option<u32>,
    next: Option<u32>,
    /// The next element with the same hash of parent and key: a duplicate or a collision.
    same_hash: Option<u32>,
}

/// The id of an element of [`Elements`], valid until they are cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ElementId(u32);

const ROOT: u32 = 0;

impl Default for Elements {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], texts: String::new(), index: HashMap::new() }
    }
}

impl Elements {
    /// Creates an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an element. A path that exists already is a duplicate key: none of its elements is ever located with
    /// certainty.
    ///
    /// A container that was implied by a path may be added later; it keeps its position.
    pub fn add<'a>(&mut self, element: impl Into<Element<'a>>) -> ElementId {
        let element = element.into();
        let path_at = self.texts.len();
        let mut parent = ROOT;
        let mut rest = names(element.path).peekable();
        let mut node = ROOT;
        while let Some(name) = rest.next() {
            let is_last = rest.peek().is_none();
            if path_at < self.texts.len() {
                self.texts.push('/');
            }
            let key_at = self.texts.len();
            self.texts.push_str(name);
            let there = self.child(parent, name).filter(|there| !(is_last && self.node(*there).added));
            node = match there {
                Some(there) => there,
                None => self.append(parent, path_at..self.texts.len(), key_at),
            };
            parent = node;
        }
        let (role, name) = (self.keep(element.role), self.keep(element.name));
        if let Some(node) = self.nodes.get_mut(node as usize) {
            (node.role, node.name, node.origin, node.added) = (role, name, element.origin, true);
        }
        ElementId(node)
    }

    /// Removes all elements; the memory is kept for the next frame.
    pub fn clear(&mut self) {
        self.nodes.truncate(1);
        self.nodes.iter_mut().for_each(|root| *root = Node::default());
        self.texts.clear();
        self.index.clear();
    }

    /// Returns the path of the element.
    pub fn path(&self, element: ElementId) -> &str {
        self.text(&self.node(element.0).path)
    }

    /// Finds the element at this path, containers included. Returns the first of duplicates. The empty path is the
    /// root.
    pub fn find(&self, path: &str) -> Option<ElementId> {
        names(path).try_fold(ROOT, |container, name| self.child(container, name)).map(ElementId)
    }

    fn append(&mut self, parent: u32, path: Range<usize>, key_at: usize) -> u32 {
        // `u32::MAX` nodes cannot fit in memory.
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let hash = hash(parent, self.text(&(key_at..path.end)));
        self.nodes.push(Node { path, key_at, parent: Some(parent), ..Node::default() });
        let before = self.nodes.get_mut(parent as usize).and_then(|parent| {
            parent.first_child = parent.first_child.or(Some(id));
            parent.last_child.replace(id)
        });
        if let Some(before) = before.and_then(|before| self.nodes.get_mut(before as usize)) {
            before.next = Some(id);
        }
        // Append to the chain of the same hash, so that the element added first is found first.
        let mut same = *self.index.entry(hash).or_insert(id);
        while same != id {
            let Some(other) = self.nodes.get_mut(same as usize) else { break };
            same = *other.same_hash.get_or_insert(id);
        }
        id
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let start = self.texts.len();
        self.texts.push_str(text);
        start..self.texts.len()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.texts.get(range.clone()).unwrap_or_default()
    }

    fn node(&self, id: u32) -> &Node {
        const NONE: &Node = &Node {
            path: 0..0,
            key_at: 0,
            role: 0..0,
            name: 0..0,
            origin: KeyOrigin::Authored,
            added: false,
            parent: None,
            first_child: None,
            last_child: None,
            next: None,
            same_hash: None,
        };
        self.nodes.get(id as usize).unwrap_or(NONE)
    }

    fn key_of(&self, node: &Node) -> &str {
        self.text(&(node.key_at..node.path.end))
    }

    /// Returns the children with this key, in the order in which they were added.
    fn with_key<'s>(&'s self, container: u32, key: &'s str) -> impl Iterator<Item = u32> + 's {
        let first = self.index.get(&hash(container, key)).copied();
        std::iter::successors(first, |id| self.node(*id).same_hash).filter(move |id| {
            let node = self.node(*id);
            node.parent == Some(container) && self.key_of(node) == key
        })
    }

    fn child(&self, container: u32, key: &str) -> Option<u32> {
        self.with_key(container, key).next()
    }
}

fn hash(parent: u32, key: &str) -> u64 {
    XxHash3_64::oneshot_with_seed(u64::from(parent), key.as_bytes())
}

impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = (1..self.nodes.len()).filter_map(|id| u32::try_from(id).ok()).map(|id| self.path(ElementId(id)));
        f.debug_list().entries(paths).finish()
    }
}

impl UiTree for Elements {
    type Node = ElementId;

    fn root(&self) -> ElementId {
        ElementId(ROOT)
    }

    fn parent(&self, node: ElementId) -> Option<ElementId> {
        self.node(node.0).parent.map(ElementId)
    }

    fn children(&self, node: ElementId) -> impl Iterator<Item = ElementId> {
        std::iter::successors(self.node(node.0).first_child, |id| self.node(*id).next).map(ElementId)
    }

    fn key(&self, node: ElementId) -> Option<Key<'_>> {
        let node = self.node(node.0);
        node.parent.map(|_| Key { text: Cow::Borrowed(self.key_of(node)), origin: node.origin })
    }

    fn role(&self, node: ElementId) -> Cow<'_, str> {
        Cow::Borrowed(self.text(&self.node(node.0).role))
    }

    fn name(&self, node: ElementId) -> Option<Cow<'_, str>> {
        Some(self.text(&self.node(node.0).name)).filter(|name| !name.is_empty()).map(Cow::Borrowed)
    }

    fn probe(&self, container: ElementId, key: &str) -> Probe<ElementId> {
        let mut found = self.with_key(container.0, key);
        match (found.next(), found.next()) {
            (None, _) => Probe::Absent,
            (Some(only), None) => Probe::Realized(ElementId(only)),
            (Some(_), Some(_)) => Probe::Ambiguous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn children<'e>(elements: &'e Elements, path: &str) -> Vec<&'e str> {
        elements.children(elements.find(path).unwrap()).map(|child| elements.path(child)).collect()
    }

    #[test]
    fn containers_follow_from_paths_and_stand_where_they_were_first_named() {
        let mut elements = Elements::new();
        let amount = elements.add("invoice/42/amount");
        elements.add("send");
        let row = elements.add(Element::new("invoice/42").role("row").name("No 42").origin(KeyOrigin::Data));
        elements.add("invoice/7");
        assert_eq!(children(&elements, ""), ["invoice", "send"]);
        assert_eq!(children(&elements, "invoice"), ["invoice/42", "invoice/7"]);
        assert_eq!((elements.parent(amount), elements.find("invoice/42")), (Some(row), Some(row)));
        assert_eq!((elements.role(row), elements.name(row)), ("row".into(), Some("No 42".into())));
        assert_eq!(elements.key(row), Some(Key { text: "42".into(), origin: KeyOrigin::Data }));
        assert_eq!(elements.key(elements.root()), None);
        assert_eq!((elements.find("invoice/4"), elements.find("nothing")), (None, None));
    }

    #[test]
    fn a_path_added_twice_is_ambiguous_and_the_first_one_is_found() {
        let mut elements = Elements::new();
        let first = elements.add("a/b");
        assert_eq!(elements.probe(elements.find("a").unwrap(), "b"), Probe::Realized(first));
        let second = elements.add("a/b");
        assert_ne!(first, second);
        assert_eq!(elements.probe(elements.find("a").unwrap(), "b"), Probe::Ambiguous);
        assert_eq!(elements.find("a/b"), Some(first));
        assert_eq!(children(&elements, "a"), ["a/b", "a/b"]);
        assert_eq!(elements.probe(first, "c"), Probe::Absent);
    }

    #[test]
    fn empty_names_count_for_nothing_and_the_empty_path_is_the_root() {
        let mut elements = Elements::new();
        let root = elements.add(Element::new("").role("window"));
        let leaf = elements.add("/a//b/");
        assert_eq!((root, elements.role(root)), (elements.root(), "window".into()));
        assert_eq!((elements.path(leaf), elements.find("a/b"), elements.path(root)), ("a/b", Some(leaf), ""));
    }

    #[test]
    fn what_is_cleared_leaves_no_trace_and_keeps_its_memory() {
        let mut elements = Elements::new();
        elements.add(Element::new("").role("window"));
        elements.add(Element::new("a/b").name("B"));
        let (texts, nodes) = (elements.texts.capacity(), elements.nodes.capacity());
        elements.clear();
        assert_eq!((elements.find("a"), elements.role(elements.root())), (None, "".into()));
        assert_eq!(elements.children(elements.root()).count(), 0);
        assert_eq!((elements.texts.capacity(), elements.nodes.capacity()), (texts, nodes));
    }

    #[test]
    fn debug_shows_paths_and_no_names() {
        let element = Element::new("a/b").name("secret");
        let mut elements = Elements::new();
        elements.add(element);
        let shown = format!("{element:?} {elements:?}");
        assert!(shown.contains("a/b") && !shown.contains("secret"), "{shown}");
    }

    proptest! {
        #[test]
        fn every_path_is_found_and_every_element_is_in_its_container(
            paths in prop::collection::vec("[ab]{1,2}(/[ab]{1,2}){0,3}", 0..12),
        ) {
            let mut elements = Elements::new();
            let ids: Vec<_> = paths.iter().map(|path| elements.add(path.as_str())).collect();
            for (path, id) in paths.iter().zip(&ids) {
                prop_assert_eq!(elements.path(*id), path);
                let first = paths.iter().position(|other| other == path).unwrap();
                prop_assert_eq!(elements.find(path), Some(ids[first]));
                let parent = elements.parent(*id).unwrap();
                prop_assert_eq!(elements.path(parent), path.rsplit_once('/').map_or("", |(container, _)| container));
                prop_assert_eq!(elements.children(parent).filter(|child| child == id).count(), 1);
            }
        }
    }
}
