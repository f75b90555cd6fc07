//! The way back: what the user did, what changed meanwhile, what was restored, and the memo with its file.

use std::fs;

use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;

use crate::support::{Desk, Hands, MINUTE};

#[test]
fn timeline_leads_to_a_field_of_another_request_with_the_keyboard_in_it() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1031");
    desk.write("Notes", "ask Ines");
    desk.click_row("R-1033");
    desk.write("Amount", "3 5");
    desk.click("Timeline");
    assert!(desk.shows("in Requests › R-1033 · edited · it says “3 5”"));
    desk.0.get_by_label_contains("it says “ask Ines”").click();
    desk.0.run();
    assert_eq!(desk.value("Notes").as_deref(), Some("ask Ines"));
    assert!(desk.0.get_by_label("Notes").is_focused());
}

#[test]
fn open_work_lists_each_draft_until_it_is_sent() {
    let mut desk = Desk::on(MemoryBackend::new(), &Hands::new());
    desk.decide("R-1031");
    desk.write("Notes", "n");
    desk.click_row("R-1033");
    desk.click("Timeline");
    assert!(desk.shows("step 2 of 3 · not decided"));
    desk.0.get_by_label_contains("Trade fair stand, Lyon\nstep 2").click();
    desk.0.run();
    desk.click("Decision");
    desk.click("Approve");
    assert!(desk.shows("step 2 of 3 · not sent"));
    desk.click(crate::support::STEP_SEND);
    desk.click("Send");
    assert!(!desk.shows("step 2 of 3 · not"));
}

#[test]
fn state_of_ten_minutes_ago_comes_back_after_a_look_at_it_and_goes_again() {
    let hands = Hands::new();
    let mut desk = Desk::on(MemoryBackend::new(), &hands);
    desk.decide("R-1031");
    desk.write("Notes", "a long note");
    hands.advance(10 * MINUTE);
    desk.write("Notes", "x");
    desk.click("Timeline");
    desk.0.get_all_by_label_contains("as it was").next().unwrap().click();
    desk.0.run();
    assert!(desk.shows("Drafts: back to"));
    desk.click("Bring it back");
    assert_eq!(desk.value("Notes").as_deref(), Some("a long note"));
    desk.click("Undo");
    assert_eq!(desk.value("Notes").as_deref(), Some("x"));
}

#[test]
fn what_colleagues_did_meanwhile_is_counted_and_marked_until_it_is_read() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    assert!(!desk.shows("Since you left"), "at the first start");
    desk.decide("R-1031");
    drop(desk);

    let desk = Desk::on(memory.clone(), &hands);
    assert!(!desk.shows("Since you left"), "nothing changed");
    drop(desk);

    let mut desk = Desk::meanwhile(memory.clone(), &hands);
    assert!(desk.shows("Since you left: 2 new, 1 changed, 1 gone"));
    assert!(desk.shows("4 290 euro, due 13 Mar, changed") && desk.shows("Language course, Sara Novak"));
    desk.stir();
    assert_eq!(desk.arrow_at(), Some("R-1031/decide"), "and never a second arrow");
    desk.scroll_list(5_000.0);
    assert!(desk.shows("new since you left"));
    desk.click("OK");
    assert!(!desk.shows("Since you left") && !desk.shows("new since you left") && !desk.shows(", changed"));
    desk.click_row("R-1062");
    drop(desk);
    assert!(!Desk::meanwhile(memory, &hands).shows("Since you left"), "seen");
}

#[test]
fn user_keeps_the_view_and_sets_the_drafts_aside() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    assert!(!desk.shows("What was restored?"), "nothing was");
    desk.decide("R-1031");
    desk.write("Notes", "n");
    drop(desk);

    let mut desk = Desk::on(memory, &hands);
    desk.click("What was restored?");
    desk.0.get_by_label_contains("Drafts, from").click();
    desk.0.run();
    desk.click("Keep only these");
    assert_eq!(desk.value("Notes").as_deref(), Some(""));
    desk.0.get_all_by_label("Bring it back").next().unwrap().click();
    desk.0.run();
    assert_eq!(desk.value("Notes").as_deref(), Some("n"));
}

#[test]
fn memo_that_was_not_saved_comes_back_and_is_saved_once() {
    let (memory, hands, dir) = (MemoryBackend::new(), Hands::new(), tempfile::tempdir().unwrap());
    let file = dir.path().join("memo.txt");
    fs::write(&file, "Dear team,").unwrap();
    let mut desk = Desk::with_memo(memory.clone(), &hands, &file);
    desk.click("Memo");
    assert!(desk.shows("saved in memo.txt"));
    desk.write_memo("Dear team, the offer");
    // Killed.
    std::mem::forget(desk);

    let mut desk = Desk::with_memo(memory.clone(), &hands, &file);
    desk.stir();
    assert_eq!(desk.memo().as_deref(), Some("Dear team, the offer"));
    assert_eq!(desk.arrow_at(), Some("memo/text"));
    assert!(desk.shows("not saved in memo.txt") && fs::read_to_string(&file).unwrap() == "Dear team,");
    desk.click("Save memo");
    assert_eq!(fs::read_to_string(&file).unwrap(), "Dear team, the offer");
    drop(desk);

    // Another program writes on: there is no draft any more that could be in its way.
    fs::write(&file, "Dear team, the offer is gone.").unwrap();
    let desk = Desk::with_memo(memory, &hands, &file);
    assert_eq!(desk.memo().as_deref(), Some("Dear team, the offer is gone."));
    assert!(desk.shows("saved in memo.txt"));
}

#[test]
fn memo_whose_file_was_changed_meanwhile_shows_both_and_overwrites_nothing() {
    let (memory, hands, dir) = (MemoryBackend::new(), Hands::new(), tempfile::tempdir().unwrap());
    let file = dir.path().join("memo.txt");
    let mut desk = Desk::with_memo(memory.clone(), &hands, &file);
    desk.click("Memo");
    desk.write_memo("mine");
    std::mem::forget(desk);
    fs::write(&file, "theirs").unwrap();

    let mut desk = Desk::with_memo(memory.clone(), &hands, &file);
    assert!(desk.shows("memo.txt was changed by another program") && desk.shows("theirs"));
    assert!(desk.0.query_by_label("Save memo").is_none());
    assert_eq!((desk.memo().as_deref(), fs::read_to_string(&file).unwrap().as_str()), (Some("mine"), "theirs"));
    desk.click("Keep mine");
    desk.click("Save memo");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}
