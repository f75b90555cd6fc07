//! The name of an element, which is never what the user typed.

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::marker::anchor::UiTree;
use leftoff::{AppId, Session};

use super::super::version::accesskit::{Node, NodeId, Role};
use super::super::version::{Tree, View};
use super::{node, order, tree};

const SECRET: &str = "kanarienvogel";

fn name(view: &View<'_>, id: u64) -> String {
    view.name(view.find(NodeId(id)).unwrap()).unwrap_or_default().into_owned()
}

/// A window with these nodes in it.
fn window(nodes: Vec<(u64, Node)>) -> Tree {
    let ids: Vec<u64> = nodes.iter().map(|(id, _)| *id).collect();
    tree([vec![(0, node(Role::Window, "", &ids))], nodes].concat())
}

/// A field whose label is another node.
fn labelled_by(role: Role, ids: &[u64]) -> Node {
    let mut node = Node::new(role);
    node.set_value(SECRET);
    node.set_labelled_by(ids.iter().copied().map(NodeId).collect::<Vec<_>>());
    node
}

#[test]
fn names_are_labels_then_the_labels_of_others_then_the_placeholder() {
    let mut both = labelled_by(Role::TextInput, &[1]);
    both.set_label("Own");
    let mut placeholder = node(Role::SearchInput, "", &[]);
    placeholder.set_placeholder("Search the invoices");
    let tree = window(vec![
        (1, node(Role::Label, "Check e-mail every", &[])),
        (2, node(Role::Label, "minutes", &[])),
        (3, labelled_by(Role::TextInput, &[1])),
        (4, labelled_by(Role::CheckBox, &[1, 2])),
        (5, both),
        (6, placeholder),
        (7, labelled_by(Role::TextInput, &[99, 7])),
    ]);
    let view = tree.view();
    let names = [1, 3, 4, 5, 6, 7].map(|id| name(&view, id));
    let every = "Check e-mail every";
    assert_eq!(names, [every, every, "Check e-mail every minutes", "Own", "Search the invoices", ""]);
}

#[test]
fn a_button_is_named_by_the_labels_in_it() {
    let tree = tree(vec![
        (0, node(Role::Window, "", &[1])),
        (1, node(Role::Button, "", &[2, 4])),
        (2, node(Role::GenericContainer, "", &[3])),
        (3, node(Role::Label, "Play", &[])),
        (4, node(Role::Menu, "", &[5])),
        (5, node(Role::Label, "not this", &[])),
    ]);
    assert_eq!(name(&tree.view(), 1), "Play");
}

#[test]
fn a_label_may_have_its_text_in_runs() {
    let run = |text: &str| {
        let mut run = Node::new(Role::TextRun);
        run.set_value(text);
        run
    };
    let mut label = Node::new(Role::Label);
    label.set_children([NodeId(4), NodeId(5)]);
    let mut tree = window(vec![(1, label), (2, node(Role::Button, "", &[1])), (3, labelled_by(Role::TextInput, &[1]))]);
    tree.update(super::super::update(vec![(NodeId(4), run("Net ")), (NodeId(5), run("amount"))], None, NodeId(0)));
    let view = tree.view();
    assert_eq!(order(&view).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!([1, 2, 3].map(|id| name(&view, id)), ["Net amount", "Net amount", "Net amount"]);
}

#[test]
fn a_field_without_a_name_has_that_of_the_label_directly_before_it() {
    // As in masonry: each field is in a container of its own, with an empty label for the placeholder.
    let tree = tree(vec![
        (0, node(Role::Window, "", &[1, 4, 5, 7, 8, 10])),
        (1, node(Role::Label, "Amount", &[])),
        (4, node(Role::GenericContainer, "", &[2, 3])),
        (2, labelled_by(Role::PasswordInput, &[])),
        (3, node(Role::Label, "", &[])),
        (5, node(Role::GenericContainer, "", &[6])),
        (6, node(Role::TextInput, "", &[])),
        (7, node(Role::Button, "", &[])),
        (8, node(Role::Group, "", &[9])),
        (9, node(Role::Label, "In another group", &[])),
        (10, node(Role::TextInput, "", &[])),
    ]);
    let view = tree.view();
    assert_eq!(order(&view).collect::<Vec<_>>(), [0, 1, 2, 6, 7, 8, 9, 10]);
    assert_eq!([2, 6, 7, 10].map(|id| name(&view, id)), ["Amount", "", "", ""]);
}

/// Fields of all kinds in which the secret was typed, in every way that a toolkit may show it.
fn secrets() -> Tree {
    let mut run = Node::new(Role::TextRun);
    run.set_value(SECRET);
    let revealed = node(Role::Label, SECRET, &[]);
    let password = |children: &[u64]| {
        let mut node = node(Role::PasswordInput, "", children);
        node.set_value(SECRET);
        node
    };
    tree(vec![
        (0, node(Role::Window, "Login", &[1, 2, 3, 4, 8, 9])),
        (1, password(&[5, 6])),
        (2, labelled_by(Role::TextInput, &[1])),
        (3, labelled_by(Role::PasswordInput, &[7])),
        // A text that is labelled by what is in the field, and a button with that in it.
        (4, labelled_by(Role::Button, &[6])),
        (5, run),
        (6, revealed),
        (7, labelled_by(Role::TextInput, &[])),
        (8, node(Role::Button, "", &[6])),
        (9, labelled_by(Role::SpinButton, &[])),
    ])
}

#[test]
fn what_is_typed_into_a_field_is_no_name() {
    let tree = secrets();
    let view = tree.view();
    assert_eq!(order(&view).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 8, 9], "the contents of a field are no elements");
    for id in [1, 2, 3, 4, 8, 9] {
        assert_eq!(name(&view, id), "", "{id}");
    }
}

#[test]
fn no_byte_of_a_password_is_stored_and_its_mark_is_sensitive() {
    let tree = secrets();
    let view = tree.view();
    let memory = MemoryBackend::new();
    let mut session = Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).open();
    for spot in view.spots() {
        view.mark(spot, |mark| session.mark(mark));
        session.save(|capture| capture.anchor(&view)).unwrap();
        let is_password = [1, 3].contains(&view.id(spot).0);
        assert_eq!(session.last_mark().unwrap().is_sensitive(), is_password);
    }
    let frames = memory.list().unwrap();
    let has_secret = |bytes: Vec<u8>| bytes.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes());
    assert!(!frames.is_empty() && !frames.into_iter().any(|id| has_secret(memory.read(id).unwrap())));
    assert!(!format!("{tree:?} {view:?}").contains(SECRET));
}

#[test]
fn a_password_field_keeps_its_label() {
    let mut field = labelled_by(Role::PasswordInput, &[1]);
    field.set_placeholder("from the letter");
    let tree = window(vec![(1, node(Role::Label, "Password", &[])), (2, field)]);
    assert_eq!(name(&tree.view(), 2), "Password");
}

#[test]
fn hidden_nodes_are_no_elements_but_may_label_others() {
    let mut label = node(Role::Label, "Amount", &[]);
    label.set_hidden();
    let mut page = node(Role::Pane, "Page", &[4]);
    page.set_hidden();
    let tree = window(vec![(1, label), (2, labelled_by(Role::TextInput, &[1])), (3, page)]);
    let view = tree.view();
    assert_eq!(order(&view).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(name(&view, 2), "Amount");
}

#[test]
fn debug_shows_no_text() {
    let tree = window(vec![(1, node(Role::Label, SECRET, &[]))]);
    assert!(!format!("{tree:?} {:?} {:?}", tree.view(), tree.view().elements()).contains(SECRET));
}
