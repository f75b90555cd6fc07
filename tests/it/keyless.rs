//! A backend whose key is absent: the session is unavailable, nothing is saved or removed, and with the key everything
//! is back.

use std::io;
use std::ops::Range;

use leftoff::backend::{self, Backend, Error, FrameId, Generation, MemoryBackend};
use leftoff::{ErrorKind, Outcome, Section};
use leftoff_testing::conformance_without_key;

use crate::support::{crash, frames, open, put, settle};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);
const LAUNCHES: u32 = 12;

/// What a backend returns for a frame that was stored under another key.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    /// As the contract has it.
    Unavailable,
    /// As if the bytes were damaged.
    Damaged,
    /// As if the frame were not there.
    Missing,
    /// The sealed bytes.
    Anyway,
}

/// A toy seal: the first byte of a frame is its key, and the others are changed by it.
#[derive(Debug)]
struct Toy {
    memory: MemoryBackend,
    key: u8,
    answer: Answer,
}

impl Toy {
    fn new(memory: &MemoryBackend, key: u8) -> Self {
        Self { memory: memory.clone(), key, answer: Answer::Unavailable }
    }
}

impl Backend for Toy {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.memory.list()
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        let sealed = self.memory.read(id)?;
        if sealed[0] == self.key || self.answer == Answer::Anyway {
            return Ok(sealed[1..].iter().map(|byte| byte ^ self.key).collect());
        }
        Err(match self.answer {
            Answer::Damaged => Error::Damaged("another key".into()),
            Answer::Missing => Error::NotFound("another key".into()),
            _ => io::Error::new(io::ErrorKind::PermissionDenied, "the key is missing").into(),
        })
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        let text = bytes.iter().map(|byte| byte ^ self.key);
        self.memory.create(id, &[self.key].into_iter().chain(text).collect::<Vec<_>>())
    }

    fn sync(&self) -> backend::Result<()> {
        self.memory.sync()
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.memory.remove(generation)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        let bytes = self.read(id)?;
        let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.get(clamp(range.start)..clamp(range.end)).unwrap_or_default().to_vec())
    }
}

/// A log of several launches under one key, and the values of its points in time, newest first.
fn history() -> (MemoryBackend, Vec<Option<u32>>) {
    let memory = MemoryBackend::new();
    for launch in 0..LAUNCHES {
        let mut session = open(Toy::new(&memory, 1));
        put(&mut session, "form/amount", |capture| {
            capture.set(FORM, &launch);
            capture.set(TEXT, &format!("{launch} ").repeat(200));
        });
        settle(&mut session);
        session.close().unwrap();
    }
    let session = open(Toy::new(&memory, 1));
    let points = values(&session);
    crash(session);
    (memory, points)
}

fn values(session: &leftoff::Session) -> Vec<Option<u32>> {
    let points = session.history().unwrap();
    assert!(points.len() > 3, "{points:?}");
    points.iter().map(|point| session.get_at(point, FORM).unwrap()).collect()
}

#[test]
fn forty_launches_without_the_key_remove_nothing_and_with_it_every_value_is_back() {
    let (memory, points) = history();
    let stored = frames(&memory);
    for launch in 0..40 {
        let mut session = open(Toy::new(&memory, 2));
        assert_eq!(session.outcome(), Outcome::Unavailable);
        session.mark("form/amount");
        let error = session.save(|capture| capture.set(FORM, &9_999)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let told = format!("{error:#}");
        assert!(told.starts_with("stored state could not be read; saving is disabled so that nothing is"), "{told}");
        assert!(told.ends_with("the key is missing"), "{told}");
        assert!(session.get(FORM).is_err(), "never told as empty");
        assert!(session.forget().is_err(), "what cannot be read is not erased");
        settle(&mut session);
        drop(session);
        assert_eq!(frames(&memory), stored, "launch {launch}");
    }
    let mut session = open(Toy::new(&memory, 1));
    assert_eq!(session.get(FORM).unwrap(), Some(LAUNCHES - 1));
    assert_eq!(session.get(TEXT).unwrap(), Some(format!("{} ", LAUNCHES - 1).repeat(200)));
    assert_eq!(values(&session), points);
}

/// Why the contract is as it is.
#[test]
fn backend_that_reports_a_missing_key_as_damage_loses_generations() {
    let (memory, _) = history();
    let stored = memory.generations().unwrap();
    for launch in 0..40 {
        let mut session = open(Toy { answer: Answer::Damaged, ..Toy::new(&memory, 2) });
        put(&mut session, "form/amount", |capture| capture.set(FORM, &launch));
        settle(&mut session);
        session.close().unwrap();
    }
    let left = memory.generations().unwrap();
    assert!(stored.iter().any(|generation| !left.contains(generation)), "{stored:?}");
}

#[test]
fn kit_accepts_unavailable_for_a_missing_key_and_catches_every_other_answer() {
    let run = |answer| {
        let make = || Toy { answer, ..Toy::new(&MemoryBackend::new(), 1) };
        conformance_without_key(make, |toy| Toy { key: 2, ..toy }, |toy| Toy { key: 1, ..toy });
    };
    run(Answer::Unavailable);
    for answer in [Answer::Damaged, Answer::Missing, Answer::Anyway] {
        let caught = std::panic::catch_unwind(|| run(answer)).unwrap_err();
        let message = caught.downcast_ref::<String>().unwrap();
        assert!(message.contains("must fail with Unavailable"), "{answer:?}: {message}");
    }
}
