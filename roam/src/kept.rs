//! What the application keeps on this device, beside the sections that say so themselves.

use std::collections::BTreeSet;

use crate::join::SectionId;

/// Sections and scopes that never leave the device.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) sections: BTreeSet<SectionId>,
    pub(crate) scopes: BTreeSet<Box<str>>,
}

impl Kept {
    /// Whether a section stays here; with an empty name, whether all of the scope does. A scope that stays takes those below
    /// it along: `notes` also stands for `notes/7`.
    pub(crate) fn keeps(&self, scope: &str, name: &str) -> bool {
        let covers = |kept: &str| {
            scope.strip_prefix(kept).is_some_and(|rest| rest.is_empty() || !kept.is_empty() && rest.starts_with('/'))
        };
        self.scopes.iter().any(|kept| covers(kept)) || self.sections.contains(&SectionId::new(scope, name))
    }
}
