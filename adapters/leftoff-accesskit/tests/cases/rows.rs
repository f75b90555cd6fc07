//! Rows of lists, with and without the ids of their records.

use leftoff::marker::anchor::{Key, KeyOrigin, UiTree};
use leftoff::marker::resolve::Match;

use super::super::version::accesskit::{Node, NodeId, Role};
use super::super::version::{Spot, Tree};
use super::{arrow, left_at, node, tree};

/// A list with a row for each record: its number, a field, and a button that is the same in each row. The ids of the
/// nodes count from the top, as in a list that reuses its widgets.
fn list(records: &[u64]) -> Tree {
    let rows: Vec<u64> = (0..records.len() as u64).map(|row| 100 + row * 10).collect();
    let mut nodes = vec![(0, node(Role::Window, "Invoices", &[1])), (1, node(Role::List, "All", &rows))];
    for (id, record) in rows.iter().zip(records) {
        nodes.push((*id, node(Role::ListItem, "", &[id + 1, id + 2, id + 3])));
        nodes.push((id + 1, node(Role::Label, &format!("Invoice {record}"), &[])));
        nodes.push((id + 2, node(Role::TextInput, "Amount", &[])));
        nodes.push((id + 3, node(Role::Button, "Delete", &[])));
    }
    tree(nodes)
}

/// The id of a record as a key.
fn data(record: u64) -> Key<'static> {
    Key { text: record.to_string().into(), origin: KeyOrigin::Data }
}

/// The key of the record in a row.
fn record(records: &[u64]) -> impl Fn(NodeId, &Node) -> Option<Key<'static>> + use<'_> {
    |NodeId(id), node: &Node| {
        let row = id.checked_sub(100).filter(|_| node.role() == Role::ListItem)? / 10;
        Some(data(records[usize::try_from(row).unwrap()]))
    }
}

/// Left at the field of the record in row `row`; the row of the arrow in the list of `after`.
fn row_of(before: &[u64], row: u64, after: &[u64]) -> (Option<u64>, bool) {
    let (old, new) = (list(before), list(after));
    let (old, new) = (old.with_keys(record(before)), new.with_keys(record(after)));
    let resolution = left_at(&old, 100 + row * 10 + 2).resolve(&new);
    let is_named = matches!(resolution.outcome(), Match::Nearest { .. });
    (arrow(&new, &resolution).map(|id| (id - 100) / 10), is_named)
}

#[test]
fn a_record_has_its_arrow_in_whatever_row_it_is_now() {
    let before: Vec<u64> = (1..=20).collect();
    let sorted: Vec<u64> = (1..=20).rev().collect();
    let grown: Vec<u64> = (1..=20).flat_map(|record| [record + 500, record]).collect();
    for row in [0, 7, 19] {
        assert_eq!(row_of(&before, row, &before).0, Some(row));
        assert_eq!(row_of(&before, row, &sorted).0, Some(19 - row));
        assert_eq!(row_of(&before, row, &grown).0, Some(row * 2 + 1));
    }
}

#[test]
fn a_record_that_is_gone_has_no_arrow_and_its_neighbour_is_named() {
    let before: Vec<u64> = (1..=20).collect();
    let without: Vec<u64> = (1..=20).filter(|record| *record != 8).collect();
    assert_eq!(row_of(&before, 7, &without), (None, true));
}

#[test]
fn the_key_of_the_host_goes_before_an_author_id_with_its_origin() {
    let mut row = node(Role::ListItem, "", &[]);
    row.set_author_id("row");
    let tree = tree(vec![(0, node(Role::Window, "", &[1])), (1, row)]);
    let view = tree.with_keys(|id, _| (id == NodeId(1)).then(|| data(42)));
    let spot = view.find(NodeId(1)).unwrap();
    let key = view.key(spot).unwrap();
    assert_eq!((&*key.text, key.origin, view.path(spot).as_str()), ("42", KeyOrigin::Data, "42"));
}

#[test]
fn twins_have_paths_of_their_own_that_end_with_one_twin_more_or_less() {
    let (three, four) = (list(&[1, 2, 3]), list(&[1, 2, 3, 4]));
    let (three, four) = (three.view(), four.view());
    let delete = |id| three.path(three.find(NodeId(id)).unwrap());
    let [first, second, third] = [103, 113, 123].map(delete);
    assert!(
        [&first, &second, &third].iter().zip(["1of3", "2of3", "3of3"]).all(|(path, nth)| path.contains(nth)),
        "{second}"
    );
    let by_path = |view: &super::super::version::View<'_>| {
        let bare = leftoff::marker::anchor::Anchor::from_path(&second);
        arrow(view, &leftoff::marker::resolve::Resolver::new().resolve(&bare, view))
    };
    assert_eq!((by_path(&three), by_path(&four)), (Some(113), None));
}

#[test]
fn a_cell_without_records_is_found_by_the_texts_of_its_row() {
    let before: Vec<u64> = (1..=20).collect();
    let after: Vec<u64> = (0..=20).collect();
    let (old, new) = (list(&before), list(&after));
    let (old, new) = (old.view(), new.view());
    let found: Option<u64> = arrow(&new, &left_at(&old, 172).resolve(&new));
    assert_eq!(found, Some(182));
    let _: Spot = new.root();
}
