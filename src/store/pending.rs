//! What was captured and is not in the log yet, and the frames that put it there.

use std::collections::{BTreeMap, BTreeSet};

use crate::frame::{Body, Close, Delta, Moment, Op, SectionKey};
use crate::marker::{TRAIL_LEN, TrailEntry};
use crate::time::Timestamp;

/// Whether the user is there, as far as the application said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// `None`: closed for good. Otherwise the id of the reason.
    Closed(Option<Box<str>>),
    Woken,
    /// A panic is ending the process.
    Crashed,
}

/// On which thread something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    User,
    /// Or whoever does its work where there is none.
    Flusher,
}

/// Bounded however long the storage is away: sections by what there is of them, marks by the length of a trail.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// A sign of life.
    pub(crate) alive: bool,
    pub(crate) sections: BTreeSet<SectionKey>,
    /// Large ones that the flusher encoded: the user's thread does not write them along with its own.
    pub(crate) heavy: BTreeSet<SectionKey>,
    /// Changes that are not a section's value: what was parked is dropped, say.
    pub(crate) ops: Vec<Op>,
    pub(crate) marks: PendingMarks,
    /// Gone before anything else of this batch happens.
    pub(crate) closed_scopes: BTreeSet<Box<str>>,
    /// Sections whose newest value could not be stored, and since when: after everything else of this batch.
    pub(crate) refused: BTreeMap<SectionKey, Timestamp>,
    pub(crate) presence: Option<Presence>,
    /// Of a close: what had to be erased before it was.
    pub(crate) erased: bool,
}

/// Marks that are not in the log yet, oldest first within each scope.
#[derive(Debug, Clone, Default)]
pub(crate) struct PendingMarks {
    /// Those of the empty scope: most applications have no other.
    own: Vec<TrailEntry>,
    scopes: BTreeMap<Box<str>, Vec<TrailEntry>>,
}

impl PendingMarks {
    pub(crate) fn add(&mut self, scope: &str, entry: TrailEntry) {
        let of_scope = match self.scopes.get_mut(scope) {
            _ if scope.is_empty() => &mut self.own,
            Some(known) => known,
            None => self.scopes.entry(scope.into()).or_default(),
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

    fn into_iter(self) -> impl Iterator<Item = (Box<str>, TrailEntry)> {
        let own = self.own.into_iter().map(|entry| ("".into(), entry));
        let scoped = self.scopes.into_iter();
        own.chain(scoped.flat_map(|(scope, entries)| entries.into_iter().map(move |entry| (scope.clone(), entry))))
    }
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.heavy.is_empty() && !self.has_light()
    }

    /// Whether there is anything that the user's thread would write.
    pub(crate) fn has_light(&self) -> bool {
        self.alive || self.presence.is_some() || self.has_delta()
    }

    /// Takes what is to be written now.
    pub(crate) fn take(&mut self, who: Who) -> Self {
        let mut batch = std::mem::take(self);
        match who {
            Who::User => self.heavy = std::mem::take(&mut batch.heavy),
            Who::Flusher => batch.sections.append(&mut batch.heavy),
        }
        batch
    }

    /// Drops what was to be written of a scope.
    pub(crate) fn remove_scope(&mut self, scope: &str) {
        for sections in [&mut self.sections, &mut self.heavy] {
            let of_scope: Vec<_> = sections.range(SectionKey::all_of(scope)).cloned().collect();
            for key in of_scope {
                sections.remove(&key);
            }
        }
        self.marks.remove_scope(scope);
    }

    pub(crate) fn has_delta(&self) -> bool {
        let is_empty = self.sections.is_empty()
            && self.ops.is_empty()
            && self.marks.is_empty()
            && self.closed_scopes.is_empty()
            && self.refused.is_empty();
        !is_empty
    }

    /// Puts back what a failed write had taken; what came since is newer.
    pub(crate) fn restore(&mut self, mut failed: Self) {
        // What a window had goes with it, even if it was on its way out when the window was closed.
        self.closed_scopes.iter().for_each(|scope| failed.marks.remove_scope(scope));
        failed.sections.retain(|key| !self.closed_scopes.contains(&key.scope));
        failed.ops.retain(|op| !self.closed_scopes.contains(&op.key.scope));
        // What could be stored since then takes the word back.
        failed.refused.retain(|key, _| !self.closed_scopes.contains(&key.scope) && !self.sections.contains(key));
        failed.refused.append(&mut self.refused);
        self.refused = failed.refused;
        self.alive |= failed.alive;
        self.sections.extend(failed.sections);
        self.heavy.extend(failed.heavy);
        self.ops.splice(..0, failed.ops);
        self.ops.dedup();
        let newer = std::mem::replace(&mut self.marks, failed.marks);
        newer.into_iter().for_each(|(scope, entry)| self.marks.add(&scope, entry));
        self.closed_scopes.extend(failed.closed_scopes);
        self.presence = self.presence.take().or(failed.presence);
        self.erased |= failed.erased;
    }

    /// The frames to write, in order. `ops` are the changes of [`sections`](Self::sections).
    pub(crate) fn bodies(&self, at: Moment, ops: Vec<Op>) -> impl Iterator<Item = Body> {
        let delta = self.has_delta().then(|| {
            let closed_scopes = self.closed_scopes.iter().cloned().collect();
            let marks = self.marks.clone().into_iter().collect();
            let refused = self.refused.iter().map(|(key, since)| (key.clone(), *since)).collect();
            Body::Delta(Delta { at, ops, marks, closed_scopes, refused })
        });
        let presence = self.presence.as_ref().map(|presence| match presence {
            Presence::Closed(reason) => Body::Close(Close { at, reason: reason.clone(), erased: self.erased }),
            Presence::Woken => Body::Wake(at),
            Presence::Crashed => Body::Crash(at),
        });
        self.alive.then_some(Body::Ready(at)).into_iter().chain(delta).chain(presence)
    }
}
