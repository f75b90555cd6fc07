//! Earlier states: list them, go back to one, undo that.

use std::sync::Arc;

use super::{LastExit, Session, presence};
use crate::error::Error;
use crate::frame::{Launch, Point};
use crate::generation::{Catalog, Loaded, Writer, history_ends};
use crate::store::Store;
use crate::time::Timestamp;

/// The state as an earlier launch left it, or as it was before an earlier one was gone back to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResumePoint {
    point: Point,
    /// When it was left.
    pub at: Timestamp,
    /// The element touched last, if any was.
    pub element: Option<String>,
    /// Its label, if it had one.
    pub label: Option<String>,
    /// How that launch ended, as far as its own log tells.
    pub exit: LastExit,
}

impl Session {
    /// Earlier states, newest first; the present one is not among them. Launches that saved nothing are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if the place cannot be read.
    pub fn history(&self) -> Result<Vec<ResumePoint>, Error> {
        let head = {
            let guard = self.store.inner.lock();
            if let Some(refusal) = guard.refusal() {
                return Err(refusal);
            }
            guard.writer.as_ref().map(Writer::generation)
        };
        let Some(generation) = head else { return Ok(Vec::new()) };
        let failed = |error| Error::storage("the history cannot be read", error);
        let mut catalog = Catalog::read(&*self.store.backend).map_err(failed)?;
        let most = self.store.settings.retention.launches;
        let ends = history_ends(&mut catalog, Point { generation, index: Point::END }, most).map_err(failed)?;
        let mut points = Vec::new();
        for end in ends {
            let loaded = Loaded::at(&mut catalog, end, None).map_err(failed)?;
            points.extend(ResumePoint::of(end, &loaded));
        }
        Ok(points)
    }

    /// Makes an earlier state the present one. Read all sections again afterwards: they, the marks and the marker are
    /// those of that time. The state as it was until now is not lost; it is the newest entry of the history then.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): the place cannot be read or written; nothing changed.
    pub fn resume_at(&mut self, point: &ResumePoint) -> Result<(), Error> {
        self.settle()?;
        let store = Arc::clone(&self.store);
        let failed = |error| Error::storage("the earlier state cannot be brought back", error);
        let loaded = {
            let mut catalog = Catalog::read(&*store.backend).map_err(failed)?;
            Loaded::at(&mut catalog, point.point, None).map_err(failed)?
        };
        let now = store.now();
        let mut guard = store.inner.lock();
        // A compaction under way would judge by the state we leave what may be removed.
        store.wait_until_idle(&mut guard)?;
        if let Some(refusal) = guard.refusal() {
            return Err(refusal);
        }
        // A parent by its exact last frame, not by its end: that is how a reader tells going back from going on, and
        // keeps the branch we leave as a state of its own.
        let parent = loaded.last_frame.unwrap_or(point.point);
        let launch = Launch {
            parent: Some(parent),
            continued: true,
            ready: guard.ready,
            erasable: guard.loaded.erasable,
            ..Launch::first(Store::moment(now), store.settings.process.clone())
        };
        let mut writer = Writer::new(guard.next_generation(), launch);
        writer.begin(&*store.backend).map_err(failed)?;
        guard.writer = Some(writer);
        // What the branch we leave holds is still to be erased.
        let erasable = guard.loaded.erasable;
        guard.clear();
        guard.closed = None;
        guard.durability.wrote(now);
        (guard.delta_bytes, guard.base_bytes) = (loaded.delta_bytes, loaded.base_bytes);
        guard.delta_frames = loaded.delta_frames;
        let trails = loaded.trails.clone();
        guard.loaded = loaded;
        guard.loaded.erasable |= erasable;
        drop(guard);
        let away = now.wall.since(point.at).and_then(|away| crate::time::plausible(Some(away)));
        self.marks = presence::Marks::restored(trails, away, None, self.marks.rules(), now);
        self.restore_spots();
        self.dirty = false;
        store.notify();
        Ok(())
    }
}

impl ResumePoint {
    fn of(point: Point, loaded: &Loaded) -> Option<Self> {
        if loaded.sections.is_empty() && loaded.trails.is_empty() {
            return None;
        }
        let newest = loaded.trails.values().max_by_key(|trail| trail.last_seq()).and_then(|trail| trail.last());
        let run = &loaded.last_run;
        Some(Self {
            point,
            at: run.last_at.map(|at| at.wall).unwrap_or_default(),
            element: newest.map(|entry| entry.element().to_owned()),
            label: newest.and_then(|entry| entry.label()).map(str::to_owned),
            exit: super::open::last_exit(run, None, true),
        })
    }
}
