//! Questions one after the other: what changes between two launches, and storage that fails.

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::steps::Steps;
use leftoff::{Error, Marker, Phase, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::{ManualClock, crash, open, still};

/// The process ends at a question.
#[derive(Debug)]
struct Ended;

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        panic!("storage trouble is no error of a question: {error:#}")
    }
}

/// Asks for numbers; `None` is where the process ends. Returns the prompts with their proposals, and the answers.
fn ask(steps: &mut Steps, session: &mut Session, questions: &[(&'static str, Option<u32>)]) -> (Vec<String>, Vec<u32>) {
    let (mut asked, mut answers) = (Vec::new(), Vec::new());
    for (name, answer) in questions {
        let answer = steps.ask(session, Section::new(name, 1), name, |before| {
            asked.push(before.map_or_else(|| (*name).to_owned(), |before: &u32| format!("{name} [{before}]")));
            answer.ok_or(Ended)
        });
        match answer {
            Ok(answer) => answers.push(answer),
            Err(Ended) => break,
        }
    }
    (asked, answers)
}

/// Asks these questions in one launch, which then crashes.
fn launch(memory: &MemoryBackend, questions: &[(&'static str, Option<u32>)]) -> (Vec<String>, Vec<u32>) {
    let mut session = open(memory.clone());
    let mut steps = Steps::new(&mut session, "setup", 4);
    let result = ask(&mut steps, &mut session, questions);
    crash(session);
    result
}

/// A row whose first three questions are answered.
fn three_answered(memory: &MemoryBackend) -> (Session, Steps) {
    let mut session = open(memory.clone());
    let mut steps = Steps::new(&mut session, "setup", 4);
    ask(&mut steps, &mut session, &[("a", Some(1)), ("b", Some(2)), ("c", Some(3))]);
    (session, steps)
}

#[test]
fn a_question_that_an_update_adds_is_asked_and_no_answered_one_is_asked_again() {
    let memory = MemoryBackend::new();
    launch(&memory, &[("a", Some(1)), ("b", Some(2)), ("c", None)]);
    let (asked, answers) = launch(&memory, &[("a", None), ("new", Some(7)), ("b", None), ("c", Some(3))]);
    assert_eq!((asked, answers), (vec!["new".to_owned(), "c".to_owned()], vec![1, 7, 2, 3]));
}

#[test]
fn after_a_kill_right_after_an_added_question_no_answered_one_is_asked_again() {
    let memory = MemoryBackend::new();
    launch(&memory, &[("a", Some(1)), ("b", Some(2)), ("c", Some(3))]);
    launch(&memory, &[("a", None), ("new", Some(7)), ("b", None), ("c", None)]);
    let (asked, answers) = launch(&memory, &[("a", None), ("new", None), ("b", None), ("c", None), ("d", Some(4))]);
    assert_eq!((asked, answers), (vec!["d".to_owned()], vec![1, 7, 2, 3, 4]));
}

#[test]
fn a_question_that_is_open_again_after_it_was_answered_again_is_asked() {
    let memory = MemoryBackend::new();
    let (mut session, mut steps) = three_answered(&memory);
    for answer in [Some(20), None] {
        steps.go_to(2);
        ask(&mut steps, &mut session, &[("a", None), ("b", answer)]);
    }
    crash(session);
    let (asked, _) = launch(&memory, &[("a", None), ("b", Some(21)), ("c", Some(30))]);
    assert_eq!(asked, ["b [20]", "c [3]"]);
}

/// Three questions are answered, and the user goes back to the second one, which is asked with `answer`.
fn gone_back(answer: Option<u32>) -> MemoryBackend {
    let memory = MemoryBackend::new();
    let (mut session, mut steps) = three_answered(&memory);
    steps.go_to(2);
    ask(&mut steps, &mut session, &[("a", None), ("b", answer)]);
    crash(session);
    memory
}

#[test]
fn after_going_back_and_a_kill_at_a_question_without_an_answer_those_after_it_are_asked() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let mut steps = Steps::new(&mut session, "setup", 4);
    ask(&mut steps, &mut session, &[("a", Some(1)), ("c", Some(3))]);
    steps.go_to(1);
    // The new answer leads to another question.
    ask(&mut steps, &mut session, &[("a", Some(10)), ("b", None)]);
    crash(session);
    let (asked, answers) = launch(&memory, &[("a", None), ("b", Some(2)), ("c", Some(30))]);
    assert_eq!((asked, answers), (vec!["b".to_owned(), "c [3]".to_owned()], vec![10, 2, 30]));
}

#[test]
fn an_update_between_going_back_and_the_answers_keeps_what_is_asked_again() {
    // A question is added before the one that is open.
    let memory = gone_back(None);
    launch(&memory, &[("a", None), ("new", None)]);
    let (asked, _) = launch(&memory, &[("a", None), ("new", Some(7)), ("b", Some(20)), ("c", Some(30))]);
    assert_eq!(asked, ["new", "b [2]", "c [3]"]);
    // After one that was answered again.
    let memory = gone_back(Some(20));
    launch(&memory, &[("a", None), ("b", None), ("new", None)]);
    let (asked, _) = launch(&memory, &[("a", None), ("b", None), ("new", Some(7)), ("c", Some(30))]);
    assert_eq!(asked, ["new", "c [3]"]);
    // The open one is gone.
    let (asked, _) = launch(&gone_back(None), &[("a", None), ("c", Some(30)), ("d", Some(4))]);
    assert_eq!(asked, ["c [3]", "d"]);
}

#[test]
fn an_update_without_the_open_question_asks_the_unanswered_ones() {
    let memory = MemoryBackend::new();
    launch(&memory, &[("a", Some(1)), ("gone", None)]);
    let (asked, answers) = launch(&memory, &[("a", None), ("b", Some(2))]);
    assert_eq!((asked, answers), (vec!["b".to_owned()], vec![1, 2]));
}

#[test]
fn a_process_that_ends_right_after_an_answer_does_not_ask_for_it_again() {
    let memory = MemoryBackend::new();
    launch(&memory, &[("a", Some(1))]);
    let mut session = open(memory.clone());
    let steps = Steps::new(&mut session, "setup", 4);
    let marker = steps.left_off().unwrap();
    assert_eq!((marker.step(), marker.phase(), marker.label()), (Some((1, 4)), Phase::Committed, Some("a")));
    crash(session);
    assert_eq!(launch(&memory, &[("a", None), ("b", Some(2))]).0, ["b"]);
}

#[test]
fn going_back_survives_a_kill_and_proposes_what_was_answered() {
    let memory = MemoryBackend::new();
    let (mut session, mut steps) = three_answered(&memory);
    steps.go_to(2);
    assert_eq!(steps.number(), 0);
    let (asked, answers) = ask(&mut steps, &mut session, &[("a", None), ("b", Some(20)), ("c", None)]);
    assert_eq!((asked, answers), (vec!["b [2]".to_owned(), "c [3]".to_owned()], vec![1, 20]));
    crash(session);
    let (asked, answers) = launch(&memory, &[("a", None), ("b", None), ("c", Some(30))]);
    assert_eq!((asked, answers), (vec!["c [3]".to_owned()], vec![1, 20, 30]));
}

#[test]
fn after_a_kill_while_going_back_every_later_answer_is_proposed() {
    let (asked, answers) = launch(&gone_back(None), &[("a", None), ("b", Some(20)), ("c", Some(30))]);
    assert_eq!((asked, answers), (vec!["b [2]".to_owned(), "c [3]".to_owned()], vec![1, 20, 30]));
}

#[test]
fn the_question_is_open_since_it_was_asked_first() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    for questions in [[("a", Some(1)), ("b", None)], [("a", None), ("b", None)], [("a", None), ("b", None)]] {
        let mut session = start();
        let mut steps = Steps::new(&mut session, "", 2);
        ask(&mut steps, &mut session, &questions);
        clock.advance(Duration::from_secs(120));
        crash(session);
    }
    let mut session = start();
    let marker = Steps::new(&mut session, "", 2).left_off().cloned().unwrap();
    assert_eq!((marker.label(), marker.card(clock.wall()).when()), (Some("b"), Some("6 min ago")));
}

#[test]
fn finishing_removes_the_answers_of_this_scope_only() {
    const OTHER: Section<u32> = Section::new("a", 1);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.save(|capture| capture.set(OTHER, &5)).unwrap();
    let mut steps = Steps::new(&mut session, "setup", 2);
    // The second question belongs to a branch that is not taken again.
    ask(&mut steps, &mut session, &[("a", Some(1)), ("branch", Some(2))]);
    steps.go_to(1);
    ask(&mut steps, &mut session, &[("a", Some(3))]);
    steps.finish(&mut session).unwrap();
    crash(session);
    let mut session = open(memory.clone());
    assert_eq!(session.get(OTHER).unwrap(), Some(5));
    assert_eq!(Steps::new(&mut session, "setup", 2).left_off(), None);
    crash(session);
    assert_eq!(launch(&memory, &[("a", Some(1)), ("branch", Some(2))]).0, ["a", "branch"]);
}

#[test]
fn nobody_is_led_to_a_question_that_is_finished() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    let mut session = start();
    session.mark("inbox/7");
    session.autosave(|_| {}).unwrap();
    crash(session);
    let mut session = start();
    let mut steps = Steps::new(&mut session, "setup", 1);
    ask(&mut steps, &mut session, &[("a", Some(1))]);
    steps.finish(&mut session).unwrap();
    assert_ne!(session.marker().map(Marker::scope), Some("setup"));
    // The user is away, and the program goes on.
    clock.advance(Duration::from_secs(3600));
    assert!(session.user_active());
    assert_eq!(session.marker().map(Marker::element), Some("inbox/7"));
    assert_eq!(session.last_active_scope(), Some(""));
    crash(session);
    let mut session = start();
    assert_eq!(session.marker().map(Marker::element), Some("inbox/7"));
    assert!(session.scope("setup").marker().is_none());
    // The same questions once more: the open one counts again.
    let mut steps = Steps::new(&mut session, "setup", 1);
    ask(&mut steps, &mut session, &[("a", None)]);
    crash(session);
    let session = start();
    assert_eq!(session.marker().map(|marker| (marker.scope(), marker.element())), Some(("setup", "a")));
}

#[test]
fn storage_that_fails_ends_no_question_and_loses_no_answer_once_it_works() {
    let (memory, faults) = (MemoryBackend::new(), Faults::new());
    let mut session = open(FaultyBackend::new(memory.clone(), faults.clone()));
    let mut steps = Steps::new(&mut session, "setup", 2);
    for call in [Call::Create, Call::Sync] {
        faults.fail(call, When::Always, std::io::ErrorKind::StorageFull);
    }
    assert_eq!(ask(&mut steps, &mut session, &[("a", Some(1)), ("b", Some(2))]).1, [1, 2]);
    assert!(session.status().trouble().is_some());
    faults.mend_all();
    session.close().unwrap();
    assert_eq!(launch(&memory, &[("a", None), ("b", None)]).1, [1, 2]);
}

#[test]
fn an_answer_is_synced_when_ask_returns() {
    let mut session = open(MemoryBackend::new());
    let mut steps = Steps::new(&mut session, "setup", 1);
    ask(&mut steps, &mut session, &[("a", Some(1))]);
    assert!(session.status().is_synced);
}

#[test]
fn an_answer_of_another_type_is_asked_for_again_and_stays_stored() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.save(|capture| capture.scope("setup").set(Section::new("a", 1), &"one".to_owned())).unwrap();
    crash(session);
    assert_eq!(launch(&memory, &[("a", Some(1))]), (vec!["a".to_owned()], vec![1]));
    assert_eq!(open(memory.clone()).quarantined().len(), 1);
    assert_eq!(launch(&memory, &[("a", None)]).1, [1]);
}
