//! The contract of a backend, kills, damage.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use leftoff::backend::{Backend, FrameId, Generation};
use leftoff::{AppId, Section, Session};
use leftoff_redb::RedbBackend;
use leftoff_testing::Kills;
use redb::{Database, TableDefinition};

const APP: AppId = AppId::new("com.example.redb");
const STEP: Section<(u64, String)> = Section::new("step", 1);

fn session(path: &Path) -> Session {
    let database = Arc::new(Database::create(path).unwrap());
    Session::builder(APP).backend(RedbBackend::new(&database).unwrap()).open()
}

fn text(step: u64) -> String {
    format!("step {step} ").repeat(usize::try_from(step % 700).unwrap())
}

/// On a file, so that each test of the kit syncs; `reopen` opens the table again.
#[test]
fn table_passes_the_conformance_kit() {
    let scratch = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    let databases = std::cell::RefCell::new(Vec::new());
    let make = || {
        number.set(number.get() + 1);
        let database = Arc::new(Database::create(scratch.path().join(format!("{}.redb", number.get()))).unwrap());
        databases.borrow_mut().push(Arc::clone(&database));
        RedbBackend::new(&database).unwrap()
    };
    let reopen = |backend: RedbBackend| {
        drop(backend);
        RedbBackend::new(databases.borrow().last().unwrap()).unwrap()
    };
    leftoff_testing::conformance(make, reopen);
}

#[test]
fn nothing_saved_is_lost_by_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let kills = Kills::new("nothing_saved_is_lost_by_a_kill").count(20).steps(2, 30).with_save();
    let steps = kills.run(&scratch.path().join("notes.redb"), session);
    println!("{steps} steps");
}

#[test]
fn open_transaction_of_the_application_delays_a_save_and_loses_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let database = Arc::new(Database::create(scratch.path().join("notes.redb")).unwrap());
    let open = || Session::builder(APP).backend(RedbBackend::new(&database).unwrap()).open();
    let mut first = open();
    first.save(|capture| capture.set(STEP, &(1, String::new()))).unwrap();
    let writing = database.begin_write().unwrap();
    first.mark("note");
    first.autosave(|capture| capture.set(STEP, &(2, String::new()))).unwrap();
    writing.abort().unwrap();
    first.close().unwrap();
    drop(first);
    assert_eq!(open().get(STEP).unwrap(), Some((2, String::new())));
}

#[test]
fn table_of_the_application_with_the_same_name_is_refused() {
    const MEALS: TableDefinition<'static, &str, u32> = TableDefinition::new("leftoff");
    let scratch = tempfile::tempdir().unwrap();
    let database = Arc::new(Database::create(scratch.path().join("notes.redb")).unwrap());
    let writing = database.begin_write().unwrap();
    writing.open_table(MEALS).unwrap().insert("soup", 1).unwrap();
    writing.commit().unwrap();
    assert!(RedbBackend::new(&database).is_err());
}

/// `redb` may refuse a damaged file or not notice; a value that comes back is the right one in each case.
#[test]
fn flipped_byte_anywhere_never_gives_a_wrong_value() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("notes.redb");
    let mut first = session(&path);
    first.save(|capture| capture.set(STEP, &(1, text(300)))).unwrap();
    first.close().unwrap();
    drop(first);
    let sound = fs::read(&path).unwrap();
    let (mut right, mut refused) = (0, 0);
    let used: Vec<_> = (0..sound.len()).filter(|at| sound[*at] != 0).collect();
    for at in used.iter().step_by(used.len() / 40) {
        let mut bytes = sound.clone();
        bytes[*at] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        // `redb` may panic on what it cannot read.
        let opened = std::panic::catch_unwind(|| {
            let database = Arc::new(Database::open(&path).ok()?);
            let mut session = Session::builder(APP).backend(RedbBackend::new(&database).ok()?).open();
            session.get(STEP).ok().flatten()
        });
        match opened.ok().flatten() {
            Some(value) => {
                assert_eq!(value, (1, text(300)), "byte {at}");
                right += 1;
            }
            None => refused += 1,
        }
    }
    println!("{right} right, {refused} refused");
    assert!(right > 0);
}

#[test]
fn frame_without_its_predecessor_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let database = Arc::new(Database::create(scratch.path().join("notes.redb")).unwrap());
    let backend = RedbBackend::new(&database).unwrap();
    let generation = Generation { number: 1, writer: 2 };
    let created = backend.create(FrameId { generation, index: 1 }, b"draft");
    assert!(matches!(created, Err(leftoff::backend::Error::OutOfOrder)));
}
