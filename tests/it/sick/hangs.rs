//! A place that says it is quick and then takes its time, and one that goes away: the user's thread goes on at once, what
//! waits is bounded, and all of it arrives when the place is back.

use std::sync::Arc;

use super::*;
use crate::support::Doors;

/// More than a write may take on the user's thread.
const LATE: Duration = Duration::from_millis(600);

/// Marks, saves and looks for a while.
fn type_on(session: &mut Session, rounds: u32, from: u32) {
    for value in from..from + rounds {
        session.mark("a");
        let _ = session.autosave(|capture| capture.set(FORM, &value));
        session.user_active();
        let _ = session.status();
        if value % 10 == 9 {
            let _ = session.suspend("call");
            session.wake();
        }
    }
}

#[test]
fn a_quick_place_that_hangs_costs_the_user_one_wait_and_no_second_one() {
    for fault in [Fault::Delay(LATE), Fault::FailAfter(LATE, io::ErrorKind::TimedOut)] {
        let memory = MemoryBackend::new();
        let (backend, faults) = faulty(&memory);
        let doors = Doors::new(Arc::new(backend));
        let mut session = Session::builder(crate::support::APP).backend(doors.clone()).open();
        put(&mut session, "a", |capture| capture.set(FORM, &0));
        let mine = || doors.by_others_and_by_me(Call::Create).1;
        let before = mine();
        faults.inject(Call::Create, When::Nth(faults.calls(Call::Create) + 1), fault);
        // After that the place hangs until the test lets it go; whoever waits for it, waits with it.
        doors.hold(Call::Create);
        doors.let_one_through();
        type_on(&mut session, 1, 1);
        assert_eq!(mine(), before + 1, "{fault:?}: the one wait");
        type_on(&mut session, 119, 2);
        doors.wait_for(2);
        type_on(&mut session, 20, 121);
        assert_eq!((doors.forced(), mine()), (0, before + 1), "{fault:?}: the user waited again");
        doors.open();
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
        let doors = Doors::new(memory.clone());
        let builder = Session::builder(crate::support::APP).backend(doors.clone()).sync_every(Duration::from_millis(1));
        let mut session = builder.history_launches(0).history_bytes(0).open();
        let mut random = Random::new(8);
        doors.hold(call);
        let (_, mine) = doors.by_others_and_by_me(call);
        // Until the log is summed up, and old logs go.
        let mut puts = 0;
        while doors.arrived() == 0 {
            put(&mut session, "a", |capture| capture.set(BULK, &random.text(300 << 10)));
            std::thread::sleep(Duration::from_millis(5));
            puts += 1;
            assert!(puts < 2_000, "{call:?}: the flusher never came");
        }
        type_on(&mut session, 40, 0);
        assert_eq!((doors.forced(), doors.by_others_and_by_me(call).1), (0, mine), "{call:?}: the user waited");
        doors.open();
        session.close().unwrap();
        assert_eq!(open(memory).get(FORM).unwrap(), Some(39));
    }
}

#[test]
fn a_place_that_is_gone_for_a_minute_gets_everything_when_it_is_back() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
    let (backend, faults) = faulty(&memory);
    let mut session = still(backend).clock(clock.clone()).open();
    put(&mut session, "a", |capture| capture.set(TEXT, &"kept".to_owned()));
    clock.advance(seconds(2));
    session.run_pending();
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
        session.run_pending();
        let status = session.status();
        assert!(status.pending && status.failing.is_some() && status.failing_since == Some(gone), "second {second}");
    }
    assert_eq!(frames(&memory), before);
    faults.mend_all();
    clock.advance(seconds(30));
    session.run_pending();
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
        let mut session = still(backend).clock(clock.clone()).open();
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
            session.run_pending();
        }
        faults.mend_all();
        for _ in 0..3 {
            clock.advance(seconds(60));
            session.run_pending();
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
        let mut session = still(backend).clock(clock.clone()).open();
        for value in 0..10 {
            session.mark("a");
            let _ = session.autosave(|capture| {
                capture.set(FORM, &value);
                capture.set(TEXT, &format!("{}{value}", "before ".repeat(100)));
            });
            clock.advance(seconds(1));
            session.run_pending();
        }
        assert!(session.status().failing.is_none(), "{nth}: {:?}", session.status());
        crash(session);
        let mut session = still(memory).clock(clock).open();
        assert_eq!(session.get(FORM).unwrap(), Some(9), "{nth}");
        assert!(session.get(TEXT).unwrap().unwrap().ends_with("before 9"), "{nth}");
        // What was hit may be of no use any more; then there is nothing to tell.
        assert!(matches!(session.outcome(), Outcome::Damaged | Outcome::Recovered), "{nth}");
        assert!(session.report().sections.iter().all(|section| section.fate == leftoff::SectionFate::Restored));
    }
}

/// The disk was full when the attempt began, and there was room when the user asked.
#[test]
fn a_save_is_not_answered_by_an_attempt_that_began_before_it() {
    let (backend, faults) = faulty(&MemoryBackend::new());
    let gate = Gate::new(Arc::new(backend), leftoff::backend::Speed::Blocking);
    let builder = Session::builder(APP).backend(gate.clone()).sync_every(Duration::from_secs(3600));
    let mut session = builder.open();
    gate.close();
    faults.fail(Call::Create, When::Nth(faults.calls(Call::Create) + 1), io::ErrorKind::TimedOut);
    session.mark("a");
    assert_eq!(session.autosave(|capture| capture.set(FORM, &1)).unwrap(), Saved::Pending);
    gate.wait_for_one();
    let opener = std::thread::spawn(move || {
        // Long enough for the save below to ask meanwhile.
        std::thread::sleep(Duration::from_millis(200));
        gate.open();
    });
    assert_eq!(session.save(|capture| capture.set(FORM, &2)).unwrap(), Saved::Synced);
    opener.join().unwrap();
    assert_eq!(faults.met(), 1);
    session.close().unwrap();
}
