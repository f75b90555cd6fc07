//! leftoff, in the ways that an application can hand over its state.

use std::path::Path;
use std::sync::Arc;

use leftoff::{AppId, Saved, Section, Session};

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A section for each document; only the changed ones are set.
    Changed,
    /// The same, and each save waits for the fsync.
    Save,
    /// A section for each document; all are set, and leftoff finds the changed ones.
    All,
    /// The same, with a count of the changes.
    Revision,
    /// The same, by pointer: the flusher encodes.
    Shared,
    /// All documents in one section.
    One,
    /// A scope for each document, with one section.
    Scopes,
}

struct Leftoff {
    session: Session,
    shape: &'static Shape,
    way: Way,
    /// Only of [`Way::Shared`].
    shared: Vec<Arc<Document>>,
}

/// The limit of its size is that of the largest state here.
const EVERYTHING: Section<Vec<Document>> = Section::new("documents", 1).limit(256 << 20);
const DOCUMENT: Section<Document> = Section::new("document", 1);
const ELEMENT: &str = "document/scroll";

pub(super) fn open(dir: &Path, shape: &'static Shape, way: Way) -> Fallible<Box<dyn Store>> {
    let session = Session::builder(AppId::new("com.example.desk")).dir(dir).open();
    if let Some(trouble) = session.status().trouble() {
        return Err(format!("leftoff cannot save: {trouble:#}").into());
    }
    Ok(Box::new(Leftoff { session, shape, way, shared: Vec::new() }))
}

impl Store for Leftoff {
    fn prepare(&mut self, work: &Work, change: Change) {
        if self.way != Way::Shared {
            return;
        }
        if self.shared.is_empty() {
            self.shared = work.documents.iter().cloned().map(Arc::new).collect();
            return;
        }
        for (index, document) in work.changed(change) {
            if let Some(shared) = self.shared.get_mut(index) {
                *shared = Arc::new(document.clone());
            }
        }
    }

    fn save(&mut self, work: &Work, change: Change) -> Fallible {
        let Self { session, shape, way, shared } = self;
        let sections = shape.sections.iter().copied();
        let saved = match way {
            Way::Scopes => {
                if let (Change::One, (index, _)) = (change, work.edited()?) {
                    session.scope(shape.keys.get(index).ok_or("no key")?).mark(ELEMENT);
                } else {
                    session.mark(ELEMENT);
                }
                session.autosave(|capture| {
                    for (index, document) in work.changed(change) {
                        if let Some(key) = shape.keys.get(index) {
                            capture.scope(key).set(DOCUMENT, document);
                        }
                    }
                })?
            }
            Way::Changed => {
                session.mark(ELEMENT);
                session.autosave(|capture| set_changed(capture, shape, work, change))?
            }
            Way::Save => {
                session.mark(ELEMENT);
                session.save(|capture| set_changed(capture, shape, work, change))?
            }
            Way::All => {
                session.mark(ELEMENT);
                session.autosave(|capture| {
                    sections.zip(&work.documents).for_each(|(section, document)| capture.set(section, document));
                })?
            }
            Way::Revision => {
                session.mark(ELEMENT);
                session.autosave(|capture| {
                    for ((section, document), revision) in sections.zip(&work.documents).zip(&work.revisions) {
                        capture.set_revision(section, *revision, document);
                    }
                })?
            }
            Way::Shared => {
                session.mark(ELEMENT);
                session.autosave(|capture| {
                    sections.zip(shared.iter()).for_each(|(section, document)| capture.share(section, document));
                })?
            }
            Way::One => {
                session.mark(ELEMENT);
                session.autosave(|capture| capture.set(EVERYTHING, &work.documents))?
            }
        };
        match (saved, way) {
            (Saved::Off | Saved::Deferred, _) => Err(format!("leftoff did not save: {saved:?}").into()),
            // In memory only: what a kill would lose is not saved.
            (Saved::Pending, Way::Changed | Way::Scopes) => Ok(session.flush()?),
            _ => Ok(()),
        }
    }

    fn sync(&mut self) -> Fallible {
        if self.way != Way::Save {
            self.session.flush()?;
        }
        Ok(())
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        let document = match self.way {
            Way::One => return self.all()?.into_iter().nth(index).ok_or_else(|| "a document is missing".into()),
            Way::Scopes => self.session.scope(self.shape.keys.get(index).ok_or("no key")?).get(DOCUMENT)?,
            _ => self.session.get(*self.shape.sections.get(index).ok_or("no section")?)?,
        };
        document.ok_or_else(|| "a section is missing".into())
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        if self.way == Way::One {
            return self.session.get(EVERYTHING)?.ok_or_else(|| "the section is missing".into());
        }
        let mut documents = Vec::with_capacity(self.shape.sections.len());
        for index in 0..self.shape.sections.len() {
            documents.push(self.first(index)?);
        }
        Ok(documents)
    }

    fn close(mut self: Box<Self>) -> Fallible {
        Ok(self.session.close()?)
    }
}

fn set_changed(capture: &mut leftoff::Capture<'_>, shape: &Shape, work: &Work, change: Change) {
    for (index, document) in work.changed(change) {
        if let Some(section) = shape.sections.get(index) {
            capture.set(*section, document);
        }
    }
}
