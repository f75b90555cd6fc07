//! What is pointed at: the right element, or nothing.

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use leftoff::Phase;
use leftoff::backend::MemoryBackend;
use leftoff::marker::resolve::Certainty;

use crate::support::{Desk, Hands, STEP_SEND};

#[test]
fn what_was_sent_comes_back_as_finished() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.decide("R-1035");
    desk.click("Decision");
    desk.click("Approve");
    desk.click(STEP_SEND);
    desk.click("Send");
    drop(desk);

    let mut desk = Desk::on(memory, &hands);
    desk.stir();
    assert_eq!(desk.0.state().session().marker().map(leftoff::Marker::phase), Some(Phase::Committed));
    assert_eq!(desk.arrow_at(), Some("R-1035/send/button"));
    assert!(desk.shows("pressed, finished") && desk.announced().unwrap().contains("pressed, finished"));
    assert_eq!(desk.said_there().as_deref(), Some("you finished this"));
    assert!(desk.0.get_by_label("Sent").accesskit_node().is_disabled(), "it cannot be sent twice");
    assert!(!desk.0.get_by_label("Sent").is_focused(), "Enter must not press it");
    desk.press(Key::Enter);
    assert!(desk.shows("1 sent"));
}

#[test]
fn a_request_that_was_deleted_has_the_row_beside_it_and_never_an_arrow() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.decide("R-1036");
    desk.click("Delete");
    drop(desk);

    let mut desk = Desk::on(memory, &hands);
    desk.stir();
    assert_eq!(desk.certainty(), Some(Certainty::Region));
    assert_eq!((desk.arrow_at(), desk.bracket_round(), desk.pointed_at()), (None, Some("R-1035"), None));
    assert!(desk.shows("Delete, in Requests › R-1036") && !desk.shows("Continue"), "there is nowhere to go");
    assert!(desk.announced().unwrap().ends_with("it was around here."));
}

#[test]
fn where_nothing_is_left_the_card_stands_alone() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    while desk.0.query_by_label("Delete").is_some() {
        desk.click("Delete");
    }
    drop(desk);

    let desk = Desk::on(memory, &hands);
    assert_eq!((desk.arrow_at(), desk.bracket_round(), desk.pointed_at()), (None, None, None));
    assert!(desk.shows("R-1060"));
}

#[test]
fn a_field_on_another_page_is_no_target_until_the_user_goes_there() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1031");
    desk.write("Notes", "n");
    desk.click("Save state");
    desk.press(Key::Space);
    assert_eq!(desk.arrow_at(), Some("R-1031/decide/notes"));
    desk.click_row("R-1033");
    assert_eq!((desk.arrow_at(), desk.bracket_round()), (None, Some("R-1031")), "round its row in the list");
    desk.click("Continue");
    assert_eq!(desk.arrow_at(), Some("R-1031/decide/notes"));
    assert!(desk.0.get_by_label("Notes").is_focused());
}

#[test]
fn the_list_is_where_it_was_scrolled_to() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.scroll_list(500.0);
    desk.click_row("R-1046");
    desk.scroll_list(70.0);
    let before = desk.row_top("R-1046");
    assert!(before.is_some());
    drop(desk);

    let desk = Desk::on(memory, &hands);
    let moved = desk.row_top("R-1046").unwrap() - before.unwrap();
    assert!(moved.abs() < 1.5, "moved by {moved}");
    assert_eq!(desk.arrow_at(), Some("R-1046"));
}

#[test]
fn a_marked_row_out_of_sight_has_an_arrow_at_the_edge_that_leads_there() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.scroll_list(5_000.0);
    desk.click_row("R-1060");
    desk.scroll_list(-5_000.0);
    assert_eq!(desk.row_top("R-1060"), None);
    drop(desk);

    let mut desk = Desk::on(memory, &hands);
    assert_eq!((desk.row_top("R-1060"), desk.arrow_at()), (None, None), "nothing scrolls by itself");
    assert_eq!(desk.0.state().arrow().pointed_at(), Some("R-1060"));
    desk.click("Continue");
    assert!(desk.row_top("R-1060").is_some());
    assert_eq!(desk.arrow_at(), Some("R-1060"));
}

#[test]
fn the_marker_does_not_follow_the_user_and_goes_after_a_while() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1031");
    desk.write("Notes", "n");
    desk.click("Save state");
    desk.press(Key::Space);
    desk.write("Amount", "5");
    assert_eq!(desk.arrow_at(), Some("R-1031/decide/notes"), "frozen where the user left off");
    for n in 0..5 {
        desk.write("Cost centre", &n.to_string());
        desk.write("Amount", &n.to_string());
    }
    assert_eq!((desk.arrow_at(), desk.announced()), (None, None));

    desk.0.key_press_modifiers(Modifiers::COMMAND, Key::J);
    desk.0.run();
    assert_eq!(desk.arrow_at(), Some("R-1031/decide/notes"), "and comes back when it is asked for");
}

#[test]
fn who_has_dismissed_the_marker_can_still_be_taken_back() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1031");
    desk.write("Notes", "n");
    desk.click("Save state");
    desk.press(Key::Space);
    desk.click("Dismiss");
    desk.click_row("R-1040");
    assert_eq!(desk.arrow_at(), None);
    desk.click("Take me back");
    assert_eq!(desk.arrow_at(), Some("R-1031/decide/notes"));
    assert!(desk.0.get_by_label("Notes").is_focused());
}
