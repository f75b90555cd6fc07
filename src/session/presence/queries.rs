//! What the marks are asked for, and dismissed markers.

use std::sync::Arc;

use super::Marks;
use crate::mark::TrailEntry;
use crate::marker::Marker;
use crate::session::spot::Spot;

impl Marks {
    pub(crate) fn last_of(&self, scope: &str) -> Option<&TrailEntry> {
        self.trails.get(scope)?.last()
    }

    /// Returns the newest entry of this element.
    pub(crate) fn entry_of(&self, scope: &str, element: &str) -> Option<&TrailEntry> {
        self.trails.get(scope)?.iter().filter(|entry| entry.element() == element).last()
    }

    /// Returns the scope touched last; the empty one before the first touch.
    pub(crate) fn last_visited(&self) -> Arc<str> {
        self.visits.last().cloned().unwrap_or_default()
    }

    pub(crate) fn spot_of(&self, scope: &str) -> Option<&Spot> {
        self.spots.get(scope)
    }

    /// Returns every entry of every trail, written or not.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Arc<str>, TrailEntry)> {
        self.trails.iter().flat_map(|(scope, trail)| trail.iter().map(|entry| (scope.clone(), entry.clone())))
    }

    pub(crate) fn marker_of(&self, scope: &str) -> Option<&Marker> {
        self.markers.get(scope)
    }

    pub(crate) fn markers(&self) -> impl Iterator<Item = &Marker> {
        self.markers.values()
    }

    /// Dismisses all markers, until [`put_back`](Self::put_back).
    pub(crate) fn put_by(&mut self) {
        self.put_by = std::mem::take(&mut self.markers);
    }

    /// A scope that has a newer marker keeps it.
    pub(crate) fn put_back(&mut self) {
        for (scope, marker) in std::mem::take(&mut self.put_by) {
            self.markers.entry(scope).or_insert(marker);
        }
    }

    pub(crate) fn dismiss(&mut self, scope: &str) {
        self.markers.remove(scope);
    }
}
