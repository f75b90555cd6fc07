//! Other heads of the same log: the one that changed something last wins, and the others are listed.

use std::time::Duration;

use leftoff::backend::{Backend, MemoryBackend, Speed};
use leftoff::{ResumePoint, Section, Session};

use crate::support::clock::{minutes, seconds};
use crate::support::{APP, Gate, ManualClock, crash, frames, put, rewrite, settle, still};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);

#[track_caller]
fn start(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    still(memory.clone()).clock(clock.clone()).open()
}

/// A launch that saves a value and dies.
#[track_caller]
fn launch(memory: &MemoryBackend, clock: &ManualClock, value: u32) {
    clock.advance(minutes(1));
    let mut session = start(memory, clock);
    put(&mut session, &*format!("field/{value}"), |capture| capture.set(FORM, &value));
    crash(session);
}

fn copy(memory: &MemoryBackend) -> MemoryBackend {
    rewrite(memory, |_, _| true)
}

/// What a synchronised directory holds once both devices see each other.
#[track_caller]
fn together(one: &MemoryBackend, other: &MemoryBackend) -> MemoryBackend {
    let all = copy(one);
    for (id, bytes) in frames(other) {
        if all.read(id).is_err() {
            all.create(id, &bytes).unwrap();
        }
    }
    all
}

#[track_caller]
fn values(session: &Session) -> Vec<Option<u32>> {
    let others = session.other_states().unwrap();
    assert_eq!(others.is_empty(), session.report().other_states == 0, "{others:?}");
    others.iter().map(|point: &ResumePoint| session.get_at(point, FORM).unwrap()).collect()
}

/// Two devices that went on from the value 1: this many launches each, and whether the second one came first.
fn parted(first: u32, second: u32, second_is_older: bool) -> (MemoryBackend, ManualClock) {
    let (one, clock) = (MemoryBackend::new(), ManualClock::new());
    launch(&one, &clock, 1);
    let other = copy(&one);
    let mut lives = [(&one, 10, first), (&other, 20, second)];
    if second_is_older {
        lives.reverse();
    }
    for (memory, value, count) in lives {
        (1..=count).for_each(|number| launch(memory, &clock, value + number));
    }
    (together(&one, &other), clock)
}

#[test]
fn head_that_changed_something_last_wins_whatever_its_number_and_the_other_is_listed() {
    for (first, second) in [(1, 1), (4, 1), (1, 4), (3, 3)] {
        for second_is_older in [false, true] {
            let (memory, clock) = parted(first, second, second_is_older);
            let mut session = start(&memory, &clock);
            let (newest, other) = if second_is_older { (10 + first, 20 + second) } else { (20 + second, 10 + first) };
            let case = format!("{first} and {second} launches, second is older: {second_is_older}");
            assert_eq!(session.get(FORM).unwrap(), Some(newest), "{case}");
            assert_eq!(session.report().other_states, 1, "{case}");
            assert_eq!(values(&session), [Some(other)], "{case}");
            let point = session.other_states().unwrap().remove(0);
            assert_eq!(point.element.as_deref(), Some(&*format!("field/{other}")), "{case}");
            // A look alone does not make the head one that changed something.
            crash(session);
            let session = start(&memory, &clock);
            assert_eq!(values(&session), [Some(other)], "{case}");
        }
    }
}

#[test]
fn device_that_only_looked_later_does_not_win_over_one_that_changed_something() {
    let (one, clock) = (MemoryBackend::new(), ManualClock::new());
    launch(&one, &clock, 1);
    let other = copy(&one);
    launch(&other, &clock, 2);
    clock.advance(minutes(1));
    let mut looks = start(&one, &clock);
    assert_eq!(looks.get(FORM).unwrap(), Some(1));
    crash(looks);
    let mut session = start(&together(&one, &other), &clock);
    assert_eq!(session.get(FORM).unwrap(), Some(2));
    assert_eq!(values(&session), [] as [Option<u32>; 0], "the other head changed nothing");
}

#[test]
fn section_is_restored_from_another_head_and_the_head_stays_listed() {
    let (memory, clock) = parted(2, 1, false);
    let mut session = start(&memory, &clock);
    let point = session.other_states().unwrap().remove(0);
    assert!(session.restore_section(&point, FORM).unwrap());
    assert_eq!(session.get(FORM).unwrap(), Some(12));
    crash(session);
    let mut session = start(&memory, &clock);
    assert_eq!(session.get(FORM).unwrap(), Some(12));
    assert_eq!(values(&session), [Some(12)]);
}

#[test]
fn head_that_was_resumed_is_no_other_head_and_the_state_that_was_left_is_in_the_history() {
    let (memory, clock) = parted(2, 1, false);
    let mut session = start(&memory, &clock);
    let point = session.other_states().unwrap().remove(0);
    session.resume_at(&point).unwrap();
    put(&mut session, "field/30", |capture| capture.set(FORM, &30));
    for restarted in [false, true] {
        if restarted {
            crash(session);
            session = start(&memory, &clock);
        }
        assert_eq!(session.get(FORM).unwrap(), Some(30));
        let others = session.other_states().unwrap();
        assert!(others.is_empty(), "restarted: {restarted}, {others:?}");
        let points = session.history().unwrap();
        let has_left = points.iter().any(|point| session.get_at(point, FORM).unwrap() == Some(21));
        assert!(has_left, "restarted: {restarted}, {points:?}");
    }
}

#[test]
fn clock_that_was_set_back_does_not_bring_back_a_head_that_was_passed_over() {
    let (memory, clock) = parted(4, 1, false);
    clock.set_wall(-120 * 60_000);
    launch(&memory, &clock, 30);
    let mut session = start(&memory, &clock);
    assert_eq!(session.get(FORM).unwrap(), Some(30));
    assert_eq!(values(&session), [Some(14)]);
}

#[test]
fn head_that_was_passed_over_wins_when_its_device_went_on() {
    let (memory, clock) = parted(2, 1, false);
    let device = copy(&memory);
    launch(&memory, &clock, 30);
    // The other device had seen its own head only, and goes on with that.
    let mut session = start(&device, &clock);
    let point = session.other_states().unwrap().remove(0);
    session.resume_at(&point).unwrap();
    clock.advance(minutes(5));
    put(&mut session, "field/40", |capture| capture.set(FORM, &40));
    crash(session);
    let mut session = start(&together(&memory, &device), &clock);
    assert_eq!(session.get(FORM).unwrap(), Some(40));
    assert!(values(&session).contains(&Some(30)));
}

/// Two processes at a backend without a lock: the second one goes on from what the first one still writes.
#[test]
fn launch_that_goes_on_beside_its_successor_is_another_head_and_the_later_write_wins() {
    for first_is_last in [false, true] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let mut first = start(&memory, &clock);
        put(&mut first, "a", |capture| capture.set(FORM, &1));
        let mut second = start(&memory, &clock);
        let order = if first_is_last { [2, 1] } else { [1, 2] };
        for which in order {
            clock.advance(seconds(10));
            let session = if which == 1 { &mut first } else { &mut second };
            put(session, &*format!("field/{which}"), |capture| capture.set(FORM, &(which * 10)));
        }
        crash(first);
        crash(second);
        let mut session = start(&memory, &clock);
        let (newest, other) = if first_is_last { (10, 20) } else { (20, 10) };
        assert_eq!(session.get(FORM).unwrap(), Some(newest), "first is last: {first_is_last}");
        assert_eq!(values(&session), [Some(other)], "first is last: {first_is_last}");
    }
}

/// Whatever one device does alone: starts, looks, going back, compaction that removes what lies between old states.
#[test]
fn one_device_alone_never_has_other_heads() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut bases = 0;
    for round in 0..40_u32 {
        clock.advance(minutes(7));
        if round == 20 {
            clock.set_wall(-60 * 60_000);
        }
        let mut session =
            still(memory.clone()).clock(clock.clone()).history_launches(2).history_bytes(100 << 20).open();
        assert_eq!(session.get(FORM).unwrap(), round.checked_sub(1), "in round {round}");
        assert_eq!(values(&session), [] as [Option<u32>; 0], "in round {round}");
        if round % 5 == 4 {
            let point = session.history().unwrap().pop().unwrap();
            session.resume_at(&point).unwrap();
        }
        if round % 3 == 0 {
            for letter in ["x", "y"] {
                put(&mut session, "a", |capture| capture.set(TEXT, &letter.repeat((300 << 10) + round as usize)));
            }
            clock.advance(seconds(10));
            settle(&mut session);
            bases += 1;
        }
        put(&mut session, "b", |capture| capture.set(FORM, &round));
        if round % 2 == 0 { crash(session) } else { session.close().unwrap() }
    }
    assert!(bases > 0 && memory.generations().unwrap().len() < 40, "nothing was removed");
}

type List = fn(&Session) -> Result<Vec<ResumePoint>, leftoff::Error>;

#[test]
fn history_and_other_states_are_listed_while_the_flusher_writes() {
    let (memory, _) = parted(1, 1, false);
    let gate = Gate::new(memory, Speed::Blocking);
    let mut session = Session::builder(APP).backend(gate.clone()).open();
    let lists: [List; 2] = [Session::history, Session::other_states];
    for (list, value) in lists.into_iter().zip(30..) {
        gate.close();
        put(&mut session, "field", |capture| capture.set(FORM, &value));
        gate.wait_for_one();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(100));
                gate.open();
            });
            assert!(!list(&session).unwrap().is_empty(), "{value}");
        });
        session.save(|_| {}).unwrap();
    }
}
