//! The way back: the list of what is open, was done last, and was so earlier.

use super::pty::Terminal;
use super::{SIZE, left_off_at, scratch};

const F5: &str = "\u{1b}[15~";
const ESC: &str = "\u{1b}";
const DOWN: &str = "\u{1b}[B";
const TAB: &str = "\t";
const ENTER: &str = "\r";

fn at_the_list(dir: &std::path::Path, arguments: &[&str], size: (u16, u16)) -> Terminal {
    let mut terminal = Terminal::start(dir, arguments, size);
    terminal.press(F5);
    terminal.wait_for("The way back");
    terminal
}

#[test]
fn open_work_and_the_last_actions_are_listed_and_enter_goes_there() {
    let dir = scratch();
    left_off_at(dir.path(), 5);
    let mut terminal = at_the_list(dir.path(), &[], (80, 24));
    let contents = terminal.contents();
    let lines = [
        "Still open\n  Amount, in Money, step 2 of 3: edited, not finished (it says “1200”)",
        "\n  Money, step 2 of 3: no Currency\n  Approval, step 3 of 3: no Approver, Purpose\n",
        "What you did last\n  Amount, in Money: edited (it says “1200”), today at ",
        "\n  Last day, in Trip: edited (it says “4 March”), today at ",
    ];
    let found = lines.map(|line| contents.find(line));
    assert!(found.is_sorted() && found[0].is_some(), "{found:?} in\n{contents}");
    // The marked field first, then the steps with missing answers, then the actions.
    terminal.wait_for_cursor_at("Amount, in Money, step 2 of 3");
    terminal.press(DOWN);
    terminal.wait_for_cursor_at("Money, step 2 of 3: no Currency");
    terminal.press(ENTER);
    terminal.wait_for("Trip request");
    terminal.wait_for_cursor_at("Currency:");
    terminal.press(F5);
    terminal.wait_for("The way back");
    terminal.press(&[TAB, DOWN, DOWN].concat());
    terminal.wait_for_cursor_at("Last day, in Trip");
    terminal.press(ENTER);
    terminal.wait_for("step 1 of 3: Trip");
    terminal.wait_for_cursor_at("Last day:    4 March");
}

#[test]
fn earlier_state_is_looked_at_brought_back_and_that_undone() {
    let dir = scratch();
    left_off_at(dir.path(), 5);
    let mut terminal = Terminal::start(dir.path(), &[], SIZE);
    terminal.wait_for("▶Amount:      1200");
    terminal.answer("0");
    terminal.wait_for("Amount:      12000");
    let look = [F5, TAB, TAB, ENTER].concat();
    terminal.press(&look);
    terminal.wait_for("What would change\n  Amount: 1200 (now 12000)");
    // A look changes nothing.
    terminal.press(ESC);
    terminal.wait_for("The way back");
    terminal.press(ESC);
    terminal.wait_for("Amount:      12000");
    terminal.press(&look);
    terminal.wait_for("What would change");
    terminal.press(ENTER);
    terminal.wait_for("▶Amount:      1200 ");
    terminal.wait_for("Brought back. F5, Enter: undo");
    terminal.press(F5);
    terminal.wait_for("The way back\n  Undo");
    terminal.press(ENTER);
    terminal.wait_for("Amount:      12000");
    terminal.wait_for("Undone.");
    terminal.kill();
    Terminal::start(dir.path(), &[], SIZE).wait_for("▶Amount:      12000");
}

#[test]
fn small_window_wraps_the_rows_and_scrolls_to_the_selected_one() {
    let dir = scratch();
    left_off_at(dir.path(), 5);
    let mut terminal = at_the_list(dir.path(), &["--ascii"], (40, 12));
    terminal.wait_for("\n  Amount, in Money, step 2 of 3: edited,\n    not finished (it says \"1200\")");
    terminal.wait_for("Tab next list  Enter go there  Esc back");
    terminal.press(&[TAB, DOWN, DOWN, DOWN, DOWN].concat());
    terminal.wait_for_cursor_at("Traveller, in Trip: edited");
    terminal.press(ENTER);
    terminal.wait_for_cursor_at("Traveller:   Ana");
}

#[test]
fn element_that_this_version_no_longer_has_is_listed_and_leads_nowhere() {
    let dir = scratch();
    left_off_at(dir.path(), 8);
    let mut terminal = at_the_list(dir.path(), &["--next"], (80, 24));
    terminal.wait_for("What you did last\n  Purpose, in Approval: edited");
    terminal.press(TAB);
    terminal.wait_for_cursor_at("Approver, in Approval");
}

#[test]
fn renamed_field_is_gone_to_under_its_new_name() {
    let dir = scratch();
    left_off_at(dir.path(), 3);
    let mut terminal = at_the_list(dir.path(), &["--next"], (80, 24));
    terminal.press(&[TAB, DOWN].concat());
    terminal.wait_for_cursor_at("Destination, in Trip");
    terminal.press(ENTER);
    terminal.wait_for_cursor_at("Destination: Lisbon");
}
