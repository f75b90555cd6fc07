//! Lists of which only the visible rows are asked for, and the line for oneself.

use std::cell::RefCell;
use std::time::Duration;

use leftoff::{Mark, Session};
use leftoff_ratatui::{Arrow, NoteLine, Shown};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

use crate::screens::{NOON, rows};

/// One frame of a list of a million mails, of which five rows are visible; the rows and records that were asked for.
fn frame(arrow: &mut Arrow, session: &mut Session, offset: usize) -> (Shown, Vec<String>) {
    assert!(!arrow.prepare(session));
    let asked = RefCell::new(Vec::new());
    let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 7));
    arrow.begin(buffer.area);
    let record = |row: usize| {
        asked.borrow_mut().push(format!("row {row}"));
        format!("m-{row}")
    };
    let row_of = |mail: &str| {
        asked.borrow_mut().push(mail.to_owned());
        mail.strip_prefix("m-")?.parse().ok().filter(|row| *row < 1_000_000)
    };
    arrow.list("mail", Rect::new(2, 1, 16, 5), offset..offset + 5, record, row_of);
    let shown = arrow.draw(&mut buffer, session.marker(), NOON);
    (shown, asked.into_inner())
}

/// Left at this mail.
fn left_at(path: &str) -> Session {
    let mut session = Session::in_memory();
    session.mark(Mark::new(path).label("a mail"));
    session.suspend("lunch").unwrap();
    session.wake();
    session
}

#[test]
fn list_without_a_marker_is_asked_for_its_visible_rows_only() {
    let (_, asked) = frame(&mut Arrow::new(), &mut Session::in_memory(), 7);
    assert_eq!(asked, ["row 7", "row 8", "row 9", "row 10", "row 11"]);
    let (shown, asked) = frame(&mut Arrow::new(), &mut left_at("mail/m-8/subject"), 7);
    assert_eq!(asked.len(), 5, "it is visible: {asked:?}");
    assert!(matches!(shown, Shown::Region(_)), "the row, of which the subject is a part: {shown:?}");
    let (shown, asked) = frame(&mut Arrow::new(), &mut left_at("mail/m-8"), 7);
    assert_eq!((shown, asked.len()), (Shown::Arrow(Position::new(1, 2)), 5));
}

#[test]
fn marked_row_out_of_view_is_asked_for_and_pointed_to_in_the_first_frame() {
    for (row, lines) in [(123_456, 123_456 - 11), (3, -4)] {
        let (mut session, mut arrow) = (left_at(&format!("mail/m-{row}")), Arrow::new());
        let (shown, asked) = frame(&mut arrow, &mut session, 7);
        assert_eq!(asked.last(), Some(&format!("m-{row}")));
        assert!(matches!(shown, Shown::Edge(_)), "{shown:?}");
        assert_eq!(arrow.reveal(), lines);
        let there = usize::try_from(7 + arrow.reveal()).unwrap();
        assert!(matches!(frame(&mut arrow, &mut session, there).0, Shown::Arrow(_)));
    }
}

#[test]
fn deleted_row_is_not_pointed_to() {
    let mut arrow = Arrow::new();
    let (shown, _) = frame(&mut arrow, &mut left_at("mail/m-2000000"), 7);
    assert!(matches!(shown, Shown::Region(_)) && arrow.target().is_none(), "{shown:?}");
    let (_, asked) = frame(&mut Arrow::new(), &mut left_at("mailing/m-3"), 7);
    assert_eq!(asked.len(), 5, "another list");
}

fn typed(text: &str) -> NoteLine {
    let mut line = NoteLine::new();
    text.chars().for_each(|char| line.insert(char));
    line
}

fn drawn(line: &NoteLine, width: u16) -> (String, u16) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
    line.render(buffer.area, &mut buffer);
    (rows(&buffer).remove(0), line.cursor(buffer.area).x)
}

#[test]
fn note_line_shows_the_end_of_what_is_typed_and_the_cursor_behind_it() {
    assert_eq!(drawn(&typed("call Ana"), 20), ("Next: call Ana".to_owned(), 14));
    assert_eq!(drawn(&typed("call Ana"), 12), ("Next: l Ana".to_owned(), 11));
    assert_eq!(drawn(&typed("東京都"), 12), ("Next: 京都".to_owned(), 10));
    for width in 0..7 {
        assert!(drawn(&typed("call"), width).1 < width.max(1), "{width}");
    }
    assert_eq!(drawn(&NoteLine::new().prompt("Weiter: "), 20), ("Weiter:".to_owned(), 8));
}

#[test]
fn note_line_takes_no_control_characters_and_deletes_whole_characters() {
    let mut line = typed("a\u{1b}\n\te\u{301}");
    assert_eq!(line.text(), "ae\u{301}");
    line.backspace();
    assert_eq!(line.text(), "a");
    line.backspace();
    line.backspace();
    assert_eq!(line.text(), "");
    let line = typed(&"q".repeat(Mark::MAX_TEXT + 9));
    assert_eq!(line.text().len(), Mark::MAX_TEXT);
    assert!(!format!("{line:?}").contains('q'), "no content");
}

#[test]
fn note_comes_first_on_the_card_after_the_absence() {
    let (mut session, mut arrow) = (Session::in_memory(), Arrow::new());
    session.mark(Mark::new("mail/m-1").label("a mail"));
    session.suspend_with_note("lunch", typed("call Ana").text()).unwrap();
    session.wake();
    let mut policy = leftoff::marker::cue::CuePolicy::default();
    (policy.quiet_below, policy.line_from, policy.card_from) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    arrow = arrow.policy(policy);
    frame(&mut arrow, &mut session, 0);
    assert_eq!(arrow.card().unwrap().lines()[0], "Note: call Ana");
}
