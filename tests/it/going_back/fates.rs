//! Why a section is not there, and that the wall clock alone takes nothing away.

use std::time::Duration;

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::time::{Clock, Now};
use leftoff::{Section, SectionFate, Session};

use super::{COUNT, TEXT, start, type_text};
use crate::support::clock::{days, minutes, seconds};
use crate::support::{ManualClock, crash, frames, open, settle, still};

const SHORT: Section<String> = Section::<String>::new("short", 1).expires(minutes(10));

#[test]
fn absent_sections_are_told_apart_also_after_a_restart_and_in_a_base() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.mark("a");
    session
        .autosave(|capture| {
            capture.set(TEXT, &"text".to_owned());
            capture.set(SHORT, &"short".to_owned());
            capture.scope("a").set(TEXT, &"text".to_owned());
        })
        .unwrap();
    session.mark_dirty();
    session.autosave(|capture| capture.remove(TEXT)).unwrap();
    session.scope("a").close();
    session.mark_dirty();
    session.autosave(|_| {}).unwrap();
    clock.advance(minutes(11));
    for round in 0..12 {
        assert_eq!(session.fate(TEXT), SectionFate::Removed, "round {round}");
        assert_eq!(session.scope("a").fate(TEXT), SectionFate::Removed, "round {round}");
        assert_eq!(session.fate(SHORT), SectionFate::Expired, "round {round}");
        assert_eq!(session.fate(COUNT), SectionFate::NeverSaved, "round {round}");
        assert_eq!((session.get(TEXT).unwrap(), session.get(SHORT).unwrap()), (None, None));
        // Enough launches for a base.
        clock.advance(seconds(90));
        settle(&mut session);
        session.mark("a");
        session.autosave(|_| {}).unwrap();
        crash(session);
        session = start(&memory, &clock);
    }
    type_text(&mut session, "again");
    assert_eq!(session.fate(TEXT), SectionFate::Restored);
}

#[test]
fn what_has_expired_stays_stored_when_the_log_is_summed_up() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let mut session = start(&memory, &clock);
    session.mark("a");
    session.autosave(|capture| capture.set(SHORT, &"short".to_owned())).unwrap();
    crash(session);
    // Somebody sets the clock far ahead.
    clock.set_wall(i64::try_from(days(400).as_millis()).unwrap());
    for _ in 0..12 {
        let mut session = start(&memory, &clock);
        assert_eq!(session.get(SHORT).unwrap(), None);
        clock.advance(seconds(90));
        settle(&mut session);
        session.mark("a");
        session.autosave(|_| {}).unwrap();
        crash(session);
    }
    // And back.
    clock.set_wall(-i64::try_from(days(400).as_millis()).unwrap());
    let mut session = start(&memory, &clock);
    clock.set_wall(-20 * 90_000);
    assert_eq!(session.get(SHORT).unwrap().as_deref(), Some("short"));
}

/// A machine that knows how long it has been up.
#[derive(Debug, Clone)]
struct Up(ManualClock);

impl Clock for Up {
    fn now(&self) -> Now {
        // Of each process, the monotonic clock begins anew; one for all is as good.
        self.0.now()
    }
    fn boot_id(&self) -> Option<u128> {
        self.0.boot_id()
    }
    fn uptime(&self) -> Option<Duration> {
        Some(self.0.now().monotonic)
    }
}

#[test]
fn a_clock_set_ahead_expires_nothing_within_one_run_of_the_machine() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let open = || -> Session { still(memory.clone()).clock(Up(clock.clone())).open() };
    let mut session = open();
    session.mark("a");
    session.autosave(|capture| capture.set(SHORT, &"short".to_owned())).unwrap();
    crash(session);
    clock.set_wall(i64::try_from(days(2).as_millis()).unwrap());
    let mut session = open();
    assert_eq!(session.get(SHORT).unwrap().as_deref(), Some("short"));
    crash(session);
    clock.advance(minutes(11));
    let mut session = open();
    assert_eq!((session.get(SHORT).unwrap(), session.fate(SHORT)), (None, SectionFate::Expired));
    crash(session);
    clock.reboot();
    let mut session = open();
    assert_eq!(session.get(SHORT).unwrap(), None, "in another run, the wall clock is all there is");
}

/// What one place has and the other has not.
fn copy(from: &MemoryBackend, to: &MemoryBackend) {
    for (id, bytes) in frames(from) {
        drop(to.create(id, &bytes));
    }
}

/// Two devices that share a directory go on from the same state.
#[test]
fn of_two_heads_the_one_written_last_is_the_state_and_the_other_is_in_the_history() {
    for _ in 0..10 {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let mut session = start(&memory, &clock);
        type_text(&mut session, "before");
        crash(session);
        let elsewhere = MemoryBackend::new();
        copy(&memory, &elsewhere);
        for (place, text) in [(&elsewhere, "early"), (&memory, "late")] {
            clock.advance(minutes(5));
            let mut session = start(place, &clock);
            type_text(&mut session, text);
            crash(session);
        }
        copy(&elsewhere, &memory);
        let mut session = open(memory);
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("late"));
        let points = session.history().unwrap();
        let texts: Vec<_> = points.iter().map(|point| session.get_at(point, TEXT).unwrap()).collect();
        assert!(texts.contains(&Some("early".to_owned())), "{texts:?}");
    }
}

#[test]
fn a_value_that_could_not_be_stored_is_the_fate_until_one_is() {
    const SMALL: Section<String> = Section::<String>::new("small", 1).limit(64);
    let is_refused = |session: &Session| matches!(session.fate(SMALL), SectionFate::NewerRefused { .. });
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.mark("small");
    session.autosave(|capture| capture.set(SMALL, &"x".repeat(100))).unwrap_err();
    assert!(is_refused(&session), "also where nothing was stored before");
    crash(session);
    let mut session = open(memory.clone());
    assert!(is_refused(&session));
    session.mark("small");
    session.autosave(|capture| capture.set(SMALL, &"short".to_owned())).unwrap();
    assert_eq!(session.fate(SMALL), SectionFate::Restored);
    session.close().unwrap();
    assert_eq!(open(memory).fate(SMALL), SectionFate::Restored);
}
