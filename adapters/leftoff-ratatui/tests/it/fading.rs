//! Louder and quieter, and what is said when.

use std::time::Duration;

use leftoff::marker::TrailEntry;
use leftoff::marker::cue::{Cue, FocusAdvice, Salience};
use leftoff::{Action, Mark, Marker, Session};
use leftoff_ratatui::{Arrow, Shown};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::screens::{NOON, rows};
use crate::words::{away, frame};

const AMOUNT: &[&str] = &["money/amount", "money/currency"];

fn salience(arrow: &Arrow) -> Option<Salience> {
    arrow.cue().map(Cue::salience)
}

/// After one frame.
fn shown(hours: u64) -> Arrow {
    let mut arrow = Arrow::new().utc_offset(|_| Some(0));
    frame(&mut arrow, &away(hours), AMOUNT);
    arrow
}

#[test]
fn it_is_quiet_once_the_user_is_back_at_the_element() {
    let mut arrow = shown(2);
    assert_eq!(salience(&arrow), Some(Salience::Prominent));
    assert!(arrow.touched("money/amount"));
    assert_eq!(salience(&arrow), Some(Salience::Quiet));
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 3));
    arrow.begin(buffer.area);
    arrow.register("money/amount", Rect::new(2, 1, 10, 1));
    arrow.draw(&mut buffer, Some(&away(2)), NOON);
    assert_eq!(rows(&buffer), ["", " ▶", ""], "no words any more");
    assert_eq!((buffer[(1, 1)].modifier, buffer[(2, 1)].modifier), (Modifier::BOLD, Modifier::empty()));
}

#[test]
fn a_burst_of_keys_is_one_touch() {
    let mut arrow = shown(2);
    for _ in 0..50 {
        arrow.touched("money/currency");
    }
    assert_eq!(salience(&arrow), Some(Salience::Prominent));
    arrow.touched("a");
    arrow.touched("b");
    assert_eq!(salience(&arrow), Some(Salience::Quiet));
    for path in ["c", "d"].iter().cycle().take(7) {
        assert_eq!(salience(&arrow), Some(Salience::Quiet));
        arrow.touched(path);
    }
    assert_eq!(salience(&arrow), Some(Salience::Hidden));
}

#[test]
fn one_call_marks_in_the_session_and_fades_the_arrow() {
    let (mut session, mut arrow) = (Session::in_memory(), shown(2));
    for _ in 0..50 {
        arrow.mark(&mut session, Mark::new("money/currency").action(Action::Edit));
    }
    assert_eq!(salience(&arrow), Some(Salience::Prominent), "a burst of keys is one touch");
    assert!(arrow.mark(&mut session, "money/amount"), "to be drawn again");
    assert_eq!(salience(&arrow), Some(Salience::Quiet));
    assert_eq!(session.last_mark().map(TrailEntry::element), Some("money/amount"));
    for path in ["c", "d"].iter().cycle().take(10) {
        arrow.mark(&mut session, *path);
    }
    assert_eq!(salience(&arrow), Some(Salience::Hidden));
}

#[test]
fn time_counts_from_the_first_key_on() {
    let mut arrow = shown(2);
    assert!(!arrow.tick(Duration::from_secs(3600)));
    arrow.user_active();
    arrow.tick(Duration::from_secs(14));
    assert_eq!(salience(&arrow), Some(Salience::Prominent));
    assert!(arrow.tick(Duration::from_secs(1)));
    assert_eq!(salience(&arrow), Some(Salience::Hidden));
}

#[test]
fn what_was_dismissed_is_not_drawn_until_it_is_wanted_back() {
    let mut arrow = shown(48);
    assert!(arrow.dismiss());
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 3));
    let mut draw = |arrow: &mut Arrow| {
        arrow.begin(buffer.area);
        arrow.register("money/amount", Rect::new(2, 1, 10, 1));
        arrow.draw(&mut buffer, Some(&away(48)), NOON)
    };
    assert_eq!(draw(&mut arrow), Shown::Nothing);
    assert!(arrow.status_line().is_empty() && arrow.card().is_none());
    assert_eq!(arrow.target(), Some("money/amount"), "to be taken back to");
    assert!(arrow.take_back());
    assert!(matches!(draw(&mut arrow), Shown::Arrow(_)));
    assert!(!arrow.status_line().is_empty());
}

#[test]
fn another_absence_begins_anew() {
    let mut arrow = shown(2);
    arrow.touched("money/amount");
    arrow.away();
    arrow.user_active();
    assert_eq!(salience(&arrow), Some(Salience::Prominent));
    arrow.touched("money/amount");
    frame(&mut arrow, &away(3), AMOUNT);
    assert_eq!(salience(&arrow), Some(Salience::Prominent), "another marker");
}

/// After one frame without a marker: later ones are as loud as the absence was long.
fn started() -> Arrow {
    let mut arrow = Arrow::new();
    arrow.begin(Rect::new(0, 0, 40, 3));
    arrow.draw(&mut Buffer::empty(Rect::new(0, 0, 40, 3)), None, NOON);
    arrow
}

fn briefly_away(seconds: u64) -> Marker {
    Marker::from_marks(
        "main",
        [(Mark::new("money/amount").label("Amount").action(Action::Edit), NOON)],
        Some(Duration::from_secs(seconds)),
        None,
    )
    .unwrap()
}

#[test]
fn the_longer_the_absence_the_more_is_said() {
    let said = |marker: &Marker| {
        let mut arrow = started();
        frame(&mut arrow, marker, AMOUNT);
        (salience(&arrow), !arrow.status_line().is_empty(), arrow.card().is_some())
    };
    assert_eq!(said(&briefly_away(20)), (Some(Salience::Quiet), false, false));
    assert_eq!(said(&briefly_away(300)), (Some(Salience::Prominent), false, false));
    assert_eq!(said(&away(2)), (Some(Salience::Prominent), true, false));
    assert_eq!(said(&away(48)), (Some(Salience::Prominent), true, true));
}

#[test]
fn first_frame_after_a_start_shows_the_whole_thing_however_short_the_absence() {
    let mut arrow = Arrow::new();
    frame(&mut arrow, &briefly_away(2), AMOUNT);
    assert_eq!((salience(&arrow), arrow.status_line().is_empty()), (Some(Salience::Prominent), false));
}

#[test]
fn the_card_has_the_trail_and_the_note_and_no_secrets() {
    let card = shown(48).card().unwrap();
    let expected = [
        "Note: call Ana",
        "Amount, in Money: edited, not finished, on Tuesday at 12:00, before a call",
        "before that, a private field, on Tuesday at 11:50",
        "before that, First day, on Tuesday at 11:40",
    ];
    assert_eq!(card.lines(), expected);
}

#[test]
fn who_was_away_for_minutes_is_told_in_words_when_the_first_key_is_pressed() {
    let mut arrow = started();
    frame(&mut arrow, &briefly_away(300), AMOUNT);
    assert!(arrow.status_line().is_empty(), "nobody is there");
    arrow.user_active();
    frame(&mut arrow, &briefly_away(300), AMOUNT);
    assert!(!arrow.status_line().is_empty());
}

#[test]
fn a_key_that_brings_the_marker_is_a_sign_of_the_user() {
    let mut arrow = started();
    arrow.touched("money/currency");
    frame(&mut arrow, &briefly_away(300), AMOUNT);
    assert!(!arrow.status_line().is_empty());
    assert_eq!(salience(&arrow), Some(Salience::Prominent));
}

#[test]
fn where_nothing_points_there_are_words() {
    let mut arrow = started();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 3));
    arrow.begin(buffer.area);
    arrow.known("money/amount");
    arrow.draw(&mut buffer, Some(&briefly_away(300)), NOON);
    assert!(!arrow.status_line().is_empty(), "it is on another page");
    frame(&mut arrow, &briefly_away(300), AMOUNT);
    assert!(arrow.status_line().is_empty(), "now it can be seen");
    frame(&mut arrow, &briefly_away(300), &["search"]);
    assert!(!arrow.status_line().is_empty(), "now it is gone");
}

#[test]
fn where_only_the_element_is_emphasized_there_are_words() {
    let (mut arrow, mut buffer) = (started(), Buffer::empty(Rect::new(0, 0, 20, 3)));
    let mut draw = |arrow: &mut Arrow, text: &str| {
        arrow.begin(buffer.area);
        for y in 0..3 {
            buffer.set_string(0, y, text, ratatui::style::Style::new());
            arrow.register(["mail/1", "money/amount", "mail/3"][usize::from(y)], Rect::new(0, y, 20, 1));
        }
        arrow.draw(&mut buffer, Some(&briefly_away(300)), NOON)
    };
    assert_eq!(draw(&mut arrow, "a row as wide as all"), Shown::Emphasis);
    assert!(arrow.status_line().text().contains("Amount"), "a selected row looks the same");
    assert!(matches!(draw(&mut arrow, "a row with blanks   "), Shown::Arrow(_)));
    assert!(arrow.status_line().is_empty(), "now there is an arrow");
}

#[test]
fn the_advice_of_the_cue_can_be_had() {
    assert_eq!(shown(2).cue().map(Cue::focus_advice), Some(FocusAdvice::OnTarget));
}
