//! Updates that a toolkit should not send.

use std::collections::HashSet;

use leftoff::marker::anchor::{Anchor, UiTree};
use leftoff::marker::resolve::Resolver;
use proptest::prelude::*;

use super::super::update;
use super::super::version::Tree;
use super::super::version::accesskit::{Affine, Node, NodeId, Rect, Role, TreeUpdate};
use super::{arrow, node, order, tree};

#[test]
fn a_tree_without_updates_or_without_its_root_has_one_element_without_anything() {
    let mut unknown = Tree::new();
    unknown.update(update(vec![(NodeId(1), node(Role::Button, "B", &[]))], Some(NodeId(7)), NodeId(9)));
    let mut none = Tree::new();
    none.update(update(vec![(NodeId(1), node(Role::Button, "B", &[]))], None, NodeId(1)));
    for tree in [Tree::new(), unknown, none] {
        let view = tree.view();
        assert_eq!((view.spots().count(), view.children(view.root()).count()), (0, 0));
        assert_eq!((view.role(view.root()), view.name(view.root()), view.key(view.root())), ("".into(), None, None));
        assert_eq!((view.parent(view.root()), view.find(NodeId(1)), view.area(view.root())), (None, None, None));
        assert_eq!(view.path(view.root()), "");
        assert_eq!(Anchor::take(&view, "amount"), None);
        view.mark(view.root(), |mark| drop(mark));
    }
}

#[test]
fn the_root_may_come_later() {
    let mut tree = Tree::new();
    tree.update(update(vec![(NodeId(1), node(Role::Button, "B", &[]))], Some(NodeId(0)), NodeId(1)));
    tree.update(update(vec![(NodeId(0), node(Role::Window, "W", &[1]))], None, NodeId(1)));
    assert_eq!(order(&tree.view()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_node_that_is_its_own_ancestor_or_has_two_parents_is_there_once() {
    let tree = tree(vec![
        (0, node(Role::Window, "", &[1, 2, 0])),
        (1, node(Role::Pane, "", &[3, 0, 1, 99])),
        (2, node(Role::Pane, "", &[3, 1])),
        (3, node(Role::Button, "B", &[2])),
    ]);
    assert_eq!(order(&tree.view()).collect::<Vec<_>>(), [0, 1, 3, 2]);
}

#[test]
fn names_that_lead_in_circles_end() {
    let mut one = node(Role::Button, "", &[1, 2]);
    one.set_labelled_by([NodeId(1), NodeId(2), NodeId(98)]);
    let mut two = node(Role::GenericContainer, "", &[1, 2]);
    two.set_labelled_by([NodeId(1)]);
    let tree = tree(vec![(0, node(Role::Window, "", &[1])), (1, one), (2, two)]);
    let view = tree.view();
    assert_eq!(view.name(view.find(NodeId(1)).unwrap()), None);
}

const ROLES: [Role; 8] = [
    Role::Window,
    Role::GenericContainer,
    Role::TextInput,
    Role::PasswordInput,
    Role::Label,
    Role::Button,
    Role::ListItem,
    Role::TextRun,
];

fn any_node() -> impl Strategy<Value = Node> {
    let ids = || prop::collection::vec(0_u64..12, 0..5);
    let text = || prop::option::of("[a-c]{0,2}");
    (0..ROLES.len(), ids(), prop::collection::vec(0_u64..12, 0..2), text(), text(), text(), 0_u8..16, -9.0_f64..9.0)
        .prop_map(|(role, children, labels, label, value, key, flags, by)| {
            let mut node = Node::new(ROLES[role]);
            node.set_children(children.into_iter().map(NodeId).collect::<Vec<_>>());
            node.set_labelled_by(labels.into_iter().map(NodeId).collect::<Vec<_>>());
            if let Some(label) = label {
                node.set_label(label);
            }
            if let Some(value) = value {
                node.set_value(value);
            }
            if let Some(key) = key.filter(|_| flags & 1 == 1) {
                node.set_author_id(key);
            }
            if flags & 6 == 6 {
                node.set_hidden();
            }
            if flags & 8 == 8 {
                node.set_bounds(Rect { x0: by, y0: 0.0, x1: by / 0.0, y1: f64::NAN });
                node.set_transform(Affine::scale(by));
            }
            node
        })
}

fn any_update() -> impl Strategy<Value = TreeUpdate> {
    (prop::collection::vec((0_u64..12, any_node()), 0..12), prop::option::of(0_u64..12), 0_u64..12).prop_map(
        |(nodes, root, focus)| {
            update(nodes.into_iter().map(|(id, node)| (NodeId(id), node)).collect(), root.map(NodeId), NodeId(focus))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_comes_the_view_is_a_tree_and_each_element_is_found_in_it(updates in prop::collection::vec(any_update(), 1..4)) {
        let mut tree = Tree::new();
        for update in updates {
            tree.update(update);
            let view = tree.view();
            let mut seen = HashSet::new();
            let mut keys = HashSet::new();
            let is_unique = view.spots().all(|spot| view.key(spot).is_none_or(|key| keys.insert(key.text.into_owned())));
            for spot in std::iter::once(view.root()).chain(view.spots()) {
                prop_assert!(seen.insert(view.id(spot)) || view.root() == spot);
                let is_in = |parent| parent < spot && view.children(parent).filter(|child| *child == spot).count() == 1;
                prop_assert!(view.parent(spot).is_none_or(is_in));
                prop_assert!(view.children(spot).all(|child| view.parent(child) == Some(spot)));
                view.area(spot);
                view.mark(spot, |mark| drop(mark));
                let anchor = Anchor::of_node(&view, spot);
                if is_unique {
                    prop_assert_eq!(Anchor::take(&view, &view.path(spot)), Some(anchor.clone()), "{}", view.path(spot));
                }
                let resolution = Resolver::new().resolve(&anchor, &view);
                if view.key(spot).is_some() && is_unique {
                    prop_assert_eq!(arrow(&view, &resolution), Some(view.id(spot).0));
                }
            }
            drop(view.elements());
        }
    }

    #[test]
    fn the_value_of_a_field_is_no_name(updates in prop::collection::vec(any_update(), 1..4)) {
        let mut tree = Tree::new();
        for mut update in updates {
            for (_, node) in &mut update.nodes {
                if matches!(node.role(), Role::PasswordInput | Role::TextInput) {
                    node.set_value("secret");
                }
            }
            tree.update(update);
            let view = tree.view();
            for spot in view.spots() {
                prop_assert!(view.name(spot).is_none_or(|name| !name.contains("secret")));
            }
        }
    }
}
