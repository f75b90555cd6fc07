//! What a restore would bring, before it is done.

use super::Session;
use super::history::ResumePoint;
use crate::error::Error;
use crate::frame::{SectionKey, checksum};
use crate::generation::{Layers, Loaded};
use crate::mark::TrailEntry;
use crate::marker::Marker;
use crate::sorted::SortedMap;
use crate::store::Inner;
use crate::time::Timestamp;

/// A section that is stored and not withheld: see [`Session::preview`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionPreview {
    /// Its scope; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// When its value was saved.
    pub saved_at: Timestamp,
}

/// A section that going back would change: see [`Session::preview_at`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionChange {
    /// Its scope; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// When the value that would come back was saved; `None` if the section had none.
    pub then: Option<Timestamp>,
    /// When the present value was saved; `None` if the section has no value now.
    pub now: Option<Timestamp>,
}

impl Session {
    /// Returns the sections that have a value, by scope and name, before any of them is read: "3 drafts, 1 window, from
    /// 14:02".
    ///
    /// For an offer after a crash or an update, such as "restore all, some or none": what the user declines is
    /// [quarantined](Self::quarantine).
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const DRAFT: Section<String> = Section::new("draft", 1);
    ///
    /// let mut session = Session::in_memory();
    /// session.save(|capture| capture.scope("letter").set(DRAFT, &"Dear Ana".to_owned()))?;
    /// let preview = session.preview();
    /// assert_eq!((preview.len(), preview[0].scope.as_str(), preview[0].name.as_str()), (1, "letter", "draft"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn preview(&self) -> Vec<SectionPreview> {
        let guard = self.store.inner.lock();
        let values = guard.values().into_iter();
        let line = |(key, (_, saved_at)): (SectionKey, (u64, Timestamp))| SectionPreview {
            scope: key.scope.to_string(),
            name: key.name.to_string(),
            saved_at,
        };
        values.map(line).collect()
    }

    /// Returns the sections whose values would change if the session [went back](Self::resume_at) to this point, by scope
    /// and name. Nothing changes.
    ///
    /// [`get_at`](Self::get_at) reads a value of that state; [`restore_section`](Self::restore_section) and
    /// [`restore_scope`](Self::restore_scope) bring back a part.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if storage cannot be read.
    pub fn preview_at(&self, point: &ResumePoint) -> Result<Vec<SectionChange>, Error> {
        let then = values_of(&self.at(point)?);
        let now = self.store.inner.lock().values();
        let mut all: SortedMap<&SectionKey, [Option<(u64, Timestamp)>; 2]> = SortedMap::new();
        for (key, value) in &then {
            all.get_or_default(key)[0] = Some(*value);
        }
        for (key, value) in &now {
            all.get_or_default(key)[1] = Some(*value);
        }
        let sum = |value: Option<(u64, Timestamp)>| value.map(|(sum, _)| sum);
        let at = |value: Option<(u64, Timestamp)>| value.map(|(_, at)| at);
        let changed = all.into_iter().filter(|(_, [then, now])| sum(*then) != sum(*now));
        let line = |(key, [then, now]): (&SectionKey, [Option<(u64, Timestamp)>; 2])| SectionChange {
            scope: key.scope.to_string(),
            name: key.name.to_string(),
            then: at(then),
            now: at(now),
        };
        Ok(changed.map(line).collect())
    }

    /// "Open work": where the user left off in each window, the window touched last first.
    ///
    /// Each marker has a [step](Marker::step), a [phase](Marker::phase) and a [card](Marker::card). Dismissed markers are
    /// not among them.
    pub fn markers(&self) -> Vec<&Marker> {
        let mut markers: Vec<&Marker> = self.marks.markers().collect();
        markers.sort_by_key(|marker| std::cmp::Reverse(marker.trail().last().map(TrailEntry::seq)));
        markers
    }

    /// The user's last actions in all windows, oldest first, each with its scope: the newest [`TRAIL_LEN`] of each window.
    ///
    /// [`TRAIL_LEN`]: Self::TRAIL_LEN
    pub fn timeline(&self) -> Vec<(String, TrailEntry)> {
        let mut all: Vec<(String, TrailEntry)> =
            self.marks.all().map(|(scope, entry)| (scope.to_string(), entry)).collect();
        all.sort_by_key(|(_, entry)| entry.seq());
        all
    }
}

impl Inner {
    /// Returns checksum and time of the present value of each section, captured or stored.
    pub(super) fn values(&self) -> SortedMap<SectionKey, (u64, Timestamp)> {
        let mut values = values_of(&self.loaded);
        for (scope, name, entry) in self.entries.iter().filter(|(.., entry)| entry.is_known()) {
            let key = SectionKey::new(scope, name);
            let stored = entry.stored.as_ref().map(|stored| (stored.sum, stored.meta.saved_at));
            let latest = entry.latest.as_ref().map(|latest| (checksum(&latest.bytes), latest.meta.saved_at));
            match latest.or(stored).filter(|_| !entry.removed && !key.is_own()) {
                Some(value) => values.insert(key, value),
                None => values.remove(&key),
            };
        }
        values
    }
}

fn values_of(loaded: &Loaded) -> SortedMap<SectionKey, (u64, Timestamp)> {
    let newest = |layers: &Layers| layers.newest().map(|newest| (newest.sum, newest.meta.saved_at));
    let sections = loaded.sections.iter().filter(|(key, _)| !key.is_own());
    sections.filter_map(|(key, layers)| Some((key.clone(), newest(layers)?))).collect()
}
