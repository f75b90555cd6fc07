//! An interruption that another thread reports: a signal, a sleeping machine, the end of the desktop session.

use std::sync::atomic::Ordering;

use super::{Inner, Presence, Store, Who};
use crate::mark::Reason;
use crate::sync::MutexGuard;
use crate::time::{Away, Watch};

/// Why the user left, until the user's thread shows the marker.
#[derive(Debug)]
pub(crate) struct Interruption {
    reason: Reason,
    /// Runs from its beginning.
    watch: Watch,
    /// How long it lasted, and the watch that runs from its end, once that is reported.
    end: Option<(Away, Watch)>,
}

impl Store {
    /// Records why the user left. If the application has suspended the session, its reason stands.
    pub(crate) fn interrupt(&self, guard: &mut Inner, reason: Reason) {
        if guard.is_asleep() && guard.interruption.is_none() {
            return;
        }
        guard.pending.presence = Some(Presence::Closed(Some(reason.id().into())));
        match &mut guard.interruption {
            // The user has not come back since the first one.
            Some(interruption) => interruption.end = None,
            none => {
                let watch = Watch::new(self.now(), &*self.clock);
                *none = Some(Interruption { reason, watch, end: None });
            }
        }
        self.is_interrupted.store(true, Ordering::Release);
    }

    /// Records that the user is back.
    pub(crate) fn resume(&self, guard: &mut Inner) {
        let Some(interruption) = guard.interruption.as_mut().filter(|interruption| interruption.end.is_none()) else {
            return;
        };
        let mut watch = interruption.watch;
        let away = watch.lap(self.now(), &*self.clock);
        interruption.end = Some((away, watch));
        guard.pending.presence = Some(Presence::Woken);
    }

    /// Removes an interruption that is over. Returns the reason, the time away, and the watch that measured it.
    pub(crate) fn take_ended(&self, guard: &mut Inner) -> Option<(Reason, Away, Watch)> {
        let (away, watch) = guard.interruption.as_ref()?.end?;
        let reason = guard.interruption.take()?.reason;
        self.is_interrupted.store(false, Ordering::Release);
        Some((reason, away, watch))
    }

    /// Forgets an interruption: the application says why the user left, or erases everything.
    pub(crate) fn forget_interruption(&self, guard: &mut Inner) {
        guard.interruption = None;
        self.is_interrupted.store(false, Ordering::Release);
    }

    /// Writes what any thread may write at once, and leaves the rest to the flusher: the marks and the small sections
    /// are in the log before a large value is encoded.
    pub(crate) fn write_light(&self, guard: &mut MutexGuard<'_, Inner>) {
        let is_failing = guard.durability.writing.failing().is_some();
        if !is_failing && guard.refusal().is_none() && self.may_write(guard) {
            // If it fails, the flusher retries.
            let _ = self.write_pending(guard, Who::User);
        }
    }
}
