//! The last touch as it is stored: for what carries a state elsewhere and back, beside [`transfer`](super::transfer).

use std::fmt;
use std::sync::Arc;

use super::Session;
use super::finished::again;
use super::presence::Marks;
use super::spot::{self, Spot};
use super::undone::Past;
use crate::error::Error;
use crate::frame::{Meta, SectionKey, is_own_name};
use crate::mark::TrailEntry;
use crate::marker::Marker;
use crate::path::is_within;
use crate::section::Attributes;
use crate::store::Inner;
use crate::time::{Away, Timestamp, plausible};
use crate::wire::{Malformed, Reader, put_field, put_field_with};

mod tag {
    pub(super) const SCOPE: u8 = 1;
    pub(super) const ENTRY: u8 = 2;
    pub(super) const SPOT: u8 = 3;
}

/// The number of touches that a mark takes along, the last one included.
const TAIL: usize = 5;

/// The last touch of the user, with the location of its element and the touches before it.
///
/// [`Session::stored_mark`] returns it on one device, and [`Session::put_stored_mark`] takes it on another. `Debug` prints
/// no text of the user.
#[derive(Clone, PartialEq)]
pub struct StoredMark {
    scope: Arc<str>,
    /// Oldest first; never empty.
    trail: Vec<TrailEntry>,
    spot: Option<Spot>,
}

impl StoredMark {
    /// Returns the scope of the touch; empty for the application itself.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Returns the touch.
    pub fn last(&self) -> Option<&TrailEntry> {
        self.trail.last()
    }

    /// Encodes the mark. A later version may add fields, which this version skips.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_field(&mut out, tag::SCOPE, self.scope.as_bytes());
        for entry in &self.trail {
            put_field_with(&mut out, tag::ENTRY, |value| entry.encode(value));
        }
        if let Some(spot) = &self.spot {
            put_field_with(&mut out, tag::SPOT, |value| spot.encode(value));
        }
        out
    }

    /// Decodes the output of [`to_bytes`](Self::to_bytes); `None` for bytes that are damaged or contain no touch.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::decode(bytes).ok().filter(|mark| !mark.trail.is_empty() && mark.trail.len() <= TAIL)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut mark = Self { scope: Arc::default(), trail: Vec::new(), spot: None };
        let mut fields = Reader::new(bytes);
        while !fields.is_empty() {
            let (tag, value) = (fields.u8()?, fields.bytes()?);
            match tag {
                tag::SCOPE => mark.scope = std::str::from_utf8(value).map_err(|_| Malformed)?.into(),
                tag::ENTRY => mark.trail.push(TrailEntry::decode(value)?),
                tag::SPOT => mark.spot = Some(Spot::decode(value)?),
                // A field of a newer version.
                _ => {}
            }
        }
        Ok(mark)
    }
}

impl fmt::Debug for StoredMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredMark").field("len", &self.trail.len()).finish_non_exhaustive()
    }
}

/// The sections of one scope that stay on this machine.
struct Kept {
    names: Vec<Arc<str>>,
    /// Whether a section of the scope may leave.
    travels: bool,
}

impl Kept {
    fn of(inner: &Inner, scope: &str, is_kept: &dyn Fn(&str, &str) -> bool) -> Self {
        let mut kept = Self { names: Vec::new(), travels: false };
        let mut add = |name: &str, meta: &Meta| {
            if meta.stays_here() || is_kept(scope, name) {
                kept.names.push(name.into());
            } else {
                kept.travels = true;
            }
        };
        let present = inner.entries.iter().filter(|(of, name, _)| *of == scope && !is_own_name(name));
        present.for_each(|(_, name, entry)| entry.present().into_iter().for_each(|meta| add(name, meta)));
        let parked = inner.loaded.parked.iter().map(|parked| (&parked.key, &parked.layers));
        let stored =
            inner.loaded.sections.iter().chain(parked).filter(|(key, _)| *key.scope == *scope && !key.is_own());
        stored.for_each(|(key, layers)| layers.newest().into_iter().for_each(|newest| add(&key.name, &newest.meta)));
        kept
    }

    /// Whether a touch may leave: not if all sections of its scope stay here, nor if its path begins with the name of one
    /// that does.
    fn may_leave(&self, element: &str) -> bool {
        (self.travels || self.names.is_empty()) && !self.names.iter().any(|name| is_within(element, name))
    }
}

impl Marks {
    /// Makes the last touch of another device the newest one here, at its own time, and freezes the marker from it.
    fn put(&mut self, mark: &StoredMark, device: &str, away: Away) {
        let scope = &*mark.scope;
        let Some((last, before)) = mark.trail.split_last() else { return };
        let newest = self.last_of(scope).map(TrailEntry::at);
        for entry in before.iter().filter(|entry| newest.is_none_or(|newest| entry.at() > newest)) {
            again(entry, |mark| self.append(scope, &mark, entry.at()));
        }
        again(last, |mark| self.append(scope, &mark, last.at()));
        let Some(newest) = self.last_of(scope) else { return };
        let spot = mark.spot.clone().filter(|spot| spot.is_of(last)).unwrap_or_else(|| Spot::of(last));
        self.spots.insert(scope.into(), spot.moved_to(newest, device));
        let until = self.past.get(scope).map_or(0, Past::until);
        let Some(trail) = self.trails.get(scope) else { return };
        if let Some(marker) = Marker::freeze(scope, trail, away, None).and_then(|marker| marker.since(until)) {
            self.markers.insert(scope.into(), marker.renamed(self.rules().renames));
        }
        self.complete_markers();
        (self.raise, self.touched_in) = (Some(scope.into()), None);
    }
}

impl Session {
    /// Returns the newest touch that may leave this machine, with the location of its element; `None` if there is none.
    ///
    /// A touch stays here if all sections of its scope are [private](crate::Section::private), or the
    /// [scope](crate::Builder::scope_sensitivity) is, if its path begins with the name of a private section of its scope, or
    /// if it is not written yet, because a section that is saved with it may be private. `is_kept` is asked with scope and
    /// name which other sections count as private. Touches of [sensitive](crate::Mark::sensitive) elements have no text.
    ///
    /// ```
    /// use leftoff::{Mark, Section, Session};
    ///
    /// const FORM: Section<String> = Section::new("form", 1);
    ///
    /// let mut laptop = Session::in_memory();
    /// laptop.mark(Mark::new("form/name").label("Name"));
    /// laptop.autosave(|capture| capture.set(FORM, &"Ana".to_owned()))?;
    /// let mark = laptop.stored_mark(|_, _| false).unwrap();
    ///
    /// let mut desk = Session::in_memory();
    /// desk.put_stored_mark(&mark, "laptop")?;
    /// let marker = desk.marker().unwrap();
    /// assert_eq!((marker.element(), marker.device()), ("form/name", Some("laptop")));
    /// assert!(marker.card_now().to_string().starts_with("Name, on your laptop"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn stored_mark(&self, is_kept: impl Fn(&str, &str) -> bool) -> Option<StoredMark> {
        let inner = self.store.inner.lock();
        let until = |scope: &str| self.marks.past.get(scope).map_or(0, Past::until);
        let stays = |scope: &str| self.store.settings.scopes.apply(scope, Attributes::default()).private;
        let mut newest: Option<StoredMark> = None;
        for (scope, trail) in self.marks.trails.iter().filter(|(scope, _)| !stays(scope)) {
            let last_seq = newest.as_ref().and_then(StoredMark::last).map_or(0, TrailEntry::seq);
            if trail.last_seq() <= last_seq || trail.has_unwritten() {
                continue;
            }
            let mut kept = Kept::of(&inner, scope, &is_kept);
            let secrets = self.marks.secrets.iter().filter(|key| key.scope == *scope);
            kept.names.extend(secrets.map(|key| Arc::clone(&key.name)));
            let entries = trail.iter().filter(|entry| entry.seq() > until(scope));
            let mut may_leave: Vec<TrailEntry> =
                entries.filter(|entry| kept.may_leave(entry.element())).cloned().collect();
            may_leave.drain(..may_leave.len().saturating_sub(TAIL));
            let Some(last) = may_leave.last().filter(|last| last.seq() > last_seq) else { continue };
            let spot = self.marks.spot_of(scope).filter(|spot| spot.is_of(last)).cloned().map(Spot::without_device);
            newest = Some(StoredMark { scope: Arc::clone(scope), trail: may_leave, spot });
        }
        newest
    }

    /// Makes the last touch of another device the newest one of this session: [`marker`](Self::marker) returns it, and the
    /// next start does. `device` is what the user calls the other device in the middle of a sentence: "laptop".
    ///
    /// Call it after [`put_stored`](Self::put_stored) took the state that the touch belongs to. Going
    /// [back](Self::resume_at) to the replaced state brings back its own marker.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) and others: storage cannot be written. The marker is shown,
    /// and the touch is kept in memory and retried.
    pub fn put_stored_mark(&mut self, mark: &StoredMark, device: &str) -> Result<(), Error> {
        self.catch_up();
        self.revive(&mark.scope);
        let Some(last) = mark.last() else { return Ok(()) };
        let now = self.store.now().wall;
        let away = Away { length: plausible(now.since(last.at())), ..Away::default() };
        self.marks.put(mark, device, away);
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        guard.put_spot(&mark.scope, self.marks.spot_of(&mark.scope), now);
        self.marks.drain_into(&mut guard);
        drop(guard);
        self.write_now().map(drop)
    }
}

impl Inner {
    pub(super) fn put_spot(&mut self, scope: &str, spot: Option<&Spot>, now: Timestamp) {
        let Some(spot) = spot.filter(|_| !self.is_off()) else { return };
        let key = SectionKey::new(scope, spot::SECTION);
        let mut bytes = Vec::new();
        spot.encode(&mut bytes);
        self.loaded.sections.remove(&key);
        self.capture(key, bytes, spot::meta(now));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mark::Mark;
    use crate::section::Section;
    use crate::{Builder, Sensitivity};

    const FORM: Section<u32> = Section::new("form", 1);
    const PIN: Section<u32> = Section::<u32>::new("pin", 1).sensitivity(Sensitivity::Local);

    fn session() -> Session {
        Builder::new(crate::AppId::new("com.example.test")).backend(crate::backend::MemoryBackend::new()).open()
    }

    fn touch(session: &mut Session, elements: &[&'static str]) -> StoredMark {
        for element in elements {
            session.mark(Mark::new(element).label("Label"));
        }
        session.autosave(|capture| capture.set(FORM, &1)).unwrap();
        session.stored_mark(|_, _| false).unwrap()
    }

    #[test]
    fn mark_comes_back_from_its_bytes_and_taken_twice_is_one_entry() {
        let mark = touch(&mut session(), &["form/a", "form/b", "form/c"]);
        let again = StoredMark::from_bytes(&mark.to_bytes()).unwrap();
        assert_eq!(again, mark);
        let mut other = session();
        other.put_stored_mark(&mark, "laptop").unwrap();
        other.put_stored_mark(&again, "laptop").unwrap();
        let trail: Vec<String> = other.timeline().into_iter().map(|(_, entry)| entry.element().to_owned()).collect();
        assert_eq!(trail, ["form/a", "form/b", "form/c"]);
        assert_eq!(other.marker().map(Marker::element), Some("form/c"));
        assert!(!format!("{mark:?}").contains("form"));
    }

    #[test]
    fn touch_that_is_not_written_or_belongs_to_a_private_section_stays() {
        let mut session = session();
        touch(&mut session, &["form/a"]);
        session.mark("pin/digit");
        assert_eq!(session.stored_mark(|_, _| false), None, "not written");
        session.autosave(|capture| capture.set(PIN, &1)).unwrap();
        let element = |mark: StoredMark| mark.last().map(|last| last.element().to_owned());
        assert_eq!(session.stored_mark(|_, _| false).and_then(element).as_deref(), Some("form/a"));
        assert_eq!(session.stored_mark(|_, name| name == "form"), None, "all sections stay");
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>) {
            let _ = StoredMark::from_bytes(&bytes);
        }
    }
}
