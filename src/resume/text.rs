//! The texts of the marker, the card and the notices: as data for programs in other languages, and in English.

use super::{CardAction, Notice, Whereabouts};
use crate::mark::Phase;
use crate::marker::Message;
use crate::marker::place::Side;

/// A text of the marker or the card. English is built in; see [`Speaker`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Text<'a> {
    /// One fact of the card. Look up its text by [`Message::id`].
    Fact(&'a Message),
    /// At the arrow or the bracket: where the element is, seen from there. The message names the element.
    Pointer(Whereabouts, Phase, &'a Message),
    /// At an arrow that points towards an element out of view, beyond this edge: "Notes, further down".
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
    /// The button of that notice after an undone restore that ends the offer, also at the next starts.
    StopOffering,
    /// The button of a notice that offers nothing.
    Understood,
}

/// A function that returns a text in another language, or `None` for English.
pub type Speaker = dyn Fn(Text<'_>) -> Option<String>;

impl Text<'_> {
    /// Returns the button text for an action of the card.
    pub(super) fn of_action(action: CardAction) -> Self {
        match action {
            CardAction::Continue => Self::Continue,
            CardAction::NotNow => Self::NotNow,
            CardAction::Done => Self::AlreadyDone,
            CardAction::UndoRestore => Self::UndoRestore,
        }
    }

    /// Returns the text in the language of `speaker`; in English without one, and where it returns `None`.
    ///
    /// ```
    /// use leftoff::resume::{Speaker, Text};
    ///
    /// let german: &Speaker = &|text| matches!(text, Text::NotNow).then(|| "Nicht jetzt".to_owned());
    /// assert_eq!(Text::NotNow.said_by(Some(german)), "Nicht jetzt");
    /// assert_eq!(Text::Continue.said_by(Some(german)), "Continue");
    /// ```
    pub fn said_by(self, speaker: Option<&Speaker>) -> String {
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
            Self::Notice(Notice::Undone) => {
                "What was restored is set aside, and kept. If you bring it back, what you entered since then is set \
                aside instead."
                    .to_owned()
            }
            Self::Notice(Notice::Replaced) => {
                "Your work is back. What was here instead is set aside, and kept.".to_owned()
            }
            Self::Notice(Notice::OtherInstance) => {
                "Another copy of this program saved different work. It is kept, but not shown.".to_owned()
            }
            Self::Notice(Notice::Quarantined) => {
                "Part of your work is safe, but was not opened after crashes. If you bring it back, what \
                you entered since then is set aside."
                    .to_owned()
            }
            Self::BringBack => "Bring it back".to_owned(),
            Self::Later => "Later".to_owned(),
            Self::StopOffering => "Don’t offer again".to_owned(),
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
        Whereabouts::Inside => format!("{name} was here"),
    }
}
