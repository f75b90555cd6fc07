//! Launches in which the user only looks.

use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::{Mark, Reason};

use super::FORM;
use crate::support::{ManualClock, crash, put, still};

#[test]
fn looks_without_a_touch_keep_the_interruption_before_them() {
    let (memory, clock) = (MemoryBackend::new(), ManualClock::with_uptime());
    let start = || still(memory.clone()).clock(clock.clone()).open();
    let mut session = start();
    put(&mut session, Mark::new("a").label("A"), |capture| capture.set(FORM, &1));
    session.suspend(Reason::Call).unwrap();
    crash(session);
    for look in 0..12 {
        clock.advance(Duration::from_secs(600));
        let mut session = start();
        // The log is continued in a new file while the user looks.
        session.run_pending();
        clock.advance(Duration::from_secs(60));
        session.run_pending();
        let card = session.marker().unwrap().card(clock.wall());
        let minutes = 10 * (look + 1) + look + 1;
        assert_eq!(card.why(), Some("before a call"), "look {look}");
        assert_eq!(card.age(), Some(Duration::from_secs(60 * minutes)));
        assert_eq!(session.marker().unwrap().away(), Some(Duration::from_secs(60 * (minutes - 1))));
        if look % 3 == 1 { crash(session) } else { session.close().unwrap() }
    }
    // In a look that becomes an absence, too.
    let mut session = start();
    clock.advance(Duration::from_secs(3600));
    assert!(session.user_active());
    assert_eq!(session.marker().unwrap().reason(), Some(&Reason::Call));
    // A touch ends all that.
    put(&mut session, "b", |_| ());
    session.close().unwrap();
    clock.advance(Duration::from_secs(300));
    let session = start();
    let marker = session.marker().unwrap();
    assert_eq!((marker.reason(), marker.away()), (None, Some(Duration::from_secs(300))));
}
