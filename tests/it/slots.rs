//! The slots of instances that run at the same time: listed, so that no state is stored that its user cannot see.

use std::path::Path;

use leftoff::backend::MemoryBackend;
use leftoff::{Builder, Holder, Section, Session};

use crate::support::{APP, ManualClock, crash, folder, put};

const FORM: Section<u32> = Section::new("form", 1);

fn builder(dir: &Path, clock: &ManualClock) -> Builder {
    Session::builder(APP).dir(dir).slot_per_instance().without_thread().clock(clock.clone())
}

#[track_caller]
fn is_mine(holder: Option<&Holder>) -> bool {
    holder.is_some_and(|holder| holder.pid == Some(std::process::id()) && holder.program.is_some())
}

#[test]
fn slots_with_a_state_are_listed_with_their_holder_and_last_write() {
    let (scratch, clock) = (folder::scratch(), ManualClock::new());
    let list = || builder(scratch.path(), &clock).slots().unwrap();
    let first = builder(scratch.path(), &clock).open();
    let mut second = builder(scratch.path(), &clock).open();
    clock.advance(std::time::Duration::from_secs(60));
    put(&mut second, "form", |capture| capture.set(FORM, &2));
    let [one, two] = list().try_into().unwrap();
    assert_eq!((one.number, one.dir.as_path(), one.written), (1, scratch.path(), Some(ManualClock::START)));
    assert_eq!((two.number, two.written), (2, Some(clock.wall())));
    assert!(is_mine(one.holder.as_ref()) && is_mine(two.holder.as_ref()), "{one:?}, {two:?}");
    second.close().unwrap();
    let [one, two] = list().try_into().unwrap();
    assert!(is_mine(one.holder.as_ref()), "{one:?}");
    assert_eq!(two.holder, None);
    // A look leaves the lock free and the state as it was.
    let mut second = builder(scratch.path(), &clock).open();
    assert_eq!(second.get(FORM).unwrap(), Some(2));
    crash(first);
}

#[test]
fn list_of_slots_makes_nothing_and_leaves_out_what_has_no_state() {
    let (scratch, clock) = (folder::scratch(), ManualClock::new());
    let dir = scratch.path().join("notes");
    assert_eq!(builder(&dir, &clock).slots().unwrap(), []);
    assert!(!dir.exists());
    std::fs::create_dir_all(dir.join("slot-2")).unwrap();
    std::fs::write(dir.join("slot-3"), "a file").unwrap();
    assert_eq!(builder(&dir, &clock).slots().unwrap(), []);
    assert_eq!(std::fs::read_dir(dir.join("slot-2")).unwrap().count(), 0);
    assert_eq!(Session::builder(APP).backend(MemoryBackend::new()).slots().unwrap(), []);
}

#[cfg(unix)]
#[test]
fn link_under_the_name_of_a_slot_is_not_listed() {
    let (scratch, other, clock) = (folder::scratch(), folder::scratch(), ManualClock::new());
    for dir in [scratch.path(), other.path()] {
        builder(dir, &clock).open().close().unwrap();
    }
    std::os::unix::fs::symlink(other.path(), scratch.path().join("slot-2")).unwrap();
    let numbers: Vec<_> = builder(scratch.path(), &clock).slots().unwrap().iter().map(|slot| slot.number).collect();
    assert_eq!(numbers, [1]);
}
