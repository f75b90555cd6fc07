//! What the arrow and the card say: as data for an application that speaks another language, and in English.

use leftoff::Phase;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Message};

/// Something the arrow or the card says. English is built in; see [`Arrow::set_texts`](crate::Arrow::set_texts).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Text<'a> {
    /// One fact of the card. [`Message::id`] is what to look the words up by.
    Fact(&'a Message),
    /// The sentence for screen readers, as its parts: see
    /// [`Card::announcement_messages`](leftoff::marker::Card::announcement_messages).
    Announcement(&'a Card, Certainty),
    /// The tag at the arrow, and what a screen reader says of the element.
    Here {
        /// How far it got.
        phase: Phase,
        /// The element has another name or another place now.
        moved: bool,
    },
    /// At a dashed bracket round what the element was in.
    WasHere(Gone<'a>),
    /// At a dashed bracket round what came before the element.
    WasAfter(Gone<'a>),
    /// At a dashed bracket round what came after the element.
    WasBefore(Gone<'a>),
    /// At a dashed bracket round a virtual list whose row is not built. Rows are counted from one.
    InRow(Gone<'a>, u64),
    /// The button of the card that shows the element.
    TakeMeThere,
    /// The button of the card that hides it, and the arrow with it.
    Dismiss,
    /// The notice that the crash guard withholds something.
    SetAside,
    /// Its button that returns it.
    BringBack,
    /// Its button that hides the notice until the next start.
    NotNow,
}

/// The name of what is not there any more; `None` for what is secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Gone<'a>(pub Option<&'a str>);

impl std::fmt::Debug for Gone<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gone").finish_non_exhaustive()
    }
}

impl std::fmt::Display for Gone<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.unwrap_or("A private field"))
    }
}

/// A function that says things in another language, or `None` for the English of something.
pub(crate) type Speaker = Box<dyn Fn(Text<'_>) -> Option<String> + Send + Sync>;

impl Text<'_> {
    pub(crate) fn said_by(self, speaker: Option<&Speaker>) -> String {
        speaker.and_then(|speaker| speaker(self)).unwrap_or_else(|| self.english())
    }

    /// The words that are built in.
    pub fn english(self) -> String {
        match self {
            Self::Fact(message) => message.to_string(),
            Self::Announcement(card, certainty) => card.announcement(certainty),
            Self::Here { phase, moved } => here(phase, moved).to_owned(),
            Self::WasHere(name) => format!("{name} was here"),
            Self::WasAfter(name) => format!("{name} came after this"),
            Self::WasBefore(name) => format!("{name} came before this"),
            Self::InRow(name, row) => format!("{name} is in row {row}"),
            Self::TakeMeThere => "Take me there".to_owned(),
            Self::Dismiss => "Dismiss".to_owned(),
            Self::SetAside => "Part of your work was set aside after repeated crashes. It is kept.".to_owned(),
            Self::BringBack => "Bring it back".to_owned(),
            Self::NotNow => "Not now".to_owned(),
        }
    }
}

fn here(phase: Phase, moved: bool) -> &'static str {
    match (phase, moved) {
        (Phase::Committed, false) => "you left off here, done",
        (Phase::Committed, true) => "you left off here, done · moved",
        (_, false) => "you left off here",
        (_, true) => "you left off here · moved",
    }
}

/// The first words of the card: the element and where it is.
pub(crate) fn place(card: &Card, speaker: Option<&Speaker>) -> String {
    joined(card, ", ", speaker, |message| {
        matches!(message, Message::Element(_) | Message::PrivateElement | Message::Window | Message::Place(_))
    })
}

/// The rest of the line: what was done, when, why the user left; and how much was found, if nothing else says so.
pub(crate) fn details(card: &Card, untold: Option<Certainty>, speaker: Option<&Speaker>) -> String {
    // The time of day is that of Greenwich, which is nobody's.
    let has_age = card.age().is_some();
    let mut words = joined(card, " · ", speaker, |message| match message {
        Message::Step { .. } | Message::Act(..) | Message::Age(_) | Message::Reason(_) => true,
        Message::Date(_) => !has_age,
        _ => false,
    });
    if let Some(certainty) = untold {
        words.push_str(" · ");
        words.push_str(&Text::Fact(&Message::Found(certainty)).said_by(speaker));
    }
    words
}

fn joined(card: &Card, by: &str, speaker: Option<&Speaker>, wanted: impl Fn(&Message) -> bool) -> String {
    let messages = card.messages().iter().filter(|message| wanted(message));
    messages.map(|message| Text::Fact(message).said_by(speaker)).collect::<Vec<_>>().join(by)
}
