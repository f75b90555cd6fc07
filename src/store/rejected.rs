//! Sections whose newest value could not be stored, listed until a value is stored.

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
    /// Records that the newest value of a section could not be encoded. It is written to the log once, so that the
    /// next start does not take the stored value for the last one that the user saw.
    pub(crate) fn reject(&mut self, key: SectionKey, error: Error, at: Timestamp) {
        if let Some(known) = self.rejected.get_mut(&key) {
            known.error = error;
            return;
        }
        self.notes.warn_once(|| format!("{error:#}"));
        self.pending.refused.insert(key.clone(), at);
        self.rejected.insert(key, Rejected { since: at, error });
    }

    /// Records that a value of the section was encoded, or the section removed. Returns whether this cancels a
    /// refusal.
    pub(crate) fn accept(&mut self, key: &SectionKey) -> bool {
        if self.rejected.is_empty() && self.loaded.refused.is_empty() {
            return false;
        }
        self.pending.refused.remove(key);
        let before = self.loaded.refused.remove(key);
        if let Some(at) = before {
            // The report continues to show how the section was restored at the start.
            self.fates.insert(key.clone(), SectionFate::NewerRefused { at });
        }
        let is_taken_back = self.rejected.remove(key).is_some() || before.is_some();
        if is_taken_back {
            // The log records that a newer value was refused, and only a value written after that cancels it, even if
            // it equals the stored one.
            let entry: &mut Entry = self.entries.entry(key);
            entry.stored = None;
        }
        is_taken_back
    }

    /// Returns when this process first failed to store the newest value of a section.
    pub(crate) fn refused_since(&self, key: &SectionKey) -> Option<Timestamp> {
        self.rejected.get(key).map(|rejected| rejected.since)
    }

    /// Returns whether the newest value of a section is not stored, according to the log or this process.
    pub(crate) fn is_rejected(&self, scope: &str, name: &str) -> bool {
        // The common case builds no key.
        if self.rejected.is_empty() && self.loaded.refused.is_empty() {
            return false;
        }
        let key = SectionKey::new(scope, name);
        self.rejected.contains_key(&key) || self.loaded.refused.contains_key(&key)
    }

    /// Forgets the refusals of a closed scope.
    pub(crate) fn accept_scope(&mut self, scope: &str) {
        let stays = |key: &SectionKey| *key.scope != *scope;
        self.rejected.retain(|key, _| stays(key));
        self.pending.refused.retain(|key, _| stays(key));
        self.loaded.refused.retain(|key, _| stays(key));
    }

    /// Returns the unsaved sections, for [`Status`](crate::Status).
    pub(crate) fn unsaved(&self) -> Vec<Unsaved> {
        let line = |(key, Rejected { since, error }): (&SectionKey, &Rejected)| Unsaved {
            scope: key.scope.to_string(),
            name: key.name.to_string(),
            since: *since,
            error: error.clone(),
        };
        self.rejected.iter().map(line).collect()
    }

    /// Returns why not everything is saved although storage works.
    pub(crate) fn rejection(&self) -> Option<Error> {
        self.rejected.values().next().map(|rejected| rejected.error.clone())
    }

    /// Queues the refusals again, because the log with them was lost.
    pub(crate) fn reject_again(&mut self) {
        self.pending.refused.extend(self.rejected.iter().map(|(key, rejected)| (key.clone(), rejected.since)));
    }
}
