//! Restoring one section or one scope of an earlier state.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::history::ResumePoint;
use super::{Scope, Session};
use crate::error::{Error, ErrorKind};
use crate::frame::{Meta, SectionKey};
use crate::generation::{Loaded, Member, Value};
use crate::section::Section;
use crate::store::Inner;

impl Session {
    /// Returns the value that a section had at an earlier time, or `None` if it had none. Nothing changes.
    ///
    /// ```
    /// use leftoff::{AppId, Section, Session};
    /// use leftoff::backend::MemoryBackend;
    ///
    /// const TEXT: Section<String> = Section::new("text", 1);
    ///
    /// let mut session = Session::builder(AppId::new("com.example.notes")).backend(MemoryBackend::new()).open();
    /// for text in ["call Ana", "call Bo"] {
    ///     session.mark("note/text");
    ///     session.autosave(|capture| capture.set(TEXT, &text.to_owned()))?;
    /// }
    /// let point = session.history()?.remove(0);
    /// assert_eq!(session.get_at(&point, TEXT)?.as_deref(), Some("call Ana"));
    /// assert_eq!(session.get(TEXT)?.as_deref(), Some("call Bo"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn get_at<T>(&self, point: &ResumePoint, section: Section<T>) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned,
    {
        self.get_at_in(point, "", &section)
    }

    /// Makes the value that a section had at an earlier time its present value, whatever its type was then.
    ///
    /// Returns `false`, and changes nothing, if the section had no value. The sections of its [group](Section::group)
    /// at that time come back with it. Read them again afterwards. The state with the replaced value is a point of the
    /// [history](Self::history).
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`]: no copy of that value can be read. [`ErrorKind::Unavailable`] and others: storage
    /// cannot be read, and nothing changed; or it cannot be written, and the value is kept in memory and retried.
    pub fn restore_section<T>(&mut self, point: &ResumePoint, section: Section<T>) -> Result<bool, Error> {
        self.restore_section_in(point, &SectionKey::new("", section.name()))
    }

    /// Makes the state that a scope had at an earlier time its present state: sections, marks and marker.
    ///
    /// Returns `false`, and changes nothing, if the scope had no section. Read its sections again afterwards. The
    /// replaced state of the scope becomes a [closed scope](Self::closed_scopes), and the whole state with it is a
    /// point of the [history](Self::history).
    ///
    /// # Errors
    /// As for [`restore_section`](Self::restore_section).
    pub fn restore_scope(&mut self, point: &ResumePoint, name: &str) -> Result<bool, Error> {
        let loaded = self.at(point)?;
        let store = Arc::clone(&self.store);
        let mut values = Vec::new();
        for key in loaded.sections.keys().filter(|key| *key.scope == *name) {
            match value_of(&loaded, &store, key) {
                Ok(Some(value)) => values.push((key.clone(), value)),
                // A missing element location must not prevent the rest from being restored.
                Ok(None) | Err(_) if key.is_own() => {}
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
        if values.iter().all(|(key, _)| key.is_own()) {
            return Ok(false);
        }
        self.settle()?;
        if self.scopes().iter().any(|open| open == name) {
            self.close_scope(name);
        }
        let trail = loaded.trails.get(name).cloned().unwrap_or_default();
        let mut guard = store.inner.lock();
        guard.revive(name);
        for (key, value) in values {
            guard.bring_back(&key, value, store.now().wall);
        }
        trail.iter().for_each(|entry| guard.pending.marks.add(name, entry.clone()));
        guard.pending.replaces = true;
        drop(guard);
        self.marks.put_trail(name, trail);
        self.restore_spots();
        self.write_now().map(|_| true)
    }

    pub(crate) fn get_at_in<T>(
        &self,
        point: &ResumePoint,
        scope: &str,
        section: &Section<T>,
    ) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned,
    {
        let key = SectionKey::new(scope, section.name());
        let loaded = self.at(point)?;
        let Some(Value { bytes, meta, .. }) = value_of(&loaded, &self.store, &key)? else { return Ok(None) };
        section.decode(meta.version, meta.codec, &bytes).map(Some).map_err(|error| error.in_scope(scope))
    }

    pub(crate) fn restore_section_in(&mut self, point: &ResumePoint, key: &SectionKey) -> Result<bool, Error> {
        let loaded = self.at(point)?;
        let store = Arc::clone(&self.store);
        let Some(value) = value_of(&loaded, &store, key)? else { return Ok(false) };
        let mut values = vec![(key.clone(), value)];
        for other in loaded.group_of(key).into_iter().filter(|other| other != key) {
            values.extend(value_of(&loaded, &store, &other)?.map(|value| (other, value)));
        }
        // Pending changes belong to the state that is being replaced, and must be in the log before.
        self.settle()?;
        let mut guard = store.inner.lock();
        guard.revive(&key.scope);
        for (key, value) in values {
            guard.bring_back(&key, value, store.now().wall);
            guard.pending.replaces |= guard.pending.sections.contains(&key);
        }
        drop(guard);
        self.write_now().map(|_| true)
    }

    pub(super) fn at(&self, point: &ResumePoint) -> Result<Loaded, Error> {
        let failed = |error| Error::storage("could not read the earlier state", error);
        Loaded::at(&mut self.catalog(failed)?, point.point, None).map_err(failed)
    }
}

fn value_of(loaded: &Loaded, store: &crate::store::Store, key: &SectionKey) -> Result<Option<Value>, Error> {
    let member = loaded.member(&*store.backend, key);
    match member.map_err(|error| Error::storage(format!("section {key}: could not read storage"), error))? {
        Member { value: None, later: None } if loaded.sections.contains_key(key) => {
            Err(Error::new(ErrorKind::Damaged, format!("section {key}: every copy of the earlier value is damaged")))
        }
        // Without one, it was saved first after the point at which its group can be read.
        member => Ok(member.value),
    }
}

impl Inner {
    /// Captures an older value as if the application had set it now.
    fn bring_back(&mut self, key: &SectionKey, value: Value, now: crate::time::Timestamp) {
        let meta = Meta { saved_at: now, ..value.meta };
        // This is the user's choice, not a stand-in for a withheld value.
        let meta = Meta { stand_in: false, ..meta };
        self.outdate_snapshots();
        self.unanswered.remove(key);
        self.fates.remove(key);
        self.supersede(key, meta.version);
        self.jobs.remove(key);
        let entry = self.entries.entry(key);
        (entry.revision, entry.shared) = (None, None);
        self.capture(key.clone(), value.bytes, meta);
    }
}

impl Scope<'_> {
    /// Like [`Session::get_at`].
    ///
    /// # Errors
    /// As for [`Session::get`].
    pub fn get_at<T>(&self, point: &ResumePoint, section: Section<T>) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned,
    {
        self.session.get_at_in(point, self.name, &section)
    }

    /// Like [`Session::restore_section`].
    ///
    /// # Errors
    /// As for [`Session::restore_section`].
    pub fn restore_section<T>(&mut self, point: &ResumePoint, section: Section<T>) -> Result<bool, Error> {
        self.session.restore_section_in(point, &SectionKey::new(self.name, section.name()))
    }
}
