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
    /// The user's note, for the start of the status line; may be empty.
    pub(crate) note: String,
    pub(crate) card: String,
    /// For the time after the arrow has faded.
    pub(crate) bookmark: String,
    /// The message that names the element.
    pub(crate) element: Message,
    pub(crate) announced: bool,
    /// Whether the last frame had a pointer.
    pub(crate) is_pointed: bool,
    /// The outcome of locating the element in the current frame; `None` before the marker's first one.
    pub(crate) found: Option<Match<ElementId>>,
    /// Its current path.
    pub(crate) target: Option<String>,
    pub(crate) lines_away: i32,
    /// Whether a part of it was visible in the last frame in which it was looked for.
    pub(crate) is_in_view: bool,
}

impl Resume {
    pub(crate) fn new(marker: Marker, policy: CuePolicy) -> Self {
        let cue = Cue::new(&marker, Certainty::Card, policy);
        Self {
            marker,
            cue,
            announcement: String::new(),
            line: String::new(),
            note: String::new(),
            card: String::new(),
            bookmark: String::new(),
            element: Message::Window,
            announced: false,
            is_pointed: false,
            found: None,
            target: None,
            lines_away: 0,
            is_in_view: false,
        }
    }

    pub(crate) fn say(&mut self, card: &Card, texts: Option<&Speaker>, glyphs: Glyphs) {
        let certainty = self.cue.certainty();
        self.announcement = glyphs.words(Text::Announcement(card, certainty).said_by(texts));
        self.line = glyphs.words(Text::Line(card, certainty).said_by(texts));
        self.card = glyphs.words(Text::Card(card, certainty).said_by(texts));
        self.note = card.note().map_or_else(String::new, |note| glyphs.words(Text::Note(note).said_by(texts)));
        self.bookmark = glyphs.words(Text::Bookmark(card).said_by(texts));
        self.element = card.element().clone();
    }

    /// Returns the words of the status line behind the user's note.
    pub(crate) fn with_note(&self, words: &str) -> String {
        let note = self.note.trim_end_matches('.');
        if note.is_empty() { words.to_owned() } else { format!("{note}. {words}") }
    }

    pub(crate) fn has_line(&self) -> bool {
        let is_shown = self.cue.salience() != Salience::Hidden;
        // Without a pointer, words are the only cue.
        is_shown && (self.announced || !self.is_pointed || self.cue.card() != CardSize::None)
    }
}
