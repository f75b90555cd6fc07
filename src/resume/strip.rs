//! The texts of the strip above a window's content, and what screen readers are told: for graphical adapters.

use super::{CardText, Choice, Drawn, Figure, Resume, Sight, Speaker, Text};
use crate::marker::resolve::Certainty;
use crate::session::Session;

impl Resume {
    /// Returns the [notice](Self::notice) and the [card](Self::card) with their buttons; each is `None` while there is
    /// none. Call it after [`end`](Self::end), with the figure that is drawn.
    ///
    /// `can_open` tells whether the program opens the page of the [wanted](Self::wanted) element.
    pub fn strip(
        &mut self,
        session: &Session,
        figure: &Figure,
        sight: &Sight<'_>,
        can_open: bool,
    ) -> [Option<CardText>; 2] {
        let notice = self.notice(session).map(|notice| CardText::of_notice(notice, sight.speaker));
        let card = self.card(session).map(|(size, card)| {
            let offers = self.offers(can_open);
            let untold = self.untold(figure, can_open);
            let mut text = CardText::of(&card.isolated(sight.direction), size, &offers, untold, sight.speaker);
            text.buttons.push((Text::Hide.said_by(sight.speaker), Choice::Dismiss));
            text
        });
        [notice, card]
    }

    /// Returns the certainty if only the card can show it: nothing is drawn, or the arrow has no room for words.
    fn untold(&self, figure: &Figure, can_open: bool) -> Option<Certainty> {
        let certainty = self.cue()?.certainty();
        // It is there, on a page that is not open.
        let is_known = self.target().is_some();
        let is_untold = match (&figure.drawn, certainty) {
            (Drawn::Nothing, Certainty::Card) => !is_known && !self.may_be_elsewhere(can_open),
            (Drawn::Arrow { words: None, .. } | Drawn::Outline { .. }, Certainty::Moved) => true,
            _ => false,
        };
        is_untold.then_some(certainty)
    }

    /// Does what a button of the [strip](Self::strip) says. Returns `true` if the sections must be read again.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn choose(&mut self, session: &mut Session, choice: Choice) -> bool {
        match choice {
            Choice::BringBack => return self.bring_back(session),
            Choice::Dismiss => self.dismiss(),
            Choice::Do(action) => self.act(session, action),
            Choice::PutOff => self.put_off(),
            Choice::StopOffering => self.stop_offering(session),
        };
        false
    }

    /// Returns what to announce to screen readers, once per return: [`take_announcement`](Self::take_announcement) in the
    /// language of `speaker`.
    pub fn take_spoken(&mut self, speaker: Option<&Speaker>) -> Option<String> {
        let (card, certainty) = self.take_announcement()?;
        if speaker.is_none() {
            return Some(card.announcement(certainty));
        }
        let messages = card.announcement_messages(certainty);
        Some(messages.iter().map(|message| Text::Fact(message).said_by(speaker)).collect::<Vec<_>>().join(", "))
    }
}
