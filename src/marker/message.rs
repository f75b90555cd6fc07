//! The contents of a resume card as data: one message per fact, to be formatted in any language.

use std::fmt;
use std::time::Duration;

use super::card::DAY;
use super::resolve::Certainty;
use crate::mark::{Action, Phase, Reason};
use crate::time::Timestamp;

/// One fact of a [`Card`](super::Card).
///
/// An application looks up its own text by [`id`](Self::id) and fills in the contents of the variant (placeholders in
/// Fluent, gettext and similar systems). `Display` formats the built-in English text; `{:#}` writes durations in whole
/// words, for reading aloud. The application's texts contain no control characters here.
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::marker::Message;
/// use leftoff::{Action, Phase};
///
/// let act = Message::Act(Action::Edit, Phase::InProgress);
/// assert_eq!((act.id(), act.to_string()), ("leftoff-act-edited-unfinished", "edited, not finished".into()));
///
/// let age = Message::Age(Duration::from_secs(42 * 60));
/// assert_eq!((age.id(), format!("{age}"), format!("{age:#}")), ("leftoff-age", "42 min ago".into(), "42 minutes ago".into()));
///
/// // An application in German:
/// let german = match &act {
///     Message::Act(Action::Edit, Phase::InProgress) => "bearbeitet, nicht fertig".to_owned(),
///     other => other.to_string(),
/// };
/// # assert!(german.ends_with("nicht fertig"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// The element, by its label, or else the last name of its path, or else its scope: "Amount".
    Element(String),
    /// A sensitive element: "a private field".
    PrivateElement,
    /// The scope itself, without a name: "this window".
    Window,
    /// The location of the element, outermost caption first: "in Invoices › Invoice 42".
    Place(Vec<String>),
    /// The step of a wizard: "step 2 of 3".
    Step {
        /// The step, counted from one.
        number: u32,
        /// The number of steps.
        total: u32,
    },
    /// The user's last action and its phase: "edited, not finished".
    Act(Action, Phase),
    /// An earlier action, finished or not: "edited".
    Did(Action),
    /// A snippet of the content: "“1 200 EUR”".
    Detail(String),
    /// The time since the last touch: "42 min ago".
    Age(Duration),
    /// The time of the last touch, less than a day ago: "14:02 UTC". Format it in local time; the library has no time
    /// zones.
    Clock(Timestamp),
    /// The time of the last touch, a day ago or more, or unknown: "2026-11-21 14:02 UTC".
    Date(Timestamp),
    /// The reason for leaving: "before a call".
    Reason(Reason),
    /// The length of the absence: "away 40 min".
    Away(Duration),
    /// The user's note: "Note: call Ana".
    Note(String),
    /// The fate of the element: "it has moved".
    Found(Certainty),
}

/// A shorter absence is shown as a moment, not in seconds.
const A_MOMENT: Duration = Duration::from_secs(5);

/// A shorter age is shown as "just now".
const NOW: Duration = Duration::from_secs(1);

impl Message {
    /// Returns the id of the sentence, independent of its contents. An id never changes and is never reused.
    ///
    /// ```
    /// use leftoff::Reason;
    /// use leftoff::marker::Message;
    ///
    /// assert_eq!(Message::Element("Amount".into()).id(), "leftoff-element");
    /// assert_eq!(Message::Reason(Reason::Call).id(), "leftoff-reason-call");
    /// ```
    pub fn id(&self) -> &'static str {
        match self {
            Self::Element(_) => "leftoff-element",
            Self::PrivateElement => "leftoff-element-private",
            Self::Window => "leftoff-element-window",
            Self::Place(_) => "leftoff-place",
            Self::Step { .. } => "leftoff-step",
            Self::Act(kind, phase) => act(*kind, *phase).0,
            Self::Did(kind) => did(*kind).0,
            Self::Detail(_) => "leftoff-detail",
            Self::Age(age) if *age < NOW => "leftoff-age-now",
            Self::Age(_) => "leftoff-age",
            Self::Clock(_) => "leftoff-clock",
            Self::Date(_) => "leftoff-date",
            Self::Reason(reason) => id_of(reason),
            Self::Away(away) if *away < A_MOMENT => "leftoff-away-moment",
            Self::Away(_) => "leftoff-away",
            Self::Note(_) => "leftoff-note",
            Self::Found(Certainty::Point) => "leftoff-found",
            Self::Found(Certainty::Moved) => "leftoff-found-moved",
            Self::Found(Certainty::Region) => "leftoff-found-region",
            Self::Found(Certainty::Card) => "leftoff-found-nowhere",
        }
    }

    pub(super) fn is_element(&self) -> bool {
        matches!(self, Self::Element(_) | Self::PrivateElement | Self::Window)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = if f.alternate() { spoken_duration } else { human_duration };
        match self {
            Self::Element(text) => f.write_str(text),
            Self::PrivateElement => f.write_str("a private field"),
            Self::Window => f.write_str("this window"),
            Self::Place(captions) => write!(f, "in {}", captions.join(" › ")),
            Self::Step { number, total } => write!(f, "step {number} of {total}"),
            Self::Act(kind, phase) => f.write_str(act(*kind, *phase).1),
            Self::Did(kind) => f.write_str(did(*kind).1),
            Self::Detail(text) => write!(f, "“{text}”"),
            Self::Age(age) if *age < NOW => f.write_str("just now"),
            Self::Age(age) => write!(f, "{} ago", said(*age)),
            Self::Clock(at) => f.write_str(&at.clock()),
            Self::Date(at) => write!(f, "{at}"),
            Self::Reason(reason) => write!(f, "before {reason}"),
            Self::Away(away) if *away < A_MOMENT => f.write_str("away a moment"),
            Self::Away(away) => write!(f, "away {}", said(*away)),
            Self::Note(text) => write!(f, "Note: {text}"),
            Self::Found(Certainty::Point) => f.write_str("it is still there"),
            Self::Found(Certainty::Moved) => f.write_str("it has moved"),
            Self::Found(Certainty::Region) => f.write_str("it was here, but only what was around it is found"),
            Self::Found(Certainty::Card) => f.write_str("it is not found any more"),
        }
    }
}

/// Shows the id and the numbers, never the texts of the user or the application.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())?;
        match self {
            Self::Step { number, total } => write!(f, "({number}, {total})"),
            Self::Age(duration) | Self::Away(duration) => write!(f, "({duration:?})"),
            Self::Clock(at) | Self::Date(at) => write!(f, "({at})"),
            _ => Ok(()),
        }
    }
}

/// Returns the id and the English text. A finished action is described as done, so that the user does not repeat it; an
/// element that was only viewed is not described as unfinished.
const fn act(kind: Action, phase: Phase) -> (&'static str, &'static str) {
    use Phase::{Committed, Failed, InProgress};
    match (kind, phase) {
        (Action::Edit, InProgress) => ("leftoff-act-edited-unfinished", "edited, not finished"),
        (Action::Edit, Committed) => ("leftoff-act-edited-done", "edited, finished"),
        (Action::Edit, Failed) => ("leftoff-act-edited-failed", "edited, but that failed"),
        (Action::Choose, InProgress) => ("leftoff-act-chosen-unfinished", "chosen, not finished"),
        (Action::Choose, Committed) => ("leftoff-act-chosen-done", "chosen"),
        (Action::Choose, Failed) => ("leftoff-act-chosen-failed", "chosen, but that failed"),
        (Action::Press, InProgress) => ("leftoff-act-pressed-unfinished", "pressed, not finished"),
        (Action::Press, Committed) => ("leftoff-act-pressed-done", "already pressed"),
        (Action::Press, Failed) => ("leftoff-act-pressed-failed", "pressed, but that failed"),
        (Action::Focus, InProgress) => ("leftoff-act-focused-unfinished", "focused"),
        (Action::Focus, Committed) => ("leftoff-act-focused-done", "focused"),
        (Action::Focus, Failed) => ("leftoff-act-focused-failed", "focused, but that failed"),
        (Action::Open, InProgress) => ("leftoff-act-opened-unfinished", "opened"),
        (Action::Open, Committed) => ("leftoff-act-opened-done", "opened"),
        (Action::Open, Failed) => ("leftoff-act-opened-failed", "could not be opened"),
        (Action::Scroll, InProgress) => ("leftoff-act-read-unfinished", "read up to here"),
        (Action::Scroll, Committed) => ("leftoff-act-read-done", "read to the end"),
        (Action::Scroll, Failed) => ("leftoff-act-read-failed", "could not be read"),
        (Action::Other, InProgress) => ("leftoff-act-touched-unfinished", "touched"),
        (Action::Other, Committed) => ("leftoff-act-touched-done", "already done"),
        (Action::Other, Failed) => ("leftoff-act-touched-failed", "tried, but that failed"),
    }
}

const fn did(kind: Action) -> (&'static str, &'static str) {
    match kind {
        Action::Edit => ("leftoff-did-edited", "edited"),
        Action::Choose => ("leftoff-did-chosen", "chosen"),
        Action::Press => ("leftoff-did-pressed", "pressed"),
        Action::Focus => ("leftoff-did-focused", "focused"),
        Action::Open => ("leftoff-did-opened", "opened"),
        Action::Scroll => ("leftoff-did-read", "read"),
        Action::Other => ("leftoff-did-touched", "touched"),
    }
}

const fn id_of(reason: &Reason) -> &'static str {
    match reason {
        Reason::Call => "leftoff-reason-call",
        Reason::Meeting => "leftoff-reason-meeting",
        Reason::Break => "leftoff-reason-break",
        Reason::Sleep => "leftoff-reason-sleep",
        Reason::Lock => "leftoff-reason-lock",
        Reason::FocusLost => "leftoff-reason-focus-lost",
        Reason::SessionEnd => "leftoff-reason-session-end",
        Reason::Terminate => "leftoff-reason-terminate",
        Reason::Hangup => "leftoff-reason-hangup",
        Reason::Pause => "leftoff-reason-pause",
        Reason::Exit => "leftoff-reason-exit",
        Reason::Panic => "leftoff-reason-panic",
        Reason::Absence => "leftoff-reason-absence",
        Reason::Other(_) => "leftoff-reason-other",
    }
}

/// Formats a duration, rounded down: "12 s", "42 min", "2 h 10 min", "3 days".
fn human_duration(duration: Duration) -> String {
    let of = |count: u64, unit: Unit| match unit {
        Unit::Day => counted(count, "day"),
        Unit::Hour => format!("{count} h"),
        Unit::Minute => format!("{count} min"),
        Unit::Second => format!("{count} s"),
    };
    in_units(duration, of)
}

/// Formats a duration for reading aloud, in whole words: "2 hours 10 minutes".
fn spoken_duration(duration: Duration) -> String {
    let of = |count: u64, unit: Unit| match unit {
        Unit::Day => counted(count, "day"),
        Unit::Hour => counted(count, "hour"),
        Unit::Minute => counted(count, "minute"),
        Unit::Second => counted(count, "second"),
    };
    in_units(duration, of)
}

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Hour,
    Minute,
    Second,
}

/// Returns the two largest relevant units: after a day, minutes do not matter.
fn in_units(duration: Duration, of: impl Fn(u64, Unit) -> String) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / DAY);
    match (days, hours, minutes) {
        (0, 0, 0) => of(seconds, Unit::Second),
        (0, 0, _) => of(minutes, Unit::Minute),
        (0, _, _) if minutes % 60 == 0 => of(hours, Unit::Hour),
        (0, _, _) => format!("{} {}", of(hours, Unit::Hour), of(minutes % 60, Unit::Minute)),
        _ => of(days, Unit::Day),
    }
}

fn counted(count: u64, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const KINDS: [Action; 7] =
        [Action::Edit, Action::Choose, Action::Press, Action::Focus, Action::Open, Action::Scroll, Action::Other];

    fn all() -> Vec<Message> {
        let at = Timestamp::default();
        let reasons = ["call", "meeting", "break", "sleep", "lock", "focus-lost", "session-end", "terminate", "hangup"];
        let reasons = reasons.into_iter().chain(["pause", "exit", "panic", "absence", "lunch"]);
        let durations = [0, 60].map(Duration::from_secs);
        let acts = KINDS.iter().flat_map(|kind| {
            [Phase::InProgress, Phase::Committed, Phase::Failed].map(|phase| Message::Act(*kind, phase))
        });
        let texts = [Message::Element("t".into()), Message::Detail("t".into()), Message::Note("t".into())];
        let others = [
            Message::PrivateElement,
            Message::Window,
            Message::Place(vec!["t".into()]),
            Message::Step { number: 1, total: 1 },
            Message::Clock(at),
            Message::Date(at),
        ];
        let found = [Certainty::Point, Certainty::Moved, Certainty::Region, Certainty::Card].map(Message::Found);
        let mut all: Vec<Message> = acts.chain(texts).chain(others).chain(found).collect();
        all.extend(reasons.map(|reason| Message::Reason(reason.into())));
        all.extend(durations.into_iter().flat_map(|duration| [Message::Age(duration), Message::Away(duration)]));
        all.extend(KINDS.map(Message::Did));
        all
    }

    #[test]
    fn every_message_has_an_id_of_its_own_and_words() {
        let all = all();
        let ids: HashSet<&str> = all.iter().map(Message::id).collect();
        assert_eq!(ids.len(), all.len());
        let is_plain = |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(ids.iter().all(|id| id.starts_with("leftoff-") && is_plain(id)), "{ids:?}");
        assert!(all.iter().all(|message| !message.to_string().is_empty()));
    }

    #[test]
    fn what_was_done_is_never_called_unfinished() {
        let said = |kind, phase| Message::Act(kind, phase).to_string();
        assert_eq!(said(Action::Press, Phase::Committed), "already pressed");
        assert_eq!(said(Action::Press, Phase::Failed), "pressed, but that failed");
        assert_eq!(said(Action::Press, Phase::InProgress), "pressed, not finished");
        assert_eq!(said(Action::Open, Phase::InProgress), "opened");
        for kind in KINDS {
            assert!(!said(kind, Phase::Committed).contains("not finished"));
            assert!(!Message::Did(kind).to_string().contains("finished"));
        }
    }

    #[test]
    fn durations_are_said_as_people_do() {
        let said = |seconds| human_duration(Duration::from_secs(seconds));
        let expected = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (7800, "2 h 10 min")];
        for (seconds, words) in expected.into_iter().chain([(86_399, "23 h 59 min"), (172_799, "1 day")]) {
            assert_eq!(said(seconds), words);
        }
        assert_eq!(said(3 * 86_400), "3 days");
        assert_eq!(human_duration(Duration::MAX), "213503982334601 days");
        let aloud = |seconds| format!("{:#}", Message::Away(Duration::from_secs(seconds)));
        let expected = [(5, "5 seconds"), (60, "1 minute"), (120, "2 minutes"), (3660, "1 hour 1 minute")];
        for (seconds, words) in expected.into_iter().chain([(7200, "2 hours"), (86_400, "1 day"), (4, "a moment")]) {
            assert_eq!(aloud(seconds), format!("away {words}"));
        }
    }

    #[test]
    fn debug_shows_no_content() {
        for message in [Message::Element("secret".into()), Message::Place(vec!["secret".into()])] {
            assert!(!format!("{message:?}").contains("secret"));
        }
        assert_eq!(format!("{:?}", Message::Reason("secret".into())), "leftoff-reason-other");
        assert_eq!(format!("{:?}", Message::Step { number: 2, total: 3 }), "leftoff-step(2, 3)");
    }
}
