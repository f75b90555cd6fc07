//! A large state: a restart and one section read a small part of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use leftoff::backend::MemoryBackend;
use leftoff::{Outcome, Section};
use leftoff_seal::{KeyRing, Sealed};

use crate::support::{Counting, key, still};

const PAGE: Section<String> = Section::new("page", 1);
const PAGES: usize = 90;

fn page(number: usize) -> String {
    format!("{number:05}").repeat(20_000)
}

#[test]
fn one_section_of_a_9_mb_state_is_read_alone_after_a_restart() {
    let counting = Counting(MemoryBackend::new(), Arc::new(AtomicU64::new(0)));
    let open = || still(Sealed::new(counting.clone(), KeyRing::new(key(1)))).open();
    let mut session = open();
    for number in 0..PAGES {
        session.save(|capture| capture.scope(&format!("page/{number}")).set(PAGE, &page(number))).unwrap();
    }
    for _ in 0..4 {
        session.run_pending();
    }
    session.close().unwrap();
    // The launches after it write bases, and continue from the newest.
    for _ in 0..10 {
        let mut session = open();
        session.save(|capture| capture.set(PAGE, &"index".to_owned())).unwrap();
        session.run_pending();
        session.close().unwrap();
    }
    let stored: u64 = crate::support::stored(&counting.0).iter().map(|(_, bytes)| bytes.len() as u64).sum();
    assert!(stored > 9_000_000, "{stored}");
    counting.1.store(0, Ordering::Relaxed);
    let mut session = open();
    assert_eq!(session.outcome(), Outcome::Resumed);
    let at_open = counting.1.swap(0, Ordering::Relaxed);
    assert!(at_open < 1_000_000, "open read {at_open} of {stored} bytes");
    assert_eq!(session.scope("page/50").get(PAGE).unwrap(), Some(page(50)));
    let read = counting.1.load(Ordering::Relaxed);
    assert!(read < 400_000, "one section of 100 kB read {read} of {stored} bytes");
}
