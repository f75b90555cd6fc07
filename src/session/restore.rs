//! Handing out what came back, and telling how it did.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::spot::is_own;
use super::{Report, SectionFate, SectionReport, Session};
use crate::error::{Error, ErrorKind};
use crate::frame::{Meta, Parked, SectionKey, Unreadable};
use crate::generation::{Fate, Layers};
use crate::section::Section;
use crate::store::{Entry, Saving, Stored};
use crate::sync::MutexGuard;

fn missing_in(key: &SectionKey, why: Unreadable) -> Error {
    let (kind, why) = match why {
        Unreadable::Damaged => (ErrorKind::Damaged, "part of the log is damaged"),
        Unreadable::NewerFormat => (ErrorKind::NewerFormat, "part of the log was written by a newer version"),
    };
    Error::new(kind, format!("section {key}: no copy of it can be read; {why}, and kept as it is"))
}

fn withheld(key: &SectionKey) -> Error {
    let message = format!("section {key}: withheld after repeated crashes; `bring_back` or the next start returns it");
    Error::new(ErrorKind::Quarantined, message)
}

fn of_later(key: &SectionKey) -> Error {
    let message = format!(
        "section {key}: part of its group is damaged and comes from an earlier time, when this section did not exist; \
         `bring_back` returns it"
    );
    Error::new(ErrorKind::Quarantined, message)
}

/// A section's bytes and what is stored beside them.
type Bytes = (Arc<Vec<u8>>, Meta);

impl Session {
    /// The section as it was saved last, or `None` if it never was, or was removed, or has expired:
    /// [`fate`](Self::fate) tells these apart.
    ///
    /// A value saved by an older version of the application is read through the section's
    /// [migrations](Section::migrations).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSetting`]: this session used the section with another type before.
    ///
    /// It is there and cannot be handed out; it is kept, even if another value is saved. [`ErrorKind::NewerSection`],
    /// [`ErrorKind::NoMigration`], [`ErrorKind::UnknownCodec`], [`ErrorKind::Decode`]: not by this build.
    /// [`ErrorKind::Damaged`], [`ErrorKind::NewerFormat`]: no copy of it can be read, or none is known of and what could
    /// not be read may have had one. [`ErrorKind::Quarantined`]: withheld after repeated crashes, or
    /// saved first after the time that its damaged [group](Section::group) comes from; [`bring_back`](Self::bring_back) returns it. [`ErrorKind::Unavailable`]: the place cannot be read.
    pub fn get<T: DeserializeOwned>(&mut self, section: Section<T>) -> Result<Option<T>, Error> {
        self.get_in("", &section)
    }

    /// The section, or its default where there is none, or where it cannot be handed out. The latter is no silent loss:
    /// it is kept, [`Report::left_out`] names it, and [`quarantined`](Self::quarantined) lists what can be brought back.
    pub fn get_or_default<T>(&mut self, section: Section<T>) -> T
    where
        T: DeserializeOwned + Default,
    {
        self.get(section).ok().flatten().unwrap_or_default()
    }

    pub(crate) fn get_in<T: DeserializeOwned>(
        &mut self,
        scope: &str,
        section: &Section<T>,
    ) -> Result<Option<T>, Error> {
        self.store.types.lock().note(scope, section)?;
        let key = SectionKey::new(scope, section.name());
        let Some((bytes, meta)) = self.find(&key)? else { return Ok(None) };
        let decoded = section.decode(meta.version, meta.codec, &bytes);
        if let Err(error) = &decoded {
            let mut guard = self.store.inner.lock();
            guard.fates.insert(key.clone(), SectionFate::Unread(error.kind()));
            guard.entries.entry(&key).unread = Some(Parked::Unread);
            guard.unanswered.insert(key);
        }
        decoded.map(Some)
    }

    fn find(&mut self, key: &SectionKey) -> Result<Option<Bytes>, Error> {
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        if let (Saving::Refused(error) | Saving::Taken { error, .. }, None) = (&guard.saving, &guard.copied) {
            return Err(error.clone());
        }
        if let Some(entry) = guard.entries.get(&key.scope, &key.name).filter(|entry| !entry.removed) {
            let latest = entry.latest.as_ref().map(|latest| (&latest.bytes, latest.meta));
            let known = latest.or(entry.stored.as_ref().map(|stored| (&stored.bytes, stored.meta)));
            if let Some((bytes, meta)) = known {
                let (bytes, meta) = (Arc::clone(bytes), meta);
                // With its group, it was decided as of which point it is handed out, and it was not handed out yet.
                if guard.loaded.sections.get(key).is_some_and(Layers::is_older) {
                    self.note_handout(&mut guard, key);
                }
                return Ok(Some((bytes, meta)).filter(|_| !meta.is_expired(store.when())));
            }
        }
        if !guard.loaded.sections.contains_key(key) {
            let is_known =
                guard.entries.get(&key.scope, &key.name).is_some() || guard.closed_scopes.contains(&key.scope);
            let is_kept = guard.loaded.parked.iter().any(|parked| parked.key == *key);
            if !is_known && guard.is_withheld(key) {
                return Err(if guard.loaded.is_of_later(key) { of_later(key) } else { withheld(key) });
            }
            return match guard.loaded.gap() {
                Some(why) if !is_known && !is_kept => Err(missing_in(key, why)),
                _ => Ok(None),
            };
        }
        // Written before the bytes are looked at: if they kill us, the next start knows which ones did.
        self.note_handout(&mut guard, key);
        // Read without the lock: the flusher must not wait for the medium, nor the user's thread for the flusher's reading.
        let Some(unread) = guard.loaded.unread(key) else { return Ok(None) };
        let mut members = MutexGuard::unlocked(&mut guard, || unread.members(&*store.backend))
            .map_err(|error| Error::storage(format!("section {key}: the place cannot be read"), error))?;
        guard.settle(&unread, &members);
        let member = members.remove(key).unwrap_or_default();
        let fate = SectionFate::of(&member, guard.loaded.doubts(key));
        guard.fates.insert(key.clone(), fate);
        let Some(value) = member.value else {
            return Err(if member.later.is_some() { of_later(key) } else { missing_in(key, Unreadable::Damaged) });
        };
        if value.meta.is_expired(store.when()) {
            guard.fates.insert(key.clone(), SectionFate::Expired);
            return Ok(None);
        }
        // From here on the application has seen it, and what it saves is meant to take its place.
        guard.entries.entry(key).unread = None;
        let bytes = Arc::new(value.bytes);
        // On top of anything else than what the log surely says, only whole values may be written. The log may have been
        // begun anew meanwhile, and what this process read of the old one is captured again then.
        let is_known = guard.entries.get(&key.scope, &key.name).is_some_and(Entry::is_known);
        if value.fate == Fate::Current && !guard.loaded.is_patchy() && !is_known {
            let stored = Stored::new(Arc::clone(&bytes), value.sum, value.meta);
            let (patches, bases) = (guard.loaded.sections.get(key).map_or(0, Layers::patches), guard.bases);
            guard.entries.entry(key).restored(stored, patches, bases);
        }
        Ok(Some((bytes, value.meta)))
    }

    /// How everything came back, as far as it was looked at.
    pub fn report(&self) -> Report {
        let guard = self.store.inner.lock();
        let mut fates = guard.checked.clone();
        fates.extend(guard.fates.clone());
        for (key, at) in &guard.loaded.refused {
            let fate = fates.entry(key.clone()).or_insert(SectionFate::Restored);
            if *fate == SectionFate::Restored {
                *fate = SectionFate::NewerRefused { at: *at };
            }
        }
        let line = |(key, fate): (SectionKey, SectionFate)| SectionReport {
            scope: key.scope.into(),
            name: key.name.into(),
            fate,
        };
        Report {
            other_states: guard.passed.len(),
            unreadable: guard.loaded.problems.len(),
            complete: guard.loaded.sections.keys().all(|key| fates.contains_key(key)),
            sections: fates.into_iter().filter(|(key, _)| !is_own(key)).map(line).collect(),
        }
    }
}
