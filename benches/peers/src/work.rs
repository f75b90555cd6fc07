//! The state that is saved, and the user who edits it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use leftoff::Section;

use crate::Fallible;
use crate::state::{Document, SIZES, Size, documents};

/// 100 MB: only measured if it is asked for.
const EXTRA: Size = Size { name: "XL", sections: 20_000, fields: 10, edits: 8, words: 665 };

/// A state of one size, as it is before the first edit.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) documents: Vec<Document>,
    pub(crate) sections: Vec<Section<Document>>,
    /// The names under which the engines store the documents; their order is that of the documents.
    pub(crate) keys: Vec<String>,
    /// The length of the whole state as bincode.
    pub(crate) bytes: usize,
}

impl Shape {
    /// Returns the shape of this size, which stays in memory until the program ends.
    ///
    /// # Errors
    /// The size is unknown.
    pub(crate) fn named(name: &str) -> Fallible<&'static Self> {
        let size = size(name)?;
        let documents = documents(size).0;
        let bytes = bincode::serde::encode_to_vec(&documents, bincode::config::standard())?.len();
        Self::of(size, documents, bytes)
    }

    /// The same without the documents, for a process whose memory is measured.
    ///
    /// # Errors
    /// The size is unknown.
    pub(crate) fn without_documents(name: &str) -> Fallible<&'static Self> {
        Self::of(size(name)?, Vec::new(), 0)
    }

    fn of(size: Size, documents: Vec<Document>, bytes: usize) -> Fallible<&'static Self> {
        let keys: Vec<_> = (0..size.sections).map(|index| format!("document/{index:06}")).collect();
        let section = |key: &String| Section::new("document", 1).named(key);
        let sections = keys.iter().map(section).collect::<Result<_, _>>()?;
        Ok(Box::leak(Box::new(Self { name: size.name, documents, sections, keys, bytes })))
    }
}

fn size(name: &str) -> Fallible<Size> {
    let size = SIZES.into_iter().chain([EXTRA]).find(|size| size.name == name);
    size.ok_or_else(|| format!("there is no size {name}; there are S, M, L and XL").into())
}

/// Which part of the state has changed since the last save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// One field of one document, [`Work::edited`].
    One,
    /// A field of each document.
    All,
}

/// How often a candidate's user has edited each document. Restores the state without storing a copy for each candidate.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    counts: Vec<u32>,
    edits: usize,
}

impl Progress {
    pub(crate) fn new(shape: &Shape) -> Self {
        Self { counts: vec![0; shape.keys.len()], edits: 0 }
    }
}

/// The application's own values, while it runs.
pub(crate) struct Work {
    pub(crate) documents: Vec<Document>,
    pub(crate) revisions: Vec<u64>,
    progress: Progress,
    edited: usize,
}

impl Work {
    /// Returns the state as it was when `progress` was made.
    pub(crate) fn resume(shape: &Shape, progress: Progress) -> Self {
        let mut work = Self::of(shape.documents.clone(), progress);
        for (document, count) in work.documents.iter_mut().zip(&work.progress.counts) {
            (0..*count).for_each(|_| document.edit());
        }
        work
    }

    /// Goes on with restored documents.
    pub(crate) fn of(documents: Vec<Document>, progress: Progress) -> Self {
        let revisions = progress.counts.iter().map(|count| u64::from(*count)).collect();
        Self { documents, revisions, progress, edited: 0 }
    }

    pub(crate) fn into_progress(self) -> Progress {
        self.progress
    }

    /// The user scrolls in another document, or everything changes.
    pub(crate) fn edit(&mut self, change: Change) {
        match change {
            Change::One => {
                self.progress.edits += 1;
                self.edited = self.progress.edits * 7_919 % self.documents.len();
                self.edit_one(self.edited);
            }
            Change::All => (0..self.documents.len()).for_each(|index| self.edit_one(index)),
        }
    }

    fn edit_one(&mut self, index: usize) {
        if let Some(document) = self.documents.get_mut(index) {
            document.edit();
        }
        if let Some(revision) = self.revisions.get_mut(index) {
            *revision += 1;
        }
        if let Some(count) = self.progress.counts.get_mut(index) {
            *count += 1;
        }
    }

    /// The index of the document edited last, and the document.
    pub(crate) fn edited(&self) -> Fallible<(usize, &Document)> {
        Ok((self.edited, self.documents.get(self.edited).ok_or("no document")?))
    }

    /// The documents that changed, with their indices.
    pub(crate) fn changed(&self, change: Change) -> impl Iterator<Item = (usize, &Document)> {
        let range = match change {
            Change::One => self.edited..self.edited + 1,
            Change::All => 0..self.documents.len(),
        };
        range.clone().zip(self.documents.get(range).unwrap_or_default())
    }
}

/// The whole state, as the ways that write one file encode it.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Everything<D> {
    pub(crate) documents: D,
}

/// How the engines encode one document.
pub(crate) fn encode<T: Serialize>(value: &T) -> Fallible<Vec<u8>> {
    Ok(postcard::to_stdvec(value)?)
}

/// Decodes what [`encode`] returned.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Fallible<T> {
    Ok(postcard::from_bytes(bytes)?)
}
