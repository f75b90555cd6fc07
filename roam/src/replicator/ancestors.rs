//! The values that conflicting writes have in common, kept for sections with a merge function.

use super::Replicator;
use crate::join::{Content, Dot, SectionId, common_ancestor};

/// The number of replaced values that are kept for a section.
const KEPT: usize = 4;
/// The size in bytes above which a replaced value is not kept: 64 KiB.
const LARGE: usize = 64 * 1024;

/// Values that may be replaced.
pub(super) type Held = Vec<(SectionId, Dot, Content)>;

impl Replicator {
    /// Returns the values of sections with a merge function, before something replaces some of them.
    pub(super) fn may_be_replaced(&self) -> Held {
        let merges = &self.settings.merges;
        let sections = self.saved.state.sections().filter(|section| merges.contains(&section.name));
        let values = sections.flat_map(|section| self.saved.state.values(section).map(move |value| (section, value)));
        let small = values.filter_map(|(section, (dot, value))| {
            let content = value.content.as_ref().filter(|content| content.bytes.len() <= LARGE)?;
            Some((section.clone(), dot, content.clone()))
        });
        small.collect()
    }

    /// Keeps those that were replaced.
    pub(super) fn keep_replaced(&mut self, before: Held) {
        for (section, dot, content) in before {
            if self.saved.state.holds(&section, dot) {
                continue;
            }
            let kept = self.saved.rest.ancestors.entry(section).or_default();
            kept.push((dot, content));
            kept.drain(..kept.len().saturating_sub(KEPT));
            self.is_unsaved = true;
        }
    }

    /// Returns the value that the session's own one and all that conflict with it were made from, if it is still here.
    pub(crate) fn base(&self, section: &SectionId) -> Option<Content> {
        let shown = self.saved.rest.shown.get(section)?;
        let own = [&shown.dots[..], &shown.from].concat();
        let others: Vec<Vec<Dot>> =
            self.offers(section).into_iter().map(|(dot, value)| [&[dot][..], &value.from].concat()).collect();
        let base = common_ancestor(&own, others.iter().map(Vec::as_slice))?;
        let kept = self.saved.rest.ancestors.get(section)?;
        kept.iter().find(|(dot, _)| *dot == base).map(|(_, content)| content.clone())
    }
}
