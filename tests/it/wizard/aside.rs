//! Setting the answers aside and bringing them back, and what the user did last.

use super::talk::{Screen, Talk, run};
use super::{at, scratch};

#[test]
fn where_lists_what_was_done_with_its_answers_across_a_kill() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    assert!(talk.answer(":where").starts_with("Nothing here yet."));
    talk.answer_all(&["Ana", "Lisbon"]);
    talk.kill();
    let (mut talk, _) = Talk::start(dir.path());
    let text = talk.answer(":where");
    let first = text.find("  Traveller, in Trip: edited (it says “Ana”), ").unwrap();
    let second = text.find("  Destination, in Trip: edited (it says “Lisbon”), ").unwrap();
    assert!(text.contains("Still open: First day, Last day, Amount, Currency, Approver, Purpose.\n"), "{text}");
    assert!(first < second && text.ends_with("First day (a date: YYYY-MM-DD)> "), "{text}");
}

#[test]
fn answers_set_aside_leave_an_empty_form_and_undo_brings_them_back() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    assert!(talk.answer(":aside").contains("There is nothing to set aside."));
    talk.answer_all(&["Ana", "Lisbon"]);
    let text = talk.answer(":aside");
    assert!(text.contains("set aside, not lost") && text.ends_with("Traveller (a name)> "), "{text}");
    let text = talk.answer(":undo");
    let screen = Screen::of(&text);
    assert_eq!((screen.answer("Traveller"), screen.answer("Destination")), ("Ana", "Lisbon"));
    assert!(text.contains("Your answers are back.") && text.ends_with("First day (a date: YYYY-MM-DD)> "), "{text}");
    assert!(talk.answer(":where").contains("  Traveller, in Trip: you opened it, "), "the empty form");
    assert!(talk.answer(":undo").contains("Nothing is set aside."));
}

#[test]
fn answers_set_aside_before_a_kill_come_back_after_it() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    talk.answer_all(&["Ana", "Lisbon", ":aside"]);
    talk.kill();
    let (mut talk, text) = Talk::start(dir.path());
    assert!(text.contains("You set aside the answers from ") && Screen::of(&text).answers.is_empty(), "{text}");
    // Of the new answers and the old ones, none is lost.
    talk.answer("Zoe");
    assert_eq!(Screen::of(&talk.answer(":undo")).answer("Traveller"), "Ana");
    assert_eq!(Screen::of(&talk.answer(":undo")).answer("Traveller"), "Zoe");
}

#[test]
fn card_after_undo_is_of_the_answers_that_are_back() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    talk.answer_all(&["Ana", "Lisbon", ":aside", "Zoe"]);
    talk.answer(":sleep call");
    let text = talk.answer(":wake");
    assert!(text.contains("Traveller, in Trip, step 1 of 9: edited (it says “Zoe”)"), "{text}");
    let text = talk.answer(":undo");
    let back = |text: &str| text.contains("it says “Lisbon”") && !text.contains("Zoe");
    assert!(back(&text) && text.contains("Those that were here instead are set aside"), "{text}");
    assert_eq!(at(&Screen::of(&text)), "Destination");
    talk.kill();
    let (_, text) = Talk::start(dir.path());
    assert!(back(&text), "{text}");
    assert_eq!(at(&Screen::of(&text)), "Destination");
}

#[test]
fn start_after_a_kill_says_from_when_the_answers_are_and_how_to_do_without() {
    let dir = scratch();
    let (mut talk, text) = Talk::start(dir.path());
    assert!(!text.contains(":aside"), "{text}");
    talk.answer("Ana");
    talk.kill();
    let (text, _) = run(dir.path(), ":quit\n");
    assert!(text.contains("Your answers are from ") && text.contains(":aside begins without them"), "{text}");
    assert_eq!(at(&Screen::of(&text)), "Traveller");
    assert!(!run(dir.path(), "").0.contains("Your answers are from"), "after a clean exit there is nothing to ask");
}
