//! The contract of a backend, kills, damage, and transactions of the application.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};

use leftoff::backend::{Backend, Error, FrameId, Generation, Speed};
use leftoff::{AppId, LastExit, Outcome, Saved, Section, Session};
use leftoff_sqlite::{Shared, SqliteBackend};
use leftoff_testing::Kills;
use rusqlite::Connection;

const APP: AppId = AppId::new("com.example.sqlite");
const STEP: Section<(u64, String)> = Section::new("step", 1);
const A: FrameId = FrameId { generation: Generation { number: 1, writer: 2 }, index: 0 };

fn session(path: &Path) -> Session {
    Session::builder(APP).backend(SqliteBackend::open(path).unwrap()).open()
}

#[test]
fn database_file_passes_the_conformance_kit() {
    let scratch = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    let make = || {
        number.set(number.get() + 1);
        Place { path: scratch.path().join(format!("{}.db", number.get())), backend: None }.opened()
    };
    let reopen = |mut place: Place| {
        place.backend = None;
        place.opened()
    };
    leftoff_testing::conformance(make, reopen);
}

#[test]
fn shared_connection_passes_the_conformance_kit() {
    let make = || SqliteBackend::shared(&Shared::new(Connection::open_in_memory().unwrap())).unwrap();
    leftoff_testing::conformance(make, |backend| backend);
}

#[test]
fn commit_that_waits_for_the_disk_is_no_work_for_the_ui_thread() {
    let scratch = tempfile::tempdir().unwrap();
    let connect = |settings: &str| {
        let connection = Connection::open(scratch.path().join("notes.db")).unwrap();
        connection.execute_batch(settings).unwrap();
        SqliteBackend::shared(&Shared::new(connection)).unwrap().speed()
    };
    assert_eq!(connect("PRAGMA journal_mode = DELETE;"), Speed::Blocking);
    assert_eq!(connect("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"), Speed::Blocking);
    assert_eq!(connect("PRAGMA synchronous = NORMAL;"), Speed::NonBlocking);
}

/// A database that can be opened again.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    backend: Option<SqliteBackend>,
}

impl Place {
    fn opened(self) -> Self {
        let backend = Some(SqliteBackend::open(&self.path).unwrap());
        Self { backend, ..self }
    }

    fn get(&self) -> &SqliteBackend {
        self.backend.as_ref().unwrap()
    }
}

impl Backend for Place {
    fn list(&self) -> leftoff::backend::Result<Vec<FrameId>> {
        self.get().list()
    }
    fn read(&self, id: FrameId) -> leftoff::backend::Result<Vec<u8>> {
        self.get().read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> leftoff::backend::Result<()> {
        self.get().create(id, bytes)
    }
    fn sync(&self) -> leftoff::backend::Result<()> {
        self.get().sync()
    }
    fn remove(&self, generation: Generation) -> leftoff::backend::Result<()> {
        self.get().remove(generation)
    }
    fn read_range(&self, id: FrameId, range: std::ops::Range<u64>) -> leftoff::backend::Result<Vec<u8>> {
        self.get().read_range(id, range)
    }
    fn generations(&self) -> leftoff::backend::Result<Vec<Generation>> {
        self.get().generations()
    }
    fn frames(&self, generation: Generation) -> leftoff::backend::Result<Vec<u32>> {
        self.get().frames(generation)
    }
    fn speed(&self) -> Speed {
        self.get().speed()
    }
}

#[test]
fn nothing_written_is_lost_by_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let kills = Kills::new("nothing_written_is_lost_by_a_kill");
    let steps = kills.run(&scratch.path().join("notes.db"), session);
    println!("{steps} steps");
}

#[test]
fn document_and_state_change_in_one_transaction_or_not_at_all() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("notes.db");
    let database = Shared::new(Connection::open(&path).unwrap());
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE note (text);";
    database.lock().execute_batch(settings).unwrap();
    let open = || Session::builder(APP).backend(SqliteBackend::shared(&database).unwrap()).open();
    let mut session = open();
    session.mark("note");
    session.autosave(|capture| capture.set(STEP, &(1, "kept".to_owned()))).unwrap();

    let notes = |connection: &Connection| -> u32 {
        connection.query_row("SELECT count(*) FROM note", [], |row| row.get(0)).unwrap()
    };
    let frames =
        || Connection::open(&path).unwrap().query_row("SELECT count(*) FROM leftoff", [], |row| row.get(0)).unwrap();
    let connection = database.lock();
    let before: u32 = frames();
    let both = connection.unchecked_transaction().unwrap();
    both.execute("INSERT INTO note VALUES ('rolled back')", []).unwrap();
    session.mark("note");
    let saved = session.autosave(|capture| capture.set(STEP, &(2, "rolled back".to_owned()))).unwrap();
    assert_eq!(saved, Saved::Written);
    assert_eq!(frames(), before, "nobody else sees it before the commit");
    both.rollback().unwrap();
    assert_eq!((notes(&connection), frames()), (0, before));

    // What the session took for written is gone. It notices at its next save, and writes everything again, outside of any
    // transaction.
    drop(connection);
    session.mark("note");
    session.autosave(|capture| capture.set(STEP, &(1, "kept".to_owned()))).unwrap();
    session.flush().unwrap();

    let connection = database.lock();
    let before: u32 = frames();
    let both = connection.unchecked_transaction().unwrap();
    both.execute("INSERT INTO note VALUES ('kept')", []).unwrap();
    session.mark("note");
    let saved = session.autosave(|capture| capture.set(STEP, &(3, "kept".to_owned()))).unwrap();
    assert_eq!((saved, frames()), (Saved::Written, before), "joint again");
    both.commit().unwrap();
    assert!(frames() > before);
    drop(connection);
    session.flush().unwrap();
    assert_eq!(notes(&database.lock()), 1);
    drop(session);
    let mut session = open();
    assert_eq!(session.get(STEP).unwrap(), Some((3, "kept".to_owned())));
    assert!(session.report().is_whole());
}

#[test]
fn flipped_bytes_in_a_row_cost_that_value_and_no_other() {
    const OTHER: Section<String> = Section::new("other", 1);
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("notes.db");
    let mut first = session(&path);
    first
        .save(|capture| {
            capture.set(STEP, &(1, "sound".to_owned()));
            capture.set(OTHER, &"needle".to_owned());
        })
        .unwrap();
    first.close().unwrap();
    drop(first);
    let connection = Connection::open(&path).unwrap();
    let rows: Vec<(i64, Vec<u8>)> = {
        let mut query = connection.prepare("SELECT rowid, bytes FROM leftoff").unwrap();
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    let mut hit = 0;
    for (row, mut bytes) in rows {
        if let Some(at) = bytes.windows(6).position(|part| part == b"needle") {
            bytes[at] ^= 1;
            connection.execute("UPDATE leftoff SET bytes = ?1 WHERE rowid = ?2", (bytes, row)).unwrap();
            hit += 1;
        }
    }
    assert!(hit > 0);
    drop(connection);
    let mut session = session(&path);
    assert_eq!(session.get(STEP).unwrap(), Some((1, "sound".to_owned())));
    assert!(session.get(OTHER).is_err(), "damage is told, and no other value is given for it");
    assert!(!session.report().is_whole());
}

#[test]
fn file_that_is_no_database_is_an_error_and_stays_as_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("notes.db");
    fs::write(&path, b"dear diary, ".repeat(1000)).unwrap();
    assert!(SqliteBackend::open(&path).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"dear diary, ".repeat(1000));
}

#[test]
fn table_of_the_application_with_the_same_name_is_refused_and_untouched() {
    let database = Shared::new(Connection::open_in_memory().unwrap());
    database.lock().execute_batch("CREATE TABLE leftoff (meal); INSERT INTO leftoff VALUES ('soup');").unwrap();
    assert!(SqliteBackend::shared(&database).is_err());
    let meal: String = database.lock().query_row("SELECT meal FROM leftoff", [], |row| row.get(0)).unwrap();
    assert_eq!(meal, "soup");
}

#[test]
fn second_session_on_a_database_is_refused_until_the_first_one_ends() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("notes.db");
    let first = SqliteBackend::open(&path).unwrap();
    let refused = |outcome: std::io::Result<SqliteBackend>| outcome.unwrap_err().kind();
    assert_eq!(refused(SqliteBackend::open(&path)), std::io::ErrorKind::ResourceBusy);
    let other = Shared::new(Connection::open(&path).unwrap());
    assert_eq!(refused(SqliteBackend::shared(&other)), std::io::ErrorKind::ResourceBusy);
    drop(first);
    SqliteBackend::shared(&other).unwrap();
}

#[test]
fn without_syncs_by_the_database_sync_is_refused_and_not_pretended() {
    let scratch = tempfile::tempdir().unwrap();
    let connection = Connection::open(scratch.path().join("notes.db")).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;").unwrap();
    let backend = SqliteBackend::shared(&Shared::new(connection)).unwrap();
    backend.create(A, b"draft").unwrap();
    assert!(matches!(backend.sync(), Err(Error::Unavailable(_))));
}

#[test]
fn sync_leaves_the_settings_of_the_application_as_they_were() {
    let scratch = tempfile::tempdir().unwrap();
    let database = Shared::new(Connection::open(scratch.path().join("notes.db")).unwrap());
    database.lock().execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;").unwrap();
    let backend = SqliteBackend::shared(&database).unwrap();
    backend.create(A, b"draft").unwrap();
    backend.sync().unwrap();
    let setting: i64 = database.lock().pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!(setting, 1);
    assert_eq!(backend.list().unwrap(), [A], "what `sync` writes is no frame");
}

#[test]
fn writer_of_the_application_delays_a_save_and_loses_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("notes.db");
    let mut first = session(&path);
    first.save(|capture| capture.set(STEP, &(1, String::new()))).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; CREATE TABLE note (text);").unwrap();
    first.mark("note");
    let saved = first.autosave(|capture| capture.set(STEP, &(2, String::new()))).unwrap();
    assert!(saved < Saved::Written, "{saved:?}");
    other.execute_batch("COMMIT;").unwrap();
    first.flush().unwrap();
    first.close().unwrap();
    drop(first);
    let mut session = session(&path);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Resumed, &LastExit::Clean));
    assert_eq!(session.get(STEP).unwrap(), Some((2, String::new())));
}
