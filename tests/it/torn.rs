//! What a power cut may tear, and what is damage: the difference is what was synced.

use leftoff::backend::{Backend, FrameId, Generation, MemoryBackend};
use leftoff::time::{Clock, Now, SystemClock};
use leftoff::{AppId, LastExit, Outcome, Section, SectionFate, Session};

const LEFT: Section<u32> = Section::new("left", 1);
const RIGHT: Section<String> = Section::new("right", 1);

/// The system's clock on some run of the machine.
#[derive(Debug)]
struct Boot(u128);

impl Clock for Boot {
    fn now(&self) -> Now {
        SystemClock::new().now()
    }

    fn boot_id(&self) -> Option<u128> {
        Some(self.0)
    }
}

fn open(memory: &MemoryBackend) -> Session {
    open_on(memory, 1)
}

fn open_on(memory: &MemoryBackend, boot: u128) -> Session {
    Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread().clock(Boot(boot)).open()
}

fn save(session: &mut Session, step: u32) {
    session.mark("step");
    session
        .autosave(|capture| {
            capture.set(LEFT, &step);
            capture.set(RIGHT, &format!("a longer text so that a patch is worth it: {step}"));
        })
        .unwrap();
}

fn state(session: &mut Session) -> (Option<u32>, Option<u32>) {
    let right = session.get(RIGHT).ok().flatten().and_then(|text| text.rsplit(' ').next()?.parse().ok());
    (session.get(LEFT).ok().flatten(), right)
}

/// The same store with one frame changed; frames for which `change` gives nothing are as unreadable as can be.
fn with(memory: &MemoryBackend, target: FrameId, change: impl Fn(Vec<u8>) -> Vec<u8>) -> MemoryBackend {
    let copy = MemoryBackend::new();
    let mut ids = memory.list().unwrap();
    ids.sort();
    for id in ids {
        let bytes = memory.read(id).unwrap();
        copy.create(id, &if id == target { change(bytes) } else { bytes }).unwrap();
    }
    copy
}

fn frames(memory: &MemoryBackend) -> Vec<FrameId> {
    let mut ids = memory.list().unwrap();
    ids.sort();
    ids
}

#[test]
fn a_log_torn_in_the_unsynced_middle_ends_before_the_tear() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    (1..=5).for_each(|step| save(&mut session, step));
    std::mem::forget(session);
    // Launch, ready, then a delta for each step. The third delta is lost, the later ones are not.
    let torn = with(&memory, frames(&memory)[4], |_| vec![0; 50]);
    let mut session = open_on(&torn, 2);
    assert_eq!(*session.last_exit(), LastExit::Rebooted);
    assert_eq!(session.outcome(), Outcome::Recovered, "what was not synced was not promised");
    assert_eq!(state(&mut session), (Some(2), Some(2)), "no mixture of before and after the tear");
    assert!(session.report().unreadable > 0);
    // The new launch goes on from there, and the next one sees what it saw, and nothing of what was torn off.
    session.mark("left");
    session.save(|capture| capture.set(LEFT, &9)).unwrap();
    session.close().unwrap();
    let mut session = open_on(&torn, 2);
    assert_eq!(state(&mut session), (Some(9), Some(2)));
    assert_eq!(session.outcome(), Outcome::Resumed, "the tear is behind us");
    assert_eq!(*session.last_exit(), LastExit::Clean);
}

#[test]
fn without_a_reboot_nothing_is_torn_and_a_gap_is_damage() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    (1..=5).for_each(|step| save(&mut session, step));
    std::mem::forget(session);
    let damaged = with(&memory, frames(&memory)[4], |_| vec![0; 50]);
    let mut session = open(&damaged);
    assert_eq!(session.outcome(), Outcome::Damaged);
    assert_eq!(state(&mut session), (Some(5), Some(5)), "later whole values stand");
}

#[test]
fn a_frame_damaged_after_it_was_synced_costs_only_what_it_says() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    (1..=3).for_each(|step| save(&mut session, step));
    session.mark("step");
    session.save(|capture| capture.set(LEFT, &33)).unwrap();
    save(&mut session, 5);
    std::mem::forget(session);
    // The frame that says 33 is damaged as a whole; the later frame knows that it had been synced.
    let damaged = with(&memory, frames(&memory)[5], |_| vec![0; 50]);
    let mut session = open_on(&damaged, 2);
    assert_eq!(session.outcome(), Outcome::Damaged);
    assert_eq!(session.get(LEFT).unwrap(), Some(5), "a whole value after the damage stands");
    assert_eq!(session.report().sections[0].fate, SectionFate::Restored);
}

/// What a power cut leaves of a log whose first page did not reach the disk: found by cutting one for real.
#[test]
fn a_launch_of_which_nothing_reached_the_disk_is_torn_and_takes_nothing_with_it() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    save(&mut session, 3);
    session.close().unwrap();
    std::mem::forget(open_on(&memory, 2));
    let torn = with(&memory, *frames(&memory).last().unwrap(), |bytes| vec![0; bytes.len()]);
    let mut session = open_on(&torn, 3);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Unknown));
    assert_eq!(state(&mut session), (Some(3), Some(3)));
    assert_eq!(
        session.get(Section::<u8>::new("never saved", 1)).unwrap(),
        None,
        "nothing that was promised is missing"
    );
    assert_eq!(session.report().unreadable, 1);
    // A log of which only a later page did, and half a base behind it.
    save(&mut session, 4);
    std::mem::forget(session);
    let all = frames(&torn);
    let newest = all.last().unwrap().generation;
    let torn = with(&torn, FrameId { generation: newest, index: 0 }, |_| vec![0; 50]);
    let base = Generation { number: newest.number + 1, ..newest };
    torn.create(FrameId { generation: base, index: 0 }, b"half a base").unwrap();
    let mut session = open_on(&torn, 4);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Unknown));
    assert_eq!(state(&mut session), (Some(3), Some(3)));
    assert_eq!(session.get(Section::<u8>::new("never saved", 1)).unwrap(), None);
    // Without a reboot there is nothing a cut could have torn.
    let damaged = with(&memory, *frames(&memory).last().unwrap(), |bytes| vec![0; bytes.len()]);
    assert_eq!(open_on(&damaged, 2).outcome(), Outcome::Damaged);
}

/// The launch before it was closed cleanly, which says nothing about the last one.
#[test]
fn exit_of_a_launch_whose_log_or_last_frame_is_damaged_is_unknown() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    save(&mut session, 1);
    session.close().unwrap();
    let mut session = open(&memory);
    save(&mut session, 2);
    std::mem::forget(session);
    let all = frames(&memory);
    assert_eq!(open(&with(&memory, all[0], |bytes| bytes)).last_exit(), &LastExit::Crashed);
    let newest = all.last().unwrap().generation;
    let mut damaged = memory.clone();
    for id in all.iter().filter(|id| id.generation == newest) {
        damaged = with(&damaged, *id, |bytes| vec![0; bytes.len()]);
    }
    assert_eq!(open(&damaged).last_exit(), &LastExit::Unknown);
    // A close frame is the last one, if there is one.
    let last = with(&memory, *all.last().unwrap(), |bytes| vec![0; bytes.len()]);
    assert_eq!(open(&last).last_exit(), &LastExit::Unknown);
}

#[test]
fn a_bad_bit_in_one_section_of_a_closed_log_spares_the_others() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    (1..=3).for_each(|step| save(&mut session, step));
    session.close().unwrap();
    for id in frames(&memory) {
        let len = memory.read(id).unwrap().len();
        for bit in [0, 3, 7] {
            for at in 0..len {
                let damaged = with(&memory, id, |mut bytes| {
                    bytes[at] ^= 1 << bit;
                    bytes
                });
                let mut session = open(&damaged);
                assert_ne!(session.outcome(), Outcome::Fresh);
                for (name, value) in [("left", state(&mut session).0), ("right", state(&mut session).1)] {
                    assert!(value.is_none_or(|value| (1..=3).contains(&value)), "{name} was never {value:?}");
                }
                // Where a section is missing, the session says so.
                let report = session.report();
                let missing = [state(&mut session).0, state(&mut session).1].contains(&None);
                assert!(!missing || !report.is_whole(), "frame {id:?}, byte {at}, bit {bit}");
            }
        }
    }
}
