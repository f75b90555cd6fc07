//! The sections that users know, of any type.

use leftoff::{Error, Section, Session};
use serde::de::DeserializeOwned;

use super::list::{Waiting, WaitingId};
use crate::session::newer::OfferKey;
use crate::session::{Offer, Roaming};

/// A section of any type.
pub(super) trait Watch: Send {
    fn name(&self) -> &str;

    fn is_quiet(&self) -> bool;

    /// Whether this program can read the newer value, if there is one.
    fn is_readable(&self, roaming: &Roaming) -> bool;

    /// In what the newer value differs from what is here.
    fn newer(&self, roaming: &Roaming, session: &mut Session) -> Result<Vec<String>, Error>;

    fn offers(&self, roaming: &Roaming, session: &mut Session) -> Result<Vec<Waiting>, Error>;

    /// Makes the newest offer the present value, as a part of a take-over. Returns whether there was one.
    fn follow(&self, roaming: &mut Roaming, session: &mut Session) -> Result<bool, Error>;

    /// Makes an offer the present value. Returns whether it did.
    fn take(&self, roaming: &mut Roaming, session: &mut Session, key: &OfferKey) -> Result<bool, Error>;

    /// Lets an offer go.
    fn keep(&self, roaming: &mut Roaming, key: &OfferKey) -> Result<(), Error>;
}

pub(super) struct Typed<T: 'static> {
    pub(super) section: Section<T>,
    pub(super) label: String,
    pub(super) differences: Differences<T>,
    pub(super) is_quiet: bool,
}

pub(super) type Differences<T> = Box<dyn Fn(&T, &T) -> Vec<String> + Send>;

impl<T: DeserializeOwned + Default + 'static> Typed<T> {
    fn find(&self, roaming: &Roaming, key: &OfferKey) -> Result<Option<Offer<T>>, Error> {
        Ok(roaming.offers(self.section)?.into_iter().find(|offer| offer.key() == *key))
    }

    fn mine(&self, session: &mut Session) -> T {
        // A value that cannot be read is shown as an empty one, and stays where it is.
        session.get(self.section).ok().flatten().unwrap_or_default()
    }
}

impl<T: DeserializeOwned + Default + 'static> Watch for Typed<T> {
    fn name(&self) -> &str {
        self.section.name()
    }

    fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    fn is_readable(&self, roaming: &Roaming) -> bool {
        roaming.newer(self.section).is_ok()
    }

    fn newer(&self, roaming: &Roaming, session: &mut Session) -> Result<Vec<String>, Error> {
        let Some(theirs) = roaming.newer(self.section)? else { return Ok(Vec::new()) };
        Ok((self.differences)(&self.mine(session), &theirs))
    }

    fn follow(&self, roaming: &mut Roaming, session: &mut Session) -> Result<bool, Error> {
        match roaming.offers(self.section)?.into_iter().next() {
            Some(offer) => roaming.take(session, offer).map(|()| true),
            None => Ok(false),
        }
    }

    fn offers(&self, roaming: &Roaming, session: &mut Session) -> Result<Vec<Waiting>, Error> {
        let offers = roaming.offers(self.section)?;
        if offers.is_empty() {
            return Ok(Vec::new());
        }
        let mine = self.mine(session);
        let waiting = |offer: Offer<T>| Waiting {
            id: WaitingId::offer(offer.key()),
            differences: (self.differences)(&mine, &offer.value),
            device: offer.device,
            label: self.label.clone(),
            is_readable: true,
            at: Some(offer.at),
        };
        Ok(offers.into_iter().map(waiting).collect())
    }

    fn take(&self, roaming: &mut Roaming, session: &mut Session, key: &OfferKey) -> Result<bool, Error> {
        let Some(offer) = self.find(roaming, key)? else { return Ok(false) };
        roaming.take(session, offer).map(|()| true)
    }

    fn keep(&self, roaming: &mut Roaming, key: &OfferKey) -> Result<(), Error> {
        if let Some(offer) = self.find(roaming, key)? {
            roaming.dismiss(offer);
        }
        Ok(())
    }
}
