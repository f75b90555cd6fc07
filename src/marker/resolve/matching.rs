//! The matching of current to captured elements: all at once, the most certain pairs first.

use std::collections::BTreeMap;

use super::compare::Sides;
use super::order::side_by_side;
use super::rows::Rows;
use super::side::{Item, Side, unique_pairs};

/// Pairs of a captured and a current element.
pub(super) struct Matching {
    to_new: Vec<Option<usize>>,
    to_old: Vec<Option<usize>>,
    /// Current elements that were matched by their key.
    by_key: Vec<bool>,
    /// For each captured element, the current element with its position in the reading order.
    in_order: Vec<Option<usize>>,
    /// The rows of lists that contain the anchored element.
    pub(super) rows: Rows,
}

/// The current elements by the hash of their name or key.
type Names = BTreeMap<u32, Vec<usize>>;

/// The rounds of matching: minimum score and minimum lead of a pair.
const ROUNDS: [(f32, f32); 7] =
    [(0.8, 0.05), (0.7, 0.05), (0.6, 0.05), (0.5, 0.05), (0.75, 0.0), (0.6, 0.0), (0.45, 0.0)];
/// The maximum number of repetitions of a round that still finds pairs.
const REPEATS: usize = 4;
/// The maximum number of candidates of one element from one source.
const SHORTLIST: usize = 24;

impl Matching {
    pub(super) fn new(sides: &Sides) -> Self {
        let mut matching = Self {
            to_new: vec![None; sides.old.len()],
            to_old: vec![None; sides.new.len()],
            by_key: vec![false; sides.new.len()],
            in_order: Vec::new(),
            rows: Rows::default(),
        };
        matching.pair(0, 0);
        matching.match_unique(sides, |item| if item.is.key == 0 { 0 } else { item.path });
        matching.match_unique(sides, |item| item.is.key.into());
        matching.by_key = matching.to_old.iter().map(Option::is_some).collect();
        let rows = Rows::new(sides, &matching);
        for (old, new) in rows.settled() {
            if matching.new_of(old).is_none() && matching.old_of(new).is_none() {
                matching.pair(old, new);
            }
        }
        matching.rows = rows;
        let fits = |one: Option<usize>, other| one.is_none_or(|one| one == other);
        matching.in_order =
            side_by_side(sides, |old, new| fits(matching.new_of(old), new) && fits(matching.old_of(new), old));
        let mut names = Names::new();
        for (place, item) in sides.new.items.iter().enumerate().filter(|(place, _)| matching.old_of(*place).is_none()) {
            for hash in [item.is.name, item.is.folded].into_iter().filter(|hash| *hash != 0) {
                names.entry(hash).or_default().push(place);
            }
        }
        for (least, lead) in ROUNDS {
            for _ in 0..REPEATS {
                if !matching.round(sides, &names, least, lead) {
                    break;
                }
            }
        }
        matching
    }

    pub(super) fn new_of(&self, old: usize) -> Option<usize> {
        self.to_new.get(old).copied().flatten()
    }

    pub(super) fn old_of(&self, new: usize) -> Option<usize> {
        self.to_old.get(new).copied().flatten()
    }

    pub(super) fn in_order(&self, old: usize) -> Option<usize> {
        self.in_order.get(old).copied().flatten()
    }

    /// Returns whether the current element was matched by its key to an element other than `old`.
    pub(super) fn is_known_other(&self, old: usize, new: usize) -> bool {
        self.is_by_key(new) && self.old_of(new) != Some(old)
    }

    /// Returns whether the current element was matched by its key.
    pub(super) fn is_by_key(&self, new: usize) -> bool {
        self.by_key.get(new).copied().unwrap_or_default()
    }

    fn pair(&mut self, old: usize, new: usize) {
        if let (Some(to_new), Some(to_old)) = (self.to_new.get_mut(old), self.to_old.get_mut(new)) {
            *to_new = Some(new);
            *to_old = Some(old);
        }
    }

    /// Pairs elements that are unique in both whole interfaces. An element that is unique only among those without a
    /// partner is not: the one cell left over of a row that is gone would get the cell of a new row.
    fn match_unique(&mut self, sides: &Sides, kind: impl Fn(&Item) -> u64) {
        let kinds = |side: &Side| side.items.iter().map(&kind).collect::<Vec<_>>();
        for (old, new) in unique_pairs(kinds(&sides.old), kinds(&sides.new)) {
            if self.new_of(old).is_none() && self.old_of(new).is_none() {
                self.pair(old, new);
            }
        }
    }

    /// Pairs elements that are each other's best candidate, if they are good enough.
    fn round(&mut self, sides: &Sides, names: &Names, least: f32, lead: f32) -> bool {
        let mut best_of_old: Vec<Best> = Vec::new();
        let mut best_of_new = vec![Best::default(); sides.new.len()];
        for old in 0..sides.old.len() {
            let mut best = Best::default();
            if self.new_of(old).is_none() {
                for new in self.shortlist(sides, names, old) {
                    let score = sides.compare(self, old, new);
                    best.offer(new, score);
                    if let Some(best) = best_of_new.get_mut(new) {
                        best.offer(old, score);
                    }
                }
            }
            best_of_old.push(best);
        }
        let mut found = false;
        for (old, best) in best_of_old.iter().enumerate() {
            let Some(new) = best.place else { continue };
            let Some(back) = best_of_new.get(new) else { continue };
            if back.place == Some(old) && best.score >= least && best.lead() >= lead && back.lead() >= lead {
                self.pair(old, new);
                found = true;
            }
        }
        found
    }

    /// Returns the current elements without a partner that may be this one, each once, in reading order.
    fn shortlist(&self, sides: &Sides, names: &Names, old: usize) -> Vec<usize> {
        let item = sides.old.item(old);
        let mut places = Vec::new();
        let free = |place: &usize| self.old_of(*place).is_none();
        for hash in [item.is.name, item.is.folded] {
            places.extend(names.get(&hash).into_iter().flatten().copied().filter(free).take(SHORTLIST));
        }
        // Elements in the same container, in a new container there, or in the container's container.
        let mut around = sides.old.parent(old);
        for _ in 0..3 {
            let Some(container) = around else { break };
            if let Some(image) = self.new_of(container) {
                self.inside(sides, image, item.index, &mut places);
                break;
            }
            around = sides.old.parent(container);
        }
        // Elements beside the former neighbours.
        for neighbour in item.previous.into_iter().chain(sides.old.next(old)) {
            if let Some(parent) = self.new_of(neighbour).and_then(|image| sides.new.parent(image)) {
                self.inside(sides, parent, item.index, &mut places);
            }
        }
        // Containers of its former contents.
        for place in (old + 1..item.end).take(SHORTLIST) {
            let mut around = self.new_of(place).and_then(|image| sides.new.parent(image));
            for _ in 0..2 {
                places.extend(around);
                around = around.and_then(|place| sides.new.parent(place));
            }
        }
        places.retain(free);
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Adds the children without a partner, nearest to `index` first, and their contents.
    fn inside(&self, sides: &Sides, container: usize, index: usize, places: &mut Vec<usize>) {
        let free = |place: &usize| self.old_of(*place).is_none();
        let from = index.saturating_sub(SHORTLIST / 2);
        let children = sides.new.children(container).get(from..).unwrap_or_default();
        for child in children.iter().copied().filter(free).take(SHORTLIST) {
            places.push(child);
            places.extend(sides.new.children(child).iter().copied().filter(free).take(SHORTLIST / 4));
        }
    }

    pub(super) fn unmatched_old(&self) -> impl Iterator<Item = usize> {
        self.to_new.iter().enumerate().filter(|(_, new)| new.is_none()).map(|(old, _)| old)
    }
}

/// The best of several candidates, and the score of the second best.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Best {
    pub(super) place: Option<usize>,
    pub(super) score: f32,
    pub(super) second: f32,
}

impl Best {
    /// Of equal candidates, keeps the first.
    pub(super) fn offer(&mut self, place: usize, score: f32) {
        if score > self.score {
            self.second = self.score;
            (self.place, self.score) = (Some(place), score);
        } else {
            self.second = self.second.max(score);
        }
    }

    pub(super) fn lead(&self) -> f32 {
        self.score - self.second
    }
}
