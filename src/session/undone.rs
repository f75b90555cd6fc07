//! What an undone restore left: the values that are offered again, and the marks to which nobody is led back meanwhile.
//! Stored in a section of the library's own, in the same frame as the change that it describes.

use std::sync::Arc;
use std::time::Duration;

use super::finished::again;
use super::presence::Marks;
use super::{Session, spot};
use crate::frame::SectionKey;
use crate::mark::{Trail, TrailEntry};
use crate::marker::Marker;
use crate::sorted::{SortedMap, sort_by_key};
use crate::store::{Inner, Store};
use crate::time::Away;
use crate::wire::{Malformed, Reader, put_bytes, put_field_with, put_varint};

/// The name of the section, in the main scope. No application can use it: it contains a control character.
pub(crate) const SECTION: &str = "\u{1}undone";

mod tag {
    pub(super) const VALUE: u8 = 16;
    pub(super) const PAST: u8 = 17;
}

/// The stored form.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Undone {
    /// Quarantined values, by checksum.
    values: Vec<(SectionKey, u64)>,
    past: SortedMap<Arc<str>, Past>,
}

/// Marks of a scope that lead nobody anywhere: what they were made in is quarantined, or finished and removed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Past {
    /// The number of the newest of these marks.
    until: u64,
    /// The last touch, which becomes the newest one again if the values are brought back. `None` if they will not be.
    last: Option<TrailEntry>,
}

impl Undone {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (key, sum) in &self.values {
            put_field_with(&mut out, tag::VALUE, |value| {
                put_bytes(value, key.scope.as_bytes());
                put_bytes(value, key.name.as_bytes());
                value.extend_from_slice(&sum.to_le_bytes());
            });
        }
        for (scope, Past { until, last }) in &self.past {
            put_field_with(&mut out, tag::PAST, |value| {
                put_bytes(value, scope.as_bytes());
                put_varint(value, *until);
                if let Some(last) = last {
                    last.encode(value);
                }
            });
        }
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut undone = Self::default();
        let mut fields = Reader::new(bytes);
        while !fields.is_empty() {
            let (tag, mut value) = (fields.u8()?, Reader::new(fields.bytes()?));
            match tag {
                tag::VALUE => {
                    let key = SectionKey::new(value.str()?, value.str()?);
                    undone.values.push((key, value.u64()?));
                }
                tag::PAST => {
                    let (scope, until) = (value.str()?.into(), value.varint()?);
                    let last = if value.is_empty() { None } else { Some(TrailEntry::decode(value.rest())?) };
                    undone.past.insert(scope, Past { until, last });
                }
                // A field of a newer version.
                _ => {}
            }
        }
        Ok(undone)
    }

    fn shift(&mut self, by: u64) {
        self.past.values_mut().for_each(|past| past.shift(by));
    }
}

/// Renumbers the marks in the stored form.
pub(super) fn shifted(bytes: &[u8], by: u64) -> Option<Vec<u8>> {
    let mut undone = Undone::decode(bytes).ok()?;
    undone.shift(by);
    Some(undone.encode())
}

impl Past {
    pub(super) fn until(&self) -> u64 {
        self.until
    }

    /// Returns whether the trail has no newer touch.
    pub(super) fn covers(&self, trail: &Trail) -> bool {
        trail.last_seq() <= self.until
    }

    pub(super) fn shift(&mut self, by: u64) {
        self.until = self.until.saturating_add(by);
        self.last.iter_mut().for_each(|last| last.shift(by));
    }
}

impl Marks {
    /// Leaves the marks of all scopes behind, until [`put_back`](Self::put_back).
    pub(super) fn put_by(&mut self) {
        self.put_by.get_or_insert_default().extend(std::mem::take(&mut self.markers));
        for (scope, trail) in &self.trails {
            let known = self.past.get(scope).map_or(0, |past| past.until);
            if let Some(last) = trail.last().filter(|last| last.seq() > known) {
                self.past.insert(scope.clone(), Past { until: last.seq(), last: Some(last.clone()) });
            }
        }
    }

    /// Leaves the marks of one scope behind, permanently.
    pub(super) fn leave(&mut self, scope: &str) {
        if let Some(until) = self.last_seq_of(scope) {
            self.past.insert(scope.into(), Past { until, last: None });
        }
        self.markers.remove(scope);
        self.raise.take_if(|raise| **raise == *scope);
    }

    /// Keeps the last touches that an undone restore left from coming back with its values.
    fn let_go(&mut self) {
        self.put_by = None;
        self.swapped.clear();
        self.past.values_mut().for_each(|past| past.last = None);
    }

    /// Returns whether the user has touched nothing since an undone restore: what the program shows is not of the user.
    pub(super) fn is_untouched(&self) -> bool {
        let until = self.past.values().filter(|past| past.last.is_some()).map(|past| past.until).max();
        until.is_some_and(|until| self.trails.values().all(|trail| trail.last_seq() <= until))
    }

    /// Makes the last touches of the state that comes back the newest ones again, in their order and at their own time,
    /// so that marker, arrow and next start are of the state that is shown.
    pub(super) fn put_back(&mut self, is_meant: impl Fn(&str) -> bool) {
        let mut back: Vec<(Arc<str>, u64, TrailEntry)> = Vec::new();
        self.past.retain(|scope, past| {
            let last = past.last.take_if(|_| is_meant(scope));
            let is_back = last.is_some();
            back.extend(last.map(|last| (scope.clone(), past.until, last)));
            !is_back
        });
        sort_by_key(&mut back, |(_, until, _)| *until);
        let Some(newest) = back.last().map(|(scope, ..)| scope.clone()) else { return };
        let until = back.last().map_or(0, |(_, until, _)| *until);
        let is_touched = self.trails.values().any(|trail| trail.last_seq() > until);
        self.swapped.clear();
        for (scope, until, last) in &back {
            let later = self.last_of(scope).filter(|later| later.seq() > *until).cloned();
            self.swapped.push((scope.clone(), later));
            if is_touched {
                again(last, |mark| self.append(scope, &mark, last.at()));
            }
        }
        for (scope, _, last) in &back {
            let frozen = self.put_by.as_mut().and_then(|put_by| put_by.remove(scope));
            // The frozen one has the location of its element. The user may have gone on since it was frozen.
            let frozen = frozen.filter(|marker| marker.trail().last() == Some(last));
            let away = Away { ahead: Duration::ZERO, ..self.away_at_open };
            let marker = frozen.or_else(|| self.freeze(scope, away));
            self.markers.extend(marker.map(|marker| (scope.clone(), marker)));
        }
        self.complete_markers();
        self.raise = Some(newest);
    }

    /// Exchanges the last touches of the state that came back for those of the state that it replaced, and the other way
    /// round. A scope that had none there has no marker then.
    pub(super) fn swap(&mut self) {
        for (scope, last) in std::mem::take(&mut self.swapped) {
            let before = self.last_of(&scope).filter(|_| !self.past.contains_key(&scope)).cloned();
            match last {
                Some(last) => {
                    self.past.remove(&scope);
                    again(&last, |mark| self.append(&scope, &mark, last.at()));
                    let marker = self.freeze(&scope, Away { ahead: Duration::ZERO, ..self.away_at_open });
                    self.markers.extend(marker.map(|marker| (scope.clone(), marker)));
                }
                None => self.leave(&scope),
            }
            self.swapped.push((scope, before));
        }
        self.raise = self.newest_scope();
    }

    fn freeze(&self, scope: &str, away: Away) -> Option<Marker> {
        let marker = Marker::freeze(scope, self.trails.get(scope)?, away, None);
        marker.map(|marker| marker.renamed(self.rules().renames))
    }

    /// Removes from the markers what was left behind.
    pub(super) fn hide_past(&mut self) {
        for (scope, past) in &self.past {
            if let Some(marker) = self.markers.remove(scope).and_then(|marker| marker.since(past.until)) {
                self.markers.insert(scope.clone(), marker);
            }
        }
        if self.raise.is_some() {
            self.raise = self.newest_scope();
        }
    }

    /// Returns the scope touched last, apart from what was left behind.
    pub(super) fn newest_scope(&self) -> Option<Arc<str>> {
        let until = |scope: &Arc<str>| self.past.get(scope).map_or(0, |past| past.until);
        let open = self.trails.iter().filter(|(scope, trail)| {
            !trail.is_empty() && (trail.last_seq() > until(scope) || !self.past.contains_key(*scope))
        });
        open.max_by_key(|(_, trail)| trail.last_seq()).map(|(scope, _)| scope.clone())
    }
}

impl Session {
    /// Leaves the marks of one scope behind: their element is finished and removed. Written with the next capture.
    pub(crate) fn leave_behind(&mut self, scope: &str) {
        self.marks.leave(scope);
        let store = Arc::clone(&self.store);
        self.note_undone(&mut store.inner.lock());
    }

    /// Loads what an earlier launch, or the state that was brought back, left behind.
    pub(super) fn restore_undone(&mut self, store: &Store, inner: &Inner) {
        let key = SectionKey::new("", SECTION);
        // What was undone here is newer than what was stored at the start.
        if inner.entries.get("", SECTION).is_some() {
            return;
        }
        let stored = inner.loaded.value(&*store.backend, &key).ok().flatten();
        let undone = stored.and_then(|value| Undone::decode(&value.bytes).ok()).unwrap_or_default();
        self.hints.has_withheld |= !undone.values.is_empty();
        self.declined.retain(|value| !self.undone.contains(value));
        self.declined.extend(undone.values.iter().cloned());
        self.undone = undone.values;
        self.marks.past = undone.past;
    }

    /// Stages the record, to be written with the change that it describes.
    pub(super) fn note_undone(&mut self, inner: &mut Inner) {
        if inner.is_off() {
            return;
        }
        self.undone.retain(|(key, sum)| inner.loaded.is_parked(key, *sum));
        let undone = Undone { values: self.undone.clone(), past: self.marks.past.clone() };
        let key = SectionKey::new("", SECTION);
        let is_known = inner.loaded.sections.contains_key(&key) || inner.entries.get("", SECTION).is_some();
        if is_known || undone != Undone::default() {
            inner.loaded.sections.remove(&key);
            inner.capture(key, undone.encode(), spot::meta(self.store.now().wall));
        }
    }

    /// Stops offering what [`quarantine_all`](Self::quarantine_all) put into quarantine, because its user does not want it
    /// back: [`can_bring_back`](Self::can_bring_back) returns `false` until something else is withheld or declined.
    ///
    /// Nothing is lost: the values stay in [quarantine](Self::quarantined), and [`bring_back`](Self::bring_back) returns
    /// each of them.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const DRAFT: Section<String> = Section::new("draft", 1);
    ///
    /// let mut session = Session::in_memory();
    /// session.save(|capture| capture.set(DRAFT, &"Dear Ana".to_owned()))?;
    /// session.quarantine_all()?;
    /// assert!(session.can_bring_back());
    /// session.stop_offering();
    /// assert!(!session.can_bring_back());
    /// assert_eq!(session.bring_back(DRAFT)?.as_deref(), Some("Dear Ana"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn stop_offering(&mut self) {
        self.declined.clear();
        self.undone.clear();
        self.marks.let_go();
        let store = Arc::clone(&self.store);
        self.note_undone(&mut store.inner.lock());
        // If this fails, it stays pending; if the process dies before, the next start offers the values again.
        let _ = self.write_now();
    }
}
