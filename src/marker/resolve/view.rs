//! The current user interface as a list, built in one pass.

use super::super::anchor::{KeyOrigin, MAX_NODES, UiTree};

/// All elements in reading order, each after its container.
pub(super) struct View<N> {
    pub(super) nodes: Vec<Seen<N>>,
}

/// One element of a [`View`]. Other elements are identified by their index.
pub(super) struct Seen<N> {
    pub(super) node: N,
    /// The index of the parent; for the root, its own index.
    pub(super) parent: usize,
    /// The index of the first element after this one that is not inside it.
    pub(super) end: usize,
    /// The key; empty for none.
    pub(super) key: String,
    pub(super) origin: KeyOrigin,
}

impl<N: Copy + Eq> View<N> {
    pub(super) fn new<T: UiTree<Node = N>>(tree: &T) -> Self {
        let mut nodes = Vec::new();
        let mut open = vec![(tree.root(), 0)];
        while let Some((node, parent)) = open.pop() {
            let place = nodes.len();
            let key = tree.key(node).filter(|_| place > 0);
            let origin = key.as_ref().map_or(KeyOrigin::Authored, |key| key.origin);
            let key = key.map_or_else(String::new, |key| key.text.trim_matches('/').to_owned());
            nodes.push(Seen { node, parent, end: place + 1, key, origin });
            let room = MAX_NODES.saturating_sub(nodes.len() + open.len());
            let first = open.len();
            open.extend(tree.children(node).take(room).map(|child| (child, place)));
            // The next element is taken from the end.
            if let Some(children) = open.get_mut(first..) {
                children.reverse();
            }
        }
        let mut view = Self { nodes };
        view.close();
        view
    }

    /// Returns the elements with the order of siblings reversed everywhere.
    pub(super) fn reversed(&self) -> Self {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (place, seen) in self.nodes.iter().enumerate().skip(1) {
            children.get_mut(seen.parent).into_iter().for_each(|children| children.push(place));
        }
        let mut nodes: Vec<Seen<N>> = Vec::with_capacity(self.nodes.len());
        let mut open = vec![(0, 0)];
        while let Some((old, parent)) = open.pop() {
            let (place, Some(seen)) = (nodes.len(), self.nodes.get(old)) else { continue };
            let (node, key, origin) = (seen.node, seen.key.clone(), seen.origin);
            nodes.push(Seen { node, parent, end: place + 1, key, origin });
            // The last child is taken first.
            open.extend(children.get(old).into_iter().flatten().map(|child| (*child, place)));
        }
        let mut view = Self { nodes };
        view.close();
        view
    }

    /// Sets the end of each element to the end of its last descendant.
    fn close(&mut self) {
        for place in (1..self.nodes.len()).rev() {
            let Some((end, parent)) = self.nodes.get(place).map(|seen| (seen.end, seen.parent)) else { break };
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.end = parent.end.max(end);
            }
        }
    }

    pub(super) fn place_of(&self, node: N) -> Option<usize> {
        self.nodes.iter().position(|seen| seen.node == node)
    }

    /// Returns the containers of the element, innermost first, without the root.
    pub(super) fn containers(&self, place: usize) -> impl Iterator<Item = &Seen<N>> {
        let up = |place: &usize| self.nodes.get(*place).map(|seen| seen.parent).filter(|parent| *parent > 0);
        std::iter::successors(up(&place), up).filter_map(|place| self.nodes.get(place))
    }

    /// Returns the path of the element, or of its container, if it has no key.
    pub(super) fn path(&self, place: usize) -> String {
        let own = self.nodes.get(place).into_iter();
        let mut keys: Vec<&str> = own.chain(self.containers(place)).filter_map(Seen::path_key).collect();
        keys.reverse();
        keys.join("/")
    }

    /// Returns the innermost common container.
    pub(super) fn common(&self, places: &[usize]) -> usize {
        let (first, last) = (places.iter().min(), places.iter().max());
        let (Some(first), Some(last)) = (first, last) else { return 0 };
        let mut place = self.nodes.get(*first).map_or(0, |seen| seen.parent);
        while place > 0 && self.nodes.get(place).is_some_and(|seen| seen.end <= *last) {
            place = self.nodes.get(place).map_or(0, |seen| seen.parent);
        }
        place
    }
}

impl<N> Seen<N> {
    /// Returns the key, if it is part of the path.
    pub(super) fn path_key(&self) -> Option<&str> {
        (self.origin != KeyOrigin::Generated && !self.key.is_empty()).then_some(self.key.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::anchor::testing::Plain;

    #[test]
    fn elements_come_in_the_order_in_which_they_are_read() {
        let tree = Plain::new(&[(0, "a"), (0, "b"), (1, "c"), (3, "d"), (1, "~e")]);
        let view = View::new(&tree);
        assert_eq!(view.nodes.iter().map(|seen| seen.node).collect::<Vec<_>>(), [0, 1, 3, 4, 5, 2]);
        assert_eq!(view.nodes.iter().map(|seen| seen.end).collect::<Vec<_>>(), [6, 5, 4, 4, 5, 6]);
        assert_eq!(view.nodes.iter().map(|seen| seen.parent).collect::<Vec<_>>(), [0, 0, 1, 2, 1, 0]);
        assert_eq!(view.containers(3).map(|seen| seen.node).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(view.nodes[4].path_key(), None);
        assert_eq!([view.common(&[3, 4]), view.common(&[2, 3]), view.common(&[3, 5]), view.common(&[3])], [1, 1, 0, 2]);
        assert_eq!(tree.visited.get(), 5);
    }

    #[test]
    fn a_tree_that_loops_ends() {
        let mut tree = Plain::new(&[(0, ""), (1, "")]);
        tree.children[2].push(1);
        assert_eq!(View::new(&tree).nodes.len(), MAX_NODES);
    }
}
