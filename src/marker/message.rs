//! The contents of a resume card as data: one message per fact, to be formatted in any language.

use std::fmt;
use std::time::Duration;

use super::resolve::Certainty;
use super::when::{Day, Unit, amount, clock_time};
use crate::mark::{Action, Phase, Reason};
use crate::time::Timestamp;

/// One fact of a [`Card`](super::Card).
///
/// An application looks up its own text by [`id`](Self::id) and fills in the contents of the variant (placeholders in
/// Fluent, gettext and similar systems). `Display` formats the built-in English text; `{:#}` formats it for reading
/// aloud, with units in whole words. The application's texts contain no control characters here.
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::marker::{Message, Unit};
/// use leftoff::{Action, Phase};
///
/// let act = Message::Act(Action::Edit, Phase::InProgress);
/// assert_eq!((act.id(), act.to_string()), ("leftoff-act-edited-unfinished", "edited, not finished".into()));
///
/// let age = Message::Age(Duration::from_secs(42 * 60));
/// assert_eq!((age.id(), format!("{age}"), format!("{age:#}")), ("leftoff-age", "42 min ago".into(), "42 minutes ago".into()));
/// assert_eq!(age.amount(), Some((42, Unit::Minute)));
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
    /// The user's note: "Note: call Ana".
    Note(String),
    /// The element, by its label: "Amount".
    Element(String),
    /// An element without a label: "an unnamed field".
    UnnamedElement,
    /// A sensitive element: "a private field".
    PrivateElement,
    /// The scope itself, without a label: "the window", since a list of all windows names it, too.
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
    /// The user's last action and its phase: "edited, not finished". Other actions of which nothing is known have no
    /// message.
    Act(Action, Phase),
    /// A snippet of the content: "it says “1 200 EUR”".
    Detail(String),
    /// The element edited last, if the user then moved on without an edit: "last edit: “Amount”".
    LastEdit(String),
    /// The device on which the user left off, if it is another one: "on your laptop". An empty name is shown as "on another
    /// device".
    Device(String),
    /// The time since the last touch: "42 min ago".
    Age(Duration),
    /// The time of the last touch in local time: "yesterday at 16:07". On a card, if that is 90 minutes ago or more; in a
    /// timeline, always.
    Day {
        /// The day.
        day: Day,
        /// The hour, from 0 to 23.
        hour: u8,
        /// The minute.
        minute: u8,
    },
    /// The reason for leaving: "before a call".
    Reason(Reason),
    /// The length of the absence, if it differs from the age: "away 40 min".
    Away(Duration),
    /// The fate of the element: "it has moved".
    Found(Certainty),
}

/// A shorter absence is shown as a moment, not in seconds.
pub(super) const A_MOMENT: Duration = Duration::from_secs(5);

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
            Self::Note(_) => "leftoff-note",
            Self::Element(_) => "leftoff-element",
            Self::UnnamedElement => "leftoff-element-unnamed",
            Self::PrivateElement => "leftoff-element-private",
            Self::Window => "leftoff-element-window",
            Self::Place(_) => "leftoff-place",
            Self::Step { .. } => "leftoff-step",
            Self::Act(kind, phase) => act(*kind, *phase).0,
            Self::Detail(_) => "leftoff-detail",
            Self::LastEdit(_) => "leftoff-last-edit",
            Self::Device(name) if name.trim().is_empty() => "leftoff-device-other",
            Self::Device(_) => "leftoff-device",
            Self::Age(age) if *age < NOW => "leftoff-age-now",
            Self::Age(_) => "leftoff-age",
            Self::Day { day: Day::Today, .. } => "leftoff-day-today",
            Self::Day { day: Day::Yesterday, .. } => "leftoff-day-yesterday",
            Self::Day { day: Day::Weekday(_), .. } => "leftoff-day-weekday",
            Self::Day { day: Day::LastWeek(_), .. } => "leftoff-day-last-week",
            Self::Reason(reason) => id_of(reason),
            Self::Away(away) if *away < A_MOMENT => "leftoff-away-moment",
            Self::Away(_) => "leftoff-away",
            Self::Found(Certainty::Point) => "leftoff-found",
            Self::Found(Certainty::Moved) => "leftoff-found-moved",
            Self::Found(Certainty::Region) => "leftoff-found-region",
            Self::Found(Certainty::Card) => "leftoff-found-nowhere",
        }
    }

    /// Returns the number and the unit of [`Age`](Self::Age) and [`Away`](Self::Away), as `Display` shows them, for the
    /// plural rules and relative times of Fluent and ICU.
    pub fn amount(&self) -> Option<(u64, Unit)> {
        match self {
            Self::Age(duration) | Self::Away(duration) => Some(amount(*duration)),
            _ => None,
        }
    }

    /// Returns the message for the time `at` in a list of times: a [`Day`](Self::Day) with the time of day, or an
    /// [`Age`](Self::Age) if the day is weeks ago or the offset is not known. `None` if `at` is in the future.
    ///
    /// `offset` is as for [`Marker::local_card`](crate::Marker::local_card).
    ///
    /// ```
    /// use leftoff::marker::Message;
    /// use leftoff::time::Timestamp;
    ///
    /// let (at, now) = (Timestamp::from_millis(16 * 3_600_000), Timestamp::from_millis(16 * 3_600_000 + 60_000));
    /// assert_eq!(Message::time(at, now, |_| Some(3_600)).unwrap().to_string(), "today at 17:00");
    /// assert_eq!(Message::time(at, now, |_| None).unwrap().to_string(), "1 min ago");
    /// ```
    pub fn time(at: Timestamp, now: Timestamp, offset: impl Fn(Timestamp) -> Option<i32>) -> Option<Self> {
        clock_time(at, now, &offset)
    }

    pub(crate) fn is_element(&self) -> bool {
        matches!(self, Self::Element(_) | Self::UnnamedElement | Self::PrivateElement | Self::Window)
    }

    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Age(_) | Self::Day { .. })
    }

    /// Puts the application's texts in directional isolates.
    pub(super) fn isolate(&mut self, needs: impl Fn(&str) -> bool) {
        let isolate = |text: &mut String| {
            if !text.trim().is_empty() && needs(text) {
                *text = format!("\u{2068}{text}\u{2069}");
            }
        };
        match self {
            Self::Note(text) | Self::Element(text) | Self::Detail(text) | Self::LastEdit(text) | Self::Device(text) => {
                isolate(text);
            }
            Self::Place(captions) => captions.iter_mut().for_each(isolate),
            Self::Reason(Reason::Other(text)) => {
                let mut words = text.to_string();
                isolate(&mut words);
                *text = words.into();
            }
            _ => {}
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let aloud = f.alternate();
        match self {
            Self::Note(text) => write!(f, "Note: {text}"),
            Self::Element(text) => f.write_str(text),
            Self::UnnamedElement => f.write_str("an unnamed field"),
            Self::PrivateElement => f.write_str("a private field"),
            Self::Window => f.write_str("the window"),
            Self::Place(captions) => write!(f, "in {}", captions.join(if aloud { ", " } else { " › " })),
            Self::Step { number, total } => write!(f, "step {number} of {total}"),
            Self::Act(kind, phase) => f.write_str(act(*kind, *phase).1),
            Self::Detail(text) => write!(f, "it says “{text}”"),
            Self::LastEdit(name) => write!(f, "last edit: “{name}”"),
            Self::Device(name) if name.trim().is_empty() => f.write_str("on another device"),
            Self::Device(name) => write!(f, "on your {name}"),
            Self::Age(age) if *age < NOW => f.write_str("just now"),
            Self::Age(age) => write!(f, "{} ago", words(*age, aloud)),
            Self::Day { day, hour, minute } => on(f, *day, *hour, *minute),
            // Cleaned already; its isolates stay.
            Self::Reason(Reason::Other(text)) if !text.trim().is_empty() => write!(f, "before {text}"),
            Self::Reason(reason) => write!(f, "before {reason}"),
            Self::Away(away) if *away < A_MOMENT => f.write_str("away a moment"),
            Self::Away(away) => write!(f, "away {}", words(*away, aloud)),
            Self::Found(Certainty::Point) => f.write_str("it is still there"),
            Self::Found(Certainty::Moved) => f.write_str("it has moved"),
            Self::Found(Certainty::Region) => f.write_str("it was around here"),
            Self::Found(Certainty::Card) => f.write_str("it is no longer here"),
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
            Self::Day { day, hour, minute } => write!(f, "({day:?}, {hour}, {minute})"),
            _ => Ok(()),
        }
    }
}

/// Returns the id and the English text; an empty text if there is nothing to say.
///
/// A finished command is described as done, so that the user does not repeat it. Only an edit is described as not
/// finished: a box that was ticked is ticked.
const fn act(kind: Action, phase: Phase) -> (&'static str, &'static str) {
    use Phase::{Committed, Failed, InProgress};
    match (kind, phase) {
        (Action::Edit, InProgress) => ("leftoff-act-edited-unfinished", "edited, not finished"),
        (Action::Edit, Committed) => ("leftoff-act-edited-done", "edited, finished"),
        (Action::Edit, Failed) => ("leftoff-act-edited-failed", "edited, but that failed"),
        (Action::Edit, _) => ("leftoff-act-edited", "edited"),
        (Action::Choose, Failed) => ("leftoff-act-chosen-failed", "chosen, but that failed"),
        (Action::Choose, _) => ("leftoff-act-chosen", "chosen"),
        (Action::Tick, Failed) => ("leftoff-act-ticked-failed", "ticked, but that failed"),
        (Action::Tick, _) => ("leftoff-act-ticked", "ticked"),
        (Action::Untick, Failed) => ("leftoff-act-unticked-failed", "unticked, but that failed"),
        (Action::Untick, _) => ("leftoff-act-unticked", "unticked"),
        (Action::Press, InProgress) => ("leftoff-act-pressed-running", "pressed, may not have finished"),
        (Action::Press, Committed) => ("leftoff-act-pressed-done", "pressed, finished"),
        (Action::Press, Failed) => ("leftoff-act-pressed-failed", "pressed, but that failed"),
        (Action::Press, _) => ("leftoff-act-pressed", "pressed"),
        (Action::Focus, _) => ("leftoff-act-focused", "you were here"),
        (Action::Open, Failed) => ("leftoff-act-opened-failed", "could not be opened"),
        (Action::Open, _) => ("leftoff-act-opened", "you opened it"),
        (Action::Scroll, InProgress) => ("leftoff-act-read-unfinished", "read up to here"),
        (Action::Scroll, Committed) => ("leftoff-act-read-done", "read to the end"),
        (Action::Scroll, Failed) => ("leftoff-act-read-failed", "could not be read"),
        (Action::Scroll, _) => ("leftoff-act-read", "you were reading it"),
        (Action::Other, Committed) => ("leftoff-act-touched-done", "finished"),
        (Action::Other, Failed) => ("leftoff-act-touched-failed", "tried, but that failed"),
        (Action::Other, _) => ("leftoff-act-touched", ""),
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
        Reason::Crash => "leftoff-reason-crash",
        Reason::PowerLoss => "leftoff-reason-power-loss",
        Reason::Restart => "leftoff-reason-restart",
        Reason::Absence => "leftoff-reason-absence",
        Reason::Other(_) => "leftoff-reason-other",
    }
}

fn on(f: &mut fmt::Formatter<'_>, day: Day, hour: u8, minute: u8) -> fmt::Result {
    let name = |weekday: u8| {
        let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        names.get(usize::from(weekday.saturating_sub(1))).copied().unwrap_or_default()
    };
    match day {
        Day::Today => write!(f, "today at {hour:02}:{minute:02}"),
        Day::Yesterday => write!(f, "yesterday at {hour:02}:{minute:02}"),
        Day::Weekday(weekday) => write!(f, "on {} at {hour:02}:{minute:02}", name(weekday)),
        Day::LastWeek(weekday) => write!(f, "on {} last week", name(weekday)),
    }
}

/// Formats a length of time: "12 s", "42 min", "3 days"; aloud "42 minutes".
fn words(duration: Duration, aloud: bool) -> String {
    let (value, unit) = amount(duration);
    match unit {
        Unit::Second if !aloud => format!("{value} s"),
        Unit::Minute if !aloud => format!("{value} min"),
        Unit::Hour if !aloud => format!("{value} h"),
        unit => format!("{value} {}{}", unit.id(), if value == 1 { "" } else { "s" }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn all() -> Vec<Message> {
        use Action::{Choose, Edit, Focus, Open, Other, Press, Scroll, Tick, Untick};
        let reasons = ["call", "meeting", "break", "sleep", "lock", "focus-lost", "session-end", "terminate", "hangup"];
        let reasons = reasons.into_iter().chain(["pause", "exit", "panic", "crash", "power-loss", "absence", "lunch"]);
        let phases = |action| {
            [Phase::Unknown, Phase::InProgress, Phase::Committed, Phase::Failed]
                .map(|phase| Message::Act(action, phase))
        };
        let acts = [Choose, Edit, Focus, Open, Other, Press, Scroll, Tick, Untick].into_iter().flat_map(phases);
        let mut all: Vec<Message> = acts.filter(|act| !act.to_string().is_empty()).collect();
        // Several phases may be one sentence.
        all.dedup_by_key(|act| act.id());
        let text = || "t".to_owned();
        all.extend([
            Message::Element(text()),
            Message::Detail(text()),
            Message::Note(text()),
            Message::LastEdit(text()),
            Message::Device(text()),
            Message::Device(String::new()),
        ]);
        all.extend([Message::UnnamedElement, Message::PrivateElement, Message::Window, Message::Place(vec![text()])]);
        all.push(Message::Step { number: 1, total: 1 });
        all.extend([Certainty::Point, Certainty::Moved, Certainty::Region, Certainty::Card].map(Message::Found));
        all.extend(reasons.map(|reason| Message::Reason(reason.into())));
        all.extend([0, 60].map(Duration::from_secs).into_iter().flat_map(|of| [Message::Age(of), Message::Away(of)]));
        let days = [Day::Today, Day::Yesterday, Day::Weekday(1), Day::LastWeek(7)];
        all.extend(days.map(|day| Message::Day { day, hour: 1, minute: 2 }));
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
    fn only_an_edit_or_a_reading_is_called_unfinished() {
        for message in all() {
            let is_unfinished = message.to_string().contains("not finished");
            assert_eq!(is_unfinished, message == Message::Act(Action::Edit, Phase::InProgress), "{message}");
        }
    }

    #[test]
    fn amount_is_one_number_of_one_unit() {
        let said = |seconds: u64| words(Duration::from_secs(seconds), false);
        let (minute, hour, day) = (60, 3600, 86_400);
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (minute, "1 min"),
            (90 * minute - 1, "89 min"),
            (90 * minute, "2 h"),
            (150 * minute, "3 h"),
            (47 * hour, "47 h"),
            (48 * hour, "2 days"),
            (60 * hour, "3 days"),
            (13 * day, "13 days"),
            (14 * day, "2 weeks"),
            (60 * day, "2 months"),
            (730 * day, "24 months"),
            (800 * day, "2 years"),
        ] {
            assert_eq!(said(seconds), expected);
        }
        let aloud = |seconds| format!("{:#}", Message::Away(Duration::from_secs(seconds)));
        for (seconds, expected) in [(4, "a moment"), (5, "5 seconds"), (60, "1 minute"), (7200, "2 hours")] {
            assert_eq!(aloud(seconds), format!("away {expected}"));
        }
        assert_eq!(Message::Age(Duration::MAX).amount(), Some((584_554_049_253, Unit::Year)));
        assert_eq!(Message::Window.amount(), None);
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
