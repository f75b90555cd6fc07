//! The texts of the arrow and the card: as data for applications in other languages, and in English.

use leftoff::marker::place::Side;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Changes, Day, Message, TrailLine};
use leftoff::resume::{self, Notice, Whereabouts};
use leftoff::{Error, Phase};

/// A text of the arrow or the card. English is built in; see [`Arrow::set_texts`](crate::Arrow::set_texts).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Text<'a> {
    /// One fact of the card. Look up its text by [`Message::id`].
    Fact(&'a Message),
    /// The announcement for screen readers, as its parts: see
    /// [`Card::announcement_messages`](leftoff::marker::Card::announcement_messages).
    Announcement(&'a Card, Certainty),
    /// The tag at the arrow, "you left off here", and the description of the element for screen readers.
    Here {
        /// The phase of the action.
        phase: Phase,
        /// Whether the element has another name or position now.
        moved: bool,
    },
    /// At an arrow that points towards an element out of view, beyond this edge of the visible part: "Notes, further
    /// down". Without the element if its name has no room.
    Further(Side, Option<&'a Message>),
    /// At a dashed bracket around the element's container: "“Notes” was here". The message names the element, here and
    /// below.
    WasHere(&'a Message),
    /// At a dashed bracket around the element's container, if no element of the container is on the screen: a row whose
    /// record is not open.
    IsIn(&'a Message),
    /// At a dashed bracket around the element before it.
    WasAfter(&'a Message),
    /// At a dashed bracket around the element after it.
    WasBefore(&'a Message),
    /// At a dashed bracket around a virtual list whose row is not built. Rows are counted from one.
    InRow(&'a Message, u64),
    /// At a dashed bracket where the text that names the element has no room: "you were here".
    YouWereHere,
    /// The button of the card that brings the element into view, and opens its page.
    Continue,
    /// The button of the card that says that the user has finished what the arrow points at.
    AlreadyDone,
    /// The button of a card after a crash that sets aside everything that was restored.
    UndoRestore,
    /// The bookmark at the edge of the window, after the arrow has faded.
    Back,
    /// In the empty field for the user's note, before the program sleeps.
    WhatNext,
    /// The button of the card that hides the card and the arrow.
    Dismiss,
    /// The notice that sections are quarantined after repeated crashes.
    Quarantined,
    /// The button of the notice that brings them back.
    BringBack,
    /// The notice that everything that was restored is set aside, because the user wanted that.
    Undone,
    /// The button of that notice that ends the offer, also at the next starts.
    StopOffering,
    /// The notice that the user brought sections back, and that the values that they replaced are set aside.
    Replaced,
    /// The button of the card that hides card and arrow until the user's next return.
    NotNow,
    /// The button of the notice that hides it until the next start.
    Later,
    /// The notice that another instance saved sections that this instance changed, too, and that they are quarantined.
    OfAnother,
    /// The button of that notice, which hides it.
    Understood,
    /// The time in a timeline: [`Message::Day`] or [`Message::Age`].
    Time(&'a Message),
    /// The heading of the [open work](crate::Arrow::open_work).
    OpenWork,
    /// Shown when there is no open work.
    NoOpenWork,
    /// The heading of the [timeline](crate::Timeline).
    Timeline,
    /// In place of the timeline if the user has done nothing yet.
    NothingDone,
    /// An earlier state in the timeline, by its line: time, element, why the user left.
    State(&'a str),
    /// The button under the timeline that lists all earlier states, of which there are this many.
    AllStates(usize),
    /// The name of a section, by scope and name as the program stores it. The English text is the name.
    Section(&'a str, &'a str),
    /// What going back would do to a section, which has this name: its value would be that of this time, or it would have
    /// none.
    Change(&'a str, Option<&'a Message>),
    /// Shown when there are no changes.
    NoChange,
    /// The notice that an earlier state was brought back, beside the button [`Undo`](Self::Undo).
    BroughtBack,
    /// The button that undoes it.
    Undo,
    /// The notice that something failed and nothing was changed.
    Failed(&'a Error),
    /// The heading of the [preview](crate::Preview): what was restored at this start.
    Restored,
    /// A restored section with this name, whose value was saved at this time.
    SavedAt(&'a str, Option<&'a Message>),
    /// A section with this name that was not opened, or that the user set aside.
    SetAside(&'a str),
    /// The button of the preview that keeps what was restored.
    KeepAll,
    /// The button of the preview that sets aside what is not ticked.
    KeepTicked,
    /// The count of what changed since the user left.
    SinceYouLeft(&'a Changes),
    /// The divider in a list, above what is new.
    NewSince,
    /// A text about the user's other devices.
    #[cfg(feature = "roam")]
    Devices(leftoff_roam::devices::DeviceText<'a>),
}

/// A function that returns a text in another language, or `None` for English.
pub(crate) type Speaker = Box<dyn Fn(Text<'_>) -> Option<String> + Send + Sync>;

/// Between two facts.
pub(crate) const BETWEEN: &str = " · ";

impl Text<'_> {
    pub(crate) fn said_by(self, speaker: Option<&Speaker>) -> String {
        speaker.and_then(|speaker| speaker(self)).unwrap_or_else(|| self.english())
    }

    /// Returns the built-in English text.
    pub fn english(self) -> String {
        if let Some(text) = self.of_the_core() {
            return text.english();
        }
        match self {
            Self::Announcement(card, certainty) => card.announcement(certainty),
            // The direction alone, where the name has no room.
            Self::Further(side, None) => way(side).to_owned(),
            Self::YouWereHere => "you were here".to_owned(),
            Self::WhatNext => "What were you about to do? (optional)".to_owned(),
            Self::Back => "Back to where you left off".to_owned(),
            Self::Dismiss => "Dismiss".to_owned(),
            panel => panel.english_of_panels(),
        }
    }

    /// The texts of the widgets beside the arrow.
    fn english_of_panels(self) -> String {
        let fixed = match self {
            Self::OpenWork => "Open work",
            Self::NoOpenWork => "Nothing is open.",
            Self::Timeline => "What you did last",
            Self::NothingDone => "Nothing here yet.",
            Self::NoChange => "Nothing would change.",
            Self::BroughtBack => "An earlier state is back.",
            Self::Undo => "Undo",
            Self::Restored => "Restored from the last run",
            Self::KeepAll => "Keep all",
            Self::KeepTicked => "Keep only these",
            Self::NewSince => "new since you left",
            Self::Time(Message::Day { day: Day::Today, hour, minute }) => return format!("{hour:02}:{minute:02}"),
            Self::Time(time) => return time.to_string(),
            Self::State(line) => return format!("as it was: {line}"),
            Self::AllStates(count) => return format!("All {count} earlier states"),
            Self::Section(_, name) | Self::SavedAt(name, None) => name,
            Self::Change(name, Some(time)) => return format!("{name}: back to {}", Text::Time(time).english()),
            Self::Change(name, None) => return format!("{name}: was not there"),
            Self::Failed(error) => return format!("Nothing was changed: {error:#}."),
            Self::SavedAt(name, Some(time)) => return format!("{name}, from {}", Text::Time(time).english()),
            Self::SetAside(name) => return format!("{name}: set aside, not lost"),
            Self::SinceYouLeft(changes) => return since_you_left(changes),
            #[cfg(feature = "roam")]
            Self::Devices(text) => return text.english(),
            _ => "",
        };
        fixed.to_owned()
    }
}

impl<'a> Text<'a> {
    /// Returns the same text of the core, whose English all adapters share.
    fn of_the_core(self) -> Option<resume::Text<'a>> {
        use resume::Text as Core;
        let pointer = |whereabouts, element| Core::Pointer(whereabouts, Phase::Unknown, element);
        Some(match self {
            Self::Fact(message) => Core::Fact(message),
            Self::Here { phase, moved } => {
                let whereabouts = if moved { Whereabouts::Moved } else { Whereabouts::Here };
                Core::Pointer(whereabouts, phase, &Message::UnnamedElement)
            }
            Self::Further(side, Some(element)) => Core::Further(side, element),
            Self::WasHere(element) => pointer(Whereabouts::Inside, element),
            Self::IsIn(element) => pointer(Whereabouts::Closed, element),
            Self::WasAfter(element) => pointer(Whereabouts::After, element),
            Self::WasBefore(element) => pointer(Whereabouts::Before, element),
            Self::InRow(element, row) => pointer(Whereabouts::InRow(row.saturating_sub(1)), element),
            Self::Continue => Core::Continue,
            Self::AlreadyDone => Core::AlreadyDone,
            Self::UndoRestore => Core::UndoRestore,
            Self::NotNow => Core::NotNow,
            Self::Quarantined => Core::Notice(Notice::Quarantined),
            Self::Undone => Core::Notice(Notice::Undone),
            Self::Replaced => Core::Notice(Notice::Replaced),
            Self::OfAnother => Core::Notice(Notice::OtherInstance),
            Self::BringBack => Core::BringBack,
            Self::Later => Core::Later,
            Self::StopOffering => Core::StopOffering,
            Self::Understood => Core::Understood,
            _ => return None,
        })
    }
}

fn way(side: Side) -> &'static str {
    match side {
        Side::Left => "further left",
        Side::Right => "further right",
        Side::Top => "further up",
        Side::Bottom => "further down",
    }
}

fn since_you_left(changes: &Changes) -> String {
    let counts = [(changes.new.len(), "new"), (changes.changed.len(), "changed"), (changes.gone.len(), "gone")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    format!("Since you left: {}", counts.collect::<Vec<_>>().join(", "))
}

/// Returns the first part of the card: the element and its location.
pub(crate) fn place(card: &Card, speaker: Option<&Speaker>) -> String {
    joined(card.messages(), ", ", speaker, is_place)
}

/// Returns an earlier step in one line.
pub(crate) fn step(line: &TrailLine, speaker: Option<&Speaker>) -> String {
    let place = joined(line.messages(), ", ", speaker, is_place);
    let rest = joined(line.messages(), " · ", speaker, |message| !is_place(message));
    format!("{place} · {rest}").trim_end_matches(" · ").to_owned()
}

/// Returns a line of a timeline as its element, the rest, and its time.
pub(crate) fn parts(line: &TrailLine, speaker: Option<&Speaker>) -> [String; 3] {
    use Message::{Age, Day, Element, PrivateElement, UnnamedElement, Window};
    let is_time = |message: &Message| matches!(message, Age(_) | Day { .. });
    let is_name = |message: &Message| matches!(message, Element(_) | UnnamedElement | PrivateElement | Window);
    let time = line.messages().iter().find(|message| is_time(message));
    [
        joined(line.messages(), ", ", speaker, is_name),
        joined(line.messages(), BETWEEN, speaker, |message| !is_time(message) && !is_name(message)),
        time.map(|time| Text::Time(time).said_by(speaker)).unwrap_or_default(),
    ]
}

fn is_place(message: &Message) -> bool {
    use Message::{Element, Place, PrivateElement, UnnamedElement, Window};
    matches!(message, Element(_) | UnnamedElement | PrivateElement | Window | Place(_))
}

/// Returns the rest of the line: the action, the time, the reason for leaving; and the certainty, if nothing else shows
/// it.
pub(crate) fn details(card: &Card, untold: Option<Certainty>, speaker: Option<&Speaker>) -> String {
    let mut words = joined(card.messages(), " · ", speaker, |message| {
        use Message::{Act, Age, Away, Day, LastEdit, Reason, Step};
        matches!(message, Step { .. } | Act(..) | LastEdit(_) | Age(_) | Day { .. } | Reason(_) | Away(_))
    });
    if let Some(certainty) = untold {
        if !words.is_empty() {
            words.push_str(" · ");
        }
        words.push_str(&Text::Fact(&Message::Found(certainty)).said_by(speaker));
    }
    words
}

fn joined(messages: &[Message], by: &str, speaker: Option<&Speaker>, wanted: impl Fn(&Message) -> bool) -> String {
    let messages = messages.iter().filter(|message| wanted(message));
    messages.map(|message| Text::Fact(message).said_by(speaker)).collect::<Vec<_>>().join(by)
}
