//! sled, an entry for each document.

use std::path::Path;

use sled::{Batch, Db};

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work, decode, encode};

struct Sled {
    database: Db,
    shape: &'static Shape,
    /// Whether each save waits for the fsync.
    flushes: bool,
}

pub(super) fn open(dir: &Path, shape: &'static Shape, flushes: bool) -> Fallible<Box<dyn Store>> {
    Ok(Box::new(Sled { database: sled::open(dir.join("state"))?, shape, flushes }))
}

impl Store for Sled {
    fn save(&mut self, work: &Work, change: Change) -> Fallible {
        match change {
            Change::One => {
                let (index, document) = work.edited()?;
                self.database.insert(self.shape.keys.get(index).ok_or("no key")?, encode(document)?)?;
            }
            Change::All => {
                let mut batch = Batch::default();
                for (index, document) in work.changed(change) {
                    batch.insert(self.shape.keys.get(index).ok_or("no key")?.as_str(), encode(document)?);
                }
                self.database.apply_batch(batch)?;
            }
        }
        if self.flushes {
            self.database.flush()?;
        }
        Ok(())
    }

    fn sync(&mut self) -> Fallible {
        if !self.flushes {
            self.database.flush()?;
        }
        Ok(())
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        let key = self.shape.keys.get(index).ok_or("no key")?;
        decode(&self.database.get(key)?.ok_or("a document is missing")?)
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        let mut documents = Vec::with_capacity(self.shape.keys.len());
        for entry in self.database.iter() {
            documents.push(decode(&entry?.1)?);
        }
        Ok(documents)
    }

    fn close(self: Box<Self>) -> Fallible {
        self.database.flush()?;
        Ok(())
    }
}
