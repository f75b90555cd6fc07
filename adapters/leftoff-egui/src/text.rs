//! The texts of the arrow and the card: as data for applications in other languages, and in English.

use leftoff::Phase;
use leftoff::marker::place::Side;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Message};

/// A text of the arrow or the card. English is built in; see [`Arrow::set_texts`](crate::Arrow::set_texts).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Text<'a> {
    /// One fact of the card. Look up its text by [`Message::id`].
    Fact(&'a Message),
    /// The announcement for screen readers, as its parts: see
    /// [`Card::announcement_messages`](leftoff::marker::Card::announcement_messages).
    Announcement(&'a Card, Certainty),
    /// The tag at the arrow, and the description of the element for screen readers.
    Here {
        /// The phase of the action.
        phase: Phase,
        /// Whether the element has another name or position now.
        moved: bool,
    },
    /// At an arrow that points toward an element out of view, beyond this edge of the visible part.
    Further(Side),
    /// At a dashed bracket around the element's container.
    WasHere(Gone<'a>),
    /// At a dashed bracket around the element's container, if no element of the container is on the screen: a row whose
    /// record is not open.
    IsIn(Gone<'a>),
    /// At a dashed bracket around the element before it.
    WasAfter(Gone<'a>),
    /// At a dashed bracket around the element after it.
    WasBefore(Gone<'a>),
    /// At a dashed bracket around a virtual list whose row is not built. Rows are counted from one.
    InRow(Gone<'a>, u64),
    /// The button of the card that brings the element into view.
    TakeMeThere,
    /// The button of the card that hides the card and the arrow.
    Dismiss,
    /// The notice that sections are quarantined after repeated crashes.
    Quarantined,
    /// The button of the notice that brings them back.
    BringBack,
    /// The button of the notice that hides it until the next start.
    NotNow,
    /// The notice that another instance saved sections that this instance changed, too, and that they are quarantined.
    OfAnother,
    /// The button of that notice, which hides it.
    Understood,
}

/// The name of the missing element; `None` for a sensitive element.
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

/// A function that returns a text in another language, or `None` for English.
pub(crate) type Speaker = Box<dyn Fn(Text<'_>) -> Option<String> + Send + Sync>;

impl Text<'_> {
    pub(crate) fn said_by(self, speaker: Option<&Speaker>) -> String {
        speaker.and_then(|speaker| speaker(self)).unwrap_or_else(|| self.english())
    }

    /// Returns the built-in English text.
    pub fn english(self) -> String {
        match self {
            Self::Fact(message) => message.to_string(),
            Self::Announcement(card, certainty) => card.announcement(certainty),
            Self::Here { phase, moved } => here(phase, moved).to_owned(),
            Self::Further(Side::Left) => "further left".to_owned(),
            Self::Further(Side::Right) => "further right".to_owned(),
            Self::Further(Side::Top) => "further up".to_owned(),
            Self::Further(Side::Bottom) => "further down".to_owned(),
            Self::WasHere(name) => format!("{name} was here"),
            Self::IsIn(name) => format!("{name} is in here"),
            Self::WasAfter(name) => format!("{name} came after this"),
            Self::WasBefore(name) => format!("{name} came before this"),
            Self::InRow(name, row) => format!("{name} is in row {row}"),
            Self::TakeMeThere => "Take me there".to_owned(),
            Self::Dismiss => "Dismiss".to_owned(),
            Self::Quarantined => {
                "Part of your work is safe, but was not opened after crashes. If you bring it back, what you \
                entered since then is set aside."
                    .to_owned()
            }
            Self::BringBack => "Bring it back".to_owned(),
            Self::NotNow => "Not now".to_owned(),
            Self::OfAnother => {
                "Another copy of this program saved different work. It is kept, but not shown.".to_owned()
            }
            Self::Understood => "OK".to_owned(),
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

/// Returns the first part of the card: the element and its location.
pub(crate) fn place(card: &Card, speaker: Option<&Speaker>) -> String {
    joined(card, ", ", speaker, |message| {
        matches!(message, Message::Element(_) | Message::PrivateElement | Message::Window | Message::Place(_))
    })
}

/// Returns the rest of the line: the action, the time, the reason for leaving; and the certainty, if nothing else shows
/// it.
pub(crate) fn details(card: &Card, untold: Option<Certainty>, speaker: Option<&Speaker>) -> String {
    // The time of day is UTC, which means nothing to the user.
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
