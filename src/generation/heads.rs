//! Other heads of the log: launches of another device, or of a second process without a lock, that continued the same
//! state without seeing the launches of the present head.

use super::catalog::{Catalog, First, read_directory};
use crate::backend::{self, FrameId, Generation};
use crate::frame::{Body, Launch, Point};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::Timestamp;

/// The number of newest generations to read: planted file names must not slow down a start.
const MAX_LOOKED_AT: usize = 1000;

/// Another head of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Other {
    /// Its newest launch.
    pub(crate) head: Generation,
    /// The last frame that changed something, and its time.
    pub(crate) left: Point,
    pub(crate) at: Timestamp,
}

/// The relations between launches.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    launches: SortedMap<Generation, Box<Launch>>,
    bases: Vec<(Generation, Point)>,
    /// For each process that left its log, because it went back in the history or the log became unwritable: the
    /// newest generation in which it continued.
    went_on: SortedMap<u64, Generation>,
}

impl Lines {
    /// Reads the first frames of the newest generations.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn read(catalog: &mut Catalog<'_>) -> backend::Result<Self> {
        let mut lines = Self::default();
        for generation in catalog.generations().iter().rev().take(MAX_LOOKED_AT).copied().collect::<Vec<_>>() {
            match catalog.first(generation)? {
                First::Launch(launch) => {
                    if launch.continued && launch.parent.is_none_or(|parent| parent.index != Point::END) {
                        // The newest one comes first.
                        lines.went_on.get_or_insert(generation.writer, || generation);
                    }
                    lines.launches.insert(generation, launch);
                }
                First::Base(covers) => lines.bases.push((generation, covers)),
                First::Empty | First::Unreadable(_) => {}
            }
        }
        Ok(lines)
    }

    /// Returns the launch and all launches that it continues, as far as they are known.
    pub(crate) fn line(&self, catalog: &mut Catalog<'_>, head: Generation) -> backend::Result<SortedSet<Generation>> {
        let (mut line, mut next) = (SortedSet::new(), vec![head]);
        while let Some(generation) = next.pop() {
            if !line.insert(generation) {
                continue;
            }
            match self.launches.get(&generation) {
                Some(launch) => {
                    let parent = launch.parent.map(|parent| parent.generation);
                    next.extend(parent.filter(|parent| *parent < generation));
                    next.extend(&launch.past);
                }
                // Retention removed it after a base was written that lists the rest of its past.
                None => match self.past_of_bases(catalog, &line)? {
                    Some(past) => next.extend(past),
                    None => next.extend(catalog.launch_below(generation)?),
                },
            }
        }
        Ok(line)
    }

    fn past_of_bases(
        &self,
        catalog: &mut Catalog<'_>,
        line: &SortedSet<Generation>,
    ) -> backend::Result<Option<Vec<Generation>>> {
        let mut past = None;
        for (base, _) in self.bases.iter().filter(|(_, covers)| line.contains(&covers.generation)) {
            past.get_or_insert_with(Vec::new).append(&mut catalog.past_of_base(*base)?);
        }
        Ok(past)
    }

    /// Returns the stored launches of the past of `head`: those among [`known`](Self::known).
    pub(crate) fn past(&self, catalog: &mut Catalog<'_>, head: Generation) -> backend::Result<Vec<Generation>> {
        let known = self.known(catalog, head)?;
        Ok(self.launches.keys().filter(|launch| known.contains(launch)).copied().collect())
    }

    /// Returns the line of `head`, and the lines that a process left on purpose by going back in the history, which
    /// are not other heads.
    fn known(&self, catalog: &mut Catalog<'_>, head: Generation) -> backend::Result<SortedSet<Generation>> {
        let mut known = self.line(catalog, head)?;
        for left in self.launches.keys().rev().filter(|launch| self.was_left(**launch)) {
            if !known.contains(left) {
                known.extend(self.line(catalog, *left)?);
            }
        }
        Ok(known)
    }

    fn was_left(&self, generation: Generation) -> bool {
        self.went_on.get(&generation.writer).is_some_and(|later| *later > generation)
    }

    /// Returns the heads other than `head`, the newest generation first.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn others(&self, catalog: &mut Catalog<'_>, head: Generation) -> backend::Result<Vec<Other>> {
        let mut known = self.known(catalog, head)?;
        let mut others = Vec::new();
        if let Some(parent) = self.parent_that_went_on(head) {
            others.extend(
                last_change(catalog, parent.generation, parent.index.saturating_add(1))?.map(|(left, at)| Other {
                    head: parent.generation,
                    left,
                    at,
                }),
            );
        }
        // Parents that an earlier launch of the line passed over in the same way.
        let passed = self.launches.get(&head).map(|launch| launch.passed.clone()).unwrap_or_default();
        for point in passed.iter().filter(|point| known.contains(&point.generation)) {
            if others.iter().all(|other| other.head != point.generation) {
                let found = last_change(catalog, point.generation, 0)?;
                others.extend(found.map(|(left, at)| Other { head: point.generation, left, at }));
            }
        }
        let parents: SortedSet<_> =
            self.launches.values().filter_map(|launch| Some(launch.parent?.generation)).collect();
        for generation in self.launches.keys().rev() {
            if known.contains(generation) || parents.contains(generation) {
                continue;
            }
            let line = self.line(catalog, *generation)?;
            let new: Vec<_> = line.iter().rev().filter(|one| !known.contains(one)).copied().collect();
            // A launch that changed nothing is not a separate state.
            for one in new {
                if let Some((left, at)) = last_change(catalog, one, 0)? {
                    others.push(Other { head: *generation, left, at });
                    break;
                }
            }
            known.extend(line);
        }
        Ok(others)
    }

    /// If the process of `head` continued a log that still had a writer, returns the point at which they diverged.
    fn parent_that_went_on(&self, head: Generation) -> Option<Point> {
        let first = self.launches.iter().find(|(generation, _)| generation.writer == head.writer)?.1;
        let parent = first.parent.filter(|parent| parent.index == Point::END && !first.continued)?;
        first.at.after.filter(|after| after.generation == parent.generation)
    }

    /// Returns the head that changed something last. A head that a launch of this line passed over wins only if it has
    /// grown since: the wall clock alone must not bring it back.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn newest(&self, catalog: &mut Catalog<'_>, head: Generation) -> backend::Result<Generation> {
        let others = self.others(catalog, head)?;
        let passed = self.launches.get(&head).map(|launch| launch.passed.as_slice()).unwrap_or_default();
        let is_new = |other: &&Other| !passed.contains(&other.left);
        let Some(newest) = others.iter().filter(is_new).max_by_key(|other| other.at) else { return Ok(head) };
        let mut changed = None;
        for generation in self.line(catalog, head)?.into_iter().rev() {
            // The child did not see what its parent wrote after the child began.
            if generation != newest.head {
                changed = last_change(catalog, generation, 0)?;
            }
            if changed.is_some() {
                break;
            }
        }
        Ok(if changed.is_none_or(|(_, at)| newest.at > at) { newest.head } else { head })
    }
}

/// Returns the last frame of a generation, from `from` on, that changed something, and its time.
fn last_change(
    catalog: &mut Catalog<'_>,
    generation: Generation,
    from: u32,
) -> backend::Result<Option<(Point, Timestamp)>> {
    for index in catalog.frames(generation)?.iter().rev().copied().take_while(|index| *index >= from) {
        if let Ok(frame) = read_directory(catalog.backend(), FrameId { generation, index })? {
            if matches!(frame.body, Body::Delta(_)) {
                return Ok(Some((Point { generation, index }, frame.body.at().wall)));
            }
        }
    }
    Ok(None)
}
