//! The newest interaction comes back, also from a state of 9 MB on a disk that takes a second for each fsync.
//!
//! `cargo test --release last_second -- --nocapture` prints how long each way out took.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use leftoff::{LastExit, Reason, Session};
use rustix::process::Signal;

use crate::support::{DRAWING, FORM, open, spawn};
use crate::{run, say, signal};

/// Unoptimised, encoding alone takes seconds on a busy machine, and a shared value has the deadline of the signal.
const LEN: usize = if cfg!(debug_assertions) { 1 << 17 } else { 9 << 20 };

/// Bytes that no difference makes smaller.
fn drawing(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..LEN).map(|_| next()).collect()
}

/// The program: a large drawing is stored, then another one is captured with the last touch.
pub(crate) fn child(role: &str, session: &mut Session) {
    session.mark("drawing");
    session.save(|capture| capture.set(DRAWING, &drawing(1))).unwrap();
    let newest = drawing(2);
    session.mark("form/last");
    let saved = session.autosave(|capture| {
        if role.contains("shared") {
            capture.share(DRAWING, &Arc::new(newest));
        } else {
            capture.set(DRAWING, &newest);
        }
        capture.set(FORM, &"the last word".to_owned());
    });
    saved.unwrap();
    say("ready");
    if role.contains("exit") {
        std::process::exit(3);
    }
    run(session, || {});
}

/// Asserts that the next start has everything of the last second.
#[track_caller]
pub(crate) fn assert_newest(dir: &Path, reason: &Reason, what: &str) {
    let mut next = open(dir);
    assert_eq!(*next.last_exit(), LastExit::Interrupted(reason.clone()), "{what}");
    assert_eq!(next.marker().unwrap().element(), "form/last", "{what}");
    assert_eq!(next.get(FORM).unwrap().as_deref(), Some("the last word"), "{what}");
    assert!(next.get(DRAWING).unwrap().is_some_and(|stored| stored == drawing(2)), "{what}");
}

#[test]
fn newest_interaction_comes_back_from_a_slow_disk() {
    for (role, by, reason) in [
        ("last second", Some(Signal::TERM), Reason::Terminate),
        ("last second shared", Some(Signal::TERM), Reason::Terminate),
        ("last second", Some(Signal::HUP), Reason::Hangup),
        ("last second exit", None, Reason::Exit),
        ("last second exit shared", None, Reason::Exit),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, mut ears) = spawn(role, dir.path());
        ears.hear("ready");
        let start = Instant::now();
        if let Some(by) = by {
            signal(&child, by);
        }
        child.wait().unwrap();
        println!("{role}, {by:?}: {:.1} s", start.elapsed().as_secs_f64());
        assert_newest(dir.path(), &reason, role);
    }
}
