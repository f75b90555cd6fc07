//! The program is killed while the user is typing, and starts again.

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff_slint::Drawn;
use slint::ComponentHandle;

use crate::support::*;

#[test]
fn arrow_stands_at_the_field_after_a_kill_and_the_text_is_back() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    assert_eq!((desk.value(0).as_str(), desk.value(1).as_str()), ("Delmar", "7 and"));
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
    assert_eq!(desk.words().as_deref(), Some("you left off here"));
    let (lines, buttons) = desk.arrow.card();
    assert!(lines[0].contains("Amount") && lines[0].contains("42"), "{lines:?}");
    assert_eq!(buttons, ["Not now", "Already done", "Undo restore", "Hide"]);
}

#[test]
fn arrow_is_beside_the_field_and_covers_no_other() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    let Drawn::Arrow { bounds, is_off_screen, .. } = desk.arrow.drawn() else { panic!("it is there") };
    assert!(!is_off_screen);
    // In the coordinates of the content, below the card.
    assert!(bounds.max.x <= 120.0 && bounds.min.y > 70.0 && bounds.max.y < 130.0, "{bounds:?}");
    let global = desk.app.global::<LeftOff>();
    assert!(global.get_arrow().starts_with("M ") && global.get_has_outline());
    assert!((global.get_outline_x() - 117.0).abs() < 2.0, "{}", global.get_outline_x());
}

#[test]
fn text_in_a_field_that_is_not_marked_is_saved() {
    let memory = MemoryBackend::new();
    let desk = Desk::with(&memory, &[("", "", FIELD), ("form/b", "B", FIELD)], Duration::ZERO);
    desk.click(0);
    desk.write("unmarked");
    std::mem::forget(desk);
    let desk = Desk::with(&memory, FORM, Duration::ZERO);
    assert_eq!(desk.value(0), "unmarked");
}

#[test]
fn press_on_what_is_not_marked_is_saved_within_a_second() {
    let memory = MemoryBackend::new();
    let desk = Desk::with(&memory, FORM, Duration::ZERO);
    desk.press_at(550.0, 40.0);
    desk.press_again(550.0, 40.0);
    desk.press_again(550.0, 40.0);
    assert!(desk.app.get_is_on());
    i_slint_backend_testing::mock_elapsed_time(Duration::from_secs(1));
    std::mem::forget(desk);
    assert!(Desk::with(&memory, FORM, Duration::ZERO).app.get_is_on());
}

#[test]
fn dropped_arrow_saves_a_value_that_has_just_changed() {
    let memory = MemoryBackend::new();
    let desk = Desk::with(&memory, FORM, Duration::ZERO);
    desk.app.set_is_on(true);
    drop(desk);
    assert!(Desk::with(&memory, FORM, Duration::ZERO).app.get_is_on());
}

#[test]
fn undone_restore_is_read_again_and_brought_back() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    desk.choose("Undo restore");
    assert_eq!(desk.value(0), "");
    assert_eq!(desk.arrow.card().1[0], "Bring it back");
    desk.choose("Bring it back");
    assert_eq!(desk.value(0), "Delmar");
}

#[test]
fn neither_label_nor_value_of_a_password_is_on_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let desk = Desk::of(builder(Duration::ZERO).dir(directory.path()).open(), FORM);
    desk.click(0);
    desk.write("Ottilie");
    desk.click(3);
    desk.write("hunter2");
    assert_eq!(desk.last().unwrap().0, "form/secret");
    drop(desk);
    let bytes = all_bytes(directory.path());
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("Ottilie") && holds("form/secret"), "the test can see what is there");
    assert!(!holds("hunter2") && !holds("Secret word"));
}

fn all_bytes(directory: &std::path::Path) -> Vec<u8> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { all_bytes(&path) } else { std::fs::read(path).unwrap_or_default() })
        .collect()
}
