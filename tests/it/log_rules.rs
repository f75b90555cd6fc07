//! Rules of what is written to the log and of what is read from it, each by what a user would lose without it.

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend};
use leftoff::{ErrorKind, Saved, Section, SectionFate, Session};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::{ManualClock, Random, crash, frames, holds, open, put, rewrite, still};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);
const BULK: Section<String> = Section::new("bulk", 1);

/// Long enough to be saved as a difference to the value before.
fn text(step: u32) -> String {
    format!("{step:04}{}", "the rest of a longer text. ".repeat(150))
}

fn save(session: &mut Session, step: u32) {
    put(session, "a", |capture| capture.set(TEXT, &text(step)));
}

/// A chain of patches is only as good as its first link, and a reader applies all of them.
#[test]
fn a_section_is_written_whole_as_soon_as_its_patches_add_up_to_it() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    (0..1_000).for_each(|step| save(&mut session, step));
    crash(session);
    let len = text(0).len();
    let (mut patches, mut most, mut wholes) = (0, 0, 0);
    for (_, bytes) in frames(&memory) {
        if bytes.len() > len {
            wholes += 1;
            patches = 0;
        } else {
            patches += bytes.len();
            most = most.max(patches);
        }
    }
    // Each frame says some bytes more than its patch.
    assert!(wholes > 2 && most < 16 * len, "{wholes} whole values, {most} bytes of patches in a row, {len} of value");
    assert_eq!(open(memory).get(TEXT).unwrap(), Some(text(999)));
}

static ENCODED: AtomicU32 = AtomicU32::new(0);

/// A value that cannot be encoded, and counts how often that is tried.
struct Counted;

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        ENCODED.fetch_add(1, Ordering::SeqCst);
        Err(serde::ser::Error::custom("not this one"))
    }
}

#[test]
fn a_value_shared_by_a_window_that_is_closed_is_encoded_once_for_the_closed_scope() {
    const SHARED: Section<Counted> = Section::new("shared", 1);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.scope("window").mark("a");
    let saved = session.autosave(|capture| capture.scope("window").share(SHARED, &Arc::new(Counted))).unwrap();
    assert_eq!(saved, Saved::Pending);
    session.scope("window").close();
    session.run_pending();
    session.mark("b");
    let error = session.autosave(|capture| capture.set(FORM, &1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "told once, since the closed scope could have been opened again");
    assert!(!session.status().pending);
    put(&mut session, "b", |capture| capture.set(FORM, &2));
    session.close().unwrap();
    assert_eq!(ENCODED.load(Ordering::SeqCst), 1);
    assert!(open(memory).scopes().is_empty());
}

/// The secret is in no section any more, and in no log that the present state rests on; it is in an old log all the same.
#[test]
fn a_secret_of_an_earlier_launch_is_erased_although_the_log_was_summed_up_at_the_start() {
    const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();
    const SECRET: &str = "canary-that-is-to-be-erased";
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(PIN, &SECRET.to_owned()));
    put(&mut session, "a", |capture| capture.remove(PIN));
    // So long that the next start writes a base as its first work.
    let mut random = Random::new(1);
    for _ in 0..34 {
        put(&mut session, "a", |capture| capture.set(BULK, &random.text(1 << 20)));
    }
    crash(session);
    let before = memory.generations().unwrap().len();
    let mut session = open(memory.clone());
    session.run_pending();
    crash(session);
    assert_eq!(memory.generations().unwrap().len(), before + 3, "the launch goes on in a new log, beside a base");
    assert!(holds(&memory, SECRET.as_bytes()));
    let mut session = open(memory.clone());
    session.close().unwrap();
    assert!(!holds(&memory, SECRET.as_bytes()), "a clean close erases it");
}

/// Says of one frame that it is damaged, for a while: a disk with a bad cable, a layer with the wrong key.
#[derive(Debug, Clone)]
struct Hidden(MemoryBackend, Arc<Mutex<Option<FrameId>>>);

impl Hidden {
    fn check(&self, id: FrameId) -> backend::Result<()> {
        if *self.1.lock().unwrap() == Some(id) {
            Err(backend::Error::Damaged("damaged on purpose".into()))
        } else {
            Ok(())
        }
    }
}

impl Backend for Hidden {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.check(id)?;
        self.0.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.check(id)?;
        self.0.read_range(id, range)
    }
}

#[test]
fn what_is_saved_beside_a_frame_that_cannot_be_read_is_still_the_newest_when_it_can_be() {
    let backend = Hidden(MemoryBackend::new(), Arc::default());
    let mut session = open(backend.clone());
    save(&mut session, 1);
    save(&mut session, 2);
    crash(session);
    let newest = frames(&backend.0).last().unwrap().0;
    *backend.1.lock().unwrap() = Some(newest);
    let mut session = open(backend.clone());
    assert_eq!(session.get(TEXT).unwrap(), Some(text(1)), "the newest that can be read");
    save(&mut session, 3);
    crash(session);
    *backend.1.lock().unwrap() = None;
    let mut session = open(backend);
    assert_eq!(session.get(TEXT).unwrap(), Some(text(3)));
    assert_eq!(session.report().sections[0].fate, SectionFate::Restored);
}

#[test]
fn a_section_that_was_saved_after_a_damaged_frame_is_not_doubted() {
    let memory = MemoryBackend::new();
    // Of a machine that has not started anew: otherwise, a power cut may have spoiled the frame and what follows.
    let clock = ManualClock::new();
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    save(&mut session, 1);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    let spoiled = frames(&memory).last().unwrap().0;
    // As a difference to the value before the damaged frame, which it fits.
    save(&mut session, 2);
    crash(session);
    let damaged = rewrite(&memory, |id, bytes| {
        if id == spoiled {
            bytes.fill(0xff);
        }
        true
    });
    let mut session = still(damaged).clock(clock).open();
    assert_eq!(session.get(TEXT).unwrap(), Some(text(2)));
    let report = session.report();
    let fate = report.sections.iter().find(|section| section.name == "text").map(|section| section.fate);
    assert_eq!((fate, report.unreadable), (Some(SectionFate::Restored), 1));
}

thread_local! {
    static REFUSES: Cell<bool> = const { Cell::new(false) };
}

/// Cannot be read when it is asked for.
struct WriteOnly(String);

impl Serialize for WriteOnly {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(output)
    }
}

impl<'de> Deserialize<'de> for WriteOnly {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        if REFUSES.get() { Err(serde::de::Error::custom("not this one")) } else { String::deserialize(input).map(Self) }
    }
}

/// Asks for it in vain.
fn fail_to_get(session: &mut Session, section: Section<WriteOnly>) {
    REFUSES.set(true);
    session.get(section).map(|_| ()).unwrap_err();
    REFUSES.set(false);
}

#[test]
fn a_value_that_cannot_be_read_survives_a_save_of_the_same_bytes_and_one_of_others() {
    const BROKEN: Section<WriteOnly> = Section::new("text", 1);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    save(&mut session, 1);
    session.close().unwrap();
    for _ in 0..2 {
        let mut session = open(memory.clone());
        fail_to_get(&mut session, BROKEN);
        put(&mut session, "b", |capture| capture.set(BROKEN, &WriteOnly(text(1))));
        session.close().unwrap();
        assert_eq!(open(memory.clone()).get(TEXT).unwrap(), Some(text(1)));
    }
    let mut session = open(memory.clone());
    fail_to_get(&mut session, BROKEN);
    put(&mut session, "b", |capture| capture.set(BROKEN, &WriteOnly(text(1))));
    put(&mut session, "b", |capture| capture.set(BROKEN, &WriteOnly(text(2))));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(TEXT).unwrap(), Some(text(2)));
    assert_eq!(session.get_quarantined(TEXT).unwrap(), Some(text(1)));
}
