//! Changes to whole scopes: closing, reopening, and captures that set sections of a closed scope.

use std::any::Any;
use std::sync::Arc;

use super::{Entry, Inner, Item};
use crate::backend::Backend;
use crate::frame::{Change, Op, SectionKey, checksum};
use crate::generation::{ClosedScope, Layer, Layers, ParkedSection};
use crate::mark::Trail;
use crate::report::SectionFate;
use crate::sorted::SortedMap;
use crate::time::Timestamp;

/// A closed scope whose sections the application may continue to set by accident.
#[derive(Default)]
pub(crate) struct Shut {
    /// No capture has ended since the scope was closed.
    fresh: bool,
    /// The values last shared by pointer.
    shared: SortedMap<Arc<str>, Arc<dyn Any + Send + Sync>>,
}

impl Inner {
    /// Closes a scope and moves its state to the closed scopes. Pending captures of the scope are written before the
    /// closing, so that nothing is missing when it is reopened. `together` is the number of scopes that are being closed
    /// together.
    pub(crate) fn close_scope(&mut self, scope: &str, at: Timestamp, trail: Trail, together: usize) {
        self.outdate_snapshots();
        // Closings of a scope are identified by their time, so no two may have the same.
        let last = self.loaded.last_closed(scope).map(|closed| closed.at.as_millis().saturating_add(1));
        let at = last.map_or(at, |last| at.max(Timestamp::from_millis(last)));
        let mut sections = self.loaded.take_scope(scope);
        let entries = self.entries.take_scope(scope);
        let is_withheld = |parked: &ParkedSection| *parked.key.scope == *scope && parked.is_withheld();
        let has_withheld = self.loaded.parked.iter().any(is_withheld);
        let has_any = has_withheld || !sections.is_empty() || !entries.is_empty() || !trail.is_empty();
        // It is already closed, and nothing was added since.
        if !has_any && self.closed_scopes.contains(scope) {
            return;
        }
        let mut shut = Shut { fresh: true, ..Shut::default() };
        for (name, entry) in entries {
            let key = SectionKey { scope: scope.into(), name };
            self.close_section(&key, entry, &mut sections, &mut shut);
        }
        self.forget_scope(scope);
        let mut bytes = Vec::new();
        trail.encode(&mut bytes);
        let change = Change::CloseScope { at, trail: bytes.into() };
        self.pending.scopes.push((Op { key: SectionKey::new(scope, ""), change }, None));
        self.loaded.keep_closed(ClosedScope { name: scope.into(), at, sections, trail });
        for goes in self.loaded.bound_closed(together) {
            self.pending.drop_closing(&goes.name, goes.at);
        }
        self.closed_scopes.insert(scope.into());
        self.shut.insert(scope.into(), shut);
    }

    fn close_section(
        &mut self,
        key: &SectionKey,
        entry: Entry,
        sections: &mut SortedMap<Arc<str>, Layers>,
        shut: &mut Shut,
    ) {
        let mut note = |change, bytes| self.pending.scopes.push((Op { key: key.clone(), change }, bytes));
        if let Some(why) = entry.park {
            note(Change::Park { why }, None);
        }
        if let Some(latest) = entry.latest {
            let sum = checksum(&latest.bytes);
            sections.insert(key.name.clone(), Layer::held(&latest.bytes, sum, latest.meta).into());
            let len = latest.bytes.len() as u64;
            note(Change::Put { meta: latest.meta, len, sum }, Some(latest.bytes));
        } else if entry.removed {
            sections.remove(&key.name);
            note(Change::Remove, None);
        } else if let Some(stored) = entry.stored {
            sections.insert(key.name.clone(), Layer::held(&stored.bytes, stored.sum, stored.meta).into());
        }
        shut.shared.extend(entry.shared.map(|shared| (key.name.clone(), shared)));
    }

    /// Queues the closed scopes again, with their sections in memory, because the log no longer has them.
    pub(super) fn close_again(&mut self, backend: &dyn Backend, now: Timestamp, erase: bool) {
        let scopes = &mut self.pending.scopes;
        for closed in &self.loaded.closed {
            for (name, layers) in &closed.sections {
                let Ok(Some(value)) = layers.value(backend, || Ok(None)) else { continue };
                if erase && value.meta.erase_on_close {
                    continue;
                }
                let key = SectionKey { scope: closed.name.clone(), name: name.clone() };
                let change = Change::Put { meta: value.meta, len: value.bytes.len() as u64, sum: value.sum };
                scopes.push((Op { key, change }, Some(Arc::new(value.bytes))));
            }
            let mut trail = Vec::new();
            closed.trail.encode(&mut trail);
            let change = Change::CloseScope { at: closed.at, trail: trail.into() };
            scopes.push((Op { key: SectionKey::new(&closed.name, ""), change }, None));
        }
        let is_noted = |scope: &str| self.loaded.closed.iter().any(|closed| *closed.name == *scope);
        for scope in self.closed_scopes.iter().filter(|scope| !is_noted(scope)) {
            let change = Change::CloseScope { at: now, trail: Box::default() };
            scopes.push((Op { key: SectionKey::new(scope, ""), change }, None));
        }
    }

    /// Applies the pending changes of scopes to the state of a new log, except for scopes that another instance
    /// changed.
    pub(crate) fn replay_scopes(&mut self, worked_on: &[Arc<str>]) {
        self.pending.scopes.retain(|(op, _)| !worked_on.contains(&op.key.scope));
        for (Op { key, change }, bytes) in self.pending.scopes.clone() {
            match (change, bytes) {
                (Change::Put { meta, sum, .. }, Some(bytes)) => {
                    self.loaded.sections.insert(key, Layer::held(&bytes, sum, meta).into());
                }
                (Change::PutClosed { meta, sum, .. }, Some(bytes)) => {
                    if let Some(closed) = self.loaded.last_closed(&key.scope) {
                        closed.sections.insert(key.name, Layer::held(&bytes, sum, meta).into());
                    }
                }
                (Change::Remove, _) => drop(self.loaded.sections.remove(&key)),
                (Change::CloseScope { at, trail }, _) => {
                    let sections = self.loaded.take_scope(&key.scope);
                    let trail = Trail::decode(&trail).unwrap_or_default();
                    self.loaded.keep_closed(ClosedScope { name: key.scope, at, sections, trail });
                }
                (Change::ReopenScope { at }, _) => drop(self.loaded.reopen_scope(&key.scope, at)),
                _ => {}
            }
        }
    }

    /// Reopens the scope that was closed at this time and returns its trail. Anything the scope has now must be closed
    /// before.
    pub(crate) fn reopen_scope(&mut self, scope: &str, at: Timestamp) -> Option<Trail> {
        let trail = self.loaded.reopen_scope(scope, at)?;
        self.outdate_snapshots();
        self.entries.take_scope(scope);
        // Its withheld values exist again and are not returned, as before.
        self.closed_scopes.remove(scope);
        let is_it = |parked: &&ParkedSection| {
            *parked.key.scope == *scope && parked.is_withheld() && self.loaded.is_vacant(&parked.key)
        };
        for ParkedSection { key, .. } in self.loaded.parked.iter().filter(is_it) {
            self.fates.insert(key.clone(), SectionFate::Quarantined);
            self.unanswered.insert(key.clone());
        }
        self.revive(scope);
        self.pending.scopes.push((Op { key: SectionKey::new(scope, ""), change: Change::ReopenScope { at } }, None));
        Some(trail)
    }

    /// Records a call with a scope that shows that it is open.
    pub(crate) fn revive(&mut self, scope: &str) {
        self.shut.remove(scope);
    }

    /// Filters what a capture sets. Returns `None` for a section of a closed scope that is set by accident.
    ///
    /// It is an accident if the value equals the one that the scope had when it was closed, or if it comes with the
    /// first capture after the closing; the closed scope then takes the value. In any other case the window is open,
    /// whatever was closed before, and treating that as an accident would lose the value.
    pub(crate) fn admit(&mut self, key: &SectionKey, item: Item) -> Option<Item> {
        let Some(shut) = self.shut.get_mut(&key.scope) else { return Some(item) };
        if key.is_own() {
            return None;
        }
        let fresh = shut.fresh;
        let (bytes, meta) = match item {
            Item::Set { bytes, meta, .. } => (bytes, meta),
            Item::Share { job, shared, .. } => {
                let before = shut.shared.insert(key.name.clone(), Arc::clone(&shared));
                if before.is_some_and(|before| Arc::ptr_eq(&before, &shared)) {
                    return None;
                }
                let mut bytes = Vec::new();
                match job(&mut bytes) {
                    Ok(meta) => (bytes, meta),
                    Err(error) => {
                        self.job_error = Some(error);
                        return None;
                    }
                }
            }
            Item::Remove => return None,
            Item::Reject(_) => return Some(item),
        };
        let sum = checksum(&bytes);
        let closed = self.loaded.last_closed(&key.scope)?;
        if closed.sections.get(&key.name).and_then(Layers::newest).is_some_and(|newest| newest.sum == sum) {
            return None;
        }
        if !fresh {
            self.revive(&key.scope);
            return Some(Item::Set { bytes, meta, revision: None, compared: None });
        }
        let bytes = Arc::new(bytes);
        closed.sections.insert(key.name.clone(), Layer::held(&bytes, sum, meta).into());
        let change = Change::PutClosed { meta, len: bytes.len() as u64, sum };
        self.pending.scopes.push((Op { key: key.clone(), change }, Some(bytes)));
        None
    }

    /// Records the end of a capture.
    pub(crate) fn captured(&mut self) {
        self.shut.values_mut().for_each(|shut| shut.fresh = false);
    }
}
