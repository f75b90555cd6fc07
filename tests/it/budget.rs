//! The hourly budget: how it stretches the cadence of syncs, what it never holds back, and what the status says.

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::{Builder, Capture, Reason, Section, Session};

use crate::support::clock::{minutes, seconds};
use crate::support::{APP, ManualClock};

const COUNT: Section<u64> = Section::new("count", 1);
const TEXT: Section<String> = Section::new("text", 1);

/// A session that is driven by hand, and a user who types once a second.
struct Typing {
    clock: ManualClock,
    session: Session,
    typed: u64,
    /// The length of what each key saves beside the count.
    text: usize,
}

impl Typing {
    fn new(set: impl FnOnce(Builder) -> Builder) -> Self {
        let clock = ManualClock::new();
        let builder = Session::builder(APP).backend(MemoryBackend::new()).clock(clock.clone()).without_thread();
        Self { session: set(builder).open(), clock, typed: 0, text: 0 }
    }

    fn key(&mut self) {
        self.typed += 1;
        self.session.mark("text");
        let text = format!("{:1$}", self.typed, self.text);
        let save = |capture: &mut Capture<'_>| {
            capture.set(COUNT, &self.typed);
            if self.text > 0 {
                capture.set(TEXT, &text);
            }
        };
        self.session.autosave(save).unwrap();
    }

    /// Types for this many seconds.
    fn type_for(&mut self, many: u64) {
        for _ in 0..many {
            self.key();
            self.session.run_pending();
            self.clock.advance(seconds(1));
            self.session.run_pending();
        }
    }

    fn syncs(&self) -> u64 {
        self.session.status().syncs
    }
}

/// What a user who types once a second costs in an hour without a budget is about 15 MB.
const BUDGET: u64 = 3_000_000;

#[test]
fn cadence_is_stretched_so_that_no_hour_costs_more_than_the_budget() {
    let mut free = Typing::new(|builder| builder);
    let mut bound = Typing::new(|builder| builder.hourly_budget(BUDGET));
    let cost = |status: &leftoff::Status| status.hourly_bytes + 4096 * status.hourly_syncs;
    free.type_for(3600);
    let free_hour = free.session.status();
    assert!(cost(&free_hour) > 4 * BUDGET, "{free_hour:?}");
    assert_eq!(free_hour.stretched, None);
    for quarter in 0..8 {
        bound.type_for(900);
        let hour = bound.session.status();
        assert!(cost(&hour) <= BUDGET, "{hour:?}");
        // Most of the budget is used.
        assert!(quarter < 3 || cost(&hour) > BUDGET / 2, "{hour:?}");
        let interval = hour.stretched.expect("the first minutes cost a quarter");
        assert!(interval > seconds(1) && interval <= Builder::MAX_STRETCHED, "{interval:?}");
        // Everything is written nevertheless: a kill loses nothing.
        assert!(!hour.pending);
    }
}

/// The bytes of autosaves do not become fewer with rarer syncs.
#[test]
fn hour_stays_within_the_budget_if_most_of_it_is_bytes() {
    let budget = 2_500_000;
    let mut typing = Typing::new(|builder| builder.hourly_budget(budget));
    typing.text = 250;
    for _ in 0..8 {
        typing.type_for(900);
        let hour = typing.session.status();
        let cost = hour.hourly_bytes + 4096 * hour.hourly_syncs;
        assert!(hour.hourly_bytes > 900 * 250 && cost <= budget, "{cost} {hour:?}");
    }
}

#[test]
fn budget_that_is_never_reached_changes_nothing() {
    let mut free = Typing::new(|builder| builder);
    let mut bound = Typing::new(|builder| builder.hourly_budget(u64::MAX));
    free.type_for(600);
    bound.type_for(600);
    assert_eq!((bound.syncs(), bound.session.status().stretched), (free.syncs(), None));
}

#[test]
fn write_after_a_quiet_hour_is_synced_at_the_usual_cadence_again() {
    let mut typing = Typing::new(|builder| builder.hourly_budget(BUDGET));
    typing.type_for(1800);
    assert!(typing.session.status().stretched.is_some());
    typing.session.flush().unwrap();
    typing.clock.advance(minutes(61));
    assert_eq!(typing.session.run_pending(), None, "nothing is due in a quiet hour");
    typing.key();
    let before = typing.syncs();
    typing.clock.advance(seconds(1));
    typing.session.run_pending();
    let status = typing.session.status();
    assert_eq!((status.syncs, status.is_synced, status.stretched), (before + 1, true, None));
}

#[test]
fn save_flush_suspend_and_close_are_never_held_back() {
    let mut typing = Typing::new(|builder| builder.hourly_budget(1));
    typing.type_for(120);
    assert_eq!(typing.session.status().stretched, Some(Builder::MAX_STRETCHED));
    typing.session.mark("text");
    typing.session.save(|capture| capture.set(COUNT, &0)).unwrap();
    assert!(typing.session.status().is_synced);
    typing.key();
    assert!(!typing.session.status().is_synced);
    typing.session.flush().unwrap();
    assert!(typing.session.status().is_synced);
    typing.key();
    typing.session.suspend(Reason::Call).unwrap();
    typing.session.run_pending();
    assert!(typing.session.status().is_synced);
    typing.key();
    let before = typing.syncs();
    typing.session.close().unwrap();
    assert!(before > 0);
}

#[test]
fn spent_budget_never_shortens_the_cadence_and_a_minute_is_the_longest_it_makes() {
    for (sync_every, expected) in [(minutes(5), None), (Duration::ZERO, Some(Builder::MAX_STRETCHED))] {
        let mut typing = Typing::new(|builder| builder.hourly_budget(0).sync_every(sync_every));
        typing.type_for(10);
        typing.session.flush().unwrap();
        assert_eq!(typing.session.status().stretched, expected, "{sync_every:?}");
        let before = typing.syncs();
        typing.key();
        typing.clock.advance(seconds(59));
        typing.session.run_pending();
        assert_eq!(typing.syncs(), before);
        typing.clock.advance(sync_every.max(seconds(1)));
        typing.session.run_pending();
        assert_eq!(typing.syncs(), before + 1);
    }
}

#[test]
fn status_counts_the_last_hour_and_forgets_what_is_older() {
    let mut typing = Typing::new(|builder| builder);
    typing.type_for(60);
    let status = typing.session.status();
    assert_eq!((status.hourly_bytes, status.hourly_syncs), (status.bytes_written, status.syncs));
    typing.clock.advance(minutes(30));
    typing.type_for(1);
    let later = typing.session.status();
    assert_eq!((later.hourly_bytes, later.hourly_syncs), (later.bytes_written, later.syncs));
    typing.clock.advance(minutes(31));
    let last = typing.session.status();
    assert_eq!(last.hourly_syncs, later.syncs - status.syncs);
    assert_eq!(last.hourly_bytes, later.bytes_written - status.bytes_written);
    typing.clock.advance(minutes(61));
    let none = typing.session.status();
    assert_eq!((none.hourly_bytes, none.hourly_syncs), (0, 0));
}
