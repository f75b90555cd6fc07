//! The user's thread goes on while the flusher reads, compares or writes something large.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend};
use leftoff::{Saved, Section, Session};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::clock::seconds;
use crate::support::{APP, ManualClock, crash, frames, open, put, settle, still, wait_until};

const FORM: Section<String> = Section::new("form", 1);
const BIG: Section<String> = Section::new("big", 1);
const LENGTH: usize = 200_000;

/// Something that takes until the test says so, and ten seconds at most, so that a test that fails ends.
#[derive(Debug, Clone, Default)]
struct Door(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    closed: bool,
    waiting: bool,
}

impl Door {
    fn close(&self) {
        self.0.0.lock().unwrap().closed = true;
    }

    fn open(&self) {
        self.0.0.lock().unwrap().closed = false;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.waiting |= state.closed;
        let (mut state, late) =
            self.0.1.wait_timeout_while(state, Duration::from_secs(10), |state| state.closed).unwrap();
        // Whoever came too late finds it open.
        state.closed &= !late.timed_out();
        state.waiting = false;
    }

    /// Somebody stands before the closed door, now and ever since it was closed.
    fn holds(&self) -> bool {
        let state = self.0.0.lock().unwrap();
        state.closed && state.waiting
    }
}

/// Reading a part of a frame, and writing a large frame, go through a door.
#[derive(Debug, Clone, Default)]
struct Doors {
    memory: MemoryBackend,
    read: Door,
    write: Door,
}

impl Backend for Doors {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.memory.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.memory.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        if bytes.len() > LENGTH {
            self.write.pass();
        }
        self.memory.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.memory.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.memory.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.read.pass();
        self.memory.read_range(id, range)
    }
}

#[test]
fn autosave_does_not_wait_while_the_flusher_checks_a_section() {
    let (doors, clock) = (Doors::default(), ManualClock::new());
    for _ in 0..2 {
        let mut session = still(doors.clone()).clock(clock.clone()).open();
        put(&mut session, "a", |capture| capture.set(BIG, &"x".repeat(LENGTH)));
        clock.advance(seconds(2));
        settle(&mut session);
        session.close().unwrap();
    }
    let mut session = Session::builder(APP).backend(doors.clone()).clock(clock.clone()).open();
    doors.read.close();
    clock.advance(seconds(2));
    session.suspend("call").unwrap();
    wait_until("the flusher reads", || doors.read.holds());
    session.mark("name");
    let saved = session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    assert!(doors.read.holds(), "the autosave waited for the reading");
    assert_eq!(saved, Saved::Written);
    doors.read.open();
    wait_until("everything is checked", || session.report().is_whole());
    assert_eq!(session.get(BIG).unwrap().map(|text| text.len()), Some(LENGTH));
}

#[test]
fn autosave_does_not_wait_while_the_flusher_writes_a_large_section() {
    let doors = Doors::default();
    let mut session = Session::builder(APP).backend(doors.clone()).open();
    put(&mut session, "name", |capture| capture.set(FORM, &"Ana".to_owned()));
    doors.write.close();
    let big = Arc::new("x".repeat(LENGTH));
    put(&mut session, "big", |capture| capture.share(BIG, &big));
    wait_until("the flusher writes", || doors.write.holds());
    session.mark("name");
    let saved = session.autosave(|capture| capture.set(FORM, &"Ben".to_owned())).unwrap();
    assert!(doors.write.holds(), "the autosave waited for the writing");
    assert_eq!(saved, Saved::Pending, "it is written after the large one");
    doors.write.open();
    wait_until("both are written", || !session.status().pending);
    let memory = doors.memory.clone();
    session.close().unwrap();
    let mut next = open(memory);
    assert_eq!(next.get(FORM).unwrap().as_deref(), Some("Ben"));
    assert_eq!(next.get(BIG).unwrap().map(|text| text.len()), Some(LENGTH));
}

#[test]
fn large_shared_value_that_did_not_change_is_not_written_again() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let bytes = || frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    let share = |session: &mut Session, text: &str| {
        let big = Arc::new(text.repeat(LENGTH));
        let before = bytes();
        put(session, "big", |capture| capture.share(BIG, &big));
        session.run_pending();
        bytes() - before
    };
    assert!(share(&mut session, "x") > LENGTH);
    let before = bytes();
    put(&mut session, "big", |_| ());
    let of_a_mark = bytes() - before;
    assert!(share(&mut session, "x") < of_a_mark + 20, "another pointer to the same text: only the mark is new");
    assert!(share(&mut session, "y") > LENGTH);
    crash(session);
    assert_eq!(open(memory).get(BIG).unwrap(), Some("y".repeat(LENGTH)));
}

/// Its encoding takes until the door opens.
struct Guarded(Door);

impl Serialize for Guarded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.pass();
        serializer.serialize_str("shared")
    }
}

impl<'de> Deserialize<'de> for Guarded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Self(Door::default()))
    }
}

#[test]
fn save_waits_for_a_shared_value_that_is_being_encoded() {
    const SHARED: Section<Guarded> = Section::new("form", 1);
    let (memory, door) = (MemoryBackend::new(), Door::default());
    let mut session = Session::builder(APP).backend(memory.clone()).open();
    session.confirm_restored();
    session.save(|_| ()).unwrap();
    door.close();
    let shared = Arc::new(Guarded(door.clone()));
    session.mark_dirty();
    session.autosave(|capture| capture.share(SHARED, &shared)).unwrap();
    wait_until("the flusher encodes", || door.holds());
    assert!(session.status().pending);
    let opener = std::thread::spawn({
        let door = door.clone();
        move || {
            std::thread::sleep(Duration::from_millis(100));
            door.open();
        }
    });
    assert_eq!(session.save(|_| ()).unwrap(), Saved::Synced);
    // What is synced is there if the process ends now.
    let left = crate::support::rewrite(&memory, |_, _| true);
    opener.join().unwrap();
    drop(session);
    assert_eq!(open(left).get(FORM).unwrap().as_deref(), Some("shared"));
}
