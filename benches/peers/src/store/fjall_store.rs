//! fjall, an entry for each document.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work, decode, encode};

struct Fjall {
    database: Database,
    state: Keyspace,
    shape: &'static Shape,
    /// Whether each save waits for the fsync.
    persists: bool,
}

pub(super) fn open(dir: &Path, shape: &'static Shape, persists: bool) -> Fallible<Box<dyn Store>> {
    let database = Database::builder(dir.join("state")).open()?;
    let state = database.keyspace("state", KeyspaceCreateOptions::default)?;
    Ok(Box::new(Fjall { database, state, shape, persists }))
}

impl Store for Fjall {
    fn save(&mut self, work: &Work, change: Change) -> Fallible {
        match change {
            Change::One => {
                let (index, document) = work.edited()?;
                let key = self.shape.keys.get(index).ok_or("no key")?;
                self.state.insert(key.as_str(), encode(document)?)?;
            }
            Change::All => {
                let mut batch = self.database.batch();
                for (index, document) in work.changed(change) {
                    let key = self.shape.keys.get(index).ok_or("no key")?;
                    batch.insert(&self.state, key.as_str(), encode(document)?);
                }
                batch.commit()?;
            }
        }
        if self.persists {
            self.database.persist(PersistMode::SyncData)?;
        }
        Ok(())
    }

    fn sync(&mut self) -> Fallible {
        if !self.persists {
            self.database.persist(PersistMode::SyncData)?;
        }
        Ok(())
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        let key = self.shape.keys.get(index).ok_or("no key")?;
        decode(&self.state.get(key)?.ok_or("a document is missing")?)
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        let mut documents = Vec::with_capacity(self.shape.keys.len());
        for entry in self.state.iter() {
            documents.push(decode(&entry.value()?)?);
        }
        Ok(documents)
    }

    fn close(self: Box<Self>) -> Fallible {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}
