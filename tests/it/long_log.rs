//! A log that grew long because no launch ever lived long enough to sum it up.

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{AppId, Outcome, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend};

use crate::support::Random;

const BLOB: Section<String> = Section::new("blob", 1);
const QUIET: Section<u32> = Section::new("quiet", 1);

fn open(memory: &MemoryBackend) -> Session {
    Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread().open()
}

/// Nothing like the step before, so that it is written whole.
fn blob(step: u64) -> String {
    Random::new(step).text(1 << 20)
}

#[test]
fn a_long_log_is_compacted_by_the_first_drive_and_open_does_not_sync() {
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
    let faults = Faults::new();
    let watched = FaultyBackend::new(memory.clone(), faults.clone());
    let before = memory.generations().unwrap().len();
    let mut session = Session::builder(AppId::new("com.example.desk")).backend(watched).without_thread().open();
    assert_eq!((faults.calls(Call::Sync), memory.generations().unwrap().len()), (0, before + 1), "the launch only");
    session.run_pending();
    assert_eq!(memory.generations().unwrap().len(), before + 3, "the launch goes on in a new log, beside a base");
    std::mem::forget(session);
    let mut session = open(&memory);
    assert_eq!(session.outcome(), Outcome::Recovered);
    assert_eq!(session.get(BLOB).unwrap(), Some(blob(39)));
    assert_eq!(session.get(QUIET).unwrap(), Some(7));
    assert_eq!(session.marker().unwrap().element(), "blob");
    assert!(session.report().is_whole());
    session.run_pending();
    drop(session);
    assert_eq!(memory.generations().unwrap().len(), before + 4, "no second base for the same log");
}
