//! Returning restored values, and reporting how they were restored.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::Session;
use super::spot::is_own;
use crate::error::{Error, ErrorKind};
use crate::frame::{Meta, Parked, SectionKey, Unreadable};
use crate::generation::{Fate, Layers};
use crate::report::{Report, SectionFate, SectionReport};
use crate::section::Section;
use crate::store::{Inner, Saving, Stored};
use crate::sync::MutexGuard;

fn missing_in(key: &SectionKey, why: Unreadable) -> Error {
    let (kind, why) = match why {
        Unreadable::Damaged => (ErrorKind::Damaged, "part of the log is damaged"),
        Unreadable::NewerFormat => {
            (ErrorKind::NewerFormat, "part of the log was written by a newer version of this library")
        }
    };
    Error::new(kind, format!("section {key}: no readable copy; {why} and is preserved unchanged"))
}

fn withheld(key: &SectionKey) -> Error {
    let message = format!(
        "section {key}: withheld after repeated crashes; `bring_back` returns it, and the start after a launch that \
         survives offers it again"
    );
    Error::new(ErrorKind::Quarantined, message)
}

fn of_later(key: &SectionKey) -> Error {
    let message = format!(
        "section {key}: its group is damaged and was restored from a time before this section existed; \
         `bring_back` returns the section"
    );
    Error::new(ErrorKind::Quarantined, message)
}

/// A section's bytes and their metadata.
type Bytes = (Arc<Vec<u8>>, Meta);

impl Session {
    /// Returns the section as it was saved last.
    ///
    /// Returns `None` if it was never saved, was removed, or has expired; [`fate`](Self::fate) distinguishes these.
    ///
    /// A value saved by an older version of the application is read through the section's
    /// [migrations](Section::migrations).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSetting`]: this session used the section with another type before.
    ///
    /// All other errors mean that a value is stored and cannot be returned; it is preserved, even if another value is
    /// saved. [`ErrorKind::NewerSection`], [`ErrorKind::NoMigration`], [`ErrorKind::UnknownCodec`],
    /// [`ErrorKind::Decode`]: this build cannot decode it. [`ErrorKind::Damaged`], [`ErrorKind::NewerFormat`]: no copy
    /// of it can be read, or no copy is known and the unreadable part of the log may have contained one.
    /// [`ErrorKind::Quarantined`]: it is withheld after repeated crashes, or was first
    /// saved after the time that its damaged [group](Section::group) was restored from; [`bring_back`](Self::bring_back)
    /// returns it.
    /// [`ErrorKind::Unavailable`]: storage cannot be read. [`ErrorKind::Closed`]: the session is
    /// closed.
    pub fn get<T: DeserializeOwned>(&mut self, section: Section<T>) -> Result<Option<T>, Error> {
        self.get_in("", &section)
    }

    /// Returns the section, or its default if the section has no value or its value cannot be returned.
    ///
    /// A value that cannot be returned is not silently lost: it is preserved, [`Report::left_out`] lists it, and
    /// [`quarantined`](Self::quarantined) lists what can be brought back.
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
        self.store.types.lock().note(scope, section).map_err(|error| error.in_scope(scope))?;
        let key = SectionKey::new(scope, section.name());
        if section.attributes().secret {
            self.marks.secrets.insert(key.clone());
        }
        let Some((bytes, meta)) = crate::fork::steady(|| self.find(&key))? else { return Ok(None) };
        let decoded = section.decode(meta.version, meta.codec, &bytes).map_err(|error| error.in_scope(scope));
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
        match (&guard.saving, &guard.copied) {
            (Saving::Refused(error) | Saving::Taken { error, .. }, None) => return Err(error.clone()),
            (Saving::Closed, _) => return guard.refusal().map_or(Ok(None), Err),
            _ => {}
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
        let Some(layers) = guard.loaded.sections.add(key).cloned() else { return guard.none(key) };
        // Written before the bytes are read: if they crash the process, the next start sees which section did.
        self.note_handout(&mut guard, key);
        // Read without the lock: the flusher must not wait for the medium, and the UI thread must not wait for the
        // flusher's reads.
        let patches = layers.patches();
        let unread = guard.loaded.unread_as(key, layers);
        let unavailable = |error| Error::storage(format!("section {key}: could not read storage"), error);
        let alone = MutexGuard::unlocked(&mut guard, || unread.alone(&*store.backend)).map_err(unavailable)?;
        let member = match alone {
            Some(member) => member,
            None => {
                let members = MutexGuard::unlocked(&mut guard, || unread.members(&*store.backend));
                let mut members = members.map_err(unavailable)?;
                guard.settle(&unread, &members);
                members.remove(key).unwrap_or_default()
            }
        };
        let fate = SectionFate::of(&member, guard.loaded.doubts(key));
        guard.note_damage(key, fate);
        guard.fates.insert(key.clone(), fate);
        let Some(value) = member.value else {
            return Err(if member.later.is_some() { of_later(key) } else { missing_in(key, Unreadable::Damaged) });
        };
        if value.meta.is_expired(store.when()) {
            guard.fates.insert(key.clone(), SectionFate::Expired);
            return Ok(None);
        }
        guard.shown.is_read(key);
        let bytes = Arc::new(value.bytes);
        let (bases, is_patchy) = (guard.bases, guard.loaded.is_patchy());
        // From here on the application has seen the value, and what it saves is meant to replace it.
        let entry = guard.entries.entry(key);
        entry.unread = None;
        // A patch may only follow a value that the log certainly has; otherwise only whole values may be written. If a
        // new log was begun meanwhile, what this process read of the old one is captured again then.
        if value.fate == Fate::Current && !is_patchy && !entry.is_known() {
            let stored = Stored::new(Arc::clone(&bytes), value.sum, value.meta);
            entry.restored(stored, patches, bases);
        }
        Ok(Some((bytes, value.meta)))
    }

    /// Returns how the state was restored, for the sections checked so far.
    pub fn report(&self) -> Report {
        let guard = self.store.inner.lock();
        let mut fates = guard.checked.clone();
        fates.extend(guard.fates.clone());
        for (key, at) in &guard.loaded.refused {
            let fate = fates.get_or_insert(key.clone(), || SectionFate::Restored);
            if *fate == SectionFate::Restored {
                *fate = SectionFate::NewerRefused { at: *at };
            }
        }
        let line = |(key, fate): (SectionKey, SectionFate)| SectionReport {
            scope: key.scope.to_string(),
            name: key.name.to_string(),
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

impl Inner {
    /// The answer to a request for a section that the state lacks.
    ///
    /// # Errors
    /// It is withheld, or may be in a part that cannot be read.
    fn none<T>(&self, key: &SectionKey) -> Result<Option<T>, Error> {
        let is_known = self.entries.get(&key.scope, &key.name).is_some() || self.closed_scopes.contains(&key.scope);
        let is_kept = self.loaded.parked.iter().any(|parked| parked.key == *key);
        if !is_known && self.is_withheld(key) {
            return Err(if self.loaded.is_of_later(key) { of_later(key) } else { withheld(key) });
        }
        match self.loaded.gap() {
            Some(why) if !is_known && !is_kept => Err(missing_in(key, why)),
            _ => Ok(None),
        }
    }
}
