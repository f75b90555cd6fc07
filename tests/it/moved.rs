//! The state directory is renamed, replaced, linked elsewhere or named relative to a directory that the process leaves: the
//! next start from the configured path has the newest values.

mod blocked;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use leftoff::backend::{Backend, Error, FileBackend, FrameId, Generation};
use leftoff::{ErrorKind, Outcome, Section, Session};

use crate::support::{APP, child, folder, is_stored, wait_until};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);

fn session(dir: &Path) -> Session {
    Session::builder(APP).dir(dir).without_thread().open()
}

/// A launch before the one that is tried: with a section that nobody asks for later, in a base.
fn earlier(dir: &Path) {
    let mut session = session(dir);
    session.mark("before");
    session
        .save(|capture| {
            capture.set(FORM, &1);
            capture.set(TEXT, &"never asked for".repeat(100));
            capture.scope("window").set(FORM, &7);
        })
        .unwrap();
    session.close().unwrap();
}

fn put(session: &mut Session, value: u32) {
    session.mark("form");
    session.save(|capture| capture.set(FORM, &value)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for (name, bytes) in folder::logs(from) {
        fs::write(to.join(name), bytes).unwrap();
    }
    fs::write(to.join("lock"), b"").unwrap();
}

/// What is done to the directory `state`, beside which there is nothing but what this makes.
fn disturb(way: &str, state: &Path) {
    let (elsewhere, spare) = (state.with_file_name("elsewhere"), state.with_file_name("spare"));
    match way {
        "renamed" => fs::rename(state, &elsewhere).unwrap(),
        "replaced by an empty one" => {
            fs::rename(state, &elsewhere).unwrap();
            fs::create_dir(state).unwrap();
        }
        "replaced by a copy" => {
            copy(state, &spare);
            fs::rename(state, &elsewhere).unwrap();
            fs::rename(&spare, state).unwrap();
        }
        "replaced by a link" => {
            fs::rename(state, &elsewhere).unwrap();
            fs::create_dir(&spare).unwrap();
            symlink(&spare, state).unwrap();
        }
        "emptied of its lock" => fs::rename(state.join("lock"), state.with_file_name("lock")).unwrap(),
        "its logs renamed" => {
            fs::create_dir(&elsewhere).unwrap();
            for name in folder::logs(state).keys() {
                fs::rename(state.join(name), elsewhere.join(name)).unwrap();
            }
        }
        _ => panic!("{way}"),
    }
}

const WAYS: [&str; 6] = [
    "renamed",
    "replaced by an empty one",
    "replaced by a copy",
    "replaced by a link",
    "emptied of its lock",
    "its logs renamed",
];

#[track_caller]
fn has_everything(state: &Path, value: u32, why: &str) {
    let mut next = session(state);
    assert_eq!((next.get(FORM).unwrap(), next.outcome()), (Some(value), Outcome::Resumed), "{why}");
    assert_eq!(next.get(TEXT).unwrap(), Some("never asked for".repeat(100)), "{why}");
    assert_eq!(next.scope("window").get(FORM).unwrap(), Some(7), "{why}");
    assert_eq!(next.marker().unwrap().element(), "form", "{why}");
    assert!(next.report().is_whole(), "{why}: {:?}", next.report());
}

#[test]
fn directory_moved_before_a_save_the_save_says_so_and_the_next_one_stores_all_at_its_path() {
    for way in WAYS {
        let scratch = folder::scratch();
        let state = scratch.path().join("state");
        earlier(&state);
        let mut session = session(&state);
        put(&mut session, 2);
        disturb(way, &state);
        session.mark("form");
        let said = session.save(|capture| capture.set(FORM, &3)).unwrap_err();
        assert_eq!(said.kind(), ErrorKind::Unavailable, "{way}");
        let told = format!("{said:#}");
        assert!(told.contains(state.to_str().unwrap()) && told.contains("moved, replaced or removed"), "{way}: {told}");
        put(&mut session, 4);
        assert!(session.status().failing.is_none(), "{way}: {:?}", session.status());
        session.close().unwrap();
        has_everything(&state, 4, way);
    }
}

/// Nothing is written between the move and the close, so that only the close can notice.
#[test]
fn directory_moved_before_the_close_the_close_stores_all_at_its_path() {
    for way in WAYS {
        for thread in [false, true] {
            let scratch = folder::scratch();
            let state = scratch.path().join("state");
            earlier(&state);
            let builder = Session::builder(APP).dir(&state);
            let mut session = if thread { builder } else { builder.without_thread() }.open();
            put(&mut session, 2);
            disturb(way, &state);
            session.close().unwrap();
            has_everything(&state, 2, way);
        }
    }
}

#[test]
fn flusher_notices_a_moved_directory_by_itself() {
    let scratch = folder::scratch();
    let state = scratch.path().join("state");
    let mut session = Session::builder(APP).dir(&state).sync_every(std::time::Duration::from_millis(5)).open();
    put(&mut session, 1);
    disturb("renamed", &state);
    session.mark("form");
    let _ = session.autosave(|capture| capture.set(FORM, &2));
    wait_until("all is stored again", || is_stored(&session) && !folder_is_empty(&state));
    // A kill now: the files as they are.
    let copied = folder::write(&folder::logs(&state));
    assert_eq!(self::session(copied.path()).get(FORM).unwrap(), Some(2));
}

fn folder_is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none())
}

#[test]
fn section_removed_after_the_copy_was_made_stays_removed() {
    let scratch = folder::scratch();
    let state = scratch.path().join("state");
    earlier(&state);
    let (spare, elsewhere) = (scratch.path().join("spare"), scratch.path().join("elsewhere"));
    let mut session = session(&state);
    put(&mut session, 2);
    copy(&state, &spare);
    session.scope("window").close();
    session.mark("form");
    session.save(|capture| capture.remove(TEXT)).unwrap();
    fs::rename(&state, &elsewhere).unwrap();
    fs::rename(&spare, &state).unwrap();
    session.close().unwrap();
    let mut next = self::session(&state);
    assert_eq!((next.get(FORM).unwrap(), next.get(TEXT).unwrap()), (Some(2), None));
    assert_eq!(next.scope("window").get(FORM).unwrap(), None);
}

#[test]
fn directory_that_another_instance_took_is_refused_and_the_state_stays_in_memory_until_it_is_free() {
    let scratch = folder::scratch();
    let state = scratch.path().join("state");
    let mut first = session(&state);
    put(&mut first, 1);
    disturb("renamed", &state);
    let second = session(&state);
    assert_eq!(second.outcome(), Outcome::Fresh);
    for value in 2..4 {
        first.mark("form");
        let told = format!("{:#}", first.save(|capture| capture.set(FORM, &value)).unwrap_err());
        assert!(told.contains("moved, replaced or removed") && told.contains("in use by"), "{told}");
        let failing = first.status().failing.unwrap();
        assert_eq!(failing.kind(), ErrorKind::Unavailable);
    }
    assert_eq!(folder::logs(&state).len(), 1, "only the second one's");
    drop(second);
    let _ = first.save(|_| {});
    first.save(|_| {}).unwrap();
    first.close().unwrap();
    assert_eq!(session(&state).get(FORM).unwrap(), Some(3));
}

/// The backend alone: an error once, appends to the old log refused, what was left behind still to be read.
#[test]
fn backend_tells_a_move_once_and_reads_what_was_left_behind() {
    let scratch = folder::scratch();
    let state = scratch.path().join("state");
    let backend = FileBackend::open(&state).unwrap();
    let id = |number, index| FrameId { generation: Generation { number, writer: 1 }, index };
    backend.create(id(1, 0), b"before").unwrap();
    backend.sync().unwrap();
    disturb("renamed", &state);
    let told = backend.sync().unwrap_err();
    assert!(told.to_string().contains(state.to_str().unwrap()), "{told}");
    backend.sync().unwrap();
    assert!(matches!(backend.create(id(1, 1), b"after"), Err(Error::OutOfOrder)));
    assert_eq!((backend.list().unwrap(), backend.frames(id(1, 0).generation).unwrap()), (vec![], vec![]));
    assert_eq!(backend.read(id(1, 0)).unwrap(), b"before");
    assert_eq!(backend.read_range(id(1, 0), 1..3).unwrap(), b"ef");
    assert!(matches!(backend.read(id(2, 0)), Err(Error::NotFound(_))));
    backend.create(id(2, 0), b"after").unwrap();
    assert_eq!(backend.list().unwrap(), [id(2, 0)]);
    assert_eq!(FileBackend::open(state.with_file_name("elsewhere")).unwrap().read(id(1, 0)).unwrap(), b"before");
    let held = FileBackend::open(&state).unwrap_err();
    assert_eq!(held.kind(), std::io::ErrorKind::ResourceBusy, "the new place is locked");
}

/// Runs in a process of its own, for its working directory.
#[test]
fn child() {
    let Some(role) = child::role() else { return };
    let (what, place) = role.split_once(' ').unwrap();
    let place = Path::new(place);
    std::env::set_current_dir(place.join("here")).unwrap();
    let builder = Session::builder(APP);
    let mut session = if what == "dir" { builder.dir("state") } else { builder }.without_thread().open();
    put(&mut session, 1);
    std::env::set_current_dir(place.join("there")).unwrap();
    // Whatever the log does now, it does where it was opened.
    put(&mut session, 2);
    drop(session.resume_at(&session.history().unwrap()[0].clone()));
    put(&mut session, 3);
    session.close().unwrap();
    child::say("done");
}

#[test]
fn relative_directory_stays_where_it_was_opened_whatever_the_working_directory_becomes() {
    for what in ["dir", "home"] {
        let scratch = folder::scratch();
        let state = |side| match what {
            "dir" => scratch.path().join(side).join("state"),
            _ => scratch.path().join(side).join("home/.local/state").join(APP.as_str()).join("leftoff"),
        };
        for side in ["here", "there"] {
            fs::create_dir_all(state(side)).unwrap();
            earlier(&state(side));
        }
        let before = folder::logs(&state("there"));
        let out = child::spawn("moved::child", &format!("{what} {}", scratch.path().display()))
            .env("HOME", "home")
            .env_remove("XDG_STATE_HOME")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(said.contains(">done"), "{what}: {said} {}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(session(&state("here")).get(FORM).unwrap(), Some(3), "{what}");
        assert_eq!(folder::logs(&state("there")), before, "{what}");
    }
}
