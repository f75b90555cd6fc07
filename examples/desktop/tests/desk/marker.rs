//! What is pointed at: the right element, or nothing.

use eframe::egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use leftoff::Phase;
use leftoff::backend::MemoryBackend;

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
    assert_eq!(desk.0.state().session().marker().map(leftoff::Marker::phase), Some(Phase::Committed));
    assert_eq!(desk.0.state().arrow_at(), Some("request/R-1035/send"));
    assert!(desk.announced().unwrap().contains("pressed, done, nothing to repeat"));
    assert!(desk.0.get_by_label("Sent").accesskit_node().is_disabled(), "it cannot be sent twice");
    assert!(!desk.0.get_by_label("Sent").is_focused(), "Enter must not press it");
    desk.press(Key::Enter);
    assert!(desk.shows("1 sent"));
}

#[test]
fn a_deleted_request_gets_a_dashed_line_round_the_list_and_never_an_arrow() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.decide("R-1036");
    desk.click("Delete");
    drop(desk);

    let desk = Desk::on(memory, &hands);
    let app = desk.0.state();
    assert_eq!((app.arrow_at(), app.region_round()), (None, Some("request")));
    assert_eq!(desk.pointed_at(), None);
    assert!(desk.announced().unwrap().ends_with("not there any more"));
    assert!(!desk.shows("Take me there"));
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
    let app = desk.0.state();
    assert_eq!((app.arrow_at(), app.region_round(), desk.pointed_at()), (None, None, None));
    assert!(desk.announced().unwrap().contains("R-1060"));
}

#[test]
fn a_field_on_another_page_is_no_target_until_the_user_goes_there() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1031");
    desk.write("Notes", "n");
    desk.click("Save state");
    desk.press(Key::Space);
    assert_eq!(desk.0.state().arrow_at(), Some("request/R-1031/notes"));
    desk.click_row("R-1033");
    let app = desk.0.state();
    assert_eq!((app.arrow_at(), app.region_round()), (None, Some("request/R-1031")), "round its row in the list");
    desk.click("Take me there");
    assert_eq!(desk.0.state().arrow_at(), Some("request/R-1031/notes"));
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
    assert_eq!(desk.0.state().arrow_at(), Some("request/R-1046"));
}

#[test]
fn a_marked_row_out_of_sight_is_brought_into_sight() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.scroll_list(5_000.0);
    desk.click_row("R-1060");
    desk.scroll_list(-5_000.0);
    assert_eq!(desk.row_top("R-1060"), None);
    drop(desk);

    let desk = Desk::on(memory, &hands);
    assert!(desk.row_top("R-1060").is_some());
    assert_eq!(desk.0.state().arrow_at(), Some("request/R-1060"));
}

#[test]
fn the_marker_does_not_follow_the_user_and_goes_after_a_while() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1031");
    desk.write("Notes", "n");
    desk.click("Save state");
    desk.press(Key::Space);
    desk.write("Amount", "5");
    assert_eq!(desk.0.state().arrow_at(), Some("request/R-1031/notes"), "frozen where the user left off");
    for n in 0..5 {
        desk.write("Cost centre", &n.to_string());
        desk.write("Amount", &n.to_string());
    }
    assert_eq!((desk.0.state().arrow_at(), desk.announced()), (None, None));
}
