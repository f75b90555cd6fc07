//! A form that changes between two launches.

use leftoff::marker::anchor::{Anchor, KeyOrigin, UiTree};
use leftoff::marker::place::{Direction, Metrics, Rect};
use leftoff::resume::{Pointer, Resume};
use leftoff::{AppId, Session, backend::MemoryBackend};

use super::super::version::accesskit::{self, Affine, Node, NodeId, Role};
use super::super::{update, version::Tree};
use super::{found, left_at, node, order, tree};

/// A window with a heading and these fields, each labelled by the node before it.
fn form(fields: &[(u64, &str)]) -> Tree {
    let ids: Vec<u64> = fields.iter().flat_map(|(id, _)| [id + 100, *id]).collect();
    let mut nodes = vec![(0, node(Role::Window, "Invoices", &[1])), (1, node(Role::GenericContainer, "", &ids))];
    for (id, label) in fields {
        let mut field = Node::new(Role::TextInput);
        field.set_value("1 200");
        field.set_labelled_by([NodeId(id + 100)]);
        nodes.extend([(*id + 100, node(Role::Label, label, &[])), (*id, field)]);
    }
    tree(nodes)
}

const FORM: [(u64, &str); 4] = [(10, "Customer"), (11, "Amount"), (12, "Date"), (13, "Purpose")];

#[test]
fn an_unchanged_form_has_its_arrow_at_each_field() {
    for (id, _) in FORM {
        assert_eq!(found(&form(&FORM), id, &form(&FORM)), Some(id));
    }
}

#[test]
fn a_field_is_found_where_it_is_now_whatever_its_id() {
    // Ids of nodes are the toolkit's own, and differ from launch to launch.
    let sorted = form(&[(22, "Date"), (21, "Amount"), (20, "Customer"), (23, "Purpose"), (24, "Cost centre")]);
    for (id, now) in [(10, 20), (11, 21), (12, 22), (13, 23)] {
        assert_eq!(found(&form(&FORM), id, &sorted), Some(now));
    }
}

#[test]
fn a_heading_and_a_page_around_the_form_change_nothing() {
    let mut after = form(&FORM);
    let nodes = vec![
        (NodeId(0), node(Role::Window, "Invoices", &[2, 3])),
        (NodeId(2), node(Role::Heading, "A new invoice", &[])),
        (NodeId(3), node(Role::Pane, "", &[1])),
    ];
    after.update(update(nodes, None, NodeId(0)));
    assert_eq!(found(&form(&FORM), 11, &after), Some(11));
}

/// Nothing tells a renamed field from another one in its place: the region is shown, and no arrow.
#[test]
fn a_field_with_another_name_in_the_same_place_gets_no_arrow() {
    let renamed = form(&[(10, "Customer"), (11, "Sum without tax"), (12, "Date"), (13, "Purpose")]);
    assert_eq!(found(&form(&FORM), 11, &renamed), None);
}

#[test]
fn a_removed_field_gets_no_arrow() {
    let removed = form(&[(10, "Customer"), (12, "Date"), (13, "Purpose")]);
    assert_eq!(found(&form(&FORM), 11, &removed), None);
}

#[test]
fn an_author_id_finds_a_field_whose_name_and_place_changed() {
    let with_ids = |label: &str, order: [u64; 4]| {
        let mut tree = form(&FORM);
        let mut field = node(Role::TextInput, label, &[]);
        field.set_author_id("amount");
        let ids: Vec<u64> = order.iter().flat_map(|id| [id + 100, *id]).collect();
        let nodes = vec![(NodeId(1), node(Role::GenericContainer, "", &ids)), (NodeId(11), field)];
        tree.update(update(nodes, None, NodeId(0)));
        tree
    };
    let (before, after) = (with_ids("Amount", [10, 11, 12, 13]), with_ids("Betrag", [13, 12, 11, 10]));
    let view = before.view();
    assert_eq!(view.path(view.find(NodeId(11)).unwrap()), "amount");
    assert_eq!(view.key(view.find(NodeId(11)).unwrap()).unwrap().origin, KeyOrigin::Authored);
    assert_eq!(found(&before, 11, &after), Some(11));
}

#[test]
fn a_path_has_no_text_of_the_screen_and_leads_to_its_element_alone() {
    let tree = form(&FORM);
    let view = tree.view();
    let mut paths = Vec::new();
    for spot in view.spots() {
        let path = view.path(spot);
        assert!(!path.contains("Amount") && path.starts_with('~'), "{path}");
        let anchor = Anchor::take(&view, &path).unwrap();
        assert_eq!(anchor, Anchor::of_node(&view, spot));
        paths.push(path);
    }
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), view.spots().count());
}

#[test]
fn an_update_may_have_only_the_changed_nodes() {
    let mut tree = form(&FORM);
    tree.update(update(vec![(NodeId(1), node(Role::GenericContainer, "", &[111, 11]))], None, NodeId(11)));
    assert_eq!(order(&tree.view()).collect::<Vec<_>>(), [0, 1, 111, 11]);
    assert_eq!(tree.focus(), Some(NodeId(11)));
    assert_eq!(tree.view().find(NodeId(12)), None);
}

#[test]
fn removed_nodes_are_not_kept_forever() {
    let mut tree = form(&FORM);
    for id in (1_000..5_000).step_by(10) {
        let page: Vec<(u64, Node)> = (id..id + 10).map(|id| (id, node(Role::Button, "B", &[]))).collect();
        let ids: Vec<u64> = page.iter().map(|(id, _)| *id).collect();
        let mut nodes = vec![(NodeId(0), node(Role::Window, "Invoices", &ids))];
        nodes.extend(page.into_iter().map(|(id, node)| (NodeId(id), node)));
        tree.update(update(nodes, None, NodeId(0)));
        assert_eq!(order(&tree.view()).count(), 11);
    }
    let kept = (0..5_000).filter(|id| tree.node(NodeId(*id)).is_some()).count();
    assert!(kept < 700, "{kept}");
}

#[test]
fn the_mark_has_the_captions_around_the_element() {
    let tree = tree(vec![
        (0, node(Role::Window, "Desk", &[1])),
        (1, node(Role::Group, "Invoice 42", &[2])),
        (2, node(Role::GenericContainer, "", &[3])),
        (3, node(Role::Button, "Send", &[])),
    ]);
    let card = left_at(&tree.view(), 3).card_now();
    assert_eq!(card.location(), "Send, in Desk › Invoice 42");
}

/// A node with bounds.
fn placed(role: Role, label: &str, children: &[u64], [x0, y0, x1, y1]: [f64; 4]) -> Node {
    let mut node = node(role, label, children);
    node.set_bounds(accesskit::Rect { x0, y0, x1, y1 });
    node
}

/// A window at twice the scale with a scrolled pane in it.
fn scrolled(by: f64) -> Tree {
    let mut root = placed(Role::Window, "Desk", &[1], [0.0, 0.0, 400.0, 300.0]);
    root.set_transform(Affine::scale(2.0));
    let mut pane = placed(Role::ScrollView, "", &[2], [10.0, 10.0, 200.0, 100.0]);
    pane.set_clips_children();
    let mut content = node(Role::GenericContainer, "", &[3, 4]);
    content.set_transform(Affine::translate((0.0, -by)));
    let fields = [placed(Role::TextInput, "Amount", &[], [60.0, 50.0, 160.0, 70.0])];
    let [amount] = fields;
    let date = placed(Role::TextInput, "Date", &[], [60.0, 150.0, 160.0, 170.0]);
    tree(vec![(0, root), (1, pane), (2, content), (3, amount), (4, date)])
}

#[test]
fn an_area_is_in_the_coordinates_of_the_root_and_cut_by_what_clips() {
    let tree = scrolled(20.0);
    let view = tree.view();
    let area = |id| view.area(view.find(NodeId(id)).unwrap());
    let clip = Rect::new(20.0, 20.0, 380.0, 180.0);
    assert_eq!(area(3), Some((Rect::new(120.0, 60.0, 200.0, 40.0), clip)));
    assert_eq!(area(4), Some((Rect::new(120.0, 260.0, 200.0, 40.0), clip)));
    assert_eq!(area(1), Some((Rect::new(20.0, 20.0, 380.0, 180.0), Rect::new(0.0, 0.0, 800.0, 600.0))));
    assert_eq!(area(2), None, "without bounds");
}

#[test]
fn a_resume_gets_its_elements_from_the_tree_and_points_at_the_field() {
    let memory = MemoryBackend::new();
    let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).open();
    let lay_out = |resume: &mut Resume, session: &mut Session, tree: &Tree| {
        let view = tree.view();
        resume.begin();
        view.each(|spot, element| {
            if let Some((rect, clip)) = view.area(spot) {
                resume.add(element, rect, clip);
            }
        });
        assert!(!resume.end(session));
    };
    let (mut session, mut resume) = (open(), Resume::new(""));
    let tree = scrolled(0.0);
    lay_out(&mut resume, &mut session, &tree);
    let view = tree.view();
    view.mark(view.find(NodeId(3)).unwrap(), |mark| resume.touch(&mut session, mark));
    session.autosave(|capture| capture.anchor(resume.elements())).unwrap();
    drop(session);

    let (mut session, mut resume) = (open(), Resume::new(""));
    lay_out(&mut resume, &mut session, &scrolled(20.0));
    let found = resume.found().unwrap();
    assert_eq!(found.rect, Rect::new(120.0, 60.0, 200.0, 40.0));
    let pointer = resume.pointer(Direction::LeftToRight, &Metrics::pixels(1.0)).unwrap();
    assert!(matches!(pointer, Pointer::Arrow { is_moved: false, .. }), "{pointer:?}");
}
