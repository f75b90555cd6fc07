//! A user's day on storage that goes wrong at each of its steps: the program runs on, what was stored stays, the status
//! tells the truth, and saving goes on by itself.
//!
//! `LEFTOFF_FAULTS=1 cargo test --release --test it sick::journey -- --nocapture` for every step and every fault.

use std::collections::BTreeSet;

use super::*;
use crate::support::random::env;

const LONG: Section<String> = Section::new("long", 1);
const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();
const SECRET: &str = "canary-of-the-journey";

/// What was ever saved, and what must come back.
#[derive(Default)]
struct Day {
    /// The value of the last capture that was taken, if any.
    last: Option<u32>,
    captured: BTreeSet<u32>,
    /// The place does not list what is there: an older state is all that may come back, and all that can be erased.
    stale: bool,
}

impl Day {
    fn session(backend: &MemoryBackend, faults: &Faults, clock: &ManualClock) -> Session {
        let backend = FaultyBackend::new(backend.clone(), faults.clone());
        still(backend).clock(clock.clone()).open()
    }

    /// One launch from its start to its end. A place that could not be used is tried again, as a user would.
    fn launch(&mut self, memory: &MemoryBackend, faults: &Faults, clock: &ManualClock, closes: bool) {
        let mut session = Self::session(memory, faults, clock);
        while session.outcome() == Outcome::Unavailable {
            assert!(session.status().refused.is_some());
            assert!(session.get(FORM).is_err(), "not: there was none");
            session.mark("a");
            assert_eq!(session.autosave(|capture| capture.set(FORM, &999)).unwrap(), Saved::Off);
            drop(session);
            session = Self::session(memory, faults, clock);
        }
        self.look(&mut session);
        for step in 0..8 {
            let value = self.captured.len() as u32;
            session.mark(format!("step/{value}").as_str());
            let result = session.autosave(|capture| {
                capture.set(FORM, &value);
                capture.set(PIN, &SECRET.to_owned());
                // Of the shape of a document: it is saved as a difference.
                capture.set(LONG, &format!("{}{value}{}", "before ".repeat(90), "after ".repeat(90)));
            });
            self.captured.insert(value);
            self.last = Some(value);
            let status = session.status();
            assert!(status.refused.is_none());
            let deferred = result.unwrap() == Saved::Deferred;
            assert!(!deferred || status.failing.is_some(), "{status:?}");
            assert_eq!(deferred, status.pending, "{status:?}");
            clock.advance(seconds(1));
            session.run_pending();
            if step == 2 {
                let _ = session.suspend("call");
                clock.advance(seconds(40));
                session.run_pending();
                session.wake();
            }
        }
        if closes {
            // What fails at the last moment cannot be made up for later; the call says so.
            match session.close() {
                Ok(()) => {
                    assert!(self.stale || !crate::support::holds(memory, SECRET.as_bytes()), "it was to be erased");
                }
                Err(_) => self.last = None,
            }
            return;
        }
        faults.mend_all();
        for _ in 0..3 {
            clock.advance(seconds(60));
            session.run_pending();
        }
        let status = session.status();
        assert!(status.failing.is_none() && status.is_synced && !status.pending, "it goes on by itself: {status:?}");
        crash(session);
    }

    /// What came back is what was captured last, or, where nobody promised that, something that was captured.
    fn look(&self, session: &mut Session) {
        let (form, text) = (session.get(FORM), session.get(LONG));
        let known = |value: u32| self.captured.contains(&value);
        match &form {
            Ok(Some(value)) => assert!(
                known(*value) && (self.stale || self.last.is_none_or(|last| last == *value)),
                "{value}, and not {:?}",
                self.last
            ),
            Ok(None) => assert!(
                self.captured.is_empty() || self.last.is_none() || self.stale,
                "there was none, it says: {:?}",
                session.report()
            ),
            // Where a list leaves out what another frame speaks of, that is noticed, and is better than "there was none".
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::TimedOut)
                    || (self.stale && error.kind() == ErrorKind::Damaged && session.report().unreadable > 0),
                "{error:?} {:?}",
                session.report()
            ),
        }
        if let (Ok(Some(form)), Ok(Some(text))) = (form, text) {
            assert!(
                text.contains(&format!("before {form}after")),
                "of one moment: {form}, {text}, {:?}",
                session.report()
            );
            let element = session.marker().map(|marker| marker.element().to_owned());
            assert_eq!(element, Some(format!("step/{form}")), "the marker is of the same moment");
        }
    }
}

fn day(stale: bool, inject: impl FnOnce(&Faults)) -> Faults {
    let (memory, clock, faults) = (MemoryBackend::new(), ManualClock::new(), Faults::new());
    let mut day = Day { stale, ..Day::default() };
    inject(&faults);
    day.launch(&memory, &faults, &clock, true);
    clock.advance(seconds(600));
    // This one sums the log up.
    day.launch(&memory, &faults, &clock, true);
    clock.advance(seconds(600));
    day.launch(&memory, &faults, &clock, false);
    let mut session = open(memory);
    assert!(day.last.is_some());
    day.look(&mut session);
    if stale && session.get(FORM).unwrap() != day.last {
        // Who was shown an old list wrote a branch beside what it did not see. It is there, and can be gone back to.
        let points = session.history().unwrap();
        let found = points.iter().any(|point| {
            session.resume_at(point).unwrap();
            session.get(FORM).unwrap() == day.last
        });
        assert!(found, "{points:?}");
    } else {
        assert_eq!(session.outcome(), Outcome::Recovered, "{:?}", session.report());
    }
    assert!(session.report().is_whole());
    faults
}

const FAILURES: [io::ErrorKind; 4] =
    [io::ErrorKind::StorageFull, io::ErrorKind::Other, io::ErrorKind::PermissionDenied, io::ErrorKind::TimedOut];

/// ENOSPC, EIO, EROFS, EACCES, EDQUOT, EMFILE.
const NUMBERS: [i32; 6] = [28, 5, 30, 13, 122, 24];

fn faults_of(call: Call) -> Vec<Fault> {
    let mut faults: Vec<_> = NUMBERS.map(Fault::Os).into_iter().chain(FAILURES.map(Fault::Fail)).collect();
    match call {
        Call::List => faults.extend([Fault::Reordered, Fault::Stale(1), Fault::Stale(2), Fault::Stale(3)]),
        Call::Create | Call::Sync | Call::Remove => faults.push(Fault::DoneAndFail(io::ErrorKind::TimedOut)),
        _ => {}
    }
    faults
}

#[test]
fn a_fault_at_any_step_of_a_day_costs_nothing() {
    let calls = day(false, |_| {});
    let all = env("LEFTOFF_FAULTS", 0) > 0;
    let (mut days, mut bad) = (0, Vec::new());
    for call in Call::ALL {
        let steps = calls.calls(call);
        assert!(steps > 0, "{call:?}");
        for (nth, fault) in faults_of(call).into_iter().enumerate() {
            // Everyday, each fault meets a few of the steps only, other ones than its neighbours.
            let (first, every) = if all { (1, 1) } else { (1 + nth as u64, 71) };
            for k in (first..=steps).step_by(every) {
                for last in [k, k + 2] {
                    days += 1;
                    let stale = matches!(fault, Fault::Stale(_));
                    let run = || day(stale, |faults| (k..=last).for_each(|k| faults.inject(call, When::Nth(k), fault)));
                    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
                        Ok(faults) if faults.met() > 0 => {}
                        Ok(_) => bad.push(format!("{fault:?} at {call:?} {k}: it never came to that")),
                        Err(_) => bad.push(format!("{fault:?} at {call:?} {k} to {last}")),
                    }
                }
            }
        }
    }
    eprintln!("{days} days with a fault in each");
    assert!(bad.is_empty(), "{} of {days}: {bad:#?}", bad.len());
}
