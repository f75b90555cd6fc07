//! Handing out what came back, and telling how it did.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::spot::is_own;
use super::{Kept, Report, SectionFate, SectionReport, Session};
use crate::error::{Error, ErrorKind};
use crate::frame::{Change, Meta, Op, SectionKey, Unreadable};
use crate::generation::Fate;
use crate::section::{Migrate, Section};
use crate::store::{Saving, Stored};

fn missing_in(key: &SectionKey, why: Unreadable) -> Error {
    let (kind, why) = match why {
        Unreadable::Damaged => (ErrorKind::Damaged, "part of the log is damaged"),
        Unreadable::FromFuture => (ErrorKind::FromFuture, "part of the log was written by a newer version"),
    };
    Error::new(kind, format!("section {key}: no copy of it can be read; {why}, and kept as it is"))
}

/// A section's bytes and what is stored beside them.
type Bytes = (Arc<Vec<u8>>, Meta);

impl Session {
    /// The section as it was saved last, or `None` if it never was (or was removed, expired, or withheld after a crash:
    /// the [`report`](Self::report) tells).
    ///
    /// Where an older version of the application saved it, give the way from there:
    /// `session.get(FORM.from_version(1, |old: FormV1| …))`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSetting`]: this session used the section with another type before.
    ///
    /// It is there and cannot be handed out; it is kept, even if another value is saved. [`ErrorKind::TooNew`],
    /// [`ErrorKind::NoMigration`], [`ErrorKind::UnknownCodec`], [`ErrorKind::Decode`]: not by this build.
    /// [`ErrorKind::Damaged`], [`ErrorKind::FromFuture`]: no copy of it can be read, or none is known of and what could
    /// not be read may have had one. [`ErrorKind::Unavailable`]: the place cannot be read.
    pub fn get<T: DeserializeOwned, M: Migrate<T>>(&mut self, section: Section<T, M>) -> Result<Option<T>, Error> {
        self.get_in("", &section)
    }

    /// The section, or its default where there is none, or where it cannot be handed out. The latter is no silent loss:
    /// it is kept, and the [`report`](Self::report) tells.
    pub fn get_or_default<T, M>(&mut self, section: Section<T, M>) -> T
    where
        T: DeserializeOwned + Default,
        M: Migrate<T>,
    {
        self.get(section).ok().flatten().unwrap_or_default()
    }

    pub(crate) fn get_in<T: DeserializeOwned, M: Migrate<T>>(
        &mut self,
        scope: &str,
        section: &Section<T, M>,
    ) -> Result<Option<T>, Error> {
        self.store.types.lock().note(scope, section)?;
        let key = SectionKey::new(scope, section.name());
        let Some((bytes, meta)) = self.find(&key)? else { return Ok(None) };
        let decoded = section.decode(meta.version, meta.codec, &bytes);
        if let Err(error) = &decoded {
            let mut guard = self.store.inner.lock();
            guard.fates.insert(key.clone(), SectionFate::Unread(error.kind()));
            guard.entries.entry(&key).unread = true;
        }
        decoded.map(Some)
    }

    fn find(&mut self, key: &SectionKey) -> Result<Option<Bytes>, Error> {
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        if let Saving::Refused(error) = &guard.saving {
            return Err(error.clone());
        }
        if let Some(entry) = guard.entries.get(&key.scope, &key.name).filter(|entry| !entry.removed) {
            let latest = entry.latest.as_ref().map(|latest| (&latest.bytes, latest.meta));
            let known = latest.or(entry.stored.as_ref().map(|stored| (&stored.bytes, stored.meta)));
            if let Some((bytes, meta)) = known {
                return Ok(Some((Arc::clone(bytes), meta)).filter(|_| !meta.is_expired(store.now().wall)));
            }
        }
        if !guard.loaded.sections.contains_key(key) {
            let is_known =
                guard.entries.get(&key.scope, &key.name).is_some() || guard.closed_scopes.contains(&key.scope);
            let is_kept = guard.loaded.parked.iter().any(|parked| parked.key == *key);
            return match guard.loaded.gap() {
                Some(why) if !is_known && !is_kept => Err(missing_in(key, why)),
                _ => Ok(None),
            };
        }
        if guard.noting {
            // Written before the bytes are looked at: if they kill us, the next start knows which ones did.
            drop(guard);
            self.note_handout(Some(key.clone()));
            self.handing_out = true;
            guard = store.inner.lock();
        }
        let value = guard
            .loaded
            .value(&*store.backend, key)
            .map_err(|error| Error::storage(format!("section {key}: the place cannot be read"), error))?;
        let fate = SectionFate::of(value.as_ref(), guard.loaded.doubts(key));
        guard.fates.insert(key.clone(), fate);
        let Some(value) = value else { return Err(missing_in(key, Unreadable::Damaged)) };
        if value.meta.is_expired(store.now().wall) {
            guard.fates.insert(key.clone(), SectionFate::Expired);
            return Ok(None);
        }
        let bytes = Arc::new(value.bytes);
        // On top of anything else than what the log surely says, only whole values may be written.
        if value.fate == Fate::Current && !guard.loaded.is_patchy() {
            let stored = Stored::new(Arc::clone(&bytes), value.sum, value.meta);
            guard.entries.entry(key).stored = Some(stored);
        }
        Ok(Some((bytes, value.meta)))
    }

    /// How everything came back, as far as it was looked at.
    pub fn report(&self) -> Report {
        let guard = self.store.inner.lock();
        let mut fates = guard.checked.clone();
        fates.extend(guard.fates.clone());
        let line = |(key, fate): (SectionKey, SectionFate)| SectionReport {
            scope: key.scope.into(),
            name: key.name.into(),
            fate,
        };
        Report {
            unreadable: guard.loaded.problems.len(),
            complete: guard.loaded.sections.keys().all(|key| fates.contains_key(key)),
            sections: fates.into_iter().filter(|(key, _)| !is_own(key)).map(line).collect(),
        }
    }

    /// The sections that were set aside, oldest first.
    pub fn kept(&self) -> Vec<Kept> {
        let guard = self.store.inner.lock();
        let line = |parked: &crate::generation::ParkedSection| {
            let meta = parked.layers.newest()?.meta;
            Some(Kept {
                scope: parked.key.scope.to_string(),
                name: parked.key.name.to_string(),
                version: meta.version,
                saved_at: meta.saved_at,
                why: parked.why.into(),
            })
        };
        guard.loaded.parked.iter().filter_map(line).collect()
    }

    /// The newest value of a section that was set aside and that this build can read.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_kept<T: DeserializeOwned, M: Migrate<T>>(&self, section: Section<T, M>) -> Result<Option<T>, Error> {
        self.get_kept_in("", &section)
    }

    pub(crate) fn get_kept_in<T: DeserializeOwned, M: Migrate<T>>(
        &self,
        scope: &str,
        section: &Section<T, M>,
    ) -> Result<Option<T>, Error> {
        let key = SectionKey::new(scope, section.name());
        let guard = self.store.inner.lock();
        let mut result = Ok(None);
        for parked in guard.loaded.parked.iter().rev().filter(|parked| parked.key == key) {
            let value = parked
                .layers
                .value(&*self.store.backend, || Ok(None))
                .map_err(|error| Error::storage(format!("section {key}: the place cannot be read"), error))?;
            let decoded = match value {
                Some(value) => section.decode(value.meta.version, value.meta.codec, &value.bytes),
                None => Err(Error::new(ErrorKind::Damaged, format!("section {key}: what was kept cannot be read"))),
            };
            match decoded {
                Ok(value) => return Ok(Some(value)),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Drops what was set aside of this section; the next [`autosave`](Self::autosave) writes that down.
    pub fn drop_kept<T, M>(&mut self, section: Section<T, M>) {
        self.drop_kept_in("", section.name());
    }

    pub(crate) fn drop_kept_in(&mut self, scope: &str, name: &str) {
        let key = SectionKey::new(scope, name);
        let mut guard = self.store.inner.lock();
        guard.loaded.parked.retain(|parked| parked.key != key);
        let op = Op { key, change: Change::DropParked };
        // Once is enough, however long the storage is away.
        if guard.pending.ops.last() != Some(&op) {
            guard.pending.ops.push(op);
        }
        self.dirty = true;
    }
}
