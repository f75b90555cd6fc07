//! Giving up old generations when the storage is full.

use super::catalog::{Catalog, First};
use super::compact::{Retention, all_whole, generations_of, points, present_and_copy, size};
use super::heads::Lines;
use super::history;
use super::others::Others;
use crate::backend::{self, Backend, Generation};
use crate::frame::{Point, Unreadable, When};
use crate::sorted::SortedSet;

/// What may not be given up, and for whom.
#[derive(Debug)]
pub(crate) struct Claims<'a> {
    /// The end of the present state.
    pub(crate) head: Point,
    pub(crate) now: When,
    pub(crate) retention: Retention,
    /// Generations that this process may still read.
    pub(crate) in_use: &'a SortedSet<Generation>,
    pub(crate) others: &'a Others,
}

/// Removes generations that the present state does not need, until `wanted` bytes are free: first those that nothing
/// needs, then the points of the history, the oldest first, and if there are none, the second copy of the state. Returns
/// the number of bytes.
///
/// Never removed: what the present state needs, quarantined values included; the end of the launch before this one, so
/// that a launch that saved defaults over the user's values destroys nothing; other heads; damaged generations; and
/// what another writer began or continues.
///
/// If the process dies between two removals, the log has fewer old generations. If the power fails, some of them may be
/// back. The state does not change: without the second copy, it rests on a base that a seal shows to be synced.
pub(crate) fn make_room(backend: &dyn Backend, claims: &Claims<'_>, wanted: u64) -> backend::Result<u64> {
    let mut catalog = Catalog::read(backend)?;
    let head = claims.head;
    // Without the whole chain, older generations may be the only ones with some of the values.
    if !catalog.chain(head, None)?.broken.is_empty() {
        return Ok(0);
    }
    let mut keep = unremovable(&mut catalog, claims)?;
    let copy = present_and_copy(&mut catalog, head)?.into_iter().filter(|generation| !keep.contains(generation));
    let copy: Vec<_> = copy.filter(|generation| catalog.generations().contains(generation)).collect();
    keep.extend(copy.iter().copied());
    let history = history(&mut catalog, claims, &mut keep)?;
    let spare = catalog.generations().iter().filter(|generation| !keep.contains(generation)).copied();
    let spare: Vec<_> = spare.chain(history).collect();
    let freed = remove(&mut catalog, claims, spare, wanted)?;
    if freed == 0 && may_stand_alone(&mut catalog, head)? {
        return remove(&mut catalog, claims, copy, u64::MAX);
    }
    Ok(freed)
}

/// Returns what must stay beside the second copy and the history.
fn unremovable(catalog: &mut Catalog<'_>, claims: &Claims<'_>) -> backend::Result<SortedSet<Generation>> {
    let mut keep = generations_of(catalog, claims.head, None)?;
    keep.extend(claims.in_use.iter().copied());
    for other in Lines::read(catalog)?.others(catalog, claims.head.generation)? {
        keep.extend(generations_of(catalog, Point { generation: other.head, index: Point::END }, None)?);
    }
    if !is_as_found(catalog, claims)? {
        if let Some(start) = points_of(catalog, claims)?.iter().find(|point| is_earlier_launch(point, claims)) {
            keep.extend(generations_of(catalog, *start, None)?);
        }
    }
    Ok(keep)
}

/// Returns whether the present state is that of the end of the launch before this one.
fn is_as_found(catalog: &mut Catalog<'_>, claims: &Claims<'_>) -> backend::Result<bool> {
    let Some((states, present)) = history::states(catalog, claims.head.generation, &|| false)? else {
        return Ok(false);
    };
    let found = states.into_iter().find(|state| is_earlier_launch(&state.point, claims));
    Ok(found.is_some_and(|found| Some(found.print) == present))
}

fn is_earlier_launch(point: &Point, claims: &Claims<'_>) -> bool {
    point.generation.writer != claims.head.generation.writer
}

fn points_of(catalog: &mut Catalog<'_>, claims: &Claims<'_>) -> backend::Result<Vec<Point>> {
    let states = points(catalog, claims.head.generation, claims.now, claims.retention, &|| false)?;
    Ok(states.unwrap_or_default().into_iter().map(|state| state.point).collect())
}

/// Returns the generations that only the history needs, those of the oldest point first, and adds them to `keep`.
fn history(
    catalog: &mut Catalog<'_>,
    claims: &Claims<'_>,
    keep: &mut SortedSet<Generation>,
) -> backend::Result<Vec<Generation>> {
    let mut newest_first = Vec::new();
    for point in points_of(catalog, claims)? {
        let more = generations_of(catalog, point, None)?;
        // Of one point, the oldest first once the list is reversed.
        newest_first.extend(more.into_iter().rev().filter(|generation| keep.insert(*generation)));
    }
    newest_first.reverse();
    Ok(newest_first)
}

/// Returns whether the state can be read without its second copy: every frame of it is intact, and its base is sealed,
/// so that no power cut can tear the base.
fn may_stand_alone(catalog: &mut Catalog<'_>, head: Point) -> backend::Result<bool> {
    let Some((base, _)) = catalog.chain(head, None)?.base else { return Ok(false) };
    if !catalog.frames(base)?.contains(&1) {
        return Ok(false);
    }
    for generation in generations_of(catalog, head, None)? {
        if !all_whole(catalog.backend(), generation)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn remove(
    catalog: &mut Catalog<'_>,
    claims: &Claims<'_>,
    generations: Vec<Generation>,
    wanted: u64,
) -> backend::Result<u64> {
    let backend = catalog.backend();
    let mut freed = 0;
    for generation in generations {
        if freed >= wanted {
            break;
        }
        let is_newer = matches!(catalog.first(generation)?, First::Unreadable(Unreadable::NewerFormat));
        let is_ours = generation < claims.head.generation && !is_newer;
        if is_ours && !claims.others.write(backend, generation)? && all_whole(backend, generation)? {
            let bytes = size(backend, generation)?;
            backend.remove(generation)?;
            // An empty log takes space, too.
            freed += bytes.max(1);
        }
    }
    Ok(freed)
}
