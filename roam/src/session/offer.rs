//! Values in conflict: what other devices wrote without knowing of the value here.

use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use leftoff::{Error, Section, Session};
use serde::de::DeserializeOwned;

use super::{Arrival, Roaming, stored};
use crate::join::{Content, DeviceId, Dot, SectionId};
use crate::replicator::time;
use crate::shared::{Before, Command, Offered};
use crate::words::{capital, your};

/// A value of a section that another device wrote without knowing of the value here.
#[derive(Clone)]
#[non_exhaustive]
pub struct Offer<T> {
    /// The value.
    pub value: T,
    /// The name of the device that wrote it; empty if it is not known.
    pub device: String,
    /// When it was written.
    pub at: SystemTime,
    pub(super) section: SectionId,
    pub(super) dot: Dot,
    by: DeviceId,
    content: Content,
}

/// Without the value.
impl<T> fmt::Debug for Offer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("section", &self.section).field("at", &self.at).finish_non_exhaustive()
    }
}

impl<T> Offer<T> {
    /// Returns one line for the user: *Your laptop also changed Address.* `label` is what they call the section.
    pub fn words(&self, label: &str) -> String {
        capital(&format!("{} also changed {label}.", your(&self.device)))
    }
}

impl Roaming {
    /// Returns the conflicts that the application was not told yet.
    pub(super) fn conflict(&mut self) -> Option<Arrival> {
        let of = |(id, held): (&SectionId, &Vec<Offered>)| {
            held.iter().map(|(dot, ..)| (id.clone(), *dot)).collect::<Vec<_>>()
        };
        let offers = self.shared.look(|view| view.offers.iter().flat_map(of).collect::<BTreeSet<_>>());
        let mut new: BTreeSet<_> = offers.difference(&self.told_offers).cloned().collect();
        let can_merge = |(id, _): &(SectionId, Dot)| self.merges.has(&id.name) && !self.not_merged.contains(id);
        let is_mergeable = new.iter().any(can_merge);
        new.retain(|offer| can_merge(offer) == is_mergeable);
        let mut sections: Vec<_> = new.iter().map(|(id, _)| (id.scope.to_string(), id.name.to_string())).collect();
        sections.dedup();
        self.told_offers.extend(new);
        let arrival = if is_mergeable { Arrival::Mergeable } else { Arrival::Conflict };
        (!sections.is_empty()).then(|| arrival(sections))
    }

    /// Notes that an offer is settled here: it is not offered again, and not told.
    pub(super) fn settle(&mut self, section: &SectionId, dot: Dot) {
        self.told_offers.insert((section.clone(), dot));
        self.settled.insert((section.clone(), dot));
    }

    /// Returns the values of a section that conflict with the present one, newest first. They stay until they are
    /// [dismissed](Self::dismiss), [taken](Self::take) or [merged](Self::merged).
    ///
    /// # Errors
    /// As for [`Session::get`], about a value.
    pub fn offers<T: DeserializeOwned>(&self, section: Section<T>) -> Result<Vec<Offer<T>>, Error> {
        self.offers_in("", section)
    }

    /// Like [`offers`](Self::offers), for a section of a scope.
    ///
    /// # Errors
    /// As for [`offers`](Self::offers).
    pub fn offers_in<T: DeserializeOwned>(&self, scope: &str, section: Section<T>) -> Result<Vec<Offer<T>>, Error> {
        let id = SectionId::new(scope, section.name());
        let held = self.shared.look(|view| view.offers.get(&id).cloned().unwrap_or_default());
        let mut offers = Vec::new();
        for (dot, value, device) in held {
            if self.settled.contains(&(id.clone(), dot)) {
                continue;
            }
            let (at, Some(content)) = (time(value.stamp), value.content) else { continue };
            let (by, section_id) = (value.device, id.clone());
            let value = stored(&id, &content, at).decode(&section)?;
            offers.push(Offer { value, device, at, section: section_id, dot, by, content });
        }
        Ok(offers)
    }

    /// Returns the sections that have offers, by scope and name.
    pub fn sections_with_offers(&self) -> Vec<(String, String)> {
        let names = |id: &SectionId| (id.scope.to_string(), id.name.to_string());
        let is_open = |(id, held): &(&SectionId, &Vec<Offered>)| {
            held.iter().any(|(dot, ..)| !self.settled.contains(&((*id).clone(), *dot)))
        };
        self.shared.look(|view| view.offers.iter().filter(is_open).map(|(id, _)| names(id)).collect())
    }

    /// Makes an offer the present value. The value that it replaces is in the [history](Session::history), and the
    /// other devices see it replaced. The [marker](Session::marker) is then where the user left off on the device that wrote
    /// it. Read the section again afterwards, also after an error: the value may have been taken in memory.
    ///
    /// # Errors
    /// As for [`Session::put_stored`].
    pub fn take<T>(&mut self, session: &mut Session, offer: Offer<T>) -> Result<(), Error> {
        self.unmerge(&offer.section);
        let before = session.stored_sum(&offer.section.scope, &offer.section.name);
        session.put_stored(vec![stored(&offer.section, &offer.content, offer.at)], &[], |_, _, _| true)?;
        self.settle(&offer.section, offer.dot);
        self.shared.send(Command::Merged(offer.section, vec![offer.dot], Before::Sum(before)));
        if let Some(from) = self.other(offer.by) {
            // The value is there; the status of the session has the failure.
            let _ = self.put_mark(session, &from);
        }
        Ok(())
    }

    /// Notes that the next value of the section that the session saves was made from this one, too, and replaces it.
    pub fn merged<T>(&mut self, offer: Offer<T>) {
        self.settle(&offer.section, offer.dot);
        self.shared.send(Command::Merged(offer.section, vec![offer.dot], Before::LastSynced));
    }

    /// Lets an offer go, on all devices.
    pub fn dismiss<T>(&mut self, offer: Offer<T>) {
        self.settle(&offer.section, offer.dot);
        self.shared.send(Command::Dismissed(offer.section, offer.dot));
    }
}
