//! The outline of the interface at capture: enough to recognise elements, too little to read them.

use super::tree::{KeyOrigin, UiTree};
use super::walk::names;
use super::words::{fold_into, hash, is_telling, visible};
use crate::mark::cut;

pub(in crate::marker) const MAX_OUTLINE: usize = 512;
/// The maximum number of different roles; further roles are left out.
pub(super) const MAX_ROLES: usize = 255;
/// The maximum length of a role, in bytes.
pub(super) const MAX_ROLE: usize = 64;

/// The elements of an interface in reading order, as hashes.
#[derive(Clone, PartialEq, Eq, Default)]
pub(in crate::marker) struct Outline {
    pub(in crate::marker) roles: Vec<String>,
    /// The first node contains all others.
    pub(in crate::marker) nodes: Vec<Outlined>,
    /// The index of the anchored element.
    pub(in crate::marker) target: usize,
}

/// One element. In all fields except `parent`, zero means none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(in crate::marker) struct Outlined {
    /// The index of its container; for the first node, its own index.
    pub(in crate::marker) parent: usize,
    /// The index of its role in the list of roles, counted from one.
    pub(in crate::marker) role: u8,
    /// The hash of its key, if the key is part of the path.
    pub(in crate::marker) key: u32,
    /// The hash of the key, independent of its spelling.
    pub(in crate::marker) folded: u32,
    /// The hash of its name, independent of its spelling, if the name is meaningful.
    pub(in crate::marker) name: u32,
}

/// An element whose index is not yet assigned.
struct Spot<N> {
    node: N,
    parent: Option<usize>,
    /// The known children, in reading order.
    children: Vec<usize>,
}

impl Outline {
    pub(super) fn of<T: UiTree>(tree: &T, node: T::Node) -> Self {
        let spots = nearest(tree, node);
        let mut outline = Self::default();
        let mut writer = Writer::default();
        let Some(top) = spots.iter().position(|spot| spot.parent.is_none()) else { return outline };
        let mut open = vec![(top, 0)];
        while let Some((spot, parent)) = open.pop() {
            let place = outline.nodes.len();
            let Some(found) = spots.get(spot) else { continue };
            if spot == 0 {
                outline.target = place;
            }
            let outlined = writer.outlined(tree, found.node, &mut outline.roles);
            outline.nodes.push(Outlined { parent, ..outlined });
            open.extend(found.children.iter().rev().map(|child| (*child, place)));
        }
        outline
    }

    /// Returns whether the outline contains an element with this path.
    pub(in crate::marker) fn knew(&self, path: &str) -> bool {
        self.count(path) > 0
    }

    /// Returns the number of elements with this key.
    pub(in crate::marker) fn having(&self, key: u32) -> usize {
        self.nodes.iter().filter(|node| node.key == key).count()
    }

    /// Returns the hashes of the names of an element and of all in it.
    pub(in crate::marker) fn texts(&self, place: usize) -> Vec<u32> {
        let rest = self.nodes.iter().enumerate().skip(place);
        let inside = rest.take_while(|(other, node)| *other == place || node.parent >= place);
        inside.map(|(_, node)| node.name).filter(|name| *name != 0).collect()
    }

    /// Returns the number of elements with this path in the outline; more than one is an error in the application.
    pub(in crate::marker) fn count(&self, path: &str) -> usize {
        let path = names(path).fold(0, |container, name| path_hash(container, hash(name)));
        let mut paths = Vec::with_capacity(self.nodes.len());
        let has_path = |node: &&Outlined| {
            let container = paths.get(node.parent).copied().unwrap_or_default();
            let own = if node.key == 0 { container } else { path_hash(container, node.key) };
            paths.push(own);
            node.key != 0 && own == path
        };
        self.nodes.iter().filter(has_path).count()
    }
}

/// Returns the hash of a path from the hash of the container, zero for the root, and the hash of the key.
pub(in crate::marker) fn path_hash(container: u64, key: u32) -> u64 {
    // Multiplication by a large odd number spreads the key over the upper bits.
    (container.rotate_left(5) ^ u64::from(key)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Returns the elements nearest to `node`, itself first, each with its containers.
fn nearest<T: UiTree>(tree: &T, node: T::Node) -> Vec<Spot<T::Node>> {
    let mut spots = vec![Spot { node, parent: None, children: Vec::new() }];
    while let Some(above) =
        spots.last().and_then(|spot| tree.parent(spot.node)).filter(|_| spots.len() < MAX_OUTLINE / 4)
    {
        let below = spots.len() - 1;
        if let Some(spot) = spots.last_mut() {
            spot.parent = Some(below + 1);
        }
        spots.push(Spot { node: above, parent: None, children: vec![below] });
    }
    // Visits containers by distance: alternately those around the element and those in it and beside it.
    let chain = spots.len();
    let mut rings: Vec<Vec<usize>> = (0..chain).map(|spot| vec![spot]).collect();
    let mut distance = 0;
    while let Some(ring) = rings.get_mut(distance).map(std::mem::take) {
        for spot in ring {
            let added = open(tree, &mut spots, spot);
            if added.is_empty() {
                continue;
            }
            if rings.len() == distance + 1 {
                rings.push(Vec::new());
            }
            if let Some(next) = rings.get_mut(distance + 1) {
                next.extend(added);
            }
        }
        distance += 1;
    }
    spots
}

/// Adds the children of a spot; returns the new spots.
fn open<T: UiTree>(tree: &T, spots: &mut Vec<Spot<T::Node>>, spot: usize) -> std::ops::Range<usize> {
    let first_new = spots.len();
    let Some(container) = spots.get(spot).map(|spot| spot.node) else { return first_new..first_new };
    let known = spots.get(spot).and_then(|spot| spot.children.first().copied());
    let known_node = known.and_then(|known| spots.get(known)).map(|known| known.node);
    let mut nodes: Vec<T::Node> = tree.children(container).collect();
    let room = MAX_OUTLINE - first_new;
    if nodes.len() > room {
        // A long list: take the elements around the known one, and leave room for the surroundings of the list.
        let middle = nodes.iter().position(|node| Some(*node) == known_node).unwrap_or_default();
        let kept = room / 2;
        let start = middle.saturating_sub(kept / 2).min(nodes.len() - kept);
        nodes = nodes.get(start..start + kept).unwrap_or_default().to_vec();
        if !nodes.iter().any(|node| Some(*node) == known_node) {
            nodes.extend(known_node);
        }
    }
    // The nearest to the known one first: of a long list, there is room for the contents of few.
    let middle = nodes.iter().position(|node| Some(*node) == known_node).unwrap_or_default();
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|index| index.abs_diff(middle));
    let mut children = vec![0; nodes.len()];
    for index in order {
        let (Some(node), Some(child)) = (nodes.get(index).copied(), children.get_mut(index)) else { continue };
        *child = match known.filter(|_| Some(node) == known_node) {
            Some(known) => known,
            None => {
                spots.push(Spot { node, parent: Some(spot), children: Vec::new() });
                spots.len() - 1
            }
        };
    }
    if let Some(spot) = spots.get_mut(spot) {
        spot.children = children;
    }
    first_new..spots.len()
}

/// Hashes texts, with a reusable buffer.
#[derive(Default)]
pub(in crate::marker) struct Writer {
    folded: String,
}

impl Writer {
    /// Returns the outline of an element. Adds its role to `roles` if it is new.
    pub(in crate::marker) fn outlined<T: UiTree>(
        &mut self,
        tree: &T,
        node: T::Node,
        roles: &mut Vec<String>,
    ) -> Outlined {
        let key = tree.key(node).filter(|key| key.origin != KeyOrigin::Generated);
        let key = key.as_ref().map_or("", |key| key.text.trim_matches('/'));
        let name = tree.name(node);
        let name = visible(name.as_deref().unwrap_or_default());
        let name = if is_telling(&name) { name.as_ref() } else { "" };
        Outlined {
            parent: 0,
            role: role_number(cut(&tree.role(node), MAX_ROLE), roles),
            key: hash(key),
            folded: self.folded_hash(key),
            name: self.folded_hash(name),
        }
    }

    fn folded_hash(&mut self, text: &str) -> u32 {
        fold_into(text, &mut self.folded);
        hash(&self.folded)
    }
}

fn role_number(role: &str, roles: &mut Vec<String>) -> u8 {
    if role.is_empty() {
        return 0;
    }
    let place = roles.iter().position(|known| known == role).unwrap_or_else(|| {
        if roles.len() < MAX_ROLES {
            roles.push(role.to_owned());
        }
        roles.len() - 1
    });
    if roles.get(place).is_some_and(|known| known == role) { u8::try_from(place + 1).unwrap_or_default() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::anchor::{Anchor, Elements};

    #[test]
    fn an_outline_knows_paths_roles_and_names_whatever_their_spelling() {
        let mut tree = Plain::new(&[(0, "page"), (1, ""), (2, "ok-button"), (1, "~1"), (1, "twice"), (1, "twice")]);
        (tree.roles[3], tree.names[3]) = ("button".into(), "<b>Save</b> as".into());
        (tree.roles[5], tree.names[5]) = ("button".into(), "...".into());
        let outline = Outline::of(&tree, 3);
        assert_eq!((outline.nodes.len(), outline.target), (7, 3));
        assert_eq!(
            (outline.count("page/ok-button"), outline.count("page/twice"), outline.knew("page/~1")),
            (1, 2, false)
        );
        let target = outline.nodes[3];
        assert_eq!((target.name, target.folded), (hash("saveas"), hash("okbutton")));
        assert_eq!((outline.roles.len(), target.role, outline.nodes[5].role), (1, 1, 1));
        assert_eq!((outline.nodes[4].key, outline.nodes[5].name), (0, 0));
    }

    #[test]
    fn of_a_large_interface_the_nearest_is_kept() {
        let mut elements = Elements::new();
        for group in 0..50 {
            (0..200).for_each(|row| _ = elements.add(format!("page/list{group}/row{row}").as_str()));
        }
        let anchor = Anchor::take(&elements, "page/list30/row150").unwrap();
        let outline = anchor.outline();
        assert!(outline.nodes.len() <= MAX_OUTLINE && outline.nodes.len() > MAX_OUTLINE / 2);
        let known = ["page", "page/list30", "page/list30/row150", "page/list30/row149", "page/list29", "page/list31"];
        assert!(known.iter().all(|path| outline.knew(path)));
        assert!(outline.nodes.iter().enumerate().skip(1).all(|(place, node)| node.parent < place));
        let mut list = Elements::new();
        (0..5_000).for_each(|row| _ = list.add(format!("list/row{row}").as_str()));
        let outline = Anchor::take(&list, "list/row4000").unwrap();
        assert!(
            ["list", "list/row4000", "list/row3990", "list/row4010"].iter().all(|path| outline.outline().knew(path))
        );
    }

    #[test]
    fn of_a_long_list_the_contents_of_the_nearest_rows_are_kept() {
        let mut tree = Plain::new(&[(0, "list")]);
        let rows: Vec<usize> = (0..200).map(|row| tree.push(1, &format!("row{row}"), "row", "")).collect();
        for row in &rows {
            (0..4).for_each(|cell| _ = tree.push(*row, &format!("cell{cell}"), "text", ""));
        }
        let outline = Outline::of(&tree, rows[150]);
        assert!(outline.nodes.len() <= MAX_OUTLINE);
        assert!((120..180).all(|row| outline.knew(&format!("list/row{row}/cell3"))));
        assert!(!outline.knew("list/row0/cell0"));
        let rows_in_order = outline.nodes.iter().filter(|node| node.parent == 1).map(|node| node.key);
        assert!(rows_in_order.skip(1).eq((0..200).map(|row| hash(&format!("row{row}"))).skip(1)));
    }
}
