//! Closed scopes, whose contents stay reachable for a while.

use std::sync::Arc;
use std::time::Duration;

use super::layers::{Layer, Layers};
use super::load::Loaded;
use super::parked::ParkedSection;
use crate::frame::SectionKey;
use crate::mark::Trail;
use crate::sorted::SortedMap;
use crate::time::Timestamp;

/// The number of closed scopes that stay reachable, besides those that were closed together last; the ones closed first
/// are dropped first.
pub(crate) const MAX_CLOSED_SCOPES: usize = 32;
/// Scopes that are closed at most this long after each other are closed together: three seconds.
pub(crate) const CLOSED_TOGETHER: Duration = Duration::from_secs(3);

/// A scope as it was when it was closed.
#[derive(Debug, Clone)]
pub(crate) struct ClosedScope {
    pub(crate) name: Arc<str>,
    pub(crate) at: Timestamp,
    pub(crate) sections: SortedMap<Arc<str>, Layers>,
    pub(crate) trail: Trail,
}

/// The number of removed sections recorded as such; the ones removed first are dropped first.
const MAX_REMOVED: usize = 256;
/// The number of imported sections recorded as such; the ones imported first are dropped first.
const MAX_IMPORTED: usize = 1024;

/// Adds a time to a bounded list and drops the oldest one.
fn note(list: &mut SortedMap<SectionKey, Timestamp>, max: usize, key: &SectionKey, at: Timestamp) {
    list.insert(key.clone(), at);
    if list.len() > max {
        let oldest = list.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            list.remove(&oldest);
        }
    }
}

/// Returns the time for a new record: later than all others, because the oldest are dropped first, and a clock that was
/// set back must not make a new record the oldest.
fn after_all(list: &SortedMap<SectionKey, Timestamp>, at: Timestamp) -> Timestamp {
    list.values().max().map_or(at, |last| at.max(Timestamp::from_millis(last.as_millis().saturating_add(1))))
}

impl Loaded {
    /// Records that the application removed a section, so that it is not reported as never saved.
    pub(crate) fn note_removed(&mut self, key: &SectionKey, at: Timestamp) {
        self.put_removed(key, after_all(&self.removed, at));
    }

    /// Repeats a record of a base.
    pub(super) fn put_removed(&mut self, key: &SectionKey, at: Timestamp) {
        note(&mut self.removed, MAX_REMOVED, key, at);
    }

    /// Returns the time under which an import is recorded now.
    pub(crate) fn imported_at(&self, now: Timestamp) -> Timestamp {
        after_all(&self.imported, now)
    }

    /// Drops the quarantined values of a section. If it has no other value, it is recorded as removed, not as never
    /// saved.
    pub(crate) fn drop_parked(&mut self, key: &SectionKey, at: Timestamp) {
        let before = self.parked.len();
        self.parked.retain(|parked| parked.key != *key);
        if self.parked.len() < before && !self.sections.contains_key(key) {
            self.note_removed(key, at);
        }
    }

    /// Records that the section was imported. This happens once, whatever becomes of the section later.
    pub(crate) fn note_imported(&mut self, key: &SectionKey, at: Timestamp) {
        note(&mut self.imported, MAX_IMPORTED, key, at);
    }

    /// Removes the sections of a scope from the state and returns them.
    pub(crate) fn take_scope(&mut self, scope: &str) -> SortedMap<Arc<str>, Layers> {
        let keys: Vec<_> = self.sections.range(SectionKey::all_of(scope)).map(|(key, _)| key.clone()).collect();
        keys.into_iter().filter_map(|key| Some((key.name.clone(), self.sections.remove(&key)?))).collect()
    }

    /// Adds a closed scope.
    ///
    /// Values that the crash guard withheld from the scope stay in quarantine and are not offered again automatically.
    pub(crate) fn keep_closed(&mut self, scope: ClosedScope) {
        for parked in self.parked.iter_mut().filter(|parked| parked.key.scope == scope.name) {
            parked.why = parked.why.closed();
        }
        self.closed.push(scope);
    }

    /// Drops and returns closed scopes, if there are too many: scopes without contents, then the scopes closed first.
    ///
    /// `together` is the number of scopes that were closed last and may be windows of a program that is quitting: the
    /// bound is for the scopes closed before them. Replaying a log drops none, because only the process that closes
    /// scopes can tell which of them are closed together.
    pub(crate) fn bound_closed(&mut self, together: usize) -> Vec<ClosedScope> {
        let mut excess = self.closed.len().saturating_sub(MAX_CLOSED_SCOPES.saturating_add(together));
        if excess == 0 {
            return Vec::new();
        }
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for scope in std::mem::take(&mut self.closed) {
            let goes = excess > 0 && !self.is_worth_opening(&scope);
            excess -= usize::from(goes);
            if goes { &mut dropped } else { &mut kept }.push(scope);
        }
        dropped.extend(kept.drain(..excess));
        self.closed = kept;
        dropped
    }

    /// Returns how many of the scopes closed last were closed together, as far as the wall clock shows it. A wrong
    /// clock can only make it fewer, and the scopes within the bound are kept all the same.
    pub(crate) fn closed_together(&self) -> usize {
        let mut newest_first = self.closed.iter().rev().map(|closed| closed.at);
        let Some(mut last) = newest_first.next() else { return 0 };
        let is_together = |at: &Timestamp| {
            let between = last.since(*at);
            last = *at;
            between.is_some_and(|between| between <= CLOSED_TOGETHER)
        };
        1 + newest_first.take_while(is_together).count()
    }

    /// Returns whether a closed scope has any section of the application, in quarantine or not.
    pub(crate) fn is_worth_opening(&self, closed: &ClosedScope) -> bool {
        let is_withheld = |parked: &ParkedSection| parked.key.scope == closed.name && parked.is_withheld_and_closed();
        closed.sections.keys().any(|name| !SectionKey::new(&closed.name, name).is_own())
            || self.parked.iter().any(is_withheld)
    }

    /// Returns the scope of this name that was closed last, if it is worth opening.
    pub(crate) fn can_reopen(&self, scope: &str) -> Option<&ClosedScope> {
        let closed = self.closed.iter().rev().find(|closed| *closed.name == *scope);
        closed.filter(|closed| self.is_worth_opening(closed))
    }

    /// Returns the scope of this name that was closed last.
    pub(crate) fn last_closed(&mut self, scope: &str) -> Option<&mut ClosedScope> {
        self.closed.iter_mut().rev().find(|closed| *closed.name == *scope)
    }

    pub(super) fn close_scope(&mut self, scope: &str, at: Timestamp, trail: Trail) {
        let sections = self.take_scope(scope);
        self.trails.remove(scope);
        self.refused.retain(|key, _| *key.scope != *scope);
        self.keep_closed(ClosedScope { name: scope.into(), at, sections, trail });
    }

    pub(super) fn put_closed(&mut self, key: &SectionKey, layer: Layer) {
        if let Some(closed) = self.last_closed(&key.scope) {
            closed.sections.insert(key.name.clone(), layer.into());
        }
    }

    /// Moves the sections of the scope that was closed at this time back into the state. Returns its trail.
    pub(crate) fn reopen_scope(&mut self, scope: &str, at: Timestamp) -> Option<Trail> {
        let position = self.closed.iter().rposition(|closed| *closed.name == *scope && closed.at == at)?;
        let ClosedScope { name, sections, trail, .. } = self.closed.remove(position);
        for (section, layers) in sections {
            self.sections.insert(SectionKey { scope: name.clone(), name: section }, layers);
        }
        for parked in self.parked.iter_mut().filter(|parked| parked.key.scope == name) {
            parked.why = parked.why.reopened();
        }
        Some(trail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removal_recorded_while_the_clock_is_set_back_is_not_the_first_to_be_dropped() {
        let mut loaded = Loaded::default();
        let key = |number: usize| SectionKey::new("", &format!("{number:03}"));
        for number in 0..MAX_REMOVED {
            loaded.note_removed(&key(number), Timestamp::from_millis(1_000));
        }
        loaded.note_removed(&key(900), Timestamp::from_millis(0));
        assert_eq!(loaded.removed.len(), MAX_REMOVED);
        assert!(loaded.removed.contains_key(&key(900)) && !loaded.removed.contains_key(&key(0)));
        let at = loaded.imported_at(Timestamp::from_millis(0));
        loaded.note_imported(&key(1), at);
        assert!(loaded.imported_at(Timestamp::from_millis(0)) > at);
    }
}
