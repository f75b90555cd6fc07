//! What was stored and not handed out: listed, looked at, brought back, discarded.

use std::io;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{Quarantined, SectionFate, Session};
use crate::backend::Backend;
use crate::error::{Error, ErrorKind};
use crate::frame::{Change, Op, Parked, SectionKey};
use crate::generation::{Layers, Loaded, ParkedSection, Value};
use crate::section::Section;
use crate::store::Inner;

impl Session {
    /// The values in quarantine, oldest first: withheld after repeated crashes, or not readable by this version of the
    /// application, which then saved another value. Each stays stored until it is [brought back](Self::bring_back) or
    /// [discarded](Self::discard_quarantined); of one section, the newest [`MAX_QUARANTINED`](Self::MAX_QUARANTINED) do.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// let session = Session::in_memory();
    /// for aside in session.quarantined() {
    ///     eprintln!("{} was set aside: {}", aside.name, aside.why);
    /// }
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn quarantined(&self) -> Vec<Quarantined> {
        let guard = self.store.inner.lock();
        let line = |parked: &ParkedSection| {
            let meta = parked.layers.newest()?.meta;
            Some(Quarantined {
                scope: parked.key.scope.to_string(),
                name: parked.key.name.to_string(),
                version: meta.version,
                saved_at: meta.saved_at,
                why: parked.why.into(),
            })
        };
        guard.loaded.parked.iter().filter_map(line).collect()
    }

    /// The newest value of a section in quarantine that this build can read. It stays there.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_quarantined<T>(&self, section: Section<T>) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned,
    {
        self.get_quarantined_in("", &section)
    }

    pub(crate) fn get_quarantined_in<T: DeserializeOwned>(
        &self,
        scope: &str,
        section: &Section<T>,
    ) -> Result<Option<T>, Error> {
        Ok(self.newest_readable(&SectionKey::new(scope, section.name()), section)?.map(|(_, value)| value))
    }

    /// Brings the newest value of a section that this build can read out of quarantine, and returns it: from now on it
    /// is the section's value. What the section had until now goes into quarantine in its place. `None` if there is
    /// nothing to bring back. The sections of its [group](crate::Section::group) that are there for the same reason come
    /// back with it: read them again.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const NOTE: Section<String> = Section::new("note", 1);
    ///
    /// let mut session = Session::in_memory();
    /// // The user pressed "Bring it back".
    /// if let Some(note) = session.bring_back(NOTE)? {
    ///     println!("{note}");
    /// }
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`ErrorKind::Unavailable`] or [`ErrorKind::TimedOut`] if the storage fails. Nothing is
    /// changed then.
    pub fn bring_back<T: DeserializeOwned>(&mut self, section: Section<T>) -> Result<Option<T>, Error> {
        self.bring_back_in("", &section)
    }

    pub(crate) fn bring_back_in<T: DeserializeOwned>(
        &mut self,
        scope: &str,
        section: &Section<T>,
    ) -> Result<Option<T>, Error> {
        self.note_life();
        let key = SectionKey::new(scope, section.name());
        let Some((sum, value)) = self.newest_readable(&key, section)? else { return Ok(None) };
        let mut values = self.store.inner.lock().loaded.parked_with(&key, sum);
        values.push((key.clone(), sum));
        self.unpark(values)?;
        let mut guard = self.store.inner.lock();
        guard.entries.entry(&key).unread = None;
        self.note_handout(&mut guard, &key);
        drop(guard);
        Ok(Some(value))
    }

    /// Whether [`bring_back_all`](Self::bring_back_all) has anything to bring back: sections or markers that were withheld
    /// after repeated crashes. `false` while nothing can be saved.
    ///
    /// Cheap enough for every frame: in a launch that was given everything, the call reads one flag.
    pub fn can_bring_back(&self) -> bool {
        // What a take-over loads, another thread loads.
        if !self.has_withheld && self.store.took_over.get().is_none() {
            return false;
        }
        let guard = self.store.inner.lock();
        guard.refusal().is_none() && (self.marks.has_withheld() || guard.loaded.has_withheld())
    }

    /// Brings back everything that was withheld after repeated crashes, the markers included, and returns how many
    /// sections that were. [`get`](Self::get) them all again afterwards: a section that is saved before it was asked for
    /// goes back into quarantine. What they had until now goes there, too, in their place.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] or [`ErrorKind::TimedOut`] if the storage fails. Nothing is changed then.
    pub fn bring_back_all(&mut self) -> Result<usize, Error> {
        self.note_life();
        let withheld = {
            let guard = self.store.inner.lock();
            newest_withheld(&guard.loaded)
        };
        let count = withheld.len();
        self.unpark(withheld)?;
        if self.marks.bring_back() {
            self.restore_spots();
        }
        Ok(count)
    }

    /// Discards the values of this section that are in quarantine. The next [`autosave`](Self::autosave) writes that
    /// down.
    pub fn discard_quarantined<T>(&mut self, section: Section<T>) {
        self.discard_quarantined_in("", section.name());
    }

    pub(crate) fn discard_quarantined_in(&mut self, scope: &str, name: &str) {
        let key = SectionKey::new(scope, name);
        let mut guard = self.store.inner.lock();
        let is_known = guard.entries.get(scope, name).is_some_and(|entry| entry.present().is_some());
        if is_known || guard.jobs.contains_key(&key) {
            guard.loaded.parked.retain(|parked| parked.key != key);
        } else {
            guard.loaded.drop_parked(&key, self.store.now().wall);
        }
        // The user decided: what is saved now is no stand-in.
        guard.unanswered.remove(&key);
        let op = Op { key, change: Change::DropParked };
        // Once is enough, however long the storage is away.
        if guard.pending.ops.last() != Some(&op) {
            guard.pending.ops.push(op);
        }
        self.dirty = true;
    }

    /// With the checksum that names it.
    fn newest_readable<T: DeserializeOwned>(
        &self,
        key: &SectionKey,
        section: &Section<T>,
    ) -> Result<Option<(u64, T)>, Error> {
        let mut guard = self.store.inner.lock();
        if guard.loaded.parked.iter().any(|parked| parked.key == *key) {
            self.note_handout(&mut guard, key);
        }
        let parked = guard.loaded.parked.iter().rev().filter(|parked| parked.key == *key).cloned();
        let parked: Vec<ParkedSection> = parked.collect();
        drop(guard);
        let mut result = Ok(None);
        for parked in parked {
            let value = parked
                .layers
                .value(&*self.store.backend, || Ok(None))
                .map_err(|error| Error::storage(format!("section {key}: storage could not be read"), error))?;
            let decoded = match value {
                Some(value) => section.decode(value.meta.version, value.meta.codec, &value.bytes),
                None => {
                    Err(Error::new(ErrorKind::Damaged, format!("section {key}: the value in quarantine is damaged")))
                }
            };
            match (decoded, parked.sum()) {
                (Ok(value), Some(sum)) => return Ok(Some((sum, value))),
                (Ok(_), None) => {}
                (Err(error), _) => result = Err(error),
            }
        }
        result
    }

    fn unpark(&mut self, values: Vec<(SectionKey, u64)>) -> Result<(), Error> {
        // What the sections have now must be in the log before it goes into quarantine there.
        self.settle()?;
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        for (key, sum) in values {
            guard.unpark(&key, sum);
        }
        drop(guard);
        // If this fails, or we crash before it is written, the next start finds them in quarantine as before.
        let _ = self.write_now();
        Ok(())
    }
}

/// The newest value of each section that the crash guard withheld, by checksum.
pub(crate) fn newest_withheld(loaded: &Loaded) -> Vec<(SectionKey, u64)> {
    let mut newest: Vec<(SectionKey, u64)> = Vec::new();
    for parked in loaded.parked.iter().rev().filter(|parked| parked.is_withheld()) {
        if let Some(sum) = parked.sum().filter(|_| newest.iter().all(|(key, _)| *key != parked.key)) {
            newest.push((parked.key.clone(), sum));
        }
    }
    newest
}

impl Inner {
    /// Notes which sections this launch is not given.
    pub(crate) fn withhold(&mut self, loaded: &Loaded) {
        let withheld = loaded.parked.iter().filter(|parked| parked.is_withheld());
        for key in withheld.map(|parked| &parked.key) {
            self.fates.insert(key.clone(), SectionFate::Quarantined);
            self.unanswered.insert(key.clone());
        }
    }

    /// Whether the section was withheld from this launch, and nothing else took its place.
    pub(crate) fn is_withheld(&self, key: &SectionKey) -> bool {
        let is_it = |parked: &ParkedSection| parked.key == *key && parked.is_withheld();
        self.unanswered.contains(key) && self.loaded.parked.iter().any(is_it) || self.loaded.is_of_later(key)
    }

    /// Carries over what the branch that is left has in quarantine: going back must not discard it.
    pub(crate) fn go_on_with_parked(&mut self, backend: &dyn Backend, parked: Vec<ParkedSection>) -> io::Result<()> {
        for ParkedSection { key, why, layers } in parked {
            let is_known =
                |other: &ParkedSection| other.key == key && other.sum() == layers.newest().map(|newest| newest.sum);
            let known = self.loaded.parked.iter().any(is_known);
            let Some(Value { bytes, sum, meta, .. }) = layers.value(backend, || Ok(None))?.filter(|_| !known) else {
                continue;
            };
            let bytes = Arc::new(bytes);
            let change = Change::PutParked { meta, why, len: bytes.len() as u64, sum };
            self.pending.scopes.push((Op { key: key.clone(), change }, Some(Arc::clone(&bytes))));
            self.loaded.park(ParkedSection { key, why, layers: Layers::of(meta, sum, bytes) });
        }
        Ok(())
    }

    /// As a reader of the log will see it: what this launch saved is the section's value until then.
    fn unpark(&mut self, key: &SectionKey, sum: u64) {
        let entry = std::mem::take(self.entries.entry(key));
        if let Some(stored) = entry.stored {
            let layers = Layers::of(stored.meta, stored.sum, stored.bytes);
            self.loaded.sections.insert(key.clone(), layers);
        }
        self.loaded.unpark(key, sum);
        self.unanswered.remove(key);
        self.fates.remove(key);
        // Until the application has asked for it, it may save what it has in memory: that must not replace this.
        self.entries.entry(key).unread = Some(Parked::Unread);
        self.pending.ops.push(Op { key: key.clone(), change: Change::Unpark { sum } });
    }
}
