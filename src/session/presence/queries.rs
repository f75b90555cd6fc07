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

    pub(crate) fn dismiss_all(&mut self) {
        self.markers.clear();
    }

    pub(crate) fn dismiss(&mut self, scope: &str) {
        self.markers.remove(scope);
    }
}
