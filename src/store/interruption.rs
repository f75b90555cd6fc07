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
    /// The process ends, whatever the user does.
    is_final: bool,
    /// Runs from its beginning.
    watch: Watch,
    /// How long it lasted, and the watch that runs from its end, once that is reported.
    end: Option<(Away, Watch)>,
}

/// Returns whether the first reason only carries out the second: a shutdown is announced, and then each program is told to
/// stop.
fn is_effect_of(reason: &Reason, cause: &Reason) -> bool {
    use Reason::{Exit, Hangup, Restart, SessionEnd, Terminate};
    match cause {
        SessionEnd | Restart => matches!(reason, Terminate | Hangup | Exit),
        Terminate | Hangup => *reason == Exit,
        _ => false,
    }
}

impl Inner {
    /// Returns the reason for which the session is suspended or interrupted, written or not.
    fn left_for(&self) -> Option<Reason> {
        match self.pending.presence.as_ref().or(self.closed.as_ref())? {
            Presence::Closed(reason) => reason.as_deref().map(Reason::from_id),
            Presence::Woken | Presence::Crashed => None,
        }
    }
}

impl Store {
    /// Records why the user left. If the application has suspended the session, its reason stands, and so does the cause of
    /// this reason.
    pub(crate) fn interrupt(&self, guard: &mut Inner, reason: Reason, is_final: bool) {
        if guard.is_asleep() && guard.interruption.is_none() {
            return;
        }
        // The same reason is in the log once.
        if !guard.left_for().is_some_and(|present| present == reason || is_effect_of(&reason, &present)) {
            guard.pending.presence = Some(Presence::Closed(Some(reason.id().into())));
        }
        match &mut guard.interruption {
            // The user has not come back since the first one.
            Some(interruption) => (interruption.end, interruption.is_final) = (None, is_final),
            none => {
                let watch = Watch::new(self.now(), &*self.clock);
                *none = Some(Interruption { reason, is_final, watch, end: None });
            }
        }
        self.is_interrupted.store(true, Ordering::Release);
    }

    /// Records that the user touched something, and so is back, unless the process is ending.
    pub(crate) fn resume_by_touch(&self, guard: &mut Inner) {
        if !guard.interruption.as_ref().is_some_and(|interruption| interruption.is_final) {
            self.resume(guard);
        }
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
