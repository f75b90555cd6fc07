//! The wizard example as its user meets it: a program of its own, talked to line by line, killed in every manner.

mod aside;
pub mod talk;

use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use talk::{Screen, Talk, command, program, run};

fn at(screen: &Screen) -> &str {
    screen.marked.as_deref().unwrap_or("nowhere")
}

fn scratch() -> tempfile::TempDir {
    crate::support::folder::scratch()
}

const ALL: &str = "Ana\nLisbon\n2026-03-01\n2026-03-04\n1200,50\neur\nBob\nA fair\n";

#[test]
fn a_script_on_a_pipe_fills_the_form_and_submits_it_once() {
    let dir = scratch();
    let (text, output) = run(dir.path(), &format!("{ALL}yes\n:quit\n"));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    for page in ["Page 1 of 3: Trip", "Page 2 of 3: Money", "Page 3 of 3: Approval", "submit? (yes/no)", "Submitted."] {
        assert_eq!(text.matches(page).count(), 1, "{page} in {text}");
    }
    assert_eq!(Screen::of(&text).exit, "first start");

    let (text, _) = run(dir.path(), "");
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.exit.as_str()), ("Submit", "clean"));
    let answers = ["Traveller", "Destination", "First day", "Last day", "Amount", "Currency", "Approver", "Purpose"];
    let expected = ["Ana", "Lisbon", "2026-03-01", "2026-03-04", "1200.50", "EUR", "Bob", "A fair"];
    assert_eq!(answers.map(|label| screen.answer(label)), expected);
    assert!(text.contains("pressed, finished"), "the card tells that it is done: {text}");
    assert!(text.contains("Already submitted; nothing is sent again.") && !text.contains("submit? "), "{text}");
}

#[test]
fn an_answer_acknowledged_ten_milliseconds_before_a_kill_is_there_with_the_arrow() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    let prompt = talk.answer_all(&["Ana", "Lisbon", "2026-03-01"]);
    assert!(prompt.starts_with("Last day"), "{prompt}");
    thread::sleep(Duration::from_millis(10));
    talk.kill();

    let (mut talk, text) = Talk::start(dir.path());
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.answer("First day"), screen.answers.len()), ("First day", "2026-03-01", 3));
    assert_eq!(screen.exit, "crashed");
    assert!(text.contains("First day, in Trip, step 3 of 9: edited (it says “2026-03-01”), "), "{text}");
    assert!(text.contains("Going on with: Last day") && text.contains("Page 1 of 3: Trip"), "{text}");
    // The wizard goes on where it left off, not at its beginning.
    let prompt = talk.answer("2026-03-02");
    assert!(prompt.contains("Page 2 of 3: Money") && prompt.contains("Amount"), "{prompt}");
    talk.send(":quit");
    let (status, errors) = talk.end();
    assert!(status.success() && errors.is_empty(), "{errors}");
    assert_eq!(Screen::of(&run(dir.path(), "").0).exit, "clean");
}

#[test]
fn a_bad_answer_costs_nothing_and_an_empty_one_keeps_the_value() {
    let dir = scratch();
    run(dir.path(), ALL);
    let (mut talk, text) = Talk::start(dir.path());
    assert!(text.ends_with("submit? (yes/no)> "), "{text}");
    assert!(talk.answer("maybe").contains("Submit wants yes or no."));
    assert!(talk.answer("no").ends_with("Traveller [Ana]> "));
    assert!(talk.answer("").ends_with("Destination [Lisbon]> "));
    assert!(talk.answer("Porto").ends_with("First day [2026-03-01]> "));
    for bad in ["tomorrow", "2026-02-29", "2026-13-01", "2026-03-00"] {
        assert!(talk.answer(bad).starts_with("First day wants a date"), "{bad}");
    }
    // It makes the last day wrong, which is asked again in its turn.
    talk.answer("2026-03-20");
    assert!(talk.answer("").starts_with("Last day wants a date"));
    talk.answer("2026-03-21");
    for bad in ["0", "-1", "1e5", "inf", "much"] {
        assert!(talk.answer(bad).starts_with("Amount wants a positive amount"), "{bad}");
    }
    talk.kill();
    let screen = Screen::of(&run(dir.path(), "").0);
    assert_eq!((at(&screen), screen.answer("Last day")), ("Last day", "2026-03-21"));
    assert_eq!(["Traveller", "Destination", "Amount"].map(|label| screen.answer(label)), ["Ana", "Porto", "1200.50"]);
}

#[test]
fn asleep_then_killed_is_an_interruption_with_its_reason() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    let asleep = talk.answer_all(&["Ana", ":sleep lunch with Eva"]);
    assert!(asleep.contains("saved; asleep (lunch with Eva)"), "{asleep}");
    talk.kill();
    let (text, _) = run(dir.path(), "");
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.exit.as_str()), ("Traveller", "interrupted (lunch with Eva)"));
    assert!(text.contains("before lunch with Eva"), "{text}");
}

#[test]
fn line_for_oneself_is_the_first_of_the_card_after_a_kill() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    talk.answer_all(&["Ana", ":sleep call; ask Ana for the dates"]);
    talk.kill();
    let (text, _) = run(dir.path(), "");
    let (note, card) = (text.find("Note: ask Ana for the dates").unwrap(), text.find("Traveller, in Trip").unwrap());
    assert!(note < card && text.contains("before a call"), "{text}");
}

#[test]
fn waking_shows_the_card_and_the_form_and_how_the_last_launch_ended() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    talk.answer_all(&["Ana", "Lisbon", ":sleep call"]);
    let text = talk.answer(":wake");
    assert!(text.contains("Destination, in Trip, step 2 of 9") && text.contains("before a call"), "{text}");
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.exit.as_str()), ("Destination", "first start"));
    assert!(text.ends_with("First day (a date: YYYY-MM-DD)> "), "{text}");
    // An answer wakes, too, and is an answer.
    talk.answer(":sleep meeting");
    let text = talk.answer("2026-03-01");
    assert!(text.contains("before a meeting"), "{text}");
    // Without a sleep, the one who says `:wake` still sees where they are.
    assert_eq!(at(&Screen::of(&talk.answer(":wake"))), "First day");
    // Who woke was not interrupted: what comes now is a crash.
    talk.kill();
    let screen = Screen::of(&run(dir.path(), "").0);
    assert_eq!((at(&screen), screen.exit.as_str()), ("First day", "crashed"));
}

#[test]
fn quitting_while_asleep_is_a_clean_exit() {
    let dir = scratch();
    run(dir.path(), "Ana\n:sleep call\n:quit\n");
    assert_eq!(Screen::of(&run(dir.path(), "").0).exit, "clean");
}

#[test]
fn input_that_ends_is_an_interruption() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    talk.answer("Ana");
    let (status, errors) = talk.end();
    assert!(status.success() && errors.is_empty(), "{status} {errors}");
    let screen = Screen::of(&run(dir.path(), "").0);
    assert_eq!((at(&screen), screen.exit.as_str()), ("Traveller", "interrupted (the input closed)"));

    // A reason that the user gave is the better one.
    run(dir.path(), ":sleep call\n");
    assert_eq!(Screen::of(&run(dir.path(), "").0).exit, "interrupted (a call)");
}

#[test]
fn output_that_nobody_reads_ends_it_quietly_and_nothing_is_lost() {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    drop(talk.screen.take());
    talk.send("Ana");
    // Any other test that starts a program just now holds a copy of the screen for a moment.
    while talk.child.try_wait().unwrap().is_none() {
        talk.send(":help");
        thread::sleep(Duration::from_millis(2));
    }
    let (status, errors) = talk.end();
    assert!(status.success() && errors.is_empty(), "{status} {errors}");
    let screen = Screen::of(&run(dir.path(), "").0);
    assert_eq!((at(&screen), screen.answer("Traveller")), ("Traveller", "Ana"));
    assert_eq!(screen.exit, "interrupted (the output closed)");
}

#[test]
fn forgetting_leaves_no_byte_behind_and_the_next_answer_begins_anew() {
    const CANARY: &str = "kanarienvogel";
    let dir = scratch();
    let holds_canary = || {
        let found = |path: &Path| fs::read(path).unwrap().windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes());
        fs::read_dir(dir.path()).unwrap().any(|file| found(&file.unwrap().path()))
    };
    run(dir.path(), &format!("{CANARY}\n{CANARY}\n:quit\n"));
    let (mut talk, _) = Talk::start(dir.path());
    talk.answer("2026-03-01");
    assert!(holds_canary());
    let text = talk.answer(":forget");
    assert!(text.contains("Everything is erased."), "{text}");
    assert!(!holds_canary());
    assert!(talk.answer(":wake").ends_with("Traveller (a name)> "));
    assert!(talk.answer(":history").contains("No history"));
    talk.answer(":sleep call");
    assert!(!holds_canary());
    talk.answer_all(&["Zoe", "Rome"]);
    talk.kill();
    assert!(!holds_canary());
    let screen = Screen::of(&run(dir.path(), ":quit\n").0);
    assert_eq!((at(&screen), screen.answer("Traveller"), screen.answers.len()), ("Destination", "Zoe", 2));

    run(dir.path(), &format!("{CANARY}\n:forget\n:quit\n"));
    assert!(!holds_canary(), "closing brings nothing back");
    assert!(Screen::of(&run(dir.path(), "").0).answers.is_empty());
}

#[test]
fn a_second_instance_names_the_first_saves_nothing_and_is_still_a_form() {
    let dir = scratch();
    let (mut first, _) = Talk::start(dir.path());
    first.answer("Ana");
    let (text, output) = run(dir.path(), &format!("{ALL}yes\n:sleep call\n:wake\n:history\n:forget\n:quit\n"));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let holder = format!("in use by wizard{EXE_SUFFIX}, process {}", first.child.id());
    let greeting = text.split("exit: ").next().unwrap();
    assert!(greeting.contains("NOTHING WILL BE SAVED") && greeting.contains(&holder), "{text}");
    assert!(text.contains("Submitted.") && text.contains("NOT ERASED"), "{text}");
    assert_eq!(text.matches("NOT SAVED").count(), 1, "only where the user asked for it: {text}");
    first.answer("Lisbon");
    first.kill();
    let screen = Screen::of(&run(dir.path(), "").0);
    assert_eq!((at(&screen), screen.answer("Traveller"), screen.answers.len()), ("Destination", "Ana", 2));
}

#[test]
fn history_goes_back_and_that_can_be_undone() {
    let dir = scratch();
    run(dir.path(), "Ana\n:sleep call\n");
    run(dir.path(), "Lisbon\n:quit\n");
    let (mut talk, text) = Talk::start(dir.path());
    assert_eq!(at(&Screen::of(&text)), "Destination");
    talk.answer("2026-03-01");
    let list = talk.answer(":history");
    assert!(list.contains("  1. Destination, ") && list.contains("  2. Traveller, "), "{list}");
    assert!(list.contains(", before a call\n"), "{list}");
    let seen = talk.answer(":history 2?");
    assert!(seen.contains("Traveller:   Ana\n  Destination:\n"), "a look at it: {seen}");
    assert!(
        talk.answer(":history 3").contains("no earlier state 3") && talk.answer(":history x").contains("no earlier")
    );
    let text = talk.answer(":history 2");
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.answers.len()), ("Traveller", 1));
    assert!(text.contains("Going on with: Destination"), "{text}");
    let screen = Screen::of(&talk.answer(":history 1"));
    assert_eq!((at(&screen), screen.answers.len()), ("First day", 3));
}

/// Killed in the first version after these answers; what the next version shows.
fn after_an_update(answers: &[&str]) -> (Talk, String) {
    let dir = scratch();
    let (mut talk, _) = Talk::start(dir.path());
    talk.answer_all(answers);
    talk.kill();
    let (talk, text) = Talk::start_next(dir.path());
    assert!(text.contains("The last run died") && !text.contains("set aside"), "{text}");
    (talk, text)
}

#[test]
fn an_update_that_names_the_field_anew_leads_to_the_new_name() {
    let (_, text) = after_an_update(&["Ana", "Lisbon", "2026-03-01", "2026-03-04", "1200,50", "eur", "Bob"]);
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.answer("Manager"), screen.answer("Amount")), ("Manager", "Bob", "1200.50 EUR"));
    assert!(text.contains("Approver, in Approval") && text.contains("“Approver” is called “Manager” now."), "{text}");
    assert!(text.contains("Going on with: Purpose") && text.ends_with("Purpose (a few words)> "), "{text}");
    assert!(screen.bracketed.is_empty(), "{text}");
}

#[test]
fn an_update_that_moves_the_field_leads_to_where_it_is_now() {
    let (_, text) = after_an_update(&["Ana", "Lisbon"]);
    let screen = Screen::of(&text);
    assert_eq!(
        (at(&screen), screen.answer("Destination"), screen.answer("Traveller")),
        ("Destination", "Lisbon", "Ana")
    );
    assert!(
        !text.contains("“Destination” has moved") && text.ends_with("Traveller [Ana]> "),
        "it is on its page: {text}"
    );

    let (_, text) = after_an_update(&ALL.lines().collect::<Vec<_>>());
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.answer("Purpose")), ("Purpose", "A fair"));
    assert!(text.contains("“Purpose” has moved to Trip.") && text.ends_with("Destination [Lisbon]> "), "{text}");
}

#[test]
fn an_update_that_drops_the_field_leads_to_where_it_was() {
    let (mut talk, text) = after_an_update(&["Ana", "Lisbon", "2026-03-01", "2026-03-04", "1200,50", "usd"]);
    let screen = Screen::of(&text);
    assert_eq!((at(&screen), screen.bracketed.as_slice()), ("nowhere", &["Amount".to_owned()][..]));
    assert!(text.contains("Currency, in Money") && text.contains("“Currency” is no longer asked; it was here: ["));
    assert_eq!(screen.answer("Amount"), "1200.50 USD");
    assert!(text.contains("Going on with: Cost centre"), "{text}");
    // The arrow is the next version's own from here on.
    talk.answer("4711");
    let woken = Screen::of(&talk.answer(":wake"));
    assert_eq!((at(&woken), woken.bracketed.len()), ("Cost centre", 0));
}

#[test]
fn wrong_options_end_with_the_usage_and_status_two() {
    let wizard = |options: &[&str]| Command::new(program()).args(options).stdin(Stdio::null()).output().unwrap();
    for wrong in [&["--dri", "x"][..], &["--dir"], &["--dir", ""], &["--dir", "x", "y"], &["x"], &["--next", "--next"]]
    {
        let output = wizard(wrong);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{wrong:?}");
        assert!(output.stderr.starts_with(b"usage: "), "{wrong:?}");
    }
    let output = wizard(&["--help"]);
    assert!(output.status.success() && output.stdout.starts_with(b"usage: ") && output.stderr.is_empty());
}

#[test]
fn words_that_are_no_text_or_no_command_are_survived() {
    let dir = scratch();
    let mut child = command(dir.path()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"\xff\xfe\r\nEscape \x1b[2J\n:what is this\n:help\n:back\nAna").unwrap();
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(text.contains("There is no :what") && text.contains("Destination wants a place."), "{text}");
    assert!(!text.contains('\x1b'), "nothing that a terminal would obey");
    // The last line has no line end, and is an answer all the same.
    assert_eq!(Screen::of(&run(dir.path(), "").0).answer("Traveller"), "Ana");
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_loses_nothing_and_is_named_at_the_next_start() {
    use rustix::process::{Pid, Signal, kill_process};

    let told = [
        (Signal::TERM, "interrupted (the program was stopped)"),
        (Signal::HUP, "interrupted (the terminal was closed)"),
        (Signal::INT, "interrupted (the program was stopped)"),
    ];
    for (signal, told) in told {
        let dir = scratch();
        let (mut talk, _) = Talk::start_with_signals(dir.path());
        talk.answer_all(&["Ana", "Lisbon"]);
        kill_process(Pid::from_child(&talk.child), signal).unwrap();
        // Until it is dead: its input must not end before, which would be a reason of its own.
        talk.read();
        let (_, errors) = talk.end();
        assert_eq!(errors, "", "{signal:?}");
        let screen = Screen::of(&run(dir.path(), "").0);
        assert_eq!((at(&screen), screen.answer("Destination")), ("Destination", "Lisbon"), "{signal:?}");
        assert_eq!(screen.exit, told, "{signal:?}");
    }
}

/// The journey of a user who is torn away again and again, at moments nobody chose. Whatever the wizard acknowledged,
/// by asking the next question, is there the next time, and the arrow is at it.
#[test]
fn kills_at_random_moments_lose_nothing_that_was_acknowledged() {
    let kills = env::var("LEFTOFF_KILLS").map_or(50, |kills| kills.parse().unwrap());
    let seed = env::var("LEFTOFF_SEED").map_or_else(|_| RandomState::new().hash_one(0), |seed| seed.parse().unwrap());
    eprintln!("LEFTOFF_SEED={seed}");
    let mut random = Random(seed);
    let dir = scratch();
    let (mut answers, mut last) = (BTreeMap::<String, String>::new(), None::<String>);
    // Sent when the kill came, and never acknowledged: it may be there or not.
    let mut open: Option<(String, String)> = None;
    for kill in 0..=kills {
        let (mut talk, mut text) = Talk::start(dir.path());
        let screen = Screen::of(&text);
        if let Some((label, answer)) = open.take().filter(|(label, _)| screen.marked.as_ref() == Some(label)) {
            // It counts as saved if the arrow is there, and then the answer has to be, too.
            if last.as_ref() != Some(&label) || screen.answer(&label) == answer {
                last = Some(label.clone());
                answers.insert(label, answer);
            }
        }
        assert_eq!((&screen.marked, &screen.answers), (&last, &answers), "kill {kill}, LEFTOFF_SEED={seed}");
        for _ in 0..random.below(8) {
            let (label, answer) = next_answer(&text, &mut random);
            text = talk.answer(&answer);
            assert!(text.ends_with("> ") && !text.contains("wants"), "{label}, {answer}: {text}");
            answers.insert(label.clone(), answer);
            last = Some(label);
        }
        if random.below(20) == 0 {
            // Now and then they leave in good order.
            talk.send(":quit");
            let (status, errors) = talk.end();
            assert!(status.success() && errors.is_empty(), "{errors}, LEFTOFF_SEED={seed}");
            continue;
        }
        let (label, answer) = next_answer(&text, &mut random);
        talk.send(&answer);
        let moment = Instant::now() + Duration::from_micros(random.below(600));
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        if talk.kill().ends_with("> ") {
            answers.insert(label.clone(), answer);
            last = Some(label);
        } else {
            open = Some((label, answer));
        }
    }
}

/// What is asked at the end of `text`, and something new to say to that.
fn next_answer(text: &str, random: &mut Random) -> (String, String) {
    let prompt = text.lines().last().unwrap();
    let label = prompt.split([' ', '?', '[', '(']).next().unwrap();
    let number = random.below(28) + 1;
    match label {
        "First" => ("First day".into(), format!("2026-01-{number:02}")),
        "Last" => ("Last day".into(), format!("2026-02-{number:02}")),
        "Amount" => (label.into(), random.below(9999).max(1).to_string()),
        "Currency" => (label.into(), ["EUR", "USD", "GBP"][usize::try_from(number % 3).unwrap()].into()),
        "submit" => ("Submit".into(), "no".into()),
        _ => (label.into(), format!("{label} {}", random.below(1 << 40))),
    }
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
