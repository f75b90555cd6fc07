//! What must not grow without end, however long a program runs and however often it is started.

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{Builder, Section};
use leftoff_testing::{Call, Faults, FaultyBackend};

use crate::support::{ManualClock, crash, open, put, still};

const TEXT: Section<String> = Section::new("text", 1);

#[test]
fn start_reads_a_bounded_number_of_frames_after_any_number_of_small_saves() {
    let memory = MemoryBackend::new();
    let text = |step: usize| format!("{step:05}{}", "x".repeat(1_000));
    let mut session = open(memory.clone());
    for step in 0..5_000 {
        put(&mut session, "text", |capture| capture.set(TEXT, &text(step)));
        if step % 50 == 0 {
            session.run_pending();
        }
    }
    crash(session);
    let faults = Faults::new();
    let mut session = open(FaultyBackend::new(memory, faults.clone()));
    assert_eq!(session.get(TEXT).unwrap(), Some(text(4_999)));
    let reads = faults.calls(Call::Read);
    assert!(reads < 1_024 + 100, "{reads} reads to open a log of two small sections");
}

const NAME: Section<String> = Section::new("name", 1);

/// How a launch goes and ends.
#[derive(Debug, Clone, Copy)]
enum Launch {
    /// Looked at and closed: what a command-line tool does.
    Closed,
    /// Killed before anything was done.
    Killed,
    /// Read, and killed.
    Read,
    /// Said to have worked, and killed.
    Ready,
    /// A mark and a changed section, then closed.
    Edited,
}

impl Launch {
    const ALL: [Self; 5] = [Self::Closed, Self::Killed, Self::Read, Self::Ready, Self::Edited];

    fn run(self, builder: Builder, number: usize) {
        let mut session = builder.open();
        // The guard withholds it after some of the launches that were killed in the middle of the restore.
        let name = session.get(NAME);
        match self {
            Self::Closed => session.close().unwrap(),
            Self::Killed => crash(session),
            Self::Read => {
                drop(name);
                crash(session);
            }
            Self::Ready => {
                session.confirm_restored();
                crash(session);
            }
            Self::Edited => {
                put(&mut session, "name", |capture| capture.set(NAME, &format!("Ana {number}")));
                session.close().unwrap();
            }
        }
    }
}

#[test]
fn logs_reads_and_syncs_of_a_start_do_not_grow_with_the_launches_before_it() {
    for launch in Launch::ALL {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        put(&mut session, "name", |capture| capture.set(NAME, &"Ana".to_owned()));
        session.close().unwrap();
        let mut most = [0; 3];
        // All in one minute, however busy the machine is: each further minute is a point of the history, whose frames a
        // launch that compacts reads, too.
        let clock = ManualClock::new();
        let launches = if matches!(launch, Launch::Closed | Launch::Killed) { 300 } else { 130 };
        for number in 0..launches {
            let faults = Faults::new();
            launch.run(still(FaultyBackend::new(memory.clone(), faults.clone())).clock(clock.clone()), number);
            if number >= 100 {
                let seen =
                    [memory.generations().unwrap().len() as u64, faults.calls(Call::Read), faults.calls(Call::Sync)];
                most.iter_mut().zip(seen).for_each(|(most, seen)| *most = seen.max(*most));
            }
        }
        let [logs, reads, syncs] = most;
        assert!(logs <= 32, "{launch:?}: {logs} logs");
        assert!(reads <= 500, "{launch:?}: {reads} reads in one launch");
        assert!(syncs <= 4, "{launch:?}: {syncs} syncs in one launch");
        let mut session = open(memory);
        let name = session.get(NAME).or_else(|_| session.get_quarantined(NAME)).unwrap();
        assert!(name.is_some_and(|name| name.starts_with("Ana")), "{launch:?}");
        assert_eq!(session.marker().map(|marker| marker.element().to_owned()).as_deref(), Some("name"), "{launch:?}");
    }
}

#[test]
fn launches_that_save_nothing_push_no_state_out_of_the_history() {
    let memory = MemoryBackend::new();
    for name in ["Ana", "Ben"] {
        let mut session = open(memory.clone());
        put(&mut session, "name", |capture| capture.set(NAME, &name.to_owned()));
        session.close().unwrap();
    }
    for _ in 0..20 {
        Launch::Closed.run(still(memory.clone()), 0);
    }
    let mut session = open(memory);
    let history = session.history().unwrap();
    let mut values = Vec::new();
    for point in &history {
        session.resume_at(point).unwrap();
        values.push(session.get(NAME).unwrap().unwrap());
    }
    assert!(values.contains(&"Ana".to_owned()), "{values:?}");
}
