//! What the marks are asked for, and the end of them.

use std::sync::Arc;

use super::Marks;
use crate::mark::TrailEntry;
use crate::marker::Marker;
use crate::session::spot::Spot;
use crate::sorted::SortedMap;

impl Marks {
    pub(crate) fn last_of(&self, scope: &str) -> Option<&TrailEntry> {
        self.trails.get(scope)?.last()
    }

    /// Marks the newest entry of this element as finished. Returns whether that changed anything.
    pub(crate) fn finish(&mut self, scope: &str, element: &str) -> bool {
        let Some(trail) = self.trails.get_mut(scope) else { return false };
        let is_first = !trail.has_unwritten();
        let is_changed = trail.finish(element);
        if is_first && is_changed {
            self.changed.push(scope.into());
        }
        is_changed
    }

    /// Returns the scope touched last; the empty one before the first touch.
    pub(crate) fn last_visited(&self) -> Arc<str> {
        self.visits.last().cloned().unwrap_or_default()
    }

    /// Returns whether the last touch since the markers were made was in another scope.
    pub(crate) fn is_elsewhere(&self, scope: &str) -> bool {
        self.touched_in.as_deref().is_some_and(|touched| touched != scope)
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

    pub(crate) fn has_withheld(&self) -> bool {
        !self.withheld.is_empty()
    }

    pub(crate) fn dismiss(&mut self, scope: &str) {
        self.markers.remove(scope);
    }

    pub(crate) fn forget(&mut self) {
        self.suspended = None;
        self.withheld.clear();
        self.trails.clear();
        self.changed.clear();
        self.visits.clear();
        self.spots.clear();
        self.seen.clear();
        self.markers.clear();
        (self.put_by, self.past, self.swapped) = (None, SortedMap::new(), Vec::new());
        self.raise = None;
    }
}
