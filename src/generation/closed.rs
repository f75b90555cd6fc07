//! Closed scopes, whose contents stay reachable for a while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::layers::{Layer, Layers};
use super::load::Loaded;
use super::parked::ParkedSection;
use crate::frame::SectionKey;
use crate::mark::Trail;
use crate::time::{Timestamp, plausible};

/// The number of closed scopes that stay reachable; the ones closed first are dropped first.
pub(crate) const MAX_CLOSED_SCOPES: usize = 32;
/// How long a closed scope stays reachable: 30 days.
pub(crate) const CLOSED_SCOPES_FOR: Duration = Duration::from_secs(30 * 86_400);

/// A scope as it was when it was closed.
#[derive(Debug, Clone)]
pub(crate) struct ClosedScope {
    pub(crate) name: Arc<str>,
    pub(crate) at: Timestamp,
    pub(crate) sections: BTreeMap<Arc<str>, Layers>,
    pub(crate) trail: Trail,
}

impl ClosedScope {
    /// Returns whether it was closed too long ago. A clock that was set back, or absurdly far ahead, makes nothing
    /// old.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        plausible(now.since(self.at)).is_some_and(|age| age > CLOSED_SCOPES_FOR)
    }
}

/// The number of removed sections recorded as such; the ones removed first are dropped first.
const MAX_REMOVED: usize = 256;
/// The number of imported sections recorded as such; the ones imported first are dropped first.
const MAX_IMPORTED: usize = 1024;

/// Adds a time to a bounded list and drops the oldest one.
fn note(list: &mut BTreeMap<SectionKey, Timestamp>, max: usize, key: &SectionKey, at: Timestamp) {
    list.insert(key.clone(), at);
    if list.len() > max {
        let oldest = list.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            list.remove(&oldest);
        }
    }
}

impl Loaded {
    /// Records that the application removed a section, so that it is not reported as never saved.
    pub(crate) fn note_removed(&mut self, key: &SectionKey, at: Timestamp) {
        note(&mut self.removed, MAX_REMOVED, key, at);
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
    pub(crate) fn take_scope(&mut self, scope: &str) -> BTreeMap<Arc<str>, Layers> {
        let keys: Vec<_> = self.sections.range(SectionKey::all_of(scope)).map(|(key, _)| key.clone()).collect();
        keys.into_iter().filter_map(|key| Some((key.name.clone(), self.sections.remove(&key)?))).collect()
    }

    /// Adds a closed scope. If there are too many, drops and returns a scope without contents, or else the scope
    /// closed first.
    ///
    /// Values that the crash guard withheld from the scope stay in quarantine and are not offered again automatically.
    pub(crate) fn keep_closed(&mut self, scope: ClosedScope) -> Option<ClosedScope> {
        for parked in self.parked.iter_mut().filter(|parked| parked.key.scope == scope.name) {
            parked.why = parked.why.closed();
        }
        self.closed.push(scope);
        let goes = self.closed.iter().position(|closed| !self.is_worth_opening(closed)).unwrap_or(0);
        (self.closed.len() > MAX_CLOSED_SCOPES).then(|| self.closed.remove(goes))
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
