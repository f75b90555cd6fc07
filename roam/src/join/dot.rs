//! Dots and sets of dots: which writes a state has seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// The publications of one launch of one device: 128 random bits.
///
/// A device takes a new lane at every launch, and when it sees a publication under its lane that it did not make.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lane(pub u128);

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lane({self})")
    }
}

/// 32 lower-case hexadecimal digits, as in the name of an object.
impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The identity of one write of one section.
///
/// Two copies of a device may write at the same index of the same lane; the nonce tells their writes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(Lane, u32, u64)", into = "(Lane, u32, u64)")]
pub struct Dot {
    /// The lane of the publication.
    pub lane: Lane,
    /// The number of the publication in its lane.
    pub index: u32,
    /// A random number, different for each section of a publication.
    pub nonce: u64,
}

impl From<(Lane, u32, u64)> for Dot {
    fn from((lane, index, nonce): (Lane, u32, u64)) -> Self {
        Self { lane, index, nonce }
    }
}

impl From<Dot> for (Lane, u32, u64) {
    fn from(dot: Dot) -> Self {
        (dot.lane, dot.index, dot.nonce)
    }
}

/// The dots that a state has seen, whether it still holds their values or not.
///
/// A set and not a highest index per lane: a set is exact when copies of a device write to one lane, and when
/// publications arrive in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DotSet {
    lanes: BTreeMap<Lane, BTreeSet<(u32, u64)>>,
}

impl DotSet {
    /// Whether the set contains the dot.
    pub fn contains(&self, dot: Dot) -> bool {
        self.lanes.get(&dot.lane).is_some_and(|dots| dots.contains(&(dot.index, dot.nonce)))
    }

    /// Adds a dot; returns whether it is new.
    pub fn insert(&mut self, dot: Dot) -> bool {
        self.lanes.entry(dot.lane).or_default().insert((dot.index, dot.nonce))
    }

    /// Removes a dot.
    pub fn remove(&mut self, dot: Dot) {
        if let Some(dots) = self.lanes.get_mut(&dot.lane) {
            dots.remove(&(dot.index, dot.nonce));
            if dots.is_empty() {
                self.lanes.remove(&dot.lane);
            }
        }
    }

    /// Adds all dots of the other set.
    pub fn extend_from(&mut self, other: &Self) {
        for (lane, dots) in &other.lanes {
            self.lanes.entry(*lane).or_default().extend(dots);
        }
    }

    /// The dots in order.
    pub fn iter(&self) -> impl Iterator<Item = Dot> + '_ {
        self.lanes.iter().flat_map(|(&lane, dots)| dots.iter().map(move |&(index, nonce)| Dot { lane, index, nonce }))
    }

    /// The number of dots.
    pub fn len(&self) -> usize {
        self.lanes.values().map(BTreeSet::len).sum()
    }

    /// Whether there is no dot.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }
}

impl FromIterator<Dot> for DotSet {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut set = Self::default();
        for dot in dots {
            set.insert(dot);
        }
        set
    }
}
