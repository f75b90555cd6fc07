//! The resume card: a marker in words, as messages and as lines.

use std::fmt;
use std::time::Duration;

use super::marker::Marker;
use super::message::Message;
use super::resolve::Certainty;
use crate::mark::{Phase, Reason, TrailEntry, one_line};
use crate::time::{Timestamp, plausible};

/// The resume card, shown when the user returns: *Amount, in Invoices › Invoice 42: edited, not finished. 42 min ago,
/// before a call.*
///
/// The text is English, built from [`messages`](Self::messages). An application in another language formats the same
/// messages with its own texts. Control characters in the application's texts are replaced with spaces, so a card is
/// safe to print to a terminal.
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::time::Timestamp;
/// use leftoff::{Action, Mark, Marker, Phase, Reason};
///
/// let mark = Mark::new("mail/7/send").action(Action::Press).phase(Phase::Committed).label("Send").note("tell Ana");
/// let marks = [(mark, Timestamp::from_millis(0))];
/// let marker = Marker::from_marks("main", marks, None, Some(Reason::Meeting)).unwrap();
/// let card = marker.card(Timestamp::from_millis(12_000));
///
/// assert_eq!(card.location(), "Send, in mail › 7");
/// assert_eq!(card.what(), "already pressed");
/// assert_eq!(card.when(), "12 s ago, 00:00 UTC");
/// assert_eq!((card.ago(), card.age()), (Some("12 s ago"), Some(Duration::from_secs(12))));
/// assert_eq!(card.why(), Some("before a meeting"));
/// assert_eq!(card.note(), Some("tell Ana"));
/// assert_eq!((card.phase(), card.step(), card.detail(), card.away()), (Phase::Committed, None, None, None));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    messages: Vec<Message>,
    trail: Vec<TrailLine>,
    phase: Phase,
    at: Timestamp,
    /// The English text of some messages.
    place: String,
    what: String,
    ago: Option<String>,
    when: String,
    why: Option<String>,
}

/// The maximum number of trail lines on a card.
const TRAIL_LINES: usize = 5;

/// Seconds.
pub(super) const DAY: u64 = 24 * 60 * 60;

impl Card {
    pub(super) fn of(marker: &Marker, now: Timestamp) -> Self {
        let messages = messages(marker, now);
        let english = |wanted: fn(&Message) -> bool| {
            let texts: Vec<String> =
                messages.iter().filter(|message| wanted(message)).map(Message::to_string).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        };
        let steps = marker.trail();
        let trail = steps.get(steps.len().saturating_sub(TRAIL_LINES)..).unwrap_or_default();
        Self {
            trail: trail.iter().map(|step| TrailLine::of(step, marker.scope())).collect(),
            phase: marker.phase(),
            at: marker.at(),
            place: english(|message| message.is_element() || matches!(message, Message::Place(_))).unwrap_or_default(),
            what: english(|message| matches!(message, Message::Act(..))).unwrap_or_default(),
            ago: english(|message| matches!(message, Message::Age(_))),
            when: english(|message| matches!(message, Message::Age(_) | Message::Clock(_) | Message::Date(_)))
                .unwrap_or_default(),
            why: english(|message| matches!(message, Message::Reason(_))),
            messages,
        }
    }

    /// Returns the messages of the card, in this order, each at most once: the element ([`Message::Element`],
    /// [`Message::PrivateElement`] or [`Message::Window`]), [`Message::Place`], [`Message::Step`], [`Message::Act`],
    /// [`Message::Detail`], [`Message::Age`], [`Message::Clock`] or [`Message::Date`], [`Message::Reason`],
    /// [`Message::Away`], [`Message::Note`].
    ///
    /// Unknown facts are left out.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Marker};
    ///
    /// let marks = [(Mark::new("amount").action(Action::Edit).label("Amount"), Timestamp::default())];
    /// let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::from_millis(60_000));
    /// let ids: Vec<_> = card.messages().iter().map(|message| message.id()).collect();
    /// assert_eq!(ids, ["leftoff-element", "leftoff-act-edited-unfinished", "leftoff-age", "leftoff-clock"]);
    /// ```
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns at most the last five actions, oldest first; the last line is where the user left off.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Marker};
    ///
    /// let marks = ["Customer", "Amount"].map(|label| (Mark::new(label).action(Action::Edit).label(label), Timestamp::default()));
    /// let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::default());
    /// let lines: Vec<String> = card.trail().iter().map(|line| line.to_string()).collect();
    /// assert_eq!(lines, ["Customer: edited", "Amount: edited"]);
    /// ```
    pub fn trail(&self) -> &[TrailLine] {
        &self.trail
    }

    /// Returns the announcement for a screen reader: element, action, time away, and the fate of the element unless it
    /// is unchanged.
    ///
    /// Announce it politely and once. It is one English sentence without abbreviations, and does not change while the
    /// card ages.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use leftoff::marker::resolve::Certainty;
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Marker};
    ///
    /// let marks = [(Mark::new("amount").action(Action::Edit).label("Amount"), Timestamp::default())];
    /// let away = Some(Duration::from_secs(42 * 60));
    /// let card = Marker::from_marks("main", marks, away, None).unwrap().card(Timestamp::default());
    /// assert_eq!(
    ///     card.announcement(Certainty::Moved),
    ///     "Where you left off: Amount, edited, not finished, away 42 minutes; it has moved."
    /// );
    /// ```
    pub fn announcement(&self, certainty: Certainty) -> String {
        let said = self.announced().map(|message| format!("{message:#}")).collect::<Vec<_>>().join(", ");
        let found = found(certainty).map(|found| format!("; {found:#}")).unwrap_or_default();
        format!("Where you left off: {said}{found}.")
    }

    /// Returns the parts of the [`announcement`](Self::announcement), in order.
    pub fn announcement_messages(&self, certainty: Certainty) -> Vec<Message> {
        self.announced().cloned().chain(found(certainty)).collect()
    }

    fn announced(&self) -> impl Iterator<Item = &Message> {
        let is_said =
            |message: &&Message| message.is_element() || matches!(message, Message::Act(..) | Message::Away(_));
        self.messages.iter().filter(is_said)
    }

    /// Returns the element and its location: "Amount, in Invoices › Invoice 42". A sensitive element is "a private
    /// field".
    pub fn location(&self) -> &str {
        &self.place
    }

    /// Returns the step (number, total) of a wizard.
    pub fn step(&self) -> Option<(u32, u32)> {
        self.find(|message| if let Message::Step { number, total } = message { Some((*number, *total)) } else { None })
    }

    /// Returns the user's action and its phase: "edited, not finished", "already pressed", "pressed, but that failed".
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns a snippet of the content. `None` if it was not set, and for sensitive elements.
    pub fn detail(&self) -> Option<&str> {
        self.find(|message| if let Message::Detail(text) = message { Some(text.as_str()) } else { None })
    }

    /// Returns the phase, for an icon or a color beside the text.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns the time of the last touch: "42 min ago, 14:02 UTC". After a day, the date is included.
    ///
    /// The clock time is UTC, because the library has no time zones. For local time, format [`at`](Self::at) and put
    /// [`ago`](Self::ago) before it. If the two clocks contradict each other, only the stored clock time is shown.
    pub fn when(&self) -> &str {
        &self.when
    }

    /// Returns the time since the last touch: "42 min ago". `None` if no clock can determine it.
    pub fn ago(&self) -> Option<&str> {
        self.ago.as_deref()
    }

    /// Returns the time since the last touch. `None` if no clock can determine it.
    pub fn age(&self) -> Option<Duration> {
        self.find(|message| if let Message::Age(age) = message { Some(*age) } else { None })
    }

    /// Returns the time of the last touch, as the wall clock reported it then.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the length of the absence; `None` if no clock can determine it. [`Message::Away`] has words for it.
    pub fn away(&self) -> Option<Duration> {
        self.find(|message| if let Message::Away(away) = message { Some(*away) } else { None })
    }

    /// Returns the reason for leaving: "before a call".
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// Returns the user's note.
    pub fn note(&self) -> Option<&str> {
        self.find(|message| if let Message::Note(text) = message { Some(text.as_str()) } else { None })
    }

    fn find<'a, T>(&'a self, part: impl Fn(&'a Message) -> Option<T>) -> Option<T> {
        self.messages.iter().find_map(part)
    }
}

/// Formats two lines without a trailing line feed, below the note if there is one: it says what to do next.
impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(note) = self.messages.iter().find(|message| matches!(message, Message::Note(_))) {
            writeln!(f, "{note}")?;
        }
        let mut is_second_line = false;
        for message in &self.messages {
            match message {
                Message::Act(..) => write!(f, ": {message}")?,
                Message::Detail(_) => write!(f, " ({message})")?,
                Message::Age(_) | Message::Clock(_) | Message::Date(_) if !is_second_line => {
                    is_second_line = true;
                    write!(f, "\n{message}")?;
                }
                Message::Note(_) => {}
                message if message.is_element() => write!(f, "{message}")?,
                _ => write!(f, ", {message}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card").field("messages", &self.messages).field("trail", &self.trail).finish()
    }
}

/// One line of the trail: "Amount: edited". `Display` is English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailLine {
    element: Message,
    act: Message,
}

impl TrailLine {
    fn of(step: &TrailEntry, scope: &str) -> Self {
        let act = match step.phase() {
            // The user went on to another element, so this one may or may not be finished.
            Phase::InProgress => Message::Did(step.action()),
            phase => Message::Act(step.action(), phase),
        };
        Self { element: element(step, scope), act }
    }

    /// Returns the element: [`Message::Element`], [`Message::PrivateElement`] or [`Message::Window`].
    pub fn element(&self) -> &Message {
        &self.element
    }

    /// Returns the action: [`Message::Did`], or [`Message::Act`] if its result is known.
    pub fn act(&self) -> &Message {
        &self.act
    }
}

impl fmt::Display for TrailLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.element, self.act)
    }
}

fn messages(marker: &Marker, now: Timestamp) -> Vec<Message> {
    let captions: Vec<String> = marker.breadcrumb().map(one_line).collect();
    let age = marker.age(now);
    let is_today = age.is_some_and(|age| age < Duration::from_secs(DAY));
    let mut messages: Vec<Message> =
        marker.trail().last().map(|step| element(step, marker.scope())).into_iter().collect();
    messages.extend((!captions.is_empty()).then_some(Message::Place(captions)));
    messages.extend(marker.step().map(|(number, total)| Message::Step { number, total }));
    messages.push(Message::Act(marker.action(), marker.phase()));
    messages.extend(marker.detail().map(one_line).map(Message::Detail));
    messages.extend(age.map(Message::Age));
    messages.push(if is_today { Message::Clock(marker.at()) } else { Message::Date(marker.at()) });
    messages.extend(marker.reason().map(|reason| Message::Reason(clean(reason))));
    messages.extend(plausible(marker.away()).map(Message::Away));
    messages.extend(marker.note().map(one_line).map(Message::Note));
    messages
}

/// Returns the certainty as a message, unless the element is unchanged.
fn found(certainty: Certainty) -> Option<Message> {
    (certainty != Certainty::Point).then_some(Message::Found(certainty))
}

/// Returns the element by the best name that may be shown.
fn element(step: &TrailEntry, scope: &str) -> Message {
    let name = step.element().rsplit('/').find(|name| !name.is_empty());
    match step.label().or(name) {
        _ if step.is_sensitive() => Message::PrivateElement,
        Some(name) => Message::Element(one_line(name)),
        None if scope.is_empty() => Message::Window,
        None => Message::Element(one_line(scope)),
    }
}

fn clean(reason: &Reason) -> Reason {
    match reason {
        Reason::Other(text) => Reason::Other(one_line(text).into()),
        known => known.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::{Action, Mark};
    use proptest::prelude::*;

    fn card(mark: Mark<'_>, at: i64, now: i64) -> Card {
        let marks = [(mark, Timestamp::from_millis(at))];
        Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::from_millis(now))
    }

    #[test]
    fn a_full_card_says_it_all() {
        let mark = Mark::new("invoice/42/amount")
            .action(Action::Edit)
            .label("Amount")
            .detail("1 200 EUR")
            .note("call Ana")
            .breadcrumb(&["Invoices", "Invoice 42"])
            .step(2, 3);
        let marks = [(mark, Timestamp::from_millis(1_772_373_720_000))];
        let away = Some(Duration::from_secs(2 * 86_400));
        let marker = Marker::from_marks("main", marks, away, Some(Reason::SessionEnd)).unwrap();
        assert_eq!(
            marker.card(Timestamp::from_millis(1_772_373_720_000 + 3 * 86_400_000)).to_string(),
            "Note: call Ana\n\
             Amount, in Invoices › Invoice 42, step 2 of 3: edited, not finished (“1 200 EUR”)\n\
             3 days ago, 2026-03-01 14:02 UTC, before the end of the desktop session, away 2 days"
        );
    }

    #[test]
    fn a_private_field_shows_neither_label_nor_content_nor_its_name() {
        let mark = Mark::new("login/pin").label("secret").detail("secret").note("secret").sensitive();
        let card = card(mark.action(Action::Edit), 0, 0);
        assert_eq!(card.to_string(), "a private field, in login: edited, not finished\njust now, 00:00 UTC");
    }

    #[test]
    fn every_element_has_a_name() {
        assert_eq!(card(Mark::new("invoice/42/"), 0, 0).location(), "42, in invoice");
        assert_eq!(card(Mark::new(""), 0, 0).location(), "main");
        assert_eq!(card(Mark::new("///"), 0, 0).location(), "main");
        assert_eq!(card(Mark::new("a").label("x\u{1b}[2J\n\u{2028}y"), 0, 0).location(), "x [2J  y");
    }

    #[test]
    fn the_messages_say_what_the_lines_say() {
        let mark =
            Mark::new("a/b").action(Action::Edit).label("L").detail("D").note("N").breadcrumb(&["P", "Q"]).step(1, 2);
        let marks = [(mark, Timestamp::default())];
        let away = Some(Duration::from_secs(60));
        let card = Marker::from_marks("main", marks, away, Some("x\ny".into())).unwrap().card(Timestamp::default());
        let expected = [
            Message::Element("L".into()),
            Message::Place(vec!["P".into(), "Q".into()]),
            Message::Step { number: 1, total: 2 },
            Message::Act(Action::Edit, Phase::InProgress),
            Message::Detail("D".into()),
            Message::Age(Duration::ZERO),
            Message::Clock(Timestamp::default()),
            Message::Reason(Reason::Other("x y".into())),
            Message::Away(Duration::from_secs(60)),
            Message::Note("N".into()),
        ];
        assert_eq!(card.messages(), expected);
        for message in &expected {
            assert!(card.to_string().contains(&message.to_string()), "{message}");
        }
        let (age, away) = (card.age().unwrap(), card.away().unwrap());
        assert_eq!((age, away, card.at().as_millis()), (Duration::ZERO, Duration::from_secs(60), 0));
        assert_eq!((card.step(), card.detail(), card.note()), (Some((1, 2)), Some("D"), Some("N")));
        assert_eq!(
            (card.ago(), card.why(), card.what()),
            (Some("just now"), Some("before x y"), "edited, not finished")
        );
    }

    #[test]
    fn the_trail_is_the_last_five_steps_in_their_order() {
        let step = |path, kind, phase| (Mark::new(path).action(kind).phase(phase), Timestamp::default());
        let marks = [
            step("zero", Action::Open, Phase::InProgress),
            step("list/one", Action::Open, Phase::InProgress),
            step("list/two", Action::Edit, Phase::InProgress),
            step("", Action::Scroll, Phase::InProgress),
            step("send", Action::Press, Phase::Failed),
            step("list/two", Action::Edit, Phase::Committed),
        ];
        let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::default());
        let lines: Vec<String> = card.trail().iter().map(TrailLine::to_string).collect();
        let expected =
            ["one: opened", "two: edited", "main: read", "send: pressed, but that failed", "two: edited, finished"];
        assert_eq!(lines, expected);
        assert_eq!(card.trail()[1].element(), &Message::Element("two".into()));
        assert_eq!(card.trail()[1].act(), &Message::Did(Action::Edit));
    }

    #[test]
    fn an_announcement_is_one_sentence_that_does_not_grow_old() {
        let away = Some(Duration::from_secs(3660));
        let marks = [(Mark::new("a").action(Action::Press).phase(Phase::Committed), Timestamp::default())];
        let marker = Marker::from_marks("main", marks, away, None).unwrap();
        let said = |now, certainty| marker.card(Timestamp::from_millis(now)).announcement(certainty);
        assert_eq!(said(0, Certainty::Point), "Where you left off: a, already pressed, away 1 hour 1 minute.");
        assert_eq!(said(0, Certainty::Point), said(9_999_999, Certainty::Point));
        let lost = "Where you left off: a, already pressed, away 1 hour 1 minute; it is not found any more.";
        assert_eq!(said(0, Certainty::Card), lost);
        let card = marker.card(Timestamp::default());
        let ids: Vec<_> = card.announcement_messages(Certainty::Region).iter().map(Message::id).collect();
        assert_eq!(ids, ["leftoff-element", "leftoff-act-pressed-done", "leftoff-away", "leftoff-found-region"]);
    }

    #[test]
    fn what_a_private_field_holds_is_said_nowhere() {
        let open = Mark::new("login/name").label("Name").action(Action::Edit);
        let private = Mark::new("login/pin").label("canary").detail("canary").note("canary").sensitive();
        let marks = [
            open.clone(),
            private.clone().action(Action::Edit),
            open,
            private.action(Action::Edit).phase(Phase::Failed),
        ];
        let marks = marks.map(|mark| (mark, Timestamp::default()));
        let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::default());
        let getters = format!("{card} {card:?} {:?} {:?} {:?}", card.location(), card.detail(), card.note());
        let certainties = [Certainty::Point, Certainty::Moved, Certainty::Region, Certainty::Card];
        let messages = card.messages().iter().map(|message| format!("{message} {message:#} {message:?}"));
        let lines = card.trail().iter().map(|line| format!("{line} {line:?} {} {}", line.element(), line.act()));
        let announced =
            certainties.map(|found| format!("{} {:?}", card.announcement(found), card.announcement_messages(found)));
        let said = messages.chain(lines).chain(announced).chain([getters]).collect::<String>();
        assert!(!said.contains("canary") && !said.contains("pin"), "{said}");
        assert!(card.trail().iter().filter(|line| *line.element() == Message::PrivateElement).count() == 2);
    }

    #[test]
    fn clocks_that_contradict_each_other_give_no_age() {
        assert_eq!(card(Mark::new("a"), 60_000, 0).when(), "1970-01-01 00:01 UTC");
        assert_eq!(card(Mark::new("a"), 0, i64::MAX).when(), "1970-01-01 00:00 UTC");
        assert_eq!(card(Mark::new("a"), -1, 41_000).when(), "41 s ago, 23:59 UTC");
    }

    #[test]
    fn dates_follow_the_calendar() {
        let dates = [(0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (11_017, "2000-03-01")];
        for (day, expected) in dates.into_iter().chain([(47_540, "2100-02-28"), (47_541, "2100-03-01")]) {
            assert_eq!(Timestamp::from_millis(day * 86_400_000).date(), expected);
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let mark = Mark::new("a/b").label("secret").detail("secret").note("secret").breadcrumb(&["secret"]);
        let marks = [(mark, Timestamp::default())];
        let card = Marker::from_marks("main", marks, None, Some("secret".into())).unwrap().card(Timestamp::default());
        assert!(!format!("{card:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn dates_count_every_day_once(day in -700_000_i64..700_000) {
            let of = |day: i64| Timestamp::from_millis(day * 86_400_000).date();
            let parts = |text: &str| -> Vec<i64> { text.rsplitn(3, '-').map(|part| part.parse().unwrap()).collect() };
            let (today, tomorrow) = (parts(&of(day)), parts(&of(day + 1)));
            prop_assert!((1..=12).contains(&today[1]) && (1..=31).contains(&today[0]));
            let next = [today[0] + 1, today[1], today[2]];
            let next_month = [1, today[1] % 12 + 1, today[2] + today[1] / 12];
            prop_assert!(tomorrow == next || (tomorrow == next_month && today[0] >= 28));
        }

        #[test]
        fn no_moment_and_no_text_breaks_a_card(at: i64, now: i64, text in ".{0,20}", path in ".{0,20}") {
            let card = card(Mark::new(&path).label(&text).detail(&text).note(&text).breadcrumb(&[&text]), at, now);
            prop_assert!(card.to_string().lines().count() <= 3);
            let reorders = |char| matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!card.to_string().replace('\n', "").contains(|char: char| char.is_control() || reorders(char)));
            let lines = card.trail().iter().map(TrailLine::to_string);
            let messages = card.messages().iter().map(Message::to_string);
            for said in lines.chain(messages).chain([card.announcement(Certainty::Region)]) {
                prop_assert!(!said.contains(char::is_control), "{:?}", said);
            }
        }
    }
}
