//! The texts of the marker and the card: as data for programs in other languages, and in English.

use leftoff::Phase;
use leftoff::marker::place::Side;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Message, TrailLine};
use leftoff::resume::{Notice, Whereabouts};

/// A text of the marker or the card. English is built in; see [`Arrow::texts`](crate::Arrow::texts).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Text<'a> {
    /// One fact of the card. Look up its text by [`Message::id`].
    Fact(&'a Message),
    /// At the arrow or the bracket: where the element is, seen from there. The message names the element.
    Pointer(Whereabouts, Phase, &'a Message),
    /// At an arrow that points toward an element out of view, beyond this edge: "Notes, further down".
    Further(Side, &'a Message),
    /// The button of the card that goes to the element.
    Continue,
    /// The button of the card that hides card and marker until the next return.
    NotNow,
    /// The button of the card that says that the user has finished what the marker points at.
    AlreadyDone,
    /// The button of the card after a crash that quarantines all that was restored.
    UndoRestore,
    /// The button of the card that hides card and marker.
    Hide,
    /// What the user is told of quarantined sections.
    Notice(Notice),
    /// The button of a notice that brings the sections back.
    BringBack,
    /// The button of that notice that hides it until the next start.
    Later,
    /// The button of a notice that offers nothing.
    Understood,
}

/// A function that returns a text in another language, or `None` for English.
pub(crate) type Speaker = Box<dyn Fn(Text<'_>) -> Option<String>>;

impl Text<'_> {
    pub(crate) fn said_by(self, speaker: Option<&Speaker>) -> String {
        speaker.and_then(|speaker| speaker(self)).unwrap_or_else(|| self.english())
    }

    /// Returns the built-in English text.
    pub fn english(self) -> String {
        match self {
            Self::Fact(message) => message.to_string(),
            Self::Pointer(whereabouts, phase, element) => pointer(whereabouts, phase, element),
            Self::Further(side, element) => {
                let way = match side {
                    Side::Left => "left",
                    Side::Right => "right",
                    Side::Top => "up",
                    Side::Bottom => "down",
                };
                format!("{element}, further {way}")
            }
            Self::Continue => "Continue".to_owned(),
            Self::NotNow => "Not now".to_owned(),
            Self::AlreadyDone => "Already done".to_owned(),
            Self::UndoRestore => "Undo restore".to_owned(),
            Self::Hide => "Hide".to_owned(),
            Self::Notice(Notice::Undone) => "What was restored is set aside, and kept.".to_owned(),
            Self::Notice(Notice::OtherInstance) => {
                "Another copy of this program saved different work. It is kept, but not shown.".to_owned()
            }
            Self::Notice(_) => {
                "Part of your work is safe, but was not opened after crashes. If you bring it back, what \
                you entered since then is set aside."
                    .to_owned()
            }
            Self::BringBack => "Bring it back".to_owned(),
            Self::Later => "Later".to_owned(),
            Self::Understood => "OK".to_owned(),
        }
    }
}

fn pointer(whereabouts: Whereabouts, phase: Phase, element: &Message) -> String {
    let here = if phase == Phase::Committed { "you finished this" } else { "you left off here" };
    let name = match element {
        Message::Element(name) => format!("“{name}”"),
        other => other.to_string(),
    };
    match whereabouts {
        Whereabouts::Here => here.to_owned(),
        Whereabouts::Moved => format!("{here} · moved"),
        Whereabouts::InRow(row) => format!("{name} is in row {}", row.saturating_add(1)),
        Whereabouts::After => format!("{name} came after this"),
        Whereabouts::Before => format!("{name} came before this"),
        Whereabouts::Closed => format!("{name} is in here"),
        _ => format!("{name} was here"),
    }
}

/// Returns the first part of the card: the element and its location.
pub(crate) fn place(card: &Card, speaker: Option<&Speaker>) -> String {
    joined(card.messages(), ", ", speaker, is_place)
}

/// Returns the rest of the line: the action, the time, the reason for leaving.
pub(crate) fn details(card: &Card, speaker: Option<&Speaker>) -> String {
    joined(card.messages(), " · ", speaker, |message| {
        !is_place(message) && !matches!(message, Message::Note(_) | Message::Detail(_) | Message::Found(_))
    })
}

/// Returns an earlier step in one line.
pub(crate) fn step(line: &TrailLine, speaker: Option<&Speaker>) -> String {
    let place = joined(line.messages(), ", ", speaker, is_place);
    let rest = joined(line.messages(), " · ", speaker, |message| !is_place(message));
    if rest.is_empty() { place } else { format!("{place} · {rest}") }
}

/// Returns the user's notes, or the contents.
pub(crate) fn lines(card: &Card, speaker: Option<&Speaker>, wanted: fn(&Message) -> bool) -> Vec<String> {
    let messages = card.messages().iter().filter(|message| wanted(message));
    messages.map(|message| Text::Fact(message).said_by(speaker)).collect()
}

fn is_place(message: &Message) -> bool {
    use Message::{Element, Place, PrivateElement, UnnamedElement, Window};
    matches!(message, Element(_) | UnnamedElement | PrivateElement | Window | Place(_))
}

fn joined(messages: &[Message], by: &str, speaker: Option<&Speaker>, wanted: impl Fn(&Message) -> bool) -> String {
    let messages = messages.iter().filter(|message| wanted(message));
    messages.map(|message| Text::Fact(message).said_by(speaker)).collect::<Vec<_>>().join(by)
}

/// Returns what screen readers are told.
pub(crate) fn announcement(card: &Card, certainty: Certainty, speaker: Option<&Speaker>) -> String {
    if speaker.is_none() {
        return card.announcement(certainty);
    }
    let messages = card.announcement_messages(certainty);
    joined(&messages, ", ", speaker, |_| true)
}
