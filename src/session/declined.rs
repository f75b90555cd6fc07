//! Quarantine at the user's wish: a fresh start that can be undone.

use std::sync::Arc;

use super::{Scope, Session};
use crate::error::Error;
use crate::frame::{Change, Op, Parked, SectionKey};
use crate::generation::{Layers, ParkedSection};
use crate::section::Section;
use crate::store::Inner;

impl Session {
    /// Puts the section's value into quarantine because the user does not want it now: "not this one". From now on,
    /// [`get`](Self::get) returns `None`.
    ///
    /// The value stays stored, with the reason [`Declined`](crate::QuarantineReason::Declined).
    /// [`bring_back`](Self::bring_back) returns it at any time; in this launch,
    /// [`bring_back_all`](Self::bring_back_all) does so, too. Returns whether there was a value.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const DRAFT: Section<String> = Section::new("draft", 1);
    ///
    /// let mut session = Session::in_memory();
    /// session.save(|capture| capture.set(DRAFT, &"Dear Ana".to_owned()))?;
    /// assert!(session.quarantine(DRAFT)?);
    /// assert_eq!(session.get(DRAFT)?, None);
    /// assert_eq!(session.bring_back(DRAFT)?.as_deref(), Some("Dear Ana"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) or [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut)
    /// if storage fails, and the refusal of a session that cannot save. Nothing is changed then.
    pub fn quarantine<T>(&mut self, section: Section<T>) -> Result<bool, Error> {
        Ok(self.decline(|key| *key.scope == *"" && *key.name == *section.name(), false)? > 0)
    }

    /// "Undo the restore": quarantines all sections of all scopes, and dismisses the marker. Returns the number of sections.
    ///
    /// The program then shows what it shows at a first start. [`bring_back_all`](Self::bring_back_all) undoes that, in this
    /// launch or a later one, and the marker is again the one of that state. The values are
    /// [offered](Self::can_bring_back) until that, or until [`stop_offering`](Self::stop_offering).
    ///
    /// # Errors
    /// As for [`quarantine`](Self::quarantine).
    pub fn quarantine_all(&mut self) -> Result<usize, Error> {
        self.decline(|_| true, true)
    }

    fn decline(&mut self, is_meant: impl Fn(&SectionKey) -> bool, is_undo: bool) -> Result<usize, Error> {
        self.note_life();
        // The present values must be in the log before the log can quarantine them.
        self.settle()?;
        let store = Arc::clone(&self.store);
        let mut guard = store.inner.lock();
        let present = guard.loaded.sections.keys().cloned();
        let known = guard.entries.iter().filter(|(.., entry)| entry.stored.is_some());
        let known = known.map(|(scope, name, _)| SectionKey::new(scope, name));
        let mut keys: Vec<SectionKey> = present.chain(known).filter(|key| !key.is_own() && is_meant(key)).collect();
        keys.sort();
        keys.dedup();
        let count = keys.len();
        for key in keys {
            let Some(sum) = guard.decline(&key) else { continue };
            if is_undo {
                self.undone.retain(|(undone, _)| *undone != key);
                self.undone.push((key.clone(), sum));
            }
            self.declined.push((key, sum));
        }
        self.hints.has_withheld |= count > 0;
        if is_undo {
            self.marks.put_by();
            self.note_undone(&mut guard);
        }
        drop(guard);
        // If this fails, or the process dies before the write, the next start has the sections as before.
        let _ = self.write_now();
        Ok(count)
    }
}

impl Scope<'_> {
    /// Like [`Session::quarantine`].
    ///
    /// # Errors
    /// As for [`Session::quarantine`].
    pub fn quarantine<T>(&mut self, section: Section<T>) -> Result<bool, Error> {
        let scope = self.name;
        Ok(self.session.decline(|key| *key.scope == *scope && *key.name == *section.name(), false)? > 0)
    }
}

impl Inner {
    /// Applies the op as a reader of the log will. Returns the checksum of the value.
    fn decline(&mut self, key: &SectionKey) -> Option<u64> {
        self.outdate_snapshots();
        let entry = std::mem::take(self.entries.entry(key));
        let stored = entry.stored.map(|stored| Layers::of(stored.meta, stored.sum, stored.bytes));
        let layers = self.loaded.sections.remove(key).filter(|_| stored.is_none()).or(stored)?;
        let parked = ParkedSection { key: key.clone(), why: Parked::Declined, layers };
        let sum = parked.sum();
        self.loaded.park(parked);
        self.unanswered.remove(key);
        self.fates.remove(key);
        self.pending.ops.push(Op { key: key.clone(), change: Change::Park { why: Parked::Declined } });
        sum
    }
}
