//! Going back: points of the history in time, one section or scope alone, windows that were closed.

mod closed;
mod fates;
mod one;
mod points;

use leftoff::backend::MemoryBackend;
use leftoff::{ResumePoint, Section, Session};

use crate::support::{ManualClock, still};

const TEXT: Section<String> = Section::new("text", 1);
const COUNT: Section<u32> = Section::new("count", 1);

#[track_caller]
fn start(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    still(memory.clone()).clock(clock.clone()).open()
}

#[track_caller]
fn type_text(session: &mut Session, text: &str) {
    session.mark("note/text");
    session.autosave(|capture| capture.set(TEXT, &text.to_owned())).unwrap();
}

#[track_caller]
fn text_at(session: &mut Session, point: &ResumePoint) -> Option<String> {
    session.resume_at(point).unwrap();
    session.get(TEXT).unwrap()
}
