//! The words and buttons of the strip above a window's content, for graphical adapters: the card, or a notice.

use super::{CardAction, Notice, Speaker, Text};
use crate::marker::cue::CardSize;
use crate::marker::resolve::Certainty;
use crate::marker::{Card, Message, TrailLine};

/// The words and buttons of the resume card, or of a notice.
///
/// ```
/// use leftoff::resume::{Choice, Notice, CardText};
///
/// let notice = CardText::of_notice(Notice::Quarantined, None);
/// assert!(notice.lines[0].text.starts_with("Part of your work is safe"));
/// assert_eq!(notice.buttons[0], ("Bring it back".to_owned(), Choice::BringBack));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardText {
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// The buttons, in order. That which hides the card is not among them: it may be a mere "×".
    pub buttons: Vec<(String, Choice)>,
}

/// A line of a [`CardText`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// The words.
    pub text: String,
    /// Whether it is less important, and so written smaller: an earlier step, or the content.
    pub is_small: bool,
}

/// What a button of a [`CardText`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// [Hides](crate::resume::Resume::dismiss) card and marker.
    Dismiss,
    /// Does an [action](crate::resume::Resume::act) of the card.
    Do(CardAction),
    /// [Brings back](crate::resume::Resume::bring_back) what is in quarantine.
    BringBack,
    /// [Hides](crate::resume::Resume::put_off) the notice.
    PutOff,
    /// [Ends](crate::resume::Resume::stop_offering) the offer of the notice, also at the next starts.
    StopOffering,
}

impl CardText {
    /// Returns the card in this size: the user's note, one line and, if it is open, the steps before and the content.
    ///
    /// `untold` is the certainty if nothing that is drawn shows it; `offers` are those of
    /// [`Resume::offers`](crate::resume::Resume::offers).
    pub fn of(
        card: &Card,
        size: CardSize,
        offers: &[CardAction],
        untold: Option<Certainty>,
        speaker: Option<&Speaker>,
    ) -> Self {
        let texts_of = |wanted: fn(&Message) -> bool| {
            let messages = card.messages().iter().filter(move |message| wanted(message));
            messages.map(|message| Text::Fact(message).said_by(speaker))
        };
        let mut lines: Vec<Line> =
            texts_of(|message| matches!(message, Message::Note(_))).map(|note| Line::new(note, false)).collect();
        let certainty = untold.map(|certainty| Text::Fact(&Message::Found(certainty)).said_by(speaker));
        let facts = [Some(place(card.messages(), speaker)), Some(details(card, speaker)), certainty];
        let facts: Vec<String> = facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect();
        lines.push(Line::new(facts.join(" · "), false));
        if size == CardSize::Open {
            let (_, before) = card.trail().split_last().unzip();
            let steps = before.unwrap_or_default().iter().map(|step| step_of(step, speaker));
            let contents = texts_of(|message| matches!(message, Message::Detail(_)));
            lines.extend(steps.chain(contents).map(|text| Line::new(text, true)));
        }
        let button = |action: &CardAction| (Text::of_action(*action).said_by(speaker), Choice::Do(*action));
        Self { lines, buttons: offers.iter().map(button).collect() }
    }

    /// Returns what the user is told of quarantined sections.
    pub fn of_notice(notice: Notice, speaker: Option<&Speaker>) -> Self {
        let buttons = match notice {
            Notice::OtherInstance => vec![(Text::Understood, Choice::PutOff)],
            Notice::Quarantined => vec![(Text::BringBack, Choice::BringBack), (Text::Later, Choice::PutOff)],
            Notice::Undone => vec![
                (Text::BringBack, Choice::BringBack),
                (Text::Later, Choice::PutOff),
                (Text::StopOffering, Choice::StopOffering),
            ],
            Notice::Replaced => vec![(Text::BringBack, Choice::BringBack), (Text::Understood, Choice::PutOff)],
        };
        let buttons = buttons.into_iter().map(|(text, choice)| (text.said_by(speaker), choice)).collect();
        Self { lines: vec![Line::new(Text::Notice(notice).said_by(speaker), false)], buttons }
    }
}

impl Line {
    fn new(text: String, is_small: bool) -> Self {
        Self { text, is_small }
    }
}

/// The element and its location.
fn place(messages: &[Message], speaker: Option<&Speaker>) -> String {
    joined(messages, ", ", speaker, is_place)
}

/// The rest of the line: the action, the time, the reason for leaving.
fn details(card: &Card, speaker: Option<&Speaker>) -> String {
    joined(card.messages(), " · ", speaker, |message| {
        !is_place(message) && !matches!(message, Message::Note(_) | Message::Detail(_) | Message::Found(_))
    })
}

/// An earlier step in one line.
fn step_of(line: &TrailLine, speaker: Option<&Speaker>) -> String {
    let place = place(line.messages(), speaker);
    let rest = joined(line.messages(), " · ", speaker, |message| !is_place(message));
    if rest.is_empty() { place } else { format!("{place} · {rest}") }
}

fn is_place(message: &Message) -> bool {
    message.is_element() || matches!(message, Message::Place(_))
}

fn joined(messages: &[Message], by: &str, speaker: Option<&Speaker>, wanted: impl Fn(&Message) -> bool) -> String {
    let messages = messages.iter().filter(|message| wanted(message));
    messages.map(|message| Text::Fact(message).said_by(speaker)).collect::<Vec<_>>().join(by)
}
