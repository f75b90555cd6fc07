//! Writing a new base from the log itself, and removing the generations it makes unnecessary.

use super::catalog::{Catalog, First, Link, read_directory};
use super::closed::ClosedScope;
use super::group::read_closed;
use super::heads::Lines;
use super::history::{self, State};
use super::layers::{Layers, Value};
use super::load::Loaded;
use super::others::Others;
use super::parked::ParkedSection;
use super::records::is_whole;
use super::schedule;
use crate::backend::{self, Backend, FrameId, Generation};
use crate::frame::{self, Base, Body, Change, Moment, Op, Parked, Point, SectionKey, Unreadable, When};
use crate::sorted::{SortedSet, sort_by_key};

/// How much history to keep: the ends of this many launches and other points by their [schedule](schedule::choose),
/// all within this many bytes. Zero launches keeps no history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    pub(crate) launches: usize,
    pub(crate) bytes: u64,
}

/// The number of damaged generations kept for a later repair; older ones are removed.
const MAX_DAMAGED: usize = 5;

/// Writes the state at `covers` as the base `target`, syncs it, reads it back, seals it and returns its size. Returns
/// `None` if the base would cut the log off from what a newer version wrote.
///
/// If the process dies before the base is complete, the next reader does not see it and walks the deltas as before. If
/// the process dies after, the next reader uses the base; both give the same state, and nothing was removed yet. If
/// the power fails before the base is synced, the next reader finds no seal, and uses the base only if all of it is
/// there.
///
/// `closed` is the number of closed scopes that the writing process may still reopen by a later frame.
pub(crate) fn write_base(
    backend: &dyn Backend,
    target: Generation,
    covers: Point,
    at: Moment,
    closed: usize,
    erase: bool,
) -> backend::Result<Option<u64>> {
    let mut catalog = Catalog::read(backend)?;
    let mut loaded = Loaded::at(&mut catalog, covers, None)?;
    if loaded.problems.iter().any(|problem| problem.why == Unreadable::NewerFormat) {
        return Ok(None);
    }
    let past = Lines::read(&mut catalog)?.past(&mut catalog, covers.generation)?;
    loaded.bound_closed(closed);
    let (ops, payload) = contents(backend, &loaded, erase)?;
    // A part of the directory has a form that this build does not know, although its checksum is right.
    if loaded.has_unknown() {
        return Ok(None);
    }
    let trails = loaded.trails.iter().map(|(scope, trail)| (scope.clone(), trail.clone())).collect();
    let refused = loaded.refused.into_iter().collect();
    let id = FrameId { generation: target, index: 0 };
    let mut bytes = Vec::new();
    frame::encode(
        id,
        &Body::Base(Base { at, covers, ops, sorted: None, trails, refused, past }),
        std::iter::once(payload.as_slice()),
        &mut bytes,
    );
    drop(payload);
    backend.create(id, &bytes)?;
    backend.sync()?;
    // Older generations are removed because this base replaces them, so it must be read back first.
    if backend.read(id)? != bytes {
        return Err(backend::Error::Damaged("the new base reads back differently".into()));
    }
    let size = bytes.len() as u64;
    let seal = FrameId { index: 1, ..id };
    bytes.clear();
    frame::encode(seal, &Body::Seal(at), std::iter::empty(), &mut bytes);
    // If this fails, readers check all of the base before they use it.
    drop(backend.create(seal, &bytes));
    Ok(Some(size))
}

fn contents(backend: &dyn Backend, loaded: &Loaded, erase: bool) -> backend::Result<(Vec<Op>, Vec<u8>)> {
    let (mut ops, mut payload) = (Vec::new(), Vec::new());
    for closed in &loaded.closed {
        put_closed(backend, closed, erase, &mut ops, &mut payload)?;
    }
    for (key, at) in &loaded.removed {
        ops.push(Op { key: key.clone(), change: Change::Removed { at: *at } });
    }
    for (key, at) in &loaded.imported {
        ops.push(Op { key: key.clone(), change: Change::Imported { at: *at } });
    }
    // A section without a readable copy keeps its entry, with a checksum that no bytes have: it was not empty, and
    // `get` must report that until the application has saved another value.
    let mut put = |key: &SectionKey, layers: &Layers, value: Option<Value>, why: Option<Parked>| {
        let Some(newest) = layers.newest() else { return };
        let (meta, sum, bytes) =
            value.map_or((newest.meta, newest.sum, Vec::new()), |value| (value.meta, value.sum, value.bytes));
        // An expired section stays: it is not returned, but the wall clock alone is no reason to delete it.
        if erase && meta.erase_on_close {
            return;
        }
        payload.extend_from_slice(&bytes);
        let len = bytes.len() as u64;
        let change = match why {
            None => Change::Put { meta, len, sum },
            Some(why) => Change::PutParked { meta, why, len, sum },
        };
        ops.push(Op { key: key.clone(), change });
    };
    for ParkedSection { key, why, layers } in &loaded.parked {
        put(key, layers, layers.value(backend, || Ok(None))?, Some(*why));
    }
    // The application's own sections last and in order: they are stored sorted.
    let (own, others): (Vec<_>, Vec<_>) = loaded.sections.iter().partition(|(key, _)| key.is_own());
    for (key, layers) in own.into_iter().chain(others) {
        put(key, layers, loaded.value(backend, key)?, None);
    }
    Ok((ops, payload))
}

/// Writes a closed scope: its contents as sections of the scope, then its closing. Replayed in order, the scope is
/// closed again, and its present sections come later.
fn put_closed(
    backend: &dyn Backend,
    closed: &ClosedScope,
    erase: bool,
    ops: &mut Vec<Op>,
    payload: &mut Vec<u8>,
) -> backend::Result<()> {
    for (name, member) in read_closed(&closed.sections, backend)? {
        let key = SectionKey { scope: closed.name.clone(), name };
        // Of a later point than its group: in quarantine, as it would be had the scope been open.
        if let Some(Value { bytes, sum, meta, .. }) = member.later.filter(|later| !(erase && later.meta.erase_on_close))
        {
            let change = Change::PutParked { meta, why: Parked::Replaced, len: bytes.len() as u64, sum };
            ops.push(Op { key: key.clone(), change });
            payload.extend_from_slice(&bytes);
        }
        let Some(value) = member.value else { continue };
        if erase && value.meta.erase_on_close {
            continue;
        }
        ops.push(Op { key, change: Change::Put { meta: value.meta, len: value.bytes.len() as u64, sum: value.sum } });
        payload.extend_from_slice(&value.bytes);
    }
    let mut trail = Vec::new();
    closed.trail.encode(&mut trail);
    let change = Change::CloseScope { at: closed.at, trail: trail.into() };
    ops.push(Op { key: SectionKey::new(&closed.name, ""), change });
    Ok(())
}

/// Removes every generation that is needed neither by the present state, nor by its second copy, nor by the history to
/// keep, nor by this process, which may still read those `in_use`. Stops if another thread waits; the next call
/// continues.
///
/// If the process dies between two removals, the log has fewer old generations; everything needed still exists.
pub(crate) fn retain(
    backend: &dyn Backend,
    head: Point,
    now: When,
    retention: Retention,
    in_use: &SortedSet<Generation>,
    others: &Others,
    is_hurried: impl Fn() -> bool,
) -> backend::Result<()> {
    let mut catalog = Catalog::read(backend)?;
    let needed = present_and_copy(&mut catalog, head)?;
    let mut keep: SortedSet<_> = needed.iter().chain(in_use).copied().collect();
    let Some(points) = points(&mut catalog, head.generation, now, retention, &is_hurried)? else { return Ok(()) };
    let mut bytes = 0;
    for generation in &keep {
        bytes += size(backend, *generation)?;
    }
    let end = |generation| Point { generation, index: Point::END };
    let points = points.into_iter().map(|state| state.point);
    for point in other_heads(&mut catalog, head.generation, retention)?.into_iter().map(end).chain(points) {
        let mut more = generations_of(&mut catalog, point, None)?;
        more.retain(|generation| !keep.contains(generation));
        for generation in &more {
            bytes += size(backend, *generation)?;
        }
        if bytes > retention.bytes {
            break;
        }
        keep.extend(more);
    }
    let mut damaged = 0;
    let mut outcome = Ok(());
    for generation in catalog.generations().to_vec().into_iter().rev() {
        // Skip generations newer than the head (still being written) and those in a newer format.
        let ours = generation < head.generation
            && !keep.contains(&generation)
            && !matches!(catalog.first(generation)?, First::Unreadable(Unreadable::NewerFormat));
        if is_hurried() {
            return Ok(());
        }
        if !ours || others.write(backend, generation)? {
            continue;
        }
        if !all_whole(backend, generation)? {
            damaged += 1;
            if damaged <= MAX_DAMAGED {
                continue;
            }
        }
        // Removed one by one: checking thousands of them takes longer than a repeatedly crashing program may run, and
        // its progress must count.
        outcome = outcome.and(backend.remove(generation));
    }
    outcome
}

/// Returns the heads that another device or process left. The user has not chosen between them yet.
fn other_heads(catalog: &mut Catalog<'_>, head: Generation, retention: Retention) -> backend::Result<Vec<Generation>> {
    if retention.launches == 0 {
        return Ok(Vec::new());
    }
    let mut others = Lines::read(catalog)?.others(catalog, head)?;
    sort_by_key(&mut others, |other| std::cmp::Reverse(other.at));
    Ok(others.into_iter().take(MAX_OTHER_HEADS).map(|other| other.head).collect())
}

/// The number of other heads kept whatever their age, within the bytes of the history.
const MAX_OTHER_HEADS: usize = 8;

/// Removes the log of a launch that changed nothing, once the launch that supersedes it is written.
///
/// If the process dies before the removal, the next reader finds both, and the older one is not part of the chain. If
/// the power fails and only the removal reached the disk, the launch before them is the newest again: the same state.
pub(crate) fn remove_superseded(backend: &dyn Backend, generation: Generation, others: &Others) -> backend::Result<()> {
    if others.write(backend, generation)? { Ok(()) } else { backend.remove(generation) }
}

/// Removes generations; a failed removal does not prevent the others.
///
/// # Errors
/// The first failure, after all were tried.
pub(crate) fn remove_all(backend: &dyn Backend, generations: Vec<Generation>) -> backend::Result<()> {
    let mut outcome = Ok(());
    for generation in generations {
        outcome = outcome.and(backend.remove(generation));
    }
    outcome
}

/// Removes every generation except those of the present state, so that nothing erased stays in an old one. Generations
/// that other writers continue are kept; then it returns `false`.
pub(crate) fn retain_only_present(backend: &dyn Backend, head: Point, others: &Others) -> backend::Result<bool> {
    let mut catalog = Catalog::read(backend)?;
    let needed = generations_of(&mut catalog, head, None)?;
    let (mut unwanted, mut all) = (Vec::new(), true);
    for generation in catalog.generations().iter().copied().filter(|other| !needed.contains(other)) {
        if others.write(backend, generation)? { all = false } else { unwanted.push(generation) }
    }
    remove_all(backend, unwanted)?;
    Ok(all)
}

/// Returns the generations of the present state, and those that give the same state without the newest base.
pub(super) fn present_and_copy(catalog: &mut Catalog<'_>, head: Point) -> backend::Result<SortedSet<Generation>> {
    let mut needed = generations_of(catalog, head, None)?;
    if let Some((base, covers)) = catalog.chain(head, None)?.base {
        needed.extend(generations_of(catalog, covers, Some(base))?);
    }
    Ok(needed)
}

pub(super) fn generations_of(
    catalog: &mut Catalog<'_>,
    point: Point,
    before: Option<Generation>,
) -> backend::Result<SortedSet<Generation>> {
    let mut generations = SortedSet::new();
    for link in catalog.chain(point, before)?.links {
        match link {
            Link::Base(generation) | Link::Frames { generation, from: 0, .. } => drop(generations.insert(generation)),
            // A base covers this generation; it is needed only if it continues after that point.
            Link::Frames { generation, from, .. } => {
                if catalog.frames(generation)?.last().is_some_and(|last| *last >= from) {
                    generations.insert(generation);
                }
            }
        }
    }
    Ok(generations)
}

/// Returns the points of the history, newest first, without the present state; `None` if another thread waits.
/// See [`schedule::choose`].
///
/// # Errors
/// Only if storage is unavailable.
pub(crate) fn points(
    catalog: &mut Catalog<'_>,
    head: Generation,
    now: When,
    retention: Retention,
    is_hurried: &dyn Fn() -> bool,
) -> backend::Result<Option<Vec<State>>> {
    if retention.launches == 0 {
        return Ok(Some(Vec::new()));
    }
    let states = history::states(catalog, head, is_hurried)?;
    Ok(states.map(|(states, present)| schedule::choose(states, present, now, retention.launches)))
}

pub(super) fn size(backend: &dyn Backend, generation: Generation) -> backend::Result<u64> {
    let mut total = 0;
    for index in backend.frames(generation)? {
        let frame = read_directory(backend, FrameId { generation, index })?;
        total += frame.map_or(0, |frame| frame.len());
    }
    Ok(total)
}

/// Returns whether every frame of a generation is readable. Only then may it be removed like any other.
pub(super) fn all_whole(backend: &dyn Backend, generation: Generation) -> backend::Result<bool> {
    for index in backend.frames(generation)? {
        if !is_whole(backend, FrameId { generation, index })? {
            return Ok(false);
        }
    }
    Ok(true)
}
