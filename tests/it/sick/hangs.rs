//! A place that says it is quick and then takes its time, and one that goes away: the user's thread goes on at once, what
//! waits is bounded, and all of it arrives when the place is back.

use leftoff::testing::Fault;

use super::*;

const LATE: Duration = Duration::from_millis(600);
/// What the user's thread may take for a call, on a machine that is busy with other tests.
const AT_ONCE: Duration = Duration::from_millis(300);

/// Marks, saves and looks for a while; returns how long each round took.
fn type_on(session: &mut Session, rounds: u32, from: u32) -> Vec<Duration> {
    (from..from + rounds)
        .map(|value| {
            let start = Instant::now();
            session.mark("a");
            let _ = session.autosave(|capture| capture.set(FORM, &value));
            session.presence();
            let _ = session.status();
            if value % 10 == 9 {
                let _ = session.suspend("call");
                session.wake();
            }
            let took = start.elapsed();
            std::thread::sleep(Duration::from_millis(10));
            took
        })
        .collect()
}

#[test]
fn a_quick_place_that_hangs_costs_the_user_one_wait_and_no_second_one() {
    for fault in [Fault::Delay(LATE), Fault::FailAfter(LATE, io::ErrorKind::TimedOut)] {
        let memory = MemoryBackend::new();
        let (backend, faults) = faulty(&memory);
        let mut session = Session::builder(crate::support::APP).backend(backend).open().unwrap();
        put(&mut session, "a", |capture| capture.set(FORM, &0));
        faults.inject(Call::Create, When::Always, fault);
        let took = type_on(&mut session, 120, 1);
        let waits = took.iter().filter(|took| **took > AT_ONCE).count();
        assert!(waits <= 1, "{fault:?}: {waits} waits, the longest {:?}", took.iter().max());
        faults.mend(Call::Create);
        wait_until("it goes on by itself", || {
            let status = session.status();
            !status.pending && status.failing.is_none()
        });
        // And the place is quick again.
        wait_until("the user's thread writes again", || {
            session.mark("b");
            session.autosave(|capture| capture.set(FORM, &1000)).unwrap() == Saved::Written
        });
        session.close().unwrap();
        assert_eq!(open(memory).get(FORM).unwrap(), Some(1000), "{fault:?}");
    }
}

#[test]
fn what_hangs_behind_the_flusher_is_never_waited_for() {
    for call in [Call::Sync, Call::List, Call::Read, Call::Remove] {
        let memory = MemoryBackend::new();
        let (backend, faults) = faulty(&memory);
        let builder = Session::builder(crate::support::APP).backend(backend).sync_every(Duration::from_millis(1));
        let mut session = builder.open().unwrap();
        let mut random = Random::new(8);
        faults.inject(call, When::Always, Fault::Delay(LATE));
        // Enough for the log to be summed up meanwhile.
        for _ in 0..2 {
            put(&mut session, "a", |capture| capture.set(BULK, &random.text(300 << 10)));
        }
        let took = type_on(&mut session, 40, 0);
        let longest = took.into_iter().max().unwrap();
        assert!(longest < AT_ONCE, "{call:?}: {longest:?}");
        faults.mend(call);
        session.close().unwrap();
        assert_eq!(open(memory).get(FORM).unwrap(), Some(39));
    }
}

#[test]
fn a_place_that_is_gone_for_a_minute_gets_everything_when_it_is_back() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).clock(clock.clone()).open().unwrap();
    put(&mut session, "a", |capture| capture.set(TEXT, &"kept".to_owned()));
    clock.advance(seconds(2));
    session.drive();
    let before = frames(&memory);
    // ENOENT: somebody pulled the stick.
    for call in Call::ALL {
        faults.inject(call, When::Always, Fault::Os(2));
    }
    let gone = clock.wall();
    for second in 0..60 {
        session.mark(format!("step/{second}").as_str());
        assert_eq!(session.autosave(|capture| capture.set(FORM, &second)).unwrap(), Saved::Deferred);
        for window in 0..60 {
            session.scope(&format!("window/{}", window % 3)).close();
            session.discard_quarantined(TEXT);
        }
        clock.advance(seconds(1));
        session.drive();
        let status = session.status();
        assert!(status.pending && status.failing.is_some_and(|failing| failing.since == gone), "second {second}");
    }
    assert_eq!(frames(&memory), before);
    faults.mend_all();
    clock.advance(seconds(30));
    session.drive();
    let status = session.status();
    assert!(status.failing.is_none() && !status.pending, "{status:?}");
    // One value, a trail, and each thing that was done to it once: not sixty times.
    let written: usize = frames(&memory)[before.len()..].iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(written < 4 << 10, "{written} bytes");
    crash(session);
    let mut session = open(memory);
    assert_eq!((session.get(FORM).unwrap(), session.get(TEXT).unwrap().as_deref()), (Some(59), Some("kept")));
    assert_eq!(session.marker().unwrap().element(), "step/59");
}

#[test]
fn calls_that_fail_at_random_lose_nothing() {
    for seed in 0..crate::support::random::env("LEFTOFF_RANDOM_FAULTS", 12) {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let (backend, faults) = faulty(&memory);
        let mut session = still(backend).clock(clock.clone()).open().unwrap();
        let mut random = Random::new(seed);
        for call in Call::ALL {
            faults.inject(call, When::Percent(20, seed), Fault::Os(5));
            faults.inject(call, When::Percent(20, seed + 100), Fault::DoneAndFail(io::ErrorKind::Other));
        }
        for value in 0..60 {
            session.mark("a");
            let _ = session.autosave(|capture| {
                capture.set(FORM, &value);
                capture.set(TEXT, &format!("{}{value}", "before ".repeat(100)));
                capture.set(BULK, &random.text(if value % 20 == 10 { 550 << 10 } else { 20 }));
            });
            clock.advance(seconds(random.below(20)));
            session.drive();
        }
        faults.mend_all();
        for _ in 0..3 {
            clock.advance(seconds(60));
            session.drive();
        }
        assert!(session.status().is_synced && session.status().failing.is_none(), "{seed}: {:?}", session.status());
        crash(session);
        let mut session = open(memory);
        assert_eq!(session.get(FORM).unwrap(), Some(59), "{seed}");
        assert!(session.get(TEXT).unwrap().unwrap().ends_with("before 59"), "{seed}");
        assert!(session.report().is_whole(), "{seed}: {:?}", session.report());
    }
}

/// Backends must not do so, but hardware does: nothing wrong comes back, and the last value does.
#[test]
fn half_a_frame_under_its_name_is_damage_and_never_a_value() {
    for nth in 2..9 {
        let memory = MemoryBackend::new();
        let (backend, faults) = faulty(&memory);
        faults.inject(Call::Create, When::Nth(nth), Fault::Short);
        let clock = ManualClock::new();
        let mut session = still(backend).clock(clock.clone()).open().unwrap();
        for value in 0..10 {
            session.mark("a");
            let _ = session.autosave(|capture| {
                capture.set(FORM, &value);
                capture.set(TEXT, &format!("{}{value}", "before ".repeat(100)));
            });
            clock.advance(seconds(1));
            session.drive();
        }
        assert!(session.status().failing.is_none(), "{nth}: {:?}", session.status());
        crash(session);
        let mut session = still(memory).clock(clock).open().unwrap();
        assert_eq!(session.get(FORM).unwrap(), Some(9), "{nth}");
        assert!(session.get(TEXT).unwrap().unwrap().ends_with("before 9"), "{nth}");
        // What was hit may be of no use any more; then there is nothing to tell.
        assert!(matches!(session.outcome(), Outcome::Damaged | Outcome::Recovered), "{nth}");
        assert!(session.report().sections.iter().all(|section| section.fate == leftoff::SectionFate::Restored));
    }
}
