//! Earlier states: list them, go back to one, undo that.

use std::io;
use std::sync::Arc;

use super::{LastExit, Session, presence};
use crate::backend::Generation;
use crate::error::Error;
use crate::frame::{Launch, Point};
use crate::generation::{Catalog, Loaded, State, Writer, points};
use crate::store::Store;
use crate::time::Timestamp;

/// A state of the past that can be had again: see [`Session::history`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResumePoint {
    pub(super) point: Point,
    /// When it was left.
    pub at: Timestamp,
    /// The element touched last, if any was.
    pub element: Option<String>,
    /// Its label, if it had one.
    pub label: Option<String>,
    /// How its launch ended, as far as the log of that launch tells. [`LastExit::Unknown`] while it runs, and where only a
    /// summary of its log is left.
    pub exit: LastExit,
}

impl Session {
    /// Earlier states, newest first, of this launch and of those before it. The present state is not among them.
    ///
    /// Of the last hour there is at most one point per minute, of the last day one per ten minutes, and before that one per
    /// day, for thirty days that have any. In each of those places, a state right before a section was removed or lost half of its
    /// bytes goes before the others, then the newest. Apart from that, the ends of the last
    /// [`Builder::DEFAULT_HISTORY_LAUNCHES`](crate::Builder::DEFAULT_HISTORY_LAUNCHES) launches and the last states that going back replaced are points.
    /// States with equal sections take one place: starts in which nothing changes push nothing out. All this is kept within
    /// [`Builder::DEFAULT_HISTORY_BYTES`](crate::Builder::DEFAULT_HISTORY_BYTES), the newest first; [`Builder::keep_history`](crate::Builder::keep_history)
    /// sets both numbers.
    ///
    /// Where two devices or processes without a lock made two heads, the end of the other one is a point;
    /// [`other_states`](Self::other_states) lists such heads alone.
    ///
    /// In a session that shows a copy ([`Outcome::ReadOnly`](crate::Outcome::ReadOnly)), these are the points of the copy, and
    /// [`get_at`](Self::get_at) reads them. What the other instance stored last is its present state, and none of them.
    ///
    /// Reads the directories of all stored frames: call it when the user asks for it, not with every frame of a window.
    ///
    /// ```
    /// use leftoff::{AppId, Section, Session};
    /// use leftoff::backend::MemoryBackend;
    ///
    /// const TEXT: Section<String> = Section::new("text", 1);
    ///
    /// let mut session = Session::builder(AppId::new("com.example.notes")).backend(MemoryBackend::new()).open();
    /// for text in ["call Ana about the offer", ""] {
    ///     session.mark("note/text");
    ///     session.autosave(|capture| capture.set(TEXT, &text.to_owned()))?;
    /// }
    /// // The text was emptied by accident, in this very run.
    /// let point = session.history()?.remove(0);
    /// session.resume_at(&point)?;
    /// assert_eq!(session.get(TEXT)?.as_deref(), Some("call Ana about the offer"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if the place cannot be read.
    pub fn history(&self) -> Result<Vec<ResumePoint>, Error> {
        let failed = |error| Error::storage("the history cannot be read", error);
        let (mut catalog, head) = self.catalog_and_head(failed)?;
        let Some(generation) = head else { return Ok(Vec::new()) };
        let (now, retention) = (self.store.now().wall, self.store.settings.retention);
        let points = points(&mut catalog, generation, now, retention, &|| false).map_err(failed)?;
        Ok(points.into_iter().map(ResumePoint::of).collect())
    }

    /// What is stored, where it can be read: a copy can, although nothing may be saved there.
    pub(super) fn catalog(&self, failed: impl Fn(io::Error) -> Error) -> Result<Catalog<'_>, Error> {
        let refusal = Some(self.store.inner.lock()).filter(|inner| !inner.is_copy()).and_then(|inner| inner.refusal());
        refusal.map_or_else(|| Catalog::read(&*self.store.backend).map_err(failed), Err)
    }

    /// The same, and the generation that the present state ends in: of a copy, the one that its holder is at.
    ///
    /// While the flusher writes without the lock, there is no writer to ask. One that was lost in a panic does not come
    /// before the next round: then the log itself is asked.
    pub(super) fn catalog_and_head(
        &self,
        failed: impl Fn(io::Error) -> Error,
    ) -> Result<(Catalog<'_>, Option<Generation>), Error> {
        let mut guard = self.store.inner.lock();
        if !guard.is_copy() && guard.refusal().is_none() {
            self.store.wait_for_writer(&mut guard)?;
        }
        let writer = guard.writer.as_ref().filter(|_| !guard.is_copy()).map(Writer::generation);
        drop(guard);
        let mut catalog = self.catalog(&failed)?;
        let head = match writer {
            Some(generation) => Some(generation),
            None => catalog.head().map_err(failed)?.generation,
        };
        Ok((catalog, head))
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
        // A head that is gone on with is no other one any more.
        let mut passed = guard.passed.clone();
        passed.retain(|other| other.generation != parent.generation);
        let launch = Launch {
            parent: Some(parent),
            continued: true,
            ready: guard.ready,
            erasable: guard.loaded.erasable,
            unmarked: guard.unmarked,
            passed: passed.clone(),
            ..Launch::first(Store::moment(now), store.settings.process.clone())
        };
        store.backend.rely_on(&loaded.relied_on(Some(parent)));
        let mut writer = Writer::new(guard.next_generation(), launch);
        writer.begin(&*store.backend).map_err(failed)?;
        guard.writer = Some(writer);
        guard.passed = passed;
        // What the branch we leave holds is still to be erased.
        let erasable = guard.loaded.erasable;
        let imported = std::mem::take(&mut guard.loaded.imported);
        let parked = std::mem::take(&mut guard.loaded.parked);
        guard.clear();
        guard.closed = None;
        guard.durability.wrote(now);
        (guard.delta_bytes, guard.base_bytes) = (loaded.delta_bytes, loaded.base_bytes);
        guard.delta_frames = loaded.delta_frames;
        let trails = loaded.trails.clone();
        guard.loaded = loaded;
        guard.loaded.erasable |= erasable;
        guard.go_on_with_imported(imported);
        guard.go_on_with_parked(&*store.backend, parked).map_err(failed)?;
        self.has_withheld = guard.loaded.has_withheld();
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
    pub(super) fn of(state: State) -> Self {
        let State { point, at, touched, exit, .. } = state;
        Self {
            point,
            at,
            element: touched.as_ref().map(|touched| touched.element.clone()),
            label: touched.and_then(|touched| touched.label.clone()),
            exit: exit.map_or(LastExit::Unknown, |run| super::open::last_exit(&run, None, true)),
        }
    }
}
