//! What is erased on close, wherever it went meanwhile.

use leftoff::LastExit;

use super::*;
use crate::support::holds;

const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();
const CANARY: &str = "canary-4d1c-of-a-secret";

#[test]
fn what_is_erased_on_close_is_in_no_frame_afterwards() {
    let memory = MemoryBackend::new();
    let mut random = Random::new(5);
    for round in 0..4 {
        let mut session = open(memory.clone());
        assert_eq!(session.get(PIN).unwrap(), None, "launch {round}");
        for _ in 0..3 {
            put(&mut session, "a", |capture| {
                capture.set(PIN, &format!("{CANARY}{round}"));
                capture.set(DRAFT, &format!("Dear Ana {round}"));
            });
            crash(session);
            session = open(memory.clone());
            assert_eq!(session.get(PIN).unwrap(), Some(format!("{CANARY}{round}")), "back after an interruption");
        }
        if round % 2 == 1 {
            session.mark("a");
            compact(&mut session, &mut random);
        }
        assert!(holds(&memory, CANARY.as_bytes()));
        session.close().unwrap();
        assert!(!holds(&memory, CANARY.as_bytes()), "launch {round}");
        let mut session = open(memory.clone());
        assert_eq!(session.get(DRAFT).unwrap(), Some(format!("Dear Ana {round}")), "the others stay");
        assert_eq!(session.marker().unwrap().element(), if round % 2 == 1 { "bulk" } else { "a" });
        assert_eq!(*session.last_exit(), LastExit::Clean);
        session.close().unwrap();
    }
}

#[test]
fn what_is_erased_on_close_is_in_no_file_afterwards() {
    let folder = crate::support::folder::scratch();
    let open = || Session::builder(crate::support::APP).dir(folder.path()).open();
    let spilled = || {
        std::fs::read_dir(folder.path()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
        })
    };
    let mut session = open();
    put(&mut session, "a", |capture| capture.set(PIN, &CANARY.to_owned()));
    assert!(spilled());
    session.suspend("call").unwrap();
    drop(session);
    assert!(spilled(), "an interruption keeps it");
    let mut session = open();
    assert_eq!(session.get(PIN).unwrap().as_deref(), Some(CANARY));
    session.close().unwrap();
    assert!(!spilled());
    let mut session = open();
    assert_eq!(session.get(PIN).unwrap(), None);
    assert!(session.report().is_whole() && session.outcome() == Outcome::Resumed);
}

#[test]
fn a_secret_that_was_set_aside_is_erased_as_well() {
    const NEW_PIN: Section<String> = Section::<String>::new("pin", 2).erase_on_close();
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(NEW_PIN, &CANARY.to_owned()));
    crash(session);
    let mut old = open(memory.clone());
    assert_eq!(kind(old.get(PIN)), ErrorKind::NewerSection);
    put(&mut old, "a", |capture| capture.set(PIN, &"1234".to_owned()));
    crash(old);
    let mut old = open(memory.clone());
    put(&mut old, "a", |capture| capture.remove(PIN));
    old.close().unwrap();
    assert!(!holds(&memory, CANARY.as_bytes()));
}

#[test]
fn a_secret_in_a_state_that_was_left_is_erased_as_well() {
    for killed in [false, true] {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        put(&mut session, "a", |capture| capture.set(DRAFT, &"Dear Ana".to_owned()));
        session.close().unwrap();
        let mut session = open(memory.clone());
        put(&mut session, "b", |capture| capture.set(PIN, &CANARY.to_owned()));
        let point = session.history().unwrap().remove(0);
        session.resume_at(&point).unwrap();
        assert_eq!(session.get(PIN).unwrap(), None);
        if killed {
            put(&mut session, "a", |capture| capture.set(DRAFT, &"Dear Bo".to_owned()));
            crash(session);
            session = open(memory.clone());
        }
        session.close().unwrap();
        assert!(!holds(&memory, CANARY.as_bytes()), "killed: {killed}");
    }
}

#[test]
fn a_secret_of_this_very_launch_is_erased() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| {
        capture.set(PIN, &CANARY.to_owned());
        capture.set(DRAFT, &"Dear Ana".to_owned());
    });
    session.close().unwrap();
    assert!(!holds(&memory, CANARY.as_bytes()));
    let mut session = open(memory);
    assert_eq!(session.get(PIN).unwrap(), None);
    assert_eq!(session.get(DRAFT).unwrap().as_deref(), Some("Dear Ana"));
    assert_eq!(session.marker().unwrap().element(), "a");
}

#[test]
fn a_secret_that_waited_for_a_failing_place_is_erased() {
    use leftoff_testing::{Call, Faults, FaultyBackend, When};
    for suspended in [false, true] {
        let memory = MemoryBackend::new();
        let faults = Faults::new();
        let mut session = open(FaultyBackend::new(memory.clone(), faults.clone()));
        put(&mut session, "a", |capture| capture.set(DRAFT, &"Dear Ana".to_owned()));
        faults.fail(Call::Create, When::Always, std::io::ErrorKind::StorageFull);
        session.mark("b");
        let saved = session.autosave(|capture| capture.set(PIN, &CANARY.to_owned())).unwrap();
        assert_eq!(saved, leftoff::Saved::Deferred);
        faults.mend(Call::Create);
        if suspended {
            let _ = session.suspend("call");
            session.wake();
        }
        session.close().unwrap();
        assert!(!holds(&memory, CANARY.as_bytes()), "suspended: {suspended}");
    }
}
