//! Clocks that are set while the machine's uptime shows how much time passed.

use super::*;

const SIXTY_DAYS: i64 = 60 * 86_400_000;

#[test]
fn clock_set_ahead_while_the_program_runs_makes_no_absence_that_the_uptime_denies() {
    let clock = ManualClock::with_uptime();
    let mut session = timed(&MemoryBackend::new(), &clock);
    session.mark("a");
    clock.advance(seconds(1));
    clock.set_wall(SIXTY_DAYS);
    assert!(!session.user_active(), "a second passed");
    assert_eq!(session.marker(), None);
    clock.set_wall(-SIXTY_DAYS);
    session.mark("b");
    session.suspend(Reason::Call).unwrap();
    clock.advance(minutes(5));
    clock.set_wall(SIXTY_DAYS);
    let card = session.wake().unwrap().card(clock.wall());
    assert_eq!((card.away(), card.age()), (Some(minutes(5)), Some(minutes(5))));
    // The lid was closed, and the clock was set again.
    clock.sleep(minutes(8 * 60));
    clock.set_wall(SIXTY_DAYS);
    assert!(session.user_active());
    let marker = session.marker().unwrap();
    assert_eq!(marker.away(), Some(minutes(8 * 60)));
    assert_eq!(marker.card(clock.wall()).age(), Some(minutes(8 * 60 + 5)));
}

#[test]
fn clock_set_ahead_before_a_start_makes_no_absence_that_the_uptime_denies() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::with_uptime());
    let mut session = timed(&memory, &clock);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    clock.advance(minutes(2));
    session.close().unwrap();
    clock.advance(minutes(1));
    clock.set_wall(SIXTY_DAYS);
    let session = timed(&memory, &clock);
    let marker = session.marker().unwrap();
    let card = marker.card(clock.wall());
    assert_eq!((card.away(), card.age()), (Some(minutes(1)), Some(minutes(3))));
    clock.set_wall(-SIXTY_DAYS);
    assert_eq!(marker.card(clock.wall()).age(), Some(minutes(3)), "the clock was set right");
}
