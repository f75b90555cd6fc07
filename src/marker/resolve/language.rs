//! Whether the current interface is in another language than the captured one.

use std::collections::{BTreeMap, BTreeSet};

use super::side::Side;

/// The minimum number of names from which a language is inferred.
const LEAST: usize = 4;
/// The largest share of names that are the same in another language: one in this many. Names of products are.
const SAME: usize = 4;

/// Returns whether the names were replaced everywhere: of each role with several names, most are in neither position. In a
/// list with other data, or in a form with other fields, the elements of other roles keep their names.
pub(super) fn is_translated(old: &Side, new: &Side) -> bool {
    let names: BTreeSet<u32> = new.items.iter().map(|item| item.is.name).filter(|name| *name != 0).collect();
    let mut roles: BTreeMap<u8, (usize, usize)> = BTreeMap::new();
    for item in old.items.iter().filter(|item| item.is.name != 0) {
        let (kept, all) = roles.entry(item.is.role).or_default();
        *kept += usize::from(names.contains(&item.is.name));
        *all += 1;
    }
    let is_other = |(kept, all): (usize, usize)| kept * SAME <= all;
    let sum = roles.values().fold((0, 0), |sum, role| (sum.0 + role.0, sum.1 + role.1));
    sum.1 >= LEAST
        && names.len() * 2 >= sum.1.min(LEAST * 2)
        && is_other(sum)
        && roles.values().filter(|role| role.1 > 1).all(|role| is_other(*role))
}

#[cfg(test)]
mod tests {
    use crate::marker::anchor::Anchor;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::resolve::{Match, Resolver};

    fn form(names: [&str; 6]) -> Plain {
        let mut tree = Plain::new(&[]);
        for name in names {
            tree.push(0, "", "button", name);
        }
        tree
    }

    #[test]
    fn in_another_language_the_position_is_enough() {
        let before = form(["File", "Edit", "View", "Tools", "Window", "Help"]);
        let after = form(["Datei", "Bearbeiten", "Ansicht", "Extras", "Fenster", "Hilfe"]);
        let find = |after: &Plain| Resolver::new().resolve(&Anchor::of_node(&before, 3), after).outcome();
        assert_eq!(find(&after), Match::Moved(3));
        // One other name among the same ones is another element.
        let after = form(["File", "Edit", "Layers", "Tools", "Window", "Help"]);
        assert!(!matches!(find(&after), Match::Moved(_) | Match::Exact(_)));
    }
}
