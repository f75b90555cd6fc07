//! What must not grow without end, however long a program runs and however often it is started.

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{Builder, Saved, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::backends::Doors;
use crate::support::{APP, ManualClock, Random, crash, frames, memory_of, open, put, still};

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
    assert!(reads < 256 + 100, "{reads} reads to open a log of two small sections");
}

/// The flusher hangs in the sync of a base, and no time passes.
#[test]
fn autosaves_in_a_row_leave_a_bounded_log_while_a_base_is_written() {
    // A patch of a few bytes, or a new value each time.
    for (saves, len, most_frames, most_bytes) in [(20_000, 100, 5_200, 2 << 20), (400, 60_000, 100, 5 << 20)] {
        let value = |step: usize| Random::new((step * len / 60_000) as u64).text(len) + &step.to_string();
        let memory = MemoryBackend::new();
        let doors = Doors::new(memory.clone());
        doors.hold(Call::Sync);
        let mut session = Session::builder(APP).backend(doors.clone()).clock(ManualClock::new()).open();
        let mut seen = [0; 2];
        for step in 0..saves {
            match put(&mut session, "text", |capture| capture.set(TEXT, &value(step))) {
                Saved::Written => seen[0] += 1,
                Saved::Pending => seen[1] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
        let found = frames(&memory);
        let bytes: usize = found.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(found.len() <= most_frames && bytes <= most_bytes, "{} frames with {bytes} bytes", found.len());
        doors.open();
        session.flush().unwrap();
        assert_eq!(put(&mut session, "end", |capture| capture.set(TEXT, &value(saves))), Saved::Written);
        assert_eq!(doors.forced(), 0, "no call waited for the flusher");
        crash(session);
        assert_eq!(open(memory).get(TEXT).unwrap(), Some(value(saves)));
    }
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

/// A tool that changes one value and exits or is killed a few milliseconds later: no flusher ever finishes anything.
#[test]
fn logs_and_reads_of_a_start_are_bounded_after_launches_that_end_right_after_their_save() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let (mut logs, mut reads, mut waits) = (0, 0, 0);
    let launches = crate::support::random::env("LEFTOFF_SHORT_LAUNCHES", 400);
    for number in 0..launches {
        let faults = Faults::new();
        let builder = still(FaultyBackend::new(memory.clone(), faults.clone())).clock(clock.clone());
        let mut session = builder.open();
        let found = session.get(NAME).unwrap();
        assert_eq!(found, (number > 0).then(|| format!("Ana {}", number - 1)));
        let has_waited = faults.calls(Call::Sync) > 0;
        assert!(faults.calls(Call::Read) <= 2_000, "{} reads with a compaction", faults.calls(Call::Read));
        reads = if has_waited { reads } else { reads.max(faults.calls(Call::Read)) };
        waits += u64::from(has_waited);
        put(&mut session, "name", |capture| capture.set(NAME, &format!("Ana {number}")));
        crash(session);
        logs = logs.max(memory.generations().unwrap().len());
    }
    assert!(logs <= 100, "{logs} logs");
    assert!(reads <= 500, "{reads} reads in one start");
    assert!(waits <= launches / 32, "{waits} launches waited for a sync");
}

/// The same with a flusher that is killed at any step of its compaction.
#[test]
fn logs_are_bounded_although_each_flusher_dies_within_its_first_compaction() {
    for calls in [1, 2, 3] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let mut logs = 0;
        for number in 0..150 {
            let faults = Faults::new();
            let builder = still(FaultyBackend::new(memory.clone(), faults.clone())).clock(clock.clone());
            let mut session = builder.open();
            put(&mut session, "name", |capture| capture.set(NAME, &format!("Ana {number}")));
            // Nothing reaches the storage after this many frames, syncs or removals.
            for call in [Call::Create, Call::Sync, Call::Remove] {
                let left = calls / if call == Call::Create { 1 } else { 2 };
                faults.fail(call, When::From(faults.calls(call) + left), std::io::ErrorKind::Other);
            }
            session.run_pending();
            crash(session);
            logs = logs.max(memory.generations().unwrap().len());
        }
        assert!(logs <= 64 + 3 * 33, "{calls}: {logs} logs");
        let mut session = open(memory);
        assert_eq!(session.get(NAME).unwrap(), Some("Ana 149".to_owned()));
    }
}

/// `open` waits for the flusher's compaction, though not for storage that hangs.
#[test]
fn start_after_many_short_launches_waits_for_the_compaction_unless_a_sync_hangs() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    for number in 0..80 {
        let faults = Faults::new();
        faults.fail(Call::Sync, When::Always, std::io::ErrorKind::Other);
        let mut session = still(FaultyBackend::new(memory.clone(), faults)).clock(clock.clone()).open();
        put(&mut session, "name", |capture| capture.set(NAME, &format!("Ana {number}")));
        crash(session);
    }
    let doors = Doors::new(memory_of(&frames(&memory)));
    doors.hold(Call::Sync);
    let held = Session::builder(APP).backend(doors.clone()).clock(clock.clone()).open();
    doors.wait_for(1);
    doors.open();
    drop(held);
    let session = Session::builder(APP).backend(memory.clone()).clock(clock).open();
    let newest = memory.generations().unwrap().pop().unwrap();
    assert_eq!(memory.frames(newest).unwrap(), [0, 1], "a base with its seal");
    drop(session);
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
