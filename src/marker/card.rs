//! The resume card: a marker in words, as messages and as lines.

use std::fmt;
use std::time::Duration;

use super::marker::Marker;
use super::message::{A_MOMENT, Message};
use super::place::Direction;
use super::resolve::Certainty;
use super::when::{Zone, ago, clock_time};
use crate::mark::{Action, Phase, Reason, TrailEntry, one_line};
use crate::time::{Timestamp, plausible};

/// The resume card, shown when the user returns: *Amount, in Invoices › Invoice 42: edited, not finished, 42 min ago,
/// before a call*.
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
/// let marks = [(mark.breadcrumb(&["Mail"]), Timestamp::from_millis(0))];
/// let marker = Marker::from_marks("main", marks, None, Some(Reason::Meeting)).unwrap();
/// let card = marker.card(Timestamp::from_millis(12_000));
///
/// assert_eq!(card.location(), "Send, in Mail");
/// assert_eq!(card.what(), Some("pressed, finished"));
/// assert_eq!((card.when(), card.age()), (Some("12 s ago"), Some(Duration::from_secs(12))));
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
    age: Option<Duration>,
    away: Option<Duration>,
    /// The English text of some messages.
    place: String,
    what: Option<String>,
    when: Option<String>,
    why: Option<String>,
}

/// The maximum number of trail lines on a card.
const TRAIL_LINES: usize = 5;

impl Card {
    pub(super) fn of(marker: &Marker, now: Timestamp, zone: Zone<'_>) -> Self {
        let age = marker.age(now);
        let messages = messages(marker, age, zone);
        let english = |wanted: fn(&Message) -> bool| {
            let texts: Vec<String> =
                messages.iter().filter(|message| wanted(message)).map(Message::to_string).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        };
        Self {
            trail: trail(marker, age, zone),
            phase: marker.phase(),
            at: marker.at(),
            age,
            away: plausible(marker.away()),
            place: english(|message| message.is_element() || matches!(message, Message::Place(_))).unwrap_or_default(),
            what: english(|message| matches!(message, Message::Act(..))),
            when: english(Message::is_time),
            why: english(|message| matches!(message, Message::Reason(_))),
            messages,
        }
    }

    /// Returns the messages of the card, in this order, each at most once: [`Message::Note`]; the element
    /// ([`Message::Element`], [`Message::UnnamedElement`], [`Message::PrivateElement`] or [`Message::Window`]),
    /// [`Message::Place`], [`Message::Step`], [`Message::Act`], [`Message::Detail`], [`Message::LastEdit`];
    /// [`Message::Device`], [`Message::Age`] or [`Message::Day`], [`Message::Reason`], [`Message::Away`].
    ///
    /// Unknown facts are left out, and an absence that is as long as the age, give or take a fifth.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Marker};
    ///
    /// let marks = [(Mark::new("amount").action(Action::Edit).label("Amount"), Timestamp::default())];
    /// let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::from_millis(60_000));
    /// let ids: Vec<_> = card.messages().iter().map(|message| message.id()).collect();
    /// assert_eq!(ids, ["leftoff-element", "leftoff-act-edited", "leftoff-age"]);
    /// ```
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns the message that names the element.
    pub fn element(&self) -> &Message {
        self.messages.iter().find(|message| message.is_element()).unwrap_or(&Message::Window)
    }

    /// Returns at most the last five actions, oldest first; the last line is where the user left off.
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Marker};
    ///
    /// let marks = ["Customer", "Amount"].map(|label| (Mark::new(label).action(Action::Edit).label(label), Timestamp::default()));
    /// let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::from_millis(60_000));
    /// let lines: Vec<String> = card.trail().iter().map(|line| line.to_string()).collect();
    /// assert_eq!(lines, ["Customer: edited, 1 min ago", "Amount: edited, 1 min ago"]);
    /// ```
    pub fn trail(&self) -> &[TrailLine] {
        &self.trail
    }

    /// Returns the announcement for a screen reader: element, location, action, time and reason, and the fate of the
    /// element unless it is unchanged.
    ///
    /// Announce it politely and once. It is one English sentence without abbreviations.
    ///
    /// ```
    /// use leftoff::marker::resolve::Certainty;
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Marker, Reason};
    ///
    /// let mark = Mark::new("amount").action(Action::Edit).label("Amount").breadcrumb(&["Invoices", "Invoice 42"]);
    /// let marker = Marker::from_marks("main", [(mark, Timestamp::default())], None, Some(Reason::Call)).unwrap();
    /// assert_eq!(
    ///     marker.card(Timestamp::from_millis(42 * 60_000)).announcement(Certainty::Moved),
    ///     "Where you left off: Amount, in Invoices, Invoice 42, edited, 42 minutes ago, before a call; it has moved."
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
        let is_said = |message: &&Message| match message {
            Message::Place(_) | Message::Act(..) | Message::LastEdit(_) | Message::Reason(_) | Message::Device(_) => {
                true
            }
            Message::Away(_) => self.age.is_none(),
            message => message.is_element() || message.is_time(),
        };
        self.messages.iter().filter(is_said)
    }

    /// Returns the card with the application's texts in directional isolates (U+2068, U+2069), so that a name cannot
    /// reorder the sentence around it.
    ///
    /// For a graphical toolkit and for accessibility, not for a terminal, which may show isolates as garbage.
    /// `direction` is the direction of the sentences. In [`Direction::LeftToRight`], only texts with right-to-left
    /// characters are isolated: others change nothing there.
    #[must_use]
    pub fn isolated(mut self, direction: Direction) -> Self {
        let lines = self.trail.iter_mut().map(|line| &mut line.messages);
        isolate(lines.chain([&mut self.messages]).flatten(), direction);
        self
    }

    /// Returns the element and its location: "Amount, in Invoices › Invoice 42". A sensitive element is "a private
    /// field", an element without a label "an unnamed field".
    pub fn location(&self) -> &str {
        &self.place
    }

    /// Returns the step (number, total) of a wizard.
    pub fn step(&self) -> Option<(u32, u32)> {
        self.find(|message| if let Message::Step { number, total } = message { Some((*number, *total)) } else { None })
    }

    /// Returns the user's action and its phase: "edited, not finished", "pressed, finished", "pressed, but that failed".
    /// `None` if no more is known than that the user touched the element.
    pub fn what(&self) -> Option<&str> {
        self.what.as_deref()
    }

    /// Returns a snippet of the content. `None` if it was not set, and for sensitive elements.
    pub fn detail(&self) -> Option<&str> {
        self.find(|message| if let Message::Detail(text) = message { Some(text.as_str()) } else { None })
    }

    /// Returns the phase, for an icon or a colour beside the text.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns the time of the last touch: "42 min ago", or "yesterday at 16:07" on a
    /// [local card](Marker::local_card). `None` if no clock can determine it.
    pub fn when(&self) -> Option<&str> {
        self.when.as_deref()
    }

    /// Returns the time since the last touch. `None` if no clock can determine it.
    pub fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Returns the time of the last touch, as the wall clock reported it then.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the length of the absence; `None` if no clock can determine it. [`Message::Away`] has words for it.
    pub fn away(&self) -> Option<Duration> {
        self.away
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

/// Formats one line without a trailing line feed, below the note if there is one: it says what to do next.
impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.messages.split_first() {
            Some((note @ Message::Note(_), line)) => {
                writeln!(f, "{note}")?;
                write_line(f, line)
            }
            _ => write_line(f, &self.messages),
        }
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card").field("messages", &self.messages).field("trail", &self.trail).finish()
    }
}

/// One line of a trail: "Amount: edited, 42 min ago". `Display` is English.
///
/// From a [card](Card::trail), from an [entry](TrailEntry::line) of a timeline, or from an earlier
/// [state](crate::ResumePoint::line).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailLine {
    messages: Vec<Message>,
}

impl TrailLine {
    /// Returns the messages of the line, in the order of a [card](Card::messages): the element, its location, the action,
    /// the content, the time and the reason for leaving. On a card, the location is left out if the marked element has
    /// the same.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns the line with the application's texts in directional isolates; see [`Card::isolated`].
    #[must_use]
    pub fn isolated(mut self, direction: Direction) -> Self {
        isolate(self.messages.iter_mut(), direction);
        self
    }

    /// The line of a state: the element touched last, if any, when the state was replaced, and why.
    pub(crate) fn of_state(
        [element, label]: [Option<&str>; 2],
        at: Timestamp,
        reason: Option<&Reason>,
        now: Timestamp,
        zone: Zone<'_>,
    ) -> Self {
        let mut messages: Vec<Message> = element.map(|path| named(path, label)).into_iter().collect();
        messages.extend(clock_time(at, now, zone));
        messages.extend(reason.map(|reason| Message::Reason(clean(reason))));
        Self { messages }
    }
}

impl TrailEntry {
    /// Returns the entry as a line of a timeline: "Amount, in Invoice 42: edited (it says “1 200”), today at 16:07".
    ///
    /// `offset` is as for [`Marker::local_card`](crate::Marker::local_card). If it returns `None`, the time is an age: "42
    /// min ago".
    ///
    /// ```
    /// use leftoff::time::Timestamp;
    /// use leftoff::{Action, Mark, Session};
    ///
    /// let mut session = Session::in_memory();
    /// session.mark(Mark::new("invoice/42/amount").action(Action::Edit).label("Amount").breadcrumb(&["Invoice 42"]));
    /// let (_scope, entry) = session.timeline().remove(0);
    /// let a_minute_later = Timestamp::from_millis(entry.at().as_millis() + 60_000);
    /// assert_eq!(entry.line(a_minute_later, |_| None).to_string(), "Amount, in Invoice 42: edited, 1 min ago");
    /// ```
    pub fn line(&self, now: impl Into<Timestamp>, offset: impl Fn(Timestamp) -> Option<i32>) -> TrailLine {
        let mut messages = vec![element(self)];
        messages.extend(place(self));
        messages.extend(earlier_act(self));
        messages.extend(self.detail().map(one_line).map(Message::Detail));
        messages.extend(clock_time(self.at(), now.into(), &offset));
        TrailLine { messages }
    }
}

impl fmt::Display for TrailLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, &self.messages)
    }
}

/// The element comes first, if there is one.
fn write_line(f: &mut fmt::Formatter<'_>, messages: &[Message]) -> fmt::Result {
    messages.iter().enumerate().try_for_each(|(index, message)| match message {
        _ if index == 0 => write!(f, "{message}"),
        Message::Act(..) => write!(f, ": {message}"),
        Message::Detail(_) | Message::LastEdit(_) => write!(f, " ({message})"),
        _ => write!(f, ", {message}"),
    })
}

fn messages(marker: &Marker, age: Option<Duration>, zone: Zone<'_>) -> Vec<Message> {
    let mut messages: Vec<Message> = marker.note().map(one_line).map(Message::Note).into_iter().collect();
    let Some((last, before)) = marker.trail().split_last() else { return messages };
    messages.push(element(last));
    messages.extend(place(last));
    messages.extend(marker.step().map(|(number, total)| Message::Step { number, total }));
    messages.extend(act(last.action(), last.phase()));
    messages.extend(last.detail().map(one_line).map(Message::Detail));
    // The caret was moved on; what was edited says more.
    let moved_on = last.action() == Action::Focus;
    let edit = before.iter().rev().find(|step| step.action() != Action::Focus).filter(|_| moved_on);
    let edit = edit.filter(|step| step.action() == Action::Edit);
    messages.extend(edit.and_then(|step| step.label().map(one_line)).map(Message::LastEdit));
    messages.extend(marker.device().map(one_line).map(Message::Device));
    messages.extend(ago(last.at(), age, zone));
    messages.extend(marker.reason().map(|reason| Message::Reason(clean(reason))));
    // An absence of a moment tells nothing that the age does not.
    let is_like = |away: Duration, age: Duration| age.abs_diff(away).saturating_mul(5) <= age;
    let is_told = |away: &Duration| *away < A_MOMENT || age.is_some_and(|age| is_like(*away, age));
    messages.extend(plausible(marker.away()).filter(|away| !is_told(away)).map(Message::Away));
    messages
}

fn trail(marker: &Marker, age: Option<Duration>, zone: Zone<'_>) -> Vec<TrailLine> {
    let steps = marker.trail();
    let steps = steps.get(steps.len().saturating_sub(TRAIL_LINES)..).unwrap_or_default();
    let here = steps.last().and_then(place);
    let line = |step: &TrailEntry| {
        let mut messages = vec![element(step)];
        messages.extend(place(step).filter(|place| Some(place) != here.as_ref()));
        messages.extend(earlier_act(step));
        messages.extend(step.detail().map(one_line).map(Message::Detail));
        let earlier = marker.at().since(step.at());
        messages.extend(ago(step.at(), age.zip(earlier).map(|(age, earlier)| age.saturating_add(earlier)), zone));
        TrailLine { messages }
    };
    steps.iter().map(line).collect()
}

/// Returns the certainty as a message, unless the element is unchanged.
fn found(certainty: Certainty) -> Option<Message> {
    (certainty != Certainty::Point).then_some(Message::Found(certainty))
}

/// Returns the element by its label. A path is for programs and is never shown.
fn element(step: &TrailEntry) -> Message {
    if step.is_sensitive() { Message::PrivateElement } else { named(step.element(), step.label()) }
}

fn named(path: &str, label: Option<&str>) -> Message {
    match label {
        Some(label) => Message::Element(one_line(label)),
        None if path.is_empty() => Message::Window,
        None => Message::UnnamedElement,
    }
}

fn place(step: &TrailEntry) -> Option<Message> {
    let captions: Vec<String> = step.breadcrumb().filter(|caption| !caption.is_empty()).map(one_line).collect();
    (!captions.is_empty()).then_some(Message::Place(captions))
}

/// Returns the action, unless there is nothing to say of it.
fn act(action: Action, phase: Phase) -> Option<Message> {
    let is_unknown = action == Action::Other && !matches!(phase, Phase::Committed | Phase::Failed);
    (!is_unknown).then_some(Message::Act(action, phase))
}

/// Returns the action in a list of actions. The user went on to another element, so this one may or may not be finished.
fn earlier_act(step: &TrailEntry) -> Option<Message> {
    let phase = if step.phase() == Phase::InProgress { Phase::Unknown } else { step.phase() };
    act(step.action(), phase)
}

fn clean(reason: &Reason) -> Reason {
    match reason {
        Reason::Other(text) => Reason::Other(one_line(text).into()),
        known => known.clone(),
    }
}

fn isolate<'m>(messages: impl Iterator<Item = &'m mut Message>, direction: Direction) {
    let needs = |text: &str| direction == Direction::RightToLeft || text.chars().any(is_right_to_left);
    messages.for_each(|message| message.isolate(needs));
}

/// Hebrew, Arabic and the other scripts that are written from right to left.
fn is_right_to_left(char: char) -> bool {
    matches!(char, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
        || matches!(char, '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
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
    fn card_says_note_then_what_then_when_then_why() {
        let mark = Mark::new("invoice/42/amount")
            .action(Action::Edit)
            .label("Amount")
            .detail("1 200 EUR")
            .note("call Ana")
            .breadcrumb(&["Invoices", "", "Invoice 42"])
            .step(2, 3);
        let marks = [(mark, Timestamp::from_millis(0))];
        let away = Some(Duration::from_secs(2 * 86_400));
        let marker = Marker::from_marks("main", marks, away, Some("x\ny".into())).unwrap();
        let card = marker.card(Timestamp::from_millis(3 * 86_400_000));
        assert_eq!(
            card.to_string(),
            "Note: call Ana\n\
             Amount, in Invoices › Invoice 42, step 2 of 3: edited (it says “1 200 EUR”), 3 days ago, before x y, \
             away 2 days"
        );
        assert_eq!((card.step(), card.detail(), card.note()), (Some((2, 3)), Some("1 200 EUR"), Some("call Ana")));
        assert_eq!((card.what(), card.when(), card.why()), (Some("edited"), Some("3 days ago"), Some("before x y")));
        assert_eq!((card.age(), card.away()), (Some(Duration::from_secs(3 * 86_400)), away));
    }

    #[test]
    fn absence_as_long_as_the_age_is_left_out() {
        let said = |age: i64, away: u64| {
            let marks = [(Mark::new("a").label("A"), Timestamp::default())];
            let marker = Marker::from_marks("main", marks, Some(Duration::from_secs(away)), None).unwrap();
            let card = marker.card(Timestamp::from_millis(age * 1000));
            assert_eq!(card.away(), Some(Duration::from_secs(away)));
            card.to_string()
        };
        assert_eq!(said(600, 480), "A, 10 min ago");
        assert_eq!(said(600, 720), "A, 10 min ago");
        assert_eq!(said(600, 479), "A, 10 min ago, away 7 min");
        assert_eq!(said(-1, 479), "A, away 7 min", "the clocks contradict each other");
        assert_eq!(said(600, 721), "A, away 12 min", "the touch was before the absence");
        assert_eq!((said(0, 4), said(0, 5)), ("A, just now".into(), "A, away 5 s".into()));
    }

    #[test]
    fn private_field_shows_neither_label_nor_content_nor_its_name() {
        let mark = Mark::new("login/pin").label("secret").detail("secret").note("secret").sensitive();
        assert_eq!(card(mark.action(Action::Edit), 0, 0).to_string(), "a private field: edited, just now");
    }

    #[test]
    fn path_is_never_shown() {
        assert_eq!(card(Mark::new("invoice/42/"), 0, 0).location(), "an unnamed field");
        assert_eq!(card(Mark::new(""), 0, 0).location(), "the window");
        assert_eq!(card(Mark::new("a").label("x\u{1b}[2J\n\u{2028}y"), 0, 0).location(), "x [2J  y");
    }

    #[test]
    fn caret_that_moved_on_does_not_hide_the_last_edit() {
        let focus = |path| Mark::new(path).action(Action::Focus).label("Notes");
        let edit = |path| Mark::new(path).action(Action::Edit).label("Amount");
        let said = |marks: Vec<Mark<'_>>| {
            let marks = marks.into_iter().map(|mark| (mark, Timestamp::default()));
            Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::default()).to_string()
        };
        let moved = "Notes: you were here (last edit: “Amount”), just now";
        assert_eq!(said(vec![edit("a"), focus("b")]), moved);
        assert_eq!(said(vec![edit("a"), focus("c"), focus("b")]), moved);
        let alone = "Notes: you were here, just now";
        assert_eq!(said(vec![edit("a").sensitive(), focus("b")]), alone);
        assert_eq!(said(vec![edit("a"), edit("c").action(Action::Press), focus("b")]), alone);
        assert_eq!(said(vec![focus("b"), edit("a"), focus("a")]), "Notes: edited, just now", "the same element");
    }

    #[test]
    fn names_are_isolated_where_they_could_reorder_the_sentence() {
        let marks = [
            (Mark::new("a").label("שלום"), Timestamp::default()),
            (Mark::new("b").label("Amount").breadcrumb(&["חשבון", "42"]).note("1"), Timestamp::default()),
        ];
        let marker = Marker::from_marks("main", marks, None, Some("נעילה".into())).unwrap();
        let said = |direction| {
            let card = marker.card(Timestamp::default()).isolated(direction);
            format!("{card} {}", card.trail()[0]).replace('\u{2068}', "[").replace('\u{2069}', "]")
        };
        assert_eq!(
            said(Direction::LeftToRight),
            "Note: 1\nAmount, in [חשבון] › 42, just now, before [נעילה] [שלום], just now"
        );
        assert_eq!(
            said(Direction::RightToLeft),
            "Note: [1]\n[Amount], in [חשבון] › [42], just now, before [נעילה] [שלום], just now"
        );
        assert!(!marker.card(Timestamp::default()).to_string().contains('\u{2068}'), "a terminal shows them");
    }

    #[test]
    fn the_trail_is_the_last_five_steps_in_their_order() {
        let step = |mark: Mark<'static>, kind, phase| (mark.action(kind).phase(phase), Timestamp::default());
        let marks = [
            step(Mark::new("zero"), Action::Open, Phase::InProgress),
            step(Mark::new("one").label("One").breadcrumb(&["List"]).detail("D"), Action::Open, Phase::Unknown),
            step(Mark::new("two").label("Two").breadcrumb(&["List"]), Action::Edit, Phase::InProgress),
            step(Mark::new(""), Action::Scroll, Phase::InProgress),
            step(Mark::new("send").label("Send"), Action::Press, Phase::Failed),
            step(Mark::new("two").label("Two"), Action::Edit, Phase::Committed),
        ];
        let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::default());
        let lines: Vec<String> = card.trail().iter().map(TrailLine::to_string).collect();
        let expected = [
            "One, in List: you opened it (it says “D”), just now",
            "Two, in List: edited, just now",
            "the window: you were reading it, just now",
            "Send: pressed, but that failed, just now",
            "Two: edited, finished, just now",
        ];
        assert_eq!(lines, expected);
        assert_eq!(card.trail()[1].messages()[0], Message::Element("Two".into()));
    }

    #[test]
    fn trail_line_has_its_own_time() {
        let marks =
            ["a", "b"].map(|path| (Mark::new(path), Timestamp::from_millis(if path == "a" { 0 } else { 60_000 })));
        let card = Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::from_millis(180_000));
        assert_eq!(card.trail()[0].to_string(), "an unnamed field, 3 min ago");
        assert_eq!(card.trail()[1].to_string(), "an unnamed field, 2 min ago");
    }

    #[test]
    fn line_of_a_timeline_has_its_place_its_content_and_the_time_of_day() {
        let mark = Mark::new("a").label("Amount").action(Action::Edit).detail("1\n2").breadcrumb(&["Invoices", "42"]);
        let at = Timestamp::from_millis(16 * 3_600_000);
        let private = Mark::new("b").action(Action::Edit).breadcrumb(&["Invoices", "42"]).sensitive();
        let marker = Marker::from_marks("main", [(mark, at), (private, at)], None, None).unwrap();
        let now = Timestamp::from_millis(at.as_millis() + 60_000);
        let said = |entry: &TrailEntry, offset| entry.line(now, |_| offset).to_string();
        let [open, private] = marker.trail() else { panic!("two entries") };
        assert_eq!(said(open, Some(3_600)), "Amount, in Invoices › 42: edited (it says “1 2”), today at 17:00");
        assert_eq!(said(open, None), "Amount, in Invoices › 42: edited (it says “1 2”), 1 min ago");
        assert_eq!(said(private, None), "a private field, in Invoices › 42: edited, 1 min ago");
        assert_eq!(open.line(Timestamp::default(), |_| None).to_string().matches("ago").count(), 0, "in the future");
        let isolated = open.line(now, |_| None).isolated(Direction::RightToLeft).to_string();
        assert!(isolated.starts_with("\u{2068}Amount\u{2069}, in"), "{isolated}");
    }

    #[test]
    fn announcement_says_where_when_and_why() {
        let away = Some(Duration::from_secs(3660));
        let mark = Mark::new("a").label("A").action(Action::Press).phase(Phase::Committed).breadcrumb(&["P", "Q"]);
        let marker = Marker::from_marks("main", [(mark, Timestamp::default())], away, Some(Reason::Crash)).unwrap();
        let said = |now, certainty| marker.card(Timestamp::from_millis(now)).announcement(certainty);
        assert_eq!(
            said(7_300_000, Certainty::Card),
            "Where you left off: A, in P, Q, pressed, finished, 2 hours ago, before the program crashed or was killed; \
             it is no longer here."
        );
        let without_age = "Where you left off: A, in P, Q, pressed, finished, before the program crashed or was killed, \
                           away 61 minutes.";
        assert_eq!(said(-1, Certainty::Point), without_age);
        let card = marker.card(Timestamp::from_millis(3_700_000));
        let ids: Vec<_> = card.announcement_messages(Certainty::Region).iter().map(Message::id).collect();
        let expected = ["leftoff-element", "leftoff-place", "leftoff-act-pressed-done", "leftoff-age"];
        assert_eq!(ids, [&expected[..], &["leftoff-reason-crash", "leftoff-found-region"]].concat());
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
        let lines = card.trail().iter().map(|line| format!("{line} {line:?}"));
        let announced =
            certainties.map(|found| format!("{} {:?}", card.announcement(found), card.announcement_messages(found)));
        let said = messages.chain(lines).chain(announced).chain([getters]).collect::<String>();
        assert!(!said.contains("canary") && !said.contains("pin"), "{said}");
        assert!(card.trail().iter().filter(|line| line.messages().contains(&Message::PrivateElement)).count() == 2);
    }

    #[test]
    fn clocks_that_contradict_each_other_give_no_age() {
        assert_eq!(card(Mark::new("a"), 60_000, 0).when(), None);
        assert_eq!(card(Mark::new("a"), 0, i64::MAX).when(), None);
        assert_eq!(card(Mark::new("a"), -1, 41_000).when(), Some("41 s ago"));
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
        fn no_moment_and_no_text_breaks_a_card(at: i64, now: i64, text in ".{0,20}", path in ".{0,20}") {
            let card = card(Mark::new(&path).label(&text).detail(&text).note(&text).breadcrumb(&[&text]), at, now);
            prop_assert!(card.to_string().lines().count() <= 2);
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
