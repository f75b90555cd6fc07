//! What grows with the number of things and not with what the user does: ten thousand sections, ten thousand scopes.

use std::error::Error;
use std::path::Path;

use leftoff::{Section, Session};

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
        let open = |name: &str| Session::builder("com.example.desk").dir(place.join(name)).open();
        let (mut wide, mut scoped, mut single) = (open("sections")?, open("scopes")?, open("scope")?);
        let pairs = || sections.iter().zip(&documents);
        wide.changed();
        wide.save(|capture| pairs().for_each(|(section, document)| capture.set(*section, document)))?;
        for (session, count) in [(&mut scoped, MANY), (&mut single, 1)] {
            let names: Vec<_> = (0..count).map(scope).collect();
            names.iter().for_each(|name| session.scope(name).mark("draft"));
            session.save(|capture| names.iter().for_each(|name| capture.scope(name).set(DRAFT, &0)))?;
        }
        let (seen, buffer) = (Seen::default(), Vec::new());
        Ok(Self { documents, sections, buffer, wide, scoped, single, keystroke: 0, seen })
    }

    /// Every section changes: a find-and-replace in all open documents.
    pub(crate) fn all_round(&mut self) -> Fallible {
        let Self { documents, sections, wide, seen, buffer, .. } = self;
        documents.iter_mut().for_each(Document::edit);
        wide.changed();
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
