//! What the user may choose of what others wrote, and what follows from the choice.

use std::collections::BTreeSet;

use super::saved::Shown;
use super::{Change, News, Now, Replicator, sum};
use crate::join::{Dot, SectionId, Value};

impl Replicator {
    /// Reports that the session now holds the value of this dot: its user saw it, and the next write replaces it.
    ///
    /// Returns `false`, and changes nothing, if the session has a change that is not published, or the value is not held.
    pub(crate) fn adopt(&mut self, section: &SectionId, dot: Dot) -> bool {
        let value = self.saved.state.values(section).find(|(held, _)| *held == dot);
        let Some((_, value)) = value.filter(|_| !self.changes.contains_key(section)) else { return false };
        let (sum, from) = (value.content.as_ref().map(sum), value.from.clone());
        self.show(section, Shown { dots: vec![dot], sum, from });
        true
    }

    /// Reports that the session no longer has the section, because another device removed it.
    pub(crate) fn adopt_removal(&mut self, section: &SectionId) -> bool {
        if self.changes.contains_key(section) || self.saved.state.values(section).next().is_some() {
            return false;
        }
        self.show(section, Shown::default());
        true
    }

    /// Makes the next write of the section replace this value, too, whatever it is: what a device must not do.
    #[cfg(test)]
    pub(crate) fn also_replaces(&mut self, section: &SectionId, dot: Dot) {
        self.saved.rest.shown.entry(section.clone()).or_default().dots.push(dot);
        self.is_unsaved = true;
    }

    pub(super) fn show(&mut self, section: &SectionId, shown: Shown) {
        self.saved.rest.shown.insert(section.clone(), shown);
        self.changes.remove(section);
        self.is_unsaved = true;
    }

    /// Drops an offer, and every other value of the section with equal contents, except the session's own.
    ///
    /// Where the session has a value, it is written again: two devices that only dropped the value of each other would be
    /// left without any. Then both values are in conflict once more.
    pub(crate) fn dismiss(&mut self, section: &SectionId, dot: Dot, now: Now) {
        let own = self.saved.rest.shown.get(section).map(|shown| shown.dots.clone()).unwrap_or_default();
        let Some((_, dropped)) = self.saved.state.values(section).find(|(held, _)| *held == dot) else { return };
        let equal = self.saved.state.values(section).filter(|(_, value)| value.content == dropped.content);
        let dots: Vec<Dot> = equal.map(|(dot, _)| dot).filter(|dot| !own.contains(dot)).collect();
        let mine = self.saved.state.values(section).find(|(held, _)| own.contains(held));
        let mine = mine.and_then(|(_, value)| value.content.clone());
        if let Some(content) = mine {
            self.changes.entry(section.clone()).or_insert(Change { content: Some(content), also: Vec::new() });
            self.agenda.changed_at = Some(now.steady);
        }
        self.saved.state.remove(section, &dots);
        self.saved.rest.dismissed.extend(dots.into_iter().map(|dot| (section.clone(), dot)));
        self.unwritten.insert(section.clone());
        self.is_unsaved = true;
    }

    /// What other devices changed and the session has not taken over, where the session's own value is an ancestor.
    ///
    /// Nothing of a section whose values are in memory only: after a kill, the replicator would not know of a value that the
    /// session took over, and would tell that the next write replaces what was there before.
    pub(crate) fn news(&self) -> Vec<(SectionId, News)> {
        let shown = &self.saved.rest.shown;
        let sections: BTreeSet<&SectionId> = self.saved.state.sections().chain(shown.keys()).collect();
        let news = sections
            .into_iter()
            .filter(|section| self.is_behind(section) && !self.unwritten.contains(*section))
            .filter_map(|section| {
                let has_value = shown.get(section).is_some_and(|own| own.sum.is_some());
                match self.saved.state.winner(section) {
                    Some((_, value)) if value.content.is_none() && !has_value => None,
                    Some((dot, value)) => Some((section.clone(), News::Newer(dot, value.clone()))),
                    None => has_value.then(|| (section.clone(), News::Removed)),
                }
            });
        news.collect()
    }

    /// Whether the session's own value is not held any more, and nothing of it waits to be published.
    fn is_behind(&self, section: &SectionId) -> bool {
        let own = self.saved.rest.shown.get(section);
        let is_held = own.is_some_and(|own| own.dots.iter().any(|dot| self.saved.state.holds(section, *dot)));
        !is_held && !self.changes.contains_key(section)
    }

    /// The values of a section that conflict with the session's own, newest first, equal ones once. None while they are in
    /// memory only: see [`news`](Self::news).
    pub(crate) fn offers(&self, section: &SectionId) -> Vec<(Dot, Value)> {
        if self.unwritten.contains(section) {
            return Vec::new();
        }
        let own_sum = self.saved.rest.shown.get(section).and_then(|own| own.sum);
        let is_own = |value: &Value| value.content.as_ref().map(sum) == own_sum;
        // Offered as news.
        let winner = self.saved.state.winner(section).filter(|_| self.is_behind(section));
        let mut values: Vec<(Dot, Value)> = Vec::new();
        let mut held: Vec<_> = self.saved.state.values(section).collect();
        held.sort_by_key(|(dot, value)| std::cmp::Reverse((value.stamp, *dot)));
        for (dot, value) in held {
            let is_offered = value.content.is_some()
                && !is_own(value)
                && winner.is_none_or(|(_, newest)| value.content != newest.content)
                && values.iter().all(|(_, other)| other.content != value.content);
            if is_offered {
                values.push((dot, value.clone()));
            }
        }
        values
    }
}
