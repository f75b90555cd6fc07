//! The texts about the marker, as of one frame.

use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Message};

use crate::glyphs::Glyphs;
use crate::status::Shorter;
use crate::text::{Speaker, Text};

pub(crate) struct Words {
    pub(crate) announcement: String,
    pub(crate) line: String,
    /// The element and its location, and what follows them in a narrow row. Empty if the program says the line in its own
    /// words, and not these parts of it.
    place: String,
    ends: Vec<String>,
    /// The user's note, for the start of the status line; may be empty.
    note: String,
    pub(crate) card: String,
    /// For the time after the arrow has faded.
    pub(crate) bookmark: String,
    /// The message that names the element.
    pub(crate) element: Message,
}

impl Words {
    pub(crate) fn new(card: &Card, certainty: Certainty, texts: Option<&Speaker>, glyphs: Glyphs) -> Self {
        let said = |text: Text<'_>| glyphs.words(text.said_by(texts));
        let own = |text: Text<'_>| texts.and_then(|speaker| speaker(text));
        let has_parts = own(Text::Line(card, certainty)).is_none() || own(Text::When(card)).is_some();
        let ends = [Text::Rest(card, certainty), Text::When(card)].map(said);
        Self {
            place: if has_parts { said(Text::Place(card)) } else { String::new() },
            ends: ends.into_iter().filter(|end| has_parts && !end.is_empty()).collect(),
            announcement: said(Text::Announcement(card, certainty)),
            line: said(Text::Line(card, certainty)),
            note: card.note().map_or_else(String::new, |note| said(Text::Note(note))),
            card: said(Text::Card(card, certainty)),
            bookmark: said(Text::Bookmark(card)),
            element: card.element().clone(),
        }
    }

    /// Returns the words of the status line for a narrow row.
    pub(crate) fn shorter(&self) -> Shorter {
        let place = if self.place.is_empty() { String::new() } else { self.with_note(&self.place) };
        Shorter { line: self.with_note(&self.line), place, ends: self.ends.clone() }
    }

    /// Returns the words of the status line behind the user's note.
    pub(crate) fn with_note(&self, words: &str) -> String {
        let note = self.note.trim_end_matches('.');
        if note.is_empty() { words.to_owned() } else { format!("{note}. {words}") }
    }
}
