//! Whether the order of siblings was reversed everywhere, as in an interface for the other reading direction.

use super::side::{Side, unique_pairs};
use crate::marker::anchor::{hash, path_hash};

/// The minimum number of neighbours in the opposite order.
const LEAST: usize = 2;

/// Returns whether the neighbours that are recognised with certainty are in the opposite order: at least twice as many as
/// are in the same order.
pub(super) fn is_turned(old: &Side, new: &Side) -> bool {
    let mut images = vec![None; old.len()];
    for (place, image) in unique_pairs(kinds(old), kinds(new)) {
        images.get_mut(place).into_iter().for_each(|known| *known = Some(image));
    }
    let (mut same, mut opposite) = (0, 0);
    for place in 0..old.len() {
        let known: Vec<usize> =
            old.children(place).iter().filter_map(|child| images.get(*child).copied().flatten()).collect();
        for pair in known.windows(2) {
            if let [one, other] = pair {
                if new.parent(*one) == new.parent(*other) {
                    *(if one < other { &mut same } else { &mut opposite }) += 1;
                }
            }
        }
    }
    opposite >= LEAST && opposite >= 2 * same
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
