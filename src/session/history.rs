//! Earlier states: listing them, going back to one, and undoing that.

use std::sync::Arc;

use super::taken::reason_of;
use super::{Session, presence};
use crate::backend::{self, Backend, Generation};
use crate::error::Error;
use crate::frame::{Caution, Launch, Machine, Point, When};
use crate::generation::{Catalog, Loaded, State, Writer, points};
use crate::marker::TrailLine;
use crate::report::LastExit;
use crate::store::{Length, Store};
use crate::time::{Away, Timestamp, Watch, plausible};

/// An earlier state that can be restored: see [`Session::history`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResumePoint {
    pub(super) point: Point,
    pub(super) machine: Option<Machine>,
    /// When this state was replaced by the next one.
    pub at: Timestamp,
    /// The element touched last, if any.
    pub element: Option<String>,
    /// Its label, if any.
    pub label: Option<String>,
    /// How its launch ended, as far as the log shows.
    ///
    /// [`LastExit::Unknown`] while the launch runs, and where only a base made from its log is left.
    pub exit: LastExit,
}

impl Session {
    /// Returns earlier states, newest first, of this launch and of earlier launches, without the present state.
    ///
    /// - Of the last hour there is at most one point per minute, of the last day one per ten minutes, and before that
    ///   one per day, for thirty days that have any. Within each of those intervals, a state right before a section
    ///   was removed or lost half of its bytes takes precedence, then the newest.
    /// - The ends of the last [`Builder::DEFAULT_HISTORY_LAUNCHES`](crate::Builder::DEFAULT_HISTORY_LAUNCHES)
    ///   launches, and the last states that going back replaced, are points in any case.
    /// - States with equal sections count as one, so launches that change nothing displace nothing.
    /// - All points together are limited to [`Builder::DEFAULT_HISTORY_BYTES`](crate::Builder::DEFAULT_HISTORY_BYTES),
    ///   the newest first. [`Builder::history_launches`](crate::Builder::history_launches) and
    ///   [`Builder::history_bytes`](crate::Builder::history_bytes) set the two numbers.
    ///
    /// If two devices, or two processes without a lock, made two heads, the end of the other head is a point;
    /// [`other_states`](Self::other_states) lists only such heads.
    ///
    /// In a session that shows a copy ([`Outcome::ReadOnly`](crate::Outcome::ReadOnly)), these are the points of the
    /// copy, and [`get_at`](Self::get_at) reads them. The state that the other instance stored last is its present
    /// state and not among them.
    ///
    /// Reads the directories of all stored frames: call it when the user asks for it, not on every frame of a window.
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
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if storage cannot be read.
    pub fn history(&self) -> Result<Vec<ResumePoint>, Error> {
        let failed = |error| Error::storage("could not read the history", error);
        let (mut catalog, head) = self.catalog_and_head(failed)?;
        let Some(generation) = head else { return Ok(Vec::new()) };
        let (now, retention) = (self.store.when(), self.store.settings.retention);
        let points = points(&mut catalog, generation, now, retention, &|| false).map_err(failed)?;
        Ok(points.into_iter().flatten().map(ResumePoint::of).collect())
    }

    /// Returns the catalog of stored generations. A copy can be read although nothing may be saved in it.
    pub(super) fn catalog(&self, failed: impl Fn(backend::Error) -> Error) -> Result<Catalog<'_>, Error> {
        let refusal = Some(self.store.inner.lock()).filter(|inner| !inner.is_copy()).and_then(|inner| inner.refusal());
        refusal.map_or_else(|| Catalog::read(&*self.store.backend).map_err(failed), Err)
    }

    /// Returns the catalog and the generation that the present state ends in; for a copy, the generation of its holder.
    ///
    /// While the flusher writes without the lock, this waits for the writer. A writer that was lost in a panic does not
    /// come back before the next round: then the log itself determines the generation.
    pub(super) fn catalog_and_head(
        &self,
        failed: impl Fn(backend::Error) -> Error,
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

    /// Makes an earlier state the present one.
    ///
    /// Read all sections again afterwards: sections, marks and marker are then those of the earlier state. The
    /// replaced state is not lost; it becomes the newest entry of the history.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): storage cannot be read or written; nothing changed.
    pub fn resume_at(&mut self, point: &ResumePoint) -> Result<(), Error> {
        self.settle()?;
        let store = Arc::clone(&self.store);
        let failed = |error| Error::storage("could not restore the earlier state", error);
        let mut loaded = {
            let mut catalog = Catalog::read(&*store.backend).map_err(failed)?;
            Loaded::at(&mut catalog, point.point, None).map_err(failed)?
        };
        loaded.bound_closed(loaded.closed_together());
        let now = store.now();
        let mut guard = store.inner.lock();
        // A running compaction would choose what to remove by the state that is being left.
        store.wait_until_idle(&mut guard)?;
        if let Some(refusal) = guard.refusal() {
            return Err(refusal);
        }
        // The parent is the exact last frame, not the end of its log. This is how a reader distinguishes going back
        // from continuing, and keeps the branch that is being left as a separate state.
        let parent = loaded.last_frame.unwrap_or(point.point);
        // A head that this launch continues is no longer another head.
        let mut passed = guard.passed.clone();
        passed.retain(|other| other.generation != parent.generation);
        let launch = Launch {
            parent: Some(parent),
            continued: true,
            ready: guard.ready,
            erasable: guard.loaded.erasable,
            caution: Caution { unmarked: guard.caution.unmarked, ..Caution::default() },
            passed: passed.clone(),
            restart: guard.restart.is_asked(),
            ..Launch::first(Store::moment(now), store.settings.process.clone())
        };
        store.backend.rely_on(&loaded.relied_on(Some(parent)));
        let mut writer = Writer::new(guard.next_generation(), launch);
        writer.begin(&*store.backend).map_err(failed)?;
        guard.writer = Some(writer);
        guard.passed = passed;
        guard.left = None;
        // Sections of the branch that is being left must still be erased.
        let erasable = guard.loaded.erasable;
        let imported = std::mem::take(&mut guard.loaded.imported);
        let parked = std::mem::take(&mut guard.loaded.parked);
        guard.clear();
        guard.closed = None;
        guard.durability.wrote(now);
        guard.length = Length::of(&loaded);
        let trails = loaded.trails.clone();
        guard.loaded = loaded;
        guard.loaded.erasable |= erasable;
        guard.go_on_with_imported(imported);
        guard.go_on_with_parked(&*store.backend, parked).map_err(failed)?;
        self.hints.has_withheld = guard.loaded.has_withheld();
        drop(guard);
        let then = When { wall: point.at, machine: point.machine };
        let length = plausible(store.when().since(then));
        let away = Away::new(length, now.wall.since(point.at));
        let watch = Watch::new(now, &*store.clock);
        *self.marks = presence::Marks::restored(trails, away, None, self.marks.rules(), watch);
        self.restore_spots();
        self.dirty = false;
        store.notify();
        Ok(())
    }
}

impl ResumePoint {
    /// Returns the state as a line of a timeline: "Amount, today at 16:07, before a call". The time is that at which the
    /// state was replaced, and `offset` is as for [`TrailEntry::line`](crate::marker::TrailEntry::line).
    pub fn line(&self, now: impl Into<Timestamp>, offset: impl Fn(Timestamp) -> Option<i32>) -> TrailLine {
        let reason = reason_of(&self.exit, false);
        let touched = [&self.element, &self.label].map(Option::as_deref);
        TrailLine::of_state(touched, self.at, reason.as_ref(), now.into(), &offset)
    }

    pub(super) fn of(state: State) -> Self {
        let State { point, at, touched, exit, .. } = state;
        Self {
            point,
            at: at.wall,
            machine: at.machine,
            element: touched.as_ref().map(|touched| touched.element.clone()),
            label: touched.and_then(|touched| touched.label.clone()),
            exit: exit.map_or(LastExit::Unknown, |run| super::open::last_exit(&run, None, true)),
        }
    }
}
