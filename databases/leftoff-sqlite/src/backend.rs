//! Frames as rows of one table.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use leftoff::backend::{Backend, Error, FrameId, Generation, LayerKind, Result, Speed};
use rusqlite::{Connection, MAIN_DB, OptionalExtension as _, params};

use crate::connection::Shared;
use crate::error::{of_insertion, to_io, unavailable};
use crate::key::{self, Key};
use crate::lock::lock;

/// Stores frames in the table `leftoff` of an `SQLite` database.
///
/// # What survives
///
/// A frame is one row, inserted in one statement, so it survives the end of the process as soon as the insertion is
/// committed. What survives a power cut depends on the database's settings, and [`sync`](Backend::sync) does not rely on
/// them: it commits once with `synchronous = FULL`, which syncs every commit before it. If the application has set
/// `synchronous = OFF`, `sync` fails, because checkpoints under that setting may reach the disk in any order.
///
/// # The UI thread
///
/// In WAL mode with `synchronous = NORMAL` or `OFF`, a commit waits for no fsync, so `autosave` inserts on the UI thread.
/// In any other mode, a commit waits for the disk, and only the flusher inserts: until then, `autosave` returns `Pending`,
/// and a kill loses the value.
///
/// # Several processes
///
/// One backend holds the table at a time, across all processes: a lock on the empty file `NAME-leftoff.lock` beside the
/// database is released when its holder ends, however it ends. The application's own connections are not affected. A
/// database in memory has no lock.
pub struct SqliteBackend {
    connection: Shared,
    /// Whether the settings of the connection are ours to choose.
    is_own: bool,
    speed: Speed,
    /// The bytes inserted since the last checkpoint.
    unchecked: AtomicU64,
    /// Held until this backend is dropped.
    _lock: Option<File>,
}

/// While it is opened, a connection of the backend's own waits this long for a writer of the application.
const PATIENCE_AT_OPEN: Duration = Duration::from_secs(1);
/// A connection of the backend's own waits this long for a writer of the application, on the UI thread too. After it, the
/// flusher tries again.
const PATIENCE: Duration = Duration::from_millis(5);
/// An own connection moves the write-ahead log into the database after this many bytes, on the flusher, and never during
/// a commit.
const CHECKPOINT: u64 = 4 << 20;

/// The row that `sync` changes. Its key is shorter than the key of a frame.
const BEACON: [u8; 1] = [0];

impl SqliteBackend {
    /// Opens the database file at `path`, and creates it if it does not exist, on a connection in WAL mode.
    ///
    /// The mode stays with the file. The application may use the same file on connections of its own. If one of them is
    /// writing, this call waits up to a second.
    ///
    /// # Errors
    /// [`ResourceBusy`](io::ErrorKind::ResourceBusy): another session holds the table, or a writer the database. Any other:
    /// the file cannot be opened, is not a database, or has another table with the name `leftoff`.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let connect = || {
            let connection = Connection::open(path)?;
            // Before the first statement, which may meet a writer.
            connection.busy_timeout(PATIENCE_AT_OPEN)?;
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            // A checkpoint syncs, which the UI thread must not wait for.
            connection.pragma_update(None, "wal_autocheckpoint", 0)?;
            Ok(connection)
        };
        let backend = Self::new(Shared::new(connect().map_err(to_io)?), true)?;
        backend.connection.lock().busy_timeout(PATIENCE).map_err(to_io)?;
        Ok(backend)
    }

    /// Uses a connection of the application, and changes none of its settings.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn shared(connection: &Shared) -> io::Result<Self> {
        Self::new(connection.clone(), false)
    }

    fn new(connection: Shared, is_own: bool) -> io::Result<Self> {
        let guard = connection.lock();
        let lock = guard.path().filter(|path| !path.is_empty()).map(lock).transpose()?;
        // Not `WITHOUT ROWID`: a part of a large row is read through its rowid.
        let table = "CREATE TABLE IF NOT EXISTS leftoff (frame BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL);";
        guard.execute_batch(table).map_err(to_io)?;
        if guard.prepare("SELECT frame, bytes FROM leftoff LIMIT 0").is_err() {
            let why = "the database has another table with the name `leftoff`";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        let is_quick = || {
            let mode: String = guard.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            Ok(match mode.as_str() {
                "memory" | "off" => true,
                "wal" => synchronous(&guard)? <= NORMAL,
                _ => false,
            })
        };
        let speed = if is_quick().map_err(to_io)? { Speed::NonBlocking } else { Speed::Blocking };
        drop(guard);
        Ok(Self { connection, is_own, speed, unchecked: AtomicU64::new(0), _lock: lock })
    }

    /// Runs a query for keys, and returns the frames they name.
    fn keys(&self, sql: &str, range: &[Key]) -> Result<Vec<FrameId>> {
        let guard = self.connection.lock();
        let ask = || {
            let mut query = guard.prepare_cached(sql)?;
            let keys = query
                .query_map(rusqlite::params_from_iter(range), |row| Ok(key::decode(row.get_ref(0)?.as_blob()?)))?;
            keys.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<Vec<_>>>()
        };
        ask().map_err(unavailable)
    }

    fn missing(id: FrameId) -> Error {
        Error::NotFound(format!("no row for frame {} of generation {}", id.index, id.generation.number).into())
    }
}

const NORMAL: i64 = 1;
const FULL: i64 = 2;

fn synchronous(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "synchronous", |row| row.get(0))
}

/// Changes one row in a commit that waits for the disk.
fn touch(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO leftoff (frame, bytes) VALUES (?1, randomblob(8))";
    connection.prepare_cached(sql)?.execute([BEACON]).map(drop)
}

#[deny(clippy::missing_trait_methods)]
impl Backend for SqliteBackend {
    fn list(&self) -> Result<Vec<FrameId>> {
        self.keys("SELECT frame FROM leftoff ORDER BY frame", &[])
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        let guard = self.connection.lock();
        let ask = || {
            let mut query = guard.prepare_cached("SELECT bytes FROM leftoff WHERE frame = ?1")?;
            query.query_row([key::encode(id)], |row| row.get(0)).optional()
        };
        ask().map_err(unavailable)?.ok_or_else(|| Self::missing(id))
    }

    /// If the process dies before the commit, the next reader sees no such frame; after it, the whole frame.
    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        let guard = self.connection.lock();
        let insert = || match id.index.checked_sub(1) {
            None => guard
                .prepare_cached("INSERT INTO leftoff (frame, bytes) VALUES (?1, ?2)")?
                .execute(params![key::encode(id), bytes]),
            Some(index) => guard
                .prepare_cached(
                    "INSERT INTO leftoff (frame, bytes) SELECT ?1, ?2 WHERE EXISTS \
                     (SELECT 1 FROM leftoff WHERE frame = ?3)",
                )?
                .execute(params![key::encode(id), bytes, key::encode(FrameId { index, ..id })]),
        };
        if insert().map_err(of_insertion)? == 0 {
            return Err(Error::OutOfOrder);
        }
        self.unchecked.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let guard = self.connection.lock();
        if !guard.is_autocommit() {
            let why = "the application has a transaction open on this connection, so nothing can be synced";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, why).into());
        }
        let before = synchronous(&guard).map_err(unavailable)?;
        if before < NORMAL {
            let why = "PRAGMA synchronous is OFF, under which nothing is sure to survive a power cut; set it to NORMAL";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why).into());
        }
        guard.pragma_update(None, "synchronous", before.max(FULL)).map_err(unavailable)?;
        // If the power fails before this commit is on the disk, the database is as it was at its last synced commit.
        let touched = touch(&guard);
        guard.pragma_update(None, "synchronous", before).map_err(unavailable)?;
        touched.map_err(unavailable)?;
        if self.is_own && self.unchecked.load(Ordering::Relaxed) >= CHECKPOINT {
            // A reader may prevent it; the next sync tries again. Everything is synced already.
            if guard.pragma_query(None, "wal_checkpoint", |_| Ok(())).is_ok() {
                self.unchecked.store(0, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn rely_on(&self, _: &[Generation]) {}

    /// One statement: if the process dies, the next reader sees all frames of the generation or none.
    fn remove(&self, generation: Generation) -> Result<()> {
        let (first, last) = key::all_of(generation);
        let guard = self.connection.lock();
        let delete = || {
            let sql = "DELETE FROM leftoff WHERE frame BETWEEN ?1 AND ?2 AND length(frame) = 20";
            guard.prepare_cached(sql)?.execute([first, last])
        };
        delete().map(drop).map_err(unavailable)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        let guard = self.connection.lock();
        let ask = || {
            let mut query = guard.prepare_cached("SELECT rowid FROM leftoff WHERE frame = ?1")?;
            let row: Option<i64> = query.query_row([key::encode(id)], |row| row.get(0)).optional()?;
            let Some(row) = row else { return Ok(None) };
            let blob = guard.blob_open(MAIN_DB, "leftoff", "bytes", row, true)?;
            let within = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(blob.len());
            let (start, end) = (within(range.start), within(range.end));
            let mut bytes = vec![0; end.saturating_sub(start)];
            if !bytes.is_empty() {
                blob.read_at_exact(&mut bytes, start)?;
            }
            Ok(Some(bytes))
        };
        ask().map_err(unavailable)?.ok_or_else(|| Self::missing(id))
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        let mut generations: Vec<_> = self.list()?.into_iter().map(|id| id.generation).collect();
        generations.dedup();
        Ok(generations)
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        let (first, last) = key::all_of(generation);
        let sql = "SELECT frame FROM leftoff WHERE frame BETWEEN ?1 AND ?2 ORDER BY frame";
        Ok(self.keys(sql, &[first, last])?.into_iter().map(|id| id.index).collect())
    }

    fn layers(&self) -> Vec<LayerKind> {
        Vec::new()
    }

    fn speed(&self) -> Speed {
        self.speed
    }

    fn room(&self) -> Option<u64> {
        None
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.connection.lock().path().map(Path::new).map(Path::to_owned);
        f.debug_struct("SqliteBackend").field("path", &path).field("speed", &self.speed).finish_non_exhaustive()
    }
}
