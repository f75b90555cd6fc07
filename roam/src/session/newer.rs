//! What is newer elsewhere, before it is taken over.

use std::collections::BTreeSet;

use leftoff::{Error, Section};
use serde::de::DeserializeOwned;

use super::{Offer, Roaming, key_of, stored};
use crate::clock::Instant;
use crate::join::{Dot, SectionId, Value};
use crate::replicator::{News as Newer, time};
use crate::shared::View;

/// An offer, apart from its value.
pub(crate) type OfferKey = (SectionId, Dot);

/// What is newer: the sections, and the writes that they would have.
pub(crate) type News = BTreeSet<(SectionId, Option<Dot>)>;

/// Everything that waits for the user's decision.
pub(crate) type Pending = (News, BTreeSet<OfferKey>);

impl Roaming {
    /// Returns the sections, by scope and name, that [`take_over`](Self::take_over) would change now. From memory.
    pub fn newer_sections(&self) -> Vec<(String, String)> {
        let name = |(id, _): &(SectionId, Newer)| (id.scope.to_string(), id.name.to_string());
        self.shared.look(|view| view.news.iter().map(name).collect())
    }

    /// Returns the value that [`take_over`](Self::take_over) would give to a section; `None` if it would not change the
    /// section, or would remove it.
    ///
    /// # Errors
    /// As for [`Session::get`](leftoff::Session::get), about the value.
    pub fn newer<T: DeserializeOwned>(&self, section: Section<T>) -> Result<Option<T>, Error> {
        let id = SectionId::new("", section.name());
        let value = |view: &View| {
            view.news.iter().find_map(|(news_id, news)| match news {
                Newer::Newer(_, value) if *news_id == id => Some(value.clone()),
                _ => None,
            })
        };
        let Some(Value { content: Some(content), stamp, .. }) = self.shared.look(value) else { return Ok(None) };
        stored(&id, &content, time(stamp)).decode(&section).map(Some)
    }

    /// Calls `wake` whenever [`arrived`](Self::arrived), [`others`](Self::others) or [`status`](Self::status) may answer
    /// differently, so that an idle event loop need not ask.
    ///
    /// It is called on the thread that talks to the store: let it only wake the event loop. The age in a line of words
    /// grows without a call.
    pub fn on_change(&self, wake: impl Fn() + Send + 'static) {
        self.shared.wake_with(Box::new(wake));
    }

    /// Takes nothing over without being told to, until the end of this launch.
    pub(crate) fn ask_first(&mut self) {
        self.take_over_until = Instant::now();
    }

    /// Shows an offer again that was taken, after that was undone.
    pub(crate) fn offer_again(&mut self, key: &OfferKey) {
        self.settled.remove(key);
    }

    /// Whether there is a state before the last take-over: a new device had none.
    pub(crate) fn can_undo(&self) -> bool {
        self.undo.is_some()
    }

    pub(crate) fn pending(&self) -> Pending {
        let offers = |view: &View| {
            let offers = view.offers.iter().flat_map(|(id, held)| held.iter().map(|(dot, ..)| (id.clone(), *dot)));
            offers.filter(|key| !self.settled.contains(key)).collect()
        };
        self.shared.look(|view| (view.news.iter().map(key_of).collect(), offers(view)))
    }
}

impl<T> Offer<T> {
    pub(crate) fn key(&self) -> OfferKey {
        (self.section.clone(), self.dot)
    }
}
