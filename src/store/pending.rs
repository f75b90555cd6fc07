//! Captured changes that are not in the log yet, and the frames that write them.

use std::sync::Arc;

use super::keys::Keys;
use crate::frame::{Body, Change, Close, Delta, Moment, Op, SectionKey};
use crate::mark::{TRAIL_LEN, TrailEntry};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::Timestamp;

/// The user's presence, as reported by the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// `None`: closed cleanly. Otherwise the id of the reason.
    Closed(Option<Box<str>>),
    Woken,
    /// A panic is ending the process.
    Crashed,
}

/// The thread that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    User,
    /// The flusher, or the thread that does its work if there is none.
    Flusher,
}

/// The pending changes. Bounded however long storage fails: sections by their number, marks by the length of a trail.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// A sign of life.
    pub(crate) alive: bool,
    pub(crate) sections: Keys,
    /// Large sections that the flusher encoded: the UI thread does not write them with its own.
    pub(crate) heavy: SortedSet<SectionKey>,
    /// Changes other than a section's value, such as dropping quarantined values.
    pub(crate) ops: Vec<Op>,
    /// Changes to scopes and to the quarantine, in order, with their payloads; written after `ops` and before the rest
    /// of the batch.
    pub(crate) scopes: Vec<(Op, Option<Arc<Vec<u8>>>)>,
    pub(crate) marks: PendingMarks,
    /// Whether this batch replaces a value by an older one, so that the present state must stay in the history.
    pub(crate) replaces: bool,
    /// Sections whose newest value could not be stored, and since when; written after everything else in the batch.
    pub(crate) refused: SortedMap<SectionKey, Timestamp>,
    pub(crate) presence: Option<Presence>,
    /// For a close: whether the sections marked for it were erased before.
    pub(crate) erased: bool,
}

/// Marks that are not in the log yet, oldest first within each scope.
#[derive(Debug, Clone, Default)]
pub(crate) struct PendingMarks {
    /// The marks of the empty scope; most applications have no other.
    own: Vec<TrailEntry>,
    scopes: SortedMap<Arc<str>, Vec<TrailEntry>>,
}

impl PendingMarks {
    pub(crate) fn add(&mut self, scope: &str, entry: TrailEntry) {
        let of_scope = match self.scopes.get_mut(scope) {
            _ if scope.is_empty() => &mut self.own,
            Some(known) => known,
            None => self.scopes.get_or_default(scope.into()),
        };
        of_scope.push(entry);
        // The trail itself would have dropped the oldest by now.
        if of_scope.len() > 2 * TRAIL_LEN {
            of_scope.drain(..of_scope.len() - TRAIL_LEN);
        }
    }

    pub(crate) fn remove_scope(&mut self, scope: &str) {
        if scope.is_empty() {
            self.own.clear();
        } else {
            self.scopes.remove(scope);
        }
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut TrailEntry> {
        self.own.iter_mut().chain(self.scopes.values_mut().flatten())
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.scopes.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (Arc<str>, &TrailEntry)> {
        let own = self.own.iter().map(|entry| (Arc::default(), entry));
        let scoped = self.scopes.iter();
        own.chain(scoped.flat_map(|(scope, entries)| entries.iter().map(move |entry| (Arc::clone(scope), entry))))
    }
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.heavy.is_empty() && !self.has_light()
    }

    /// Returns whether there is anything that the UI thread would write.
    pub(crate) fn has_light(&self) -> bool {
        self.alive || self.presence.is_some() || self.has_delta()
    }

    /// Takes the changes to write now.
    pub(crate) fn take(&mut self, who: Who) -> Self {
        let mut batch = std::mem::take(self);
        match who {
            Who::User => self.heavy = std::mem::take(&mut batch.heavy),
            Who::Flusher => batch.sections.extend(std::mem::take(&mut batch.heavy)),
        }
        batch
    }

    /// Drops the pending writes of a scope.
    pub(crate) fn remove_scope(&mut self, scope: &str) {
        self.sections.remove_scope(scope);
        self.heavy.retain(|key| *key.scope != *scope);
        self.marks.remove_scope(scope);
    }

    pub(crate) fn has_delta(&self) -> bool {
        let changes = !(self.sections.is_empty() && self.ops.is_empty() && self.scopes.is_empty());
        changes || !self.marks.is_empty() || !self.refused.is_empty()
    }

    /// Returns whether the application captured or marked anything in it.
    pub(super) fn is_of_application(&self) -> bool {
        !(self.sections.is_empty() && self.scopes.is_empty() && self.marks.is_empty())
    }

    /// Drops the pending writes of this closing: while storage fails for long, windows that open and close must not
    /// accumulate. The closing itself stays, unless a later closing of the scope is pending.
    pub(crate) fn drop_closing(&mut self, scope: &str, at: Timestamp) {
        let closes = |op: &Op| *op.key.scope == *scope && matches!(op.change, Change::CloseScope { .. });
        let is_it = |op: &Op| closes(op) && matches!(op.change, Change::CloseScope { at: when, .. } if when == at);
        let Some(end) = self.scopes.iter().position(|(op, _)| is_it(op)) else { return };
        let said_later = self.scopes.iter().skip(end + 1).any(|(op, _)| closes(op));
        let earlier = self.scopes.iter().take(end).rposition(|(op, _)| closes(op)).map_or(0, |earlier| earlier + 1);
        let mut position = 0;
        self.scopes.retain(|(op, _)| {
            let here = position;
            position += 1;
            let is_part = *op.key.scope == *scope && (earlier..end).contains(&here);
            !(is_part || (here == end && said_later))
        });
    }

    /// Puts back the changes of a failed write. Changes made since are newer.
    pub(crate) fn restore(&mut self, mut failed: Self) {
        // Closing a scope queued its state again, even the part that was being written.
        for (op, _) in self.scopes.iter().filter(|(op, _)| matches!(op.change, Change::CloseScope { .. })) {
            let scope = &op.key.scope;
            failed.remove_scope(scope);
            failed.refused.retain(|key, _| key.scope != *scope);
        }
        // A value stored since then cancels the refusal.
        failed.refused.retain(|key, _| !self.sections.contains(key));
        failed.refused.extend(std::mem::take(&mut self.refused));
        self.refused = failed.refused;
        self.alive |= failed.alive;
        self.sections.extend(failed.sections);
        self.heavy.extend(failed.heavy);
        self.ops.splice(..0, failed.ops);
        self.ops.dedup();
        let newer = std::mem::replace(&mut self.marks, failed.marks);
        newer.iter().for_each(|(scope, entry)| self.marks.add(&scope, entry.clone()));
        self.scopes.splice(..0, failed.scopes);
        self.replaces |= failed.replaces;
        self.presence = self.presence.take().or(failed.presence);
        self.erased |= failed.erased;
    }

    /// Returns the frames to write, in order. `ops` are the changes of [`sections`](Self::sections).
    pub(crate) fn bodies(&self, at: Moment, ops: Vec<Op>) -> impl Iterator<Item = Body> {
        let delta = self.has_delta().then(|| {
            let marks = self.marks.iter().map(|(scope, entry)| (scope, entry.clone())).collect();
            let refused = self.refused.iter().map(|(key, since)| (key.clone(), *since)).collect();
            Body::Delta(Delta { at, ops, marks, replaces: self.replaces, refused })
        });
        let presence = self.presence.as_ref().map(|presence| match presence {
            Presence::Closed(reason) => Body::Close(Close { at, reason: reason.clone(), erased: self.erased }),
            Presence::Woken => Body::Wake(at),
            Presence::Crashed => Body::Crash(at),
        });
        self.alive.then_some(Body::Ready(at)).into_iter().chain(delta).chain(presence)
    }
}
