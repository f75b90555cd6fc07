//! Left in version 1, opened in version 2: as sure as what is found, and no surer.

use egui_kittest::kittest::Queryable;
use leftoff::LastExit;
use leftoff::backend::MemoryBackend;
use leftoff::marker::resolve::Certainty;

use crate::support::{Desk, Hands, MINUTE};

/// The desk in version 2, 42 minutes after the one of version 1 was killed.
fn next(id: &str, touch: impl FnOnce(&mut Desk)) -> Desk {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.decide(id);
    touch(&mut desk);
    // Never closed: nothing of it runs again.
    std::mem::forget(desk);
    hands.advance(42 * MINUTE);
    let mut desk = Desk::next(memory, &hands);
    desk.stir();
    assert_eq!(desk.0.state().session().last_exit(), &LastExit::Crashed);
    desk
}

#[test]
fn a_field_whose_new_name_was_told_has_its_arrow() {
    let desk = next("R-1034", |desk| desk.write("Cost centre", "2200"));
    assert_eq!(desk.certainty(), Some(Certainty::Point));
    assert_eq!(desk.arrow_at(), Some("R-1034/decide/money/charge-to"));
    assert_eq!(desk.pointed_at().as_deref(), Some("Charge to"));
    assert_eq!(desk.said_there().as_deref(), Some("you left off here"));
    assert_eq!(desk.value("Charge to").as_deref(), Some("2200"), "its value was migrated");
    assert!(desk.0.get_by_label("Charge to").is_focused());
}

#[test]
fn a_field_that_only_stands_elsewhere_has_its_arrow() {
    let desk = next("R-1034", |desk| desk.write("Notes", "n"));
    assert_eq!((desk.certainty(), desk.pointed_at().as_deref()), (Some(Certainty::Point), Some("Notes")));
}

#[test]
fn a_field_in_a_new_group_has_an_arrow_that_says_moved() {
    let desk = next("R-1034", |desk| desk.write("Amount", "11 9"));
    assert_eq!(desk.certainty(), Some(Certainty::Moved));
    assert_eq!(desk.arrow_at(), Some("R-1034/decide/money/amount"));
    assert_eq!(desk.said_there().as_deref(), Some("you left off here · moved"));
    assert_eq!(desk.value("Amount").as_deref(), Some("11 9"));
    assert!(desk.announced().unwrap().ends_with("it has moved."));
    assert!(desk.0.get_by_label("Amount").is_focused());
}

#[test]
fn a_field_that_is_gone_has_a_bracket_beside_where_it_was_and_never_an_arrow() {
    let desk = next("R-1034", |desk| desk.click("The budget covers it"));
    assert_eq!(desk.certainty(), Some(Certainty::Region));
    assert_eq!((desk.arrow_at(), desk.pointed_at()), (None, None));
    assert_eq!(desk.bracket_round(), Some("R-1034/decide/decision"), "what came before it");
    assert!(desk.shows("The budget covers it, in Requests › R-1034"));
}

#[test]
fn a_request_that_is_gone_has_the_card_and_nothing_that_points() {
    let desk = next("R-1036", |desk| desk.write("Amount", "21 000"));
    assert_eq!(desk.certainty(), Some(Certainty::Region));
    assert_eq!((desk.arrow_at(), desk.bracket_round(), desk.pointed_at()), (None, None, None), "it is out of view");
    assert!(desk.shows("Amount, in Requests › R-1036") && desk.shows("it is no longer here"));
    assert!(desk.shows("Choose a request at the left"));
}

#[test]
fn the_list_has_its_new_order_and_shows_the_chosen_request() {
    let desk = next("R-1034", |_| ());
    let top = desk.row_top("R-1034").unwrap();
    assert!(desk.row_top("R-1055").unwrap() > top && desk.row_top("R-1043").unwrap() > top, "less is below");
}

#[test]
fn what_version_2_saved_is_kept_when_version_1_saves_over_it() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::next(memory.clone(), &hands);
    desk.decide("R-1050");
    desk.write("Charge to", "2200");
    drop(desk);
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.decide("R-1031");
    desk.write("Amount", "1");
    drop(desk);
    let desk = Desk::next(memory, &hands);
    assert_eq!(desk.value("Amount").as_deref(), Some("1"), "the newest is what counts");
    let kept = desk.0.state().session().quarantined();
    assert!(kept.iter().any(|kept| (kept.name.as_str(), kept.version) == ("drafts", 2)), "{kept:?}");
}

#[test]
fn the_caret_is_where_it_was_in_a_field_that_moved() {
    use eframe::egui::Key;
    let mut desk = next("R-1034", |desk| {
        desk.write("Amount", "11 900");
        (0..3).for_each(|_| desk.press(Key::ArrowLeft));
    });
    desk.0.get_by_label("Amount").type_text("5");
    desk.0.run();
    assert_eq!(desk.value("Amount").as_deref(), Some("11 5900"));
}
