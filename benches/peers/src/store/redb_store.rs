//! redb, an entry for each document.

use std::path::Path;

use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work, decode, encode};

struct Redb {
    database: Database,
    shape: &'static Shape,
    /// Whether each save waits for the fsync.
    is_immediate: bool,
}

const STATE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("state");

pub(super) fn open(dir: &Path, shape: &'static Shape, is_immediate: bool) -> Fallible<Box<dyn Store>> {
    Ok(Box::new(Redb { database: Database::create(dir.join("state.redb"))?, shape, is_immediate }))
}

impl Store for Redb {
    fn save(&mut self, work: &Work, change: Change) -> Fallible {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(if self.is_immediate { Durability::Immediate } else { Durability::None })?;
        {
            let mut table = transaction.open_table(STATE)?;
            for (index, document) in work.changed(change) {
                let key = self.shape.keys.get(index).ok_or("no key")?;
                table.insert(key.as_str(), encode(document)?.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn sync(&mut self) -> Fallible {
        if !self.is_immediate {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            transaction.commit()?;
        }
        Ok(())
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        let key = self.shape.keys.get(index).ok_or("no key")?;
        let table = self.database.begin_read()?.open_table(STATE)?;
        decode(table.get(key.as_str())?.ok_or("a document is missing")?.value())
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        let table = self.database.begin_read()?.open_table(STATE)?;
        let mut documents = Vec::with_capacity(self.shape.keys.len());
        for entry in table.iter()? {
            documents.push(decode(entry?.1.value())?);
        }
        Ok(documents)
    }

    fn close(mut self: Box<Self>) -> Fallible {
        self.sync()
    }
}
