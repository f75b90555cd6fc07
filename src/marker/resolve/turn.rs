//! Whether the order of siblings was reversed everywhere, as in an interface for the other reading direction.

use super::side::{Side, unique_pairs};
use crate::marker::anchor::{hash, path_hash};

/// The minimum number of neighbours in the opposite order.
const LEAST: usize = 2;

/// How the siblings are ordered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As before, as far as anything shows.
    Kept,
    /// Reversed everywhere: of the neighbours that are recognised with certainty, at least twice as many are in the opposite
    /// order as in the same one.
    Reversed,
    /// Perhaps reversed: an element that is recognised with certainty is as far from the end now as it was from the start,
    /// and nothing shows that the order was kept. Its siblings, which only their position identifies, are either.
    Unclear,
}

pub(super) fn order(old: &Side, new: &Side) -> Order {
    let mut images = vec![None; old.len()];
    for (place, image) in unique_pairs(kinds(old), kinds(new)) {
        images.get_mut(place).into_iter().for_each(|known| *known = Some(image));
    }
    let (mut same, mut opposite, mut unmoved, mut mirrored) = (0, 0, 0, 0);
    for place in 0..old.len() {
        let children = old.children(place);
        let known: Vec<(usize, usize)> =
            children.iter().filter_map(|child| Some((*child, images.get(*child).copied().flatten()?))).collect();
        for pair in known.windows(2) {
            if let [(_, one), (_, other)] = pair {
                if new.parent(*one) == new.parent(*other) {
                    *(if one < other { &mut same } else { &mut opposite }) += 1;
                }
            }
        }
        for (child, image) in known {
            let last = new.parent(image).map_or(0, |parent| new.children(parent).len()).saturating_sub(1);
            let (was, is) = (old.item(child).index, new.item(image).index);
            // In the middle, both orders are the same.
            if last + 1 == children.len() && was * 2 != last {
                unmoved += usize::from(is == was);
                mirrored += usize::from(is + was == last);
            }
        }
    }
    match opposite {
        LEAST.. if opposite >= 2 * same => Order::Reversed,
        _ if same == 0 && unmoved == 0 && mirrored > 0 => Order::Unclear,
        _ => Order::Kept,
    }
}

/// Returns for each element a hash of its key, role and name and of the contents in any order.
fn kinds(side: &Side) -> Vec<u64> {
    let roles: Vec<u32> = side.roles.iter().map(|role| hash(role)).collect();
    let role =
        |number: u8| usize::from(number).checked_sub(1).and_then(|role| roles.get(role)).copied().unwrap_or_default();
    let mut kinds: Vec<u64> = vec![0; side.len()];
    for (place, item) in side.items.iter().enumerate().rev() {
        let own = [role(item.is.role), item.is.name, item.is.key].into_iter().fold(0, path_hash);
        let Some(kind) = kinds.get_mut(place) else { continue };
        *kind = path_hash(kind.wrapping_add(own), 1);
        let kind = *kind;
        if let Some(around) = side.parent(place).and_then(|parent| kinds.get_mut(parent)) {
            *around = around.wrapping_add(path_hash(kind, 2));
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use crate::marker::anchor::Anchor;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::resolve::{Match, Resolver};

    #[test]
    fn icons_without_names_get_no_arrow_if_the_order_may_be_reversed() {
        let bar = |roles: [&'static str; 4]| {
            let mut tree = Plain::new(&[]);
            let bar = tree.push(0, "", "bar", "");
            for role in roles {
                tree.push(bar, "", role, "");
            }
            tree
        };
        let before = bar(["icon", "text", "icon", "icon"]);
        let find = |after: &Plain, node| Resolver::new().resolve(&Anchor::of_node(&before, node), after).outcome();
        let reversed = bar(["icon", "icon", "text", "icon"]);
        assert_eq!(find(&reversed, 3), Match::Moved(4), "the only text");
        for icon in [2, 4, 5] {
            assert!(!matches!(find(&reversed, icon), Match::Moved(_)), "{icon}");
            assert_eq!(find(&before, icon), Match::Moved(icon));
        }
    }

    #[test]
    fn an_order_that_is_reversed_everywhere_is_recognised() {
        let mut before = Plain::new(&[]);
        for name in ["Save", "Open", "Print"] {
            let group = before.push(0, "", "box", "");
            before.push(group, "", "icon", "");
            before.push(group, "", "button", name);
            before.push(group, "", "icon", "");
        }
        let mut after = before.clone();
        after.children.iter_mut().for_each(|children| children.reverse());
        for node in 1..before.parents.len() {
            let outcome = Resolver::new().resolve(&Anchor::of_node(&before, node), &after).outcome();
            assert_eq!(outcome, Match::Moved(node));
        }
    }
}
