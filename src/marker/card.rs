//! The resume card: a marker in words, as parts and as lines.

use std::fmt;
use std::time::Duration;

use super::marker::Marker;
use super::{Hidden, Kind, Phase};
use crate::time::{Timestamp, plausible};

/// What to tell the user who comes back: *Amount, in Invoices › Invoice 42: edited, not finished. 42 min ago, before a
/// call.*
///
/// English is built in. An application that speaks another language, or that knows the user's time zone, makes its own
/// words from the getters of the [`Marker`]; those of the card are for picking lines apart. Control characters in what
/// the application said are shown as blanks, so that a card is safe to print to a terminal.
///
/// ```
/// use leftoff::time::Timestamp;
/// use leftoff::{Kind, Mark, Marker, Phase, Reason};
///
/// let mark = Mark::new("mail/7/send").kind(Kind::Press).phase(Phase::Committed).label("Send").note("tell Ana");
/// let marks = [(mark, Timestamp::from_millis(0))];
/// let marker = Marker::from_marks("main", marks, None, Some(Reason::Meeting)).unwrap();
/// let card = marker.card(Timestamp::from_millis(12_000));
///
/// assert_eq!(card.where_(), "Send, in mail › 7");
/// assert_eq!(card.what(), "pressed, done");
/// assert_eq!(card.when(), "12 s ago, 00:00 UTC");
/// assert_eq!(card.why(), Some("before a meeting"));
/// assert_eq!(card.note(), Some("tell Ana"));
/// assert_eq!((card.phase(), card.step(), card.detail(), card.away()), (Phase::Committed, None, None, None));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    place: String,
    step: Option<(u32, u32)>,
    what: String,
    detail: Option<String>,
    phase: Phase,
    when: String,
    away: Option<Duration>,
    why: Option<String>,
    note: Option<String>,
}

impl Card {
    pub(super) fn of(marker: &Marker, now: Timestamp) -> Self {
        Self {
            place: place(marker),
            step: marker.step(),
            what: what(marker.kind(), marker.phase()),
            detail: marker.detail().map(one_line),
            phase: marker.phase(),
            when: when(marker.at(), now),
            away: plausible(marker.away()),
            why: marker.reason().map(|reason| one_line(&format!("before {reason}"))),
            note: marker.note().map(one_line),
        }
    }

    /// The element and where it is: "Amount, in Invoices › Invoice 42". A sensitive element is "a private field".
    pub fn where_(&self) -> &str {
        &self.place
    }

    /// Step (number, total) of a wizard.
    pub fn step(&self) -> Option<(u32, u32)> {
        self.step
    }

    /// What the user did, and how far it got: "edited, not finished", "pressed, done", "pressed, failed".
    pub fn what(&self) -> &str {
        &self.what
    }

    /// A snippet of the content. `None` if there was none, and for sensitive elements.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// How far it got, for an icon or a colour beside the words.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When the element was touched last: "42 min ago, 14:02 UTC", with the date from a day on.
    ///
    /// The clock time is UTC, because this library knows no time zones; format [`Marker::at`] for local time. Where
    /// the clocks of then and now contradict each other, only the clock time of then is given.
    pub fn when(&self) -> &str {
        &self.when
    }

    /// How long the user was away; `None` where no clock can tell. See [`human_duration`].
    pub fn away(&self) -> Option<Duration> {
        self.away
    }

    /// Why the user left: "before a call".
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// What the user wanted to remember.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// Two lines, three with a note; no line feed at the end.
impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if let Some((number, total)) = self.step {
            write!(f, ", step {number} of {total}")?;
        }
        write!(f, ": {}", self.what)?;
        if let Some(detail) = &self.detail {
            write!(f, " (“{detail}”)")?;
        }
        write!(f, "\n{}", self.when)?;
        if let Some(why) = &self.why {
            write!(f, ", {why}")?;
        }
        if let Some(away) = self.away {
            let away = if away < A_MOMENT { "a moment".to_owned() } else { human_duration(away) };
            write!(f, ", away {away}")?;
        }
        if let Some(note) = &self.note {
            write!(f, "\nNote: {note}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |text: &Option<String>| text.as_ref().map(|text| Hidden(text.len()));
        f.debug_struct("Card")
            .field("where", &Hidden(self.place.len()))
            .field("step", &self.step)
            .field("what", &self.what)
            .field("detail", &hidden(&self.detail))
            .field("phase", &self.phase)
            .field("when", &self.when)
            .field("away", &self.away)
            .field("why", &hidden(&self.why))
            .field("note", &hidden(&self.note))
            .finish()
    }
}

/// A duration as people say it, rounded down: "12 s", "42 min", "2 h 10 min", "3 days".
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::marker::human_duration;
///
/// assert_eq!(human_duration(Duration::from_secs(12)), "12 s");
/// assert_eq!(human_duration(Duration::from_secs(2 * 3600 + 10 * 60)), "2 h 10 min");
/// assert_eq!(human_duration(Duration::from_secs(24 * 3600)), "1 day");
/// ```
pub fn human_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / DAY);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) if minutes % 60 == 0 => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        (1, _, _) => "1 day".to_owned(),
        _ => format!("{days} days"),
    }
}

/// Seconds.
/// Shorter absences are not counted in seconds.
const A_MOMENT: Duration = Duration::from_secs(5);
const DAY: u64 = 24 * 60 * 60;

fn place(marker: &Marker) -> String {
    let name = marker.element().rsplit('/').find(|name| !name.is_empty());
    let mut place = match (marker.is_sensitive(), marker.label().or(name)) {
        (true, _) => "a private field".to_owned(),
        (false, Some(name)) => one_line(name),
        (false, None) if marker.scope().is_empty() => "this window".to_owned(),
        (false, None) => one_line(marker.scope()),
    };
    for (at, caption) in marker.breadcrumb().enumerate() {
        place.push_str(if at == 0 { ", in " } else { " › " });
        place.push_str(&one_line(caption));
    }
    place
}

fn what(kind: Kind, phase: Phase) -> String {
    let (act, can_be_unfinished) = match kind {
        Kind::Edit => ("edited", true),
        Kind::Choose => ("chosen", true),
        Kind::Press => ("pressed", true),
        Kind::Focus => ("focused", false),
        Kind::Open => ("opened", false),
        Kind::Scroll => ("read up to here", false),
        Kind::Other => ("touched", false),
    };
    match phase {
        Phase::InProgress if can_be_unfinished => format!("{act}, not finished"),
        Phase::InProgress => act.to_owned(),
        Phase::Committed => format!("{act}, done"),
        Phase::Failed => format!("{act}, failed"),
    }
}

fn when(at: Timestamp, now: Timestamp) -> String {
    match plausible(now.since(at)) {
        Some(age) if age < Duration::from_secs(1) => format!("just now, {}", at.clock()),
        Some(age) if age < Duration::from_secs(DAY) => format!("{} ago, {}", human_duration(age), at.clock()),
        Some(age) => format!("{} ago, {at}", human_duration(age)),
        None => at.to_string(),
    }
}

fn one_line(text: &str) -> String {
    let breaks_lines = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
    text.chars().map(|char| if breaks_lines(char) { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::{Mark, Reason};
    use proptest::prelude::*;

    fn card(mark: Mark<'_>, at: i64, now: i64) -> Card {
        let marks = [(mark, Timestamp::from_millis(at))];
        Marker::from_marks("main", marks, None, None).unwrap().card(Timestamp::from_millis(now))
    }

    #[test]
    fn a_full_card_says_it_all() {
        let mark = Mark::new("invoice/42/amount")
            .kind(Kind::Edit)
            .label("Amount")
            .detail("1 200 EUR")
            .note("call Ana")
            .place(&["Invoices", "Invoice 42"])
            .step(2, 3);
        let marks = [(mark, Timestamp::from_millis(1_772_373_720_000))];
        let away = Some(Duration::from_secs(2 * 86_400));
        let marker = Marker::from_marks("main", marks, away, Some(Reason::SessionEnd)).unwrap();
        assert_eq!(
            marker.card(Timestamp::from_millis(1_772_373_720_000 + 3 * 86_400_000)).to_string(),
            "Amount, in Invoices › Invoice 42, step 2 of 3: edited, not finished (“1 200 EUR”)\n\
             3 days ago, 2026-03-01 14:02 UTC, before the end of the desktop session, away 2 days\n\
             Note: call Ana"
        );
    }

    #[test]
    fn a_private_field_shows_neither_label_nor_content_nor_its_name() {
        let mark = Mark::new("login/pin").label("secret").detail("secret").note("secret").sensitive();
        let card = card(mark.kind(Kind::Edit), 0, 0);
        assert_eq!(card.to_string(), "a private field, in login: edited, not finished\njust now, 00:00 UTC");
    }

    #[test]
    fn every_element_has_a_name() {
        assert_eq!(card(Mark::new("invoice/42/"), 0, 0).where_(), "42, in invoice");
        assert_eq!(card(Mark::new(""), 0, 0).where_(), "main");
        assert_eq!(card(Mark::new("///"), 0, 0).where_(), "main");
        assert_eq!(card(Mark::new("a").label("x\u{1b}[2J\n\u{2028}y"), 0, 0).where_(), "x [2J  y");
    }

    #[test]
    fn what_was_done_is_never_called_unfinished() {
        assert_eq!(what(Kind::Press, Phase::Committed), "pressed, done");
        assert_eq!(what(Kind::Press, Phase::Failed), "pressed, failed");
        assert_eq!(what(Kind::Press, Phase::InProgress), "pressed, not finished");
        assert_eq!(what(Kind::Open, Phase::InProgress), "opened");
    }

    #[test]
    fn clocks_that_contradict_each_other_give_no_age() {
        assert_eq!(card(Mark::new("a"), 60_000, 0).when(), "1970-01-01 00:01 UTC");
        assert_eq!(card(Mark::new("a"), 0, i64::MAX).when(), "1970-01-01 00:00 UTC");
        assert_eq!(card(Mark::new("a"), -1, 41_000).when(), "41 s ago, 23:59 UTC");
    }

    #[test]
    fn durations_are_said_as_people_do() {
        let said = |seconds| human_duration(Duration::from_secs(seconds));
        let expected = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (7800, "2 h 10 min")];
        for (seconds, words) in expected.into_iter().chain([(86_399, "23 h 59 min"), (172_799, "1 day")]) {
            assert_eq!(said(seconds), words);
        }
        assert_eq!(said(3 * DAY), "3 days");
        assert_eq!(human_duration(Duration::MAX), "213503982334601 days");
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
        let mark = Mark::new("a/b").label("secret").detail("secret").note("secret").place(&["secret"]);
        assert!(!format!("{:?}", card(mark, 0, 0)).contains("secret"));
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
            let card = card(Mark::new(&path).label(&text).detail(&text).note(&text).place(&[&text]), at, now);
            prop_assert!(card.to_string().lines().count() <= 3);
            prop_assert!(!card.to_string().replace('\n', "").contains(char::is_control));
        }
    }
}
