//! What the user can do on the card, and at the bookmark that remains.

use std::time::Duration;

use eframe::egui::Key;
use egui_kittest::kittest::Queryable;
use leftoff::marker::cue::{CardSize, Salience};
use leftoff::{Phase, Reason};

use crate::app::Options;
use crate::support::{Desk, Place};

const BACK: &str = "Back to where you left off";

fn left_at_amount() -> Place {
    let place = Place::default();
    place.open(Options::default()).write("Amount", "1 200");
    place
}

fn returned(place: &Place) -> Desk {
    let mut desk = place.open(Place::after(42));
    desk.stir();
    desk
}

fn has(desk: &Desk, label: &str) -> bool {
    desk.0.query_by_label(label).is_some()
}

#[test]
fn card_offers_only_what_it_can_do() {
    let desk = returned(&left_at_amount());
    assert!(has(&desk, "Not now") && has(&desk, "Already done"));
    assert!(!has(&desk, "Continue"), "the arrow is in view");
    assert!(!has(&desk, "Undo restore"), "nothing crashed");
    let place = Place::default();
    place.open(Options::default()).click("Send");
    assert!(!has(&returned(&place), "Already done"), "it is finished");
}

#[test]
fn already_done_is_kept() {
    let place = left_at_amount();
    let mut desk = returned(&place);
    desk.click("Already done");
    assert_eq!(desk.0.state().arrow.salience(), Salience::Hidden);
    assert!(!has(&desk, BACK), "nobody has to go back there");
    let last = desk.0.state().session.last_mark().unwrap();
    assert_eq!((last.label(), last.phase()), (Some("Amount"), Phase::Committed));
    drop(desk);
    assert_eq!(place.session().marker().map(leftoff::Marker::phase), Some(Phase::Committed));
}

#[test]
fn not_now_leaves_a_bookmark_that_leads_back() {
    let mut desk = returned(&left_at_amount());
    assert!(!has(&desk, BACK), "the arrow itself is shown");
    desk.click("Not now");
    assert!(desk.painted_arrow().is_none() && has(&desk, BACK));
    let window = desk.0.ctx.content_rect();
    let bookmark = desk.rect(BACK);
    assert!(window.contains_rect(bookmark) && bookmark.right() > window.right() - 1.0, "{bookmark:?}");
    desk.click(BACK);
    assert!(desk.painted_arrow().is_some() && !has(&desk, BACK));
    desk.press(Key::Escape);
    desk.press(Key::Escape);
    assert!(desk.painted_arrow().is_none() && !has(&desk, BACK), "what was dismissed leaves no bookmark");
}

#[test]
fn the_first_look_after_a_restart_shows_the_whole_thing() {
    let place = left_at_amount();
    let mut desk = place.open(Options { later: Duration::from_secs(5), ..Options::default() });
    desk.stir();
    assert_eq!(desk.0.state().arrow.salience(), Salience::Prominent);
    assert_eq!(desk.0.state().arrow.card_size(), CardSize::Line);
    let app = desk.0.state_mut();
    app.session.suspend(Reason::Call).unwrap();
    app.session.wake();
    desk.0.run();
    assert_eq!(desk.0.state().arrow.salience(), Salience::Quiet, "a short call is no restart");
}

#[test]
fn undo_restore_starts_afresh_and_can_be_undone() {
    let place = Place::default();
    let mut desk = place.open(Options::default());
    desk.write("Amount", "1 200");
    // The process is killed: nothing is closed.
    std::mem::forget(desk);
    let mut desk = returned(&place);
    desk.click("Undo restore");
    assert!(desk.value("Amount") != Some("1 200".to_owned()) && desk.painted_arrow().is_none());
    assert!(desk.reads("set aside"));
    desk.click("Bring it back");
    assert_eq!(desk.value("Amount"), Some("1 200".to_owned()));
}
