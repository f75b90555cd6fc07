//! A new key: old frames stay readable, compaction writes new bases under the new key, and then old frames go.

use leftoff::backend::MemoryBackend;
use leftoff::{Outcome, Section};
use leftoff_seal::KeyRing;

use crate::support::{key, sealed, still};

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
