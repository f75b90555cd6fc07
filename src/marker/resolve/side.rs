//! One of the two interfaces that are compared: the captured or the current one.

use super::super::anchor::{Outline, Outlined, UiTree, Writer, path_hash};
use super::view::View;

/// Elements in reading order, identified by their index.
pub(super) struct Side {
    pub(super) items: Vec<Item>,
    pub(super) roles: Vec<String>,
    children: Vec<Vec<usize>>,
}

/// One element.
#[derive(Clone, Copy, Default)]
pub(super) struct Item {
    pub(super) is: Outlined,
    /// The index of the first element after this one that is not inside it.
    pub(super) end: usize,
    pub(super) depth: usize,
    /// Its index among its siblings.
    pub(super) index: usize,
    /// Its number of children.
    pub(super) children: usize,
    /// The sibling before it.
    pub(super) previous: Option<usize>,
    /// The hash of the path of keys.
    pub(super) path: u64,
    /// The hash of the label beside it, if it is a field without a name.
    pub(super) label: u32,
}

impl Side {
    pub(super) fn of_capture(outline: &Outline) -> Self {
        Self::new(outline.nodes.iter().copied(), outline.roles.clone())
    }

    pub(super) fn of_now<T: UiTree>(tree: &T, view: &View<T::Node>) -> Self {
        let (mut writer, mut roles) = (Writer::default(), Vec::new());
        let outlined: Vec<Outlined> = view
            .nodes
            .iter()
            .map(|seen| Outlined { parent: seen.parent, ..writer.outlined(tree, seen.node, &mut roles) })
            .collect();
        Self::new(outlined.into_iter(), roles)
    }

    fn new(outlined: impl Iterator<Item = Outlined>, roles: Vec<String>) -> Self {
        let mut items: Vec<Item> = Vec::new();
        let mut children: Vec<Vec<usize>> = Vec::new();
        for (place, is) in outlined.enumerate() {
            let mut item = Item { is, end: place + 1, ..Item::default() };
            if let (true, Some(parent)) = (place > 0, items.get_mut(is.parent)) {
                item.depth = parent.depth + 1;
                item.index = parent.children;
                item.path = if is.key == 0 { parent.path } else { path_hash(parent.path, is.key) };
                parent.children += 1;
                if let Some(siblings) = children.get_mut(is.parent) {
                    item.previous = siblings.last().copied();
                    siblings.push(place);
                }
            }
            items.push(item);
            children.push(Vec::new());
        }
        for place in (1..items.len()).rev() {
            let Some((end, parent)) = items.get(place).map(|item| (item.end, item.is.parent)) else { break };
            if let Some(parent) = items.get_mut(parent) {
                parent.end = parent.end.max(end);
            }
        }
        let mut side = Self { items, roles, children };
        let labels: Vec<u32> = (0..side.len()).map(|place| side.label(place)).collect();
        side.items.iter_mut().zip(labels).for_each(|(item, label)| item.label = label);
        side
    }

    /// Returns the hash of the label of a field: of the name of the element before it, if the field has no name, and
    /// neither has contents. Of two such fields behind one label, neither has it: if one is removed, the other is behind it.
    fn label(&self, place: usize) -> u32 {
        let item = self.item(place);
        let label = item.previous.map(|label| self.item(label)).unwrap_or_default();
        let next = self.next(place).map(|next| self.item(next));
        let is_field = |item: Item| item.is.name == 0 && item.children == 0;
        let is_label = label.children == 0 && label.is.role != item.is.role;
        let has_rival = next.is_some_and(|next| is_field(next) && next.is.role == item.is.role);
        if is_label && is_field(item) && !has_rival { label.is.name } else { 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn item(&self, place: usize) -> Item {
        self.items.get(place).copied().unwrap_or_default()
    }

    pub(super) fn parent(&self, place: usize) -> Option<usize> {
        (place > 0).then(|| self.item(place).is.parent)
    }

    pub(super) fn next(&self, place: usize) -> Option<usize> {
        let parent = self.parent(place)?;
        Some(self.item(place).end).filter(|next| *next < self.item(parent).end)
    }

    pub(super) fn children(&self, place: usize) -> &[usize] {
        self.children.get(place).map_or(&[], Vec::as_slice)
    }

    /// Returns whether the element at `place` is the one at `container` or inside it.
    pub(super) fn is_in(&self, place: usize, container: usize) -> bool {
        (container..self.item(container).end).contains(&place)
    }
}

/// Returns the pairs of elements of the same kind, of those kinds of which each interface has one. Zero is no kind.
pub(super) fn unique_pairs(
    old: impl IntoIterator<Item = u64>,
    new: impl IntoIterator<Item = u64>,
) -> Vec<(usize, usize)> {
    let numbered = |side: bool, place: usize, kind: u64| (kind, side, place);
    let old = old.into_iter().enumerate().map(|(place, kind)| numbered(false, place, kind));
    let new = new.into_iter().enumerate().map(|(place, kind)| numbered(true, place, kind));
    let mut kinds: Vec<(u64, bool, usize)> = old.chain(new).filter(|(kind, ..)| *kind != 0).collect();
    kinds.sort_unstable();
    let groups = kinds.chunk_by(|one, other| one.0 == other.0);
    groups
        .filter_map(|group| match group {
            [(_, false, old), (_, true, new)] => Some((*old, *new)),
            _ => None,
        })
        .collect()
}
