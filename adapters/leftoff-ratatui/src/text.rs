//! All texts of the crate: as data for programs in other languages, and in English.

use leftoff::Phase;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Changes, Message, TrailLine};
use leftoff::resume::{self, CardAction, Notice, Whereabouts};

/// A text that is drawn. English is built in; see [`Arrow::texts`](crate::Arrow::texts).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Text<'a> {
    /// Beside the element, if there is room: "you left off here".
    Here {
        /// The phase of the action.
        phase: Phase,
        /// Whether the element has another name or position now.
        moved: bool,
    },
    /// The same for a moved element in one word, if there is no more room: "moved".
    Moved,
    /// On the bracket around a region: "“Amount” was here". The message names the element.
    WasHere(&'a Message),
    /// The status line: location, action, time, reason and certainty, in a sentence that can be read aloud.
    Announcement(&'a Card, Certainty),
    /// The same, shorter, for a row in which that does not fit, and for [`Arrow::one_line`](crate::Arrow::one_line).
    Line(&'a Card, Certainty),
    /// The start of that line, for a narrow row, which shortens it first: "Amount, in Money". Such a row has parts of the
    /// line only if the program says all of them in its own words, or none.
    Place(&'a Card),
    /// What follows [`Place`](Self::Place), if there is room: "edited, 42 min ago, before a call".
    Rest(&'a Card, Certainty),
    /// What follows it otherwise, and is never shortened before it: "42 min ago, before a call".
    When(&'a Card),
    /// The open card: its lines, separated by line feeds. A line that is too long is wrapped.
    Card(&'a Card, Certainty),
    /// The status line after the arrow has faded, while the user has not been back at the element: "You left off at
    /// Amount, in Money".
    Bookmark(&'a Card),
    /// The line for oneself, in the status line before everything else: "Note: call Ana".
    Note(&'a str),
    /// What a [key](crate::Arrow::key) does, behind its name: "continue", "not now", "done",
    /// "undo restore".
    Action(CardAction),
    /// The notice that sections are quarantined after repeated crashes, with the key that brings them back: "Part of your
    /// work is safe, but was not opened after crashes. F8: bring it back".
    Quarantined,
    /// The notice that everything that was restored is quarantined, because the user wanted that, with the key that brings
    /// it back, and the one that ends the offer.
    Undone,
    /// The notice that the user brought sections back, and that their former values are quarantined, with the key that
    /// brings those back instead.
    Replaced,
    /// The notice that another instance saved sections that this instance changed, too, and that they are quarantined.
    OfAnother,
    /// How many elements changed since the user left: "Since you left: 3 new, 1 gone". See
    /// [`Arrow::since_line`](crate::Arrow::since_line).
    SinceYouLeft(&'a Changes),
    /// A line of a list of what the user did, or of earlier states: see [`Arrow::entry_line`](crate::Arrow::entry_line)
    /// and [`Arrow::point_line`](crate::Arrow::point_line).
    Past(&'a TrailLine),
    /// A line of a list of open work, below the user's note: see [`Arrow::marker_line`](crate::Arrow::marker_line).
    Open(&'a Card),
    /// A text about the user's other devices.
    #[cfg(feature = "roam")]
    Devices(leftoff_roam::devices::DeviceText<'a>),
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
            Self::Here { phase, moved } => {
                let here = resume::Text::Pointer(Whereabouts::Here, phase, &Message::UnnamedElement).english();
                // A terminal without Unicode has no middle dot.
                if moved { format!("{here} (moved)") } else { here }
            }
            Self::Moved => "moved".to_owned(),
            Self::WasHere(name @ Message::Element(_)) => {
                resume::Text::Pointer(Whereabouts::Inside, Phase::Unknown, name).english()
            }
            Self::WasHere(_) => "you were here".to_owned(),
            Self::Announcement(card, certainty) => card.announcement(certainty),
            Self::Line(card, certainty) => joined(&card.announcement_messages(certainty), |_| true),
            Self::Place(card) => joined(&card.announcement_messages(Certainty::Point), is_place),
            Self::Rest(card, certainty) => joined(&card.announcement_messages(certainty), |message| !is_place(message)),
            Self::When(card) => joined(&card.announcement_messages(Certainty::Point), |message| {
                use Message::{Age, Away, Day, Reason};
                matches!(message, Age(_) | Day { .. } | Reason(_) | Away(_))
            }),
            Self::Card(card, certainty) => lines(card, certainty).join("\n"),
            Self::Note(note) => Message::Note(note.to_owned()).to_string(),
            Self::Bookmark(card) => format!("You left off at {}", card.location()),
            Self::Action(CardAction::Continue) => "continue".to_owned(),
            Self::Action(CardAction::NotNow) => "not now".to_owned(),
            Self::Action(CardAction::Done) => "done".to_owned(),
            Self::Action(CardAction::UndoRestore) => "undo restore".to_owned(),
            // An action of a later version of leftoff, which no program of today binds to a key.
            Self::Action(_) => String::new(),
            Self::Quarantined => {
                "Part of your work is safe, but was not opened after crashes. F8: bring it back".to_owned()
            }
            Self::Undone => {
                "What was restored is set aside, and kept. F8: bring it back, and set aside what you entered since. \
                 F4: don’t offer it again"
                    .to_owned()
            }
            Self::Replaced => {
                "Your work is back. What was here instead is set aside, and kept. F8: bring that back".to_owned()
            }
            Self::SinceYouLeft(changes) => since_you_left(changes),
            Self::OfAnother => resume::Text::Notice(Notice::OtherInstance).english(),
            Self::Past(line) => line.to_string(),
            Self::Open(card) => card.to_string(),
            #[cfg(feature = "roam")]
            Self::Devices(text) => text.english(),
        }
    }
}

fn since_you_left(changes: &Changes) -> String {
    let counts = [(changes.new.len(), "new"), (changes.changed.len(), "changed"), (changes.gone.len(), "gone")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    format!("Since you left: {}", counts.collect::<Vec<_>>().join(", "))
}

fn joined(messages: &[Message], wanted: impl Fn(&Message) -> bool) -> String {
    messages.iter().filter(|message| wanted(message)).map(Message::to_string).collect::<Vec<_>>().join(", ")
}

fn is_place(message: &Message) -> bool {
    use Message::{Element, Place, PrivateElement, UnnamedElement, Window};
    matches!(message, Element(_) | UnnamedElement | PrivateElement | Window | Place(_))
}

fn lines(card: &Card, certainty: Certainty) -> Vec<String> {
    let before = card.trail().split_last().map_or(&[][..], |(_, before)| before);
    let found = (certainty != Certainty::Point).then(|| Message::Found(certainty).to_string());
    let trail = before.iter().rev().map(|step| format!("before that, {step}"));
    [card.to_string()].into_iter().chain(found).chain(trail).collect()
}
