//! A log that grew long because no launch ever lived long enough to sum it up.

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{Outcome, Section, Session};

use crate::support::Random;

const BLOB: Section<String> = Section::new("blob", 1);
const QUIET: Section<u32> = Section::new("quiet", 1);

fn open(memory: &MemoryBackend) -> Session {
    Session::builder("com.example.desk").backend(memory.clone()).without_thread().open().unwrap()
}

/// Nothing like the step before, so that it is written whole.
fn blob(step: u64) -> String {
    Random::new(step).text(1 << 20)
}

#[test]
fn a_log_that_takes_long_to_read_is_summed_up_at_the_next_start() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    for step in 0..40 {
        session.mark("blob");
        session
            .autosave(|capture| {
                capture.set(BLOB, &blob(step));
                capture.set(QUIET, &7);
            })
            .unwrap();
    }
    std::mem::forget(session);
    let before = memory.generations().unwrap().len();
    // This launch dies at once, too, but the one after it has an easy start.
    std::mem::forget(open(&memory));
    assert_eq!(memory.generations().unwrap().len(), before + 2, "a base, and the launch");
    let mut session = open(&memory);
    assert_eq!(session.outcome(), Outcome::Recovered);
    assert_eq!(session.get(BLOB).unwrap(), Some(blob(39)));
    assert_eq!(session.get(QUIET).unwrap(), Some(7));
    assert_eq!(session.marker().unwrap().element(), "blob");
    assert!(session.report().is_whole());
    drop(session);
    assert_eq!(memory.generations().unwrap().len(), before + 3, "no second base for the same log");
}
