//! The tree as the interface in which an element is captured and located.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::fmt;

use leftoff::Mark;
use leftoff::marker::anchor::{Element, Elements, Key, KeyOrigin, Probe, UiTree};
use leftoff::marker::place;

use super::accesskit::{Affine, Node, NodeId, Rect, Role};
use super::name::{self, Names};
use super::tree::Tree;
use crate::words;

/// The elements of a [`Tree`] at one moment, in reading order: without hidden nodes, the contents of fields, labels without
/// text, and containers for the layout that have one element in them.
///
/// It is a [`UiTree`], so it can be passed to [`Capture::anchor`](leftoff::Capture::anchor) and
/// [`Marker::resolve`](leftoff::Marker::resolve).
pub struct View<'t> {
    /// Never empty: the first one is the root, which may have no node.
    items: Vec<Item<'t>>,
    names: Names<'t>,
    addresses: OnceCell<Vec<Address>>,
}

struct Item<'t> {
    id: NodeId,
    node: Option<&'t Node>,
    parent: usize,
    /// One past the last item inside.
    end: usize,
    key: Option<(String, KeyOrigin)>,
    /// From its own coordinates to those of the root.
    transform: Affine,
    /// The visible part of the window around it.
    clip: Option<Rect>,
}

/// How an element without a key is addressed inside the nearest container with one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Address {
    container: usize,
    /// Of role and name: a path contains no text from the screen, because paths are logged.
    hash: u32,
    /// Which of the elements with this hash in this container, from one, and their number.
    nth: u32,
    of: u32,
}

/// An element of a [`View`], valid for that view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spot(usize);

const ROOT: usize = 0;
const NONE: Item<'static> =
    Item { id: NodeId(0), node: None, parent: ROOT, end: 1, key: None, transform: Affine::IDENTITY, clip: None };

impl Item<'_> {
    fn rect(&self) -> Option<Rect> {
        Some(self.transform.transform_rect_bbox(self.node?.bounds()?))
    }

    /// Returns the transform and the clip of what is inside.
    fn inside(&self) -> (Affine, Option<Rect>) {
        let own = self.rect().filter(|_| self.node.is_some_and(Node::clips_children));
        let clip = match (self.clip, own) {
            (Some(clip), Some(own)) => Some(clip.intersect(own)),
            (clip, own) => clip.or(own),
        };
        (self.transform, clip)
    }

    /// Returns whether nobody sees the node: a container for the layout, or a label without text.
    fn is_blank(&self, names: &Names<'_>) -> bool {
        let is_blank =
            |node: &Node| matches!(node.role(), Role::GenericContainer | Role::Label) && names.of(node).is_none();
        self.key.is_none() && self.node.is_some_and(is_blank)
    }
}

/// Removes labels without text, and containers for the layout that have one element in them: so a label is beside its field,
/// and one more container around a field changes nothing. Others stay, because they may be rows.
fn without_wrappers<'t>(items: Vec<Item<'t>>, names: &Names<'_>) -> Vec<Item<'t>> {
    let mut inside = vec![0_usize; items.len()];
    let mut is_kept = vec![true; items.len()];
    for (at, item) in items.iter().enumerate().skip(1).rev() {
        let count = inside.get(at).copied().unwrap_or_default();
        let keep = count > 1 || !item.is_blank(names);
        is_kept.get_mut(at).into_iter().for_each(|kept| *kept = keep);
        inside.get_mut(item.parent).into_iter().for_each(|inside| *inside += if keep { 1 } else { count });
    }
    let mut now: Vec<usize> = Vec::with_capacity(items.len());
    let mut kept = Vec::new();
    for (item, keep) in items.into_iter().zip(is_kept) {
        let parent = now.get(item.parent).copied().unwrap_or(ROOT);
        now.push(if keep { kept.len() } else { parent });
        if keep {
            kept.push(Item { parent, end: kept.len() + 1, ..item });
        }
    }
    kept
}

impl<'t> View<'t> {
    pub(super) fn new<'k>(tree: &'t Tree, mut key: impl FnMut(NodeId, &Node) -> Option<Key<'k>>) -> Self {
        let names = Names::new(tree.nodes());
        let mut items: Vec<Item<'t>> = Vec::with_capacity(tree.nodes().len());
        let mut open: Vec<(NodeId, usize)> = tree.root().map(|root| (root, ROOT)).into_iter().collect();
        let mut seen = HashSet::new();
        while let Some((id, parent)) = open.pop() {
            let Some(node) = tree.node(id) else { continue };
            if node.is_hidden() || names.is_content(id, node) || !seen.insert(id) {
                continue;
            }
            let own = key(id, node).map(|key| (key.text.into_owned(), key.origin));
            let own = own.or_else(|| Some((node.author_id()?.to_owned(), KeyOrigin::Authored)));
            let key = own.filter(|(key, _)| !key.trim_matches('/').is_empty());
            let (transform, clip) = items.get(parent).map_or((Affine::IDENTITY, None), Item::inside);
            let transform = transform * node.transform().copied().unwrap_or(Affine::IDENTITY);
            open.extend(node.children().iter().rev().map(|child| (*child, items.len())));
            items.push(Item { id, node: Some(node), parent, end: items.len() + 1, key, transform, clip });
        }
        if items.is_empty() {
            items.push(NONE);
        }
        let mut items = without_wrappers(items, &names);
        for at in (1..items.len()).rev() {
            let Some(&Item { parent, end, .. }) = items.get(at) else { continue };
            if let Some(parent) = items.get_mut(parent) {
                parent.end = parent.end.max(end);
            }
        }
        Self { items, names, addresses: OnceCell::new() }
    }

    /// Returns the element of a node; `None` if the node is no element, or not in the tree.
    pub fn find(&self, id: NodeId) -> Option<Spot> {
        self.items.iter().position(|item| item.node.is_some() && item.id == id).map(Spot)
    }

    /// Returns the id of the node.
    pub fn id(&self, spot: Spot) -> NodeId {
        self.item(spot.0).id
    }

    /// Returns all elements but the root, in reading order.
    pub fn spots(&self) -> impl Iterator<Item = Spot> + use<> {
        (1..self.items.len()).map(Spot)
    }

    /// Returns the path of an element, as in [`Mark::new`], by which [`Capture::anchor`](leftoff::Capture::anchor) finds
    /// it in this view.
    ///
    /// It consists of the keys from the root to the element. For an element without a key, a checksum of its role and
    /// name is the last part, so the path contains no text from the screen.
    pub fn path(&self, spot: Spot) -> String {
        let mut at = spot.0;
        let mut parts = Vec::new();
        if at != ROOT && self.item(at).key.is_none() {
            let address = self.address(at);
            at = address.container;
            parts.push(address.to_string());
        }
        while at != ROOT {
            let Item { parent, key, .. } = self.item(at);
            parts.extend(key.as_ref().map(|(key, _)| key.trim_matches('/').to_owned()));
            at = *parent;
        }
        parts.reverse();
        parts.join("/")
    }

    /// Calls `with` with a mark of the element: its path, its name as the label, and the names around it as the
    /// breadcrumb. The mark of a password field is sensitive.
    pub fn mark<R>(&self, spot: Spot, with: impl FnOnce(Mark<'_>) -> R) -> R {
        let (path, label) = (self.path(spot), self.name_at(spot.0).unwrap_or_default());
        let mut captions = Vec::new();
        let mut at = spot.0;
        while at != ROOT {
            at = self.item(at).parent;
            captions.extend(self.name_at(at));
        }
        captions.reverse();
        let captions: Vec<&str> = captions.iter().map(String::as_str).collect();
        let mark = Mark::new(&path).label(&label).breadcrumb(&captions);
        let is_private = self.item(spot.0).node.is_some_and(|node| node.role() == Role::PasswordInput);
        with(if is_private { mark.sensitive() } else { mark })
    }

    /// Calls `with` for each element that has a key or a name, in reading order, with what a
    /// [`Resume`](leftoff::resume::Resume) needs: add the element with the rectangles of [`area`](Self::area).
    pub fn each(&self, mut with: impl FnMut(Spot, Element<'_>)) {
        for spot in self.spots() {
            let (key, name) = (&self.item(spot.0).key, self.name_at(spot.0));
            if key.is_none() && name.is_none() {
                continue;
            }
            let (path, role) = (self.path(spot), self.role(spot));
            let origin = key.as_ref().map_or(KeyOrigin::Authored, |(_, origin)| *origin);
            let name = name.unwrap_or_default();
            with(spot, Element::new(&path).role(&role).name(&name).origin(origin));
        }
    }

    /// Returns [`each`](Self::each) element as a list.
    ///
    /// Prefer the view itself where a [`UiTree`] is taken. In the list, the checksum of an element without a key counts as
    /// its key: such an element is not found again once its name has changed.
    pub fn elements(&self) -> Elements {
        let mut elements = Elements::new();
        self.each(|_, element| _ = elements.add(element));
        elements
    }

    /// Returns the rectangle of an element and the visible part of the window around it, in the coordinates of the root.
    /// `None` if the toolkit gives no bounds.
    pub fn area(&self, spot: Spot) -> Option<(place::Rect, place::Rect)> {
        let item = self.item(spot.0);
        let rect = item.rect()?;
        let window = self.item(ROOT).rect().unwrap_or(rect);
        let clip = item.clip.map_or(window, |clip| clip.intersect(window));
        #[expect(clippy::cast_possible_truncation, reason = "positions on a screen")]
        let of = |rect: Rect| {
            let [x, y, width, height] = [rect.x0, rect.y0, rect.width(), rect.height()].map(|length| length as f32);
            place::Rect::new(x, y, width, height)
        };
        Some((of(rect), of(clip)))
    }

    fn item(&self, at: usize) -> &Item<'t> {
        self.items.get(at).unwrap_or(const { &NONE })
    }

    fn name_at(&self, at: usize) -> Option<String> {
        let node = self.item(at).node?;
        self.names.of(node).or_else(|| if name::is_field(node.role()) { self.caption(at) } else { None })
    }

    /// Returns the text of the label directly before a field without a name, as forms have it.
    fn caption(&self, at: usize) -> Option<String> {
        let before = self.item(at.checked_sub(1)?);
        let label = before.node.filter(|node| node.role() == Role::Label && before.parent == self.item(at).parent)?;
        self.names.of(label)
    }

    fn address(&self, at: usize) -> Address {
        let addresses = self.addresses.get_or_init(|| self.all_addresses());
        addresses.get(at).copied().unwrap_or(Address { container: ROOT, hash: 0, nth: 0, of: 0 })
    }

    fn all_addresses(&self) -> Vec<Address> {
        let mut counts = HashMap::<(usize, u32), u32>::new();
        let mut addresses: Vec<Address> = Vec::with_capacity(self.items.len());
        for (at, item) in self.items.iter().enumerate() {
            let has_key = item.parent == ROOT || self.item(item.parent).key.is_some();
            let above = addresses.get(item.parent).map_or(ROOT, |above| above.container);
            let container = if has_key { item.parent } else { above };
            let hash = words::hash([&self.role(Spot(at)), &self.name_at(at).unwrap_or_default()]);
            let mut nth = 0;
            if item.key.is_none() {
                let count = counts.entry((container, hash)).or_default();
                *count += 1;
                nth = *count;
            }
            addresses.push(Address { container, hash, nth, of: 0 });
        }
        for address in &mut addresses {
            address.of = counts.get(&(address.container, address.hash)).copied().unwrap_or_default();
        }
        addresses
    }
}

/// The sign of a part of a path that is no key.
const SIGN: char = '~';

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SIGN}{:08x}", self.hash)?;
        // With their number: if one more of them is there, nobody knows which one was meant.
        if self.of > 1 { write!(f, ".{}of{}", self.nth, self.of) } else { Ok(()) }
    }
}

impl UiTree for View<'_> {
    type Node = Spot;

    fn root(&self) -> Spot {
        Spot(ROOT)
    }

    fn parent(&self, node: Spot) -> Option<Spot> {
        (node.0 != ROOT).then(|| Spot(self.item(node.0).parent))
    }

    fn children(&self, node: Spot) -> impl Iterator<Item = Spot> {
        let end = self.item(node.0).end;
        let within = move |at: &usize| *at < end;
        let first = Some(node.0 + 1).filter(within);
        std::iter::successors(first, move |at| Some(self.item(*at).end).filter(within)).map(Spot)
    }

    fn key(&self, node: Spot) -> Option<Key<'_>> {
        let (text, origin) = self.item(node.0).key.as_ref()?;
        Some(Key { text: Cow::Borrowed(text), origin: *origin })
    }

    fn role(&self, node: Spot) -> Cow<'_, str> {
        let role = self.item(node.0).node.map(Node::role);
        Cow::Owned(role.map_or_else(String::new, |role| words::role(&format!("{role:?}"))))
    }

    fn name(&self, node: Spot) -> Option<Cow<'_, str>> {
        self.name_at(node.0).map(Cow::Owned)
    }

    /// Knows the elements without a key by their place in [`path`](View::path).
    fn probe(&self, container: Spot, key: &str) -> Probe<Spot> {
        if !key.starts_with(SIGN) {
            return Probe::Unknown;
        }
        let is_meant = |at: &usize| {
            let address = self.address(*at);
            self.item(*at).key.is_none() && address.container == container.0 && address.to_string() == key
        };
        let inside = container.0 + 1..self.item(container.0).end;
        inside.into_iter().find(is_meant).map_or(Probe::Unknown, |at| Probe::Realized(Spot(at)))
    }
}

/// Does not show texts from the screen.
impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("elements", &self.items.len()).finish_non_exhaustive()
    }
}
