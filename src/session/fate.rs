//! The fate of a section: why it has a value or not.

use super::{Scope, Session};
use crate::error::ErrorKind;
use crate::frame::{Parked, SectionKey};
use crate::generation::{ClosedScope, ParkedSection};
use crate::report::SectionFate;
use crate::section::Section;
use crate::store::Saving;

impl Session {
    /// Returns whether a value that the application asked for could not be decoded.
    pub(super) fn has_unread(&self) -> bool {
        self.store.inner.lock().fates.values().any(|fate| matches!(fate, SectionFate::Unread(_)))
    }

    /// Returns why [`get`](Self::get) returns what it returns.
    ///
    /// The fate distinguishes a section that was never saved, was removed, has expired, is in quarantine, or is
    /// damaged.
    ///
    /// Restores nothing.
    ///
    /// ```
    /// use leftoff::{Section, SectionFate, Session};
    ///
    /// const DRAFT: Section<String> = Section::new("draft", 1);
    ///
    /// let mut session = Session::in_memory();
    /// assert_eq!(session.fate(DRAFT), SectionFate::NeverSaved);
    /// session.mark("draft");
    /// session.autosave(|capture| capture.set(DRAFT, &"Dear Ana".to_owned()))?;
    /// assert_eq!(session.fate(DRAFT), SectionFate::Restored);
    /// session.mark_dirty();
    /// session.autosave(|capture| capture.remove(DRAFT))?;
    /// assert_eq!(session.fate(DRAFT), SectionFate::Removed);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// A value captured in this launch is [`SectionFate::Restored`]; a value that could not be stored makes it
    /// [`SectionFate::NewerRefused`] until a value is stored. If storage cannot be read, the fate is
    /// [`SectionFate::Unread`] with [`ErrorKind::Unavailable`]. If the section is unknown and part of the log is
    /// damaged, it is [`SectionFate::Lost`], because that part may have contained it.
    pub fn fate<T>(&self, section: Section<T>) -> SectionFate {
        self.fate_of(&SectionKey::new("", section.name()))
    }

    pub(crate) fn fate_of(&self, key: &SectionKey) -> SectionFate {
        let guard = self.store.inner.lock();
        let refused = guard.loaded.refused.get(key).copied().or_else(|| guard.refused_since(key));
        drop(guard);
        refused.map_or_else(|| self.fate_of_stored(key), |at| SectionFate::NewerRefused { at })
    }

    /// Returns the fate, regardless of a newer value that could not be stored.
    pub(crate) fn fate_of_stored(&self, key: &SectionKey) -> SectionFate {
        let guard = self.store.inner.lock();
        if let Saving::Refused(error) = &guard.saving {
            return SectionFate::Unread(error.kind());
        }
        if matches!(guard.saving, Saving::Closed) {
            return SectionFate::Unread(ErrorKind::Closed);
        }
        let when = self.store.when();
        let known = || guard.fates.get(key).or(guard.checked.get(key)).copied();
        let entry = guard.entries.get(&key.scope, &key.name);
        if let Some(meta) = entry.and_then(|entry| entry.present()) {
            let is_over = |fate: &SectionFate| matches!(fate, SectionFate::Expired | SectionFate::NewerRefused { .. });
            let fate = known().filter(|fate| !is_over(fate)).unwrap_or(SectionFate::Restored);
            return if meta.is_expired(when) { SectionFate::Expired } else { fate };
        }
        if guard.jobs.contains_key(key) {
            return SectionFate::Restored;
        }
        if let Some(layers) = guard.loaded.sections.get(key) {
            if layers.newest().is_some_and(|newest| newest.meta.is_expired(when)) {
                return SectionFate::Expired;
            }
            return known().unwrap_or_else(|| match guard.loaded.member(&*self.store.backend, key) {
                Ok(member) => SectionFate::of(&member, guard.loaded.doubts(key)),
                Err(_) => SectionFate::Unread(ErrorKind::Unavailable),
            });
        }
        if guard.is_withheld(key) {
            return SectionFate::Quarantined;
        }
        let has = |closed: &ClosedScope| closed.name == key.scope && closed.sections.contains_key(&key.name);
        let was_withheld = |parked: &ParkedSection| parked.key == *key && parked.is_withheld_and_closed();
        let is_closed = guard.loaded.closed.iter().any(has) || guard.loaded.parked.iter().any(was_withheld);
        if guard.loaded.removed.contains_key(key) || is_closed {
            return SectionFate::Removed;
        }
        if guard.loaded.parked.iter().any(|parked| parked.key == *key && parked.why == Parked::Declined) {
            return SectionFate::Quarantined;
        }
        if guard.loaded.gap().is_some() { SectionFate::Lost } else { SectionFate::NeverSaved }
    }
}

impl Scope<'_> {
    /// Like [`Session::fate`].
    pub fn fate<T>(&self, section: Section<T>) -> SectionFate {
        self.session.fate_of(&SectionKey::new(self.name, section.name()))
    }
}
