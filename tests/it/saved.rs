//! "Saved" is true or not said: what the calls return and the status says while something stands in the way of saving.

mod closed;
#[cfg(unix)]
mod documents;
mod owned;
mod panics;
#[cfg(unix)]
mod read_only;
mod refused;
#[cfg(unix)]
mod taken;

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::time::{Clock, Now, Timestamp};
use leftoff::{Saved, Section, Session};

use crate::support::clock::seconds;
use crate::support::{APP, ManualClock, crash, is_stored, open, put, still, wait_until};

const FORM: Section<u32> = Section::new("form", 1);

/// Shows the last moment that a clock can show.
#[derive(Debug)]
struct EndOfTime;

impl Clock for EndOfTime {
    fn now(&self) -> Now {
        Now { wall: Timestamp::from_millis(i64::MAX), monotonic: Duration::MAX }
    }

    fn uptime(&self) -> Option<Duration> {
        Some(Duration::MAX)
    }
}

#[test]
fn a_sync_window_of_any_length_stops_no_flusher_and_a_save_still_syncs() {
    for window in [Duration::ZERO, Duration::MAX] {
        let memory = MemoryBackend::new();
        let mut session = Session::builder(APP).backend(memory.clone()).sync_every(window).open();
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        assert_eq!(session.save(|capture| capture.set(FORM, &2)).unwrap(), Saved::Synced);
        assert!(session.status().failing.is_none());
        session.close().unwrap();

        let clock = ManualClock::new();
        let mut session = still(memory).sync_every(window).clock(clock.clone()).open();
        put(&mut session, "a", |capture| capture.set(FORM, &3));
        clock.advance(seconds(1));
        session.run_pending();
        assert_eq!(session.status().is_synced, window.is_zero());
        session.close().unwrap();
    }
}

#[test]
fn no_duration_and_no_clock_overflows() {
    const LASTING: Section<u32> = Section::<u32>::new("lasting", 1).expires(Duration::MAX);
    let memory = MemoryBackend::new();
    for absence in [Duration::ZERO, Duration::MAX] {
        for end_of_time in [false, true] {
            let builder = still(memory.clone()).idle_after(absence).sync_every(Duration::MAX);
            let builder = if end_of_time { builder.clock(EndOfTime) } else { builder };
            let mut session = builder.open();
            put(&mut session, "a", |capture| capture.set(LASTING, &1));
            session.run_pending();
            session.suspend("call").unwrap();
            session.wake();
            session.user_active();
            session.run_pending();
            session.save(|capture| capture.set(FORM, &1)).unwrap();
            session.close().unwrap();
        }
    }
    assert_eq!(open(memory).get(LASTING).unwrap(), Some(1));
}
