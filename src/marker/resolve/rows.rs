//! The rows of lists. All rows have the same role, the same shape and the same kind of neighbours, so only that counts
//! which the other rows did not have.
//!
//! A row is identified by its key, or else by its own texts, or else by its place between two identified neighbours.
//! A row that is not identified is gone or not built, and nothing in it is searched for elsewhere.

use std::collections::BTreeMap;

use super::compare::{Sides, count};
use super::matching::{Best, Matching};
use super::side::Side;
use crate::marker::anchor::MAX_OUTLINE;

/// The minimum number of siblings that are built alike for a list of data. A dozen controls of one kind, without as many of
/// other kinds between them, are rare in a form; a menu or a navigation bar often has eight.
pub(super) const RUN: usize = 12;
/// The same for siblings with texts in them, which are rare in a form: cards, or the rows of a short table.
pub(super) const FEW: usize = 3;
/// The odds against a row for each of its texts that is missing, as a logarithm: of ten texts of a row, one changes.
const MISSING: f32 = 2.3;
/// The odds for a row that are needed beyond those of picking it blindly: four to one.
const MARGIN: f32 = 1.4;
/// The lead over the next row that is needed: five to three.
const LEAD: f32 = 0.5;
/// The number of rows on each side among which the nearest remaining one is searched for.
const BESIDE: usize = 8;

/// The state of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// The row is this current element.
    At(usize),
    /// The row has no texts, or is a cell of an identified row with the same columns: the rule does not apply.
    Bare,
    /// The row is gone, or not built.
    Gone,
}

/// The rows that contain the anchored element, the outermost first; the element itself may be the last one.
#[derive(Default)]
pub(super) struct Rows {
    rows: Vec<(usize, Row)>,
    /// If a row is gone: the nearest remaining one, and whether it was before that row.
    pub(super) beside: Option<(usize, bool)>,
}

impl Rows {
    /// Identifies the rows. Uses the pairs that are known by their keys.
    pub(super) fn new(sides: &Sides, matching: &Matching) -> Self {
        let mut found = Self::default();
        let mut containers: Vec<usize> =
            std::iter::successors(Some(sides.target), |place| sides.old.parent(*place)).collect();
        while let Some(row) = containers.pop() {
            let is_record = sides.records.contains(&row);
            if row == 0 || !(is_record || is_row(&sides.old, row)) {
                continue;
            }
            let list = List::new(sides, matching, row);
            let mut state = match list.known(row) {
                // The id of a record that is missing: no other row is that record.
                _ if is_record => list.by_key(row).map_or(Row::Gone, Row::At),
                Row::Gone => list.in_place(row).map_or(Row::Gone, Row::At),
                known => known,
            };
            if state == Row::Gone && found.has_its_columns(sides, row) {
                state = Row::Bare;
            }
            found.rows.push((row, state));
            if state == Row::Gone {
                found.beside = list.beside(row);
                break;
            }
        }
        found
    }

    /// Returns whether the element is a cell of an identified row, and that row still has the same columns.
    fn has_its_columns(&self, sides: &Sides, cell: usize) -> bool {
        let Some((row, Row::At(image))) = self.rows.last().copied() else { return false };
        let shape = |side: &Side, row: usize| -> Vec<bool> {
            side.children(row).iter().map(|cell| side.item(*cell).children == 0).collect()
        };
        sides.old.parent(cell) == Some(row) && shape(&sides.old, row) == shape(&sides.new, image)
    }

    /// Returns whether the row was identified as this current element.
    pub(super) fn is_settled(&self, old: usize, new: usize) -> bool {
        self.rows.contains(&(old, Row::At(new)))
    }

    /// Returns whether the element may be this current element, or in it.
    pub(super) fn admit(&self, sides: &Sides, new: usize) -> bool {
        self.rows.iter().all(|(_, row)| match row {
            Row::At(image) => sides.new.is_in(new, *image),
            Row::Bare => true,
            Row::Gone => false,
        })
    }

    /// Returns the identified rows with their current elements.
    pub(super) fn settled(&self) -> impl Iterator<Item = (usize, usize)> {
        self.rows.iter().filter_map(|(old, row)| match row {
            Row::At(new) => Some((*old, *new)),
            _ => None,
        })
    }
}

/// Returns whether two siblings are built alike. In an outline that is full, the contents of most rows are unknown.
fn is_alike(side: &Side, one: usize, other: usize) -> bool {
    let roles = |place: usize| side.children(place).iter().map(|child| side.item(*child).is.role);
    let (is, other_is) = (side.item(one), side.item(other));
    let is_unknown = side.len() * 4 >= MAX_OUTLINE * 3 && (is.children == 0 || other_is.children == 0);
    is.is.role == other_is.is.role && (is_unknown || roles(one).eq(roles(other)))
}

/// Returns the siblings that are built like this one, itself included.
fn like(side: &Side, place: usize) -> Vec<usize> {
    let siblings = side.parent(place).map_or(&[][..], |parent| side.children(parent));
    siblings.iter().copied().filter(|other| is_alike(side, place, *other)).collect()
}

/// Returns whether the element is a row: most of its siblings are built like it, and these are many, or each has texts.
fn is_row(side: &Side, place: usize) -> bool {
    let siblings = side.parent(place).map_or(0, |parent| side.item(parent).children);
    let least = if side.item(place).children > 0 { FEW } else { RUN };
    siblings >= least && {
        let like = like(side, place);
        let has_texts = |row: &usize| !texts(side, *row).is_empty();
        like.len() >= least && like.len() * 2 > siblings && (like.len() >= RUN || like.iter().all(has_texts))
    }
}

/// The position of a text in its row: its depth, its index there, and its role.
type Column = (usize, usize, u8);

/// Returns the texts in a row. The name of the row itself is mostly composed of them, so it counts only without them.
fn texts(side: &Side, row: usize) -> Vec<(u32, Column)> {
    let top = side.item(row);
    let inside = (row + 1..top.end).map(|place| side.item(place)).filter(|item| item.is.name != 0);
    let mut texts: Vec<(u32, Column)> =
        inside.map(|item| (item.is.name, (item.depth - top.depth, item.index, item.is.role))).collect();
    if texts.is_empty() && top.is.name != 0 {
        texts.push((top.is.name, (0, 0, 0)));
    }
    texts.sort_unstable();
    texts.dedup_by_key(|(text, _)| *text);
    texts
}

/// Returns the texts in a row, without their columns.
fn words(side: &Side, row: usize) -> Vec<u32> {
    texts(side, row).into_iter().map(|(text, _)| text).collect()
}

/// The captured rows of one list.
struct List<'s> {
    sides: &'s Sides,
    matching: &'s Matching,
    /// The number of rows, and of those whose texts are known: the outline of a long list has the contents of the nearest.
    rows: usize,
    read: usize,
    /// The number of rows with each text.
    having: BTreeMap<u32, usize>,
    /// For each column, the number of rows whose text there is also that of another row.
    recurring: BTreeMap<Column, usize>,
    /// The current elements by the hashes of their names.
    places: BTreeMap<u32, Vec<usize>>,
}

impl<'s> List<'s> {
    fn new(sides: &'s Sides, matching: &'s Matching, row: usize) -> Self {
        let like = like(&sides.old, row);
        let (mut having, mut cells) = (BTreeMap::<u32, usize>::new(), BTreeMap::<(u32, Column), usize>::new());
        let mut read = 0;
        for row in &like {
            let texts = texts(&sides.old, *row);
            read += usize::from(!texts.is_empty());
            for text in texts {
                *having.entry(text.0).or_default() += 1;
                *cells.entry(text).or_default() += 1;
            }
        }
        let mut recurring: BTreeMap<Column, usize> = BTreeMap::new();
        for ((_, column), rows) in cells.into_iter().filter(|(_, rows)| *rows > 1) {
            *recurring.entry(column).or_default() += rows;
        }
        let mut places: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, item) in sides.new.items.iter().enumerate().filter(|(_, item)| having.contains_key(&item.is.name)) {
            places.entry(item.is.name).or_default().push(place);
        }
        Self { sides, matching, rows: like.len(), read, having, recurring, places }
    }

    fn known(&self, row: usize) -> Row {
        match self.by_key(row) {
            Some(image) => Row::At(image),
            None => self.by_texts(row),
        }
    }

    fn image(&self, row: usize) -> Option<usize> {
        if let Row::At(image) = self.known(row) { Some(image) } else { None }
    }

    /// Returns the row with the same key, or with an element in it that has the same key and is unique.
    fn by_key(&self, row: usize) -> Option<usize> {
        let (old, new) = (&self.sides.old, &self.sides.new);
        let (place, image) = (row..old.item(row).end).find_map(|place| {
            Some((place, self.matching.new_of(place).filter(|new| self.matching.is_by_key(*new))?))
        })?;
        let levels = old.item(place).depth - old.item(row).depth;
        let image = std::iter::successors(Some(image), |place| new.parent(*place)).nth(levels)?;
        (image > 0 && !self.matching.is_known_other(row, image)).then_some(image)
    }

    /// Returns the row with the texts of this one, without those that nearly all rows had.
    fn by_texts(&self, row: usize) -> Row {
        let told = texts(&self.sides.old, row);
        if told.is_empty() {
            return Row::Bare;
        }
        let (rows, read) = (count(self.rows), count(self.read));
        let mut odds: BTreeMap<usize, f32> = BTreeMap::new();
        let (mut needed, mut all) = (rows.ln() + MARGIN, 0.0);
        for (text, column) in told {
            let others = self.having.get(&text).map_or(0, |rows| rows - 1);
            // What nearly all rows have is the caption of a column, and may be translated.
            if others * 10 >= self.read * 9 {
                continue;
            }
            needed += MISSING;
            let images = self.rows_with(row, text, column.0);
            let others = others.max(images.len().saturating_sub(1));
            let gain = if others == 0 {
                // The fewer texts of the column recur, the less likely another row has this text by now.
                let recurring = self.recurring.get(&column).copied().unwrap_or_default();
                rows.ln() + ((read + 1.0) / (count(recurring) + 0.5)).ln()
            } else {
                (read / count(others)).ln().max(0.0)
            };
            all += gain + MISSING;
            for image in images {
                *odds.entry(image).or_default() += gain + MISSING;
            }
        }
        let mut best = Best::default();
        for (image, odds) in odds {
            best.offer(image, odds);
        }
        let is_it = |image: &usize| {
            // A row whose key was renamed has all its texts: with another key and another text, it is another row.
            let most = if self.has_other_key(row, *image) { all } else { needed };
            best.score > needed
                && best.score >= most
                && best.lead() > LEAD
                && !self.matching.is_known_other(row, *image)
        };
        best.place.filter(is_it).map_or(Row::Gone, Row::At)
    }

    /// Returns the current rows with this text, which was `depth` levels below the row: rows of the same role around it, or,
    /// if the text is unique, whatever is as many levels around it.
    fn rows_with(&self, row: usize, text: u32, depth: usize) -> Vec<usize> {
        let new = &self.sides.new;
        let places = self.places.get(&text).map_or(&[][..], Vec::as_slice);
        let up = |place: usize, levels: usize| {
            std::iter::successors(Some(place), |place| new.parent(*place)).nth(levels).filter(|up| *up > 0)
        };
        let around = |place: &usize| {
            let levels = [Some(depth), Some(depth + 1), depth.checked_sub(1)];
            levels.into_iter().flatten().find_map(|levels| up(*place, levels).filter(|up| self.has_role(row, *up)))
        };
        let mut rows: Vec<usize> = places.iter().filter_map(around).collect();
        if let ([], [place]) = (rows.as_slice(), places) {
            rows.extend(up(*place, depth));
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Returns whether both have keys, and different ones.
    fn has_other_key(&self, row: usize, image: usize) -> bool {
        let (old, new) = (self.sides.old.item(row).is, self.sides.new.item(image).is);
        old.key != 0 && new.key != 0 && old.folded != new.folded
    }

    fn has_role(&self, old: usize, new: usize) -> bool {
        let is_unnamed = self.sides.old.item(old).is.role == 0 && self.sides.new.item(new).is.role == 0;
        self.sides.roles(old, new).map_or(is_unnamed, |like| like >= 1.0)
    }

    /// Returns the row that is identified by its place alone.
    fn in_place(&self, row: usize) -> Option<usize> {
        let is_free = |image: &usize| self.matching.old_of(*image).is_none_or(|old| old == row);
        self.between(row)
            .or_else(|| self.at_its_index(row))
            .filter(|image| is_free(image) && !self.has_other_key(row, *image))
    }

    /// Returns the row between the same two neighbours, if it has the same texts.
    fn between(&self, row: usize) -> Option<usize> {
        let (old, new) = (&self.sides.old, &self.sides.new);
        let (before, after) = (self.image(old.item(row).previous?)?, self.image(old.next(row)?)?);
        let image = new.next(before).filter(|image| new.next(*image) == Some(after))?;
        (words(old, row) == words(new, image)).then_some(image)
    }

    /// Returns the row at the same index, if nothing was added, removed or moved: as many rows, at least half of them
    /// identified, each at its index.
    fn at_its_index(&self, row: usize) -> Option<usize> {
        let (old, new) = (&self.sides.old, &self.sides.new);
        let siblings = old.children(old.parent(row)?);
        let mut images = Vec::new();
        for (index, sibling) in siblings.iter().enumerate().filter(|(_, sibling)| **sibling != row) {
            let Some(image) = self.image(*sibling) else { continue };
            if new.item(image).index != index {
                return None;
            }
            images.push(image);
        }
        let parent = new.parent(*images.first()?)?;
        let current = new.children(parent);
        let has_kept_places = images.iter().all(|image| new.parent(*image) == Some(parent))
            && images.len() * 2 >= siblings.len()
            && current.len() == siblings.len();
        current.get(old.item(row).index).copied().filter(|image| has_kept_places && self.keeps_its_texts(row, *image))
    }

    /// Returns whether a row with several texts still has one that no other row had, or all if it had none: not all texts
    /// of a record change at once.
    fn keeps_its_texts(&self, row: usize, image: usize) -> bool {
        let (then, now) = (words(&self.sides.old, row), words(&self.sides.new, image));
        let own: Vec<u32> = then.iter().copied().filter(|text| self.having.get(text) == Some(&1)).collect();
        let is_kept = |text: &u32| now.contains(text);
        match (then.len(), own.as_slice()) {
            (0 | 1, _) => true,
            (_, []) => then.iter().all(is_kept),
            (_, own) => own.iter().any(is_kept),
        }
    }

    /// Returns the nearest remaining row, and whether it was before this one; of two at the same distance, the one before.
    fn beside(&self, row: usize) -> Option<(usize, bool)> {
        let old = &self.sides.old;
        let before = std::iter::successors(old.item(row).previous, |place| old.item(*place).previous);
        let after = std::iter::successors(old.next(row), |place| old.next(*place));
        let (mut before, mut after) = (before.take(BESIDE), after.take(BESIDE));
        (0..BESIDE)
            .flat_map(|_| [(before.next(), true), (after.next(), false)])
            .find_map(|(place, is_before)| self.image(place?).map(|image| (image, is_before)))
    }
}

#[cfg(test)]
mod tests;
