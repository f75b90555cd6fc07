//! The examples that are talked to line by line: prompts, an agent, a service. Each is killed at different moments.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::example::example;
use crate::support::folder::scratch;
use crate::wizard::talk::{Talk, piped};

fn start(name: &str, dir: &Path) -> (Talk, String) {
    let mut command = Command::new(example(name, &format!("{name}.rs")));
    command.arg(dir);
    Talk::with(piped(command))
}

/// The line of `text` that begins with this.
fn line<'t>(text: &'t str, begin: &str) -> Option<&'t str> {
    text.lines().find(|line| line.starts_with(begin))
}

const ANSWERS: [&str; 5] = ["arrow", "rust", "ana@example.com", "8080", "yes"];
const PROMPTS: [&str; 5] = ["Project name", "Language", "E-mail", "Port", "arrow in rust"];
const LABELS: [&str; 5] = ["Project name", "Language", "E-mail", "Port", "Create it?"];

#[test]
fn prompts_resume_at_each_question_after_a_kill_and_start_over_after_the_end() {
    let dir = scratch();
    let (mut talk, mut text) = start("prompts", dir.path());
    for (at, answer) in ANSWERS.iter().enumerate() {
        assert!(text.lines().last().unwrap().starts_with(PROMPTS[at]), "{text}");
        talk.kill();
        (talk, text) = start("prompts", dir.path());
        let expected = format!("You left off at question {} of 5, \"{}\", ", at + 1, LABELS[at]);
        // Before the first answer, there is nothing to resume.
        assert_eq!(line(&text, "You left off").is_some_and(|line| line.starts_with(&expected)), at > 0, "{text}");
        assert!(text.lines().last().unwrap().starts_with(PROMPTS[at]), "{text}");
        text = talk.answer(answer);
    }
    assert_eq!(text, "Created arrow in rust, port 8080, by ana@example.com.\n");
    let (status, errors) = talk.end();
    assert!(status.success() && errors.is_empty(), "{errors}");
    let (_, text) = start("prompts", dir.path());
    assert_eq!(text, "Project name> ", "the answers are removed");
}

#[test]
fn an_answer_that_is_changed_after_others_is_kept_and_the_later_ones_are_proposed() {
    let dir = scratch();
    let (mut talk, _) = start("prompts", dir.path());
    talk.answer_all(&["arrow", "rust", "ana@example.com"]);
    assert!(talk.answer(":back").starts_with("E-mail [ana@example.com]> "));
    assert!(talk.answer(":2").starts_with("Language (rust or c) [rust]> "));
    assert!(talk.answer("c").starts_with("E-mail [ana@example.com]> "));
    talk.kill();
    // At the question that was open, not at the first one without an answer.
    let (mut talk, text) = start("prompts", dir.path());
    assert!(text.starts_with("You left off at question 3 of 5, \"E-mail\", "), "{text}");
    assert!(text.ends_with("E-mail [ana@example.com]> "), "{text}");
    assert!(talk.answer("").ends_with("Port> "));
    assert!(talk.answer("8080").contains("arrow in c, port 8080"));
    let text = talk.answer("no");
    assert!(text.ends_with("Project name [arrow]> "), "{text}");
    talk.answer_all(&["", "", "", ""]);
    assert!(talk.answer("yes").starts_with("Created arrow in c, port 8080, by ana@example.com."));
}

#[test]
fn input_that_ends_keeps_the_answers() {
    let dir = scratch();
    let (mut talk, _) = start("prompts", dir.path());
    talk.answer("arrow");
    let (status, errors) = talk.end();
    assert!(status.success() && errors.is_empty(), "{errors}");
    let (_, text) = start("prompts", dir.path());
    assert!(text.starts_with("You left off at question 2 of 5, \"Language\", "), "{text}");
}

/// Waits up to half a millisecond longer with each round, so that the kills are spread over the time of a save.
fn wait(round: u64) {
    let moment = Instant::now() + Duration::from_micros(round * 25 % 1_000);
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}

#[test]
fn kills_right_after_an_answer_lose_none_that_was_acknowledged() {
    let dir = scratch();
    let (mut talk, mut text) = start("prompts", dir.path());
    for round in 0..40 {
        let number = PROMPTS.iter().position(|prompt| text.lines().last().unwrap().starts_with(prompt)).unwrap();
        // Never "yes", after which the answers are removed.
        talk.send(if number == 4 { "no" } else { ANSWERS[number] });
        wait(round);
        let is_acknowledged = talk.kill().ends_with("> ");
        (talk, text) = start("prompts", dir.path());
        let next = PROMPTS.iter().position(|prompt| text.lines().last().unwrap().starts_with(prompt)).unwrap();
        let follows = next == (number + 1) % 5;
        assert!(follows || !is_acknowledged && next == number, "question {number}, then {next}, round {round}: {text}");
    }
}

/// The number of the call that is asked for at the end of `text`, and whether it is in doubt.
fn call(text: &str) -> (u64, bool) {
    let prompt = text.lines().last().unwrap();
    let number = prompt.strip_prefix("call ").unwrap().split(':').next().unwrap().parse().unwrap();
    (number, line(text, &format!("Call {number} is in doubt: ")).is_some())
}

#[test]
fn call_13_without_an_answer_is_in_doubt_until_it_is_settled() {
    let dir = scratch();
    let (mut talk, mut text) = start("agent", dir.path());
    for number in 1..13 {
        assert_eq!(call(&text), (number, false), "{text}");
        text = talk.answer("done");
    }
    assert_eq!(call(&text), (13, false), "{text}");
    talk.kill();
    let (mut talk, text) = start("agent", dir.path());
    assert!(text.starts_with("12 calls are answered.\nCall 13 is in doubt: search the flights was begun "), "{text}");
    // Words that settle nothing, and another kill, leave it in doubt.
    assert!(talk.answer("what").ends_with("call 13: done ANSWER, repeat, or skip> "));
    talk.kill();
    let (mut talk, text) = start("agent", dir.path());
    assert_eq!(call(&text), (13, true), "{text}");
    assert_eq!(talk.answer("repeat"), "call 13: search the flights> ");
    talk.kill();
    let (mut talk, text) = start("agent", dir.path());
    assert_eq!(call(&text), (13, true), "{text}");
    assert_eq!(talk.answer("skip"), "call 14: book the seat> ");
    talk.kill();
    let (mut talk, text) = start("agent", dir.path());
    assert_eq!(call(&text), (14, true), "{text}");
    assert_eq!(talk.answer("done seat 7"), "call 15: send the mail> ");
    talk.kill();
    assert!(start("agent", dir.path()).1.starts_with("14 calls are answered.\n"));
}

#[test]
fn kills_around_an_answer_never_repeat_a_call_and_never_forget_one() {
    let dir = scratch();
    let (mut talk, text) = start("agent", dir.path());
    let (mut number, mut is_in_doubt) = call(&text);
    for round in 0..40 {
        talk.send(if is_in_doubt { "done it" } else { "answer" });
        wait(round);
        let screen = talk.kill();
        let (again, text) = start("agent", dir.path());
        talk = again;
        let (next, now_in_doubt) = call(&text);
        // The call itself may come back only in doubt; its successor may have been begun or not.
        assert!(next == number + 1 || next == number && now_in_doubt, "{number}, then {text}");
        assert!(next == number + 1 || !screen.ends_with("> "), "acknowledged, and in doubt: {screen} {text}");
        (number, is_in_doubt) = (next, now_in_doubt);
    }
}

#[test]
fn a_service_continues_its_queue_and_tells_the_last_command() {
    let dir = scratch();
    let (mut talk, _) = start("service", dir.path());
    talk.answer_all(&["pause", "add one", "add two"]);
    talk.kill();
    let (mut talk, text) = start("service", dir.path());
    assert!(text.starts_with("Your last command: add two: pressed, "), "{text}");
    let text = talk.answer("status");
    assert!(text.starts_with("0 done, running None, waiting [\"one\", \"two\"], paused true"), "{text}");
    talk.answer("resume");
    // While the first or the second job runs.
    talk.kill();
    let (mut talk, text) = start("service", dir.path());
    assert!(text.starts_with("Your last command: resume: pressed, "), "{text}");
    let give_up = Instant::now() + Duration::from_secs(20);
    while !talk.answer("status").starts_with("2 done, running None, waiting []") {
        assert!(Instant::now() < give_up, "{}", talk.answer("status"));
    }
    talk.send("quit");
    let (status, errors) = talk.end();
    assert!(status.success() && errors.is_empty(), "{errors}");
}

#[test]
fn kills_of_a_service_lose_no_job_and_no_command() {
    let dir = scratch();
    let (mut talk, _) = start("service", dir.path());
    for round in 0..20 {
        talk.answer(&format!("add {round}"));
        std::thread::sleep(Duration::from_millis(round * 3 % 40));
        talk.kill();
        let (again, text) = start("service", dir.path());
        talk = again;
        assert!(text.starts_with(&format!("Your last command: add {round}: ")), "{text}");
    }
    let give_up = Instant::now() + Duration::from_secs(20);
    // Each job once, except in the counter: a job whose end was not written runs again, and is counted once.
    while !talk.answer("status").starts_with("20 done, running None, waiting []") {
        assert!(Instant::now() < give_up, "{}", talk.answer("status"));
    }
}

#[test]
fn a_second_service_ends_at_once_and_names_the_first() {
    let dir = scratch();
    let (first, _) = start("service", dir.path());
    let (second, text) = start("service", dir.path());
    let expected =
        format!("The service runs already: service{}, process {}.", std::env::consts::EXE_SUFFIX, first.child.id());
    assert_eq!(text.trim_end(), expected);
    assert!(!second.end().0.success());
}
