//! All texts of the crate, which a program can replace.

use std::fmt;

use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Message};

/// The texts that are drawn. English is built in; replace the texts for other languages.
///
/// ```
/// use leftoff::marker::Message;
/// use leftoff_ratatui::{Arrow, Words};
///
/// let mut words = Words::default();
/// words.here = "hier weiter";
/// words.was_here = |element| match element {
///     Message::Element(name) => format!("{name} war hier"),
///     _ => "hier war es".to_owned(),
/// };
/// let arrow = Arrow::new().words(words);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Words {
    /// Beside the element, if there is room: "you left off here".
    pub here: &'static str,
    /// The same for an element with another name or position: "you left off here (moved)".
    pub moved: &'static str,
    /// The same in one word, if there is no more room: "moved".
    pub moved_short: &'static str,
    /// On the bracket around a region: "Amount was here". Receives [`Message::Element`] or another message that names
    /// the element.
    pub was_here: fn(&Message) -> String,
    /// For the status line, and so for screen readers: location, action, phase, time, and certainty.
    pub line: fn(&Card, Certainty) -> String,
    /// The notice that sections are quarantined after repeated crashes, with the key that brings them back: "Part of your
    /// work is safe, but was not opened after crashes. F8: bring it back".
    pub quarantined: &'static str,
    /// For the open card: its lines, which are wrapped if they are too long.
    pub card: fn(&Card, Certainty) -> Vec<String>,
}

impl Default for Words {
    fn default() -> Self {
        let (here, moved, moved_short) = ("you left off here", "you left off here (moved)", "moved");
        let quarantined = "Part of your work is safe, but was not opened after crashes. F8: bring it back";
        Self { here, moved, moved_short, was_here, line, quarantined, card }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("here", &self.here).field("moved", &self.moved).finish_non_exhaustive()
    }
}

/// Returns the message that names the element.
pub(crate) fn element(card: &Card) -> Message {
    card.trail().last().map_or(Message::Window, |step| step.element().clone())
}

fn was_here(element: &Message) -> String {
    match element {
        Message::Element(name) => format!("{name} was here"),
        _ => "you were here".to_owned(),
    }
}

/// Returns the announcement of the core, plus the location and the reason for leaving, for which a reader has time.
fn line(card: &Card, certainty: Certainty) -> String {
    let is_said = |message: &&Message| {
        use Message::{Act, Age, Date, Element, Place, PrivateElement, Reason, Window};
        matches!(message, Element(_) | PrivateElement | Window | Place(_) | Act(..) | Age(_) | Date(_) | Reason(_))
    };
    // In whole words, since it is read aloud.
    let said: Vec<String> = card.messages().iter().filter(is_said).map(|message| format!("{message:#}")).collect();
    let found = found(certainty).map(|found| format!("; {found:#}")).unwrap_or_default();
    format!("Where you left off: {}{found}.", said.join(", "))
}

fn card(card: &Card, certainty: Certainty) -> Vec<String> {
    let said = card.to_string();
    let before = card.trail().split_last().map_or(&[][..], |(_, before)| before);
    let found = found(certainty).map(|found| found.to_string());
    let trail = before.iter().map(|step| format!("before that: {step}"));
    said.lines().map(str::to_owned).chain(found).chain(trail.rev()).collect()
}

/// Returns the certainty as a message, unless the element is unchanged.
fn found(certainty: Certainty) -> Option<Message> {
    (certainty != Certainty::Point).then_some(Message::Found(certainty))
}
