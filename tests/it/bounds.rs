//! What must not grow without end, however long a program runs and however often it is started.

use leftoff::Section;
use leftoff::backend::MemoryBackend;
use leftoff::testing::{Call, Faults, FaultyBackend};

use crate::support::{crash, open, put};

const TEXT: Section<String> = Section::new("text", 1);

#[test]
fn start_reads_a_bounded_number_of_frames_after_any_number_of_small_saves() {
    let memory = MemoryBackend::new();
    let text = |step: usize| format!("{step:05}{}", "x".repeat(1_000));
    let mut session = open(memory.clone());
    for step in 0..5_000 {
        put(&mut session, "text", |capture| capture.set(TEXT, &text(step)));
        if step % 50 == 0 {
            session.drive();
        }
    }
    crash(session);
    let faults = Faults::new();
    let mut session = open(FaultyBackend::new(memory, faults.clone()));
    assert_eq!(session.get(TEXT).unwrap(), Some(text(4_999)));
    let reads = faults.calls(Call::Read);
    assert!(reads < 1_024 + 100, "{reads} reads to open a log of two small sections");
}
