//! A new key: old frames stay readable, compaction writes new bases under the new key, and then old frames go.

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{Outcome, Section};
use leftoff_seal::KeyRing;

use crate::support::{key, sealed, still, stored};

const FORM: Section<u32> = Section::new("form", 1);
const LEFT_ALONE: Section<String> = Section::new("left-alone", 1);

/// Launches until no frame names the old key. Returns how many launches that took.
fn launches_until_gone(memory: &MemoryBackend, ring: &KeyRing) -> u32 {
    for launch in 1..40 {
        let mut session = still(sealed(memory, ring)).history_launches(0).history_bytes(0).open();
        assert_ne!(session.outcome(), Outcome::Unavailable);
        session.mark("form/amount");
        session.save(|capture| capture.set(FORM, &launch)).unwrap();
        session.close().unwrap();
        if !sealed(memory, ring).usage().unwrap().keys.contains_key(&key(1).id()) {
            return launch;
        }
    }
    panic!("the old key is still named: {:?}", sealed(memory, ring).usage().unwrap());
}

#[test]
fn with_history_off_no_frame_names_the_old_key_after_two_compactions() {
    let (memory, ring) = (MemoryBackend::new(), KeyRing::new(key(1)));
    let mut session = still(sealed(&memory, &ring)).history_launches(0).history_bytes(0).open();
    session.save(|capture| capture.set(LEFT_ALONE, &"never set again".to_owned())).unwrap();
    session.close().unwrap();
    ring.rotate(key(2));
    let launches = launches_until_gone(&memory, &ring);
    assert!(launches > 1, "the test would show nothing");
    assert!(launches <= 17, "{launches} launches");
    ring.drop_key(key(1).id());
    let mut session = still(sealed(&memory, &ring)).open();
    assert_eq!(session.get(FORM).unwrap(), Some(launches));
    assert_eq!(session.get(LEFT_ALONE).unwrap().as_deref(), Some("never set again"));
}

#[test]
fn key_lost_while_the_history_names_it_is_told_and_its_generations_can_be_given_up() {
    let (memory, ring) = (MemoryBackend::new(), KeyRing::new(key(1)));
    let launch = |value: u32| {
        let mut session = still(sealed(&memory, &ring)).open();
        session.mark("form/amount");
        session.save(|capture| capture.set(FORM, &value)).unwrap();
        session.close().unwrap();
    };
    (0..6).for_each(launch);
    ring.rotate(key(2));
    // Until the newest state has a base under the new key; the history still has points under the old one.
    (6..9).for_each(launch);
    let usage = sealed(&memory, &ring).usage().unwrap();
    let lost = usage.keys.get(&key(1).id()).expect("the history keeps frames under the old key").clone();
    ring.drop_key(key(1).id());
    let before = stored(&memory);
    let session = still(sealed(&memory, &ring)).open();
    assert_eq!(session.outcome(), Outcome::Unavailable);
    let told = format!("{:#}", session.status().refused.unwrap());
    assert!(told.contains(&format!("the key {} is missing", key(1).id())), "{told}");
    drop(session);
    assert_eq!(stored(&memory), before);
    // The user has decided that the key will not come back.
    let backend = sealed(&memory, &ring);
    for generation in lost {
        backend.remove(generation).unwrap();
    }
    let mut session = still(backend).open();
    assert!(matches!(session.outcome(), Outcome::Resumed | Outcome::Recovered), "{:?}", session.outcome());
    assert_eq!(session.get(FORM).unwrap(), Some(8));
}

#[test]
fn state_from_before_sealing_is_taken_along_and_no_plain_frame_remains() {
    let (memory, ring) = (MemoryBackend::new(), KeyRing::new(key(1)));
    let mut session = still(memory.clone()).open();
    session.save(|capture| capture.set(LEFT_ALONE, &"from before".to_owned())).unwrap();
    session.close().unwrap();
    let before = stored(&memory);
    // An application that seals without a word about plain frames stops, and destroys nothing.
    let session = still(sealed(&memory, &ring)).open();
    assert_eq!(session.outcome(), Outcome::Unavailable);
    drop(session);
    assert_eq!(stored(&memory), before);
    for launch in 1..20 {
        let backend = sealed(&memory, &ring).reading_plain();
        let mut session = still(backend).history_launches(0).history_bytes(0).open();
        assert_eq!(session.get(LEFT_ALONE).unwrap().as_deref(), Some("from before"));
        session.mark("form/amount");
        session.save(|capture| capture.set(FORM, &launch)).unwrap();
        session.close().unwrap();
    }
    let backend = sealed(&memory, &ring);
    assert!(backend.usage().unwrap().plain.is_empty(), "{:?}", backend.usage());
    assert_eq!(still(backend).open().get(LEFT_ALONE).unwrap().as_deref(), Some("from before"));
}
