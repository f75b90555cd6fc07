//! Records for the `log` crate: noted under the store's lock, emitted without it. Without the cargo feature `log`, nothing
//! is noted.
//!
//! The logger belongs to the application: it may use the session, wait for the thread that uses it, hang or panic. So a
//! session with a flusher emits on a third thread, which runs only while there are records. On the flusher, a logger that
//! waits for the application's lock on the session would wait for a `close` that waits for the flusher.

#[cfg(feature = "log")]
use logging as records;
#[cfg(not(feature = "log"))]
use silent as records;

use super::Inner;
use crate::frame::SectionKey;
use crate::report::SectionFate;

/// Records that were not emitted yet. Their texts name sections, scopes and paths, and contain no content.
#[derive(Debug, Default)]
pub(crate) struct Notes(records::Notes);

/// How often a text is emitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Often {
    Always,
    OnceASession,
}

/// How grave a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Warn,
    Info,
}

impl Notes {
    pub(crate) fn warn(&mut self, text: impl FnOnce() -> String) {
        self.0.add(Level::Warn, Often::Always, text);
    }

    pub(crate) fn info(&mut self, text: impl FnOnce() -> String) {
        self.0.add(Level::Info, Often::Always, text);
    }

    /// Notes trouble of a section, which may come and go with every capture: the same text once in a session.
    pub(crate) fn warn_once(&mut self, text: impl FnOnce() -> String) {
        self.0.add(Level::Warn, Often::OnceASession, text);
    }
}

impl Inner {
    /// Notes damage of a section.
    pub(crate) fn note_damage(&mut self, key: &SectionKey, fate: SectionFate) {
        let how = match fate {
            SectionFate::Healed => "a copy is damaged; an intact copy of the same value was restored",
            SectionFate::FellBack { .. } => "the newest value is damaged; an older value was restored",
            SectionFate::MayBeOlder { .. } => "a damaged frame may have contained a newer value",
            SectionFate::Lost => "no copy is readable; the damaged bytes are preserved",
            _ => return,
        };
        if !key.is_own() {
            self.notes.warn_once(|| format!("section {key}: {how}"));
        }
    }
}

#[cfg(not(feature = "log"))]
mod silent {
    use super::{Level, Often};
    use crate::store::Store;

    #[derive(Debug, Default)]
    pub(super) struct Notes;

    #[expect(clippy::unused_self, reason = "nothing is noted")]
    impl Notes {
        pub(super) fn add(&mut self, _: Level, _: Often, text: impl FnOnce() -> String) {
            drop(text);
        }
    }

    #[expect(clippy::unused_self, reason = "there are no records")]
    impl Store {
        pub(crate) fn tell(&self) {}
    }
}

#[cfg(feature = "log")]
pub(crate) use logging::Outbox;

#[cfg(feature = "log")]
mod logging {
    use std::sync::Arc;

    use super::{Level, Often};
    use crate::sorted::SortedSet;
    use crate::store::{Inner, Store, Worker};
    use crate::sync::{Mutex, caught, thread};

    /// The number of records that may wait. A record is rare, and a logger that hangs must not fill the memory.
    const MOST: usize = 64;

    #[derive(Debug, Default)]
    pub(super) struct Notes {
        waiting: Vec<(Level, String)>,
        once: SortedSet<String>,
    }

    impl Notes {
        pub(super) fn add(&mut self, level: Level, often: Often, text: impl FnOnce() -> String) {
            let text = text();
            let is_new = often == Often::Always || self.once.insert(text.clone());
            if is_new && self.waiting.len() < MOST {
                self.waiting.push((level, text));
            }
        }
    }

    /// The records on their way to the logger, in order.
    #[derive(Debug, Default)]
    pub(crate) struct Outbox(Mutex<Waiting>);

    #[derive(Debug, Default)]
    struct Waiting {
        records: Vec<(Level, String)>,
        /// Whether a thread is emitting.
        is_emitting: bool,
    }

    impl Inner {
        fn take_notes(&mut self) -> Vec<(Level, String)> {
            let of_storage = self.durability.shown().map(|trouble| &mut trouble.notes);
            let all = std::iter::once(&mut self.notes).chain(of_storage);
            all.flat_map(|notes| std::mem::take(&mut notes.0.waiting)).collect()
        }
    }

    impl Store {
        /// Emits what was noted. Must not be called with the store's lock held.
        pub(crate) fn tell(&self) {
            let mut guard = self.inner.lock();
            let records = guard.take_notes();
            let has_flusher = guard.worker == Worker::Flusher;
            drop(guard);
            if records.is_empty() {
                return;
            }
            if !has_flusher {
                return emit(records);
            }
            let mut waiting = self.outbox.0.lock();
            let room = MOST.saturating_sub(waiting.records.len());
            waiting.records.extend(records.into_iter().take(room));
            if !waiting.is_emitting {
                let outbox = Arc::clone(&self.outbox);
                let thread = thread::Builder::new().name("leftoff-log".into()).spawn(move || outbox.emit());
                waiting.is_emitting = thread.is_ok();
            }
        }
    }

    impl Outbox {
        /// Emits until no record is left, on a thread of its own.
        fn emit(&self) {
            loop {
                let mut waiting = self.0.lock();
                waiting.is_emitting = !waiting.records.is_empty();
                if !waiting.is_emitting {
                    return;
                }
                let records = std::mem::take(&mut waiting.records);
                drop(waiting);
                emit(records);
            }
        }
    }

    /// A logger that panics loses its record.
    fn emit(records: Vec<(Level, String)>) {
        for (level, text) in records {
            let level = match level {
                Level::Warn => log::Level::Warn,
                Level::Info => log::Level::Info,
            };
            let _ = caught(|| log::log!(target: "leftoff", level, "{text}"));
        }
    }
}
