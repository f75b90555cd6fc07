//! The quarantine: listing, reading, bringing back and discarding values that were not returned.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::Session;
use crate::backend::{self, Backend};
use crate::error::{Error, ErrorKind};
use crate::frame::{Change, Op, Parked, SectionKey};
use crate::generation::{Layers, Loaded, ParkedSection, Value};
use crate::report::{Quarantined, SectionFate};
use crate::section::Section;
use crate::store::{Inner, Saving};

impl Session {
    /// Returns the values in quarantine, oldest first.
    ///
    /// These are values withheld after repeated crashes, and values that this version of the application could not
    /// read and then replaced by another value. Each stays stored until it is [brought back](Self::bring_back) or
    /// [discarded](Self::discard_quarantined), up to the newest [`MAX_QUARANTINED`](Self::MAX_QUARANTINED) of a
    /// section.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// let session = Session::in_memory();
    /// for aside in session.quarantined() {
    ///     eprintln!("{} is quarantined: {}", aside.name, aside.why);
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

    /// Returns the newest quarantined value of a section that this build can read. It stays in quarantine.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
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

    /// Brings the newest quarantined value of a section that this build can read out of quarantine, and returns it.
    ///
    /// From now on it is the section's value. The section's value until now goes into quarantine in its place. Returns
    /// `None` if there is nothing to bring back. The sections of its [group](crate::Section::group) that are in
    /// quarantine for the same reason come back with it: read them again.
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
    /// As for [`get`](Self::get), and [`ErrorKind::Unavailable`] or [`ErrorKind::TimedOut`] if storage fails. Nothing
    /// is changed then.
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
        let is_undone = values.iter().any(|value| self.undone.contains(value));
        self.unpark(values, |other| is_undone && other == scope)?;
        let mut guard = self.store.inner.lock();
        guard.entries.entry(&key).unread = None;
        self.note_handout(&mut guard, &key);
        drop(guard);
        Ok(Some(value))
    }

    /// Returns whether [`bring_back_all`](Self::bring_back_all) has anything to bring back.
    ///
    /// These are sections or markers that were withheld after repeated crashes, sections that were
    /// [declined](Self::quarantine) in this launch, and those of an [undone restore](Self::quarantine_all), in this launch or
    /// an earlier one. `false` while nothing can be saved.
    ///
    /// Cheap enough for every frame: in a launch that received everything, the call reads one flag.
    pub fn can_bring_back(&self) -> bool {
        // A take-over loads the state on another thread.
        if !self.hints.has_withheld && self.store.took_over.get().is_none() {
            return false;
        }
        let guard = self.store.inner.lock();
        let is_declined = self.declined.iter().any(|(key, sum)| guard.loaded.is_parked(key, *sum));
        guard.refusal().is_none() && (is_declined || self.marks.has_withheld() || guard.loaded.has_withheld())
    }

    /// Brings back everything that was withheld after repeated crashes, including the markers; what was
    /// [declined](Self::quarantine) in this launch; and what [`quarantine_all`](Self::quarantine_all) put into quarantine,
    /// in this launch or an earlier one, with the markers that it dismissed. These point at the last touches in the state
    /// that comes back, whatever the user has touched since.
    ///
    /// Returns the number of sections.
    ///
    /// [`get`](Self::get) them all again afterwards: a section that is saved before it was read goes back into
    /// quarantine. The values that the sections had until now go into quarantine in their place.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] or [`ErrorKind::TimedOut`] if storage fails. Nothing is changed then.
    pub fn bring_back_all(&mut self) -> Result<usize, Error> {
        Ok(self.bring_back_everything()?.0)
    }

    /// Does the same, and returns the values that were replaced, too, by checksum.
    pub(crate) fn bring_back_everything(&mut self) -> Result<(usize, Vec<(SectionKey, u64)>), Error> {
        self.note_life();
        let mut withheld = self.declined.clone();
        {
            let guard = self.store.inner.lock();
            withheld.retain(|(key, sum)| guard.loaded.is_parked(key, *sum));
            // What the user declined is newer than what was withheld at the start.
            let others = newest_withheld(&guard.loaded).into_iter();
            let others =
                others.filter(|(key, _)| withheld.iter().all(|(declined, _)| declined != key)).collect::<Vec<_>>();
            withheld.extend(others);
        }
        let count = withheld.len();
        let is_untouched = self.marks.is_untouched();
        let mut replaced = self.unpark(withheld, |_| true)?;
        if is_untouched {
            // Empty fields and defaults, which the program saved: nobody misses them.
            replaced.clear();
        }
        self.declined.clear();
        if self.marks.bring_back() {
            self.restore_spots();
        }
        Ok((count, replaced))
    }

    /// Brings back values that others replaced, and returns those, by checksum.
    pub(crate) fn swap_back(&mut self, values: &[(SectionKey, u64)]) -> Result<Vec<(SectionKey, u64)>, Error> {
        self.note_life();
        self.unpark(values.to_vec(), |_| false)
    }

    /// Discards the quarantined values of this section. The next [`autosave`](Self::autosave) writes the change.
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
        // The user decided, so what is saved from now on is not a stand-in.
        guard.unanswered.remove(&key);
        let op = Op { key, change: Change::DropParked };
        // One op suffices, however long storage fails.
        if guard.pending.ops.last() != Some(&op) {
            guard.pending.ops.push(op);
        }
        self.dirty = true;
    }

    /// Returns the newest readable value, with the checksum that identifies it.
    fn newest_readable<T: DeserializeOwned>(
        &self,
        key: &SectionKey,
        section: &Section<T>,
    ) -> Result<Option<(u64, T)>, Error> {
        let mut guard = self.store.inner.lock();
        if let (Saving::Closed, Some(closed)) = (&guard.saving, guard.refusal()) {
            return Err(closed);
        }
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
                .map_err(|error| Error::storage(format!("section {key}: could not read storage"), error))?;
            let decoded = match value {
                Some(value) => section
                    .decode(value.meta.version, value.meta.codec, &value.bytes)
                    .map_err(|error| error.in_scope(&key.scope)),
                None => Err(Error::new(ErrorKind::Damaged, format!("section {key}: the quarantined value is damaged"))),
            };
            match (decoded, parked.sum()) {
                (Ok(value), Some(sum)) => return Ok(Some((sum, value))),
                (Ok(_), None) => {}
                (Err(error), _) => result = Err(error),
            }
        }
        result
    }

    /// Brings back these values, with the markers of the scopes that `is_meant` names. Returns the values that they
    /// replaced.
    fn unpark(
        &mut self,
        values: Vec<(SectionKey, u64)>,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<Vec<(SectionKey, u64)>, Error> {
        // The present values must be in the log before the log can quarantine them.
        self.settle()?;
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        let is_swap = values.iter().any(|value| self.replaced.contains(value));
        let replaced: Vec<_> =
            values.iter().filter_map(|(key, sum)| Some((key.clone(), guard.unpark(key, *sum)?))).collect();
        if is_swap {
            self.marks.swap();
        } else {
            self.marks.put_back(is_meant);
        }
        self.replaced.clone_from(&replaced);
        self.note_undone(&mut guard);
        self.marks.drain_into(&mut guard);
        drop(guard);
        // If this fails, or the process dies before the write, the next start finds the values in quarantine as
        // before.
        let _ = self.write_now();
        Ok(replaced)
    }
}

/// Returns the newest value of each section that the crash guard withheld, by checksum.
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
    /// Records which sections are withheld from this launch.
    pub(crate) fn withhold(&mut self, loaded: &Loaded) {
        let withheld = loaded.parked.iter().filter(|parked| parked.is_withheld());
        for key in withheld.map(|parked| &parked.key) {
            self.fates.insert(key.clone(), SectionFate::Quarantined);
            self.unanswered.insert(key.clone());
        }
    }

    /// Returns whether the section was withheld from this launch and nothing has replaced it.
    pub(crate) fn is_withheld(&self, key: &SectionKey) -> bool {
        let is_it = |parked: &ParkedSection| parked.key == *key && parked.is_withheld();
        self.unanswered.contains(key) && self.loaded.parked.iter().any(is_it) || self.loaded.is_of_later(key)
    }

    /// Carries over the quarantine of the branch that is being left: going back must not discard it.
    pub(crate) fn go_on_with_parked(
        &mut self,
        backend: &dyn Backend,
        parked: Vec<ParkedSection>,
    ) -> backend::Result<()> {
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

    /// Applies the op as a reader of the log will: until then, the section's value is the one that this launch saved.
    /// Returns the checksum of the value that it replaced, if that is quarantined now.
    fn unpark(&mut self, key: &SectionKey, sum: u64) -> Option<u64> {
        self.outdate_snapshots();
        let entry = std::mem::take(self.entries.entry(key));
        if let Some(stored) = entry.stored {
            let layers = Layers::of(stored.meta, stored.sum, stored.bytes);
            self.loaded.sections.insert(key.clone(), layers);
        }
        let before = self.loaded.sections.get(key).and_then(Layers::newest).map(|newest| newest.sum);
        self.loaded.unpark(key, sum);
        self.unanswered.remove(key);
        self.fates.remove(key);
        // Until the application has read the value, a save may come from older state in memory. It must not replace
        // this value.
        self.entries.entry(key).unread = Some(Parked::Unread);
        self.pending.ops.push(Op { key: key.clone(), change: Change::Unpark { sum } });
        before.filter(|before| self.loaded.is_parked(key, *before))
    }
}
