//! The wizard as its user meets it: in a terminal, torn away from it, and back in another version of it.

mod pty;
mod way;

use pty::Terminal;
use rustix::process::Signal;

const SIZE: (u16, u16) = (80, 12);
const TAB: &str = "\t";

/// Answers the first fields up to this one, which is left unfinished, and kills the program.
fn left_off_at(dir: &std::path::Path, fields: usize) {
    let mut terminal = Terminal::start(dir, &[], SIZE);
    let answers = ["Ana", "Lisbon", "3 March", "4 March", "1200", "EUR", "Bob", "A fair"];
    for (number, answer) in answers.iter().take(fields).enumerate() {
        if number > 0 {
            terminal.press(TAB);
        }
        terminal.answer(answer);
    }
    terminal.kill();
}

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn after_a_kill_the_answers_are_there_and_the_arrow_is_at_the_last_one() {
    let dir = scratch();
    left_off_at(dir.path(), 2);
    let mut terminal = Terminal::start(dir.path(), &[], SIZE);
    terminal.wait_for("▶Destination: Lisbon");
    assert_eq!(terminal.row("Traveller").trim_end(), "  Traveller:   Ana");
    terminal.wait_for_cursor_at("Destination");
    terminal.answer("!");
    assert!(terminal.row("Destination").contains("Lisbon!"));
    terminal.press("\u{3}");
    assert!(terminal.end().success());
    terminal.wait_until_clean();
}

#[test]
fn the_arrow_is_on_the_step_that_was_left_and_follows_through_another_order() {
    let dir = scratch();
    left_off_at(dir.path(), 6);
    let terminal = Terminal::start(dir.path(), &[], SIZE);
    terminal.wait_for("▶Currency:    EUR");
    assert!(terminal.contents().contains("step 2 of 3: Money"));
    terminal.kill();
    let terminal = Terminal::start(dir.path(), &["--next"], SIZE);
    terminal.wait_for("▶Currency:    EUR");
    let contents = terminal.contents();
    assert!(contents.find("Currency") < contents.find("Amount"), "it comes first now: {contents}");
}

#[test]
fn a_rename_that_was_told_is_exact() {
    let dir = scratch();
    left_off_at(dir.path(), 2);
    let terminal = Terminal::start(dir.path(), &["--next"], SIZE);
    terminal.wait_for("▶Destination: Lisbon");
    terminal.wait_for_cursor_at("Destination");
}

#[test]
fn a_rename_that_was_not_told_is_found_and_called_moved() {
    let dir = scratch();
    left_off_at(dir.path(), 5);
    let terminal = Terminal::start(dir.path(), &["--next"], SIZE);
    terminal.wait_for("▶Amount:      1200");
    assert!(terminal.row("1200").ends_with("(moved)"), "{}", terminal.contents());
    terminal.wait_for_cursor_at("Amount");
}

#[test]
fn a_field_that_was_deleted_leaves_a_bracket_where_it_was() {
    let dir = scratch();
    left_off_at(dir.path(), 8);
    let terminal = Terminal::start(dir.path(), &["--next"], SIZE);
    terminal.wait_for("╎Approver:    Bob");
    let contents = terminal.contents();
    assert!(contents.contains("“Purpose” was here") && !contents.contains('▶'), "{contents}");
    assert!(contents.contains("step 3 of 3"), "{contents}");
}

#[test]
fn esc_takes_the_arrow_away_and_ctrl_g_back_to_where_it_was() {
    let dir = scratch();
    left_off_at(dir.path(), 2);
    let mut terminal = Terminal::start(dir.path(), &[], SIZE);
    terminal.wait_for("▶");
    terminal.press("\u{1b}");
    terminal.wait_until_gone("▶");
    for _ in 0..3 {
        terminal.press(TAB);
    }
    terminal.wait_for("step 2 of 3");
    terminal.press("\u{7}");
    terminal.wait_for("▶Destination: Lisbon");
}

#[test]
fn a_window_too_low_for_the_form_points_to_where_it_is() {
    let dir = scratch();
    left_off_at(dir.path(), 4);
    let mut terminal = Terminal::start(dir.path(), &["--ascii"], (40, 6));
    terminal.wait_for(">Last day:    4 March");
    for _ in 0..3 {
        terminal.press("\u{1b}[A");
    }
    terminal.wait_for("Traveller");
    terminal.wait_for(" v\n");
    assert!(!terminal.contents().contains("4 March"), "{}", terminal.contents());
}

const WIDE: (u16, u16) = (120, 12);

#[test]
fn a_program_that_is_told_to_stop_leaves_a_clean_terminal_and_says_so_next_time() {
    for (signal, said) in [(Signal::TERM, "before the program was stopped"), (Signal::HUP, "before the terminal was")] {
        let dir = scratch();
        let mut terminal = Terminal::start(dir.path(), &[], WIDE);
        terminal.answer("Ana");
        terminal.signal(signal);
        assert!(terminal.end().success());
        terminal.wait_until_clean();
        let terminal = Terminal::start(dir.path(), &[], WIDE);
        terminal.wait_for("▶Traveller:   Ana");
        terminal.wait_for(said);
    }
}

/// The program reads the terminal key by key again: with the line editing of a shell, Tab would do nothing.
fn assert_draws_and_answers(terminal: &mut Terminal) {
    terminal.wait_until_gone("Stopped");
    terminal.wait_for("Trip request");
    terminal.answer("Ana");
    terminal.press(TAB);
    terminal.wait_for_cursor_at("Destination");
    assert!(!terminal.is_clean(), "on its own screen");
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_the_program_continues_with_its_screen() {
    let dir = scratch();
    let mut terminal = Terminal::start(dir.path(), &[], WIDE);
    terminal.press("\u{1a}");
    terminal.wait_until_stopped();
    terminal.wait_until_clean();
    terminal.act_as_shell("[1]+  Stopped  wizard\r\n");
    terminal.signal(Signal::CONT);
    assert_draws_and_answers(&mut terminal);
}

#[test]
fn a_program_that_was_stopped_from_outside_draws_its_screen_again() {
    for signal in [Signal::STOP, Signal::TSTP] {
        let dir = scratch();
        let mut terminal = Terminal::start(dir.path(), &[], WIDE);
        terminal.signal(signal);
        terminal.wait_until_stopped();
        if signal == Signal::TSTP {
            terminal.wait_until_clean();
        }
        terminal.act_as_shell("[1]+  Stopped  wizard\r\n");
        terminal.signal(Signal::CONT);
        assert_draws_and_answers(&mut terminal);
    }
}

#[test]
fn a_program_that_is_killed_while_it_is_stopped_says_why_it_was_left() {
    let dir = scratch();
    let mut terminal = Terminal::start(dir.path(), &[], WIDE);
    terminal.answer("Ana");
    terminal.press("\u{1a}");
    terminal.wait_until_stopped();
    terminal.kill();
    let terminal = Terminal::start(dir.path(), &[], WIDE);
    terminal.wait_for("▶Traveller:   Ana");
    terminal.wait_for("before a look at the shell");
}

#[test]
fn a_window_that_is_closed_loses_nothing() {
    let dir = scratch();
    let mut terminal = Terminal::start(dir.path(), &[], WIDE);
    terminal.answer("Ana");
    terminal.hang_up();
    terminal.end();
    let terminal = Terminal::start(dir.path(), &[], WIDE);
    terminal.wait_for("▶Traveller:   Ana");
    terminal.wait_for("before the terminal was closed");
}

#[test]
fn line_for_oneself_is_asked_for_before_sleep_and_shown_first_afterwards() {
    let dir = scratch();
    let mut terminal = Terminal::start(dir.path(), &[], WIDE);
    terminal.answer("Ana");
    terminal.press("\u{1b}[20~");
    terminal.wait_for("Next:");
    terminal.press("ask Eva");
    terminal.wait_for("Next: ask Eva");
    terminal.press("\r");
    terminal.wait_for("Asleep.");
    terminal.press("x");
    terminal.wait_for("▶Traveller:   Ana");
    terminal.wait_for("Note: ask Eva. Where you left off: Traveller");
    assert!(!terminal.contents().contains("Anax"), "the key that wakes is not typed");
    terminal.kill();
    let terminal = Terminal::start(dir.path(), &[], WIDE);
    terminal.wait_for("Note: ask Eva.");
}

#[test]
fn keys_on_the_screen_do_what_they_say() {
    let dir = scratch();
    left_off_at(dir.path(), 2);
    let mut terminal = Terminal::start(dir.path(), &[], SIZE);
    terminal.wait_for("Esc not now  F6 done");
    terminal.press("\u{1b}");
    terminal.wait_for("You left off at Destination, in Trip");
    terminal.wait_for("Ctrl-G continue");
    terminal.press("\u{7}");
    terminal.wait_for("▶Destination: Lisbon");
    terminal.press("\u{1b}[17~");
    terminal.wait_until_gone("▶");
    terminal.kill();
    let terminal = Terminal::start(dir.path(), &[], SIZE);
    terminal.wait_for("you finished this");
}

#[test]
fn small_window_shows_the_news_first_and_the_keys_below() {
    let dir = scratch();
    left_off_at(dir.path(), 2);
    let terminal = Terminal::start(dir.path(), &[], (40, 12));
    terminal.wait_for("▶Destination: Lisbon");
    terminal.wait_for("\nDestination, in Trip, ");
    terminal.wait_for("the program crashed or was killed\n");
    terminal.wait_for("Esc not now  F6 done");
    terminal.wait_for("F5 way back  F9 sleep  Ctrl-C leave");
}

#[test]
fn second_instance_shows_the_newer_answers_once_the_first_has_gone() {
    let dir = scratch();
    let mut first = Terminal::start(dir.path(), &[], SIZE);
    first.answer("Ana");
    let mut second = Terminal::start(dir.path(), &[], SIZE);
    second.wait_for("Traveller:   Ana");
    // Before a key is pressed.
    second.wait_for("NOT SAVED: the state is in use by");
    first.answer(" Lee");
    first.kill();
    // Without a key: the next one would be typed into the older answer.
    second.wait_for("Traveller:   Ana Lee");
    second.answer("!");
    second.kill();
    Terminal::start(dir.path(), &[], SIZE).wait_for("▶Traveller:   Ana Lee!");
}

#[test]
fn tab_alone_moves_no_arrow() {
    let dir = scratch();
    let mut terminal = Terminal::start(dir.path(), &[], SIZE);
    terminal.answer("Ana");
    terminal.press(TAB);
    terminal.answer("Lisbon");
    for _ in 0..3 {
        terminal.press(TAB);
    }
    terminal.wait_for("step 2 of 3");
    terminal.press("\u{7}");
    terminal.kill();
    Terminal::start(dir.path(), &[], SIZE).wait_for("▶Destination: Lisbon");
}

#[test]
fn what_another_version_changed_is_told_once_and_listed() {
    let dir = scratch();
    left_off_at(dir.path(), 8);
    let mut terminal = Terminal::start(dir.path(), &["--next"], SIZE);
    terminal.wait_for("Since you left: 1 new, 2 gone. F5: which");
    terminal.press("\u{1b}[15~");
    terminal.wait_for("gone: Purpose");
    assert!(terminal.contents().contains("new: Amount"), "{}", terminal.contents());
    terminal.press("\u{1b}");
    terminal.wait_until_gone("gone: Purpose");
    assert!(!terminal.contents().contains("Since you left"), "{}", terminal.contents());
}
