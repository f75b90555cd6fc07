//! The join of two states: pure functions over plain values, without clock, storage or randomness.
//!
//! A [`State`] holds, for each section, every value that no known write has replaced, and the set of writes it has seen.
//! [`State::join`] is commutative, associative and idempotent, so devices that have received the same publications in
//! any order, any number of times, hold equal states. A removal needs no record of its own: a write that was seen and
//! whose value is not held was replaced.
//!
//! ```
//! use leftoff_roam::join::{Content, Dot, DeviceId, Lane, SectionId, Stamp, State, Value};
//!
//! let amount = SectionId::new("", "amount");
//! let dot = |lane, index| Dot { lane: Lane(lane), index, nonce: 7 };
//! let value = |at, text: &str| {
//!     let content = Content { version: 1, codec: 0, bytes: text.as_bytes().into(), needs_seal: false };
//!     Value { stamp: Stamp(at), device: DeviceId(1), content: Some(content), from: Vec::new() }
//! };
//!
//! let mut laptop = State::default();
//! laptop.write(&amount, dot(1, 0), value(10, "1"), &[]);
//! let mut desk = laptop.clone();
//!
//! // Both replace the first value without knowing of each other.
//! laptop.write(&amount, dot(1, 1), value(20, "1 200"), &[dot(1, 0)]);
//! desk.write(&amount, dot(2, 0), value(30, "1 300"), &[dot(1, 0)]);
//! laptop.join(&desk);
//!
//! // The newest is shown, the other is kept.
//! assert_eq!(laptop.winner(&amount).map(|(dot, _)| dot.lane), Some(Lane(2)));
//! assert_eq!(laptop.values(&amount).count(), 2);
//! ```

mod ancestor;
mod dot;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use ancestor::common_ancestor;
pub use dot::{Dot, DotSet, Lane};
pub(crate) use value::bytes;
pub use value::{Content, DeviceId, SectionId, Stamp, Value};

/// The values of all sections, and the writes that are known.
///
/// The body of a publication is a state, too: one that knows only the writes that it adds and those they replace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(rename = "s")]
    sections: BTreeMap<SectionId, BTreeMap<Dot, Value>>,
    #[serde(rename = "k")]
    seen: DotSet,
}

impl State {
    /// Adds a write that replaces the values of some dots of its section; other values are kept.
    ///
    /// A write replaces the value that its user saw, so it is given the dots of that value and no others.
    pub fn write(&mut self, section: &SectionId, dot: Dot, value: Value, replaced: &[Dot]) {
        self.remove(section, replaced);
        self.seen.insert(dot);
        self.sections.entry(section.clone()).or_default().insert(dot, value);
    }

    /// Removes the values of some dots of a section, and remembers that they were seen.
    pub fn remove(&mut self, section: &SectionId, dots: &[Dot]) {
        for &dot in dots {
            self.seen.insert(dot);
            if let Some(values) = self.sections.get_mut(section) {
                values.remove(&dot);
            }
        }
        if self.sections.get(section).is_some_and(BTreeMap::is_empty) {
            self.sections.remove(section);
        }
    }

    /// Takes in everything that the other state knows; returns the sections whose values changed.
    ///
    /// A value stays if both hold it, or if the state that does not hold it has not seen it.
    pub fn join(&mut self, other: &Self) -> BTreeSet<SectionId> {
        let mut changed = BTreeSet::new();
        self.sections.retain(|section, values| {
            let before = values.len();
            values.retain(|dot, _| !other.seen.contains(*dot) || other.holds(section, *dot));
            if values.len() != before {
                changed.insert(section.clone());
            }
            !values.is_empty()
        });
        for (section, values) in &other.sections {
            for (&dot, value) in values {
                if !self.seen.contains(dot) {
                    self.sections.entry(section.clone()).or_default().insert(dot, value.clone());
                    changed.insert(section.clone());
                } else if let Some(own) = self.sections.get_mut(section).and_then(|own| own.get_mut(&dot)) {
                    // Equal, unless two writes were given one dot. Then both orders of joining must choose the same.
                    if *own < *value {
                        own.clone_from(value);
                        changed.insert(section.clone());
                    }
                }
            }
        }
        self.seen.extend_from(&other.seen);
        changed
    }

    /// The values of a section that no known write has replaced, by dot.
    pub fn values(&self, section: &SectionId) -> impl Iterator<Item = (Dot, &Value)> {
        self.sections.get(section).into_iter().flatten().map(|(dot, value)| (*dot, value))
    }

    /// The value to show: the one with the newest stamp, and of equal stamps the one with the greatest dot.
    ///
    /// A removed section either has no value, or its winner has no content.
    pub fn winner(&self, section: &SectionId) -> Option<(Dot, &Value)> {
        self.values(section).max_by_key(|(dot, value)| (value.stamp, *dot))
    }

    /// The values that are to be offered beside the winner, newest first: values with equal contents count as one, and
    /// removals are not offered.
    pub fn offers(&self, section: &SectionId) -> Vec<(Dot, &Value)> {
        let mut values: Vec<_> = self.values(section).collect();
        values.sort_by_key(|(dot, value)| std::cmp::Reverse((value.stamp, *dot)));
        let mut shown = Vec::new();
        let mut offers = Vec::new();
        for (place, (dot, value)) in values.into_iter().enumerate() {
            let is_new = !shown.contains(&&value.content);
            shown.push(&value.content);
            if place > 0 && is_new && value.content.is_some() {
                offers.push((dot, value));
            }
        }
        offers
    }

    /// The newest stamp in a section.
    pub fn newest_stamp(&self, section: &SectionId) -> Option<Stamp> {
        self.values(section).map(|(_, value)| value.stamp).max()
    }

    /// The sections that have any value.
    pub fn sections(&self) -> impl Iterator<Item = &SectionId> {
        self.sections.keys()
    }

    /// The dots of all values that are held.
    pub fn held(&self) -> impl Iterator<Item = Dot> + '_ {
        self.sections.values().flat_map(BTreeMap::keys).copied()
    }

    /// The writes that are known.
    pub fn seen(&self) -> &DotSet {
        &self.seen
    }

    /// Whether the value of a dot is held.
    pub fn holds(&self, section: &SectionId, dot: Dot) -> bool {
        self.sections.get(section).is_some_and(|values| values.contains_key(&dot))
    }

    /// Forgets that some writes were seen, except those whose values are held.
    ///
    /// Only for writes that every device has seen replaced. If one of them comes back after all, from a backup, its
    /// value is kept and offered.
    pub fn fold(&mut self, dots: impl IntoIterator<Item = Dot>) {
        let held: DotSet = self.held().collect();
        for dot in dots {
            if !held.contains(dot) {
                self.seen.remove(dot);
            }
        }
    }

    /// Whether both hold the same values, whatever else they have seen.
    pub fn has_same_values(&self, other: &Self) -> bool {
        self.sections == other.sections
    }

    /// The values of one section, to store them.
    pub(crate) fn part(&self, section: &SectionId) -> BTreeMap<Dot, Value> {
        self.sections.get(section).cloned().unwrap_or_default()
    }

    /// A state from what was stored of it.
    pub(crate) fn from_parts(sections: BTreeMap<SectionId, BTreeMap<Dot, Value>>, seen: DotSet) -> Self {
        Self { sections, seen }
    }
}
