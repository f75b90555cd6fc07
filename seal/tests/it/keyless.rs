//! Launches without the key: nothing is lost, nothing is saved, and the words are clear.

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, Outcome, Section};
use leftoff_seal::KeyRing;

use crate::support::{key, sealed, still, stored};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);
const LAUNCHES: u32 = 12;

/// A log of several launches, sealed under one key.
fn history(ring: &KeyRing) -> MemoryBackend {
    let memory = MemoryBackend::new();
    for launch in 0..LAUNCHES {
        let mut session = still(sealed(&memory, ring)).open();
        session.mark("form/amount");
        session
            .save(|capture| {
                capture.set(FORM, &launch);
                capture.set(TEXT, &format!("{launch} ").repeat(200));
            })
            .unwrap();
        session.close().unwrap();
    }
    memory
}

#[test]
fn forty_launches_without_the_key_change_nothing_and_with_it_everything_is_back() {
    let ring = KeyRing::new(key(1));
    let memory = history(&ring);
    let session = still(sealed(&memory, &ring)).open();
    let points = session.history().unwrap().len();
    assert!(points > 3, "{points}");
    // Killed.
    std::mem::forget(session);
    let intact = stored(&memory);
    // No key, and other keys.
    let rings = [KeyRing::empty(), KeyRing::new(key(2)), KeyRing::new(key(3))];
    for launch in 0..40 {
        let ring = &rings[launch % rings.len()];
        let mut session = still(sealed(&memory, ring)).open();
        assert_eq!(session.outcome(), Outcome::Unavailable);
        session.mark("form/amount");
        let error = session.save(|capture| capture.set(FORM, &9_999)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let told = format!("{error:#}");
        assert!(told.contains("saving is disabled so that nothing is overwritten"), "{told}");
        assert!(told.contains(&format!("the key {} is missing", key(1).id())), "{told}");
        assert!(session.get(FORM).is_err(), "never told as empty");
        assert!(session.forget().is_err(), "nothing is erased that cannot be read");
        session.run_pending();
        session.close().unwrap_err();
        assert_eq!(stored(&memory), intact, "launch {launch}");
    }
    let mut session = still(sealed(&memory, &ring)).open();
    assert!(matches!(session.outcome(), Outcome::Resumed | Outcome::Recovered));
    assert_eq!(session.get(FORM).unwrap(), Some(LAUNCHES - 1));
    assert_eq!(session.get(TEXT).unwrap(), Some(format!("{} ", LAUNCHES - 1).repeat(200)));
    assert_eq!(session.history().unwrap().len(), points);
    assert_eq!(session.marker().unwrap().element(), "form/amount");
}

#[test]
fn key_that_is_locked_while_the_program_runs_defers_saves_and_loses_nothing() {
    let ring = KeyRing::new(key(1));
    let memory = history(&ring);
    let mut session = still(sealed(&memory, &ring)).open();
    session.get(FORM).unwrap();
    session.save(|capture| capture.set(FORM, &50)).unwrap();
    let before = stored(&memory);
    ring.lock();
    session.mark("form/amount");
    let saved = session.autosave(|capture| capture.set(FORM, &51)).unwrap();
    assert_eq!(saved, leftoff::Saved::Deferred);
    assert!(format!("{:#}", session.status().failing.unwrap()).contains("no key to seal with"));
    // What is in memory can be read; the rest is unavailable, and never absent.
    match session.get(TEXT) {
        Ok(value) => assert_eq!(value, Some(format!("{} ", LAUNCHES - 1).repeat(200))),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable),
    }
    for _ in 0..5 {
        session.run_pending();
    }
    assert_eq!(stored(&memory), before);
    ring.rotate(key(1));
    session.save(|capture| capture.set(FORM, &52)).unwrap();
    assert_eq!(session.get(TEXT).unwrap(), Some(format!("{} ", LAUNCHES - 1).repeat(200)));
    session.close().unwrap();
    let mut session = still(sealed(&memory, &ring)).open();
    assert_eq!(session.get(FORM).unwrap(), Some(52));
}
