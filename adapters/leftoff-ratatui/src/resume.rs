//! One return of the user: the marker, its prominence, and the located element.

use leftoff::Marker;
use leftoff::marker::Message;
use leftoff::marker::anchor::ElementId;
use leftoff::marker::cue::{CardSize, Cue, CuePolicy, Salience};
use leftoff::marker::resolve::{Certainty, Match};
use leftoff::time::Timestamp;

use crate::words::{self, Words};

pub(crate) struct Resume {
    pub(crate) marker: Marker,
    pub(crate) cue: Cue,
    /// Written once and not updated every minute: a screen reader reads it once.
    pub(crate) line: String,
    pub(crate) card: Vec<String>,
    /// The message that names the element.
    pub(crate) element: Message,
    pub(crate) announced: bool,
    /// Whether the last frame had a pointer.
    pub(crate) is_pointed: bool,
    /// The outcome of locating the element in the current frame.
    pub(crate) found: Match<ElementId>,
    /// Its current path.
    pub(crate) target: Option<String>,
    pub(crate) lines_away: i32,
}

impl Resume {
    pub(crate) fn new(marker: Marker, policy: CuePolicy) -> Self {
        let cue = Cue::new(&marker, Certainty::Card, policy);
        Self {
            marker,
            cue,
            line: String::new(),
            card: Vec::new(),
            element: Message::Window,
            announced: false,
            is_pointed: false,
            found: Match::Gone,
            target: None,
            lines_away: 0,
        }
    }

    pub(crate) fn say(&mut self, words: &Words, now: Timestamp) {
        let certainty = self.cue.certainty();
        let card = self.marker.card(now);
        self.line = (words.line)(&card, certainty);
        self.card = (words.card)(&card, certainty);
        self.element = words::element(&card);
    }

    pub(crate) fn has_line(&self) -> bool {
        let is_shown = self.cue.salience() != Salience::Hidden;
        // Without a pointer, words are the only cue.
        is_shown && (self.announced || !self.is_pointed || self.cue.card() != CardSize::None)
    }
}
