//! Removing objects that are no longer needed.

use std::io;
use std::time::Duration;

use super::{Io, Now, Replicator, Rule, Trouble};
use crate::join::Stamp;
use crate::name::{Hash, Name};

impl Replicator {
    /// Reads back the newest own base. What it replaces may be removed a day later.
    pub(super) fn confirm(&mut self, now: Now, io: &Io<'_>) -> Result<(), Trouble> {
        let base = self.newest_base();
        let confirmed = self.saved.rest.confirmed.last().map(|(name, _)| *name);
        let Some(base) = base.filter(|base| confirmed != Some(*base) && !self.outbox.contains(base)) else {
            return Ok(());
        };
        match io.store.get(&base.object(self.person)) {
            Ok(bytes) if Hash::of(&bytes) == base.hash => {
                self.saved.rest.confirmed.push((base, now.wall));
                // A program that starts several times a day makes a base each time. The one before the last is kept in
                // mind, or none would ever be a day old.
                let old = self.saved.rest.confirmed.iter().rposition(|(_, at)| self.is_past_grace(*at, now));
                self.saved.rest.confirmed.drain(..old.unwrap_or_default());
                self.is_unsaved = true;
                Ok(())
            }
            // Other bytes: published again.
            Ok(_) => self.change_lane(),
            // The next listing finds out whether it is late or lost.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Trouble::Store(error.kind())),
        }
    }

    /// Removes objects of the own log that a confirmed base replaced, a day after it was confirmed.
    ///
    /// Objects stay in a lane that contains a publication of another writer: a copy of this device may depend on them.
    pub(super) fn clear(&mut self, now: Now, io: &Io<'_>) -> Result<(), Trouble> {
        let Some(base) = self.base_to_clear_up_to(now) else { return Ok(()) };
        let log = &self.saved.rest.log;
        let Some(place) = log.iter().position(|logged| logged.name == base) else { return Ok(()) };
        let older: Vec<Name> = log.iter().take(place).map(|logged| logged.name).collect();
        let Some(listing) = &self.listing else { return Ok(()) };
        let is_shared = |name: &Name| listing.names.iter().any(|other| other.lane == name.lane && !self.is_own(other));
        let mut removed: Vec<Name> = older.iter().filter(|name| !is_shared(name)).copied().collect();
        if !self.rules.keep(Rule::OwnObjectsOnly) {
            let is_mine = |name: &&Name| older.iter().any(|own| own.lane == name.lane) && !self.is_own(name);
            removed.extend(listing.names.iter().filter(is_mine));
            removed.extend(older);
        }
        for name in removed {
            io.store.delete(&name.object(self.person)).map_err(|error| Trouble::Store(error.kind()))?;
            // If the process dies here, the next launch deletes it again.
            self.saved.rest.log.retain(|logged| logged.name != name);
            self.is_unsaved = true;
        }
        // Only once nothing is left that contains what was forgotten, and not while a newer base is on its way.
        let is_first = self.saved.rest.log.first().is_some_and(|logged| logged.name == base);
        let is_clean = is_first && self.newest_base() == Some(base);
        if self.saved.rest.is_hasty && is_clean && !self.wants_base {
            (self.saved.rest.is_hasty, self.is_unsaved) = (false, true);
        }
        Ok(())
    }

    fn base_to_clear_up_to(&self, now: Now) -> Option<Name> {
        if !self.rules.keep(Rule::BaseBeforeDeletion) {
            return self.newest_base();
        }
        let is_listed = |name: &Name| self.listing.as_ref().is_some_and(|listing| listing.names.contains(name));
        let mut confirmed = self.saved.rest.confirmed.iter().rev();
        let (base, _) = confirmed.find(|(name, at)| {
            let is_due = self.saved.rest.is_hasty || self.is_past_grace(*at, now);
            is_due && (is_listed(name) || !self.rules.keep(Rule::Grace))
        })?;
        Some(*base)
    }

    fn newest_base(&self) -> Option<Name> {
        self.saved.rest.log.iter().rev().find(|logged| logged.is_base).map(|logged| logged.name)
    }

    /// Whether what a base replaces may go, if the base was read back at this time: every device has seen the base by now.
    pub(super) fn is_past_grace(&self, at: Stamp, now: Now) -> bool {
        let grace = if self.rules.keep(Rule::Grace) { self.settings.cadence.grace } else { Duration::ZERO };
        let age = u64::try_from(now.wall.0.saturating_sub(at.0)).map(Duration::from_millis);
        age.is_ok_and(|age| age >= grace)
    }
}
