//! Compaction: a new log, and a base of everything before it.

use std::sync::Arc;

use super::lost::continued;
use super::work::Guard;
use super::{Life, Log, Presence, Store, Work};
use crate::backend::{self, Backend, Generation};
use crate::error::Error;
use crate::frame::Point;
use crate::generation::{Writer, remove_superseded, retain, retain_only_present, write_base};
use crate::sync::MutexGuard;

/// The number of logs above which another base is written to remove some of them.
const MANY_GENERATIONS: usize = 64;

/// The log that is written, and what a base must be written for.
struct Switched {
    log: Generation,
    /// The end of the log before it.
    covers: Point,
    /// An earlier log that this one replaces.
    replaced: Option<Generation>,
}

impl Store {
    pub(super) fn compact_or_fail(&self, guard: &mut Guard<'_>, erase: bool) -> bool {
        let (begun, attempt) = (self.now(), guard.durability.asked());
        let (reaches, at) = (guard.durability.written, guard.durability.written_at);
        // A base that is only a second copy is not worth any history.
        let is_needed = guard.must_move() || erase || guard.compaction_is_due();
        let mut result = self.compact(guard, erase);
        while is_needed && result.as_ref().is_err_and(backend::Error::is_full) && self.make_room_for_base(guard) {
            result = self.compact(guard, erase);
        }
        let is_lost = guard.log == Log::Refused;
        let durability = &mut guard.durability;
        match result {
            Ok(based) => {
                durability.compacting.is_over();
                if based {
                    durability.distrusted = false;
                    if self.backend.is_underway() {
                        durability.syncing.put_off(begun);
                    } else {
                        durability.synced_to(reaches, at, begun);
                    }
                }
                guard.orders.compact = false;
                based
            }
            Err(error) => {
                let message = if is_lost {
                    super::NOT_WRITTEN
                } else {
                    "could not compact the log; the present log stays in use"
                };
                let error = Error::storage(message, error);
                let now = self.now();
                if durability.distrusted {
                    durability.sync_failed(attempt, error.clone(), now);
                }
                if is_lost {
                    durability.write_failed(attempt, error.clone(), now);
                }
                durability.compacting.failed(error, now);
                false
            }
        }
    }

    /// Moves the log to a new generation, writes everything before it into a base, and removes what is no longer
    /// needed. Returns `false` if there was no base to write.
    ///
    /// The UI thread continues meanwhile: first in the old generation, then, after the switch, in the new one. If the
    /// process dies anywhere in here, the next reader finds the new generation (or does not), walks to its parent,
    /// which is the end of the old one, and from there to the older base, exactly as if compaction had not begun.
    fn compact(&self, guard: &mut Guard<'_>, erase: bool) -> backend::Result<bool> {
        let Some(old) = guard.writer.as_ref().map(Writer::generation) else { return Ok(false) };
        if let Some(newest) = guard.writer.as_ref().and_then(Writer::point) {
            // The log may have been replaced by an older copy, so its last frame decides.
            let frames = MutexGuard::unlocked(guard, || self.backend.frames(old))?;
            if !frames.into_iter().any(|index| index >= newest.index) {
                self.begin_again(guard, erase)?;
                return Ok(true);
            }
        }
        // A base would cut the log off from the state that a newer version wrote. The state that this process wrote is
        // safe nevertheless once it is in a new log.
        if guard.loaded.is_from_future() {
            if guard.durability.distrusted && !erase {
                self.begin_again(guard, erase)?;
                return Ok(true);
            }
            return Ok(false);
        }
        self.settle_groups(guard)?;
        // A full disk causes many attempts, so the log that the last attempt began is reused.
        let unbased = guard.unbased.filter(|(log, _)| *log == old && !erase);
        let switched = match unbased {
            Some((log, covers)) => Some(Switched { log, covers, replaced: None }),
            None => self.switch(guard, old)?,
        };
        let Some(switched) = switched else { return Ok(false) };
        guard.log = Log::Continues;
        self.base(guard, switched, erase)
    }

    /// Begins a new generation and makes it the log. Returns `None` if the old one has no frame.
    fn switch(&self, guard: &mut Guard<'_>, old: Generation) -> backend::Result<Option<Switched>> {
        // A log that an earlier attempt began and nothing followed is replaced.
        let unused = guard.writer.as_ref().and_then(Writer::unused_after);
        let parent = unused.map_or(old, |after| after.generation);
        let log = guard.next_generation();
        let launch = continued(guard, self, Some(Point { generation: parent, index: Point::END }));
        let (ready, closed) = (launch.ready, guard.closed.clone());
        let mut writer = Writer::new(log, launch);
        // Out of reach of the UI thread, if it is to be replaced: a frame written to it now would not be continued.
        let held = unused.and_then(|_| guard.writer.take());
        let begun = MutexGuard::unlocked(guard, || writer.begin(&*self.backend));
        guard.writer = held.or(guard.writer.take());
        self.progress.notify_all();
        begun?;
        // From here on nothing is written to the old log; the next frame of the new one records where it ended.
        if let Some(old) = &guard.writer {
            writer.take_over(old);
        }
        let end = guard.writer.replace(writer).and_then(|old| old.point());
        // The signs of life and of presence recorded in the old generation between the new one's first frame and the
        // switch.
        guard.pending.alive |= guard.ready && !ready;
        if guard.closed != closed && guard.pending.presence.is_none() {
            guard.pending.presence = Some(guard.closed.clone().unwrap_or(Presence::Woken));
        }
        guard.length.leave_log();
        let covers = unused.or(end);
        guard.unbased = covers.map(|covers| (log, covers));
        Ok(covers.map(|covers| Switched { log, covers, replaced: unused.map(|_| old) }))
    }

    /// Writes the base, and removes what it makes unnecessary.
    fn base(&self, guard: &mut Guard<'_>, switched: Switched, erase: bool) -> backend::Result<bool> {
        let Switched { log, covers, replaced } = switched;
        let base = guard.next_generation();
        let (at, now) = (Self::moment(self.now()), self.when());
        let head = Point { generation: log, index: Point::END };
        let in_use = guard.in_use();
        let others = Arc::clone(&guard.others);
        // A closed scope that a pending change reopens is not among the closed scopes any more, but it is in the log.
        let closed = guard.loaded.closed.len() + guard.pending.scopes.len();
        let before = std::mem::replace(&mut guard.work, Work::Compacting);
        let mut is_refused = false;
        let result = MutexGuard::unlocked(guard, || {
            if let Some(replaced) = replaced {
                // If the process dies before it, the next reader finds two logs with the same parent, and the older one
                // changed nothing.
                drop(remove_superseded(&*self.backend, replaced, &others));
            }
            let written = write_base(&*self.backend, base, covers, at, closed, erase);
            if written.is_err() {
                is_refused = self.backend.frames(base).is_ok_and(|frames| frames.is_empty());
                // A partial base is useless; if it cannot be removed either, the next reader skips it.
                let _ = self.backend.remove(base);
            }
            let size = written?;
            if let Some(size) = size {
                // Before the removal of old logs, which takes longer and must slow no autosave down.
                self.inner.lock().length.based(size);
            }
            let mut erased = erase;
            match size {
                Some(_) if erase => erased = retain_only_present(&*self.backend, head, &others)?,
                // A removal that fails here is retried after the next base.
                Some(_) => {
                    // A closing session must not wait for the removal of old logs.
                    let is_hurried = || matches!(self.inner.lock().life, Life::Stopping(_));
                    let retention = self.settings.retention;
                    drop(retain(&*self.backend, head, now, retention, &in_use, &others, is_hurried));
                }
                None => {}
            }
            Ok::<_, backend::Error>((size, erased, self.backend.generations()?.len(), self.backend.room()))
        });
        guard.work = before;
        // After a failed sync, the new log cannot be trusted either.
        guard.unbased.take_if(|_| !is_refused);
        let (size, erased, generations, room) = result?;
        guard.room.was_told(room);
        if size.is_some() {
            guard.bases += 1;
            // A long chain of old logs is kept as the second copy until a second base exists, so write that soon. Once
            // only: the logs that remain after it belong to the history.
            if generations > MANY_GENERATIONS && !guard.rest.was_repeated {
                (guard.rest.was_repeated, guard.rest.soon) = (true, true);
            }
        }
        Ok(size.is_some() && erased == erase)
    }
}
