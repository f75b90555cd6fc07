//! What belongs to an element alone, as opposed to its position: a name, a key, a label, named contents, or a role that no
//! other element has.

use super::compare::{CONTENTS_SEEN, Sides};
use super::evidence::Evidence;
use super::matching::Matching;
use super::side::Side;
use super::weights::ALIKE;

impl Sides {
    /// Returns whether something of its own identifies the element, apart from its position and a role that others share.
    pub(super) fn has_own_evidence(&self, matching: &Matching, old: usize, new: usize) -> bool {
        matching.rows.is_settled(old, new)
            || self.has_telling_name(old, new)
            || self.has_telling_key(old, new)
            || self.has_same_label(old, new)
            || self.has_rare_role(old, new)
            || self.shares_telling_contents(matching, old, new)
    }

    /// Returns whether both have names, and different ones.
    pub(super) fn has_other_name(&self, old: usize, new: usize) -> bool {
        self.name_likeness(old, new).is_some() && !self.has_telling_name(old, new)
    }

    /// Returns whether both are without a name and the only elements with their role.
    fn has_rare_role(&self, old: usize, new: usize) -> bool {
        let is_alone = |side: &Side, place: usize| {
            let role = side.item(place).is.role;
            side.items.iter().filter(|item| item.is.role == role).count() == 1
        };
        let is_nameless = self.old.item(old).is.name == 0 && self.new.item(new).is.name == 0;
        is_nameless
            && self.roles(old, new).is_some_and(|like| like >= 1.0)
            && is_alone(&self.old, old)
            && is_alone(&self.new, new)
    }

    /// Returns whether more of the contents with a name or a key are still inside than elsewhere.
    pub(super) fn shares_telling_contents(&self, matching: &Matching, old: usize, new: usize) -> bool {
        let (mut inside, mut outside) = (0, 0);
        for place in (old + 1..self.old.item(old).end).take(CONTENTS_SEEN) {
            let is = self.old.item(place).is;
            let Some(image) = matching.new_of(place) else { continue };
            let other = self.new.item(image).is;
            if (is.name != 0 && is.name == other.name) || (is.key != 0 && is.key == other.key) {
                *(if image > new && self.new.is_in(image, new) { &mut inside } else { &mut outside }) += 1;
            }
        }
        inside > outside
    }

    /// Returns whether elements that differ only in their position were added beside it or removed: the position then
    /// does not identify it.
    pub(super) fn is_lost_among_its_like(&self, matching: &Matching, old: usize, new: usize) -> bool {
        if matching.rows.is_settled(old, new) || self.shares_telling_contents(matching, old, new) {
            return false;
        }
        // The same label beside a field is as good as a name.
        let has_label = self.has_same_label(old, new);
        let count = |side: &Side, place: usize, is_known: &dyn Fn(usize) -> bool| {
            let one = side.item(place);
            let siblings = side.parent(place).into_iter().flat_map(|parent| side.children(parent)).copied();
            let is_alike = |sibling: &usize| {
                let other = side.item(*sibling);
                let is_same = other.is.role == one.is.role && other.is.name == one.is.name;
                *sibling == place || (is_same && (!has_label || other.label == one.label) && !is_known(*sibling))
            };
            siblings.filter(is_alike).count()
        };
        let before = count(&self.old, old, &|place| matching.new_of(place).is_some_and(|new| matching.is_by_key(new)));
        let now = count(&self.new, new, &|place| matching.is_by_key(place));
        before != now && before.max(now) > 1
    }

    /// Returns the matching evidence.
    pub(super) fn evidence(&self, matching: &Matching, old: usize, new: usize) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        let mut note = |holds: bool, what| evidence.extend(holds.then_some(what));
        note(self.roles(old, new).is_some_and(|like| like >= 1.0), Evidence::SameRole);
        let name = self.name_likeness(old, new);
        note(name.is_some_and(|like| like >= 1.0), Evidence::SameName);
        note(name.is_some_and(|like| (ALIKE..1.0).contains(&like)), Evidence::SimilarName);
        note(self.key_likeness(old, new).is_some_and(|like| like >= ALIKE), Evidence::SimilarKey);
        let container = self.old.parent(old).and_then(|container| matching.new_of(container));
        note(container.is_some() && container == self.new.parent(new), Evidence::SameContainer);
        let previous = self.old.item(old).previous.and_then(|place| matching.new_of(place));
        let next = self.old.next(old).and_then(|place| matching.new_of(place));
        let is_beside = previous.is_some() && previous == self.new.item(new).previous;
        note(is_beside || (next.is_some() && next == self.new.next(new)), Evidence::SameNeighbour);
        note(self.has_same_label(old, new), Evidence::SameLabel);
        note(self.has_rare_role(old, new), Evidence::RareRole);
        let has_contents = matching.rows.is_settled(old, new) || self.shares_telling_contents(matching, old, new);
        note(has_contents, Evidence::SameContents);
        evidence
    }
}

#[cfg(test)]
mod tests {
    use crate::marker::anchor::Anchor;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::resolve::{Evidence, Match, Relation, Resolver};

    fn menu(names: [&str; 5]) -> Plain {
        let mut tree = Plain::new(&[]);
        let menu = tree.push(0, "", "menu", "");
        for name in names {
            tree.push(menu, "", "item", name);
        }
        tree
    }

    #[test]
    fn a_new_name_in_the_old_position_gets_the_container_and_no_arrow() {
        let before = menu(["Open", "Recent files", "Save", "Print", "Close"]);
        let after = menu(["Open", "Import", "Save", "Print", "Close"]);
        let found = Resolver::new().resolve(&Anchor::of_node(&before, before.children[1][1]), &after);
        assert_eq!(found.outcome(), Match::Nearest { node: 1, relation: Relation::Ancestor { levels: 1 } });
        assert!(found.best().is_some_and(|best| best.score >= Resolver::DEFAULT_ACCEPT), "{found:?}");
    }

    /// Rows of one element each, fewer than a list has. The likeness that rows have anyhow is no evidence.
    #[test]
    fn a_row_that_is_like_all_others_is_not_the_row_that_is_gone() {
        let rows = |names: &[&str]| {
            let mut tree = Plain::new(&[(0, "")]);
            for name in names {
                tree.push(1, "", "row", name);
            }
            tree
        };
        let names =
            ["Invoice for Miller, 23 May", "Reminder for Baker, 7 June", "Invoice for Baker, 9 June", "Offer for Hill"];
        let before = rows(&names);
        let outcome = |name: &str, row: usize| {
            let mut names = names;
            names[row] = name;
            Resolver::new().resolve(&Anchor::of_node(&before, before.children[1][row]), &rows(&names)).outcome()
        };
        let container = Match::Nearest { node: 1, relation: Relation::Ancestor { levels: 1 } };
        assert_eq!(outcome("Invoice for Baker, 12 August", 2), container);
        assert_eq!(outcome("Offer for Hills", 3), Match::Moved(before.children[1][3]));
    }

    #[test]
    fn a_position_alone_needs_more_than_a_name_needs() {
        let mut bar = Plain::new(&[(0, "")]);
        for [role, name] in [["icon", ""], ["icon", ""], ["text", "Day"], ["text", "Week"]] {
            bar.push(1, "", role, name);
        }
        let find =
            |accept: f32, node| Resolver::new().accept(accept).resolve(&Anchor::of_node(&bar, node), &bar).outcome();
        let (icon, day) = (bar.children[1][0], bar.children[1][2]);
        assert_eq!([find(0.7, day), find(0.7, icon), find(0.9, day)], [day, icon, day].map(Match::Moved));
        assert_eq!(find(0.9, icon), Match::Nearest { node: 1, relation: Relation::Ancestor { levels: 1 } });
    }

    #[test]
    fn the_only_one_of_its_role_is_found_beside_other_neighbours() {
        let page = |names: [&str; 2]| {
            let mut tree = Plain::new(&[]);
            let bar = tree.push(0, "", "bar", "");
            tree.push(bar, "", "text", names[0]);
            tree.push(bar, "", "search field", "");
            tree.push(bar, "", "text", names[1]);
            tree
        };
        let before = page(["Day", "Week"]);
        let found = Resolver::new().resolve(&Anchor::of_node(&before, 3), &page(["Hour", "Month"]));
        assert_eq!(found.outcome(), Match::Moved(3), "{found:?}");
        assert!(found.evidence().contains(&Evidence::RareRole), "{found:?}");
    }
}
