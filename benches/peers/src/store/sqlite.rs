//! `SQLite`, a row for each document, with a write-ahead log.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work, decode, encode};

struct Sqlite {
    connection: Connection,
    shape: &'static Shape,
    log: PathBuf,
    /// Whether each save waits for the fsync.
    is_full: bool,
}

const SET: &str =
    "INSERT INTO state (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

pub(super) fn open(dir: &Path, shape: &'static Shape, is_full: bool) -> Fallible<Box<dyn Store>> {
    let connection = Connection::open(dir.join("state.db"))?;
    let synchronous = if is_full { "FULL" } else { "NORMAL" };
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
         CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value BLOB NOT NULL);"
    ))?;
    Ok(Box::new(Sqlite { connection, shape, log: dir.join("state.db-wal"), is_full }))
}

impl Store for Sqlite {
    fn save(&mut self, work: &Work, change: Change) -> Fallible {
        if change == Change::One {
            let (index, document) = work.edited()?;
            let value = encode(document)?;
            self.connection.prepare_cached(SET)?.execute(params![self.shape.keys.get(index), value])?;
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        for (index, document) in work.changed(change) {
            let value = encode(document)?;
            transaction.prepare_cached(SET)?.execute(params![self.shape.keys.get(index), value])?;
        }
        Ok(transaction.commit()?)
    }

    fn sync(&mut self) -> Fallible {
        if !self.is_full {
            File::open(&self.log)?.sync_data()?;
        }
        Ok(())
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM state WHERE name = ?1")?;
        let value: Vec<u8> = statement.query_row(params![self.shape.keys.get(index)], |row| row.get(0))?;
        decode(&value)
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM state ORDER BY name")?;
        let mut rows = statement.query([])?;
        let mut documents = Vec::with_capacity(self.shape.keys.len());
        while let Some(row) = rows.next()? {
            documents.push(decode(row.get_ref(0)?.as_blob()?)?);
        }
        Ok(documents)
    }

    fn close(self: Box<Self>) -> Fallible {
        self.connection.close().map_err(|(_, error)| error.into())
    }
}
