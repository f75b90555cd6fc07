//! Merging values in conflict by a function of the application.

use leftoff::time::Timestamp;
use leftoff::{Error, Section, Session};
use serde::de::DeserializeOwned;

use super::{Roaming, stored};
use crate::join::SectionId;
use crate::merge::checked;
use crate::replicator::time;
use crate::shared::{Before, Command};

impl Roaming {
    /// Merges the values of a section that conflict with the present one, by the function that
    /// [`Roam::merge`](crate::Roam::merge) set. `mine` is the value that the program shows.
    ///
    /// Show the result and save it like every other change: the first value that the session saves after this call replaces all
    /// values that it was made from. Nothing is stored before that, so that devices do not merge each other's merges; until
    /// then, or if the process ends, the conflict is as it was. With more than two values, they are merged one after the other.
    ///
    /// Returns `None` if nothing is in conflict, there is no function, or it returned `None`: the other values are
    /// [offers](Self::offers). If the function panicked, or its result depends on the order of the values, that is also
    /// [`RoamStatus::NotMerged`](crate::RoamStatus::NotMerged).
    ///
    /// # Errors
    /// As for [`Session::get`], about a value. Nothing was merged.
    pub fn merge<T>(&mut self, session: &Session, section: Section<T>, mine: &T) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned + PartialEq + 'static,
    {
        self.merge_in(session, "", section, mine)
    }

    /// Like [`merge`](Self::merge), for a section of a scope.
    ///
    /// # Errors
    /// As for [`merge`](Self::merge).
    pub fn merge_in<T>(
        &mut self,
        session: &Session,
        scope: &str,
        section: Section<T>,
        mine: &T,
    ) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned + PartialEq + 'static,
    {
        let id = SectionId::new(scope, section.name());
        let Some(merge) = self.merges.find::<T>(&id.name) else { return Ok(None) };
        let base = self.shared.look(|view| view.bases.get(&id).cloned());
        let base = base.map(|base| stored(&id, &base, Timestamp::default().to_system_time()).decode(&section));
        // Without it, there are only the two values.
        let base = base.and_then(Result::ok);
        let held = self.shared.look(|view| view.offers.get(&id).cloned().unwrap_or_default());
        let (mut merged, mut dots) = (None, Vec::new());
        for (dot, value, _) in held {
            let Some(content) = value.content.filter(|_| !self.settled.contains(&(id.clone(), dot))) else { continue };
            let theirs = stored(&id, &content, time(value.stamp)).decode(&section)?;
            match checked(merge, base.as_ref(), merged.as_ref().unwrap_or(mine), &theirs) {
                Ok(Some(both)) => merged = Some(both),
                Ok(None) => return Ok(self.leave(&id, false)),
                Err(_) => return Ok(self.leave(&id, true)),
            }
            dots.push(dot);
        }
        if merged.is_some() {
            for dot in &dots {
                self.settle(&id, *dot);
            }
            let before = session.stored_sum(scope, &id.name);
            self.merging.entry(id.clone()).or_default().extend(&dots);
            self.shared.send(Command::Merged(id, dots, Before::Sum(before)));
        }
        Ok(merged)
    }

    /// The section gets a value that is not the merged one: what was merged is offered again, unless it was saved.
    pub(super) fn unmerge(&mut self, id: &SectionId) {
        let Some(dots) = self.merging.remove(id) else { return };
        self.seen = None;
        for dot in dots {
            self.settled.remove(&(id.clone(), dot));
            self.told_offers.remove(&(id.clone(), dot));
        }
        self.shared.send(Command::NotMerged(id.clone()));
    }

    /// Leaves the conflict to the user.
    fn leave<T>(&mut self, id: &SectionId, is_unruly: bool) -> Option<T> {
        if is_unruly {
            self.not_merged.insert(id.clone());
            self.seen = None;
        }
        None
    }
}
