//! What a power cut takes without leaving a trace: the end of a log, a part of a base, the very first frames. The
//! simulated cuts found these; here each stands alone.

use std::io;

use leftoff::backend::{Backend, FrameId, MemoryBackend};
use leftoff::{Action, LastExit, Mark, Outcome, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::clock::seconds;
use crate::support::{ManualClock, crash, frames, put, settle, still};

const LEFT: Section<u32> = Section::new("left", 1);
const RIGHT: Section<String> = Section::new("right", 1);
const NEVER: Section<u8> = Section::new("never saved", 1);

/// Long enough to be written as a difference.
fn text(step: u32) -> String {
    format!("{step:04}{}", "a longer text, so that a difference is worth it. ".repeat(20))
}

fn save(session: &mut Session, step: u32) {
    put(session, Mark::new("step").action(Action::Edit).detail(&step.to_string()), |capture| {
        capture.set(LEFT, &step);
        capture.set(RIGHT, &text(step));
    });
}

fn start(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    still(memory.clone()).clock(clock.clone()).open()
}

/// A launch that saved and was closed.
fn saved_once() -> (MemoryBackend, ManualClock) {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    save(&mut session, 1);
    session.close().unwrap();
    (memory, clock)
}

/// A launch that saved so many times and was killed.
fn killed_after(saves: u32) -> (MemoryBackend, ManualClock) {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    (1..=saves).for_each(|step| save(&mut session, step));
    crash(session);
    (memory, clock)
}

/// What everything agrees on: both sections and the marker.
#[track_caller]
fn step(session: &mut Session) -> Option<u32> {
    let left = session.get(LEFT).unwrap();
    assert_eq!(session.get(RIGHT).unwrap(), left.map(text), "two sections of one capture");
    let detail = session.marker().and_then(|marker| marker.detail().map(str::to_owned));
    assert_eq!(detail, left.map(|step| step.to_string()), "and its mark");
    left
}

/// What the power left of it: each frame, none, or another one.
fn left_of(memory: &MemoryBackend, change: impl Fn(FrameId, Vec<u8>) -> Option<Vec<u8>>) -> MemoryBackend {
    let left = MemoryBackend::new();
    for (id, bytes) in frames(memory) {
        if let Some(bytes) = change(id, bytes) {
            left.create(id, &bytes).unwrap();
        }
    }
    left
}

fn without(memory: &MemoryBackend, gone: &[FrameId]) -> MemoryBackend {
    left_of(memory, |id, bytes| (!gone.contains(&id)).then_some(bytes))
}

/// The frames of the `number`-th generation, in order.
fn of(memory: &MemoryBackend, number: u64) -> Vec<FrameId> {
    frames(memory).into_iter().map(|(id, _)| id).filter(|id| id.generation.number == number).collect()
}

/// Starts after the cut, goes on, and starts once more: what was torn off stays off.
#[track_caller]
fn comes_back_as(memory: &MemoryBackend, clock: &ManualClock, wanted: u32) {
    clock.reboot();
    let mut session = start(memory, clock);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Rebooted));
    assert_eq!(step(&mut session), Some(wanted));
    assert_eq!(session.get(NEVER).unwrap(), None, "nothing that was promised is missing");
    session.mark(Mark::new("step").detail("77"));
    session.save(|capture| capture.set(LEFT, &77)).unwrap();
    crash(session);
    let mut session = start(memory, clock);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed));
    assert_eq!(session.get(LEFT).unwrap(), Some(77));
    assert_eq!(session.get(RIGHT).unwrap(), Some(text(wanted)));
}

#[test]
fn the_lost_end_of_a_killed_launch_is_noticed_where_a_later_one_went_on_from_it() {
    let (memory, clock) = killed_after(3);
    let mut session = start(&memory, &clock);
    assert_eq!(step(&mut session), Some(3));
    put(&mut session, Mark::new("step").detail("4"), |capture| capture.set(LEFT, &4));
    crash(session);
    // Nothing was synced. The last frame of the first launch did not reach the disk; all of the second one did.
    let left = without(&memory, &[*of(&memory, 1).last().unwrap()]);
    comes_back_as(&left, &clock, 2);
}

#[test]
fn the_lost_end_of_a_log_is_noticed_where_the_same_process_went_on_in_a_new_one() {
    let (memory, clock) = saved_once();
    let mut session = start(&memory, &clock);
    assert_eq!(step(&mut session), Some(1));
    (2..=3).for_each(|step| save(&mut session, step));
    clock.advance(seconds(3));
    settle(&mut session);
    // It is summed up by now: generation 3 is the log that went on, 4 the base.
    put(&mut session, Mark::new("step").detail("4"), |capture| capture.set(LEFT, &4));
    crash(session);
    assert!(of(&memory, 3).len() > 1 && !of(&memory, 4).is_empty());
    // The power went before the base was whole, and before the end of the old log was synced.
    let mut gone = of(&memory, 4);
    gone.push(*of(&memory, 2).last().unwrap());
    comes_back_as(&without(&memory, &gone), &clock, 2);
}

/// The logs that were begun in vain have no frame but their first, which was written ahead and knows of no end.
#[test]
fn log_that_replaces_one_in_which_nothing_was_written_names_the_end_of_the_log_before_that() {
    let (memory, clock) = saved_once();
    let faults = Faults::new();
    let backend = FaultyBackend::new(memory.clone(), faults.clone());
    let mut session = still(backend).clock(clock.clone()).open();
    assert_eq!(step(&mut session), Some(1));
    (2..=3).for_each(|step| save(&mut session, step));
    // Each of these syncs fails, so each is followed by a new log and a base, which fails, too.
    faults.fail(Call::Sync, When::Always, io::ErrorKind::Other);
    for _ in 0..3 {
        clock.advance(seconds(40));
        settle(&mut session);
    }
    faults.mend_all();
    put(&mut session, Mark::new("step").detail("4"), |capture| capture.set(LEFT, &4));
    crash(session);
    let logs = frames(&memory).into_iter().map(|(id, _)| id.generation.number).max().unwrap();
    assert!(logs > 4 && (3..logs).all(|number| of(&memory, number).is_empty()), "all but the last one are replaced");
    let left = without(&memory, &[*of(&memory, 2).last().unwrap()]);
    comes_back_as(&left, &clock, 2);
}

#[test]
fn a_base_that_was_never_synced_counts_only_if_all_of_it_is_there() {
    let (memory, clock) = saved_once();
    let mut session = start(&memory, &clock);
    (2..=3).for_each(|step| save(&mut session, step));
    clock.advance(seconds(3));
    settle(&mut session);
    crash(session);
    let [base, seal] = of(&memory, 4)[..] else { panic!("a base and its seal") };
    let end = *of(&memory, 2).last().unwrap();
    // The text of the base, its longest part by far, did not reach the disk.
    let torn = |id: FrameId, mut bytes: Vec<u8>| {
        if id == base {
            let middle = bytes.len() / 2;
            bytes[middle - 10..middle + 10].fill(0);
        }
        (id != seal && id != end).then_some(bytes)
    };
    comes_back_as(&left_of(&memory, torn), &clock, 2);
    // If all of it is there, it does count, seal or no seal: it is newer than what is left of the log.
    for gone in [&[seal, end][..], &[end]] {
        clock.reboot();
        let mut session = start(&without(&memory, gone), &clock);
        assert_eq!((session.outcome(), step(&mut session)), (Outcome::Recovered, Some(3)));
        assert_eq!(session.report().unreadable, 0);
    }
    // If it was sealed, or what it was made from is gone already, what is missing of it is damage, which the older copy
    // heals where there is one.
    let damaged = |id: FrameId, bytes: Vec<u8>| torn(id, bytes.clone()).or((id != base).then_some(bytes));
    let mut session = start(&left_of(&memory, damaged), &clock);
    assert_eq!(step(&mut session), Some(3));
    assert!(session.report().sections.iter().any(|line| line.fate == leftoff::SectionFate::Healed));
    let alone = |id: FrameId, bytes: Vec<u8>| torn(id, bytes).filter(|_| id.generation.number > 2);
    let mut session = start(&left_of(&memory, alone), &clock);
    assert_eq!(session.get(LEFT).unwrap(), Some(3), "one bad section spoils only itself");
    assert!(session.get(RIGHT).is_err());
}

#[test]
fn the_very_first_frame_takes_nothing_with_it() {
    let (memory, clock) = killed_after(3);
    clock.reboot();
    let log = of(&memory, 1);
    // If one in the middle is torn as well, the state ends there.
    for (gone, wanted) in [(&log[..1], 3), (&[log[0], log[3]][..], 1)] {
        let torn = left_of(&memory, |id, bytes| Some(if gone.contains(&id) { vec![0; bytes.len()] } else { bytes }));
        let mut session = start(&torn, &clock);
        assert_eq!((session.outcome(), step(&mut session)), (Outcome::Recovered, Some(wanted)), "without {gone:?}");
        assert_eq!(session.report().unreadable, gone.len());
    }
}

/// Nothing tells when such a log was begun, so that it was never synced is a guess. Half of it is not handed out for that.
#[test]
fn a_log_that_is_torn_from_its_beginning_comes_back_as_nothing_and_says_so() {
    let (memory, clock) = killed_after(3);
    let log = of(&memory, 1);
    let (early, late) = log.split_at(3);
    for (gone, wanted) in [(early, None), (&late[..1], Some(1))] {
        let left = left_of(&memory, |id, bytes| Some(if gone.contains(&id) { vec![0; bytes.len()] } else { bytes }));
        clock.reboot();
        let mut session = start(&left, &clock);
        let outcome = if wanted.is_some() { Outcome::Recovered } else { Outcome::Damaged };
        assert_eq!((step(&mut session), session.outcome()), (wanted, outcome), "without {gone:?}");
        // Life goes on from there.
        save(&mut session, 9);
        crash(session);
        let mut session = start(&left, &clock);
        assert_eq!((step(&mut session), session.outcome()), (Some(9), Outcome::Recovered), "without {gone:?}");
    }
}

/// Without a reboot there is nothing that a cut could have torn, also where the frame that would say so is lost.
#[test]
fn a_launch_of_this_run_of_the_machine_whose_first_frame_is_damaged_loses_nothing() {
    let (memory, clock) = saved_once();
    clock.reboot();
    let mut session = start(&memory, &clock);
    (2..=3).for_each(|step| save(&mut session, step));
    crash(session);
    let first = of(&memory, 2)[0];
    let damaged = left_of(&memory, |id, bytes| Some(if id == first { vec![0; bytes.len()] } else { bytes }));
    let mut session = start(&damaged, &clock);
    assert_eq!((session.outcome(), step(&mut session)), (Outcome::Damaged, Some(3)));
}

/// The launch that saw a tear, and named the frame before it, lost that word itself.
#[test]
fn a_tear_is_seen_again_where_the_launch_that_saw_it_lost_its_first_frame() {
    for is_synced in [false, true] {
        let (memory, clock) = killed_after(4);
        let torn = of(&memory, 1)[3];
        let memory = left_of(&memory, |id, bytes| Some(if id == torn { vec![0; bytes.len()] } else { bytes }));
        clock.reboot();
        let mut session = start(&memory, &clock);
        assert_eq!(step(&mut session), Some(1));
        save(&mut session, 8);
        if is_synced {
            session.mark(Mark::new("step").action(Action::Edit).detail("9"));
            let capture = |capture: &mut leftoff::Capture<'_>| {
                capture.set(LEFT, &9);
                capture.set(RIGHT, &text(9));
            };
            session.save(capture).unwrap();
            session.suspend("call").unwrap();
        }
        crash(session);
        let first = of(&memory, 2)[0];
        let left = left_of(&memory, |id, bytes| Some(if id == first { vec![0; bytes.len()] } else { bytes }));
        clock.reboot();
        let mut session = start(&left, &clock);
        let wanted = if is_synced { (Outcome::Damaged, Some(9)) } else { (Outcome::Recovered, Some(1)) };
        assert_eq!((session.outcome(), step(&mut session)), wanted, "synced: {is_synced}");
    }
}

/// Damage, not a cut: where a launch cannot say what it goes on from, that is the launch before it, whatever became of that
/// one's first frame, and never a base in between.
#[test]
fn launches_that_lost_their_first_frames_are_followed_one_after_the_other() {
    let (memory, clock) = saved_once();
    for launch in 2..=3 {
        let mut session = start(&memory, &clock);
        save(&mut session, launch);
        put(&mut session, Mark::new("step").detail(&launch.to_string()), |capture| capture.set(LEFT, &launch));
        crash(session);
    }
    let lost = [of(&memory, 2)[0], of(&memory, 3)[0]];
    let damaged = left_of(&memory, |id, bytes| Some(if lost.contains(&id) { vec![0; bytes.len()] } else { bytes }));
    let session = &mut start(&damaged, &clock);
    assert_eq!((session.outcome(), step(session), session.report().unreadable), (Outcome::Damaged, Some(3), 2));
    // The last one wrote nothing but a mark: what the second one saved is there all the same.
    let memory = without(&memory, &of(&memory, 3)[2..]);
    let damaged = left_of(&memory, |id, bytes| Some(if lost.contains(&id) { vec![0; bytes.len()] } else { bytes }));
    let session = &mut start(&damaged, &clock);
    assert_eq!((session.get(LEFT).unwrap(), session.report().unreadable), (Some(2), 2));
}

#[test]
fn a_base_that_cannot_be_read_is_nobodys_parent() {
    let (memory, clock) = saved_once();
    let mut session = start(&memory, &clock);
    save(&mut session, 2);
    clock.advance(seconds(3));
    settle(&mut session);
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(step(&mut session), Some(2));
    save(&mut session, 3);
    crash(session);
    let (base, launch) = (of(&memory, 4)[0], of(&memory, 5)[0]);
    let damage =
        |id: FrameId, bytes: Vec<u8>| Some(if id == base || id == launch { vec![0; bytes.len()] } else { bytes });
    let session = &mut start(&left_of(&memory, damage), &clock);
    // The base is not on the way, and its loss costs nothing.
    assert_eq!((session.outcome(), step(session), session.report().unreadable), (Outcome::Damaged, Some(3), 1));
    // The newest generation of all is such a base: the log goes on below it.
    let memory = without(&memory, &of(&memory, 5));
    let session = &mut start(&left_of(&memory, damage), &clock);
    assert_eq!((session.outcome(), step(session), session.report().unreadable), (Outcome::Damaged, Some(2), 1));
}

/// A list that left something out, a key that was wrong for a day, a newer version's log: what could not be read is there
/// again. Found by lists that lack the last two frames.
#[test]
fn marks_made_while_older_ones_could_not_be_read_come_after_them() {
    let (memory, clock) = killed_after(5);
    let unreadable = left_of(&memory, |id, bytes| Some(if id.index > 0 { vec![0; bytes.len()] } else { bytes }));
    let mut session = start(&unreadable, &clock);
    assert_eq!((session.outcome(), session.marker().is_none()), (Outcome::Damaged, true));
    save(&mut session, 6);
    crash(session);
    let again = left_of(&unreadable, |id, bytes| Some(memory.read(id).unwrap_or(bytes)));
    let mut session = start(&again, &clock);
    assert_eq!((session.outcome(), step(&mut session)), (Outcome::Recovered, Some(6)));
}
