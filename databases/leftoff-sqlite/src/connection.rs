//! A connection that the application and the session use by turns.

use std::fmt;
use std::sync::Arc;

use parking_lot::{ReentrantMutex, ReentrantMutexGuard};
use rusqlite::Connection;

/// A connection that the application shares with a session. A clone is the same connection.
///
/// While a thread holds [`lock`](Self::lock), only that thread uses the connection: what it writes and what the session
/// saves in `autosave` on that thread are in one transaction.
///
/// ```
/// use leftoff::{AppId, Section, Session};
/// use leftoff_sqlite::{Shared, SqliteBackend};
///
/// const CARET: Section<u32> = Section::new("caret", 1);
///
/// # let scratch = tempfile::tempdir()?;
/// # let path = scratch.path().join("notes.db");
/// let database = Shared::new(rusqlite::Connection::open(path)?);
/// database.lock().execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE note (text);")?;
/// let backend = SqliteBackend::shared(&database)?;
/// let mut session = Session::builder(AppId::new("com.example.notes")).backend(backend).open();
///
/// let connection = database.lock();
/// let both = connection.unchecked_transaction()?;
/// both.execute("INSERT INTO note VALUES (?1)", ["Dear Ana"])?;
/// session.mark("note");
/// session.autosave(|capture| capture.set(CARET, &8))?;
/// both.commit()?;
/// drop(connection);
/// session.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Do not call `save`, `flush`, `suspend` or `close` while the lock is held: they wait for the flusher, which waits for
/// the lock, and return [`TimedOut`](leftoff::ErrorKind::TimedOut) after five seconds.
///
/// # After a rollback
///
/// The session still has the value that was rolled back, and its last frame is gone. At its next save it begins a new
/// generation and writes its whole state again, that value included, and not as a part of a transaction. So set what the
/// document has now, and call [`flush`](leftoff::Session::flush) outside a transaction, before the next joint one.
#[derive(Clone)]
pub struct Shared(Arc<ReentrantMutex<Connection>>);

impl Shared {
    /// Takes the connection. Its settings stay as they are.
    pub fn new(connection: Connection) -> Self {
        Self(Arc::new(ReentrantMutex::new(connection)))
    }

    /// Returns the connection, for this thread alone until the guard is dropped. A thread that has it may lock it again.
    pub fn lock(&self) -> ReentrantMutexGuard<'_, Connection> {
        self.0.lock()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
