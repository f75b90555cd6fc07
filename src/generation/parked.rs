//! Quarantined sections: carried forward by every base, and not returned until they are requested.

use super::layers::Layers;
use super::load::Loaded;
use crate::frame::{Parked, SectionKey};

/// The maximum number of quarantined values of one section. Above it, the oldest value is dropped, and stays in the
/// history for a while.
pub(crate) const MAX_QUARANTINED: usize = 16;

/// A value that was not returned.
#[derive(Debug, Clone)]
pub(crate) struct ParkedSection {
    pub(crate) key: SectionKey,
    pub(crate) why: Parked,
    pub(crate) layers: Layers,
}

impl ParkedSection {
    /// Returns the checksum of the value, which distinguishes it from the section's other quarantined values.
    pub(crate) fn sum(&self) -> Option<u64> {
        self.layers.newest().map(|newest| newest.sum)
    }

    /// Returns whether the crash guard withheld it, so that it is offered again once a launch survives its restore.
    pub(crate) fn is_withheld(&self) -> bool {
        matches!(self.why, Parked::Blamed | Parked::FreshStart)
    }

    /// Returns whether it was withheld before its scope was closed. It is not offered again, because that would open
    /// the scope.
    pub(crate) fn is_withheld_and_closed(&self) -> bool {
        self.why != self.why.reopened()
    }
}

impl Loaded {
    /// Returns whether the crash guard withholds a value from this launch or an earlier one.
    pub(crate) fn has_withheld(&self) -> bool {
        self.parked.iter().any(ParkedSection::is_withheld)
    }

    /// Returns whether the value with this checksum is in quarantine.
    pub(crate) fn is_parked(&self, key: &SectionKey, sum: u64) -> bool {
        self.parked.iter().any(|parked| parked.key == *key && parked.sum() == Some(sum))
    }

    /// Returns the stored sections of the same group as this one, including itself.
    pub(crate) fn group_of(&self, key: &SectionKey) -> Vec<SectionKey> {
        let Some(group) = self.sections.get(key).and_then(Layers::group) else { return vec![key.clone()] };
        let scope = self.sections.range(SectionKey::all_of(&key.scope));
        scope.filter(|(_, layers)| layers.group() == Some(group)).map(|(key, _)| key.clone()).collect()
    }

    /// Returns the newest quarantined values of the other sections in this one's group that were quarantined for the
    /// same reason, by checksum.
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

    /// Quarantines a value. A stand-in is dropped while the value it stands in for is quarantined: however often the
    /// application saves a default, the newest other value stays and is the one that is offered again.
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

    /// Brings the newest value with this checksum out of quarantine. The section's present value is quarantined
    /// instead, unless it is a stand-in.
    pub(crate) fn unpark(&mut self, key: &SectionKey, sum: u64) {
        let is_meant = |parked: &ParkedSection| parked.key == *key && parked.sum() == Some(sum);
        let Some(at) = self.parked.iter().rposition(is_meant) else { return };
        let parked = self.parked.remove(at);
        let replaced = self.sections.insert(key.clone(), parked.layers);
        if let Some(layers) = replaced.filter(|layers| !is_stand_in(layers)) {
            self.park(ParkedSection { key: key.clone(), why: Parked::Replaced, layers });
        }
    }

    /// Returns whether the section has no value, or only a stand-in for a value that was not returned.
    pub(crate) fn is_vacant(&self, key: &SectionKey) -> bool {
        self.sections.get(key).is_none_or(is_stand_in)
    }
}

fn is_stand_in(layers: &Layers) -> bool {
    layers.newest().is_some_and(|newest| newest.meta.stand_in)
}
