//! Follows a path through a user interface, name by name.

use super::tree::{KeyOrigin, Probe, UiTree};

/// The maximum number of elements visited in one pass. No real interface has so many; a cyclic tree stops here.
pub(in crate::marker) const MAX_NODES: usize = 1 << 17;

/// Returns the names of a path, without empty ones.
pub(in crate::marker) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty())
}

/// The result of following a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::marker) struct Walked<'p, N> {
    /// The last element found; the root if none was found.
    pub(in crate::marker) reached: N,
    /// The rest of the path after that element.
    pub(in crate::marker) rest: &'p str,
    pub(in crate::marker) end: End,
}

/// The reason why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::marker) enum End {
    /// The whole path was followed.
    Held,
    /// No element has the next name.
    Absent,
    /// Several elements have the next name.
    Ambiguous,
    /// An element with the next name exists but has not been built.
    Unrealized(u64),
}

/// Follows `path` from the root. Looks up the next name with [`UiTree::probe`]; if the container cannot answer,
/// searches its children, and descends through children that are not part of a path.
pub(in crate::marker) fn walk<'p, T: UiTree>(tree: &T, path: &'p str) -> Walked<'p, T::Node> {
    let mut reached = tree.root();
    let mut rest = path.trim_matches('/');
    loop {
        if rest.is_empty() {
            return Walked { reached, rest, end: End::Held };
        }
        match step(tree, reached, rest) {
            Ok((found, tail)) => (reached, rest) = (found, tail),
            Err(end) => return Walked { reached, rest, end },
        }
    }
}

fn step<'p, T: UiTree>(tree: &T, container: T::Node, rest: &'p str) -> Result<(T::Node, &'p str), End> {
    // A key that contains a slash counts as several names, so several names may have to be probed together.
    let ends = rest.match_indices('/').map(|(end, _)| end).chain([rest.len()]);
    for end in ends {
        let (key, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match tree.probe(container, key) {
            Probe::Realized(node) if carries_identity(tree, node) => return Ok((node, tail.trim_start_matches('/'))),
            Probe::Unrealized { index } => return Err(End::Unrealized(index)),
            Probe::Ambiguous => return Err(End::Ambiguous),
            Probe::Realized(_) | Probe::Absent => {}
            Probe::Unknown => break,
        }
    }
    let mut found = None;
    let mut open: Vec<T::Node> = tree.children(container).take(MAX_NODES).collect();
    let mut looked_at = open.len();
    while let Some(node) = open.pop() {
        match path_key(tree, node) {
            Some(key) => {
                let Some(tail) = behind(&key, rest) else { continue };
                if found.replace((node, tail)).is_some() {
                    return Err(End::Ambiguous);
                }
            }
            None if looked_at < MAX_NODES => {
                let before = open.len();
                open.extend(tree.children(node).take(MAX_NODES - looked_at));
                looked_at += open.len() - before;
            }
            None => {}
        }
    }
    found.ok_or(End::Absent)
}

/// Returns the rest of the path after the key, if the path begins with it.
fn behind<'p>(key: &str, path: &'p str) -> Option<&'p str> {
    let tail = path.strip_prefix(key)?;
    (tail.is_empty() || tail.starts_with('/')).then(|| tail.trim_start_matches('/'))
}

fn carries_identity<T: UiTree>(tree: &T, node: T::Node) -> bool {
    tree.key(node).is_none_or(|key| key.origin != KeyOrigin::Generated)
}

/// Returns the key, if it is part of the path.
pub(in crate::marker) fn path_key<T: UiTree>(tree: &T, node: T::Node) -> Option<String> {
    let key = tree.key(node).filter(|key| key.origin != KeyOrigin::Generated)?;
    Some(key.text.trim_matches('/').to_owned()).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::anchor::{Element, Elements};

    /// Returns the end of a walk and the remaining path.
    fn end<T: UiTree>(tree: &T, path: &str) -> (End, String) {
        let walked = walk(tree, path);
        (walked.end, walked.rest.to_owned())
    }

    #[test]
    fn a_path_leads_through_what_adds_nothing_to_it() {
        let tree = Plain::new(&[(0, "page"), (1, ""), (2, "amount"), (1, "~9"), (4, "date"), (2, "both"), (4, "both")]);
        assert_eq!(walk(&tree, "page/amount"), Walked { reached: 3, rest: "", end: End::Held });
        assert_eq!(walk(&tree, "/page//date/").reached, 5);
        assert_eq!(end(&tree, "page/both"), (End::Ambiguous, "both".into()));
        assert_eq!(end(&tree, "page/~9"), (End::Absent, "~9".into()));
        assert_eq!(end(&tree, "page/amoun"), (End::Absent, "amoun".into()));
        assert_eq!(end(&tree, "page/amount/x/y"), (End::Absent, "x/y".into()));
    }

    #[test]
    fn a_key_with_a_slash_is_several_names() {
        let tree = Plain::new(&[(0, "invoice/42"), (1, "amount"), (0, "invoice/43")]);
        assert_eq!(walk(&tree, "invoice/42/amount").reached, 2);
        assert_eq!(walk(&tree, "invoice/43").reached, 3);
        assert_eq!(end(&tree, "invoice/4"), (End::Absent, "invoice/4".into()));
    }

    #[test]
    fn a_made_up_key_is_not_walked_to_even_if_the_tree_finds_it() {
        let mut elements = Elements::new();
        elements.add(Element::new("list/label_7").origin(KeyOrigin::Generated));
        assert_eq!(end(&elements, "list/label_7"), (End::Absent, "label_7".into()));
    }

    #[test]
    fn what_answers_to_probing_is_not_searched() {
        let mut tree = Plain::new(&[(0, "list"), (1, "7"), (2, "amount")]);
        tree.answers = true;
        assert_eq!(walk(&tree, "list/7/amount").reached, 3);
        assert_eq!((tree.probed.get(), tree.visited.get()), (3, 0));
        tree.unbuilt = Some((1, "12345".into(), 12_345));
        assert_eq!(end(&tree, "list/12345/amount"), (End::Unrealized(12_345), "12345/amount".into()));
    }

    #[test]
    fn a_tree_that_loops_ends() {
        let mut tree = Plain::new(&[(0, ""), (1, "")]);
        tree.children[2].push(1);
        assert_eq!(end(&tree, "a"), (End::Absent, "a".into()));
    }
}
