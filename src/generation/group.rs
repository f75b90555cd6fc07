//! Reads the sections of one group as of one point: a wizard's step and its data must come from the same capture.
//!
//! If damage makes one section fall back to an older value, all sections of its group are read as of the newest point of
//! the log at which each can be read. Readable values saved after that point are quarantined, not lost.

use std::sync::{Arc, OnceLock};

use super::catalog::Catalog;
use super::layers::{Fate, Layers, Value};
use super::load::Loaded;
use super::parked::ParkedSection;
use crate::backend::{self, Backend, Generation};
use crate::frame::{Parked, Point, SectionKey};
use crate::sorted::SortedMap;

/// A section as it is restored. If both fields are `None`, no copy of it can be read.
#[derive(Clone, Default)]
pub(crate) struct Member {
    /// The value to return.
    pub(crate) value: Option<Value>,
    /// The newest readable value, if it is later than the point of its group. If `value` is `None`, the section was first
    /// saved after that point.
    pub(crate) later: Option<Value>,
}

/// The sections of a group, as they are restored.
pub(crate) type Members = SortedMap<SectionKey, Member>;

/// One section of a state with the other sections of its group, separate from that state, so that reading needs no lock.
pub(crate) struct Unread {
    key: SectionKey,
    group: Vec<(SectionKey, Layers)>,
    older: Older,
}

/// The log as it was before the base was made from it.
struct Older {
    base: Option<(Generation, Point)>,
    loaded: Arc<OnceLock<Loaded>>,
}

impl Older {
    /// Returns `None` if there is no base.
    fn load(&self, backend: &dyn Backend) -> backend::Result<Option<&Loaded>> {
        let Some((base, covers)) = self.base else { return Ok(None) };
        if let Some(loaded) = self.loaded.get() {
            return Ok(Some(loaded));
        }
        let loaded = Loaded::at(&mut Catalog::read(backend)?, covers, Some(base))?;
        Ok(Some(self.loaded.get_or_init(|| loaded)))
    }

    /// Returns the value of one section, without regard to its group.
    fn value(&self, backend: &dyn Backend, key: &SectionKey) -> backend::Result<Option<Value>> {
        let Some(loaded) = self.load(backend)? else { return Ok(None) };
        let Some(layers) = loaded.sections.get(key) else { return Ok(None) };
        layers.value(backend, || loaded.older().value(backend, key))
    }
}

impl Unread {
    /// Reads the section, and the sections of its group that are not settled yet.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn members(&self, backend: &dyn Backend) -> backend::Result<Members> {
        read(&self.group, backend, &self.older)
    }

    /// Reads a section that has no group, which needs no point to be settled; `None` if it has one, or if it is not in its
    /// last saved state.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn alone(&self, backend: &dyn Backend) -> backend::Result<Option<Member>> {
        let [(key, layers)] = self.group.as_slice() else { return Ok(None) };
        if layers.group().is_some() {
            return Ok(None);
        }
        let value = layers.value(backend, || self.older.value(backend, key))?;
        Ok(Some(Member { value, later: None }).filter(|member| !member.value.as_ref().is_some_and(fell_back)))
    }

    /// Reads the section alone, as of the point at which its group can be read.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn member(&self, backend: &dyn Backend) -> backend::Result<Member> {
        Ok(self.members(backend)?.remove(&self.key).unwrap_or_default())
    }

    /// Returns whether the state still has the section as it was when this was taken from it.
    pub(crate) fn is_of(&self, loaded: &Loaded) -> bool {
        self.group.iter().any(|(key, layers)| *key == self.key && is_in(loaded, key, layers))
    }
}

fn is_in(loaded: &Loaded, key: &SectionKey, layers: &Layers) -> bool {
    loaded.sections.get(key).is_some_and(|present| present.is(layers))
}

/// Reads the sections of a closed scope by name, each group as of one point.
///
/// # Errors
/// Only if storage is unavailable.
pub(super) fn read_closed(
    sections: &SortedMap<Arc<str>, Layers>,
    backend: &dyn Backend,
) -> backend::Result<SortedMap<Arc<str>, Member>> {
    let no_older = Older { base: None, loaded: Arc::default() };
    let mut groups: SortedMap<_, Vec<_>> = SortedMap::new();
    for (name, layers) in sections {
        // A section without a group is a group of its own.
        let group = layers.group().ok_or(name);
        groups.get_or_default(group).push((SectionKey::new("", name), layers.clone()));
    }
    let mut members = SortedMap::new();
    for group in groups.values() {
        members.extend(read(group, backend, &no_older)?.into_iter().map(|(key, member)| (key.name, member)));
    }
    Ok(members)
}

/// Reads a group: the newest value of each section if none is damaged, or if no point of the log has all of them.
fn read(group: &[(SectionKey, Layers)], backend: &dyn Backend, older: &Older) -> backend::Result<Members> {
    let newest = values(group, u64::MAX, backend, older)?;
    if newest.values().flatten().any(fell_back) {
        if let Some(members) = at_one_point(group, &newest, backend, older)? {
            return Ok(members);
        }
    }
    Ok(newest.into_iter().map(|(key, value)| (key, Member { value, later: None })).collect())
}

type Values = SortedMap<SectionKey, Option<Value>>;

fn fell_back(value: &Value) -> bool {
    value.fate == Fate::FellBack
}

fn values(group: &[(SectionKey, Layers)], at: u64, backend: &dyn Backend, older: &Older) -> backend::Result<Values> {
    let read = |(key, layers): &(SectionKey, Layers)| {
        let value = layers.until(at).value(backend, || older.value(backend, key))?;
        Ok((key.clone(), value))
    };
    group.iter().map(read).collect()
}

/// Reads the sections as of the newest point at which each can be read; `None` if there is no such point.
///
/// If a section is not in its last saved state, the point moves to right before the frame in which it was lost. Other
/// sections may be damaged at that point, so the search repeats.
fn at_one_point(
    group: &[(SectionKey, Layers)],
    newest: &Values,
    backend: &dyn Backend,
    older: &Older,
) -> backend::Result<Option<Members>> {
    // A section without any readable value is reported as lost; no older point would restore it.
    let is_there = |(key, _): &&(SectionKey, Layers)| newest.get(key).is_some_and(Option::is_some);
    let group: Vec<_> = group.iter().filter(is_there).cloned().collect();
    let (mut at, mut found) = (u64::MAX, newest.clone());
    loop {
        let mut earlier = u64::MAX;
        for (key, layers) in &group {
            let known = layers.until(at);
            let lost_with = match found.get(key).and_then(Option::as_ref) {
                Some(value) if !fell_back(value) => continue,
                Some(value) => match known.frame_after(value.sum) {
                    Some(frame) => frame,
                    None => return before_base(&group, newest, backend, older),
                },
                None => match known.first_frame() {
                    Some(frame) => frame,
                    // The section was first saved after this point.
                    None => continue,
                },
            };
            let Some(before) = lost_with.checked_sub(1) else { return Ok(None) };
            earlier = earlier.min(before);
        }
        if earlier == u64::MAX {
            let any = found.values().any(Option::is_some);
            return Ok(any.then(|| as_of(&group, found, newest)));
        }
        at = earlier;
        found = values(&group, at, backend, older)?;
    }
}

/// Like [`at_one_point`], in the log from which the base was made.
fn before_base(
    group: &[(SectionKey, Layers)],
    newest: &Values,
    backend: &dyn Backend,
    older: &Older,
) -> backend::Result<Option<Members>> {
    let Some(loaded) = older.load(backend)? else { return Ok(None) };
    let there = |(key, _): &(SectionKey, Layers)| Some((key.clone(), loaded.sections.get(key)?.clone()));
    let there: Vec<_> = group.iter().filter_map(there).collect();
    let found = values(&there, u64::MAX, backend, &loaded.older())?;
    if found.values().any(Option::is_none) {
        return Ok(None);
    }
    let members = at_one_point(&there, &found, backend, &loaded.older())?;
    let value_of = |(key, member): (SectionKey, Member)| (key, member.value);
    Ok(members.map(|members| as_of(group, members.into_iter().map(value_of).collect(), newest)))
}

/// Combines the values `found` at a point with the `newest` values of the group.
fn as_of(group: &[(SectionKey, Layers)], mut found: Values, newest: &Values) -> Members {
    let mut members = Members::new();
    for (key, newest) in newest {
        let mut value = found.remove(key).flatten();
        let wanted = group.iter().find(|(other, _)| other == key).and_then(|(_, layers)| layers.newest());
        if let Some(value) = value.as_mut().filter(|value| wanted.is_some_and(|wanted| wanted.sum != value.sum)) {
            value.fate = Fate::FellBack;
        }
        let later = newest.clone().filter(|newest| value.as_ref().is_none_or(|value| value.sum != newest.sum));
        members.insert(key.clone(), Member { value, later });
    }
    members
}

/// A section that is restored from an older point than its newest value, or withheld.
pub(crate) struct Settled {
    pub(crate) key: SectionKey,
    pub(crate) value: Option<Value>,
    /// Whether its newest value was quarantined.
    pub(crate) is_parked: bool,
}

impl Loaded {
    /// Returns a section with its group, to be read without a lock on the state.
    pub(crate) fn unread(&self, key: &SectionKey) -> Option<Unread> {
        Some(self.unread_as(key, self.sections.get(key)?.clone()))
    }

    /// Like [`unread`](Self::unread), with the layers that the state has of the section.
    pub(crate) fn unread_as(&self, key: &SectionKey, own: Layers) -> Unread {
        let is_open = |key: &SectionKey| !self.settled.contains(key);
        let keys = if own.group().is_some() && is_open(key) { self.group_of(key) } else { Vec::new() };
        let others = keys.into_iter().filter(|other| other != key && is_open(other));
        let others = others.filter_map(|key| self.sections.get(&key).map(|layers| (key.clone(), layers.clone())));
        let group = others.chain([(key.clone(), own)]).collect();
        Unread { key: key.clone(), group, older: self.older() }
    }

    fn older(&self) -> Older {
        Older { base: self.chain.base, loaded: Arc::clone(&self.older) }
    }

    /// Reads a section as it is restored.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn member(&self, backend: &dyn Backend, key: &SectionKey) -> backend::Result<Member> {
        self.unread(key).map_or_else(|| Ok(Member::default()), |unread| unread.member(backend))
    }

    /// Returns the value of a section, or `None` if no version of it can be read, or none as of the point of its group.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn value(&self, backend: &dyn Backend, key: &SectionKey) -> backend::Result<Option<Value>> {
        Ok(self.member(backend, key)?.value)
    }

    /// Returns whether the point that the section is restored from is decided.
    pub(crate) fn is_settled(&self, key: &SectionKey) -> bool {
        self.settled.contains(key)
    }

    /// Returns whether the section is quarantined because it was first saved after the point of its group.
    pub(crate) fn is_of_later(&self, key: &SectionKey) -> bool {
        let is_it = |parked: &ParkedSection| parked.key == *key && parked.why == Parked::Replaced;
        self.is_settled(key) && !self.sections.contains_key(key) && self.parked.iter().any(is_it)
    }

    /// Returns the sections of groups that are not settled yet.
    pub(crate) fn unsettled(&self) -> Vec<SectionKey> {
        let sections =
            self.sections.iter().filter(|(key, layers)| layers.group().is_some() && !self.settled.contains(key));
        sections.map(|(key, _)| key.clone()).collect()
    }

    /// Settles the point that a group is restored from. Sections of the group that are requested later come from the same
    /// point, even if the application has replaced one of them by then.
    pub(crate) fn settle(&mut self, unread: &Unread, members: &Members) -> Vec<Settled> {
        let mut settled = Vec::new();
        for (key, layers) in unread.group.iter().filter(|(_, layers)| layers.group().is_some()) {
            let Some(member) = members.get(key).filter(|_| is_in(self, key, layers)) else { continue };
            self.settled.insert(key.clone());
            let is_parked = member.later.is_some();
            let value = member.value.clone().filter(|value| value.fate == Fate::FellBack);
            match &value {
                Some(value) => drop(self.sections.insert(key.clone(), Layers::settled(value))),
                None if is_parked => drop(self.sections.remove(key)),
                None => continue,
            }
            if is_parked {
                let (key, layers) = (key.clone(), layers.clone());
                self.park(ParkedSection { key, why: Parked::Replaced, layers });
            }
            settled.push(Settled { key: key.clone(), value, is_parked });
        }
        settled
    }

    /// Reads every intact section into memory, because another process may remove the logs they are in.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn hold(&mut self, backend: &dyn Backend) -> backend::Result<()> {
        let keys: Vec<_> = self.sections.keys().cloned().collect();
        for key in keys {
            let Some(unread) = self.unread(&key) else { continue };
            let mut members = unread.members(backend)?;
            drop(self.settle(&unread, &members));
            // A section that is not in its last saved state keeps its layers, which determine its fate.
            let value = members.remove(&key).and_then(|member| member.value);
            if let Some(value) = value.filter(|value| value.fate == Fate::Current) {
                self.sections.insert(key, Layers::of(value.meta, value.sum, Arc::new(value.bytes)));
            }
        }
        Ok(())
    }
}
