//! Lengths of time and moments as people say them: a number of one unit, or a day of the calendar.

use std::time::Duration;

use super::message::Message;
use crate::time::{Timestamp, plausible};

/// The unit of an [`amount`](Message::amount).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day: 24 hours.
    Day,
    /// A week.
    Week,
    /// A month, on average.
    Month,
    /// A year, on average.
    Year,
}

impl Unit {
    /// Returns its name in CLDR, and so in ICU and in `Intl.RelativeTimeFormat`: "minute".
    pub const fn id(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A day of the local calendar, as seen from today. Weekdays are counted from Monday, which is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Day {
    /// Today.
    Today,
    /// Yesterday.
    Yesterday,
    /// This weekday, two to six days ago.
    Weekday(u8),
    /// This weekday, seven to thirteen days ago, in the last week. Weeks begin on Monday.
    LastWeek(u8),
}

/// Returns the number and the unit: seconds and minutes are rounded down, larger units to the nearest.
pub(super) fn amount(duration: Duration) -> (u64, Unit) {
    let seconds = duration.as_secs();
    let nearest = |unit: u64| seconds.saturating_add(unit / 2) / unit;
    match seconds {
        0..60 => (seconds, Unit::Second),
        60..5_400 => (seconds / 60, Unit::Minute),
        5_400..172_800 => (nearest(3_600), Unit::Hour),
        172_800..1_209_600 => (nearest(86_400), Unit::Day),
        1_209_600..5_184_000 => (nearest(604_800), Unit::Week),
        // A twelfth of a Gregorian year, and that year.
        5_184_000..63_113_904 => (nearest(2_629_746), Unit::Month),
        63_113_904.. => (nearest(31_556_952), Unit::Year),
    }
}

/// Seconds.
const DAY: i64 = 24 * 60 * 60;

/// Returns the offset of local time from UTC at a time, in seconds east; `None` if it is not known.
pub(super) type Zone<'a> = &'a dyn Fn(Timestamp) -> Option<i32>;

/// Returns the message for a time in the past, or `None` if it is in the future.
///
/// Without a local calendar, it is always a length of time: no age but a multiple of 24 hours is the same number of
/// days ago in every time zone.
pub(super) fn ago(at: Timestamp, age: Option<Duration>, zone: Zone<'_>) -> Option<Message> {
    let age = age?;
    let is_recent = matches!(amount(age).1, Unit::Second | Unit::Minute);
    let day = if is_recent { None } else { day(at, age, zone) };
    Some(day.unwrap_or(Message::Age(age)))
}

/// Returns the message for a time in the past in a list of times: the time of day, also if that is a few minutes ago.
pub(super) fn clock_time(at: Timestamp, now: Timestamp, zone: Zone<'_>) -> Option<Message> {
    let age = plausible(now.since(at))?;
    Some(day(at, age, zone).unwrap_or(Message::Age(age)))
}

fn day(at: Timestamp, age: Duration, zone: Zone<'_>) -> Option<Message> {
    let now = at.as_millis().checked_add(i64::try_from(age.as_millis()).ok()?)?;
    let local = |time: Timestamp| Some(time.as_millis().div_euclid(1000) + i64::from(zone(time)?));
    let (then, now) = (local(at)?, local(Timestamp::from_millis(now))?);
    let days = |seconds: i64| seconds.div_euclid(DAY);
    let (date, today) = (days(then), days(now));
    // Day 0, 1970-01-01, was a Thursday.
    let week = |day: i64| (day + 3).div_euclid(7);
    let weekday = u8::try_from((date + 3).rem_euclid(7) + 1).ok()?;
    let day = match today - date {
        0 => Day::Today,
        1 => Day::Yesterday,
        2..=6 => Day::Weekday(weekday),
        7..=13 if week(today) - week(date) == 1 => Day::LastWeek(weekday),
        _ => return None,
    };
    let minutes = then.rem_euclid(DAY) / 60;
    Some(Message::Day { day, hour: u8::try_from(minutes / 60).ok()?, minute: u8::try_from(minutes % 60).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOURS: i64 = 3_600_000;

    /// Local time is one hour ahead of UTC; `at` is a local hour after Thursday, 1970-01-01.
    fn said(at: i64, now: i64) -> String {
        let at = Timestamp::from_millis((at - 1) * HOURS);
        let age = Timestamp::from_millis((now - 1) * HOURS).since(at);
        ago(at, age, &|_| Some(3_600)).unwrap().to_string()
    }

    #[test]
    fn day_is_a_day_of_the_local_calendar() {
        assert_eq!(said(9, 12), "today at 09:00");
        assert_eq!(said(23, 24), "60 min ago");
        assert_eq!(said(23, 26), "yesterday at 23:00");
        assert_eq!(said(0, 47), "yesterday at 00:00");
        assert_eq!(said(0, 48), "on Thursday at 00:00");
        assert_eq!(said(0, 24 * 7 - 1), "on Thursday at 00:00");
        assert_eq!(said(0, 24 * 7), "on Thursday last week");
        assert_eq!(said(0, 24 * 10), "on Thursday last week");
        assert_eq!(said(0, 24 * 11), "11 days ago", "on Monday, it is the week before the last");
        assert_eq!(said(24 * 4, 24 * 17), "on Monday last week");
        assert_eq!(said(-24, 0), "yesterday at 00:00", "before 1970");
    }

    #[test]
    fn time_of_day_is_told_from_the_first_second_on() {
        let (at, now) = (Timestamp::from_millis(8 * HOURS), Timestamp::from_millis(8 * HOURS + 1_000));
        assert_eq!(clock_time(at, now, &|_| Some(3_600)).unwrap().to_string(), "today at 09:00");
        assert_eq!(clock_time(at, now, &|_| None).unwrap().to_string(), "1 s ago");
        assert_eq!(clock_time(now, at, &|_| Some(3_600)), None, "in the future");
    }

    #[test]
    fn each_moment_has_the_offset_of_its_own_season() {
        let summer = |at: Timestamp| Some(if at.as_millis() < 0 { 7_200 } else { 3_600 });
        let (at, age) = (Timestamp::from_millis(-24 * HOURS), Some(Duration::from_secs(46 * 3600)));
        assert_eq!(ago(at, age, &summer).unwrap().to_string(), "yesterday at 02:00");
        assert_eq!(ago(at, age, &|_| None).unwrap().to_string(), "46 h ago");
    }

    proptest! {
        #[test]
        fn any_moment_in_any_zone_has_words(at: i64, age: u64, east: i32) {
            let age = Some(Duration::from_millis(age));
            let message = ago(Timestamp::from_millis(at), age, &|_| Some(east)).unwrap();
            prop_assert!(!message.to_string().is_empty() && message.is_time());
        }
    }
}
