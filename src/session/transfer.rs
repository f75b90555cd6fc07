//! Sections as they are stored: for what carries a state elsewhere and back, such as the package `leftoff-roam`.

use std::fmt;
use std::sync::{Arc, Weak};

use serde::de::DeserializeOwned;

use super::Session;
use super::presence::Marks;
use crate::backend;
use crate::error::Error;
use crate::export::Carried;
use crate::frame::{Meta, SectionKey};
use crate::generation::{Fate, Layers, Member};
use crate::section::Section;
use crate::store::{Entry, Inner, Item, Store};
use crate::time::Timestamp;

/// The encoded value of a section, as the log has it.
///
/// `Debug` prints no content.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct StoredSection {
    /// Its scope; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// The checksum of its bytes.
    pub sum: u64,
    /// Its bytes, with the shape in front if the codec stores one. Empty if the reader knew them.
    pub bytes: Arc<Vec<u8>>,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// Whether the section is [private](Section::private) or [erased on close](Section::erase_on_close), and so must not
    /// leave the machine.
    pub stays_here: bool,
    /// Whether the section is stored only under a [seal](crate::Sensitivity::Sealed).
    pub needs_seal: bool,
    meta: Meta,
}

impl StoredSection {
    /// A value that comes from elsewhere. `version` and `codec` are those of the section that was stored there.
    pub fn new(scope: &str, name: &str, version: u32, codec: u8, bytes: Arc<Vec<u8>>, saved_at: Timestamp) -> Self {
        let meta = Meta {
            version,
            codec,
            private: false,
            erase_on_close: false,
            sealed: false,
            saved_at,
            expires: None,
            stand_in: false,
            machine: None,
            group: None,
        };
        let sum = crate::frame::checksum(&bytes);
        Self {
            scope: scope.to_owned(),
            name: name.to_owned(),
            sum,
            bytes,
            saved_at,
            stays_here: false,
            needs_seal: false,
            meta,
        }
    }

    /// The same, stored only under a [seal](crate::Sensitivity::Sealed) if `needs_seal`.
    #[must_use]
    pub fn sealed(mut self, needs_seal: bool) -> Self {
        (self.needs_seal, self.meta.sealed) = (needs_seal, needs_seal);
        self
    }

    /// The version of the section.
    pub fn version(&self) -> u32 {
        self.meta.version
    }

    /// The number of the codec, as the log stores it.
    pub fn codec(&self) -> u8 {
        self.meta.codec
    }

    /// Decodes the value as [`Session::get`] does, with the migrations of the section.
    ///
    /// # Errors
    /// As for [`Session::get`], about the value.
    pub fn decode<T: DeserializeOwned>(&self, section: &Section<T>) -> Result<T, Error> {
        section.decode(self.meta.version, self.meta.codec, &self.bytes).map_err(|error| error.in_scope(&self.scope))
    }

    pub(super) fn from_elsewhere(carried: &Carried) -> Self {
        Self::of(&carried.key, carried.sum, Arc::clone(&carried.bytes), carried.meta)
    }

    fn of(key: &SectionKey, sum: u64, bytes: Arc<Vec<u8>>, meta: Meta) -> Self {
        Self {
            scope: key.scope.to_string(),
            name: key.name.to_string(),
            sum,
            bytes,
            saved_at: meta.saved_at,
            stays_here: meta.stays_here(),
            needs_seal: meta.sealed,
            meta,
        }
    }
}

impl fmt::Debug for StoredSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSection")
            .field("scope", &self.scope)
            .field("name", &self.name)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Reads what a session has synced, from any thread: see [`Session::stored_reader`].
#[derive(Clone)]
pub struct StoredReader {
    // Weak, because the location must be free as soon as the session is closed.
    store: Weak<Store>,
}

impl fmt::Debug for StoredReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredReader").finish_non_exhaustive()
    }
}

impl StoredReader {
    /// Returns the present values of all sections, if all of them survive a power cut; otherwise `None`, and after the
    /// next sync there is an answer. `None` also while the session cannot save, and once it is closed.
    ///
    /// A section is left out if its newest value could not be read, is withheld or has expired: its absence here does
    /// not say that it was removed, which [`is_removed`](Self::is_removed) does. `is_known` is asked with scope, name and
    /// checksum; the bytes of a known value are not read.
    ///
    /// Takes the lock that the session's captures take, for a time that depends on the number of sections and not on
    /// their sizes, and reads storage without it.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if storage cannot be read.
    pub fn synced(&self, is_known: impl Fn(&str, &str, u64) -> bool) -> Result<Option<Vec<StoredSection>>, Error> {
        let Some(store) = self.store.upgrade() else { return Ok(None) };
        let guard = store.inner.lock();
        if guard.refusal().is_some() || !guard.is_all_synced() {
            return Ok(None);
        }
        let when = store.when();
        let mut read = Vec::new();
        for (scope, name, entry) in guard.entries.iter().filter(|(.., entry)| !entry.removed) {
            let key = SectionKey::new(scope, name);
            let Some(stored) = entry.stored.as_ref().filter(|stored| !key.is_own() && !stored.meta.is_expired(when))
            else {
                continue;
            };
            let is_known = is_known(scope, name, stored.sum);
            let bytes = if is_known { Arc::default() } else { Arc::clone(&stored.bytes) };
            read.push(StoredSection::of(&key, stored.sum, bytes, stored.meta));
        }
        let mut unread = Vec::new();
        for (key, layers) in &guard.loaded.sections {
            let has_entry = guard.entries.get(&key.scope, &key.name).is_some_and(Entry::is_known);
            let newest = Some(layers).filter(|_| !has_entry && !key.is_own()).and_then(Layers::newest);
            let Some(newest) = newest.filter(|newest| !newest.meta.is_expired(when)) else { continue };
            if is_known(&key.scope, &key.name, newest.sum) {
                read.push(StoredSection::of(key, newest.sum, Arc::default(), newest.meta));
            } else {
                unread.extend(guard.loaded.unread(key).map(|unread| (key.clone(), unread)));
            }
        }
        // The log does not change in place, so what was synced stays readable without the lock.
        drop(guard);
        for (key, unread) in unread {
            let failed = |error| Error::storage(format!("section {key}: could not read storage"), error);
            if let Member { value: Some(value), later: None } = unread.member(&*store.backend).map_err(failed)? {
                if value.fate == Fate::Current {
                    read.push(StoredSection::of(&key, value.sum, Arc::new(value.bytes), value.meta));
                }
            }
        }
        Ok(Some(read))
    }

    /// Returns whether the application removed the section, as far as the log knows.
    pub fn is_removed(&self, scope: &str, name: &str) -> bool {
        let Some(store) = self.store.upgrade() else { return false };
        let guard = store.inner.lock();
        let key = SectionKey::new(scope, name);
        let is_present = guard.entries.get(scope, name).is_some_and(|entry| entry.present().is_some());
        !is_present && !guard.loaded.sections.contains_key(&key) && guard.loaded.removed.contains_key(&key)
    }

    /// Returns whether the session is closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.store.upgrade().is_none_or(|store| store.inner.lock().life.is_stopped())
    }
}

impl Session {
    /// Returns a reader of what this session has synced, for another thread.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const FORM: Section<String> = Section::new("form", 1);
    ///
    /// let mut session = Session::in_memory();
    /// let reader = session.stored_reader();
    /// session.save(|capture| capture.set(FORM, &"Ana".to_owned()))?;
    /// let stored = reader.synced(|_, _, _| false)?.unwrap_or_default();
    /// assert_eq!(stored[0].decode(&FORM)?, "Ana");
    ///
    /// // The same value comes back as if the application had set it.
    /// session.save(|capture| capture.set(FORM, &"Ben".to_owned()))?;
    /// session.put_stored(stored, &[], |_, _, _| true)?;
    /// assert_eq!(session.get(FORM)?.as_deref(), Some("Ana"));
    /// // What it replaced is in the history.
    /// let before = session.history()?.remove(0);
    /// assert_eq!(session.get_at(&before, FORM)?.as_deref(), Some("Ben"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn stored_reader(&self) -> StoredReader {
        StoredReader { store: Arc::downgrade(&self.store) }
    }

    /// Returns the checksum of the present value of a section, captured or stored; `None` if it has none.
    pub fn stored_sum(&self, scope: &str, name: &str) -> Option<u64> {
        self.store.inner.lock().values().get(&SectionKey::new(scope, name)).map(|(sum, _)| *sum)
    }

    /// Makes these values the present ones, as if the application had set them, and removes the sections in `removed`,
    /// by scope and name. Returns the sections that were changed; the application must read them again.
    ///
    /// `may_replace` is asked for each section with scope, name and the checksum of its present value, captured or stored.
    /// If it returns `false`, the section is left as it is: so a value that came after the decision is not replaced. So is a
    /// section that needs a seal where there is none.
    ///
    /// The replaced state is a point of the [history](Self::history), the newest one: to undo this, go
    /// [back](Self::resume_at) to it.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) and others: storage cannot be written, and nothing
    /// changed, or the values are kept in memory and retried.
    pub fn put_stored(
        &mut self,
        values: Vec<StoredSection>,
        removed: &[(String, String)],
        may_replace: impl Fn(&str, &str, Option<u64>) -> bool,
    ) -> Result<Vec<(String, String)>, Error> {
        self.replace_with(values, removed, may_replace, |_| {})
    }

    /// As [`put_stored`](Self::put_stored), with changes of the marks in the same frame.
    pub(super) fn replace_with(
        &mut self,
        values: Vec<StoredSection>,
        removed: &[(String, String)],
        may_replace: impl Fn(&str, &str, Option<u64>) -> bool,
        change_marks: impl FnOnce(&mut Marks),
    ) -> Result<Vec<(String, String)>, Error> {
        // Pending changes belong to the state that is being replaced, and must be in the log before.
        self.settle()?;
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        let now = store.now().wall;
        let present = guard.values();
        let may_replace = |key: &SectionKey| {
            let sum = present.get(key).map(|(sum, _)| *sum);
            !key.is_own() && !key.name.is_empty() && may_replace(&key.scope, &key.name, sum)
        };
        let mut changed = Vec::new();
        for StoredSection { scope, name, bytes, meta, .. } in values {
            let key = SectionKey::new(&scope, &name);
            let may_be_stored = !meta.sealed || backend::is_sealed(&*store.backend);
            if may_be_stored && may_replace(&key) {
                guard.revive(&scope);
                guard.put_stored(&key, Arc::unwrap_or_clone(bytes), Meta { saved_at: now, ..meta });
                changed.push((scope, name));
            }
        }
        for (scope, name) in removed {
            let key = SectionKey::new(scope, name);
            if may_replace(&key) {
                guard.apply(key, Item::Remove, now);
                changed.push((scope.clone(), name.clone()));
            }
        }
        guard.pending.replaces |= !changed.is_empty();
        change_marks(&mut self.marks);
        self.marks.drain_into(&mut guard);
        drop(guard);
        self.write_now().map(|_| changed)
    }
}

impl Inner {
    fn put_stored(&mut self, key: &SectionKey, bytes: Vec<u8>, meta: Meta) {
        // Whether a value stays on this machine, how long it is kept and with which others it is read: settings of this
        // program.
        let known =
            self.entries.get(&key.scope, &key.name).and_then(|entry| entry.stored.as_ref()).map(|stored| stored.meta);
        let known = known.or_else(|| Some(self.loaded.sections.get(key)?.newest()?.meta));
        let meta = known.map_or(meta, |Meta { private, erase_on_close, expires, group, .. }| Meta {
            private,
            erase_on_close,
            expires,
            group,
            ..meta
        });
        self.outdate_snapshots();
        self.unanswered.remove(key);
        self.fates.remove(key);
        self.supersede(key, meta.version);
        self.jobs.remove(key);
        let entry = self.entries.entry(key);
        (entry.revision, entry.shared) = (None, None);
        self.capture(key.clone(), bytes, meta);
    }
}
