//! Sections whose newest value could not be stored: named until one could.

use super::{Entry, Inner};
use crate::error::Error;
use crate::frame::SectionKey;
use crate::report::{SectionFate, Unsaved};
use crate::time::Timestamp;

/// Why the newest value of a section is not stored.
#[derive(Debug)]
pub(crate) struct Rejected {
    since: Timestamp,
    error: Error,
}

impl Inner {
    /// The newest value of a section could not be encoded. Written down once, so that the next start knows that the value
    /// it finds is not the last one the user saw.
    pub(crate) fn reject(&mut self, key: SectionKey, error: Error, at: Timestamp) {
        if let Some(known) = self.rejected.get_mut(&key) {
            known.error = error;
            return;
        }
        self.pending.refused.insert(key.clone(), at);
        self.rejected.insert(key, Rejected { since: at, error });
    }

    /// A value of it could be encoded, or it was taken away. Returns whether that takes a refusal back.
    pub(crate) fn accept(&mut self, key: &SectionKey) -> bool {
        if self.rejected.is_empty() && self.loaded.refused.is_empty() {
            return false;
        }
        self.pending.refused.remove(key);
        let before = self.loaded.refused.remove(key);
        if let Some(at) = before {
            // The report goes on to tell how the section came back at the start.
            self.fates.insert(key.clone(), SectionFate::NewerRefused { at });
        }
        let is_taken_back = self.rejected.remove(key).is_some() || before.is_some();
        if is_taken_back {
            // The log says that a newer value was refused, and only a value that is written after that takes it back:
            // also if it is the very value that is stored already.
            let entry: &mut Entry = self.entries.entry(key);
            entry.stored = None;
        }
        is_taken_back
    }

    /// Since when this process could not store the newest value of a section.
    pub(crate) fn refused_since(&self, key: &SectionKey) -> Option<Timestamp> {
        self.rejected.get(key).map(|rejected| rejected.since)
    }

    /// Whether the log or this process says of a section that its newest value is not stored.
    pub(crate) fn is_rejected(&self, scope: &str, name: &str) -> bool {
        // The everyday case builds no key.
        if self.rejected.is_empty() && self.loaded.refused.is_empty() {
            return false;
        }
        let key = SectionKey::new(scope, name);
        self.rejected.contains_key(&key) || self.loaded.refused.contains_key(&key)
    }

    /// A window was closed for good, and nobody waits for its sections any more.
    pub(crate) fn accept_scope(&mut self, scope: &str) {
        let stays = |key: &SectionKey| *key.scope != *scope;
        self.rejected.retain(|key, _| stays(key));
        self.pending.refused.retain(|key, _| stays(key));
        self.loaded.refused.retain(|key, _| stays(key));
    }

    /// What [`Status`](crate::Status) says of them.
    pub(crate) fn unsaved(&self) -> Vec<Unsaved> {
        let line = |(key, Rejected { since, error }): (&SectionKey, &Rejected)| Unsaved {
            scope: key.scope.to_string(),
            name: key.name.to_string(),
            since: *since,
            error: error.clone(),
        };
        self.rejected.iter().map(line).collect()
    }

    /// Why not everything is saved although the storage works.
    pub(crate) fn rejection(&self) -> Option<Error> {
        self.rejected.values().next().map(|rejected| rejected.error.clone())
    }

    /// The log was lost with the word of it.
    pub(crate) fn reject_again(&mut self) {
        self.pending.refused.extend(self.rejected.iter().map(|(key, rejected)| (key.clone(), rejected.since)));
    }
}
