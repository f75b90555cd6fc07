//! The status line and the card.

use std::time::Duration;

use leftoff::marker::place::Direction;
use leftoff::time::Timestamp;
use leftoff::{Action, Mark, Marker, Phase, Reason};
use leftoff_ratatui::{Arrow, Text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::screens::{NOON, marker, rows};

/// One frame with these elements.
pub(crate) fn frame(arrow: &mut Arrow, marker: &Marker, elements: &[&str]) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 8));
    arrow.begin(buffer.area);
    for (y, path) in (1..).step_by(2).zip(elements) {
        arrow.register(*path, Rect::new(2, y, 10, 1));
    }
    arrow.draw(&mut buffer, Some(marker), NOON);
}

/// Left off so long ago, with a trail and a note.
pub(crate) fn away(hours: u64) -> Marker {
    let touched = |before: u64| {
        let before = i64::try_from(hours * 3_600_000 + before * 60_000).unwrap();
        Timestamp::from_millis(NOON.as_millis() - before)
    };
    let marks = [
        (Mark::new("trip/first-day").label("First day"), touched(20)),
        (Mark::new("login/pin").label("PIN").sensitive(), touched(10)),
        (
            Mark::new("money/amount")
                .action(Action::Edit)
                .phase(Phase::InProgress)
                .label("Amount")
                .breadcrumb(&["Money"])
                .note("call Ana"),
            touched(0),
        ),
    ];
    Marker::from_marks("main", marks, Some(Duration::from_secs(hours * 3600)), Some(Reason::Call)).unwrap()
}

fn line(arrow: &Arrow, width: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
    arrow.status_line().render(buffer.area, &mut buffer);
    rows(&buffer).remove(0)
}

#[test]
fn the_line_says_where_and_what_and_when_and_how_sure_that_is() {
    let mut arrow = Arrow::new().utc_offset(|_| None);
    frame(&mut arrow, &away(2), &["money/amount"]);
    let expected =
        "Note: call Ana. Where you left off: Amount, in Money, edited, not finished, 2 hours ago, before a call";
    assert_eq!(line(&arrow, 120), format!("{expected}."));
    frame(&mut arrow, &away(2), &["money/currency"]);
    assert_eq!(line(&arrow, 200), format!("{expected}; it was around here."));
    frame(&mut arrow, &away(2), &["search"]);
    assert_eq!(line(&arrow, 200), format!("{expected}; it is no longer here."));
}

#[test]
fn one_line_for_a_log_has_place_and_time_whatever_is_shown() {
    let mut arrow = Arrow::new();
    assert_eq!(arrow.one_line(), None);
    let mark = Mark::new("queue/7").label("Job\nseven").breadcrumb(&["Queue"]).note("call\nAna");
    let marker = Marker::from_marks("main", [(mark, NOON)], None, None).unwrap();
    frame(&mut arrow, &marker, &["queue/7"]);
    let line = arrow.one_line().unwrap();
    assert_eq!(line, "Job seven, in Queue, just now");
    arrow.dismiss();
    assert!(arrow.status_line().is_empty());
    frame(&mut arrow, &marker, &["queue/7"]);
    assert!(arrow.one_line().is_some());
}

#[test]
fn a_line_that_is_too_long_is_cut_and_says_so() {
    let mut arrow = Arrow::new();
    frame(&mut arrow, &away(2), &["money/amount"]);
    assert_eq!(line(&arrow, 22), "Note: call Ana. Amoun…");
    assert_eq!((line(&arrow, 1), line(&arrow, 0)), ("…".to_owned(), String::new()));
    let mut arrow = Arrow::new().ascii().direction(Direction::RightToLeft);
    frame(&mut arrow, &away(2), &["money/amount"]);
    assert_eq!(line(&arrow, 22), "Note: call Ana. Amo...");
    let whole = arrow.status_line().text().len();
    let narrow = u16::try_from(whole).unwrap() - 1;
    assert!(line(&arrow, narrow).contains("Ana. Amount") && line(&arrow, narrow + 1).contains("Ana. Where"));
    assert!(line(&arrow, narrow).ends_with("before a call"), "shorter words instead of a cut");
    assert!(line(&arrow, 120).starts_with("     "), "it stands at the right");
}

#[test]
fn line_has_the_age_of_the_frame_that_draws_it() {
    let mut arrow = Arrow::new().utc_offset(|_| Some(3_600));
    let mark = Mark::new("money/amount").action(Action::Edit).label("Amount").breadcrumb(&["Money"]);
    let left = Timestamp::from_millis(NOON.as_millis() - 2 * 3_600_000);
    let marker = Marker::from_marks("main", [(mark, left)], Some(Duration::from_secs(3600)), None).unwrap();
    let mut said = |hours: i64| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 8));
        arrow.begin(buffer.area);
        arrow.register("money/amount", Rect::new(2, 1, 10, 1));
        let now = Timestamp::from_millis(NOON.as_millis() + hours * 3_600_000);
        arrow.draw(&mut buffer, Some(&marker), now);
        arrow.status_line().text().to_owned()
    };
    assert_eq!(said(-1), "Where you left off: Amount, in Money, edited, 60 minutes ago.");
    assert_eq!(said(0), "Where you left off: Amount, in Money, edited, today at 11:00.");
    assert_eq!(said(24), "Where you left off: Amount, in Money, edited, yesterday at 11:00.");
}

#[test]
fn nothing_is_said_without_a_marker() {
    let mut arrow = Arrow::new();
    assert!(arrow.status_line().is_empty() && arrow.card().is_none() && arrow.cue().is_none());
    frame(&mut arrow, &marker("money/amount"), &["money/amount"]);
    assert!(!arrow.status_line().is_empty());
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 8));
    arrow.draw(&mut buffer, None, NOON);
    assert!(arrow.status_line().is_empty() && arrow.target().is_none());
    // An empty line leaves the row to the program.
    let mut row = Buffer::with_lines(["hints"]);
    arrow.status_line().render(row.area, &mut row);
    assert_eq!(rows(&row), ["hints"]);
}

#[test]
fn the_words_are_the_programs_own_to_choose() {
    let last = "Zuletzt".to_owned();
    let mut arrow = Arrow::new().texts(move |text| match text {
        Text::Line(card, _) => Some(format!("{last}: {}", card.location())),
        _ => None,
    });
    frame(&mut arrow, &marker("money/amount"), &["money/amount"]);
    assert_eq!(line(&arrow, 40), "Zuletzt: Amount, in Money");
}

#[test]
fn a_private_field_is_not_named() {
    let mark = Mark::new("login/pin").label("secret").detail("secret").sensitive();
    let marker = Marker::from_marks("main", [(mark, NOON)], None, None).unwrap();
    let mut arrow = Arrow::new();
    frame(&mut arrow, &marker, &["login/user"]);
    let shown = format!("{} {:?}", line(&arrow, 150), arrow);
    assert!(shown.contains("a private field") && !shown.contains("secret") && !shown.contains("pin,"), "{shown}");
}

#[test]
fn debug_shows_no_content() {
    let mut arrow = Arrow::new();
    frame(&mut arrow, &away(2), &["money/amount"]);
    let shown = format!("{arrow:?} {:?} {:?}", arrow.status_line(), arrow.card());
    assert!(!shown.contains("Amount") && !shown.contains("Ana"), "{shown}");
}
