//! The window stays open, and the user goes away: by a word, or without one.

use eframe::egui::{Key, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use leftoff::backend::MemoryBackend;
use leftoff::{LastExit, Reason};

use crate::support::{Desk, Hands, MINUTE};

#[test]
fn a_sleeping_desk_says_where_the_user_was_and_takes_no_input() {
    let hands = Hands::new();
    let mut desk = Desk::on(MemoryBackend::new(), &hands);
    desk.decide("R-1032");
    desk.write("Amount", "6 000");
    desk.click("Save state");
    assert!(desk.0.state().is_asleep());
    assert!(desk.0.get_by_label("Amount").accesskit_node().is_disabled());
    assert!(desk.shows("Asleep") && desk.shows("edited") && desk.shows("(a call)"));

    hands.advance(42 * MINUTE);
    desk.0.key_down(Key::X);
    desk.0.event(eframe::egui::Event::Text("x".into()));
    desk.0.key_up(Key::X);
    desk.0.run();
    assert!(!desk.0.state().is_asleep());
    assert_eq!(desk.value("Amount").as_deref(), Some("6 000"), "the key that wakes is not typed");
    assert_eq!(desk.pointed_at().as_deref(), Some("Amount"));
    let said = desk.announced().unwrap();
    assert_eq!(
        said,
        "Where you left off: Amount, in Requests, R-1032, edited, not finished, 42 minutes ago, before a call."
    );
    assert!(desk.shows("edited, not finished · 42 min ago · before a call"));
    assert!(desk.0.get_by_label("Amount").is_focused(), "the keyboard is where it was");
}

#[test]
fn the_wake_button_and_a_click_anywhere_wake() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.click_row("R-1032");
    for wake in [None, Some(pos2(700.0, 550.0)), Some(pos2(480.0, 250.0))] {
        desk.click("Save state");
        assert!(desk.0.state().is_asleep());
        assert_eq!(desk.arrow_at(), None, "nothing points while the desk sleeps");
        match wake {
            None => desk.click("Wake"),
            Some(at) => {
                desk.0.drag_at(at);
                desk.0.drop_at(at);
                desk.0.run();
            }
        }
        assert!(!desk.0.state().is_asleep(), "{wake:?}");
        assert_eq!(desk.arrow_at(), Some("R-1032"));
    }
}

#[test]
fn a_note_for_oneself_is_the_first_line_of_the_card() {
    const QUESTION: &str = "What were you about to do? (optional)";
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.click_row("R-1032");
    desk.click("Save state");
    desk.click(QUESTION);
    desk.0.get_by_label(QUESTION).type_text("ask Ana");
    desk.0.run();
    desk.0.key_press(Key::A);
    desk.0.run();
    assert!(desk.0.state().is_asleep(), "the keys are the note's");
    // Killed while the user is away.
    std::mem::forget(desk);
    hands.advance(42 * MINUTE);
    let desk = Desk::on(memory, &hands);
    assert!(desk.shows("ask Ana"));
}

#[test]
fn a_desk_that_is_killed_asleep_knows_why_it_slept() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.click_row("R-1032");
    desk.click("Save state");
    // Never closed: nothing of it runs again.
    std::mem::forget(desk);

    let desk = Desk::on(memory, &hands);
    assert_eq!(desk.0.state().session().last_exit(), &LastExit::Interrupted(Reason::Call));
    assert!(desk.shows("before a call"));
    assert_eq!(desk.announced(), None, "nobody is there to hear it");
}

#[test]
fn who_was_away_without_a_word_finds_the_marker_too() {
    let hands = Hands::new();
    let mut desk = Desk::on(MemoryBackend::new(), &hands);
    desk.decide("R-1034");
    desk.write("Cost centre", "3100");
    assert_eq!(desk.arrow_at(), None);
    hands.advance(MINUTE);
    desk.0.hover_at(pos2(500.0, 500.0));
    desk.0.run();
    assert_eq!(desk.arrow_at(), None, "a minute of thinking is no absence");

    hands.advance(10 * MINUTE);
    desk.0.run();
    assert_eq!(desk.arrow_at(), None, "nobody is back yet");
    desk.0.hover_at(pos2(510.0, 500.0));
    desk.0.run();
    assert_eq!(desk.pointed_at().as_deref(), Some("Cost centre"));
    let said = desk.announced().unwrap();
    assert!(said.ends_with("11 minutes ago, before a pause."), "{said}");
    assert!(desk.shows("11 min ago · before a pause"));
}

#[test]
fn the_announcement_does_not_change_while_the_card_grows_older() {
    let hands = Hands::new();
    let mut desk = Desk::on(MemoryBackend::new(), &hands);
    desk.click_row("R-1032");
    desk.click("Save state");
    desk.click("Wake");
    let said = desk.announced();
    assert!(said.is_some());
    hands.advance(MINUTE);
    desk.0.run();
    assert!(desk.shows("1 min ago"));
    assert_eq!(desk.announced(), said);
}

#[test]
fn esc_is_the_fields_first_and_then_dismisses_the_marker() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1034");
    desk.write("Amount", "1");
    desk.click("Save state");
    desk.press(Key::Space);
    assert!(desk.0.get_by_label("Amount").is_focused() && desk.announced().is_some());
    desk.press(Key::Escape);
    assert!(!desk.0.get_by_label("Amount").is_focused());
    assert_eq!(desk.pointed_at().as_deref(), Some("Amount"));
    desk.press(Key::Escape);
    assert_eq!((desk.arrow_at(), desk.announced(), desk.pointed_at()), (None, None, None));
}

#[test]
fn the_cross_dismisses_the_marker() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.click_row("R-1034");
    desk.click("Save state");
    desk.click("Wake");
    desk.click("Dismiss");
    assert_eq!((desk.arrow_at(), desk.announced()), (None, None));
}
