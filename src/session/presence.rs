//! What the user touched, whether the user is there, and the markers that greet them when they are back.

use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;
use std::time::Duration;

use super::Session;
use super::spot::Spot;
use crate::error::Error;
use crate::marker::{Mark, Marker, Reason, Renames, Trail, TrailEntry};
use crate::store::{Inner, Presence};
use crate::time::{Now, plausible};

/// What the application said about markers when it opened the session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// So long without a sign of the user, and they were away.
    pub(crate) absence: Duration,
    pub(crate) renames: Renames,
}

/// Trails and markers of all scopes. Owned by the user's thread, so that marking takes no lock.
#[derive(Debug)]
pub(crate) struct Marks {
    trails: BTreeMap<Box<str>, Trail>,
    markers: BTreeMap<Box<str>, Marker>,
    /// Where the elements stand that were marked last.
    spots: BTreeMap<Box<str>, Spot>,
    rules: Rules,
    /// The scope touched last when the markers were made.
    raise: Option<Box<str>>,
    last_seq: u64,
    /// The last sign of the user.
    last_input: Now,
    /// How long the user had been away when the session was opened.
    away_at_open: Option<Duration>,
    suspended: Option<(Reason, Now)>,
}

impl Marks {
    pub(crate) fn restored(
        trails: BTreeMap<Box<str>, Trail>,
        away: Option<Duration>,
        reason: Option<Reason>,
        rules: Rules,
        now: Now,
    ) -> Self {
        let last_seq = trails.values().map(Trail::last_seq).max().unwrap_or(0);
        let mut marks = Self {
            trails,
            markers: BTreeMap::new(),
            spots: BTreeMap::new(),
            rules,
            raise: None,
            last_seq,
            last_input: now,
            away_at_open: away,
            suspended: None,
        };
        for trail in marks.trails.values_mut() {
            trail.mark_written();
        }
        marks.arm(away, reason.as_ref());
        marks
    }

    /// Marks from now on come after all that were ever made before this generation was begun, also those that could not be
    /// read: should they be readable again, ours must not look older than they.
    pub(crate) fn begin_above(&mut self, generation: u64) {
        // Nobody touches an element four thousand million times in one launch.
        let above = generation.min(u64::from(u32::MAX >> 1)) << 32;
        self.last_seq = self.last_seq.max(above);
    }

    /// Freezes a marker for each scope from what was touched last.
    fn arm(&mut self, away: Option<Duration>, reason: Option<&Reason>) {
        self.markers = BTreeMap::new();
        for (scope, trail) in &self.trails {
            if let Some(marker) = Marker::freeze(scope, trail, away, reason.cloned()) {
                self.markers.insert(scope.clone(), marker.renamed(self.rules.renames));
            }
        }
        self.complete_markers();
        let newest =
            self.trails.iter().filter(|(_, trail)| !trail.is_empty()).max_by_key(|(_, trail)| trail.last_seq());
        self.raise = newest.map(|(scope, _)| scope.clone());
    }

    pub(crate) fn note_spots(&mut self, spots: impl IntoIterator<Item = (Box<str>, Spot)>) {
        self.spots.extend(spots);
    }

    /// Tells the markers where their elements stood.
    pub(crate) fn complete_markers(&mut self) {
        for (scope, marker) in &mut self.markers {
            let last = self.trails.get(scope).and_then(Trail::last);
            if let (Some(spot), Some(last)) = (self.spots.get(scope), last) {
                spot.complete(marker, last);
            }
        }
    }

    pub(crate) fn last_of(&self, scope: &str) -> Option<&TrailEntry> {
        self.trails.get(scope)?.last()
    }

    pub(crate) fn spot_of(&self, scope: &str) -> Option<&Spot> {
        self.spots.get(scope)
    }

    /// A sign of the user. After an absence, it brings the marker back.
    fn input(&mut self, now: Now) -> bool {
        let idle = now.since(self.last_input);
        self.last_input = now;
        if idle < self.rules.absence || self.suspended.is_some() {
            return false;
        }
        // Nobody touched anything since the start: the absence before it goes on.
        let before = if self.raise.is_some() { self.away_at_open } else { None };
        self.arm(plausible(Some(idle + before.unwrap_or_default())), Some(&Reason::Absence));
        true
    }

    fn record(&mut self, scope: &str, mark: &Mark<'_>, now: Now) {
        self.input(now);
        self.away_at_open = None;
        self.last_seq += 1;
        // The empty scope is the first: looking it up would compare no bytes, which is dear (see `SectionKey`).
        let known = if scope.is_empty() {
            self.trails.first_entry().filter(|first| first.key().is_empty()).map(OccupiedEntry::into_mut)
        } else {
            self.trails.get_mut(scope)
        };
        if let Some(trail) = known {
            trail.record(mark, self.last_seq, now.wall);
        } else {
            let mut trail = Trail::default();
            trail.record(mark, self.last_seq, now.wall);
            self.trails.insert(scope.into(), trail);
        }
    }

    /// Moves what the log does not have yet to where it will be written from.
    pub(crate) fn drain_into(&mut self, inner: &mut Inner) {
        let again = std::mem::take(&mut inner.retell_marks);
        for (scope, trail) in &mut self.trails {
            let mut any = false;
            for entry in trail.iter().filter(|_| again).chain(trail.unwritten().filter(|_| !again)) {
                inner.pending.add_mark(scope, entry.clone());
                any = true;
            }
            if any {
                trail.mark_written();
            }
        }
    }

    /// Every entry of every trail, written or not.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Box<str>, TrailEntry)> {
        self.trails.iter().flat_map(|(scope, trail)| trail.iter().map(|entry| (scope.clone(), entry.clone())))
    }

    pub(crate) fn close_scope(&mut self, scope: &str) {
        self.trails.remove(scope);
        self.spots.remove(scope);
        self.markers.remove(scope);
        if self.raise.as_deref() == Some(scope) {
            self.raise = None;
        }
    }

    fn last(&self) -> Option<&TrailEntry> {
        self.trails.values().max_by_key(|trail| trail.last_seq())?.last()
    }

    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.trails.keys().map(|scope| &**scope)
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }

    pub(crate) fn forget(&mut self) {
        self.suspended = None;
        self.trails.clear();
        self.spots.clear();
        self.markers.clear();
        self.raise = None;
    }

    pub(crate) fn marker_of(&self, scope: &str) -> Option<&Marker> {
        self.markers.get(scope)
    }

    pub(crate) fn dismiss(&mut self, scope: &str) {
        self.markers.remove(scope);
    }
}

impl Session {
    /// Says that the user did something, and where: `"invoice/42/amount"`, or a [`Mark`] that says more.
    ///
    /// Call it on every interaction; it costs some ten nanoseconds, takes no lock and does no I/O. It makes the next
    /// [`autosave`](Self::autosave) due, which writes it down. Name elements by what they are, never by where they stand:
    /// the interface may be sorted, translated or rebuilt until the name is needed.
    ///
    /// The first mark after an [absence](crate::ABSENCE) brings the [marker](Self::marker) back; the first one after
    /// [`suspend`](Self::suspend) wakes the session.
    pub fn mark<'m>(&mut self, mark: impl Into<Mark<'m>>) {
        self.mark_in("", &mark.into());
    }

    pub(crate) fn mark_in(&mut self, scope: &str, mark: &Mark<'_>) {
        let now = self.store.now();
        if self.marks.suspended.is_some() {
            self.wake();
        }
        self.marks.record(scope, mark, now);
        self.dirty = true;
        self.touched = true;
    }

    /// Says that the user is there without having touched an element: the pointer moved, the window got the focus.
    /// Returns whether that ended an absence, so that the [marker](Self::marker) is to be shown.
    pub fn presence(&mut self) -> bool {
        self.still_alive();
        let now = self.store.now();
        self.marks.input(now)
    }

    /// Where the user left off, if there is something to show: after a start, a [`wake`](Self::wake) or an absence.
    ///
    /// Frozen: it does not follow new marks. It stays until it is [dismissed](Self::dismiss_marker) or the next one
    /// takes its place. With several scopes it is the one of the scope touched last.
    pub fn marker(&self) -> Option<&Marker> {
        self.marks.marker_of(self.marks.raise.as_deref()?)
    }

    /// What the user touched last, in whatever scope, since this start or before: unlike the [marker](Self::marker) it
    /// follows each mark. For a card that is shown while the session is asleep.
    pub fn last_mark(&self) -> Option<&TrailEntry> {
        self.marks.last()
    }

    /// The scope the user touched last before the marker was made: the window to raise.
    pub fn scope_to_raise(&self) -> Option<&str> {
        self.marks.raise.as_deref()
    }

    /// The user has seen the marker, or does not want it: it is gone until the next absence.
    pub fn dismiss_marker(&mut self) {
        if let Some(scope) = self.marks.raise.take() {
            self.marks.dismiss(&scope);
        }
    }

    /// The user is being torn away: a call, a meeting, the lid closes. Everything captured so far goes out, with the
    /// reason, and is synced at once by the flusher; the call itself does not wait for that.
    ///
    /// If the process ends now, the next start reports
    /// [`LastExit::Interrupted`](crate::LastExit::Interrupted). If it lives on, [`wake`](Self::wake) brings the marker.
    /// What the application has not captured yet it should [`save`](Self::save) first.
    ///
    /// # Errors
    /// As [`autosave`](Self::autosave). The reason is then written as soon as the storage answers.
    pub fn suspend(&mut self, reason: impl Into<Reason>) -> Result<(), Error> {
        let reason = reason.into();
        let mut guard = self.store.inner.lock();
        if let Some(refusal) = guard.refusal() {
            drop(guard);
            self.marks.suspended = Some((reason, self.store.now()));
            return Err(refusal);
        }
        // What was touched last is known without asking the application, and there may be no later time to write it.
        self.marks.drain_into(&mut guard);
        guard.pending.presence = Some(Presence::Closed(Some(reason.id().into())));
        guard.orders.sync = true;
        guard.durability.try_at_once();
        drop(guard);
        self.marks.suspended = Some((reason, self.store.now()));
        self.write_now()
    }

    /// The user is back in a program that never closed. Returns the marker to show.
    pub fn wake(&mut self) -> Option<&Marker> {
        let now = self.store.now();
        if let Some((reason, since)) = self.marks.suspended.take() {
            self.marks.last_input = now;
            self.marks.arm(plausible(Some(now.since(since))), Some(&reason));
            let mut guard = self.store.inner.lock();
            if guard.refusal().is_none() {
                guard.pending.presence = Some(Presence::Woken);
                drop(guard);
                // Not written, it is pending, and the status tells; the marker does not depend on it.
                let _ = self.write_now();
            }
        }
        self.marker()
    }
}
