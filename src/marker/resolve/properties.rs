//! Properties of every resolution, for any interface.

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Match, Relation, Resolution, Resolver};
use crate::marker::anchor::testing::{Plain, any_tree};
use crate::marker::anchor::{Anchor, End, UiTree, walk};

fn resolve(anchor: &Anchor, tree: &Plain) -> Resolution<usize> {
    Resolver::new().resolve(anchor, tree)
}

/// The node an arrow would point at.
fn drawn(resolution: &Resolution<usize>) -> Option<usize> {
    match resolution.outcome() {
        Match::Exact(node) | Match::Moved(node) => Some(node),
        _ => None,
    }
}

/// An anchor of a node with a path that leads to it alone.
fn keyed(tree: &Plain, node: Index) -> Option<(Anchor, usize)> {
    let node = node.index(tree.parents.len());
    let path = if node == 0 { String::new() } else { tree.path(node)? };
    let anchor = Anchor::take(tree, &path)?;
    (walk(tree, &path).reached == node).then_some((anchor, node))
}

/// The tree without this node and all in it; the others keep their numbers.
fn without(tree: &Plain, node: usize) -> Plain {
    let mut left = tree.clone();
    left.children[tree.parents[node]].retain(|child| *child != node);
    left
}

fn is_there(tree: &Plain, node: usize) -> bool {
    std::iter::successors(Some(node), |node| tree.parent(*node))
        .all(|node| tree.parent(node).is_none_or(|parent| tree.children[parent].contains(&node)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_unchanged_is_exact(tree in any_tree(), node: Index, answers: bool) {
        let Some((anchor, node)) = keyed(&tree, node) else { return Ok(()) };
        let tree = Plain { answers: answers && tree.keys.iter().skip(1).all(|key| !key.is_empty() && !key.starts_with('~')), ..tree };
        prop_assert_eq!(resolve(&anchor, &tree).outcome(), Match::Exact(node));
        let bare = Anchor::from_path(anchor.path());
        prop_assert_eq!(resolve(&bare, &tree).outcome(), Match::Exact(node));
    }

    #[test]
    fn an_order_of_siblings_is_nothing_to_a_key(tree in any_tree(), node: Index, turns in prop::collection::vec(0_usize..5, 31)) {
        let Some((anchor, node)) = keyed(&tree, node) else { return Ok(()) };
        let mut shuffled = tree;
        for (children, turn) in shuffled.children.iter_mut().zip(turns) {
            let turn = turn % children.len().max(1);
            children.rotate_left(turn);
        }
        prop_assert_eq!(resolve(&anchor, &shuffled).outcome(), Match::Exact(node));
    }

    #[test]
    fn what_is_added_is_nothing_to_a_key(tree in any_tree(), node: Index, added in prop::collection::vec((any::<Index>(), any::<Index>()), 1..9)) {
        let Some((anchor, node)) = keyed(&tree, node) else { return Ok(()) };
        let mut grown = tree;
        for (number, (parent, place)) in added.into_iter().enumerate() {
            let parent = parent.index(grown.parents.len());
            let new = grown.push(parent, &format!("new{number}"), "button", "B");
            let place = place.index(grown.children[parent].len());
            grown.children[parent].retain(|child| *child != new);
            grown.children[parent].insert(place, new);
        }
        // Only beside it and in it: a container that is new around it is another path.
        prop_assert_eq!(resolve(&anchor, &grown).outcome(), Match::Exact(node));
    }

    #[test]
    fn another_language_is_nothing_to_a_key(tree in any_tree(), node: Index) {
        let Some((anchor, node)) = keyed(&tree, node) else { return Ok(()) };
        let mut translated = tree;
        translated.names.iter_mut().filter(|name| !name.is_empty()).for_each(|name| name.insert(0, 'Ж'));
        prop_assert_eq!(resolve(&anchor, &translated).outcome(), Match::Exact(node));
    }

    #[test]
    fn what_had_a_key_of_its_own_is_never_taken_for_another(tree in any_tree(), node: Index) {
        let Some((anchor, node)) = keyed(&tree, node) else { return Ok(()) };
        if node == 0 {
            return Ok(());
        }
        let left = without(&tree, node);
        if let Some(found) = drawn(&resolve(&anchor, &left)) {
            // Elements without an own key, and those whose path was not theirs alone, are no such.
            let path = tree.path(found);
            let had_its_own = path.is_some_and(|path| {
                tree.parents.iter().enumerate().filter(|(other, _)| tree.path(*other).as_ref() == Some(&path)).count() == 1
            });
            prop_assert!(!had_its_own, "{node} taken for {found}");
        }
    }

    #[test]
    fn a_duplicate_is_never_exact(tree in any_tree(), node: Index) {
        let Some((anchor, node)) = keyed(&tree, node) else { return Ok(()) };
        if node == 0 {
            return Ok(());
        }
        let mut doubled = tree;
        let key = doubled.keys[node].clone();
        doubled.push(doubled.parents[node], &key, "", "");
        prop_assert!(!matches!(resolve(&anchor, &doubled).outcome(), Match::Exact(_)));
    }

    #[test]
    fn twins_are_not_told_apart(roles in prop_oneof![Just(""), Just("button")], name in "[A-C]?", around in 0_usize..3) {
        let mut before = Plain::new(&[(0, "page")]);
        let node = before.push(1, "target", roles, &name);
        let anchor = Anchor::of_node(&before, node);
        let mut after = Plain::new(&[(0, "page")]);
        // Two containers, each with the same in it.
        for _ in 0..2 {
            let container = after.push(1, "", "box", "");
            after.push(container, "", roles, &name);
            (0..around).for_each(|_| _ = after.push(container, "", "line", ""));
        }
        let resolution = resolve(&anchor, &after);
        let is_region = match resolution.outcome() {
            Match::Nearest { node, relation } => node == 1 && matches!(relation, Relation::CommonAncestor { candidates: 2.. } | Relation::Ancestor { .. }),
            _ => false,
        };
        prop_assert!(is_region, "{resolution:?}");
    }

    #[test]
    fn the_answer_is_the_same_each_time_and_names_what_is_there(
        before in any_tree(), after in any_tree(), node: Index,
    ) {
        let anchor = Anchor::of_node(&before, node.index(before.parents.len()));
        let resolution = resolve(&anchor, &after);
        prop_assert_eq!(&resolve(&anchor, &after.clone()), &resolution);
        let stored = Anchor::from_bytes(&anchor.to_bytes()).unwrap();
        prop_assert_eq!(&resolve(&stored, &after), &resolution);
        prop_assert!((0.0..=1.0).contains(&resolution.score()));
        if let Match::Nearest { node, .. } = resolution.outcome() {
            prop_assert!(node != 0 && is_there(&after, node));
        }
    }

    #[test]
    fn what_was_found_is_found_again(before in any_tree(), after in any_tree(), node: Index) {
        let Some((anchor, _)) = keyed(&before, node) else { return Ok(()) };
        let Some(found) = drawn(&resolve(&anchor, &after)) else { return Ok(()) };
        let again = resolve(&Anchor::of_node(&after, found), &after);
        // One without a key can look like another; never is another taken for it.
        prop_assert!(drawn(&again).is_none_or(|again| again == found), "{found} {again:?}");
        if after.path(found).is_some_and(|path| walk(&after, &path).end == End::Held) {
            prop_assert_eq!(again.outcome(), Match::Exact(found));
        }
    }

    #[test]
    fn evidence_that_agreed_and_is_taken_away_never_raises_the_score(tree in any_tree(), node: Index, what in 0_usize..2) {
        let node = node.index(tree.parents.len());
        let mut whole = tree;
        // Without a key it is found by likeness.
        whole.keys[node] = String::new();
        let mut less = whole.clone();
        match what {
            0 => less.names[node] = String::new(),
            _ => less.roles[node] = String::new(),
        }
        let score = |tree: &Plain| {
            resolve(&Anchor::of_node(tree, node), tree).best().filter(|best| best.node == node).map(|best| best.score)
        };
        if let (Some(whole), Some(less)) = (score(&whole), score(&less)) {
            prop_assert!(less <= whole + 1e-5, "{less} > {whole}");
        }
    }

    #[test]
    fn each_element_is_looked_at_a_few_times_at_most(before in any_tree(), after in any_tree(), node: Index) {
        let anchor = Anchor::of_node(&before, node.index(before.parents.len()));
        after.visited.set(0);
        resolve(&anchor, &after);
        // Once for all of them; twice more for the walks to the window and down the path, and for nine siblings.
        prop_assert!(after.visited.get() <= 12 * after.parents.len(), "{} of {}", after.visited.get(), after.parents.len());
    }
}
