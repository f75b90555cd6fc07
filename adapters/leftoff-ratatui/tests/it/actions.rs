//! What the user can do with the card, and which keys are shown for it.

use std::time::Duration;

use leftoff::marker::cue::{Cue, Salience};
use leftoff::time::Timestamp;
use leftoff::{Action, Mark, Marker, Phase, Reason, Session};
use leftoff_ratatui::{Arrow, CardAction};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::widgets::Widget;

use crate::screens::{NOON, rows};
use crate::words::{away, frame};

const FORM: &[&str] = &["money/amount", "money/currency"];

fn arrow() -> Arrow {
    let arrow = Arrow::new().utc_offset(|_| None);
    arrow.key(CardAction::Continue, "F5").key(CardAction::Done, "F6").key(CardAction::NotNow, "Esc")
}

#[test]
fn a_finished_element_has_no_arrow_and_is_finished_at_the_next_start() {
    let mut session = Session::in_memory();
    session.mark(Mark::new("money/amount").action(Action::Edit).phase(Phase::InProgress));
    let mut arrow = arrow();
    frame(&mut arrow, &left(2), FORM);
    assert!(!arrow.finish(&mut session, "money/currency"), "the arrow points at another element");
    assert_eq!(session.last_mark().unwrap().phase(), Phase::InProgress);
    assert!(arrow.finish(&mut session, "money/amount"));
    assert_eq!(session.last_mark().unwrap().phase(), Phase::Committed);
    assert_eq!(arrow.cue().map(Cue::salience), Some(Salience::Hidden));
}

/// One frame, in which the marked element is on another page.
fn elsewhere(arrow: &mut Arrow, marker: &Marker) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 8));
    arrow.begin(buffer.area);
    arrow.register("trip/first-day", Rect::new(2, 1, 10, 1));
    arrow.known("money/amount");
    arrow.draw(&mut buffer, Some(marker), NOON);
}

fn status(arrow: &Arrow, width: u16) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, arrow.status_height(width)));
    arrow.status_line().render(buffer.area, &mut buffer);
    rows(&buffer)
}

/// Without a note, which comes before everything else.
fn left(hours: u64) -> Marker {
    let mark = Mark::new("money/amount").action(Action::Edit).phase(Phase::InProgress).label("Amount");
    let ago = Timestamp::from_millis(NOON.as_millis() - i64::try_from(hours * 3_600_000).unwrap());
    let away = Some(Duration::from_secs(hours * 3600));
    Marker::from_marks("main", [(mark.breadcrumb(&["Money"]), ago)], away, Some(Reason::Call)).unwrap()
}

#[test]
fn only_what_has_an_effect_is_offered() {
    let mut arrow = arrow();
    assert!(arrow.offers().is_empty(), "there is no marker");
    frame(&mut arrow, &left(2), FORM);
    assert_eq!(arrow.offers(), [CardAction::NotNow, CardAction::Done], "it is in view");
    elsewhere(&mut arrow, &left(2));
    assert_eq!(arrow.offers(), [CardAction::Continue, CardAction::NotNow, CardAction::Done]);
    frame(&mut arrow, &left(2), &["money/currency"]);
    assert_eq!(arrow.offers(), [CardAction::NotNow, CardAction::Done], "it is gone");

    let finished = Mark::new("money/amount").phase(Phase::Committed).label("Amount");
    let finished = Marker::from_marks("main", [(finished, NOON)], None, None).unwrap();
    frame(&mut arrow, &finished, FORM);
    assert_eq!(arrow.offers(), [CardAction::NotNow], "it is done already");
}

#[test]
fn row_that_is_scrolled_out_of_view_can_be_continued() {
    let mut arrow = arrow();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 5));
    arrow.begin(buffer.area);
    for (row, path) in ["money/a", "money/b", "money/c", "money/d", "money/amount"].iter().enumerate() {
        arrow.register_lines(*path, Rect::new(2, 1, 10, 3), row..row + 1, 0);
    }
    arrow.draw(&mut buffer, Some(&left(2)), NOON);
    assert!(arrow.offers().contains(&CardAction::Continue));
    assert_eq!(arrow.reveal(), 2);
}

#[test]
fn done_marks_the_element_as_finished_and_hides_the_marker() {
    let (mut session, mut arrow) = (Session::in_memory(), arrow());
    session.mark(Mark::new("money/amount").label("Amount"));
    frame(&mut arrow, &left(2), FORM);
    assert!(arrow.act(&mut session, CardAction::Done), "to be drawn again");
    let last = session.last_mark().unwrap();
    assert_eq!((last.element(), last.phase(), last.label()), ("money/amount", Phase::Committed, Some("Amount")));
    assert!(arrow.status_line().is_empty() && arrow.offers().is_empty());

    session.mark("money/currency");
    assert!(!arrow.act(&mut session, CardAction::Done), "the key has no meaning now");
    assert_eq!(session.last_mark().unwrap().element(), "money/currency");
}

#[test]
fn not_now_leaves_a_bookmark_until_the_next_return() {
    let (mut session, mut arrow) = (Session::in_memory(), arrow());
    frame(&mut arrow, &left(2), FORM);
    arrow.user_active();
    assert!(arrow.act(&mut session, CardAction::NotNow));
    assert_eq!(status(&arrow, 50), ["You left off at Amount, in Money", "F5 continue", ""]);
    arrow.away();
    arrow.user_active();
    assert_eq!(arrow.cue().map(Cue::salience), Some(Salience::Prominent));

    arrow.act(&mut session, CardAction::NotNow);
    assert!(arrow.act(&mut session, CardAction::Continue));
    assert_eq!((arrow.cue().map(Cue::salience), arrow.target()), (Some(Salience::Prominent), Some("money/amount")));
}

#[test]
fn arrow_that_fades_without_the_user_having_been_there_leaves_a_bookmark() {
    let mut arrow = Arrow::new();
    frame(&mut arrow, &left(2), FORM);
    for path in ["a", "b"].iter().cycle().take(10) {
        arrow.touched(path);
    }
    assert_eq!(arrow.status_line().text(), "You left off at Amount, in Money");
    let mut arrow = Arrow::new();
    frame(&mut arrow, &left(2), FORM);
    for path in ["money/amount", "b"].iter().cycle().take(10) {
        arrow.touched(path);
    }
    assert!(arrow.status_line().is_empty(), "the user has been back");
}

#[test]
fn status_line_has_its_keys_in_the_same_row_only_if_that_is_wide_enough() {
    let mut arrow = arrow();
    elsewhere(&mut arrow, &left(2));
    let keys = "F5 continue  Esc not now  F6 done";
    let wide = status(&arrow, 160);
    assert!(
        wide.len() == 1 && wide[0].starts_with("Where you left off: Amount") && wide[0].ends_with(keys),
        "{wide:?}"
    );
    let row = status(&arrow, 80);
    assert_eq!(row[0], "Amount, in Money, edited, not finished, 2 h ago, before a call");
    assert_eq!(row[1], keys);
    let narrow = ["Amount, in Money, edited, not finished,", "2 h ago, before a call", keys];
    assert_eq!(status(&arrow, 40), narrow, "the news comes first");
    assert_eq!(status(&arrow, 20), ["Amount, in Money, 2", "h ago, before a call", "F5 continue  Esc no…"]);

    // A program with a single row: not more than half of it for the keys.
    let mut row = Buffer::empty(Rect::new(0, 0, 80, 1));
    arrow.status_line().render(row.area, &mut row);
    assert_eq!(rows(&row), [format!("{:47}{keys}", "Amount, in Money, 2 h ago, before a call")]);
    assert_eq!((row[(0, 0)].modifier, row[(79, 0)].modifier), (Modifier::BOLD, Modifier::empty()));
    let mut row = Buffer::empty(Rect::new(0, 0, 40, 1));
    arrow.status_line().render(row.area, &mut row);
    assert_eq!(rows(&row), ["Amount, in Money, 2 h ago, before a call"]);
}

#[test]
fn narrow_status_line_shortens_the_place_and_keeps_age_and_reason_whole() {
    let mark =
        Mark::new("money/amount").action(Action::Edit).phase(Phase::InProgress).label("Amount in local currency");
    let mark = mark.breadcrumb(&["Trip to the fair in Lisbon", "Costs of the hotel"]);
    let ago = Timestamp::from_millis(NOON.as_millis() - 7_200_000);
    let marker = Marker::from_marks("main", [(mark, ago)], Some(Duration::from_secs(7200)), Some(Reason::PowerLoss));
    let mut arrow = Arrow::new().utc_offset(|_| None);
    frame(&mut arrow, &marker.unwrap(), FORM);
    let in_rows = |(width, height)| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        arrow.status_line().render(buffer.area, &mut buffer);
        rows(&buffer)
    };
    let why = "2 h ago, before the computer went down";
    for (size, place) in
        [((80, 1), "Amount in local c…, edited"), ((40, 1), ""), ((40, 2), "Amount"), ((80, 2), "Amount")]
    {
        let row = in_rows(size).join(" ");
        assert!(row.starts_with(place) && row.contains(why), "{size:?}: {row}");
    }
    assert_eq!(in_rows((80, 2)).join(" ").matches('…').count(), 0, "a second row holds all of it");
    assert_eq!(in_rows((12, 1)), ["Amount in l…"], "where nothing fits, the start");
}

#[test]
fn narrow_status_line_leaves_out_the_last_caption_rather_than_all_but_its_first_letter() {
    let mark = Mark::new("trip/destination").action(Action::Edit).label("Destination").breadcrumb(&["Trip"]);
    let ago = Timestamp::from_millis(NOON.as_millis() - 7_200_000);
    let marker = Marker::from_marks("main", [(mark, ago)], Some(Duration::from_secs(7200)), Some(Reason::PowerLoss));
    let mut arrow = Arrow::new().utc_offset(|_| None);
    frame(&mut arrow, &marker.unwrap(), FORM);
    let whole = "Destination, in Trip, edited, 2 h ago, before the computer went down".len();
    for width in (45..=whole).rev() {
        let mut row = Buffer::empty(Rect::new(0, 0, u16::try_from(width).unwrap(), 1));
        arrow.status_line().render(row.area, &mut row);
        let row = rows(&row).remove(0);
        assert!(!row.contains(", in") || row.contains(", in Trip,"), "{width}: {row}");
    }
}

#[test]
fn height_of_the_status_line_is_known_before_a_frame_and_stays() {
    let (mut session, mut arrow) = (Session::in_memory(), arrow());
    assert!(!arrow.prepare(&mut session));
    assert_eq!(arrow.status_height(80), 0, "there is no marker");
    session.mark("money/amount");
    session.suspend("lunch").unwrap();
    session.wake();
    assert!(!arrow.prepare(&mut session));
    assert_eq!([40, 159, 160].map(|width| arrow.status_height(width)), [3, 2, 1]);
    assert_eq!(Arrow::new().status_height(40), 0);
    frame(&mut arrow, session.marker().unwrap(), FORM);
    arrow.dismiss();
    frame(&mut arrow, session.marker().unwrap(), FORM);
    assert_eq!(arrow.status_height(40), 3, "though it is empty now");
}

#[test]
fn open_card_has_the_keys_below_its_text_however_small_it_is() {
    let mut arrow = arrow();
    elsewhere(&mut arrow, &away(48));
    assert_eq!(arrow.status_line().hints(), "", "not twice");
    let card = arrow.card().unwrap();
    let drawn = |height| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, height));
        card.clone().render(buffer.area, &mut buffer);
        rows(&buffer)
    };
    let whole = drawn(card.height(40));
    assert!(whole[1].starts_with("│ Note: call Ana"), "{whole:?}");
    assert_eq!(whole[whole.len() - 2], "│ F5 continue  Esc not now  F6 done    │");
    let small = drawn(4);
    assert_eq!(small[1..3], ["│ Note: call Ana …                     │", "│ F5 continue  Esc not now  F6 done    │"]);
    assert_eq!(drawn(3)[1], "│ Note: call Ana …                     │", "rather than keys alone");
}

#[test]
fn keys_speak_the_language_of_the_program() {
    let mut arrow = arrow().texts(|text| match text {
        leftoff_ratatui::Text::Action(CardAction::Done) => Some("erledigt".to_owned()),
        _ => None,
    });
    frame(&mut arrow, &left(2), FORM);
    assert_eq!(arrow.status_line().hints(), "Esc not now  F6 erledigt");
    let mut none = Arrow::new();
    frame(&mut none, &left(2), FORM);
    assert_eq!(none.status_line().hints(), "", "no key is bound");
}

#[test]
fn take_over_is_told_before_the_frame_is_drawn() {
    use leftoff::{AppId, Section};

    const EMAIL: Section<String> = Section::new("email", 1);
    let dir = tempfile::tempdir().unwrap();
    let open = || Session::builder(AppId::new("org.example.contacts")).dir(dir.path()).open();
    let mut first = open();
    let (mut second, mut arrow) = (open(), Arrow::new());
    assert!(!arrow.prepare(&mut second));
    first.save(|capture| capture.set(EMAIL, &"ana@x.eu".to_owned())).unwrap();
    first.close().unwrap();
    let give_up = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !arrow.prepare(&mut second) {
        assert!(std::time::Instant::now() < give_up);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(second.get(EMAIL).unwrap().as_deref(), Some("ana@x.eu"));
    assert!(!arrow.prepare(&mut second), "once");
}
