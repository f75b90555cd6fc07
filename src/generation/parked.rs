//! Sections in quarantine: kept, carried on by every base, and not handed out until somebody asks for them.

use super::layers::Layers;
use super::load::Loaded;
use crate::frame::{Parked, SectionKey};

/// The most values of one section in quarantine. Above that, the oldest leaves it, and stays in the history for a while.
pub(crate) const MAX_QUARANTINED: usize = 16;

/// A value that was not handed out.
#[derive(Debug, Clone)]
pub(crate) struct ParkedSection {
    pub(crate) key: SectionKey,
    pub(crate) why: Parked,
    pub(crate) layers: Layers,
}

impl ParkedSection {
    /// The checksum of the value, which tells it from the section's other values in quarantine.
    pub(crate) fn sum(&self) -> Option<u64> {
        self.layers.newest().map(|newest| newest.sum)
    }

    /// Whether it was withheld by the crash guard, so that it is offered again once a launch lived.
    pub(crate) fn is_withheld(&self) -> bool {
        matches!(self.why, Parked::Blamed | Parked::FreshStart)
    }

    /// Whether it was, before its scope was closed. It is not offered again: that would open the scope.
    pub(crate) fn is_withheld_and_closed(&self) -> bool {
        self.why != self.why.reopened()
    }
}

impl Loaded {
    /// Whether the crash guard withholds a value, from this launch or from an earlier one.
    pub(crate) fn has_withheld(&self) -> bool {
        self.parked.iter().any(ParkedSection::is_withheld)
    }

    /// The stored sections that belong together with this one, itself included.
    pub(crate) fn group_of(&self, key: &SectionKey) -> Vec<SectionKey> {
        let Some(group) = self.sections.get(key).and_then(Layers::group) else { return vec![key.clone()] };
        let scope = self.sections.range(SectionKey::all_of(&key.scope));
        scope.filter(|(_, layers)| layers.group() == Some(group)).map(|(key, _)| key.clone()).collect()
    }

    /// The newest values in quarantine of the other sections that belong together with this one and came there for the same
    /// reason, by checksum.
    pub(crate) fn parked_with(&self, key: &SectionKey, sum: u64) -> Vec<(SectionKey, u64)> {
        let is_it = |parked: &&ParkedSection| parked.key == *key && parked.sum() == Some(sum);
        let Some(one) = self.parked.iter().rev().find(is_it) else { return Vec::new() };
        let group = one.layers.group();
        let mut others: Vec<(SectionKey, u64)> = Vec::new();
        for parked in self.parked.iter().rev().filter(|parked| group.is_some() && parked.layers.group() == group) {
            let is_other = parked.key.scope == key.scope && parked.key.name != key.name && parked.why == one.why;
            if let Some(sum) = parked.sum().filter(|_| is_other && others.iter().all(|(key, _)| *key != parked.key)) {
                others.push((parked.key.clone(), sum));
            }
        }
        others
    }

    /// Puts a value into quarantine. A stand-in does not get there while the value it stands in for is there: however
    /// often the application saves a default, the newest other value stays, and is the one that is offered again.
    pub(crate) fn park(&mut self, section: ParkedSection) {
        let same = |other: &ParkedSection| other.key == section.key;
        let count = self.parked.iter().filter(|other| same(other)).count();
        if count > 0 && is_stand_in(&section.layers) {
            return;
        }
        if count >= MAX_QUARANTINED {
            if let Some(oldest) = self.parked.iter().position(same) {
                self.parked.remove(oldest);
            }
        }
        self.parked.push(section);
    }

    /// Takes the newest value with this checksum out of quarantine and back into the section's place. What stands
    /// there goes into quarantine, unless it is a stand-in.
    pub(crate) fn unpark(&mut self, key: &SectionKey, sum: u64) {
        let is_meant = |parked: &ParkedSection| parked.key == *key && parked.sum() == Some(sum);
        let Some(at) = self.parked.iter().rposition(is_meant) else { return };
        let parked = self.parked.remove(at);
        let replaced = self.sections.insert(key.clone(), parked.layers);
        if let Some(layers) = replaced.filter(|layers| !is_stand_in(layers)) {
            self.park(ParkedSection { key: key.clone(), why: Parked::Replaced, layers });
        }
    }

    /// Whether the section has no value, or only one that stands in for a value that was not handed out.
    pub(crate) fn is_vacant(&self, key: &SectionKey) -> bool {
        self.sections.get(key).is_none_or(is_stand_in)
    }
}

fn is_stand_in(layers: &Layers) -> bool {
    layers.newest().is_some_and(|newest| newest.meta.stand_in)
}
