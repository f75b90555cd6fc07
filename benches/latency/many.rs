//! What grows with the number of things and not with what the user does: ten thousand sections, ten thousand scopes.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use leftoff::{AppId, Section, Session};

use crate::bed::NEWEST;
use crate::limit;
use crate::series::Pair;
use crate::state::{Document, Size, documents};

type Fallible<T = ()> = Result<T, Box<dyn Error>>;

/// How many there are of each.
pub(crate) const MANY: usize = 10_000;
/// Documents of about 250 bytes.
const SMALL: Size = Size { name: "10k", sections: MANY, fields: 2, edits: 1, words: 12 };

const DRAFT: Section<u64> = Section::new("draft", 1);
/// Keystrokes in a row.
const BLOCK: usize = 16;

/// A session with many sections, one with many scopes, and one with a single scope.
pub(crate) struct Many {
    documents: Vec<Document>,
    sections: Vec<Section<Document>>,
    buffer: Vec<u8>,
    wide: Session,
    scoped: Session,
    single: Session,
    keystroke: u64,
    pub(crate) seen: Seen,
}

#[derive(Default)]
pub(crate) struct Seen {
    /// All sections changed, against encoding them.
    pub(crate) all: Pair,
    /// A keystroke in one of many scopes, against one in the only scope.
    pub(crate) scopes: Pair,
}

impl Many {
    pub(crate) fn new(place: &Path) -> Fallible<Self> {
        let (documents, sections) = documents(SMALL);
        let open = |name: &str| Session::builder(AppId::new("com.example.desk")).dir(place.join(name)).open();
        let (mut wide, mut scoped, mut single) = (open("sections"), open("scopes"), open("scope"));
        let pairs = || sections.iter().zip(&documents);
        wide.mark_dirty();
        wide.save(|capture| pairs().for_each(|(section, document)| capture.set(*section, document)))?;
        for (session, count) in [(&mut scoped, MANY), (&mut single, 1)] {
            let names: Vec<_> = (0..count).map(scope).collect();
            for name in &names {
                session.scope(name).mark("draft");
            }
            session.save(|capture| names.iter().for_each(|name| capture.scope(name).set(DRAFT, &0)))?;
        }
        let (seen, buffer) = (Seen::default(), Vec::new());
        Ok(Self { documents, sections, buffer, wide, scoped, single, keystroke: 0, seen })
    }

    /// Every section changes: a find-and-replace in all open documents.
    pub(crate) fn all_round(&mut self) -> Fallible {
        let Self { documents, sections, wide, seen, buffer, .. } = self;
        documents.iter_mut().for_each(Document::edit);
        wide.mark_dirty();
        seen.all.ours.time(|| {
            wide.autosave(|capture| {
                sections.iter().zip(documents.iter()).for_each(|(section, document)| capture.set(*section, document));
            })
        })?;
        seen.all.limit.time(|| {
            documents.iter().try_for_each(|document| {
                buffer.clear();
                limit::encode(document, buffer).map(drop)
            })
        })?;
        // The flusher is done with it before the next round.
        wide.save(|_| ())?;
        Ok(())
    }

    /// The user types in one window.
    pub(crate) fn scopes_round(&mut self) -> Fallible {
        let Self { scoped, single, seen, keystroke, .. } = self;
        let (middle, only) = (scope(MANY / 2), scope(0));
        for _ in 0..BLOCK {
            *keystroke += 1;
            for (session, name, times) in
                [(&mut *scoped, &middle, &mut seen.scopes.ours), (single, &only, &mut seen.scopes.limit)]
            {
                times.time(|| {
                    session.scope(name).mark("draft");
                    session.autosave(|capture| capture.scope(name).set(DRAFT, keystroke))
                })?;
            }
        }
        Ok(())
    }
}

fn scope(number: usize) -> String {
    format!("window/{number:05}")
}

/// One large section that was edited again and again since it was written whole.
pub(crate) struct Patched {
    copy: PathBuf,
    _folder: tempfile::TempDir,
    documents: Vec<Document>,
    encoded: Vec<u8>,
    /// Opening and reading it, against decoding it.
    pub(crate) seen: Pair,
}

/// Patches since the whole value.
const PATCHES: usize = 5_000;
const LARGE: Size = Size { name: "9MB", sections: 2_000, fields: 10, edits: 8, words: 608 };
const ALL: Section<Vec<Document>> = Section::new("all", 1);

impl Patched {
    pub(crate) fn new(place: &Path) -> Fallible<Self> {
        let (mut documents, _) = documents(LARGE);
        let folder = tempfile::Builder::new().prefix("patched-").tempdir_in(place)?;
        // Nobody drives this session, so nothing is compacted, and it ends without being closed.
        let mut session = Session::builder(AppId::new("com.example.desk")).dir(folder.path()).without_thread().open();
        for step in 0..=PATCHES {
            // Anywhere in the section.
            if let Some(document) = documents.get_mut(step * 7_919 % LARGE.sections) {
                document.edit();
            }
            session.mark_dirty();
            session.autosave(|capture| capture.set(ALL, &documents))?;
        }
        // Its lock goes with it, so the log is read in another folder.
        std::mem::forget(session);
        let copy = folder.path().join("copy");
        fs::create_dir(&copy)?;
        for log in logs(folder.path())? {
            fs::copy(&log, copy.join(log.file_name().ok_or("a log has no name")?))?;
        }
        let mut encoded = Vec::new();
        limit::encode(&documents, &mut encoded)?;
        Ok(Self { copy, _folder: folder, documents, encoded, seen: Pair::default() })
    }

    pub(crate) fn round(&mut self) -> Fallible {
        let before = logs(&self.copy)?;
        let start = Instant::now();
        let mut session = Session::builder(AppId::new("com.example.desk")).dir(&self.copy).without_thread().open();
        let documents = session.get(ALL)?;
        self.seen.ours.add(start.elapsed());
        if !session.report().is_whole() || documents.as_ref() != Some(&self.documents) {
            return Err("the section came back as another".into());
        }
        drop(documents);
        session.close()?;
        for log in logs(&self.copy)?.difference(&before) {
            fs::remove_file(log)?;
        }
        // It names one of those; a log that is named and absent is damage.
        fs::remove_file(self.copy.join(NEWEST))?;
        let decoded = self.seen.limit.time(|| limit::decode::<Vec<Document>>(&self.encoded))?;
        drop(std::hint::black_box(decoded));
        Ok(())
    }
}

fn logs(folder: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "log")).collect())
}
