use std::io;

use super::*;
use leftoff::backend::Error;
use leftoff::layer::Quota;
use leftoff_testing::conformance;

use crate::support::{APP, Random, crash};

const OTHER: Section<String> = Section::new("other", 1);
const STEP: Section<u32> = Section::new("step", 1);

#[test]
fn memory_with_a_quota_conforms() {
    conformance(|| Quota::new(MemoryBackend::new(), 1 << 30), |backend| backend);
}

#[test]
fn refused_save_names_the_largest_sections_and_keeps_what_is_stored() {
    let memory = MemoryBackend::new();
    let open = || still(memory.clone()).layer(|storage| Quota::new(storage, 64 << 10)).open();
    let mut session = open();
    session.save(|capture| capture.set(NOTE, &"call Ana".to_owned())).unwrap();
    let refused = session
        .save(|capture| {
            capture.set(NOTE, &"canary".repeat(20_000));
            capture.set(OTHER, &"x".repeat(5_000));
        })
        .unwrap_err();
    let text = format!("{refused:#}");
    assert!(text.contains("note (120") && text.contains("other (5") && !text.contains("canary"), "{text}");
    assert!(session.status().failing.is_some());
    drop(session);
    assert_eq!(open().get(NOTE).unwrap(), Some("call Ana".to_owned()));
    // With more room, the same program goes on.
    let mut roomy = still(memory).layer(|storage| Quota::new(storage, 4 << 20)).open();
    roomy.save(|capture| capture.set(NOTE, &"canary".repeat(20_000))).unwrap();
}

#[test]
fn frames_without_values_pass_and_removed_ones_are_not_counted() {
    let memory = MemoryBackend::new();
    let generation = |number| Generation { number, writer: 7 };
    let quota = Quota::new(memory.clone(), 1000);
    let id = |number| FrameId { generation: generation(number), index: 0 };
    quota.create(id(1), &[1; 600]).unwrap();
    let full = quota.create(id(2), &[2; 600]).unwrap_err();
    assert!(matches!(&full, Error::Unavailable(error) if error.kind() == io::ErrorKind::QuotaExceeded), "{full}");
    assert_eq!(memory.list().unwrap(), [id(1)]);
    quota.remove(generation(1)).unwrap();
    quota.create(id(2), &[2; 600]).unwrap();
    assert_eq!(quota.used().unwrap(), 600);
    assert_eq!(quota.room(), Some(400));
    // The next start counts what is there.
    let next = Quota::new(memory, 1000);
    assert_eq!(next.used().unwrap(), 600);
    next.create(id(3), &[3; 600]).unwrap_err();
    let mut full = still(next).open();
    assert_eq!(full.status().failing.map(|failing| failing.to_string()), None, "the start was recorded");
    full.save(|capture| capture.set(NOTE, &"x".repeat(600))).unwrap_err();
}

#[test]
fn history_gives_way_before_a_save_is_refused() {
    let memory = MemoryBackend::new();
    let mut session = still(memory).layer(|storage| Quota::new(storage, 400 << 10)).open();
    for round in 0..40 {
        session.mark("note");
        let note = format!("{round}{}", "y".repeat(40_000));
        session.save(|capture| capture.set(NOTE, &note)).unwrap();
        crate::support::settle(&mut session);
    }
}

/// A program that saves in a loop writes its log faster than the flusher writes bases. The log must not take the room that
/// a base needs, or nothing would be saved any more, not even by later launches.
#[test]
fn loop_of_saves_leaves_room_for_a_base() {
    let storage = MemoryBackend::new();
    for launch in 0..2 {
        for size in [100, 4000, 9000] {
            let quota = Quota::new(storage.clone(), 256 << 10);
            let mut session = Session::builder(APP).backend(quota).open();
            let mut random = Random::new(launch);
            for step in 0..1_000_u32 {
                session.mark("form");
                let value = random.text(size);
                // The history may have to give way first, so this can be deferred.
                let _ = session.autosave(|capture| {
                    capture.set(NOTE, &value);
                    capture.set(STEP, &step);
                });
            }
            session.flush().unwrap_or_else(|error| panic!("{launch}, {size} bytes: {error:#}"));
            crash(session);
        }
    }
}
