//! Scopes that were closed: what they had stays reachable for a while.

use std::collections::BTreeMap;
use std::time::Duration;

use super::layers::{Layer, Layers};
use super::load::Loaded;
use super::parked::ParkedSection;
use crate::frame::SectionKey;
use crate::mark::Trail;
use crate::time::{Timestamp, plausible};

/// How many closed scopes stay reachable; the ones closed first go first.
pub(crate) const MAX_CLOSED_SCOPES: usize = 32;
/// How long a closed scope stays reachable: 30 days.
pub(crate) const CLOSED_SCOPES_FOR: Duration = Duration::from_secs(30 * 86_400);

/// A scope as it was when it was closed.
#[derive(Debug, Clone)]
pub(crate) struct ClosedScope {
    pub(crate) name: Box<str>,
    pub(crate) at: Timestamp,
    pub(crate) sections: BTreeMap<Box<str>, Layers>,
    pub(crate) trail: Trail,
}

impl ClosedScope {
    /// Whether it was closed too long ago. A clock that was set back, or absurdly ahead, makes nothing old.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        plausible(now.since(self.at)).is_some_and(|age| age > CLOSED_SCOPES_FOR)
    }
}

/// How many removed sections are remembered as such; the ones removed first are forgotten first.
const MAX_REMOVED: usize = 256;
/// How many imported sections are remembered as such; the ones imported first are forgotten first.
const MAX_IMPORTED: usize = 1024;

/// Adds a moment to a bounded list; the oldest one goes.
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
    /// The application removed a section: whoever asks for it is told that, and not that it never was.
    pub(crate) fn note_removed(&mut self, key: &SectionKey, at: Timestamp) {
        note(&mut self.removed, MAX_REMOVED, key, at);
    }

    /// The values of a section that are in quarantine are not wanted any more. Where it has no other, it is removed with
    /// them, and not a section that never was.
    pub(crate) fn drop_parked(&mut self, key: &SectionKey, at: Timestamp) {
        let before = self.parked.len();
        self.parked.retain(|parked| parked.key != *key);
        if self.parked.len() < before && !self.sections.contains_key(key) {
            self.note_removed(key, at);
        }
    }

    /// The section was imported: that happens once, whatever becomes of the section later.
    pub(crate) fn note_imported(&mut self, key: &SectionKey, at: Timestamp) {
        note(&mut self.imported, MAX_IMPORTED, key, at);
    }

    /// Removes the sections of a scope from those that are handed out.
    pub(crate) fn take_scope(&mut self, scope: &str) -> BTreeMap<Box<str>, Layers> {
        let keys: Vec<_> = self.sections.range(SectionKey::all_of(scope)).map(|(key, _)| key.clone()).collect();
        keys.into_iter().filter_map(|key| Some((key.name.clone(), self.sections.remove(&key)?))).collect()
    }

    /// Adds a closed scope. One too many, and one that has nothing goes, or the one that was closed first: that is
    /// returned.
    ///
    /// What the crash guard withheld of the scope stays in quarantine, and is not offered again by itself.
    pub(crate) fn keep_closed(&mut self, scope: ClosedScope) -> Option<ClosedScope> {
        for parked in self.parked.iter_mut().filter(|parked| parked.key.scope == scope.name) {
            parked.why = parked.why.closed();
        }
        self.closed.push(scope);
        let goes = self.closed.iter().position(|closed| !self.is_worth_opening(closed)).unwrap_or(0);
        (self.closed.len() > MAX_CLOSED_SCOPES).then(|| self.closed.remove(goes))
    }

    /// Whether a closed scope has anything of the application's own, in quarantine or not.
    pub(crate) fn is_worth_opening(&self, closed: &ClosedScope) -> bool {
        let is_withheld = |parked: &ParkedSection| parked.key.scope == closed.name && parked.is_withheld_and_closed();
        closed.sections.keys().any(|name| !SectionKey::new(&closed.name, name).is_own())
            || self.parked.iter().any(is_withheld)
    }

    /// The scope of this name that was closed last, if it is worth opening.
    pub(crate) fn can_reopen(&self, scope: &str) -> Option<&ClosedScope> {
        let closed = self.closed.iter().rev().find(|closed| *closed.name == *scope);
        closed.filter(|closed| self.is_worth_opening(closed))
    }

    /// The scope of this name that was closed last.
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

    /// Makes the scope that was closed then one that is handed out; returns its trail.
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
