//! A backend for [`leftoff`] in a table of a `redb` database: the one that the application already has.
//!
//! ```
//! use std::sync::Arc;
//!
//! use leftoff::{AppId, Section, Session};
//! use leftoff_redb::RedbBackend;
//!
//! const DRAFT: Section<String> = Section::new("draft", 1);
//!
//! # let scratch = tempfile::tempdir()?;
//! # let path = scratch.path().join("notes.redb");
//! let database = Arc::new(redb::Database::create(path)?);
//! let mut session = Session::builder(AppId::new("com.example.notes")).backend(RedbBackend::new(&database)?).open();
//! let draft = session.get_or_default(DRAFT) + "!";
//! session.mark("draft");
//! session.autosave(|capture| capture.set(DRAFT, &draft))?;
//! session.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use leftoff::backend::{Backend, Error, FrameId, Generation, LayerKind, Result, Speed};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, StorageError, TableDefinition};

/// Number, writer and index, in the order of frames.
type Key = (u64, u64, u32);

const TABLE: TableDefinition<'static, Key, &[u8]> = TableDefinition::new("leftoff");

/// Stores frames in the table `leftoff` of a `redb` database that the application opened.
///
/// Each frame is one transaction with [`Durability::Immediate`](redb::Durability), because a commit of `redb` that does
/// not sync survives no kill. So only the flusher writes: `autosave` returns [`Pending`](leftoff::Saved::Pending), and a
/// kill within the next milliseconds loses that value. What is written survives a power cut, too.
///
/// `redb` has one writer at a time: while the application has a write transaction open, the flusher waits. `close`,
/// `save`, `flush` and `suspend` return [`TimedOut`](leftoff::ErrorKind::TimedOut) if they are called inside one. A frame
/// cannot be part of a transaction of the application.
pub struct RedbBackend {
    database: Arc<Database>,
}

impl RedbBackend {
    /// Uses a database of the application, and creates the table if it does not exist.
    ///
    /// # Errors
    /// Any of [`redb`]: the storage cannot be used, or `leftoff` is a table of the application with other types.
    pub fn new(database: &Arc<Database>) -> std::result::Result<Self, redb::Error> {
        let writing = database.begin_write()?;
        writing.open_table(TABLE)?;
        writing.commit()?;
        Ok(Self { database: Arc::clone(database) })
    }

    /// Runs `ask` on the table as it is now.
    fn read_table<T>(
        &self,
        ask: impl FnOnce(redb::ReadOnlyTable<Key, &'static [u8]>) -> std::result::Result<T, redb::Error>,
    ) -> Result<T> {
        let look = || ask(self.database.begin_read()?.open_table(TABLE)?);
        look().map_err(unavailable)
    }

    fn in_range(&self, range: impl std::ops::RangeBounds<Key>) -> Result<Vec<FrameId>> {
        self.read_table(|table| {
            let keys = table.range(range)?.map(|row| Ok(id(row?.0.value())));
            keys.collect()
        })
    }

    /// Runs `ask` on the bytes of a frame, which may be large.
    fn with_bytes<T>(&self, frame: FrameId, ask: impl FnOnce(&[u8]) -> T) -> Result<T> {
        let found = self.read_table(|table| Ok(table.get(key(frame))?.map(|bytes| ask(bytes.value()))))?;
        found.ok_or_else(|| {
            Error::NotFound(
                format!("no row for frame {} of generation {}", frame.index, frame.generation.number).into(),
            )
        })
    }
}

fn key(id: FrameId) -> Key {
    (id.generation.number, id.generation.writer, id.index)
}

fn id((number, writer, index): Key) -> FrameId {
    FrameId { generation: Generation { number, writer }, index }
}

fn all_of(Generation { number, writer }: Generation) -> std::ops::RangeInclusive<Key> {
    (number, writer, 0)..=(number, writer, u32::MAX)
}

/// `redb` says nothing about a single row, so each error is about the storage.
fn unavailable(error: redb::Error) -> Error {
    match error {
        redb::Error::Io(error) => Error::Unavailable(error),
        redb::Error::Corrupted(_) => Error::Unavailable(io::Error::new(io::ErrorKind::InvalidData, error)),
        error => Error::Unavailable(io::Error::other(error)),
    }
}

#[deny(clippy::missing_trait_methods)]
impl Backend for RedbBackend {
    fn list(&self) -> Result<Vec<FrameId>> {
        self.in_range(..)
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        self.with_bytes(id, <[u8]>::to_vec)
    }

    /// If the process dies before the commit returns, the next reader sees the whole frame or none of it.
    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        let insert = || -> std::result::Result<Result<()>, redb::Error> {
            let writing = self.database.begin_write()?;
            {
                let mut table = writing.open_table(TABLE)?;
                let before = id.index.checked_sub(1).map(|index| FrameId { index, ..id });
                let taken = table.get(key(id))?.is_some();
                let follows =
                    before.map_or(Ok(true), |before| Ok::<_, StorageError>(table.get(key(before))?.is_some()))?;
                if taken || !follows {
                    // Dropping the transaction aborts it.
                    return Ok(Err(if taken { Error::Taken } else { Error::OutOfOrder }));
                }
                table.insert(key(id), bytes)?;
            }
            writing.commit()?;
            Ok(Ok(()))
        };
        insert().map_err(unavailable)?
    }

    /// Returns at once: each frame was synced when it was created, and each removal too.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn rely_on(&self, _: &[Generation]) {}

    /// One transaction: if the process dies, the next reader sees all frames of the generation or none.
    fn remove(&self, generation: Generation) -> Result<()> {
        let remove = || -> std::result::Result<(), redb::Error> {
            let writing = self.database.begin_write()?;
            writing.open_table(TABLE)?.retain_in(all_of(generation), |_, _| false)?;
            Ok(writing.commit()?)
        };
        remove().map_err(unavailable)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        self.with_bytes(id, |bytes| {
            let within = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            bytes.get(within(range.start)..within(range.end)).unwrap_or_default().to_vec()
        })
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        let mut generations: Vec<_> = self.list()?.into_iter().map(|id| id.generation).collect();
        generations.dedup();
        Ok(generations)
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        Ok(self.in_range(all_of(generation))?.into_iter().map(|id| id.index).collect())
    }

    fn layers(&self) -> Vec<LayerKind> {
        Vec::new()
    }

    fn speed(&self) -> Speed {
        Speed::Blocking
    }

    fn room(&self) -> Option<u64> {
        None
    }
}

impl fmt::Debug for RedbBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbBackend").finish_non_exhaustive()
    }
}
