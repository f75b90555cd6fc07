//! Touches of elements that belong to a secret section or scope: they are recorded without text.

use super::Session;
use super::presence::Marks;
use crate::mark::Mark;
use crate::path::is_within;
use crate::time::Now;

impl Marks {
    /// Returns whether the path begins with the name of a section that is never stored.
    pub(crate) fn is_secret(&self, scope: &str, element: &str) -> bool {
        self.secrets.iter().any(|key| *key.scope == *scope && is_within(element, &key.name))
    }
}

impl Session {
    #[cold]
    pub(super) fn is_secret(&self, scope: &str, element: &str) -> bool {
        self.store.settings.scopes.is_secret(scope) || self.marks.is_secret(scope, element)
    }

    /// Out of line, so that the usual way of recording a mark stays in line.
    #[cold]
    pub(super) fn record_secret(&mut self, scope: &str, mark: &Mark<'_>, now: Now) {
        self.marks.record(scope, &mark.clone().sensitive(), now, &*self.store.clock);
    }
}
