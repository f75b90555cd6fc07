//! Marks, user presence, and the markers that are shown when the user returns.

mod queries;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::seen::Recorded;
use super::spot::Spot;
use super::undone::Past;
use super::{Saved, Session};
use crate::error::Error;
use crate::frame::SectionKey;
use crate::mark::{Mark, Reason, Trail, TrailEntry};
use crate::marker::{Marker, Renames};
use crate::sorted::{SortedMap, SortedSet, sort};
use crate::store::{Arrived, Inner, Presence};
use crate::time::{Away, Clock, Now, Timestamp, Watch, plausible};

/// The marker settings of the session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The time without user input after which the user is considered away.
    pub(crate) absence: Duration,
    pub(crate) renames: Renames,
}

/// Trails and markers of all scopes. Owned by the UI thread, so that marking takes no lock.
#[derive(Debug, Clone)]
pub(crate) struct Marks {
    pub(super) trails: SortedMap<Arc<str>, Trail>,
    /// Scopes whose trails have changes that are not in the log: a save visits only these.
    changed: Vec<Arc<str>>,
    /// Scopes in the order in which the user entered them, the newest last: see [`note_visit`](Self::note_visit).
    visits: Vec<Arc<str>>,
    pub(super) markers: SortedMap<Arc<str>, Marker>,
    /// The markers of a restore that the user has undone in this launch.
    pub(super) put_by: Option<SortedMap<Arc<str>, Marker>>,
    /// Marks that lead nobody anywhere.
    pub(super) past: SortedMap<Arc<str>, Past>,
    /// The scopes of a state that the user brought back, with the last touches of the state that it replaced.
    pub(super) swapped: Vec<(Arc<str>, Option<TrailEntry>)>,
    /// The locations of the elements marked last.
    pub(super) spots: SortedMap<Arc<str>, Spot>,
    /// What elements looked like when the user was last present.
    pub(super) seen: SortedMap<Arc<str>, Recorded>,
    /// Sections that are never stored, and whose marks have no text.
    pub(super) secrets: SortedSet<SectionKey>,
    /// Counts the user's inputs in this launch.
    pub(super) inputs: u64,
    rules: Rules,
    /// The scope touched last when the markers were made.
    pub(super) raise: Option<Arc<str>>,
    last_seq: u64,
    /// The scope of the last touch since the markers were made.
    pub(super) touched_in: Option<Arc<str>>,
    /// The last user input.
    input: Watch,
    /// How long the user had been away when the session was opened.
    pub(super) away_at_open: Away,
    /// Why the user had left then.
    reason_at_open: Option<Reason>,
    /// How far the wall clock was set ahead since the last mark.
    ahead: Duration,
    suspended: Option<(Reason, Watch)>,
    /// Whether the window has lost the focus since the last input.
    is_unfocused: bool,
    /// Trails that the crash guard withholds.
    withheld: SortedMap<Arc<str>, Trail>,
}

impl Marks {
    pub(crate) fn restored(
        trails: SortedMap<Arc<str>, Trail>,
        away: Away,
        reason: Option<Reason>,
        rules: Rules,
        input: Watch,
    ) -> Self {
        let last_seq = trails.values().map(Trail::last_seq).max().unwrap_or(0);
        let mut marks = Self {
            trails,
            changed: Vec::new(),
            visits: Vec::new(),
            markers: SortedMap::new(),
            put_by: None,
            past: SortedMap::new(),
            swapped: Vec::new(),
            spots: SortedMap::new(),
            seen: SortedMap::new(),
            secrets: SortedSet::new(),
            inputs: 0,
            rules,
            raise: None,
            last_seq,
            touched_in: None,
            input,
            away_at_open: away,
            reason_at_open: reason.clone(),
            ahead: Duration::ZERO,
            suspended: None,
            is_unfocused: false,
            withheld: SortedMap::new(),
        };
        for trail in marks.trails.values_mut() {
            trail.mark_written();
        }
        marks.order_visits();
        marks.arm(away, reason.as_ref());
        marks
    }

    /// No marks yet.
    pub(crate) fn none(rules: Rules, input: Watch) -> Self {
        Self::restored(SortedMap::new(), Away::default(), None, rules, input)
    }

    /// Numbers new marks above all marks made before this generation began, including unreadable ones: if those become
    /// readable again, the new marks must not look older.
    pub(crate) fn begin_above(&mut self, generation: u64) {
        self.last_seq = self.last_seq.max(seq_above(generation));
    }

    /// Renumbers all marks, so that the marks of another instance come before them.
    pub(crate) fn renumber(&mut self, inner: &mut Inner) {
        let by = std::mem::take(&mut inner.marks_shift);
        if by > 0 {
            self.trails.values_mut().for_each(|trail| trail.shift(by));
            self.spots.values_mut().for_each(|spot| spot.shift(by));
            self.past.values_mut().for_each(|past| past.shift(by));
            self.last_seq = self.last_seq.saturating_add(by);
        }
    }

    /// Freezes a marker for each scope from its last mark.
    fn arm(&mut self, away: Away, reason: Option<&Reason>) {
        self.markers = SortedMap::new();
        self.touched_in = None;
        self.ahead = self.ahead.saturating_add(away.ahead);
        let away = Away { ahead: self.ahead, ..away };
        for (scope, trail) in &self.trails {
            if let Some(marker) = Marker::freeze(scope, trail, away, reason.cloned()) {
                self.markers.insert(scope.clone(), marker.renamed(self.rules.renames));
            }
        }
        self.hide_past();
        self.complete_markers();
        self.raise = self.newest_scope();
    }

    /// Adds a note to the last touch of any scope.
    fn note_down(&mut self, note: &str, now: Now) {
        let scope = self.last_visited();
        self.last_seq += 1;
        let trail = self.trails.get_or_default(scope.clone());
        if !trail.has_unwritten() {
            self.changed.push(scope.clone());
        }
        trail.note_down(note, self.last_seq, now.wall);
        self.note_visit(&scope);
    }

    fn is_absent(&self, now: Now, clock: &dyn Clock) -> bool {
        let mut watch = self.input;
        watch.lap(now, clock).length.is_none_or(|length| length >= self.rules.absence)
    }

    /// Records user input. After an absence, freezes new markers and returns `true`.
    pub(crate) fn input(&mut self, now: Now, clock: &dyn Clock) -> bool {
        let idle = self.input.lap(now, clock);
        let is_unfocused = std::mem::take(&mut self.is_unfocused);
        if self.suspended.is_some() {
            // The whole time of the suspend is measured when the session wakes.
            return false;
        }
        self.inputs += 1;
        if idle.length.is_some_and(|length| length < self.rules.absence) {
            self.ahead = self.ahead.saturating_add(idle.ahead);
            return false;
        }
        // If nothing was touched since the start, the absence before the start continues.
        let is_looked_at = self.raise.is_some();
        let before = if is_looked_at { self.away_at_open } else { Away::default() };
        let length = plausible(idle.length.and_then(|idle| idle.checked_add(before.length.unwrap_or_default())));
        let known = self.reason_at_open.clone().filter(|_| is_looked_at);
        let reason = known.unwrap_or(if is_unfocused { Reason::FocusLost } else { Reason::Absence });
        self.arm(Away { length, ..idle }, Some(&reason));
        true
    }

    /// Freezes markers for a user who continues a state from elsewhere.
    pub(super) fn return_after(&mut self, away: Away) {
        (self.away_at_open, self.reason_at_open) = (away, None);
        self.arm(away, None);
    }

    /// Freezes new markers after an interruption that another thread reported, unless the application has suspended the
    /// session since. Returns whether it did.
    pub(crate) fn return_from(&mut self, away: Away, reason: &Reason, watch: Watch) -> bool {
        if self.suspended.is_some() {
            return false;
        }
        self.input = watch;
        self.arm(away, Some(reason));
        true
    }

    pub(super) fn record(&mut self, scope: &str, mark: &Mark<'_>, now: Now, clock: &dyn Clock) {
        self.input(now, clock);
        (self.away_at_open, self.reason_at_open, self.ahead) = (Away::default(), None, Duration::ZERO);
        self.append(scope, mark, now.wall);
        if self.touched_in.as_deref() != Some(scope) {
            self.touched_in = self.visits.last().cloned();
        }
    }

    /// Makes this the last touch of all, without the presence of the user.
    pub(crate) fn append(&mut self, scope: &str, mark: &Mark<'_>, at: Timestamp) {
        self.last_seq += 1;
        // The empty scope sorts first. Looking it up would compare zero bytes, which is expensive (see `SectionKey`).
        let known = if scope.is_empty() {
            self.trails.first_mut().filter(|(first, _)| first.is_empty()).map(|(_, trail)| trail)
        } else {
            self.trails.get_mut(scope)
        };
        let first = known.as_ref().is_none_or(|trail| !trail.has_unwritten());
        if let Some(trail) = known {
            trail.record(mark, self.last_seq, at);
        } else {
            let mut trail = Trail::default();
            trail.record(mark, self.last_seq, at);
            self.trails.insert(scope.into(), trail);
        }
        if first {
            self.changed.push(scope.into());
        }
        self.note_visit(scope);
    }

    /// Keeps the scope touched last at the end of the list, and before it the scope that is last once that one closes.
    /// A scope that the user left and re-entered is listed twice, until the list is twice as long as necessary.
    fn note_visit(&mut self, scope: &str) {
        if self.visits.last().is_some_and(|last| last.len() == scope.len() && (scope.is_empty() || **last == *scope)) {
            return;
        }
        self.visits.push(scope.into());
        if self.visits.len() > 2 * self.trails.len() + 16 {
            let mut listed = SortedSet::new();
            let newest_first = std::mem::take(&mut self.visits).into_iter().rev();
            self.visits =
                newest_first.filter(|scope| self.trails.contains_key(scope) && listed.insert(scope.clone())).collect();
            self.visits.reverse();
        }
    }

    /// Queues the marks that the log does not have yet.
    pub(crate) fn drain_into(&mut self, inner: &mut Inner) {
        self.renumber(inner);
        let mut changed = std::mem::take(&mut self.changed);
        let again = std::mem::take(&mut inner.retell_marks);
        if again {
            changed = self.trails.keys().cloned().collect();
        }
        for scope in changed.drain(..) {
            // The scope was closed since.
            let Some(trail) = self.trails.get_mut(&scope) else { continue };
            for entry in trail.iter().filter(|_| again).chain(trail.unwritten().filter(|_| !again)) {
                inner.pending.marks.add(&scope, entry.clone());
            }
            trail.mark_written();
        }
        // Reuses the allocation.
        self.changed = changed;
    }

    /// Removes the scope and returns its trail, withheld or not.
    pub(crate) fn close_scope(&mut self, scope: &str) -> Trail {
        let mut trail = self.withheld.remove(scope).unwrap_or_default();
        let newer = self.trails.remove(scope).unwrap_or_default();
        newer.iter().for_each(|entry| trail.absorb(entry.clone()));
        while self.visits.last().is_some_and(|last| !self.trails.contains_key(last)) {
            self.visits.pop();
        }
        self.spots.remove(scope);
        self.seen.remove(scope);
        self.markers.remove(scope);
        self.past.remove(scope);
        if self.raise.as_deref() == Some(scope) {
            self.raise = None;
        }
        trail
    }

    /// Restores the scope with this trail, which is already in the log.
    pub(crate) fn put_trail(&mut self, scope: &str, trail: Trail) {
        self.last_seq = self.last_seq.max(trail.last_seq());
        if let Some(marker) = Marker::freeze(scope, &trail, Away::default(), None) {
            self.markers.insert(scope.into(), marker.renamed(self.rules.renames));
        }
        self.past.remove(scope);
        self.trails.insert(scope.into(), trail);
        self.order_visits();
    }

    fn order_visits(&mut self) {
        let mut visits: Vec<_> = self.trails.iter().map(|(scope, trail)| (trail.last_seq(), scope.clone())).collect();
        sort(&mut visits);
        self.visits = visits.into_iter().map(|(_, scope)| scope).collect();
    }

    /// Returns `None` if nothing was touched.
    pub(crate) fn last_seq_of(&self, scope: &str) -> Option<u64> {
        self.trails.get(scope).map(Trail::last_seq)
    }

    /// Withholds all trails. Their numbers stay taken, so that new marks come after them.
    pub(crate) fn withhold(&mut self) {
        self.withheld = std::mem::take(&mut self.trails);
        self.spots.clear();
        self.seen.clear();
        self.arm(Away::default(), None);
    }

    /// Shows the marks that a take-over found. The marks made here come after them.
    pub(crate) fn arrive(&mut self, arrived: Arrived) {
        let Arrived { mut trails, away, reason, is_withheld } = arrived;
        trails.values_mut().for_each(Trail::mark_written);
        self.last_seq = trails.values().map(Trail::last_seq).fold(self.last_seq, u64::max);
        if is_withheld {
            self.withheld = trails;
            return;
        }
        let own = std::mem::replace(&mut self.trails, trails);
        let is_untouched = own.is_empty();
        for (scope, trail) in own {
            let known = self.trails.get_or_default(scope);
            trail.iter().for_each(|entry| known.absorb(entry.clone()));
        }
        self.order_visits();
        if is_untouched {
            (self.away_at_open, self.reason_at_open) = (away, reason.clone());
            self.arm(away, reason.as_ref());
        }
    }

    /// Restores the withheld trails, appends the marks made since, and freezes new markers. Returns whether there were
    /// any.
    pub(crate) fn bring_back(&mut self) -> bool {
        let newer = std::mem::replace(&mut self.trails, std::mem::take(&mut self.withheld));
        let any = !self.trails.is_empty();
        for (scope, trail) in newer {
            let known = self.trails.get_or_default(scope);
            trail.iter().for_each(|entry| known.absorb(entry.clone()));
        }
        if any {
            self.arm(Away { ahead: Duration::ZERO, ..self.away_at_open }, None);
        }
        any
    }

    fn last(&self) -> Option<&TrailEntry> {
        self.trails.get(self.visits.last()?)?.last()
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }
}

/// Returns a number above those of all marks made before this generation began.
pub(crate) fn seq_above(generation: u64) -> u64 {
    // No launch makes 2³² marks.
    generation.min(u64::from(u32::MAX >> 1)) << 32
}

impl Session {
    /// Records a user interaction with an element, such as `"invoice/42/amount"`, or a [`Mark`] with more details.
    ///
    /// Call it on every interaction: it costs about 0.2 µs, takes no lock and does no I/O (except for the
    /// first mark after a section was returned, which records that the launch survived it). It makes the next
    /// [`autosave`](Self::autosave) due, which writes the mark. Name elements by what they are, never by their
    /// position: the interface may be sorted, translated or rebuilt before the name is needed.
    ///
    /// The first mark after an [absence](crate::Builder::DEFAULT_IDLE_AFTER) brings the [marker](Self::marker) back;
    /// the first mark after [`suspend`](Self::suspend) wakes the session.
    pub fn mark<'m>(&mut self, mark: impl Into<Mark<'m>>) {
        self.mark_in("", &mark.into());
    }

    pub(crate) fn mark_in(&mut self, scope: &str, mark: &Mark<'_>) {
        self.still_alive();
        self.catch_up();
        self.end_interruption(true);
        let now = self.store.now();
        if self.marks.suspended.is_some() {
            self.wake();
        }
        let may_be_secret = !self.marks.secrets.is_empty() || !self.store.settings.scopes.is_empty();
        if may_be_secret && self.is_secret(scope, &mark.element) {
            self.record_secret(scope, mark, now);
        } else {
            self.marks.record(scope, mark, now, &*self.store.clock);
        }
        self.quitting.is_over();
        self.dirty = true;
        self.touched = true;
    }

    /// Records that the user is present without having touched an element.
    ///
    /// For example, the pointer moved, or the window got the focus.
    ///
    /// Returns whether this ended an absence, so that the [marker](Self::marker) should be shown.
    pub fn user_active(&mut self) -> bool {
        self.still_alive();
        self.catch_up();
        let now = self.store.now();
        if self.store.is_interrupted.load(Ordering::Acquire) {
            // What follows an interruption at once is none of the user's doing. After a long silence, the user is back,
            // even if nothing reported the end.
            let is_long = self.marks.is_absent(now, &*self.store.clock);
            return self.end_interruption(is_long);
        }
        self.marks.input(now, &*self.store.clock)
    }

    /// Records that the program has lost the focus to another one.
    ///
    /// That alone is no interruption. If it becomes an [absence](crate::Builder::DEFAULT_IDLE_AFTER), the marker has the
    /// reason [`FocusLost`](Reason::FocusLost) instead of [`Absence`](Reason::Absence).
    ///
    /// ```
    /// # let mut session = leftoff::Session::in_memory();
    /// // The window's event handler:
    /// session.focus_lost();
    /// // With the next input, the user is back.
    /// session.user_active();
    /// ```
    pub fn focus_lost(&mut self) {
        self.catch_up();
        self.marks.is_unfocused = true;
    }

    /// Returns where the user left off, after a start, a [`wake`](Self::wake) or an absence.
    ///
    /// Returns `None` if there is nothing to show.
    ///
    /// The marker is frozen: it does not follow new marks. It stays until it is [dismissed](Self::dismiss_marker) or
    /// replaced by the next one. With several scopes, it is the marker of the scope touched last.
    pub fn marker(&self) -> Option<&Marker> {
        let marker = self.marks.marker_of(self.marks.raise.as_deref()?)?;
        self.note_marker();
        Some(marker)
    }

    /// Returns the last mark in any scope, from this launch or an earlier one.
    ///
    /// Unlike the [marker](Self::marker), it follows each mark. For a card that is shown while the session is
    /// suspended.
    pub fn last_mark(&self) -> Option<&TrailEntry> {
        self.marks.last()
    }

    /// Returns the scope that the user touched last before the marker was made: the window to raise.
    pub fn last_active_scope(&self) -> Option<&str> {
        self.marks.raise.as_deref()
    }

    /// Dismisses the marker until the next absence, because the user has seen it or does not want it.
    pub fn dismiss_marker(&mut self) {
        self.still_alive();
        if let Some(scope) = self.marks.raise.take() {
            self.marks.dismiss(&scope);
        }
    }

    /// Records that the user is being interrupted: a call, a meeting, a closed lid.
    ///
    /// Writes everything captured so far, with the reason. The flusher syncs it at once; this call does not wait for
    /// that.
    ///
    /// If the process ends now, the next start reports [`LastExit::Interrupted`](crate::LastExit::Interrupted). If it
    /// continues, [`wake`](Self::wake) returns the marker. Before this call, the application should
    /// [`save`](Self::save) what it has not captured yet.
    ///
    /// Storage trouble is not an error: with [`Saved::Deferred`], the reason is written as soon as storage works
    /// again; with [`Saved::Off`], never. [`status`](Self::status) gives the cause. The session is suspended in each
    /// case.
    ///
    /// # Errors
    /// As for [`autosave`](Self::autosave), only mistakes that a developer must fix:
    /// [`ErrorKind::Encode`](crate::ErrorKind) or [`ErrorKind::TooLarge`](crate::ErrorKind) if a value that was
    /// [shared](crate::Capture::share) earlier could not be encoded.
    pub fn suspend(&mut self, reason: impl Into<Reason>) -> Result<Saved, Error> {
        self.note_life();
        let reason = reason.into();
        let mut guard = self.store.inner.lock();
        if guard.is_off() {
            drop(guard);
            self.marks.suspended = Some((reason, self.watch()));
            return Ok(Saved::Off);
        }
        self.store.forget_interruption(&mut guard);
        // Marks are written without asking the application, because there may be no later opportunity.
        self.marks.drain_into(&mut guard);
        guard.pending.presence = Some(Presence::Closed(Some(reason.id().into())));
        guard.orders.sync = true;
        guard.durability.try_at_once();
        let rejected = guard.job_error.take();
        drop(guard);
        self.marks.suspended = Some((reason, self.watch()));
        let written = self.write_now().unwrap_or(Saved::Deferred);
        rejected.map_or(Ok(written), Err)
    }

    /// Like [`suspend`](Self::suspend), with a line that the user writes down: `"next: call Ana"`.
    ///
    /// The card shows it first when the user is back ([`Card::note`](crate::marker::Card::note)). People who note the
    /// next step before they turn to an interruption resume sooner. The line belongs to the element touched last, and is
    /// cut at [`Mark::MAX_TEXT`] bytes; with an empty one, this is [`suspend`](Self::suspend).
    ///
    /// ```
    /// use leftoff::{Reason, Session};
    ///
    /// let mut session = Session::in_memory();
    /// session.mark("mail/7/body");
    /// session.suspend_with_note(Reason::Call, "next: ask Ana for the figures")?;
    /// // The call is over.
    /// let card = session.wake().unwrap().card_now();
    /// assert_eq!(card.to_string().lines().next(), Some("Note: next: ask Ana for the figures"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`suspend`](Self::suspend).
    pub fn suspend_with_note(&mut self, reason: impl Into<Reason>, note: &str) -> Result<Saved, Error> {
        let note = note.trim();
        if !note.is_empty() {
            self.catch_up();
            self.marks.note_down(note, self.store.now());
        }
        self.suspend(reason)
    }

    fn watch(&self) -> Watch {
        Watch::new(self.store.now(), &*self.store.clock)
    }

    /// Records that the user is back in a program that was suspended. Returns the marker to show.
    pub fn wake(&mut self) -> Option<&Marker> {
        self.still_alive();
        if let Some((reason, mut watch)) = self.marks.suspended.take() {
            let away = watch.lap(self.store.now(), &*self.store.clock);
            self.marks.input = watch;
            self.marks.arm(away, Some(&reason));
            let mut guard = self.store.inner.lock();
            if !guard.is_off() {
                guard.pending.presence = Some(Presence::Woken);
                drop(guard);
                // If the write fails, it stays pending and the status shows it; the marker does not depend on it.
                let _ = self.write_now();
            }
        } else if self.end_interruption(true) {
            let _ = self.write_now();
        }
        self.marker()
    }
}

#[cfg(test)]
mod tests;
