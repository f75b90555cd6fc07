//! The likeness of an element of the current interface to an element of the captured one.

use super::language::is_translated;
use super::matching::Matching;
use super::side::{Side, unique_pairs};
use super::weights::{
    AGAINST, ALIKE, ALIKE_AMONG_LIKE, CONTAINER, DOUBT, DOUBTFUL, ELSEWHERE, GAP, KEY, LABEL, LEVEL, NAME, NEARBY,
    ORDER, ROLE,
};
use crate::marker::anchor::{Segment, is_telling, likenesses, role_likeness, visible};

/// The captured and the current interface.
pub(super) struct Sides {
    pub(super) old: Side,
    pub(super) new: Side,
    /// The index of the anchored element in the captured interface.
    pub(super) target: usize,
    /// The captured containers of the anchored element, and the element, whose keys are ids of records.
    pub(super) records: Vec<usize>,
    role_likeness: Vec<Vec<f32>>,
    /// For each captured element with a name that is unique in both interfaces: the current element with that name.
    same_name: Vec<Option<usize>>,
    /// The likeness of the name and of the key of the anchored element to those of each current element. Only its texts are
    /// known; of the other captured elements, only hashes.
    like_name: Vec<f32>,
    like_key: Vec<f32>,
    /// The likeness from which its name and its key identify it: above that to a captured sibling with its role, if those
    /// are alike, as the names of rows with a customer and a date are.
    telling_name: f32,
    telling_key: f32,
    /// The current interface is in another language.
    pub(super) is_translated: bool,
}

/// The texts that are compared, as opposed to hashes.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) key: String,
    pub(super) name: String,
}

impl Texts {
    pub(super) fn of(segment: &Segment) -> Self {
        Self { key: segment.path_key().unwrap_or_default().to_owned(), name: telling(Some(&segment.name)) }
    }
}

/// The weight of the matching evidence, and the weight of all evidence asked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    holds: f32,
    asked: f32,
}

impl Tally {
    fn ask(&mut self, weight: f32, likeness: f32) {
        self.asked += weight;
        self.holds += weight * likeness;
    }

    pub(super) fn score(self) -> f32 {
        self.holds / (self.asked + DOUBT)
    }
}

/// The maximum number of contents that are compared.
pub(super) const CONTENTS_SEEN: usize = 64;

impl Sides {
    /// `target` is the index of the anchored element, `own` contains its texts, `around` those of the elements around it,
    /// `siblings` those of its siblings with its role, and `now` those of the current elements.
    pub(super) fn new(
        old: Side,
        new: Side,
        target: usize,
        own: &Texts,
        around: &[Texts],
        siblings: &[&Texts],
        now: &[Texts],
    ) -> Self {
        let role_likeness = role_likeness(&old.roles, &new.roles);
        let names = |side: &Side| side.items.iter().map(|item| item.is.name.into()).collect::<Vec<u64>>();
        let mut same_name = vec![None; old.len()];
        for (place, image) in unique_pairs(names(&old), names(&new)) {
            same_name.get_mut(place).into_iter().for_each(|known| *known = Some(image));
        }
        let like = |text: fn(&Texts) -> &str| {
            let near = siblings.iter().copied().map(text).filter(|sibling| *sibling != text(own));
            let all: Vec<&str> = now.iter().map(text).chain(near).collect();
            let mut like = likenesses(text(own), &all, around.iter().map(text));
            let like_sibling = like.drain(now.len()..).fold(0.0, f32::max);
            let least = if siblings.len() < 2 { ALIKE } else { ALIKE_AMONG_LIKE };
            let beyond = if like_sibling < ALIKE { 0.0 } else { f32::midpoint(like_sibling, 1.0) };
            (like, least.max(beyond))
        };
        let ((like_name, telling_name), (like_key, telling_key)) =
            (like(|texts| &texts.name), like(|texts| &texts.key));
        let is_translated = is_translated(&old, &new);
        let records = Vec::new();
        Self {
            old,
            new,
            target,
            records,
            role_likeness,
            same_name,
            like_name,
            like_key,
            telling_name,
            telling_key,
            is_translated,
        }
    }

    pub(super) fn roles(&self, old: usize, new: usize) -> Option<f32> {
        let (old, new) = (self.old.item(old).is.role, self.new.item(new).is.role);
        let row = self.role_likeness.get(usize::from(old).checked_sub(1)?)?;
        row.get(usize::from(new).checked_sub(1)?).copied()
    }

    /// Returns the likeness of the two elements themselves, wherever they are: the likeness of
    /// the roles, and the weights of equal names and keys.
    pub(super) fn static_likeness(&self, old: usize, new: usize) -> f32 {
        let (one, other) = (self.old.item(old), self.new.item(new));
        let mut like = self.roles(old, new).unwrap_or(ALIKE);
        for (one_text, other_text, weight) in [(one.is.name, other.is.name, NAME), (one.is.key, other.is.key, KEY)] {
            if one_text != 0 && other_text != 0 {
                like += if one_text == other_text { weight } else { -AGAINST };
            }
        }
        if (one.children == 0) == (other.children == 0) { like } else { like * DOUBTFUL }
    }

    pub(super) fn compare(&self, matching: &Matching, old: usize, new: usize) -> f32 {
        let mut tally = Tally::default();
        let (roles, name, key) = (self.roles(old, new), self.name_likeness(old, new), self.key_likeness(old, new));
        if let Some(roles) = roles {
            tally.ask(ROLE, roles);
        }
        self.names(&mut tally, name, old, new);
        // What identified a row of a list is as good as an equal key.
        let is_settled = matching.rows.is_settled(old, new);
        match if is_settled { Some(1.0) } else { key } {
            Some(like) if like >= ALIKE => tally.ask(KEY, like),
            Some(_) => tally.ask(AGAINST, 0.0),
            None => {}
        }
        self.container(&mut tally, matching, old, new);
        self.neighbours(&mut tally, matching, old, new);
        self.order(&mut tally, matching, old, new);
        match matching.in_order(old) {
            Some(partner) if partner == new => tally.ask(NEARBY, 1.0),
            Some(_) => tally.ask(AGAINST, 0.0),
            None => {}
        }
        self.contents(&mut tally, matching, old, new);
        let is_alike = [roles, name, key].into_iter().flatten().any(|like| like >= ALIKE)
            || self.shares_contents(matching, old, new);
        let is_other = |like: Option<f32>| like.is_some_and(|like| like < ALIKE);
        let has_lost_its_name = self.same_name.get(old).copied().flatten().is_some_and(|image| image != new);
        let is_another =
            (is_other(name) && is_other(key)) || (has_lost_its_name && key.is_none_or(|like| like < ALIKE));
        tally.score() * if is_another { DOUBTFUL } else { 1.0 } * if is_alike { 1.0 } else { DOUBTFUL }
    }

    /// Returns whether an element inside the one has its partner inside the other.
    fn shares_contents(&self, matching: &Matching, old: usize, new: usize) -> bool {
        let images = (old + 1..self.old.item(old).end).take(CONTENTS_SEEN).filter_map(|place| matching.new_of(place));
        images.into_iter().any(|image| image > new && self.new.is_in(image, new))
    }

    pub(super) fn name_likeness(&self, old: usize, new: usize) -> Option<f32> {
        let (one, other) = (self.old.item(old).is.name, self.new.item(new).is.name);
        match (one, other) {
            (0, _) | (_, 0) => None,
            (one, other) if one == other => Some(1.0),
            _ if old == self.target => Some(self.like_name.get(new).copied().unwrap_or_default()),
            _ => Some(0.0),
        }
    }

    /// Returns whether the names are so alike that they identify the element.
    pub(super) fn has_telling_name(&self, old: usize, new: usize) -> bool {
        self.name_likeness(old, new).is_some_and(|like| like >= self.telling_name)
    }

    /// The same of the keys.
    pub(super) fn has_telling_key(&self, old: usize, new: usize) -> bool {
        self.key_likeness(old, new).is_some_and(|like| like >= self.telling_key)
    }

    pub(super) fn has_same_label(&self, old: usize, new: usize) -> bool {
        let label = self.old.item(old).label;
        label != 0 && label == self.new.item(new).label
    }

    fn names(&self, tally: &mut Tally, likeness: Option<f32>, old: usize, new: usize) {
        match likeness {
            Some(like) => tally.ask(NAME, like),
            None if self.has_same_label(old, new) => tally.ask(LABEL, 1.0),
            None if self.old.item(old).is.name != self.new.item(new).is.name => tally.ask(AGAINST, 0.0),
            None => {}
        }
    }

    pub(super) fn key_likeness(&self, old: usize, new: usize) -> Option<f32> {
        let (one, other) = (self.old.item(old).is, self.new.item(new).is);
        match (one.key, other.key) {
            (0, _) | (_, 0) => None,
            (one_key, other_key) if one_key == other_key => Some(1.0),
            _ if one.folded != 0 && one.folded == other.folded => Some(1.0),
            _ if old == self.target => Some(self.like_key.get(new).copied().unwrap_or_default()),
            _ => Some(0.0),
        }
    }

    fn container(&self, tally: &mut Tally, matching: &Matching, old: usize, new: usize) {
        let mut like = 1.0;
        let mut around = self.old.parent(old);
        for _ in 0..8 {
            let Some(container) = around else { break };
            match matching.new_of(container) {
                Some(image) if image < new && self.new.is_in(new, image) => {
                    let levels = self.new.item(new).depth - self.new.item(image).depth;
                    like -= LEVEL * (count(levels) - 1.0);
                    tally.ask(CONTAINER, like.clamp(0.0, 1.0));
                    return;
                }
                Some(_) => like -= ELSEWHERE,
                None => like -= LEVEL,
            }
            around = self.old.parent(container);
        }
        tally.ask(CONTAINER, 0.0);
    }

    fn neighbours(&self, tally: &mut Tally, matching: &Matching, old: usize, new: usize) {
        let (one, other) = (self.old.item(old), self.new.item(new));
        let before = std::iter::successors(one.previous, |place| self.old.item(*place).previous);
        let after = std::iter::successors(self.old.next(old), |place| self.old.next(*place));
        self.side(tally, matching, new, before, other.previous.is_none(), true);
        self.side(tally, matching, new, after, self.new.next(new).is_none(), false);
    }

    fn side(
        &self,
        tally: &mut Tally,
        matching: &Matching,
        new: usize,
        siblings: impl Iterator<Item = usize>,
        at_edge: bool,
        is_before: bool,
    ) {
        let mut far = 0;
        for sibling in siblings.take(4) {
            far += 1;
            let Some(image) = matching.new_of(sibling) else { continue };
            tally.ask(NEARBY, self.beside(matching, image, new, is_before, far));
            return;
        }
        if far == 0 {
            tally.ask(NEARBY / 2.0, if at_edge { 1.0 } else { 0.0 });
        }
    }

    /// Returns how well two current elements are still neighbours: one of them may be in a new container.
    fn beside(&self, matching: &Matching, image: usize, new: usize, is_before: bool, far: usize) -> f32 {
        let wrapped = |place: usize| self.new.parent(place).filter(|around| matching.old_of(*around).is_none());
        let mut discount = 1.0;
        let (mut one, mut other) = (image, new);
        for _ in 0..3 {
            if self.new.parent(one) == self.new.parent(other) {
                let between = self.new.item(one).index.abs_diff(self.new.item(other).index);
                let is_there = one != other && (one < other) == is_before;
                return if is_there { discount / (1.0 + GAP * count(between.abs_diff(far))) } else { 0.0 };
            }
            // The deeper element is the wrapped one.
            let deeper = if self.new.item(one).depth > self.new.item(other).depth { &mut one } else { &mut other };
            let Some(around) = wrapped(*deeper) else { break };
            *deeper = around;
            discount *= 1.0 - LEVEL;
        }
        0.0
    }

    fn order(&self, tally: &mut Tally, matching: &Matching, old: usize, new: usize) {
        let before = (0..old).rev().filter(|place| !self.old.is_in(old, *place));
        let after = self.old.item(old).end..self.old.len();
        for (places, is_before) in
            [(&mut before.take(8) as &mut dyn Iterator<Item = usize>, true), (&mut after.take(8), false)]
        {
            if let Some((far, image)) = places.enumerate().find_map(|(far, place)| Some((far, matching.new_of(place)?)))
            {
                let end = self.new.item(new).end;
                let between = if is_before { new.checked_sub(image) } else { (image + 1).checked_sub(end) };
                let like = between
                    .filter(|between| *between > 0)
                    .map_or(0.0, |between| 1.0 / (1.0 + GAP * count((between - 1).abs_diff(far))));
                tally.ask(ORDER, like);
            }
        }
    }

    fn contents(&self, tally: &mut Tally, matching: &Matching, old: usize, new: usize) {
        let (one, other) = (self.old.item(old), self.new.item(new));
        let (mut known, mut inside) = (0.0, 0.0);
        // Direct children should still be direct children.
        let likeness = |place, image| {
            let is_direct = self.old.parent(place) == Some(old);
            if is_direct == (self.new.parent(image) == Some(new)) { 1.0 } else { DOUBTFUL }
        };
        for place in (old + 1..one.end).take(CONTENTS_SEEN) {
            let Some(image) = matching.new_of(place) else { continue };
            known += 1.0;
            inside += if image > new && image < other.end { likeness(place, image) } else { 0.0 };
        }
        for image in (new + 1..other.end).take(CONTENTS_SEEN) {
            let Some(place) = matching.old_of(image) else { continue };
            known += 1.0;
            inside += if place > old && place < one.end { likeness(place, image) } else { 0.0 };
        }
        if known > 0.0 {
            tally.ask(CONTAINER, inside / known);
        }
        let (fewer, more) = (one.children.min(other.children), one.children.max(other.children));
        tally.ask(NEARBY, if more == 0 { 1.0 } else { count(fewer) / count(more) });
    }
}

/// Element counts are small enough for `f32`.
pub(super) fn count(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}

/// Only meaningful names are compared.
pub(super) fn telling(name: Option<&str>) -> String {
    name.map(visible).filter(|name| is_telling(name)).unwrap_or_default().into_owned()
}

#[cfg(test)]
mod tests {
    use crate::marker::anchor::Anchor;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::resolve::{Match, Resolver};

    /// A form of fields without names, each behind its label.
    fn form(labels: &[&str]) -> Plain {
        let mut tree = Plain::new(&[(0, "form")]);
        for label in labels {
            tree.push(1, "", "label", label);
            tree.push(1, "", "field", "");
        }
        tree
    }

    #[test]
    fn a_field_is_known_by_the_label_beside_it() {
        let (before, after) = (form(&["Name", "Street", "City"]), form(&["Name", "Company", "Street", "City"]));
        let field = |tree: &Plain, number: usize| tree.children[1][2 * number + 1];
        let resolve = |number| Resolver::new().resolve(&Anchor::of_node(&before, field(&before, number)), &after);
        for (number, now) in [(0, 0), (1, 2), (2, 3)] {
            let found = resolve(number);
            assert_eq!(found.best().map(|best| best.node), Some(field(&after, now)), "{number}");
            // The first one lost its neighbour: the lead is too small for an arrow.
            assert!(number == 0 || found.outcome() == Match::Moved(field(&after, now)), "{found:?}");
        }
    }

    #[test]
    fn two_fields_behind_one_label_are_not_told_apart_by_it() {
        let mut before = form(&["Name"]);
        let first = before.children[1][1];
        before.push(1, "", "field", "");
        before.push(1, "", "button", "OK");
        let mut after = before.clone();
        after.children[1].remove(1);
        let found = Resolver::new().resolve(&Anchor::of_node(&before, first), &after);
        assert!(!matches!(found.outcome(), Match::Exact(_) | Match::Moved(_)), "{found:?}");
    }

    #[test]
    fn named_contents_say_which_of_several_containers_it_is() {
        let page = |groups: &[&str]| {
            let mut tree = Plain::new(&[(0, "page")]);
            for group in groups {
                let container = tree.push(1, "", "box", "");
                tree.push(container, "", "text", group);
                tree.push(container, "", "image", "");
            }
            tree
        };
        let (before, after) = (page(&["Day", "Week", "Month"]), page(&["Hour", "Day", "Week", "Month"]));
        let outcome = Resolver::new().resolve(&Anchor::of_node(&before, before.children[1][1]), &after).outcome();
        assert_eq!(outcome, Match::Moved(after.children[1][2]));
    }

    #[test]
    fn a_nameless_element_in_the_old_position_is_not_the_one_whose_name_is_elsewhere() {
        let mut before = Plain::new(&[(0, "bar")]);
        let add = before.push(1, "", "button", "Add user");
        before.push(1, "", "label", "Users");
        let mut after = Plain::new(&[(0, "bar"), (0, "menu")]);
        after.push(1, "", "button", "");
        after.push(1, "", "label", "Users");
        let moved = after.push(2, "", "menu item", "Add user");
        let best = Resolver::new().resolve(&Anchor::of_node(&before, add), &after);
        let drawn = matches!(best.outcome(), Match::Moved(node) if node != moved);
        assert!(!drawn, "{best:?}");
    }
}
