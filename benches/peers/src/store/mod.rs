//! The candidates: ways to keep a state, behind one interface.

mod eframe;
mod fjall_store;
mod leftoff_store;
mod redb_store;
mod sled_store;
mod sqlite;
mod tauri;
mod whole;

use std::path::Path;

use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work};

/// An open store, as an application holds it while it runs.
pub(crate) trait Store {
    /// What an application does before it saves, and what is not part of the save: it changes its own shared values.
    fn prepare(&mut self, _work: &Work, _change: Change) {}

    /// Saves on the thread of the caller, which is the UI thread in an application.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn save(&mut self, work: &Work, change: Change) -> Fallible;

    /// Waits until everything saved survives a power cut.
    ///
    /// # Errors
    /// Whatever the store or the file system reports.
    fn sync(&mut self) -> Fallible;

    /// Returns one document.
    ///
    /// # Errors
    /// Whatever the store reports, or that the document is missing.
    fn first(&mut self, index: usize) -> Fallible<Document>;

    /// Returns all documents.
    ///
    /// # Errors
    /// Whatever the store reports, or that a document is missing.
    fn all(&mut self) -> Fallible<Vec<Document>>;

    /// Ends the use of the store, with everything saved.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn close(self: Box<Self>) -> Fallible;
}

type Open = fn(&Path, &'static Shape) -> Fallible<Box<dyn Store>>;

/// One way to keep a state.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Opens the store in a directory of its own; an empty directory is a store without a state.
    pub(crate) open: Open,
}

/// What a candidate is, as far as the race treats candidates differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Leftoff,
    /// Each save writes the whole state.
    Whole,
    Engine,
}

/// The row that the others are compared with.
pub(crate) const REFERENCE: &str = "leftoff autosave, changed";
pub(crate) const SAVE: &str = "leftoff save, changed";
pub(crate) const ALL_SET: &str = "leftoff, all set";
pub(crate) const SHARED: &str = "leftoff, all shared";
pub(crate) const SQLITE: [&str; 2] = ["SQLite WAL, NORMAL", "SQLite WAL, FULL"];

pub(crate) const CANDIDATES: [Candidate; 22] = {
    use Kind::{Engine, Leftoff, Whole};
    use leftoff_store::{Way, open as ours};
    const fn candidate(name: &'static str, kind: Kind, open: Open) -> Candidate {
        Candidate { name, kind, open }
    }
    [
        candidate(REFERENCE, Leftoff, |dir, shape| ours(dir, shape, Way::Changed)),
        candidate(SAVE, Leftoff, |dir, shape| ours(dir, shape, Way::Save)),
        candidate(ALL_SET, Leftoff, |dir, shape| ours(dir, shape, Way::All)),
        candidate("leftoff, all by revision", Leftoff, |dir, shape| ours(dir, shape, Way::Revision)),
        candidate(SHARED, Leftoff, |dir, shape| ours(dir, shape, Way::Shared)),
        candidate("leftoff, one big section", Leftoff, |dir, shape| ours(dir, shape, Way::One)),
        candidate("leftoff, scope per document", Leftoff, |dir, shape| ours(dir, shape, Way::Scopes)),
        candidate("eframe's way (RON)", Whole, eframe::open),
        candidate("confy (TOML)", Whole, |dir, _| Ok(whole::confy(dir))),
        candidate("serde_json + fs::write", Whole, |dir, _| Ok(whole::json_plain(dir))),
        candidate("serde_json + atomic file", Whole, |dir, _| Ok(whole::json_atomic(dir))),
        candidate("bincode + atomic file", Whole, |dir, _| Ok(whole::bincode_atomic(dir))),
        candidate("postcard + atomic file", Whole, |dir, _| Ok(whole::postcard_atomic(dir))),
        candidate("tauri store (replica)", Whole, tauri::open),
        candidate("redb, Immediate", Engine, |dir, shape| redb_store::open(dir, shape, true)),
        candidate("redb, None", Engine, |dir, shape| redb_store::open(dir, shape, false)),
        candidate(SQLITE[0], Engine, |dir, shape| sqlite::open(dir, shape, false)),
        candidate(SQLITE[1], Engine, |dir, shape| sqlite::open(dir, shape, true)),
        candidate("fjall, no persist", Engine, |dir, shape| fjall_store::open(dir, shape, false)),
        candidate("fjall, SyncData", Engine, |dir, shape| fjall_store::open(dir, shape, true)),
        candidate("sled, default", Engine, |dir, shape| sled_store::open(dir, shape, false)),
        candidate("sled, flush()", Engine, |dir, shape| sled_store::open(dir, shape, true)),
    ]
};
