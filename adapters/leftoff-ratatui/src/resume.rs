//! One return of the user: the marker, its prominence, and the located element.

use leftoff::Marker;
use leftoff::marker::anchor::ElementId;
use leftoff::marker::cue::{CardSize, Cue, CuePolicy, Salience};
use leftoff::marker::resolve::{Certainty, Match};
use leftoff::marker::{Card, Message};

use crate::glyphs::Glyphs;
use crate::text::{Speaker, Text};

pub(crate) struct Resume {
    pub(crate) marker: Marker,
    pub(crate) cue: Cue,
    /// The texts, as of the last frame.
    pub(crate) announcement: String,
    pub(crate) line: String,
    pub(crate) card: String,
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
            announcement: String::new(),
            line: String::new(),
            card: String::new(),
            element: Message::Window,
            announced: false,
            is_pointed: false,
            found: Match::Gone,
            target: None,
            lines_away: 0,
        }
    }

    pub(crate) fn say(&mut self, card: &Card, texts: Option<&Speaker>, glyphs: Glyphs) {
        let certainty = self.cue.certainty();
        self.announcement = glyphs.words(Text::Announcement(card, certainty).said_by(texts));
        self.line = glyphs.words(Text::Line(card, certainty).said_by(texts));
        self.card = glyphs.words(Text::Card(card, certainty).said_by(texts));
        self.element = card.element().clone();
    }

    pub(crate) fn has_line(&self) -> bool {
        let is_shown = self.cue.salience() != Salience::Hidden;
        // Without a pointer, words are the only cue.
        is_shown && (self.announced || !self.is_pointed || self.cue.card() != CardSize::None)
    }
}
