//! Lists whose rows are removed, added, moved, renamed and copied.

use proptest::prelude::*;

use crate::marker::anchor::testing::Plain;
use crate::marker::anchor::{Anchor, UiTree};
use crate::marker::resolve::{Evidence, Match, Relation, Resolver};

const SUBJECTS: [&str; 12] = [
    "Offer", "Lunch", "Budget", "Minutes", "Welcome", "Holiday", "Contract", "Survey", "Parking", "Training", "Backup",
    "Birthday",
];

/// A row: its key, its subject and its author.
type Mail = (String, &'static str, &'static str);

/// The element of a row: the row, its subject, its button.
const PARTS: [Option<usize>; 3] = [None, Some(0), Some(2)];

fn inbox(key: impl Fn(usize) -> String) -> Vec<Mail> {
    SUBJECTS.iter().enumerate().map(|(row, subject)| (key(row), *subject, ["Ana", "Bo"][row % 2])).collect()
}

fn keyless() -> Vec<Mail> {
    inbox(|_| String::new())
}

fn without_keys(rows: Vec<Mail>) -> Vec<Mail> {
    rows.into_iter().map(|(_, subject, author)| (String::new(), subject, author)).collect()
}

fn list(rows: &[Mail]) -> Plain {
    let mut tree = Plain::new(&[(0, "page")]);
    let list = tree.push(1, "list", "list", "");
    for (key, subject, author) in rows {
        let row = tree.push(list, key, "row", "");
        tree.push(row, "subject", "text", subject);
        tree.push(row, "author", "text", author);
        tree.push(row, "open", "button", "Open");
    }
    tree
}

/// Items that are one element each: a key and a name.
fn menu(items: &[(&str, &str)]) -> Plain {
    let mut tree = Plain::new(&[(0, "menu")]);
    for (key, name) in items {
        tree.push(1, key, "item", name);
    }
    tree
}

fn node(tree: &Plain, row: usize, part: Option<usize>) -> usize {
    let row = tree.children[2][row];
    part.map_or(row, |part| tree.children[row][part])
}

fn outcome(before: &[Mail], row: usize, part: Option<usize>, after: &[Mail]) -> Match<usize> {
    let (before, after) = (list(before), list(after));
    Resolver::new().resolve(&Anchor::of_node(&before, node(&before, row, part)), &after).outcome()
}

fn drawn(outcome: Match<usize>) -> Option<usize> {
    match outcome {
        Match::Exact(node) | Match::Moved(node) => Some(node),
        _ => None,
    }
}

/// The list without a row, with a new one on top and another in the gap.
fn changed(rows: &[Mail], gone: usize, key: &str) -> Vec<Mail> {
    let mut after = rows.to_vec();
    after[gone] = (format!("{key}1"), "Strike", "Bo");
    after.insert(0, (format!("{key}2"), "Delivery", "Ana"));
    after.remove(3);
    after
}

#[test]
fn a_row_that_is_gone_gets_no_arrow_and_the_row_beside_it_is_named() {
    let kinds = [
        ("keyless", keyless()),
        ("record", inbox(|row| format!("#id{row}x"))),
        ("named", inbox(|row| format!("id{row}x"))),
    ];
    for (kind, before) in kinds {
        let new_key =
            ["", "#new", "new"][["keyless", "record", "named"].iter().position(|other| *other == kind).unwrap()];
        let mut after = changed(&before, 6, new_key);
        if kind == "keyless" {
            after = without_keys(after);
        }
        for part in PARTS {
            let beside = node(&list(&after), 5, None);
            let relation = Relation::PreviousSibling;
            assert_eq!(outcome(&before, 6, part, &after), Match::Nearest { node: beside, relation }, "{kind} {part:?}");
        }
    }
}

#[test]
fn a_row_is_found_by_its_own_text_wherever_it_went() {
    let before = keyless();
    let mut after = changed(&before, 2, "");
    after = without_keys(after);
    after.reverse();
    let row = after.iter().position(|row| row.1 == "Contract").unwrap();
    for part in PARTS {
        assert_eq!(outcome(&before, 6, part, &after), Match::Moved(node(&list(&after), row, part)), "{part:?}");
    }
}

#[test]
fn equal_rows_get_no_arrow_unless_both_neighbours_hold() {
    let mut before = keyless();
    (before[5].1, before[6].1) = ("Reminder", "Reminder");
    before[6].2 = before[5].2;
    let mut after = before.clone();
    after.remove(5);
    after.remove(0);
    assert_eq!(drawn(outcome(&before, 6, None, &after)), None);
    // "New" is one of several, but between the same two.
    let mut before = keyless();
    (before[2].1, before[6].1) = ("New", "New");
    before[6].2 = before[2].2;
    let mut after = before.clone();
    after.remove(0);
    assert_eq!(outcome(&before, 6, None, &after), Match::Moved(node(&list(&after), 5, None)));
}

/// All other rows are where they were.
#[test]
fn a_row_whose_subject_changed_is_the_row_if_something_else_of_its_own_is_left() {
    let mut before = keyless();
    before[6].2 = "Cem";
    let mut after = before.clone();
    after[6].1 = "Agreement";
    assert_eq!(outcome(&before, 6, Some(2), &after), Match::Moved(node(&list(&after), 6, Some(2))));
    // By an author of several mails, it may as well be a new one.
    (before[6].2, after[6].2) = ("Ana", "Ana");
    assert_eq!(drawn(outcome(&before, 6, Some(2), &after)), None);
    // A row that is nothing but its label, as in a menu, has a new label.
    let names = |rows: &[Mail]| rows.iter().map(|row| ("", row.1)).collect::<Vec<_>>();
    let (before, after) = (menu(&names(&before)), menu(&names(&after)));
    let found = Resolver::new().resolve(&Anchor::of_node(&before, before.children[1][6]), &after).outcome();
    assert_eq!(found, Match::Moved(after.children[1][6]));
}

#[test]
fn a_row_with_another_key_is_the_row_only_with_all_its_texts() {
    let before = inbox(|row| format!("id{row}x"));
    let mut after = before.clone();
    after[6].0 = "other".into();
    after.remove(0);
    assert_eq!(outcome(&before, 6, None, &after), Match::Moved(node(&list(&after), 5, None)));
    // The subject recurs in another mail.
    after[5].2 = "Cleo";
    let mut before = before;
    before[6].2 = "Dan";
    assert_eq!(drawn(outcome(&before, 6, None, &after)), None);
}

#[test]
fn the_key_of_a_cell_that_is_left_once_is_in_another_row() {
    let before = list(&inbox(|row| format!("id{row}x"))[..3]);
    let after = list(&[("new".into(), "Strike", "Cleo")]);
    let resolution = Resolver::new().resolve(&Anchor::of_node(&before, node(&before, 0, Some(1))), &after);
    assert!(!resolution.evidence().contains(&Evidence::KeyElsewhere), "{resolution:?}");
}

#[test]
fn a_number_of_a_short_menu_is_no_key_once_another_item_has_it() {
    let before = menu(&[("item-0", "Contract"), ("item-1", "Offer"), ("item-2", "Survey")]);
    let after = menu(&[("item-0", "Budget"), ("item-1", "Contract"), ("item-2", "Survey")]);
    let found =
        |item: usize| Resolver::new().resolve(&Anchor::of_node(&before, before.children[1][item]), &after).outcome();
    let (offer, survey) = (drawn(found(1)), found(2));
    assert_eq!(
        (found(0), offer, survey),
        (Match::Moved(after.children[1][1]), None, Match::Exact(after.children[1][2]))
    );
}

#[test]
fn a_row_number_is_no_key_once_another_row_has_it() {
    let numbered = |mut rows: Vec<Mail>| {
        rows.iter_mut().enumerate().for_each(|(number, row)| row.0 = format!("row-{number}"));
        rows
    };
    let before = numbered(keyless());
    let after = numbered(before[1..].to_vec());
    for part in PARTS {
        let moved = Match::Moved(node(&list(&after), 5, part));
        assert_eq!(outcome(&before, 6, part, &after), moved, "{part:?}");
        let mut without = before.clone();
        without.remove(6);
        assert_eq!(drawn(outcome(&before, 6, part, &numbered(without))), None, "{part:?}");
        let (before, after) = (list(&before), list(&after));
        let told = Resolver::new().resolve(&Anchor::of_node(&before, node(&before, 6, part)), &after);
        assert_eq!(told.evidence().first(), Some(&Evidence::RowNumber));
    }
    for part in PARTS {
        assert_eq!(outcome(&before, 6, part, &before), Match::Exact(node(&list(&before), 6, part)), "{part:?}");
    }
}

#[test]
fn an_id_that_counts_records_is_a_key_whatever_their_texts() {
    let before = inbox(|row| format!("#{}", row + 100));
    let mut after = before.clone();
    for row in &mut after {
        row.1 = "Agreement";
    }
    after.remove(0);
    assert_eq!(outcome(&before, 6, Some(2), &after), Match::Exact(node(&list(&after), 5, Some(2))));
}

#[test]
fn a_thousand_rows_are_as_fifty() {
    let names: Vec<String> =
        (0..1_000).map(|row| format!("Subject {}", "xyz".repeat(row % 40) + &"q".repeat(row / 40))).collect();
    for rows in [50, 1_000] {
        let tree = |skipped: usize| {
            let mut tree = Plain::new(&[]);
            let list = tree.push(0, "list", "list", "");
            for (_, name) in names[..rows].iter().enumerate().filter(|(row, _)| *row != skipped) {
                tree.push(list, "", "row", name);
            }
            tree
        };
        let (before, without, moved) = (tree(usize::MAX), tree(rows - 10), tree(0));
        let anchor = Anchor::of_node(&before, before.children[1][rows - 10]);
        let gone = Resolver::new().resolve(&anchor, &without).outcome();
        let beside = without.children[1][rows - 11];
        assert_eq!(gone, Match::Nearest { node: beside, relation: Relation::PreviousSibling }, "{rows}");
        let there = Resolver::new().resolve(&anchor, &moved).outcome();
        assert_eq!(there, Match::Moved(moved.children[1][rows - 11]), "{rows}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Of some thousand orders and rows, one has no arrow; none has one at another row.
    #[test]
    fn shuffled_rows_lead_to_no_other_row_and_a_row_that_is_gone_gets_no_arrow(
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(), row in 0..12_usize, part in 0..3_usize, added in 0..4_usize,
    ) {
        let before = keyless();
        let mut after: Vec<Mail> = order.iter().map(|place| before[*place].clone()).collect();
        after.extend(["Strike", "Delivery", "Meeting"].iter().take(added).map(|subject| (String::new(), *subject, "Ana")));
        let place = order.iter().position(|place| *place == row).unwrap();
        let found = outcome(&before, row, PARTS[part], &after);
        let right = node(&list(&after), place, PARTS[part]);
        prop_assert!(drawn(found).is_none_or(|found| found == right), "{found:?} is not {right}");
        after.remove(place);
        let left = list(&after);
        let gone = outcome(&before, row, PARTS[part], &after);
        prop_assert_eq!(drawn(gone), None);
        let names_a_row = matches!(gone, Match::Nearest { node, .. } if left.parent(node) == Some(2));
        prop_assert!(names_a_row, "{gone:?}");
    }

    /// Of some ten thousand orders and rows, one has no arrow; none has one at another row.
    #[test]
    fn numbered_keys_of_shuffled_rows_lead_to_no_other_row(
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(), row in 0..12_usize,
    ) {
        let (found, right) = numbered(&order, row);
        prop_assert!(found.is_none_or(|found| found == right), "{found:?} is not {right}");
    }
}

/// What is drawn for a row of a numbered list that is in another order now, and where the row is.
fn numbered(order: &[usize], row: usize) -> (Option<usize>, usize) {
    let numbered = |order: &[usize]| -> Vec<Mail> {
        let rows = order.iter().enumerate();
        rows.map(|(number, place)| (format!("row-{number}"), SUBJECTS[*place], ["Ana", "Bo"][place % 2])).collect()
    };
    let (before, after) = (numbered(&(0..12).collect::<Vec<_>>()), numbered(order));
    let place = order.iter().position(|place| *place == row).unwrap();
    (drawn(outcome(&before, row, Some(2), &after)), node(&list(&after), place, Some(2)))
}

/// Twelve rows: rotated, reversed, and each second one first.
fn other_orders() -> impl Iterator<Item = Vec<usize>> {
    let rotated = (1..12).map(|by| (0..12).map(|place| (place + by) % 12).collect::<Vec<_>>());
    rotated.chain([(0..12).rev().collect(), vec![0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]])
}

#[test]
fn rows_in_another_order_keep_the_arrow() {
    let before = keyless();
    for order in other_orders() {
        let after: Vec<Mail> = order.iter().map(|place| before[*place].clone()).collect();
        for (place, row) in order.iter().enumerate() {
            for part in PARTS {
                let right = node(&list(&after), place, part);
                assert_eq!(drawn(outcome(&before, *row, part, &after)), Some(right), "{order:?}, row {row}, {part:?}");
            }
        }
    }
}

#[test]
fn numbered_keys_of_rows_in_another_order_are_as_good_as_none() {
    for order in other_orders() {
        for row in 0..12 {
            let (found, right) = numbered(&order, row);
            assert_eq!(found, Some(right), "{order:?}, row {row}");
        }
    }
}

/// Five rows, of which one is gone or elsewhere.
#[test]
fn a_short_list_of_rows_with_texts_is_a_list() {
    for key in ["", "#m", "m", "row-"] {
        let key = |row: usize| if key.is_empty() { String::new() } else { format!("{key}{row}") };
        let before: Vec<Mail> = inbox(key).into_iter().take(5).collect();
        let is_number = key(0) == "row-0";
        let renumbered = |rows: Vec<Mail>| -> Vec<Mail> {
            let rows = rows.into_iter().enumerate();
            rows.map(|(row, mail)| (if is_number { key(row) } else { mail.0 }, mail.1, mail.2)).collect()
        };
        let mut gone = before.clone();
        gone[2] = (key(7), "Strike", "Ana");
        gone.insert(0, (key(8), "Delivery", "Bo"));
        let mut there = before.clone();
        there.insert(0, (key(8), "Delivery", "Bo"));
        there.reverse();
        let (gone, there) = (renumbered(gone), renumbered(there));
        for part in PARTS {
            assert_eq!(drawn(outcome(&before, 2, part, &gone)), None, "{} {part:?}", key(0));
            let right = node(&list(&there), 2, part);
            assert_eq!(drawn(outcome(&before, 2, part, &there)), Some(right), "{} {part:?}", key(0));
        }
    }
}
