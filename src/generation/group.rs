//! Sections of one group, read as of one point: a wizard's step and its data are a mixture if they are not of the same
//! capture.
//!
//! Where damage makes one of them fall back to an older value, all of them are read as of the newest point of the log at
//! which each can be read. What was saved after that point and can be read is not lost: it goes into quarantine.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::catalog::Catalog;
use super::layers::{Fate, Layers, Value};
use super::load::Loaded;
use super::parked::ParkedSection;
use crate::backend::{self, Backend, Generation};
use crate::frame::{Parked, Point, SectionKey};

/// A section as it comes back: neither value, and no copy of it can be read.
#[derive(Clone, Default)]
pub(crate) struct Member {
    /// The value to hand out.
    pub(crate) value: Option<Value>,
    /// The newest value that can be read, where that is of a later point than its group. Without a value to hand out, the
    /// section was saved first after that point.
    pub(crate) later: Option<Value>,
}

/// Sections by what they come back as.
pub(crate) type Members = BTreeMap<SectionKey, Member>;

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
    /// `None` where there is no base.
    fn load(&self, backend: &dyn Backend) -> backend::Result<Option<&Loaded>> {
        let Some((base, covers)) = self.base else { return Ok(None) };
        if let Some(loaded) = self.loaded.get() {
            return Ok(Some(loaded));
        }
        let loaded = Loaded::at(&mut Catalog::read(backend)?, covers, Some(base))?;
        Ok(Some(self.loaded.get_or_init(|| loaded)))
    }

    /// The value of one section, whatever its group.
    fn value(&self, backend: &dyn Backend, key: &SectionKey) -> backend::Result<Option<Value>> {
        let Some(loaded) = self.load(backend)? else { return Ok(None) };
        let Some(layers) = loaded.sections.get(key) else { return Ok(None) };
        layers.value(backend, || loaded.older().value(backend, key))
    }
}

impl Unread {
    /// The section, and those of its group that are not decided yet.
    ///
    /// # Errors
    /// Only where the place is unavailable.
    pub(crate) fn members(&self, backend: &dyn Backend) -> backend::Result<Members> {
        read(&self.group, backend, &self.older)
    }

    /// The section alone, as of the point at which its group can be read.
    ///
    /// # Errors
    /// Only where the place is unavailable.
    pub(crate) fn member(&self, backend: &dyn Backend) -> backend::Result<Member> {
        Ok(self.members(backend)?.remove(&self.key).unwrap_or_default())
    }

    /// Whether the state still has the section as it was when this was taken from it.
    pub(crate) fn is_of(&self, loaded: &Loaded) -> bool {
        self.group.iter().any(|(key, layers)| *key == self.key && is_in(loaded, key, layers))
    }
}

fn is_in(loaded: &Loaded, key: &SectionKey, layers: &Layers) -> bool {
    loaded.sections.get(key).is_some_and(|present| present.is(layers))
}

/// The sections of a closed scope by name, each group of them as of one point.
///
/// # Errors
/// Only where the place is unavailable.
pub(super) fn read_closed(
    sections: &BTreeMap<Box<str>, Layers>,
    backend: &dyn Backend,
) -> backend::Result<BTreeMap<Box<str>, Member>> {
    let no_older = Older { base: None, loaded: Arc::default() };
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, layers) in sections {
        // Without a group, each is one of its own.
        let group = layers.group().ok_or(name);
        groups.entry(group).or_default().push((SectionKey::new("", name), layers.clone()));
    }
    let mut members = BTreeMap::new();
    for group in groups.values() {
        members.extend(read(group, backend, &no_older)?.into_iter().map(|(key, member)| (key.name, member)));
    }
    Ok(members)
}

/// The newest value of each, where nothing is damaged or no point of the log has all of them.
fn read(group: &[(SectionKey, Layers)], backend: &dyn Backend, older: &Older) -> backend::Result<Members> {
    let newest = values(group, u64::MAX, backend, older)?;
    if newest.values().flatten().any(fell_back) {
        if let Some(members) = at_one_point(group, &newest, backend, older)? {
            return Ok(members);
        }
    }
    Ok(newest.into_iter().map(|(key, value)| (key, Member { value, later: None })).collect())
}

type Values = BTreeMap<SectionKey, Option<Value>>;

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

/// The sections as of the newest point at which each can be read; `None` where there is none.
///
/// Where one is not as it was saved last, the point is right before the frame that it was lost with: there, others may be
/// damaged in their turn.
fn at_one_point(
    group: &[(SectionKey, Layers)],
    newest: &Values,
    backend: &dyn Backend,
    older: &Older,
) -> backend::Result<Option<Members>> {
    // A section of which nothing can be read is told to be lost, and no older point would bring it back.
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
                    // It was saved first after this point.
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

/// The same where the point is in the log that the base was made from.
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

/// What was `found` of the group at a point, beside its `newest` values.
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

/// A section that is handed out as of an older point than its newest value, or not at all.
pub(crate) struct Settled {
    pub(crate) key: SectionKey,
    pub(crate) value: Option<Value>,
    /// Its newest value went into quarantine.
    pub(crate) is_parked: bool,
}

impl Loaded {
    /// A section, to be read without a lock on the state, with those of its group.
    pub(crate) fn unread(&self, key: &SectionKey) -> Option<Unread> {
        let own = self.sections.get(key)?;
        let is_open = |key: &SectionKey| !self.settled.contains(key);
        let keys = if is_open(key) { self.group_of(key) } else { Vec::new() };
        let others = keys.into_iter().filter(|other| other != key && is_open(other));
        let others = others.filter_map(|key| self.sections.get(&key).map(|layers| (key.clone(), layers.clone())));
        let group = others.chain([(key.clone(), own.clone())]).collect();
        Some(Unread { key: key.clone(), group, older: self.older() })
    }

    fn older(&self) -> Older {
        Older { base: self.chain.base, loaded: Arc::clone(&self.older) }
    }

    /// How a section comes back.
    ///
    /// # Errors
    /// Only where the place is unavailable.
    pub(crate) fn member(&self, backend: &dyn Backend, key: &SectionKey) -> backend::Result<Member> {
        self.unread(key).map_or_else(|| Ok(Member::default()), |unread| unread.member(backend))
    }

    /// The value of a section, or `None` where no version of it can be read, or none as of the point that its group is
    /// read at.
    ///
    /// # Errors
    /// Only where the place is unavailable.
    pub(crate) fn value(&self, backend: &dyn Backend, key: &SectionKey) -> backend::Result<Option<Value>> {
        Ok(self.member(backend, key)?.value)
    }

    /// Whether it is decided as of which point the section is handed out.
    pub(crate) fn is_settled(&self, key: &SectionKey) -> bool {
        self.settled.contains(key)
    }

    /// Whether it is in quarantine because it was saved first after the point that its group is handed out as of.
    pub(crate) fn is_of_later(&self, key: &SectionKey) -> bool {
        let is_it = |parked: &ParkedSection| parked.key == *key && parked.why == Parked::Replaced;
        self.is_settled(key) && !self.sections.contains_key(key) && self.parked.iter().any(is_it)
    }

    /// The sections of groups that were not decided yet.
    pub(crate) fn unsettled(&self) -> Vec<SectionKey> {
        let sections =
            self.sections.iter().filter(|(key, layers)| layers.group().is_some() && !self.settled.contains(key));
        sections.map(|(key, _)| key.clone()).collect()
    }

    /// Decides as of which point a group is handed out: whichever of it is asked for later is of the same point, also where
    /// the application has put another value in the place of one of them by then.
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

    /// Reads every section that is whole into memory: somebody else may remove what it would be read from.
    ///
    /// # Errors
    /// Only where the place is unavailable.
    pub(crate) fn hold(&mut self, backend: &dyn Backend) -> backend::Result<()> {
        let keys: Vec<_> = self.sections.keys().cloned().collect();
        for key in keys {
            let Some(unread) = self.unread(&key) else { continue };
            let mut members = unread.members(backend)?;
            drop(self.settle(&unread, &members));
            // What is not as it was saved last keeps its layers, which tell how it is not.
            let value = members.remove(&key).and_then(|member| member.value);
            if let Some(value) = value.filter(|value| value.fate == Fate::Current) {
                self.sections.insert(key, Layers::of(value.meta, value.sum, Arc::new(value.bytes)));
            }
        }
        Ok(())
    }
}
