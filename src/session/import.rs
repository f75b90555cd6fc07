//! Importing values from where the application kept them before it used this library.

use serde::Serialize;

use super::{Scope, Session};
use crate::error::Error;
use crate::frame::{Change, Op, SectionKey};
use crate::report::{Outcome, SectionFate};
use crate::section::Section;
use crate::sorted::SortedMap;
use crate::store::{Inner, Saving};
use crate::time::Timestamp;

impl Session {
    /// Imports the value of a section from where the application kept it before, such as the file of another library.
    ///
    /// Returns `true` if a value was imported. Call it before the first [`get`](Self::get) of the section, at every
    /// start.
    ///
    /// A section is imported once per log, and never over anything that was stored: `ask` is called only if the
    /// section was never saved, so not if it is stored, damaged, in quarantine, expired or removed. It is not called
    /// either if [`outcome`](Self::outcome) is [`Damaged`](Outcome::Damaged), [`NewerFormat`](Outcome::NewerFormat),
    /// [`ReadOnly`](Outcome::ReadOnly) or [`Unavailable`](Outcome::Unavailable), because the section may be in the
    /// unreadable part of the log or belong to another instance. The log records the import in the same frame as the
    /// value, so an old file that still exists, or that an older version of the application writes again later,
    /// changes nothing. A log records its last 1,024 imports.
    ///
    /// If `ask` returns `None`, there is nothing to import, nothing is stored, and the next start asks again.
    ///
    /// The value is captured and written as by [`autosave`](Self::autosave): [`status`](Self::status) shows storage
    /// trouble, and the write is retried. The library never touches the old file; keep it, so that an older version of
    /// the application still finds it. After [`forget`](Self::forget), a new log begins: an application that forgets
    /// must remove the old file itself.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const NAME: Section<String> = Section::new("name", 1);
    /// # let old_file = std::env::temp_dir().join("leftoff-doc-no-such-file");
    ///
    /// let mut session = Session::in_memory();
    /// session.import(NAME, || std::fs::read_to_string(old_file).ok())?;
    /// let name = session.get_or_default(NAME);
    /// # assert_eq!(name, "");
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// Only mistakes that a developer must fix, as for [`autosave`](Self::autosave):
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode), [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge),
    /// [`ErrorKind::InvalidSetting`](crate::ErrorKind::InvalidSetting). Nothing is imported then, and the next start
    /// asks again.
    pub fn import<T: Serialize>(
        &mut self,
        section: Section<T>,
        ask: impl FnOnce() -> Option<T>,
    ) -> Result<bool, Error> {
        self.import_in("", section, ask)
    }

    fn import_in<T: Serialize>(
        &mut self,
        scope: &str,
        section: Section<T>,
        ask: impl FnOnce() -> Option<T>,
    ) -> Result<bool, Error> {
        if !self.may_import(&SectionKey::new(scope, section.name())) {
            return Ok(false);
        }
        // Called without a lock and before any change, because it may take long or panic.
        let Some(value) = ask() else { return Ok(false) };
        // From here on this is a save, and a sign of life like every save.
        self.note_life();
        self.revive(scope);
        let is_due = self.is_due();
        let captured = self.capture(|capture| capture.scope(scope).import(section, &value));
        // What the application marked or changed before this call is still to be captured.
        self.dirty |= is_due;
        captured.rejected.map_or(Ok(true), Err)
    }

    fn may_import(&self, key: &SectionKey) -> bool {
        let may_hide_it =
            [Outcome::Damaged, Outcome::NewerFormat, Outcome::ReadOnly, Outcome::Unavailable].contains(&self.outcome());
        !may_hide_it && self.fate_of_stored(key) == SectionFate::NeverSaved && self.store.inner.lock().may_import(key)
    }
}

impl Scope<'_> {
    /// Like [`Session::import`].
    ///
    /// # Errors
    /// As for [`Session::import`].
    pub fn import<T: Serialize>(
        &mut self,
        section: Section<T>,
        ask: impl FnOnce() -> Option<T>,
    ) -> Result<bool, Error> {
        self.session.import_in(self.name, section, ask)
    }
}

impl Inner {
    /// Returns whether a section that is not stored was neither imported nor removed before, and has no value in
    /// quarantine.
    fn may_import(&self, key: &SectionKey) -> bool {
        let is_removed = self.entries.get(&key.scope, &key.name).is_some_and(|entry| entry.removed);
        let is_parked = self.loaded.parked.iter().any(|parked| parked.key == *key);
        matches!(self.saving, Saving::On) && !is_removed && !is_parked && !self.loaded.imported.contains_key(key)
    }

    /// Keeps the imports recorded after going back to a state from before them, so that they are not repeated.
    ///
    /// If the process dies before they are written, the next start finds a state in which nothing was imported, and
    /// asks again where nothing is stored.
    pub(super) fn go_on_with_imported(&mut self, imported: SortedMap<SectionKey, Timestamp>) {
        for (key, at) in imported {
            if !self.loaded.imported.contains_key(&key) {
                self.note_imported(&key, at);
            }
        }
    }

    /// Records the import in the same frame as the value. If the process dies before that is written, the next start
    /// has neither and asks again.
    pub(super) fn note_imported(&mut self, key: &SectionKey, at: Timestamp) {
        let at = self.loaded.imported_at(at);
        self.loaded.note_imported(key, at);
        self.pending.ops.push(Op { key: key.clone(), change: Change::Imported { at } });
    }
}
