//! Items in ascending order, in chunks of bounded length: an insertion moves the items of one chunk, so that a hundred
//! thousand insertions in any order take no longer than in a tree.

use std::cmp::Ordering;
use std::iter::{Chain, Flatten};
use std::slice;

/// The most items of a chunk.
const MOST: usize = 64;

/// The items. No chunk is empty.
#[derive(Debug, Clone)]
pub(super) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
}

/// The position of an item, or the one at which an item belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    chunk: usize,
    at: usize,
}

pub(super) type Iter<'a, T> = Flatten<slice::Iter<'a, Vec<T>>>;
pub(super) type IterMut<'a, T> = Flatten<slice::IterMut<'a, Vec<T>>>;
pub(super) type IntoIter<T> = Flatten<std::vec::IntoIter<Vec<T>>>;

impl<T> Chunks<T> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    /// Returns the position of the item that is equal by `order`; as an error, the position at which it belongs. `order`
    /// compares an item with it.
    #[inline]
    pub(super) fn find(&self, order: impl Fn(&T) -> Ordering) -> Result<Position, Position> {
        // Most maps are empty most of the time.
        if self.is_empty() { Err(Position { chunk: 0, at: 0 }) } else { self.search(order) }
    }

    fn search(&self, order: impl Fn(&T) -> Ordering) -> Result<Position, Position> {
        let by_last = |chunk: &Vec<T>| chunk.last().map_or(Ordering::Less, &order);
        let (Ok(chunk) | Err(chunk)) = bisect(&self.chunks, by_last);
        match self.chunks.get(chunk) {
            Some(items) => bisect(items, order).map(|at| Position { chunk, at }).map_err(|at| Position { chunk, at }),
            None => Err(self.end()),
        }
    }

    /// Returns the position after the last item.
    fn end(&self) -> Position {
        let at = self.chunks.last().map_or(0, Vec::len);
        Position { chunk: self.chunks.len().saturating_sub(1), at }
    }

    pub(super) fn get(&self, position: Position) -> Option<&T> {
        self.chunks.get(position.chunk)?.get(position.at)
    }

    /// Returns the item at a position that `find` found.
    #[expect(clippy::indexing_slicing, reason = "the position is that of `find`")]
    pub(super) fn known(&mut self, position: Position) -> &mut T {
        &mut self.chunks[position.chunk][position.at]
    }

    pub(super) fn get_mut(&mut self, position: Position) -> Option<&mut T> {
        self.chunks.get_mut(position.chunk)?.get_mut(position.at)
    }

    /// Inserts an item at the position at which it belongs.
    #[expect(clippy::indexing_slicing, reason = "the position is that of `find`")]
    pub(super) fn insert(&mut self, position: Position, item: T) -> &mut T {
        let Position { mut chunk, mut at } = position;
        if self.chunks.get(chunk).is_none_or(|items| items.len() == MOST) {
            // Items that come in order fill each chunk.
            let kept = if at == MOST { MOST } else { MOST / 2 };
            let rest = self.chunks.get_mut(chunk).map_or_else(Vec::new, |items| items.split_off(kept));
            let next = self.chunks.len().min(chunk + 1);
            self.chunks.insert(next, rest);
            if at > kept || at == MOST {
                (chunk, at) = (next, at - kept);
            }
        }
        self.chunks[chunk].insert(at, item);
        &mut self.chunks[chunk][at]
    }

    /// Removes the item at a position of `find`.
    #[expect(clippy::indexing_slicing, reason = "the position is that of `find`")]
    pub(super) fn remove(&mut self, position: Position) -> T {
        let removed = self.chunks[position.chunk].remove(position.at);
        if self.chunks[position.chunk].is_empty() {
            self.chunks.remove(position.chunk);
        }
        removed
    }

    pub(super) fn pop_first(&mut self) -> Option<T> {
        (!self.is_empty()).then(|| self.remove(Position { chunk: 0, at: 0 }))
    }

    pub(super) fn clear(&mut self) {
        self.chunks.clear();
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        for chunk in &mut self.chunks {
            chunk.retain_mut(&mut keep);
        }
        self.chunks.retain(|chunk| !chunk.is_empty());
    }

    pub(super) fn first_mut(&mut self) -> Option<&mut T> {
        self.chunks.first_mut()?.first_mut()
    }

    pub(super) fn last(&self) -> Option<&T> {
        self.chunks.last()?.last()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    pub(super) fn iter(&self) -> Iter<'_, T> {
        self.chunks.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> IterMut<'_, T> {
        self.chunks.iter_mut().flatten()
    }

    /// Returns the items from a position on.
    pub(super) fn iter_from(&self, position: Position) -> Chain<slice::Iter<'_, T>, Iter<'_, T>> {
        let first = self.chunks.get(position.chunk).and_then(|chunk| chunk.get(position.at..)).unwrap_or_default();
        let others = self.chunks.get(position.chunk + 1..).unwrap_or_default();
        first.iter().chain(others.iter().flatten())
    }

    /// As [`Chunks::iter_from`].
    pub(super) fn iter_mut_from(&mut self, position: Position) -> Chain<slice::IterMut<'_, T>, IterMut<'_, T>> {
        let (first, others) = match self.chunks.get_mut(position.chunk..).unwrap_or_default().split_first_mut() {
            Some((chunk, others)) => (chunk.get_mut(position.at..).unwrap_or_default(), others),
            None => Default::default(),
        };
        first.iter_mut().chain(others.iter_mut().flatten())
    }
}

/// As `slice::binary_search_by`, which compares in more places.
fn bisect<T>(items: &[T], order: impl Fn(&T) -> Ordering) -> Result<usize, usize> {
    let mut range = 0..items.len();
    while let Some(item) = items.get(range.start + range.len() / 2).filter(|_| !range.is_empty()) {
        let middle = range.start + range.len() / 2;
        match order(item) {
            Ordering::Less => range.start = middle + 1,
            Ordering::Equal => return Ok(middle),
            Ordering::Greater => range.end = middle,
        }
    }
    Err(range.start)
}

impl<T> IntoIterator for Chunks<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        self.chunks.into_iter().flatten()
    }
}
